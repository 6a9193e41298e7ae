/* SPDX-License-Identifier: MIT */
#include "generate_rules.h"

#include <string.h>

/*
 * Where a rule costs users their records the teams have no managers, and where it costs teams
 * theirs the users have no team: each record would otherwise have a second finding.
 */
static const struct breakage breakages[RULE_COUNT] = {
    [RULE_NONE] = {.code = "none"},
    [RULE_STRAY_QUOTE] = {.code = "stray-quote",
                          .field = USER_FIRST_NAME,
                          .spoiling = SPOIL_BEHIND,
                          .texts = {"\"x"},
                          .managers_omitted = true},
    [RULE_FIELD_COUNT] = {.code = "field-count",
                          .field = USER_TEAM,
                          .spoiling = SPOIL_ROW,
                          .managers_omitted = true},
    [RULE_NUL_BYTE] = {.code = "nul-byte",
                       .field = USER_FIRST_NAME,
                       .spoiling = SPOIL_NUL,
                       .managers_omitted = true},
    [RULE_INVALID_UTF8] = {.code = "invalid-utf8",
                           .field = USER_LAST_NAME,
                           .spoiling = SPOIL_BEHIND,
                           .texts = {"\xFF", "\xC3", "\xED\xA0\x80", "\xC0\xAF", "\xF0\x9F\x98"},
                           .managers_omitted = true},
    [RULE_FIELD_TOO_LONG] = {.code = "field-too-long",
                             .field = USER_LAST_NAME,
                             .spoiling = SPOIL_LENGTH,
                             .managers_omitted = true},
    [RULE_MISSING_VALUE] = {.code = "missing-value",
                            .field = USER_EMAIL,
                            .spoiling = SPOIL_INSTEAD,
                            .texts = {"", " ", "\t "},
                            .managers_omitted = true},
    [RULE_DUPLICATE_USER_ID] = {.code = "duplicate-user-id",
                                .field = USER_ID,
                                .spoiling = SPOIL_INSTEAD,
                                .texts = {"X1000001"},
                                .managers_omitted = true},
    [RULE_DUPLICATE_EMAIL] = {.code = "duplicate-email",
                              .field = USER_EMAIL,
                              .spoiling = SPOIL_INSTEAD,
                              .texts = {"shared@example.com", "Shared@Example.com"},
                              .managers_omitted = true},
    [RULE_DUPLICATE_TEAM_ID] = {.code = "duplicate-team-id"},
    [RULE_UNKNOWN_PARENT_TEAM] = {.code = "unknown-parent-team", .placement = PLACEMENT_NONE},
    [RULE_TEAM_CYCLE] = {.code = "team-cycle", .placement = PLACEMENT_NONE, .circles = true},
    [RULE_REMOVED_PARENT_TEAM] = {.code = "removed-parent-team", .placement = PLACEMENT_NONE},
    [RULE_UNKNOWN_TEAM] = {.code = "unknown-team", .placement = PLACEMENT_ALL},
    [RULE_REMOVED_TEAM] = {.code = "removed-team", .placement = PLACEMENT_ALL},
    [RULE_UNKNOWN_MANAGER] = {.code = "unknown-manager"},
    [RULE_DUPLICATE_TEAM_NAME] = {.code = "duplicate-team-name"},
    [RULE_TEAM_NAME_COLLISION] = {.code = "team-name-collision", .managers_omitted = true},
    [RULE_TEAM_NAME_LENGTH] = {.code = "team-name-length"},
    [RULE_INVALID_EMAIL] = {.code = "invalid-email"},
    [RULE_SURROUNDING_SPACE] = {.code = "surrounding-space",
                                .field = USER_FIRST_NAME,
                                .spoiling = SPOIL_BEHIND,
                                .texts = {" ", "\t", "  "}},
    [RULE_CONTROL_CHARACTER] = {.code = "control-character",
                                .field = USER_LAST_NAME,
                                .spoiling = SPOIL_BEHIND,
                                .texts = {"\x01", "\x1B[1m", "\x7F", "\xC2\x85"}},
    [RULE_CASE_COLLISION] = {.code = "case-collision"},
    [RULE_SPECIAL_CHARACTER] = {.code = "special-character",
                                .field = USER_LAST_NAME,
                                .spoiling = SPOIL_BEHIND,
                                .texts = {", Jr.", " \"\"Bo\"\"", "\nand Sons"},
                                .special = true},
};

enum rule rule_find(const char *code)
{
    for (enum rule rule = RULE_NONE + 1; rule < RULE_COUNT; rule++) {
        if (strcmp(breakages[rule].code, code) == 0) {
            return rule;
        }
    }
    return RULE_NONE;
}

const struct breakage *rule_breakage(enum rule rule)
{
    return &breakages[rule];
}
