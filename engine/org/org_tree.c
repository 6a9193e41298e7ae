/* SPDX-License-Identifier: MIT */
/*
 * Pass 3: which teams have a place in the tree.
 *
 * A row is UNDECIDED, then ON_PATH while we climb from below, then decided: it stands (its cause is
 * ORG_NONE) or it is removed, and then `causes` names the team to blame. Nobody is climbed over
 * twice, so a chain of a million teams costs no more than a flat tree, and there is no recursion.
 */
#include "org/org_export.h"

#include <stdlib.h>

#include "base/limits.h"

#define PARENT_UNKNOWN    (ORG_NONE - 1)
#define PREFETCH_DISTANCE 16

enum colour { UNDECIDED, ON_PATH, STANDS, REMOVED, ON_CIRCLE };

/* What is known of the teams, by their numbers as read, until only those that stand are left. */
struct tree {
    unsigned char *colours;
    uint32_t *parents;
    uint32_t *causes;
    /* Set where some do not stand: */
    uint32_t *rows;
    uint32_t *numbers; /* what they are called from then on, or ORG_NONE */
};

/* Some rows of teams, those of one thread. */
struct tree_range {
    struct org_export *built;
    uint32_t first_row, end_row;
    uint32_t first_team, end_team;   /* the kept ones, as they are numbered for now */
    uint32_t *parents;               /* of all teams */
    struct id_key *keys;             /* of the ids of all teams, until they are in the map */
    struct arena *arena;             /* for values that had to be decoded */
    size_t first_bucket, end_bucket; /* of the map, which nobody else fills */
    uint32_t *late;                  /* teams for which there was no room there */
    size_t late_count, late_capacity;
    bool failed;
};

/* Teams by row, for now with every kept row of pass 2; the parent's id waits in final_name. */
static void range_read(void *context, unsigned task)
{
    struct tree_range *range = (struct tree_range *)context + task;
    struct org_export *built = range->built;
    const struct table *table = built->teams;
    struct buffer scratch = {0};
    uint32_t team = range->first_team;
    for (uint32_t row = range->first_row; row < range->end_row; row++) {
        if (!table_kept(table, row)) {
            continue;
        }
        span values[SCHEMA_COLUMN_MAX];
        table_read(table, row, &scratch, values);
        span parent = values[TEAMS_PARENT_TEAM_ID];
        built->org.teams[team] = (struct org_team){
            .id = table_value_keep(table, values[TEAMS_ID], range->arena),
            .name = table_value_keep(table, values[TEAMS_NAME], range->arena),
            .final_name =
                table_value_keep(table, span_is_blank(parent) ? SPAN("") : parent, range->arena),
            .parent = ORG_NONE,
        };
        range->keys[team] = id_key_make(values[TEAMS_ID], table->options.seed);
        built->row_of_team[team] = row;
        built->team_of_row[row] = team++;
    }
    range->failed = scratch.exhausted || range->arena->exhausted;
    buffer_close(&scratch);
}

/* The rows shared out among the threads, as many ranges as there are arenas. NULL: no memory. */
static struct tree_range *ranges_open(struct org_export *built)
{
    const struct table *table = built->teams;
    unsigned jobs = parallel_jobs(built->parallel);
    unsigned count = table->row_count >= PARALLEL_WORTH_ROWS ? jobs : 1;
    struct tree_range *ranges = calloc(count, sizeof *ranges);
    built->arenas = calloc(count, sizeof *built->arenas);
    if (ranges == NULL || built->arenas == NULL) {
        free(ranges);
        return NULL;
    }
    built->arena_count = count;
    uint32_t row = 0;
    uint32_t team = 0;
    for (unsigned index = 0; index < count; index++) {
        uint32_t end = (uint32_t)parallel_share(table->row_count, index + 1, count);
        struct tree_range *range = &ranges[index];
        *range = (struct tree_range){.built = built, .arena = &built->arenas[index]};
        range->first_row = row;
        range->first_team = team;
        for (; row < end; row++) {
            team += table_kept(table, row);
        }
        range->end_row = row;
        range->end_team = team;
    }
    built->org.team_count = team;
    return ranges;
}

static bool ranges_run(struct org_export *built, struct tree_range *ranges, parallel_task *task)
{
    bool done = true;
    parallel_run(built->parallel, built->arena_count, task, ranges);
    for (unsigned index = 0; index < built->arena_count; index++) {
        done = done && !ranges[index].failed;
    }
    return done;
}

static void late_add(struct tree_range *range, uint32_t team)
{
    uint32_t *grown =
        memory_grow(range->late, &range->late_capacity, range->late_count + 1, sizeof *grown);
    if (grown == NULL) {
        range->failed = true;
        return;
    }
    range->late = grown;
    grown[range->late_count++] = team;
}

