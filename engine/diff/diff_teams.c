/* SPDX-License-Identifier: MIT */
/*
 * Who is who among the teams: by id, then by final name.
 *
 * Names under a collision are shared by several teams, so the second round has to know which names
 * occur once among those left on each side. `candidates` says for each old team what the new side
 * has to offer: nobody yet, one team, or too many.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/span.h"
#include "diff/diff_state.h"
#include "table/key_index.h"

#define SEVERAL (ORG_NONE - 1)

/* How many old teams may be missing in a row before the order counts as lost. */
#define TEAM_LOOK_AHEAD 4U

_Static_assert(RANGE_START_REACH <= PARALLEL_WORTH_ROWS, "a search stays within the teams");

enum team_key_kind { BY_ID, BY_FINAL_NAME };

static span team_key(const struct org *org, uint32_t team, enum team_key_kind key)
{
    return key == BY_ID ? org->teams[team].id : org->teams[team].final_name;
}

/* The indexed team with this key, or ORG_NONE; the probe then stands where it would go. */
static uint32_t find_team(const struct diff *diff, const struct key_index *index, span text,
                          enum team_key_kind key, struct key_probe *probe)
{
    key_probe_start(probe, index, hash_bytes(text.ptr, text.len, diff->seed));
    uint32_t team = key_probe_next(probe, index);
    while (team != KEY_INDEX_NONE && !span_equal(team_key(diff->old_org, team, key), text)) {
        team = key_probe_next(probe, index);
    }
    return team != KEY_INDEX_NONE ? team : ORG_NONE;
}

/* Index the old teams that are left; a key that occurs twice is marked. */
static void index_old_teams(const struct diff *diff, struct key_index *index,
                            enum team_key_kind key, uint32_t *candidates)
{
    for (uint32_t team = 0; team < diff->old_org->team_count; team++) {
        candidates[team] = ORG_NONE;
        if (diff->match.new_team_of[team] != ORG_NONE) {
            continue;
        }
        struct key_probe probe;
        uint32_t same = find_team(diff, index, team_key(diff->old_org, team, key), key, &probe);
        if (same != ORG_NONE) {
            candidates[same] = SEVERAL;
        } else {
            key_probe_insert(&probe, index, team);
        }
    }
}

static void offer_new_teams(const struct diff *diff, const struct key_index *index,
                            enum team_key_kind key, uint32_t *candidates)
{
    for (uint32_t team = 0; team < diff->new_org->team_count; team++) {
        if (diff->match.old_team_of[team] != ORG_NONE) {
            continue;
        }
        struct key_probe probe;
        uint32_t same = find_team(diff, index, team_key(diff->new_org, team, key), key, &probe);
        if (same != ORG_NONE) {
            candidates[same] = candidates[same] == ORG_NONE ? team : SEVERAL;
        }
    }
}

static uint32_t count_left(const uint32_t *partners, uint32_t count)
{
    uint32_t left = 0;
    for (uint32_t team = 0; team < count; team++) {
        left += partners[team] == ORG_NONE;
    }
    return left;
}

static enum muster_status match_teams_by(struct diff *diff, enum team_key_kind key,
                                         uint32_t *candidates)
{
    struct key_index index;
    uint32_t old_left = count_left(diff->match.new_team_of, diff->old_org->team_count);
    uint32_t new_left = count_left(diff->match.old_team_of, diff->new_org->team_count);
    if (old_left == 0 || new_left == 0) {
        return MUSTER_OK;
    }
    if (!key_index_open(&index, old_left)) {
        return MUSTER_NO_MEMORY;
    }
    index_old_teams(diff, &index, key, candidates);
    offer_new_teams(diff, &index, key, candidates);
    for (uint32_t team = 0; team < diff->old_org->team_count; team++) {
        if (candidates[team] < SEVERAL) {
            diff->match.new_team_of[team] = candidates[team];
            diff->match.old_team_of[candidates[team]] = team;
            diff->match.rekeyed_team_count += key == BY_FINAL_NAME;
        }
    }
    key_index_close(&index);
    return MUSTER_OK;
}

/* Some of the new teams and where their partners stand, if the order is kept: those of one thread.
 */
