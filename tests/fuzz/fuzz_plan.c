/* SPDX-License-Identifier: MIT */
/*
 * Differences and plans between two exports: users, teams, users, teams and perhaps a deprovision
 * file. Carrying a plan out must be valid at every step and end at the new roster, and there is one
 * operation for every difference.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "org_equal.h"
#include "plan/plan.h"
#include "roster.h"

#define CHOICE_ROOT       0x01U
#define CHOICE_KEEP_USERS 0x02U
#define CHOICE_RETAIN     0x04U
#define CHOICE_ROUND_TRIP 0x08U
#define CHOICE_PRIVACY    0x30U

static bool is_word(const char *field, const char *word)
{
    return field != NULL && strcmp(field, word) == 0;
}

/* Differences by the operation that answers each of them; managers are not counted. */
static void differences_count(struct muster_roster *old_roster, struct muster_roster *new_roster,
                              uint64_t counts[MUSTER_OPERATION_KIND_COUNT])
{
    struct muster_diff *diff;
    struct muster_difference difference;
    fuzz_require(muster_diff_open(&diff, old_roster, new_roster) == MUSTER_OK, "they compare");
    while (muster_diff_next(diff, &difference)) {
        bool team = difference.entity == MUSTER_TEAM;
        bool added = difference.change == MUSTER_ADDED;
        fuzz_require(difference.id.len > 0, "a difference names somebody");
        if (difference.change != MUSTER_MODIFIED) {
            counts[MUSTER_ADD_TEAM] += team && added;
            counts[MUSTER_DELETE_TEAM] += team && !added;
        } else if (is_word(difference.field, "id")) {
            counts[team ? MUSTER_REKEY_TEAM : MUSTER_REKEY_USER]++;
        } else if (is_word(difference.field, "final_name")) {
            counts[MUSTER_RENAME_TEAM]++;
        } else if (is_word(difference.field, "parent_team_id")) {
            counts[MUSTER_MOVE_TEAM]++;
        } else if (is_word(difference.field, "team_id") && difference.old_value.ptr != NULL &&
                   difference.new_value.ptr != NULL) {
            counts[MUSTER_MOVE_TEAM_MEMBER]++;
        }
    }
    fuzz_require(muster_diff_status(diff) == MUSTER_OK, "there is memory");
    muster_diff_close(diff);
}

static void minimal_require(struct muster_plan *plan, struct muster_roster *old_roster,
                            struct muster_roster *new_roster)
{
    static const enum muster_operation_kind kinds[] = {MUSTER_REKEY_TEAM,  MUSTER_REKEY_USER,
                                                       MUSTER_ADD_TEAM,    MUSTER_MOVE_TEAM,
                                                       MUSTER_DELETE_TEAM, MUSTER_MOVE_TEAM_MEMBER};
    uint64_t counts[MUSTER_OPERATION_KIND_COUNT] = {0};
    const struct muster_forecast *forecast = muster_plan_forecast(plan);
    differences_count(old_roster, new_roster, counts);
    for (size_t index = 0; index < sizeof kinds / sizeof kinds[0]; index++) {
        fuzz_require(forecast->counts[kinds[index]] == counts[kinds[index]],
                     "one operation for each difference");
    }
    fuzz_require(forecast->counts[MUSTER_RENAME_TEAM] - forecast->temporary_count <=
                     counts[MUSTER_RENAME_TEAM],
                 "no more renames than names that differ");
}

/* Every report of the plan can be made, and the operations have words. */
static void plan_report(struct muster_plan *plan, enum muster_privacy privacy)
{
    struct buffer out = {0};
    for (enum muster_format format = MUSTER_TEXT; format <= MUSTER_SYNC; format++) {
        const struct muster_report_options options = {.format = format,
                                                      .command = "plan",
                                                      .show_max = 2,
                                                      .privacy = privacy,
                                                      .pseudonym_key = {"key", 3}};
        buffer_clear(&out);
        fuzz_require(muster_report_plan(plan, &options, fuzz_write, &out) == MUSTER_OK,
                     "a report can be made");
    }
    buffer_close(&out);
    for (size_t index = 0; index < muster_plan_count(plan); index++) {
        struct muster_operation operation;
        muster_plan_operation(plan, index, &operation);
        fuzz_require(operation.text.len > 0, "an operation has words");
    }
}

static void plan_judge(struct muster_roster *old_roster, struct muster_roster *new_roster,
                       unsigned choices)
{
    static const span root = {"T1", 2};
    const struct muster_plan_options options = {
        .roots = &root,
        .root_count = (choices & CHOICE_ROOT) != 0 ? 1 : 0,
        .keep_users = (choices & CHOICE_KEEP_USERS) != 0,
        .retain_privileges = (choices & CHOICE_RETAIN) != 0,
        .subtree_limits[MUSTER_DELETE_TEAM] = {true, true, 10},
    };
    struct muster_plan *plan;
    struct muster_roster *result = NULL;
    size_t step = 0;
    fuzz_require(muster_plan_open(&plan, old_roster, new_roster, &options) == MUSTER_OK,
                 "there is a plan");
    fuzz_require(muster_plan_replay(&result, plan, &step) == MUSTER_OK, "every step is valid");
    bool whole = options.root_count == 0 && !new_roster->files[MUSTER_DEPROVISION].present;
    if (whole) {
        fuzz_require(orgs_equal(result->org, new_roster->org), "the plan leads there");
        minimal_require(plan, old_roster, new_roster);
    }
    plan_report(plan, (enum muster_privacy)((choices & CHOICE_PRIVACY) >> 4));
    muster_plan_close(plan);
    muster_roster_close(result);
}

/* A roster is no different from itself. */
static void itself_judge(struct muster_roster *roster)
{
    struct muster_diff *diff;
    struct muster_difference difference;
    fuzz_require(muster_diff_open(&diff, roster, roster) == MUSTER_OK, "it compares");
    fuzz_require(!muster_diff_next(diff, &difference), "a roster is as it is");
    muster_diff_close(diff);
}

static bool is_sound(const struct muster_roster *roster)
{
    return muster_roster_summary(roster)->severities[MUSTER_FATAL] == 0 &&
           roster->files[MUSTER_USERS].present && roster->files[MUSTER_TEAMS].present;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct muster_options options = {.jobs = 1};
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    struct fuzz_export old_files = fuzz_export_take(&input, MUSTER_DEPROVISION);
    struct fuzz_export new_files = fuzz_export_take(&input, MUSTER_FILE_COUNT);
    struct muster_roster *old_roster = fuzz_open(&old_files, &options);
    struct muster_roster *new_roster = fuzz_open(&new_files, &options);
    if (is_sound(old_roster) && is_sound(new_roster)) {
        plan_judge(old_roster, new_roster, choices);
        itself_judge(old_roster);
        if ((choices & CHOICE_ROUND_TRIP) != 0 && new_files.count < MUSTER_FILE_COUNT) {
            plan_judge(new_roster, old_roster, choices);
        }
    }
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
    return 0;
}
