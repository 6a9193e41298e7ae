/* SPDX-License-Identifier: MIT */
#include "diff/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/seed.h"
#include "base/span.h"
#include "diff/diff_state.h"

/* All ORG_NONE. */
static uint32_t *team_partners_open(uint32_t count)
{
    uint32_t *partners = memory_array(count, sizeof *partners);
    if (partners != NULL) {
        memset(partners, 0xFF, (size_t)count * sizeof *partners);
    }
    return partners;
}

/* Of as many bits as there are things. */
static size_t bits_size(uint32_t count)
{
    return bits_word_count(count) * sizeof(uint64_t);
}

bool place_list_push(struct place_list *list, uint32_t place)
{
    uint32_t *grown =
        memory_grow(list->places, &list->capacity, list->count + 1, sizeof *list->places);
    if (grown == NULL) {
        return false;
    }
    list->places = grown;
    list->places[list->count++] = place;
    return true;
}

uint32_t diff_seek(const struct sought *sought, uint32_t count, uint32_t guess, sought_is_at *is_at)
{
    for (uint32_t away = 0; away < RANGE_START_REACH; away++) {
        if (guess < count - away && is_at(sought, guess + away)) {
            return guess + away;
        }
        if (away <= guess && is_at(sought, guess - away)) {
            return guess - away;
        }
    }
    return ORG_NONE;
}

static bool diff_allocate(struct diff *diff)
{
    const struct org *old_org = diff->old_org;
    const struct org *new_org = diff->new_org;
    struct diff_match *match = &diff->match;
    bool users = partners_open(&diff->new_user_of, old_org->user_count);
    users = partners_open(&diff->old_user_of, new_org->user_count) && users;
    match->new_team_of = team_partners_open(old_org->team_count);
    match->old_team_of = team_partners_open(new_org->team_count);
    diff->team_shifts =
        memory_array(team_block_count(old_org->team_count), sizeof *diff->team_shifts);
    diff->touched = memory_pages_open(bits_size(new_org->user_count));
    diff->touched_teams = memory_pages_open(bits_size(new_org->team_count));
    return users && match->new_team_of != NULL && match->old_team_of != NULL &&
           diff->team_shifts != NULL && diff->touched != NULL && diff->touched_teams != NULL;
}

/* Whether there is so much of anything that threads are worth starting. */
static bool is_large(const struct org *org)
{
    return org->user_count >= RANGE_WORTH_USERS || org->team_count >= PARALLEL_WORTH_ROWS;
}

enum muster_status diff_open_teams(struct diff **result, const struct org *old_org,
                                   const struct org *new_org, unsigned jobs)
{
    *result = NULL;
    struct diff *diff = calloc(1, sizeof *diff);
    if (diff == NULL) {
        return MUSTER_NO_MEMORY;
    }
    diff->old_org = old_org;
    diff->new_org = new_org;
    diff->seed = seed_make();
    jobs = jobs < JOB_COUNT_MAX ? jobs : JOB_COUNT_MAX;
    if (jobs > 1 && is_large(old_org) && is_large(new_org)) {
        diff->parallel = parallel_open(jobs); /* without it one thread does all the work */
    }
    enum muster_status status = diff_allocate(diff) ? diff_match_teams(diff) : MUSTER_NO_MEMORY;
    if (status != MUSTER_OK) {
        diff_close(diff);
        return status;
    }
    *result = diff;
    return MUSTER_OK;
}

enum muster_status diff_match_rest(struct diff *diff, const struct errand *beside)
{
    enum muster_status status = diff_match_users(diff, beside);
    if (status == MUSTER_OK && !diff_rooms_open(diff)) {
        status = MUSTER_NO_MEMORY;
    }
    diff->match.rekeyed_users = diff->rekeyed.places;
    diff->match.rekeyed_user_count = diff->rekeyed.count;
    return status;
}

enum muster_status diff_open(struct diff **result, const struct org *old_org,
                             const struct org *new_org, unsigned jobs)
{
    enum muster_status status = diff_open_teams(result, old_org, new_org, jobs);
    if (status == MUSTER_OK) {
        status = diff_match_rest(*result, NULL);
    }
    if (status != MUSTER_OK) {
        diff_close(*result);
        *result = NULL;
    }
    return status;
}

