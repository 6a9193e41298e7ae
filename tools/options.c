/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

#define WORD_SIZE_MAX 48 /* longer words are not meant for any of ours */
#define MARK_SIZE_MAX 2
#define HELP_WIDTH    80
#define HELP_COLUMN   28

_Static_assert(sizeof "; did you mean ?" + MARK_SIZE_MAX + WORD_SIZE_MAX <= sizeof(struct guess),
               "a guess fits");

/* What every command has without asking for it. */
static const struct option help_option = {"help", 'h',  OPTION_FLAG,
                                          NULL,   NULL, "print this and exit"};
static const struct option version_option = {"version", 0,    OPTION_FLAG,
                                             NULL,      NULL, "print the version and exit"};

/* One run through the arguments. */
struct parse {
    struct option_set *set;
    int count;
    char **arguments;
    int at;
    bool wrong;
    bool exhausted; /* memory ran out */
    bool help_wanted;
    bool version_wanted;
};

void option_list_close(struct option_list *list)
{
    free(list->items);
    *list = (struct option_list){0};
}

static bool option_list_add(struct option_list *list, const char *text, size_t len)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        struct muster_span *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct muster_span){text, len};
    return true;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* One row of the table of distances: `at` letters of `from` against every start of `to`. */
struct distance_row {
    size_t cells[WORD_SIZE_MAX + 1];
};

static void row_fill(struct distance_row rows[3], struct muster_span from, size_t at,
                     struct muster_span to)
{
    const size_t *before = rows[(at + 1) % 3].cells; /* two letters ago */
    const size_t *above = rows[(at + 2) % 3].cells;
    size_t *row = rows[at % 3].cells;
    row[0] = at;
    for (size_t column = 1; column <= to.len; column++) {
        size_t change = from.ptr[at - 1] == to.ptr[column - 1] ? 0 : 1;
        bool swapped = at > 1 && column > 1 && from.ptr[at - 1] == to.ptr[column - 2] &&
                       from.ptr[at - 2] == to.ptr[column - 1];
        row[column] = smallest(above[column] + 1, row[column - 1] + 1, above[column - 1] + change);
        if (swapped && before[column - 2] + 1 < row[column]) {
            row[column] = before[column - 2] + 1;
        }
    }
}

/* Letters to insert, drop, replace or swap with their neighbour to get from one to the other. */
static size_t edit_distance(struct muster_span from, struct muster_span to)
{
    struct distance_row rows[3];
    for (size_t column = 0; column <= to.len; column++) {
        rows[0].cells[column] = column;
    }
    for (size_t at = 1; at <= from.len; at++) {
        row_fill(rows, from, at, to);
    }
    return rows[from.len % 3].cells[to.len];
}

/* The one of `words` that `word` is probably meant for, or NULL where none is near. */
static const char *nearest_word(struct muster_span word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t index = 0; index < count && word.len <= WORD_SIZE_MAX; index++) {
        struct muster_span candidate = {words[index], strlen(words[index])};
        if (candidate.len > WORD_SIZE_MAX) {
            continue;
        }
        size_t shorter = word.len < candidate.len ? word.len : candidate.len;
        size_t distance = edit_distance(word, candidate);
        if (shorter >= 3 && memcmp(word.ptr, candidate.ptr, shorter) == 0) {
            distance = 1; /* one begins with the other */
        }
        if (distance < best && distance <= (candidate.len + 1) / 3) {
            best = distance;
            nearest = words[index];
        }
    }
    return nearest;
}

struct guess options_guess(struct muster_span word, const char *mark, const char *const *words,
                           size_t count)
{
    struct guess guess = {""};
    const char *nearest = nearest_word(word, words, count);
    if (nearest != NULL) {
        (void)snprintf(guess.text, sizeof guess.text, "; did you mean %s%s?", mark, nearest);
    }
    return guess;
}

struct guess options_guess_code(struct muster_span word)
{
    const char *names[MUSTER_CODE_COUNT];
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        names[code] = muster_rule(code)->name;
    }
    return options_guess(word, "", names, MUSTER_CODE_COUNT);
}

int options_wrong(const struct command *command, const char *hint, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    complain("%s", text);
    if (hint != NULL) {
        advise("%s", hint);
    } else {
        advise("muster %s --help says more", command->name);
    }
    return EXIT_USAGE;
}

/* The options of all groups, one after the other; NULL behind the last. */
static const struct option *option_at(const struct option_set *set, size_t index)
{
    for (size_t group = 0; group < set->group_count; group++) {
        if (index < set->groups[group].count) {
            return &set->groups[group].options[index];
        }
        index -= set->groups[group].count;
    }
    return NULL;
}

