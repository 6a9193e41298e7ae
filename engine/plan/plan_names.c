/* SPDX-License-Identifier: MIT */
/*
 * Renames, in an order in which every new name is free when it is given.
 *
 * A wanted name has at most one holder, and a holder wants at most one other name, so whoever has
 * to wait for whom is a set of chains and circles:
 *
 *     A -> "B" held by B -> "C" held by C -> "D" held by nobody        renamed C, B, A
 *     A -> "B" held by B -> "A" held by A                              A for now, B, A
 *
 * A holder that is going away is renamed for now before all others. A holder that the plan must
 * not touch keeps its name, and the team that wants it gets a name of our own, `Name (id)`, or
 * keeps it where a plan before this one gave it that. Who is given a name that several will have
 * waits for nobody. Old teams that share one are renamed for now where somebody else wants it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "plan/plan_state.h"
#include "plan/slot_map.h"

/* Bits of a filter for each name that is in it. */
#define FILTER_BITS 16U

enum rename_state { AT_REST, WAITING, RENAMED };

/* A bit for the hash of each of a few names: most of the others need not be looked up. */
struct name_filter {
    uint64_t *bits;
    uint64_t mask;
};

/* What a name of our own is made from. */
struct made_name {
    span name, id;
    uint32_t keeper; /* the old team that has this name when all is done, or ORG_NONE */
};

struct renaming {
    struct plan *plan;
    struct slot_map holders;   /* the wanted names that one old team has for itself -> its number */
    struct name_filter wanted; /* the names that are given */
    struct slot_map wanters;   /* the names that are given to one team -> its number; see below */
    struct slot_map used;      /* names of our own, or all there are and will be; see below */
    struct made_name *made;    /* by name_ref */
    size_t made_capacity;
    uint64_t *shared; /* a bit for each index of `used` whose name another one has too */
    uint32_t next_suffix;
    uint8_t *states; /* enum rename_state by number */
    uint32_t *now;   /* what a team is called just now, by number: NAME_OLD or made up */
    uint32_t *path;  /* the teams that wait for each other, the first to ask first */
};

static span old_name(const struct plan *plan, uint32_t team)
{
    return plan->old_org->teams[plan_old_team(plan, team)].final_name;
}

static uint64_t name_hash(const struct renaming *renaming, span name)
{
    return hash_bytes(name.ptr, name.len, renaming->plan->seed);
}

static bool filter_open(struct name_filter *filter, size_t count)
{
    filter->mask = 63;
    while (filter->mask / FILTER_BITS < count) {
        filter->mask = filter->mask * 2 + 1;
    }
    filter->bits = bits_open((size_t)filter->mask);
    return filter->bits != NULL;
}

static void filter_add(const struct name_filter *filter, uint64_t hash)
{
    bit_set(filter->bits, (size_t)(hash & filter->mask));
}

static bool filter_may_have(const struct name_filter *filter, uint64_t hash)
{
    return bit_get(filter->bits, (size_t)(hash & filter->mask));
}

/* The old team that holds a wanted name, or ORG_NONE. */
static uint32_t find_holder(const struct renaming *renaming, span name, uint64_t hash,
                            struct slot_probe *probe)
{
    slot_probe_start(probe, &renaming->holders, hash);
    uint32_t team = slot_probe_next(probe, &renaming->holders);
    while (team != SLOT_NONE && !span_equal(old_name(renaming->plan, team), name)) {
        team = slot_probe_next(probe, &renaming->holders);
    }
    return team != SLOT_NONE ? team : ORG_NONE;
}

/* Whether an old team may hold a name that is given to another one. Without roots whoever stays and
 * is not renamed holds none: it would be under a collision, and they wait for nobody. */
static bool may_hold_wanted(const struct plan *plan, uint32_t old_team)
{
    uint32_t team = plan_number_old(plan, old_team);
    return !plan_has_flag(plan, team, TEAM_SHARED) &&
           (plan->scoped || plan_is_removed(plan, team) || plan_has_flag(plan, team, TEAM_NAMED));
}

static void fill_holders(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    const struct org *org = plan->old_org;
    for (uint32_t old_team = 0; old_team < org->team_count; old_team++) {
        if (!may_hold_wanted(plan, old_team)) {
            continue;
        }
        struct slot_probe probe;
        span name = org->teams[old_team].final_name;
        uint64_t hash = name_hash(renaming, name);
        if (filter_may_have(&renaming->wanted, hash) &&
            find_holder(renaming, name, hash, &probe) == ORG_NONE &&
            !slot_map_add(&renaming->holders, &probe, plan_number_old(plan, old_team))) {
            plan->exhausted = true;
        }
    }
}

