/* SPDX-License-Identifier: MIT */
/*
 * Users are asked for once, in order: to have one read back from its CSV file costs more than
 * everything that is done with it here. So three sections grow side by side, each through a buffer
 * of its own and at its own place in the file, and the header, which needs their checksums, comes
 * last. The place of a section is known beforehand: only the last one has a size that the
 * counts and the teams do not tell.
 */
#include "snapshot/snapshot.h"

#include <assert.h>
#include <stdlib.h>

#include "base/block.h"
#include "base/limits.h"
#include "base/memory.h"
#include "snapshot/layout.h"
#include "snapshot/replace.h"

/* Seven of these, of which three are busy at a time. */
#define OUTLET_SIZE ((size_t)2 * SNAPSHOT_STRETCH_SIZE)

_Static_assert(RECORD_HEADER_SIZE + TEXT_COUNT * TEXT_LONG <= SNAPSHOT_STRETCH_SIZE,
               "a record has room in a stretch");

/* A section on its way into the file. */
struct outlet {
    struct replace *replace;
    unsigned char *bytes;
    size_t size;
    uint64_t offset; /* of `bytes` in the file */
    struct checksum_state checksum;
};

/*
 * The new index of a user: how many before it are kept. A bit a place and a count for every 64 of
 * them; an index a place would be twenty times that.
 */
struct ranks {
    uint64_t *bits;
    uint32_t *before;
};

struct writer {
    const struct org *org;
    const struct snapshot_confirm *confirm; /* NULL: nobody is asked */
    struct replace *replace;
    struct ranks ranks;
    unsigned char *groups; /* the section, as it stands in the file */
    unsigned char *buffers;
    struct buffer scratch;
    struct layout layout;
    struct outlet outlets[SECTION_COUNT];
};

/* ---- Sections ---------------------------------------------------------------------------- */

/* Write the first bytes. Failures are kept by `replace`, and asked for now and then. */
static void outlet_write(struct outlet *outlet, size_t size)
{
    checksum_add(&outlet->checksum, outlet->bytes, size);
    (void)replace_write_at(outlet->replace, outlet->offset, outlet->bytes, size);
    outlet->offset += size;
    outlet->size -= size;
}

/* Write all but the beginning of a stretch, of which there is more than one here. */
static void outlet_write_stretches(struct outlet *outlet)
{
    size_t rest = (size_t)((outlet->offset + outlet->size) % SNAPSHOT_STRETCH_SIZE);
    unsigned char *start = outlet->bytes + outlet->size - rest;
    outlet_write(outlet, outlet->size - rest);
    memmove(outlet->bytes, start, rest);
}

/* Room for `size` bytes, at most SNAPSHOT_STRETCH_SIZE. */
static unsigned char *outlet_room(struct outlet *outlet, size_t size)
{
    if (size > OUTLET_SIZE - outlet->size) {
        outlet_write_stretches(outlet);
    }
    unsigned char *room = outlet->bytes + outlet->size;
    outlet->size += size;
    return room;
}

static void outlet_u32(struct outlet *outlet, uint32_t value)
{
    store_u32(outlet_room(outlet, sizeof value), value);
}

/* A piece of any size. */
static void outlet_span(struct outlet *outlet, span text)
{
    while (text.len > 0) {
        size_t size = text.len < SNAPSHOT_STRETCH_SIZE ? text.len : SNAPSHOT_STRETCH_SIZE;
        memcpy(outlet_room(outlet, size), text.ptr, size);
        text.ptr += size;
        text.len -= size;
    }
}

/* ---- Renumbering ------------------------------------------------------------------------- */

static bool ranks_open(struct ranks *ranks, uint32_t user_count)
{
    size_t words = (size_t)user_count / 64 + 1;
    ranks->bits = calloc(words, sizeof *ranks->bits);
    ranks->before = calloc(words, sizeof *ranks->before);
    return ranks->bits != NULL && ranks->before != NULL;
}

/* Users must be added in order; `rank` is the number of those added before. */
static void ranks_add(struct ranks *ranks, uint32_t user, uint32_t rank)
{
    size_t word = user / 64;
    if (ranks->bits[word] == 0) {
        ranks->before[word] = rank;
    }
    ranks->bits[word] |= UINT64_C(1) << (user % 64);
}

