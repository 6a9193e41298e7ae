/* SPDX-License-Identifier: MIT */
/*
 * What the tests of snapshots have in common: small rosters made of arrays, and the bytes of
 * their file put together by hand, from the picture in snapshot/snapshot.h and without the engine's
 * own code for it.
 */
#ifndef MUSTER_TESTS_UNIT_SNAPSHOT_SAMPLE_H
#define MUSTER_TESTS_UNIT_SNAPSHOT_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "org/org.h"
#include "snapshot/snapshot.h"

struct sample_user {
    bool removed;
    span id, email, first_name, last_name;
    uint32_t team;
};

struct sample {
    const struct sample_user *users;
    uint32_t user_count;
    struct org_team *teams; /* final_name and manager_first may be left out */
    uint32_t team_count;
    uint32_t *managers;
    uint32_t manager_count;
    struct snapshot_digest digests[MUSTER_FILE_COUNT];
    bool bare; /* e-mails are given as they are */
};

/* ---- As an org --------------------------------------------------------------------------- */

static inline bool sample_user_kept(const struct org *org, uint32_t user)
{
    const struct sample *sample = org->behind;
    return !sample->users[user].removed;
}

static inline uint32_t sample_user_team(const struct org *org, uint32_t user)
{
    const struct sample *sample = org->behind;
    return sample->users[user].team;
}

/* The e-mail comes by way of `scratch`, as a decoded value of a CSV file does. */
static inline void sample_user_read(const struct org *org, uint32_t user, struct buffer *scratch,
                                    struct org_user *result)
{
    const struct sample *sample = org->behind;
    const struct sample_user *stored = &sample->users[user];
    buffer_clear(scratch);
    buffer_span(scratch, sample->bare ? SPAN("") : stored->email);
    *result = (struct org_user){.id = stored->id,
                                .email = sample->bare ? stored->email : buffer_view(scratch),
                                .first_name = stored->first_name,
                                .last_name = stored->last_name,
                                .team = stored->team};
}

static const struct org_source sample_source = {
    .user_kept = sample_user_kept,
    .user_team = sample_user_team,
    .user_read = sample_user_read,
};

/* Also fills in what the sample left out of its teams. */
static inline struct org sample_org(struct sample *sample)
{
    struct org org = {
        .source = &sample_source,
        .behind = sample,
        .user_count = sample->user_count,
        .team_count = sample->team_count,
        .teams = sample->teams,
        .managers = sample->managers,
        .manager_count = sample->manager_count,
    };
    for (uint32_t user = 0; user < sample->user_count; user++) {
        org.kept_user_count += sample->users[user].removed ? 0 : 1;
    }
    uint32_t managers = 0;
    for (uint32_t team = 0; team < sample->team_count; team++) {
        sample->teams[team].manager_first = managers;
        managers += sample->teams[team].manager_count;
        if (sample->teams[team].final_name.ptr == NULL) {
            sample->teams[team].final_name = sample->teams[team].name;
        }
    }
    return org;
}

/* ---- As a file --------------------------------------------------------------------------- */

/* Little-endian, byte by byte. */
static inline void put_number(struct buffer *file, uint64_t number, int bytes)
{
    for (int index = 0; index < bytes; index++) {
        buffer_byte(file, (char)(unsigned char)(number >> (8 * index) & 255));
    }
}

static inline void set_number(char *bytes, uint64_t number, int count)
{
    for (int index = 0; index < count; index++) {
        bytes[index] = (char)(unsigned char)(number >> (8 * index) & 255);
    }
}

static inline uint64_t get_number(const char *bytes, int count)
{
    uint64_t number = 0;
    for (int index = 0; index < count; index++) {
        number |= (uint64_t)(unsigned char)bytes[index] << (8 * index);
    }
    return number;
}

