/* SPDX-License-Identifier: MIT */
/* JSON Lines and the one document, word for word, from parts that are made up. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "output/report.h"
#include "support.h"

static struct buffer written;

#define FILES                                                                                      \
    "\"files\":[{\"kind\":\"users\",\"path\":\"u.csv\",\"bytes\":5,\"xxh3\":\"0123456789abcdef\"}" \
    ",{\"kind\":\"deprovision\",\"path\":\"d.csv\",\"bytes\":7,\"xxh3\":null}]"
#define FIRST                                                                                      \
    "{\"type\":\"finding\",\"code\":\"duplicate-email\",\"severity\":\"error\",\"file\":"          \
    "\"users\",\"path\":\"u.csv\",\"line\":1,\"field\":\"email\",\"value\":\"A@x.com\","           \
    "\"message\":\"m\",\"effect\":\"e\",\"related\":[{\"file\":\"users\",\"line\":3},"             \
    "{\"file\":\"teams\",\"line\":4}]}"
#define SECOND                                                                                     \
    "{\"type\":\"finding\",\"code\":\"unknown-root-team\",\"severity\":\"warning\",\"file\":null," \
    "\"path\":null,\"line\":null,\"field\":null,\"value\":null,\"message\":\"m\",\"effect\":"      \
    "\"e\",\"related\":[]}"
#define NOT_RUN "{\"type\":\"not-run\",\"code\":\"unknown-team\",\"reason\":\"no teams file\"}"
#define GUARDS                                                                                     \
    "{\"type\":\"guard\",\"kind\":\"deleteTeam\",\"count\":5,\"population\":9,\"limit\":\"10%\","  \
    "\"tripped\":true,\"carriers\":\"T\"}",                                                        \
        "{\"type\":\"guard\",\"kind\":\"moveTeam\",\"count\":1,\"population\":9,\"limit\":\"3\","  \
        "\"tripped\":false,\"team\":\"T1\"}",                                                      \
        "{\"type\":\"guard\",\"kind\":\"emptyUsers\",\"count\":0,\"population\":9,\"limit\":null," \
        "\"tripped\":true}"
#define RENAME                                                                                     \
    "{\"type\":\"operation\",\"kind\":\"renameTeam\",\"team\":\"T1\",\"from\":\"A\",\"to\":\"B\"," \
    "\"temporary\":"
#define DELETE "{\"type\":\"operation\",\"kind\":\"deleteTeam\",\"team\":\"T1\",\"text\":\"gone\"}"
#define SUMMARY                                                                                    \
    "\"records\":{\"users\":3,\"deprovision\":2},\"kept\":{\"users\":1,\"deprovision\":2},"        \
    "\"findings\":{\"fatal\":0,\"error\":1,\"warning\":1,\"info\":0},"                             \
    "\"codes\":{\"duplicate-email\":1,\"unknown-root-team\":1},"
#define CHANGES                                                                                    \
    "\"differences\":{\"users\":{\"added\":1,\"removed\":2,\"changed\":3},"                        \
    "\"teams\":{\"added\":4,\"removed\":5,\"changed\":6}}"

static const struct muster_summary summary = {
    .present = {[MUSTER_USERS] = true, [MUSTER_DEPROVISION] = true},
    .bytes = {[MUSTER_USERS] = 5, [MUSTER_DEPROVISION] = 7},
    .paths = {[MUSTER_USERS] = {"u.csv", 5}, [MUSTER_DEPROVISION] = {"d.csv", 5}},
    .digests = {[MUSTER_USERS] = 0x0123456789abcdef},
    .records = {[MUSTER_USERS] = 3, [MUSTER_DEPROVISION] = 2},
    .kept = {[MUSTER_USERS] = 1, [MUSTER_DEPROVISION] = 2},
    .severities = {[MUSTER_ERROR] = 1, [MUSTER_WARNING] = 1},
    .codes = {[MUSTER_DUPLICATE_EMAIL] = 1, [MUSTER_UNKNOWN_ROOT_TEAM] = 1},
};

static void put_findings(struct report *report)
{
    static const struct muster_place places[] = {{MUSTER_USERS, 3}, {MUSTER_TEAMS, 4}};
    const struct muster_finding first = {.code = MUSTER_DUPLICATE_EMAIL,
                                         .severity = MUSTER_ERROR,
                                         .file_known = true,
                                         .path = SPAN("u.csv"),
                                         .line = 1,
                                         .field = SPAN("email"),
                                         .value = SPAN("A@x.com"),
                                         .message = SPAN("m"),
                                         .effect = SPAN("e"),
                                         .related = places,
                                         .related_count = 2};
    const struct muster_finding second = {.code = MUSTER_UNKNOWN_ROOT_TEAM,
                                          .severity = MUSTER_WARNING,
                                          .message = SPAN("m"),
                                          .effect = SPAN("e")};
    report_finding(report, &first);
    report_finding(report, &second);
}

static void put_plan(struct report *report)
{
    const struct muster_guard guards[] = {
        {"deleteTeam", 5, 9, "teams", {true, true, 10}, true, {NULL, 0}, {"t", 1}, {"T", 1}},
        {"moveTeam", 1, 9, "teams", {true, false, 3}, false, {"T1", 2}, {NULL, 0}, {NULL, 0}},
        {"emptyUsers", 0, 9, "users", {false, false, 0}, true, {NULL, 0}, {NULL, 0}, {NULL, 0}},
    };
    struct muster_operation rename = {.kind = MUSTER_RENAME_TEAM,
                                      .temporary = true,
                                      .team = SPAN("T1"),
                                      .from = SPAN("A"),
                                      .to = SPAN("B"),
                                      .text = SPAN("named")};
    const struct muster_operation delete = {
        .kind = MUSTER_DELETE_TEAM, .team = SPAN("T1"), .text = SPAN("gone")};
    for (size_t index = 0; index < 3; index++) {
        report_guard(report, &guards[index]);
    }
    report_operation(report, &rename);
    rename.temporary = false;
    report_operation(report, &rename);
    report_operation(report, &delete);
}

static void put_differences(struct report *report)
{
    const struct muster_difference changed = {.entity = MUSTER_USER,
                                              .change = MUSTER_MODIFIED,
                                              .id = SPAN("X1"),
                                              .field = "team_id",
                                              .old_value = SPAN("T1"),
                                              .new_value = SPAN("")};
    const struct muster_difference added = {
        .entity = MUSTER_TEAM, .change = MUSTER_ADDED, .id = SPAN("T2")};
    const struct muster_difference removed = {
        .entity = MUSTER_TEAM, .change = MUSTER_REMOVED, .id = SPAN("T3")};
    report_difference(report, &changed);
    report_difference(report, &added);
    report_difference(report, &removed);
}

typedef void put_parts(struct report *report);

static span report_of(enum muster_format format, const char *command, struct report_totals totals,
                      put_parts *const *parts)
{
    const struct muster_report_options options = {.format = format, .command = command};
    struct report report;
    totals.summary = totals.summary != NULL ? totals.summary : &summary;
    buffer_clear(&written);
    report_open(&report, &options, &totals, write_to_buffer, &written);
    report_begin(&report);
    for (; *parts != NULL; parts++) {
        (*parts)(&report);
    }
    report_end(&report);
    cr_assert(eq(int, report_close(&report), MUSTER_OK));
    return buffer_view(&written);
}

static void put_not_run(struct report *report)
{
    report_not_run(report, MUSTER_UNKNOWN_TEAM, "no teams file");
}

/* What is told of a plan: its guards and operations, each behind `before` and with `behind`. */
static span plan_words(const char *before, const char *between, const char *behind)
{
    static const char *const guards[] = {GUARDS};
    static const char *const operations[] = {RENAME "true,\"text\":\"named\"}",
                                             RENAME "false,\"text\":\"named\"}", DELETE};
    static struct buffer text;
    buffer_clear(&text);
    for (size_t index = 0; index < 6; index++) {
        buffer_text(&text, index % 3 == 0 ? before : "");
        buffer_text(&text, index < 3 ? guards[index] : operations[index - 3]);
        buffer_text(&text, index % 3 < 2 ? between : index < 3 ? behind : "");
    }
    return buffer_view(&text);
}

