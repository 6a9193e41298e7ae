/* SPDX-License-Identifier: MIT */
/* The cursors over findings: all of them in the order of the contract, and the ones for people. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "muster.h"
#include "random_export.h"
#include "support.h"
#include "table/schema.h"

Test(muster_findings, files_lines_passes_and_fields_are_the_order)
{
    struct muster_roster *roster =
        roster_of("x," USERS_HEADER "1,,,a,b,\n"
                  "1,X1,ann, Ann,Lee,T9\n"
                  "1\n"
                  "1,X1,ANN,Bob,Ray,T3\n"
                  "1,x1,bob@example.com,Bob,Ray,T3\n",
                  TEAMS_HEADER "T1,A,X9,\nT2,B,,T1\nT3,C,,T9\nt1,A,X1,T1\n", NULL);
    cr_expect(eq(type(span), findings_of(roster),
                 SPAN("info extra-header users:1 x \"x\"\n"
                      "error missing-value users:2 id \"\"\n"
                      "error missing-value users:2 email \"\"\n"
                      "error unknown-team users:3 team_id \"T9\"\n"
                      "warning invalid-email users:3 email \"ann\"\n"
                      "warning surrounding-space users:3 first_name \" Ann\"\n"
                      "error field-count users:4 - -\n"
                      "error duplicate-user-id users:5 id \"X1\" related users:3\n"
                      "error duplicate-email users:5 email \"ANN\" related users:3\n"
                      "error removed-team users:6 team_id \"T3\" related teams:4\n"
                      "warning case-collision users:6 id \"x1\" related users:3\n"
                      "warning unknown-manager teams:2 manager_ids \"X9\"\n"
                      "info duplicate-team-name teams:2 name \"A\"\n"
                      "warning team-name-length teams:3 name \"B\"\n"
                      "error unknown-parent-team teams:4 parent_team_id \"T9\"\n"
                      "info duplicate-team-name teams:5 name \"A\" related teams:2\n"
                      "warning case-collision teams:5 id \"t1\" related teams:2\n")));
    muster_roster_close(roster);
}

static int column_of(const struct muster_finding *finding)
{
    const struct schema *schema = schema_of(finding->file);
    for (unsigned column = 0; column < schema->column_count; column++) {
        if (span_equal(finding->field, span_from(schema->columns[column].name))) {
            return (int)column;
        }
    }
    return 100; /* a column of no schema, or none, comes behind */
}

static void expect_order(const struct muster_finding *before, const struct muster_finding *now)
{
    const int64_t left[] = {before->file, (int64_t)before->line, muster_rule(before->code)->pass,
                            column_of(before)};
    const int64_t right[] = {now->file, (int64_t)now->line, muster_rule(now->code)->pass,
                             column_of(now)};
    for (int index = 0; index < 4; index++) {
        cr_assert(le(i64, left[index], right[index]));
        if (left[index] < right[index]) {
            return;
        }
    }
}

static struct muster_roster *open_random(struct buffer *texts, uint64_t *state,
                                         const struct muster_options *options)
{
    span files[MUSTER_FILE_COUNT];
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        random_file(&texts[file], file, random_below(state, 8), random_below(state, 4000), state);
        files[file] = buffer_view(&texts[file]);
    }
    return roster_of_spans(files, options);
}

Test(muster_findings, of_random_exports_are_in_order_and_counted, .timeout = 120)
{
    struct buffer texts[MUSTER_FILE_COUNT] = {{0}};
    uint64_t state = 1;
    uint64_t seen = 0;
    for (int round = 0; round < (SANITIZED ? 100 : 500); round++) {
        struct muster_roster *roster = open_random(texts, &state, NULL);
        const struct muster_summary *summary = muster_roster_summary(roster);
        uint64_t codes[MUSTER_CODE_COUNT] = {0};
        uint64_t severities[MUSTER_SEVERITY_COUNT] = {0};
        struct muster_finding before = {.line = 0};
        struct muster_finding finding;
        struct muster_findings *findings;
        cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
        while (muster_findings_next(findings, &finding)) {
            cr_assert(eq(u64, finding.alike, 1));
            cr_assert(lt(sz, 0, finding.message.len));
            cr_assert(lt(sz, 0, finding.effect.len));
            cr_assert(lt(sz, 0, finding.cure.len));
            finding.field = finding.field.ptr != NULL ? finding.field : SPAN("");
            expect_order(&before, &finding);
            /* The field may live only until the next call; the names of columns live longer. */
            before = finding;
            int column = column_of(&finding);
            before.field =
                column < 100 ? span_from(schema_of(finding.file)->columns[column].name) : SPAN("");
            codes[finding.code]++;
            severities[finding.severity]++;
            seen++;
        }
        cr_assert(eq(int, muster_findings_status(findings), MUSTER_OK));
        cr_assert(not(muster_findings_next(findings, &finding)), "it stays at the end");
        muster_findings_close(findings);
        cr_assert(eq(int, memcmp(codes, summary->codes, sizeof codes), 0));
        cr_assert(eq(int, memcmp(severities, summary->severities, sizeof severities), 0));
        muster_roster_close(roster);
    }
    cr_expect(lt(u64, 5000, seen));
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        buffer_close(&texts[file]);
    }
}

