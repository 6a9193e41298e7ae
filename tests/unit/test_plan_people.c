/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>

#include "plan_words.h"

#define TWO_TEAMS "T1|A||\nT2|B||"

Test(plan_people, of_two_equal_rosters_there_is_nothing_to_do)
{
    const char *users = "X1|1@x.com|Ann|Lee|T1\nX2|2@x.com|||";
    expect_plan(small_org_open(users, "T1|A||X1"), small_org_open(users, "T1|A||X1"), NULL, "");
}

Test(plan_people, adds_moves_and_removes_members_in_the_order_of_the_new_roster)
{
    expect_plan(small_org_open("X1|1@x.com|||T1\nX2|2@x.com|||T1\nX3|3@x.com|||\nX4|4@x.com|||T2",
                               TWO_TEAMS),
                small_org_open("X3|3@x.com|||T2\nX5|5@x.com|||T1\nX2|2@x.com|||\nX1|1@x.com|||T2",
                               TWO_TEAMS),
                NULL,
                "addTeamMember user=X3 team=T2\n"
                "addTeamMember user=X5 team=T1\n"
                "removeTeamMember user=X2 team=T1\n"
                "moveTeamMember user=X1 from=T1 to=T2\n"
                "removeTeamMember user=X4 team=T2\n");
}

Test(plan_people, has_nothing_to_do_for_users_in_no_team)
{
    expect_plan(small_org_open("X1|1@x.com|||", ""), small_org_open("X2|2@x.com|Ann||", ""), NULL,
                "");
}

Test(plan_people, ignores_changes_of_names_and_addresses)
{
    expect_plan(small_org_open("X1|1@x.com|Ann|Lee|T1", TWO_TEAMS),
                small_org_open("X1|2@x.com|Anna|Ray|T1", TWO_TEAMS), NULL, "");
}

Test(plan_people, rekeys_a_user_once_and_goes_on_under_the_new_id)
{
    expect_plan(small_org_open("X1|1@x.com|||T1", "T1|A||X1\nT2|B||"),
                small_org_open("Y1|1@X.com|||T2", "T1|A||\nT2|B||Y1"), NULL,
                "rekeyUser user=Y1 from=X1\n"
                "moveTeamMember user=Y1 from=T1 to=T2\n"
                "removeTeamManager user=Y1 team=T1\n"
                "addTeamManager user=Y1 team=T2\n");
}

Test(plan_people, rekeys_teams_before_users)
{
    expect_plan(small_org_open("X1|1@x.com|||T1\nX2|2@x.com|||", "T1|A||"),
                small_org_open("Y2|2@x.com|||\nY1|1@x.com|||N1", "N1|A||"), NULL,
                "rekeyTeam team=N1 from=T1\n"
                "rekeyUser user=Y2 from=X2\n"
                "rekeyUser user=Y1 from=X1\n");
}

Test(plan_people, adds_and_removes_managers_whatever_their_order)
{
    const char *users = "X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||";
    expect_plan(small_org_open(users, "T1|A||X1,X2\nT2|B||X3"),
                small_org_open(users, "T1|A||X3,X2\nT2|B||X2,X1,X3"), NULL,
                "addTeamManager user=X3 team=T1\n"
                "removeTeamManager user=X1 team=T1\n"
                "addTeamManager user=X2 team=T2\n"
                "addTeamManager user=X1 team=T2\n");
}

Test(plan_people, empties_a_team_before_it_is_deleted)
{
    expect_plan(small_org_open("X1|1@x.com|||T1\nX2|2@x.com|||T1", "T1|A||X1,X2\nT2|B||"),
                small_org_open("X1|1@x.com|||T2", "T2|B||"), NULL,
                "moveTeamMember user=X1 from=T1 to=T2\n"
                "removeTeamMember user=X2 team=T1\n"
                "removeTeamManager user=X1 team=T1\n"
                "removeTeamManager user=X2 team=T1\n"
                "deleteTeam team=T1\n");
}

Test(plan_people, fills_a_team_after_it_is_added)
{
    expect_plan(small_org_open("X1|1@x.com|||", ""), small_org_open("X1|1@x.com|||T1", "T1|A||X1"),
                NULL,
                "addTeam team=T1 name=A parent=null\n"
                "addTeamMember user=X1 team=T1\n"
                "addTeamManager user=X1 team=T1\n");
}

/* ---- Invitations ------------------------------------------------------------------------- */

