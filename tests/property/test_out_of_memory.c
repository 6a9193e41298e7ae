/* SPDX-License-Identifier: MIT */
/*
 * Every request for memory fails in turn (failing_turns.h), in every call of the library.
 *
 * The engine has small limits here, so a few kilobytes reach threads, chunks and groups.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdlib.h>

#include "failing_memory.h"
#include "failing_turns.h"
#include "muster.h"
#include "random_export.h"
#include "support.h"

/* What the calls are about; made before memory fails. */
static struct stage {
    struct muster_input inputs[MUSTER_FILE_COUNT];
    struct muster_options options;
    struct muster_roster *old_roster;
    struct muster_roster *new_roster;
    struct muster_roster *twin; /* of the old one */
    struct muster_diff *diff;
    struct muster_plan *plan;
    const char *snapshot;
} stage;

static bool write_gather(void *context, const char *bytes, size_t size)
{
    (void)context;
    gather(bytes, size);
    return true;
}

/* ---- The stage --------------------------------------------------------------------------- */

static void export_make(struct buffer *texts, uint64_t seed, size_t size)
{
    uint64_t state = seed;
    do {
        for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
            random_file(&texts[file], file, 4, file == MUSTER_DEPROVISION ? 500 : size, &state);
            stage.inputs[file] =
                (struct muster_input){.file = file, .data = buffer_view(&texts[file])};
        }
        cr_assert(eq(int,
                     muster_roster_open(&stage.new_roster, stage.inputs, MUSTER_FILE_COUNT,
                                        &stage.options, NULL),
                     MUSTER_OK));
        if (muster_roster_summary(stage.new_roster)->severities[MUSTER_FATAL] == 0) {
            return;
        }
        muster_roster_close(stage.new_roster);
    } while (true);
}

static void stage_set(void)
{
    static struct buffer old_texts[MUSTER_FILE_COUNT];
    static struct buffer texts[MUSTER_FILE_COUNT];
    static const span roots[] = {{"T1", 2}, {"no such team", 12}};
    stage.options =
        (struct muster_options){.roots = roots, .root_count = 2, .digests_wanted = true, .jobs = 2};
    export_make(old_texts, 1, 3000);
    stage.old_roster = stage.new_roster;
    cr_assert(eq(
        int, muster_roster_open(&stage.twin, stage.inputs, MUSTER_FILE_COUNT, &stage.options, NULL),
        MUSTER_OK));
    export_make(texts, 3, 3000);
    stage.snapshot = folder_path("roster.snap");
    cr_assert(eq(int, muster_snapshot_write(stage.old_roster, stage.snapshot, NULL), MUSTER_OK));
    cr_assert(
        eq(int, muster_diff_open(&stage.diff, stage.old_roster, stage.new_roster), MUSTER_OK));
    cr_assert(eq(int, muster_plan_open(&stage.plan, stage.old_roster, stage.new_roster, NULL),
                 MUSTER_OK));
}

static void stage_strike(void)
{
    muster_plan_close(stage.plan);
    muster_diff_close(stage.diff);
    muster_roster_close(stage.old_roster);
    muster_roster_close(stage.twin);
    muster_roster_close(stage.new_roster);
}

TestSuite(out_of_memory, .init = stage_set, .fini = stage_strike, .timeout = 240);

/* ---- Rosters ----------------------------------------------------------------------------- */

static void gather_roster(const struct muster_roster *roster)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    gather(summary->kept, sizeof summary->kept);
    gather(summary->records, sizeof summary->records);
    gather(summary->codes, sizeof summary->codes);
    gather(summary->digests, sizeof summary->digests);
    for (uint32_t index = 0; index < muster_roster_team_count(roster); index++) {
        struct muster_team team;
        muster_roster_team(roster, index, &team);
        gather_span(team.final_name);
        gather_span(team.parent_team_id);
        for (uint32_t n = 0; n < team.manager_count; n++) {
            uint32_t manager = muster_roster_manager(roster, index, n);
            gather(&manager, sizeof manager);
        }
    }
}

static enum muster_status open_inputs(struct muster_input *inputs)
{
    struct muster_roster *roster = (struct muster_roster *)1;
    struct muster_error error = {0};
    enum muster_status status =
        muster_roster_open(&roster, inputs, MUSTER_FILE_COUNT, &stage.options, &error);
    if (status != MUSTER_OK) {
        cr_assert(eq(ptr, roster, NULL));
        cr_assert(eq(int, error.status, (int)status));
        return status;
    }
    gather_roster(roster);
    muster_roster_close(roster);
    return MUSTER_OK;
}

