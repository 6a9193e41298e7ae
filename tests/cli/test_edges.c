/* SPDX-License-Identifier: MIT */
/* What is asked for rarely: help in other words, forms of explain, hostile names, a terminal. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "cli_run.h"

TestSuite(edges, .init = enter, .fini = leave);

/* ---- Help and usage ---------------------------------------------------------------------- */

Test(edges, help_is_a_word_too)
{
    cr_expect(eq(int, run("$M help >a; $M --help >b; $M -h >c; cmp a b && cmp a c"), 0));
    cr_expect(eq(int, run("$M help check >a; $M check --help >b; cmp a b"), 0));
    cr_expect(eq(int, run("$M help chekc"), 2));
    cr_expect(holds(err(), "did you mean check?"));
    cr_expect(eq(int, run("$M help qqqqqqqqqqqqqqq"), 2));
    cr_expect(holds(err(), "there is no command \"qqqqqqqqqqqqqqq\"\n"));
    cr_expect(eq(int, run("$M -q check"), 2));
    cr_expect(holds(err(), "options stand behind the command"));
}

Test(edges, help_says_where_a_command_writes)
{
    static const char *const writers[] = {"snapshot", "fix"}; /* which refuse to without -o */
    cr_expect(eq(int, run("$M check --help"), 0));
    cr_expect(holds(out(), "write there instead of standard output"));
    for (size_t index = 0; index < sizeof writers / sizeof writers[0]; index++) {
        char call[64];
        (void)snprintf(call, sizeof call, "$M %s --help", writers[index]);
        cr_expect(eq(int, run(call), 0));
        cr_expect(not(holds(out(), "instead of standard output")), "%s", writers[index]);
    }
}

Test(edges, a_word_of_any_length_is_only_wrong)
{
    put_clean(".");
    cr_expect(eq(int, run("$M check --$(printf '%0300d' 0)"), 2));
    cr_expect(eq(int, run("$M explain $(printf '%0300d' 0)"), 2));
    cr_expect(holds(err(), "there is no code"));
    cr_expect(eq(int, run("$M check --users"), 2));
    cr_expect(holds(err(), "--users needs an argument"));
    cr_expect(eq(int, run("$M check -j 5000"), 0), "more threads than there may be are no matter");
}

Test(edges, an_empty_word_is_a_variable_that_was_not_set)
{
    put_clean(".");
    cr_expect(eq(int, run("$M check \"$NOTHING\""), 2));
    cr_expect(holds(err(), "muster: one of the arguments is empty\n"));
    cr_expect(eq(int, run("$M check --users ''"), 2));
    cr_expect(holds(err(), "muster: --users needs an argument: --users FILE\n"));
    cr_expect(eq(int, run("$M check --users= -o ''"), 2));
    cr_expect(holds(err(), "--output needs an argument"));
}

Test(edges, help_is_shown_beside_what_is_wrong)
{
    cr_expect(eq(int, run("$M check --bogus --help"), 2));
    cr_expect(holds(err(), "check has no option --bogus"));
    cr_expect(holds(out(), "usage: muster check"));
}

Test(edges, help_lists_what_changes_something)
{
    cr_expect(eq(int, run("$M records --help"), 0));
    cr_expect(holds(out(), "--output") && !holds(out(), "--format") && !holds(out(), "--privacy"));
    cr_expect(eq(int, run("$M explain --help"), 0));
    cr_expect(holds(out(), "--format") && !holds(out(), "--max-show"));
    cr_expect(eq(int, run("$M explain --max-show 3 -q --color never >/dev/null"), 0), "is taken");
    cr_expect(eq(int, run("$M explain --format sync"), 2));
    cr_expect(holds(err(), "the remote has no answer about rules"));
}

/* Somebody who gives a key wants no names in the report, and would not look for them in it. */
Test(edges, a_key_without_pseudonyms_is_told_to_do_nothing)
{
    static const char words[] =
        "muster: --pseudonym-key does nothing without --privacy pseudonym: values are shown\n";
    put_flawed(".");
    put("key", "secret");
    cr_expect(eq(int, run("$M check --pseudonym-key key"), 1));
    cr_expect(eq(str, err(), literal(words)));
    cr_expect(eq(int, run("$M check --pseudonym-key key --privacy mask"), 1));
    cr_expect(eq(str, err(), literal("")), "nothing is shown that was to be hidden");
    cr_expect(eq(int, run("$M check --pseudonym-key key --privacy pseudonym"), 1));
    cr_expect(eq(str, err(), literal("")));
}