static uint32_t ranks_find(const struct ranks *ranks, uint32_t user)
{
    uint64_t bits = ranks->bits[user / 64];
    assert((bits >> (user % 64) & 1) != 0);
    uint64_t below = bits & ((UINT64_C(1) << (user % 64)) - 1);
    return ranks->before[user / 64] + mask_count(below);
}

/* ---- Users ------------------------------------------------------------------------------- */

static unsigned char *bytes_put(unsigned char *at, span text)
{
    if (text.len > 0) {
        memcpy(at, text.ptr, text.len);
    }
    return at + text.len;
}

/* Four lengths that are all below TEXT_LONG: the way of almost all users. */
static uint64_t record_put(struct outlet *outlet, const struct org_user *user)
{
    size_t size = RECORD_HEADER_SIZE + user->id.len + user->email.len + user->first_name.len +
                  user->last_name.len;
    unsigned char *at = outlet_room(outlet, size);
    store_u32(at, (uint32_t)(user->id.len | user->email.len << 8 | user->first_name.len << 16 |
                             user->last_name.len << 24));
    at = bytes_put(at + RECORD_HEADER_SIZE, user->id);
    at = bytes_put(at, user->email);
    at = bytes_put(at, user->first_name);
    (void)bytes_put(at, user->last_name);
    return size;
}

static uint64_t record_put_long(struct outlet *outlet, const struct org_user *user)
{
    const span fields[TEXT_COUNT] = {user->id, user->email, user->first_name, user->last_name};
    uint64_t size = RECORD_HEADER_SIZE;
    unsigned char *lengths = outlet_room(outlet, RECORD_HEADER_SIZE);
    for (unsigned index = 0; index < TEXT_COUNT; index++) {
        size_t len = fields[index].len;
        lengths[index] = (unsigned char)(len < TEXT_LONG ? len : TEXT_LONG);
        size += len;
    }
    for (unsigned index = 0; index < TEXT_COUNT; index++) {
        if (fields[index].len >= TEXT_LONG) {
            outlet_u32(outlet, (uint32_t)fields[index].len);
            size += RECORD_LONG_SIZE;
        }
    }
    for (unsigned index = 0; index < TEXT_COUNT; index++) {
        outlet_span(outlet, fields[index]);
    }
    return size;
}

/* Write the record of a user; its size, or 0 where a length does not fit its place. */
static uint64_t user_put(struct outlet *records, const struct org_user *user)
{
    if (user->id.len < TEXT_LONG && user->email.len < TEXT_LONG &&
        user->first_name.len < TEXT_LONG && user->last_name.len < TEXT_LONG) {
        return record_put(records, user);
    }
    if (user->id.len > UINT32_MAX || user->email.len > UINT32_MAX ||
        user->first_name.len > UINT32_MAX || user->last_name.len > UINT32_MAX) {
        return 0;
    }
    return record_put_long(records, user);
}

/* The record of `user`, the `rank`-th one kept, with all that belongs to it. `*end` is where the
 * records end so far. */
static enum muster_status writer_user(struct writer *writer, uint32_t user, uint32_t rank,
                                      uint64_t *end)
{
    struct org_user values;
    org_user_read(writer->org, user, &writer->scratch, &values);
    if (writer->scratch.exhausted) {
        return MUSTER_NO_MEMORY;
    }
    unsigned char *group = writer->groups + (rank >> GROUP_SHIFT) * sizeof(uint64_t);
    if (rank % GROUP_USERS == 0) {
        store_u64(group, *end);
    }
    uint64_t start = *end - load_u64(group);
    uint64_t size = user_put(&writer->outlets[SECTION_RECORDS], &values);
    if (size == 0 || start > UINT32_MAX || *end > FILE_SIZE_MAX - size) {
        return MUSTER_TOO_LARGE;
    }
    assert(values.team < writer->layout.team_count || values.team == ORG_NONE);
    outlet_u32(&writer->outlets[SECTION_STARTS], (uint32_t)start);
    outlet_u32(&writer->outlets[SECTION_MEMBERSHIPS], values.team);
    *end += size;
    return MUSTER_OK;
}