static const struct option *option_named(const struct option_set *set, const char *name, size_t len)
{
    const struct option *option;
    for (size_t index = 0; (option = option_at(set, index)) != NULL; index++) {
        if (strlen(option->name) == len && memcmp(option->name, name, len) == 0) {
            return option;
        }
    }
    if (len == strlen(help_option.name) && memcmp(name, help_option.name, len) == 0) {
        return &help_option;
    }
    bool version =
        len == strlen(version_option.name) && memcmp(name, version_option.name, len) == 0;
    return version ? &version_option : NULL;
}

static const struct option *option_lettered(const struct option_set *set, char letter)
{
    const struct option *option;
    for (size_t index = 0; (option = option_at(set, index)) != NULL; index++) {
        if (option->letter == letter) {
            return option;
        }
    }
    return letter == help_option.letter ? &help_option : NULL;
}

/* Words separated by '|', one after the other; false behind the last. */
static bool choice_next(const char **at, struct muster_span *word)
{
    if (**at == '\0') {
        return false;
    }
    word->ptr = *at;
    word->len = strcspn(*at, "|");
    *at += word->len;
    *at += **at == '|' ? 1 : 0;
    return true;
}

static bool choice_set(const struct option *option, const char *argument)
{
    const char *at = option->argument;
    struct muster_span word;
    for (int index = 0; choice_next(&at, &word); index++) {
        if (strlen(argument) == word.len && memcmp(argument, word.ptr, word.len) == 0) {
            *(int *)option->storage = index;
            return true;
        }
    }
    complain("--%s takes %s, not \"%s\"", option->name, option->argument, argument);
    return false;
}

static bool number_set(const struct option *option, const char *argument)
{
    uint64_t number = 0;
    size_t len = strspn(argument, "0123456789");
    if (len == 0 || argument[len] != '\0') {
        complain("--%s takes a number, not \"%s\"", option->name, argument);
        return false;
    }
    for (size_t index = 0; index < len; index++) {
        unsigned digit = (unsigned)(argument[index] - '0');
        if (number > (UINT64_MAX - digit) / 10) {
            complain("--%s: %s is too large, the largest number is %llu", option->name, argument,
                     (unsigned long long)UINT64_MAX);
            return false;
        }
        number = number * 10 + digit;
    }
    *(uint64_t *)option->storage = number;
    return true;
}

/* Say so; false. An empty one is mostly a variable that was not set. */
static bool argument_missing(const struct option *option)
{
    complain("--%s needs an argument: --%s %s", option->name, option->name, option->argument);
    return false;
}

static bool list_set(struct parse *parse, const struct option *option, const char *argument)
{
    struct option_list *list = option->storage;
    size_t count = list->count;
    while (*argument != '\0') {
        size_t len = option->kind == OPTION_LIST ? strcspn(argument, ",") : strlen(argument);
        if (len > 0 && !option_list_add(list, argument, len)) {
            complain("%s", muster_status_text(MUSTER_NO_MEMORY));
            parse->exhausted = true;
            return false;
        }
        argument += len;
        argument += *argument == ',' ? 1 : 0;
    }
    return list->count > count || argument_missing(option);
}

static bool value_set(struct parse *parse, const struct option *option, const char *argument)
{
    switch (option->kind) {
    case OPTION_TEXT:
        *(const char **)option->storage = argument;
        return *argument != '\0' || argument_missing(option);
    case OPTION_NUMBER:
        return number_set(option, argument);
    case OPTION_CHOICE:
        return choice_set(option, argument);
    case OPTION_LIST:
    case OPTION_TEXTS:
        return list_set(parse, option, argument);
    case OPTION_FLAG:
        break;
    }
    return false;
}

/* An option was met; `value` is what stands behind it in the same argument, or NULL. */
static void option_take(struct parse *parse, const struct option *option, const char *value)
{
    if (option->kind == OPTION_FLAG && value != NULL) {
        complain("--%s takes no value", option->name);
        parse->wrong = true;
        return;
    }
    if (option == &help_option || option == &version_option) {
        parse->help_wanted = parse->help_wanted || option == &help_option;
        parse->version_wanted = parse->version_wanted || option == &version_option;
        return;
    }
    if (option->kind == OPTION_FLAG) {
        *(bool *)option->storage = true;
        return;
    }
    if (value == NULL && parse->at + 1 < parse->count) {
        value = parse->arguments[++parse->at];
    }
    bool done = value != NULL ? value_set(parse, option, value) : argument_missing(option);
    parse->wrong = parse->wrong || !done;
}

static void option_unknown(struct parse *parse, const char *name, size_t len)
{
    enum { NAME_COUNT_MAX = 64 };
    const char *names[NAME_COUNT_MAX] = {help_option.name, version_option.name};
    size_t count = 2;
    const struct option *option;
    for (size_t index = 0; (option = option_at(parse->set, index)) != NULL; index++) {
        if (count < NAME_COUNT_MAX) {
            names[count++] = option->name;
        }
    }
    struct muster_span word = {name, len};
    complain("%s has no option --%.*s%s", parse->set->command->name, (int)len, name,
             options_guess(word, "--", names, count).text);
    parse->wrong = true;
}

