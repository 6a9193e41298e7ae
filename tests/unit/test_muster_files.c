/* SPDX-License-Identifier: MIT */
/* Files made from a roster: the cleaned export, the rejected records, the leavers, the records. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "muster.h"
#include "random_export.h"
#include "support.h"

/* What one of the writing calls gives for a file. */
typedef enum muster_status writer(struct muster_roster *roster, enum muster_file file,
                                  muster_write *write, void *context);

static span written(writer *write, struct muster_roster *roster, enum muster_file file)
{
    static struct buffer out;
    buffer_clear(&out);
    cr_assert(eq(int, write(roster, file, write_to_buffer, &out), MUSTER_OK));
    return buffer_view(&out);
}

static bool write_nothing(void *context, const char *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return false;
}

Test(muster_files, records_that_are_kept_whole_stay_byte_for_byte)
{
    struct muster_roster *roster = roster_of("x,id,email,first_name,last_name,team_id\r\n"
                                             "\"1\",X1,ann@example.com,\"Ann\", Lee ,\r\n"
                                             "2,X1,bob@example.com,,,\n"
                                             "3,\"X2\",\"a,b@c.d\",\"say \"\"hi\"\"\",\"\r\n\",",
                                             NULL, NULL);
    cr_expect(eq(type(span), written(muster_fix_write, roster, MUSTER_USERS),
                 SPAN("x,id,email,first_name,last_name,team_id\r\n"
                      "\"1\",X1,ann@example.com,\"Ann\", Lee ,\r\n"
                      "3,\"X2\",\"a,b@c.d\",\"say \"\"hi\"\"\",\"\r\n\",\r\n")));
    cr_expect(eq(type(span), written(muster_rejects_write, roster, MUSTER_USERS),
                 SPAN("line,codes,record\n3,duplicate-user-id,\"2,X1,bob@example.com,,,\"\n")));
    muster_roster_close(roster);
}

/* A users file read with --trim, and what fix makes of it. */
static span trimmed(span text)
{
    static struct buffer out;
    const struct muster_input input = {.file = MUSTER_USERS, .data = text};
    struct muster_roster *roster;
    buffer_clear(&out);
    cr_assert(eq(
        int, muster_roster_open(&roster, &input, 1, &(struct muster_options){.trim = true}, NULL),
        MUSTER_OK));
    cr_assert(eq(int, muster_fix_write(roster, MUSTER_USERS, write_to_buffer, &out), MUSTER_OK));
    muster_roster_close(roster);
    return buffer_view(&out);
}

Test(muster_files, what_was_read_with_trim_is_written_without_the_blanks)
{
    span text = SPAN(" id ,\"email\" ,first_name,last_name,team_id, \"a note\"\r\n"
                     "X1 , ann@example.com,\" Ann\" ,\"Lee \"\"L\"\"\"\t, ,\"x,y\"\r\n"
                     " X1,cyd@example.com,,,,\r\n"
                     "X2,\"bob@example.com\",Bob,,,z");
    span cleaned = SPAN("id,email,first_name,last_name,team_id,a note\r\n"
                        "X1,ann@example.com,\" Ann\",\"Lee \"\"L\"\"\",,\"x,y\"\r\n"
                        "X2,bob@example.com,Bob,,,z\r\n");
    cr_expect(eq(type(span), trimmed(text), cleaned));
    cr_expect(eq(type(span), trimmed(cleaned), cleaned));
    struct muster_roster *roster = roster_of(cleaned.ptr, NULL, NULL);
    cr_expect(eq(type(span), written(muster_fix_write, roster, MUSTER_USERS), cleaned));
    muster_roster_close(roster);
}

Test(muster_files, a_second_byte_order_mark_stays_part_of_the_first_name)
{
    cr_expect(eq(type(span), trimmed(SPAN("\xEF\xBB\xBF \xEF\xBB\xBFx ," USERS_HEADER)),
                 SPAN("\xEF\xBB\xBF\xEF\xBB\xBFx," USERS_HEADER)));
}

