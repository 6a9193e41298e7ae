/* SPDX-License-Identifier: MIT */
/* The commands beyond `check`: what they write, what they refuse, and how they end. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_run.h"

TestSuite(commands, .init = enter, .fini = leave);

/* ---- Comparing --------------------------------------------------------------------------- */

Test(commands, a_snapshot_is_written_and_compared)
{
    struct stat status;
    put_clean("old");
    cr_expect(eq(int, run("$M snapshot old -o old.snap"), 0));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(str, err(), literal("old.snap: 2 users, 1 team\n")));
    cr_assert(eq(int, stat("old.snap", &status), 0));
    cr_expect(eq(u32, status.st_mode & 0777, 0600));
    cr_expect(eq(int, run("$M diff old.snap old --exit-code"), 0));
    cr_expect(eq(str, out(), literal("no differences: 2 users, 1 team\n")));
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Anna,Lee,T1\n");
    cr_expect(eq(int, run("$M diff old.snap new"), 0));
    cr_expect(holds(out(), "Users: 0 added, 1 removed, 1 changed\n"));
    cr_expect(holds(out(), "  ~ X1\n      first_name \"Ann\" -> \"Anna\"\n"));
    cr_expect(holds(out(), "  - X2\n"));
    cr_expect(holds(out(), "Teams: no differences\n"));
    cr_expect(eq(int, run("$M diff old.snap new --exit-code"), 10));
}

/* An export that is lost for a slip of the hand cannot be had again. */
Test(commands, nothing_is_written_over_an_input)
{
    static const char *const lines[] = {
        "$M check old -o old/users.csv",
        "$M check old/users.csv -o ./old/../old/users.csv",
        "$M records old/users.csv -o old/users.csv",
        "$M leavers --from old.snap old -o old/users.csv",
        "$M leavers --from old.snap old -o old.snap",
        "$M plan --from old old -o old/teams.csv",
        "$M plan --from old.snap old -o old.snap",
        "$M diff old.snap old -o link.snap",
        "$M snapshot old -o old/users.csv",
        "$M snapshot old -o link.csv",
    };
    put_clean("old");
    cr_assert(eq(int, run("$M snapshot old -o old.snap -q"), 0));
    cr_assert(eq(int, symlink("old.snap", "link.snap"), 0));
    cr_assert(eq(int, link("old/teams.csv", "link.csv"), 0));
    cr_assert(eq(int, run("cat old/users.csv old/teams.csv old.snap > before"), 0));
    for (size_t index = 0; index < sizeof lines / sizeof *lines; index++) {
        cr_expect(eq(int, run(lines[index]), 2), "%s", lines[index]);
        cr_expect(holds(err(), " is an input, and would be overwritten\n"), "%s", lines[index]);
        cr_expect(eq(int, run("cat old/users.csv old/teams.csv old.snap | cmp - before"), 0));
    }
    cr_expect(eq(int, run("$M check old -o report && $M check old -o report"), 0));
}