void diff_close(struct diff *diff)
{
    if (diff == NULL) {
        return;
    }
    parallel_close(diff->parallel);
    partners_close(&diff->new_user_of);
    partners_close(&diff->old_user_of);
    free(diff->match.new_team_of);
    free(diff->match.old_team_of);
    free(diff->team_shifts);
    memory_pages_close(diff->touched, bits_size(diff->new_org->user_count));
    memory_pages_close(diff->touched_teams, bits_size(diff->new_org->team_count));
    free(diff->sorted_managers);
    left_users_close(&diff->left_old);
    left_users_close(&diff->left_new);
    free(diff->rekeyed.places);
    free(diff->rekeyed_teams.places);
    buffer_close(&diff->cursor.old_scratch);
    buffer_close(&diff->cursor.new_scratch);
    buffer_close(&diff->cursor.old_list);
    buffer_close(&diff->cursor.new_list);
    free(diff);
}

const struct diff_match *diff_matches(const struct diff *diff)
{
    return &diff->match;
}

uint32_t diff_new_user(const struct diff *diff, uint32_t old_place)
{
    return partners_find(&diff->new_user_of, old_place);
}

uint32_t diff_old_user(const struct diff *diff, uint32_t new_place)
{
    return partners_find(&diff->old_user_of, new_place);
}

uint32_t diff_touched_user(const struct diff *diff, uint32_t from)
{
    uint32_t place = bit_next(diff->touched, diff->new_org->user_count, from);
    return place < diff->new_org->user_count ? place : ORG_NONE;
}

const uint64_t *diff_counts(struct diff *diff, enum muster_entity entity)
{
    if (entity == MUSTER_TEAM) {
        diff_compare_teams(diff);
    }
    return diff->counts[entity];
}

const uint32_t *diff_leavers(const struct diff *diff, size_t *count)
{
    *count = diff->left_old.count;
    return diff->left_old.places;
}

enum muster_status diff_status(const struct diff *diff)
{
    return diff->status;
}

/* ---- The cursor -------------------------------------------------------------------------- */

void diff_rewind(struct diff *diff)
{
    diff->cursor.phase = DIFF_NEW_USERS;
    diff->cursor.at = 0;
    diff->cursor.field = 0;
    memset(diff->cursor.skipped, 0, sizeof diff->cursor.skipped);
}

void diff_skip(struct diff *diff, enum muster_entity entity, enum muster_change change)
{
    diff->cursor.skipped[entity][change] = true;
}

/* A whole user or team, without a field. */
static bool tell_whole(struct muster_difference *difference, enum muster_change change, span id)
{
    *difference =
        (struct muster_difference){.entity = difference->entity, .change = change, .id = id};
    return true;
}

static bool next_user_field(struct diff *diff, struct muster_difference *difference)
{
    while (diff->cursor.field < DIFF_USER_FIELD_COUNT) {
        if (diff_user_field(diff, diff->cursor.field++, difference)) {
            return true;
        }
    }
    return false;
}

static bool next_team_field(struct diff *diff, struct muster_difference *difference)
{
    while (diff->cursor.field < DIFF_TEAM_FIELD_COUNT) {
        if (diff_team_field(diff, diff->cursor.at, diff->cursor.field++, difference)) {
            return true;
        }
    }
    return false;
}

/* Stand at the next new user, or team, of a kind that is not skipped. False after the last. */
static bool next_place(struct diff *diff, enum muster_entity entity)
{
    struct diff_cursor *cursor = &diff->cursor;
    const bool *skipped = cursor->skipped[entity];
    bool of_users = entity == MUSTER_USER;
    const uint64_t *bits = of_users ? diff->touched : diff->touched_teams;
    uint32_t count = of_users ? diff->new_org->user_count : diff->new_org->team_count;
    if (skipped[MUSTER_ADDED] && skipped[MUSTER_MODIFIED]) {
        return false;
    }
    for (uint32_t place = cursor->at;; place++) {
        place = bit_next(bits, count, place);
        if (place == count) {
            return false;
        }
        uint32_t partner = of_users ? diff_old_user(diff, place) : diff->match.old_team_of[place];
        if (!skipped[partner == ORG_NONE ? MUSTER_ADDED : MUSTER_MODIFIED]) {
            cursor->field = place == cursor->at ? cursor->field : 0;
            cursor->at = place;
            cursor->partner = partner;
            return true;
        }
    }
}

