/* SPDX-License-Identifier: MIT */
#include "snapshot/judge.h"

/* So many that the loops over them are worth starting, so few that they stay in the cache. */
#define BLOCK_RECORDS 256U

bool groups_are_sound(const unsigned char *groups, uint32_t user_count, uint64_t records_size)
{
    uint64_t count = group_count(user_count);
    uint64_t before = load_u64(groups);
    bool sound = before == 0;
    for (uint64_t index = 1; index <= count; index++) {
        uint64_t start = load_u64(groups + index * sizeof(uint64_t));
        sound = sound && start > before;
        before = start;
    }
    return sound && before == records_size;
}

bool memberships_are_sound(const unsigned char *memberships, uint32_t user_count,
                           uint32_t team_count)
{
    uint32_t wrong = 0;
    for (size_t user = 0; user < user_count; user++) {
        uint32_t team = load_u32(memberships + user * sizeof(uint32_t));
        wrong |= (uint32_t)(team + 1 > team_count); /* ORG_NONE becomes 0 */
    }
    return wrong == 0;
}

/* ---- Records ----------------------------------------------------------------------------- */

uint64_t record_load_long(const unsigned char *bytes, uint64_t available, struct org_user *user)
{
    span *const values[TEXT_COUNT] = {&user->id, &user->email, &user->first_name, &user->last_name};
    uint64_t at = RECORD_HEADER_SIZE;
    uint32_t sizes[TEXT_COUNT];
    for (unsigned index = 0; index < TEXT_COUNT; index++) {
        sizes[index] = bytes[index];
        if (sizes[index] < TEXT_LONG) {
            continue;
        }
        if (available - at < RECORD_LONG_SIZE) {
            return 0;
        }
        sizes[index] = load_u32(bytes + at);
        at += RECORD_LONG_SIZE;
        if (sizes[index] < TEXT_LONG) {
            return 0;
        }
    }
    for (unsigned index = 0; index < TEXT_COUNT; index++) {
        if (available - at < sizes[index]) {
            return 0;
        }
        *values[index] = span_make(bytes + at, sizes[index]);
        at += sizes[index];
    }
    return at;
}

/*
 * A block of records judged by their starts and four lengths alone, each against the start of the
 * next, which must be there. This is the way of almost all records, and quick: none has to wait for
 * the one before it, and only the gathering in the middle is not done four or eight at a time.
 * False also where a long value is about. All starts are held against `limit` before they are
 * followed; it must be below 2^31, so that the uppermost bit tells what is too large. Starts and
 * lengths are looked at once only, since the bytes of a map can change under our eyes.
 */
static bool block_fits(const unsigned char *records, const unsigned char *stored, uint32_t limit)
{
    uint32_t starts[BLOCK_RECORDS + 1];
    for (size_t index = 0; index <= BLOCK_RECORDS; index++) {
        starts[index] = load_u32(stored + index * sizeof(uint32_t));
    }
    uint32_t beyond = 0;
    for (size_t index = 0; index < BLOCK_RECORDS; index++) {
        beyond |= (limit - starts[index]) | starts[index];
    }
    if (beyond >> 31 != 0) {
        return false;
    }
    uint32_t lengths[BLOCK_RECORDS];
    for (size_t index = 0; index < BLOCK_RECORDS; index++) {
        lengths[index] = load_u32(records + starts[index]);
    }
    uint32_t wrong = 0;
    for (size_t index = 0; index < BLOCK_RECORDS; index++) {
        uint32_t size = starts[index + 1] - starts[index];
        wrong |= size ^ (RECORD_HEADER_SIZE + lengths_sum(lengths[index]));
        wrong |= lengths_long_bits(lengths[index]);
    }
    return wrong == 0;
}

/* From record to record, whatever lengths they have. */
static bool records_follow(const unsigned char *records, const unsigned char *starts,
                           uint32_t index, uint32_t count, uint64_t size)
{
    uint64_t at = load_u32(starts + index * sizeof(uint32_t));
    for (; index < count; index++) {
        struct org_user user;
        uint64_t record_size = at <= size ? record_load(records + at, size - at, &user) : 0;
        if (record_size == 0 || load_u32(starts + index * sizeof(uint32_t)) != at) {
            return false;
        }
        at += record_size;
    }
    return at == size;
}

bool records_are_sound(const unsigned char *records, const unsigned char *starts, uint32_t count,
                       uint64_t size)
{
    uint32_t index = 0;
    if (size >= RECORD_HEADER_SIZE && size <= INT32_MAX) {
        uint32_t limit = (uint32_t)size - RECORD_HEADER_SIZE;
        while (index + BLOCK_RECORDS < count &&
               block_fits(records, starts + index * sizeof(uint32_t), limit)) {
            index += BLOCK_RECORDS;
        }
    }
    return load_u32(starts) == 0 && records_follow(records, starts, index, count, size);
}

/* ---- Teams ------------------------------------------------------------------------------- */

/*
 * Each climb towards the top leaves its number on the teams that it passes, and stops at a team
 * that has one: another number has been judged before, its own one closes a circle. So no team is
 * passed twice, however deep the tree. No circle is closed by parents that stand before their
 * children alone, so it is enough to start from the others, of which most files have few.
 */
bool parents_are_sound(const struct org *org, const uint32_t *starts, uint32_t start_count,
                       uint32_t *climbs)
{
    for (uint32_t climb = 1; climb <= start_count; climb++) {
        uint32_t at = starts[climb - 1];
        while (at != ORG_NONE && climbs[at] == 0) {
            climbs[at] = climb;
            at = org->teams[at].parent;
        }
        if (at != ORG_NONE && climbs[at] == climb) {
            return false;
        }
    }
    return true;
}
