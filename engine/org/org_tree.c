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

#define PARENT_UNKNOWN    (ORG_NONE - 1)
#define PREFETCH_DISTANCE 16

enum colour { UNDECIDED, ON_PATH, STANDS, REMOVED, ON_CIRCLE };

static bool in_input(const struct table *table, span value)
{
    return value.len == 0 ||
           (value.ptr >= table->input.ptr && value.ptr < table->input.ptr + table->input.len);
}

/* A value that lives as long as the org. */
static span value_keep(struct org_export *built, span value)
{
    return in_input(built->teams, value) ? value : arena_copy(&built->arena, value);
}

/* Teams by row, for now with every kept row of pass 2; the parent's id waits in final_name. */
static bool teams_read(struct org_export *built)
{
    const struct table *table = built->teams;
    struct buffer scratch = {0};
    uint32_t count = 0;
    for (uint32_t row = 0; row < table->row_count; row++) {
        if (!table_kept(table, row)) {
            continue;
        }
        span values[SCHEMA_COLUMN_MAX];
        table_read(table, row, &scratch, values);
        span parent = values[TEAMS_PARENT_TEAM_ID];
        built->org.teams[count] = (struct org_team){
            .id = value_keep(built, values[TEAMS_ID]),
            .name = value_keep(built, values[TEAMS_NAME]),
            .final_name = value_keep(built, span_is_blank(parent) ? SPAN("") : parent),
            .parent = ORG_NONE,
        };
        built->row_of_team[count++] = row;
    }
    built->org.team_count = count;
    bool done = !scratch.exhausted && !built->arena.exhausted;
    buffer_close(&scratch);
    return done;
}

static bool ids_map(struct org_export *built)
{
    uint32_t count = built->org.team_count;
    uint64_t seed = built->teams->options.seed;
    struct id_key keys[PREFETCH_DISTANCE];
    if (!id_map_open(&built->team_ids, count, seed)) {
        return false;
    }
    for (uint32_t ahead = 0; ahead < count + PREFETCH_DISTANCE; ahead++) {
        struct id_key *key = &keys[ahead % PREFETCH_DISTANCE];
        if (ahead >= PREFETCH_DISTANCE && !id_key_is_empty(*key)) {
            id_map_add(&built->team_ids, *key, ahead - PREFETCH_DISTANCE);
        }
        if (ahead < count) {
            *key = id_key_make(built->org.teams[ahead].id, seed);
            id_map_prefetch(&built->team_ids, id_map_place(&built->team_ids, *key));
        }
    }
    return true;
}

/* The team (still numbered as read) with this id, or ID_MAP_NONE. */
static uint32_t team_lookup(struct org_export *built, span id, struct id_key key, size_t place)
{
    uint32_t team = id_map_find(&built->team_ids, key, place);
    if (team == ID_MAP_NONE || !id_key_is_long(key) || span_equal(built->org.teams[team].id, id)) {
        return team;
    }
    uint32_t row = table_find(built->teams, id);
    if (row == TABLE_ROW_LOST) {
        built->arena.exhausted = true;
        return ID_MAP_NONE;
    }
    return row == KEY_INDEX_NONE ? ID_MAP_NONE : built->team_of_row[row];
}

static void parents_find(struct org_export *built)
{
    struct id_key keys[PREFETCH_DISTANCE];
    size_t places[PREFETCH_DISTANCE];
    uint32_t count = built->org.team_count;
    uint64_t seed = built->teams->options.seed;
    for (uint32_t ahead = 0; ahead < count + PREFETCH_DISTANCE; ahead++) {
        unsigned slot = ahead % PREFETCH_DISTANCE;
        if (ahead >= PREFETCH_DISTANCE) {
            struct org_team *team = &built->org.teams[ahead - PREFETCH_DISTANCE];
            uint32_t parent = ORG_NONE;
            if (team->final_name.len > 0) {
                parent = team_lookup(built, team->final_name, keys[slot], places[slot]);
                parent = parent == ID_MAP_NONE ? PARENT_UNKNOWN : parent;
            }
            team->parent = parent;
        }
        if (ahead < count) {
            keys[slot] = id_key_make(built->org.teams[ahead].final_name, seed);
            places[slot] = id_map_place(&built->team_ids, keys[slot]);
            id_map_prefetch(&built->team_ids, places[slot]);
        }
    }
}

/* Decide `start` and everything above it that is not decided yet. `causes` by team. */
static void climb(const struct org *org, unsigned char *colours, uint32_t *causes, uint32_t start)
{
    uint32_t at = start;
    while (at < PARENT_UNKNOWN && colours[at] == UNDECIDED) {
        colours[at] = ON_PATH;
        at = org->teams[at].parent;
    }
    uint32_t met = at;
    bool circle = met < PARENT_UNKNOWN && colours[met] == ON_PATH;
    /* All of the circle share one cause, the place where it was met. */
    for (bool first = true; circle && (first || at != met); first = false) {
        colours[at] = ON_CIRCLE;
        causes[at] = met;
        at = org->teams[at].parent;
    }
    /*
     * The rest of the path leans on what it met. Its members are removed for one cause, unless
     * all is well; the last of them is itself to blame if its parent is unknown.
     */
    uint32_t cause = ORG_NONE;
    if (met < PARENT_UNKNOWN && colours[met] != STANDS) {
        cause = colours[met] == ON_CIRCLE ? met : causes[met];
    }
    uint32_t last = ORG_NONE;
    for (at = start; at < PARENT_UNKNOWN && colours[at] == ON_PATH; at = org->teams[at].parent) {
        last = at;
    }
    if (met == PARENT_UNKNOWN && last != ORG_NONE) {
        cause = last;
    }
    for (at = start; at < PARENT_UNKNOWN && colours[at] == ON_PATH; at = org->teams[at].parent) {
        colours[at] = cause == ORG_NONE ? STANDS : REMOVED;
        causes[at] = cause;
    }
}

