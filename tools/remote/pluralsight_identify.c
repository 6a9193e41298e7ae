/* SPDX-License-Identifier: MIT */
/*
 * Who is who for the customer. The remote has ids of its own; the customer's id of a user is the
 * SSO id, and that of a team is known only to a roster of before.
 */
#include <string.h>

#include "remote/json_text.h"
#include "remote/pluralsight_people.h"

/* The users and teams of a known roster, by what the remote knows of them. */
struct known {
    json_t *ids;      /* user id to itself */
    json_t *emails;   /* lower-cased address to user id */
    json_t *team_ids; /* team id to index */
    json_t *names;    /* final name to index, or to null where it is not unique */
    struct muster_roster *roster;
    bool exhausted;
};

static void known_put(struct known *known, json_t *object, struct muster_span key, json_t *value)
{
    if (json_object_setn_new(object, key.ptr != NULL ? key.ptr : "", key.len, value) != 0) {
        known->exhausted = true;
    }
}

static void known_users(struct known *known)
{
    struct text email = {0};
    struct muster_user user;

    for (uint32_t index = 0; index < muster_roster_user_places(known->roster); index++) {
        if (!muster_roster_user(known->roster, index, &user)) {
            continue;
        }
        text_clear(&email);
        text_lower(&email, user.email.ptr, user.email.len);
        struct muster_span key = {text_string(&email), email.size};
        known_put(known, known->ids, user.id, json_stringn(user.id.ptr, user.id.len));
        known_put(known, known->emails, key, json_stringn(user.id.ptr, user.id.len));
    }
    known->exhausted =
        known->exhausted || email.exhausted || muster_roster_status(known->roster) != MUSTER_OK;
    text_close(&email);
}

static void known_teams(struct known *known)
{
    struct muster_team team;

    for (uint32_t index = 0; index < muster_roster_team_count(known->roster); index++) {
        muster_roster_team(known->roster, index, &team);
        known_put(known, known->team_ids, team.id, json_integer(index));
        bool again = json_object_getn(known->names, team.final_name.ptr, team.final_name.len);
        known_put(known, known->names, team.final_name, again ? json_null() : json_integer(index));
    }
}

static bool known_open(struct known *known, struct muster_roster *roster)
{
    *known = (struct known){
        .ids = json_object(),
        .emails = json_object(),
        .team_ids = json_object(),
        .names = json_object(),
        .roster = roster,
    };
    if (roster != NULL) {
        known_users(known);
        known_teams(known);
    }
    return !known->exhausted && known->ids != NULL && known->emails != NULL &&
           known->team_ids != NULL && known->names != NULL;
}

static void known_close(struct known *known)
{
    json_decref(known->ids);
    json_decref(known->emails);
    json_decref(known->team_ids);
    json_decref(known->names);
}

static const json_t *known_email(const struct known *known, const char *email, size_t size)
{
    struct text text = {0};

    text_lower(&text, email, size);
    const json_t *id = json_object_getn(known->emails, text_string(&text), text.size);
    text_close(&text);
    return id;
}

/* SSO id, first address, other addresses: the order in which the remote itself matches. */
static const json_t *known_user(const struct known *known, const struct person *person)
{
    const json_t *id = json_object_get(known->ids, person->sso);

    if (id == NULL && person->email[0] != '\0') {
        id = known_email(known, person->email, strlen(person->email));
    }
    for (const char *at = person->emails; id == NULL && *at != '\0';) {
        size_t length = strcspn(at, "\n");
        id = known_email(known, at, length);
        at += length + 1;
    }
    return id;
}

static void person_identify(struct people *people, const struct known *known, struct person *person)
{
    const json_t *id = known_user(known, person);

    if (id != NULL) {
        person->id = people_keep(people, json_string_value(id), json_string_length(id));
    } else if (person->sso[0] != '\0') {
        person->id = person->sso;
    } else {
        person->id = person->email[0] != '\0' ? person->email : person->remote_id;
    }
}

/* Takes over id and name of the team that the remote shows under this name. */
static void team_identify(struct people *people, const struct known *known,
                          struct managed_team *managed)
{
    const json_t *index = json_object_get(known->team_ids, managed->remote_id);
    struct muster_team team;

    managed->id = managed->remote_id;
    if (!json_is_integer(index)) {
        index = json_object_get(known->names, managed->remote_name);
    }
    if (!json_is_integer(index)) {
        return;
    }
    muster_roster_team(known->roster, (uint32_t)json_integer_value(index), &team);
    managed->id = people_keep(people, team.id.ptr, team.id.len);
    size_t size = strlen(managed->remote_name);
    if (team.final_name.len == size &&
        memcmp(team.final_name.ptr, managed->remote_name, size) == 0) {
        managed->name = people_keep(people, team.name.ptr, team.name.len);
    }
}

bool people_identify(struct people *people, struct muster_roster *known_roster)
{
    struct known known;

    if (!known_open(&known, known_roster)) {
        known_close(&known);
        return false;
    }
    for (size_t index = 0; index < people->person_count; index++) {
        person_identify(people, &known, &people->persons[index]);
    }
    for (size_t index = 0; index < people->team_count; index++) {
        team_identify(people, &known, &people->teams[index]);
    }
    known_close(&known);
    return !people->exhausted && people_names_restore(people);
}
