/* SPDX-License-Identifier: MIT */
/*
 * Files large enough for threads and for several chunks: what is found and what is kept does not
 * depend on the number of threads, the width of the kernels, or whether the files were mapped. What
 * the answer is, is known from how the files were made.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/limits.h"
#include "muster.h"
#include "support.h"

TestSuite(jobs_agree, .timeout = 240);

#define LARGE_SIZE (3 * (size_t)CHUNK_SIZE)
#define TRAP_SIZE  ((size_t)60000)

/* What is known of a file that was made. */
struct known {
    uint64_t records;
    uint64_t kept;
    uint64_t codes[MUSTER_CODE_COUNT];
};

/* A value of many lines, each of which looks like a record; in quotes it is one value. */
static void append_trap(struct buffer *text, size_t size)
{
    size_t end = text->size + size;
    buffer_byte(text, '"');
    while (text->size < end) {
        buffer_text(text, "\nX7,trap@example.com,\"\"T\"\",R,T1");
    }
    buffer_text(text, "\"");
}

static void append_user(struct buffer *text, uint64_t number)
{
    buffer_text(text, number % 3 == 0 ? "U" : "00");
    buffer_number(text, number);
    buffer_text(text, number % 5 == 0 ? ",\"U" : ",u");
    buffer_number(text, number);
    buffer_text(text, number % 5 == 0 ? "@Example.com\"," : "@example.com,");
}

/* Keys of a user far in front, whose id begins with U: the id itself, with another case, the
 * e-mail. Where threads have parts of an index each, every part gets some. */
static void append_repeats(struct buffer *text, uint64_t number, struct known *known)
{
    uint64_t earlier = number - 10 - (number - 10) % 3;
    buffer_text(text, "\nU");
    buffer_number(text, earlier);
    buffer_text(text, ",t");
    buffer_number(text, number);
    buffer_text(text, "@example.com,,,\nu");
    buffer_number(text, earlier);
    buffer_text(text, ",v");
    buffer_number(text, number);
    buffer_text(text, "@example.com,,,\nw");
    buffer_number(text, number);
    buffer_text(text, ",U");
    buffer_number(text, earlier);
    buffer_text(text, "@EXAMPLE.com,,,\n");
    known->codes[MUSTER_DUPLICATE_USER_ID]++;
    known->codes[MUSTER_CASE_COLLISION]++;
    known->codes[MUSTER_DUPLICATE_EMAIL]++;
    known->records += 3;
    known->kept++;
}

/* Users with something of everything, and traps over half of the bytes, where a chunk may begin. */
static void make_users(struct buffer *text, struct known *known)
{
    size_t trap = 20000;
    buffer_text(text, USERS_HEADER);
    while (text->size < LARGE_SIZE) {
        uint64_t number = known->records++;
        append_user(text, number);
        known->kept++;
        if (text->size > trap) {
            append_trap(text, TRAP_SIZE);
            buffer_text(text, ",L,T1\n");
            known->codes[MUSTER_SPECIAL_CHARACTER]++;
            trap += 2 * TRAP_SIZE;
        } else if (number % 1000 == 999) {
            buffer_text(text, "F,L,T9\n");
            known->codes[MUSTER_UNKNOWN_TEAM]++;
        } else if (number % 1000 == 500) {
            buffer_text(text, "F\xFF,L,T1\r\n");
            known->codes[MUSTER_INVALID_UTF8]++;
            known->kept--;
        } else if (number % 1000 == 501) {
            buffer_text(text, "F\"F,L,T1\n");
            known->codes[MUSTER_STRAY_QUOTE]++;
            known->kept--;
        } else if (number % 1000 == 502) {
            buffer_text(text, "F,L,T1\nU0,u0@example.com,F,L,\n");
            known->codes[MUSTER_DUPLICATE_USER_ID]++;
            known->codes[MUSTER_DUPLICATE_EMAIL]++;
            known->records++;
        } else if (number % 100 == 97) {
            buffer_text(text, "F,L,T1");
            append_repeats(text, number, known);
        } else {
            buffer_text(text, number % 7 == 0 ? "J\xC3\xB6rg,L\xC3\xA9, \r\n" : "Some,Body,T1\n");
        }
    }
}

