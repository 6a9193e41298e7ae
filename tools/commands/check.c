/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

static const char usage[] =
    "usage: muster check [FILE... | DIR]\n"
    "\n"
    "Checks an export by every rule of the remote and shows what it finds: what is\n"
    "wrong, what the remote will do about it, and how to repair it.\n"
    "\n"
    "A DIR stands for the users.csv, teams.csv and deprovision.csv in it; without\n"
    "any argument it is the current folder. Files of other names are named with\n"
    "--users, --teams and --deprovision. Rules that need a missing file are said\n"
    "not to run.\n"
    "\n"
    "examples:\n"
    "  muster check export/\n"
    "  muster check --users staff.csv --teams org.csv --format jsonl -o out.jsonl\n"
    "\n"
    "exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage, 3 a\n"
    "file cannot be read\n";

static int check_inputs(const struct shared *shared)
{
    struct inputs inputs;
    struct muster_roster *roster = NULL;
    int result = inputs_resolve(&inputs, &shared->input, &shared->set);
    if (result != EXIT_DONE) {
        return result;
    }
    result = inputs_open(&roster, &inputs, &shared->input);
    if (result == EXIT_DONE) {
        result = findings_report(roster, shared);
    }
    if (result == EXIT_DONE) {
        result = findings_exit(roster, &shared->input);
    }
    muster_roster_close(roster);
    inputs_close(&inputs);
    return result;
}

static int check_run(int count, char **arguments)
{
    return shared_run(&command_check, (struct arguments){count, arguments, INPUT_CHECKED},
                      check_inputs);
}

const struct command command_check = {
    .name = "check",
    .summary = "validate an export",
    .usage = usage,
    .run = check_run,
};
