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

/* Which example a test runs; plain data, because each test is a process of its own. */
struct example_place {
    char file[64];
    size_t index;
};

static void file_path(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", MUSTER_SPEC_DIR, name);
}

static int is_example_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 3 && len < 64 && strcmp(entry->d_name + len - 3, ".md") == 0 &&
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
static void run_commands(const struct spec_example *example, const struct spec_folder *folder,
                         struct spec_outcome *outcome)
{
    const struct spec_block *block = &example->blocks[spec_example_find(example, "command")];
    const char *at = block->text;
    const char *end = block->text + block->size;
    const char *line;
    size_t len;
    while ((line = spec_line(&at, end, &len)) != NULL) {
        struct command command;
        cr_assert(command_parse(&command, line, len), "%s cannot be run as: %.*s", MUSTER_PROGRAM,
                  (int)len, line);
        if (at == end && spec_wants_lines(example)) {
            cr_assert(command_add(&command, "--format", 8) && command_add(&command, "jsonl", 5));
        }
        spec_outcome_close(outcome);
        cr_assert(spec_run(folder, command.words, outcome), "the program could not be started");
        cr_assert(at == end || outcome->code == 0 || outcome->code == 1,
                  "an earlier command ended with %d: %.*s\n%s", outcome->code, (int)len, line,
                  outcome->err);
    }
}

/* Only what the README knows, one command, and something behind it that can fail. */
static void check_form(const struct spec_example *example, const char *file)
{
    size_t command = spec_example_find(example, "command");
    cr_assert(command < example->block_count, "%s: %s: no command", file, example->title);
    for (size_t index = 0; index < example->block_count; index++) {
        const struct spec_block *block = &example->blocks[index];
        bool expected = index > command && spec_is_expectation(block->name);
        cr_assert(index == command || expected || spec_block_is_file(block),
                  "%s:%zu: a block that means nothing here: %s", file, block->line, block->name);
    }
    cr_assert(command + 1 < example->block_count, "%s: %s: nothing is expected", file,
              example->title);
}

static void run_example(const struct spec_example *example, const char *file)
{
    check_form(example, file);
    struct spec_folder folder;
    struct spec_outcome outcome = {0};
    cr_assert(spec_folder_open(&folder), "no temporary folder");
    size_t command = spec_example_find(example, "command");
    for (size_t index = 0; index < command; index++) {
        const struct spec_block *block = &example->blocks[index];
        cr_assert(spec_folder_write(&folder, block->name, block->text, block->size));
    }
    run_commands(example, &folder, &outcome);

    char *text = NULL;
    size_t size = 0;
    FILE *report = open_memstream(&text, &size);
    cr_assert(report != NULL);
    spec_compare(example, &outcome, &folder, report);
    fclose(report);
    spec_folder_close(&folder);
    cr_expect(size == 0, "%s: %s\n%s", file, example->title, text);
    free(text);
    spec_outcome_close(&outcome);
}

/* ---- Tests ------------------------------------------------------------------------------- */

static void free_places(struct criterion_test_params *params)
{
    cr_free(params->params);
}

/* Add all examples of one file; a file that is not understood counts as one. */
static size_t add_places(struct example_place **places, size_t count, const char *name)
{
    char path[PATH_MAX];
    struct spec_file file;
    file_path(path, name);
    spec_file_open(&file, path);
    size_t more = file.problem[0] != '\0' || file.example_count == 0 ? 1 : file.example_count;
    *places = realloc(*places, (count + more) * sizeof(**places));
    if (*places == NULL) {
        abort();
    }
    for (size_t index = 0; index < more; index++) {
        struct example_place *place = &(*places)[count + index];
        *place = (struct example_place){.index = index};
        snprintf(place->file, sizeof(place->file), "%s", name);
    }
    spec_file_close(&file);
    return count + more;
}

ParameterizedTestParameters(spec, the_program_does_what_the_example_says)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(MUSTER_SPEC_DIR, &entries, is_example_file, alphasort);
    struct example_place *places = NULL;
    size_t count = 0;
    for (int index = 0; index < entry_count; index++) {
        count = add_places(&places, count, entries[index]->d_name);
        free(entries[index]);
    }
    free(entries);
    /* The tests are processes of their own and see only this kind of memory. */
    struct example_place *shared = cr_malloc((count + 1) * sizeof(*shared));
    for (size_t index = 0; shared != NULL && index < count; index++) {
        shared[index] = places[index];
    }
    free(places);
    return cr_make_param_array(struct example_place, shared, count, free_places);
}

ParameterizedTest(struct example_place *place, spec, the_program_does_what_the_example_says)
{
    char path[PATH_MAX];
    struct spec_file file;
    file_path(path, place->file);
    spec_file_open(&file, path);
    cr_assert(file.problem[0] == '\0', "%s: %s", place->file, file.problem);
    cr_assert(place->index < file.example_count, "%s holds no example", place->file);
    run_example(&file.examples[place->index], place->file);
    spec_file_close(&file);
}

/* Does any block called `block_name` of the file have a line whose n-th word is `wanted`? */
static bool file_mentions(const struct spec_file *file, const char *block_name, int n,
                          const char *wanted)
{
    for (size_t index = 0; index < file->example_count; index++) {
        const struct spec_example *example = &file->examples[index];
        size_t place = spec_example_find(example, block_name);
        const char *at = place < example->block_count ? example->blocks[place].text : "";
        const char *end = at + strlen(at);
        const char *line;
        size_t len;
        while ((line = spec_line(&at, end, &len)) != NULL) {
            char words[2][64] = {"", ""};
            sscanf(line, "%63s %63s", words[0], words[1]);
            if (len > 0 && strcmp(words[n], wanted) == 0) {
                return true;
            }
        }
    }
    return false;
}

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