static void tree_report(struct org_export *built, uint32_t team, enum colour colour,
                        const uint32_t *causes)
{
    uint32_t row = built->row_of_team[team];
    uint32_t parent = built->org.teams[team].parent;
    enum muster_code code = MUSTER_REMOVED_PARENT_TEAM;
    if (parent == PARENT_UNKNOWN) {
        code = MUSTER_UNKNOWN_PARENT_TEAM;
    } else if (colour == ON_CIRCLE) {
        code = MUSTER_TEAM_CYCLE;
    }
    uint32_t cause = built->row_of_team[causes[team]];
    findings_add(&built->tree,
                 (struct finding){finding_key(row, code, TEAMS_PARENT_TEAM_ID, 3), cause, 0});
}

/* Close the ranks: only teams that stand remain, with new numbers. */
static void teams_compact(struct org_export *built, struct table *table,
                          const unsigned char *colours, const uint32_t *causes)
{
    struct org *org = &built->org;
    uint32_t kept = 0;
    for (uint32_t team = 0; team < org->team_count; team++) {
        uint32_t row = built->row_of_team[team];
        uint32_t parent = org->teams[team].parent;
        built->parent_rows[row] = parent < PARENT_UNKNOWN ? built->row_of_team[parent] : ORG_NONE;
        if (colours[team] != STANDS) {
            tree_report(built, team, colours[team], causes);
            /* Who is on a circle is to blame for what hangs below. */
            uint32_t cause = colours[team] == ON_CIRCLE ? team : causes[team];
            built->causes[row] = built->row_of_team[cause];
            table->rows[row] |= ROW_REMOVED;
            table->kept_count--;
        } else {
            built->team_of_row[row] = kept++;
        }
    }
    uint32_t next = 0;
    for (uint32_t team = 0; team < org->team_count; team++) {
        uint32_t row = built->row_of_team[team];
        if (colours[team] != STANDS) {
            continue;
        }
        uint32_t parent_row = built->parent_rows[row];
        org->teams[next] = org->teams[team];
        org->teams[next].parent =
            parent_row == ORG_NONE ? ORG_NONE : built->team_of_row[parent_row];
        org->teams[next].final_name = org->teams[next].name;
        next++;
    }
    /* Rows of teams are read in rising order, so what is overwritten has been read. */
    for (uint32_t team = 0; team < org->team_count; team++) {
        uint32_t row = built->row_of_team[team];
        if (built->team_of_row[row] != ORG_NONE) {
            built->row_of_team[built->team_of_row[row]] = row;
        }
    }
    org->team_count = kept;
}

/* The map knew the teams as read; now it names what has become of them. */
static void ids_renumber(struct org_export *built, const uint32_t *rows)
{
    size_t slot_count = built->team_ids.bucket_count * ID_BUCKET_SLOTS;
    for (size_t index = 0; index < slot_count; index++) {
        struct id_slot *slot = &built->team_ids.slots[index];
        if (slot->low != 0 || slot->high != 0) {
            uint32_t row = rows[slot->number];
            uint32_t team = built->team_of_row[row];
            slot->number = team != ORG_NONE ? team : TEAM_REMOVED | row;
        }
    }
}

static bool arrays_open(struct org_export *built, uint32_t row_count)
{
    built->org.teams = memory_array(row_count, sizeof *built->org.teams);
    built->parent_rows = memory_array(row_count, sizeof *built->parent_rows);
    built->causes = memory_array(row_count, sizeof *built->causes);
    built->team_of_row = memory_array(row_count, sizeof *built->team_of_row);
    built->row_of_team = memory_array(row_count, sizeof *built->row_of_team);
    if (built->org.teams == NULL || built->parent_rows == NULL || built->causes == NULL ||
        built->team_of_row == NULL || built->row_of_team == NULL) {
        return false;
    }
    memset(built->parent_rows, 0xFF, row_count * sizeof *built->parent_rows);
    memset(built->causes, 0xFF, row_count * sizeof *built->causes);
    memset(built->team_of_row, 0xFF, row_count * sizeof *built->team_of_row);
    return true;
}

bool org_export_teams(struct org_export *built, struct table *table, struct parallel *parallel)
{
    built->teams = table;
    built->parallel = parallel;
    if (!arrays_open(built, table->row_count) || !teams_read(built) || !ids_map(built)) {
        return false;
    }
    uint32_t count = built->org.team_count;
    unsigned char *colours = calloc(count > 0 ? count : 1, 1);
    uint32_t *causes = memory_array(count, sizeof *causes);
    uint32_t *rows = memory_array(count, sizeof *rows);
    bool done = colours != NULL && causes != NULL && rows != NULL;
    if (done) {
        for (uint32_t team = 0; team < count; team++) {
            rows[team] = built->row_of_team[team];
            built->team_of_row[rows[team]] = team;
        }
        parents_find(built);
        memset(built->team_of_row, 0xFF, table->row_count * sizeof *built->team_of_row);
        for (uint32_t team = 0; team < count; team++) {
            if (colours[team] == UNDECIDED) {
                climb(&built->org, colours, causes, team);
            }
        }
        teams_compact(built, table, colours, causes);
        ids_renumber(built, rows);
    }
    free(colours);
    free(causes);
    free(rows);
    return done && !built->tree.exhausted && !built->arena.exhausted;
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
