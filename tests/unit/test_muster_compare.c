/* SPDX-License-Identifier: MIT */
/* Snapshots, differences and plans through the public calls. */
#define _XOPEN_SOURCE 700
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/stat.h>
#include <unistd.h>

#include "muster.h"
#include "random_export.h"
#include "support.h"

static const char old_users[] = USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n"
                                             "X2,bob@example.com,Bob,Ray,T1\n"
                                             "X3,cyd@example.com,Cyd,Po,\n";
static const char new_users[] = USERS_HEADER "X1,ann@example.com,Ann,Leigh,T2\n"
                                             "X4,dan@example.com,Dan,Fox,T2\n"
                                             "X9,CYD@example.com,Cyd,Po,\n";
static const char old_teams[] = TEAMS_HEADER "T1,IT,X1,\n";
static const char new_teams[] = TEAMS_HEADER "T1,IT,,\nT2,Cloud,X1,T1\n";

/* Everything that differs, one fact a line. */
static span differences_of(struct muster_diff *diff)
{
    static struct buffer text;
    static const char *const changes[] = {"added", "removed", "changed"};
    struct muster_difference difference;
    buffer_clear(&text);
    while (muster_diff_next(diff, &difference)) {
        buffer_text(&text, difference.entity == MUSTER_USER ? "user " : "team ");
        buffer_text(&text, changes[difference.change]);
        buffer_byte(&text, ' ');
        buffer_span(&text, difference.id);
        if (difference.field != NULL) {
            buffer_byte(&text, ' ');
            buffer_text(&text, difference.field);
            buffer_byte(&text, ' ');
            buffer_span(&text, difference.old_value);
            buffer_byte(&text, '>');
            buffer_span(&text, difference.new_value);
        }
        buffer_byte(&text, '\n');
    }
    cr_assert(eq(int, muster_diff_status(diff), MUSTER_OK));
    return buffer_view(&text);
}

Test(muster_compare, two_rosters_differ_in_facts)
{
    struct muster_roster *old_roster = roster_of(old_users, old_teams, NULL);
    struct muster_roster *new_roster = roster_of(new_users, new_teams, NULL);
    struct muster_diff *diff;
    static const char want[] = "user changed X1 last_name Lee>Leigh\n"
                               "user changed X1 team_id T1>T2\n"
                               "user added X4\n"
                               "user changed X9 id X3>X9\n"
                               "user changed X9 email cyd@example.com>CYD@example.com\n"
                               "user removed X2\n"
                               "team changed T1 manager_ids X1>\n"
                               "team added T2\n";
    cr_assert(eq(int, muster_diff_open(&diff, old_roster, new_roster), MUSTER_OK));
    cr_expect(eq(type(span), differences_of(diff), span_from(want)));
    muster_diff_rewind(diff);
    cr_expect(eq(type(span), differences_of(diff), span_from(want)), "once more");
    cr_expect(eq(ptr, muster_diff_old_roster(diff), old_roster));
    cr_expect(eq(ptr, muster_diff_new_roster(diff), new_roster));
    size_t count = 0;
    const uint32_t *leavers = muster_diff_leavers(diff, &count);
    cr_assert(eq(sz, count, 1));
    cr_expect(eq(u32, leavers[0], 1));
    struct buffer out = {0};
    cr_assert(eq(int, muster_leavers_write(diff, write_to_buffer, &out), MUSTER_OK));
    cr_expect(
        eq(type(span), buffer_view(&out), SPAN(DEPROVISION_HEADER "X2,bob@example.com,Bob,Ray\n")));
    buffer_close(&out);
    muster_diff_close(diff);
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
}

Test(muster_compare, a_roster_does_not_differ_from_itself)
{
    struct muster_roster *roster = roster_of(old_users, old_teams, NULL);
    struct muster_diff *diff;
    struct muster_plan *plan;
    cr_assert(eq(int, muster_diff_open(&diff, roster, roster), MUSTER_OK));
    cr_expect(eq(type(span), differences_of(diff), SPAN("")));
    muster_diff_close(diff);
    cr_assert(eq(int, muster_plan_open(&plan, roster, roster, NULL), MUSTER_OK));
    cr_expect(eq(sz, muster_plan_count(plan), 0));
    muster_plan_close(plan);
    muster_roster_close(roster);
}

