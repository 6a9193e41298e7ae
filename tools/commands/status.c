/* SPDX-License-Identifier: MIT */
#include "commands/remote_flags.h"
#include "commands/shared.h"
#include "remote/remote.h"

static const char usage[] =
    "usage: muster status URL | RECEIPT\n"
    "\n"
    "Follows a job of the remote to its end and shows what came of it. The job is\n"
    "named by its statusUrl, or by the receipt of the push that began it, which is\n"
    "brought up to date. The token goes to the remote alone: the address must have\n"
    "the origin of --base, which is https://integrations-api.pluralsight.com unless\n"
    "it is given; a receipt knows its own.\n"
    "\n"
    "examples:\n"
    "  muster status monday.receipt --token-file token\n"
    "  muster status https://integrations-api.pluralsight.com/sync-users/ID/status\n"
    "\n"
    "exit codes: 0 done, 2 wrong usage, 3 the receipt cannot be read, 6 the remote\n"
    "refused, 7 it is unavailable or the job has not ended in time, 8 it finished\n"
    "with errors\n";

static int status_settle(struct status_options *status, const struct shared *shared)
{
    if (shared->set.file_count != 1) {
        return options_wrong(&command_status, NULL, "status needs one address or one receipt");
    }
    status->job = shared->set.files[0];
    if (is_standard_input(status->job)) {
        return options_wrong(&command_status, NULL,
                             "a receipt is a file, which is brought up to date: not -");
    }
    status->shared = shared;
    int result = remote_flags_settle(&status->remote, &command_status);
    return result == EXIT_DONE ? answer_flags_settle(&shared->output, &command_status) : result;
}

static int status_run(int count, char **items)
{
    struct status_options status = {.command = &command_status};
    struct shared shared = {.set = {.command = &command_status}};
    const struct option options[] = {
        {"once", 0, OPTION_FLAG, &status.once, NULL, "ask once, do not wait for the end"},
    };
    struct option remote_list[REMOTE_OPTION_COUNT];
    int result;

    output_options_init(&shared.output);
    shared.groups[0] =
        (struct option_group){"Options of status", options, sizeof options / sizeof options[0]};
    shared.groups[1] = remote_flags_list(&status.remote, remote_list);
    shared.groups[2] = output_options_list(&shared.output, shared.output_list);
    shared.set.groups = shared.groups;
    shared.set.group_count = 3;
    if (!options_parse(&shared.set, count, items, &result)) {
        return result;
    }
    result = output_options_settle(&shared.output, &command_status);
    if (result == EXIT_DONE) {
        result = status_settle(&status, &shared);
    }
    if (result == EXIT_DONE) {
        result = remote_status(&status);
    }
    shared_close(&shared);
    return result;
}

const struct command command_status = {
    .name = "status",
    .summary = "follow a job of the remote to its end",
    .usage = usage,
    .run = status_run,
};
