/* SPDX-License-Identifier: MIT */

/*
 * Makes organisations of any size: users.csv and teams.csv as a customer would hand them over.
 *
 * The same options give the same bytes everywhere. A later state is the same organisation after
 * that many weeks, so two runs make a pair of exports to compare; see generate_organisation.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "generate_organisation.h"
#include "generate_rows.h"
#include "generate_rules.h"
#include "generate_values.h"

#define PATH_SIZE    4096
#define STATUS_OK    0
#define STATUS_WRITE 1
#define STATUS_USAGE 2

struct options {
    struct organisation_options organisation;
    enum rule broken;
    const char *folder;
    bool users_given;
    bool ascii;
    bool quoted;
    bool crlf;
    bool help;
};

static const char usage[] =
    "usage: generate --users N [options] -o DIR\n"
    "\n"
    "Writes DIR/users.csv and DIR/teams.csv, an organisation of N users (0 to 100000000).\n"
    "\n"
    "  -o DIR            the folder to write to; it is made where it is missing\n"
    "  --seed S          another organisation of that size (default 1)\n"
    "  --state 0|1|2     the same organisation so many weeks later (default 0)\n"
    "  --churn PERCENT   how many user rows change in a week (default 2, at most 100)\n"
    "  --shape SHAPE     tree (default), chain (one team below the other) or star\n"
    "  --ascii           names in ASCII only\n"
    "  --quoted          every field in quotes\n"
    "  --crlf            lines end in CRLF\n"
    "  --broken RULE     every record breaks that rule; state 0 only\n"
    "  --help            this text\n"
    "\n"
    "rules:";

static void usage_print(FILE *file)
{
    size_t column = strlen("rules:");

    fputs(usage, file);
    for (enum rule rule = RULE_NONE + 1; rule < RULE_COUNT; rule++) {
        const char *code = rule_breakage(rule)->code;
        if (column + 1 + strlen(code) > 90) {
            fputs("\n      ", file);
            column = strlen("      ");
        }
        fprintf(file, " %s", code);
        column += 1 + strlen(code);
    }
    fputs("\n", file);
}

static bool count_parse(const char *text, uint64_t max, uint64_t *value)
{
    char *end = NULL;

    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    *value = parsed;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && parsed <= max;
}

static bool churn_parse(const char *text, double *churn)
{
    char *end = NULL;

    *churn = strtod(text, &end) / 100;
    return end != text && *end == '\0' && *churn >= 0 && *churn <= 1;
}

static bool shape_parse(const char *text, enum shape *shape)
{
    static const char *const names[] = {
        [SHAPE_TREE] = "tree", [SHAPE_CHAIN] = "chain", [SHAPE_STAR] = "star"};

    for (enum shape index = SHAPE_TREE; index <= SHAPE_STAR; index++) {
        if (strcmp(text, names[index]) == 0) {
            *shape = index;
            return true;
        }
    }
    return false;
}

/* An option without a value; false for any other word. */
static bool flag_parse(const char *name, struct options *options)
{
    if (strcmp(name, "--ascii") == 0) {
        options->ascii = true;
    } else if (strcmp(name, "--quoted") == 0) {
        options->quoted = true;
    } else if (strcmp(name, "--crlf") == 0) {
        options->crlf = true;
    } else if (strcmp(name, "--help") == 0) {
        options->help = true;
    } else {
        return false;
    }
    return true;
}

static bool value_parse(const char *name, const char *value, struct options *options)
{
    uint64_t number = 0;

    if (strcmp(name, "--users") == 0) {
        options->users_given = true;
        return count_parse(value, USER_COUNT_MAX, &options->organisation.user_count);
    }
    if (strcmp(name, "--seed") == 0) {
        return count_parse(value, UINT64_MAX, &options->organisation.seed);
    }
    if (strcmp(name, "--state") == 0) {
        bool good = count_parse(value, WEEK_MAX, &number);
        options->organisation.state = (unsigned)number;
        return good;
    }
    if (strcmp(name, "--churn") == 0) {
        return churn_parse(value, &options->organisation.churn);
    }
    if (strcmp(name, "--shape") == 0) {
        return shape_parse(value, &options->organisation.shape);
    }
    if (strcmp(name, "--broken") == 0) {
        options->broken = rule_find(value);
        return options->broken != RULE_NONE;
    }
    options->folder = value;
    return value[0] != '\0';
}