Test(muster_compare, who_has_left_is_known_from_the_users_alone)
{
    struct muster_roster *old_roster = roster_of(old_users, NULL, NULL);
    struct muster_roster *new_roster = roster_of(new_users, NULL, NULL);
    struct muster_roster *lost = roster_of("id\n", NULL, NULL);
    struct muster_diff *diff;
    cr_assert(eq(int, muster_leavers_open(&diff, old_roster, new_roster), MUSTER_OK));
    size_t count = 0;
    (void)muster_diff_leavers(diff, &count);
    cr_expect(eq(sz, count, 1));
    muster_diff_close(diff);
    cr_expect(eq(int, muster_diff_open(&diff, old_roster, new_roster), MUSTER_INCOMPLETE));
    cr_expect(eq(int, muster_leavers_open(&diff, old_roster, lost), MUSTER_FATAL_FINDING));
    cr_expect(eq(ptr, diff, NULL));
    cr_expect(eq(int, muster_diff_open(&diff, lost, new_roster), MUSTER_FATAL_FINDING));
    muster_roster_close(lost);
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
}

/* How many of X1 to X5 are gone and stand in a rejected record of these users. */
static size_t rejected_leavers(const char *users, bool trim)
{
    static const char before[] = USERS_HEADER "X1,ann@x.com,,,\nX2,bob@x.com,,,\n"
                                              "X3,\"c\"\"yd@x.com\",,,\n=X4,dan@x.com,,,\n"
                                              "X5,\" eve@x.com \",,,\n";
    const struct muster_options options = {.trim = trim};
    struct muster_roster *old_roster = roster_of(before, NULL, NULL);
    struct muster_roster *new_roster = roster_of(users, NULL, &options);
    struct muster_diff *diff;
    size_t count = 99;
    cr_assert(eq(int, muster_leavers_open(&diff, old_roster, new_roster), MUSTER_OK));
    cr_assert(eq(int, muster_leavers_rejected(diff, &count), MUSTER_OK));
    muster_diff_close(diff);
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
    return count;
}

Test(muster_compare, a_leaver_may_stand_in_a_rejected_record)
{
    static const struct {
        const char *users;
        size_t count, count_trimmed;
    } cases[] = {
        {USERS_HEADER, 0, 0},
        {USERS_HEADER "Y1,new@x.com,,,\n", 0, 0},
        {USERS_HEADER "X1,ann@x.com,,,\nX1,bob@x.com,,,\n", 1, 1}, /* the second is X1 again */
        {USERS_HEADER "X2,,,,\n", 1, 1},
        {USERS_HEADER ",BOB@x.COM,,,\n", 1, 1},
        {USERS_HEADER ",,,,\n", 0, 0},
        {USERS_HEADER "=X4,,,,\n", 1, 1},
        {USERS_HEADER "X1,,,,\nX2,,,,\nX2,ann@x.com\n", 2, 2},
        {USERS_HEADER "X1,\"a\"b,,\n", 0, 0},
        {USERS_HEADER "X2,zed@x.com,,\n", 0, 0}, /* a value too few: only addresses count */
        {USERS_HEADER "a,b,c,d,e,f,bob@x.com\n", 1, 1},
        {USERS_HEADER "a,b,bob@x.com", 1, 1},
        {USERS_HEADER "\"a,b\",bob@x.com,,,,\r\n", 1, 1},
        {USERS_HEADER "\"bob\"@x.com,,,,\n", 0, 0},
        {USERS_HEADER "a\"b\",bob@x.com\n", 1, 1},
        {USERS_HEADER "\"a\"b,ann@x.com,,,\n\"a\" ,bob@x.com,,,\nZ,zed@x.com,,,\n", 2, 1},
        {USERS_HEADER "X9,\"C\"\"YD@x.com\",\xFF,,\n", 1, 1},
        {USERS_HEADER " X2 , zed@x.com ,\xFF,,\n", 0, 1},
        {USERS_HEADER " \"X1\" , \"\" ,A,L,T1\n", 0, 1},
        {USERS_HEADER "a,\t\"ann@x.com\" \n", 0, 1},
        {USERS_HEADER "a, \"b,ann@x.com\n\", \"bob@x.com\"\n", 1, 1},
        {USERS_HEADER "a, \"b\"c, \"bob@x.com\" \n", 0, 1}, /* not sound either way */
        {USERS_HEADER "a, \" eve@x.com \" \n", 0, 1},
        {USERS_HEADER "a, \" ann@x.com \" \n", 0, 1},
        {"team_id,last_name,email,first_name,id\n,,bob@x.com,,\n,,,,X1\n", 2, 2},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        cr_expect(eq(sz, rejected_leavers(cases[index].users, false), cases[index].count), "%s",
                  cases[index].users);
        cr_expect(eq(sz, rejected_leavers(cases[index].users, true), cases[index].count_trimmed),
                  "trimmed: %s", cases[index].users);
    }
}

