/* SPDX-License-Identifier: MIT */

/*
 * How to break one rule in every record of a file, and nothing else as far as that can be.
 *
 * Most rules spoil one field of each user, which the table says in full. The others change what a
 * record refers to; the writer of the rows looks at those itself.
 */
#ifndef MUSTER_BENCH_GENERATE_RULES_H
#define MUSTER_BENCH_GENERATE_RULES_H

#include <stdbool.h>

#include "generate_organisation.h"

#define RULE_TEXT_MAX 5

enum rule {
    RULE_NONE,
    RULE_STRAY_QUOTE,
    RULE_FIELD_COUNT,
    RULE_NUL_BYTE,
    RULE_INVALID_UTF8,
    RULE_FIELD_TOO_LONG,
    RULE_MISSING_VALUE,
    RULE_DUPLICATE_USER_ID,
    RULE_DUPLICATE_EMAIL,
    RULE_DUPLICATE_TEAM_ID,
    RULE_UNKNOWN_PARENT_TEAM,
    RULE_TEAM_CYCLE,
    RULE_REMOVED_PARENT_TEAM,
    RULE_UNKNOWN_TEAM,
    RULE_REMOVED_TEAM,
    RULE_UNKNOWN_MANAGER,
    RULE_DUPLICATE_TEAM_NAME,
    RULE_TEAM_NAME_COLLISION,
    RULE_TEAM_NAME_LENGTH,
    RULE_INVALID_EMAIL,
    RULE_SURROUNDING_SPACE,
    RULE_CONTROL_CHARACTER,
    RULE_CASE_COLLISION,
    RULE_SPECIAL_CHARACTER,
    RULE_COUNT
};

enum user_field { USER_NO_FIELD, USER_ID, USER_EMAIL, USER_FIRST_NAME, USER_LAST_NAME, USER_TEAM };

enum spoiling {
    SPOIL_NOTHING,
    SPOIL_BEHIND,  /* add a text behind the value */
    SPOIL_INSTEAD, /* the text is the value */
    SPOIL_NUL,     /* add a NUL */
    SPOIL_LENGTH,  /* make the value longer than it may be */
    SPOIL_ROW      /* one field more or one less */
};

struct breakage {
    const char *code;
    enum user_field field;
    enum spoiling spoiling;
    const char *texts[RULE_TEXT_MAX]; /* they take turns */
    enum placement placement;
    bool managers_omitted;
    bool circles;
    bool special; /* the field holds what must stand in quotes */
};

/* The rule with that code; RULE_NONE where there is none. */
enum rule rule_find(const char *code);

const struct breakage *rule_breakage(enum rule rule);

#endif