/* The ids that belong into some buckets. Equal ones stay in their order, late or not. */
static void ids_map(void *context, unsigned task)
{
    struct tree_range *range = (struct tree_range *)context + task;
    struct id_map *map = &range->built->team_ids;
    const struct id_key *keys = range->keys;
    size_t places[PREFETCH_DISTANCE];
    size_t own_count = range->end_bucket - range->first_bucket;
    uint32_t count = range->built->org.team_count;
    for (uint32_t ahead = 0; ahead < count + PREFETCH_DISTANCE; ahead++) {
        size_t *place = &places[ahead % PREFETCH_DISTANCE];
        if (ahead >= PREFETCH_DISTANCE && *place - range->first_bucket < own_count) {
            uint32_t team = ahead - PREFETCH_DISTANCE;
            if (!id_key_is_empty(keys[team]) &&
                !id_map_add_before(map, range->end_bucket, *place, keys[team], team)) {
                late_add(range, team);
            }
        }
        if (ahead < count) {
            *place = id_map_place(map, keys[ahead]);
            if (*place - range->first_bucket < own_count) {
                id_map_prefetch(map, *place);
            }
        }
    }
}

/* The team (still numbered as read) with this id, or ID_MAP_NONE. */
static uint32_t team_lookup(struct tree_range *range, span id, struct id_key key, size_t place)
{
    const struct org_export *built = range->built;
    uint32_t team = id_map_find(&built->team_ids, &key, place);
    if (team == ID_MAP_NONE || !id_key_is_long(key) || span_equal(built->org.teams[team].id, id)) {
        return team;
    }
    uint32_t row = table_find(built->teams, id);
    if (row == TABLE_ROW_LOST) {
        range->failed = true;
        return ID_MAP_NONE;
    }
    return row == KEY_INDEX_NONE ? ID_MAP_NONE : built->team_of_row[row];
}

static void parents_find(void *context, unsigned task)
{
    struct tree_range *range = (struct tree_range *)context + task;
    const struct org_export *built = range->built;
    struct id_key keys[PREFETCH_DISTANCE];
    size_t places[PREFETCH_DISTANCE];
    uint32_t count = range->end_team - range->first_team;
    uint64_t seed = built->teams->options.seed;
    for (uint32_t ahead = 0; ahead < count + PREFETCH_DISTANCE; ahead++) {
        struct org_team *teams = built->org.teams + range->first_team;
        unsigned slot = ahead % PREFETCH_DISTANCE;
        if (ahead >= PREFETCH_DISTANCE) {
            struct org_team *team = &teams[ahead - PREFETCH_DISTANCE];
            uint32_t parent = ORG_NONE;
            if (team->final_name.len > 0) {
                parent = team_lookup(range, team->final_name, keys[slot], places[slot]);
                parent = parent == ID_MAP_NONE ? PARENT_UNKNOWN : parent;
            }
            range->parents[range->first_team + ahead - PREFETCH_DISTANCE] = parent;
            /* As it stays where all teams stand. */
            team->parent = parent;
            team->final_name = team->name;
        }
        if (ahead < count) {
            keys[slot] = id_key_make(teams[ahead].final_name, seed);
            places[slot] = id_map_place(&built->team_ids, keys[slot]);
            id_map_prefetch(&built->team_ids, places[slot]);
        }
    }
}

/* Decide `start` and everything above it that is not decided yet. `causes` by team. */
static void climb(const struct tree *tree, uint32_t start)
{
    unsigned char *colours = tree->colours;
    const uint32_t *parents = tree->parents;
    uint32_t *causes = tree->causes;
    uint32_t at = start;
    uint32_t last = start;
    while (at < PARENT_UNKNOWN && colours[at] == UNDECIDED) {
        colours[at] = ON_PATH;
        last = at;
        at = parents[at];
    }
    uint32_t met = at;
    bool circle = met < PARENT_UNKNOWN && colours[met] == ON_PATH;
    /* All of the circle share one cause, the place where it was met. */
    if (circle) {
        do {
            colours[at] = ON_CIRCLE;
            causes[at] = met;
            at = parents[at];
        } while (at != met);
    }
    /*
     * The rest of the path leans on what it met. Its members are removed for one cause, unless
     * all is well; the last of them is itself to blame if its parent is unknown.
     */
    uint32_t cause = ORG_NONE;
    if (met == PARENT_UNKNOWN) {
        cause = last;
    } else if (met != ORG_NONE && colours[met] != STANDS) {
        cause = colours[met] == ON_CIRCLE ? met : causes[met];
    }
    for (at = start; at < PARENT_UNKNOWN && colours[at] == ON_PATH; at = parents[at]) {
        colours[at] = cause == ORG_NONE ? STANDS : REMOVED;
        causes[at] = cause;
    }
}

