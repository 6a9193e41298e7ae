/* SPDX-License-Identifier: MIT */
/* What the flags about inputs and limits take and refuse, and what of it the help lists. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli_run.h"

TestSuite(inputs, .init = enter, .fini = leave);

Test(inputs, what_cannot_be_read_has_its_name)
{
    mkdir("d", 0700);
    cr_expect(eq(int, run("$M check --users u"), 3));
    cr_expect(holds(err(), "muster: cannot read u: No such file or directory\n"));
    cr_expect(eq(int, run("$M check --users=-u"), 3));
    cr_expect(holds(err(), "muster: cannot read -u: No such file or directory\n"));
    cr_expect(eq(int, run("$M check --users - <d"), 3));
    cr_expect(holds(err(), "muster: cannot read standard input: Is a directory\n"));
    cr_expect(eq(int, run("$M check --users d"), 3));
    cr_expect(eq(str, err(), literal("muster: cannot read d: Is a directory\n")));
    cr_expect(eq(int, run("$M check --users /dev/null"), 3));
    cr_expect(holds(err(), "muster: cannot read /dev/null: No such device\nhint: devices are not "
                           "read, not even /dev/null: name a file, or - for standard input\n"));
    cr_expect(eq(int, run("$M check d"), 3));
    cr_expect(eq(str, err(),
                 literal("muster: d holds no users.csv, teams.csv or deprovision.csv\n"
                         "hint: files of other names are given with --users FILE, --teams FILE or "
                         "--deprovision FILE\n")));
    cr_expect(eq(int, run("ln -s nowhere d/teams.csv && $M check d"), 3));
    cr_expect(holds(err(), "cannot read d/teams.csv: "), "a link that leads nowhere is there");
    cr_expect(eq(int, run("cd d && $M check"), 3), "here, too");
    cr_expect(holds(err(), "cannot read teams.csv: "));
    cr_expect(eq(int, run("$M check $(printf './%.0s' $(seq 2043))d"), 3));
    cr_expect(holds(err(), "/users.csv: File name too long\n"), "nobody knows whether it is there");
}

Test(inputs, one_file_of_a_kind_is_taken_and_standard_input_once)
{
    put_clean("d");
    put_flawed("e");
    put("d/users.csv.old", USERS_HEADER);
    put("d/usersx", USERS_HEADER);
    put("leavers.csv", "id,email,first_name,last_name\nX9,eve@example.com,Eve,Oak\n");
    cr_expect(eq(int, run("$M check d/users.csv.old"), 2));
    cr_expect(eq(int, run("$M check d/usersx"), 2));
    cr_expect(eq(int, run("$M check d e/"), 2));
    cr_expect(holds(err(), "there are two users files, d/users.csv and e/users.csv\n"));
    cr_expect(eq(int, run("$M check --users d/users.csv --users e/users.csv"), 2));
    cr_expect(holds(err(), "there are two users files, d/users.csv and e/users.csv\n"));
    cr_expect(eq(int, run("$M check d/users.csv --teams d/teams.csv --teams=e/teams.csv"), 2));
    cr_expect(holds(err(), "there are two teams files, d/teams.csv and e/teams.csv\n"));
    cr_expect(eq(int, run("$M diff d e --users d/users.csv"), 2));
    cr_expect(holds(err(), "diff compares snapshots and folders, and takes no --users\n"));
    cr_expect(eq(int, run("$M check e/ --deprovision - <leavers.csv"), 1));
    cr_expect(holds(out(), "e/users.csv:3: error: ") && !holds(out(), "e//"), "with one slash");
    cr_expect(eq(int, run("$M check --users - --deprovision - d/teams.csv <d/users.csv"), 2));
    cr_expect(holds(err(), "standard input (-) can be one file only\n"));
    cr_expect(eq(int, run("$M check --teams - --deprovision - <d/users.csv"), 2));
    cr_expect(holds(err(), "standard input (-) can be one file only\n"));
    cr_expect(eq(int, run("$M check d/users.csv --teams - --deprovision - <d/teams.csv"), 2));
    cr_expect(holds(err(), "standard input (-) can be one file only\n"), "not the first two");
    cr_expect(eq(int, run("$M plan --from - d/users.csv --teams - <d/teams.csv"), 2));
    cr_expect(holds(err(), "standard input (-) can be one file only\n"), "nor with a snapshot");
    cr_expect(eq(int, run("$M plan --from d d/users.csv --teams - <d/teams.csv"), 0),
              "once it may");
    cr_expect(
        eq(int, run("$M check --deprovision leavers.csv d/teams.csv --users d/users.csv"), 0));
    cr_expect(holds(out(), "ok: 2 users, 1 team, 1 removal, "), "in the order of the kinds");
}

Test(inputs, the_help_promises_no_answer_of_the_remote_where_there_is_none)
{
    static const char *const refusing[] = {"diff d d", "explain"};
    put_clean("d");
    for (size_t index = 0; index < sizeof refusing / sizeof refusing[0]; index++) {
        char line[64];
        snprintf(line, sizeof line, "$M %s --format sync", refusing[index]);
        cr_expect(eq(int, run(line), 2), "%s", line);
        snprintf(line, sizeof line, "$M %s --help", refusing[index]);
        cr_expect(eq(int, run(line), 0), "%s", line);
        cr_expect(holds(out(), "sync is refused here") && !holds(out(), "own answer"), "%s", line);
    }
    cr_expect(eq(int, run("$M plan --help"), 0));
    cr_expect(holds(out(), "sync is the remote's own"));
}

Test(inputs, a_file_that_is_missing_can_be_named)
{
    put_clean("d");
    cr_expect(eq(int, run("$M plan --from d d/users.csv"), 2));
    cr_expect(holds(err(), "the teams file is missing, which plan needs\n"));
    cr_expect(holds(err(), "hint: name it: --teams FILE\n"));
    cr_expect(eq(int, run("$M leavers --from d d/teams.csv"), 2));
    cr_expect(holds(err(), "the users file is missing, which leavers needs\n"));
    cr_expect(holds(err(), "hint: name it: --users FILE\n"));
}

Test(inputs, what_is_wrong_with_a_snapshot_is_told_of_its_name)
{
    put_clean("d");
    cr_expect(eq(int, run("$M diff d/users.csv d"), 3));
    cr_expect(holds(err(), "muster: d/users.csv: "), "it can be read");
    cr_expect(holds(err(), "hint: give a snapshot made by muster snapshot"));
    cr_expect(eq(int, run("$M snapshot d -o no/d.snap"), 3));
    cr_expect(holds(err(), "muster: cannot write no/d.snap: No such file or directory\n"));
}

/* A severity, a code and a kernel are whole words. */
Test(inputs, words_that_are_nearly_right_are_wrong)
{
    static const char *const lines[] = {
        "$M check d --severity invalid-email=wrong",
        "$M check d --severity invalid-email=err",
        "$M check d --severity invalid-email=errors",
        "$M check d --severity invalid-email=",
        "$M check d --severity invalid-email",
        "$M check d --severity invalid-emai=info",
        "$M check d --ignore invalid-emai",
        "$M check d --ignore invalid-emails",
        "MUSTER_SIMD=avx $M check d",
        "MUSTER_SIMD=avx22 $M check d",
    };
    put_clean("d");
    for (size_t index = 0; index < sizeof lines / sizeof lines[0]; index++) {
        cr_expect(eq(int, run(lines[index]), 2), "%s", lines[index]);
        cr_expect(eq(str, out(), literal("")), "%s", lines[index]);
    }
    cr_expect(eq(int, run("$M check d --severity invalid-email=err"), 2));
    cr_expect(holds(err(), "--severity takes invalid-email=error, invalid-email=warning or "
                           "invalid-email=info, not \"invalid-email=err\"\n"));
    cr_expect(eq(int,
                 run("for simd in none sse2 avx2 avx512 ''; do MUSTER_SIMD=$simd $M check d || "
                     "exit; done"),
                 0));
    put("d/users.csv", USERS_HEADER "X1,ann.example.com,Ann,Lee,T1\n");
    cr_expect(eq(int, run("$M check d --severity invalid-email=error,invalid-email=info"), 0));
    cr_expect(holds(out(), "d/users.csv:2: info: "), "the last one counts");
    cr_expect(eq(int, run("$M check d --severity invalid-email=info,invalid-email=error"), 1));
    cr_expect(eq(int, run("$M check d --ignore invalid-email,surrounding-space"), 0));
    cr_expect(holds(out(), "ok: 1 user, 1 team, no findings\n"));
    cr_expect(eq(int, run("$M check d --ignore surrounding-space,invalid-emai"), 2));
    cr_expect(eq(int, run("$M check d --ignore invalid-emai,surrounding-space"), 2));
    cr_expect(eq(int, run("$M check d --severity invalid-emai=info,invalid-email=info"), 2));
    cr_expect(eq(int, run("MUSTER_SIMD=avx $M check d --ignore invalid-email"), 2));
}

