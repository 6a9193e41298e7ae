/* SPDX-License-Identifier: MIT */
/*
 * Random pairs of small rosters: every plan is valid step by step, ends at the new roster, and has
 * one operation for each difference. What is expected is worked out here a second time, on plain
 * numbers and with nested loops, and the steps are carried out on tables of their own.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

#include "plan_model.h"
#include "plan_words.h"

/* ---- Carrying steps out, the slow way ---------------------------------------------------- */

struct table {
    struct {
        bool there, exempt;
        char name[64];
        int parent; /* ids from here on */
        bool managers[THINGS];
    } teams[THINGS];
    bool users[THINGS];
    int member_of[THINGS];
    int last_phase;
};

static struct table table_of(const struct model *model)
{
    struct table table = {.last_phase = 0};
    for (int n = 0; n < THINGS; n++) {
        table.member_of[n] = NONE;
    }
    for (int n = 0; n < model->team_count; n++) {
        const struct model_team *team = &model->teams[n];
        table.teams[team->id].there = true;
        table.teams[team->id].parent = team->parent != NONE ? model->teams[team->parent].id : NONE;
        snprintf(table.teams[team->id].name, sizeof table.teams[0].name, "N%d", team->name);
        for (int user = 0; user < model->user_count; user++) {
            table.teams[team->id].managers[model->users[user].id] = team->managers[user];
        }
    }
    for (int n = 0; n < model->user_count; n++) {
        const struct model_user *user = &model->users[n];
        table.users[user->id] = true;
        table.member_of[user->id] = user->team != NONE ? model->teams[user->team].id : NONE;
    }
    return table;
}

static void exempt_colliding(struct table *table, const struct model *model)
{
    for (int a = 0; a < model->team_count; a++) {
        for (int b = 0; b < model->team_count; b++) {
            if (a != b && model->teams[a].name == model->teams[b].name) {
                table->teams[model->teams[a].id].exempt = true;
            }
        }
    }
}

static int number_of(span id)
{
    return id.ptr != NULL ? id.ptr[1] - '0' : NONE;
}

static bool name_is_free(const struct table *table, span name, int team)
{
    bool is_free = true;
    for (int other = 0; other < THINGS; other++) {
        is_free &= !table->teams[other].there || other == team ||
                   !span_equal(span_from(table->teams[other].name), name);
    }
    return is_free || table->teams[team].exempt;
}

static bool team_there(const struct table *table, int team)
{
    return team != NONE && table->teams[team].there;
}

static bool step_rekey_team(struct table *table, int team, int from)
{
    if (!team_there(table, from) || team_there(table, team)) {
        return false;
    }
    bool exempt = table->teams[team].exempt || table->teams[from].exempt;
    table->teams[team] = table->teams[from];
    table->teams[team].exempt = exempt;
    table->teams[from].there = false;
    for (int n = 0; n < THINGS; n++) {
        table->teams[n].parent = table->teams[n].parent == from ? team : table->teams[n].parent;
        table->member_of[n] = table->member_of[n] == from ? team : table->member_of[n];
    }
    return true;
}

static bool step_rekey_user(struct table *table, int user, int from)
{
    if (!table->users[from] || table->users[user]) {
        return false;
    }
    table->users[user] = true;
    table->users[from] = false;
    table->member_of[user] = table->member_of[from];
    table->member_of[from] = NONE;
    for (int team = 0; team < THINGS; team++) {
        table->teams[team].managers[user] = table->teams[team].managers[from];
        table->teams[team].managers[from] = false;
    }
    return true;
}

static void set_name(struct table *table, int team, span name)
{
    memcpy(table->teams[team].name, name.ptr, name.len);
    table->teams[team].name[name.len] = '\0';
}

static bool step_place_team(struct table *table, const struct muster_operation *operation, int team)
{
    bool add = operation->kind == MUSTER_ADD_TEAM;
    int to = number_of(add ? operation->parent : operation->to);
    if ((to != NONE && !team_there(table, to)) || add == team_there(table, team)) {
        return false;
    }
    if (add) {
        if (!name_is_free(table, operation->name, team)) {
            return false;
        }
        memset(table->teams[team].managers, 0, sizeof table->teams[team].managers);
        table->teams[team].there = true;
        set_name(table, team, operation->name);
    } else if (table->teams[team].parent != number_of(operation->from)) {
        return false;
    }
    table->teams[team].parent = to;
    for (int n = 0; n <= THINGS && to != NONE; n++) {
        to = table->teams[to].parent;
    }
    return to == NONE; /* no circle */
}

