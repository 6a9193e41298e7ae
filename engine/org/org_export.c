/* SPDX-License-Identifier: MIT */
#include "org/org_export.h"

#include <stdlib.h>

#include "base/hash.h"
#include "org/org_people.h"
#include "table/key_index.h"

static bool export_user_kept(const struct org *org, uint32_t user)
{
    const struct org_export *built = org->behind;
    return table_kept(built->users, user);
}

/* The numbers above those of teams are all none; without a branch, as there are ten million. */
static uint32_t team_or_none(uint32_t team)
{
    return team | (0U - team / TEAM_REMOVED);
}

static uint32_t export_user_team(const struct org *org, uint32_t user)
{
    const struct org_export *built = org->behind;
    return built->users->teams != NULL ? team_or_none(built->users->teams[user]) : ORG_NONE;
}

static void export_user_prefetch(const struct org *org, uint32_t user, bool found)
{
    const struct table *users = ((const struct org_export *)org->behind)->users;
    if (found) {
        __builtin_prefetch(users->input.ptr + table_offset(users, user));
    } else {
        __builtin_prefetch(&users->rows[user]);
    }
}

static void export_user_teams(const struct org *org, uint32_t first, uint32_t count,
                              uint32_t *teams)
{
    const uint32_t *stored = ((const struct org_export *)org->behind)->users->teams;
    for (uint32_t n = 0; n < count; n++) {
        teams[n] = stored != NULL ? team_or_none(stored[first + n]) : ORG_NONE;
    }
}

/* A value of blanks only counts as no value. */
static span value_or_empty(span value)
{
    return span_is_blank(value) ? SPAN("") : value;
}

static void export_user_read(const struct org *org, uint32_t user, struct buffer *scratch,
                             struct org_user *result)
{
    const struct org_export *built = org->behind;
    span values[SCHEMA_COLUMN_MAX];
    table_read(built->users, user, scratch, values);
    result->id = values[USERS_ID];
    result->email = values[USERS_EMAIL];
    result->first_name = value_or_empty(values[USERS_FIRST_NAME]);
    result->last_name = value_or_empty(values[USERS_LAST_NAME]);
    result->team = export_user_team(org, user);
}

static uint32_t export_users_are(const struct org *org, uint32_t first, uint32_t count,
                                 struct text_rows texts)
{
    const struct org_export *built = org->behind;
    return table_rows_are(built->users, first, count, texts);
}

static uint32_t export_users_alike(const struct org *org, uint32_t first, const struct org *other,
                                   uint32_t other_first, uint32_t count)
{
    const struct org_export *built = org->behind;
    const struct org_export *other_built = other->behind;
    return table_rows_alike(built->users, first, other_built->users, other_first, count);
}

static const struct org_source export_source = {.user_kept = export_user_kept,
                                                .user_team = export_user_team,
                                                .user_prefetch = export_user_prefetch,
                                                .user_teams = export_user_teams,
                                                .user_read = export_user_read,
                                                .users_alike = export_users_alike,
                                                .users_are = export_users_are};

static bool without_team(const struct table *users, uint32_t row)
{
    return (users->rows[row] & (ROW_WITHOUT_TEAM | ROW_NOT_KEPT)) == ROW_WITHOUT_TEAM;
}

/* Users whose team is not there, or is there no more. */
static void memberships_report(struct org_export *built)
{
    const struct table *users = built->users;
    size_t count = 0;
    if ((users->marks & ROW_WITHOUT_TEAM) == 0) {
        return;
    }
    for (uint32_t row = 0; row < users->row_count; row++) {
        count += without_team(users, row) ? 1 : 0;
    }
    struct finding *next = count > 0 ? findings_extend(&built->memberships, count) : NULL;
    for (uint32_t row = 0; row < users->row_count && next != NULL; row++) {
        if (!without_team(users, row)) {
            continue;
        }
        uint32_t team = users->teams[row];
        bool unknown = team == TEAM_UNKNOWN;
        enum muster_code code = unknown ? MUSTER_UNKNOWN_TEAM : MUSTER_REMOVED_TEAM;
        uint32_t cause = unknown ? ORG_NONE : built->causes[team & ~TEAM_REMOVED];
        *next++ = (struct finding){finding_key(row, code, USERS_TEAM_ID, 4), cause, 0};
    }
}

struct people {
    struct org_export *built;
    struct managers managers;
    struct naming naming;
};

