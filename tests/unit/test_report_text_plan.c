/* SPDX-License-Identifier: MIT */
/* A plan for people, made from parts that are made up, word for word. */
#define _GNU_SOURCE
#include "output/report.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>

#include "support.h"

static struct buffer written;

/* What a report is made of. */
struct parts {
    struct muster_report_options options;
    struct muster_summary summary;
    struct muster_forecast forecast;
    const struct muster_team_move *moves;
    size_t move_count;
    const struct muster_guard *guards;
    size_t guard_count;
    const enum muster_operation_kind *kinds; /* of the operations, all with the same text */
    size_t kind_count;
};

static span report_of(const struct parts *parts)
{
    const struct report_totals totals = {.summary = &parts->summary,
                                         .forecast = &parts->forecast,
                                         .moves = parts->moves,
                                         .move_count = parts->move_count};
    struct report report;
    buffer_clear(&written);
    report_open(&report, &parts->options, &totals, write_to_buffer, &written);
    report_overview(&report);
    for (size_t n = 0; n < parts->guard_count; n++) {
        report_guard(&report, &parts->guards[n]);
    }
    for (size_t n = 0; n < parts->kind_count; n++) {
        const struct muster_operation operation = {.kind = parts->kinds[n], .text = SPAN("Do it")};
        if (!report_pass_operation(&report, operation.kind)) {
            report_operation(&report, &operation);
        }
    }
    report_end(&report);
    cr_assert(eq(int, report_close(&report), MUSTER_OK));
    return buffer_view(&written);
}

static void expect_report(const struct parts *parts, const char *expected)
{
    cr_expect(eq(type(span), report_of(parts), span_from(expected)));
}

/* ---- The overview ------------------------------------------------------------------------ */

Test(report_text_plan, counts_each_kind_and_begins_with_what_is_taken_away)
{
    const struct parts parts = {.forecast = {.counts = {[MUSTER_REKEY_TEAM] = 1,
                                                        [MUSTER_REKEY_USER] = 2,
                                                        [MUSTER_RENAME_TEAM] = 1,
                                                        [MUSTER_ADD_TEAM] = 2,
                                                        [MUSTER_MOVE_TEAM] = 1,
                                                        [MUSTER_ADD_TEAM_MEMBER] = 1,
                                                        [MUSTER_MOVE_TEAM_MEMBER] = 1200,
                                                        [MUSTER_REMOVE_TEAM_MEMBER] = 1,
                                                        [MUSTER_ADD_TEAM_MANAGER] = 1,
                                                        [MUSTER_REMOVE_TEAM_MANAGER] = 2,
                                                        [MUSTER_DELETE_TEAM] = 12,
                                                        [MUSTER_REMOVE_USER] = 1,
                                                        [MUSTER_REMOVE_LICENSE] = 2}}};
    expect_report(&parts, "Taken away\n"
                          "  -     1  member removed from a team\n"
                          "  -     2  managers removed from a team\n"
                          "  -    12  teams deleted\n"
                          "  -     1  user removed from the plan\n"
                          "  -     2  licenses removed\n"
                          "Changed\n"
                          "  ~     1  team gets a new id\n"
                          "  ~     2  users get a new id\n"
                          "  ~     1  team renamed\n"
                          "  ~     1  team moved\n"
                          "  ~ 1,200  members moved to another team\n"
                          "Added\n"
                          "  +     2  teams added\n"
                          "  +     1  member added to a team\n"
                          "  +     1  manager added to a team\n"
                          "\nPlan: 4 to add, 1,205 to change, 18 to take away\n");
}