/* What the remote does in strict mode does not depend on how its rules are graded here. */
Test(commands, strict_mode_stops_at_errors_that_are_hidden)
{
    static const char *const hidden[] = {"--ignore duplicate-user-id",
                                         "--severity duplicate-user-id=info"};
    put_clean("old");
    cr_assert(eq(int, run("$M snapshot old -o old.snap -q"), 0));
    put("old/users.csv", USERS_HEADER "X1,1@b.cd,,,\nX1,2@b.cd,,,\nX2,3@b.cd,,,\n");
    for (size_t index = 0; index < 2; index++) {
        char line[128];
        (void)sprintf(line, "$M snapshot old -o x.snap --strict %s", hidden[index]);
        cr_expect(eq(int, run(line), 1));
        cr_expect(holds(err(), "hidden or re-graded"));
        cr_expect(eq(int, run("test -e x.snap"), 1));
        (void)sprintf(line, "$M plan --from old.snap old --strict %s", hidden[index]);
        cr_expect(eq(int, run(line), 1));
        cr_expect(holds(out(), "Strict mode: the remote would stop here"));
        cr_expect(holds(err(), "hidden or re-graded"));
        (void)sprintf(line, "$M check old --strict %s --format sync", hidden[index]);
        cr_expect(eq(int, run(line), 0));
        cr_expect(holds(out(), "\"completedWithErrors\""));
    }
    cr_expect(eq(int, run("$M plan --from old.snap old --strict"), 1));
    cr_expect(eq(str, err(), literal("")));
    cr_expect(eq(int, run("$M snapshot old -o x.snap --strict --fail-on never"), 0));
    cr_expect(eq(int, run("$M leavers --from old.snap old -o x.snap --strict"), 1));
    cr_expect(eq(int, run("test -e x.snap"), 1));
    put("old/users.csv", USERS_HEADER "X1,nobody,,,\nX2,3@b.cd,,,\n");
    cr_expect(
        eq(int, run("$M snapshot old -o x.snap --strict -q --severity invalid-email=error"), 1));
    cr_expect(eq(int, run("test -e x.snap"), 0));
}

/* Users enough that OLD and NEW are opened at the same time. */
static void put_large(const char *where)
{
    static char text[2 << 20];
    size_t size = (size_t)sprintf(text, USERS_HEADER);
    for (unsigned user = 0; size < sizeof text - 100; user++) {
        size += (size_t)sprintf(text + size, "X%u,%u@example.com,Ann,Lee,T1\n", user, user);
    }
    char path[64];
    put_clean(where);
    (void)sprintf(path, "%s/users.csv", where);
    put_bytes(path, text, size);
}

Test(commands, large_rosters_are_opened_together)
{
    put_large("old");
    put_large("new");
    cr_expect(eq(int, run("$M snapshot old -o old.snap -q"), 0));
    static const char *const sides[][2] = {
        {"old.snap", "new"}, {"old", "new"}, {"old", "old.snap"}};
    for (unsigned index = 0; index < 3; index++) {
        char line[128];
        (void)sprintf(line, "$M diff %s %s -j 2 --exit-code", sides[index][0], sides[index][1]);
        cr_expect(eq(int, run(line), 0));
    }
    cr_expect(eq(int, run("$M plan --from old.snap new -j 2"), 0));
    cr_expect(eq(int, run("$M leavers --from old.snap new -o gone.csv -j 2"), 0));
    cr_expect(eq(int, run("truncate -s -1 old.snap; $M diff old.snap new -j 2"), 3));
    cr_expect(holds(err(), "old.snap: "));
    cr_expect(eq(int, run("cp old.snap new.snap; $M diff old new.snap -j 2"), 3));
    cr_expect(holds(err(), "new.snap: "));
    cr_expect(eq(int, run("printf 'id\n' >old/teams.csv; $M diff old new -j 2"), 1));
    cr_expect(holds(err(), "old/teams.csv cannot be used"));
    cr_expect(eq(int, run("rm old/teams.csv; $M diff old new -j 2"), 3));
    cr_expect(holds(err(), "old holds no teams.csv"));
}

Test(commands, snapshot_and_fix_say_where_to_write)
{
    put_clean(".");
    cr_expect(eq(int, run("$M snapshot"), 2));
    cr_expect(holds(err(), "-o"));
    cr_expect(eq(int, run("$M fix"), 2));
    cr_expect(holds(err(), "-o"));
    cr_expect(eq(int, run("$M snapshot users.csv -o x.snap"), 2));
    cr_expect(holds(err(), "--teams FILE"));
}