/* ---- For people -------------------------------------------------------------------------- */

/* Entries for people: `code line alike`, one a line. */
static span brief_of(struct muster_roster *roster, size_t show_max)
{
    static struct buffer text;
    struct muster_findings *findings;
    struct muster_finding finding;
    buffer_clear(&text);
    cr_assert(eq(int, muster_findings_open_brief(&findings, roster, show_max), MUSTER_OK));
    while (muster_findings_next(findings, &finding)) {
        buffer_text(&text, muster_rule(finding.code)->name);
        buffer_byte(&text, ' ');
        buffer_number(&text, finding.line);
        buffer_byte(&text, ' ');
        buffer_number(&text, finding.alike);
        buffer_byte(&text, '\n');
    }
    cr_assert(eq(int, muster_findings_status(findings), MUSTER_OK));
    muster_findings_close(findings);
    return buffer_view(&text);
}

Test(muster_findings, for_people_the_worst_comes_first)
{
    struct muster_roster *roster = roster_of(
        "x," USERS_HEADER "1,X1,ann,Ann,Lee,\n1\n1,X3,bob@b.c,,,\n1,X3,cyd@b.c,,,\n", "id\n", NULL);
    cr_expect(eq(type(span), brief_of(roster, 0),
                 SPAN("missing-header 1 1\nfield-count 3 1\nduplicate-user-id 5 1\n"
                      "invalid-email 2 1\nextra-header 1 1\n")));
    muster_roster_close(roster);
}

Test(muster_findings, for_people_one_root_cause_speaks_once)
{
    struct buffer text = {0};
    buffer_text(&text, USERS_HEADER);
    for (uint64_t user = 0; user < 4000; user++) {
        buffer_byte(&text, 'X');
        buffer_number(&text, user);
        buffer_text(&text, ",x");
        buffer_number(&text, user);
        buffer_text(&text, user % 2 == 0 ? "@b.c,,,T8\n"
                           : user < 10   ? "@b.c,,,T9\n"
                                         : "@b.c,,,T2\n");
    }
    buffer_byte(&text, '\0');
    struct muster_roster *roster = roster_of(
        text.bytes, TEAMS_HEADER "T1,IT,,T7\nT2,Cloud,,T1\nT3,Sales,Y9,\nT4,HR,Y9,\n", NULL);
    cr_expect(eq(type(span), brief_of(roster, 0),
                 SPAN("unknown-parent-team 2 1\n"
                      "removed-parent-team 3 1\n"
                      "unknown-team 2 2000\n"
                      "unknown-team 3 5\n"
                      "removed-team 13 1995\n"
                      "unknown-manager 4 2\n")));
    muster_roster_close(roster);
    buffer_close(&text);
}

Test(muster_findings, for_people_repeats_of_one_record_are_one_entry)
{
    struct muster_roster *roster =
        roster_of(USERS_HEADER "X1,a@b.c,,,\nX2,b@b.c,,,\nX2,c@b.c,,,\nX1,d@b.c,,,\nX2,e@b.c,,,\n",
                  NULL, NULL);
    cr_expect(eq(type(span), brief_of(roster, 0),
                 SPAN("duplicate-user-id 4 2\nduplicate-user-id 5 1\n")));
    muster_roster_close(roster);
}

