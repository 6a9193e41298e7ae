/* SPDX-License-Identifier: MIT */
/*
 * The program as a user meets it: exit codes, streams, messages, and what happens when it is used
 * the wrong way. MUSTER_PROGRAM is the path of the program. The commands beyond `check` are in
 * test_commands.c.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli_run.h"

TestSuite(cli, .init = enter, .fini = leave);

/* ---- The program itself ------------------------------------------------------------------ */

Test(cli, without_arguments_it_says_how_it_is_used)
{
    cr_expect(eq(int, run("$M"), 2));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(holds(err(), "usage: muster COMMAND"));
    cr_expect(holds(err(), "  check "));
}

Test(cli, help_and_version_are_results)
{
    cr_expect(eq(int, run("$M --help"), 0));
    cr_expect(holds(out(), "usage: muster COMMAND"));
    cr_expect(eq(str, err(), literal("")));
    char *text = out();
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        cr_expect(le(sz, strlen(at), 80), "%s", at);
    }
    cr_expect(eq(int, run("$M --help"), 0));
    cr_expect(holds(out(), "`muster --version`"));
    cr_expect(eq(int, run("$M --version"), 0));
    cr_expect(eq(str, out(), literal("muster 1.0.0\n")));
    cr_expect(eq(int, run("$M check --version"), 0));
    cr_expect(eq(str, out(), literal("muster 1.0.0\n")));
}

Test(cli, an_unknown_command_is_answered_with_the_nearest)
{
    cr_expect(eq(int, run("$M chekc"), 2));
    cr_expect(holds(err(), "did you mean check?"));
    cr_expect(eq(int, run("$M zzzzzzzz"), 2));
    cr_expect(not(holds(err(), "did you mean")));
}

Test(cli, every_command_explains_itself_with_two_examples_within_80_columns)
{
    const char *names[] = {"check",   "diff", "plan",    "snapshot",
                           "leavers", "fix",  "records", "explain"};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        char line[128];
        char usage[64];
        snprintf(line, sizeof line, "$M %s --help", names[index]);
        cr_expect(eq(int, run(line), 0), "%s", names[index]);
        snprintf(usage, sizeof usage, "usage: muster %s", names[index]);
        cr_expect(holds(out(), usage), "%s", names[index]);
        char *text = out();
        char *examples = strstr(text, "\nexamples:\n  muster ");
        cr_assert(ne(ptr, examples, NULL), "%s", names[index]);
        cr_expect(holds(examples + strlen("\nexamples:\n  muster "), "\n  muster "), "%s",
                  names[index]);
        for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
            cr_expect(le(sz, strlen(at), 80), "%s: %s", names[index], at);
        }
    }
}

Test(cli, a_wrong_option_is_answered_with_the_right_one)
{
    put_clean(".");
    cr_expect(eq(int, run("$M check --strcit"), 2));
    cr_expect(holds(err(), "did you mean --strict?"));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(int, run("$M check --format yaml"), 2));
    cr_expect(holds(err(), "text|jsonl|json|sync"));
}

/* ---- Which files are meant --------------------------------------------------------------- */

Test(cli, without_a_file_the_current_folder_is_checked)
{
    cr_expect(eq(int, run("$M check"), 2));
    cr_expect(holds(err(), "--users FILE"), "an empty folder is answered with the cure");
    put_clean(".");
    cr_expect(eq(int, run("$M check"), 0));
    cr_expect(eq(str, out(), literal("ok: 2 users, 1 team, no findings\n")));
    cr_expect(eq(str, err(), literal("")));
}

Test(cli, a_folder_stands_for_the_files_in_it)
{
    put_clean("export");
    cr_expect(eq(int, run("$M check export"), 0));
    cr_expect(eq(int, run("$M check export/"), 0));
    cr_expect(eq(str, out(), literal("ok: 2 users, 1 team, no findings\n")));
    put("export/deprovision.csv", "id,email,first_name,last_name\nX9,eve@example.com,Eve,Oak\n");
    cr_expect(eq(int, run("$M check export"), 0));
    cr_expect(eq(str, out(), literal("ok: 2 users, 1 team, 1 removal, no findings\n")));
}

Test(cli, a_folder_without_any_of_the_files_cannot_be_read)
{
    mkdir("empty", 0700);
    cr_expect(eq(int, run("$M check empty"), 3));
    cr_expect(holds(err(), "empty"));
    mkdir("users.csv", 0700);
    cr_expect(eq(int, run("$M check users.csv"), 3));
    cr_expect(eq(int, run("$M check --users users.csv"), 3));
    cr_expect(eq(str, out(), literal("")));
}