static enum muster_status call_open(void)
{
    return open_inputs(stage.inputs);
}

Test(out_of_memory, while_a_roster_is_opened)
{
    fail_in_turn(call_open);
}

Test(out_of_memory, while_a_roster_is_opened_by_one_thread)
{
    stage.options.jobs = 1;
    fail_in_turn(call_open);
}

Test(out_of_memory, while_a_roster_is_opened_and_trimmed)
{
    stage.options.trim = true;
    fail_in_turn(call_open);
}

static struct muster_input files[MUSTER_FILE_COUNT];

static enum muster_status call_open_files(void)
{
    return open_inputs(files);
}

Test(out_of_memory, while_a_roster_is_opened_from_files)
{
    static const char *const names[] = {"users.csv", "teams.csv", "deprovision.csv"};
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        files[file] = (struct muster_input){
            .file = file, .path = folder_write(names[file], stage.inputs[file].data)};
    }
    fail_in_turn(call_open_files);
}

static enum muster_status call_open_fatal(void)
{
    struct muster_input inputs[MUSTER_FILE_COUNT] = {
        {.file = MUSTER_USERS, .data = SPAN("id,\"e\"\"mail\",x\n")},
        {.file = MUSTER_TEAMS, .data = SPAN(TEAMS_HEADER "T1,\"N\n")},
        {.file = MUSTER_DEPROVISION, .data = SPAN("id,id,email,first_name,last_name\n")}};
    return open_inputs(inputs);
}

Test(out_of_memory, while_files_are_given_up)
{
    fail_in_turn(call_open_fatal);
}

static enum muster_status call_users(void)
{
    struct muster_roster *roster = stage.new_roster;
    for (uint32_t index = 0; index < muster_roster_user_places(roster); index++) {
        struct muster_user user;
        if (muster_roster_user(roster, index, &user)) {
            gather_span(user.id);
            gather_span(user.first_name);
        }
    }
    return muster_roster_status(roster);
}

Test(out_of_memory, while_users_are_looked_at)
{
    /* The scratch of the roster has grown by then, so nothing is asked for. */
    fail_in_turn(call_users);
}

Test(out_of_memory, while_a_user_is_looked_at_and_no_longer)
{
    struct muster_roster *roster = roster_of(USERS_HEADER "X1,\"a\"\"b@x.com\",,,\nX1,,,,\n"
                                                          "X3,cyd@x.com,,,\n",
                                             NULL, NULL);
    struct muster_user user;
    cr_expect(not(muster_roster_user(roster, 1, &user)));
    cr_expect(eq(int, muster_roster_status(roster), MUSTER_OK), "removed, not lost");
    memory_fail(1, true);
    bool there = muster_roster_user(roster, 0, &user);
    cr_expect(eq(int, muster_roster_status(roster), MUSTER_NO_MEMORY));
    bool plain_there = muster_roster_user(roster, 2, &user);
    (void)memory_heal();
    cr_expect(not(there));
    cr_expect(plain_there, "nobody else is lost with it");
    cr_assert(muster_roster_user(roster, 0, &user));
    cr_expect(eq(type(span), user.email, SPAN("a\"b@x.com")));
    cr_expect(eq(int, muster_roster_status(roster), MUSTER_NO_MEMORY), "until it is closed");
    muster_roster_close(roster);
}

/* ---- Findings ---------------------------------------------------------------------------- */

static enum muster_status gather_findings(struct muster_findings *findings)
{
    struct muster_finding finding;
    while (muster_findings_next(findings, &finding)) {
        gather(&finding.line, sizeof finding.line);
        gather_span(finding.message);
        gather_span(finding.value);
        gather_span(finding.cure);
        for (size_t index = 0; index < finding.related_count; index++) {
            gather(&finding.related[index].line, sizeof finding.related[index].line);
        }
    }
    cr_assert(not(muster_findings_next(findings, &finding)), "it stays at the end");
    enum muster_status status = muster_findings_status(findings);
    muster_findings_close(findings);
    return status;
}

static enum muster_status call_findings(void)
{
    struct muster_findings *findings;
    enum muster_status status = muster_findings_open(&findings, stage.new_roster);
    return status == MUSTER_OK ? gather_findings(findings) : status;
}

static enum muster_status call_brief(void)
{
    struct muster_findings *findings;
    enum muster_status status = muster_findings_open_brief(&findings, stage.new_roster, 3);
    return status == MUSTER_OK ? gather_findings(findings) : status;
}