Test(muster_findings, for_people_the_causes_of_most_come_first)
{
    const struct muster_options options = {
        .severities = {[MUSTER_SPECIAL_CHARACTER] = MUSTER_IGNORED}};
    struct muster_roster *roster =
        roster_of(USERS_HEADER "X1,a@b.cd,,,T7\nX2,b@b.cd,,,\"T\"\"8\"\nX3,c@b.cd,,,\"T\"\"9\"\n"
                               "X4,d@b.cd,,,\"T\"\"8\"\nX5,e@b.cd,,,\"T\"\"9\"\n"
                               "X6,f@b.cd,,,\"T\"\"8\"\nX7,g@b.cd,,,T6\n",
                  TEAMS_HEADER, &options);
    cr_expect(eq(type(span), brief_of(roster, 0),
                 SPAN("unknown-team 3 3\nunknown-team 4 2\nunknown-team 2 1\nunknown-team 8 1\n")));
    cr_expect(eq(type(span), brief_of(roster, 3),
                 SPAN("unknown-team 3 3\nunknown-team 4 2\nunknown-team 2 1\n")));
    cr_expect(eq(type(span), brief_of(roster, 1), SPAN("unknown-team 3 3\n")));
    muster_roster_close(roster);
    roster = roster_of(USERS_HEADER "X1,a@b.cd,,,T7\nX2,b@b.cd,,,T8\nX3,c@b.cd,,,T8\n",
                       TEAMS_HEADER, NULL);
    cr_expect(eq(type(span), brief_of(roster, 0), SPAN("unknown-team 3 2\nunknown-team 2 1\n")));
    muster_roster_close(roster);
}

/* So many are told apart, and what comes back is counted with the last of them and not with the
 * first behind it. */
Test(muster_findings, for_people_very_many_causes_are_all_told, .timeout = 120)
{
    enum { CAUSES = CAUSE_COUNT_MAX + 464, LAST = CAUSE_COUNT_MAX - 1 };
    struct buffer text = {0};
    buffer_text(&text, USERS_HEADER);
    for (uint64_t user = 0; user < CAUSES + 3; user++) {
        buffer_byte(&text, 'X');
        buffer_number(&text, user);
        buffer_text(&text, ",x");
        buffer_number(&text, user);
        buffer_text(&text, "@b.cd,,,T");
        buffer_number(&text, user < CAUSES ? user : LAST - 1 + user - CAUSES);
        buffer_byte(&text, '\n');
    }
    buffer_byte(&text, '\0');
    struct muster_roster *roster = roster_of(text.bytes, TEAMS_HEADER, NULL);
    struct muster_findings *findings;
    struct muster_finding finding;
    for (size_t show_max = 0; show_max <= 2; show_max += 2) {
        uint64_t count = 0;
        cr_assert(eq(int, muster_findings_open_brief(&findings, roster, show_max), MUSTER_OK));
        for (; muster_findings_next(findings, &finding); count++) {
            cr_assert(eq(u64, finding.alike, count < 2 ? 2 : 1));
            cr_expect(count >= 2 || finding.line == LAST - 1 + count + 2);
        }
        muster_findings_close(findings);
        cr_expect(eq(u64, count, show_max == 0 ? CAUSES + 1 : 2));
    }
    muster_roster_close(roster);
    buffer_close(&text);
}

Test(muster_findings, for_people_so_many_of_a_code_are_enough)
{
    struct buffer text = {0};
    buffer_text(&text, USERS_HEADER);
    for (uint64_t user = 0; user < 50; user++) {
        buffer_number(&text, user);
        buffer_text(&text, user < 30 ? ",bad\x01,,,\n" : ",,,,\n");
    }
    buffer_byte(&text, '\0');
    struct muster_roster *roster = roster_of(text.bytes, NULL, NULL);
    cr_expect(eq(type(span), brief_of(roster, 1),
                 SPAN("missing-value 32 1\nduplicate-email 3 29\ninvalid-email 2 1\n"
                      "control-character 2 1\n")));
    struct muster_findings *findings;
    struct muster_finding finding;
    uint64_t counts[MUSTER_CODE_COUNT] = {0};
    cr_assert(eq(int, muster_findings_open_brief(&findings, roster, 10), MUSTER_OK));
    while (muster_findings_next(findings, &finding)) {
        counts[finding.code]++;
    }
    muster_findings_close(findings);
    cr_expect(eq(u64, counts[MUSTER_MISSING_VALUE], 10));
    cr_expect(eq(u64, counts[MUSTER_DUPLICATE_EMAIL], 1));
    muster_roster_close(roster);
    buffer_close(&text);
}