/* A write that failed is no matter here: it ends the work, and is reported by replace_commit. */
static enum muster_status writer_users(struct writer *writer)
{
    uint64_t end = 0;
    uint32_t rank = 0;
    for (uint32_t user = 0; user < writer->org->user_count; user++) {
        if (!org_user_kept(writer->org, user)) {
            continue;
        }
        assert(rank < writer->layout.user_count);
        ranks_add(&writer->ranks, user, rank);
        enum muster_status status = writer_user(writer, user, rank, &end);
        if (status != MUSTER_OK) {
            return status;
        }
        rank++;
        if (rank % GROUP_USERS == 0 && replace_failed(writer->replace)) {
            return MUSTER_OK;
        }
    }
    assert(rank == writer->layout.user_count);
    struct section_entry *sections = writer->layout.sections;
    store_u64(writer->groups + sections[SECTION_GROUPS].size - sizeof(uint64_t), end);
    sections[SECTION_RECORDS].size = end;
    outlet_span(&writer->outlets[SECTION_GROUPS],
                span_make(writer->groups, (size_t)sections[SECTION_GROUPS].size));
    return MUSTER_OK;
}

/* ---- Teams ------------------------------------------------------------------------------- */

static bool team_is_renamed(const struct org_team *team)
{
    return !span_equal(team->name, team->final_name);
}

/* The size of the section of text, or UINT64_MAX where a length does not fit its place. */
static uint64_t team_text_size(const struct org *org)
{
    uint64_t size = 0;
    for (uint32_t index = 0; index < org->team_count; index++) {
        const struct org_team *team = &org->teams[index];
        if (team->id.len > UINT32_MAX || team->name.len > UINT32_MAX ||
            team->final_name.len > UINT32_MAX) {
            return UINT64_MAX;
        }
        size += team->id.len + team->name.len + (team_is_renamed(team) ? team->final_name.len : 0);
    }
    return size;
}

static void writer_teams(struct writer *writer)
{
    const struct org *org = writer->org;
    struct outlet *text = &writer->outlets[SECTION_TEAM_TEXT];
    for (uint32_t index = 0; index < org->team_count; index++) {
        const struct org_team *team = &org->teams[index];
        bool renamed = team_is_renamed(team);
        assert(team->parent < org->team_count || team->parent == ORG_NONE);
        unsigned char *entry = outlet_room(&writer->outlets[SECTION_TEAMS], TEAM_ENTRY_SIZE);
        store_u32(entry, team->parent);
        store_u32(entry + 4, team->manager_count);
        store_u32(entry + 8, (uint32_t)team->id.len);
        store_u32(entry + 12, (uint32_t)team->name.len);
        store_u32(entry + 16, renamed ? (uint32_t)team->final_name.len : 0);
        store_u32(entry + 20,
                  (renamed ? TEAM_RENAMED : 0) | (team->name_collides ? TEAM_COLLIDES : 0));
        outlet_span(text, team->id);
        outlet_span(text, team->name);
        outlet_span(text, renamed ? team->final_name : SPAN_NONE);
    }
}

/* Team by team, whatever order the org keeps them in. */
static void writer_managers(struct writer *writer)
{
    const struct org *org = writer->org;
    for (uint32_t index = 0; index < org->team_count; index++) {
        const struct org_team *team = &org->teams[index];
        for (uint32_t n = 0; n < team->manager_count; n++) {
            uint32_t user = org->managers[team->manager_first + n];
            outlet_u32(&writer->outlets[SECTION_MANAGERS], ranks_find(&writer->ranks, user));
        }
    }
}

/* ---- The file ---------------------------------------------------------------------------- */

static enum muster_status writer_measure(struct writer *writer)
{
    const struct org *org = writer->org;
    struct layout *layout = &writer->layout;
    uint64_t manager_count = 0;
    for (uint32_t index = 0; index < org->team_count; index++) {
        manager_count += org->teams[index].manager_count;
    }
    uint64_t text_size = team_text_size(org);
    if (org->kept_user_count > ROW_COUNT_MAX || org->team_count > ROW_COUNT_MAX ||
        manager_count > UINT32_MAX || text_size > FILE_SIZE_MAX) {
        return MUSTER_TOO_LARGE;
    }
    layout->user_count = org->kept_user_count;
    layout->team_count = org->team_count;
    layout->manager_count = (uint32_t)manager_count;
    layout->sections[SECTION_TEAM_TEXT].size = text_size;
    layout_arrange(layout);
    return MUSTER_OK;
}

