/* SPDX-License-Identifier: MIT */
/* The life of a roster, as a user of the library meets it. */
#define _XOPEN_SOURCE 700
#include "muster.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static const char users[] = USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n"
                                         "X2,ann@example.com,Bob,Ray,\n"
                                         "X3,cyd@example.com,Cyd,,T2\n";
static const char teams[] = TEAMS_HEADER "T1,IT,X1,\nT2,IT,,T1\n";

Test(muster, a_roster_gives_what_the_rules_have_left)
{
    struct muster_roster *roster = roster_of(users, teams, NULL);
    cr_expect(eq(type(span), kept_of(roster),
                 SPAN("X1,ann@example.com,Ann,Lee,T1\n"
                      "X3,cyd@example.com,Cyd,,T2\n"
                      "T1,IT,IT (Ann Lee - T1),,X1\n"
                      "T2,IT,IT (T2),T1,\n")));
    cr_expect(eq(u32, muster_roster_user_places(roster), 3));
    struct muster_user user;
    cr_expect(not(muster_roster_user(roster, 1, &user)), "removed");
    cr_expect(not(muster_roster_user(roster, 3, &user)), "behind the last");
    cr_expect(not(muster_roster_user(roster, UINT32_MAX, &user)));
    muster_roster_close(roster);
}

Test(muster, files_and_memory_give_the_same)
{
    struct muster_input inputs[] = {
        {.file = MUSTER_TEAMS,
         .path = folder_write("teams.csv", SPAN("\xEF\xBB\xBF" TEAMS_HEADER))},
        {.file = MUSTER_USERS, .path = folder_write("users.csv", span_from(users))},
    };
    struct muster_roster *roster;
    cr_assert(eq(int, muster_roster_open(&roster, inputs, 2, NULL, NULL), MUSTER_OK));
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(u64, summary->bytes[MUSTER_USERS], sizeof users - 1));
    cr_expect(eq(u64, summary->bytes[MUSTER_TEAMS], sizeof TEAMS_HEADER - 1 + 3));
    cr_expect(eq(type(span), summary->paths[MUSTER_USERS], span_from(inputs[1].path)));
    cr_expect(summary->present[MUSTER_USERS] && summary->present[MUSTER_TEAMS]);
    cr_expect(not(summary->present[MUSTER_DEPROVISION]));
    cr_expect(eq(int, muster_roster_unchanged(roster, NULL), MUSTER_OK));
    muster_roster_close(roster);
}

Test(muster, a_summary_counts_everything)
{
    struct muster_roster *roster = roster_of(users, teams, NULL);
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(u64, summary->records[MUSTER_USERS], 3));
    cr_expect(eq(u64, summary->kept[MUSTER_USERS], 2));
    cr_expect(eq(u64, summary->records[MUSTER_TEAMS], 2));
    cr_expect(eq(u64, summary->kept[MUSTER_TEAMS], 2));
    cr_expect(eq(u64, summary->codes[MUSTER_DUPLICATE_EMAIL], 1));
    cr_expect(eq(u64, summary->codes[MUSTER_DUPLICATE_TEAM_NAME], 2));
    cr_expect(eq(u64, summary->severities[MUSTER_ERROR], 1));
    cr_expect(eq(u64, summary->severities[MUSTER_INFO], 2));
    cr_expect(eq(u64, summary->severities[MUSTER_WARNING], 0));
    cr_expect(eq(u64, summary->severities[MUSTER_FATAL], 0));
    cr_expect(eq(type(span), summary->paths[MUSTER_USERS], SPAN("users")), "a name of its own");
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        cr_expect(eq(ptr, (void *)(uintptr_t)summary->not_run[code], NULL));
    }
    muster_roster_close(roster);
}

Test(muster, digests_are_those_of_the_files)
{
    /* XXH3 with 64 bits and seed 0 of nothing, and of "a": published test values. */
    const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = SPAN(""), [MUSTER_TEAMS] = SPAN("a")};
    const struct muster_options options = {.digests_wanted = true};
    struct muster_roster *roster = roster_of_spans(files, &options);
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(u64, summary->digests[MUSTER_USERS], UINT64_C(0x2d06800538d394c2)));
    cr_expect(eq(u64, summary->digests[MUSTER_TEAMS], UINT64_C(0xe6c632b61e964e1f)));
    muster_roster_close(roster);
}

