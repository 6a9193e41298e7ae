/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

static const struct command command = {.name = "try", .usage = "usage: muster try FILE...\n"};

/* Everything that can be asked for. */
struct asked {
    bool flag;
    bool other_flag;
    const char *text;
    uint64_t number;
    int choice;
    struct option_list list;
    struct option_list texts;
    struct option_set set;
    int exit_code;
};

static bool parse_words(struct asked *asked, int count, char **arguments)
{
    const struct option options[] = {
        {"flag", 'f', OPTION_FLAG, &asked->flag, NULL, "a flag"},
        {"gather", 'g', OPTION_FLAG, &asked->other_flag, NULL, "another flag"},
        {"output", 'o', OPTION_TEXT, &asked->text, "FILE", "a text"},
        {"jobs", 'j', OPTION_NUMBER, &asked->number, "N", "a number"},
    };
    const struct option others[] = {
        {"format", 0, OPTION_CHOICE, &asked->choice, "text|jsonl|json", "a choice"},
        {"root", 0, OPTION_LIST, &asked->list, "ID[,ID...]", "a list"},
        {"header", 'H', OPTION_TEXTS, &asked->texts, "TEXT", "texts"},
    };
    const struct option_group groups[] = {
        {"Options", options, sizeof options / sizeof options[0]},
        {"More options", others, sizeof others / sizeof others[0]},
    };
    asked->set = (struct option_set){.command = &command, .groups = groups, .group_count = 2};
    asked->exit_code = -1;
    return options_parse(&asked->set, count, arguments, &asked->exit_code);
}

/* Parse words that are separated by single spaces. */
static bool parse(struct asked *asked, const char *line)
{
    static char words[512];
    static char *arguments[32];
    int count = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        arguments[count++] = word;
    }
    return parse_words(asked, count, arguments);
}

static char *literal(const char *text)
{
    return (char *)text;
}

/* What was said on standard error since it was redirected. */
static char *said(void)
{
    static char text[4096];
    fflush(stderr);
    FILE *stream = cr_get_redirected_stderr();
    size_t size = fread(text, 1, sizeof text - 1, stream);
    text[size] = '\0';
    return text;
}

static bool list_holds(const struct option_list *list, size_t index, const char *word)
{
    return index < list->count && list->items[index].len == strlen(word) &&
           memcmp(list->items[index].ptr, word, strlen(word)) == 0;
}

Test(options, takes_what_is_no_option_as_a_file_wherever_it_stands)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try one --flag two -"));
    cr_expect(asked.flag);
    cr_assert(eq(sz, asked.set.file_count, 3));
    cr_expect(eq(str, asked.set.files[0], literal("one")));
    cr_expect(eq(str, asked.set.files[1], literal("two")));
    cr_expect(eq(str, asked.set.files[2], literal("-")));
}

Test(options, takes_everything_behind_two_hyphens_as_a_file)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try -- --flag -f --"));
    cr_expect(not(asked.flag));
    cr_assert(eq(sz, asked.set.file_count, 3));
    cr_expect(eq(str, asked.set.files[0], literal("--flag")));
    cr_expect(eq(str, asked.set.files[2], literal("--")));
}

Test(options, takes_an_argument_behind_an_equals_sign_or_as_the_next_word)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try --output=a=b --jobs 12"));
    cr_expect(eq(str, literal(asked.text), literal("a=b")));
    cr_expect(eq(u64, asked.number, 12));
    cr_assert(parse(&asked, "try --output --flag"));
    cr_expect(eq(str, literal(asked.text), literal("--flag")),
              "an argument may look like an option");
    cr_expect(not(asked.flag));
}

Test(options, takes_letters_together)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try -fgj4"));
    cr_expect(asked.flag);
    cr_expect(asked.other_flag);
    cr_expect(eq(u64, asked.number, 4));
    cr_assert(parse(&asked, "try -j 5 -ofile"));
    cr_expect(eq(u64, asked.number, 5));
    cr_expect(eq(str, literal(asked.text), literal("file")));
}

Test(options, the_last_of_two_counts)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try --format json --format=jsonl"));
    cr_expect(eq(int, asked.choice, 1));
}

