/* SPDX-License-Identifier: MIT */
/* Reports made from parts that are made up: what no roster of a few lines brings about. */
#define _GNU_SOURCE
#include "output/report.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "output/escape.h"
#include "support.h"

static struct buffer written;

/* Make a report of one finding; gives what was written. */
static span report_of_finding(const struct muster_report_options *options,
                              const struct muster_finding *finding)
{
    struct muster_summary summary = {.severities = {[MUSTER_ERROR] = 1}};
    const struct report_totals totals = {.summary = &summary, .findings_told = true};
    struct report report;
    buffer_clear(&written);
    report_open(&report, options, &totals, write_to_buffer, &written);
    report_finding(&report, finding);
    cr_assert(eq(int, report_close(&report), MUSTER_OK));
    return buffer_view(&written);
}

/* What a plan with one team that moves looks like; `name` is that of all teams. */
static span report_of_move(const struct muster_report_options *options, span name)
{
    const struct muster_summary summary = {0};
    const struct muster_forecast forecast = {.counts = {[MUSTER_MOVE_TEAM] = 1}};
    const struct muster_team_move move = {SPAN("T1"), name, name, name, 1204};
    const struct report_totals totals = {
        .summary = &summary, .forecast = &forecast, .moves = &move, .move_count = 1};
    static struct buffer text;
    struct report report;
    buffer_clear(&text);
    buffer_text(&text, "Move team \"");
    buffer_span(&text, name);
    buffer_text(&text, "\" (T1)");
    const struct muster_operation operation = {.kind = MUSTER_MOVE_TEAM,
                                               .team = SPAN("T1"),
                                               .from = SPAN("T2"),
                                               .to = SPAN("T3"),
                                               .text = buffer_view(&text)};
    const struct muster_guard guard = {.kind = "moveTeam",
                                       .population_of = "teams",
                                       .limit = {true, false, 0},
                                       .tripped = true,
                                       .carriers = buffer_view(&text)};
    buffer_clear(&written);
    report_open(&report, options, &totals, write_to_buffer, &written);
    report_overview(&report);
    report_guard(&report, &guard);
    report_operation(&report, &operation);
    report_end(&report);
    cr_assert(eq(int, report_close(&report), MUSTER_OK));
    return buffer_view(&written);
}

/* The next line of a text, without its end; false after the last. */
static bool line_next(span *text, span *line)
{
    const char *end = text->len > 0 ? memchr(text->ptr, '\n', text->len) : NULL;
    if (end == NULL) {
        return false;
    }
    *line = span_make(text->ptr, (size_t)(end - text->ptr));
    *text = span_make(end + 1, text->len - line->len - 1);
    return true;
}

/* ---- Text -------------------------------------------------------------------------------- */

Test(report, colours_end_with_the_line_that_they_began_on)
{
    const struct muster_report_options options = {.command = "plan", .color = true};
    span made = report_of_move(&options, SPAN("Cloud"));
    span line;
    size_t count = 0;
    while (line_next(&made, &line)) {
        const char *last = memrchr(line.ptr, '\033', line.len);
        cr_expect(last == NULL || memcmp(last, "\033[0m", 4) == 0, "%.*s", (int)line.len, line.ptr);
        count += last != NULL ? 1 : 0;
    }
    cr_expect(eq(sz, made.len, 0));
    cr_expect(lt(sz, 5, count));
}

Test(report, lines_of_a_plan_are_broken_for_a_terminal_and_for_nobody_else)
{
    struct muster_report_options options = {.command = "plan", .width = 50};
    span made = report_of_move(&options, SPAN("a name of seven words in all"));
    span line;
    while (line_next(&made, &line)) {
        cr_expect(le(sz, text_columns(line), 50), "%.*s", (int)line.len, line.ptr);
    }
    options.width = 0;
    made = report_of_move(&options, SPAN("Cloud and all that is below it"));
    const char want[] = "  ~ 1,204  \"Cloud and all that is b\xE2\x80\xA6\" (T1) from "
                        "\"Cloud and all that is b\xE2\x80\xA6\" to "
                        "\"Cloud and all that is b\xE2\x80\xA6\"\n";
    cr_expect(ne(ptr, memmem(made.ptr, made.len, want, sizeof want - 1), NULL), "%.*s",
              (int)made.len, made.ptr);
}