Test(report_text_plan, says_where_nothing_is_taken_away_or_nothing_is_to_do)
{
    struct parts parts = {.forecast = {.counts = {[MUSTER_REKEY_TEAM] = 1}}};
    expect_report(&parts, "Nothing is taken away.\n"
                          "Changed\n"
                          "  ~ 1  team gets a new id\n"
                          "\nPlan: 0 to add, 1 to change, 0 to take away\n");
    parts.forecast = (struct muster_forecast){.counts = {[MUSTER_REMOVE_LICENSE] = 1}};
    expect_report(&parts, "Taken away\n"
                          "  - 1  license removed\n"
                          "\nPlan: 0 to add, 0 to change, 1 to take away\n");
    parts.forecast = (struct muster_forecast){.scoped = true};
    expect_report(&parts, "Plan: nothing to do, nothing in scope changes\n");
}

Test(report_text_plan, puts_figures_below_each_other_whichever_is_the_longest)
{
    const struct parts parts = {
        .forecast = {.counts = {[MUSTER_REKEY_TEAM] = 1000, [MUSTER_REKEY_USER] = 1}}};
    cr_expect(span_holds(report_of(&parts), "\n  ~ 1,000  teams get a new id\n"
                                            "  ~     1  user gets a new id\n"));
}

Test(report_text_plan, counts_names_that_are_for_now_only)
{
    struct parts parts = {.forecast = {.counts = {[MUSTER_RENAME_TEAM] = 1}, .temporary_count = 1}};
    cr_expect(span_holds(report_of(&parts), "\n  ~ 1  team renamed for now\n"));
    parts.forecast.counts[MUSTER_RENAME_TEAM] = 2;
    cr_expect(span_holds(report_of(&parts), "\n  ~ 2  renames of teams, 1 of them for now only\n"));
    parts.forecast.temporary_count = 0;
    cr_expect(span_holds(report_of(&parts), "\n  ~ 2  teams renamed\n"));
}

Test(report_text_plan, shows_the_largest_moves_with_the_people_below)
{
    const struct muster_team_move moves[] = {
        {SPAN("SUP20"), SPAN("Cloud"), SPAN("IT"), SPAN("Platform"), 1204},
        {SPAN("SUP7"), SPAN("Lab"), SPAN_NONE, SPAN("IT"), 36},
        {SPAN("SUP8"), SPAN("Hut"), SPAN("IT"), SPAN_NONE, 0}};
    const struct parts parts = {
        .forecast = {.counts = {[MUSTER_MOVE_TEAM] = 3}}, .moves = moves, .move_count = 3};
    expect_report(&parts, "Nothing is taken away.\n"
                          "Changed\n"
                          "  ~ 3  teams moved\n"
                          "\nLargest team moves, with the people below\n"
                          "  ~ 1,204  \"Cloud\" (SUP20) from \"IT\" to \"Platform\"\n"
                          "  ~    36  \"Lab\" (SUP7) from the top level to \"IT\"\n"
                          "  ~     0  \"Hut\" (SUP8) from \"IT\" to the top level\n"
                          "\nPlan: 0 to add, 3 to change, 0 to take away\n");
}

Test(report_text_plan, breaks_a_move_behind_its_figure)
{
    const struct muster_team_move move = {SPAN("T1"), SPAN("Cloud"), SPAN("Sales"), SPAN("IT"), 5};
    const struct parts parts = {.options = {.width = 30},
                                .forecast = {.counts = {[MUSTER_MOVE_TEAM] = 1}},
                                .moves = &move,
                                .move_count = 1};
    cr_expect(span_holds(report_of(&parts), "\n  ~ 5  \"Cloud\" (T1) from\n"
                                            "         \"Sales\" to \"IT\"\n"));
}

Test(report_text_plan, foresees_who_is_invited)
{
    struct parts parts = {.options = {.width = 400}};
    cr_expect(not(span_holds(report_of(&parts), "Invitations")));
    parts.forecast.new_manager_count = 1;
    cr_expect(span_holds(report_of(&parts),
                         "Invitations: 1 person who managed no team before becomes "
                         "a manager. The remote invites that person "));
    parts.forecast.new_manager_count = 1200;
    cr_expect(span_holds(report_of(&parts),
                         "Invitations: 1,200 people who managed no team before "
                         "become managers. The remote invites by e-mail those "));
    parts.options.no_manager_invites = true;
    cr_expect(span_holds(report_of(&parts), "become managers. Nobody is invited "));
}

