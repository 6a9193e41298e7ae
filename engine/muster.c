/* SPDX-License-Identifier: MIT */
/*
 * The facade: the order in which the stages see an export, and the life of a roster. The files
 * muster_*.c beside it put the other calls of muster.h on top of the stages.
 */
#include "muster.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/rules.h"
#include "base/seed.h"
#include "check/check.h"
#include "plan/plan.h"
#include "roster.h"

enum muster_status roster_fail(struct muster_error *error, enum muster_status status)
{
    if (error != NULL) {
        *error = (struct muster_error){.status = status};
    }
    return status;
}

static span path_of(const struct muster_roster *roster, enum muster_file file)
{
    return roster->summary.paths[file];
}

static enum muster_status fail_at(struct muster_error *error, enum muster_status status,
                                  span subject)
{
    if (error != NULL) {
        *error = (struct muster_error){.status = status, .subject = subject};
    }
    return status;
}

/* ---- What was found ---- */

size_t roster_lists(const struct muster_roster *roster, enum muster_file file,
                    const struct finding_list **lists)
{
    const struct roster_file *of = &roster->files[file];
    const struct org_export *built = &roster->built;
    size_t count = 0;
    lists[count++] = &of->table.reading;
    lists[count++] = &of->table.repeated_ids;
    lists[count++] = &of->table.repeated_emails;
    if (file == MUSTER_USERS) {
        lists[count++] = &built->memberships;
    }
    if (file == MUSTER_TEAMS) {
        lists[count++] = &built->roots;
        lists[count++] = &built->tree;
        lists[count++] = &built->managers;
        lists[count++] = &built->names;
    }
    lists[count++] = &of->values;
    lists[count++] = &of->cases;
    return count;
}

unsigned roster_severity(const struct muster_roster *roster, const struct finding *finding)
{
    enum muster_code code = finding_code(finding);
    /* A quote error in the header is fatal, and fatal findings are not re-graded. */
    if (code == MUSTER_STRAY_QUOTE && finding_row(finding) == FINDING_NO_ROW) {
        return MUSTER_FATAL;
    }
    return roster->severities[code];
}

/* Lists can be as long as the file: nothing but the codes is counted one by one. */
static void list_count_take(struct muster_roster *roster, const struct finding_list *list)
{
    struct muster_summary *summary = &roster->summary;
    uint64_t codes[MUSTER_CODE_COUNT] = {0};
    for (size_t index = 0; index < list->count; index++) {
        codes[finding_code(&list->items[index])]++;
    }
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        if (codes[code] == 0) {
            continue;
        }
        /* Where a quote error in the header is fatal there is no other. */
        unsigned severity = finding_code(&list->items[0]) == code
                                ? roster_severity(roster, &list->items[0])
                                : roster->severities[code];
        unsigned own = severity == MUSTER_FATAL ? severity : muster_rule(code)->severity;
        summary->stopping += own >= MUSTER_ERROR ? codes[code] : 0;
        if (severity != MUSTER_IGNORED) {
            summary->severities[severity] += codes[code];
            summary->codes[code] += codes[code];
            summary->worst[code] =
                severity > summary->worst[code] ? severity : summary->worst[code];
        }
    }
}

static void findings_count(struct muster_roster *roster)
{
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        const struct finding_list *lists[FINDING_LIST_MAX];
        size_t list_count = roster_lists(roster, file, lists);
        for (size_t list = 0; list < list_count; list++) {
            list_count_take(roster, lists[list]);
        }
    }
}

/* Rules that want two files say so where only one is there. */
static void not_run_note(struct muster_roster *roster)
{
    static const enum muster_code want_teams[] = {MUSTER_UNKNOWN_TEAM, MUSTER_REMOVED_TEAM};
    /* Final names have managers in them. */
    static const enum muster_code want_users[] = {
        MUSTER_UNKNOWN_MANAGER, MUSTER_DUPLICATE_TEAM_NAME, MUSTER_TEAM_NAME_COLLISION,
        MUSTER_TEAM_NAME_LENGTH};
    const struct roster_file *users = &roster->files[MUSTER_USERS];
    const struct roster_file *teams = &roster->files[MUSTER_TEAMS];
    const char *no_teams = teams->present ? "the teams file has a fatal finding" : "no teams file";
    const char *no_users = users->present ? "the users file has a fatal finding" : "no users file";
    const char **not_run = roster->summary.not_run;
    size_t count = users->sound && !teams->sound ? sizeof want_teams / sizeof *want_teams : 0;
    for (size_t index = 0; index < count; index++) {
        not_run[want_teams[index]] = no_teams;
    }
    if (!teams->sound && roster->root_count > 0) {
        not_run[MUSTER_UNKNOWN_ROOT_TEAM] = no_teams;
    }
    count = teams->sound && !users->sound ? sizeof want_users / sizeof *want_users : 0;
    for (size_t index = 0; index < count; index++) {
        not_run[want_users[index]] = no_users;
    }
}