Test(options, lists_are_gathered_from_commas_and_repetitions)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try --root T1,T2 --root=T3,,"));
    cr_assert(eq(sz, asked.list.count, 3));
    cr_expect(list_holds(&asked.list, 0, "T1"));
    cr_expect(list_holds(&asked.list, 1, "T2"));
    cr_expect(list_holds(&asked.list, 2, "T3"));
    option_list_close(&asked.list);
    cr_expect(eq(sz, asked.list.count, 0));
}

Test(options, a_list_may_be_long)
{
    struct asked asked = {0};
    cr_assert(
        parse(&asked, "try --root 0,1,2,3,4,5,6 --root 7,8,9 --root=10,11,12,13,14,15,16,17"));
    cr_assert(eq(sz, asked.list.count, 18));
    for (size_t index = 0; index < 18; index++) {
        char word[8];
        snprintf(word, sizeof word, "%zu", index);
        cr_expect(list_holds(&asked.list, index, word), "%zu", index);
    }
    option_list_close(&asked.list);
}

Test(options, texts_are_gathered_as_they_stand)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try --header a,b --header=,c -Hd,"));
    cr_assert(eq(sz, asked.texts.count, 3));
    cr_expect(list_holds(&asked.texts, 0, "a,b"));
    cr_expect(list_holds(&asked.texts, 1, ",c"));
    cr_expect(list_holds(&asked.texts, 2, "d,"));
    option_list_close(&asked.texts);
}

Test(options, what_is_empty_is_no_argument, .init = cr_redirect_stderr)
{
    static const char *const lines[][2] = {
        {"--output=", "one"}, {"--output", ""},     {"--root=,", "one"}, {"--root", ","},
        {"--root", ""},       {"--header=", "one"}, {"-o", ""},          {"one", ""},
    };
    for (size_t index = 0; index < sizeof lines / sizeof lines[0]; index++) {
        struct asked asked = {0};
        char *arguments[] = {literal("try"), literal(lines[index][0]), literal(lines[index][1])};
        cr_expect(not(parse_words(&asked, 3, arguments)), "%zu", index);
        cr_expect(eq(int, asked.exit_code, 2), "%zu", index);
    }
}

Test(options, nothing_is_taken_from_behind_the_last_argument, .init = cr_redirect_stderr)
{
    struct asked asked = {0};
    char *arguments[] = {literal("try"), literal("--output"), literal("beyond")};
    cr_expect(not(parse_words(&asked, 2, arguments)));
    cr_expect(eq(int, asked.exit_code, 2));
    cr_expect(eq(ptr, (void *)asked.text, NULL));
}

Test(options, names_are_whole, .init = cr_redirect_stderr)
{
    static const char *const wrong[] = {
        "--fla",   "--flags",    "--gethar",     "--roof",        "--roo",          "--hel",
        "--helps", "--halp",     "--versio",     "--versions",    "--varsion",      "-x",
        "-fx",     "-xf",        "--format=tex", "--format=xson", "--format=textx", "--flag=yes",
        "--help=", "--version=1"};
    for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
        struct asked asked = {0};
        char line[32];
        snprintf(line, sizeof line, "try %s", wrong[index]);
        cr_expect(not(parse(&asked, line)), "%s", wrong[index]);
        cr_expect(eq(int, asked.exit_code, 2), "%s", wrong[index]);
    }
}

Test(options, help_and_version_are_guessed_at_too, .init = cr_redirect_stderr)
{
    struct asked asked = {0};
    cr_assert(not(parse(&asked, "try --hlep --versoin --flga --raot -fx")));
    cr_expect(eq(str, said(),
                 literal("muster: try has no option --hlep; did you mean --help?\n"
                         "muster: try has no option --versoin; did you mean --version?\n"
                         "muster: try has no option --flga; did you mean --flag?\n"
                         "muster: try has no option --raot; did you mean --root?\n"
                         "muster: try has no option -x\n"
                         "hint: muster try --help says more\n")));
}

Test(options, a_wrong_option_is_answered_with_the_right_one, .init = cr_redirect_stderr)
{
    struct asked asked = {0};
    cr_assert(not(parse(&asked, "try --fromat json")));
    cr_expect(eq(int, asked.exit_code, 2));
    cr_expect(eq(str, said(),
                 literal("muster: try has no option --fromat; did you mean --format?\n"
                         "hint: muster try --help says more\n")));
}