static void expect_known(const struct muster_roster *roster, enum muster_file file,
                         const struct known *known)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(u64, summary->records[file], known->records));
    cr_expect(eq(u64, summary->kept[file], known->kept));
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        cr_expect(eq(u64, summary->codes[code], known->codes[code]), "%s", muster_rule(code)->name);
    }
}

static void expect_the_same(const struct muster_input *inputs, size_t count,
                            const struct known *known)
{
    struct buffer findings = {0};
    struct buffer kept = {0};
    for (unsigned way = 0; way < (SANITIZED ? 4 : 16); way++) {
        const struct muster_options options = {.jobs = 1 + way % 4,
                                               .simd = (enum muster_simd)(1 + (way + way / 4) % 4),
                                               .map_allowed = way % 3 == 0};
        struct muster_roster *roster;
        cr_assert(eq(int, muster_roster_open(&roster, inputs, count, &options, NULL), MUSTER_OK));
        expect_known(roster, inputs[0].file, known);
        if (way == 0) {
            buffer_span(&findings, findings_of(roster));
            buffer_span(&kept, kept_of(roster));
        } else {
            /* Too large to be shown. */
            cr_assert(span_equal(findings_of(roster), buffer_view(&findings)), "way %u", way);
            cr_assert(span_equal(kept_of(roster), buffer_view(&kept)), "way %u", way);
        }
        muster_roster_close(roster);
    }
    buffer_close(&findings);
    buffer_close(&kept);
}

Test(jobs_agree, on_a_file_whose_chunks_begin_within_quotes)
{
    struct buffer text = {0};
    struct known known = {0};
    make_users(&text, &known);
    const struct muster_input inputs[] = {
        {.file = MUSTER_USERS, .path = folder_write("users.csv", buffer_view(&text))},
        {.file = MUSTER_TEAMS, .data = SPAN(TEAMS_HEADER "T1,IT,U0,\n")},
    };
    cr_assert(lt(u64, 50000, known.records));
    cr_assert(lt(u64, 40, known.codes[MUSTER_SPECIAL_CHARACTER]));
    expect_the_same(inputs, 2, &known);
    buffer_close(&text);
}

/* Line ends of one kind, which may be none that a chunk can be guessed from. */
static void expect_line_ends(const char *end)
{
    struct buffer text = {0};
    struct known known = {0};
    buffer_text(&text, "id,name,manager_ids,parent_team_id");
    buffer_text(&text, end);
    while (text.size < LARGE_SIZE) {
        buffer_byte(&text, 'T');
        buffer_number(&text, known.records);
        buffer_text(&text, ",Name of team ");
        buffer_number(&text, known.records);
        buffer_text(&text, known.records > 0 ? ",,T0" : ",,");
        buffer_text(&text, end);
        known.records++;
        known.kept++;
    }
    const struct muster_input inputs[] = {
        {.file = MUSTER_TEAMS, .path = folder_write("teams.csv", buffer_view(&text))}};
    expect_the_same(inputs, 1, &known);
    buffer_close(&text);
}

Test(jobs_agree, on_a_file_with_carriage_returns_alone)
{
    expect_line_ends("\r");
}

Test(jobs_agree, on_a_file_with_both_line_ends)
{
    expect_line_ends("\r\n");
}

Test(jobs_agree, on_a_file_with_empty_lines)
{
    expect_line_ends("\n\n\n\r\n");
}

Test(jobs_agree, on_a_file_with_lines_of_all_kinds_within_one_open_quote)
{
    struct buffer text = {0};
    buffer_text(&text, USERS_HEADER "X1,a@b.c,,,\n\"");
    while (text.size < LARGE_SIZE) {
        buffer_text(&text, "X2,b@b.c,\"\"F\"\",L,T1\r\n");
    }
    for (unsigned jobs = 1; jobs <= 4; jobs++) {
        const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = buffer_view(&text)};
        const struct muster_options options = {.jobs = jobs};
        struct muster_roster *roster = roster_of_spans(files, &options);
        cr_expect(
            eq(type(span), findings_of(roster), SPAN("fatal unterminated-quote users:3 - -\n")));
        muster_roster_close(roster);
    }
    buffer_close(&text);
}