/* The contract has 30 rules. */
Test(edges, the_table_of_rules_has_other_forms)
{
    cr_expect(eq(int, run("$M explain --format jsonl"), 0));
    unsigned count = 0;
    char *text = out();
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t len = strlen(line);
        cr_expect(line[0] == '{' && line[len - 1] == '}', "%s", line);
        count++;
    }
    cr_expect(eq(u32, count, 30));
    cr_expect(eq(int,
                 run("$M explain --format json | tr -d '\\n' | python3 -c 'import json, sys; "
                     "print(len(json.load(sys.stdin)[\"rules\"]))'"),
                 0));
    cr_expect(eq(str, out(), literal("30\n")));
}

Test(edges, every_rule_is_sound_json)
{
    cr_expect(eq(int,
                 run("$M explain | awk '$3 ~ /^[0-6]$/ {print $1}' | while read -r code; do "
                     "$M explain $code --format json || exit 9; done | python3 -c 'import json, "
                     "sys; print(len([json.loads(line)[\"code\"] for line in sys.stdin]))'"),
                 0));
    cr_expect(eq(str, out(), literal("30\n")), "%s", out());
}

Test(edges, differences_have_no_form_of_the_remote)
{
    put_clean("old");
    cr_expect(eq(int, run("$M diff old old --format sync"), 2));
    cr_expect(holds(err(), "muster plan --from OLD NEW --format sync"));
}

/* JSON is complete; what people read stays on two streams. */
Test(edges, differences_in_json_come_with_the_findings)
{
    put_clean("old");
    put_flawed("new");
    cr_expect(eq(int, run("$M diff old new --format jsonl"), 1));
    cr_expect(holds(out(), "{\"type\":\"finding\",\"code\":\"duplicate-user-id\""));
    cr_expect(holds(out(), "{\"type\":\"difference\",\"entity\":\"user\""));
    cr_expect(eq(str, err(), literal("")));
    cr_expect(eq(int,
                 run("$M diff old new --format json | python3 -c 'import json, sys; "
                     "print(len(json.load(sys.stdin)[\"findings\"]))'"),
                 0));
    cr_expect(eq(str, out(), literal("1\n")));
    cr_expect(eq(int, run("$M diff old new"), 1));
    cr_expect(not(holds(out(), "duplicate-user-id")));
    cr_expect(holds(err(), "[duplicate-user-id]"));
    put_fatal("fatal");
    cr_expect(eq(int, run("$M diff old fatal --format json"), 1));
    cr_expect(holds(out(), "\"verdict\":\"fatal\""));
    cr_expect(eq(str, err(), literal("muster: fatal cannot be compared\n")));
}

Test(edges, what_is_silenced_and_stops_all_the_same_is_not_clean)
{
    put_clean("old");
    put_flawed("new");
    cr_expect(eq(int,
                 run("$M plan --from old new --strict --ignore duplicate-user-id "
                     "--format jsonl"),
                 1));
    cr_expect(holds(out(), "\"verdict\":\"stopped\""));
    cr_expect(eq(int, run("$M plan --from old old --strict --format jsonl"), 0));
    cr_expect(holds(out(), "\"verdict\":\"clean\""));
}

/* A swap takes three steps and two teams. */
Test(edges, renames_for_now_are_counted_as_what_they_are)
{
    put_clean("old");
    put_clean("new");
    put("old/teams.csv", TEAMS_HEADER "T1,One,X1,\nT2,Two,,\n");
    put("new/teams.csv", TEAMS_HEADER "T1,Two,X1,\nT2,One,,\n");
    cr_expect(eq(int, run("$M plan --from old new"), 0));
    cr_expect(holds(out(), "~ 3  renames of teams, 1 of them for now only\n"));
    put("new/teams.csv", TEAMS_HEADER "T1,One,X1,\nT3,Two,,\n");
    cr_expect(eq(int, run("$M plan --from old new"), 0));
    cr_expect(not(holds(out(), "renames of")), "a new team under the old name is a re-key");
}

