/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

#include "terminal.h"

static const char usage[] =
    "usage: muster leavers --from OLD [FILE... | DIR] -o deprovision.csv\n"
    "\n"
    "Lists who is in OLD (a snapshot, or a folder of CSV files) and gone from the\n"
    "new users, as a file that is ready to be deprovisioned. Somebody who got a new\n"
    "id but kept the e-mail address is no leaver. Without -o it goes to standard\n"
    "output. Findings go to standard error, or with --format and -o to standard\n"
    "output. There is a warning where a leaver still stands in the new users file, in\n"
    "a record that was rejected, or where nobody is left in it.\n"
    "\n"
    "examples:\n"
    "  muster leavers --from last-week.snap export/ -o deprovision.csv\n"
    "  muster leavers --from old/ new/ --strict | column -s, -t\n"
    "\n"
    "exit codes: 0 done, 1 findings in the new export, 2 wrong usage, 3 a file\n"
    "cannot be read or written\n";

/* What speaks against the list, which takes licenses. */
static int leavers_judge(struct muster_diff *diff)
{
    struct grouped grouped;
    const struct muster_summary *now = muster_roster_summary(muster_diff_new_roster(diff));
    size_t everybody = 0;
    (void)muster_diff_leavers(diff, &everybody);
    if (now->kept[MUSTER_USERS] == 0 && everybody > 0) {
        complain("no user is left in the new users file, so everybody would leave: %s",
                 number_counted(&grouped, everybody, "leaver", "leavers"));
        advise("an export that is empty is most often one that failed");
    }
    return leavers_tell_rejected(diff);
}

static int leavers_write(struct muster_diff *diff, const struct shared *shared)
{
    struct output output;
    struct grouped grouped;
    size_t count = 0;
    int result = leavers_judge(diff);
    if (result == EXIT_DONE) {
        result = output_open(&output, shared->output.path);
    }
    if (result != EXIT_DONE) {
        return result;
    }
    enum muster_status status = muster_leavers_write(diff, output_write, &output);
    result = output_finish_unchanged(&output, status, muster_diff_old_roster(diff),
                                     muster_diff_new_roster(diff));
    (void)muster_diff_leavers(diff, &count);
    if (result == EXIT_DONE && !output_is_standard(shared->output.path) && !shared->output.quiet) {
        inform("%s: %s", shared->output.path, number_counted(&grouped, count, "leaver", "leavers"));
    }
    return result;
}

static int leavers_rosters(struct muster_roster *old_roster, struct muster_roster *new_roster,
                           const struct shared *shared)
{
    struct muster_diff *diff = NULL;
    int result = findings_tell_as_asked(new_roster, shared);
    if (result != EXIT_DONE) {
        return result;
    }
    if (findings_stop(new_roster, &shared->input)) {
        findings_say_stopped(new_roster);
        return stopped_exit(&shared->input);
    }
    progress_begin("comparing");
    enum muster_status status = muster_leavers_open(&diff, old_roster, new_roster);
    progress_end();
    if (status != MUSTER_OK) {
        return status_complain(status, NULL, NULL);
    }
    result = leavers_write(diff, shared);
    muster_diff_close(diff);
    return result == EXIT_DONE ? findings_exit(new_roster, &shared->input) : result;
}

static int leavers_inputs(const struct shared *shared, const char *from)
{
    struct inputs inputs;
    struct rosters rosters = {0};
    if (from == NULL) {
        return options_wrong(&command_leavers,
                             "muster leavers --from last-week.snap export/ -o deprovision.csv",
                             "leavers needs --from OLD, the roster of before");
    }
    if (shared->output.privacy != MUSTER_PRIVACY_FULL && output_is_standard(shared->output.path)) {
        return options_wrong(&command_leavers, NULL,
                             "leavers are written in full: with --privacy only to a file, -o FILE");
    }
    if (shared->output.format != MUSTER_TEXT && output_is_standard(shared->output.path)) {
        return options_wrong(&command_leavers, NULL,
                             "leavers go to standard output: with --format, a file, -o FILE");
    }
    int result = inputs_resolve(&inputs, &shared->input, &shared->set);
    if (result != EXIT_DONE) {
        return result;
    }
    if (inputs.named[MUSTER_DEPROVISION]) {
        result = options_wrong(&command_leavers, "-o FILE says where to write it",
                               "leavers makes a deprovision file, and takes none");
    }
    inputs_drop(&inputs, MUSTER_DEPROVISION); /* one in the folder may be what is to be written */
    if (result == EXIT_DONE && inputs_find(&inputs, MUSTER_USERS) == NULL) {
        result = inputs_missing(&inputs, MUSTER_USERS, &command_leavers);
    }
    if (result == EXIT_DONE) {
        result = inputs_judge_from(&inputs, from, &command_leavers);
    }
    if (result == EXIT_DONE) {
        const struct rosters_wanted wanted = {.old_path = from, .new_inputs = &inputs};
        result = rosters_open(&rosters, &wanted, &shared->input);
    }
    if (result == EXIT_DONE) {
        result = leavers_rosters(rosters.old_roster, rosters.new_roster, shared);
    }
    rosters_close(&rosters);
    inputs_close(&inputs);
    return result;
}

static int leavers_run(int count, char **arguments)
{
    const char *from = NULL;
    const struct option options[] = {
        {"from", 0, OPTION_TEXT, &from, "OLD",
         "the roster of before: a snapshot (- is standard input) or a DIR"},
    };
    const struct option_group own[] = {{"Options of leavers", options, 1}, {NULL, NULL, 0}};
    struct shared shared;
    int result;
    if (!shared_open(&shared, &command_leavers, own,
                     (struct arguments){count, arguments, INPUT_LEFT}, &result)) {
        return result;
    }
    shared.input.users_suffice = true;
    result = leavers_inputs(&shared, from);
    shared_close(&shared);
    return result;
}

const struct command command_leavers = {
    .name = "leavers",
    .summary = "list who is gone, as a file ready to be deprovisioned",
    .usage = usage,
    .run = leavers_run,
};