Test(report_text_plan, breaks_the_invitations_where_the_terminal_ends)
{
    struct parts parts = {.options = {.width = 41}, .forecast = {.new_manager_count = 1}};
    cr_expect(span_holds(report_of(&parts), "Invitations: 1 person who managed no team\n"
                                            "  before becomes a manager. The remote\n"));
    parts.options.width = 40;
    cr_expect(span_holds(report_of(&parts), "Invitations: 1 person who managed no\n"
                                            "  team before becomes a manager. The\n"));
}

/* ---- Guards ------------------------------------------------------------------------------ */

static span guard_text(struct muster_guard guard, bool verbose)
{
    const struct parts parts = {
        .options = {.width = 200, .verbose = verbose}, .guards = &guard, .guard_count = 1};
    guard.population_of = "memberships";
    return report_of(&parts);
}

#define NOTHING "\nPlan: nothing to do"

static void expect_guard(struct muster_guard guard, const char *expected)
{
    span text = guard_text(guard, false);
    const char *end = memmem(text.ptr, text.len, NOTHING, sizeof NOTHING - 1);
    cr_assert(ne(ptr, (void *)end, NULL));
    text.len = (size_t)(end - text.ptr);
    cr_expect(eq(type(span), text, span_from(expected)));
}

Test(report_text_plan, names_the_guard_who_carries_it_and_the_least_share_that_lets_it_pass)
{
    /* 540 of 610 are 88.5 %, and 50 of 100 just as many per cent. */
    expect_guard((struct muster_guard){.kind = "removeTeamMember",
                                       .count = 540,
                                       .population = 610,
                                       .limit = {true, true, 10},
                                       .tripped = true,
                                       .carriers = SPAN("\"Cloud\" (SUP20): 310")},
                 "guard tripped: removeTeamMember 540 of 610 memberships, the limit is 10%\n"
                 "    most of it: \"Cloud\" (SUP20): 310\n"
                 "    help: if this is meant, allow it: --limit removeTeamMember=89%\n");
    expect_guard((struct muster_guard){.kind = "moveTeamMember",
                                       .count = 50,
                                       .population = 100,
                                       .limit = {true, true, 10},
                                       .tripped = true},
                 "guard tripped: moveTeamMember 50 of 100 memberships, the limit is 10%\n"
                 "    help: if this is meant, allow it: --limit moveTeamMember=50%\n");
    /* 33 % of 203 are 66.99. */
    expect_guard((struct muster_guard){.kind = "moveTeamMember",
                                       .count = 67,
                                       .population = 203,
                                       .limit = {true, true, 10},
                                       .tripped = true},
                 "guard tripped: moveTeamMember 67 of 203 memberships, the limit is 10%\n"
                 "    help: if this is meant, allow it: --limit moveTeamMember=34%\n");
    expect_guard((struct muster_guard){.kind = "removeTeamMember",
                                       .count = 2000,
                                       .population = 2000,
                                       .limit = {true, true, 10},
                                       .tripped = true},
                 "guard tripped: removeTeamMember 2,000 of 2,000 memberships, the limit is 10%\n"
                 "    help: if this is meant, allow it: --limit removeTeamMember=100%\n");
}

Test(report_text_plan, names_the_number_that_lets_it_pass_where_a_share_cannot)
{
    expect_guard((struct muster_guard){.kind = "addTeamMember",
                                       .count = 30,
                                       .population = 20,
                                       .limit = {true, true, 10},
                                       .tripped = true},
                 "guard tripped: addTeamMember 30 of 20 memberships, the limit is 10%\n"
                 "    help: if this is meant, allow it: --limit addTeamMember=30\n");
    expect_guard((struct muster_guard){.kind = "removeTeamMember",
                                       .count = 1200,
                                       .population = 2000,
                                       .limit = {true, false, 1000},
                                       .tripped = true},
                 "guard tripped: removeTeamMember 1,200 of 2,000 memberships, the limit is 1,000\n"
                 "    help: if this is meant, allow it: --limit removeTeamMember=1200\n");
}