Test(cli, what_is_missing_cannot_be_read)
{
    cr_expect(eq(int, run("$M check users.csv"), 3));
    cr_expect(holds(err(), "users.csv: No such file or directory"));
    cr_expect(eq(int, run("$M check no/such/folder"), 3));
    cr_expect(eq(int, run("$M check --teams no.csv"), 3));
    cr_expect(holds(err(), "no.csv"));
}

Test(cli, a_name_that_tells_nothing_is_answered_with_the_flags)
{
    put("staff.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,\n");
    cr_expect(eq(int, run("$M check staff.csv"), 2));
    cr_expect(holds(err(), "--users staff.csv"));
    cr_expect(eq(int, run("$M check --users staff.csv"), 0));
    cr_expect(eq(int, run("cp staff.csv users && $M check users"), 0), "a name without .csv");
}

Test(cli, two_files_of_a_kind_are_wrong_usage)
{
    put_clean(".");
    put_clean("more");
    cr_expect(eq(int, run("$M check users.csv more/users.csv"), 2));
    cr_expect(holds(err(), "two users files"));
    cr_expect(eq(int, run("$M check . --teams more/teams.csv"), 2));
    cr_expect(eq(int, run("$M check . more"), 2));
}

Test(cli, a_hyphen_is_standard_input_for_one_file)
{
    put_clean(".");
    cr_expect(eq(int, run("$M check --users - teams.csv <users.csv"), 0));
    cr_expect(eq(str, out(), literal("ok: 2 users, 1 team, no findings\n")));
    cr_expect(eq(int, run("$M check --users - --teams - <users.csv"), 2));
    cr_expect(eq(int, run("$M check - <users.csv"), 2));
    cr_expect(holds(err(), "--users -"));
}

Test(cli, a_missing_file_is_said_to_keep_rules_from_running)
{
    put_clean(".");
    cr_expect(eq(int, run("$M check users.csv"), 0));
    cr_expect(holds(out(), "ok: 2 users, no findings\n"));
    cr_expect(holds(out(), "not run"));
    cr_expect(holds(out(), "unknown-team, removed-team"));
}

Test(cli, a_binary_file_is_a_finding_and_does_nothing_to_the_terminal)
{
    char bytes[4096];
    for (size_t index = 0; index < sizeof bytes; index++) {
        bytes[index] = (char)(index * 167 + 13);
    }
    put_bytes("users.csv", bytes, sizeof bytes);
    cr_expect(eq(int, run("$M check users.csv"), 1));
    cr_expect(holds(out(), "users.csv"));
    for (const char *at = out(); *at != '\0'; at++) {
        bool harmless = *at == '\n' || (unsigned char)*at >= 0x20;
        cr_expect(harmless, "byte %02x", (unsigned char)*at);
    }
    put_bytes("users.csv",
              "\x7f"
              "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
              16);
    cr_expect(eq(int, run("$M check users.csv"), 1));
}

/* ---- Findings ---------------------------------------------------------------------------- */

Test(cli, a_finding_names_file_line_and_code)
{
    put_flawed(".");
    cr_expect(eq(int, run("$M check"), 1));
    cr_expect(holds(out(), "users.csv:3: error: "));
    cr_expect(holds(out(), "[duplicate-user-id]\n"));
    cr_expect(holds(out(), "    effect:  record removed\n"));
    cr_expect(holds(out(), "    help:    "));
    cr_expect(holds(out(), "    see:     users.csv:2\n"));
    cr_expect(holds(out(), "users.csv  2 users, 1 kept\n"));
    cr_expect(holds(out(), "teams.csv  1 team, all kept\n"));
    cr_expect(holds(out(), "\n1 error\n    1  duplicate-user-id\n"));
    cr_expect(eq(str, err(), literal("")), "results are on standard output");
}

Test(cli, quiet_shows_the_summary_alone)
{
    put_flawed(".");
    cr_expect(eq(int, run("$M check -q"), 1));
    cr_expect(not(holds(out(), "users.csv:3")));
    cr_expect(holds(out(), "1 error\n    1  duplicate-user-id\n"));
}

Test(cli, verbose_says_why_it_matters)
{
    put_flawed(".");
    cr_expect(eq(int, run("$M check -v"), 1));
    cr_expect(holds(out(), "    why:     "));
}

