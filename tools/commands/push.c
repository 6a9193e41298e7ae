/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "commands/shared.h"
#include "limits.h"
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

struct push_arguments {
    struct option_list limits;
    struct option_list subtree_limits;
};

static int push_settle(struct push_options *options, const struct push_arguments *arguments)
{
    const struct command *command = options->command;

    if (options->remote.timeout == 0 || options->remote.timeout > REMOTE_TIMEOUT_MAX) {
        return options_wrong(command, NULL, "--timeout is a number of seconds from 1 to %d",
                             REMOTE_TIMEOUT_MAX);
    }
    if (options->retain_privileges && !options->keep_users) {
        retaining_say_ignored();
    }
    if (options->receipt != NULL && is_standard_input(options->receipt)) {
        return options_wrong(command, NULL, "--receipt names a file, which is kept: not -");
    }
    if (options->unchecked && options->from != NULL) {
        return options_wrong(command, NULL, "--from weighs what was checked: not with --no-check");
    }
    if (options->shared->output.privacy != MUSTER_PRIVACY_FULL &&
        options->shared->output.format == MUSTER_SYNC) {
        return options_wrong(command, NULL,
                             "--format sync shows the remote's answer in full: not with --privacy");
    }
    int result = limits_read(options->limits, &arguments->limits, command, false);
    return result == EXIT_DONE
               ? limits_read(options->subtree_limits, &arguments->subtree_limits, command, true)
               : result;
}

static int push_run(int count, char **items)
{
    struct push_options push = {.command = &command_push,
                                .remote = {.timeout = REMOTE_TIMEOUT_DEFAULT}};
    struct push_arguments arguments = {0};
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
        {"no-manager-invites", 0, OPTION_FLAG, &push.no_manager_invites, NULL,
         "no invitations by e-mail (sendManagerInvites=false)"},
        {"keep-users", 0, OPTION_FLAG, &push.keep_users, NULL,
         "deprovision: take the license, keep the user (removeUsers=false)"},
        {"retain-privileges", 0, OPTION_FLAG, &push.retain_privileges, NULL,
         "deprovision with --keep-users: managers stay managers (retainPrivileges=true)"},
        {"limit", 0, OPTION_LIST, &arguments.limits, "KIND=N|P%", "replace the limit of a guard"},
        {"limit-subtree", 0, OPTION_LIST, &arguments.subtree_limits, "KIND=P%",
         "a limit for every top-level team of at least 20"},
        {"target", 0, OPTION_CHOICE, &push.target, "pluralsight|sparkwise",
         "the remote system (default pluralsight)"},
        {"base", 0, OPTION_TEXT, &push.remote.base, "URL",
         "its address, where it is not the documented one"},
        {"token-file", 0, OPTION_TEXT, &push.remote.token_file, "FILE",
         "the file that holds the token; - is standard input"},
        {"timeout", 0, OPTION_NUMBER, &push.remote.timeout, "SECONDS",
         "for everything together (default 900)"},
    };
    struct option_group own = {"Options of push", options, sizeof options / sizeof options[0]};
    struct shared shared;
    int result;

    if (shared_open(&shared, &command_push, own, (struct arguments){count, items, INPUT_SCOPED},
                    &result)) {
        push.shared = &shared;
        shared.input.users_suffice = push.target == TARGET_SPARKWISE;
        result = push_settle(&push, &arguments);
        if (result == EXIT_DONE) {
            result = remote_push(&push);
        }
        shared_close(&shared);
    }
    option_list_close(&arguments.limits);
    option_list_close(&arguments.subtree_limits);
    return result;
}

const struct command command_push = {
    .name = "push",
    .summary = "send an export or a deprovision file to the remote",
    .usage = usage,
    .run = push_run,
};
