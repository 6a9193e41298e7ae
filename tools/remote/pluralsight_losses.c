/* SPDX-License-Identifier: MIT */
#include "remote/pluralsight_losses.h"

#include <string.h>

#include "remote/json_text.h"
#include "terminal.h"

/* A reason in a sentence is `before`, the count of `one` or `many`, and `after`. */
static const struct {
    const char *key;   /* in the JSON report */
    const char *label; /* in the text report */
    const char *before;
    const char *one;
    const char *many;
    const char *after;
    bool unresolved; /* the lists contradict themselves: nobody can know what was meant */
} reasons[LOSS_COUNT] = {
    [LOSS_STRANGERS] = {"managersNotOnPlan", "managers not on the plan",
                        "left out: ", "manager place", "manager places",
                        " of people who are not users of the plan", false},
    [LOSS_COMMAS] = {"managersWithComma", "managers with a comma", "left out: ", "manager place",
                     "manager places",
                     " of users whose id holds a comma, which separates ids in manager_ids", false},
    [LOSS_PLACES] = {"managersOfUnlistedTeams", "managers of unlisted teams", "left out: ",
                     "manager place", "manager places", " in a team that is not listed", true},
    [LOSS_PARENTS] = {"unlistedParents", "unlisted parent teams", "", "team is", "teams are",
                      " below a team that is not listed: put at the top level", true},
    [LOSS_TEAMS] = {"unlistedTeams", "users of unlisted teams", "", "user is", "users are",
                    " in a team that is not listed: kept without a team", true},
    [LOSS_UNCLEAR] = {"unclearTeams", "users of unclear teams", "it is not said in which teams ",
                      "user is", "users are", ": only what is clear is kept", true},
    [LOSS_SEVERAL] = {"severalTeams", "users in several teams", "", "user is", "users are",
                      " in several teams: only the first of them is kept", false},
    [LOSS_USERS_TWICE] = {"usersTwice", "users who came twice", "", "user came", "users came",
                          " again with other data: what came first is kept", true},
    [LOSS_TEAMS_TWICE] = {"teamsTwice", "teams that came twice", "", "team came", "teams came",
                          " again with other data: what came first is kept", true},
};

static void persons_count(struct losses *losses, const struct people *people)
{
    size_t team = 0;

    for (size_t index = 0; index < people->person_count; index++) {
        const struct person *person = &people->persons[index];
        if (!person->on_account) {
            continue; /* they are not in a roster at all */
        }
        bool listed =
            person->team[0] == '\0' || people_find(people->team_index, person->team, &team);
        losses->counts[LOSS_TEAMS] += listed ? 0 : 1;
        losses->counts[LOSS_UNCLEAR] += person->team_unclear ? 1 : 0;
        losses->counts[LOSS_SEVERAL] += person->several_teams ? 1 : 0;
    }
}

static void team_count(struct losses *losses, const struct people *people,
                       const struct managed_team *team)
{
    size_t parent = 0;
    bool listed = team->parent[0] == '\0' || people_find(people->team_index, team->parent, &parent);

    losses->counts[LOSS_PARENTS] += !listed || team->parent_unclear ? 1 : 0;
    for (size_t index = 0; index < team->manager_count; index++) {
        const struct person *person = &people->persons[team->managers[index]];
        if (!person->on_account) {
            losses->counts[LOSS_STRANGERS]++;
        } else if (strchr(person->id, ',') != NULL) {
            losses->counts[LOSS_COMMAS]++;
        }
    }
}

void losses_count(struct losses *losses, const struct people *people)
{
    *losses = (struct losses){{0}};
    losses->counts[LOSS_STRANGERS] = people->unknown_managers;
    losses->counts[LOSS_PLACES] = people->unlisted_places;
    losses->counts[LOSS_USERS_TWICE] = people->persons_twice;
    losses->counts[LOSS_TEAMS_TWICE] = people->teams_twice;
    persons_count(losses, people);
    for (size_t index = 0; index < people->team_count; index++) {
        team_count(losses, people, &people->teams[index]);
    }
}

void losses_tell(const struct losses *losses, bool written)
{
    struct grouped room;
    size_t unresolved = 0;

    for (size_t loss = 0; loss < LOSS_COUNT; loss++) {
        unresolved += reasons[loss].unresolved ? losses->counts[loss] : 0;
    }
    if (unresolved > 0) {
        complain("%s of the remote's lists cannot be resolved: what was read is not all that is "
                 "live",
                 number_counted(&room, unresolved, "entry", "entries"));
    }
    for (size_t loss = 0; loss < LOSS_COUNT && written; loss++) {
        size_t count = losses->counts[loss];
        if (count == 0) {
            continue;
        }
        inform("%s%s%s", reasons[loss].before,
               number_counted(&room, count, reasons[loss].one, reasons[loss].many),
               reasons[loss].after);
        if (loss == LOSS_COMMAS) {
            advise("no export can name them as managers either: give these users SSO ids without a "
                   "comma, then pull again");
        }
    }
}

void losses_text(struct text *text, const struct losses *losses)
{
    bool begun = false;

    for (size_t loss = 0; loss < LOSS_COUNT; loss++) {
        struct grouped room;
        if (losses->counts[loss] > 0) {
            text_put(text, begun ? "" : "Not kept in a roster\n");
            text_format(text, "  %-28s %10s\n", reasons[loss].label,
                        number_grouped(&room, losses->counts[loss]));
            begun = true;
        }
    }
}

json_t *losses_json(const struct losses *losses)
{
    json_t *counts = json_object();

    for (size_t loss = 0; loss < LOSS_COUNT; loss++) {
        if (!json_put(counts, reasons[loss].key, json_integer((json_int_t)losses->counts[loss]))) {
            json_decref(counts);
            return NULL;
        }
    }
    return counts;
}