/* The one code that can be of two severities, and the worse one comes last. */
Test(muster_findings, for_people_a_fatal_quote_is_told_behind_any_number_of_others)
{
    struct muster_roster *roster = roster_of(USERS_HEADER "1,a@b.c,\"A\"x,,\n2,b@b.c,\"B\"x,,\n",
                                             "id,na\"me,manager_ids\n", NULL);
    cr_expect(eq(type(span), brief_of(roster, 1), SPAN("stray-quote 1 1\n")));
    cr_expect(eq(type(span), brief_of(roster, 2), SPAN("stray-quote 1 1\nstray-quote 2 1\n")));
    muster_roster_close(roster);
}

Test(muster_findings, for_people_nobody_is_forgotten, .timeout = 120)
{
    struct buffer texts[MUSTER_FILE_COUNT] = {{0}};
    uint64_t state = 2;
    for (int round = 0; round < (SANITIZED ? 60 : 300); round++) {
        struct muster_options options = {0};
        options.severities[random_below(&state, MUSTER_CODE_COUNT)] = MUSTER_IGNORED;
        options.severities[random_below(&state, MUSTER_CODE_COUNT)] = 1 + MUSTER_INFO;
        struct muster_roster *roster = open_random(texts, &state, &options);
        const struct muster_summary *summary = muster_roster_summary(roster);
        uint64_t codes[MUSTER_CODE_COUNT] = {0};
        unsigned severity = MUSTER_FATAL;
        struct muster_finding finding;
        struct muster_findings *findings;
        cr_assert(eq(int, muster_findings_open_brief(&findings, roster, 0), MUSTER_OK));
        while (muster_findings_next(findings, &finding)) {
            codes[finding.code] += finding.alike;
            cr_assert(le(u32, (unsigned)finding.severity, severity), "worst first");
            severity = finding.severity;
        }
        muster_findings_close(findings);
        cr_assert(eq(int, memcmp(codes, summary->codes, sizeof codes), 0));
        muster_roster_close(roster);
    }
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        buffer_close(&texts[file]);
    }
}

Test(muster_findings, a_cursor_may_be_left_before_its_end)
{
    struct muster_roster *roster = roster_of(USERS_HEADER ",,,,\n,,,,\n", NULL, NULL);
    struct muster_findings *one;
    struct muster_findings *other;
    struct muster_finding finding;
    cr_assert(eq(int, muster_findings_open(&one, roster), MUSTER_OK));
    cr_assert(eq(int, muster_findings_open_brief(&other, roster, 0), MUSTER_OK));
    cr_assert(muster_findings_next(one, &finding));
    cr_assert(muster_findings_next(other, &finding));
    cr_assert(muster_findings_next(one, &finding));
    cr_expect(eq(type(span), finding.field, SPAN("email")));
    muster_findings_close(one);
    cr_assert(muster_findings_next(other, &finding));
    muster_findings_close(other);
    muster_roster_close(roster);
}

/* The message and the cure of the first finding. */
static void expect_words(const char *users, span message, span cure)
{
    struct muster_roster *roster = roster_of(users, NULL, NULL);
    struct muster_findings *findings;
    struct muster_finding finding;
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    cr_assert(muster_findings_next(findings, &finding));
    cr_expect(eq(type(span), finding.message, message));
    cr_expect(eq(type(span), finding.cure, cure));
    muster_findings_close(findings);
    muster_roster_close(roster);
}

Test(muster_findings, a_quotation_mark_is_told_from_what_stands_behind_one)
{
    const span rule = span_from(muster_rule(MUSTER_STRAY_QUOTE)->cure);
    const span trim =
        SPAN("Remove the blank beside the quotation mark, or read the export with --trim.");
    expect_words(USERS_HEADER "2,b\"x,,,\n",
                 SPAN("a quotation mark stands where none may be: line 2, byte 4"), rule);
    expect_words(USERS_HEADER "2, \"b@x.co\",,,\n",
                 SPAN("a quotation mark stands where none may be: line 2, byte 4"), trim);
    expect_words(USERS_HEADER "2,\"b@x.co\" ,,,\n",
                 SPAN("something stands behind a closing quotation mark: line 2, byte 11"), trim);
    expect_words(USERS_HEADER "2,\"b@x.co\"y,,,\n",
                 SPAN("something stands behind a closing quotation mark: line 2, byte 11"), rule);
}
