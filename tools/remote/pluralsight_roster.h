/* SPDX-License-Identifier: MIT */
/* The live organisation as the files of an export, and as a snapshot. */
#ifndef MUSTER_TOOLS_REMOTE_PLURALSIGHT_ROSTER_H
#define MUSTER_TOOLS_REMOTE_PLURALSIGHT_ROSTER_H

#include "remote/pluralsight_losses.h"
#include "remote/pluralsight_people.h"
#include "remote/remote.h"

/* Check what is live wherever a file is asked for, and write the one of -o. EXIT_DONE,
 * EXIT_FINDINGS where the live data break a rule (what is kept is written all the same), or an exit
 * code after saying why. *stopped where it was said that nothing is written. */
int pulled_roster_write(const struct people *people, const struct pull_options *options,
                        bool *stopped);

/* The report about the use of the plan, and the deprovision file of those who do not use it. */
int pulled_report_write(const struct people *people, const struct losses *losses,
                        const struct pull_options *options);
int pulled_deprovision_write(const struct people *people, const struct pull_options *options);

/* Whether somebody on the plan has not logged in since the date; never counts as not. A moment that
 * cannot be read proves nothing. */
bool person_is_inactive(const struct person *person, const char *since);

#endif