static void tree_report(struct org_export *built, const struct tree *tree, uint32_t team)
{
    enum muster_code code = MUSTER_REMOVED_PARENT_TEAM;
    if (tree->parents[team] == PARENT_UNKNOWN) {
        code = MUSTER_UNKNOWN_PARENT_TEAM;
    } else if (tree->colours[team] == ON_CIRCLE) {
        code = MUSTER_TEAM_CYCLE;
    }
    uint64_t key = finding_key(tree->rows[team], code, TEAMS_PARENT_TEAM_ID, 3);
    uint32_t cause = tree->rows[tree->causes[team]];
    findings_add(&built->tree, (struct finding){key, cause, 0});
}

/* New numbers for the teams that stand; the others are removed. Gives how many stand. */
static uint32_t teams_number(struct org_export *built, struct table *table, const struct tree *tree)
{
    uint32_t kept = 0;
    for (uint32_t team = 0; team < built->org.team_count; team++) {
        uint32_t row = tree->rows[team];
        uint32_t parent = tree->parents[team];
        if (tree->colours[team] == STANDS) {
            tree->numbers[team] = kept;
            built->team_of_row[row] = kept++;
            continue;
        }
        tree->numbers[team] = ORG_NONE;
        tree_report(built, tree, team);
        /* Who is on a circle is to blame for what hangs below. */
        uint32_t cause = tree->colours[team] == ON_CIRCLE ? team : tree->causes[team];
        built->causes[row] = tree->rows[cause];
        built->parent_rows[row] = parent < PARENT_UNKNOWN ? tree->rows[parent] : ORG_NONE;
        built->team_of_row[row] = ORG_NONE;
        table->rows[row] |= ROW_REMOVED;
        table->kept_count--;
    }
    return kept;
}

/* Close the ranks: only teams that stand remain, under their new numbers. */
static void teams_compact(struct org_export *built, const struct tree *tree)
{
    struct org_team *teams = built->org.teams;
    uint32_t next = 0;
    for (uint32_t team = 0; team < built->org.team_count; team++) {
        if (tree->colours[team] != STANDS) {
            continue;
        }
        uint32_t parent = tree->parents[team];
        teams[next] = teams[team];
        built->row_of_team[next] = tree->rows[team];
        teams[next++].parent = parent < PARENT_UNKNOWN ? tree->numbers[parent] : ORG_NONE;
    }
}

struct renumbering {
    struct org_export *built;
    const struct tree *tree;
};

/* The map knew the teams as read; now it names what has become of them. Slots come in ranges. */
static void renumber_task(void *context, unsigned task)
{
    const struct renumbering *renumbering = context;
    const struct org_export *built = renumbering->built;
    const struct tree *tree = renumbering->tree;
    uint64_t slot_count = (uint64_t)built->team_ids.bucket_count * ID_BUCKET_SLOTS;
    size_t first = (size_t)parallel_share(slot_count, task, built->arena_count);
    size_t end = (size_t)parallel_share(slot_count, task + 1, built->arena_count);
    for (size_t index = first; index < end; index++) {
        struct id_slot *slot = &built->team_ids.slots[index];
        if (slot->low != 0 || slot->high != 0) {
            uint32_t team = tree->numbers[slot->number];
            slot->number = team != ORG_NONE ? team : TEAM_REMOVED | tree->rows[slot->number];
        }
    }
}

static bool arrays_open(struct org_export *built, uint32_t row_count)
{
    built->org.teams = memory_array(row_count, sizeof *built->org.teams);
    built->team_of_row = memory_array(row_count, sizeof *built->team_of_row);
    built->row_of_team = memory_array(row_count, sizeof *built->row_of_team);
    if (built->org.teams == NULL || built->team_of_row == NULL || built->row_of_team == NULL) {
        return false;
    }
    memset(built->team_of_row, 0xFF, row_count * sizeof *built->team_of_row);
    return true;
}

static bool tree_open(struct tree *tree, uint32_t count)
{
    tree->colours = calloc(count > 0 ? count : 1, 1);
    tree->parents = memory_array(count, sizeof *tree->parents);
    tree->causes = memory_array(count, sizeof *tree->causes);
    return tree->colours != NULL && tree->parents != NULL && tree->causes != NULL;
}

static void tree_close(struct tree *tree)
{
    free(tree->colours);
    free(tree->parents);
    free(tree->causes);
    free(tree->rows);
    free(tree->numbers);
}

