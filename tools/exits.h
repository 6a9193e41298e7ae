/* SPDX-License-Identifier: MIT */
/* What a status of the engine, or the findings of a roster, mean for the exit code. */
#ifndef MUSTER_TOOLS_EXITS_H
#define MUSTER_TOOLS_EXITS_H

#include <stdbool.h>

#include "command.h"
#include "inputs.h"
#include "muster.h"

/* Say what a status means for `subject` (a path, or NULL); returns the exit code for it. */
int status_complain(enum muster_status status, const struct muster_error *error,
                    const char *subject);

/* EXIT_DONE or EXIT_FINDINGS, as --fail-on says. */
int findings_exit(const struct muster_roster *roster, const struct input_options *options);

/* True where nothing may follow: a fatal finding, or in strict mode what is an error to the remote,
 * however --ignore and --severity grade it. */
bool findings_stop(const struct muster_roster *roster, const struct input_options *options);

/* The exit code of a command that was stopped so. */
int stopped_exit(const struct input_options *options);

/* The one of two exit codes that counts: findings give way to any other trouble. */
int exit_joined(int result, int other);

#endif