/* Ids of one character too, and more than any first room is for. */
Test(muster_compare, all_leavers_may_stand_in_rejected_records)
{
    enum { COUNT = 1000 };
    struct buffer before = {0}, now = {0};
    buffer_text(&before, USERS_HEADER);
    buffer_text(&now, USERS_HEADER);
    for (uint64_t n = 0; n < COUNT; n++) {
        buffer_number(&before, n);
        buffer_text(&before, ",u");
        buffer_number(&before, n);
        buffer_text(&before, "@x.com,,,\n");
        buffer_text(&now, n % 2 == 0 ? "" : "a value,too few,u");
        buffer_number(&now, n);
        buffer_text(&now, n % 2 == 0 ? ",,,,\n" : "@x.com\n");
    }
    buffer_byte(&before, '\0');
    buffer_byte(&now, '\0');
    struct muster_roster *old_roster = roster_of(before.bytes, NULL, NULL);
    struct muster_roster *new_roster = roster_of(now.bytes, NULL, NULL);
    struct muster_diff *diff;
    size_t count = 0;
    cr_assert(eq(int, muster_leavers_open(&diff, old_roster, new_roster), MUSTER_OK));
    cr_assert(eq(int, muster_leavers_rejected(diff, &count), MUSTER_OK));
    cr_expect(eq(sz, count, COUNT));
    muster_diff_close(diff);
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
    buffer_close(&before);
    buffer_close(&now);
}

Test(muster_compare, a_snapshot_is_the_roster_that_it_was_made_from, .timeout = 120)
{
    struct buffer texts[2] = {{0}};
    struct buffer kept = {0};
    uint64_t state = 5;
    for (int round = 0; round < (SANITIZED ? 30 : 150); round++) {
        span files[MUSTER_FILE_COUNT] = {{0}};
        for (unsigned file = MUSTER_USERS; file <= MUSTER_TEAMS; file++) {
            random_file(&texts[file], file, random_below(&state, 6), 3000, &state);
            files[file] = buffer_view(&texts[file]);
        }
        struct muster_roster *roster = roster_of_spans(files, NULL);
        const char *path = folder_path("roster.snap");
        enum muster_status status = muster_snapshot_write(roster, path, NULL);
        if (muster_roster_summary(roster)->severities[MUSTER_FATAL] > 0) {
            cr_assert(eq(int, status, MUSTER_FATAL_FINDING));
        } else {
            struct muster_roster *again;
            struct stat file;
            cr_assert(eq(int, status, MUSTER_OK));
            cr_assert(eq(int, stat(path, &file), 0));
            cr_assert(eq(int, (int)(file.st_mode & 0777), 0600));
            buffer_clear(&kept);
            buffer_span(&kept, kept_of(roster));
            cr_assert(eq(int, muster_snapshot_open(&again, path, NULL, NULL), MUSTER_OK));
            cr_assert(eq(type(span), kept_of(again), buffer_view(&kept)));
            cr_assert(eq(type(span), findings_of(again), SPAN("")));
            muster_roster_close(again);
        }
        muster_roster_close(roster);
    }
    buffer_close(&texts[0]);
    buffer_close(&texts[1]);
    buffer_close(&kept);
}