/* ---- Free names -------------------------------------------------------------------------- */

/*
 * Names of our own are made up as if they were free, which they nearly always are, and held against
 * all others once, at the end. Only where one is not, all names are indexed, and whatever is not
 * free is made up again with a suffix.
 */

/* The names in use: those of the old roster, of the new one, and of our own, one after another. */
static span used_name(const struct plan *plan, uint32_t index)
{
    if (index < plan->old_org->team_count) {
        return plan->old_org->teams[index].final_name;
    }
    index -= plan->old_org->team_count;
    return index < plan->new_team_count ? plan->new_org->teams[index].final_name
                                        : plan->names[index - plan->new_team_count];
}

/* The index of a name that is in use, or SLOT_NONE; the probe then stands where it would go. */
static uint32_t find_used(const struct renaming *renaming, span name, uint64_t hash,
                          struct slot_probe *probe)
{
    slot_probe_start(probe, &renaming->used, hash);
    uint32_t other = slot_probe_next(probe, &renaming->used);
    while (other != SLOT_NONE && !span_equal(used_name(renaming->plan, other), name)) {
        other = slot_probe_next(probe, &renaming->used);
    }
    return other;
}

/* Note that a name is in use; gives the index that has had it before, or SLOT_NONE. */
static uint32_t use_name(struct renaming *renaming, uint32_t index, span name, uint64_t hash)
{
    struct slot_probe probe;
    uint32_t other = find_used(renaming, name, hash, &probe);
    if (other == SLOT_NONE && !slot_map_add(&renaming->used, &probe, index)) {
        renaming->plan->exhausted = true;
    }
    return other;
}

static bool starts_code_point(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

/* The first bytes of a text that hold at most `count_max` code points. */
static span cut_code_points(span text, size_t count_max)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len; at++) {
        count += starts_code_point(text.ptr[at]);
        if (count > count_max) {
            return span_make(text.ptr, at);
        }
    }
    return text;
}

/* What ` (` `)` and a suffix need. */
#define FREE_NAME_EXTRA 14

/* `Name (id)`; the name is cut where the whole would pass the length that the remote allows. */
static span write_free_name(struct buffer *text, span name, span id, uint32_t suffix)
{
    size_t id_count = text_length(id) + FREE_NAME_EXTRA;
    buffer_clear(text);
    buffer_span(text, id_count < TEAM_NAME_LENGTH_MAX
                          ? cut_code_points(name, TEAM_NAME_LENGTH_MAX - id_count)
                          : name);
    buffer_text(text, " (");
    buffer_span(text, id);
    buffer_byte(text, ')');
    if (suffix > 0) {
        buffer_byte(text, ' ');
        buffer_number(text, suffix);
    }
    return buffer_view(text);
}

/* Make up a name for a team; returns its name_ref. */
static uint32_t make_free_name(struct renaming *renaming, uint32_t team, span name)
{
    struct plan *plan = renaming->plan;
    struct made_name *made =
        memory_grow(renaming->made, &renaming->made_capacity, plan->name_count + 1, sizeof *made);
    span *names =
        memory_grow(plan->names, &plan->name_capacity, plan->name_count + 1, sizeof *names);
    plan->names = names != NULL ? names : plan->names;
    renaming->made = made != NULL ? made : renaming->made;
    if (names == NULL || made == NULL) {
        plan->exhausted = true;
        return NAME_NEW;
    }
    uint32_t name_ref = (uint32_t)plan->name_count++;
    made[name_ref] =
        (struct made_name){.name = name, .id = plan_team_id(plan, team), .keeper = ORG_NONE};
    span text = write_free_name(&plan->text, name, made[name_ref].id, 0);
    names[name_ref] = arena_copy(&plan->arena, text);
    plan->exhausted |= plan->arena.exhausted || plan->text.exhausted;
    return name_ref;
}

/* Have a team called by a name of our own from here on, since the one that it wants stays held. */
static void settle_for_free_name(struct renaming *renaming, uint32_t team)
{
    struct plan *plan = renaming->plan;
    size_t before = plan->name_count;
    uint32_t name_ref = make_free_name(renaming, team, plan->new_org->teams[team].final_name);
    if (plan->name_count > before) {
        renaming->made[name_ref].keeper = plan_old_team(plan, team);
    }
    plan->name_refs[team] = name_ref;
}

