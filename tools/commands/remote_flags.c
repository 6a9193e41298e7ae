/* SPDX-License-Identifier: MIT */
#include "commands/remote_flags.h"

#include <string.h>

struct option_group remote_flags_list(struct remote_options *remote, struct option *list)
{
    const struct option all[REMOTE_OPTION_COUNT] = {
        {"base", 0, OPTION_TEXT, &remote->base, "URL",
         "the remote's address, where it is not the documented one"},
        {"token-file", 0, OPTION_TEXT, &remote->token_file, "FILE",
         "the file that holds the token; - is standard input"},
        {"timeout", 0, OPTION_NUMBER, &remote->timeout, "SECONDS",
         "for everything together (default 900)"},
    };
    remote->timeout = REMOTE_TIMEOUT_DEFAULT;
    memcpy(list, all, sizeof all);
    return (struct option_group){"Options about the remote", list, REMOTE_OPTION_COUNT};
}

int remote_flags_settle(const struct remote_options *remote, const struct command *command)
{
    if (remote->timeout == 0 || remote->timeout > REMOTE_TIMEOUT_MAX) {
        return options_wrong(command, NULL, "--timeout is a number of seconds from 1 to %d",
                             REMOTE_TIMEOUT_MAX);
    }
    return EXIT_DONE;
}

int answer_flags_settle(const struct output_options *output, const struct command *command)
{
    if (output->privacy != MUSTER_PRIVACY_FULL && output->format == MUSTER_SYNC) {
        return options_wrong(command, NULL,
                             "--format sync shows the remote's answer in full: not with --privacy");
    }
    return EXIT_DONE;
}