Test(muster_files, what_the_remote_ignores_is_left_out)
{
    struct muster_roster *roster = roster_of(
        USERS_HEADER "X1,ann@example.com,,,T9\nX2,bob@example.com,,,\"T2\"\nX3,c@d.e,,,T1\n",
        TEAMS_HEADER "T1,IT,\"X9, X1,X1,X3\",\nT2,Cloud,,T9\nT3,Sales,X9,T1\nT4,HR,\"X2\",\n",
        NULL);
    cr_expect(
        eq(type(span), written(muster_fix_write, roster, MUSTER_USERS),
           SPAN(USERS_HEADER "X1,ann@example.com,,,\nX2,bob@example.com,,,\nX3,c@d.e,,,T1\n")));
    cr_expect(eq(type(span), written(muster_fix_write, roster, MUSTER_TEAMS),
                 SPAN(TEAMS_HEADER "T1,IT,\"X1,X3\",\nT3,Sales,,T1\nT4,HR,\"X2\",\n")));
    cr_expect(eq(type(span), written(muster_rejects_write, roster, MUSTER_TEAMS),
                 SPAN("line,codes,record\n3,unknown-parent-team,\"T2,Cloud,,T9\"\n")));
    cr_expect(eq(type(span), written(muster_rejects_write, roster, MUSTER_USERS), SPAN("")));
    muster_roster_close(roster);
}

Test(muster_files, a_rejected_record_has_all_of_its_codes_and_does_no_harm_in_a_spreadsheet)
{
    struct muster_roster *roster = roster_of(
        USERS_HEADER "X1,a@b.c,,,\nX1,A@B.C,,,\n=1,,,\n,,,,\n@X,\"a\"b,\n+2,,,,\n", NULL, NULL);
    cr_expect(eq(type(span), written(muster_rejects_write, roster, MUSTER_USERS),
                 SPAN("line,codes,record\n"
                      "3,duplicate-user-id duplicate-email,\"X1,A@B.C,,,\"\n"
                      "4,field-count,\"'=1,,,\"\n"
                      "5,missing-value,\",,,,\"\n"
                      "6,stray-quote,\"'@X,\"\"a\"\"b,\"\n"
                      "7,missing-value,\"'+2,,,,\"\n")));
    muster_roster_close(roster);
}

Test(muster_files, a_file_that_is_missing_or_lost_cannot_be_written)
{
    struct muster_roster *roster = roster_of("id\n", NULL, NULL);
    struct buffer out = {0};
    cr_expect(eq(int, muster_fix_write(roster, MUSTER_USERS, write_to_buffer, &out),
                 MUSTER_FATAL_FINDING));
    cr_expect(
        eq(int, muster_fix_write(roster, MUSTER_TEAMS, write_to_buffer, &out), MUSTER_INCOMPLETE));
    cr_expect(eq(int, muster_rejects_write(roster, MUSTER_USERS, write_to_buffer, &out),
                 MUSTER_FATAL_FINDING));
    cr_expect(eq(int, muster_rejects_write(roster, MUSTER_TEAMS, write_to_buffer, &out),
                 MUSTER_INCOMPLETE));
    cr_expect(eq(sz, out.size, 0));
    muster_roster_close(roster);
}

Test(muster_files, a_writer_that_refuses_ends_the_writing)
{
    struct muster_roster *roster = roster_of(USERS_HEADER "X1,a@b.c,,,\nX1,b@b.c,,,\n", NULL, NULL);
    cr_expect(
        eq(int, muster_fix_write(roster, MUSTER_USERS, write_nothing, NULL), MUSTER_UNWRITABLE));
    cr_expect(eq(int, muster_rejects_write(roster, MUSTER_USERS, write_nothing, NULL),
                 MUSTER_UNWRITABLE));
    muster_roster_close(roster);
}

/* What was cleaned must be clean: no rule that removes something has anything left to say. */
static void expect_clean(struct muster_roster *roster)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        cr_assert(summary->codes[code] == 0 || muster_rule(code)->pass == 0 ||
                      muster_rule(code)->pass >= 5,
                  "%s", muster_rule(code)->name);
    }
    cr_assert(eq(u64, summary->severities[MUSTER_FATAL], 0));
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        cr_assert(eq(u64, summary->kept[file], summary->records[file]));
    }
}

