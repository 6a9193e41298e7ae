/* SPDX-License-Identifier: MIT */
/*
 * What a deprovision file asks for. It is carried out behind all else in the plan, so its records
 * are about the people whom there will be by then: a record means whoever has its id then, or had
 * it in the old roster; if that is nobody, whoever had its address.
 *
 *     old          new            record      is about
 *     A1 ann@x     B1 ann@x       A1 ann@x    B1: the same person under a new id
 *                                 Z9 ann@x    B1: by the address
 *                  C1 cyd@x       C1 ann@x    C1: by the id
 *
 * A person may be named by several records.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "plan/plan_state.h"
#include "plan/slot_map.h"

/* ---- Who is meant ------------------------------------------------------------------------ */

/* The records of the file by id. */
struct record_ids {
    struct plan *plan;
    struct slot_map map; /* the first record with an id */
    uint32_t *firsts;    /* of each record: the first one with its id */
    struct buffer scratch, other_scratch;
};

static bool record_has_id(struct record_ids *ids, uint32_t record, span id)
{
    struct org_user user;
    org_user_read(ids->plan->deprovision, record, &ids->other_scratch, &user);
    return span_equal(user.id, id);
}

/* The first record with this id, or SLOT_NONE; the probe then stands where it would go. */
static uint32_t find_record(struct record_ids *ids, span id, struct slot_probe *probe)
{
    slot_probe_start(probe, &ids->map, hash_bytes(id.ptr, id.len, ids->plan->seed));
    uint32_t record = slot_probe_next(probe, &ids->map);
    while (record != SLOT_NONE && !record_has_id(ids, record, id)) {
        record = slot_probe_next(probe, &ids->map);
    }
    return record;
}

/* What the file and the old roster say about each other. */
static void take_records(struct record_ids *ids)
{
    struct plan *plan = ids->plan;
    for (uint32_t record = 0; record < plan->deprovision->user_count; record++) {
        ids->firsts[record] = record;
        plan->gone_users[record] = diff_old_user(plan->gone, record);
        if (!org_user_kept(plan->deprovision, record)) {
            continue;
        }
        struct org_user user;
        struct slot_probe probe;
        org_user_read(plan->deprovision, record, &ids->scratch, &user);
        uint32_t first = find_record(ids, user.id, &probe);
        if (first != SLOT_NONE) {
            ids->firsts[record] = first;
        } else if (!slot_map_add(&ids->map, &probe, record)) {
            plan->exhausted = true;
        }
    }
}

/* Whether somebody of the new roster has an id that is nobody's in the old one. */
static bool has_new_id(const struct plan *plan, uint32_t new_user)
{
    return plan_old_user(plan, new_user) == ORG_NONE ||
           (plan->rekeyed_users != NULL && bit_get(plan->rekeyed_users, new_user));
}

/* Records with an id that somebody has only now. All others were found by id in the old roster. */
static void take_new_ids(struct record_ids *ids)
{
    struct plan *plan = ids->plan;
    for (uint32_t user = diff_touched_user(plan->diff, 0); user != ORG_NONE;
         user = diff_touched_user(plan->diff, user + 1)) {
        if (!has_new_id(plan, user)) {
            continue;
        }
        struct org_user read;
        struct slot_probe probe;
        org_user_read(plan->new_org, user, &ids->scratch, &read);
        uint32_t record = find_record(ids, read.id, &probe);
        if (record != SLOT_NONE) {
            plan->gone_users[record] = plan_old_user(plan, user);
            bit_set(plan->gone_by_new_id, record);
        }
    }
}

/* Who is named by the same id again is the same person. */
static void take_repeats(const struct record_ids *ids)
{
    struct plan *plan = ids->plan;
    for (uint32_t record = 0; record < plan->deprovision->user_count; record++) {
        uint32_t first = ids->firsts[record];
        if (bit_get(plan->gone_by_new_id, first)) {
            bit_set(plan->gone_by_new_id, record);
            plan->gone_users[record] = plan->gone_users[first];
        } else if (plan->gone_users[record] == ORG_NONE) {
            plan->gone_users[record] = plan->gone_users[first];
        }
    }
}

static void find_gone(struct plan *plan)
{
    struct record_ids ids = {.plan = plan};
    uint32_t count = plan->deprovision->user_count;
    plan->gone_users = memory_array(count, sizeof *plan->gone_users);
    plan->gone_by_new_id = bits_open(count);
    ids.firsts = memory_array(count, sizeof *ids.firsts);
    if (plan->gone_users == NULL || plan->gone_by_new_id == NULL || ids.firsts == NULL ||
        !slot_map_open(&ids.map, count)) {
        plan->exhausted = true;
    } else {
        take_records(&ids);
        if (plan->diff != NULL) {
            take_new_ids(&ids);
        }
        take_repeats(&ids);
    }
    plan->exhausted |= ids.scratch.exhausted || ids.other_scratch.exhausted;
    buffer_close(&ids.scratch);
    buffer_close(&ids.other_scratch);
    slot_map_close(&ids.map);
    free(ids.firsts);
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

/* The new place of an old user who has another id since the plan's first steps, or ORG_NONE. */
static uint32_t rekeyed_as(const struct plan *plan, uint32_t old_user)
{
    uint32_t partner = old_user != ORG_NONE ? plan_new_user(plan, old_user) : ORG_NONE;
    bool rekeyed =
        partner != ORG_NONE && plan->rekeyed_users != NULL && bit_get(plan->rekeyed_users, partner);
    return rekeyed ? partner : ORG_NONE;
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

static void push_records(struct plan *plan, const struct dismissal *dismissal, uint8_t kind)
{
    for (uint32_t record = 0; record < plan->deprovision->user_count; record++) {
        if (!org_user_kept(plan->deprovision, record)) {
            continue;
        }
        if (dismissal != NULL) {
            dismiss(plan, dismissal, record);
        }
        /* By then nobody has the id of the record where the plan gives its user another. */
        uint32_t rekeyed = bit_get(plan->gone_by_new_id, record)
                               ? ORG_NONE
                               : rekeyed_as(plan, plan->gone_users[record]);
        plan_push(plan, (struct step){.kind = kind,
                                      .flags = rekeyed != ORG_NONE ? 0 : STEP_DEPROVISION,
                                      .subject = rekeyed != ORG_NONE ? rekeyed : record,
                                      .from = OPERATION_NONE,
                                      .to = OPERATION_NONE});
    }
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
