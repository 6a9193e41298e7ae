/* SPDX-License-Identifier: MIT */
/*
 * A replay has to find every step that is not valid where it stands. The steps of a plan are
 * valid, so they are spoilt here first.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/hash.h"
#include "plan/plan_state.h"
#include "plan/replay.h"
#include "plan_words.h"

/* Something of everything: what each test spoils. */
struct sample {
    struct small_org *before, *after;
    struct plan *plan;
};

static struct sample sample_open(const char *old_users, const char *old_teams,
                                 const char *new_users, const char *new_teams)
{
    struct sample sample = {small_org_open(old_users, old_teams),
                            small_org_open(new_users, new_teams), NULL};
    sample.plan = plan_of(sample.before, sample.after, NULL);
    return sample;
}

static void sample_close(struct sample *sample)
{
    plan_close(sample->plan);
    small_org_close(sample->before);
    small_org_close(sample->after);
}

/* The replay has to refuse the step with this index. Closes the sample. */
static void expect_invalid(struct sample *sample, size_t expected)
{
    struct org *result;
    size_t step;
    enum muster_status status = plan_replay(&result, sample->plan, &step);
    cr_expect(eq(int, status, MUSTER_INVALID_STEP));
    cr_expect(eq(sz, step, expected));
    cr_expect(zero(ptr, result));
    sample_close(sample);
}

/* Take a step out of a plan. */
static void drop_step(struct plan *plan, size_t index)
{
    memmove(&plan->steps[index], &plan->steps[index + 1],
            (plan->step_count - index - 1) * sizeof *plan->steps);
    plan->step_count--;
}

/* Let a step come once more at the end. */
static void repeat_step(struct plan *plan, size_t index)
{
    plan_push(plan, plan->steps[index]);
}

static void swap_steps(struct plan *plan, size_t a, size_t b)
{
    struct step kept = plan->steps[a];
    plan->steps[a] = plan->steps[b];
    plan->steps[b] = kept;
}

Test(plan_replay, refuses_to_rekey_a_team_that_is_not_there)
{
    struct sample sample = sample_open("", "T1|A||", "", "N1|A||");
    repeat_step(sample.plan, 0);
    expect_invalid(&sample, 1);
}

Test(plan_replay, refuses_to_rekey_a_user_that_is_not_there)
{
    struct sample sample = sample_open("X1|1@x.com|||", "", "Y1|1@x.com|||", "");
    repeat_step(sample.plan, 0);
    expect_invalid(&sample, 1);
}

Test(plan_replay, refuses_to_rekey_to_an_id_that_is_there)
{
    /* The rosters are made to disagree with the plan after it was made. */
    struct sample teams = sample_open("", "T1|A||\nT2|B||", "", "N1|A||\nT2|B||");
    teams.after->org.teams[0].id = SPAN("T2");
    expect_invalid(&teams, 0);
    struct sample users =
        sample_open("X1|1@x.com|||\nX2|2@x.com|||", "", "Y1|1@x.com|||\nX2|2@x.com|||", "");
    users.after->users[0].id = SPAN("X2");
    expect_invalid(&users, 0);
}

Test(plan_replay, refuses_to_rekey_what_is_gone_under_both_ids)
{
    struct sample team = sample_open("", "T1|A||", "", "N1|A||");
    plan_push(
        team.plan,
        (struct step){.kind = MUSTER_DELETE_TEAM, .from = OPERATION_NONE, .to = OPERATION_NONE});
    repeat_step(team.plan, 0);
    expect_invalid(&team, 2);
    struct sample user = sample_open("X1|1@x.com|||", "", "Y1|1@x.com|||", "");
    plan_push(
        user.plan,
        (struct step){.kind = MUSTER_REMOVE_USER, .from = OPERATION_NONE, .to = OPERATION_NONE});
    repeat_step(user.plan, 0);
    expect_invalid(&user, 2);
}