static bool step_delete_team(struct table *table, int team)
{
    bool empty = team_there(table, team);
    for (int n = 0; n < THINGS && empty; n++) {
        empty = !(table->teams[n].there && table->teams[n].parent == team) &&
                table->member_of[n] != team && !table->teams[team].managers[n];
    }
    table->teams[team].there = false;
    return empty;
}

static bool step_member(struct table *table, const struct muster_operation *operation, int user)
{
    int from = NONE;
    int to = NONE;
    if (operation->kind == MUSTER_MOVE_TEAM_MEMBER) {
        from = number_of(operation->from);
        to = number_of(operation->to);
    } else if (operation->kind == MUSTER_ADD_TEAM_MEMBER) {
        to = number_of(operation->team);
    } else {
        from = number_of(operation->team);
    }
    if (table->member_of[user] != from || from == to || (to != NONE && !team_there(table, to))) {
        return false;
    }
    table->member_of[user] = to;
    return true;
}

static bool step_manager(struct table *table, const struct muster_operation *operation, int user)
{
    int team = number_of(operation->team);
    bool add = operation->kind == MUSTER_ADD_TEAM_MANAGER;
    if (!team_there(table, team) || table->teams[team].managers[user] == add) {
        return false;
    }
    table->teams[team].managers[user] = add;
    return true;
}

static bool step_out(struct table *table, const struct muster_operation *operation)
{
    static const int phases[MUSTER_OPERATION_KIND_COUNT] = {0, 0, 1, 2, 2, 3, 3, 3, 4, 4, 5};
    int team = number_of(operation->team);
    int user = number_of(operation->user);
    if (phases[operation->kind] < table->last_phase) {
        return false;
    }
    table->last_phase = phases[operation->kind];
    switch (operation->kind) {
    case MUSTER_REKEY_TEAM:
        return step_rekey_team(table, team, number_of(operation->from));
    case MUSTER_REKEY_USER:
        return step_rekey_user(table, user, number_of(operation->from));
    case MUSTER_RENAME_TEAM:
        if (!team_there(table, team) ||
            !span_equal(span_from(table->teams[team].name), operation->from) ||
            !name_is_free(table, operation->to, team)) {
            return false;
        }
        set_name(table, team, operation->to);
        return true;
    case MUSTER_ADD_TEAM:
    case MUSTER_MOVE_TEAM:
        return step_place_team(table, operation, team);
    case MUSTER_ADD_TEAM_MANAGER:
    case MUSTER_REMOVE_TEAM_MANAGER:
        return step_manager(table, operation, user);
    case MUSTER_DELETE_TEAM:
        return step_delete_team(table, team);
    default:
        return step_member(table, operation, user);
    }
}

static bool tables_equal(const struct table *a, const struct table *b)
{
    bool equal = memcmp(a->member_of, b->member_of, sizeof a->member_of) == 0;
    for (int team = 0; team < THINGS; team++) {
        equal &= a->teams[team].there == b->teams[team].there;
        if (a->teams[team].there && b->teams[team].there) {
            equal &= a->teams[team].parent == b->teams[team].parent;
            equal &= strcmp(a->teams[team].name, b->teams[team].name) == 0;
            equal &= memcmp(a->teams[team].managers, b->teams[team].managers,
                            sizeof a->teams[team].managers) == 0;
        }
    }
    return equal;
}

/* ---- Properties -------------------------------------------------------------------------- */

static void carry_out(struct plan *plan, struct table *table)
{
    for (size_t n = 0; n < plan_count(plan); n++) {
        struct muster_operation operation;
        plan_operation(plan, n, &operation);
        cr_assert(step_out(table, &operation), "step %zu, %.*s, is not valid", n,
                  (int)operation.text.len, operation.text.ptr);
    }
}

