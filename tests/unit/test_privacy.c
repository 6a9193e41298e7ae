/* SPDX-License-Identifier: MIT */
#include "output/privacy.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "output/report.h"

/* Criterion compares strings that may be changed; these are not. */
static char *literal(const char *text)
{
    return (char *)text;
}

/* What may be shown of a value, terminated; a hyphen where nothing may be. */
static char *shown_under(enum muster_privacy level, const char *key, span value)
{
    static char places[4][128];
    static unsigned next;
    char *place = places[next++ % 4];
    struct privacy privacy = privacy_make(level, span_from(key));
    span shown = privacy_value(&privacy, value);
    if (shown.ptr == NULL) {
        strcpy(place, "-");
    } else {
        cr_assert(lt(sz, shown.len, sizeof places[0]));
        memcpy(place, shown.ptr, shown.len);
        place[shown.len] = '\0';
    }
    privacy_close(&privacy);
    return place;
}

static char *masked(span value)
{
    return shown_under(MUSTER_PRIVACY_MASK, NULL, value);
}

static char *pseudonym_of(const char *key, span value)
{
    return shown_under(MUSTER_PRIVACY_PSEUDONYM, key, value);
}

Test(privacy, full_shows_the_value_itself)
{
    cr_expect(
        eq(str, shown_under(MUSTER_PRIVACY_FULL, NULL, SPAN("ann@x.com")), literal("ann@x.com")));
    cr_expect(eq(str, shown_under(MUSTER_PRIVACY_FULL, NULL, SPAN_NONE), literal("-")));
}

Test(privacy, mask_keeps_the_first_character_and_the_domain)
{
    cr_expect(eq(str, masked(SPAN("ann.lee@example.com")), literal("a***@example.com")));
    cr_expect(eq(str, masked(SPAN("John Smith")), literal("J***")));
    cr_expect(eq(str, masked(SPAN("X12345")), literal("X***")));
    cr_expect(eq(str, masked(SPAN("\xC3\x89mile")), literal("\xC3\x89***")), "a whole character");
}

Test(privacy, mask_shows_nothing_of_what_is_one_character_long)
{
    cr_expect(eq(str, masked(SPAN("J")), literal("***")));
    cr_expect(eq(str, masked(SPAN("\xC3\x89")), literal("***")));
    cr_expect(eq(str, masked(SPAN("a@example.com")), literal("***@example.com")));
}

Test(privacy, mask_keeps_every_letter_and_digit_of_a_domain)
{
    cr_expect(eq(str, masked(SPAN("ann@az-AZ.09")), literal("a***@az-AZ.09")));
    cr_expect(eq(str, masked(SPAN("ann@x")), literal("a***@x")));
}

Test(privacy, mask_hides_a_domain_that_is_none)
{
    cr_expect(eq(str, masked(SPAN("ann@_x.com")), literal("a***")), "at its beginning");
    cr_expect(eq(str, masked(SPAN("ann@lee@example.com")), literal("a***")), "two signs");
    cr_expect(eq(str, masked(SPAN("ann@John Smith")), literal("a***")));
    cr_expect(eq(str, masked(SPAN("@example.com")), literal("@***")));
    cr_expect(eq(str, masked(SPAN("ann@")), literal("a***")));
    cr_expect(eq(str,
                 masked(SPAN("\xFF\xFE"
                             "abc")),
                 literal("***")),
              "no character at the start");
}

Test(privacy, what_holds_nothing_stays)
{
    cr_expect(eq(str, masked(SPAN_NONE), literal("-")));
    cr_expect(eq(str, masked(SPAN("")), literal("")));
    cr_expect(eq(str, masked(SPAN(" \t")), literal(" \t")));
    cr_expect(eq(str, pseudonym_of("key", SPAN("")), literal("")));
}

