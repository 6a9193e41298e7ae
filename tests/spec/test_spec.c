/* SPDX-License-Identifier: MIT */
/*
 * Runs the examples of this folder; its README.md says how they are written. MUSTER_PROGRAM is the
 * path of the program, MUSTER_SPEC_DIR that of the folder.
 */
#define _XOPEN_SOURCE 700
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec_compare.h"
#include "spec_example.h"
#include "spec_run.h"

#define WORD_COUNT_MAX 32

/* The file that a test runs; plain data, because each test is a process of its own. */
struct example_file {
    char name[256];
};

static void file_path(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", MUSTER_SPEC_DIR, name);
}

static int is_example_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 3 && len < 256 && strcmp(entry->d_name + len - 3, ".md") == 0 &&
           strcmp(entry->d_name, "README.md") != 0;
}

/* ---- Running one example ----------------------------------------------------------------- */

/* A command line taken apart; the words point into `bytes`. */
struct command {
    char bytes[4096];
    size_t used;
    char *words[WORD_COUNT_MAX + 1];
    size_t count;
};

/* `CORPORA/x` becomes a path; everything else stays. False where there are too many words. */
static bool command_add(struct command *command, const char *word, size_t len)
{
    static const char mark[] = "CORPORA/";
    char corpora[PATH_MAX] = "";
    bool marked = len >= sizeof(mark) - 1 && memcmp(word, mark, sizeof(mark) - 1) == 0;
    char path[PATH_MAX];
    file_path(path, "../../corpora");
    if (marked && realpath(path, corpora) == NULL) {
        return false;
    }
    const char *rest = marked ? word + sizeof(mark) - 2 : word;
    size_t rest_len = marked ? len - (sizeof(mark) - 2) : len;
    char *start = command->bytes + command->used;
    size_t room = sizeof(command->bytes) - command->used;
    int size = snprintf(start, room, "%s%.*s", corpora, (int)rest_len, rest);
    if (size < 0 || (size_t)size >= room || command->count >= WORD_COUNT_MAX) {
        return false;
    }
    command->words[command->count++] = start;
    command->used += (size_t)size + 1;
    return true;
}

static bool command_parse(struct command *command, const char *line, size_t len)
{
    char program[PATH_MAX];
    *command = (struct command){0};
    if (realpath(MUSTER_PROGRAM, program) == NULL ||
        !command_add(command, program, strlen(program))) {
        return false;
    }
    for (size_t at = 0; at < len; at++) {
        size_t start = at;
        while (at < len && line[at] != ' ') {
            at++;
        }
        if (at > start && !command_add(command, line + start, at - start)) {
            return false;
        }
    }
    return command->count > 1;
}

/* Run the lines of the command block; the outcome is that of the last one. */
static bool run_commands(const struct spec_example *example, const struct spec_folder *folder,
                         struct spec_outcome *outcome, FILE *report)
{
    const struct spec_block *block = &example->blocks[spec_example_find(example, "command")];
    const char *at = block->text;
    const char *end = block->text + block->size;
    const char *line;
    size_t len;
    while ((line = spec_line(&at, end, &len)) != NULL) {
        struct command command;
        bool ready = command_parse(&command, line, len);
        if (ready && at == end && spec_wants_lines(example)) {
            ready = command_add(&command, "--format", 8) && command_add(&command, "jsonl", 5);
        }
        spec_outcome_close(outcome);
        if (!ready || !spec_run(folder, command.words, outcome)) {
            fprintf(report, "%s cannot be run as: %.*s\n", MUSTER_PROGRAM, (int)len, line);
            return false;
        }
        if (at < end && outcome->code != 0 && outcome->code != 1) {
            fprintf(report, "an earlier command ended with %d: %.*s\n%s\n", outcome->code, (int)len,
                    line, outcome->err);
            return false;
        }
    }
    return outcome->out != NULL;
}

/* An empty block would be met by anything, and so would an exit code that is no number: by 0. */
static bool can_fail(const struct spec_block *block)
{
    size_t digits = strspn(block->text, "0123456789");
    bool number = digits > 0 && digits + 1 == block->size;
    return block->size > 0 && (number || strcmp(block->name, "exit") != 0);
}

