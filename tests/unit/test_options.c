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
    struct option_set set;
    int exit_code;
};

/* Parse words that are separated by single spaces. */
static bool parse(struct asked *asked, const char *line)
{
    static char words[512];
    static char *arguments[32];
    int count = 0;
    const struct option options[] = {
        {"flag", 'f', OPTION_FLAG, &asked->flag, NULL, "a flag"},
        {"gather", 'g', OPTION_FLAG, &asked->other_flag, NULL, "another flag"},
        {"output", 'o', OPTION_TEXT, &asked->text, "FILE", "a text"},
        {"jobs", 'j', OPTION_NUMBER, &asked->number, "N", "a number"},
        {"format", 0, OPTION_CHOICE, &asked->choice, "text|jsonl|json", "a choice"},
        {"root", 0, OPTION_LIST, &asked->list, "ID[,ID...]", "a list"},
    };
    const struct option_group group = {"Options", options, sizeof options / sizeof options[0]};
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        arguments[count++] = word;
    }
    asked->set = (struct option_set){.command = &command, .groups = &group, .group_count = 1};
    asked->exit_code = -1;
    return options_parse(&asked->set, count, arguments, &asked->exit_code);
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
}