/* Where things stand in the header. */
enum {
    SAMPLE_VERSION = 8,
    SAMPLE_HEADER_SIZE = 12,
    SAMPLE_FILE_SIZE = 16,
    SAMPLE_USERS = 24,
    SAMPLE_TEAMS = 28,
    SAMPLE_MANAGERS = 32,
    SAMPLE_ZERO = 36,
    SAMPLE_DIGESTS = 40,
    SAMPLE_SECTIONS = 112,
    SAMPLE_CHECKSUM = 336,
    SAMPLE_HEADER_END = 352,
};

/* The sections, in their order. */
enum { GROUPS, STARTS, MEMBERSHIPS, TEAMS, MANAGERS, TEAM_TEXT, RECORDS, SECTIONS };

static inline size_t sample_section(const struct buffer *file, int section)
{
    return (size_t)get_number(file->bytes + SAMPLE_SECTIONS + 32 * section, 8);
}

static inline size_t sample_section_size(const struct buffer *file, int section)
{
    return (size_t)get_number(file->bytes + SAMPLE_SECTIONS + 32 * section + 8, 8);
}

/* Make all checksums right, whatever the bytes; sections that are out of bounds keep theirs. */
static inline void sample_seal(struct buffer *file)
{
    for (int section = 0; section < SECTIONS; section++) {
        size_t offset = sample_section(file, section);
        size_t size = sample_section_size(file, section);
        if (offset <= file->size && size <= file->size - offset) {
            XXH128_hash_t hash = XXH3_128bits(file->bytes + offset, size);
            set_number(file->bytes + SAMPLE_SECTIONS + 32 * section + 16, hash.low64, 8);
            set_number(file->bytes + SAMPLE_SECTIONS + 32 * section + 24, hash.high64, 8);
        }
    }
    XXH128_hash_t hash = XXH3_128bits(file->bytes, SAMPLE_CHECKSUM);
    set_number(file->bytes + SAMPLE_CHECKSUM, hash.low64, 8);
    set_number(file->bytes + SAMPLE_CHECKSUM + 8, hash.high64, 8);
}

static inline void put_record(struct buffer *records, const struct sample_user *user)
{
    const span fields[] = {user->id, user->email, user->first_name, user->last_name};
    for (int index = 0; index < 4; index++) {
        put_number(records, fields[index].len < 255 ? fields[index].len : 255, 1);
    }
    for (int index = 0; index < 4; index++) {
        if (fields[index].len >= 255) {
            put_number(records, fields[index].len, 4);
        }
    }
    for (int index = 0; index < 4; index++) {
        buffer_span(records, fields[index]);
    }
}

static inline void put_users(const struct sample *sample, struct buffer sections[SECTIONS])
{
    uint64_t group = 0;
    uint32_t count = 0;
    for (uint32_t index = 0; index < sample->user_count; index++) {
        if (sample->users[index].removed) {
            continue;
        }
        if (count % 4096 == 0) {
            group = sections[RECORDS].size;
            put_number(&sections[GROUPS], group, 8);
        }
        put_number(&sections[STARTS], sections[RECORDS].size - group, 4);
        put_number(&sections[MEMBERSHIPS], sample->users[index].team, 4);
        put_record(&sections[RECORDS], &sample->users[index]);
        count++;
    }
    put_number(&sections[GROUPS], sections[RECORDS].size, 8);
}

static inline void put_teams(const struct sample *sample, struct buffer sections[SECTIONS])
{
    for (uint32_t index = 0; index < sample->team_count; index++) {
        const struct org_team *team = &sample->teams[index];
        bool renamed = team->final_name.ptr != NULL && !span_equal(team->name, team->final_name);
        put_number(&sections[TEAMS], team->parent, 4);
        put_number(&sections[TEAMS], team->manager_count, 4);
        put_number(&sections[TEAMS], team->id.len, 4);
        put_number(&sections[TEAMS], team->name.len, 4);
        put_number(&sections[TEAMS], renamed ? team->final_name.len : 0, 4);
        put_number(&sections[TEAMS], (renamed ? 1 : 0) + (team->name_collides ? 2 : 0), 4);
        buffer_span(&sections[TEAM_TEXT], team->id);
        buffer_span(&sections[TEAM_TEXT], team->name);
        buffer_span(&sections[TEAM_TEXT], renamed ? team->final_name : SPAN_NONE);
    }
    for (uint32_t index = 0; index < sample->manager_count; index++) {
        uint32_t before = 0;
        for (uint32_t user = 0; user < sample->managers[index]; user++) {
            before += sample->users[user].removed ? 0 : 1;
        }
        put_number(&sections[MANAGERS], before, 4);
    }
}