Test(edges, a_guard_is_told_where_the_form_has_no_place_for_it)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n");
    cr_expect(eq(int, run("$M plan --from old new --format sync --limit removeTeamMember=0"), 4));
    cr_expect(holds(out(), "{\"status\":\"completed\""));
    cr_expect(holds(err(), "muster: a guard stopped the plan\n"));
    cr_expect(eq(int, run("$M plan --from old new --format sync"), 0));
    cr_expect(eq(str, err(), literal("")));
}

Test(edges, limits_that_are_none)
{
    static const char *const limits[] = {"nothingLikeThis=5", "deleteTeam=99999999999999999999999",
                                         "deleteTeam=",       "deleteTeam=%",
                                         "deleteTeam=5%%",    "deleteTeam=-5",
                                         "deleteTeam",        "=5"};
    put_clean("old");
    put_fatal("fatal");
    for (size_t index = 0; index < sizeof limits / sizeof limits[0]; index++) {
        char line[128];
        (void)sprintf(line, "$M plan --from old old --limit '%s'", limits[index]);
        cr_expect(eq(int, run(line), 2), "%s", limits[index]);
        cr_expect(eq(str, out(), literal("")));
        (void)sprintf(line, "$M plan --from nowhere fatal --limit-subtree '%s'", limits[index]);
        cr_expect(eq(int, run(line), 2), "%s, whatever the files are", limits[index]);
    }
}

Test(edges, without_its_other_half_the_program_says_so)
{
    cr_expect(eq(int, run("mkdir d && cp $M d/muster && d/muster push"), 70));
    cr_expect(holds(err(), "muster-network: No such file or directory"));
    cr_expect(eq(int, run(": >d/muster-network; d/muster push"), 70));
    cr_expect(holds(err(), "d/muster-network: Permission denied"));
}

/* ---- Folders and files ------------------------------------------------------------------- */

Test(edges, fix_makes_the_folder_or_says_why_not)
{
    put_flawed("export");
    put("file", "mine");
    cr_expect(eq(int, run("$M fix export -o file"), 3));
    cr_expect(holds(err(), "file"));
    cr_expect(eq(str, content("file"), literal("mine")));
    cr_expect(eq(int, run("$M fix export -o no/such/folder"), 3));
    cr_expect(holds(err(), "cannot make the folder no/such/folder"));
    cr_expect(eq(int, run("$M fix export -o file/below"), 3));
    cr_expect(eq(int, run("$M fix export -o ''"), 2));
    cr_expect(eq(int, run("$M fix export -o -"), 2));
    cr_expect(eq(int, run("$M fix export -o fixed/"), 1));
    cr_expect(exists("fixed/users.csv"));
    cr_expect(holds(err(), "\nfixed/users.csv: 1 kept, 1 rejected\n"), "with one slash");
}

/* What is wrong with an export would hide what is wrong with the usage. */
Test(edges, where_to_write_is_judged_before_anything_is_read)
{
    static const char *const lines[] = {
        "$M snapshot export -o export/users.csv",
        "$M fix export -o export",
        "$M fix export -o export/",
        "$M leavers --from old export -o export/teams.csv",
        "$M leavers --from old export -o old/teams.csv",
        "$M diff old export -o old/users.csv",
        "$M plan --from old export -o export/users.csv",
        "$M check export -o export/teams.csv",
    };
    put_clean("old");
    put_flawed("export");
    for (size_t index = 0; index < sizeof lines / sizeof lines[0]; index++) {
        cr_expect(eq(int, run(lines[index]), 2), "%s", lines[index]);
        cr_expect(holds(err(), "muster: ") && !holds(err(), "duplicate"), "%s: %s", lines[index],
                  err());
    }
    cr_expect(eq(int, run("mkfifo pipe; $M snapshot export -o pipe"), 3));
    cr_expect(eq(str, err(),
                 literal("muster: cannot write pipe: a snapshot goes into a file, not into a "
                         "pipe\n")));
    cr_expect(eq(int, run("$M fix export -o pipe"), 3));
    cr_expect(eq(str, err(), literal("muster: pipe is not a folder\n")));
    cr_expect(eq(int, run(": >./-; $M fix --users - -o . <export/users.csv"), 1));
    cr_expect(exists("users.csv"), "standard input lies in no folder");
    cr_expect(eq(int, run("mkdir h; ln export/teams.csv h/teams.csv; $M fix export -o h"), 2));
    cr_expect(not(exists("h/users.csv")), "nothing is written where something cannot be");
    cr_expect(eq(int, run("$M check --users - -o export/users.csv <export/users.csv"), 2));
    cr_expect(holds(err(), "export/users.csv is an input, and would be overwritten"));
}