Test(options, an_option_that_is_like_none_is_not_guessed_at, .init = cr_redirect_stderr)
{
    struct asked asked = {0};
    cr_assert(not(parse(&asked, "try --zzzzzz -x")));
    cr_expect(eq(int, asked.exit_code, 2));
    cr_expect(eq(str, said(),
                 literal("muster: try has no option --zzzzzz\n"
                         "muster: try has no option -x\n"
                         "hint: muster try --help says more\n")));
}

Test(options, a_number_may_be_too_large, .init = cr_redirect_stderr)
{
    struct asked asked = {0};
    cr_assert(parse(&asked, "try --jobs 00018446744073709551615"));
    cr_expect(eq(u64, asked.number, UINT64_MAX));
    cr_assert(not(parse(&asked, "try --jobs 18446744073709551616 --jobs 99999999999999999999x")));
    cr_expect(eq(str, said(),
                 literal("muster: --jobs: 18446744073709551616 is too large, the largest number "
                         "is 18446744073709551615\n"
                         "muster: --jobs takes a number, not \"99999999999999999999x\"\n"
                         "hint: muster try --help says more\n")));
}

Test(options, every_mistake_is_named_at_once, .init = cr_redirect_stderr)
{
    struct asked asked = {0};
    cr_assert(not(parse(&asked, "try --jobs many --flag=yes --format xml --output")));
    cr_expect(eq(str, said(),
                 literal("muster: --jobs takes a number, not \"many\"\n"
                         "muster: --flag takes no value\n"
                         "muster: --format takes text|jsonl|json, not \"xml\"\n"
                         "muster: --output needs an argument: --output FILE\n"
                         "hint: muster try --help says more\n")));
}

Test(options, a_number_must_be_one, .init = cr_redirect_stderr)
{
    const char *wrong[] = {"try --jobs=-1", "try --jobs=1x", "try --jobs=", "try --jobs=1.5",
                           "try --jobs=18446744073709551616"};
    for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
        struct asked asked = {0};
        cr_expect(not(parse(&asked, wrong[index])), "%s", wrong[index]);
        cr_expect(eq(int, asked.exit_code, 2));
    }
    struct asked asked = {0};
    cr_assert(parse(&asked, "try --jobs=18446744073709551615"));
    cr_expect(eq(u64, asked.number, UINT64_MAX));
}

Test(options, control_characters_do_not_reach_the_terminal, .init = cr_redirect_stderr)
{
    struct asked asked = {0};
    cr_assert(not(parse(&asked, "try --\x1b[2J\xc2\x9b")));
    cr_expect(eq(str, said(),
                 literal("muster: try has no option --\\x1b[2J\\xc2\\x9b\n"
                         "hint: muster try --help says more\n")));
}

Test(options, help_is_shown_beside_a_mistake_which_stays_one, .init = cr_redirect_stdout)
{
    struct asked asked = {0};
    cr_redirect_stderr();
    cr_assert(not(parse(&asked, "try --help")));
    cr_expect(eq(int, asked.exit_code, 0));
    cr_assert(not(parse(&asked, "try --nothing -h")));
    cr_expect(eq(int, asked.exit_code, 2));
}

Test(options, help_shows_every_option_within_80_columns, .init = cr_redirect_stdout)
{
    struct asked asked = {0};
    cr_assert(not(parse(&asked, "try --help")));
    fflush(stdout);
    FILE *stream = cr_get_redirected_stdout();
    char line[512];
    unsigned found = 0;
    while (fgets(line, sizeof line, stream) != NULL) {
        cr_expect(le(sz, strlen(line), 81), "%s", line);
        found += strstr(line, "-f, --flag") != NULL || strstr(line, "--format text|") != NULL ||
                         strstr(line, "--root ID[,ID...]") != NULL ||
                         strstr(line, "--version") != NULL ||
                         strstr(line, "usage: muster try FILE...") != NULL
                     ? 1
                     : 0;
    }
    cr_expect(eq(u32, found, 5));
}

