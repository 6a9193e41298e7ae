/* SPDX-License-Identifier: MIT */
/*
 * What a deprovision file asks for. It is carried out behind all else in the plan, so its records
 * are about the people whom there will be by then: a record means whoever has its id then; if that
 * is nobody, whoever had its address in the old roster; and if that is nobody, whoever had its id.
 *
 *     old          new            record      is about
 *     A1 ann@x     B1 ann@x       A1 ann@x    B1: the same person under a new id
 *     B2 bob@x     B2 bob@x       Z9 ann@x    B1: by the address
 *                  C1 cyd@x       C1 ann@x    C1: by the id
 *                                 A1 bob@x    B2: nobody has the id by then
 *                                 A1 no@x     B1: by the id that nobody has any more
 *
 * A person may be named by several records.
 */
#include <stdlib.h>
#include <string.h>

#include "diff/user_key.h"
#include "plan/plan_state.h"
#include "plan/slot_map.h"

/* The new place of an old user who has another id since the plan's first steps, or ORG_NONE. */
static uint32_t rekeyed_as(const struct plan *plan, uint32_t old_user)
{
    uint32_t partner = old_user != ORG_NONE ? plan_new_user(plan, old_user) : ORG_NONE;
    bool rekeyed =
        partner != ORG_NONE && plan->rekeyed_users != NULL && bit_get(plan->rekeyed_users, partner);
    return rekeyed ? partner : ORG_NONE;
}

/* ---- Who is meant ------------------------------------------------------------------------ */

/* The records of the file by what users are found by: the id, or the address in lower case. */
struct record_index {
    struct plan *plan;
    enum diff_key key;
    struct slot_map map; /* the first record with a key */
    uint32_t *firsts;    /* of each record: the first one with its key */
    uint32_t *users;     /* of a first one: the old user who has the key, or ORG_NONE */
    struct buffer folded, scratch;
};

static bool record_index_open(struct record_index *index, struct plan *plan, enum diff_key key)
{
    size_t count = plan->deprovision->user_count;
    *index = (struct record_index){.plan = plan, .key = key};
    index->firsts = memory_array(count, sizeof *index->firsts);
    index->users = memory_array(count, sizeof *index->users);
    return index->firsts != NULL && index->users != NULL && slot_map_open(&index->map, count);
}

static void record_index_close(struct record_index *index)
{
    index->plan->exhausted |= index->folded.exhausted || index->scratch.exhausted;
    buffer_close(&index->folded);
    buffer_close(&index->scratch);
    slot_map_close(&index->map);
    free(index->firsts);
    free(index->users);
}

static bool record_has_key(struct record_index *index, uint32_t record, const struct org_user *user)
{
    struct org_user other;
    org_user_read(index->plan->deprovision, record, &index->scratch, &other);
    return user_keys_equal(index->key, &other, user);
}

/* The first record with a user's key, or SLOT_NONE; the probe then stands where it would go. */
static uint32_t find_record(struct record_index *index, const struct org_user *user,
                            struct slot_probe *probe)
{
    slot_probe_start(probe, &index->map,
                     user_key_hash(index->key, user, index->plan->seed, &index->folded));
    uint32_t record = slot_probe_next(probe, &index->map);
    while (record != SLOT_NONE && !record_has_key(index, record, user)) {
        record = slot_probe_next(probe, &index->map);
    }
    return record;
}

static void take_record(struct record_index *index, uint32_t record, const struct org_user *user)
{
    struct slot_probe probe;
    uint32_t first = find_record(index, user, &probe);
    index->firsts[record] = first != SLOT_NONE ? first : record;
    index->users[record] = ORG_NONE;
    if (first == SLOT_NONE && !slot_map_add(&index->map, &probe, record)) {
        index->plan->exhausted = true;
    }
}

/* Whether somebody will have the id of a record. */
static bool has_known_id(const struct record_index *ids, uint32_t record)
{
    const struct plan *plan = ids->plan;
    uint32_t first = ids->firsts[record];
    uint32_t user = ids->users[first];
    return bit_get(plan->gone_by_new_id, first) ||
           (user != ORG_NONE && rekeyed_as(plan, user) == ORG_NONE);
}

