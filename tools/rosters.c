/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "rosters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exits.h"
#include "output.h"
#include "terminal.h"

/* From this size on, of both sides, it is worth a thread to open them at the same time. */
#define TOGETHER_WORTH_SIZE (1 << 20)

/* What one roster is to be made of. */
struct side {
    const char *path; /* of the snapshot or the folder; NULL: of inputs that are given */
    bool old;
    bool is_folder;
    struct inputs found; /* in the folder */
    struct muster_options engine;
    struct muster_origin origin;
};

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

static int folder_resolve(struct side *side)
{
    static const struct command comparing = {.name = "diff"};
    int found = 0;
    int result = inputs_add_folder(&side->found, side->path, &found, &comparing);
    inputs_drop(&side->found, MUSTER_DEPROVISION);
    if (result == EXIT_DONE && side->found.count == 0) {
        complain("%s holds no users.csv and no teams.csv", side->path);
        result = EXIT_UNREADABLE;
    }
    side->origin.inputs = side->found.items;
    side->origin.input_count = side->found.count;
    return result == EXIT_DONE ? paths_keep(&side->found) : result;
}

/* Find out what there is under a path. To be closed in any case. */
static int side_resolve(struct side *side, const char *path, const struct input_options *options)
{
    struct stat status;
    side->path = path;
    side->engine = engine_options(options, side->old);
    side->origin.options = &side->engine;
    if (is_standard_input(path)) {
        side->origin.snapshot = path;
        return EXIT_DONE;
    }
    if (stat(path, &status) != 0) {
        complain("cannot read %s: %s", path, strerror(errno));
        return EXIT_UNREADABLE;
    }
    side->is_folder = S_ISDIR(status.st_mode);
    if (side->is_folder) {
        return folder_resolve(side);
    }
    side->origin.snapshot = path;
    return EXIT_DONE;
}

static void side_take(struct side *side, const struct inputs *inputs,
                      const struct input_options *options)
{
    side->engine = engine_options(options, side->old);
    side->origin = (struct muster_origin){
        .inputs = inputs->items, .input_count = inputs->count, .options = &side->engine};
}

static void side_close(struct side *side)
{
    inputs_close(&side->found);
}

/* A folder is compared as a whole: it needs both files, and none that is spoilt. */
static int side_judge(const struct side *side, struct muster_roster *roster,
                      const struct input_options *options)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    enum muster_file last = options->users_suffice ? MUSTER_USERS : MUSTER_TEAMS;
    for (unsigned file = MUSTER_USERS; file <= last && side->is_folder; file++) {
        if (!summary->present[file]) {
            complain("%s holds no %s.csv, and comparing needs %s", side->path,
                     muster_file_name(file),
                     options->users_suffice ? "it" : "both users and teams");
            return EXIT_UNREADABLE;
        }
        if (side->old && summary->fatal[file]) {
            complain("%.*s cannot be used, so there is nothing to compare with",
                     (int)summary->paths[file].len, summary->paths[file].ptr);
            advise("muster check %s says why", side->path);
            return EXIT_FINDINGS;
        }
    }
    return EXIT_DONE;
}

/* Nothing is written over what is read. */
static void side_spare(const struct side *side)
{
    const struct muster_origin *origin = &side->origin;
    if (origin->snapshot != NULL) {
        output_spare(origin->snapshot);
    }
    for (size_t index = 0; index < origin->input_count; index++) {
        output_spare(origin->inputs[index].path);
    }
}

static int side_open(const struct side *side, struct muster_roster **roster,
                     const struct input_options *options)
{
    const struct muster_origin *origin = &side->origin;
    struct muster_error error = {0};
    enum muster_status status;
    if (origin->snapshot != NULL) {
        progress_begin("reading the snapshot");
        status = muster_snapshot_open(roster, origin->snapshot, origin->options, &error);
    } else {
        progress_begin(side->old ? "reading the old roster" : "reading and checking");
        status = muster_roster_open(roster, origin->inputs, origin->input_count, origin->options,
                                    &error);
    }
    progress_end();
    return status == MUSTER_OK ? side_judge(side, *roster, options)
                               : status_complain(status, &error, origin->snapshot);
}

