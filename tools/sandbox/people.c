/* SPDX-License-Identifier: MIT */
#include "sandbox/people.h"

#include "remote/json_text.h"

static bool member_is(const json_t *people, const char *key, bool array)
{
    const json_t *value = json_object_get(people, key);

    return array ? json_is_array(value) : json_is_object(value);
}

json_t *people_load(const struct account *account)
{
    struct text path = {0};
    json_t *people = NULL;

    account_path(&path, account, "people.json", NULL);
    if (!path.exhausted && path_is_free(text_string(&path))) {
        people = json_pack("{s:{}, s:[], s:{}}", "unlicensed", "departed", "sparkwise");
    } else if (!path.exhausted) {
        people = account_json(account, "people.json");
    }
    text_close(&path);
    if (!member_is(people, "unlicensed", false) || !member_is(people, "departed", true) ||
        !member_is(people, "sparkwise", false)) {
        json_decref(people);
        return NULL;
    }
    return people;
}

bool people_is_licensed(const json_t *people, struct muster_span id)
{
    return json_object_getn(json_object_get(people, "unlicensed"), id.ptr, id.len) == NULL;
}

bool people_depart(json_t *people, const struct muster_user *user)
{
    json_t *departed =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", json_span(user->id), "email",
                  json_span(user->email), "firstName", json_span(user->first_name), "lastName",
                  json_span(user->last_name), "removedOn", json_time_now());

    return json_array_append_new(json_object_get(people, "departed"), departed) == 0;
}

bool people_unlicense(json_t *people, struct muster_span id)
{
    return json_object_setn_new(json_object_get(people, "unlicensed"), id.ptr, id.len,
                                json_true()) == 0;
}

/* The ids of those who have left, each with false. NULL where memory ran out. */
static json_t *departed_ids(const json_t *departed)
{
    json_t *ids = json_object();

    for (size_t index = 0; index < json_array_size(departed); index++) {
        const json_t *id = json_object_get(json_array_get(departed, index), "id");
        if (json_object_setn_new(ids, json_string_value(id), json_string_length(id),
                                 json_false()) != 0) {
            json_decref(ids);
            return NULL;
        }
    }
    return ids;
}

/* Set those that the roster has to true; they get a licence again. */
static bool returned_mark(json_t *people, struct muster_roster *roster, json_t *ids)
{
    json_t *unlicensed = json_object_get(people, "unlicensed");
    struct muster_user user;
    bool any = false;

    for (uint32_t place = 0; place < muster_roster_user_places(roster); place++) {
        if (muster_roster_user(roster, place, &user) &&
            json_object_getn(ids, user.id.ptr, user.id.len) != NULL) {
            (void)json_object_setn_new(ids, user.id.ptr, user.id.len, json_true());
            (void)json_object_deln(unlicensed, user.id.ptr, user.id.len);
            any = true;
        }
    }
    return any;
}

bool people_return(json_t *people, struct muster_roster *roster, bool *changed)
{
    const json_t *departed = json_object_get(people, "departed");
    json_t *ids = departed_ids(departed);
    json_t *kept = json_array();
    bool fine = ids != NULL && kept != NULL;

    *changed = fine && json_object_size(ids) > 0 && returned_mark(people, roster, ids);
    fine = fine && muster_roster_status(roster) == MUSTER_OK;
    for (size_t index = 0; fine && index < json_array_size(departed); index++) {
        json_t *entry = json_array_get(departed, index);
        const json_t *id = json_object_get(entry, "id");
        if (!json_is_true(json_object_getn(ids, json_string_value(id), json_string_length(id)))) {
            fine = json_array_append(kept, entry) == 0;
        }
    }
    fine = fine && json_object_set(people, "departed", kept) == 0;
    json_decref(kept);
    json_decref(ids);
    return fine;
}
