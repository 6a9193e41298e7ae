/* SPDX-License-Identifier: MIT */
/* Stands for all that speaks to a remote where the program is built without libcurl. */
#include "command.h"
#include "remote/remote.h"
#include "terminal.h"

static int network_missing(const struct command *command)
{
    complain("this build of muster has no network: %s needs libcurl", command->name);
    advise("build it with -DMUSTER_WITH_CURL=ON, or send the files with curl");
    return EXIT_USAGE;
}

int remote_push(const struct push_options *options)
{
    return network_missing(options->command);
}

int remote_status(const struct status_options *options)
{
    return network_missing(options->command);
}

int remote_pull(const struct pull_options *options)
{
    return network_missing(options->command);
}
