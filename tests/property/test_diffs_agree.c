/* SPDX-License-Identifier: MIT */
/*
 * Differences against a slow reading of the rules: everybody is compared with everybody. Random
 * exports and later states of them, a tenth through snapshots; the number of rounds is in
 * MUSTER_DIFFS where somebody wants more.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "roster.h"
#include "support.h"
#include "unit/diff_words.h"

TestSuite(diffs_agree, .timeout = 0);

/* ---- The slow reading -------------------------------------------------------------------- */

/* One side. Users without a place are left out. */
struct side {
    const struct org *org;
    struct org_user *users; /* their values are in the arena */
    uint32_t *places;
    uint32_t count;
    uint32_t *user_partners; /* an index of the other side's users, or ORG_NONE */
    uint32_t *team_partners;
    struct arena arena;
};

static uint32_t *nobody(struct arena *arena, uint32_t count)
{
    uint32_t *partners = arena_array(arena, (size_t)count + 1, sizeof *partners);
    for (uint32_t n = 0; n < count; n++) {
        partners[n] = ORG_NONE;
    }
    return partners;
}

static void side_open(struct side *side, const struct org *org)
{
    struct buffer scratch = {0};
    *side = (struct side){.org = org};
    side->users = arena_array(&side->arena, (size_t)org->user_count + 1, sizeof *side->users);
    side->places = arena_array(&side->arena, (size_t)org->user_count + 1, sizeof *side->places);
    for (uint32_t place = 0; place < org->user_count; place++) {
        if (!org_user_kept(org, place)) {
            continue;
        }
        struct org_user *user = &side->users[side->count];
        org_user_read(org, place, &scratch, user);
        user->id = arena_copy(&side->arena, user->id);
        user->email = arena_copy(&side->arena, user->email);
        user->first_name = arena_copy(&side->arena, user->first_name);
        user->last_name = arena_copy(&side->arena, user->last_name);
        side->places[side->count++] = place;
    }
    side->user_partners = nobody(&side->arena, side->count);
    side->team_partners = nobody(&side->arena, org->team_count);
    buffer_close(&scratch);
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool same_address(span a, span b)
{
    bool same = a.len == b.len && a.len > 0;
    for (size_t n = 0; same && n < a.len; n++) {
        same = lower(a.ptr[n]) == lower(b.ptr[n]);
    }
    return same;
}

static void match_users(struct side *before, struct side *after, bool by_id)
{
    for (uint32_t a = 0; a < before->count; a++) {
        for (uint32_t b = 0; b < after->count; b++) {
            const struct org_user *old_user = &before->users[a];
            const struct org_user *new_user = &after->users[b];
            if (before->user_partners[a] == ORG_NONE && after->user_partners[b] == ORG_NONE &&
                (by_id ? span_equal(old_user->id, new_user->id)
                       : same_address(old_user->email, new_user->email))) {
                before->user_partners[a] = b;
                after->user_partners[b] = a;
            }
        }
    }
}

/* How many of those who are left have this final name, and the last of them. */
static unsigned left_named(const struct side *side, span name, uint32_t *last)
{
    unsigned count = 0;
    for (uint32_t team = 0; team < side->org->team_count; team++) {
        if (side->team_partners[team] == ORG_NONE &&
            span_equal(side->org->teams[team].final_name, name)) {
            *last = team;
            count++;
        }
    }
    return count;
}

static void match_teams(struct side *before, struct side *after)
{
    for (uint32_t a = 0; a < before->org->team_count; a++) {
        for (uint32_t b = 0; b < after->org->team_count; b++) {
            if (span_equal(before->org->teams[a].id, after->org->teams[b].id)) {
                before->team_partners[a] = b;
                after->team_partners[b] = a;
            }
        }
    }
    for (uint32_t b = 0; b < after->org->team_count; b++) {
        span name = after->org->teams[b].final_name;
        uint32_t old_team = ORG_NONE;
        uint32_t new_team = ORG_NONE;
        if (after->team_partners[b] == ORG_NONE && left_named(after, name, &new_team) == 1 &&
            left_named(before, name, &old_team) == 1) {
            before->team_partners[old_team] = b;
            after->team_partners[b] = old_team;
        }
    }
}

static bool teams_same(const struct side *before, uint32_t old_team, uint32_t new_team)
{
    return old_team == ORG_NONE
               ? new_team == ORG_NONE
               : before->team_partners[old_team] == new_team && new_team != ORG_NONE;
}

static span id_of_team(const struct side *side, uint32_t team)
{
    return team == ORG_NONE ? SPAN_NONE : side->org->teams[team].id;
}

static span or_null(span value)
{
    return value.len == 0 ? SPAN_NONE : value;
}

static void tell(struct buffer *words, struct muster_difference difference)
{
    write_difference(words, &difference);
}

static void tell_field(struct buffer *words, struct muster_difference pair, const char *field,
                       span old_value, span new_value)
{
    pair.change = MUSTER_MODIFIED;
    pair.field = field;
    pair.old_value = or_null(old_value);
    pair.new_value = or_null(new_value);
    tell(words, pair);
}

static void tell_text(struct buffer *words, struct muster_difference pair, const char *field,
                      span old_value, span new_value)
{
    if (!span_equal(old_value, new_value)) {
        tell_field(words, pair, field, old_value, new_value);
    }
}

static void tell_users(struct buffer *words, const struct side *before, const struct side *after)
{
    for (uint32_t b = 0; b < after->count; b++) {
        const struct org_user *user = &after->users[b];
        const struct muster_difference pair = {.entity = MUSTER_USER, .id = user->id};
        if (after->user_partners[b] == ORG_NONE) {
            tell(words, pair);
            continue;
        }
        const struct org_user *old_user = &before->users[after->user_partners[b]];
        tell_text(words, pair, "id", old_user->id, user->id);
        tell_text(words, pair, "email", old_user->email, user->email);
        tell_text(words, pair, "first_name", old_user->first_name, user->first_name);
        tell_text(words, pair, "last_name", old_user->last_name, user->last_name);
        if (!teams_same(before, old_user->team, user->team)) {
            tell_field(words, pair, "team_id", id_of_team(before, old_user->team),
                       id_of_team(after, user->team));
        }
    }
    for (uint32_t a = 0; a < before->count; a++) {
        if (before->user_partners[a] == ORG_NONE) {
            tell(words, (struct muster_difference){.entity = MUSTER_USER,
                                                   .change = MUSTER_REMOVED,
                                                   .id = before->users[a].id});
        }
    }
}

/* The index of a manager among the users of a side. */
static uint32_t manager_of(const struct side *side, const struct org_team *team, uint32_t n)
{
    uint32_t index = 0;
    while (side->places[index] != side->org->managers[team->manager_first + n]) {
        index++;
    }
    return index;
}

/* Whether every manager of a team has a partner among those of the other. */
static bool managers_within(const struct side *side, const struct org_team *team,
                            const struct side *other, const struct org_team *other_team)
{
    for (uint32_t n = 0; n < team->manager_count; n++) {
        bool found = false;
        for (uint32_t m = 0; m < other_team->manager_count; m++) {
            uint32_t partner = side->user_partners[manager_of(side, team, n)];
            found = found || partner == manager_of(other, other_team, m);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static span managers_list(const struct side *side, const struct org_team *team, struct buffer *list)
{
    buffer_clear(list);
    for (uint32_t n = 0; n < team->manager_count; n++) {
        buffer_text(list, n > 0 ? "," : "");
        buffer_span(list, side->users[manager_of(side, team, n)].id);
    }
    return buffer_view(list);
}

static void tell_teams(struct buffer *words, const struct side *before, const struct side *after)
{
    struct buffer lists[2] = {{0}, {0}};
    for (uint32_t b = 0; b < after->org->team_count; b++) {
        const struct org_team *team = &after->org->teams[b];
        const struct muster_difference pair = {.entity = MUSTER_TEAM, .id = team->id};
        if (after->team_partners[b] == ORG_NONE) {
            tell(words, pair);
            continue;
        }
        const struct org_team *old_team = &before->org->teams[after->team_partners[b]];
        tell_text(words, pair, "id", old_team->id, team->id);
        tell_text(words, pair, "name", old_team->name, team->name);
        tell_text(words, pair, "final_name", old_team->final_name, team->final_name);
        if (!teams_same(before, old_team->parent, team->parent)) {
            tell_field(words, pair, "parent_team_id", id_of_team(before, old_team->parent),
                       id_of_team(after, team->parent));
        }
        if (!managers_within(before, old_team, after, team) ||
            !managers_within(after, team, before, old_team)) {
            tell_field(words, pair, "manager_ids", managers_list(before, old_team, &lists[0]),
                       managers_list(after, team, &lists[1]));
        }
    }
    for (uint32_t a = 0; a < before->org->team_count; a++) {
        if (before->team_partners[a] == ORG_NONE) {
            tell(words, (struct muster_difference){.entity = MUSTER_TEAM,
                                                   .change = MUSTER_REMOVED,
                                                   .id = before->org->teams[a].id});
        }
    }
    buffer_close(&lists[0]);
    buffer_close(&lists[1]);
}

/* What the rules say of two orgs. The caller frees it. */
static char *words_slowly(const struct org *old_org, const struct org *new_org)
{
    struct side before;
    struct side after;
    struct buffer words = {0};
    side_open(&before, old_org);
    side_open(&after, new_org);
    match_users(&before, &after, true);
    match_users(&before, &after, false);
    match_teams(&before, &after);
    tell_users(&words, &before, &after);
    tell_teams(&words, &before, &after);
    buffer_byte(&words, '\0');
    arena_close(&before.arena);
    arena_close(&after.arena);
    return words.bytes;
}

/* ---- Random states of an organisation ---------------------------------------------------- */

#define PEOPLE_MAX 2500
#define UNIT_MAX   200
#define TEXT_SIZE  48

/* Fields of the files in the order of their columns; empty: none. */
struct person {
    char fields[5][TEXT_SIZE];
};

struct unit {
    char fields[4][TEXT_SIZE];
};

struct state {
    struct person people[PEOPLE_MAX];
    struct unit units[UNIT_MAX];
    size_t person_count, unit_count;
};

/* Ids are few, so that they come back; of a pool larger than there are people. */
static void random_id(char *text, const char *kind, size_t pool, uint64_t *random)
{
    (void)snprintf(text, TEXT_SIZE, "%s%u", kind, (unsigned)random_below(random, pool));
}

static void random_team(char *text, const struct state *state, uint64_t *random)
{
    text[0] = '\0';
    if (state->unit_count > 0 && random_below(random, 8) > 0) {
        size_t unit = random_below(random, state->unit_count);
        memcpy(text, state->units[unit].fields[0], TEXT_SIZE);
    }
}

static void random_name(char *text, uint64_t *random)
{
    static const char *const names[] = {"", "Ann", "Bo", "Lee \"L\" Ray", "de, la", "J\xC3\xB8rn"};
    (void)snprintf(text, TEXT_SIZE, "%s", names[random_below(random, 6)]);
}

static void random_person(struct person *person, const struct state *state, uint64_t *random)
{
    size_t pool = state->person_count * 2 + 4;
    random_id(person->fields[0], random_below(random, 5) == 0 ? "x" : "X", pool, random);
    random_id(person->fields[1], random_below(random, 3) == 0 ? "Mail" : "mail", pool, random);
    (void)strncat(person->fields[1], random_below(random, 4) == 0 ? "@X.com" : "@x.com", 8);
    random_name(person->fields[2], random);
    random_name(person->fields[3], random);
    random_team(person->fields[4], state, random);
}

static void random_managers(char *text, const struct state *state, uint64_t *random)
{
    text[0] = '\0';
    for (uint64_t left = random_below(random, 4); left > 0 && state->person_count > 0; left--) {
        const char *id = state->people[random_below(random, state->person_count)].fields[0];
        if (strlen(text) + strlen(id) + 2 < TEXT_SIZE) {
            (void)strcat(strcat(text, text[0] != '\0' ? "," : ""), id);
        }
    }
}

static void random_unit(struct unit *unit, const struct state *state, uint64_t *random)
{
    random_id(unit->fields[0], "T", state->unit_count * 2 + 3, random);
    random_id(unit->fields[1], "Name ", state->unit_count * 2 + 3, random);
    random_managers(unit->fields[2], state, random);
    random_team(unit->fields[3], state, random);
}

static void state_make(struct state *state, uint64_t *random)
{
    uint64_t size = random_below(random, 400);
    size_t people = random_below(random, size == 0 ? PEOPLE_MAX : size < 20 ? 200 : 24);
    size_t units = random_below(random, size == 0 ? UNIT_MAX : size < 20 ? 50 : 9);
    state->person_count = people;
    state->unit_count = units;
    for (size_t n = 0; n < units; n++) {
        random_id(state->units[n].fields[0], "T", units * 2 + 3, random);
    }
    for (size_t n = 0; n < people; n++) {
        random_person(&state->people[n], state, random);
    }
    for (size_t n = 0; n < units; n++) {
        random_unit(&state->units[n], state, random);
    }
}

static void *item_insert(void *items, size_t *count, size_t size, uint64_t *random)
{
    size_t at = random_below(random, *count + 1);
    char *item = (char *)items + at * size;
    memmove(item + size, item, (*count - at) * size);
    ++*count;
    return item;
}

static void item_remove(void *items, size_t *count, size_t at, size_t size)
{
    char *item = (char *)items + at * size;
    memmove(item, item + size, (--*count - at) * size);
}

/* One field of somebody as somebody else might have it, or a person more, less, or elsewhere. */
static void people_change(struct state *state, uint64_t *random)
{
    struct person other;
    size_t size = sizeof other;
    uint64_t what = random_below(random, 9);
    if (what == 0 && state->person_count < PEOPLE_MAX) {
        struct person *added = item_insert(state->people, &state->person_count, size, random);
        random_person(added, state, random);
        return;
    }
    if (state->person_count == 0) {
        return;
    }
    size_t at = random_below(random, state->person_count);
    if (what == 1) {
        item_remove(state->people, &state->person_count, at, size);
    } else if (what == 2) {
        other = state->people[at];
        item_remove(state->people, &state->person_count, at, size);
        *(struct person *)item_insert(state->people, &state->person_count, size, random) = other;
    } else {
        size_t field = what % 5;
        random_person(&other, state, random);
        memcpy(state->people[at].fields[field], other.fields[field], TEXT_SIZE);
    }
}

static void units_change(struct state *state, uint64_t *random)
{
    struct unit other;
    uint64_t what = random_below(random, 8);
    if (what == 0 && state->unit_count < UNIT_MAX) {
        struct unit *added = item_insert(state->units, &state->unit_count, sizeof other, random);
        random_unit(added, state, random);
        return;
    }
    if (state->unit_count == 0) {
        return;
    }
    size_t at = random_below(random, state->unit_count);
    if (what == 1) {
        item_remove(state->units, &state->unit_count, at, sizeof other);
    } else {
        random_unit(&other, state, random);
        memcpy(state->units[at].fields[what % 4], other.fields[what % 4], TEXT_SIZE);
    }
}

static void state_change(struct state *state, uint64_t *random)
{
    size_t most = random_below(random, 4) == 0 ? state->person_count + 4 : 6;
    for (uint64_t left = random_below(random, most); left > 0; left--) {
        people_change(state, random);
    }
    for (uint64_t left = random_below(random, 5); left > 0; left--) {
        units_change(state, random);
    }
}

/* In quotes where it has to be, and now and then. */
static void write_field(struct buffer *text, const char *field, char end, uint64_t *random)
{
    bool quoted = strpbrk(field, ",\"") != NULL || random_below(random, 16) == 0;
    buffer_text(text, quoted ? "\"" : "");
    for (; *field != '\0'; field++) {
        buffer_text(text, quoted && *field == '"' ? "\"" : "");
        buffer_byte(text, *field);
    }
    buffer_text(text, quoted ? "\"" : "");
    buffer_byte(text, end);
}

static struct muster_roster *state_open(const struct state *state, struct buffer texts[2],
                                        const struct muster_options *options, uint64_t *random)
{
    buffer_clear(&texts[0]);
    buffer_clear(&texts[1]);
    buffer_text(&texts[0], USERS_HEADER);
    buffer_text(&texts[1], TEAMS_HEADER);
    for (size_t n = 0; n < state->person_count; n++) {
        for (int field = 0; field < 5; field++) {
            write_field(&texts[0], state->people[n].fields[field], field < 4 ? ',' : '\n', random);
        }
    }
    for (size_t n = 0; n < state->unit_count; n++) {
        for (int field = 0; field < 4; field++) {
            write_field(&texts[1], state->units[n].fields[field], field < 3 ? ',' : '\n', random);
        }
    }
    const span files[MUSTER_FILE_COUNT] = {
        [MUSTER_USERS] = buffer_view(&texts[0]), [MUSTER_TEAMS] = buffer_view(&texts[1])};
    return roster_of_spans(files, options);
}

/* ---- Both -------------------------------------------------------------------------------- */

static void expect_words(const struct org *before, const struct org *after, unsigned jobs,
                         char *expected, uint64_t seed)
{
    struct diff *diff;
    cr_assert(eq(int, diff_open(&diff, before, after, jobs), MUSTER_OK));
    char *words = words_of(diff);
    cr_assert(eq(str, words, expected), "seed %llu", (unsigned long long)seed);
    free(words);
    diff_close(diff);
}

/* The same through the file of a snapshot; the caller closes it. */
static struct muster_roster *by_snapshot(const struct muster_roster *roster, const char *name)
{
    struct muster_roster *opened;
    const char *path = folder_path(name);
    cr_assert(eq(int, muster_snapshot_write(roster, path, NULL), MUSTER_OK));
    cr_assert(eq(int, muster_snapshot_open(&opened, path, NULL, NULL), MUSTER_OK));
    return opened;
}

static void compare_snapshots(const struct muster_roster *before, const struct muster_roster *after,
                              char *expected, uint64_t seed)
{
    struct muster_roster *old_snapshot = by_snapshot(before, "before.snap");
    struct muster_roster *new_snapshot = by_snapshot(after, "after.snap");
    expect_words(old_snapshot->org, new_snapshot->org, 2, expected, seed);
    expect_words(old_snapshot->org, after->org, 1, expected, seed);
    expect_words(before->org, new_snapshot->org, 1, expected, seed);
    muster_roster_close(old_snapshot);
    muster_roster_close(new_snapshot);
}

/* Gives whether there was any difference. */
static bool round_compare(uint64_t seed, struct state *state, struct buffer texts[4])
{
    uint64_t random = seed;
    const struct muster_options options = {.jobs = 1};
    state_make(state, &random);
    struct muster_roster *before = state_open(state, &texts[0], &options, &random);
    state_change(state, &random);
    struct muster_roster *after = state_open(state, &texts[2], &options, &random);
    char *expected = words_slowly(before->org, after->org);
    bool differ = expected[0] != '\0';
    expect_words(before->org, after->org, 1, expected, seed);
    if (seed % 10 == 0) {
        expect_words(before->org, after->org, 3, expected, seed);
        compare_snapshots(before, after, expected, seed);
    }
    free(expected);
    muster_roster_close(before);
    muster_roster_close(after);
    return differ;
}

Test(diffs_agree, with_a_slow_reading_of_the_rules)
{
    const char *wanted = getenv("MUSTER_DIFFS");
    uint64_t rounds = wanted != NULL ? strtoull(wanted, NULL, 10) : SANITIZED ? 1000 : 10000;
    struct state *state = calloc(1, sizeof *state);
    struct buffer texts[4] = {{0}, {0}, {0}, {0}};
    uint64_t differ = 0;
    folder_open();
    for (uint64_t round = 0; round < rounds; round++) {
        differ += round_compare(round, state, texts);
    }
    cr_expect(ge(u64, differ, rounds / 2), "most of the states differ");
    for (int n = 0; n < 4; n++) {
        buffer_close(&texts[n]);
    }
    free(state);
}
