/* SPDX-License-Identifier: MIT */
#include "remote/pluralsight_people.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "remote/json_text.h"
#include "terminal.h"

static void *array_grow(void *items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    size_t more = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = more > SIZE_MAX / size ? NULL : realloc(items, more * size);
    if (grown != NULL) {
        *capacity = more;
    }
    return grown;
}

/* Strings are many and small; they come in blocks that are freed together. */
enum { BLOCK_SIZE = 1 << 16 };

struct people_block {
    struct people_block *next;
    size_t used;
    size_t size;
    char bytes[];
};

const char *people_keep(struct people *people, const char *bytes, size_t size)
{
    struct people_block *block = people->blocks;

    if (size == 0) {
        return "";
    }
    if (block == NULL || block->size - block->used <= size) {
        size_t room = size < BLOCK_SIZE / 4 ? BLOCK_SIZE : size + 1;
        struct people_block *fresh = malloc(sizeof(*fresh) + room);
        if (fresh == NULL) {
            people->exhausted = true;
            return "";
        }
        *fresh = (struct people_block){.next = block, .size = room};
        people->blocks = fresh;
        block = fresh;
    }
    char *copy = block->bytes + block->used;
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    block->used += size + 1;
    return copy;
}

/* A place among the strings, to forget what was kept since then unless it has filled a block. */
struct people_mark {
    struct people_block *block;
    size_t used;
};

static struct people_mark people_mark(const struct people *people)
{
    return (struct people_mark){people->blocks, people->blocks != NULL ? people->blocks->used : 0};
}

static void people_forget(struct people *people, struct people_mark mark)
{
    if (mark.block != NULL && mark.block == people->blocks) {
        mark.block->used = mark.used;
    }
}

bool people_find(const json_t *index, const char *remote_id, size_t *found)
{
    const json_t *value = json_object_get(index, remote_id);

    *found = (size_t)json_integer_value(value);
    return value != NULL;
}

/* A copy of a member. */
static const char *node_word(struct people *people, const json_t *node, const char *key)
{
    const json_t *word = json_object_get(node, key);

    return people_keep(people, json_string_value(word), json_string_length(word));
}

/* A moment, or "" where there is none, as null says; of anything else nobody knows what it means.
 */
static const char *node_moment(struct people *people, const json_t *node, const char *key)
{
    const json_t *moment = json_object_get(node, key);

    if (!json_is_string(moment) && !json_is_null(moment)) {
        return "?";
    }
    return node_word(people, node, key);
}

static const char *other_emails(struct people *people, const json_t *node)
{
    const json_t *list = json_list(node, "additionalEmails");
    struct text text = {0};

    for (size_t index = 0; index < json_array_size(list); index++) {
        const json_t *email = json_array_get(list, index);
        text_append(&text, json_string_value(email), json_string_length(email));
        text_put(&text, "\n");
    }
    const char *emails = people_keep(people, text_string(&text), text.size);
    people->exhausted = people->exhausted || text.exhausted;
    text_close(&text);
    return emails;
}

/* The first team of their own; a team above it comes along with isDirect false. Who is in no team
 * has an empty list: of anything else nobody knows what it means. */
static void direct_team(struct people *people, const json_t *node, struct person *person)
{
    const json_t *edges = json_list(json_object_get(node, "teams"), "edges");
    const json_t *team = NULL;

    person->team_unclear = edges == NULL;
    for (size_t index = 0; index < json_array_size(edges); index++) {
        const json_t *edge = json_array_get(edges, index);
        const json_t *direct = json_object_get(edge, "isDirect");
        const json_t *id = json_object_get(json_object_get(edge, "node"), "id");
        if (json_is_false(direct)) {
            continue;
        }
        if (!json_is_true(direct) || json_string_length(id) == 0) {
            person->team_unclear = true;
        } else if (team == NULL) {
            team = id;
        } else {
            person->several_teams = true;
        }
    }
    person->team = people_keep(people, json_string_value(team), json_string_length(team));
}

static struct person person_read(struct people *people, const json_t *node)
{
    struct person person = {
        .remote_id = node_word(people, node, "psUserId"),
        .id = "",
        .sso = node_word(people, node, "currentSsoIdentifier"),
        .email = node_word(people, node, "email"),
        .first_name = node_word(people, node, "firstName"),
        .last_name = node_word(people, node, "lastName"),
        .last_login = node_moment(people, node, "lastLogin"),
        .removed_on = node_word(people, node, "removedOn"),
        .emails = other_emails(people, node),
        .on_account = json_is_true(json_object_get(node, "isOnAccount")),
        .licensed = json_array_size(json_list(node, "productIds")) > 0,
    };

    direct_team(people, node, &person);
    return person;
}

static bool person_is_same(const struct person *one, const struct person *other)
{
    return strcmp(one->sso, other->sso) == 0 && strcmp(one->email, other->email) == 0 &&
           strcmp(one->first_name, other->first_name) == 0 &&
           strcmp(one->last_name, other->last_name) == 0 &&
           strcmp(one->last_login, other->last_login) == 0 &&
           strcmp(one->removed_on, other->removed_on) == 0 &&
           strcmp(one->emails, other->emails) == 0 && strcmp(one->team, other->team) == 0 &&
           one->several_teams == other->several_teams && one->team_unclear == other->team_unclear &&
           one->on_account == other->on_account && one->licensed == other->licensed;
}

