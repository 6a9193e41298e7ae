/* SPDX-License-Identifier: MIT */
#include "generate_values.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "generate_names.h"
#include "generate_organisation.h"
#include "generate_rules.h"

/* Keys of users stay below three times the largest number of users, which is below 2^29. */
#define KEY_BITS          29
#define TEAM_FORM_BITS    4
#define TEAM_KEY_BITS_MIN 16

/* The team names from 1 to here are those of the divisions. */
#define DIVISION_COUNT 12

static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
static const char letters_and_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* `@` is what the team does, `*` where, `#` a number as in a team id and `!` someone's name. */
static const char *const team_forms[1 << TEAM_FORM_BITS] = {
    "@ *",        "* @", "@ - *",   "@ (*)",         "@ * Team",
    "* @ Squad",  "@_*", "GT-@ *",  "SUP_ORG_#_@ *", "SUP_ORG_#_@ * (!)",
    "@: *",       "@/*", "@ Hub *", "Group @ *",     "* @ Group",
    "* Desk - @",
};

/* The last one is that of later addresses, which nobody has at first. */
static const char *const domains[DOMAIN_COUNT + 1] = {
    "@nordics.example.com", "@example.com",    "@example.com",    "@example.com",
    "@example.com",         "@example.com",    "@example.com",    "@example.com",
    "@example.com",         "@Example.com",    "@example.org",    "@example.net",
    "@uk.example.com",      "@us.example.com", "@eu.example.com", "@apac.example.com",
    "@mail.example.com",
};

static const char *const invalid_domains[] = {
    "",      "@",     "@localhost",    "@example.com@example.org",
    "@.com", "@com.", " @example.com", "@example\t.com",
};

char *text_put(char *at, const char *text)
{
    while (*text != '\0') {
        *at++ = *text++;
    }
    return at;
}

/* Two digits at a time, for each division waits for the one before. */
static char *digits_put(char *at, uint64_t value, size_t width)
{
    size_t index = width;

    for (; index >= 2; index -= 2) {
        uint64_t pair = value % 100;
        at[index - 1] = (char)('0' + pair % 10);
        at[index - 2] = (char)('0' + pair / 10);
        value /= 100;
    }
    if (index == 1) {
        at[0] = (char)('0' + value % 10);
    }
    return at + width;
}

static char *number_put(char *at, uint64_t value)
{
    size_t width = 1;

    for (uint64_t limit = 10; value >= limit; limit *= 10) {
        width++;
    }
    return digits_put(at, value, width);
}

/* Copying the whole array is a pair of vector moves; the bytes behind the name are written over. */
char *name_put(char *at, const struct name *name)
{
    memcpy(at, name->shown, NAME_SHOWN_SIZE);
    return at + name->shown_size;
}

static char *mail_put(char *at, const struct name *name, bool capital)
{
    memcpy(at, name->mail, NAME_MAIL_SIZE);
    if (capital) {
        at[0] = (char)(at[0] - 'a' + 'A');
    }
    return at + name->mail_size;
}

/* An id of letters whose case spells the key: all of them collide, yet no two are equal. */
static char *case_id_put(char *at, uint64_t key)
{
    for (unsigned bit = 0; bit < KEY_BITS; bit++) {
        char first = 'a';
        if ((key >> bit & 1) != 0) {
            first = 'A';
        }
        *at++ = (char)(first + (char)(bit % 26));
    }
    return at;
}

/*
 * An id of 7 to 9 bytes. The key is scattered over 54 ranges of ten million; 24 of them are a
 * letter and seven digits (X1234567), 15 have a second letter (XB1234567), and 15 write the first
 * three digits as two letters or digits (XK74567).
 */
char *user_id_put(char *at, const struct values *values, uint64_t key)
{
    if (values->broken == RULE_CASE_COLLISION) {
        return case_id_put(at, key);
    }
    uint64_t scattered = organisation_scatter(values->organisation, key, KEY_BITS);
    uint64_t range = scattered / 10000000;
    uint64_t digits = scattered % 10000000;

    if (range < 24) {
        *at++ = letters[23 - range];
        return digits_put(at, digits, 7);
    }
    if (range < 39) {
        *at++ = letters[range - 24];
        *at++ = letters[range * 7 % 24];
        return digits_put(at, digits, 7);
    }
    *at++ = letters[range - 39];
    *at++ = letters_and_digits[35 - digits / 10000 / 36];
    *at++ = letters_and_digits[digits / 10000 % 36];
    return digits_put(at, digits % 10000, 4);
}

/*
 * Six digits for up to 250,000 teams, more where more are needed. The scattered key is stretched to
 * the whole range of numbers, which is larger, so no two keys have the same one.
 */
static uint64_t team_number(const struct values *values, uint64_t key)
{
    uint64_t scattered = organisation_scatter(values->organisation, key, values->team_key_bits);

    return values->team_id_first + (scattered * values->team_id_first * 9 >> values->team_key_bits);
}

char *team_id_put(char *at, const struct values *values, uint32_t team)
{
    uint64_t key = organisation_team_key(values->organisation, team);

    if (values->broken == RULE_DUPLICATE_TEAM_ID) {
        key = 0;
    }
    return number_put(text_put(at, "SUP"), team_number(values, key));
}

char *lost_team_id_put(char *at, const struct values *values, uint32_t team)
{
    return number_put(text_put(at, "OLD"),
                      team_number(values, organisation_team_key(values->organisation, team)));
}

struct person values_person(const struct values *values, const struct user *user)
{
    uint64_t code = organisation_scatter(values->organisation, user->person, values->person_bits);
    struct person person = names_person(&values->names, code);