/* Index all records, or those whose ids nobody will have. */
static void take_records(struct record_index *index, const struct record_index *ids)
{
    struct plan *plan = index->plan;
    struct buffer scratch = {0};
    for (uint32_t record = 0; record < plan->deprovision->user_count; record++) {
        if (org_user_kept(plan->deprovision, record) &&
            (ids == NULL || !has_known_id(ids, record))) {
            struct org_user user;
            org_user_read(plan->deprovision, record, &scratch, &user);
            take_record(index, record, &user);
        }
    }
    plan->exhausted |= scratch.exhausted;
    buffer_close(&scratch);
}

static void find_old_users(struct record_index *index)
{
    struct plan *plan = index->plan;
    struct buffer scratch = {0};
    for (uint32_t place = 0; index->map.count > 0 && place < plan->old_org->user_count; place++) {
        if (!org_user_kept(plan->old_org, place)) {
            continue;
        }
        struct org_user user;
        struct slot_probe probe;
        org_user_read(plan->old_org, place, &scratch, &user);
        uint32_t record = find_record(index, &user, &probe);
        if (record != SLOT_NONE && index->users[record] == ORG_NONE) {
            index->users[record] = place;
        }
    }
    plan->exhausted |= scratch.exhausted;
    buffer_close(&scratch);
}

/* A bit for each new place whose user the plan puts into a team or over one; with roots, nobody
 * else comes. NULL where memory ran out. */
static uint64_t *placed_users(const struct plan *plan)
{
    uint64_t *placed = bits_open(plan->new_org->user_count);
    for (size_t n = 0; placed != NULL && n < plan->step_count; n++) {
        const struct step *step = &plan->steps[n];
        if (step->kind == MUSTER_ADD_TEAM_MEMBER || step->kind == MUSTER_ADD_TEAM_MANAGER) {
            bit_set(placed, step->subject);
        }
    }
    return placed;
}

/* Whether the plan brings an id with a user of the new roster; `placed` is NULL without roots. */
static bool brings_id(const struct plan *plan, const uint64_t *placed, uint32_t new_user)
{
    if (plan_old_user(plan, new_user) == ORG_NONE) {
        return placed == NULL || bit_get(placed, new_user);
    }
    return plan->rekeyed_users != NULL && bit_get(plan->rekeyed_users, new_user);
}

/* Ids that somebody has only now; nobody of the old roster has had them. */
static void take_new_ids(struct record_index *ids)
{
    struct plan *plan = ids->plan;
    struct buffer scratch = {0};
    uint64_t *placed = plan->scoped ? placed_users(plan) : NULL;
    plan->exhausted |= plan->scoped && placed == NULL;
    for (uint32_t user = diff_touched_user(plan->diff, 0); user != ORG_NONE;
         user = diff_touched_user(plan->diff, user + 1)) {
        if (!brings_id(plan, placed, user)) {
            continue;
        }
        struct org_user read;
        struct slot_probe probe;
        org_user_read(plan->new_org, user, &scratch, &read);
        uint32_t record = find_record(ids, &read, &probe);
        if (record != SLOT_NONE) {
            ids->users[record] = plan_old_user(plan, user);
            bit_set(plan->gone_by_new_id, record);
        }
    }
    free(placed);
    plan->exhausted |= scratch.exhausted;
    buffer_close(&scratch);
}

static void choose_gone(const struct record_index *ids, const struct record_index *addresses)
{
    struct plan *plan = ids->plan;
    for (uint32_t record = 0; record < plan->deprovision->user_count; record++) {
        plan->gone_users[record] = ORG_NONE;
        if (!org_user_kept(plan->deprovision, record)) {
            continue;
        }
        uint32_t first = ids->firsts[record];
        if (bit_get(plan->gone_by_new_id, first)) {
            bit_set(plan->gone_by_new_id, record);
        }
        uint32_t user = has_known_id(ids, record) ? ids->users[first]
                                                  : addresses->users[addresses->firsts[record]];
        bool had_id = user == ORG_NONE && !bit_get(plan->gone_by_new_id, record);
        plan->gone_users[record] = had_id ? ids->users[first] : user;
    }
}