static void summary_fill(struct muster_roster *roster)
{
    struct muster_summary *summary = &roster->summary;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        const struct roster_file *of = &roster->files[file];
        summary->present[file] = of->present;
        if (of->present) {
            summary->bytes[file] = source_size(of->source);
            summary->fatal[file] = of->table.fatal;
            summary->records[file] = of->table.row_count;
            summary->kept[file] = of->table.kept_count;
        }
    }
    findings_count(roster);
    not_run_note(roster);
}

/* ---- Opening an export ---- */

static bool options_keep(struct muster_roster *roster, const struct muster_options *options)
{
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        unsigned wanted = options->severities[code];
        enum muster_severity own = rules[code].severity;
        assert(wanted <= MUSTER_SEVERITY_COUNT || wanted == MUSTER_IGNORED);
        roster->severities[code] = (uint8_t)(wanted == 0 || own == MUSTER_FATAL ? own
                                             : wanted == MUSTER_IGNORED         ? MUSTER_IGNORED
                                                                                : wanted - 1);
    }
    roster->jobs = options->jobs;
    roster->root_count = options->root_count;
    roster->roots = arena_array(&roster->arena, options->root_count, sizeof *roster->roots);
    for (size_t index = 0; index < options->root_count && roster->roots != NULL; index++) {
        roster->roots[index] = arena_copy(&roster->arena, options->roots[index]);
    }
    const char *named = options->roots_named != NULL ? options->roots_named : "--root";
    roster->roots_named = arena_copy(&roster->arena, span_from(named));
    return !roster->arena.exhausted;
}

/* Lives as long as the input. */
static const char *input_name(const struct muster_input *input)
{
    return input->path != NULL ? input->path : muster_file_name(input->file);
}

static enum muster_status sources_open(struct muster_roster *roster,
                                       const struct muster_input *inputs, size_t input_count,
                                       const struct muster_options *options,
                                       struct muster_error *error)
{
    struct source_options source_options = {.map_allowed = options->map_allowed};
    for (size_t index = 0; index < input_count; index++) {
        const struct muster_input *input = &inputs[index];
        assert(input->file < MUSTER_FILE_COUNT);
        struct roster_file *file = &roster->files[input->file];
        source_close(file->source); /* of two files of a kind the later one counts */
        span kept = arena_copy(&roster->arena, span_from(input_name(input)));
        roster->summary.paths[input->file] = kept;
        enum muster_status status =
            input->data.ptr != NULL
                ? source_open_bytes(&file->source, input->data)
                : source_open(&file->source, input->path, &source_options, error);
        if (status != MUSTER_OK) {
            return input->data.ptr != NULL ? roster_fail(error, status) : status;
        }
        file->present = true;
    }
    return roster->arena.exhausted ? roster_fail(error, MUSTER_NO_MEMORY) : MUSTER_OK;
}

/* One file to a table; with the teams at hand for the users. */
static enum muster_status file_read(struct muster_roster *roster, enum muster_file kind,
                                    const struct table_options *options)
{
    struct roster_file *file = &roster->files[kind];
    if (!file->present) {
        return MUSTER_OK;
    }
    span input = span_make(source_bytes(file->source), source_size(file->source));
    switch (table_open(&file->table, schema_of(kind), input, options)) {
    case TABLE_DONE:
        file->sound = !file->table.fatal;
        return MUSTER_OK;
    case TABLE_TOO_LARGE:
        return MUSTER_TOO_LARGE;
    default:
        return MUSTER_NO_MEMORY;
    }
}

static bool deprovision_kept(const struct org *org, uint32_t user)
{
    return table_kept(org->behind, user);
}

static uint32_t deprovision_team(const struct org *org, uint32_t user)
{
    (void)org;
    (void)user;
    return ORG_NONE;
}

static void deprovision_read(const struct org *org, uint32_t user, struct buffer *scratch,
                             struct org_user *result)
{
    span values[SCHEMA_COLUMN_MAX];
    table_read(org->behind, user, scratch, values);
    *result = (struct org_user){values[0], values[1], values[2], values[3], ORG_NONE};
}