static uint64_t invitations(const char *old_users, const char *old_teams, const char *new_users,
                            const char *new_teams)
{
    struct small_org *before = small_org_open(old_users, old_teams);
    struct small_org *after = small_org_open(new_users, new_teams);
    struct plan *plan = plan_of(before, after, NULL);
    uint64_t count = plan_forecast(plan)->new_manager_count;
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
    return count;
}

Test(plan_people, invites_each_new_manager_once)
{
    const char *users = "X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||";
    const char *before = "T1|A||X1\nT2|B||";
    /* X1 managed before, X2 manages two teams now, X3 none. */
    cr_expect(eq(u64, invitations(users, before, users, "T1|A||X2\nT2|B||X2,X1"), 1));
    /* X2 managed before, too, and leaves T1 for T2. */
    cr_expect(eq(u64, invitations(users, "T1|A||X1,X2\nT2|B||", users, "T1|A||\nT2|B||X2,X3"), 1));
}

Test(plan_people, does_not_invite_a_manager_under_a_new_id)
{
    cr_expect(
        eq(u64,
           invitations("X1|1@x.com|||", "T1|A||X1\nT2|B||", "Y1|1@x.com|||", "T1|A||Y1\nT2|B||Y1"),
           0));
}

/* ---- Deprovision ------------------------------------------------------------------------- */

static void expect_removals(const struct muster_plan_options *options, const char *new_teams,
                            const char *expected)
{
    const char *users = "X1|1@x.com|||T1\nX2|2@x.com|||\nX3|3@x.com|||";
    struct small_org *before = small_org_open(users, "T1|A||X1,X2\nT2|B||X2\nT3|C||X3,X2");
    struct small_org *after = new_teams != NULL ? small_org_open(users, new_teams) : NULL;
    struct small_org *records =
        small_org_open("X2|2@x.com|||\n-\nX9|9@x.com|||\nX7|1@X.COM|||", "");
    struct plan *plan;
    cr_assert(eq(
        int,
        plan_open(&plan, &before->org, after != NULL ? &after->org : NULL, &records->org, options),
        MUSTER_OK));
    char *words = plan_words(plan);
    cr_expect(eq(str, words, (char *)expected));
    plan_result_close(plan_replayed(plan));
    free(words);
    plan_close(plan);
    if (after != NULL) {
        small_org_close(after);
    }
    small_org_close(before);
    small_org_close(records);
}

Test(plan_people, removes_the_users_of_a_deprovision_file_in_its_order)
{
    expect_removals(NULL, NULL,
                    "removeUser user=X2\n"
                    "removeUser user=X9\n"
                    "removeUser user=X7\n");
}

Test(plan_people, takes_manager_places_and_then_the_license_of_those_who_are_kept)
{
    /* X7 is X1 by address. */
    struct muster_plan_options options = {.keep_users = true};
    expect_removals(&options, NULL,
                    "removeTeamManager user=X2 team=T1\n"
                    "removeTeamManager user=X2 team=T2\n"
                    "removeTeamManager user=X2 team=T3\n"
                    "removeLicense user=X2\n"
                    "removeLicense user=X9\n"
                    "removeTeamManager user=X1 team=T1\n"
                    "removeLicense user=X7\n");
}

Test(plan_people, takes_the_license_alone_of_those_who_retain_their_privileges)
{
    struct muster_plan_options options = {.keep_users = true, .retain_privileges = true};
    expect_removals(&options, NULL,
                    "removeLicense user=X2\n"
                    "removeLicense user=X9\n"
                    "removeLicense user=X7\n");
}

Test(plan_people, does_not_take_a_manager_place_twice)
{
    /* T1 loses X2 and T2 goes away with the new roster; T3 is left for the deprovision file. */
    struct muster_plan_options options = {.keep_users = true};
    expect_removals(&options, "T1|A||X1\nT3|C||X2,X3",
                    "removeTeamManager user=X2 team=T1\n"
                    "removeTeamManager user=X2 team=T2\n"
                    "deleteTeam team=T2\n"
                    "removeTeamManager user=X2 team=T3\n"
                    "removeLicense user=X2\n"
                    "removeLicense user=X9\n"
                    "removeTeamManager user=X1 team=T1\n"
                    "removeLicense user=X7\n");
}

