/* SPDX-License-Identifier: MIT */
/* What changed in a pair, field by field. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/span.h"
#include "diff/diff_state.h"

/* How far ahead of a look-up its memory is asked for. */
#define MANAGERS_AHEAD 32U

/* No value is none, for names as for teams. */
static span value_or_none(span value)
{
    return value.len > 0 ? value : SPAN_NONE;
}

static span team_id(const struct org *org, uint32_t team)
{
    return team != ORG_NONE ? org->teams[team].id : SPAN_NONE;
}

static bool texts_differ(struct muster_difference *difference, span old_value, span new_value)
{
    difference->old_value = value_or_none(old_value);
    difference->new_value = value_or_none(new_value);
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

/* Managers of one team stand before those of the next, whom somebody will ask for soon. */
static void managers_prefetch(const struct diff *diff, uint32_t place)
{
    const uint32_t *managers = diff->old_org->managers;
    if (place + MANAGERS_AHEAD < diff->old_org->manager_count) {
        partners_prefetch(&diff->new_user_of, managers[place + MANAGERS_AHEAD], false);
        partners_prefetch(&diff->new_user_of, managers[place + MANAGERS_AHEAD / 2], true);
    }
}

static bool same_manager_list(const struct diff *diff, const struct org_team *old_team,
                              const struct org_team *new_team)
{
    managers_prefetch(diff, old_team->manager_first);
    uint32_t count = old_team->manager_count;
    bool same = count == new_team->manager_count;
    for (uint32_t n = 0; n < count && same; n++) {
        uint32_t old_user = diff->old_org->managers[old_team->manager_first + n];
        uint32_t new_user = diff->new_org->managers[new_team->manager_first + n];
        same = partners_find(&diff->new_user_of, old_user) == new_user;
    }
    return same;
}

/* Whether two teams have the same managers, in any order. */
static bool same_managers(const struct diff *diff, const struct org_team *old_team,
                          const struct org_team *new_team, uint32_t *room)
{
    uint32_t *old_set = room;
    uint32_t *new_set = room + old_team->manager_count;
    if (same_manager_list(diff, old_team, new_team)) {
        return true;
    }
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
    size_t old_count = org_places_set(old_set, old_team->manager_count);
    size_t new_count = org_places_set(new_set, new_team->manager_count);
    return old_count == new_count && memcmp(old_set, new_set, old_count * sizeof *old_set) == 0;
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
    if (same_managers(diff, old_team, new_team, diff->sorted_managers)) {
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

static bool team_differs(const struct diff *diff, const struct org_team *old_team,
                         const struct org_team *new_team, uint32_t *room)
{
    return !span_equal(old_team->id, new_team->id) || !span_equal(old_team->name, new_team->name) ||
           !span_equal(old_team->final_name, new_team->final_name) ||
           !diff_same_team(diff, old_team->parent, new_team->parent) ||
           !same_managers(diff, old_team, new_team, room);
}

/* ---- All teams --------------------------------------------------------------------------- */

/* Some of the new teams, those of one thread. */
struct team_range {
    uint32_t first;
    uint32_t end;
};

/* One of the shares of the teams, of which there are as many as rooms; no two share a word of bits.
 */
static struct team_range team_share(const struct diff *diff, unsigned index)
{
    uint32_t team_count = diff->new_org->team_count;
    uint64_t word_count = bits_word_count(team_count);
    uint32_t first = (uint32_t)parallel_share(word_count, index, diff->rooms) * BITS_PER_WORD;
    uint32_t end = (uint32_t)parallel_share(word_count, index + 1, diff->rooms) * BITS_PER_WORD;
    return (struct team_range){first, end < team_count ? end : team_count};
}

struct team_comparison {
    struct diff *diff;
    struct team_range range;
    uint32_t *room;
    uint64_t pair_count;
    uint64_t modified_count;
};

static void range_compare(void *context, unsigned task)
{
    struct team_comparison *comparison = (struct team_comparison *)context + task;
    struct diff *diff = comparison->diff;
    for (uint32_t team = comparison->range.first; team < comparison->range.end; team++) {
        uint32_t partner = diff->match.old_team_of[team];
        comparison->pair_count += partner != ORG_NONE;
        if (partner == ORG_NONE) {
            bit_set(diff->touched_teams, team);
        } else if (team_differs(diff, &diff->old_org->teams[partner], &diff->new_org->teams[team],
                                comparison->room)) {
            bit_set(diff->touched_teams, team);
            comparison->modified_count++;
        }
    }
}

bool diff_rooms_open(struct diff *diff)
{
    bool worth = diff->new_org->team_count >= PARALLEL_WORTH_ROWS;
    diff->rooms = worth ? parallel_jobs(diff->parallel) : 1;
    /* More than any pair has; what is not used is never there. */
    diff->sorted_size = (size_t)diff->old_org->manager_count + diff->new_org->manager_count;
    diff->sorted_managers =
        memory_array(diff->sorted_size, diff->rooms * sizeof *diff->sorted_managers);
    return diff->sorted_managers != NULL;
}

void diff_compare_teams(struct diff *diff)
{
    uint32_t team_count = diff->new_org->team_count;
    uint64_t *counts = diff->counts[MUSTER_TEAM];
    uint64_t pair_count = 0;
    struct team_comparison shares[JOB_COUNT_MAX];
    if (diff->teams_compared) {
        return;
    }
    diff->teams_compared = true;
    for (unsigned index = 0; index < diff->rooms; index++) {
        shares[index] = (struct team_comparison){
            .diff = diff,
            .range = team_share(diff, index),
            .room = diff->sorted_managers + diff->sorted_size * index,
        };
    }
    parallel_run(diff->parallel, diff->rooms, range_compare, shares);
    for (unsigned index = 0; index < diff->rooms; index++) {
        pair_count += shares[index].pair_count;
        counts[MUSTER_MODIFIED] += shares[index].modified_count;
    }
    counts[MUSTER_ADDED] = team_count - pair_count;
    counts[MUSTER_REMOVED] = diff->old_org->team_count - pair_count;
}

/* ---- Managers alone ---------------------------------------------------------------------- */

struct managers_marking {
    const struct diff *diff;
    uint64_t *changed;
};

static void managers_mark(void *context, unsigned task)
{
    const struct managers_marking *marking = context;
    const struct diff *diff = marking->diff;
    struct team_range range = team_share(diff, task);
    for (uint32_t team = range.first; team < range.end; team++) {
        uint32_t partner = diff->match.old_team_of[team];
        if (partner == ORG_NONE ||
            !same_manager_list(diff, &diff->old_org->teams[partner], &diff->new_org->teams[team])) {
            bit_set(marking->changed, team);
        }
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): its bits are set through the marking */
void diff_mark_managers(const struct diff *diff, uint64_t *changed, const struct errand *beside)
{
    struct managers_marking marking = {diff, changed};
    parallel_run_beside(diff->parallel, diff->rooms, managers_mark, &marking, beside);
}