/* The file of a sample; buffer_close is the caller's. */
static inline struct buffer sample_file(const struct sample *sample)
{
    struct buffer sections[SECTIONS] = {{0}};
    put_users(sample, sections);
    put_teams(sample, sections);
    uint64_t size = SAMPLE_HEADER_END;
    for (int section = 0; section < SECTIONS; section++) {
        size += sections[section].size;
    }
    struct buffer file = {0};
    buffer_append(&file, "\x89muster\n", 8);
    put_number(&file, 1, 4);
    put_number(&file, 352, 4);
    put_number(&file, size, 8);
    put_number(&file, sections[STARTS].size / 4, 4);
    put_number(&file, sample->team_count, 4);
    put_number(&file, sample->manager_count, 4);
    put_number(&file, 0, 4);
    for (int kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        put_number(&file, sample->digests[kind].size, 8);
        put_number(&file, sample->digests[kind].digest, 8);
        put_number(&file, sample->digests[kind].present ? 1 : 0, 8);
    }
    uint64_t offset = SAMPLE_HEADER_END;
    for (int section = 0; section < SECTIONS; section++) {
        put_number(&file, offset, 8);
        put_number(&file, sections[section].size, 8);
        put_number(&file, 0, 8);
        put_number(&file, 0, 8);
        offset += sections[section].size;
    }
    put_number(&file, 0, 8);
    put_number(&file, 0, 8);
    for (int section = 0; section < SECTIONS; section++) {
        buffer_span(&file, buffer_view(&sections[section]));
        buffer_close(&sections[section]);
    }
    sample_seal(&file);
    return file;
}

/* ---- Reading a file ---------------------------------------------------------------------- */

