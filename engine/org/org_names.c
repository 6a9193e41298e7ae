/* SPDX-License-Identifier: MIT */
/*
 * Pass 5: the names that the remote will show.
 *
 * Names that are unique stay. Teams that share one are shown as `Name (Manager - id)`, all of them,
 * so that the result does not depend on the order of the file. The vendor's own example is
 * `Team Name (John Smith - 12345)`.
 */
#include "org/org_people.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "table/value.h"

#define PREFETCH_DISTANCE 16

/* The first team with the name `text` that was put there before, or KEY_INDEX_NONE. */
static uint32_t name_probe(const struct naming *naming, struct key_probe *probe,
                           const struct key_index *index, span text)
{
    uint32_t team;
    while ((team = key_probe_next(probe, index)) != KEY_INDEX_NONE) {
        if (span_equal(naming->built->org.teams[team].final_name, text)) {
            break;
        }
    }
    return team;
}

/* Final names still are the names. */
void naming_share(struct naming *naming)
{
    const struct org *org = &naming->built->org;
    uint64_t seed = naming->built->teams->options.seed;
    uint64_t hashes[PREFETCH_DISTANCE];
    for (uint32_t ahead = 0; ahead < org->team_count + PREFETCH_DISTANCE; ahead++) {
        uint64_t *hash = &hashes[ahead % PREFETCH_DISTANCE];
        uint32_t team = ahead - PREFETCH_DISTANCE;
        if (ahead >= PREFETCH_DISTANCE) {
            struct key_probe probe;
            key_probe_start(&probe, &naming->names, *hash);
            uint32_t first = name_probe(naming, &probe, &naming->names, org->teams[team].name);
            if (first == KEY_INDEX_NONE) {
                key_probe_insert(&probe, &naming->names, team);
            } else {
                naming->shared_count += naming->first_shared[first] == ORG_NONE ? 2 : 1;
                naming->first_shared[first] = first;
                naming->first_shared[team] = first;
            }
        }
        if (ahead < org->team_count) {
            *hash = value_exact_hash(org->teams[ahead].name, seed);
            key_index_prefetch(&naming->names, *hash);
        }
    }
}

/* The teams of one range, and what their names are put together in. */
struct naming_range {
    uint32_t first_team;
    uint32_t end_team;
    struct arena *arena; /* of the names that are made */
    struct buffer name;
    struct buffer scratch;
    struct finding_list reports;
};

/* "first last" of the first manager who has a name; the spans live in the scratch. */
static bool manager_name(const struct org *org, const struct org_team *team, struct buffer *scratch,
                         span names[2])
{
    for (uint32_t index = 0; index < team->manager_count; index++) {
        struct org_user user;
        org_user_read(org, org->managers[team->manager_first + index], scratch, &user);
        names[0] = user.first_name;
        names[1] = user.last_name;
        if (names[0].len + names[1].len > 0) {
            return true;
        }
    }
    return false;
}

static span final_name_make(struct naming_range *range, const struct org *org,
                            const struct org_team *team)
{
    struct buffer *name = &range->name;
    span names[2];
    buffer_clear(name);
    buffer_span(name, team->name);
    buffer_text(name, " (");
    if (manager_name(org, team, &range->scratch, names)) {
        buffer_span(name, names[0]);
        buffer_text(name, names[0].len > 0 && names[1].len > 0 ? " " : "");
        buffer_span(name, names[1]);
        buffer_text(name, " - ");
    }
    buffer_span(name, team->id);
    buffer_byte(name, ')');
    return arena_copy(range->arena, buffer_view(name));
}

void naming_rename(struct naming *naming, unsigned which)
{
    struct naming_range *range = &naming->ranges[which];
    struct org *org = &naming->built->org;
    for (uint32_t team = range->first_team; team < range->end_team; team++) {
        if (naming->first_shared[team] != ORG_NONE) {
            org->teams[team].final_name = final_name_make(range, org, &org->teams[team]);
        }
    }
}

/* Which other team comes out the same, or ORG_NONE. */
static uint32_t renamed_find(struct naming *naming, struct key_index *renamed, uint32_t team)
{
    span final_name = naming->built->org.teams[team].final_name;
    uint64_t hash = value_exact_hash(final_name, naming->built->teams->options.seed);
    struct key_probe probe;
    key_probe_start(&probe, renamed, hash);
    uint32_t other = name_probe(naming, &probe, renamed, final_name);
    if (other == KEY_INDEX_NONE) {
        key_probe_insert(&probe, renamed, team);
        /* Teams whose name was their own are in the first index, under that name. */
        key_probe_start(&probe, &naming->names, hash);
        other = name_probe(naming, &probe, &naming->names, final_name);
    }
    return other != team ? other : KEY_INDEX_NONE;
}