Test(inputs, only_what_is_found_decides_about_the_exit_code)
{
    put_clean("d");
    cr_expect(eq(int, run("$M check d --fail-on warning"), 0));
    cr_expect(eq(int, run("$M snapshot d -o d.snap --strict --fail-on warning"), 0));
    cr_expect(exists("d.snap"));
    put("d/users.csv", USERS_HEADER "X1,ann.example.com,Ann,Lee,T1\n");
    cr_expect(eq(int, run("$M snapshot d -o e.snap --strict"), 0));
    cr_expect(exists("e.snap"), "a warning stops nothing");
}

Test(inputs, help_has_letters_of_options_that_can_be_typed)
{
    static const char *const names[] = {"check",   "diff", "plan",    "snapshot",
                                        "leavers", "fix",  "records", "explain"};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        char line[64];
        (void)sprintf(line, "$M %s --help", names[index]);
        cr_expect(eq(int, run(line), 0));
        for (const char *at = out(); *at != '\0'; at++) {
            bool typed = *at == '\n' || (*at >= ' ' && *at <= '~');
            cr_assert(typed, "%s: %s", line, at);
        }
    }
}

Test(inputs, help_lists_options_where_they_mean_something)
{
    static const struct {
        const char *command;
        bool users, strict, trim, fail_on;
    } cases[] = {
        {"check", true, true, true, true},     {"plan", true, true, true, true},
        {"fix", true, true, true, true},       {"diff", false, true, true, true},
        {"records", false, false, true, true}, {"explain", false, false, false, false},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        char line[64];
        (void)sprintf(line, "$M %s --help", cases[index].command);
        cr_expect(eq(int, run(line), 0));
        cr_expect(eq(int, holds(out(), "      --users FILE"), cases[index].users), "%s", line);
        cr_expect(eq(int, holds(out(), "      --strict  "), cases[index].strict), "%s", line);
        cr_expect(eq(int, holds(out(), "      --trim  "), cases[index].trim), "%s", line);
        cr_expect(eq(int, holds(out(), "      --fail-on "), cases[index].fail_on), "%s", line);
        cr_expect(eq(int, holds(out(), "Options about the input:\n"), cases[index].trim), "%s",
                  line);
    }
}