Test(muster_compare, a_file_that_is_no_snapshot_is_refused_and_named)
{
    struct muster_roster *roster = (struct muster_roster *)1;
    struct muster_error error = {0};
    const char *path = folder_write("users.csv", span_from(old_users));
    cr_expect(eq(int, muster_snapshot_open(&roster, path, NULL, &error), MUSTER_NOT_SNAPSHOT));
    cr_expect(eq(ptr, roster, NULL));
    cr_expect(eq(type(span), error.subject, span_from(path)));
    cr_expect(eq(int, muster_snapshot_open(&roster, folder_path("no.snap"), NULL, &error),
                 MUSTER_UNREADABLE));
    cr_expect(eq(int, muster_snapshot_open(&roster, folder_open(), NULL, NULL), MUSTER_UNREADABLE));
}

/* Open a snapshot and an export together, either of which may not be there. */
static enum muster_status open_both(struct muster_roster *rosters[2], struct muster_error errors[2],
                                    bool old_there, bool new_there, unsigned jobs)
{
    const struct muster_options options = {.jobs = jobs};
    const struct muster_input old_inputs[] = {{.file = MUSTER_USERS, .path = "nowhere/users.csv"}};
    const struct muster_input new_inputs[] = {
        {.file = MUSTER_USERS, .data = span_from(new_users)},
        {.file = MUSTER_TEAMS, .data = span_from(new_teams)},
    };
    const struct muster_origin origins[2] = {
        {.snapshot = old_there ? folder_path("old.snap") : "nowhere.snap", .options = &options},
        {.inputs = new_there ? new_inputs : old_inputs,
         .input_count = new_there ? 2 : 1,
         .options = &options},
    };
    return muster_rosters_open(rosters, origins, errors);
}

Test(muster_compare, two_rosters_are_opened_together)
{
    struct muster_roster *old_roster = roster_of(old_users, old_teams, NULL);
    cr_assert(eq(int, muster_snapshot_write(old_roster, folder_path("old.snap"), NULL), MUSTER_OK));
    muster_roster_close(old_roster);
    for (unsigned jobs = 0; jobs < 4; jobs++) {
        struct muster_roster *rosters[2];
        struct muster_error errors[2];
        cr_assert(eq(int, open_both(rosters, errors, true, true, jobs), MUSTER_OK));
        cr_expect(eq(u64, muster_roster_summary(rosters[0])->kept[MUSTER_USERS], 3));
        cr_expect(eq(u64, muster_roster_summary(rosters[1])->kept[MUSTER_TEAMS], 2));
        muster_roster_close(rosters[0]);
        muster_roster_close(rosters[1]);
        for (unsigned there = 0; there < 3; there++) {
            bool old_there = there == 1;
            bool new_there = there == 2;
            cr_expect(
                eq(int, open_both(rosters, errors, old_there, new_there, jobs), MUSTER_UNREADABLE));
            cr_expect(eq(ptr, rosters[0], NULL));
            cr_expect(eq(ptr, rosters[1], NULL));
            cr_expect(eq(int, errors[0].status, old_there ? MUSTER_OK : MUSTER_UNREADABLE));
            cr_expect(old_there || span_equal(errors[0].subject, span_from("nowhere.snap")));
            cr_expect(errors[1].status == MUSTER_UNREADABLE || !old_there);
        }
    }
}

Test(muster_compare, an_input_that_was_touched_makes_no_snapshot)
{
    struct muster_input inputs[] = {
        {.file = MUSTER_USERS, .path = folder_write("users.csv", span_from(old_users))},
        {.file = MUSTER_TEAMS, .data = span_from(old_teams)},
    };
    struct muster_roster *roster;
    struct muster_error error = {0};
    cr_assert(eq(int, muster_roster_open(&roster, inputs, 2, NULL, NULL), MUSTER_OK));
    cr_assert(eq(int, truncate(inputs[0].path, 50), 0));
    cr_expect(
        eq(int, muster_snapshot_write(roster, folder_path("x.snap"), &error), MUSTER_CHANGED));
    cr_expect(ne(int, access(folder_path("x.snap"), F_OK), 0));
    muster_roster_close(roster);
}