static void find_gone(struct plan *plan)
{
    struct record_index ids;
    struct record_index addresses;
    uint32_t count = plan->deprovision->user_count;
    bool opened = record_index_open(&ids, plan, DIFF_BY_ID);
    opened = record_index_open(&addresses, plan, DIFF_BY_EMAIL) && opened;
    plan->gone_users = memory_array(count, sizeof *plan->gone_users);
    plan->gone_by_new_id = bits_open(count);
    if (!opened || plan->gone_users == NULL || plan->gone_by_new_id == NULL) {
        plan->exhausted = true;
    } else {
        take_records(&ids, NULL);
        find_old_users(&ids);
        if (plan->diff != NULL) {
            take_new_ids(&ids);
        }
        take_records(&addresses, &ids);
        find_old_users(&addresses);
        choose_gone(&ids, &addresses);
    }
    record_index_close(&ids);
    record_index_close(&addresses);
}

/* ---- Manager places ---------------------------------------------------------------------- */

/* For each record of the file the places of the old roster's manager list that are its user's; of
 * a person who is named several times the first record has them. */
struct dismissal {
    uint32_t *first; /* by record, and one more: where its places begin in `manager_places` */
    uint32_t *manager_places;
    uint32_t *records; /* by manager place; or ORG_NONE */
    uint32_t *teams;   /* by manager place */
    uint64_t *named;   /* the old users whom records are about: user, record; ascending */
    size_t named_count;
};

static bool dismissal_open(struct dismissal *dismissal, const struct plan *plan)
{
    const struct org *old_org = plan->old_org;
    size_t record_count = plan->deprovision->user_count;
    dismissal->first = memory_array(record_count + 2, sizeof *dismissal->first);
    dismissal->manager_places =
        memory_array(old_org->manager_count, sizeof *dismissal->manager_places);
    dismissal->records = memory_array(old_org->manager_count, sizeof *dismissal->records);
    dismissal->teams = memory_array(old_org->manager_count, sizeof *dismissal->teams);
    dismissal->named = memory_array(record_count, sizeof *dismissal->named);
    return dismissal->first != NULL && dismissal->manager_places != NULL &&
           dismissal->records != NULL && dismissal->teams != NULL && dismissal->named != NULL;
}

static void dismissal_close(struct dismissal *dismissal)
{
    free(dismissal->first);
    free(dismissal->manager_places);
    free(dismissal->records);
    free(dismissal->teams);
    free(dismissal->named);
}

static void note_teams(const struct org *org, uint32_t *teams)
{
    for (uint32_t team = 0; team < org->team_count; team++) {
        const struct org_team *entry = &org->teams[team];
        for (uint32_t n = 0; n < entry->manager_count; n++) {
            teams[entry->manager_first + n] = team;
        }
    }
}

static int named_compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void note_named(struct dismissal *dismissal, const struct plan *plan)
{
    for (uint32_t record = 0; record < plan->deprovision->user_count; record++) {
        uint64_t user = plan->gone_users[record];
        if (user != ORG_NONE) {
            dismissal->named[dismissal->named_count++] = user << 32 | record;
        }
    }
    if (dismissal->named_count > 1) {
        qsort(dismissal->named, dismissal->named_count, sizeof *dismissal->named, named_compare);
    }
}

/* The first record that is about an old user, or ORG_NONE. */
static uint32_t first_record_of(const struct dismissal *dismissal, uint32_t user)
{
    size_t low = 0;
    size_t high = dismissal->named_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dismissal->named[middle] >> 32 < user) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < dismissal->named_count && dismissal->named[low] >> 32 == user;
    return found ? (uint32_t)dismissal->named[low] : ORG_NONE;
}

/* Sort the manager places by record, keeping the order of teams: count, add up, fill. */
static void dismissal_fill(struct dismissal *dismissal, const struct plan *plan)
{
    const struct org *old_org = plan->old_org;
    uint32_t *next =
        dismissal->first + 1; /* while filling: where the next place of a record goes */
    size_t record_count = plan->deprovision->user_count;
    memset(dismissal->first, 0, (record_count + 2) * sizeof *dismissal->first);
    note_teams(old_org, dismissal->teams);
    note_named(dismissal, plan);
    for (uint32_t place = 0; place < old_org->manager_count; place++) {
        uint32_t record = first_record_of(dismissal, old_org->managers[place]);
        dismissal->records[place] = record;
        if (record != ORG_NONE) {
            next[record + 1]++;
        }
    }
    for (size_t record = 0; record < record_count; record++) {
        next[record + 1] += next[record];
    }
    for (uint32_t place = 0; place < old_org->manager_count; place++) {
        uint32_t record = dismissal->records[place];
        if (record != ORG_NONE) {
            dismissal->manager_places[next[record]++] = place;
        }
    }
}