Test(plan_people, takes_manager_places_record_by_record)
{
    const char *users = "X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||";
    struct small_org *before = small_org_open(users, "T1|A||X1,X2\nT2|B||X3,X2\nT3|C||X1,X3");
    struct small_org *records = small_org_open(users, "");
    struct muster_plan_options options = {.keep_users = true};
    struct plan *plan;
    cr_assert(eq(int, plan_open(&plan, &before->org, NULL, &records->org, &options), MUSTER_OK));
    char *words = plan_words(plan);
    const char *expected = "removeTeamManager user=X1 team=T1\n"
                           "removeTeamManager user=X1 team=T3\n"
                           "removeLicense user=X1\n"
                           "removeTeamManager user=X2 team=T1\n"
                           "removeTeamManager user=X2 team=T2\n"
                           "removeLicense user=X2\n"
                           "removeTeamManager user=X3 team=T2\n"
                           "removeTeamManager user=X3 team=T3\n"
                           "removeLicense user=X3\n";
    cr_expect(eq(str, words, (char *)expected));
    plan_result_close(plan_replayed(plan));
    free(words);
    plan_close(plan);
    small_org_close(before);
    small_org_close(records);
}

/* From one roster to another, and behind that what a file of records asks for: with the users that
 * go, and where they are kept. */
static void expect_dismissals(struct small_org *before, struct small_org *after,
                              const char *records, const struct muster_plan_options *options,
                              const char *gone, const char *kept)
{
    struct small_org *file = small_org_open(records, "");
    for (int keep = 0; keep < 2; keep++) {
        struct muster_plan_options wanted =
            options != NULL ? *options : (struct muster_plan_options){0};
        wanted.keep_users = keep == 1;
        struct plan *plan;
        cr_assert(
            eq(int, plan_open(&plan, &before->org, &after->org, &file->org, &wanted), MUSTER_OK));
        char *words = plan_words(plan);
        cr_expect(eq(str, words, (char *)(keep == 1 ? kept : gone)));
        plan_result_close(plan_replayed(plan));
        free(words);
        plan_close(plan);
    }
    small_org_close(before);
    small_org_close(after);
    small_org_close(file);
}

Test(plan_people, dismisses_a_rekeyed_user_under_the_new_id)
{
    expect_dismissals(small_org_open("X1|1@x.com|||", "T1|A||X1\nT2|B||X1"),
                      small_org_open("Y1|1@x.com|||", "T1|A||Y1\nT2|B||Y1"), "X1|1@x.com|||", NULL,
                      "rekeyUser user=Y1 from=X1\n"
                      "removeUser user=Y1\n",
                      "rekeyUser user=Y1 from=X1\n"
                      "removeTeamManager user=Y1 team=T1\n"
                      "removeTeamManager user=Y1 team=T2\n"
                      "removeLicense user=Y1\n");
}

/* By the old id, by the new one whatever the address, by the address, and each once more; behind
 * empty places on both sides. */
Test(plan_people, dismisses_a_rekeyed_user_under_the_new_id_whatever_the_file_has)
{
    expect_dismissals(
        small_org_open("-\nX1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||", "T1|A||X1,X2,X3"),
        small_org_open("Y1|1@x.com|||\nY2|2@x.com|||\nY3|3@x.com|||", "T1|A||Y1,Y2,Y3"),
        "-\nX1|1@x.com|||\nX1|1@x.com|||\nY2|0@x.com|||\nY2|2@x.com|||\nZ3|3@X.com|||\nZ3|3@x.com||"
        "|",
        NULL,
        "rekeyUser user=Y1 from=X1\n"
        "rekeyUser user=Y2 from=X2\n"
        "rekeyUser user=Y3 from=X3\n"
        "removeUser user=Y1\n"
        "removeUser user=Y1\n"
        "removeUser user=Y2\n"
        "removeUser user=Y2\n"
        "removeUser user=Y3\n"
        "removeUser user=Y3\n",
        "rekeyUser user=Y1 from=X1\n"
        "rekeyUser user=Y2 from=X2\n"
        "rekeyUser user=Y3 from=X3\n"
        "removeTeamManager user=Y1 team=T1\n"
        "removeLicense user=Y1\n"
        "removeLicense user=Y1\n"
        "removeTeamManager user=Y2 team=T1\n"
        "removeLicense user=Y2\n"
        "removeLicense user=Y2\n"
        "removeTeamManager user=Y3 team=T1\n"
        "removeLicense user=Y3\n"
        "removeLicense user=Y3\n");
}

/* Records have the ids of people who are new, the first and the last of the new roster, with one
 * between them of whom only the address is new; and the addresses of others. */