Test(edges, leavers_make_a_deprovision_file_and_take_none)
{
    put_clean("old");
    put_clean("new");
    put("new/deprovision.csv", "id,email,first_name,last_name\nQ,q@example.com,,\n");
    cr_expect(eq(int, run("$M leavers --from old new/users.csv --deprovision no/such"), 2));
    cr_expect(holds(err(), "leavers makes a deprovision file, and takes none"));
    cr_expect(eq(int, run("$M leavers --from old new/users.csv new/deprovision.csv"), 2));
    cr_expect(eq(int, run("$M leavers --from old new -o new/deprovision.csv"), 0),
              "one that lies in the folder is last week's");
    cr_expect(eq(int, run("cd new; $M leavers --from ../old -o deprovision.csv"), 0));
    cr_expect(eq(str, content("new/deprovision.csv"), literal("id,email,first_name,last_name\n")));
}

Test(edges, records_shows_all_that_is_wrong)
{
    put("q.csv", "a,b\nx\"y,z\n");
    cr_expect(eq(int, run("$M records q.csv --ignore stray-quote"), 2));
    cr_expect(holds(err(), "not with --ignore or --severity"));
    cr_expect(eq(int, run("$M records q.csv --severity stray-quote=info"), 2));
}

/* Whoever shares a pipe with us may have made it one that does not wait. */
Test(edges, a_result_waits_for_a_slow_reader, .timeout = 60)
{
    cr_expect(eq(int,
                 run("seq 1 100000 >numbers.csv; python3 -c '\n"
                     "import fcntl, os, subprocess, sys, time\n"
                     "inner, outer = os.pipe()\n"
                     "fcntl.fcntl(outer, fcntl.F_SETFL, os.O_NONBLOCK)\n"
                     "child = subprocess.Popen(sys.argv[1:], stdout=outer)\n"
                     "os.close(outer)\n"
                     "time.sleep(0.3)\n"
                     "data = open(inner, \"rb\").read()\n"
                     "sys.exit(child.wait() or data.count(b\"\\n\") != 100000)\n"
                     "' $M records numbers.csv"),
                 0));
    cr_expect(eq(str, err(), literal("")));
}

/* The next file that is opened must not take the place of a stream that was closed. */
Test(edges, a_closed_stream_is_no_file)
{
    put("q.csv", "a,b\nx\"y,z\nc,d\n");
    cr_expect(eq(int, run("$M records q.csv -o result 2>&-"), 3));
    cr_expect(eq(str, content("result"), literal("[\"a\",\"b\"]\n[\"c\",\"d\"]\n")));
    cr_expect(eq(int, run("$M records q.csv --fail-on never >&-"), 3));
    cr_expect(holds(err(), "cannot write to standard output: Bad file descriptor"));
    cr_expect(eq(int, run("$M records - <&-"), 3));
    cr_expect(holds(err(), "cannot read standard input: Bad file descriptor"));
    cr_expect(eq(int, run("$M records q.csv -o second <&- >&- 2>&-"), 3));
    cr_expect(eq(str, content("second"), content("result")));
    cr_expect(eq(int, run("$M pull --token-file q.csv --base http://127.0.0.1:1 >&-"), 2));
    cr_expect(holds(err(), "the API token holds a blank"));
}