/* Whether a new team is called what its old partner is, who has been looked at. */
static bool keeps_name(const struct plan *plan, uint32_t team)
{
    return plan_has_flag(plan, team, TEAM_IN_SCOPE) && !plan_has_flag(plan, team, TEAM_NAMED);
}

/* Names of our own end like this before they are given a suffix; few others do. */
static bool may_be_ours(span name)
{
    return name.len > 0 && name.ptr[name.len - 1] == ')';
}

/* Whether a name of our own is that of another team, or of our own too. */
static bool names_clash(struct renaming *renaming)
{
    const struct plan *plan = renaming->plan;
    struct name_filter ours;
    uint32_t old_count = plan->old_org->team_count;
    uint32_t others = plan->team_count;
    bool clash = false;
    if (!slot_map_open(&renaming->used, plan->name_count) ||
        !filter_open(&ours, plan->name_count)) {
        renaming->plan->exhausted = true;
        return false;
    }
    for (size_t ref = 0; ref < plan->name_count; ref++) {
        uint64_t hash = name_hash(renaming, plan->names[ref]);
        filter_add(&ours, hash);
        uint32_t index = others + (uint32_t)ref;
        clash = use_name(renaming, index, plan->names[ref], hash) != SLOT_NONE || clash;
    }
    for (uint32_t index = 0; index < others && !clash; index++) {
        if (index >= old_count && keeps_name(plan, index - old_count)) {
            continue;
        }
        span name = used_name(plan, index);
        if (may_be_ours(name)) {
            struct slot_probe probe;
            uint64_t hash = name_hash(renaming, name);
            uint32_t other =
                filter_may_have(&ours, hash) ? find_used(renaming, name, hash, &probe) : SLOT_NONE;
            clash = other != SLOT_NONE && renaming->made[other - others].keeper != index;
        }
    }
    free(ours.bits);
    return clash;
}

/* Index all names but our own. */
static bool use_all_names(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    slot_map_close(&renaming->used);
    renaming->shared = bits_open(plan->team_count);
    if (renaming->shared == NULL || !slot_map_open(&renaming->used, plan->team_count)) {
        plan->exhausted = true;
        return false;
    }
    for (uint32_t index = 0; index < plan->team_count; index++) {
        span name = used_name(plan, index);
        uint32_t other = use_name(renaming, index, name, name_hash(renaming, name));
        if (other != SLOT_NONE) {
            bit_set(renaming->shared, other);
        }
    }
    return true;
}

/* Whether a name of our own is in use, but for its being the team's already, and no other's. Then
 * `index` has it. */
static bool is_in_use(struct renaming *renaming, const struct made_name *made, span name,
                      uint32_t index)
{
    uint32_t other = use_name(renaming, index, name, name_hash(renaming, name));
    if (other == SLOT_NONE || other != made->keeper || bit_get(renaming->shared, other)) {
        return other != SLOT_NONE;
    }
    bit_set(renaming->shared, other);
    return false;
}

/* No suffix is tried twice, so that names made to be in the way cannot make many teams try many
 * suffixes each. */
static void make_names_again(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    if (!use_all_names(renaming)) {
        return;
    }
    for (size_t ref = 0; ref < plan->name_count && !plan->exhausted; ref++) {
        const struct made_name *made = &renaming->made[ref];
        span *name = &plan->names[ref];
        bool again = false;
        uint32_t index = plan->team_count + (uint32_t)ref;
        while (is_in_use(renaming, made, *name, index) && !plan->text.exhausted) {
            *name = write_free_name(&plan->text, made->name, made->id, renaming->next_suffix++);
            again = true;
        }
        *name = again ? arena_copy(&plan->arena, *name) : *name;
        plan->exhausted |= plan->arena.exhausted || plan->text.exhausted;
    }
}

/* ---- Chains and circles ------------------------------------------------------------------ */

static void push_rename(struct renaming *renaming, uint32_t team, uint32_t to)
{
    /* A team whose name stays held by one that must not be touched keeps what was made up. */
    bool for_now = to <= NAME_LAST && to != renaming->plan->name_refs[team];
    plan_push(renaming->plan, (struct step){.kind = MUSTER_RENAME_TEAM,
                                            .flags = for_now ? STEP_TEMPORARY : 0,
                                            .subject = team,
                                            .from = renaming->now[team],
                                            .to = to});
    renaming->now[team] = to;
}