Test(plan_people, dismisses_the_one_who_has_the_id_when_the_plan_is_done)
{
    expect_dismissals(small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "T1|A||X1\nT2|B||X2"),
                      small_org_open("C1|c@x.com|||\nX2|9@x.com|||\nY1|1@x.com|||\nC2|d@x.com|||",
                                     "T1|A||Y1\nT2|B||X2"),
                      "C1|1@x.com|||\nC2|2@x.com|||\nC1|1@x.com|||", NULL,
                      "rekeyUser user=Y1 from=X1\n"
                      "removeUser user=C1\n"
                      "removeUser user=C2\n"
                      "removeUser user=C1\n",
                      "rekeyUser user=Y1 from=X1\n"
                      "removeLicense user=C1\n"
                      "removeLicense user=C2\n"
                      "removeLicense user=C1\n");
}

/* The id of the second record is X1's, whatever its address; X2 is named by nobody. */
Test(plan_people, dismisses_by_an_address_only_where_nobody_has_the_id)
{
    expect_dismissals(small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "T1|A||X1,X2"),
                      small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "T1|A||X1,X2"),
                      "X1|1@x.com|||\nX1|2@x.com|||", NULL,
                      "removeUser user=X1\n"
                      "removeUser user=X1\n",
                      "removeTeamManager user=X1 team=T1\n"
                      "removeLicense user=X1\n"
                      "removeLicense user=X1\n");
}

/* X2 where a record that is about somebody else has the address, X1 where others are about X1. */
Test(plan_people, dismisses_by_an_address_that_other_records_have_too)
{
    expect_dismissals(small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "T1|A||X1,X2"),
                      small_org_open("Y1|1@x.com|||\nX2|2@x.com|||\nC1|c@x.com|||", "T1|A||Y1,X2"),
                      "C1|2@x.com|||\nZ1|2@x.com|||\nZ2|1@x.com|||\nX1|1@x.com|||\nZ3|1@x.com|||",
                      NULL,
                      "rekeyUser user=Y1 from=X1\n"
                      "removeUser user=C1\n"
                      "removeUser user=Z1\n"
                      "removeUser user=Y1\n"
                      "removeUser user=Y1\n"
                      "removeUser user=Y1\n",
                      "rekeyUser user=Y1 from=X1\n"
                      "removeLicense user=C1\n"
                      "removeTeamManager user=X2 team=T1\n"
                      "removeLicense user=Z1\n"
                      "removeTeamManager user=Y1 team=T1\n"
                      "removeLicense user=Y1\n"
                      "removeLicense user=Y1\n"
                      "removeLicense user=Y1\n");
}

/* X1 and X2 get new ids, and only X1 has to do with R. */
Test(plan_people, dismisses_under_the_old_id_who_keeps_it_out_of_scope)
{
    const struct muster_span root = {"R", 1};
    const struct muster_plan_options options = {.roots = &root, .root_count = 1};
    expect_dismissals(small_org_open("X1|1@x.com|||R\nX2|2@x.com|||T1", "R|Root||\nT1|A||X2"),
                      small_org_open("Y1|1@x.com|||R\nY2|2@x.com|||T1", "R|Root||\nT1|A||Y2"),
                      "X2|2@x.com|||\nY1|1@x.com|||", &options,
                      "rekeyUser user=Y1 from=X1\n"
                      "removeUser user=X2\n"
                      "removeUser user=Y1\n",
                      "rekeyUser user=Y1 from=X1\n"
                      "removeTeamManager user=X2 team=T1\n"
                      "removeLicense user=X2\n"
                      "removeLicense user=Y1\n");
}

/* X1 is called Y1 by then. Where the address is somebody's, it is X2 who goes; where it is
 * nobody's, the old id is all there is. */
Test(plan_people, goes_by_the_address_where_nobody_has_the_id_any_more)
{
    expect_dismissals(small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "T1|A||X1,X2"),
                      small_org_open("Y1|1@x.com|||\nX2|2@x.com|||", "T1|A||Y1,X2"),
                      "X1|2@X.com|||", NULL,
                      "rekeyUser user=Y1 from=X1\n"
                      "removeUser user=X1\n",
                      "rekeyUser user=Y1 from=X1\n"
                      "removeTeamManager user=X2 team=T1\n"
                      "removeLicense user=X1\n");
    expect_dismissals(small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "T1|A||X1,X2"),
                      small_org_open("Y1|1@x.com|||\nX2|2@x.com|||", "T1|A||Y1,X2"),
                      "X1|9@x.com|||", NULL,
                      "rekeyUser user=Y1 from=X1\n"
                      "removeUser user=Y1\n",
                      "rekeyUser user=Y1 from=X1\n"
                      "removeTeamManager user=Y1 team=T1\n"
                      "removeLicense user=Y1\n");
}