Test(muster_files, a_cleaned_export_is_clean_and_holds_the_same_organisation, .timeout = 120)
{
    struct buffer texts[2] = {{0}};
    struct buffer cleaned[2] = {{0}};
    struct buffer kept = {0};
    uint64_t state = 3;
    int sound = 0;
    for (int round = 0; round < (SANITIZED ? 100 : 500); round++) {
        span files[MUSTER_FILE_COUNT] = {{0}};
        for (unsigned file = MUSTER_USERS; file <= MUSTER_TEAMS; file++) {
            random_file(&texts[file], file, random_below(&state, 8), 3000, &state);
            files[file] = buffer_view(&texts[file]);
        }
        /* What was read with --trim is clean without it. */
        const struct muster_options options = {.trim = round % 2 == 1};
        struct muster_roster *roster = roster_of_spans(files, &options);
        const struct muster_summary *summary = muster_roster_summary(roster);
        if (summary->severities[MUSTER_FATAL] == 0) {
            sound++;
            buffer_clear(&kept);
            buffer_span(&kept, kept_of(roster));
            for (unsigned file = MUSTER_USERS; file <= MUSTER_TEAMS; file++) {
                buffer_clear(&cleaned[file]);
                cr_assert(eq(int, muster_fix_write(roster, file, write_to_buffer, &cleaned[file]),
                             MUSTER_OK));
                files[file] = buffer_view(&cleaned[file]);
            }
            struct muster_roster *again = roster_of_spans(files, NULL);
            expect_clean(again);
            cr_assert(eq(type(span), kept_of(again), buffer_view(&kept)));
            muster_roster_close(again);
        }
        muster_roster_close(roster);
    }
    cr_expect(lt(int, SANITIZED ? 30 : 150, sound));
    for (int file = 0; file < 2; file++) {
        buffer_close(&texts[file]);
        buffer_close(&cleaned[file]);
    }
    buffer_close(&kept);
}

/* ---- Records ----------------------------------------------------------------------------- */

static void expect_records(span input, bool trim, const char *records, uint64_t finding_count)
{
    struct buffer out = {0};
    struct buffer findings = {0};
    uint64_t count = 99;
    const struct muster_input file = {.path = "file.csv", .data = input};
    const struct muster_records_options options = {.trim = trim,
                                                   .write = write_to_buffer,
                                                   .context = &out,
                                                   .write_findings = write_to_buffer,
                                                   .findings_context = &findings};
    cr_assert(eq(int, muster_records_write(&file, &options, &count, NULL), MUSTER_OK));
    cr_expect(eq(type(span), buffer_view(&out), span_from(records)));
    cr_expect(eq(u64, count, finding_count));
    cr_expect(eq(int, findings.size > 0, finding_count > 0));
    buffer_close(&out);
    buffer_close(&findings);
}

Test(muster_files, records_are_arrays_of_strings)
{
    expect_records(SPAN(""), false, "", 0);
    expect_records(SPAN("a,\"b \"\"c\"\"\"\r\n\n ,\n"), false,
                   "[\"a\",\"b \\\"c\\\"\"]\n[\" \",\"\"]\n", 0);
    expect_records(SPAN(" a ,b\n"), true, "[\"a\",\"b\"]\n", 0);
    expect_records(SPAN("\xEF\xBB\xBF"
                        "a\n"),
                   false, "[\"a\"]\n", 0);
    expect_records(SPAN("a\nb\"c\nd\n"), false, "[\"a\"]\n[\"d\"]\n", 1);
    expect_records(SPAN("a\n\"b\nc\n"), false, "[\"a\"]\n", 1);
    expect_records(SPAN("a\"\nb\n"), false, "", 1);
    expect_records(SPAN("\xFF\xFE"
                        "a\0"),
                   false, "", 1);
}

Test(muster_files, records_of_a_file_that_is_missing_cannot_be_written)
{
    struct buffer out = {0};
    uint64_t count = 0;
    struct muster_error error = {0};
    const struct muster_input file = {.path = folder_path("missing.csv")};
    const struct muster_records_options options = {
        .write = write_to_buffer, .context = &out, .write_findings = write_to_buffer};
    cr_expect(eq(int, muster_records_write(&file, &options, &count, &error), MUSTER_UNREADABLE));
    cr_expect(eq(type(span), error.subject, span_from(file.path)));
}