static void long_parse(struct parse *parse, const char *argument)
{
    size_t len = strcspn(argument, "=");
    const struct option *option = option_named(parse->set, argument, len);
    if (option == NULL) {
        option_unknown(parse, argument, len);
        return;
    }
    option_take(parse, option, argument[len] == '=' ? argument + len + 1 : NULL);
}

/* One argument may hold several letters; the first that takes an argument takes the rest. */
static void letters_parse(struct parse *parse, const char *letters)
{
    for (size_t index = 0; letters[index] != '\0'; index++) {
        const struct option *option = option_lettered(parse->set, letters[index]);
        if (option == NULL) {
            complain("%s has no option -%c", parse->set->command->name, letters[index]);
            parse->wrong = true;
            return;
        }
        bool takes_argument = option->kind != OPTION_FLAG;
        bool has_rest = letters[index + 1] != '\0';
        option_take(parse, option, takes_argument && has_rest ? letters + index + 1 : NULL);
        if (takes_argument) {
            return;
        }
    }
}

/* Print `text` from `column` on, broken at spaces. */
static void help_wrapped(const char *text, size_t column)
{
    size_t used = column;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (used > column && used + 1 + len > HELP_WIDTH) {
            printf("\n%*s", (int)column, "");
            used = column;
        }
        if (used > column) {
            putchar(' ');
            used++;
        }
        printf("%.*s", (int)len, text);
        used += len;
        text += len;
        text += *text == ' ' ? 1 : 0;
    }
    putchar('\n');
}

static void help_option_print(const struct option *option)
{
    char head[HELP_WIDTH];
    if (option->help == NULL) {
        return;
    }
    char letter[] = {' ', ' ', ' ', ' ', '\0'};
    if (option->letter != 0) {
        letter[0] = '-';
        letter[1] = option->letter;
        letter[2] = ',';
    }
    int size = snprintf(head, sizeof head, "  %s--%s%s%s", letter, option->name,
                        option->argument != NULL ? " " : "",
                        option->argument != NULL ? option->argument : "");
    printf("%s", head);
    if (size + 1 >= HELP_COLUMN) {
        putchar('\n');
        size = 0;
    }
    printf("%*s", HELP_COLUMN - size, "");
    help_wrapped(option->help, HELP_COLUMN);
}

static void help_print(const struct option_set *set)
{
    printf("%s", set->command->usage);
    for (size_t group = 0; group < set->group_count; group++) {
        if (set->groups[group].title == NULL) {
            continue;
        }
        printf("\n%s:\n", set->groups[group].title);
        for (size_t index = 0; index < set->groups[group].count; index++) {
            help_option_print(&set->groups[group].options[index]);
        }
    }
    printf("\nOther options:\n");
    help_option_print(&help_option);
    help_option_print(&version_option);
}

int options_printed(void)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("cannot write to standard output: %s", strerror(errno != 0 ? errno : EIO));
        return EXIT_UNREADABLE;
    }
    return EXIT_DONE;
}

bool options_parse(struct option_set *set, int count, char **arguments, int *exit_code)
{
    struct parse parse = {.set = set, .count = count, .arguments = arguments};
    bool all_files = false;
    int file_count = 0;
    for (parse.at = 1; parse.at < count; parse.at++) {
        char *argument = arguments[parse.at];
        if (argument[0] == '\0') {
            complain("one of the arguments is empty");
            parse.wrong = true;
        } else if (all_files || argument[0] != '-' || argument[1] == '\0') {
            arguments[1 + file_count++] = argument; /* never ahead of where we read */
        } else if (strcmp(argument, "--") == 0) {
            all_files = true;
        } else if (argument[1] == '-') {
            long_parse(&parse, argument + 2);
        } else {
            letters_parse(&parse, argument + 1);
        }
    }
    set->files = arguments + 1;
    set->file_count = (size_t)file_count;
    if (parse.help_wanted || parse.version_wanted) {
        if (parse.help_wanted) {
            help_print(set);
        } else {
            printf("muster %s\n", MUSTER_VERSION);
        }
        *exit_code = options_printed();
        *exit_code = *exit_code == EXIT_DONE && parse.wrong ? EXIT_USAGE : *exit_code;
        return false;
    }
    if (parse.exhausted) {
        *exit_code = EXIT_INTERNAL;
        return false;
    }
    if (parse.wrong) {
        advise("muster %s --help says more", set->command->name);
        *exit_code = EXIT_USAGE;
        return false;
    }
    return true;
}