static const struct muster_forecast forecast = {
    .counts = {[MUSTER_RENAME_TEAM] = 2, [MUSTER_DELETE_TEAM] = 1}, .guards_tripped = true};
static const uint64_t changes[ENTITY_COUNT][CHANGE_COUNT] = {
    [MUSTER_USER] = {[MUSTER_ADDED] = 1, [MUSTER_REMOVED] = 2, [MUSTER_MODIFIED] = 3},
    [MUSTER_TEAM] = {[MUSTER_ADDED] = 4, [MUSTER_REMOVED] = 5, [MUSTER_MODIFIED] = 6}};

Test(report_jsonl, a_plan_is_one_object_a_line)
{
    static put_parts *const parts[] = {put_findings, put_not_run, put_plan, NULL};
    struct report_totals totals = {.forecast = &forecast, .findings_told = true};
    struct buffer want = {0};
    buffer_text(&want, "{\"type\":\"start\",\"muster\":\"" MUSTER_VERSION
                       "\",\"command\":\"plan\"," FILES "}\n" FIRST "\n" SECOND "\n" NOT_RUN "\n");
    buffer_span(&want, plan_words("", "\n", "\n"));
    buffer_text(&want, "\n{\"type\":\"summary\"," SUMMARY
                       "\"operations\":{\"renameTeam\":2,\"deleteTeam\":1},"
                       "\"verdict\":\"guarded\"}\n");
    cr_expect(eq(type(span), report_of(MUSTER_JSONL, "plan", totals, parts), buffer_view(&want)));
    buffer_close(&want);
}