bool naming_compare(struct naming *naming)
{
    struct key_index renamed;
    for (unsigned index = 0; index < naming->range_count; index++) {
        const struct naming_range *range = &naming->ranges[index];
        if (range->name.exhausted || range->scratch.exhausted || range->arena->exhausted) {
            return false;
        }
    }
    if (naming->shared_count == 0) {
        return true;
    }
    if (!key_index_open(&renamed, naming->shared_count)) {
        return false;
    }
    for (uint32_t team = 0; team < naming->built->org.team_count; team++) {
        if (naming->first_shared[team] == ORG_NONE) {
            continue;
        }
        uint32_t other = renamed_find(naming, &renamed, team);
        if (other != KEY_INDEX_NONE) {
            uint32_t first = naming->first_final[other];
            first = first != ORG_NONE ? first : other < team ? other : team;
            naming->first_final[other] = first;
            naming->first_final[team] = first;
        }
    }
    key_index_close(&renamed);
    return true;
}

static void name_report(const struct org_export *built, struct finding_list *reports,
                        enum muster_code code, struct finding about)
{
    uint32_t row = built->row_of_team[about.detail];
    bool has_first = about.related != ORG_NONE && about.related != about.detail;
    about.key = finding_key(row, code, TEAMS_NAME, 5);
    about.related = has_first ? built->row_of_team[about.related] : ORG_NONE;
    findings_add(reports, about);
}

static bool length_is_wrong(span name)
{
    size_t length = name.len;
    if (length < TEAM_NAME_LENGTH_MIN || length > TEAM_NAME_LENGTH_MAX ||
        length < (size_t)4 * TEAM_NAME_LENGTH_MIN) {
        length = text_length(name);
    }
    return length < TEAM_NAME_LENGTH_MIN || length > TEAM_NAME_LENGTH_MAX;
}

void naming_report(struct naming *naming, unsigned which)
{
    struct org_export *built = naming->built;
    struct naming_range *range = &naming->ranges[which];
    for (uint32_t at = range->first_team; at < range->end_team; at++) {
        struct org_team *team = &built->org.teams[at];
        struct finding about = {.related = naming->first_shared[at], .detail = at};
        if (about.related != ORG_NONE) {
            name_report(built, &range->reports, MUSTER_DUPLICATE_TEAM_NAME, about);
        }
        about.related = naming->first_final[at];
        if (about.related != ORG_NONE) {
            team->name_collides = true;
            name_report(built, &range->reports, MUSTER_TEAM_NAME_COLLISION, about);
        }
        if (length_is_wrong(team->final_name)) {
            about.related = ORG_NONE;
            name_report(built, &range->reports, MUSTER_TEAM_NAME_LENGTH, about);
        }
    }
}

bool naming_join(struct naming *naming)
{
    struct finding_list *names = &naming->built->names;
    *names = naming->ranges[0].reports;
    naming->ranges[0].reports = (struct finding_list){0};
    for (unsigned index = 1; index < naming->range_count; index++) {
        findings_append(names, &naming->ranges[index].reports, 0);
    }
    return !names->exhausted;
}

bool naming_open(struct naming *naming, struct org_export *built)
{
    uint32_t teams = built->org.team_count;
    unsigned count = built->arena_count;
    *naming = (struct naming){.built = built, .range_count = count};
    naming->ranges = calloc(count, sizeof *naming->ranges);
    for (unsigned index = 0; naming->ranges != NULL && index < count; index++) {
        struct naming_range *range = &naming->ranges[index];
        range->first_team = (uint32_t)parallel_share(teams, index, count);
        range->end_team = (uint32_t)parallel_share(teams, index + 1, count);
        range->arena = &built->arenas[index];
    }
    naming->first_shared = memory_array(teams, sizeof *naming->first_shared);
    naming->first_final = memory_array(teams, sizeof *naming->first_final);
    if (naming->ranges == NULL || naming->first_shared == NULL || naming->first_final == NULL ||
        !key_index_open(&naming->names, teams)) {
        return false;
    }
    memset(naming->first_shared, 0xFF, teams * sizeof *naming->first_shared);
    memset(naming->first_final, 0xFF, teams * sizeof *naming->first_final);
    return true;
}

void naming_close(struct naming *naming)
{
    for (unsigned index = 0; naming->ranges != NULL && index < naming->range_count; index++) {
        struct naming_range *range = &naming->ranges[index];
        buffer_close(&range->name);
        buffer_close(&range->scratch);
        findings_close(&range->reports);
    }
    key_index_close(&naming->names);
    free(naming->ranges);
    free(naming->first_shared);
    free(naming->first_final);
}