/* Only what the README knows, one command, and something behind it that can fail. */
static bool check_form(const struct spec_example *example, FILE *report)
{
    size_t command = spec_example_find(example, "command");
    if (command + 1 >= example->block_count) {
        fprintf(report, "no command, or nothing is expected of it\n");
        return false;
    }
    for (size_t index = 0; index < example->block_count; index++) {
        const struct spec_block *block = &example->blocks[index];
        bool expected = index > command && spec_is_expectation(block->name) && can_fail(block);
        if (index != command && !expected && !spec_block_is_file(block)) {
            fprintf(report, "line %zu: a block that means nothing here\n", block->line);
            return false;
        }
    }
    return true;
}

/* Everything that is not as the example says is written to `report`. */
static void run_example(const struct spec_example *example, FILE *report)
{
    struct spec_folder folder;
    struct spec_outcome outcome = {0};
    if (!check_form(example, report)) {
        return;
    }
    if (!spec_folder_open(&folder)) {
        fprintf(report, "there is no temporary folder\n");
        return;
    }
    bool ready = true;
    size_t command = spec_example_find(example, "command");
    for (size_t index = 0; ready && index < command; index++) {
        const struct spec_block *block = &example->blocks[index];
        ready = spec_folder_write(&folder, block->name, block->text, block->size);
    }
    if (!ready) {
        fprintf(report, "its files cannot be written\n");
    } else if (run_commands(example, &folder, &outcome, report)) {
        spec_compare(example, &outcome, &folder, report);
    }
    spec_outcome_close(&outcome);
    spec_folder_close(&folder);
}

/* ---- Tests ------------------------------------------------------------------------------- */

static void free_files(struct criterion_test_params *params)
{
    cr_free(params->params);
}

/* One test for each file: a process for each example would take longer than the examples. */
ParameterizedTestParameters(spec, the_program_does_what_the_examples_say)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(MUSTER_SPEC_DIR, &entries, is_example_file, alphasort);
    size_t count = entry_count > 0 ? (size_t)entry_count : 0;
    /* The tests are processes of their own and see only this kind of memory. */
    struct example_file *files = cr_malloc((count + 1) * sizeof(*files));
    for (size_t index = 0; index < count; index++) {
        files[index] = (struct example_file){""};
        snprintf(files[index].name, sizeof(files[index].name), "%s", entries[index]->d_name);
        free(entries[index]);
    }
    free(entries);
    return cr_make_param_array(struct example_file, files, count, free_files);
}

/* No example takes a second; a program that waits for something must end, too. */
ParameterizedTest(struct example_file *which, spec, the_program_does_what_the_examples_say,
                  .timeout = 240)
{
    char path[PATH_MAX];
    struct spec_file file;
    file_path(path, which->name);
    spec_file_open(&file, path);
    cr_assert(file.problem[0] == '\0', "%s: %s", which->name, file.problem);
    cr_assert(file.example_count > 0, "%s holds no example", which->name);
    for (size_t index = 0; index < file.example_count; index++) {
        char *text = NULL;
        size_t size = 0;
        FILE *report = open_memstream(&text, &size);
        cr_assert(report != NULL);
        run_example(&file.examples[index], report);
        fclose(report);
        cr_expect(size == 0, "%s: %s\n%s", which->name, file.examples[index].title, text);
        free(text);
    }
    spec_file_close(&file);
}

/* Has the block a line whose n-th word is `wanted`? */
static bool block_mentions(const struct spec_block *block, int n, const char *wanted)
{
    const char *at = block->text;
    const char *line;
    size_t len;
    while ((line = spec_line(&at, block->text + block->size, &len)) != NULL) {
        char words[2][64] = {"", ""};
        sscanf(line, "%63s %63s", words[0], words[1]);
        if (len > 0 && strcmp(words[n], wanted) == 0) {
            return true;
        }
    }
    return false;
}