static bool is_renamed(const struct plan *plan, uint32_t team)
{
    return plan_has_flag(plan, team, TEAM_NAMED) && !plan_is_added(plan, team);
}

/* Who holds the name that a team wants, if that is in the way; else ORG_NONE. */
static uint32_t find_obstacle(const struct renaming *renaming, uint32_t team)
{
    const struct plan *plan = renaming->plan;
    if (plan->new_org->teams[team].name_collides) {
        return ORG_NONE;
    }
    struct slot_probe probe;
    span name = plan->new_org->teams[team].final_name;
    return find_holder(renaming, name, name_hash(renaming, name), &probe);
}

/* Rename those who are going away and hold a name that is wanted; give up names that stay held. */
static void clear_names(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        uint32_t holder =
            plan_has_flag(plan, team, TEAM_NAMED) ? find_obstacle(renaming, team) : ORG_NONE;
        if (holder == ORG_NONE || is_renamed(plan, holder)) {
            continue;
        }
        if (!plan_is_removed(plan, holder) || !plan_has_flag(plan, holder, TEAM_IN_SCOPE)) {
            settle_for_free_name(renaming, team);
        } else if (renaming->states[holder] == AT_REST) {
            renaming->states[holder] = RENAMED;
            push_rename(renaming, holder, make_free_name(renaming, holder, old_name(plan, holder)));
        }
    }
}

/* ---- Collisions of the old roster --------------------------------------------------------- */

/* The team that is given a name, or ORG_NONE; `probe` then knows where it would go. */
static uint32_t find_wanter(const struct renaming *renaming, span name, struct slot_probe *probe)
{
    const struct plan *plan = renaming->plan;
    slot_probe_start(probe, &renaming->wanters, name_hash(renaming, name));
    uint32_t team = slot_probe_next(probe, &renaming->wanters);
    while (team != SLOT_NONE && !span_equal(plan->new_org->teams[team].final_name, name)) {
        team = slot_probe_next(probe, &renaming->wanters);
    }
    return team != SLOT_NONE ? team : ORG_NONE;
}

static void fill_wanters(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    if (!slot_map_open(&renaming->wanters, plan->new_team_count)) {
        plan->exhausted = true;
        return;
    }
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        struct slot_probe probe;
        if (plan_has_flag(plan, team, TEAM_NAMED) && !plan_has_flag(plan, team, TEAM_EXEMPT) &&
            find_wanter(renaming, plan->new_org->teams[team].final_name, &probe) == ORG_NONE &&
            !slot_map_add(&renaming->wanters, &probe, team)) {
            plan->exhausted = true;
        }
    }
}

/* An old team that shares its name with others makes room, or where it must not be touched the team
 * that wants the name does without. */
static void make_room(struct renaming *renaming, uint32_t team)
{
    struct plan *plan = renaming->plan;
    struct slot_probe probe;
    span name = old_name(plan, team);
    uint32_t wanter = find_wanter(renaming, name, &probe);
    if (wanter == ORG_NONE || plan->name_refs[wanter] != NAME_NEW) {
        return;
    }
    bool leaves = plan_is_removed(plan, team) || is_renamed(plan, team);
    if (leaves && plan_has_flag(plan, team, TEAM_IN_SCOPE)) {
        push_rename(renaming, team, make_free_name(renaming, team, name));
    } else {
        settle_for_free_name(renaming, wanter);
    }
}

static void clear_collisions(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    const struct org *org = plan->old_org;
    bool filled = false;
    for (uint32_t old_team = 0; old_team < org->team_count && !plan->exhausted; old_team++) {
        uint32_t team = plan_number_old(plan, old_team);
        if (!plan_has_flag(plan, team, TEAM_SHARED)) {
            continue;
        }
        if (!filled) {
            fill_wanters(renaming);
            filled = true;
        }
        if (!plan->exhausted) {
            make_room(renaming, team);
        }
    }
}

/* ---- All of them ------------------------------------------------------------------------- */

/* The team that has to be renamed before this one, or ORG_NONE. */
static uint32_t find_first(const struct renaming *renaming, uint32_t team)
{
    if (renaming->plan->name_refs[team] != NAME_NEW) {
        return ORG_NONE;
    }
    uint32_t holder = find_obstacle(renaming, team);
    return holder != ORG_NONE && renaming->states[holder] != RENAMED ? holder : ORG_NONE;
}