/* ---- Limits ------------------------------------------------------------------------------ */

Test(inputs, limits_are_whole_words_and_whole_numbers)
{
    static const char *const wrong[] = {
        "--limit deleteTeamx=5",
        "--limit deleteTea=5",
        "--limit moveteam=5",
        "--limit moveTeam=5:",
        "--limit moveTeam=/",
        "--limit moveTeam=101%",
        "--limit moveTeam=5,addTeam",
        "--limit-subtree moveTeam=5",
        "--limit-subtree moveTeam=%",
        "--limit-subtree moveTeam=101%",
        "--limit moveTeam=9 --limit-subtree addTeam=5",
    };
    put_clean("old");
    for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
        char line[128];
        (void)sprintf(line, "$M plan --from old old %s", wrong[index]);
        cr_expect(eq(int, run(line), 2), "%s", wrong[index]);
    }
    cr_expect(eq(int, run("$M plan --from old old --limit moveTeam=x"), 2));
    cr_expect(holds(err(), "--limit takes moveTeam=N or P% (0% to 100%), not \"moveTeam=x\"\n"));
    cr_expect(eq(int, run("$M plan --from old old --limit-subtree moveTeam=x"), 2));
    cr_expect(holds(err(), "--limit-subtree takes moveTeam=P% (0% to 100%), not \"moveTeam=x\"\n"));
    cr_expect(eq(int, run("$M plan --from old old --limit-subtree moveTaem=1%"), 2));
    cr_expect(holds(err(), "--limit-subtree: there is no kind of operation \"moveTaem\"; did you "
                           "mean moveTeam?\n"));
    cr_expect(eq(int,
                 run("$M plan --from old old --limit moveTeam=100%,rekeyTeam=0 --limit "
                     "deleteTeam=0% --limit-subtree moveTeam=100% --limit moveTeam=9090909090"),
                 0));
}

/* Two of three members leave: 2, and no share, since so few people are none of a population. */
Test(inputs, a_limit_is_the_number_that_was_given)
{
    put_clean("old");
    put_clean("new");
    put("old/users.csv", USERS_HEADER "X1,a@b.cd,,,T1\nX2,b@b.cd,,,T1\nX3,c@b.cd,,,T1\n");
    put("new/users.csv", USERS_HEADER "X1,a@b.cd,,,T1\n");
    cr_expect(eq(int, run("$M plan --from old new --limit removeTeamMember=1"), 4));
    cr_expect(eq(int, run("$M plan --from old new --limit removeTeamMember=2"), 0));
    cr_expect(eq(int, run("$M plan --from old new --limit removeTeamMember=10"), 0));
    cr_expect(eq(int, run("$M plan --from old new --limit removeTeamMember=01"), 4));
    cr_expect(eq(int,
                 run("$M plan --from old new --limit removeTeamMember=9 --limit "
                     "removeTeamMember=1"),
                 4),
              "the last one counts");
    cr_expect(eq(int, run("$M plan --from old new --limit removeTeamMember=1 --format jsonl"), 4));
    cr_expect(holds(out(), "\"count\":2,\"population\":3,\"limit\":\"1\",\"tripped\":true"));
    cr_expect(eq(int, run("$M plan --from old new --limit removeTeamMember=0% --format jsonl"), 0));
    cr_expect(holds(out(), "\"population\":3,\"limit\":\"0%\",\"tripped\":false"));
}