static bool file_mentions(const struct spec_file *file, const char *block_name, int n,
                          const char *wanted)
{
    for (size_t index = 0; index < file->example_count; index++) {
        const struct spec_example *example = &file->examples[index];
        size_t place = spec_example_find(example, block_name);
        if (place < example->block_count && block_mentions(&example->blocks[place], n, wanted)) {
            return true;
        }
    }
    return false;
}

/* Has any example a block called `block_name` with a line whose n-th word is `wanted`? */
static bool examples_mention(const char *block_name, int n, const char *wanted)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(MUSTER_SPEC_DIR, &entries, is_example_file, alphasort);
    bool found = false;
    for (int index = 0; index < entry_count; index++) {
        char path[PATH_MAX];
        struct spec_file file;
        file_path(path, entries[index]->d_name);
        /* The corpora are walked by name, so they do not count as an example of a rule. */
        if (!found && strcmp(entries[index]->d_name, "corpora.md") != 0) {
            spec_file_open(&file, path);
            found = file_mentions(&file, block_name, n, wanted);
            spec_file_close(&file);
        }
        free(entries[index]);
    }
    free(entries);
    return found;
}

Test(spec, every_rule_of_the_corpora_has_an_example)
{
    char path[PATH_MAX];
    file_path(path, "../../corpora/broken");
    DIR *folder = opendir(path);
    cr_assert(folder != NULL, "there is no folder corpora/broken");
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "all") != 0) {
            count++;
            cr_expect(examples_mention("findings", 1, entry->d_name), "no example gives %s",
                      entry->d_name);
        }
    }
    closedir(folder);
    cr_expect(eq(sz, count, 30));
}

Test(spec, every_kind_of_operation_has_an_example)
{
    static const char *const kinds[] = {
        "rekeyTeam",         "rekeyUser",      "renameTeam",       "addTeam",    "moveTeam",
        "addTeamMember",     "moveTeamMember", "removeTeamMember", "removeUser", "addTeamManager",
        "removeTeamManager", "deleteTeam",     "removeLicense",
    };
    for (size_t index = 0; index < sizeof(kinds) / sizeof(kinds[0]); index++) {
        cr_expect(examples_mention("operations", 0, kinds[index]), "no example gives %s",
                  kinds[index]);
    }
}

/* Does any command have the word `CORPORA/<path>`, or one that begins with it and a slash? */
static bool commands_name(const struct spec_file *file, const char *path)
{
    char wanted[PATH_MAX];
    size_t len = (size_t)snprintf(wanted, sizeof(wanted), " CORPORA/%s", path);
    for (size_t index = 0; index < file->example_count; index++) {
        const struct spec_example *example = &file->examples[index];
        size_t place = spec_example_find(example, "command");
        const char *at = place < example->block_count ? example->blocks[place].text : "";
        while ((at = strstr(at, wanted)) != NULL) {
            at += len;
            if (strchr(" /\n", *at) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static bool is_named(const char *path)
{
    static const char *const names[] = {"corpora.md", "guards.md"};
    bool found = false;
    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        char place[PATH_MAX];
        struct spec_file file;
        file_path(place, names[index]);
        spec_file_open(&file, place);
        found = found || commands_name(&file, path);
        spec_file_close(&file);
    }
    return found;
}

Test(spec, everything_in_the_corpora_has_an_example)
{
    static const struct {
        const char *folder;
        size_t count_min;
    } kinds[] = {{"valid", 20},   {"broken", 31},      {"pairs", 25},
                 {"hostile", 35}, {"organisation", 2}, {"snapshots", 2}};
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/../../corpora/%s", MUSTER_SPEC_DIR, kinds[kind].folder);
        DIR *folder = opendir(path);
        cr_assert(folder != NULL, "%s", path);
        size_t count = 0;
        const struct dirent *entry;
        while ((entry = readdir(folder)) != NULL) {
            if (entry->d_name[0] != '.') {
                char name[PATH_MAX];
                snprintf(name, sizeof(name), "%s/%s", kinds[kind].folder, entry->d_name);
                cr_expect(is_named(name), "no example has corpora/%s", name);
                count++;
            }
        }
        closedir(folder);
        cr_expect(ge(sz, count, kinds[kind].count_min), "%s", kinds[kind].folder);
    }
}