/* Which teams stand. True where all do. */
static bool tree_judge(const struct tree *tree, uint32_t count)
{
    unsigned char *colours = tree->colours;
    bool all = true;
    for (uint32_t team = 0; team < count; team++) {
        uint32_t parent = tree->parents[team];
        /* Mostly the parent stands further in front. */
        if (parent == ORG_NONE || (parent < PARENT_UNKNOWN && colours[parent] == STANDS)) {
            colours[team] = STANDS;
        } else if (colours[team] == UNDECIDED) {
            climb(tree, team);
        }
        all = all && colours[team] == STANDS;
    }
    return all;
}

/* Only those that stand remain. False: no memory. */
static bool tree_prune(struct org_export *built, struct table *table, struct tree *tree)
{
    uint32_t team_count = built->org.team_count;
    size_t size = table->row_count * sizeof *built->causes;
    tree->rows = memory_array(team_count, sizeof *tree->rows);
    tree->numbers = memory_array(team_count, sizeof *tree->numbers);
    built->parent_rows = memory_array(table->row_count, sizeof *built->parent_rows);
    built->causes = memory_array(table->row_count, sizeof *built->causes);
    if (tree->rows == NULL || tree->numbers == NULL || built->parent_rows == NULL ||
        built->causes == NULL) {
        return false;
    }
    memcpy(tree->rows, built->row_of_team, team_count * sizeof *tree->rows);
    memset(built->parent_rows, 0xFF, size);
    memset(built->causes, 0xFF, size);
    uint32_t kept = teams_number(built, table, tree);
    teams_compact(built, tree);
    struct renumbering renumbering = {built, tree};
    parallel_run(built->parallel, built->arena_count, renumber_task, &renumbering);
    built->org.team_count = kept;
    return true;
}

/* The map of the ids, each range of buckets filled by one thread. False: no memory. */
static bool map_fill(struct org_export *built, struct tree_range *ranges)
{
    struct id_map *map = &built->team_ids;
    if (!id_map_open(map, built->org.team_count, built->teams->options.seed)) {
        return false;
    }
    unsigned count = built->arena_count;
    for (unsigned index = 0; index < count; index++) {
        ranges[index].first_bucket = (size_t)parallel_share(map->bucket_count, index, count);
        ranges[index].end_bucket = (size_t)parallel_share(map->bucket_count, index + 1, count);
    }
    bool done = ranges_run(built, ranges, ids_map);
    for (unsigned index = 0; index < count; index++) {
        const struct tree_range *range = &ranges[index];
        for (size_t late = 0; late < range->late_count && done; late++) {
            id_map_add(map, range->keys[range->late[late]], range->late[late]);
        }
        free(range->late);
    }
    return done;
}

/* The ids of all teams in their map; each range has read some. False: no memory. */
static bool teams_read(struct org_export *built, struct tree_range *ranges)
{
    struct id_key *keys = memory_array(built->teams->row_count, sizeof *keys);
    for (unsigned index = 0; index < built->arena_count; index++) {
        ranges[index].keys = keys;
    }
    bool done = keys != NULL && ranges_run(built, ranges, range_read) && map_fill(built, ranges);
    free(keys);
    return done;
}

bool org_export_teams(struct org_export *built, struct table *table, struct parallel *parallel)
{
    built->teams = table;
    built->parallel = parallel;
    if (!arrays_open(built, table->row_count)) {
        return false;
    }
    struct tree tree = {0};
    struct tree_range *ranges = ranges_open(built);
    bool done =
        ranges != NULL && teams_read(built, ranges) && tree_open(&tree, built->org.team_count);
    for (unsigned index = 0; index < built->arena_count && done; index++) {
        ranges[index].parents = tree.parents;
    }
    done = done && ranges_run(built, ranges, parents_find) &&
           (tree_judge(&tree, built->org.team_count) || tree_prune(built, table, &tree));
    tree_close(&tree);
    free(ranges);
    return done && !built->tree.exhausted;
}

uint32_t org_export_find_team(const struct org_export *built, span id)
{
    uint32_t row = table_find(built->teams, id);
    if (row == KEY_INDEX_NONE || row == TABLE_ROW_LOST) {
        return row == KEY_INDEX_NONE ? ID_MAP_NONE : TEAM_LOST;
    }
    uint32_t team = built->team_of_row[row];
    return team != ORG_NONE ? team : TEAM_REMOVED | row;
}

uint32_t org_export_confirm_team(const void *context, span id, uint32_t team)
{
    const struct org_export *built = context;
    if (team < TEAM_REMOVED && span_equal(built->org.teams[team].id, id)) {
        return team;
    }
    /* A removed team, or two ids with one hash. */
    return org_export_find_team(built, id);
}