static void expect_counts(const struct plan *plan, const struct pairing *pairing)
{
    uint64_t expected[MUSTER_OPERATION_KIND_COUNT] = {0};
    count_teams(pairing, expected);
    count_members(pairing, expected);
    count_managers(pairing, expected);
    const struct muster_forecast *forecast = plan_forecast(plan);
    for (int kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        uint64_t count = forecast->counts[kind];
        if (kind == MUSTER_RENAME_TEAM && !pairing->scoped) {
            count -= forecast->temporary_count;
        }
        if (kind != MUSTER_RENAME_TEAM || !pairing->scoped) {
            cr_assert(eq(u64, count, expected[kind]), "%s",
                      muster_operation_kind_name((enum muster_operation_kind)kind));
        }
    }
}

static void try_pair(const struct model *before, const struct model *after)
{
    struct small_org *orgs[2] = {org_of(before), org_of(after)};
    struct plan *plan = plan_of(orgs[0], orgs[1], NULL);
    struct pairing pairing = pair_up(before, after);
    struct table table = table_of(before);
    exempt_colliding(&table, before);
    exempt_colliding(&table, after);
    carry_out(plan, &table);
    struct table wanted = table_of(after);
    cr_assert(tables_equal(&table, &wanted));
    expect_counts(plan, &pairing);
    if (!has_collision(before) && !has_collision(after)) {
        cr_assert(eq(u64, plan_forecast(plan)->temporary_count, count_temporary(&pairing)));
    }
    struct org *result = plan_replayed(plan);
    cr_assert(orgs_equal(result, &orgs[1]->org));
    plan_result_close(result);
    plan_close(plan);
    small_org_close(orgs[0]);
    small_org_close(orgs[1]);
}

/* Teams that are in scope on neither side have to stay as they are, and where they are, unless it
 * is below such a team. */
static void expect_untouched(const struct table *table, const struct pairing *pairing)
{
    for (int n = 0; n < pairing->before->team_count; n++) {
        const struct model_team *team = &pairing->before->teams[n];
        char name[16];
        snprintf(name, sizeof name, "N%d", team->name);
        if (!pairing->old_scope[n]) {
            cr_assert(table->teams[team->id].there);
            cr_assert(eq(str, (char *)table->teams[team->id].name, name));
            bool at_top = table->teams[team->id].parent == NONE;
            int partner = pairing->new_team[n];
            bool may_move = partner != NONE && move_in_scope(pairing, partner);
            cr_assert(may_move || at_top == (team->parent == NONE));
        }
    }
}

static void try_limited_pair(const struct model *before, const struct model *after)
{
    struct small_org *orgs[2] = {org_of(before), org_of(after)};
    bool roots[THINGS] = {false};
    span names[THINGS];
    char texts[THINGS][16];
    size_t count = 1 + (size_t)random_below(3);
    for (size_t n = 0; n < count; n++) {
        int id = random_below(THINGS);
        roots[id] = true;
        names[n] = numbered(texts[n], 'T', id);
    }
    struct muster_plan_options options = {.roots = names, .root_count = count};
    struct plan *plan = plan_of(orgs[0], orgs[1], &options);
    struct pairing pairing = pair_up(before, after);
    limit_scope(&pairing, roots);
    struct table table = table_of(before);
    exempt_colliding(&table, before);
    exempt_colliding(&table, after);
    carry_out(plan, &table);
    expect_untouched(&table, &pairing);
    if (!needs_detours(&pairing)) {
        expect_counts(plan, &pairing);
    }
    plan_result_close(plan_replayed(plan));
    plan_close(plan);
    small_org_close(orgs[0]);
    small_org_close(orgs[1]);
}

static void try_many(uint64_t seed, bool collisions,
                     void (*try)(const struct model *, const struct model *))
{
    random_state = seed;
    for (int n = 0; n < 8000; n++) {
        struct model before = random_model(collisions);
        struct model after = n % 2 == 0 ? random_model(collisions) : mutated_model(&before);
        try(&before, &after);
    }
}

Test(plan_round_trip, plans_between_unrelated_and_related_rosters_are_sound_and_minimal)
{
    try_many(20240601, false, try_pair);
}

Test(plan_round_trip, plans_with_colliding_names_are_sound_and_minimal)
{
    try_many(7, true, try_pair);
}

Test(plan_round_trip, plans_limited_by_roots_are_valid_and_touch_nothing_else)
{
    try_many(99, false, try_limited_pair);
}

Test(plan_round_trip, plans_limited_by_roots_are_valid_where_names_collide)
{
    try_many(100, true, try_limited_pair);
}