Test(commands, after_something_fatal_nothing_is_written)
{
    put_clean("old");
    put_fatal("new");
    cr_expect(eq(int, run("$M snapshot new -o new.snap"), 1));
    cr_expect(not(exists("new.snap")));
    cr_expect(holds(err(), "new/users.csv:1: fatal: "));
    cr_expect(holds(err(), "nothing was written"));
    cr_expect(eq(int, run("$M fix new -o fixed"), 1));
    cr_expect(not(exists("fixed")));
    cr_expect(eq(int, run("$M leavers --from old new -o gone.csv"), 1));
    cr_expect(not(exists("gone.csv")));
    cr_expect(eq(int, run("$M plan --from old new"), 1));
    cr_expect(holds(out(), "new/users.csv:1: fatal: "));
    cr_expect(not(holds(out(), "Plan")));
    cr_expect(eq(int, run("$M diff old new"), 1));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(int, run("$M diff new old"), 1));
    cr_expect(holds(err(), "muster check new"), "OLD's findings are not shown, but where they are");
    cr_expect(not(holds(err(), "missing-header")));
}

Test(commands, errors_stop_strict_runs_alone)
{
    put_clean("old");
    put_flawed("new");
    cr_expect(eq(int, run("$M snapshot new -o new.snap --strict"), 1));
    cr_expect(not(exists("new.snap")));
    cr_expect(eq(int, run("$M snapshot new -o new.snap"), 1));
    cr_expect(exists("new.snap"));
    cr_expect(holds(err(), "new/users.csv:3: error: "));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(int, run("$M fix new -o fixed --strict"), 1));
    cr_expect(not(exists("fixed")));
    cr_expect(eq(int, run("$M plan --from old new --format sync --strict"), 1));
    cr_expect(holds(out(), "{\"status\":\"completedWithErrors\",\"dryRun\":true,"
                           "\"listOfOperations\":[],\"errors\":[\"new/users.csv:3: id: "));
    cr_expect(eq(int, run("$M plan --from old new --format sync"), 1));
    cr_expect(holds(out(), "\"listOfOperations\":[\"Remove "));
}

Test(commands, a_plan_begins_with_what_is_taken_away)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T2\n");
    put("new/teams.csv", TEAMS_HEADER "T1,Cloud,X1,\nT2,Sales,,\n");
    cr_expect(eq(int, run("$M plan --from old new"), 0));
    cr_expect(eq(int, strncmp(out(), "Taken away\n  - 1  member removed from a team\n", 43), 0),
              "%s", out());
    cr_expect(holds(out(), "  + Add team \"Sales\" (T2) at the top level\n"));
    cr_expect(holds(out(), "\nPlan: 1 to add, 1 to change, 1 to take away\n"));
    cr_expect(eq(int, run("$M plan --from old old"), 0));
    cr_expect(eq(str, out(), literal("Plan: nothing to do, 2 users, 1 team\n")),
              "not: as before, since others may be there who are in no team either");
    put("new/users.csv", USERS_HEADER "X3,cyd@example.com,,,\n");
    put("old/users.csv", USERS_HEADER);
    put("new/teams.csv", TEAMS_HEADER "T1,Cloud,,\n");
    put("old/teams.csv", TEAMS_HEADER "T1,Cloud,,\n");
    cr_expect(eq(int, run("$M plan --from old new"), 0));
    cr_expect(eq(str, out(), literal("Plan: nothing to do, 1 user, 1 team\n")),
              "who is in no team has come");
}

/* Ann managed a team before; Bob, who gets two, is one person. Dan is below Cloud in the old
 * roster, with Bob and Cyd in it. */
