/* SPDX-License-Identifier: MIT */
#include "commands/remote_flags.h"
#include "commands/shared.h"
#include "plan_flags.h"
#include "remote/endpoints.h"
#include "remote/remote.h"

static const char usage[] =
    "usage: muster push [FILE... | DIR] [--from OLD]\n"
    "\n"
    "Sends an export to the team structure connector and follows the job to its end;\n"
    "a deprovision file goes to license deprovisioning. Everything is checked first,\n"
    "and what cannot pass is not sent. With --from the own plan is held against the\n"
    "guards, and against what the remote lists.\n"
    "\n"
    "It is a dry run, with which the remote changes nothing, unless --live is given.\n"
    "A live run that removes something, or of which nobody knows, needs --yes. With\n"
    "--receipt a push that was interrupted goes on where it was, and nothing that\n"
    "changes something is sent twice.\n"
    "\n"
    "The remote is at " BASE_CONNECTOR ", unless --base\n"
    "names another address. The token comes from --token-file or the file that\n"
    "MUSTER_TOKEN_FILE names. --target sparkwise creates and updates users there and,\n"
    "with --from, deactivates those who have left.\n"
    "\n"
    "examples:\n"
    "  muster push export/ --from last-week.snap --token-file token\n"
    "  muster push export/ --live --yes --receipt monday.receipt --token-file token\n"
    "\n"
    "exit codes: 0 done, 1 findings, sent or not, 2 wrong usage, 3 a file cannot be\n"
    "read, 4 a guard stopped it or --yes is missing, 5 the receipt is about something\n"
    "else, 6 the remote refused, 7 it is unavailable, timed out, or nobody knows, 8\n"
    "it finished with errors\n";

static int push_settle(struct push_options *options, const struct plan_flags *flags)
{
    const struct command *command = options->command;
    const struct shared *shared = options->shared;

    if (flags->retain_privileges && !flags->keep_users) {
        retaining_say_ignored();
    }
    if (options->receipt != NULL && is_standard_input(options->receipt)) {
        return options_wrong(command, NULL, "--receipt names a file, which is kept: not -");
    }
    if (options->unchecked && options->from != NULL) {
        return options_wrong(command, NULL, "--from weighs what was checked: not with --no-check");
    }
    options->no_manager_invites = flags->no_manager_invites;
    options->plan.roots = shared->input.roots.items;
    options->plan.root_count = shared->input.roots.count;
    int result = remote_flags_settle(&options->remote, command);
    if (result == EXIT_DONE) {
        result = answer_flags_settle(&shared->output, command);
    }
    return result == EXIT_DONE ? plan_flags_settle(flags, &options->plan, command) : result;
}

static int push_run(int count, char **items)
{
    struct push_options push = {.command = &command_push};
    struct plan_flags flags = {0};
    const struct option options[] = {
        {"from", 0, OPTION_TEXT, &push.from, "OLD",
         "what the remote has now (a snapshot or a DIR): guards and comparison"},
        {"live", 0, OPTION_FLAG, &push.live, NULL, "apply the changes (dryRun=false)"},
        {"yes", 0, OPTION_FLAG, &push.yes, NULL, "a live run may remove what it removes"},
        {"force", 0, OPTION_FLAG, &push.force, NULL,
         "send in spite of findings, guards and an open receipt"},
        {"no-check", 0, OPTION_FLAG, &push.unchecked, NULL,
         "send without checking first: memory stays small, however large the files are"},
        {"receipt", 0, OPTION_TEXT, &push.receipt, "FILE", "keep what was sent and answered there"},
        {"target", 0, OPTION_CHOICE, &push.target, "pluralsight|sparkwise",
         "the remote system (default pluralsight)"},
    };
    struct option plan_list[PLAN_OPTION_COUNT];
    struct option remote_list[REMOTE_OPTION_COUNT];
    const struct option_group own[] = {
        {"Options of push", options, sizeof options / sizeof options[0]},
        plan_flags_list(&flags, plan_list),
        remote_flags_list(&push.remote, remote_list),
        {NULL, NULL, 0},
    };
    struct shared shared;
    int result;

    if (shared_open(&shared, &command_push, own, (struct arguments){count, items, INPUT_SCOPED},
                    &result)) {
        push.shared = &shared;
        shared.input.users_suffice = push.target == TARGET_SPARKWISE;
        result = push_settle(&push, &flags);
        if (result == EXIT_DONE) {
            result = remote_push(&push);
        }
        shared_close(&shared);
    }
    plan_flags_close(&flags);
    return result;
}

const struct command command_push = {
    .name = "push",
    .summary = "send an export or a deprovision file to the remote",
    .usage = usage,
    .run = push_run,
};
