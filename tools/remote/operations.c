/* SPDX-License-Identifier: MIT */
#include "remote/operations.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/*
 * How an operation begins, and what else stands in it. The first that fits decides, so the longer
 * ones come first. Behind our own words (which the sandbox uses, with a team's name in quotes and
 * the id of a person in brackets: somebody's first name may be Team) stand those of the product's
 * other interfaces.
 */
static const struct phrase {
    const char *start;
    const char *within; /* "": nothing more is asked for */
    enum muster_operation_kind kind;
} phrases[] = {
    {"change the id of team \"", "", MUSTER_REKEY_TEAM},
    {"change the id of ", "", MUSTER_REKEY_USER},
    {"rename team ", "", MUSTER_RENAME_TEAM},
    {"edit team ", "", MUSTER_RENAME_TEAM},
    {"add team member", "", MUSTER_ADD_TEAM_MEMBER},
    {"add team manager", "", MUSTER_ADD_TEAM_MANAGER},
    {"add team \"", "", MUSTER_ADD_TEAM},
    {"add ", ") as manager of team ", MUSTER_ADD_TEAM_MANAGER},
    {"add ", ") to team ", MUSTER_ADD_TEAM_MEMBER},
    {"add team ", "", MUSTER_ADD_TEAM},
    {"create team ", "", MUSTER_ADD_TEAM},
    {"move team member", "", MUSTER_MOVE_TEAM_MEMBER},
    {"move member", "", MUSTER_MOVE_TEAM_MEMBER},
    {"move team \"", "", MUSTER_MOVE_TEAM},
    {"move ", ") to team ", MUSTER_MOVE_TEAM_MEMBER},
    {"move team ", "", MUSTER_MOVE_TEAM},
    {"delete team ", "", MUSTER_DELETE_TEAM},
    {"remove team member", "", MUSTER_REMOVE_TEAM_MEMBER},
    {"remove team manager", "", MUSTER_REMOVE_TEAM_MANAGER},
    {"remove team \"", "", MUSTER_DELETE_TEAM},
    {"remove ", ") as manager of team ", MUSTER_REMOVE_TEAM_MANAGER},
    {"remove ", ") from team ", MUSTER_REMOVE_TEAM_MEMBER},
    {"remove team ", "", MUSTER_DELETE_TEAM},
    {"remove the license of ", "", MUSTER_REMOVE_LICENSE},
    {"remove license", "", MUSTER_REMOVE_LICENSE},
    {"add ", " as manager of team ", MUSTER_ADD_TEAM_MANAGER},
    {"invite ", "", MUSTER_ADD_TEAM_MANAGER},
    {"add ", " to team ", MUSTER_ADD_TEAM_MEMBER},
    {"remove ", " as manager of team ", MUSTER_REMOVE_TEAM_MANAGER},
    {"move ", " to team ", MUSTER_MOVE_TEAM_MEMBER},
    {"remove ", " from team ", MUSTER_REMOVE_TEAM_MEMBER},
    {"remove user ", "", MUSTER_REMOVE_USER},
};

/* "addTeam", as a word of its own at the start. */
static bool starts_with_name(const char *text, const char *name)
{
    size_t length = strlen(name);

    return strncmp(text, name, length) == 0 && !isalnum((unsigned char)text[length]);
}

enum muster_operation_kind operation_recognise(const char *text)
{
    if (text == NULL) {
        return MUSTER_OPERATION_KIND_COUNT;
    }
    for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        if (starts_with_name(text, muster_operation_kind_name(kind))) {
            return (enum muster_operation_kind)kind;
        }
    }
    for (size_t index = 0; index < sizeof(phrases) / sizeof(phrases[0]); index++) {
        const struct phrase *phrase = &phrases[index];
        size_t length = strlen(phrase->start);
        if (strncasecmp(text, phrase->start, length) == 0 &&
            strstr(text + length - 1, phrase->within) != NULL) {
            return phrase->kind;
        }
    }
    return MUSTER_OPERATION_KIND_COUNT;
}

void operation_counts_take(struct operation_counts *counts, const json_t *operations)
{
    *counts = (struct operation_counts){0};
    for (size_t index = 0; index < json_array_size(operations); index++) {
        counts->kinds[operation_recognise(json_string_value(json_array_get(operations, index)))]++;
    }
}

void operation_counts_plan(struct operation_counts *counts, const struct muster_plan *plan)
{
    const struct muster_forecast *forecast = muster_plan_forecast(plan);

    *counts = (struct operation_counts){0};
    for (size_t kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        counts->kinds[kind] = forecast->counts[kind];
    }
}

const char *operation_counts_name(size_t index)
{
    return index < MUSTER_OPERATION_KIND_COUNT
               ? muster_operation_kind_name((enum muster_operation_kind)index)
               : "other";
}
