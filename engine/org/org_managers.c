/* SPDX-License-Identifier: MIT */
/*
 * Pass 4, managers: the ids of manager_ids become users. Teams are shared out among the threads in
 * ranges; each range keeps its managers and findings, and the ranges are put together in order.
 */
#include "org/org_people.h"

#include <stdlib.h>

/* Lists of up to this many ids are searched for repeats one by one; longer ones are sorted. */
#define SHORT_LIST     16
#define PIECES_AT_ONCE 512

struct piece {
    span id;
    uint32_t offset; /* in the decoded cell */
    uint32_t team;
};

struct manager_range {
    uint32_t first_team;
    uint32_t end_team;
    uint32_t *managers;
    size_t manager_count;
    size_t manager_capacity;
    uint32_t manager_base; /* where they go among those of all ranges */
    struct finding_list findings;
    struct piece *pieces; /* of the teams that are being looked at */
    size_t piece_count;
    size_t piece_capacity;
    span *ids;
    uint32_t *rows;
    size_t id_capacity;
    size_t row_capacity;
    struct arena arena; /* cells that had to be decoded */
    bool failed;
};

bool id_list_next(span list, size_t *at, span *id)
{
    while (*at < list.len) {
        const char *start = list.ptr + *at;
        const char *comma = memchr(start, ',', list.len - *at);
        size_t size = comma != NULL ? (size_t)(comma - start) : list.len - *at;
        *at += size + 1;
        *id = span_trim(span_make(start, size));
        if (id->len > 0) {
            return true;
        }
    }
    return false;
}

