/* SPDX-License-Identifier: MIT */
/* The names of enumerations and the table of rules. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/rules.h"
#include "base/text.h"
#include "support.h"

/* Code, severity and pass of every rule as section 4 of the contract lists them. */
static const struct {
    const char *name;
    enum muster_severity severity;
    int pass;
} listed[] = {
    {"unreadable-encoding", MUSTER_FATAL, 0},
    {"empty-file", MUSTER_FATAL, 0},
    {"missing-header", MUSTER_FATAL, 0},
    {"duplicate-header", MUSTER_FATAL, 0},
    {"unterminated-quote", MUSTER_FATAL, 0},
    {"extra-header", MUSTER_INFO, 0},
    {"stray-quote", MUSTER_ERROR, 1},
    {"field-count", MUSTER_ERROR, 1},
    {"nul-byte", MUSTER_ERROR, 1},
    {"invalid-utf8", MUSTER_ERROR, 1},
    {"field-too-long", MUSTER_ERROR, 1},
    {"missing-value", MUSTER_ERROR, 1},
    {"duplicate-user-id", MUSTER_ERROR, 2},
    {"duplicate-email", MUSTER_ERROR, 2},
    {"duplicate-team-id", MUSTER_ERROR, 2},
    {"unknown-parent-team", MUSTER_ERROR, 3},
    {"team-cycle", MUSTER_ERROR, 3},
    {"removed-parent-team", MUSTER_ERROR, 3},
    {"unknown-team", MUSTER_ERROR, 4},
    {"removed-team", MUSTER_ERROR, 4},
    {"unknown-manager", MUSTER_WARNING, 4},
    {"unknown-root-team", MUSTER_ERROR, 4},
    {"duplicate-team-name", MUSTER_INFO, 5},
    {"team-name-collision", MUSTER_WARNING, 5},
    {"team-name-length", MUSTER_WARNING, 5},
    {"invalid-email", MUSTER_WARNING, 6},
    {"surrounding-space", MUSTER_WARNING, 6},
    {"control-character", MUSTER_WARNING, 6},
    {"case-collision", MUSTER_WARNING, 6},
    {"special-character", MUSTER_INFO, 6},
};

Test(words, rules_are_those_of_the_contract_in_its_order)
{
    cr_assert(eq(sz, sizeof listed / sizeof *listed, MUSTER_CODE_COUNT));
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const struct muster_rule *rule = muster_rule(code);
        cr_assert(ne(ptr, (void *)(uintptr_t)rule, NULL));
        cr_expect(eq(type(span), span_from(rule->name), span_from(listed[code].name)));
        cr_expect(eq(int, rule->severity, listed[code].severity), "%s", rule->name);
        cr_expect(eq(int, rule->pass, listed[code].pass), "%s", rule->name);
        cr_expect(eq(int, rule->code, (int)code), "%s", rule->name);
    }
}

Test(words, every_rule_has_all_of_its_words)
{
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const struct muster_rule *rule = muster_rule(code);
        const char *const words[] = {rule->applies, rule->when,    rule->effect,  rule->why,
                                     rule->cure,    rule->failing, rule->repaired};
        for (size_t index = 0; index < 7; index++) {
            cr_assert(ne(ptr, (void *)(uintptr_t)words[index], NULL), "%s: %zu", rule->name, index);
            bool may_be_empty = index == 5 && code == MUSTER_EMPTY_FILE;
            cr_expect(may_be_empty || words[index][0] != '\0', "%s: %zu", rule->name, index);
        }
        const char *sentences[] = {rule->when, rule->why, rule->cure};
        for (size_t index = 0; index < 3; index++) {
            size_t len = strlen(sentences[index]);
            cr_expect(len > 0 && sentences[index][len - 1] == '.', "%s: %s", rule->name,
                      sentences[index]);
        }
    }
}

Test(words, a_rule_is_found_by_its_name_and_by_nothing_else)
{
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const struct muster_rule *rule = muster_rule_named(listed[code].name);
        cr_expect(eq(ptr, (void *)(uintptr_t)rule, (void *)(uintptr_t)muster_rule(code)));
    }
    static const char *const others[] = {"", "Empty-File", "empty-fil", "empty-files",
                                         " empty-file"};
    for (size_t index = 0; index < 5; index++) {
        cr_expect(eq(ptr, (void *)(uintptr_t)muster_rule_named(others[index]), NULL), "%s",
                  others[index]);
    }
    cr_expect(eq(ptr, (void *)(uintptr_t)muster_rule_named(NULL), NULL));
    cr_expect(eq(ptr, (void *)(uintptr_t)muster_rule(MUSTER_CODE_COUNT), NULL));
}

Test(words, files_and_severities_have_the_names_of_the_contract)
{
    cr_expect(eq(type(span), span_from(muster_file_name(MUSTER_USERS)), SPAN("users")));
    cr_expect(eq(type(span), span_from(muster_file_name(MUSTER_TEAMS)), SPAN("teams")));
    cr_expect(eq(type(span), span_from(muster_file_name(MUSTER_DEPROVISION)), SPAN("deprovision")));
    cr_expect(eq(type(span), span_from(muster_severity_name(MUSTER_INFO)), SPAN("info")));
    cr_expect(eq(type(span), span_from(muster_severity_name(MUSTER_WARNING)), SPAN("warning")));
    cr_expect(eq(type(span), span_from(muster_severity_name(MUSTER_ERROR)), SPAN("error")));
    cr_expect(eq(type(span), span_from(muster_severity_name(MUSTER_FATAL)), SPAN("fatal")));
}

Test(words, operations_have_the_names_of_the_contract)
{
    static const char *const names[] = {"rekeyTeam",         "rekeyUser",        "renameTeam",
                                        "addTeam",           "moveTeam",         "addTeamMember",
                                        "moveTeamMember",    "removeTeamMember", "addTeamManager",
                                        "removeTeamManager", "deleteTeam",       "removeUser",
                                        "removeLicense"};
    cr_assert(eq(sz, sizeof names / sizeof *names, MUSTER_OPERATION_KIND_COUNT));
    for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        cr_expect(
            eq(type(span), span_from(muster_operation_kind_name(kind)), span_from(names[kind])));
    }
}

Test(words, every_status_has_a_sentence_of_its_own)
{
    for (unsigned status = 0; status <= MUSTER_INVALID_STEP; status++) {
        span text = span_from(muster_status_text(status));
        cr_expect(text.len > 1 && text.ptr[text.len - 1] == '.', "status %u", status);
        for (unsigned other = 0; other < status; other++) {
            cr_expect(ne(type(span), text, span_from(muster_status_text(other))));
        }
    }
}

Test(words, a_value_that_an_enumeration_does_not_have_is_no_crash)
{
    cr_expect(ne(ptr, (void *)(uintptr_t)muster_status_text((enum muster_status)99), NULL));
    cr_expect(ne(ptr, (void *)(uintptr_t)muster_file_name((enum muster_file)99), NULL));
    cr_expect(ne(ptr, (void *)(uintptr_t)muster_severity_name((enum muster_severity)99), NULL));
    cr_expect(ne(ptr, (void *)(uintptr_t)muster_operation_kind_name((enum muster_operation_kind)99),
                 NULL));
}
