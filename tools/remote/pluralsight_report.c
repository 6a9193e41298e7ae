/* SPDX-License-Identifier: MIT */
/* Who is on the plan, who is licensed, and who does not use it. */
#include <string.h>

#include "command.h"
#include "remote/json_text.h"
#include "remote/pluralsight_roster.h"
#include "remote/reach.h"
#include "terminal.h"

/* People that the report for people names; the other one names all. */
enum { SHOW_MAX = 10 };

bool person_is_inactive(const struct person *person, const char *since)
{
    if (!person->on_account) {
        return false;
    }
    if (person->last_login[0] == '\0') {
        return true;
    }
    return date_is_valid(person->last_login) && date_compare(person->last_login, since) < 0;
}

struct usage {
    size_t on_plan;
    size_t licensed;
    size_t removed;
    size_t never;
    size_t unclear;
    size_t inactive;
    size_t inactive_licensed;
};

static struct usage usage_count(const struct people *people, const char *since)
{
    struct usage usage = {0};

    for (size_t index = 0; index < people->person_count; index++) {
        const struct person *person = &people->persons[index];
        bool inactive = since != NULL && person_is_inactive(person, since);
        if (!person->on_account) {
            usage.removed++;
            continue;
        }
        usage.on_plan++;
        usage.licensed += person->licensed;
        usage.never += person->last_login[0] == '\0';
        usage.unclear += person->last_login[0] != '\0' && !date_is_valid(person->last_login);
        usage.inactive += inactive;
        usage.inactive_licensed += inactive && person->licensed;
    }
    return usage;
}

static void row(struct text *text, const char *label, size_t count)
{
    struct grouped room;

    text_format(text, "  %-28s %10s\n", label, number_grouped(&room, count));
}

static void person_row(struct text *text, const struct person *person, const char *moment)
{
    text_put(text, "  ");
    text_shown(text, person->id, strlen(person->id));
    text_put(text, "  ");
    text_shown(text, person->email, strlen(person->email));
    text_put(text, "  ");
    text_shown(text, moment, strlen(moment));
    text_put(text, "\n");
}

/* The first of those who are inactive, or, without a date, of those who are removed. */
static void persons_text(struct text *text, const struct people *people, const char *since,
                         size_t count)
{
    size_t shown = 0;

    for (size_t index = 0; index < people->person_count && shown < SHOW_MAX; index++) {
        const struct person *person = &people->persons[index];
        const char *login = person->last_login[0] != '\0' ? person->last_login : "never";
        bool wanted = since != NULL ? person_is_inactive(person, since) : !person->on_account;
        if (wanted) {
            person_row(text, person, since != NULL ? login : person->removed_on);
            shown++;
        }
    }
    if (count > shown) {
        struct grouped room;
        text_format(text, "  … and %s more (--report json lists all)\n",
                    number_grouped(&room, count - shown));
    }
}

static void products_text(struct text *text, const struct people *people)
{
    for (size_t index = 0; index < json_array_size(people->products); index++) {
        const json_t *product = json_array_get(people->products, index);
        const char *name = json_word(product, "name");
        name = name != NULL ? name : "(unnamed)";
        text_put(text, "  licenses of ");
        text_shown(text, name, strlen(name));
        text_format(
            text, ": %lld bought, %lld assigned, %lld left\n",
            (long long)json_integer_value(json_object_get(product, "purchasedLicenseCount")),
            (long long)json_integer_value(json_object_get(product, "assignedLicenseCount")),
            (long long)json_integer_value(json_object_get(product, "remainingLicenseCount")));
    }
}

static void report_text(struct text *text, const struct people *people,
                        const struct pull_options *options, const struct usage *usage,
                        const struct losses *losses)
{
    const char *since = options->inactive_since;

    text_put(text, "Use of the plan\n");
    row(text, "on the plan", usage->on_plan);
    row(text, "licensed", usage->licensed);
    row(text, "teams", people->team_count);
    if (people->admins_known) {
        row(text, "administrators", people->admin_count);
    }
    row(text, "never logged in", usage->never);
    if (usage->unclear > 0) {
        row(text, "last login unclear", usage->unclear);
    }
    row(text, "removed from the plan", usage->removed);
    products_text(text, people);
    if (since != NULL) {
        struct grouped room;
        text_format(text, "Not logged in since %s: %s", since,
                    number_grouped(&room, usage->inactive));
        text_format(text, ", licensed: %s\n", number_grouped(&room, usage->inactive_licensed));
        persons_text(text, people, since, usage->inactive);
    }
    if (usage->removed > 0) {
        text_put(text, "Removed from the plan\n");
        persons_text(text, people, NULL, usage->removed);
    }
    losses_text(text, losses);
}

/* An empty string is an absent value. */
static json_t *word_json(const char *word)
{
    return word[0] != '\0' ? json_string(word) : json_null();
}

static json_t *person_json(const struct person *person)
{
    return json_pack("{s:s, s:o, s:o, s:b, s:b, s:o}", "id", person->id, "email",
                     word_json(person->email), "lastLogin", word_json(person->last_login),
                     "licensed", person->licensed, "admin", person->admin, "removedOn",
                     word_json(person->removed_on));
}

static json_t *persons_json(const struct people *people, const char *since, bool removed)
{
    json_t *list = json_array();

    for (size_t index = 0; index < people->person_count; index++) {
        const struct person *person = &people->persons[index];
        bool wanted =
            removed ? !person->on_account : since != NULL && person_is_inactive(person, since);
        if (wanted && json_array_append_new(list, person_json(person)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *report_json(const struct people *people, const struct pull_options *options,
                           const struct usage *usage, const struct losses *losses)
{
    const char *since = options->inactive_since;

    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:s?, s:o, s:o, s:O?, s:o}", "type", "usage",
        "target", "pluralsight", "onPlan", (json_int_t)usage->on_plan, "licensed",
        (json_int_t)usage->licensed, "teams", (json_int_t)people->team_count, "admins",
        people->admins_known ? json_integer((json_int_t)people->admin_count) : json_null(),
        "neverLoggedIn", (json_int_t)usage->never, "lastLoginUnclear", (json_int_t)usage->unclear,
        "inactiveSince", since, "inactive", persons_json(people, since, false), "removed",
        persons_json(people, since, true), "products", people->products, "leftOut",
        losses_json(losses));
}

int pulled_report_write(const struct people *people, const struct losses *losses,
                        const struct pull_options *options)
{
    struct usage usage = usage_count(people, options->inactive_since);
    struct text text = {0};

    if (options->report == 1) {
        json_t *document = report_json(people, options, &usage, losses);
        json_append(&text, document);
        text_put(&text, "\n");
        json_decref(document);
    } else {
        report_text(&text, people, options, &usage, losses);
    }
    int result = remote_write(NULL, &text);
    text_close(&text);
    return result;
}