/* Besides the ranges of managers, of which there are some. */
enum { TASK_NAMES, TASK_MEMBERSHIPS, PEOPLE_TASK_COUNT };

static void people_task(void *context, unsigned task)
{
    struct people *people = context;
    if (task == TASK_NAMES) {
        naming_share(&people->naming);
    } else if (task == TASK_MEMBERSHIPS) {
        memberships_report(people->built);
    } else {
        managers_find(&people->managers, task - PEOPLE_TASK_COUNT);
    }
}

static void copy_task(void *context, unsigned task)
{
    struct people *people = context;
    managers_copy(&people->managers, task);
}

static void rename_task(void *context, unsigned task)
{
    struct people *people = context;
    naming_rename(&people->naming, task);
}

static void report_task(void *context, unsigned task)
{
    struct people *people = context;
    naming_report(&people->naming, task);
}

/* Managers, memberships and names. */
static bool people_find(struct people *people)
{
    struct parallel *parallel = people->built->parallel;
    unsigned manager_ranges = people->managers.range_count;
    unsigned naming_ranges = people->naming.range_count;
    parallel_run(parallel, manager_ranges + PEOPLE_TASK_COUNT, people_task, people);
    if (!managers_join(&people->managers)) {
        return false;
    }
    parallel_run(parallel, manager_ranges, copy_task, people);
    parallel_run(parallel, naming_ranges, rename_task, people);
    if (!naming_compare(&people->naming)) {
        return false;
    }
    parallel_run(parallel, naming_ranges, report_task, people);
    return naming_join(&people->naming);
}

bool org_export_users(struct org_export *built, struct table *users)
{
    built->users = users;
    built->org.source = &export_source;
    built->org.behind = built;
    built->org.user_count = users != NULL ? users->row_count : 0;
    built->org.kept_user_count = users != NULL ? users->kept_count : 0;
    if (users == NULL || built->teams == NULL) {
        return true;
    }
    struct people people = {.built = built};
    bool done = managers_open(&people.managers, built);
    done = naming_open(&people.naming, built) && done && people_find(&people);
    managers_close(&people.managers);
    naming_close(&people.naming);
    return done && !built->memberships.exhausted;
}

/* Whether the same id stands further in front; if not, it is known from now on. */
static bool root_is_repeated(struct key_index *known, const span *roots, size_t index,
                             uint64_t seed)
{
    struct key_probe probe;
    key_probe_start(&probe, known, hash_bytes(roots[index].ptr, roots[index].len, seed));
    uint32_t other = key_probe_next(&probe, known);
    while (other != KEY_INDEX_NONE && !span_equal(roots[other], roots[index])) {
        other = key_probe_next(&probe, known);
    }
    if (other == KEY_INDEX_NONE) {
        key_probe_insert(&probe, known, (uint32_t)index);
    }
    return other != KEY_INDEX_NONE;
}

static bool root_judge(struct org_export *built, span root, size_t index)
{
    uint32_t team = org_export_find_team(built, root);
    if (team != TEAM_LOST && team >= TEAM_REMOVED) {
        findings_add(
            &built->roots,
            (struct finding){finding_key(FINDING_NO_ROW, MUSTER_UNKNOWN_ROOT_TEAM, COLUMN_NONE, 4),
                             ORG_NONE, (uint32_t)index});
    }
    return team != TEAM_LOST;
}

bool org_export_roots(struct org_export *built, const span *roots, size_t count)
{
    struct key_index known = {0};
    bool done = count == 0 || key_index_open(&known, count);
    for (size_t index = 0; index < count && done; index++) {
        done = root_is_repeated(&known, roots, index, built->teams->options.seed) ||
               root_judge(built, roots[index], index);
    }
    key_index_close(&known);
    return done && !built->roots.exhausted;
}

void org_export_close(struct org_export *built)
{
    id_map_close(&built->team_ids);
    free(built->org.teams);
    free(built->org.managers);
    free(built->parent_rows);
    free(built->causes);
    free(built->team_of_row);
    free(built->row_of_team);
    findings_close(&built->tree);
    findings_close(&built->memberships);
    findings_close(&built->managers);
    findings_close(&built->roots);
    findings_close(&built->names);
    for (unsigned index = 0; index < built->arena_count; index++) {
        arena_close(&built->arenas[index]);
    }
    free(built->arenas);
    *built = (struct org_export){0};
}
