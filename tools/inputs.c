/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "terminal.h"

#define CODE_SIZE_MAX 64

struct option_group input_options_list(struct input_options *options, struct option *list,
                                       enum input_use use)
{
    bool checked = use != INPUT_READ && use != INPUT_UNUSED;
    const struct option all[INPUT_OPTION_COUNT] = {
        {"users", 0, OPTION_TEXTS, &options->paths[MUSTER_USERS], "FILE",
         "the users file, whatever its name; - is standard input"},
        {"teams", 0, OPTION_TEXTS, &options->paths[MUSTER_TEAMS], "FILE", "the teams file"},
        {"deprovision", 0, OPTION_TEXTS, &options->paths[MUSTER_DEPROVISION], "FILE",
         "the file of users to remove"},
        {"strict", 0, OPTION_FLAG, &options->strict, NULL,
         "as the remote with exitOnError=true: any error stops everything"},
        {"root", 0, OPTION_LIST, &options->roots, "ID[,ID...]",
         use == INPUT_SCOPED ? "only these teams and all below them (rootTeamIds)"
                             : "report those of these teams that are not kept (rootTeamIds)"},
        {"fail-on", 0, OPTION_CHOICE, &options->fail_on, "error|warning|never",
         "exit 1 from this severity on (default error)"},
        {"ignore", 0, OPTION_LIST, &options->ignore, "CODE[,CODE...]",
         "do not report these; what they remove is removed all the same"},
        {"severity", 0, OPTION_LIST, &options->severity, "CODE=error|warning|info",
         "report a code as more or less severe"},
        {"trim", 0, OPTION_FLAG, &options->trim, NULL, "read CSV without the blanks around values"},
        {"jobs", 'j', OPTION_NUMBER, &options->jobs, "N",
         "threads (default: as many as there are processors)"},
    };
    size_t count = 0;
    for (size_t index = 0; index < INPUT_OPTION_COUNT; index++) {
        bool names_file = index < MUSTER_FILE_COUNT;
        bool reads = use == INPUT_READ && (all[index].storage == &options->trim ||
                                           all[index].storage == &options->fail_on);
        if (use == INPUT_FETCHED && (names_file || all[index].storage == &options->roots)) {
            continue;
        }
        list[count] = all[index];
        bool comes_out = use == INPUT_LEFT && index == MUSTER_DEPROVISION;
        if (comes_out || (names_file ? !checked || use == INPUT_COMPARED : !checked && !reads)) {
            list[count].help = NULL;
        }
        count++;
    }
    const char *title =
        use == INPUT_FETCHED ? "Options about what is read" : "Options about the input";
    return (struct option_group){use != INPUT_UNUSED ? title : NULL, list, count};
}

static int code_unknown(const struct command *command, const char *option, struct muster_span name)
{
    return options_wrong(command, "muster explain lists all codes",
                         "--%s: there is no code \"%.*s\"%s", option, (int)name.len, name.ptr,
                         options_guess_code(name).text);
}

/* The rule that `name` may be silenced or re-graded, or NULL after saying why not. */
static const struct muster_rule *rule_judge(const struct command *command, const char *option,
                                            struct muster_span name)
{
    char text[CODE_SIZE_MAX] = "";
    if (name.len < sizeof text) {
        memcpy(text, name.ptr, name.len);
    }
    const struct muster_rule *rule = muster_rule_named(text);
    if (rule == NULL) {
        (void)code_unknown(command, option, name);
    } else if (rule->severity == MUSTER_FATAL) {
        (void)options_wrong(command, rule->cure,
                            "--%s: %s is fatal, so it can be neither silenced nor re-graded: "
                            "with it there is nothing that could be sent",
                            option, rule->name);
        rule = NULL;
    }
    return rule;
}

static int severity_settle(struct input_options *options, const struct command *command,
                           struct muster_span item)
{
    static const enum muster_severity severities[] = {MUSTER_ERROR, MUSTER_WARNING, MUSTER_INFO};
    const char *sign = memchr(item.ptr, '=', item.len);
    struct muster_span name = {item.ptr, sign != NULL ? (size_t)(sign - item.ptr) : item.len};
    const struct muster_rule *rule = rule_judge(command, "severity", name);
    if (rule == NULL) {
        return EXIT_USAGE;
    }
    struct muster_span word = {item.ptr + item.len, 0};
    if (sign != NULL) {
        word = (struct muster_span){sign + 1, item.len - name.len - 1};
    }
    for (size_t index = 0; index < sizeof severities / sizeof severities[0]; index++) {
        const char *candidate = muster_severity_name(severities[index]);
        if (strlen(candidate) == word.len && memcmp(candidate, word.ptr, word.len) == 0) {
            options->severities[rule->code] = (uint8_t)(1 + severities[index]);
            return EXIT_DONE;
        }
    }
    return options_wrong(command, NULL,
                         "--severity takes %s=error, %s=warning or %s=info, not \"%.*s\"",
                         rule->name, rule->name, rule->name, (int)item.len, item.ptr);
}