/* The new place of an old user who is called as the new roster has it by then, or ORG_NONE: who has
 * another id there, but out of scope, keeps what he had. */
static uint32_t known_as(const struct plan *plan, uint32_t old_user)
{
    uint32_t partner = plan_new_user(plan, old_user);
    if (partner == ORG_NONE || rekeyed_as(plan, old_user) != ORG_NONE) {
        return partner;
    }
    const struct diff_match *match = diff_matches(plan->diff);
    bool other_id = match->rekeyed_user_count > 0 &&
                    bsearch(&partner, match->rekeyed_users, match->rekeyed_user_count,
                            sizeof partner, org_places_compare) != NULL;
    return other_id ? ORG_NONE : partner;
}

/* Take the manager places of one record's user away, but for those that are gone by now. */
static void dismiss(struct plan *plan, const struct dismissal *dismissal, uint32_t record)
{
    for (uint32_t n = dismissal->first[record]; n < dismissal->first[record + 1]; n++) {
        uint32_t place = dismissal->manager_places[n];
        if (bit_get(plan->removed_managers, place)) {
            continue;
        }
        uint32_t user = plan->old_org->managers[place];
        uint32_t known = known_as(plan, user);
        bit_set(plan->removed_managers, place);
        plan_push(plan, (struct step){.kind = MUSTER_REMOVE_TEAM_MANAGER,
                                      .flags = known != ORG_NONE ? 0 : STEP_OLD_USER,
                                      .subject = known != ORG_NONE ? known : user,
                                      .from = plan_number_old(plan, dismissal->teams[place]),
                                      .to = OPERATION_NONE});
    }
}

static void push_record(struct plan *plan, uint32_t record, uint8_t kind, bool again)
{
    /* By then nobody has the id of the record where the plan gives its user another. */
    uint32_t rekeyed = bit_get(plan->gone_by_new_id, record)
                           ? ORG_NONE
                           : rekeyed_as(plan, plan->gone_users[record]);
    uint8_t flags = rekeyed != ORG_NONE ? 0 : STEP_DEPROVISION;
    plan_push(plan, (struct step){.kind = kind,
                                  .flags = again ? flags | STEP_AGAIN : flags,
                                  .subject = rekeyed != ORG_NONE ? rekeyed : record,
                                  .from = OPERATION_NONE,
                                  .to = OPERATION_NONE});
}

static void push_records(struct plan *plan, const struct dismissal *dismissal, uint8_t kind)
{
    uint64_t *named = bits_open(plan->old_org->user_count);
    if (named == NULL) {
        plan->exhausted = true;
        return;
    }
    for (uint32_t record = 0; record < plan->deprovision->user_count; record++) {
        if (!org_user_kept(plan->deprovision, record)) {
            continue;
        }
        uint32_t user = plan->gone_users[record];
        bool again = user != ORG_NONE && bit_get(named, user);
        if (user != ORG_NONE) {
            bit_set(named, user);
        }
        if (dismissal != NULL) {
            dismiss(plan, dismissal, record);
        }
        push_record(plan, record, kind, again);
    }
    free(named);
}

void plan_deprovision(struct plan *plan, const struct muster_plan_options *options)
{
    uint8_t kind = options->keep_users ? MUSTER_REMOVE_LICENSE : MUSTER_REMOVE_USER;
    find_gone(plan);
    if (plan->exhausted) {
        return;
    }
    if (!options->keep_users || options->retain_privileges) {
        push_records(plan, NULL, kind);
        return;
    }
    struct dismissal dismissal = {0};
    if (dismissal_open(&dismissal, plan)) {
        dismissal_fill(&dismissal, plan);
        push_records(plan, &dismissal, kind);
    } else {
        plan->exhausted = true;
    }
    dismissal_close(&dismissal);
}