static bool next_new_user(struct diff *diff, struct muster_difference *difference)
{
    struct diff_cursor *cursor = &diff->cursor;
    while (next_place(diff, MUSTER_USER)) {
        if (cursor->field == 0) {
            org_user_read(diff->new_org, cursor->at, &cursor->new_scratch, &cursor->new_user);
        }
        if (cursor->partner == ORG_NONE) {
            cursor->at++;
            return tell_whole(difference, MUSTER_ADDED, cursor->new_user.id);
        }
        if (cursor->field == 0) {
            org_user_read(diff->old_org, cursor->partner, &cursor->old_scratch, &cursor->old_user);
        }
        difference->change = MUSTER_MODIFIED;
        difference->id = cursor->new_user.id;
        if (next_user_field(diff, difference)) {
            return true;
        }
        cursor->field = 0;
        cursor->at++;
    }
    return false;
}

static bool next_old_user(struct diff *diff, struct muster_difference *difference)
{
    struct diff_cursor *cursor = &diff->cursor;
    if (cursor->at >= diff->left_old.count || cursor->skipped[MUSTER_USER][MUSTER_REMOVED]) {
        return false;
    }
    uint32_t place = diff->left_old.places[cursor->at++];
    org_user_read(diff->old_org, place, &cursor->old_scratch, &cursor->old_user);
    return tell_whole(difference, MUSTER_REMOVED, cursor->old_user.id);
}

static bool next_new_team(struct diff *diff, struct muster_difference *difference)
{
    struct diff_cursor *cursor = &diff->cursor;
    diff_compare_teams(diff);
    while (next_place(diff, MUSTER_TEAM)) {
        span id = diff->new_org->teams[cursor->at].id;
        if (cursor->partner == ORG_NONE) {
            cursor->at++;
            return tell_whole(difference, MUSTER_ADDED, id);
        }
        difference->change = MUSTER_MODIFIED;
        difference->id = id;
        if (next_team_field(diff, difference)) {
            return true;
        }
        cursor->field = 0;
        cursor->at++;
    }
    return false;
}

static bool next_old_team(struct diff *diff, struct muster_difference *difference)
{
    struct diff_cursor *cursor = &diff->cursor;
    uint32_t count = diff->old_org->team_count;
    while (cursor->at < count && !cursor->skipped[MUSTER_TEAM][MUSTER_REMOVED]) {
        uint32_t team = cursor->at++;
        if (diff->match.new_team_of[team] == ORG_NONE) {
            return tell_whole(difference, MUSTER_REMOVED, diff->old_org->teams[team].id);
        }
    }
    return false;
}

static bool next_of_phase(struct diff *diff, struct muster_difference *difference)
{
    bool of_users = diff->cursor.phase < DIFF_NEW_TEAMS;
    *difference = (struct muster_difference){.entity = of_users ? MUSTER_USER : MUSTER_TEAM};
    switch (diff->cursor.phase) {
    case DIFF_NEW_USERS:
        return next_new_user(diff, difference);
    case DIFF_OLD_USERS:
        return next_old_user(diff, difference);
    case DIFF_NEW_TEAMS:
        return next_new_team(diff, difference);
    default: /* DIFF_OLD_TEAMS: at the end nobody asks for more */
        return next_old_team(diff, difference);
    }
}

bool diff_next(struct diff *diff, struct muster_difference *difference)
{
    struct diff_cursor *cursor = &diff->cursor;
    bool found = false;
    while (!found && cursor->phase != DIFF_END) {
        found = next_of_phase(diff, difference);
        if (!found) {
            cursor->phase++;
            cursor->at = 0;
            cursor->field = 0;
        }
    }
    if (cursor->old_scratch.exhausted || cursor->new_scratch.exhausted ||
        cursor->old_list.exhausted || cursor->new_list.exhausted) {
        diff->status = MUSTER_NO_MEMORY;
        found = false;
    }
    return found;
}
