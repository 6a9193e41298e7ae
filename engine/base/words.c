/* SPDX-License-Identifier: MIT */
/* The names of the public enumerations, and the calls that look rules up. */
#include "muster.h"

#include <string.h>

#include "base/rules.h"

/* What an enumeration's name is for a value that it does not have. */
static const char not_a_value[] = "unknown";

const char *muster_status_text(enum muster_status status)
{
    switch (status) {
    case MUSTER_OK:
        return "Everything went well.";
    case MUSTER_NO_MEMORY:
        return "There is not enough memory, or a limit of the engine was reached.";
    case MUSTER_UNREADABLE:
        return "The file cannot be read.";
    case MUSTER_CHANGED:
        return "The file changed while it was read.";
    case MUSTER_TOO_LARGE:
        return "The file is larger than the engine allows.";
    case MUSTER_NOT_SNAPSHOT:
        return "The file is not a snapshot.";
    case MUSTER_NEWER:
        return "The snapshot was written by a newer version of muster.";
    case MUSTER_DAMAGED:
        return "The snapshot is damaged: its bytes are not those that were written.";
    case MUSTER_UNWRITABLE:
        return "The file cannot be written; one that was there is still whole.";
    case MUSTER_INCOMPLETE:
        return "A roster needs both a users and a teams file.";
    case MUSTER_FATAL_FINDING:
        return "What was found in the files does not allow to go on.";
    case MUSTER_INVALID_STEP:
        return "An operation of the plan is not valid where it stands.";
    }
    return "The status is not known.";
}

const char *muster_file_name(enum muster_file file)
{
    switch (file) {
    case MUSTER_USERS:
        return "users";
    case MUSTER_TEAMS:
        return "teams";
    case MUSTER_DEPROVISION:
        return "deprovision";
    case MUSTER_FILE_COUNT:
        break;
    }
    return not_a_value;
}

const char *muster_severity_name(enum muster_severity severity)
{
    switch (severity) {
    case MUSTER_INFO:
        return "info";
    case MUSTER_WARNING:
        return "warning";
    case MUSTER_ERROR:
        return "error";
    case MUSTER_FATAL:
        return "fatal";
    case MUSTER_SEVERITY_COUNT:
        break;
    }
    return not_a_value;
}

const char *muster_operation_kind_name(enum muster_operation_kind kind)
{
    static const char *const names[MUSTER_OPERATION_KIND_COUNT] = {
        [MUSTER_REKEY_TEAM] = "rekeyTeam",
        [MUSTER_REKEY_USER] = "rekeyUser",
        [MUSTER_RENAME_TEAM] = "renameTeam",
        [MUSTER_ADD_TEAM] = "addTeam",
        [MUSTER_MOVE_TEAM] = "moveTeam",
        [MUSTER_ADD_TEAM_MEMBER] = "addTeamMember",
        [MUSTER_MOVE_TEAM_MEMBER] = "moveTeamMember",
        [MUSTER_REMOVE_TEAM_MEMBER] = "removeTeamMember",
        [MUSTER_ADD_TEAM_MANAGER] = "addTeamManager",
        [MUSTER_REMOVE_TEAM_MANAGER] = "removeTeamManager",
        [MUSTER_DELETE_TEAM] = "deleteTeam",
        [MUSTER_REMOVE_USER] = "removeUser",
        [MUSTER_REMOVE_LICENSE] = "removeLicense",
    };
    return (unsigned)kind < MUSTER_OPERATION_KIND_COUNT ? names[kind] : not_a_value;
}

const struct muster_rule *muster_rule(enum muster_code code)
{
    return (unsigned)code < MUSTER_CODE_COUNT ? &rules[code] : NULL;
}

const struct muster_rule *muster_rule_named(const char *name)
{
    for (int code = 0; name != NULL && code < MUSTER_CODE_COUNT; code++) {
        if (strcmp(rules[code].name, name) == 0) {
            return &rules[code];
        }
    }
    return NULL;
}
