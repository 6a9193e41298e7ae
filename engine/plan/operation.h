/* SPDX-License-Identifier: MIT */
/*
 * What can be done to the other side, as a plan keeps it: 16 bytes an operation, all indexes. A
 * plan may have ten million of them; the words are made when an operation is asked for.
 *
 *     kind                                     subject            from       to
 *     rekeyTeam                                team
 *     rekeyUser                                user
 *     renameTeam                               team               name       name
 *     addTeam                                  team                          parent
 *     moveTeam                                 team               parent     parent
 *     addTeamMember, addTeamManager            user                          team
 *     moveTeamMember                           user               team       team
 *     removeTeamMember, removeTeamManager      user               team
 *     deleteTeam                               team
 *     removeUser, removeLicense                user
 *
 * A team is numbered as in plan_state.h. A user is a place of the new roster, or of the roster that
 * a flag names. OPERATION_NONE is no team: the top level.
 */
#ifndef MUSTER_PLAN_OPERATION_H
#define MUSTER_PLAN_OPERATION_H

#include <stdint.h>

#include "muster.h"

#define OPERATION_NONE UINT32_MAX

#define STEP_TEMPORARY   0x01U
#define STEP_OLD_USER    0x02U /* the subject is a place of the old roster */
#define STEP_DEPROVISION 0x04U /* the subject is a place of the deprovision file */
#define STEP_AGAIN       0x08U /* a record before it has named the same user */

struct step {
    uint8_t kind; /* enum muster_operation_kind */
    uint8_t flags;
    uint32_t subject;
    uint32_t from, to;
};

/* The name of a team in a renameTeam: one that a roster gives it, or one that the plan made up. */
#define NAME_OLD  UINT32_MAX
#define NAME_NEW  (UINT32_MAX - 1)
#define NAME_LAST (UINT32_MAX - 2)

#endif