Test(report_jsonl, a_plan_in_one_document_has_a_list_of_each_part)
{
    static put_parts *const parts[] = {put_findings, put_not_run, put_plan, NULL};
    struct report_totals totals = {.forecast = &forecast, .findings_told = true};
    struct buffer want = {0};
    buffer_text(&want, "{\"muster\":\"" MUSTER_VERSION "\",\"command\":\"plan\"," FILES
                       ",\n\"findings\":[\n" FIRST ",\n" SECOND "\n],\n\"notRun\":[\n" NOT_RUN
                       "\n],\n\"guards\":[");
    buffer_span(&want, plan_words("\n", ",\n", "\n],\n\"operations\":["));
    buffer_text(&want,
                "\n],\n\"summary\":{" SUMMARY "\"operations\":{\"renameTeam\":2,\"deleteTeam\":1},"
                "\"verdict\":\"guarded\"}}\n");
    cr_expect(eq(type(span), report_of(MUSTER_JSON, "plan", totals, parts), buffer_view(&want)));
    buffer_close(&want);
}

Test(report_jsonl, differences_have_both_values)
{
    static put_parts *const parts[] = {put_differences, NULL};
    struct report_totals totals = {.changes = changes, .files_unknown = true};
    cr_expect(eq(type(span), report_of(MUSTER_JSON, "diff", totals, parts),
                 SPAN("{\"muster\":\"" MUSTER_VERSION "\",\"command\":\"diff\",\"files\":[],\n"
                      "\"differences\":[\n"
                      "{\"type\":\"difference\",\"entity\":\"user\",\"change\":\"changed\","
                      "\"id\":\"X1\",\"field\":\"team_id\",\"old\":\"T1\",\"new\":\"\"},\n"
                      "{\"type\":\"difference\",\"entity\":\"team\",\"change\":\"added\","
                      "\"id\":\"T2\",\"field\":null,\"old\":null,\"new\":null},\n"
                      "{\"type\":\"difference\",\"entity\":\"team\",\"change\":\"removed\","
                      "\"id\":\"T3\",\"field\":null,\"old\":null,\"new\":null}\n],\n"
                      "\"summary\":{" SUMMARY "\"operations\":{}," CHANGES
                      ",\"verdict\":\"findings\"}}\n")));
}

Test(report_jsonl, lists_that_stay_empty_are_there)
{
    static put_parts *const none[] = {NULL};
    static put_parts *const last[] = {put_plan, NULL};
    struct report_totals totals = {
        .forecast = &forecast, .changes = changes, .findings_told = true, .files_unknown = true};
    span made = report_of(MUSTER_JSON, "plan", totals, none);
    cr_expect(span_holds(made, ",\"files\":[],\n\"findings\":[],\n\"notRun\":[],\n"
                               "\"differences\":[],\n\"guards\":[],\n\"operations\":[],\n"
                               "\"summary\":{"));
    made = report_of(MUSTER_JSON, "plan", totals, last);
    cr_expect(span_holds(made, ",\n\"findings\":[],\n\"notRun\":[],\n\"differences\":[],\n"
                               "\"guards\":[\n{"));
}

Test(report_jsonl, codes_and_kinds_are_named_from_the_first_to_the_last)
{
    static put_parts *const none[] = {NULL};
    const struct muster_summary ends = {
        .codes = {[MUSTER_UNREADABLE_ENCODING] = 1, [MUSTER_SPECIAL_CHARACTER] = 2}};
    const struct muster_forecast of_ends = {
        .counts = {[MUSTER_REKEY_TEAM] = 3, [MUSTER_REMOVE_LICENSE] = 4}, .temporary_count = 5};
    struct report_totals totals = {.summary = &ends, .forecast = &of_ends};
    span made = report_of(MUSTER_JSONL, "plan", totals, none);
    cr_expect(span_holds(made, ",\"codes\":{\"unreadable-encoding\":1,\"special-character\":2},"
                               "\"operations\":{\"rekeyTeam\":3,\"removeLicense\":4},"
                               "\"verdict\":"));
}