/* What was printed on standard output since it was redirected. */
static char *printed(void)
{
    static char text[8192];
    fflush(stdout);
    size_t size = fread(text, 1, sizeof text - 1, cr_get_redirected_stdout());
    text[size] = '\0';
    return text;
}

#define TEN "ninebytes "

/* Names begin in the third column, explanations in the 29th, and lines end before the 81st. */
Test(options, help_is_broken_at_spaces, .init = cr_redirect_stdout)
{
    uint64_t number;
    const struct option options[] = {
        {"a", 'a', OPTION_NUMBER, &number, "N",
         TEN TEN TEN TEN TEN "x"
                             " y"},
        {"b", 0, OPTION_NUMBER, &number, "N", TEN TEN TEN TEN "ninebytes xy y"},
        {"c", 0, OPTION_NUMBER, &number, "N", TEN TEN TEN TEN "ninebytes xyz y"},
        {"seventeen-letters", 0, OPTION_FLAG, &number, NULL, "beside"},
        {"eighteen-letters-x", 0, OPTION_FLAG, &number, NULL, "beside"},
        {"nineteen-letters-xy", 0, OPTION_FLAG, &number, NULL, "below"},
        {"unseen", 0, OPTION_FLAG, &number, NULL, NULL},
    };
    const struct option_group groups[] = {{NULL, options, 7}, {"Mine", options, 7}};
    struct option_set set = {.command = &command, .groups = groups, .group_count = 2};
    char *arguments[] = {literal("try"), literal("-h")};
    int exit_code = -1;
    cr_assert(not(options_parse(&set, 2, arguments, &exit_code)));
    cr_expect(eq(int, exit_code, 0));
    cr_expect(eq(str, printed(),
                 literal("usage: muster try FILE...\n"
                         "\nMine:\n"
                         "  -a, --a N                 " TEN TEN TEN TEN TEN "x\n"
                         "                            y\n"
                         "      --b N                 " TEN TEN TEN TEN "ninebytes xy\n"
                         "                            y\n"
                         "      --c N                 " TEN TEN TEN TEN "ninebytes\n"
                         "                            xyz y\n"
                         "      --seventeen-letters   beside\n"
                         "      --eighteen-letters-x  beside\n"
                         "      --nineteen-letters-xy\n"
                         "                            below\n"
                         "\nOther options:\n"
                         "  -h, --help                print this and exit\n"
                         "      --version             print the version and exit\n")));
}

Test(options, the_version_is_shown_alone, .init = cr_redirect_stdout)
{
    struct asked asked = {0};
    cr_assert(not(parse(&asked, "try one --version")));
    cr_expect(eq(int, asked.exit_code, 0));
    cr_expect(eq(str, printed(), literal("muster " MUSTER_VERSION "\n")));
}

Test(options, the_version_is_shown_beside_a_mistake_which_stays_one, .init = cr_redirect_stdout)
{
    struct asked asked = {0};
    cr_redirect_stderr();
    cr_assert(not(parse(&asked, "try --version --nothing")));
    cr_expect(eq(int, asked.exit_code, 2));
    cr_expect(eq(str, printed(), literal("muster " MUSTER_VERSION "\n")));
}

Test(options, the_nearest_word_is_found_by_its_letters)
{
    const char *words[] = {"duplicate-email", "duplicate-user-id", "team-cycle", "empty-file"};
    const struct {
        const char *word;
        const char *guess;
    } cases[] = {
        {"duplicate-emial", "; did you mean duplicate-email?"},
        {"duplicate_email", "; did you mean duplicate-email?"},
        {"duplicate-userid", "; did you mean duplicate-user-id?"},
        {"cycle", ""},
        {"team", "; did you mean team-cycle?"},
        {"emptyfile", "; did you mean empty-file?"},
        {"zebra", ""},
        {"", ""},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct muster_span word = {cases[index].word, strlen(cases[index].word)};
        struct guess guess = options_guess(word, "", words, 4);
        cr_expect(eq(str, guess.text, literal(cases[index].guess)), "%s", cases[index].word);
    }
}

static bool holds_guess(struct muster_span word, const char *candidate)
{
    return options_guess(word, "", &candidate, 1).text[0] != '\0';
}

