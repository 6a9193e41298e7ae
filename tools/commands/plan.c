/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

#include <unistd.h>

#include "plan_flags.h"
#include "terminal.h"

static const char usage[] =
    "usage: muster plan --from OLD [FILE... | DIR]\n"
    "\n"
    "Shows what a sync will do: the operations that turn the teams of OLD (a\n"
    "snapshot, or a folder of CSV files) into those of the new export, in an order\n"
    "in which every step is valid. What is taken away comes first. Nothing is sent.\n"
    "\n"
    "Removals are held against limits: deleteTeam, removeTeamMember and\n"
    "removeTeamManager 10%, moveTeamMember 75% of what there is in OLD, where that\n"
    "is at least 100. Beyond a limit the plan is still shown, and the exit code is\n"
    "4.\n"
    "\n"
    "examples:\n"
    "  muster plan --from last-week.snap export/\n"
    "  muster plan --from old/ new/ --limit moveTeamMember=90% --max-show 0\n"
    "\n"
    "exit codes: 0 done, 1 findings in the new export, 2 wrong usage, 3 an input\n"
    "cannot be read, 4 a guard stopped the plan\n";

/* The options of plan alone. */
struct plan_arguments {
    const char *from;
    struct plan_flags flags;
    struct muster_plan_options engine; /* set by plan_settle */
};

static int plan_report(struct muster_plan *plan, const struct shared *shared,
                       const struct plan_arguments *own)
{
    struct output output;
    int result = output_open(&output, shared->output.path);
    if (result != EXIT_DONE) {
        return result;
    }
    struct muster_report_options report =
        output_report(&shared->output, shared->set.command, STDOUT_FILENO);
    report.strict = shared->input.strict;
    report.no_manager_invites = own->flags.no_manager_invites;
    progress_begin("writing the plan");
    enum muster_status status = muster_report_plan(plan, &report, output_write, &output);
    progress_end();
    return output_finish_unchanged(&output, status, muster_plan_old_roster(plan),
                                   muster_plan_new_roster(plan));
}

static int plan_rosters(struct muster_roster *old_roster, struct muster_roster *new_roster,
                        const struct shared *shared, const struct plan_arguments *own)
{
    struct muster_plan *plan = NULL;
    progress_begin("planning");
    enum muster_status status = muster_plan_open(&plan, old_roster, new_roster, &own->engine);
    progress_end();
    if (status != MUSTER_OK) {
        return status_complain(status, NULL, NULL);
    }
    if (muster_plan_forecast(plan)->retain_privileges_ignored) {
        retaining_say_ignored();
    }
    int result = plan_report(plan, shared, own);
    if (result == EXIT_DONE) {
        bool stopped = muster_plan_forecast(plan)->guards_tripped;
        if (stopped && shared->output.format == MUSTER_SYNC) {
            /* The remote's answer has no place for it. */
            complain("a guard stopped the plan");
            advise("--format text shows which, and what would let it pass");
        }
        result = stopped ? EXIT_GUARD : findings_exit(new_roster, &shared->input);
    }
    muster_plan_close(plan);
    return result;
}

/* A plan needs users and teams, or a deprovision file alone. */
static int inputs_judge(const struct inputs *inputs)
{
    bool users = inputs_find(inputs, MUSTER_USERS) != NULL;
    bool teams = inputs_find(inputs, MUSTER_TEAMS) != NULL;
    if (users == teams) {
        return EXIT_DONE;
    }
    return inputs_missing(inputs, users ? MUSTER_TEAMS : MUSTER_USERS, &command_plan);
}

/* Before anything is read: what is wrong with an export would hide what is wrong with the usage. */
static int plan_settle(struct plan_arguments *own, const struct shared *shared)
{
    if (own->from == NULL) {
        return options_wrong(&command_plan,
                             "muster plan --from last-week.snap export/; muster snapshot makes one",
                             "plan needs --from OLD, the roster that the remote has now");
    }
    own->engine.roots = shared->input.roots.items;
    own->engine.root_count = shared->input.roots.count;
    return plan_flags_settle(&own->flags, &own->engine, &command_plan);
}

static int plan_inputs(const struct shared *shared, const struct plan_arguments *own)
{
    struct inputs inputs;
    struct rosters rosters = {0};
    int result = inputs_resolve(&inputs, &shared->input, &shared->set);
    if (result != EXIT_DONE) {
        return result;
    }
    result = inputs_judge(&inputs);
    if (result == EXIT_DONE) {
        result = inputs_judge_from(&inputs, own->from, &command_plan);
    }
    if (result == EXIT_DONE) {
        const struct rosters_wanted wanted = {.old_path = own->from, .new_inputs = &inputs};
        result = rosters_open(&rosters, &wanted, &shared->input);
    }
    if (result == EXIT_DONE && findings_stop(rosters.new_roster, &shared->input)) {
        result = findings_report(rosters.new_roster, shared);
        result = result == EXIT_DONE ? stopped_exit(&shared->input) : result;
    } else if (result == EXIT_DONE) {
        result = plan_rosters(rosters.old_roster, rosters.new_roster, shared, own);
    }
    rosters_close(&rosters);
    inputs_close(&inputs);
    return result;
}

static int plan_run(int count, char **arguments)
{
    struct plan_arguments plan = {0};
    const struct option options[] = {
        {"from", 0, OPTION_TEXT, &plan.from, "OLD",
         "the roster to start from: a snapshot (- is standard input) or a DIR"},
    };
    struct option list[PLAN_OPTION_COUNT];
    const struct option_group own[] = {
        {"Options of plan", options, 1}, plan_flags_list(&plan.flags, list), {NULL, NULL, 0}};
    struct shared shared;
    int result;
    if (shared_open(&shared, &command_plan, own, (struct arguments){count, arguments, INPUT_SCOPED},
                    &result)) {
        result = plan_settle(&plan, &shared);
        result = result == EXIT_DONE ? plan_inputs(&shared, &plan) : result;
        shared_close(&shared);
    }
    plan_flags_close(&plan.flags);
    return result;
}

const struct command command_plan = {
    .name = "plan",
    .summary = "show the operations that a sync would carry out",
    .usage = usage,
    .run = plan_run,
};