Test(report_text_plan, names_the_team_that_a_guard_is_about)
{
    expect_guard((struct muster_guard){.kind = "removeTeamMember",
                                       .count = 5,
                                       .population = 30,
                                       .limit = {true, true, 10},
                                       .team = SPAN("T1"),
                                       .tripped = true},
                 "guard tripped: removeTeamMember 5 of 30 memberships below team T1, the limit is "
                 "10%\n"
                 "    help: if this is meant, allow it: --limit-subtree removeTeamMember=17%\n");
    expect_guard((struct muster_guard){.kind = "addTeamMember",
                                       .count = 31,
                                       .population = 30,
                                       .limit = {true, true, 10},
                                       .team = SPAN("7"),
                                       .tripped = true},
                 "guard tripped: addTeamMember 31 of 30 memberships below team 7, the limit is "
                 "10%\n"
                 "    help: if this is meant, leave out --limit-subtree addTeamMember\n");
}

Test(report_text_plan, breaks_what_is_said_of_a_guard_where_the_terminal_ends)
{
    const char *head = "guard tripped: deleteTeam 2 of 2 memberships, the limit is 1\n";
    const char *help = "    help: if this is meant, allow it: --limit deleteTeam=2\n";
    const char *head_broken = "guard tripped: deleteTeam 2 of 2 memberships, the limit is\n    1\n";
    const char *help_broken = "    help: if this is meant, allow it: --limit\n"
                              "        deleteTeam=2\n";
    const struct muster_guard guard = {.kind = "deleteTeam",
                                       .count = 2,
                                       .population = 2,
                                       .population_of = "memberships",
                                       .limit = {true, false, 1},
                                       .tripped = true};
    struct parts parts = {.guards = &guard, .guard_count = 1};
    for (unsigned width = 57; width <= 61; width++) {
        parts.options.width = width;
        span text = report_of(&parts);
        cr_expect(width == 57 || span_holds(text, width >= strlen(head) - 1 ? head : head_broken),
                  "%u", width);
        cr_expect(span_holds(text, width >= strlen(help) - 1 ? help : help_broken), "%u", width);
    }
}

Test(report_text_plan, cuts_the_id_of_a_team_behind_forty_columns)
{
    const char long_id[] = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
    struct muster_guard guard = {.kind = "moveTeamMember", .limit = {true, true, 10}};
    char words[80];
    for (size_t len = 40; len <= 41; len++) {
        guard.team = span_make(long_id, len);
        snprintf(words, sizeof words, "below team %.*s,", (int)len, long_id);
        cr_expect(eq(int, span_holds(guard_text(guard, true), words), len == 40));
    }
}

Test(report_text_plan, tells_what_has_not_tripped_to_those_who_ask)
{
    const struct muster_guard guard = {
        .kind = "moveTeamMember", .population = 2, .limit = {false, true, 75}};
    cr_expect(not(span_holds(guard_text(guard, false), "guard")));
    cr_expect(span_holds(guard_text(guard, true),
                         "guard: moveTeamMember 0 of 2 memberships, the limit is 75%\n" NOTHING));
}

Test(report_text_plan, shows_red_only_where_a_guard_tripped)
{
    struct muster_guard guard = {
        .kind = "moveTeamMember", .population_of = "users", .limit = {true, false, 0}};
    const struct parts parts = {
        .options = {.color = true, .verbose = true}, .guards = &guard, .guard_count = 1};
    cr_expect(not(span_holds(report_of(&parts), "\033[1;31m")));
    guard.tripped = true;
    cr_expect(span_holds(report_of(&parts), "\033[1;31mguard tripped\033[0m: moveTeamMember"));
}