Test(muster, rules_can_be_silenced_and_graded_anew_but_not_fatal_ones)
{
    struct muster_options options = {0};
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        options.severities[code] = MUSTER_IGNORED;
    }
    options.severities[MUSTER_DUPLICATE_EMAIL] = 1 + MUSTER_INFO;
    struct muster_roster *roster = roster_of(users, "id\n", &options);
    cr_expect(eq(type(span), findings_of(roster),
                 SPAN("info duplicate-email users:3 email \"ann@example.com\" related users:2\n"
                      "fatal missing-header teams:1 - -\n")));
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(u64, summary->severities[MUSTER_INFO], 1));
    cr_expect(eq(u64, summary->severities[MUSTER_ERROR], 0));
    cr_expect(eq(u64, summary->kept[MUSTER_USERS], 2), "what a rule removes stays removed");
    muster_roster_close(roster);
}

Test(muster, options_may_go_away_once_the_roster_is_open)
{
    char id[] = "T9";
    span roots[1] = {{id, 2}};
    struct muster_options options = {.roots = roots, .root_count = 1};
    struct muster_roster *roster = roster_of(USERS_HEADER, teams, &options);
    id[0] = 'Z';
    roots[0] = SPAN_NONE;
    options.severities[MUSTER_UNKNOWN_ROOT_TEAM] = MUSTER_IGNORED;
    cr_expect(memcmp(findings_of(roster).ptr, "error unknown-root-team - - \"T9\"\n", 33) ==
              0);
    muster_roster_close(roster);
}

Test(muster, closing_nothing_is_allowed)
{
    muster_roster_close(NULL);
    muster_findings_close(NULL);
    muster_diff_close(NULL);
    muster_plan_close(NULL);
}

Test(muster, a_roster_of_no_files_is_empty_and_incomplete)
{
    struct muster_roster *roster;
    struct muster_diff *diff;
    struct muster_plan *plan;
    cr_assert(eq(int, muster_roster_open(&roster, NULL, 0, NULL, NULL), MUSTER_OK));
    cr_expect(eq(u32, muster_roster_user_places(roster), 0));
    cr_expect(eq(u32, muster_roster_team_count(roster), 0));
    cr_expect(eq(type(span), findings_of(roster), SPAN("")));
    cr_expect(eq(int, muster_diff_open(&diff, roster, roster), MUSTER_INCOMPLETE));
    cr_expect(eq(ptr, diff, NULL));
    cr_expect(eq(int, muster_plan_open(&plan, roster, roster, NULL), MUSTER_INCOMPLETE));
    cr_expect(eq(ptr, plan, NULL));
    cr_expect(eq(int, muster_leavers_open(&diff, roster, roster), MUSTER_INCOMPLETE));
    cr_expect(
        eq(int, muster_snapshot_write(roster, folder_path("x.snap"), NULL), MUSTER_INCOMPLETE));
    cr_expect(ne(int, access(folder_path("x.snap"), F_OK), 0));
    muster_roster_close(roster);
}

Test(muster, of_two_files_of_a_kind_the_later_one_counts)
{
    const struct muster_input inputs[] = {
        {.file = MUSTER_USERS, .data = SPAN("id\n")},
        {.file = MUSTER_USERS, .path = folder_write("users.csv", span_from(users))},
        {.file = MUSTER_USERS, .data = SPAN(USERS_HEADER "X7,dan@example.com,,,\n")},
    };
    struct muster_roster *roster;
    cr_assert(eq(int, muster_roster_open(&roster, inputs, 3, NULL, NULL), MUSTER_OK));
    cr_expect(eq(type(span), kept_of(roster), SPAN("X7,dan@example.com,,,\n")));
    muster_roster_close(roster);
}

Test(muster, a_file_that_cannot_be_read_is_named)
{
    const char *missing = folder_path("missing.csv");
    const struct muster_input inputs[] = {
        {.file = MUSTER_USERS, .data = span_from(users)},
        {.file = MUSTER_TEAMS, .path = missing},
    };
    struct muster_roster *roster = (struct muster_roster *)1;
    struct muster_error error = {0};
    cr_expect(eq(int, muster_roster_open(&roster, inputs, 2, NULL, &error), MUSTER_UNREADABLE));
    cr_expect(eq(ptr, roster, NULL));
    cr_expect(eq(int, error.status, MUSTER_UNREADABLE));
    cr_expect(eq(int, error.os_error, ENOENT));
    cr_expect(eq(ptr, (void *)(uintptr_t)error.subject.ptr, (void *)(uintptr_t)missing),
              "it lives as long as the inputs");
    cr_expect(eq(int, muster_roster_open(&roster, inputs, 2, NULL, NULL), MUSTER_UNREADABLE));
}