Test(out_of_memory, while_findings_are_read)
{
    fail_in_turn(call_findings);
}

/* With this roster in the place of the new one. */
static void fail_with_roster(call *what, struct muster_roster *roster)
{
    struct muster_roster *others = stage.new_roster;
    stage.new_roster = roster;
    fail_in_turn(what);
    muster_roster_close(roster);
    stage.new_roster = others;
}

/* How many teams lie on a circle is counted in memory of its own. */
Test(out_of_memory, while_findings_of_a_circle_are_read)
{
    fail_with_roster(call_findings,
                     roster_of(USERS_HEADER, TEAMS_HEADER "T1,A,,T2\nT2,B,,T3\nT3,C,,T1\n", NULL));
}

/* Of the first of all codes and of the last. */
Test(out_of_memory, while_findings_of_few_codes_are_chosen)
{
    const span texts[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = SPAN("\xFF\xFEi\0d\0"),
                                           [MUSTER_TEAMS] = SPAN(TEAMS_HEADER "T1,\"A,B\",,\n")};
    fail_with_roster(call_brief, roster_of_spans(texts, NULL));
}

Test(out_of_memory, while_findings_are_chosen_for_people)
{
    fail_in_turn(call_brief);
}

/* ---- Files ------------------------------------------------------------------------------- */

static enum muster_status call_fix(void)
{
    enum muster_status status =
        muster_fix_write(stage.new_roster, MUSTER_USERS, write_gather, NULL);
    return status == MUSTER_OK
               ? muster_fix_write(stage.new_roster, MUSTER_TEAMS, write_gather, NULL)
               : status;
}

static enum muster_status call_rejects(void)
{
    enum muster_status status =
        muster_rejects_write(stage.new_roster, MUSTER_USERS, write_gather, NULL);
    return status == MUSTER_OK
               ? muster_rejects_write(stage.new_roster, MUSTER_TEAMS, write_gather, NULL)
               : status;
}

static enum muster_status call_leavers(void)
{
    struct muster_diff *diff;
    enum muster_status status = muster_leavers_open(&diff, stage.old_roster, stage.new_roster);
    if (status == MUSTER_OK) {
        status = muster_leavers_write(diff, write_gather, NULL);
        muster_diff_close(diff);
    }
    return status;
}

static enum muster_status call_records(void)
{
    uint64_t count = 0;
    const struct muster_records_options options = {.write = write_gather,
                                                   .write_findings = write_gather};
    enum muster_status status =
        muster_records_write(&stage.inputs[MUSTER_USERS], &options, &count, NULL);
    gather(&count, sizeof count);
    return status;
}

Test(out_of_memory, while_a_cleaned_export_is_written)
{
    fail_in_turn(call_fix);
}

Test(out_of_memory, while_rejected_records_are_written)
{
    fail_in_turn(call_rejects);
}

Test(out_of_memory, while_leavers_are_written)
{
    fail_in_turn(call_leavers);
}

Test(out_of_memory, while_records_are_written)
{
    fail_in_turn(call_records);
}

/* ---- Snapshots --------------------------------------------------------------------------- */