    if (user->surname != 0) {
        person.last = names_other_last(&values->names, person.last, user->surname);
    }
    return person;
}

/*
 * The first address of a person has what names_person gave, first.last.number, without a number
 * that is 0. A later one has the number of the change and a domain of its own.
 */
char *address_put(char *at, const struct values *values, const struct user *user,
                  const struct person *person)
{
    static const char separators[] = "..............--_";
    uint64_t spelling = organisation_draw(values->organisation, STREAM_SPELLING, user->person);
    bool capital = ((spelling >> 40) % 16 == 0) != user->respelled;
    const struct domain *domain = &values->domains[(spelling >> 20) % DOMAIN_COUNT];
    const struct name *last = person->birth_last;
    uint64_t number = person->number;

    if (user->address != 0) {
        domain = &values->domains[DOMAIN_COUNT];
        last = person->last;
        number = user->address;
    }
    at = mail_put(at, person->first, capital);
    *at++ = separators[spelling % (sizeof(separators) - 1)];
    at = mail_put(at, last, capital);
    if (number != 0) {
        *at++ = '.';
        at = number_put(at, number);
    }
    memcpy(at, domain->bytes, DOMAIN_SIZE_MAX);
    return at + domain->size;
}

static char *person_put(char *at, const struct values *values, uint64_t code)
{
    struct person person = names_person(&values->names, code);

    at = name_put(at, person.first);
    *at++ = ' ';
    return name_put(at, person.last);
}

/*
 * The bits of a scattered number choose the form, the two words and, from the second time on that
 * these three come together, a number behind them: so names are unique without a table of them.
 */
static char *made_name_put(char *at, const struct values *values, uint32_t name)
{
    uint64_t code = organisation_scatter(values->organisation, name, values->team_name_bits);
    const char *form = team_forms[code % (1 << TEAM_FORM_BITS)];
    uint64_t function = (code >> TEAM_FORM_BITS) % WORD_COUNT;
    uint64_t place = (code >> (TEAM_FORM_BITS + WORD_BITS)) % WORD_COUNT;
    uint64_t number = code >> (TEAM_FORM_BITS + 2 * WORD_BITS);
    uint64_t random = organisation_draw(values->organisation, STREAM_WORDS, name);

    for (; *form != '\0'; form++) {
        switch (*form) {
        case '@':
            at = name_put(at, &values->names.functions[function]);
            break;
        case '*':
            at = name_put(at, &values->names.places[place]);
            break;
        case '#':
            at = number_put(at, team_number(values, name));
            break;
        case '!':
            at = person_put(at, values, random % (UINT64_C(1) << (2 * NAME_BITS)));
            break;
        default:
            *at++ = *form;
            break;
        }
    }
    if (number > 0) {
        *at++ = ' ';
        at = number_put(at, number + 1);
    }
    return at;
}

/*
 * Of each four teams two share a name, and two have the names that the remote will show for those:
 * the name with the id behind it, for there are no managers.
 */
static char *colliding_name_put(char *at, const struct values *values, uint32_t team)
{
    at = number_put(text_put(at, "Sales "), team / 4);
    if (team % 4 >= 2) {
        at = team_id_put(text_put(at, " ("), values, team - 2);
        *at++ = ')';
    }
    return at;
}

char *team_name_put(char *at, const struct values *values, uint32_t team)
{
    uint32_t name = values->organisation->teams[team].name;

    if (values->broken == RULE_DUPLICATE_TEAM_NAME) {
        return text_put(at, "Field Operations");
    }
    if (values->broken == RULE_TEAM_NAME_COLLISION) {
        return colliding_name_put(at, values, team);
    }
    if (name == 0) {
        return text_put(at, "Example Group");
    }
    if (name >= NAME_SHARED) {
        return name_put(at, &values->names.functions[name - NAME_SHARED]);
    }
    if (name <= DIVISION_COUNT) {
        return name_put(text_put(at, "Global "), &values->names.functions[name]);
    }
    return made_name_put(at, values, name);
}

static unsigned bits_needed(uint64_t count, unsigned least)
{
    unsigned bits = least;

    while (UINT64_C(1) << bits < count) {
        bits++;
    }
    return bits;
}

static void domains_fill(struct values *values)
{
    for (size_t index = 0; index <= DOMAIN_COUNT; index++) {
        struct domain *domain = &values->domains[index];
        const char *text = domains[index];
        if (values->broken == RULE_INVALID_EMAIL) {
            text = invalid_domains[index % (sizeof(invalid_domains) / sizeof(invalid_domains[0]))];
        }
        domain->size = (size_t)(text_put(domain->bytes, text) - domain->bytes);
    }
}

void values_prepare(struct values *values, const struct organisation *organisation,
                    enum rule broken, bool ascii)
{
    uint64_t user_count = organisation->options.user_count;
    uint64_t team_count = organisation->team_count_at[0];

    values->organisation = organisation;
    values->broken = broken;
    values->person_bits = bits_needed((WEEK_MAX + 1) * user_count, 2 * NAME_BITS);
    /* Two weeks use up at most 1.6 names and 0.6 numbers a team. */
    values->team_name_bits = bits_needed(3 * team_count, TEAM_FORM_BITS + 2 * WORD_BITS);
    values->team_key_bits = bits_needed(2 * team_count, TEAM_KEY_BITS_MIN);
    values->team_id_first = 100000;
    while (9 * values->team_id_first < UINT64_C(1) << values->team_key_bits) {
        values->team_id_first *= 10;
    }
    domains_fill(values);
    names_fill(&values->names, ascii);
}
