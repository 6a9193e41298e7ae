/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

#include <unistd.h>

#include "terminal.h"

static const char usage[] =
    "usage: muster diff OLD NEW\n"
    "\n"
    "Shows every difference between two rosters, field by field. OLD and NEW are\n"
    "each a snapshot or a folder with users.csv and teams.csv; for one of them - is a\n"
    "snapshot from standard input. Users are matched by id, then by e-mail address;\n"
    "teams by id, then by the name that the remote shows.\n"
    "\n"
    "Findings of NEW go to standard error, or are a part of the JSON; those of OLD\n"
    "are not shown.\n"
    "\n"
    "examples:\n"
    "  muster diff last-week.snap export/\n"
    "  muster diff old/ new/ --format jsonl --exit-code\n"
    "\n"
    "exit codes: 0 done, 1 findings in NEW, 2 wrong usage, 3 an input cannot be\n"
    "read, 10 there are differences and --exit-code was given\n";

/* Write the differences; *different says whether there are any. */
static int diff_report(struct muster_diff *diff, const struct shared *shared, bool *different)
{
    struct muster_difference difference;
    struct output output;
    int result = output_open(&output, shared->output.path);
    if (result != EXIT_DONE) {
        return result;
    }
    *different = muster_diff_next(diff, &difference);
    muster_diff_rewind(diff);
    struct muster_report_options report =
        output_report(&shared->output, shared->set.command, STDOUT_FILENO);
    progress_begin("writing the differences");
    enum muster_status status = muster_report_diff(diff, &report, output_write, &output);
    progress_end();
    return output_finish_unchanged(&output, status, muster_diff_old_roster(diff),
                                   muster_diff_new_roster(diff));
}

static int diff_rosters(struct muster_roster *old_roster, struct muster_roster *new_roster,
                        const struct shared *shared, bool exit_code)
{
    bool different = false;
    struct muster_diff *diff = NULL;
    bool fatal = muster_roster_summary(new_roster)->severities[MUSTER_FATAL] > 0;
    int result = EXIT_DONE;
    if (shared->output.format == MUSTER_TEXT) {
        result = findings_tell(new_roster, shared);
    } else if (fatal) {
        result = findings_report(new_roster, shared);
    }
    if (result != EXIT_DONE) {
        return result;
    }
    if (fatal) {
        complain("%s cannot be compared", shared->set.files[1]);
        return findings_exit(new_roster, &shared->input);
    }
    progress_begin("comparing");
    enum muster_status status = muster_diff_open(&diff, old_roster, new_roster);
    progress_end();
    if (status != MUSTER_OK) {
        return status_complain(status, NULL, NULL);
    }
    result = diff_report(diff, shared, &different);
    muster_diff_close(diff);
    if (result == EXIT_DONE) {
        result = findings_exit(new_roster, &shared->input);
    }
    return result == EXIT_DONE && exit_code && different ? EXIT_DIFFERENCES : result;
}

/* Rosters are compared as a whole; one of two files would say that everybody else is gone. */
static int paths_judge(const struct shared *shared)
{
    const char *named = input_options_named(&shared->input);
    return named == NULL
               ? EXIT_DONE
               : options_wrong(&command_diff,
                               "muster diff OLD NEW; put the files into a folder, as users.csv "
                               "and teams.csv",
                               "diff compares snapshots and folders, and takes no --%s", named);
}

static int diff_paths(const struct shared *shared, bool exit_code)
{
    struct rosters rosters;
    int result = paths_judge(shared);
    if (result != EXIT_DONE) {
        return result;
    }
    if (shared->set.file_count != 2) {
        return options_wrong(&command_diff, "muster diff OLD NEW",
                             "diff takes two rosters, a snapshot or a folder each, not %zu",
                             shared->set.file_count);
    }
    if (shared->output.format == MUSTER_SYNC) {
        return options_wrong(&command_diff, "muster plan --from OLD NEW --format sync",
                             "the remote has no answer about differences, so diff has no "
                             "--format sync");
    }
    if (is_standard_input(shared->set.files[0]) && is_standard_input(shared->set.files[1])) {
        return standard_input_twice(&command_diff);
    }
    const struct rosters_wanted wanted = {.old_path = shared->set.files[0],
                                          .new_path = shared->set.files[1]};
    result = rosters_open(&rosters, &wanted, &shared->input);
    if (result == EXIT_DONE) {
        result = diff_rosters(rosters.old_roster, rosters.new_roster, shared, exit_code);
    }
    rosters_close(&rosters);
    return result;
}

static int diff_run(int count, char **arguments)
{
    bool exit_code = false;
    const struct option options[] = {
        {"exit-code", 0, OPTION_FLAG, &exit_code, NULL, "exit 10 where there are differences"},
    };
    const struct option_group own[] = {{"Options of diff", options, 1}, {NULL, NULL, 0}};
    struct shared shared;
    int result;
    if (!shared_open(&shared, &command_diff, own,
                     (struct arguments){count, arguments, INPUT_COMPARED}, &result)) {
        return result;
    }
    result = diff_paths(&shared, exit_code);
    shared_close(&shared);
    return result;
}

const struct command command_diff = {
    .name = "diff",
    .summary = "show every difference between two rosters",
    .usage = usage,
    .run = diff_run,
};