struct team_stretch {
    struct diff *diff;
    uint32_t next, end;
    uint32_t expected, old_end; /* the old team that comes next, and behind the last one */
};

/* The old team with this id, if it is one of the next few that are expected; or ORG_NONE. */
static uint32_t find_ahead(const struct team_stretch *stretch, span id)
{
    const struct org *old_org = stretch->diff->old_org;
    uint32_t left = stretch->old_end - stretch->expected;
    uint32_t count = left < TEAM_LOOK_AHEAD ? left : TEAM_LOOK_AHEAD;
    for (uint32_t old_team = stretch->expected; count > 0; old_team++, count--) {
        if (span_equal(old_org->teams[old_team].id, id)) {
            return old_team;
        }
    }
    return ORG_NONE;
}

/*
 * Teams keep their order too, mostly: whoever stands where the one before him lets expect needs no
 * hash. Ids are unique on both sides, so who is found this way is found for good.
 */
static void match_in_order(void *context, unsigned task)
{
    struct team_stretch *stretch = (struct team_stretch *)context + task;
    struct diff_match *match = &stretch->diff->match;
    const struct org *new_org = stretch->diff->new_org;
    for (; stretch->next < stretch->end; stretch->next++) {
        uint32_t old_team = find_ahead(stretch, new_org->teams[stretch->next].id);
        if (old_team != ORG_NONE) {
            match->new_team_of[old_team] = stretch->next;
            match->old_team_of[stretch->next] = old_team;
            stretch->expected = old_team + 1;
        }
    }
}

/* The old team with this id that is nearest to `guess`, or ORG_NONE where none is near. */
static uint32_t seek_team(const struct org *old_org, uint32_t guess, span id)
{
    for (uint32_t away = 0; away < RANGE_START_REACH; away++) {
        if (guess < old_org->team_count - away && span_equal(old_org->teams[guess + away].id, id)) {
            return guess + away;
        }
        if (away <= guess && span_equal(old_org->teams[guess - away].id, id)) {
            return guess - away;
        }
    }
    return ORG_NONE;
}

/* Share the teams out to at most `wanted` threads; gives to how many. Where the partner of a first
 * team is not about where it should be, the stretch before goes on. */
static unsigned stretches_plan(struct diff *diff, struct team_stretch *stretches, unsigned wanted)
{
    uint32_t old_count = diff->old_org->team_count;
    uint32_t new_count = diff->new_org->team_count;
    unsigned count = 1;
    stretches[0] = (struct team_stretch){.diff = diff, .end = new_count, .old_end = old_count};
    for (unsigned index = 1; index < wanted; index++) {
        struct team_stretch *before = &stretches[count - 1];
        uint32_t first = (uint32_t)parallel_share(new_count, index, wanted);
        uint32_t guess = (uint32_t)parallel_share(old_count, index, wanted);
        uint32_t partner = seek_team(diff->old_org, guess, diff->new_org->teams[first].id);
        if (partner != ORG_NONE && partner >= before->expected) {
            stretches[count] = *before;
            before->end = stretches[count].next = first;
            before->old_end = stretches[count].expected = partner;
            count++;
        }
    }
    return count;
}

static void match_teams_in_order(struct diff *diff)
{
    struct team_stretch stretches[JOB_COUNT_MAX];
    uint32_t old_count = diff->old_org->team_count;
    uint32_t new_count = diff->new_org->team_count;
    bool worth = old_count >= PARALLEL_WORTH_ROWS && new_count >= PARALLEL_WORTH_ROWS;
    unsigned count = stretches_plan(diff, stretches, worth ? parallel_jobs(diff->parallel) : 1);
    parallel_run(diff->parallel, count, match_in_order, stretches);
}

enum muster_status diff_match_teams(struct diff *diff)
{
    match_teams_in_order(diff);
    uint32_t *candidates = memory_array(diff->old_org->team_count, sizeof *candidates);
    if (candidates == NULL) {
        return MUSTER_NO_MEMORY;
    }
    enum muster_status status = match_teams_by(diff, BY_ID, candidates);
    if (status == MUSTER_OK) {
        status = match_teams_by(diff, BY_FINAL_NAME, candidates);
    }
    free(candidates);
    return status;
}
