/* SPDX-License-Identifier: MIT */
/*
 * The bytes are walked once, from their beginning to their end: each part is summed and
 * judged before the next one is touched. The records come last in the file because what they
 * are judged by, the groups and the starts, must be known by then; a group of them is a few hundred
 * kilobytes, which are still in the cache when they are judged after they have been summed.
 *
 * Users are not turned into anything: they are read from the bytes of the file when they are asked
 * for. Teams are few, and become the array that an org has of them.
 */
#include "snapshot/snapshot.h"

#include <stdlib.h>

#include "base/block.h"
#include "base/memory.h"
#include "snapshot/judge.h"
#include "snapshot/layout.h"

#define CACHE_LINE_SIZE 64U

/* Users whose records are compared at once. */
#define ALIKE_STEP 32U

struct snapshot {
    struct org org; /* its managers are ours */
    struct layout layout;
    const unsigned char *bytes; /* the caller's */
    size_t size;
    size_t teams_size;
    /* The sections that are asked for user by user. */
    const unsigned char *groups;
    const unsigned char *starts;
    const unsigned char *memberships;
    const unsigned char *records;
    uint64_t records_size;
};

/* ---- The source of the org --------------------------------------------------------------- */

/* Where the record of a user begins, or the records end. */
static uint64_t record_start(const struct snapshot *snapshot, uint32_t user)
{
    const unsigned char *group = snapshot->groups + (user >> GROUP_SHIFT) * sizeof(uint64_t);
    uint64_t start = load_u64(group);
    if (user < snapshot->layout.user_count) {
        start += load_u32(snapshot->starts + user * sizeof(uint32_t));
    } else if (user % GROUP_USERS != 0) {
        start = load_u64(group + sizeof(uint64_t));
    }
    return start;
}

span snapshot_user_record(const struct snapshot *snapshot, uint32_t first, uint32_t count)
{
    uint64_t start = record_start(snapshot, first);
    uint64_t end = record_start(snapshot, first + count);
    if (start > end || end > snapshot->records_size) {
        return span_make(snapshot->records, 0);
    }
    return span_make(snapshot->records + start, (size_t)(end - start));
}

/*
 * All of this was judged when the snapshot was opened. A mapped file can change afterwards, though,
 * and a wrong value is better than an address outside of it; so indexes and lengths are held
 * against their limits once more, which costs next to nothing.
 */

static bool user_kept(const struct org *org, uint32_t user)
{
    (void)org;
    (void)user;
    return true;
}

static uint32_t user_team(const struct org *org, uint32_t user)
{
    const struct snapshot *snapshot = org->behind;
    uint32_t team = load_u32(snapshot->memberships + user * sizeof(uint32_t));
    return team < org->team_count ? team : ORG_NONE;
}

static void user_read(const struct org *org, uint32_t user, struct buffer *scratch,
                      struct org_user *result)
{
    const struct snapshot *snapshot = org->behind;
    buffer_clear(scratch);
    uint64_t start = record_start(snapshot, user);
    if (start > snapshot->records_size ||
        record_load(snapshot->records + start, snapshot->records_size - start, result) == 0) {
        result->id = result->email = result->first_name = result->last_name = SPAN("");
    }
    result->team = user_team(org, user);
}

static void user_prefetch(const struct org *org, uint32_t user, bool found)
{
    const struct snapshot *snapshot = org->behind;
    if (!found) {
        __builtin_prefetch(snapshot->starts + user * sizeof(uint32_t));
        __builtin_prefetch(snapshot->memberships + user * sizeof(uint32_t));
        return;
    }
    uint64_t start = record_start(snapshot, user);
    if (start < snapshot->records_size) {
        /* Nearly every record lies on one of two lines. */
        __builtin_prefetch(snapshot->records + start);
        __builtin_prefetch(snapshot->records + start + CACHE_LINE_SIZE);
    }
}