static bool writer_allocate(struct writer *writer)
{
    writer->buffers = malloc(SECTION_COUNT * OUTLET_SIZE);
    writer->groups = calloc((size_t)writer->layout.sections[SECTION_GROUPS].size, 1);
    bool ranked = ranks_open(&writer->ranks, writer->org->user_count);
    if (writer->buffers == NULL || writer->groups == NULL || !ranked) {
        return false;
    }
    for (size_t index = 0; index < SECTION_COUNT; index++) {
        struct outlet *outlet = &writer->outlets[index];
        outlet->bytes = writer->buffers + index * OUTLET_SIZE;
        outlet->offset = writer->layout.sections[index].offset;
        checksum_start(&outlet->checksum);
    }
    return true;
}

/* Flush what is left of the sections, then describe them. */
static void writer_finish(struct writer *writer)
{
    struct layout *layout = &writer->layout;
    layout_arrange(layout);
    for (size_t index = 0; index < SECTION_COUNT; index++) {
        outlet_write(&writer->outlets[index], writer->outlets[index].size);
        layout->sections[index].checksum = checksum_end(&writer->outlets[index].checksum);
    }
    unsigned char header[SNAPSHOT_HEADER_SIZE];
    layout_store(layout, header);
    (void)replace_write_at(writer->replace, 0, header, sizeof header);
}

/* Everything between opening and putting in place. */
static enum muster_status writer_run(struct writer *writer)
{
    for (size_t index = 0; index < SECTION_COUNT; index++) {
        writer->outlets[index].replace = writer->replace;
    }
    writer_teams(writer);
    enum muster_status status = writer_users(writer);
    if (status != MUSTER_OK) {
        return status;
    }
    if (!replace_failed(writer->replace)) {
        writer_managers(writer);
    }
    writer_finish(writer);
    return MUSTER_OK;
}

static void writer_free(struct writer *writer)
{
    free(writer->ranks.bits);
    free(writer->ranks.before);
    free(writer->groups);
    free(writer->buffers);
    buffer_close(&writer->scratch);
    memory_pages_close(writer, sizeof *writer);
}

static enum muster_status write_fail(struct muster_error *error, enum muster_status status,
                                     const char *path)
{
    if (error != NULL) {
        *error = (struct muster_error){.status = status, .subject = span_from(path)};
    }
    return status;
}

static enum muster_status writer_write(struct writer *writer, const char *path,
                                       struct muster_error *error)
{
    enum muster_status status = writer_measure(writer);
    if (status == MUSTER_OK && !writer_allocate(writer)) {
        status = MUSTER_NO_MEMORY;
    }
    if (status == MUSTER_OK) {
        status = replace_open(&writer->replace, path, error);
        if (status != MUSTER_OK) {
            return status;
        }
        status = writer_run(writer);
    }
    const struct snapshot_confirm *confirm = writer->confirm;
    if (status == MUSTER_OK && confirm != NULL && !confirm->confirm(confirm->context)) {
        status = MUSTER_CHANGED;
    }
    if (status == MUSTER_OK) {
        return replace_commit(writer->replace, error);
    }
    replace_abort(writer->replace);
    return write_fail(error, status, path);
}

enum muster_status snapshot_write(const struct org *org, const struct snapshot_digest *digests,
                                  const char *path, const struct snapshot_confirm *confirm,
                                  struct muster_error *error)
{
    /* Zeroed, and aligned as the state of a checksum has to be. */
    struct writer *writer = memory_pages_open(sizeof *writer);
    if (writer == NULL) {
        return write_fail(error, MUSTER_NO_MEMORY, path);
    }
    writer->org = org;
    writer->confirm = confirm;
    for (size_t file = 0; digests != NULL && file < MUSTER_FILE_COUNT; file++) {
        writer->layout.digests[file] = digests[file];
    }
    enum muster_status status = writer_write(writer, path, error);
    writer_free(writer);
    return status;
}
