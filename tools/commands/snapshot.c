/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

#include <sys/stat.h>

#include "terminal.h"

static const char usage[] =
    "usage: muster snapshot [FILE... | DIR] -o SNAP\n"
    "\n"
    "Checks an export and keeps what the rules leave of it in one file, for the\n"
    "next export to be compared with. The file is written whole or not at all, and\n"
    "only its owner can read it. After a fatal finding, or an error with --strict,\n"
    "nothing is written. Findings go to standard error, or with --format to\n"
    "standard output.\n"
    "\n"
    "examples:\n"
    "  muster snapshot export/ -o last-week.snap\n"
    "  muster snapshot --users staff.csv --teams org.csv -o org.snap --strict\n"
    "\n"
    "exit codes: 0 done, 1 findings (the snapshot is written in lenient mode), 2\n"
    "wrong usage, 3 a file cannot be read or written\n";

static int snapshot_write(struct muster_roster *roster, const struct shared *shared)
{
    struct muster_error error = {0};
    struct grouped users;
    struct grouped teams;
    const struct muster_summary *summary = muster_roster_summary(roster);
    progress_begin("writing the snapshot");
    enum muster_status status = output_snapshot(roster, shared->output.path, &error);
    progress_end();
    if (status != MUSTER_OK) {
        return status_complain(status, &error,
                               status == MUSTER_UNWRITABLE ? shared->output.path : NULL);
    }
    if (!shared->output.quiet) {
        inform("%s: %s, %s", shared->output.path,
               number_counted(&users, summary->kept[MUSTER_USERS], "user", "users"),
               number_counted(&teams, summary->kept[MUSTER_TEAMS], "team", "teams"));
    }
    return findings_exit(roster, &shared->input);
}

/* A snapshot is not written from its beginning to its end. */
static int place_judge(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode)) {
        complain("cannot write %s: a snapshot goes into a file, not into a pipe", path);
        return EXIT_UNREADABLE;
    }
    return EXIT_DONE;
}

static int snapshot_inputs(const struct shared *shared)
{
    struct inputs inputs;
    struct muster_roster *roster = NULL;
    if (output_is_standard(shared->output.path)) {
        return options_wrong(&command_snapshot, "muster snapshot export/ -o last-week.snap",
                             "snapshot needs -o SNAP, the file to write");
    }
    int result = place_judge(shared->output.path);
    if (result == EXIT_DONE) {
        result = inputs_resolve(&inputs, &shared->input, &shared->set);
    }
    if (result != EXIT_DONE) {
        return result;
    }
    for (unsigned file = MUSTER_USERS; file <= MUSTER_TEAMS && result == EXIT_DONE; file++) {
        if (inputs_find(&inputs, file) == NULL) {
            result = inputs_missing(&inputs, file, &command_snapshot);
        }
    }
    if (result == EXIT_DONE) {
        result = inputs_open(&roster, &inputs, &shared->input);
    }
    if (result == EXIT_DONE) {
        result = findings_tell_as_asked(roster, shared);
    }
    if (result == EXIT_DONE && findings_stop(roster, &shared->input)) {
        findings_say_stopped(roster);
        result = stopped_exit(&shared->input);
    } else if (result == EXIT_DONE) {
        result = snapshot_write(roster, shared);
    }
    muster_roster_close(roster);
    inputs_close(&inputs);
    return result;
}

static int snapshot_run(int count, char **arguments)
{
    return shared_run(&command_snapshot, (struct arguments){count, arguments, INPUT_CHECKED},
                      snapshot_inputs);
}

const struct command command_snapshot = {
    .name = "snapshot",
    .summary = "keep a checked export in one file, to compare with",
    .usage = usage,
    .output_help = "the snapshot to be written",
    .run = snapshot_run,
};