static const struct org_source deprovision_source = {
    .user_kept = deprovision_kept, .user_team = deprovision_team, .user_read = deprovision_read};

static bool checks_run(struct muster_roster *roster)
{
    for (unsigned kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        struct roster_file *file = &roster->files[kind];
        if (file->sound && (!check_values(&file->table, roster->parallel, &file->values) ||
                            !check_case(&file->table, &file->cases))) {
            return false;
        }
    }
    return true;
}

static enum muster_status stages_run(struct muster_roster *roster,
                                     const struct muster_options *options, unsigned *failed)
{
    struct org_export *built = &roster->built;
    struct roster_file *files = roster->files;
    struct table_options reading = {.trim = options->trim,
                                    .simd = options->simd,
                                    .seed = seed_make(),
                                    .parallel = roster->parallel};
    *failed = MUSTER_TEAMS;
    enum muster_status status = file_read(roster, MUSTER_TEAMS, &reading);
    if (status == MUSTER_OK && files[MUSTER_TEAMS].sound) {
        if (!org_export_teams(built, &files[MUSTER_TEAMS].table, roster->parallel)) {
            return MUSTER_NO_MEMORY;
        }
        reading.teams = &built->team_ids;
        reading.team_confirm = org_export_confirm_team;
        reading.team_context = built;
    }
    if (status == MUSTER_OK) {
        *failed = MUSTER_USERS;
        status = file_read(roster, MUSTER_USERS, &reading);
    }
    if (status == MUSTER_OK) {
        *failed = MUSTER_DEPROVISION;
        reading.teams = NULL;
        status = file_read(roster, MUSTER_DEPROVISION, &reading);
    }
    if (status != MUSTER_OK) {
        return status;
    }
    struct table *users = files[MUSTER_USERS].sound ? &files[MUSTER_USERS].table : NULL;
    bool done = org_export_users(built, users);
    if (files[MUSTER_TEAMS].sound) {
        done = done && org_export_roots(built, roster->roots, roster->root_count);
    }
    if (files[MUSTER_DEPROVISION].sound) {
        const struct table *table = &files[MUSTER_DEPROVISION].table;
        roster->deprovision = (struct org){.source = &deprovision_source,
                                           .behind = table,
                                           .user_count = table->row_count,
                                           .kept_user_count = table->kept_count};
    }
    return done && checks_run(roster) ? MUSTER_OK : MUSTER_NO_MEMORY;
}

static void digest_task(void *context, unsigned task)
{
    struct muster_roster *roster = context;
    const struct source *source = roster->files[task].source;
    if (source != NULL) {
        roster->summary.digests[task] = hash_bytes(source_bytes(source), source_size(source), 0);
    }
}

enum muster_status muster_roster_unchanged(const struct muster_roster *roster,
                                           struct muster_error *error)
{
    for (unsigned kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        if (roster->files[kind].present && !source_unchanged(roster->files[kind].source)) {
            return fail_at(error, MUSTER_CHANGED, path_of(roster, kind));
        }
    }
    if (roster->snapshot_source != NULL && !source_unchanged(roster->snapshot_source)) {
        return fail_at(error, MUSTER_CHANGED, roster->summary.paths[MUSTER_USERS]);
    }
    return MUSTER_OK;
}

static bool worth_threads(const struct muster_roster *roster)
{
    for (unsigned kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        if (roster->files[kind].present &&
            source_size(roster->files[kind].source) >= PARALLEL_WORTH_SIZE) {
            return true;
        }
    }
    return false;
}