Test(plan_replay, refuses_a_name_that_is_held)
{
    struct sample rename = sample_open("", "T1|A||\nT2|B||", "", "T1|B||\nT2|C||");
    swap_steps(rename.plan, 0, 1);
    expect_invalid(&rename, 0);
    struct sample add = sample_open("", "T1|A||", "", "T2|A||\nT1|B||");
    swap_steps(add.plan, 0, 1);
    expect_invalid(&add, 0);
}

Test(plan_replay, refuses_to_rename_from_a_name_that_the_team_has_not)
{
    struct sample sample = sample_open("", "T1|A||", "", "T1|B||");
    repeat_step(sample.plan, 0);
    expect_invalid(&sample, 1);
}

Test(plan_replay, refuses_to_add_a_team_twice)
{
    struct sample sample = sample_open("", "", "", "T1|A||");
    repeat_step(sample.plan, 0);
    expect_invalid(&sample, 1);
}

Test(plan_replay, refuses_to_add_a_team_under_an_id_that_is_there)
{
    struct sample sample = sample_open("", "T1|A||", "", "T1|A||\nT2|B||");
    sample.after->org.teams[1].id = SPAN("T1");
    expect_invalid(&sample, 0);
}

Test(plan_replay, lets_the_name_of_a_team_go_with_it)
{
    struct sample sample = sample_open("", "T1|A||\nT2|B||", "", "T2|A||");
    cr_assert(eq(sz, sample.plan->step_count, 3));
    drop_step(sample.plan, 0); /* the temporary name of T1, which is deleted first instead */
    swap_steps(sample.plan, 0, 1);
    struct org *result = plan_replayed(sample.plan);
    cr_expect(orgs_equal(result, &sample.after->org));
    plan_result_close(result);
    sample_close(&sample);
}

Test(plan_replay, refuses_a_parent_that_is_not_there)
{
    struct sample add = sample_open("", "", "", "T1|A||\nT2|B|T1|");
    drop_step(add.plan, 0);
    expect_invalid(&add, 0);
    struct sample move = sample_open("", "T2|B||", "", "T1|A||\nT2|B|T1|");
    drop_step(move.plan, 0);
    expect_invalid(&move, 0);
}

Test(plan_replay, refuses_to_move_a_team_from_where_it_is_not)
{
    struct sample sample = sample_open("", "T1|A||\nT2|B|T1|", "", "T1|A||\nT2|B||");
    sample.plan->steps[0].from = OPERATION_NONE;
    expect_invalid(&sample, 0);
}

Test(plan_replay, refuses_to_move_a_team_below_itself)
{
    /* T2 goes to the top before T1 goes below it. */
    struct sample sample =
        sample_open("", "T1|A||\nT2|B|T1|\nT3|C|T2|", "", "T1|A|T3|\nT2|B||\nT3|C|T2|");
    swap_steps(sample.plan, 0, 1);
    expect_invalid(&sample, 0);
    struct sample itself = sample_open("", "T1|A||\nT2|B||", "", "T1|A||\nT2|B|T1|");
    itself.plan->steps[0].to = itself.plan->steps[0].subject;
    expect_invalid(&itself, 0);
}

Test(plan_replay, refuses_to_move_a_team_below_one_that_has_come_below_it)
{
    /* T4 goes below T2, and thereby below T1, before T1 would go below T4. */
    struct sample sample = sample_open("", "T1|A||\nT2|B|T1|\nT4|C||\nT5|D||", "",
                                       "T1|A|T5|\nT2|B|T1|\nT4|C|T2|\nT5|D||");
    swap_steps(sample.plan, 0, 1);
    sample.plan->steps[1].to = sample.plan->steps[0].subject;
    expect_invalid(&sample, 1);
}

Test(plan_replay, lets_a_team_go_when_what_was_added_below_it_has_left)
{
    struct sample sample = sample_open("", "T1|A||\nT3|C||", "", "T1|A||\nT3|C||\nT2|B|T1|");
    plan_push(sample.plan,
              (struct step){.kind = MUSTER_MOVE_TEAM, .subject = 2, .from = 0, .to = 1});
    plan_push(sample.plan, (struct step){.kind = MUSTER_DELETE_TEAM,
                                         .subject = 0,
                                         .from = OPERATION_NONE,
                                         .to = OPERATION_NONE});
    struct org *result = plan_replayed(sample.plan);
    cr_expect(eq(u32, result->team_count, 2));
    plan_result_close(result);
    sample_close(&sample);
}