static void user_teams(const struct org *org, uint32_t first, uint32_t count, uint32_t *teams)
{
    const struct snapshot *snapshot = org->behind;
    const unsigned char *stored = snapshot->memberships + (size_t)first * sizeof(uint32_t);
    uint32_t team_count = org->team_count;
    for (uint32_t n = 0; n < count; n++) {
        uint32_t team = load_u32(stored + n * sizeof(uint32_t));
        teams[n] = team < team_count ? team : ORG_NONE;
    }
}

/* How many records from `user` on end within `size` bytes; of the last of `count` it is known that
 * it does not. All are of one group. */
static uint32_t records_within(const struct snapshot *snapshot, uint32_t user, uint32_t count,
                               size_t size)
{
    const unsigned char *starts = snapshot->starts + (size_t)user * sizeof(uint32_t);
    uint32_t first = load_u32(starts);
    uint32_t within = 0;
    for (uint32_t n = 1; n < count; n++) {
        within += load_u32(starts + n * sizeof(uint32_t)) - first <= size;
    }
    return within;
}

static void starts_prefetch(const struct snapshot *snapshot, uint32_t user)
{
    __builtin_prefetch(snapshot->starts + (size_t)user * sizeof(uint32_t) + COMMON_AHEAD_SIZE);
}

/*
 * Records say themselves how long they are. So where the bytes of both sides agree from the
 * beginning of a record on, the records do, and they end at the same bytes.
 */
static uint32_t users_alike(const struct org *org, uint32_t first, const struct org *other,
                            uint32_t other_first, uint32_t count)
{
    const struct snapshot *snapshot = org->behind;
    uint32_t alike = 0;
    while (alike < count) {
        uint32_t user = first + alike;
        uint32_t step = GROUP_USERS - user % GROUP_USERS;
        step = step < ALIKE_STEP ? step : ALIKE_STEP;
        step = step < count - alike ? step : count - alike;
        span run = snapshot_user_record(snapshot, user, step);
        span other_run = snapshot_user_record(other->behind, other_first + alike, step);
        /* Whoever compares these compares those a page on soon, which no processor foresees. */
        starts_prefetch(snapshot, user);
        starts_prefetch(other->behind, other_first + alike);
        size_t len = run.len < other_run.len ? run.len : other_run.len;
        size_t common = bytes_common(run.ptr, other_run.ptr, len);
        if (common < run.len || run.len == 0) {
            return alike + records_within(snapshot, user, step, common);
        }
        alike += step;
    }
    return alike;
}

static struct text_rows user_texts(const struct org *org, uint32_t first)
{
    const struct snapshot *snapshot = org->behind;
    span all = snapshot_user_record(snapshot, first, snapshot->layout.user_count - first);
    return (struct text_rows){.at = all.ptr, .end = all.ptr + all.len};
}

static const struct org_source snapshot_source = {
    .user_kept = user_kept,
    .user_team = user_team,
    .user_read = user_read,
    .user_prefetch = user_prefetch,
    .user_teams = user_teams,
    .users_alike = users_alike,
    .user_texts = user_texts,
};

/* ---- Teams ------------------------------------------------------------------------------- */

/* Take `size` bytes off the front of `text`. */
static bool text_take(span *text, uint32_t size, span *result)
{
    if (size > text->len) {
        return false;
    }
    *result = span_make(text->ptr, size);
    text->ptr += size;
    text->len -= size;
    return true;
}

static bool team_load(struct org_team *team, const unsigned char *entry, span *text)
{
    uint32_t flags = load_u32(entry + 20);
    uint32_t final_size = load_u32(entry + 16);
    team->parent = load_u32(entry);
    team->manager_count = load_u32(entry + 4);
    team->name_collides = (flags & TEAM_COLLIDES) != 0;
    if (flags > (TEAM_RENAMED | TEAM_COLLIDES) ||
        !text_take(text, load_u32(entry + 8), &team->id) ||
        !text_take(text, load_u32(entry + 12), &team->name)) {
        return false;
    }
    if ((flags & TEAM_RENAMED) == 0) {
        team->final_name = team->name;
        return final_size == 0;
    }
    return text_take(text, final_size, &team->final_name) &&
           !span_equal(team->name, team->final_name);
}