/* A third of the letters of what may be meant, to the nearest number, may be wrong: of four letters
 * one, since two make another word of most. */
Test(options, each_letter_to_insert_drop_replace_or_swap_counts_once)
{
    static const struct {
        const char *candidate;
        const char *word;
        bool near;
    } cases[] = {
        {"abc", "xbc", true},
        {"abc", "axc", true},
        {"abc", "xxc", false},
        {"abc", "bc", true},
        {"abc", "xabc", true},
        {"abc", "axbc", true},
        {"abc", "xabcy", false},
        {"abc", "ac", true},
        {"abc", "bac", true},
        {"abc", "acb", true},
        {"abc", "bax", false},
        {"abc", "bxc", false},
        {"abc", "xac", false},
        {"abc", "cba", false},
        {"abc", "c", false},
        {"abc", "", false},
        {"ab", "ba", true},
        {"ab", "bac", false},
        {"abcd", "axcd", true},
        {"abcd", "axxd", false},
        {"abcd", "bacd", true},
        {"abcd", "badc", false},
        {"trim", "from", false},
        {"abcdefg", "axcxefg", true},
        {"abcdefg", "axcxexg", false},
        {"abcdefgh", "axcxexgh", true},
        {"abcde", "bd", false},
        {"abcde", "bde", true},
        {"abcdef", "axcxef", true},
        {"abcdef", "axcxxf", false},
        {"abc", "abcabcabc", true},
        {"abcabcabc", "abc", true},
        {"abcabcabc", "ab", false},
        {"abcabcabc", "bcabcabc", true},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct muster_span word = {cases[index].word, strlen(cases[index].word)};
        cr_expect(eq(int, holds_guess(word, cases[index].candidate), cases[index].near),
                  "%s for %s", cases[index].word, cases[index].candidate);
    }
}

Test(options, every_code_may_be_guessed_at)
{
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const char *name = muster_rule(code)->name;
        char want[96];
        snprintf(want, sizeof want, "; did you mean %s?", name);
        struct guess guess = options_guess_code((struct muster_span){name, strlen(name) - 1});
        cr_expect(eq(str, guess.text, want));
    }
}

Test(options, the_nearest_of_several_is_offered)
{
    const char *words[] = {"abcdxy", "abcdex", "xbcdxf", "xbczzf"};
    struct muster_span word = {"xbcdef", 6};
    cr_expect(eq(str, options_guess(word, "", words, 4).text, literal("; did you mean xbcdxf?")));
}

Test(options, a_guess_has_a_mark_and_room_for_the_longest_word)
{
    static const char longest[] = "a-word-of-forty-eight-letters-which-nobody-types";
    const char *words[] = {longest};
    struct guess guess = options_guess((struct muster_span){longest, 48}, "--", words, 1);
    cr_expect(eq(str, guess.text,
                 literal("; did you mean --a-word-of-forty-eight-letters-which-nobody-types?")));
}

Test(options, a_long_word_is_no_trouble)
{
    static char text[100000];
    const char *words[] = {"format"};
    memset(text, 'f', sizeof text);
    struct muster_span word = {text, sizeof text};
    struct guess guess = options_guess(word, "", words, 1);
    cr_expect(eq(str, guess.text, literal("")));
    const char *others[] = {"a-word-of-forty-nine-letters-that-nobody-may-type", "format"};
    guess = options_guess((struct muster_span){"fromat", 6}, "", others, 2);
    cr_expect(eq(str, guess.text, literal("; did you mean format?")));
}

/* 16 of 48 letters may be wrong. */
Test(options, the_longest_words_are_compared_to_the_last_letter)
{
    const char *words[] = {"xxxxxxxxxxxxxxxx-forty-eight-letters-in-all-here"};
    struct muster_span word = {"yyyyyyyyyyyyyyyy-forty-eight-letters-in-all-here", 48};
    cr_expect(eq(sz, strlen(words[0]), 48));
    cr_expect(holds_guess(word, words[0]));
    word.ptr = "yyyyyyyyyyyyyyyy-forty-eight-letters-in-all-hers";
    cr_expect(not(holds_guess(word, words[0])), "17 are too many");
}