Test(privacy, pseudonyms_are_the_same_for_the_same_value_and_key)
{
    cr_expect(eq(str, pseudonym_of("key", SPAN("ann")), pseudonym_of("key", SPAN("ann"))));
    cr_expect(ne(str, pseudonym_of("key", SPAN("ann")), pseudonym_of("key", SPAN("bob"))));
    cr_expect(ne(str, pseudonym_of("key", SPAN("ann")), pseudonym_of("yek", SPAN("ann"))));
    cr_expect(ne(str, pseudonym_of("ke", SPAN("yann")), pseudonym_of("key", SPAN("ann"))),
              "where the key ends matters");
}

Test(privacy, a_key_may_have_any_length)
{
    const char *key = "a key of more than eight bytes";
    cr_expect(eq(str, pseudonym_of(key, SPAN("ann")), pseudonym_of(key, SPAN("ann"))));
    cr_expect(ne(str, pseudonym_of(key, SPAN("ann")), pseudonym_of(key + 1, SPAN("ann"))));
}

/* Else everybody could make the words of all ids that there may be, and compare them. */
Test(privacy, without_a_key_nobody_can_make_a_pseudonym_again)
{
    const char *const keys[] = {NULL, ""};
    for (size_t index = 0; index < 2; index++) {
        char *made = pseudonym_of(keys[index], SPAN("X1"));
        cr_expect(eq(sz, strlen(made), 17));
        cr_expect(ne(str, made, pseudonym_of(keys[index], SPAN("X1"))), "in another output");
    }
    struct privacy privacy = privacy_make(MUSTER_PRIVACY_PSEUDONYM, SPAN_NONE);
    char first[17];
    memcpy(first, privacy_value(&privacy, SPAN("X1")).ptr, sizeof first);
    cr_expect(eq(int, memcmp(first, privacy_value(&privacy, SPAN("X1")).ptr, sizeof first), 0),
              "in the same output it is the same");
    cr_expect(ne(int, memcmp(first, privacy_value(&privacy, SPAN("X2")).ptr, sizeof first), 0));
    privacy_close(&privacy);
}

Test(privacy, a_pseudonym_is_sixteen_digits_behind_a_tilde)
{
    char *made = pseudonym_of("key", SPAN("ann@example.com"));
    cr_expect(eq(sz, strlen(made), 17));
    cr_expect(eq(chr, made[0], '~'));
    cr_expect(eq(sz, strspn(made + 1, "0123456789abcdef"), 16));
}

Test(privacy, every_digit_stands_at_every_place_of_some_pseudonym)
{
    static const char digits[] = "0123456789abcdef";
    unsigned seen[16] = {0};
    char value[16];
    for (int number = 0; number < 400; number++) {
        int size = snprintf(value, sizeof value, "X%d", number);
        char *made = pseudonym_of("key", span_make(value, (size_t)size));
        for (size_t place = 0; place < 16; place++) {
            seen[place] |= 1U << (strchr(digits, made[1 + place]) - digits);
        }
    }
    for (size_t place = 0; place < 16; place++) {
        cr_expect(eq(uint, seen[place], 0xFFFF), "place %zu", place);
    }
}

Test(privacy, counts_shows_no_value_at_all)
{
    cr_expect(eq(str, shown_under(MUSTER_PRIVACY_COUNTS, NULL, SPAN("ann")), literal("-")));
    cr_expect(eq(str, shown_under(MUSTER_PRIVACY_COUNTS, NULL, SPAN("")), literal("-")));
}

/* ---- Reports ---- */

static struct buffer written;

static bool keep(void *context, const char *bytes, size_t size)
{
    (void)context;
    buffer_append(&written, bytes, size);
    return true;
}