/* Nobody who makes reports with such a key meant to let others make its words. */
Test(edges, a_key_of_blanks_is_none)
{
    static const char *const blanks[] = {"", "\n", " \t\r\n"};
    put_flawed(".");
    for (size_t index = 0; index < sizeof blanks / sizeof blanks[0]; index++) {
        put("key", blanks[index]);
        cr_expect(eq(int, run("$M check --privacy pseudonym --pseudonym-key key"), 2));
        cr_expect(holds(err(), "the key of pseudonyms in key is empty"));
    }
    put("key", " k\n");
    cr_expect(eq(int, run("$M check --privacy pseudonym --pseudonym-key key"), 1));
}

/* One that nobody writes to has no end; a writer may take its time to come, and to write. */
Test(edges, a_key_may_come_from_a_pipe_that_is_written_to)
{
    put_flawed(".");
    put("file", "key");
    cr_expect(eq(int,
                 run("mkfifo pipe; timeout 20 $M check --privacy pseudonym "
                     "--pseudonym-key pipe"),
                 3));
    cr_expect(holds(err(), "cannot read pipe: No such device or address"));
    cr_expect(holds(err(), "hint: somebody has to be writing to a named pipe"));
    cr_expect(eq(int, run("$M check --privacy pseudonym --pseudonym-key ."), 3));
    cr_expect(holds(err(), "cannot read .: Is a directory"));
    cr_assert(eq(int, run("$M check --privacy pseudonym --pseudonym-key file >wanted"), 1));
    static const char *const writers[] = {"(sleep 0.3; printf key) >pipe",
                                          "{ sleep 1.5; printf k; sleep 0.2; printf ey; } >pipe",
                                          "sleep 0.3; printf key >pipe"};
    for (size_t index = 0; index < sizeof writers / sizeof writers[0]; index++) {
        char line[256];
        (void)sprintf(line,
                      "{ %s; } & timeout 20 $M check --privacy pseudonym --pseudonym-key pipe; "
                      "code=$?; wait; exit $code",
                      writers[index]);
        cr_expect(eq(int, run(line), 1), "%s", writers[index]);
        cr_expect(eq(str, out(), content("wanted")), "%s", writers[index]);
    }
    cr_expect(eq(int,
                 run("export M; bash -c '$M check --privacy pseudonym --pseudonym-key "
                     "<(printf key)'"),
                 1));
    cr_expect(eq(str, out(), content("wanted")));
}

/* The record is rejected for its missing address, and keeps as many values as the header; a file
 * for people has an apostrophe before it. Blanks around a name of the header do not count. */
Test(edges, a_leaver_is_found_by_an_id_that_looks_like_a_formula)
{
    put_clean("old");
    put("old/users.csv", USERS_HEADER "=X2,bob@example.com,Bob,Ray,T1\n"
                                      "X1,ann@example.com,Ann,Lee,T1\n");
    put_clean("new");
    put("new/users.csv", " id\t,\temail ,first_name,last_name,team_id\n"
                         "X1,ann@example.com,Ann,Lee,T1\n=X2,,Bob,Ray,T1\n");
    cr_expect(eq(int, run("$M leavers --from old new"), 1));
    cr_expect(holds(err(), "1 of the people listed still stands in the new users file"));
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n=X3,,Bob,Ray,T1\n");
    cr_expect(eq(int, run("$M leavers --from old new"), 1));
    cr_expect(not(holds(err(), "still stands")));
}

/* An address in capital letters, within quotes with doubled ones, in a record with a value more. */
Test(edges, a_leaver_is_found_by_the_address_in_any_place)
{
    put_clean("old");
    put_clean("new");
    put("new/users.csv", USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\n"
                                      "\"a \"\"b\"\"\",x,y,z,more,BOB@Example.COM\n");
    cr_expect(eq(int, run("$M leavers --from old new"), 1));
    cr_expect(holds(err(), "1 of the people listed still stands in the new users file"));
}

/* ---- What a terminal could obey ---------------------------------------------------------- */