static size_t files_in_folder(void)
{
    size_t count = 0;
    DIR *folder = opendir(folder_open());
    cr_assert(ne(ptr, folder, NULL));
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

static enum muster_status call_snapshot_write(void)
{
    return muster_snapshot_write(stage.new_roster, stage.snapshot, NULL);
}

static enum muster_status call_snapshot_open(void)
{
    struct muster_roster *roster;
    enum muster_status status = muster_snapshot_open(&roster, stage.snapshot, NULL, NULL);
    if (status == MUSTER_OK) {
        gather_roster(roster);
        muster_roster_close(roster);
    }
    return status;
}

Test(out_of_memory, while_a_snapshot_is_written)
{
    size_t before = files_in_folder();
    fail_in_turn(call_snapshot_write);
    cr_expect(eq(sz, files_in_folder(), before), "nothing is left lying about");
    cr_expect(eq(int, call_snapshot_open(), MUSTER_OK));
}

Test(out_of_memory, while_a_snapshot_is_opened)
{
    fail_in_turn(call_snapshot_open);
}

/* ---- Two rosters ------------------------------------------------------------------------- */

static enum muster_status call_diff(void)
{
    return gather_differences(stage.old_roster, stage.new_roster, NULL);
}

/* Both have the same users in the same order, so that all ranges begin where they should. */
static enum muster_status call_diff_of_twins(void)
{
    return gather_differences(stage.old_roster, stage.twin, NULL);
}

static size_t plan_root_count = 2;

static enum muster_status call_plan(void)
{
    static const span roots[] = {{"T1", 2}, {"7", 1}};
    const struct muster_plan_options options = {
        .keep_users = true,
        .roots = roots,
        .root_count = plan_root_count,
        .subtree_limits = {[MUSTER_DELETE_TEAM] = {true, true, 5}}};
    struct muster_plan *plan;
    enum muster_status status =
        muster_plan_open(&plan, stage.old_roster, stage.new_roster, &options);
    if (status != MUSTER_OK) {
        cr_assert(eq(ptr, plan, NULL));
        return status;
    }
    for (size_t index = 0; index < muster_plan_count(plan); index++) {
        struct muster_operation operation;
        muster_plan_operation(plan, index, &operation);
        gather_span(operation.text);
    }
    size_t count = 0;
    const struct muster_guard *guards = muster_plan_guards(plan, &count);
    for (size_t index = 0; index < count; index++) {
        gather_span(guards[index].carriers);
        gather_span(guards[index].carriers_plain);
    }
    count = 10;
    const struct muster_team_move *moves = muster_plan_largest_moves(plan, &count);
    for (size_t index = 0; index < count; index++) {
        gather(&moves[index].head_count, sizeof moves[index].head_count);
    }
    status = muster_plan_status(plan);
    muster_plan_close(plan);
    return status;
}

static enum muster_status call_replay(void)
{
    struct muster_roster *result;
    size_t step = 0;
    enum muster_status status = muster_plan_replay(&result, stage.plan, &step);
    if (status == MUSTER_OK) {
        gather_roster(result);
        muster_roster_close(result);
    }
    return status;
}

Test(out_of_memory, while_rosters_are_compared)
{
    fail_in_turn(call_diff);
}

Test(out_of_memory, while_equal_rosters_are_compared)
{
    fail_in_turn(call_diff_of_twins);
}

Test(out_of_memory, while_a_plan_is_made)
{
    fail_in_turn(call_plan);
    plan_root_count = 0;
    cr_assert(lt(u64, 0, muster_plan_forecast(stage.plan)->counts[MUSTER_MOVE_TEAM]));
    fail_in_turn(call_plan);
}

Test(out_of_memory, while_a_plan_is_carried_out)
{
    fail_in_turn(call_replay);
}

/* All that a replay knows from the start has to grow. */
Test(out_of_memory, while_a_plan_that_begins_with_nothing_is_carried_out)
{
    static struct buffer texts[MUSTER_FILE_COUNT];
    struct muster_roster *nothing = roster_of(USERS_HEADER, TEAMS_HEADER, NULL);
    stage_strike();
    stage = (struct stage){.options = {.jobs = 1}, .old_roster = nothing};
    export_make(texts, 3, 20000);
    cr_assert(eq(int, muster_plan_open(&stage.plan, nothing, stage.new_roster, NULL), MUSTER_OK));
    cr_assert(lt(u64, 16, muster_plan_forecast(stage.plan)->counts[MUSTER_ADD_TEAM]));
    cr_assert(lt(u64, 16, muster_plan_forecast(stage.plan)->counts[MUSTER_ADD_TEAM_MANAGER]));
    fail_in_turn(call_replay);
}

/* ---- Reports ----------------------------------------------------------------------------- */

static struct muster_report_options report = {.command = "check", .show_max = 2, .verbose = true};

static enum muster_status call_report_check(void)
{
    return muster_report_check(stage.new_roster, &report, write_gather, NULL);
}

static enum muster_status call_report_diff(void)
{
    return muster_report_diff(stage.diff, &report, write_gather, NULL);
}

static enum muster_status call_report_plan(void)
{
    return muster_report_plan(stage.plan, &report, write_gather, NULL);
}

static void fail_in_every_format(call *what)
{
    for (unsigned format = MUSTER_TEXT; format <= MUSTER_SYNC; format++) {
        report.format = format;
        report.privacy = MUSTER_PRIVACY_FULL;
        fail_in_turn(what);
        report.privacy = MUSTER_PRIVACY_PSEUDONYM;
        report.pseudonym_key = SPAN("key");
        fail_in_turn(what);
    }
}

Test(out_of_memory, while_a_check_is_reported)
{
    fail_in_every_format(call_report_check);
}

Test(out_of_memory, while_differences_are_reported)
{
    fail_in_every_format(call_report_diff);
}

Test(out_of_memory, while_a_plan_is_reported)
{
    fail_in_every_format(call_report_plan);
}