Test(muster_compare, a_plan_leads_from_the_old_roster_to_the_new_one, .timeout = 120)
{
    struct muster_roster *old_roster = roster_of(old_users, old_teams, NULL);
    struct muster_roster *new_roster = roster_of(new_users, new_teams, NULL);
    struct muster_plan *plan;
    struct muster_roster *result;
    size_t step = 0;
    cr_assert(eq(int, muster_plan_open(&plan, old_roster, new_roster, NULL), MUSTER_OK));
    cr_expect(lt(sz, 0, muster_plan_count(plan)));
    for (size_t index = 0; index < muster_plan_count(plan); index++) {
        struct muster_operation operation;
        muster_plan_operation(plan, index, &operation);
        cr_expect(eq(int, muster_plan_kind(plan, index), operation.kind));
        cr_expect(lt(sz, 0, operation.text.len));
    }
    cr_expect(eq(int, muster_plan_status(plan), MUSTER_OK));
    cr_expect(eq(ptr, muster_plan_old_roster(plan), old_roster));
    cr_expect(eq(ptr, muster_plan_new_roster(plan), new_roster));
    cr_assert(eq(int, muster_plan_replay(&result, plan, &step), MUSTER_OK));
    struct muster_diff *diff;
    cr_assert(eq(int, muster_diff_open(&diff, result, new_roster), MUSTER_OK));
    cr_expect(eq(type(span), differences_of(diff), SPAN("")));
    muster_diff_close(diff);
    muster_roster_close(result);
    muster_plan_close(plan);
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
}

Test(muster_compare, what_a_plan_ends_with_outlives_all_that_it_was_made_from)
{
    struct muster_roster *old_roster = roster_of(old_users, old_teams, NULL);
    struct muster_roster *new_roster = roster_of(new_users, new_teams, NULL);
    struct muster_roster *result;
    struct muster_plan *plan;
    struct muster_user user;
    struct muster_team team;
    size_t step = 0;
    cr_assert(eq(int, muster_plan_open(&plan, old_roster, new_roster, NULL), MUSTER_OK));
    cr_assert(eq(int, muster_plan_replay(&result, plan, &step), MUSTER_OK));
    muster_plan_close(plan);
    muster_roster_close(new_roster);
    muster_roster_close(old_roster);
    cr_assert(eq(u32, muster_roster_user_places(result), 3));
    cr_assert(muster_roster_user(result, 1, &user));
    cr_expect(eq(type(span), user.email, SPAN("dan@example.com")));
    cr_expect(eq(type(span), user.team_id, SPAN("T2")));
    cr_assert(eq(u32, muster_roster_team_count(result), 2));
    muster_roster_team(result, 1, &team);
    cr_expect(eq(type(span), team.final_name, SPAN("Cloud")));
    cr_expect(eq(type(span), team.parent_team_id, SPAN("T1")));
    muster_roster_close(result);
}

Test(muster_compare, a_report_leaves_its_diff_behind_the_last_difference)
{
    struct muster_roster *old_roster = roster_of(old_users, old_teams, NULL);
    struct muster_roster *new_roster = roster_of(new_users, new_teams, NULL);
    struct muster_difference difference;
    struct muster_diff *diff;
    struct buffer out = {0};
    cr_assert(eq(int, muster_diff_open(&diff, old_roster, new_roster), MUSTER_OK));
    cr_assert(muster_diff_next(diff, &difference));
    cr_assert(eq(int, muster_report_diff(diff, NULL, write_to_buffer, &out), MUSTER_OK));
    cr_expect(not(muster_diff_next(diff, &difference)));
    muster_diff_rewind(diff);
    cr_assert(muster_diff_next(diff, &difference));
    cr_expect(eq(type(span), difference.id, SPAN("X1")));
    buffer_close(&out);
    muster_diff_close(diff);
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
}