Test(commands, a_plan_forecasts_invitations_and_the_largest_moves)
{
    static const char users[] =
        USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\nX2,bob@example.com,Bob,Ray,T2\n"
                     "X3,cyd@example.com,Cyd,Fox,T2\nX4,dan@example.com,Dan,Oak,T4\n";
    put_clean("old");
    put_clean("new");
    put("old/users.csv", users);
    put("new/users.csv", users);
    put("old/teams.csv", TEAMS_HEADER "T1,IT,X1,\nT2,Cloud,,T1\nT3,Sales,,\nT4,Shops,,T2\n");
    put("new/teams.csv", TEAMS_HEADER "T1,IT,X1,\nT2,Cloud,\"X1,X2\",T3\nT3,Sales,\"X2,X3\",\n"
                                      "T4,Shops,,T1\n");
    cr_expect(eq(int, run("$M plan --from old new"), 0));
    cr_expect(holds(out(), "\nLargest team moves, with the people below\n"
                           "  ~ 3  \"Cloud\" (T2) from \"IT\" to \"Sales\"\n"
                           "  ~ 1  \"Shops\" (T4) from \"Cloud\" to \"IT\"\n"));
    cr_expect(holds(out(), "\nInvitations: 2 people who managed no team before become managers."));
    cr_expect(holds(out(), " invites by e-mail those "));
    cr_expect(eq(int, run("$M plan --from old new --no-manager-invites"), 0));
    cr_expect(holds(out(), "\nInvitations: 2 people "));
    cr_expect(holds(out(), " Nobody is\n  invited by e-mail;"));
    cr_expect(eq(int, run("$M plan --from new old"), 0));
    cr_expect(not(holds(out(), "Invitations")), "nobody becomes a manager");
}

Test(commands, a_plan_without_operations_says_what_stays)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\nX1,,,,\n"
                                      "X2,bob@example.com,Bob,Ray,T1\nX3,,,,\n");
    cr_expect(eq(int, run("$M plan --from old new --fail-on never"), 0));
    cr_expect(holds(out(), "\nPlan: nothing to do, 2 users, 1 team\n"));
    cr_expect(ne(chr, out()[0], '\n'), "nothing stands above the findings");
    cr_expect(eq(int, run("$M diff old new --fail-on never"), 0));
    cr_expect(eq(str, out(), literal("no differences: 2 users, 1 team\n")));
    put("new/users.csv", USERS_HEADER);
    cr_expect(eq(int, run("$M plan --from old new --root T9 --ignore unknown-root-team"), 4));
    cr_expect(eq(int, strncmp(out(), "guard tripped: ", 15), 0), "%s", out());
    cr_expect(holds(out(), "\n\nPlan: nothing to do, nothing in scope changes\n"));
    put("old/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,\n");
    put("old/teams.csv", TEAMS_HEADER "T1,Cloud,,\n");
    put("new/teams.csv", TEAMS_HEADER "T1,Cloud,,\n");
    cr_expect(eq(int, run("$M plan --from old new"), 4));
    cr_expect(holds(out(), "\n\nPlan: nothing to do; stopped by a guard\n"), "%s", out());
    put("new/deprovision.csv", "id,email,first_name,last_name\n");
    cr_expect(eq(int, run("$M plan --from old new/deprovision.csv"), 0));
    cr_expect(eq(str, out(), literal("Plan: nothing to do\n")));
}

Test(commands, the_parts_of_a_plan_stand_apart)
{
    put_clean("old");
    put_flawed("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,\nX1,ann@example.com,,,\n");
    cr_expect(eq(int, run("$M plan --from old new -q"), 1));
    cr_expect(eq(str, out(),
                 literal("Taken away\n  - 2  members removed from their team\n\n"
                         "new/users.csv  2 users, 1 kept\nnew/teams.csv  1 team, all kept\n"
                         "2 errors\n    1  duplicate-user-id\n    1  duplicate-email\n\n"
                         "Plan: 0 to add, 0 to change, 2 to take away\n")));
}