static int simd_settle(struct input_options *options, const struct command *command)
{
    static const char *const names[] = {"none", "sse2", "avx2", "avx512"};
    static const enum muster_simd values[] = {MUSTER_SIMD_NONE, MUSTER_SIMD_SSE2, MUSTER_SIMD_AVX2,
                                              MUSTER_SIMD_AVX512};
    const char *wanted = getenv("MUSTER_SIMD");
    if (wanted == NULL || wanted[0] == '\0') {
        return EXIT_DONE;
    }
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        if (strcmp(wanted, names[index]) == 0) {
            options->simd = values[index];
            return EXIT_DONE;
        }
    }
    return options_wrong(command, NULL, "MUSTER_SIMD is none, sse2, avx2 or avx512, not \"%s\"",
                         wanted);
}

int input_options_settle(struct input_options *options, const struct command *command)
{
    int result = simd_settle(options, command);
    for (size_t index = 0; index < options->severity.count && result == EXIT_DONE; index++) {
        result = severity_settle(options, command, options->severity.items[index]);
    }
    for (size_t index = 0; index < options->ignore.count && result == EXIT_DONE; index++) {
        const struct muster_rule *rule =
            rule_judge(command, "ignore", options->ignore.items[index]);
        if (rule == NULL) {
            result = EXIT_USAGE;
        } else {
            options->severities[rule->code] = MUSTER_IGNORED;
        }
    }
    return result;
}

const char *input_options_named(const struct input_options *options)
{
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (options->paths[file].count > 0) {
            return muster_file_name(file);
        }
    }
    return NULL;
}

void input_options_close(struct input_options *options)
{
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        option_list_close(&options->paths[file]);
    }
    option_list_close(&options->roots);
    option_list_close(&options->ignore);
    option_list_close(&options->severity);
}

const struct muster_input *inputs_find(const struct inputs *inputs, enum muster_file file)
{
    for (size_t index = 0; index < inputs->count; index++) {
        if (inputs->items[index].file == file) {
            return &inputs->items[index];
        }
    }
    return NULL;
}

void inputs_drop(struct inputs *inputs, enum muster_file file)
{
    size_t kept = 0;
    for (size_t index = 0; index < inputs->count; index++) {
        if (inputs->items[index].file != file) {
            inputs->items[kept++] = inputs->items[index];
        }
    }
    inputs->count = kept;
}

int inputs_missing(const struct inputs *inputs, enum muster_file file,
                   const struct command *command)
{
    const char *name = muster_file_name(file);
    if (inputs->folder != NULL) {
        complain("%s holds no %s.csv, which %s needs", inputs->folder, name, command->name);
        return EXIT_UNREADABLE;
    }
    return options_wrong(command,
                         file == MUSTER_USERS ? "name it: --users FILE" : "name it: --teams FILE",
                         "the %s file is missing, which %s needs", name, command->name);
}

void inputs_close(struct inputs *inputs)
{
    for (int file = 0; file < MUSTER_FILE_COUNT; file++) {
        free(inputs->storage[file]);
    }
    *inputs = (struct inputs){0};
}

bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

int standard_input_twice(const struct command *command)
{
    return options_wrong(command, "give one of the files by its name",
                         "standard input (-) can be one file only");
}

/* Take a file in, in its place by kind. */
static int inputs_add(struct inputs *inputs, enum muster_file file, const char *path,
                      const struct command *command)
{
    const struct muster_input *same = inputs_find(inputs, file);
    if (same != NULL) {
        return options_wrong(command, "check them one after the other, or put them together first",
                             "there are two %s files, %s and %s", muster_file_name(file),
                             same->path, path);
    }
    size_t place = inputs->count;
    for (size_t index = 0; index < inputs->count; index++) {
        if (is_standard_input(path) && is_standard_input(inputs->items[index].path)) {
            return standard_input_twice(command);
        }
    }
    for (; place > 0 && inputs->items[place - 1].file > file; place--) {
        inputs->items[place] = inputs->items[place - 1];
    }
    inputs->items[place] = (struct muster_input){.file = file, .path = path};
    inputs->count++;
    return EXIT_DONE;
}

static char *path_join(const char *folder, const char *name)
{
    size_t len = strlen(folder);
    size_t size = len + strlen(name) + sizeof "/.csv";
    char *path = malloc(size);
    if (path != NULL) {
        const char *slash = len > 0 && folder[len - 1] == '/' ? "" : "/";
        (void)snprintf(path, size, "%s%s%s.csv", folder, slash, name);
    }
    return path;
}