static bool option_takes_value(const char *name)
{
    static const char *const names[] = {"--users", "--seed",   "--state", "--churn",
                                        "--shape", "--broken", "-o"};

    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        if (strcmp(name, names[index]) == 0) {
            return true;
        }
    }
    return false;
}

static bool options_parse(int count, char **words, struct options *options)
{
    for (int index = 1; index < count; index++) {
        if (flag_parse(words[index], options)) {
            continue;
        }
        if (!option_takes_value(words[index])) {
            fprintf(stderr, "generate: there is no option '%s'\n", words[index]);
            return false;
        }
        if (index + 1 == count) {
            fprintf(stderr, "generate: '%s' needs a value\n", words[index]);
            return false;
        }
        if (!value_parse(words[index], words[index + 1], options)) {
            fprintf(stderr, "generate: '%s' does not take '%s'\n", words[index], words[index + 1]);
            return false;
        }
        index++;
    }
    if (options->help) {
        return true;
    }
    if (!options->users_given || options->folder == NULL) {
        fputs("generate: --users N and -o DIR are needed\n", stderr);
        return false;
    }
    if (options->broken != RULE_NONE && options->organisation.state > 0) {
        fputs("generate: --broken goes with --state 0 only\n", stderr);
        return false;
    }
    return true;
}

/* Make the folder and those above it; one that exists already is as good. */
static bool folder_make(const char *folder)
{
    char path[PATH_SIZE];
    size_t size = strlen(folder);

    if (size >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(path, folder, size + 1);
    for (size_t index = 1; index <= size; index++) {
        char held = path[index];
        if (held != '/' && held != '\0') {
            continue;
        }
        path[index] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            return false;
        }
        path[index] = held;
    }
    return true;
}

static bool file_write(const char *folder, const char *name, const struct rows *rows,
                       bool (*write)(const struct rows *rows, FILE *file))
{
    char path[PATH_SIZE];
    int size = snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = size > 0 && (size_t)size < sizeof(path) ? fopen(path, "wb") : NULL;

    if (file == NULL) {
        fprintf(stderr, "generate: cannot make %s/%s: %s\n", folder, name, strerror(errno));
        return false;
    }
    /* The rows come in blocks of their own. */
    setvbuf(file, NULL, _IONBF, 0);
    bool written = write(rows, file);
    if (fclose(file) != 0 || !written) {
        fprintf(stderr, "generate: cannot write %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

static bool export_write(const struct options *options)
{
    const struct breakage *breakage = rule_breakage(options->broken);
    struct organisation_options wanted = options->organisation;
    struct organisation organisation;
    struct rows *rows = calloc(1, sizeof(*rows));

    wanted.placement = breakage->placement;
    wanted.managers_omitted = breakage->managers_omitted;
    wanted.circles = breakage->circles;
    if (rows == NULL || !organisation_open(&organisation, &wanted)) {
        fputs("generate: out of memory\n", stderr);
        free(rows);
        return false;
    }
    rows->breakage = breakage;
    rows->quoted = options->quoted;
    rows->crlf = options->crlf;
    values_prepare(&rows->values, &organisation, options->broken, options->ascii);
    bool good = file_write(options->folder, "users.csv", rows, rows_write_users) &&
                file_write(options->folder, "teams.csv", rows, rows_write_teams);
    organisation_close(&organisation);
    free(rows);
    return good;
}

int main(int argument_count, char **arguments)
{
    struct options options = {.organisation = {.seed = 1, .churn = 0.02}};

    if (!options_parse(argument_count, arguments, &options)) {
        usage_print(stderr);
        return STATUS_USAGE;
    }
    if (options.help) {
        usage_print(stdout);
        return STATUS_OK;
    }
    if (!folder_make(options.folder)) {
        fprintf(stderr, "generate: cannot make %s: %s\n", options.folder, strerror(errno));
        return STATUS_WRITE;
    }
    return export_write(&options) ? STATUS_OK : STATUS_WRITE;
}