Test(plan_replay, lets_a_team_go_when_what_was_moved_below_it_has_left)
{
    const char *teams = "T1|A||\nT2|B||\nT3|C||";
    struct sample sample = sample_open("", teams, "", teams);
    const struct step steps[] = {{.kind = MUSTER_MOVE_TEAM, .subject = 1, .to = 0},
                                 {.kind = MUSTER_MOVE_TEAM, .subject = 1, .to = 2},
                                 {.kind = MUSTER_DELETE_TEAM, .subject = 0}};
    for (size_t n = 0; n < 3; n++) {
        plan_push(sample.plan, steps[n]);
    }
    sample.plan->steps[0].from = OPERATION_NONE;
    struct org *result = plan_replayed(sample.plan);
    cr_expect(eq(u32, result->team_count, 2));
    plan_result_close(result);
    sample_close(&sample);
}

Test(plan_replay, refuses_to_add_a_member_who_is_in_a_team)
{
    struct sample sample = sample_open("X1|1@x.com|||", "T1|A||", "X1|1@x.com|||T1", "T1|A||");
    repeat_step(sample.plan, 0);
    expect_invalid(&sample, 1);
}

Test(plan_replay, refuses_a_member_of_a_team_that_is_not_there)
{
    struct sample sample = sample_open("X1|1@x.com|||", "", "X1|1@x.com|||T1", "T1|A||");
    drop_step(sample.plan, 0);
    expect_invalid(&sample, 0);
}

Test(plan_replay, refuses_to_move_or_remove_a_member_who_is_not_in_the_team)
{
    const char *teams = "T1|A||\nT2|B||";
    struct sample move = sample_open("X1|1@x.com|||T1", teams, "X1|1@x.com|||T2", teams);
    repeat_step(move.plan, 0);
    expect_invalid(&move, 1);
    struct sample removal = sample_open("X1|1@x.com|||T1", teams, "X1|1@x.com|||", teams);
    repeat_step(removal.plan, 0);
    expect_invalid(&removal, 1);
}

Test(plan_replay, refuses_a_manager_who_is_one_or_is_none)
{
    const char *users = "X1|1@x.com|||";
    struct sample add = sample_open(users, "T1|A||", users, "T1|A||X1");
    repeat_step(add.plan, 0);
    expect_invalid(&add, 1);
    struct sample removal = sample_open(users, "T1|A||X1", users, "T1|A||");
    repeat_step(removal.plan, 0);
    expect_invalid(&removal, 1);
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return (*left > *right) - (*left < *right);
}

/* Two places whose users have the same hash as managers of the first team. */
static void find_twins(uint64_t seed, uint32_t twins[2])
{
    enum { PLACE_COUNT = 1 << 18 };
    uint64_t *hashes = memory_array(PLACE_COUNT, sizeof *hashes);
    for (uint32_t user = 0; user < PLACE_COUNT; user++) {
        struct replay_manager pair = {0, user};
        uint64_t hash = hash_bytes(&pair, sizeof pair, seed);
        hashes[user] = (hash >> 32 ^ hash) << 32 | user;
    }
    qsort(hashes, PLACE_COUNT, sizeof *hashes, compare_numbers);
    size_t at = 1;
    while (at < PLACE_COUNT && hashes[at] >> 32 != hashes[at - 1] >> 32) {
        at++;
    }
    cr_assert(lt(sz, at, PLACE_COUNT));
    twins[0] = (uint32_t)hashes[at - 1];
    twins[1] = (uint32_t)hashes[at];
    free(hashes);
}

