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