Test(report_text_plan, has_one_empty_line_before_all_guards)
{
    const struct muster_guard guards[] = {{.kind = "deleteTeam",
                                           .count = 2,
                                           .population = 2,
                                           .population_of = "teams",
                                           .limit = {true, false, 1},
                                           .tripped = true},
                                          {.kind = "emptyUsers",
                                           .count = 1000,
                                           .population = 1000,
                                           .population_of = "users",
                                           .tripped = true}};
    const struct parts parts = {
        .options = {.width = 200},
        .forecast = {.counts = {[MUSTER_DELETE_TEAM] = 2}, .guards_tripped = true},
        .guards = guards,
        .guard_count = 2};
    expect_report(&parts, "Taken away\n"
                          "  - 2  teams deleted\n"
                          "\nguard tripped: deleteTeam 2 of 2 teams, the limit is 1\n"
                          "    help: if this is meant, allow it: --limit deleteTeam=2\n"
                          "guard tripped: emptyUsers, the new roster has no users left; the old "
                          "one had 1,000\n"
                          "    help: an export that is empty is most often one that failed; no "
                          "limit allows it\n"
                          "\nPlan: 0 to add, 0 to change, 2 to take away; stopped by a guard\n");
}

/* ---- Operations -------------------------------------------------------------------------- */

static const enum muster_operation_kind six[] = {MUSTER_ADD_TEAM, MUSTER_MOVE_TEAM,
                                                 MUSTER_ADD_TEAM, MUSTER_ADD_TEAM,
                                                 MUSTER_ADD_TEAM, MUSTER_ADD_TEAM};

Test(report_text_plan, shows_so_many_operations_of_a_kind_and_counts_the_rest)
{
    struct parts parts = {.options = {.show_max = 2},
                          .forecast = {.counts = {[MUSTER_ADD_TEAM] = 5, [MUSTER_MOVE_TEAM] = 1}},
                          .kinds = six,
                          .kind_count = 6};
    cr_expect(span_holds(report_of(&parts),
                         "\n\nOperations, in this order\n"
                         "  + Do it\n"
                         "  ~ Do it\n"
                         "  + Do it\n"
                         "  \xE2\x80\xA6 and 3 more addTeam (--max-show 0 shows all)\n"
                         "\nPlan: "));
    parts.options.show_max = 0;
    cr_expect(span_holds(report_of(&parts), "\n\nOperations, in this order\n"
                                            "  + Do it\n"
                                            "  ~ Do it\n"
                                            "  + Do it\n"
                                            "  + Do it\n"
                                            "  + Do it\n"
                                            "  + Do it\n"
                                            "\nPlan: "));
    parts.options.quiet = true;
    cr_expect(not(span_holds(report_of(&parts), "Do it")));
}

Test(report_text_plan, breaks_an_operation_where_the_terminal_ends)
{
    struct parts parts = {.options = {.width = 9},
                          .forecast = {.counts = {[MUSTER_ADD_TEAM] = 4, [MUSTER_MOVE_TEAM] = 1}},
                          .kinds = six,
                          .kind_count = 1};
    cr_expect(span_holds(report_of(&parts), "\n  + Do it\n"));
    parts.options.width = 8;
    cr_expect(span_holds(report_of(&parts), "\n  + Do\n      it\n"));
}

Test(report_text_plan, counts_a_single_finding_above_the_last_line)
{
    struct parts parts = {.forecast = {.counts = {[MUSTER_ADD_TEAM] = 1}}};
    parts.summary.severities[MUSTER_ERROR] = 1;
    parts.summary.codes[MUSTER_DUPLICATE_EMAIL] = 1;
    cr_expect(span_holds(report_of(&parts), "\n1 error\n    1  duplicate-email\n\nPlan: "));
}