static int piece_compare(const void *left, const void *right)
{
    const struct piece *a = left;
    const struct piece *b = right;
    size_t size = a->id.len < b->id.len ? a->id.len : b->id.len;
    int order = memcmp(a->id.ptr, b->id.ptr, size);
    if (order == 0 && a->id.len != b->id.len) {
        order = a->id.len < b->id.len ? -1 : 1;
    }
    return order != 0 ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

static int piece_compare_offset(const void *left, const void *right)
{
    const struct piece *a = left;
    const struct piece *b = right;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

/* Drop repeats among the last `count` pieces, which are those of one team. */
static void repeats_drop(struct manager_range *range, size_t count)
{
    struct piece *pieces = range->pieces + range->piece_count - count;
    size_t kept = 0;
    if (count > SHORT_LIST) {
        qsort(pieces, count, sizeof *pieces, piece_compare);
    }
    for (size_t index = 0; index < count; index++) {
        /* Sorted lists have their repeats side by side. */
        size_t from = count > SHORT_LIST && kept > 0 ? kept - 1 : 0;
        bool repeated = false;
        for (size_t other = from; other < kept && !repeated; other++) {
            repeated = span_equal(pieces[other].id, pieces[index].id);
        }
        if (!repeated) {
            pieces[kept++] = pieces[index];
        }
    }
    if (count > SHORT_LIST) {
        qsort(pieces, kept, sizeof *pieces, piece_compare_offset);
    }
    range->piece_count -= count - kept;
}

static bool cell_split(struct manager_range *range, uint32_t team, span cell)
{
    size_t at = 0;
    size_t count = 0;
    span id;
    while (id_list_next(cell, &at, &id)) {
        struct piece *grown = memory_grow(range->pieces, &range->piece_capacity,
                                          range->piece_count + 1, sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        range->pieces = grown;
        grown[range->piece_count++] = (struct piece){id, (uint32_t)(id.ptr - cell.ptr), team};
        count++;
    }
    if (count > 1) {
        repeats_drop(range, count);
    }
    return true;
}

static void unknown_report(struct org_export *built, struct manager_range *range,
                           const struct piece *piece)
{
    uint32_t row = built->row_of_team[piece->team];
    uint64_t key = finding_key(row, MUSTER_UNKNOWN_MANAGER, TEAMS_MANAGER_IDS, 4);
    findings_add(&range->findings, (struct finding){key, ORG_NONE, piece->offset});
}

/* Look up the pieces that have come together, and note what they are. */
static bool pieces_resolve(struct org_export *built, struct manager_range *range)
{
    size_t count = range->piece_count;
    span *ids = memory_grow(range->ids, &range->id_capacity, count, sizeof *ids);
    uint32_t *rows =
        ids == NULL ? NULL : memory_grow(range->rows, &range->row_capacity, count, sizeof *rows);
    range->ids = ids != NULL ? ids : range->ids;
    range->rows = rows != NULL ? rows : range->rows;
    uint32_t *managers = memory_grow(range->managers, &range->manager_capacity,
                                     range->manager_count + count, sizeof *managers);
    range->managers = managers != NULL ? managers : range->managers;
    if (ids == NULL || rows == NULL || managers == NULL) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        ids[index] = range->pieces[index].id;
    }
    table_find_many(built->users, ids, count, rows);
    for (size_t index = 0; index < count; index++) {
        const struct piece *piece = &range->pieces[index];
        if (rows[index] == TABLE_ROW_LOST) {
            return false;
        }
        if (rows[index] == KEY_INDEX_NONE || !table_kept(built->users, rows[index])) {
            unknown_report(built, range, piece);
            continue;
        }
        struct org_team *team = &built->org.teams[piece->team];
        if (team->manager_count++ == 0) {
            team->manager_first = (uint32_t)range->manager_count;
        }
        managers[range->manager_count++] = rows[index];
    }
    range->piece_count = 0;
    arena_close(&range->arena);
    return true;
}

void managers_find(struct managers *managers, unsigned which)
{
    struct manager_range *range = &managers->ranges[which];
    struct org_export *built = managers->built;
    const struct table *table = built->teams;
    struct buffer scratch = {0};
    for (uint32_t team = range->first_team; team < range->end_team && !range->failed; team++) {
        uint32_t row = built->row_of_team[team];
        span cell = table_value(table, row, TEAMS_MANAGER_IDS, &scratch);
        cell = table_value_keep(table, cell, &range->arena);
        range->failed = scratch.exhausted || range->arena.exhausted ||
                        !cell_split(range, team, cell) ||
                        (range->piece_count >= PIECES_AT_ONCE && !pieces_resolve(built, range));
    }
    range->failed = range->failed || !pieces_resolve(built, range);
    buffer_close(&scratch);
}

bool managers_open(struct managers *managers, struct org_export *built)
{
    unsigned jobs = parallel_jobs(built->parallel);
    /* More ranges than threads: some of these have something else to do meanwhile, and all should
     * end at the same time. */
    unsigned count = jobs > 1 ? 4 * jobs : 1;
    *managers = (struct managers){.built = built};
    managers->ranges = calloc(count, sizeof *managers->ranges);
    if (managers->ranges == NULL) {
        return false;
    }
    managers->range_count = count;
    uint64_t teams = built->org.team_count;
    for (unsigned index = 0; index < count; index++) {
        struct manager_range *range = &managers->ranges[index];
        range->first_team = (uint32_t)parallel_share(teams, index, count);
        range->end_team = (uint32_t)parallel_share(teams, index + 1, count);
    }
    return true;
}

bool managers_join(struct managers *managers)
{
    struct org_export *built = managers->built;
    size_t total = 0;
    for (unsigned index = 0; index < managers->range_count; index++) {
        struct manager_range *range = &managers->ranges[index];
        if (range->failed) {
            return false;
        }
        range->manager_base = (uint32_t)total;
        total += range->manager_count;
        findings_append(&built->managers, &range->findings, 0);
    }
    if (total >= ORG_NONE || built->managers.exhausted) {
        return false;
    }
    built->org.manager_count = (uint32_t)total;
    if (managers->range_count == 1) {
        built->org.managers = managers->ranges[0].managers;
        managers->ranges[0].managers = NULL;
        return true;
    }
    built->org.managers = memory_array(total, sizeof *built->org.managers);
    return built->org.managers != NULL;
}

void managers_copy(struct managers *managers, unsigned which)
{
    const struct manager_range *range = &managers->ranges[which];
    struct org *org = &managers->built->org;
    if (managers->range_count == 1) {
        return;
    }
    for (uint32_t team = range->first_team; team < range->end_team; team++) {
        org->teams[team].manager_first += range->manager_base;
    }
    if (range->manager_count > 0) {
        memcpy(org->managers + range->manager_base, range->managers,
               range->manager_count * sizeof *range->managers);
    }
}

void managers_close(struct managers *managers)
{
    for (unsigned index = 0; index < managers->range_count; index++) {
        struct manager_range *range = &managers->ranges[index];
        free(range->managers);
        free(range->pieces);
        free(range->ids);
        free(range->rows);
        findings_close(&range->findings);
        arena_close(&range->arena);
    }
    free(managers->ranges);
}