/* All teams, and into `starts` those that do not stand behind their parents. */
static bool teams_read(struct snapshot *snapshot, uint32_t *starts, uint32_t *start_count)
{
    struct org *org = &snapshot->org;
    const struct section_entry *sections = snapshot->layout.sections;
    const unsigned char *entry = snapshot->bytes + sections[SECTION_TEAMS].offset;
    span text = span_make(snapshot->bytes + sections[SECTION_TEAM_TEXT].offset,
                          (size_t)sections[SECTION_TEAM_TEXT].size);
    uint64_t managers = 0;
    for (uint32_t index = 0; index < org->team_count; index++, entry += TEAM_ENTRY_SIZE) {
        struct org_team *team = &org->teams[index];
        if (!team_load(team, entry, &text) ||
            (team->parent >= org->team_count && team->parent != ORG_NONE) ||
            team->manager_count > org->manager_count - managers) {
            return false;
        }
        team->manager_first = (uint32_t)managers;
        managers += team->manager_count;
        starts[*start_count] = index;
        *start_count += team->parent >= index && team->parent != ORG_NONE;
    }
    return text.len == 0 && managers == org->manager_count;
}

static enum muster_status teams_load(struct snapshot *snapshot)
{
    /* Of both only what is needed is ever touched; zeros. */
    size_t count = (size_t)snapshot->org.team_count + 1;
    size_t size = 2 * count * sizeof(uint32_t);
    uint32_t *starts = memory_pages_open(size);
    uint32_t start_count = 0;
    if (starts == NULL) {
        return MUSTER_NO_MEMORY;
    }
    bool sound = teams_read(snapshot, starts, &start_count) &&
                 parents_are_sound(&snapshot->org, starts, start_count, starts + count);
    memory_pages_close(starts, size);
    return sound ? MUSTER_OK : MUSTER_DAMAGED;
}

/* Copied: the bytes of a mapped file may change, and be of another order than the host's. */
static enum muster_status managers_load(struct snapshot *snapshot)
{
    struct org *org = &snapshot->org;
    uint64_t offset = snapshot->layout.sections[SECTION_MANAGERS].offset;
    const unsigned char *stored = snapshot->bytes + offset;
    org->managers = memory_array(org->manager_count, sizeof *org->managers);
    if (org->managers == NULL) {
        return MUSTER_NO_MEMORY;
    }
    uint32_t wrong = 0;
    for (uint32_t index = 0; index < org->manager_count; index++) {
        uint32_t user = load_u32(stored + index * sizeof(uint32_t));
        wrong |= (uint32_t)(user >= org->user_count);
        org->managers[index] = user;
    }
    return wrong == 0 ? MUSTER_OK : MUSTER_DAMAGED;
}

/* ---- Judging the bytes ------------------------------------------------------------------- */

/* A section that is summed as a whole. */
static enum muster_status section_check(const struct snapshot *snapshot, enum section section)
{
    const struct section_entry *entry = &snapshot->layout.sections[section];
    struct checksum sum = checksum_bytes(snapshot->bytes + entry->offset, (size_t)entry->size);
    return checksum_equal(sum, entry->checksum) ? MUSTER_OK : MUSTER_DAMAGED;
}

/* The records, group by group. The groups must have been judged. */
static enum muster_status records_check(const struct snapshot *snapshot)
{
    const struct section_entry *entry = &snapshot->layout.sections[SECTION_RECORDS];
    uint32_t user_count = snapshot->layout.user_count;
    struct checksum_state state;
    checksum_start(&state);
    uint64_t start = 0;
    uint32_t count;
    for (uint32_t first = 0; first < user_count; first += count) {
        count = user_count - first < GROUP_USERS ? user_count - first : GROUP_USERS;
        uint64_t end = record_start(snapshot, first + count);
        if (end < start || end > entry->size) {
            return MUSTER_DAMAGED; /* a mapped file that changed a moment ago */
        }
        checksum_add(&state, snapshot->records + start, (size_t)(end - start));
        if (!records_are_sound(snapshot->records + start,
                               snapshot->starts + (size_t)first * sizeof(uint32_t), count,
                               end - start)) {
            return MUSTER_DAMAGED;
        }
        start = end;
    }
    return checksum_equal(checksum_end(&state), entry->checksum) ? MUSTER_OK : MUSTER_DAMAGED;
}

