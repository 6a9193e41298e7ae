/* SPDX-License-Identifier: MIT */
/* Opening rosters. Everything here complains by itself; what it returns is an exit code. */
#ifndef MUSTER_TOOLS_ROSTERS_H
#define MUSTER_TOOLS_ROSTERS_H

#include <stdbool.h>

#include "inputs.h"
#include "muster.h"

/* Read and check; *roster belongs to the caller. EXIT_DONE or the exit code of the failure. */
int inputs_open(struct muster_roster **roster, const struct inputs *inputs,
                const struct input_options *options);

/*
 * The roster that is compared with: a snapshot file ("-": standard input) or a DIR of CSV files.
 * Its findings are nobody's business, so --root, --ignore and --severity do not apply to it, and
 * where a fatal finding spoils it that is said here. EXIT_DONE or an exit code.
 */
int roster_open_old(struct muster_roster **roster, const char *path,
                    const struct input_options *options);

/* Nothing is to be written over the files of such a roster, whether or not it will be opened.
 * EXIT_DONE, or an exit code where there is no such thing. */
int roster_spare_old(const char *path, const struct input_options *options);

/* The two sides of a comparison; the new one is a path like the old one, or inputs. */
struct rosters {
    struct muster_roster *old_roster, *new_roster;
};
struct rosters_wanted {
    const char *old_path;
    const char *new_path;            /* NULL: */
    const struct inputs *new_inputs; /* what is to be read and checked */
};

/*
 * Open both, where they are large at the same time. Complaints about the old one come first.
 * Whatever has been opened belongs to the caller, also after a failure.
 */
int rosters_open(struct rosters *rosters, const struct rosters_wanted *wanted,
                 const struct input_options *options);
void rosters_close(struct rosters *rosters);

/* Somebody whose record is only broken has not left: say so, because what is made of the leavers
 * takes something away from them. EXIT_DONE, or an exit code after saying why. */
int leavers_tell_rejected(struct muster_diff *diff);

#endif