Test(muster, an_input_of_nothing_is_no_file_of_some_name)
{
    folder_write("users", SPAN(USERS_HEADER));
    cr_assert(eq(int, chdir(folder_open()), 0));
    const struct muster_input input = {.file = MUSTER_USERS};
    struct muster_roster *roster;
    struct muster_error error = {0};
    cr_expect(eq(int, muster_roster_open(&roster, &input, 1, NULL, &error), MUSTER_UNREADABLE));
    cr_expect(eq(ptr, roster, NULL));
    cr_expect(eq(int, error.status, MUSTER_UNREADABLE));
    cr_expect(eq(ptr, (void *)(uintptr_t)error.subject.ptr, NULL));
    cr_expect(eq(int, muster_snapshot_open(&roster, NULL, NULL, NULL), MUSTER_UNREADABLE));
    const struct muster_records_options options = {0};
    uint64_t count = 7;
    cr_expect(eq(int, muster_records_write(&input, &options, &count, NULL), MUSTER_UNREADABLE));
    cr_expect(eq(u64, count, 0));
}

Test(muster, a_file_that_was_touched_since_is_named)
{
    const char *path = folder_write("users.csv", span_from(users));
    const struct muster_input input = {.file = MUSTER_USERS, .path = path};
    struct muster_roster *roster;
    struct muster_error error = {0};
    cr_assert(eq(int, muster_roster_open(&roster, &input, 1, NULL, NULL), MUSTER_OK));
    cr_assert(eq(int, truncate(path, 10), 0));
    cr_expect(eq(int, muster_roster_unchanged(roster, &error), MUSTER_CHANGED));
    cr_expect(eq(type(span), error.subject, span_from(path)));
    cr_expect(eq(int, muster_roster_unchanged(roster, NULL), MUSTER_CHANGED));
    muster_roster_close(roster);
}

/* ---- Samples of the rules ---------------------------------------------------------------- */

/* The first part of a sample; parts have an empty line between them. */
static span part_take(span *sample)
{
    span part = *sample;
    for (size_t index = 0; index + 1 < sample->len; index++) {
        if (sample->ptr[index] == '\n' && sample->ptr[index + 1] == '\n') {
            part.len = index + 1;
            *sample = span_make(part.ptr + index + 2, sample->len - index - 2);
            return part;
        }
    }
    sample->len = 0;
    return part;
}

static bool starts_with(span text, span start)
{
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

/* A sample is one file, or a flag and files. */
static struct muster_roster *sample_open(span sample)
{
    static span root;
    span files[MUSTER_FILE_COUNT] = {{0}};
    struct muster_options options = {.roots = &root};
    do {
        span part = part_take(&sample);
        if (starts_with(part, SPAN("--root "))) {
            root = span_make(part.ptr + 7, part.len - 8);
            options.root_count = 1;
        } else {
            bool of_teams = starts_with(part, SPAN("id,name,"));
            files[of_teams ? MUSTER_TEAMS : MUSTER_USERS] = part;
        }
    } while (sample.len > 0);
    return roster_of_spans(files, &options);
}

Test(muster, every_rule_speaks_in_its_failing_sample_and_nobody_in_the_repaired_one)
{
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const struct muster_rule *rule = muster_rule(code);
        struct muster_roster *roster = sample_open(span_make(rule->failing, rule->failing_size));
        /* The sample of field-too-long says that it is not meant literally. */
        cr_expect(muster_roster_summary(roster)->codes[code] > 0 || code == MUSTER_FIELD_TOO_LONG,
                  "%s", rule->name);
        muster_roster_close(roster);
        roster = sample_open(span_from(rule->repaired));
        cr_expect(eq(type(span), findings_of(roster), SPAN("")), "%s", rule->name);
        muster_roster_close(roster);
    }
}