/* A link that leads nowhere is there too: it has to be told, not passed over. */
static bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

int inputs_add_folder(struct inputs *inputs, const char *folder, int *found,
                      const struct command *command)
{
    int result = EXIT_DONE;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT && result == EXIT_DONE; file++) {
        const char *name = muster_file_name(file);
        char *path = path_join(folder, name);
        if (path == NULL) {
            complain("%s", muster_status_text(MUSTER_NO_MEMORY));
            return EXIT_INTERNAL;
        }
        if (!is_there(path)) {
            free(path);
            continue;
        }
        ++*found;
        if (inputs->storage[file] != NULL) {
            result = inputs_add(inputs, file, path, command); /* says that there are two */
            free(path);
            continue;
        }
        inputs->storage[file] = path;
        result = inputs_add(inputs, file, path, command);
    }
    return result;
}

/* The kind that a base name stands for: "users" or "users.csv". */
static bool kind_of_name(const char *path, enum muster_file *kind)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        const char *stem = muster_file_name(file);
        size_t len = strlen(stem);
        if (strncmp(name, stem, len) == 0 &&
            (name[len] == '\0' || strcmp(name + len, ".csv") == 0)) {
            *kind = file;
            return true;
        }
    }
    return false;
}

static int argument_add(struct inputs *inputs, const char *path, const struct command *command)
{
    struct stat status;
    enum muster_file kind;
    if (is_standard_input(path)) {
        return options_wrong(command,
                             "say which file it is: --users -, --teams - or "
                             "--deprovision -",
                             "standard input (-) has no name that tells what is in it");
    }
    if (stat(path, &status) != 0) {
        complain("cannot read %s: %s", path, strerror(errno));
        return EXIT_UNREADABLE;
    }
    if (S_ISDIR(status.st_mode)) {
        int found = 0;
        int result = inputs_add_folder(inputs, path, &found, command);
        inputs->folder = path;
        if (result == EXIT_DONE && found == 0) {
            complain("%s holds no users.csv, teams.csv or deprovision.csv", path);
            advise("files of other names are given with --users FILE, --teams FILE or "
                   "--deprovision FILE");
            return EXIT_UNREADABLE;
        }
        return result;
    }
    if (!kind_of_name(path, &kind)) {
        char hint[512];
        (void)snprintf(hint, sizeof hint,
                       "say which it is: --users %.300s, or --teams, or "
                       "--deprovision",
                       path);
        return options_wrong(command, hint,
                             "the name of %s does not tell whether it holds users or teams", path);
    }
    inputs->named[kind] = true;
    return inputs_add(inputs, kind, path, command);
}

/* Nothing was named: the current folder, if it is one. */
static int current_folder_add(struct inputs *inputs, const struct command *command)
{
    static const char *const names[MUSTER_FILE_COUNT] = {"users.csv", "teams.csv",
                                                         "deprovision.csv"};
    int result = EXIT_DONE;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT && result == EXIT_DONE; file++) {
        if (is_there(names[file])) {
            result = inputs_add(inputs, file, names[file], command);
        }
    }
    inputs->folder = ".";
    if (result == EXIT_DONE && inputs->count == 0) {
        return options_wrong(command, "name the files or their folder, or --users FILE",
                             "there is nothing to read: no file was named, and this folder has no "
                             "users.csv, teams.csv or deprovision.csv");
    }
    return result;
}

int inputs_resolve(struct inputs *inputs, const struct input_options *options,
                   const struct option_set *set)
{
    *inputs = (struct inputs){0};
    int result = EXIT_DONE;
    bool named = set->file_count > 0;
    for (size_t index = 0; index < set->file_count && result == EXIT_DONE; index++) {
        result = argument_add(inputs, set->files[index], set->command);
    }
    for (unsigned file = 0; file < MUSTER_FILE_COUNT && result == EXIT_DONE; file++) {
        const struct option_list *paths = &options->paths[file];
        for (size_t index = 0; index < paths->count && result == EXIT_DONE; index++) {
            named = true;
            inputs->named[file] = true;
            result = inputs_add(inputs, file, paths->items[index].ptr, set->command);
        }
    }
    if (result == EXIT_DONE && !named) {
        result = current_folder_add(inputs, set->command);
    }
    if (result != EXIT_DONE) {
        inputs_close(inputs);
    }
    return result;
}

int inputs_judge_from(const struct inputs *inputs, const char *from, const struct command *command)
{
    bool taken = from != NULL && is_standard_input(from);
    for (size_t index = 0; index < inputs->count && taken; index++) {
        if (is_standard_input(inputs->items[index].path)) {
            return standard_input_twice(command);
        }
    }
    return EXIT_DONE;
}