Test(commands, a_plan_needs_something_to_start_from)
{
    put_clean(".");
    cr_expect(eq(int, run("$M plan"), 2));
    cr_expect(holds(err(), "--from"));
    cr_expect(eq(int, run("$M leavers"), 2));
    cr_expect(holds(err(), "--from"));
    cr_expect(eq(int, run("$M leavers --from old new --privacy counts"), 2));
    cr_expect(holds(err(), "with --privacy only to a file"));
    cr_expect(eq(int, run("$M leavers --from old new --format jsonl"), 2));
    cr_expect(holds(err(), "with --format, a file"));
    cr_expect(eq(int, run("$M records old/users.csv --privacy mask"), 2));
    cr_expect(eq(int, run("$M records old/users.csv --users old/teams.csv"), 2));
    cr_expect(holds(err(), "no --users"));
    cr_expect(eq(int, run("$M records old/users.csv --format sync"), 2));
    cr_expect(eq(int, run("$M plan --from . users.csv"), 2));
    cr_expect(eq(int, run("$M plan --from nothing ."), 3));
    cr_expect(eq(int, run("$M diff ."), 2));
    cr_expect(eq(int, run("$M diff . . ."), 2));
}

Test(commands, a_snapshot_may_come_from_standard_input)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n");
    cr_expect(eq(int, run("$M snapshot old -o old.snap"), 0));
    cr_expect(eq(int, run("$M diff - new --exit-code <old.snap"), 10));
    cr_expect(holds(out(), "  - X2\n"));
    cr_expect(eq(int, run("cat old.snap | $M diff new - --exit-code"), 10));
    cr_expect(holds(out(), "  + X2\n"));
    cr_expect(eq(int, run("$M plan --from - new <old.snap"), 0));
    cr_expect(holds(out(), "Plan: 0 to add, 0 to change, 1 to take away\n"));
    cr_expect(eq(int, run("$M leavers --from - new <old.snap"), 0));
    cr_expect(holds(out(), "X2,bob@example.com,"));
    cr_expect(eq(int, run("$M leavers --from - --users - <old.snap"), 2));
    cr_expect(eq(int, run("$M plan --from - --users - --teams new/teams.csv <old.snap"), 2));
    cr_expect(holds(err(), "standard input (-) can be one file only"));
    cr_expect(eq(int, run("$M diff - - <old.snap"), 2));
    cr_expect(eq(int, run("$M diff - new </dev/null"), 3));
    cr_expect(eq(int, run("$M diff - new <new/users.csv"), 3));
    cr_expect(holds(err(), "standard input: "));
}

Test(commands, diff_takes_no_single_files)
{
    put_clean("old");
    cr_expect(eq(int, run("$M diff old old --users old/users.csv"), 2));
    cr_expect(holds(err(), "takes no --users\n"));
    cr_expect(holds(err(), "hint: muster diff OLD NEW; "));
    cr_expect(eq(int, run("$M diff --teams old/teams.csv old"), 2));
    cr_expect(eq(int, run("$M diff old old --deprovision x.csv"), 2));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(int, run("$M diff --help"), 0));
    cr_expect(not(holds(out(), "--users")));
}

Test(commands, help_says_what_root_and_trim_are_for)
{
    (void)run("$M plan --help");
    cr_expect(holds(out(), "only these teams and all below them (rootTeamIds)\n"));
    (void)run("$M check --help");
    cr_expect(holds(out(), "report those of these teams that are not kept"));
    (void)run("$M records --help");
    cr_expect(holds(out(), "      --trim                read CSV without the blanks"));
    cr_expect(holds(out(), "      --fail-on error|warning|never\n"));
    cr_expect(not(holds(out(), "--root")));
    put_clean(".");
    cr_expect(eq(int, run("$M records users.csv --root T9 -j 1"), 0), "known everywhere");
}

Test(commands, leavers_warns_where_everybody_would_leave)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER);
    cr_expect(eq(int, run("$M leavers --from old new -o gone.csv"), 0));
    cr_expect(holds(err(), "so everybody would leave: 2 leavers\nhint: "));
    cr_expect(exists("gone.csv"));
    put("new/users.csv", USERS_HEADER "X1,,,,\n");
    cr_expect(eq(int, run("$M leavers --from old new -o gone.csv"), 1));
    cr_expect(holds(err(), "everybody would leave"));
    cr_expect(eq(int, run("$M leavers --from new new -o gone.csv"), 1));
    cr_expect(not(holds(err(), "everybody")));
}