/* From a judged header to a judged snapshot, but for its teams. */
static enum muster_status sections_check(const struct snapshot *snapshot)
{
    for (enum section section = 0; section < SECTION_RECORDS; section++) {
        enum muster_status status = section_check(snapshot, section);
        if (status != MUSTER_OK) {
            return status;
        }
    }
    const struct layout *layout = &snapshot->layout;
    if (!groups_are_sound(snapshot->groups, layout->user_count, snapshot->records_size) ||
        !memberships_are_sound(snapshot->memberships, layout->user_count, layout->team_count)) {
        return MUSTER_DAMAGED;
    }
    return records_check(snapshot);
}

static enum muster_status org_load(struct snapshot *snapshot)
{
    struct org *org = &snapshot->org;
    size_t count = org->team_count;
    /* Here a team takes more room than in the file, which may be as large as memory can be. */
    bool possible = count <= SIZE_MAX / 2 / sizeof *org->teams;
    snapshot->teams_size = count * sizeof *org->teams;
    org->teams = possible ? memory_pages_open(snapshot->teams_size) : NULL;
    if (org->teams == NULL) {
        return MUSTER_NO_MEMORY;
    }
    enum muster_status status = teams_load(snapshot);
    return status == MUSTER_OK ? managers_load(snapshot) : status;
}

static void snapshot_arrange(struct snapshot *snapshot)
{
    const struct layout *layout = &snapshot->layout;
    snapshot->groups = snapshot->bytes + layout->sections[SECTION_GROUPS].offset;
    snapshot->starts = snapshot->bytes + layout->sections[SECTION_STARTS].offset;
    snapshot->memberships = snapshot->bytes + layout->sections[SECTION_MEMBERSHIPS].offset;
    snapshot->records = snapshot->bytes + layout->sections[SECTION_RECORDS].offset;
    snapshot->records_size = layout->sections[SECTION_RECORDS].size;
    snapshot->org = (struct org){
        .source = &snapshot_source,
        .behind = snapshot,
        .user_count = layout->user_count,
        .kept_user_count = layout->user_count,
        .team_count = layout->team_count,
        .manager_count = layout->manager_count,
    };
}

/* Bytes and size of the snapshot are set. */
static enum muster_status snapshot_load(struct snapshot *snapshot)
{
    enum muster_status status = layout_load(&snapshot->layout, snapshot->bytes, snapshot->size);
    if (status != MUSTER_OK) {
        return status;
    }
    snapshot_arrange(snapshot);
    status = sections_check(snapshot);
    return status == MUSTER_OK ? org_load(snapshot) : status;
}

/* ---- Opening and closing ----------------------------------------------------------------- */

enum muster_status snapshot_open_bytes(struct snapshot **snapshot, const void *bytes, size_t size,
                                       struct muster_error *error)
{
    *snapshot = NULL;
    struct snapshot *opened = calloc(1, sizeof *opened);
    enum muster_status status = MUSTER_NO_MEMORY;
    if (opened != NULL) {
        opened->bytes = bytes;
        opened->size = size;
        status = snapshot_load(opened);
    }
    if (status != MUSTER_OK) {
        snapshot_close(opened);
        if (error != NULL) {
            *error = (struct muster_error){.status = status};
        }
        return status;
    }
    *snapshot = opened;
    return MUSTER_OK;
}

void snapshot_close(struct snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    free(snapshot->org.managers);
    memory_pages_close(snapshot->org.teams, snapshot->teams_size);
    free(snapshot);
}

const struct org *snapshot_org(const struct snapshot *snapshot)
{
    return &snapshot->org;
}

const struct snapshot_digest *snapshot_digests(const struct snapshot *snapshot)
{
    return snapshot->layout.digests;
}