Test(plan_replay, tells_managers_apart_whose_hashes_are_the_same)
{
    uint32_t twins[2];
    struct small_org *sides[2];
    find_twins(1, twins);
    for (uint32_t side = 0; side < 2; side++) {
        sides[side] = small_org_open("", "");
        for (uint32_t place = 0; place <= twins[1]; place++) {
            struct org_user user = {.team = ORG_NONE};
            user.id = place == twins[0] ? SPAN("X1") : place == twins[1] ? SPAN("X2") : SPAN_NONE;
            user.email = user.id;
            small_org_add_user(sides[side], user);
        }
        small_org_add_team(sides[side], (struct org_team){.id = SPAN("T1"),
                                                          .name = SPAN("A"),
                                                          .final_name = SPAN("A"),
                                                          .parent = ORG_NONE});
        for (uint32_t twin = 0; twin <= side; twin++) {
            small_org_add_manager(sides[side], twins[twin]);
        }
    }
    struct sample sample = {sides[0], sides[1], plan_of(sides[0], sides[1], NULL)};
    cr_assert(eq(sz, plan_count(sample.plan), 1));
    sample.plan->seed = 1;
    struct org *result = plan_replayed(sample.plan);
    cr_expect(orgs_equal(result, &sample.after->org));
    plan_result_close(result);
    sample_close(&sample);
}

Test(plan_replay, refuses_to_delete_a_team_that_is_not_empty)
{
    struct sample child = sample_open("", "T1|A||\nT2|B|T1|", "", "");
    swap_steps(child.plan, 0, 1);
    expect_invalid(&child, 0);
    struct sample member = sample_open("X1|1@x.com|||T1", "T1|A||", "X1|1@x.com|||", "");
    drop_step(member.plan, 0);
    expect_invalid(&member, 0);
    struct sample manager = sample_open("X1|1@x.com|||", "T1|A||X1", "X1|1@x.com|||", "");
    drop_step(manager.plan, 0);
    expect_invalid(&manager, 0);
}

Test(plan_replay, refuses_to_delete_a_team_that_is_not_there)
{
    struct sample sample = sample_open("", "T1|A||", "", "");
    repeat_step(sample.plan, 0);
    expect_invalid(&sample, 1);
}

Test(plan_replay, refuses_an_end_at_which_somebody_who_left_is_still_in_a_team)
{
    struct sample member = sample_open("X1|1@x.com|||T1", "T1|A||", "", "T1|A||");
    drop_step(member.plan, 0);
    expect_invalid(&member, 0);
    struct sample manager = sample_open("X1|1@x.com|||", "T1|A||X1", "", "T1|A||");
    drop_step(manager.plan, 0);
    expect_invalid(&manager, 0);
}

/* ---- The result -------------------------------------------------------------------------- */

Test(plan_replay, gives_a_roster_that_outlives_its_sources)
{
    struct sample sample =
        sample_open("X1|1@x.com|Ann|Lee|T1\nX2|2@x.com|Bob||", "T1|A||X1",
                    "X2|2@x.com|Bo||T2\n-\nX3|3@x.com|Cyd||", "T1|A||X2\nT2|B=B (T2)|T1|X3,X2");
    struct org *result = plan_replayed(sample.plan);
    sample_close(&sample);
    struct small_org *expected =
        small_org_open("X2|2@x.com|Bo||T2\nX3|3@x.com|Cyd||", "T1|A||X2\nT2|B=B (T2)|T1|X3,X2");
    cr_expect(orgs_equal(result, &expected->org));
    cr_assert(eq(u32, result->user_count, 2));
    cr_expect(eq(u32, result->kept_user_count, 2));
    cr_expect(eq(u32, result->manager_count, 3));
    cr_expect(span_equal(result->teams[1].name, SPAN("B")));
    struct buffer scratch = {0};
    struct org_user user;
    org_user_read(result, 0, &scratch, &user);
    cr_expect(span_equal(user.id, SPAN("X2")));
    cr_expect(span_equal(user.email, SPAN("2@x.com")));
    cr_expect(span_equal(user.first_name, SPAN("Bo")));
    cr_expect(eq(sz, user.last_name.len, 0));
    cr_expect(eq(u32, user.team, 1));
    cr_expect(eq(u32, org_user_team(result, 1), ORG_NONE));
    buffer_close(&scratch);
    plan_result_close(result);
    small_org_close(expected);
}