static bool person_visit(void *context, const json_t *node)
{
    struct people *people = context;
    struct people_mark mark = people_mark(people);
    struct person person = person_read(people, node);
    size_t at = people->person_count;
    size_t before = 0;

    /* A page that was shifted while we read shows some people twice, but as they were. */
    if (people_find(people->person_index, person.remote_id, &before)) {
        const struct person *first = &people->persons[before];
        bool matters = first->on_account || person.on_account;
        people->persons_twice += matters && !person_is_same(first, &person) ? 1 : 0;
        people_forget(people, mark);
        return !people->exhausted;
    }
    void *grown = array_grow(people->persons, &people->person_capacity, at, sizeof(struct person));
    if (grown == NULL) {
        return false;
    }
    people->persons = grown;
    if (!json_put(people->person_index, person.remote_id, json_integer((json_int_t)at))) {
        return false;
    }
    people->persons[people->person_count++] = person;
    return !people->exhausted;
}

static struct managed_team team_read(struct people *people, const json_t *node)
{
    const json_t *parent = json_object_get(node, "parentTeamId");
    struct managed_team team = {
        .remote_id = node_word(people, node, "id"),
        .id = "",
        .remote_name = node_word(people, node, "name"),
        .parent = node_word(people, node, "parentTeamId"),
        .parent_unclear = !json_is_string(parent) && !json_is_null(parent),
    };

    team.name = team.remote_name;
    return team;
}

static bool team_is_same(const struct managed_team *one, const struct managed_team *other)
{
    return strcmp(one->remote_name, other->remote_name) == 0 &&
           strcmp(one->parent, other->parent) == 0 && one->parent_unclear == other->parent_unclear;
}

static bool team_visit(void *context, const json_t *node)
{
    struct people *people = context;
    struct people_mark mark = people_mark(people);
    struct managed_team team = team_read(people, node);
    size_t at = people->team_count;
    size_t before = 0;

    if (people_find(people->team_index, team.remote_id, &before)) {
        people->teams_twice += team_is_same(&people->teams[before], &team) ? 0 : 1;
        people_forget(people, mark);
        return !people->exhausted;
    }
    void *grown =
        array_grow(people->teams, &people->team_capacity, at, sizeof(struct managed_team));
    if (grown == NULL) {
        return false;
    }
    people->teams = grown;
    if (!json_put(people->team_index, team.remote_id, json_integer((json_int_t)at))) {
        return false;
    }
    people->teams[people->team_count++] = team;
    return !people->exhausted;
}

static bool manager_visit(void *context, const json_t *node)
{
    struct people *people = context;
    size_t person = 0;
    size_t team = 0;

    if (!people_find(people->person_index, node_word(people, node, "psUserId"), &person)) {
        people->unknown_managers++;
        return true;
    }
    if (!people_find(people->team_index, node_word(people, node, "teamId"), &team)) {
        bool stranger = !people->persons[person].on_account;
        people->unknown_managers += stranger ? 1 : 0;
        people->unlisted_places += stranger ? 0 : 1;
        return true;
    }
    struct managed_team *managed = &people->teams[team];
    void *grown = array_grow(managed->managers, &managed->manager_capacity, managed->manager_count,
                             sizeof(size_t));
    if (grown == NULL) {
        return false;
    }
    managed->managers = grown;
    managed->managers[managed->manager_count++] = person;
    return true;
}

static bool admin_visit(void *context, const json_t *node)
{
    struct people *people = context;
    size_t person = 0;

    people->admin_count++;
    if (people_find(people->person_index, node_word(people, node, "psUserId"), &person)) {
        people->persons[person].admin = true;
    }
    return true;
}

static void products_read(struct people *people, const struct graphql *graphql)
{
    json_t *document = NULL;
    const json_t *plan = NULL;

    if (graphql_ask(graphql, QUERY_PLAN, NULL, &document, &plan) == EXIT_DONE) {
        people->products = json_incref(json_list(plan, "products"));
    }
    json_decref(document);
    if (people->products == NULL) {
        advise("the report goes without license counts");
    }
}

int people_read(struct people *people, const struct graphql *graphql)
{
    *people = (struct people){
        .person_index = json_object(),
        .team_index = json_object(),
    };
    if (people->person_index == NULL || people->team_index == NULL) {
        return memory_complain();
    }
    int result = graphql_pages(graphql, QUERY_USERS, person_visit, people);
    if (result == EXIT_DONE) {
        result = graphql_pages(graphql, QUERY_TEAMS, team_visit, people);
    }
    if (result == EXIT_DONE) {
        result = graphql_pages(graphql, QUERY_MANAGERS, manager_visit, people);
    }
    if (result != EXIT_DONE) {
        return result;
    }
    result = graphql_pages(graphql, QUERY_ADMINS, admin_visit, people);
    people->admins_known = result == EXIT_DONE;
    /* Where the remote refuses them, a roster can do without administrators and licence counts. */
    if (result != EXIT_DONE && result != EXIT_REFUSED) {
        return result;
    }
    products_read(people, graphql);
    return EXIT_DONE;
}

void people_close(struct people *people)
{
    for (size_t index = 0; index < people->team_count; index++) {
        free(people->teams[index].managers);
    }
    free(people->persons);
    free(people->teams);
    json_decref(people->person_index);
    json_decref(people->team_index);
    for (struct people_block *block = people->blocks; block != NULL;) {
        struct people_block *next = block->next;
        free(block);
        block = next;
    }
    json_decref(people->products);
    *people = (struct people){0};
}
