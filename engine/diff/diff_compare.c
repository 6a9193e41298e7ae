/* SPDX-License-Identifier: MIT */
/* What changed in a pair, field by field. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/span.h"
#include "diff/diff_state.h"

/* A field that is there and empty is "", never absent. */
static span present(span text)
{
    return text.ptr != NULL ? text : SPAN("");
}

static span team_id(const struct org *org, uint32_t team)
{
    return team != ORG_NONE ? org->teams[team].id : SPAN_NONE;
}

static bool texts_differ(struct muster_difference *difference, span old_value, span new_value)
{
    difference->old_value = present(old_value);
    difference->new_value = present(new_value);
    return !span_equal(old_value, new_value);
}

bool diff_user_field(const struct diff *diff, unsigned field, struct muster_difference *difference)
{
    static const char *const names[DIFF_USER_FIELD_COUNT] = {"id", "email", "first_name",
                                                             "last_name", "team_id"};
    const struct org_user *old_user = &diff->cursor.old_user;
    const struct org_user *new_user = &diff->cursor.new_user;
    difference->field = names[field];
    switch (field) {
    case 0:
        return texts_differ(difference, old_user->id, new_user->id);
    case 1:
        return texts_differ(difference, old_user->email, new_user->email);
    case 2:
        return texts_differ(difference, old_user->first_name, new_user->first_name);
    case 3:
        return texts_differ(difference, old_user->last_name, new_user->last_name);
    default:
        difference->old_value = team_id(diff->old_org, old_user->team);
        difference->new_value = team_id(diff->new_org, new_user->team);
        return !diff_same_team(diff, old_user->team, new_user->team);
    }
}

static int compare_places(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Sort, and drop repeats. */
static size_t sort_set(uint32_t *places, size_t count)
{
    if (count == 0) {
        return 0;
    }
    qsort(places, count, sizeof *places, compare_places);
    size_t kept = 1;
    for (size_t index = 1; index < count; index++) {
        if (places[index] != places[kept - 1]) {
            places[kept++] = places[index];
        }
    }
    return kept;
}

/* Whether two teams have the same managers, in any order. */
static bool same_managers(struct diff *diff, const struct org_team *old_team,
                          const struct org_team *new_team)
{
    uint32_t *old_set = diff->sorted_managers;
    uint32_t *new_set = diff->sorted_managers + old_team->manager_count;
    for (uint32_t n = 0; n < old_team->manager_count; n++) {
        uint32_t manager = diff->old_org->managers[old_team->manager_first + n];
        old_set[n] = partners_find(&diff->new_user_of, manager);
        if (old_set[n] == ORG_NONE) {
            return false;
        }
    }
    for (uint32_t n = 0; n < new_team->manager_count; n++) {
        new_set[n] = diff->new_org->managers[new_team->manager_first + n];
    }
    size_t old_size = old_team->manager_count * sizeof *old_set;
    if (old_team->manager_count == new_team->manager_count &&
        (old_size == 0 || memcmp(old_set, new_set, old_size) == 0)) {
        return true;
    }
    size_t old_count = sort_set(old_set, old_team->manager_count);
    size_t new_count = sort_set(new_set, new_team->manager_count);
    return old_count == new_count &&
           (old_count == 0 || memcmp(old_set, new_set, old_count * sizeof *old_set) == 0);
}

/* Nobody is no value, as with teams and parents. */
static span list_managers(const struct org *org, const struct org_team *team,
                          struct buffer *scratch, struct buffer *list)
{
    buffer_clear(list);
    for (uint32_t n = 0; n < team->manager_count; n++) {
        struct org_user user;
        org_user_read(org, org->managers[team->manager_first + n], scratch, &user);
        if (n > 0) {
            buffer_byte(list, ',');
        }
        buffer_span(list, user.id);
    }
    return team->manager_count > 0 ? buffer_view(list) : SPAN_NONE;
}

static bool managers_differ(struct diff *diff, const struct org_team *old_team,
                            const struct org_team *new_team, struct muster_difference *difference)
{
    if (same_managers(diff, old_team, new_team)) {
        return false;
    }
    struct diff_cursor *cursor = &diff->cursor;
    difference->old_value =
        list_managers(diff->old_org, old_team, &cursor->old_scratch, &cursor->old_list);
    difference->new_value =
        list_managers(diff->new_org, new_team, &cursor->new_scratch, &cursor->new_list);
    return true;
}

bool diff_team_field(struct diff *diff, uint32_t new_index, unsigned field,
                     struct muster_difference *difference)
{
    static const char *const names[DIFF_TEAM_FIELD_COUNT] = {"id", "name", "final_name",
                                                             "parent_team_id", "manager_ids"};
    const struct org_team *old_team = &diff->old_org->teams[diff->match.old_team_of[new_index]];
    const struct org_team *new_team = &diff->new_org->teams[new_index];
    difference->field = names[field];
    switch (field) {
    case 0:
        return texts_differ(difference, old_team->id, new_team->id);
    case 1:
        return texts_differ(difference, old_team->name, new_team->name);
    case 2:
        return texts_differ(difference, old_team->final_name, new_team->final_name);
    case 3:
        difference->old_value = team_id(diff->old_org, old_team->parent);
        difference->new_value = team_id(diff->new_org, new_team->parent);
        return !diff_same_team(diff, old_team->parent, new_team->parent);
    default:
        return managers_differ(diff, old_team, new_team, difference);
    }
}

static bool team_differs(struct diff *diff, const struct org_team *old_team,
                         const struct org_team *new_team)
{
    return !span_equal(old_team->id, new_team->id) || !span_equal(old_team->name, new_team->name) ||
           !span_equal(old_team->final_name, new_team->final_name) ||
           !diff_same_team(diff, old_team->parent, new_team->parent) ||
           !same_managers(diff, old_team, new_team);
}

void diff_compare_teams(struct diff *diff)
{
    const struct org *old_org = diff->old_org;
    const struct org *new_org = diff->new_org;
    uint64_t *counts = diff->counts[MUSTER_TEAM];
    uint64_t pair_count = 0;
    if (diff->teams_compared) {
        return;
    }
    diff->teams_compared = true;
    for (uint32_t team = 0; team < new_org->team_count; team++) {
        uint32_t partner = diff->match.old_team_of[team];
        pair_count += partner != ORG_NONE;
        if (partner == ORG_NONE) {
            diff_bit_set(diff->touched_teams, team);
        } else if (team_differs(diff, &old_org->teams[partner], &new_org->teams[team])) {
            diff_bit_set(diff->touched_teams, team);
            counts[MUSTER_MODIFIED]++;
        }
    }
    counts[MUSTER_ADDED] = new_org->team_count - pair_count;
    counts[MUSTER_REMOVED] = old_org->team_count - pair_count;
}