/* Everything personal in these parts holds the word "secret", in whatever format they come. */
static char *report_of(enum muster_format format, enum muster_privacy level)
{
    struct muster_summary summary = {.present = {true, true}, .paths = {SPAN("u"), SPAN("t")}};
    struct muster_forecast forecast = {.counts = {[MUSTER_RENAME_TEAM] = 1},
                                       .guards_tripped = true};
    summary.severities[MUSTER_ERROR] = 2;
    summary.codes[MUSTER_DUPLICATE_EMAIL] = 2;
    struct muster_team_move move = {SPAN("secret"), SPAN("secret"), SPAN("secret"), SPAN("secret"),
                                    5};
    struct report_totals totals = {.summary = &summary,
                                   .forecast = &forecast,
                                   .moves = &move,
                                   .move_count = 1,
                                   .findings_told = true};
    struct muster_report_options options = {.format = format,
                                            .command = "plan",
                                            .verbose = true,
                                            .privacy = level,
                                            .pseudonym_key = SPAN("key")};
    struct muster_finding finding = {.code = MUSTER_DUPLICATE_EMAIL,
                                     .severity = MUSTER_ERROR,
                                     .file_known = true,
                                     .path = SPAN("u"),
                                     .line = 3,
                                     .field = SPAN("secret"),
                                     .value = SPAN("secret@example.com"),
                                     .message = SPAN("the secret is told"),
                                     .effect = SPAN("secret"),
                                     .cure = SPAN("secret"),
                                     .alike = 2};
    struct muster_guard guard = {.kind = "moveTeamMember",
                                 .population_of = "memberships",
                                 .limit = {true, true, 10},
                                 .tripped = true,
                                 .team = SPAN("secret"),
                                 .carriers = SPAN("secret"),
                                 .carriers_plain = SPAN("secret")};
    struct muster_operation operation = {.kind = MUSTER_RENAME_TEAM,
                                         .team = SPAN("secret"),
                                         .from = SPAN("secret"),
                                         .to = SPAN("secret"),
                                         .text = SPAN("secret")};
    struct report report;
    buffer_clear(&written);
    report_open(&report, &options, &totals, keep, NULL);
    report_begin(&report);
    report_overview(&report);
    report_guard(&report, &guard);
    report_operation(&report, &operation);
    report_finding(&report, &finding);
    report_end(&report);
    cr_assert(eq(int, report_close(&report), MUSTER_OK));
    buffer_append(&written, "", 1);
    return written.bytes;
}

Test(privacy, no_format_tells_a_value_that_is_not_to_be_shown)
{
    const enum muster_format formats[] = {MUSTER_TEXT, MUSTER_JSONL, MUSTER_JSON, MUSTER_SYNC};
    const enum muster_privacy levels[] = {MUSTER_PRIVACY_MASK, MUSTER_PRIVACY_PSEUDONYM,
                                          MUSTER_PRIVACY_COUNTS};
    for (size_t format = 0; format < 4; format++) {
        cr_expect(ne(ptr, strstr(report_of(formats[format], MUSTER_PRIVACY_FULL), "secret"), NULL));
        for (size_t level = 0; level < 3; level++) {
            char *made = report_of(formats[format], levels[level]);
            cr_expect(eq(ptr, strstr(made, "secret"), NULL), "format %zu, level %zu:\n%s", format,
                      level, made);
            cr_expect(ne(sz, strlen(made), 0));
        }
    }
}

Test(privacy, the_words_of_the_rule_stand_in_for_the_message)
{
    char *made = report_of(MUSTER_JSONL, MUSTER_PRIVACY_MASK);
    cr_expect(ne(ptr, strstr(made, muster_rule(MUSTER_DUPLICATE_EMAIL)->when), NULL));
    cr_expect(ne(ptr, strstr(made, "\"value\":\"s***@example.com\""), NULL));
}

Test(privacy, counts_leaves_no_finding_and_no_operation)
{
    char *made = report_of(MUSTER_JSONL, MUSTER_PRIVACY_COUNTS);
    cr_expect(eq(ptr, strstr(made, "\"type\":\"finding\""), NULL));
    cr_expect(eq(ptr, strstr(made, "\"type\":\"operation\""), NULL));
    cr_expect(ne(ptr, strstr(made, "\"codes\":{\"duplicate-email\":2}"), NULL));
    cr_expect(ne(ptr, strstr(made, "\"operations\":{\"renameTeam\":1}"), NULL));
    made = report_of(MUSTER_SYNC, MUSTER_PRIVACY_COUNTS);
    cr_expect(eq(str, made,
                 literal("{\"status\":\"completedWithErrors\",\"dryRun\":true,"
                         "\"listOfOperations\":[\"1 renameTeam\"],\"errors\":[\"2 errors\"]}\n")));
}