Test(commands, help_into_a_full_device_says_why_not)
{
    const char *lines[] = {"$M --help >/dev/full", "$M --version >/dev/full",
                           "$M check --help >/dev/full", "$M diff --version >/dev/full"};
    for (size_t index = 0; index < sizeof lines / sizeof lines[0]; index++) {
        cr_expect(eq(int, run(lines[index]), 3), "%s", lines[index]);
        cr_expect(holds(err(), "cannot write to standard output: No space left on device\n"));
    }
}

Test(commands, limits_are_judged)
{
    put_clean(".");
    cr_expect(eq(int, run("$M plan --from . --limit deleteTeams=10%"), 2));
    cr_expect(holds(err(), "did you mean deleteTeam?"));
    cr_expect(eq(int, run("$M plan --from . --limit deleteTeam=many"), 2));
    cr_expect(eq(int, run("$M plan --from . --limit deleteTeam=101%"), 2));
    cr_expect(eq(int, run("$M plan --from . --limit deleteTeam"), 2));
    cr_expect(eq(int, run("$M plan --from . --limit-subtree deleteTeam=3"), 2));
    cr_expect(eq(int, run("$M plan --from . --limit deleteTeam=3,moveTeam=50%"), 0));
}

Test(commands, a_guard_beats_findings)
{
    put_clean("old");
    put_flawed("new");
    cr_expect(eq(int, run("$M plan --from old --limit removeTeamMember=0 new"), 4));
    cr_expect(holds(out(), "guard tripped: removeTeamMember 1 of 2 memberships, the limit is 0\n"));
    cr_expect(holds(out(), "--limit removeTeamMember=1\n"), "the cure fits exactly");
    cr_expect(holds(out(), "new/users.csv:3: error: "));
    cr_expect(eq(int, run("$M plan --from old --limit removeTeamMember=0 new --format jsonl"), 4));
    cr_expect(holds(out(), "{\"type\":\"guard\",\"kind\":\"removeTeamMember\",\"count\":1,"
                           "\"population\":2,\"limit\":\"0\",\"tripped\":true"));
    cr_expect(holds(out(), "\"verdict\":\"guarded\"}"));
    cr_expect(eq(int, run("$M plan --from old --limit removeTeamMember=0 --strict new"), 1));
}

Test(commands, a_file_that_is_no_snapshot_is_named)
{
    put_clean(".");
    cr_expect(eq(int, run("$M plan --from users.csv ."), 3));
    cr_expect(holds(err(), "users.csv"));
    cr_expect(holds(err(), "not a snapshot"));
    cr_assert(eq(int, run("$M snapshot -o good.snap"), 0));
    cr_assert(eq(int, run("head -c 100 good.snap >cut.snap"), 0));
    cr_expect(eq(int, run("$M diff cut.snap ."), 3));
    cr_expect(holds(err(), "cut.snap"));
}