Test(cli, more_than_ten_of_a_code_are_counted)
{
    FILE *stream = fopen("users.csv", "w");
    cr_assert(ne(ptr, stream, NULL));
    fputs(USERS_HEADER, stream);
    for (int index = 0; index < 3222; index++) {
        fprintf(stream, "X%d,user%d.example.com,Ann,Lee,\n", index, index);
    }
    fclose(stream);
    cr_expect(eq(int, run("$M check users.csv"), 0));
    cr_expect(holds(out(), "\xE2\x80\xA6 and 3,212 more invalid-email (--max-show 0 shows all)\n"));
    cr_expect(holds(out(), "3,222 warnings\n    3,222  invalid-email\n"));
    cr_expect(eq(int, run("$M check users.csv --max-show 0 | grep -c 'warning: '"), 0));
    cr_expect(eq(str, out(), literal("3222\n")));
    cr_expect(eq(int, run("$M check users.csv --max-show 1 | grep -c 'warning: '"), 0));
    cr_expect(eq(str, out(), literal("1\n")));
}

Test(cli, a_root_cause_speaks_once)
{
    FILE *stream = fopen("users.csv", "w");
    cr_assert(ne(ptr, stream, NULL));
    fputs(USERS_HEADER, stream);
    for (int index = 0; index < 4000; index++) {
        fprintf(stream, "X%d,user%d@example.com,Ann,Lee,T9\n", index, index);
    }
    fclose(stream);
    put("teams.csv", TEAMS_HEADER "T1,Cloud,,\n");
    cr_expect(eq(int, run("$M check"), 1));
    cr_expect(holds(out(), "users.csv:2: error: "));
    cr_expect(holds(out(), "4,000 users"));
    cr_expect(not(holds(out(), "users.csv:3:")));
    cr_expect(not(holds(out(), "--max-show")));
}

Test(cli, a_parent_that_is_missing_speaks_once)
{
    put("teams.csv", TEAMS_HEADER "T1,IT,,P\nT2,Cloud,,P\nT3,Sales,,P\nT4,Shops,,P\nT5,Ops,,Q\n");
    cr_expect(eq(int, run("$M check teams.csv | grep -c ': error: '"), 0));
    cr_expect(eq(str, out(), literal("2\n")));
    (void)run("$M check teams.csv");
    cr_expect(holds(out(), "teams.csv:2: error: team \"T1\" has the parent \"P\""));
    cr_expect(holds(out(), "    affects: 4 teams, of which this is the first\n"));
    cr_expect(holds(out(), "teams.csv:6: error: team \"T5\" has the parent \"Q\""));
    cr_expect(holds(out(), "    5  unknown-parent-team\n"));
}

/* A circle of `count` teams with ids of ten letters. */
static void put_circle(int count)
{
    FILE *stream = fopen("teams.csv", "w");
    cr_assert(ne(ptr, stream, NULL));
    fputs(TEAMS_HEADER, stream);
    for (int team = 0; team < count; team++) {
        fprintf(stream, "TEAM%06d,Name %d,,TEAM%06d\n", team, team, (team + 1) % count);
    }
    fclose(stream);
}

Test(cli, a_circle_is_named_as_a_whole)
{
    put_circle(256);
    cr_expect(eq(int, run("$M check teams.csv | grep -o 'TEAM000[0-9]* ->' | wc -l"), 0));
    cr_expect(eq(str, out(), literal("256\n")));
    (void)run("$M check teams.csv");
    cr_expect(holds(out(), "TEAM000254 -> TEAM000255 -> TEAM000000 [team-cycle]\n"));
    cr_expect(holds(out(), "    affects: 256 teams, "));
    cr_expect(holds(out(), " 251 more\n"));
}

Test(cli, of_a_large_circle_the_rest_is_counted)
{
    put_circle(1500);
    cr_expect(eq(int, run("$M check teams.csv"), 1));
    cr_expect(holds(out(), "TEAM000007 -> ... and 1,492 more -> TEAM000000 [team-cycle]\n"));
    cr_expect(holds(out(), " 1,495 more\n"));
    cr_expect(eq(int, run("$M check teams.csv --format jsonl | grep -c 'and 1,492 more'"), 0));
    cr_expect(eq(str, out(), literal("1500\n")));
    /* Each finding has the same size, so that the output is of the size of the circle. */
    cr_expect(eq(int, run("$M check teams.csv --format jsonl | grep -o '\"line\":' | wc -l"), 0));
    cr_expect(eq(str, out(), literal("13500\n")));
}

Test(cli, fail_on_decides_about_the_exit_code)
{
    put("users.csv", USERS_HEADER "X1,ann.example.com,Ann,Lee,\n");
    cr_expect(eq(int, run("$M check users.csv"), 0));
    cr_expect(eq(int, run("$M check users.csv --fail-on warning"), 1));
    put_flawed(".");
    cr_expect(eq(int, run("$M check --fail-on never"), 0));
    put_fatal(".");
    cr_expect(eq(int, run("$M check"), 1));
    cr_expect(eq(int, run("$M check --fail-on never"), 0));
}

