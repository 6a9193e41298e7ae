/* SPDX-License-Identifier: MIT */
/*
 * The program as a user meets it: exit codes, streams, messages, and what happens when it is used
 * the wrong way. MUSTER_PROGRAM is the path of the program.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define USERS_HEADER "id,email,first_name,last_name,team_id\n"
#define TEAMS_HEADER "id,name,manager_ids,parent_team_id\n"

/* ---- Tools ------------------------------------------------------------------------------- */

static char folder[64];

/* Each test works in a folder of its own. */
static void enter(void)
{
    snprintf(folder, sizeof folder, "/tmp/muster-cli-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    cr_assert(eq(int, chdir(folder), 0));
    cr_assert(eq(int, mkdir("streams", 0700), 0));
}

static void leave(void)
{
    char line[128];
    cr_assert(eq(int, chdir("/"), 0));
    snprintf(line, sizeof line, "rm -rf %s", folder);
    cr_assert(eq(int, system(line), 0));
}

static void put_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    cr_assert(ne(ptr, stream, NULL), "%s", path);
    cr_assert(eq(sz, fwrite(bytes, 1, size, stream), size));
    cr_assert(eq(int, fclose(stream), 0));
}

static void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

/* The start of a file, terminated; "" where there is none. Four of them live at a time. */
static char *content(const char *path)
{
    static char places[4][32768];
    static unsigned next;
    char *place = places[next++ % 4];
    FILE *stream = fopen(path, "rb");
    size_t size = stream != NULL ? fread(place, 1, sizeof places[0] - 1, stream) : 0;
    place[size] = '\0';
    if (stream != NULL) {
        fclose(stream);
    }
    return place;
}

/* Run a line of the shell; M is the program. Returns its exit code, as the shell tells it. */
static int run(const char *line)
{
    char whole[4096];
    snprintf(whole, sizeof whole,
             "M='%s'; export NO_COLOR=; { %s\n} >streams/out 2>streams/err </dev/null",
             MUSTER_PROGRAM, line);
    int status = system(whole);
    cr_assert(ne(int, WIFEXITED(status), 0));
    return WEXITSTATUS(status);
}

static char *out(void)
{
    return content("streams/out");
}

static char *err(void)
{
    return content("streams/err");
}

static char *literal(const char *text)
{
    return (char *)text;
}

static bool holds(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* An export without a finding, in `where`. */
static void put_clean(const char *where)
{
    char path[256];
    mkdir(where, 0700);
    snprintf(path, sizeof path, "%s/users.csv", where);
    put(path, USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\nX2,bob@example.com,Bob,Ray,T1\n");
    snprintf(path, sizeof path, "%s/teams.csv", where);
    put(path, TEAMS_HEADER "T1,Cloud,X1,\n");
}

/* The same with a user too many. */
static void put_flawed(const char *where)
{
    char path[256];
    put_clean(where);
    snprintf(path, sizeof path, "%s/users.csv", where);
    put(path, USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\nX1,bob@example.com,Bob,Ray,T1\n");
}

/* The same with a file that cannot be used. */
static void put_fatal(const char *where)
{
    char path[256];
    put_clean(where);
    snprintf(path, sizeof path, "%s/users.csv", where);
    put(path, "id,first_name,last_name\nX1,Ann,Lee\n");
}

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

/* ---- Comparing --------------------------------------------------------------------------- */

Test(cli, a_snapshot_is_written_and_compared)
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

Test(cli, snapshot_and_fix_say_where_to_write)
{
    put_clean(".");
    cr_expect(eq(int, run("$M snapshot"), 2));
    cr_expect(holds(err(), "-o"));
    cr_expect(eq(int, run("$M fix"), 2));
    cr_expect(holds(err(), "-o"));
    cr_expect(eq(int, run("$M snapshot users.csv -o x.snap"), 2));
    cr_expect(holds(err(), "--teams FILE"));
}

Test(cli, after_something_fatal_nothing_is_written)
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

Test(cli, errors_stop_strict_runs_alone)
{
    put_clean("old");
    put_flawed("new");
    cr_expect(eq(int, run("$M snapshot new -o new.snap --strict"), 1));
    cr_expect(not(exists("new.snap")));
    cr_expect(eq(int, run("$M snapshot new -o new.snap"), 1));
    cr_expect(exists("new.snap"));
    cr_expect(holds(err(), "new/users.csv:3: error: "));
    cr_expect(eq(str, out(), literal("")));
    cr_expect(eq(int, run("$M plan --from old new --format sync --strict"), 1));
    cr_expect(holds(out(), "{\"status\":\"completedWithErrors\",\"dryRun\":true,"
                           "\"listOfOperations\":[],\"errors\":[\"new/users.csv:3: id: "));
    cr_expect(eq(int, run("$M plan --from old new --format sync"), 1));
    cr_expect(holds(out(), "\"listOfOperations\":[\"Remove "));
}

Test(cli, a_plan_begins_with_what_is_taken_away)
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
    cr_expect(eq(str, out(), literal("Plan: nothing to do, 2 users, 1 team as before\n")));
}

Test(cli, a_plan_needs_something_to_start_from)
{
    put_clean(".");
    cr_expect(eq(int, run("$M plan"), 2));
    cr_expect(holds(err(), "--from"));
    cr_expect(eq(int, run("$M leavers"), 2));
    cr_expect(holds(err(), "--from"));
    cr_expect(eq(int, run("$M plan --from . users.csv"), 2));
    cr_expect(eq(int, run("$M plan --from nothing ."), 3));
    cr_expect(eq(int, run("$M diff ."), 2));
    cr_expect(eq(int, run("$M diff . . ."), 2));
}

Test(cli, limits_are_judged)
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

Test(cli, a_guard_beats_findings)
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

Test(cli, a_file_that_is_no_snapshot_is_named)
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

Test(cli, fix_writes_what_is_kept_and_what_is_not)
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

Test(cli, fix_does_not_write_over_its_input)
{
    put_flawed("export");
    char *before = content("export/users.csv");
    cr_expect(eq(int, run("$M fix export -o export"), 2));
    cr_expect(eq(int, run("cd export && $M fix -o ../export/../export/"), 2));
    cr_expect(eq(int, run("$M fix export/users.csv export/teams.csv -o ./export"), 2));
    cr_expect(eq(str, content("export/users.csv"), before));
}

Test(cli, leavers_warns_of_those_who_are_still_there)
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

Test(cli, leavers_needs_users_alone)
{
    put_clean("old");
    put("new.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n");
    cr_expect(eq(int, run("$M leavers --from old --users new.csv -o gone.csv"), 0));
    cr_expect(eq(str, content("gone.csv"),
                 literal("id,email,first_name,last_name\nX2,bob@example.com,Bob,Ray\n")));
    cr_expect(eq(str, err(), literal("gone.csv: 1 leaver\n")));
    cr_expect(eq(int, run("rm old/teams.csv; $M leavers --from old --users new.csv"), 0));
    cr_expect(eq(int, run("$M leavers --from old --teams new.csv"), 2));
    cr_expect(holds(err(), "--users FILE"));
}

/* ---- Records and rules ------------------------------------------------------------------- */

Test(cli, records_shows_how_a_file_is_read)
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
    cr_expect(holds(err(), "[stray-quote]\n"));
    cr_expect(eq(int, run("$M records"), 2));
    cr_expect(eq(int, run("$M records missing.csv"), 3));
    cr_expect(eq(int, run("$M records ."), 3));
}

Test(cli, explain_knows_every_rule)
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

Test(cli, explain_stays_within_80_columns)
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
