/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "commands/shared.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "terminal.h"

static const char usage[] =
    "usage: muster fix [FILE... | DIR] -o DIR\n"
    "\n"
    "Writes what the remote would keep of an export: DIR/users.csv, DIR/teams.csv\n"
    "and DIR/deprovision.csv, those that were given. The records that are not kept\n"
    "go to DIR/users.rejected.csv and so on, each with its line and the reasons.\n"
    "Records that are kept whole stay as they are, byte for byte, unless the export\n"
    "is read with --trim: then the blanks around values are gone from the files too.\n"
    "Findings go to standard error, or with --format to standard output.\n"
    "\n"
    "DIR is made where it is not there yet. It must not be the folder of an input.\n"
    "Files of an earlier export that this one does not have are named, and stay.\n"
    "\n"
    "examples:\n"
    "  muster fix export/ -o cleaned/\n"
    "  muster fix --users staff.csv --teams org.csv --trim -o cleaned/\n"
    "\n"
    "exit codes: 0 done, 1 findings (the files are written in lenient mode), 2\n"
    "wrong usage, 3 a file cannot be read or written\n";

/* DIR/NAMEending, to be freed; NULL after saying that there is no memory. */
static char *result_path(const char *folder, enum muster_file file, const char *ending)
{
    const char *name = muster_file_name(file);
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    size_t size = strlen(folder) + 1 + strlen(name) + strlen(ending) + 1;
    char *path = malloc(size);
    if (path == NULL) {
        complain("%s", muster_status_text(MUSTER_NO_MEMORY));
        return NULL;
    }
    (void)snprintf(path, size, "%s%s%s%s", folder, slash, name, ending);
    return path;
}

static const char *const endings[] = {".csv", ".rejected.csv"};
enum { ENDING_COUNT = sizeof endings / sizeof endings[0] };

/* Before the first is written: none of the results goes over an input that has another name too. */
static int results_judge(const char *folder)
{
    int result = EXIT_DONE;
    for (unsigned index = 0; index < MUSTER_FILE_COUNT * ENDING_COUNT && result == EXIT_DONE;
         index++) {
        char *path = result_path(folder, index / ENDING_COUNT, endings[index % ENDING_COUNT]);
        result = path != NULL ? output_judge(path) : EXIT_INTERNAL;
        free(path);
    }
    return result;
}

typedef enum muster_status file_write(struct muster_roster *roster, enum muster_file file,
                                      muster_write *write, void *context);

static int result_write(struct muster_roster *roster, enum muster_file file, const char *path,
                        file_write *call)
{
    struct output output;
    int result = output_open(&output, path);
    if (result == EXIT_DONE) {
        enum muster_status status = call(roster, file, output_write, &output);
        result = output_finish_unchanged(&output, status, roster, NULL);
    }
    return result;
}

/* Both files of a kind. An old file of rejects would speak of an export that is not this one. */
static int results_write_kind(struct muster_roster *roster, enum muster_file file,
                              const struct shared *shared)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    uint64_t count = summary->records[file] - summary->kept[file];
    char *path = result_path(shared->output.path, file, endings[0]);
    char *rejects = result_path(shared->output.path, file, endings[1]);
    struct grouped kept;
    struct grouped rejected;

    int result = path != NULL && rejects != NULL
                     ? result_write(roster, file, path, muster_fix_write)
                     : EXIT_INTERNAL;
    if (result == EXIT_DONE && count > 0) {
        result = result_write(roster, file, rejects, muster_rejects_write);
    } else if (result == EXIT_DONE) {
        (void)remove(rejects);
    }
    if (result == EXIT_DONE && !shared->output.quiet) {
        inform("%s: %s kept, %s rejected", path, number_grouped(&kept, summary->kept[file]),
               number_grouped(&rejected, count));
    }
    free(path);
    free(rejects);
    return result;
}

/* What the export has not given stays as it is, and would be taken for a part of the result. */
static int leftovers_tell(enum muster_file file, const char *folder)
{
    for (size_t index = 0; index < ENDING_COUNT; index++) {
        struct stat status;
        char *path = result_path(folder, file, endings[index]);
        if (path == NULL) {
            return EXIT_INTERNAL;
        }
        if (lstat(path, &status) == 0) {
            complain("%s was there before, and is not from this export", path);
        }
        free(path);
    }
    return EXIT_DONE;
}

