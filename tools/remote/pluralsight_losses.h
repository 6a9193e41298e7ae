/* SPDX-License-Identifier: MIT */
/* What of the live lists a roster does not keep, and why; each reason has a count of its own. */
#ifndef MUSTER_TOOLS_REMOTE_PLURALSIGHT_LOSSES_H
#define MUSTER_TOOLS_REMOTE_PLURALSIGHT_LOSSES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "remote/pluralsight_people.h"
#include "remote/text.h"

enum loss {
    LOSS_STRANGERS,   /* manager places of people who are not users of the plan */
    LOSS_COMMAS,      /* manager places of users whose id would be read as several */
    LOSS_PLACES,      /* manager places in teams that are not listed */
    LOSS_PARENTS,     /* teams whose parent is not listed */
    LOSS_TEAMS,       /* users whose team is not listed */
    LOSS_UNCLEAR,     /* users of whom it is not said which team is theirs */
    LOSS_SEVERAL,     /* users with more than one team of their own */
    LOSS_USERS_TWICE, /* users who came again with other data */
    LOSS_TEAMS_TWICE,
    LOSS_COUNT
};

struct losses {
    size_t counts[LOSS_COUNT];
};

/* After people_identify. */
void losses_count(struct losses *losses, const struct people *people);

/* On standard error: a complaint about what could not be resolved, which makes of a roster another
 * one than what is live, and the reasons, where a roster is written. */
void losses_tell(const struct losses *losses, bool written);

/* For the reports: a row for each reason that there is, or all counts by name. */
void losses_text(struct text *text, const struct losses *losses);
json_t *losses_json(const struct losses *losses);

#endif