enum muster_status roster_open_beside(struct muster_roster **result,
                                      const struct muster_origin *origin,
                                      struct muster_error *error, const struct errand *beside)
{
    static const struct muster_options no_options;
    *result = NULL;
    const struct muster_options *options = origin->options != NULL ? origin->options : &no_options;
    struct muster_roster *roster = calloc(1, sizeof *roster);
    if (roster == NULL) {
        return roster_fail(error, MUSTER_NO_MEMORY);
    }
    roster->org = &roster->built.org;
    enum muster_status status =
        options_keep(roster, options)
            ? sources_open(roster, origin->inputs, origin->input_count, options, error)
            : roster_fail(error, MUSTER_NO_MEMORY);
    if (status == MUSTER_OK) {
        if (options->jobs != 1 && worth_threads(roster)) {
            roster->parallel = parallel_open_beside(options->jobs, beside);
        }
        unsigned failed = 0;
        status = stages_run(roster, options, &failed);
        if (status != MUSTER_OK) {
            (void)fail_at(error, status, path_of(roster, failed));
        } else if (options->digests_wanted) {
            parallel_run(roster->parallel, MUSTER_FILE_COUNT, digest_task, roster);
        }
        parallel_close(roster->parallel);
        roster->parallel = NULL;
        roster->built.parallel = NULL;
    }
    if (status == MUSTER_OK) {
        summary_fill(roster);
        status = muster_roster_unchanged(roster, error);
    }
    if (status != MUSTER_OK) {
        /* The subject of the error may lie in the roster's own memory. */
        for (size_t index = 0; error != NULL && index < origin->input_count; index++) {
            const char *path = input_name(&origin->inputs[index]);
            bool same = span_equal(error->subject, span_from(path));
            error->subject = same ? span_from(path) : error->subject;
        }
        muster_roster_close(roster);
        return status;
    }
    *result = roster;
    return MUSTER_OK;
}

enum muster_status muster_roster_open(struct muster_roster **result,
                                      const struct muster_input *inputs, size_t input_count,
                                      const struct muster_options *options,
                                      struct muster_error *error)
{
    const struct muster_origin origin = {
        .inputs = inputs, .input_count = input_count, .options = options};
    return roster_open_beside(result, &origin, error, NULL);
}

void muster_roster_close(struct muster_roster *roster)
{
    if (roster == NULL) {
        return;
    }
    org_export_close(&roster->built);
    for (unsigned kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        struct roster_file *file = &roster->files[kind];
        findings_close(&file->values);
        findings_close(&file->cases);
        table_close(&file->table);
        source_forget(file->source, roster->jobs);
        source_close(file->source);
    }
    snapshot_close(roster->snapshot);
    source_forget(roster->snapshot_source, roster->jobs);
    source_close(roster->snapshot_source);
    plan_result_close(roster->replayed);
    buffer_close(&roster->scratch);
    arena_close(&roster->arena);
    free(roster);
}

/* ---- Looking at a roster ---- */

bool roster_has(const struct muster_roster *roster, enum muster_file file)
{
    bool whole = roster->snapshot != NULL || roster->replayed != NULL;
    return whole ? file != MUSTER_DEPROVISION : roster->files[file].sound;
}

enum muster_status roster_complete(const struct muster_roster *roster)
{
    for (unsigned kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        if (roster->files[kind].present && roster->files[kind].table.fatal) {
            return MUSTER_FATAL_FINDING;
        }
    }
    return roster_has(roster, MUSTER_USERS) && roster_has(roster, MUSTER_TEAMS) ? MUSTER_OK
                                                                                : MUSTER_INCOMPLETE;
}

const struct muster_summary *muster_roster_summary(const struct muster_roster *roster)
{
    return &roster->summary;
}

uint32_t muster_roster_user_places(const struct muster_roster *roster)
{
    return roster->org->user_count;
}

bool muster_roster_user(struct muster_roster *roster, uint32_t index, struct muster_user *user)
{
    const struct org *org = roster->org;
    if (index >= org->user_count || !org_user_kept(org, index)) {
        return false;
    }
    struct org_user found;
    roster->scratch.exhausted = false; /* of the user before */
    org_user_read(org, index, &roster->scratch, &found);
    roster->status = roster->scratch.exhausted ? MUSTER_NO_MEMORY : roster->status;
    *user = (struct muster_user){found.id, found.email, found.first_name, found.last_name,
                                 found.team != ORG_NONE ? org->teams[found.team].id : SPAN_NONE};
    return !roster->scratch.exhausted;
}

enum muster_status muster_roster_status(const struct muster_roster *roster)
{
    return roster->status;
}

uint32_t muster_roster_team_count(const struct muster_roster *roster)
{
    return roster->org->team_count;
}

void muster_roster_team(const struct muster_roster *roster, uint32_t index,
                        struct muster_team *team)
{
    const struct org *org = roster->org;
    const struct org_team *found = &org->teams[index];
    *team = (struct muster_team){
        found->id, found->name, found->final_name,
        found->parent != ORG_NONE ? org->teams[found->parent].id : SPAN_NONE, found->manager_count};
}

uint32_t muster_roster_manager(const struct muster_roster *roster, uint32_t team_index, uint32_t n)
{
    return roster->org->managers[roster->org->teams[team_index].manager_first + n];
}