Test(plan_replay, lets_users_in_no_team_come_and_go)
{
    struct sample sample = sample_open("X1|1@x.com|||\nX2|2@x.com|||", "",
                                       "X3|3@x.com|||\nX2|2@x.com|||\n-\nX4|4@x.com|||", "");
    static const char *const ids[] = {"X3", "X2", "X4"};
    struct org *result = plan_replayed(sample.plan);
    struct buffer scratch = {0};
    cr_assert(eq(u32, result->user_count, 3));
    for (uint32_t place = 0; place < 3; place++) {
        struct org_user user;
        org_user_read(result, place, &scratch, &user);
        cr_expect(span_equal(user.id, span_from(ids[place])));
    }
    buffer_close(&scratch);
    plan_result_close(result);
    sample_close(&sample);
}

Test(plan_replay, removes_the_users_of_a_deprovision_file)
{
    /* X2 by id and X3 by address; X8 is nobody. X2 manages, and X3 is a member. */
    struct small_org *before =
        small_org_open("X1|1@x.com|||T1\nX2|2@x.com|||\nX3|3@x.com|||T1", "T1|A||X1,X2");
    struct small_org *records =
        small_org_open("X2|2@x.com|||\nX9|3@X.com|||\nX8|8@x.com|||\nX2|2@x.com|||", "");
    struct small_org *expected = small_org_open("X1|1@x.com|||T1", "T1|A||X1");
    for (int with_new = 0; with_new < 2; with_new++) {
        struct plan *plan;
        cr_assert(eq(int,
                     plan_open(&plan, &before->org, with_new != 0 ? &before->org : NULL,
                               &records->org, NULL),
                     MUSTER_OK));
        struct org *result = plan_replayed(plan);
        cr_expect(orgs_equal(result, &expected->org));
        cr_expect(eq(u32, result->user_count, 1));
        plan_result_close(result);
        plan_close(plan);
    }
    small_org_close(before);
    small_org_close(records);
    small_org_close(expected);
}

/* ---- Equality ---------------------------------------------------------------------------- */

static bool equal(const char *users_a, const char *teams_a, const char *users_b,
                  const char *teams_b)
{
    struct small_org *a = small_org_open(users_a, teams_a);
    struct small_org *b = small_org_open(users_b, teams_b);
    bool result = orgs_equal(&a->org, &b->org);
    cr_expect(eq(int, orgs_equal(&b->org, &a->org), result));
    small_org_close(a);
    small_org_close(b);
    return result;
}

Test(plan_replay, compares_teams_members_and_managers_in_any_order)
{
    const char *users = "X1|1@x.com|||T1\nX2|2@x.com|||T2";
    const char *teams = "T1|A||X1,X2\nT2|B|T1|";
    cr_expect(equal(users, teams, users, teams));
    cr_expect(equal(users, teams, "X2|9@x.com|||T2\n-\nX1|1@x.com|Ann||T1\nX3|3@x.com|||",
                    "T2|B|T1|\nT1|A||X2,X1"));
    cr_expect(equal(users, "T1|S||\nT2|S||", users, "T1|R||\nT2|R||"), "names that collide");
    cr_expect(not(equal(users, teams, users, "T1|A||X1,X2\nT2|C|T1|")));
    cr_expect(not(equal(users, teams, users, "T1|A||X1,X2\nT2|B||")));
    cr_expect(not(equal(users, teams, users, "T1|A||X1\nT2|B|T1|")));
    cr_expect(not(equal(users, teams, users, "T1|A||X1,X2\nT2|B|T1|X1")));
    cr_expect(not(equal(users, teams, users, "T1|A||X1,X2\nT3|B|T1|")));
    cr_expect(not(equal(users, teams, users, "T1|A||X1,X2\nT2|B|T1|\nT3|C||")));
    cr_expect(not(equal(users, teams, "X1|1@x.com|||T1\nX2|2@x.com|||T1", teams)));
    cr_expect(not(equal(users, teams, "X1|1@x.com|||T1\nX2|2@x.com|||", teams)));
    cr_expect(not(equal("X1|1@x.com|||T1", "T1|A||", "X3|1@x.com|||T1", "T1|A||")));
}