static inline void sample_expect(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Look at everything that an org has to show. The sum keeps the reading from being left out. */
static inline void sample_walk(const struct org *org, uint64_t *sum)
{
    struct buffer scratch = {0};
    for (uint32_t index = 0; index < org->user_count; index++) {
        struct org_user user;
        org_user_read(org, index, &scratch, &user);
        sample_expect(user.team == ORG_NONE || user.team < org->team_count);
        const span values[] = {user.id, user.email, user.first_name, user.last_name};
        for (int field = 0; field < 4; field++) {
            *sum += hash_bytes(values[field].ptr, values[field].len, user.team);
        }
    }
    for (uint32_t index = 0; index < org->team_count; index++) {
        const struct org_team *team = &org->teams[index];
        sample_expect(team->parent == ORG_NONE || team->parent < org->team_count);
        const span values[] = {team->id, team->name, team->final_name};
        for (int field = 0; field < 3; field++) {
            *sum += hash_bytes(values[field].ptr, values[field].len, team->parent);
        }
        for (uint32_t n = 0; n < team->manager_count; n++) {
            sample_expect(org->managers[team->manager_first + n] < org->user_count);
        }
    }
    buffer_close(&scratch);
}

/*
 * Open bytes from memory that ends where they end, so that a sanitizer sees every step beyond,
 * read everything there is, and close.
 */
static inline enum muster_status sample_read(const struct buffer *file, uint64_t *sum)
{
    char *bytes = malloc(file->size > 0 ? file->size : 1);
    sample_expect(bytes != NULL);
    memcpy(bytes, file->bytes, file->size);
    struct snapshot *snapshot;
    enum muster_status status = snapshot_open_bytes(&snapshot, bytes, file->size, NULL);
    if (status == MUSTER_OK) {
        sample_walk(snapshot_org(snapshot), sum);
    } else {
        sample_expect(snapshot == NULL);
    }
    snapshot_close(snapshot);
    free(bytes);
    return status;
}

static inline enum muster_status sample_status(const struct buffer *file)
{
    uint64_t sum = 0;
    return sample_read(file, &sum);
}

/* ---- A family of samples ----------------------------------------------------------------- */

/* As many bytes as wanted, all the same; freed with free_span. */
static inline span repeated(char byte, size_t len)
{
    char *bytes = malloc(len + 1);
    if (bytes == NULL) {
        abort();
    }
    memset(bytes, byte, len);
    return span_make(bytes, len);
}

static inline void free_span(span text)
{
    free((void *)(uintptr_t)text.ptr);
}

/* `count` users in no team or the first, their ids "u0", "u1" and so on in hexadecimal, lowest
 * digit first. Freed with free_users. */
static inline struct sample_user *many_users(uint32_t count)
{
    struct sample_user *users = calloc(count + 1, sizeof *users);
    char *ids = malloc((size_t)count * 9 + 1);
    if (users == NULL || ids == NULL) {
        abort();
    }
    for (uint32_t index = 0; index < count; index++) {
        char *id = ids + (size_t)index * 9;
        size_t len = 0;
        id[len++] = 'u';
        for (uint32_t rest = index; len == 1 || rest > 0; rest >>= 4) {
            id[len++] = "0123456789abcdef"[rest & 15];
        }
        users[index] = (struct sample_user){.id = span_make(id, len),
                                            .email = span_make(id, len),
                                            .first_name = SPAN("Ann"),
                                            .last_name = span_make(id, index % 3),
                                            .team = index % 2 == 0 ? 0 : ORG_NONE};
    }
    return users;
}

static inline void free_users(struct sample_user *users)
{
    free((void *)(uintptr_t)users[0].id.ptr);
    free(users);
}

/* Four users, one of them removed; three teams, two of them of one name. */
static inline struct sample small_sample(void)
{
    static const struct sample_user users[] = {
        {false, {"X1", 2}, {"ann@x.com", 9}, {"Ann", 3}, {"Lee", 3}, 1},
        {true, {"X2", 2}, {"gone@x.com", 10}, {"Gone", 4}, {"Girl", 4}, 0},
        {false, {"X3", 2}, {"bob@x.com", 9}, {"", 0}, {"", 0}, ORG_NONE},
        {false, {"X4", 2}, {"cy,\"d\"@x.com", 12}, {"C\xc3\xbd", 3}, {"D", 1}, 2},
    };
    static struct org_team teams[3];
    static uint32_t managers[] = {3, 0, 2};
    teams[0] = (struct org_team){.id = SPAN("T1"), .name = SPAN("IT"), .parent = ORG_NONE};
    teams[1] = (struct org_team){.id = SPAN("T2"),
                                 .name = SPAN("Cloud"),
                                 .final_name = SPAN("Cloud (C\xc3\xbd D - T2)"),
                                 .parent = 0,
                                 .manager_count = 2};
    teams[2] = (struct org_team){.id = SPAN("T3"),
                                 .name = SPAN("Cloud"),
                                 .final_name = SPAN("Cloud (T3)"),
                                 .parent = 1,
                                 .manager_count = 1,
                                 .name_collides = true};
    return (struct sample){.users = users,
                           .user_count = 4,
                           .teams = teams,
                           .team_count = 3,
                           .managers = managers,
                           .manager_count = 3,
                           .digests = {[MUSTER_USERS] = {true, 123, 0x0123456789abcdef},
                                       [MUSTER_TEAMS] = {true, 45, 0xfedcba9876543210}}};
}

#endif