/* Rename a team and before it all whom it has to wait for. */
static void rename_chain(struct renaming *renaming, uint32_t team)
{
    struct plan *plan = renaming->plan;
    size_t count = 0;
    uint32_t at = team;
    while (at != ORG_NONE && renaming->states[at] == AT_REST) {
        renaming->states[at] = WAITING;
        renaming->path[count++] = at;
        at = find_first(renaming, at);
    }
    if (at != ORG_NONE) { /* a circle is opened where it was entered */
        push_rename(renaming, at, make_free_name(renaming, at, old_name(plan, at)));
    }
    while (count-- > 0) {
        at = renaming->path[count];
        push_rename(renaming, at, plan->name_refs[at]);
        renaming->states[at] = RENAMED;
    }
}

static void note_wanted(struct renaming *renaming)
{
    const struct plan *plan = renaming->plan;
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        if (plan_has_flag(plan, team, TEAM_NAMED)) {
            span name = plan->new_org->teams[team].final_name;
            filter_add(&renaming->wanted, name_hash(renaming, name));
        }
    }
}

/* Whether a step gives a team a name of our own that it has. */
static bool keeps_ours(const struct renaming *renaming, const struct step *step)
{
    const struct plan *plan = renaming->plan;
    return step->from == NAME_OLD && step->to <= NAME_LAST &&
           renaming->made[step->to].keeper != ORG_NONE &&
           span_equal(plan->names[step->to], old_name(plan, step->subject));
}

/* Of the steps from `first` on, all of which are renames, drop those that change nothing. */
static void drop_kept_names(struct renaming *renaming, size_t first)
{
    struct plan *plan = renaming->plan;
    size_t kept = first;
    for (size_t index = first; index < plan->step_count; index++) {
        if (!keeps_ours(renaming, &plan->steps[index])) {
            plan->steps[kept++] = plan->steps[index];
        }
    }
    plan->forecast.counts[MUSTER_RENAME_TEAM] -= plan->step_count - kept;
    plan->step_count = kept;
}

static void rename_all(struct renaming *renaming)
{
    const struct plan *plan = renaming->plan;
    size_t first = plan->step_count;
    note_wanted(renaming);
    fill_holders(renaming);
    clear_collisions(renaming);
    clear_names(renaming);
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        if (is_renamed(plan, team) && renaming->states[team] == AT_REST) {
            rename_chain(renaming, team);
        }
    }
    if (plan->name_count > 0 && !plan->exhausted && names_clash(renaming)) {
        make_names_again(renaming);
    }
    if (!plan->exhausted) {
        drop_kept_names(renaming, first);
    }
}

/* Returns how many names are given. */
static uint32_t mark_named(struct plan *plan)
{
    uint32_t count = 0;
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        bool named = plan_has_flag(plan, team, TEAM_IN_SCOPE) &&
                     (plan_is_added(plan, team) || plan_has_flag(plan, team, TEAM_OTHER_NAME));
        plan->team_flags[team] |= named ? TEAM_NAMED : 0;
        count += named;
    }
    return count;
}

void plan_rename(struct plan *plan)
{
    uint32_t wanted_count = mark_named(plan);
    if (wanted_count == 0) {
        return;
    }
    struct renaming renaming = {.plan = plan, .next_suffix = 2};
    renaming.states = memory_array(plan->team_count, sizeof *renaming.states);
    renaming.path = memory_array(plan->team_count, sizeof *renaming.path);
    renaming.now = memory_array(plan->team_count, sizeof *renaming.now);
    if (renaming.states == NULL || renaming.path == NULL || renaming.now == NULL ||
        !filter_open(&renaming.wanted, wanted_count) || !slot_map_open(&renaming.holders, 0)) {
        plan->exhausted = true;
    } else {
        memset(renaming.states, AT_REST, plan->team_count);
        for (uint32_t team = 0; team < plan->team_count; team++) {
            renaming.now[team] = NAME_OLD;
        }
        rename_all(&renaming);
    }
    slot_map_close(&renaming.holders);
    slot_map_close(&renaming.wanters);
    slot_map_close(&renaming.used);
    free(renaming.shared);
    free(renaming.made);
    free(renaming.states);
    free(renaming.path);
    free(renaming.now);
    free(renaming.wanted.bits);
}
