/* SPDX-License-Identifier: MIT */
/*
 * Where team names are not unique, the remote shows "Name (Manager - id)" or "Name (id)". A file
 * made of those would have them renamed again with the next push, so what was appended is taken
 * away; but only where two or more teams have the same name without it, none has that name as it
 * stands, and appending it again would give just what the remote shows.
 */
#include <stdlib.h>
#include <string.h>

#include "remote/json_text.h"
#include "remote/pluralsight_people.h"

/* What the remote appends to this team's name. */
static void suffix_make(struct text *suffix, const struct people *people,
                        const struct managed_team *team)
{
    text_put(suffix, " (");
    for (size_t index = 0; index < team->manager_count; index++) {
        const struct person *person = &people->persons[team->managers[index]];
        bool both = person->first_name[0] != '\0' && person->last_name[0] != '\0';
        if (person->on_account && (person->first_name[0] != '\0' || person->last_name[0] != '\0')) {
            text_format(suffix, "%s%s%s - ", person->first_name, both ? " " : "",
                        person->last_name);
            break;
        }
    }
    text_format(suffix, "%s)", team->id);
}

/* The length of the name without the suffix, or 0 where the name does not end with it. */
static size_t plain_length(const struct people *people, const struct managed_team *team)
{
    struct text suffix = {0};
    size_t length = strlen(team->remote_name);
    size_t plain = 0;

    suffix_make(&suffix, people, team);
    if (length > suffix.size &&
        memcmp(team->remote_name + length - suffix.size, text_string(&suffix), suffix.size) == 0) {
        plain = length - suffix.size;
    }
    text_close(&suffix);
    return plain;
}

/* Count the teams that could share a plain name; a team that has it as it stands forbids it. */
static bool plain_count(json_t *plains, const struct people *people, const size_t *lengths)
{
    bool fine = true;

    for (size_t index = 0; index < people->team_count; index++) {
        const char *name = people->teams[index].remote_name;
        const json_t *before = json_object_getn(plains, name, lengths[index]);
        json_int_t count = before != NULL ? json_integer_value(before) + 1 : 1;
        if (lengths[index] > 0) {
            fine = json_object_setn_new(plains, name, lengths[index], json_integer(count)) == 0 &&
                   fine;
        }
    }
    for (size_t index = 0; index < people->team_count; index++) {
        const char *name = people->teams[index].remote_name;
        if (json_object_get(plains, name) != NULL) {
            fine = json_put(plains, name, json_integer(0)) && fine;
        }
    }
    return fine;
}

bool people_names_restore(struct people *people)
{
    size_t *lengths = calloc(people->team_count + 1, sizeof(*lengths));
    json_t *plains = json_object();

    if (lengths == NULL || plains == NULL) {
        free(lengths);
        json_decref(plains);
        return false;
    }
    for (size_t index = 0; index < people->team_count; index++) {
        lengths[index] = plain_length(people, &people->teams[index]);
    }
    bool fine = plain_count(plains, people, lengths);
    for (size_t index = 0; index < people->team_count; index++) {
        struct managed_team *team = &people->teams[index];
        const json_t *count = json_object_getn(plains, team->remote_name, lengths[index]);
        bool known = team->name != team->remote_name;
        if (!known && lengths[index] > 0 && json_integer_value(count) > 1) {
            team->name = people_keep(people, team->remote_name, lengths[index]);
        }
    }
    free(lengths);
    json_decref(plains);
    return fine && !people->exhausted;
}