int inputs_open(struct muster_roster **roster, const struct inputs *inputs,
                const struct input_options *options)
{
    struct side side = {0};
    side_take(&side, inputs, options);
    side_spare(&side);
    int result = output_judge(options->output_path);
    return result == EXIT_DONE ? side_open(&side, roster, options) : result;
}

int roster_open_old(struct muster_roster **roster, const char *path,
                    const struct input_options *options)
{
    struct side side = {.old = true};
    *roster = NULL;
    int result = side_resolve(&side, path, options);
    if (result == EXIT_DONE) {
        side_spare(&side);
        result = side_open(&side, roster, options);
    }
    if (result != EXIT_DONE) {
        muster_roster_close(*roster);
        *roster = NULL;
    }
    side_close(&side);
    return result;
}

int roster_spare_old(const char *path, const struct input_options *options)
{
    struct side side = {.old = true};
    int result = side_resolve(&side, path, options);
    if (result == EXIT_DONE) {
        side_spare(&side);
    }
    side_close(&side);
    return result;
}

/* ---- Both ---- */

/* Whether all of it is in files, and there is much of it. A stream could make the other wait. */
static bool is_large(const struct side *side)
{
    const struct muster_origin *origin = &side->origin;
    size_t count = origin->snapshot != NULL ? 1 : origin->input_count;
    off_t size = 0;
    for (size_t index = 0; index < count; index++) {
        struct stat status;
        const char *path = origin->snapshot != NULL ? origin->snapshot : origin->inputs[index].path;
        if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
            return false;
        }
        size += status.st_size;
    }
    return size >= TOGETHER_WORTH_SIZE;
}

static int sides_open_together(struct rosters *rosters, const struct side *sides,
                               const struct input_options *options)
{
    const struct muster_origin origins[2] = {sides[0].origin, sides[1].origin};
    struct muster_roster *opened[2];
    struct muster_error errors[2];
    progress_begin("reading both rosters");
    enum muster_status status = muster_rosters_open(opened, origins, errors);
    progress_end();
    rosters->old_roster = opened[0];
    rosters->new_roster = opened[1];
    if (status != MUSTER_OK) {
        int failed = errors[0].status != MUSTER_OK ? 0 : 1;
        return status_complain(status, &errors[failed], origins[failed].snapshot);
    }
    int result = side_judge(&sides[0], opened[0], options);
    return result == EXIT_DONE ? side_judge(&sides[1], opened[1], options) : result;
}

static int sides_open(struct rosters *rosters, const struct side *sides,
                      const struct input_options *options)
{
    if (options->jobs != 1 && is_large(&sides[0]) && is_large(&sides[1])) {
        return sides_open_together(rosters, sides, options);
    }
    int result = side_open(&sides[0], &rosters->old_roster, options);
    return result == EXIT_DONE ? side_open(&sides[1], &rosters->new_roster, options) : result;
}

int rosters_open(struct rosters *rosters, const struct rosters_wanted *wanted,
                 const struct input_options *options)
{
    struct side sides[2] = {{.old = true}, {.old = false}};
    *rosters = (struct rosters){0};
    int result = side_resolve(&sides[0], wanted->old_path, options);
    if (result == EXIT_DONE && wanted->new_path != NULL) {
        result = side_resolve(&sides[1], wanted->new_path, options);
    } else if (result == EXIT_DONE) {
        side_take(&sides[1], wanted->new_inputs, options);
    }
    if (result == EXIT_DONE) {
        side_spare(&sides[0]);
        side_spare(&sides[1]);
        result = output_judge(options->output_path);
    }
    if (result == EXIT_DONE) {
        result = sides_open(rosters, sides, options);
    }
    side_close(&sides[0]);
    side_close(&sides[1]);
    return result;
}

void rosters_close(struct rosters *rosters)
{
    muster_roster_close(rosters->new_roster);
    muster_roster_close(rosters->old_roster);
}

int leavers_tell_rejected(struct muster_diff *diff)
{
    struct grouped grouped;
    size_t count = 0;

    enum muster_status status = muster_leavers_rejected(diff, &count);
    if (status != MUSTER_OK) {
        return status_complain(status, NULL, NULL);
    }
    if (count > 0) {
        complain("%s of the people listed still %s in the new users file, in a record that was "
                 "rejected",
                 number_grouped(&grouped, count), count == 1 ? "stands" : "stand");
        advise("repair those records first, or they lose their license by mistake");
    }
    return EXIT_DONE;
}