Test(report, a_plan_cuts_very_long_names_for_people_alone)
{
    struct muster_report_options options = {.command = "plan"};
    struct buffer name = {0};
    span line;
    size_t cut = 0;
    while (name.size < 60000) {
        buffer_byte(&name, 'n');
    }
    span made = report_of_move(&options, buffer_view(&name));
    while (line_next(&made, &line)) {
        cr_expect(lt(sz, line.len, 2100));
        cut += memmem(line.ptr, line.len, "n\xE2\x80\xA6", 4) != NULL ? 1 : 0;
    }
    cr_expect(eq(sz, cut, 3), "the move, the carrier, the operation");
    const enum muster_format formats[] = {MUSTER_JSONL, MUSTER_JSON, MUSTER_SYNC};
    for (size_t index = 0; index < 3; index++) {
        options.format = formats[index];
        made = report_of_move(&options, buffer_view(&name));
        cr_expect(ne(ptr, memmem(made.ptr, made.len, name.bytes, name.size), NULL));
    }
    buffer_close(&name);
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* Where values are cut into pieces to be escaped. */
#define PIECE_SIZE (64U << 10)

/* JSON Lines show the value as what writes short ones does. */
static void expect_value(span value)
{
    const struct muster_report_options options = {.command = "check", .format = MUSTER_JSONL};
    struct buffer want = {0};
    buffer_text(&want, "\"value\":");
    escape_json_value(&want, value);
    const struct muster_finding finding = {.value = value};
    span made = report_of_finding(&options, &finding);
    cr_assert(not(want.exhausted));
    cr_expect(ne(ptr, memmem(made.ptr, made.len, want.bytes, want.size), NULL),
              "%zu bytes, at the end %.8s", value.len, value.ptr + value.len - 8);
    buffer_close(&want);
}

/* A value that has `bytes` before and behind the cut. */
static void expect_whole(const char *bytes, size_t before)
{
    struct buffer value = {0};
    while (value.size < PIECE_SIZE - before) {
        buffer_byte(&value, 'a');
    }
    buffer_text(&value, bytes);
    buffer_text(&value, "bcdefgh");
    expect_value(buffer_view(&value));
    buffer_close(&value);
}

Test(report, a_character_that_lies_across_two_pieces_stays_whole)
{
    static const char *const cases[] = {
        "\xF0\x9F\x98\x80",
        "\xF0\x9F\x98\x80\x80\x80", /* stray bytes behind it */
        "\xE2\x82\xAC\x80\x80\x80\x80",
        "\xC3\xA9\xA9\xA9\xA9\xA9",
        "\x80\x80\x80\x80\x80\x80\x80",
        "\xF0\x9F\xF0\x9F\x98\x80", /* cut off, and one that is whole */
        "\xF0\xF0\xE2\x82\xAC",
        "\xC3\xC3\xA9\xC3\xA9",
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        for (size_t before = 0; before <= 7; before++) {
            expect_whole(cases[index], before);
        }
    }
}

/* Nothing is read behind the last byte, nor forgotten: not one that is a piece of its own, nor what
 * a cut has left of a character. */
Test(report, a_value_of_some_pieces_is_shown_to_its_last_byte)
{
    static const size_t sizes[] = {PIECE_SIZE - 1, PIECE_SIZE,     PIECE_SIZE + 1,
                                   PIECE_SIZE + 2, 2 * PIECE_SIZE, 2 * PIECE_SIZE + 1};
    static char bytes[2 * PIECE_SIZE + 1];
    for (size_t index = 0; index < sizeof sizes / sizeof sizes[0]; index++) {
        for (size_t cut = 0; cut <= 3; cut++) {
            struct guarded value;
            memset(bytes, 'a', sizeof bytes);
            memcpy(bytes + sizes[index] - cut, "\xF0\x9F\x98", cut);
            guarded_open(&value, bytes, sizes[index]);
            expect_value(guarded_span(&value));
            guarded_close(&value);
        }
    }
}

/* ---- The remote's own shape -------------------------------------------------------------- */

static bool span_starts(span text, const char *words)
{
    return text.len >= strlen(words) && memcmp(text.ptr, words, strlen(words)) == 0;
}

/* Everything that may be handed to a report of a plan in this shape, and then its words. */
static span sync_of(const struct muster_report_options *options, const struct report_totals *totals)
{
    static const struct muster_operation operations[] = {{.text = {"one", 3}},
                                                         {.text = {"tw\"o", 4}}};
    static const struct muster_finding findings[] = {
        {.severity = MUSTER_ERROR,
         .file_known = true,
         .path = {"u.csv", 5},
         .line = 3,
         .field = {"email", 5},
         .message = {"first", 5}},
        {.severity = MUSTER_WARNING, .file_known = true, .message = {"never", 5}},
        {.severity = MUSTER_ERROR,
         .file_known = true,
         .file = MUSTER_TEAMS,
         .message = {"second", 6}},
        {.severity = MUSTER_ERROR, .message = {"third", 5}},
        {.severity = MUSTER_FATAL,
         .file_known = true,
         .path = {"t.csv", 5},
         .line = 1,
         .message = {"worst", 5}},
    };
    struct report report;
    buffer_clear(&written);
    report_open(&report, options, totals, write_to_buffer, &written);
    report_begin(&report);
    for (size_t index = 0; index < 2; index++) {
        report_operation(&report, &operations[index]);
    }
    for (size_t index = 0; index < 5; index++) {
        report_finding(&report, &findings[index]);
    }
    report_end(&report);
    cr_assert(eq(int, report_close(&report), MUSTER_OK));
    return buffer_view(&written);
}

Test(report, the_remote_lists_operations_and_errors_and_says_where_they_are)
{
    const struct muster_report_options options = {.format = MUSTER_SYNC};
    const struct muster_report_options live = {.format = MUSTER_SYNC, .live = true};
    struct muster_summary summary = {.severities = {0}};
    struct report_totals totals = {.summary = &summary};
    cr_expect(eq(type(span), sync_of(&live, &totals),
                 SPAN("{\"status\":\"completed\",\"dryRun\":false,\"listOfOperations\":[\"one\","
                      "\"tw\\\"o\"],\"errors\":[\"u.csv:3: email: first\",\"teams: second\","
                      "\"third\"]}\n")));
    summary.severities[MUSTER_ERROR] = 1;
    cr_expect(span_starts(sync_of(&options, &totals),
                          "{\"status\":\"completedWithErrors\",\"dryRun\":true,"));
    summary.severities[MUSTER_ERROR] = 0;
    totals.stopped = true;
    cr_expect(span_starts(sync_of(&options, &totals), "{\"status\":\"completedWithErrors\","));
    summary.severities[MUSTER_FATAL] = 1;
    cr_expect(eq(type(span), sync_of(&options, &totals),
                 SPAN("{\"status\":\"Invalid data\",\"errors\":[\"t.csv:1: worst\"]}\n")));
}

Test(report, the_remote_is_counted_where_nothing_may_be_shown)
{
    const struct muster_report_options options = {.format = MUSTER_SYNC,
                                                  .privacy = MUSTER_PRIVACY_COUNTS};
    const struct muster_forecast forecast = {
        .counts = {[MUSTER_REKEY_TEAM] = 1, [MUSTER_MOVE_TEAM] = 12, [MUSTER_DELETE_TEAM] = 2}};
    struct muster_summary summary = {.severities = {[MUSTER_ERROR] = 1, [MUSTER_WARNING] = 7}};
    struct report_totals totals = {.summary = &summary, .forecast = &forecast};
    cr_expect(eq(type(span), sync_of(&options, &totals),
                 SPAN("{\"status\":\"completedWithErrors\",\"dryRun\":true,\"listOfOperations\":["
                      "\"1 rekeyTeam\",\"12 moveTeam\",\"2 deleteTeam\"],"
                      "\"errors\":[\"1 error\"]}\n")));
    summary.severities[MUSTER_ERROR] = 2;
    totals.stopped = true;
    cr_expect(eq(type(span), sync_of(&options, &totals),
                 SPAN("{\"status\":\"completedWithErrors\",\"dryRun\":true,\"listOfOperations\":[],"
                      "\"errors\":[\"2 errors\"]}\n")));
    summary.severities[MUSTER_FATAL] = 1;
    cr_expect(eq(type(span), sync_of(&options, &totals),
                 SPAN("{\"status\":\"Invalid data\",\"errors\":[\"1 fatal\"]}\n")));
    memset(&summary, 0, sizeof summary);
    totals = (struct report_totals){.summary = &summary};
    cr_expect(eq(type(span), sync_of(&options, &totals),
                 SPAN("{\"status\":\"completed\",\"dryRun\":true,\"listOfOperations\":[],"
                      "\"errors\":[]}\n")));
}
