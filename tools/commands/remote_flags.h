/* SPDX-License-Identifier: MIT */
/* The options of the commands that speak to a remote. */
#ifndef MUSTER_TOOLS_COMMANDS_REMOTE_FLAGS_H
#define MUSTER_TOOLS_COMMANDS_REMOTE_FLAGS_H

#include "options.h"
#include "output.h"
#include "remote/remote.h"

enum { REMOTE_OPTION_COUNT = 3 };

/* Set the defaults, fill `list`, which has room for REMOTE_OPTION_COUNT, and return its group. */
struct option_group remote_flags_list(struct remote_options *remote, struct option *list);

/* Judge what parsing could not. EXIT_DONE, or EXIT_USAGE after saying why. */
int remote_flags_settle(const struct remote_options *remote, const struct command *command);

/* The same for the form of what the remote has answered. */
int answer_flags_settle(const struct output_options *output, const struct command *command);

#endif