Test(muster_compare, a_deprovision_file_alone_makes_a_plan_of_its_own)
{
    const span files[MUSTER_FILE_COUNT] = {
        [MUSTER_DEPROVISION] = SPAN(DEPROVISION_HEADER "X1,ann@example.com,Ann,Lee\n")};
    struct muster_roster *old_roster = roster_of(old_users, old_teams, NULL);
    struct muster_roster *leaving = roster_of_spans(files, NULL);
    const struct muster_plan_options keep = {.keep_users = true};
    struct muster_plan *plan;
    struct muster_operation operation;
    cr_assert(eq(int, muster_plan_open(&plan, old_roster, leaving, NULL), MUSTER_OK));
    cr_assert(eq(sz, muster_plan_count(plan), 1));
    muster_plan_operation(plan, 0, &operation);
    cr_expect(eq(int, operation.kind, MUSTER_REMOVE_USER));
    cr_expect(eq(type(span), operation.user, SPAN("X1")));
    muster_plan_close(plan);
    cr_assert(eq(int, muster_plan_open(&plan, old_roster, leaving, &keep), MUSTER_OK));
    cr_assert(eq(sz, muster_plan_count(plan), 2));
    muster_plan_operation(plan, 0, &operation);
    cr_expect(eq(int, operation.kind, MUSTER_REMOVE_TEAM_MANAGER));
    cr_expect(eq(type(span), operation.team, SPAN("T1")));
    muster_plan_operation(plan, 1, &operation);
    cr_expect(eq(int, operation.kind, MUSTER_REMOVE_LICENSE));
    muster_plan_close(plan);
    muster_roster_close(leaving);
    muster_roster_close(old_roster);
}

/* What the guard of removed users says about their teams. */
static span removed_from(const struct muster_plan *plan)
{
    size_t count = 0;
    const struct muster_guard *guards = muster_plan_guards(plan, &count);
    for (size_t index = 0; index < count; index++) {
        if (strcmp(guards[index].kind, "removeUser") == 0) {
            return guards[index].carriers;
        }
    }
    return SPAN("");
}

/* Both ids of one person: the plan removes whom the first record leaves of them. */
Test(muster_compare, who_gets_a_new_id_may_be_removed_by_both)
{
    static const char *const records[] = {
        DEPROVISION_HEADER "X9,joe@example.com,,\nX1,ann@example.com,Ann,Lee\n",
        DEPROVISION_HEADER "X1,ann@example.com,Ann,Lee\nX9,joe@example.com,,\n"};
    struct muster_roster *old_roster = roster_of(old_users, old_teams, NULL);
    for (size_t index = 0; index < 2; index++) {
        const span files[MUSTER_FILE_COUNT] = {
            [MUSTER_USERS] = SPAN(USERS_HEADER "X9,ann@example.com,Ann,Lee,\n"),
            [MUSTER_TEAMS] = SPAN(TEAMS_HEADER),
            [MUSTER_DEPROVISION] = span_from(records[index])};
        struct muster_roster *new_roster = roster_of_spans(files, NULL);
        struct muster_roster *result;
        struct muster_plan *plan;
        size_t step = 0;
        const struct muster_plan_options none = {
            .limits = {[MUSTER_REMOVE_USER] = {.given = true, .amount = 0}}};
        cr_assert(eq(int, muster_plan_open(&plan, old_roster, new_roster, &none), MUSTER_OK));
        cr_expect(eq(type(span), removed_from(plan), SPAN("\"IT\" (T1): 1")));
        size_t count = muster_plan_count(plan);
        for (size_t last = count - 2; last < count; last++) {
            struct muster_operation operation;
            muster_plan_operation(plan, last, &operation);
            cr_expect(eq(int, operation.kind, MUSTER_REMOVE_USER));
            cr_expect(eq(type(span), operation.user, SPAN("X9")));
        }
        cr_assert(eq(int, muster_plan_replay(&result, plan, &step), MUSTER_OK));
        muster_roster_close(result);
        muster_plan_close(plan);
        muster_roster_close(new_roster);
    }
    muster_roster_close(old_roster);
}