Test(cli, codes_can_be_silenced_and_graded_but_not_fatal_ones)
{
    put_flawed(".");
    cr_expect(eq(int, run("$M check --ignore duplicate-user-id"), 0));
    cr_expect(eq(int, run("$M check --severity duplicate-user-id=warning"), 0));
    cr_expect(eq(int, run("$M check --ignore missing-header"), 2));
    cr_expect(holds(err(), "fatal"));
    cr_expect(eq(int, run("$M check --severity missing-header=info"), 2));
    cr_expect(eq(int, run("$M check --ignore duplicate-usr-id"), 2));
    cr_expect(holds(err(), "did you mean duplicate-user-id?"));
    cr_expect(eq(int, run("$M check --severity duplicate-user-id=fatal"), 2));
    cr_expect(eq(int, run("$M check --severity duplicate-user-id"), 2));
}

Test(cli, the_counts_stand_in_the_order_of_the_findings)
{
    put("users.csv", USERS_HEADER "X1,ann.example.com,Ann,Lee,\nX1,bob@example.com,Bob,Ray,\n");
    (void)run("$M check users.csv");
    cr_expect(holds(out(), "    1  duplicate-user-id\n    1  invalid-email\n"));
    (void)run("$M check users.csv --severity duplicate-user-id=info,invalid-email=error");
    cr_expect(holds(out(), "    1  invalid-email\n    1  duplicate-user-id\n"));
    cr_expect(lt(ptr, strstr(out(), "[invalid-email]"), strstr(out(), "[duplicate-user-id]")));
}

Test(cli, colour_is_for_those_who_watch_or_ask)
{
    put_flawed(".");
    (void)run("$M check");
    cr_expect(not(holds(out(), "\033[")));
    (void)run("$M check --color always");
    cr_expect(holds(out(), "\033["));
    (void)run("NO_COLOR=1 $M check --color always");
    cr_expect(holds(out(), "\033["), "who asks for it gets it");
    (void)run("$M check --color always -o findings.txt");
    cr_expect(holds(content("findings.txt"), "\033["));
    (void)run("$M check -o findings.txt");
    cr_expect(not(holds(content("findings.txt"), "\033[")));
}

Test(cli, privacy_hides_the_values)
{
    put_flawed(".");
    cr_expect(eq(int, run("$M check --privacy mask --format jsonl"), 1));
    cr_expect(not(holds(out(), "\"X1\"")));
    cr_expect(eq(int, run("$M check --privacy pseudonym"), 2));
    cr_expect(holds(err(), "--pseudonym-key"));
    put("key", "secret");
    cr_expect(eq(int, run("$M check --privacy pseudonym --pseudonym-key key --format jsonl"), 1));
    cr_expect(holds(out(), "\"value\":\"~"));
    cr_expect(eq(int, run("$M check --privacy pseudonym --pseudonym-key nokey"), 3));
    cr_expect(eq(int, run("$M check --privacy counts"), 1));
    cr_expect(not(holds(out(), "users.csv:3")));
    cr_expect(holds(out(), "1  duplicate-user-id"));
}

/* Where values are hidden, what the rule says stands for message and cure. */
Test(cli, a_message_without_values_does_not_lean_on_them)
{
    put("teams.csv", TEAMS_HEADER "T1,IT,,T9\nT2,Cloud,,T1\n");
    put("users.csv", "id,email,first_name,last_name,team_id,Team\n"
                     "X1,ann@example.com,Ann,Lee,T2,\n");
    cr_expect(eq(int, run("$M check --privacy mask"), 1));
    cr_expect(holds(out(), "[removed-parent-team]"));
    cr_expect(holds(out(), "[removed-team]"));
    cr_expect(holds(out(), "[extra-header]"));
    cr_expect(not(holds(out(), "names")));
}

Test(cli, help_takes_no_value)
{
    cr_expect(eq(int, run("$M check --help=3"), 2));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(holds(err(), "--help takes no value"));
}

Test(cli, the_simd_variable_is_judged)
{
    put_clean(".");
    cr_expect(eq(int, run("MUSTER_SIMD=none $M check"), 0));
    cr_expect(eq(int, run("MUSTER_SIMD=mmx $M check"), 2));
    cr_expect(holds(err(), "MUSTER_SIMD"));
}

/* ---- Where results go -------------------------------------------------------------------- */