/* X5 comes as a member and X6 as a manager of what is in scope; X7 does not come. */
Test(plan_people, goes_by_the_address_where_the_id_is_of_somebody_out_of_scope)
{
    const struct muster_span root = {"R", 1};
    const struct muster_plan_options options = {.roots = &root, .root_count = 1};
    expect_dismissals(
        small_org_open("X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||", "R|Root||X1,X2,X3"),
        small_org_open("X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||\n"
                       "X5|5@x.com|||R\nX6|6@x.com|||\nX7|7@x.com|||T1",
                       "R|Root||X1,X2,X3,X6\nT1|A||X7"),
        "X5|1@x.com|||\nX6|2@x.com|||\nX7|3@x.com|||", &options,
        "addTeamMember user=X5 team=R\n"
        "addTeamManager user=X6 team=R\n"
        "removeUser user=X5\n"
        "removeUser user=X6\n"
        "removeUser user=X7\n",
        "addTeamMember user=X5 team=R\n"
        "addTeamManager user=X6 team=R\n"
        "removeLicense user=X5\n"
        "removeLicense user=X6\n"
        "removeTeamManager user=X3 team=R\n"
        "removeLicense user=X7\n");
}

Test(plan_people, calls_everybody_by_one_name)
{
    struct small_org *before = small_org_open("X1|1@x.com|Ann|Lee|T1", "T1|A||X1\nT2|B||");
    struct small_org *after = small_org_open("X1|1@x.com|Ann|Ray|T2", "T1|A||X1\nT2|B||");
    struct small_org *records = small_org_open("X1|1@x.com|Ann|Ray|", "");
    static const char *const expected[] = {
        "Move Ann Ray (X1) from team \"A\" (T1) to team \"B\" (T2)",
        "Remove Ann Ray (X1) as manager of team \"A\" (T1)",
        "Remove the license of Ann Ray (X1)",
    };
    const struct muster_plan_options options = {.keep_users = true};
    struct plan *plan;
    cr_assert(
        eq(int, plan_open(&plan, &before->org, &after->org, &records->org, &options), MUSTER_OK));
    cr_assert(eq(sz, plan_count(plan), 3));
    for (size_t n = 0; n < 3; n++) {
        struct muster_operation operation;
        plan_operation(plan, n, &operation);
        cr_expect(span_equal(operation.text, span_from(expected[n])), "%.*s",
                  (int)operation.text.len, operation.text.ptr);
    }
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
    small_org_close(records);
}

Test(plan_people, says_where_retaining_privileges_is_ignored)
{
    const struct {
        bool keep, retain, ignored;
    } cases[] = {
        {false, false, false}, {true, false, false}, {true, true, false}, {false, true, true}};
    struct small_org *empty = small_org_open("", "");
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        struct muster_plan_options options = {.keep_users = cases[n].keep,
                                              .retain_privileges = cases[n].retain};
        struct plan *plan = plan_of(empty, empty, &options);
        cr_expect(eq(int, plan_forecast(plan)->retain_privileges_ignored, cases[n].ignored));
        plan_close(plan);
    }
    small_org_close(empty);
}

Test(plan_people, plans_for_many_shuffled_users)
{
    enum { MANY = 100000 };
    struct small_org *before = small_org_open("", TWO_TEAMS);
    struct small_org *after = small_org_open("", TWO_TEAMS);
    char id[16], email[32];
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned n = 0; n < MANY; n++) {
            /* 7919 is prime: everybody, once. Every tenth changes from T1 to T2. */
            unsigned number = side == 0 ? n : (unsigned)((uint64_t)n * 7919 % MANY);
            struct org_user user = {.team = side == 1 && number % 10 == 0};
            user.id = span_make(id, (size_t)snprintf(id, sizeof id, "X%u", number));
            user.email =
                span_make(email, (size_t)snprintf(email, sizeof email, "%u@x.com", number));
            small_org_add_user(side == 0 ? before : after, user);
        }
    }
    struct plan *plan = plan_of(before, after, NULL);
    cr_expect(eq(sz, plan_count(plan), MANY / 10));
    cr_expect(eq(u64, plan_forecast(plan)->counts[MUSTER_MOVE_TEAM_MEMBER], MANY / 10));
    struct org *result = plan_replayed(plan);
    cr_expect(orgs_equal(result, &after->org));
    plan_result_close(result);
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}
