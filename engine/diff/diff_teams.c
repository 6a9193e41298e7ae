/* SPDX-License-Identifier: MIT */
/*
 * Who is who among the teams: by id, then by final name.
 *
 * Most teams are found in the order of the files. Names under a collision are shared by several
 * teams, so the second round has to know which names occur once among those left on each side: for
 * each of the old ones `offers` says what the new side has, nobody yet, one team, or too many.
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

/* Teams of one side that have no partner yet. */
struct teams_left {
    uint32_t *teams;
    uint32_t count;
};

/* What a round knows: the old teams that are left, by their places in that list, and for each of
 * them the new team that it is offered. */
struct round {
    const struct diff *diff;
    enum team_key_kind key;
    struct teams_left old_left, new_left;
    uint32_t *offers;
    struct key_index index;
};

/* The place of the old team with this key, or ORG_NONE; the probe then stands where it would go. */
static uint32_t find_team(const struct round *round, span text, struct key_probe *probe)
{
    const struct org *old_org = round->diff->old_org;
    key_probe_start(probe, &round->index, hash_bytes(text.ptr, text.len, round->diff->seed));
    uint32_t place = key_probe_next(probe, &round->index);
    while (place != KEY_INDEX_NONE &&
           !span_equal(team_key(old_org, round->old_left.teams[place], round->key), text)) {
        place = key_probe_next(probe, &round->index);
    }
    return place != KEY_INDEX_NONE ? place : ORG_NONE;
}

/* Index the old teams; a key that occurs twice is marked. */
static void index_old_teams(struct round *round)
{
    for (uint32_t place = 0; place < round->old_left.count; place++) {
        struct key_probe probe;
        span text = team_key(round->diff->old_org, round->old_left.teams[place], round->key);
        uint32_t same = find_team(round, text, &probe);
        round->offers[place] = ORG_NONE;
        if (same != ORG_NONE) {
            round->offers[same] = SEVERAL;
        } else {
            key_probe_insert(&probe, &round->index, place);
        }
    }
}

static void offer_new_teams(struct round *round)
{
    for (uint32_t n = 0; n < round->new_left.count; n++) {
        struct key_probe probe;
        uint32_t team = round->new_left.teams[n];
        uint32_t same = find_team(round, team_key(round->diff->new_org, team, round->key), &probe);
        if (same != ORG_NONE) {
            round->offers[same] = round->offers[same] == ORG_NONE ? team : SEVERAL;
        }
    }
}

/* Drop from a list the teams that have found a partner. */
static void drop_matched(struct teams_left *left, const uint32_t *partners)
{
    uint32_t kept = 0;
    for (uint32_t n = 0; n < left->count; n++) {
        left->teams[kept] = left->teams[n];
        kept += partners[left->teams[n]] == ORG_NONE;
    }
    left->count = kept;
}

static bool match_teams_by(struct diff *diff, struct round *round, enum team_key_kind key)
{
    struct diff_match *match = &diff->match;
    if (round->old_left.count == 0 || round->new_left.count == 0) {
        return true;
    }
    round->key = key;
    if (!key_index_open(&round->index, round->old_left.count)) {
        return false;
    }
    bool enough_memory = true;
    index_old_teams(round);
    offer_new_teams(round);
    for (uint32_t place = 0; place < round->old_left.count; place++) {
        uint32_t team = round->old_left.teams[place];
        uint32_t offer = round->offers[place];
        if (offer < SEVERAL) {
            match->new_team_of[team] = offer;
            match->old_team_of[offer] = team;
            enough_memory &= key == BY_ID || place_list_push(&diff->rekeyed_teams, offer);
        }
    }
    key_index_close(&round->index);
    drop_matched(&round->old_left, match->new_team_of);
    drop_matched(&round->new_left, match->old_team_of);
    return enough_memory;
}

/* All teams without a partner. False where memory ran out. */
static bool collect_left(struct teams_left *left, const uint32_t *partners, uint32_t count)
{
    left->teams = memory_array(count, sizeof *left->teams);
    for (uint32_t team = 0; team < count && left->teams != NULL; team++) {
        left->teams[left->count] = team;
        left->count += partners[team] == ORG_NONE;
    }
    return left->teams != NULL;
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

static bool team_is_at(const struct sought *sought, uint32_t team)
{
    return span_equal(sought->org->teams[team].id, sought->id);
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
        const struct sought sought = {diff->old_org, diff->new_org->teams[first].id, NULL};
        uint32_t partner = diff_seek(&sought, old_count, guess, team_is_at);
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

/* A team without a partner is at a distance of its own, which leads to ORG_NONE and so to none. */
static void shifts_note(struct diff *diff)
{
    const uint32_t *partners = diff->match.new_team_of;
    uint32_t count = diff->old_org->team_count;
    for (uint32_t first = 0; first < count; first += TEAM_BLOCK) {
        uint32_t end = count - first < TEAM_BLOCK ? count : first + TEAM_BLOCK;
        uint32_t shift = partners[first] - first;
        bool alike = true;
        for (uint32_t team = first + 1; team < end; team++) {
            alike = alike && partners[team] - team == shift;
        }
        diff->team_shifts[first / TEAM_BLOCK] = alike ? shift : TEAM_SHIFTS;
    }
}

/* They were found in the order of the old side. */
static void rekeyed_settle(struct diff *diff)
{
    struct place_list *rekeyed = &diff->rekeyed_teams;
    rekeyed->count = org_places_set(rekeyed->places, rekeyed->count);
    diff->match.rekeyed_teams = rekeyed->places;
    diff->match.rekeyed_team_count = rekeyed->count;
}

enum muster_status diff_match_teams(struct diff *diff)
{
    const struct diff_match *match = &diff->match;
    struct round round = {.diff = diff};
    match_teams_in_order(diff);
    bool done = collect_left(&round.old_left, match->new_team_of, diff->old_org->team_count);
    done = collect_left(&round.new_left, match->old_team_of, diff->new_org->team_count) && done;
    round.offers = memory_array(round.old_left.count, sizeof *round.offers);
    done = done && round.offers != NULL && match_teams_by(diff, &round, BY_ID) &&
           match_teams_by(diff, &round, BY_FINAL_NAME);
    free(round.old_left.teams);
    free(round.new_left.teams);
    free(round.offers);
    rekeyed_settle(diff);
    shifts_note(diff);
    return done ? MUSTER_OK : MUSTER_NO_MEMORY;
}