Test(cli, a_file_is_written_whole_for_its_owner_alone)
{
    struct stat status;
    put_clean(".");
    put("result", "old");
    chmod("result", 0644);
    cr_expect(eq(int, run("umask 000; $M check -o result"), 0));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(str, content("result"), literal("ok: 2 users, 1 team, no findings\n")));
    cr_assert(eq(int, stat("result", &status), 0));
    cr_expect(eq(u32, status.st_mode & 0777, 0600));
    cr_expect(eq(int, run("ls -a | grep -c XXXXXX; ls -a | grep '^.result'"), 1),
              "nothing is left");
}

Test(cli, what_cannot_be_written_is_said)
{
    put_clean(".");
    cr_expect(eq(int, run("$M check >/dev/full"), 3));
    cr_expect(holds(err(), "No space left on device"));
    cr_expect(eq(int, run("$M check --format jsonl >/dev/full"), 3));
    cr_expect(eq(int, run("$M check -o /dev/full"), 3));
    cr_expect(eq(int, run("$M explain >/dev/full"), 3));
    cr_expect(eq(int, run("$M --help >/dev/full"), 3));
    cr_expect(eq(int, run("$M check --help >/dev/full"), 3));
    cr_expect(eq(int, run("$M records users.csv >/dev/full"), 3));
    cr_expect(eq(int, run("$M check -o no/such/folder/result"), 3));
    cr_expect(holds(err(), "no/such/folder/result"));
    cr_expect(eq(int, run("$M check -o ."), 3));
}

Test(cli, a_closed_standard_output_is_an_error)
{
    put_clean(".");
    cr_expect(eq(int, run("$M check >&-"), 3));
}

Test(cli, a_closed_pipe_ends_it_quietly)
{
    FILE *stream = fopen("users.csv", "w");
    cr_assert(ne(ptr, stream, NULL));
    fputs(USERS_HEADER, stream);
    for (int index = 0; index < 20000; index++) {
        fprintf(stream, "X%d,user%d.example.com,Ann,Lee,\n", index, index);
    }
    fclose(stream);
    (void)run("{ $M check users.csv --format jsonl; echo $? >code; } | head -n 1");
    cr_expect(eq(str, err(), literal("")));
    cr_expect(eq(str, content("code"), literal("141\n")), "the signal's code, as of any filter");
    (void)run("{ (trap '' PIPE; $M check users.csv --format jsonl); echo $? >code; } | head -n 1");
    cr_expect(eq(str, err(), literal("")));
    cr_expect(eq(str, content("code"), literal("141\n")));
}

Test(cli, formats_hold_the_same_findings)
{
    put_flawed(".");
    cr_expect(eq(int, run("$M check --format jsonl"), 1));
    cr_expect(holds(out(), "{\"type\":\"start\",\"muster\":\"1.0.0\",\"command\":\"check\","
                           "\"files\":[{\"kind\":\"users\",\"path\":\"users.csv\",\"bytes\":98,"
                           "\"xxh3\":\""));
    cr_expect(holds(out(), "\"severity\":\"error\",\"file\":\"users\",\"path\":\"users.csv\","
                           "\"line\":3,\"field\":\"id\",\"value\":\"X1\",\"message\":\""));
    cr_expect(holds(out(), "\"effect\":\"record removed\","
                           "\"related\":[{\"file\":\"users\",\"line\":2}]}\n"));
    cr_expect(holds(out(), "{\"type\":\"summary\",\"records\":{\"users\":2,\"teams\":1},"
                           "\"kept\":{\"users\":1,\"teams\":1},"
                           "\"findings\":{\"fatal\":0,\"error\":1,\"warning\":0,\"info\":0},"
                           "\"codes\":{\"duplicate-user-id\":1},\"operations\":{},"
                           "\"verdict\":\"findings\"}\n"));
    cr_expect(eq(int, run("$M check --format json"), 1));
    cr_expect(holds(out(), "{\"muster\":\"1.0.0\",\"command\":\"check\","));
    cr_expect(holds(out(), "\"findings\":[\n{\"type\":\"finding\",\"code\":\"duplicate-user-id\""));
    cr_expect(holds(out(), "\"notRun\":[]"));
}

Test(cli, the_remote_answer_about_a_fatal_file_is_its_literal_one)
{
    put_fatal(".");
    cr_expect(eq(int, run("$M check --format sync"), 1));
    cr_expect(eq(str, out(),
                 literal("{\"status\":\"Invalid data\",\"errors\":[\"Missing header(s) for users "
                         "file: email, team_id\"]}\n")));
}
