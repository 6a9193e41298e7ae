/* SPDX-License-Identifier: MIT */
#include "rosters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "terminal.h"

static struct muster_options engine_options(const struct input_options *options, bool old)
{
    struct muster_options engine = {
        .trim = options->trim,
        .map_allowed = true,
        .jobs = options->jobs < 4096 ? (unsigned)options->jobs : 4096,
        .simd = options->simd,
        .digests_wanted = options->digests_wanted && !old,
    };
    if (!old) {
        engine.roots = options->roots.items;
        engine.root_count = options->roots.count;
        memcpy(engine.severities, options->severities, sizeof engine.severities);
    }
    return engine;
}

static int roster_open(struct muster_roster **roster, const struct inputs *inputs,
                       const struct input_options *options, bool old)
{
    struct muster_options engine = engine_options(options, old);
    struct muster_error error = {0};
    progress_begin(old ? "reading the old roster" : "reading and checking");
    enum muster_status status =
        muster_roster_open(roster, inputs->items, inputs->count, &engine, &error);
    progress_end();
    return status == MUSTER_OK ? EXIT_DONE : status_complain(status, &error, NULL);
}

int inputs_open(struct muster_roster **roster, const struct inputs *inputs,
                const struct input_options *options)
{
    return roster_open(roster, inputs, options, false);
}

/* Paths that rosters are named after, until the program ends. */
static struct {
    char **items;
    size_t count;
} kept_paths;

/* Move the paths of `inputs` there. */
static int paths_keep(struct inputs *inputs)
{
    size_t size = (kept_paths.count + MUSTER_FILE_COUNT) * sizeof *kept_paths.items;
    char **items = realloc(kept_paths.items, size);
    if (items == NULL) {
        complain("%s", muster_status_text(MUSTER_NO_MEMORY));
        return EXIT_INTERNAL;
    }
    kept_paths.items = items;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        items[kept_paths.count++] = inputs->storage[file];
        inputs->storage[file] = NULL;
    }
    return EXIT_DONE;
}

/* A folder is compared as a whole: it needs both files, and none that is spoilt. */
static int folder_judge(struct muster_roster *roster, const char *path,
                        const struct input_options *options, bool old)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    enum muster_file last = options->users_suffice ? MUSTER_USERS : MUSTER_TEAMS;
    for (unsigned file = MUSTER_USERS; file <= last; file++) {
        if (!summary->present[file]) {
            complain("%s holds no %s.csv, and comparing needs %s", path, muster_file_name(file),
                     options->users_suffice ? "it" : "both users and teams");
            return EXIT_UNREADABLE;
        }
        if (old && summary->fatal[file]) {
            complain("%.*s cannot be used, so there is nothing to compare with",
                     (int)summary->paths[file].len, summary->paths[file].ptr);
            advise("muster check %s says why", path);
            return EXIT_FINDINGS;
        }
    }
    return EXIT_DONE;
}

static int folder_open(struct muster_roster **roster, const char *path,
                       const struct input_options *options, bool old)
{
    static const struct command comparing = {.name = "diff"};
    struct inputs inputs = {0};
    int found = 0;
    int result = inputs_add_folder(&inputs, path, &found, &comparing);
    inputs_drop(&inputs, MUSTER_DEPROVISION);
    if (result == EXIT_DONE && inputs.count == 0) {
        complain("%s holds no users.csv and no teams.csv", path);
        result = EXIT_UNREADABLE;
    }
    if (result == EXIT_DONE) {
        result = paths_keep(&inputs);
    }
    if (result == EXIT_DONE) {
        result = roster_open(roster, &inputs, options, old);
    }
    if (result == EXIT_DONE) {
        result = folder_judge(*roster, path, options, old);
        if (result != EXIT_DONE) {
            muster_roster_close(*roster);
            *roster = NULL;
        }
    }
    inputs_close(&inputs);
    return result;
}

int roster_open_either(struct muster_roster **roster, const char *path,
                       const struct input_options *options, bool old)
{
    struct stat status;
    *roster = NULL;
    if (!is_standard_input(path)) {
        if (stat(path, &status) != 0) {
            complain("cannot read %s: %s", path, strerror(errno));
            return EXIT_UNREADABLE;
        }
        if (S_ISDIR(status.st_mode)) {
            return folder_open(roster, path, options, old);
        }
    }
    struct muster_options engine = engine_options(options, old);
    struct muster_error error = {0};
    progress_begin("reading the snapshot");
    enum muster_status opened = muster_snapshot_open(roster, path, &engine, &error);
    progress_end();
    return opened == MUSTER_OK ? EXIT_DONE : status_complain(opened, &error, path);
}
