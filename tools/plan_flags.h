/* SPDX-License-Identifier: MIT */
/* The options of the commands that make a plan: what it may take away, and what becomes of users.
 */
#ifndef MUSTER_TOOLS_PLAN_FLAGS_H
#define MUSTER_TOOLS_PLAN_FLAGS_H

#include <stdbool.h>

#include "command.h"
#include "muster.h"
#include "options.h"

/* Zeroed: the defaults. */
struct plan_flags {
    struct option_list limits;         /* KIND=N or KIND=P%, as they stand in the arguments */
    struct option_list subtree_limits; /* KIND=P% */
    bool keep_users;
    bool retain_privileges;
    bool no_manager_invites;
};

enum { PLAN_OPTION_COUNT = 5 };

/* Fill `list`, which has room for PLAN_OPTION_COUNT, and return its group. */
struct option_group plan_flags_list(struct plan_flags *flags, struct option *list);

/* What the engine wants to know of them; its other options stay. EXIT_DONE, or EXIT_USAGE after
 * saying why. */
int plan_flags_settle(const struct plan_flags *flags, struct muster_plan_options *engine,
                      const struct command *command);

void plan_flags_close(struct plan_flags *flags);

#endif