Test(commands, fix_writes_what_is_kept_and_what_is_not)
{
    put_flawed("export");
    cr_expect(eq(int, run("$M fix export -o fixed"), 1));
    cr_expect(eq(str, content("fixed/users.csv"),
                 literal(USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n")));
    cr_expect(eq(str, content("fixed/teams.csv"), literal(TEAMS_HEADER "T1,Cloud,X1,\n")));
    cr_expect(holds(content("fixed/users.rejected.csv"), "duplicate-user-id"));
    cr_expect(not(exists("fixed/teams.rejected.csv")));
    cr_expect(not(exists("fixed/deprovision.csv")));
    put_clean("export");
    cr_expect(eq(int, run("$M fix export -o fixed"), 0));
    cr_expect(not(exists("fixed/users.rejected.csv")), "old rejects would speak of another export");
}

Test(commands, fix_names_what_is_left_of_an_earlier_export)
{
    put_clean("export");
    put("export/deprovision.csv", "id,email,first_name,last_name\nX9,x@example.com,,\nX8,,,\n");
    cr_assert(eq(int, run("$M fix export -o fixed"), 1));
    cr_expect(not(holds(err(), "was there before")));
    cr_expect(eq(int, run("$M fix export/users.csv -o fixed/ -q"), 0));
    cr_expect(
        eq(str, err(),
           literal("muster: fixed/teams.csv was there before, and is not from this export\n"
                   "muster: fixed/deprovision.csv was there before, and is not from this export\n"
                   "muster: fixed/deprovision.rejected.csv was there before, and is not from this "
                   "export\n")));
    cr_expect(exists("fixed/teams.csv"));
    cr_expect(exists("fixed/deprovision.csv"));
    cr_expect(eq(int, run("$M fix export/users.csv -o new"), 0));
    cr_expect(eq(str, err(), literal("new/users.csv: 2 kept, 0 rejected\n")));
}

Test(commands, fix_does_not_write_over_its_input)
{
    put_flawed("export");
    char *before = content("export/users.csv");
    cr_expect(eq(int, run("$M fix export -o export"), 2));
    cr_expect(eq(int, run("cd export && $M fix -o ../export/../export/"), 2));
    cr_expect(eq(int, run("$M fix export/users.csv export/teams.csv -o ./export"), 2));
    cr_expect(eq(str, content("export/users.csv"), before));
}

Test(commands, leavers_warns_of_those_who_are_still_there)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n"
                                      "X2,bob@example.com,Bob,Ray, Jr.,T1\n");
    cr_expect(eq(int, run("$M leavers --from old new"), 1));
    cr_expect(
        eq(str, out(), literal("id,email,first_name,last_name\nX2,bob@example.com,Bob,Ray\n")));
    cr_expect(holds(err(), "1 of the people listed still stands in the new users file"));
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n");
    cr_expect(eq(int, run("$M leavers --from old new"), 0));
    cr_expect(eq(str, err(), literal("")));
}

/* A record that is rejected is as bare as the others are read. */
Test(commands, leavers_looks_for_those_who_are_still_there_without_blanks)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n"
                                      " X2 , new@example.com ,Bob,Ray\xFF,T1\n");
    cr_expect(eq(int, run("$M leavers --from old new --trim"), 1));
    cr_expect(holds(err(), "1 of the people listed still stands in the new users file"));
    cr_expect(eq(int, run("$M leavers --from old new"), 1));
    cr_expect(not(holds(err(), "still stands")), "with blanks it is another id");
}

/* It is no input: it may be the list of the last time. */
Test(commands, leavers_writes_over_a_deprovision_file_in_its_folders)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n");
    for (unsigned turn = 0; turn < 3; turn++) {
        cr_expect(eq(int, run("$M leavers --from old new -o new/deprovision.csv -q"), 0));
        cr_expect(holds(content("new/deprovision.csv"), "\nX2,bob@example.com,"));
        cr_expect(eq(int, run("$M leavers --from old new -o old/deprovision.csv -q"), 0));
    }
    cr_expect(eq(int, run("$M check new -o new/deprovision.csv"), 2), "here it is one");
}

Test(commands, leavers_needs_users_alone)
{
    put_clean("old");
    put("new.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n");
    cr_expect(eq(int, run("$M leavers --from old --users new.csv -o gone.csv"), 0));
    cr_expect(eq(str, content("gone.csv"),
                 literal("id,email,first_name,last_name\nX2,bob@example.com,Bob,Ray\n")));
    cr_expect(eq(str, err(), literal("gone.csv: 1 leaver\n")));
    cr_expect(eq(int, run("$M leavers --from old --users new.csv -o -"), 0));
    cr_expect(eq(str, out(), content("gone.csv")));
    cr_expect(eq(str, err(), literal("")), "as without -o");
    cr_expect(eq(int, run("rm old/teams.csv; $M leavers --from old --users new.csv"), 0));
    cr_expect(eq(int, run("$M leavers --from old --teams new.csv"), 2));
    cr_expect(holds(err(), "--users FILE"));
}