Test(edges, a_name_that_misleads_is_shown_as_bytes)
{
    static const char *const bad[] = {
        "\\033[2J",             /* a command */
        "\\177",                /* DEL */
        "\\302\\233",           /* U+009B */
        "\\330\\234",           /* U+061C */
        "\\342\\200\\213",      /* U+200B */
        "\\342\\200\\216",      /* U+200E */
        "\\342\\200\\256",      /* U+202E */
        "\\342\\201\\240",      /* U+2060 */
        "\\342\\201\\251",      /* U+2069 */
        "\\357\\273\\277",      /* U+FEFF */
        "\\363\\240\\200\\201", /* U+E0001 */
        "\\363\\240\\201\\277", /* U+E007F */
        "\\355\\240\\200",      /* a surrogate */
        "\\364\\220\\200\\200", /* beyond U+10FFFF */
        "\\300\\200",           /* overlong */
        "\\340\\200\\257",      /* overlong */
        "\\360\\200\\200\\257", /* overlong */
        "\\303",                /* cut */
        "\\303x",               /* cut by another */
        "\\377",
    };
    static const char *const good[] = {
        "\\303\\251",           "\\342\\202\\254",      "\\356\\200\\200",      "\\357\\277\\275",
        "\\360\\237\\232\\200", "\\364\\217\\277\\277", "\\363\\240\\202\\200", "\\342\\200\\260"};
    char line[256];
    for (size_t index = 0; index < sizeof bad / sizeof bad[0]; index++) {
        (void)sprintf(line, "$M check \"$(printf 'a%sz')\" 2>e; grep -caF \"$(printf '%s')\" e",
                      bad[index], bad[index]);
        (void)run(line);
        cr_expect(eq(str, out(), literal("0\n")), "%s", bad[index]);
    }
    for (size_t index = 0; index < sizeof good / sizeof good[0]; index++) {
        (void)sprintf(line, "$M check \"$(printf 'a%sz')\" 2>e; grep -caF \"$(printf 'a%sz')\" e",
                      good[index], good[index]);
        (void)run(line);
        cr_expect(not(eq(str, out(), literal("0\n"))), "%s", good[index]);
    }
}

Test(edges, a_name_of_any_length_is_shown)
{
    cr_expect(eq(int, run("$M check $(printf '%05000d' 0)"), 3));
    cr_expect(holds(err(), "00000000"));
    cr_expect(eq(int, run("$M check \"$(printf '%02000d' 0 | tr 0 '\\033')\""), 3));
    cr_expect(holds(err(), "\\x1b\\x1b"));
}

/* ---- Where someone watches --------------------------------------------------------------- */

/* `script` gives the line a terminal; what went to it is in `seen`. */
static void watched(const char *line)
{
    char command[512];
    if (run("command -v script") != 0) {
        leave(); /* which a test that is skipped does not come to */
        cr_skip("there is no script to make a terminal");
    }
    (void)sprintf(command, "export M; TERM=xterm script -qec '%s' seen </dev/null", line);
    (void)run(command);
}

Test(edges, a_phase_that_lasts_is_told_to_who_watches)
{
    put_clean(".");
    watched("stty cols 100; (sleep 2; cat users.csv) | $M check --users - --teams teams.csv "
            ">result");
    cr_expect(holds(content("seen"), "\r\033[K"), "%s", content("seen"));
    cr_expect(holds(content("seen"), " \xE2\x80\xA6 1 s"));
    cr_expect(eq(str, content("result"), literal("ok: 2 users, 1 team, no findings\n")));
    watched("(sleep 2; cat users.csv) | $M check -q --users - --teams teams.csv >result");
    cr_expect(not(holds(content("seen"), "\xE2\x80\xA6")), "-q: who asked for quiet has it");
}

Test(edges, colour_is_for_terminals_that_can)
{
    put_flawed(".");
    watched("$M check");
    cr_expect(holds(content("seen"), "\033["));
    watched("NO_COLOR=1 $M check");
    cr_expect(not(holds(content("seen"), "\033[")));
    watched("NO_COLOR= $M check");
    cr_expect(holds(content("seen"), "\033["), "an empty NO_COLOR is none");
    watched("TERM=dumb $M check");
    cr_expect(not(holds(content("seen"), "\033[")));
    watched("$M check --color never");
    cr_expect(not(holds(content("seen"), "\033[")));
    watched("stty cols 5; $M check --color never");
    cr_expect(holds(content("seen"), "duplicate-user-id"), "a narrow window takes nothing away");
}