static int results_write(struct muster_roster *roster, const struct shared *shared)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    int result = EXIT_DONE;
    progress_begin("writing the files");
    for (unsigned file = 0; file < MUSTER_FILE_COUNT && result == EXIT_DONE; file++) {
        result = summary->present[file] ? results_write_kind(roster, file, shared)
                                        : leftovers_tell(file, shared->output.path);
    }
    progress_end();
    return result;
}

/* The folder that `path` lies in, with all links resolved; NULL where that cannot be told. */
static char *folder_of(const char *path)
{
    char *whole = realpath(path, NULL);
    char *slash = whole != NULL ? strrchr(whole, '/') : NULL;
    if (slash != NULL) {
        slash[slash == whole ? 1 : 0] = '\0';
    }
    return whole;
}

/* Refuse what is no folder, or that of an input, before anything is read: an export is never
 * written over. */
static int folder_judge(const char *folder, const struct inputs *inputs)
{
    struct stat status;
    if (stat(folder, &status) == 0 && !S_ISDIR(status.st_mode)) {
        complain("%s is not a folder", folder);
        return EXIT_UNREADABLE;
    }
    char *target = realpath(folder, NULL); /* NULL: it will be made */
    int result = EXIT_DONE;
    for (size_t index = 0; index < inputs->count && result == EXIT_DONE && target != NULL;
         index++) {
        const char *path = inputs->items[index].path;
        char *source = is_standard_input(path) ? NULL : folder_of(path);
        if (source != NULL && strcmp(target, source) == 0) {
            result = options_wrong(&command_fix, "give another folder: -o cleaned/",
                                   "%s is the folder of an input, which fix does not write over",
                                   folder);
        }
        free(source);
    }
    free(target);
    return result;
}

static int folder_make(const char *folder)
{
    struct stat status;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        complain("cannot make the folder %s: %s", folder, strerror(errno));
        return EXIT_UNREADABLE;
    }
    if (stat(folder, &status) != 0) {
        complain("cannot use the folder %s: %s", folder, strerror(errno)); /* a link to nowhere */
        return EXIT_UNREADABLE;
    }
    return EXIT_DONE;
}

static int fix_inputs(const struct shared *shared)
{
    struct inputs inputs;
    struct muster_roster *roster = NULL;
    const char *folder = shared->output.path;
    if (output_is_standard(folder)) {
        return options_wrong(&command_fix, "muster fix export/ -o cleaned/",
                             "fix needs -o DIR, the folder to write into");
    }
    int result = inputs_resolve(&inputs, &shared->input, &shared->set);
    if (result != EXIT_DONE) {
        return result;
    }
    result = folder_judge(folder, &inputs);
    if (result == EXIT_DONE) {
        result = inputs_open(&roster, &inputs, &shared->input);
    }
    if (result == EXIT_DONE) {
        result = findings_tell_as_asked(roster, shared);
    }
    if (result == EXIT_DONE && findings_stop(roster, &shared->input)) {
        findings_say_stopped(roster);
        result = stopped_exit(&shared->input);
    } else if (result == EXIT_DONE) {
        result = folder_make(folder);
        result = result == EXIT_DONE ? results_judge(folder) : result;
        result = result == EXIT_DONE ? roster_judge_unchanged(roster) : result;
        result = result == EXIT_DONE ? results_write(roster, shared) : result;
        result = result == EXIT_DONE ? roster_judge_unchanged(roster) : result;
        result = result == EXIT_DONE ? findings_exit(roster, &shared->input) : result;
    }
    muster_roster_close(roster);
    inputs_close(&inputs);
    return result;
}

static int fix_run(int count, char **arguments)
{
    return shared_run(&command_fix, (struct arguments){count, arguments, INPUT_CHECKED},
                      fix_inputs);
}

const struct command command_fix = {
    .name = "fix",
    .summary = "write the cleaned files and the rejected records",
    .usage = usage,
    .output_help = "the folder that the files are written to",
    .run = fix_run,
};
