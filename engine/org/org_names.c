/* SPDX-License-Identifier: MIT */
/*
 * Pass 5: the names that the remote will show.
 *
 * Names that are unique stay. Teams that share one are shown as `Name (Manager - id)`, all of them,
 * so that the result does not depend on the order of the file. The seeds' own example is
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

/* "first last" of the first manager who has a name; the spans live in the scratch. */
static bool manager_name(struct naming *naming, const struct org_team *team, span *first,
                         span *last)
{
    const struct org *org = &naming->built->org;
    for (uint32_t index = 0; index < team->manager_count; index++) {
        struct org_user user;
        org_user_read(org, org->managers[team->manager_first + index], &naming->scratch, &user);
        *first = user.first_name;
        *last = user.last_name;
        if (first->len + last->len > 0) {
            return true;
        }
    }
    return false;
}

static span final_name_make(struct naming *naming, const struct org_team *team)
{
    struct buffer *name = &naming->name;
    span first;
    span last;
    buffer_clear(name);
    buffer_span(name, team->name);
    buffer_text(name, " (");
    if (manager_name(naming, team, &first, &last)) {
        buffer_span(name, first);
        buffer_text(name, first.len > 0 && last.len > 0 ? " " : "");
        buffer_span(name, last);
        buffer_text(name, " - ");
    }
    buffer_span(name, team->id);
    buffer_byte(name, ')');
    return arena_copy(&naming->built->arena, buffer_view(name));
}

/* Give shared names their suffix; each is then held against all that come out the same. */
static bool shared_rename(struct naming *naming)
{
    struct org *org = &naming->built->org;
    struct key_index renamed;
    if (naming->shared_count == 0) {
        return true;
    }
    if (!key_index_open(&renamed, naming->shared_count)) {
        return false;
    }
    for (uint32_t team = 0; team < org->team_count; team++) {
        if (naming->first_shared[team] == ORG_NONE) {
            continue;
        }
        span final_name = final_name_make(naming, &org->teams[team]);
        if (final_name.ptr == NULL) {
            break;
        }
        org->teams[team].final_name = final_name;
    }
    for (uint32_t team = 0; team < org->team_count; team++) {
        if (naming->first_shared[team] == ORG_NONE) {
            continue;
        }
        span final_name = org->teams[team].final_name;
        uint64_t hash = value_exact_hash(final_name, naming->built->teams->options.seed);
        struct key_probe probe;
        key_probe_start(&probe, &renamed, hash);
        uint32_t other = name_probe(naming, &probe, &renamed, final_name);
        if (other == KEY_INDEX_NONE) {
            key_probe_insert(&probe, &renamed, team);
            /* Teams whose name was their own are in the first index, under that name. */
            key_probe_start(&probe, &naming->names, hash);
            other = name_probe(naming, &probe, &naming->names, final_name);
        }
        if (other != KEY_INDEX_NONE && other != team) {
            uint32_t first = naming->first_final[other];
            first = first != ORG_NONE ? first : other < team ? other : team;
            naming->first_final[other] = first;
            naming->first_final[team] = first;
        }
    }
    key_index_close(&renamed);
    return !naming->name.exhausted && !naming->scratch.exhausted && !naming->built->arena.exhausted;
}

static void name_report(struct naming *naming, uint32_t team, enum muster_code code, uint32_t first)
{
    struct org_export *built = naming->built;
    uint32_t row = built->row_of_team[team];
    uint32_t related = first != ORG_NONE && first != team ? built->row_of_team[first] : ORG_NONE;
    findings_add(&built->names,
                 (struct finding){finding_key(row, code, TEAMS_NAME, 5), related, team});
}

static void names_report(struct naming *naming)
{
    struct org *org = &naming->built->org;
    for (uint32_t team = 0; team < org->team_count; team++) {
        if (naming->first_shared[team] != ORG_NONE) {
            name_report(naming, team, MUSTER_DUPLICATE_TEAM_NAME, naming->first_shared[team]);
        }
        if (naming->first_final[team] != ORG_NONE) {
            org->teams[team].name_collides = true;
            name_report(naming, team, MUSTER_TEAM_NAME_COLLISION, naming->first_final[team]);
        }
        span name = org->teams[team].final_name;
        size_t length = name.len < TEAM_NAME_LENGTH_MIN || name.len > TEAM_NAME_LENGTH_MAX ||
                                name.len < (size_t)4 * TEAM_NAME_LENGTH_MIN
                            ? text_length(name)
                            : TEAM_NAME_LENGTH_MIN;
        if (length < TEAM_NAME_LENGTH_MIN || length > TEAM_NAME_LENGTH_MAX) {
            name_report(naming, team, MUSTER_TEAM_NAME_LENGTH, ORG_NONE);
        }
    }
}

bool naming_open(struct naming *naming, struct org_export *built)
{
    uint32_t count = built->org.team_count;
    *naming = (struct naming){.built = built};
    naming->first_shared = memory_array(count, sizeof *naming->first_shared);
    naming->first_final = memory_array(count, sizeof *naming->first_final);
    if (naming->first_shared == NULL || naming->first_final == NULL ||
        !key_index_open(&naming->names, count)) {
        return false;
    }
    memset(naming->first_shared, 0xFF, count * sizeof *naming->first_shared);
    memset(naming->first_final, 0xFF, count * sizeof *naming->first_final);
    return true;
}

bool naming_finish(struct naming *naming)
{
    if (!shared_rename(naming)) {
        return false;
    }
    names_report(naming);
    return !naming->built->names.exhausted;
}

void naming_close(struct naming *naming)
{
    key_index_close(&naming->names);
    buffer_close(&naming->name);
    buffer_close(&naming->scratch);
    free(naming->first_shared);
    free(naming->first_final);
}