/* ---- Records and rules ------------------------------------------------------------------- */

Test(commands, records_shows_how_a_file_is_read)
{
    put("any.csv", "a, b\r\n\"x\"\"y\",\n\nlast");
    cr_expect(eq(int, run("$M records any.csv"), 0));
    cr_expect(eq(str, out(), literal("[\"a\",\" b\"]\n[\"x\\\"y\",\"\"]\n[\"last\"]\n")));
    cr_expect(eq(str, err(), literal("")));
    cr_expect(eq(int, run("$M records - --trim <any.csv"), 0));
    cr_expect(holds(out(), "[\"a\",\"b\"]\n"));
    put("any.csv", "a,b\nx\"y,z\nc,d\n");
    cr_expect(eq(int, run("$M records any.csv"), 1));
    cr_expect(eq(str, out(), literal("[\"a\",\"b\"]\n[\"c\",\"d\"]\n")));
    cr_expect(holds(err(), "any.csv:2: error: "));
    cr_expect(holds(err(), "none may be: line 2, byte 2 [stray-quote]\n"));
    cr_expect(eq(int, run("$M records any.csv --fail-on warning"), 1));
    cr_expect(eq(int, run("$M records any.csv --fail-on never"), 0));
    cr_expect(holds(err(), "[stray-quote]\n"));
    put("any.csv", "a,b\n\"x\r\ny\"z,1\n");
    cr_expect(eq(int, run("$M records any.csv"), 1));
    cr_expect(holds(err(), "any.csv:2: error: "));
    cr_expect(holds(err(), ": line 3, byte 3 [stray-quote]\n"));
    put("any.csv", "");
    cr_expect(eq(int, run("$M records any.csv"), 0));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(int, run("$M records"), 2));
    cr_expect(eq(int, run("$M records missing.csv"), 3));
    cr_expect(eq(int, run("$M records ."), 3));
}

Test(commands, explain_knows_every_rule)
{
    cr_expect(eq(int, run("$M explain"), 0));
    cr_expect(holds(out(), "unreadable-encoding"));
    cr_expect(holds(out(), "special-character"));
    cr_expect(eq(int, run("$M explain duplicate-email"), 0));
    cr_expect(holds(out(), "duplicate-email: error, pass 2\n"));
    cr_expect(holds(out(), "\n  effect  record removed\n"));
    cr_expect(holds(out(), "\n  fails:\n    id,email,"));
    cr_expect(holds(out(), "\n  repaired:\n    id,email,"));
    cr_expect(eq(int, run("$M explain duplicate-mail"), 2));
    cr_expect(holds(err(), "did you mean duplicate-email?"));
    cr_expect(eq(int, run("$M explain one two"), 2));
    cr_expect(eq(int, run("$M explain nul-byte --format json"), 0));
    cr_expect(holds(out(), "\"code\":\"nul-byte\",\"severity\":\"error\",\"pass\":1,"));
    cr_expect(holds(out(), "An\\u0000n"));
}

Test(commands, explain_stays_within_80_columns)
{
    cr_expect(eq(int,
                 run("$M explain | cut -d' ' -f1 | sed 1d | while read -r code; do "
                     "$M explain $code; done; $M explain"),
                 0));
    char *text = out();
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        if (at[0] != ' ' || at[1] != ' ' || at[2] != ' ' || at[3] != ' ') { /* but for samples */
            cr_expect(le(sz, strlen(at), 80), "%s", at);
        }
    }
}
