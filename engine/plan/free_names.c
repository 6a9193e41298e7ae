/* SPDX-License-Identifier: MIT */
#include "plan/free_names.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "plan/name_filter.h"

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
static uint32_t find_used(const struct free_names *names, span name, uint64_t hash,
                          struct slot_probe *probe)
{
    slot_probe_start(probe, &names->used, hash);
    uint32_t other = slot_probe_next(probe, &names->used);
    while (other != SLOT_NONE && !span_equal(used_name(names->plan, other), name)) {
        other = slot_probe_next(probe, &names->used);
    }
    return other;
}

/* Note that a name is in use; gives the index that has had it before, or SLOT_NONE. */
static uint32_t use_name(struct free_names *names, uint32_t index, span name, uint64_t hash)
{
    struct slot_probe probe;
    uint32_t other = find_used(names, name, hash, &probe);
    if (other == SLOT_NONE && !slot_map_add(&names->used, &probe, index)) {
        names->plan->exhausted = true;
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

#define FIRST_SUFFIX 2

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

uint32_t free_name_make(struct free_names *names, uint32_t team, span name)
{
    struct plan *plan = names->plan;
    struct made_name *made =
        memory_grow(names->made, &names->made_capacity, plan->name_count + 1, sizeof *made);
    span *texts =
        memory_grow(plan->names, &plan->name_capacity, plan->name_count + 1, sizeof *texts);
    plan->names = texts != NULL ? texts : plan->names;
    names->made = made != NULL ? made : names->made;
    if (texts == NULL || made == NULL) {
        plan->exhausted = true;
        return NAME_NEW;
    }
    uint32_t name_ref = (uint32_t)plan->name_count++;
    made[name_ref] =
        (struct made_name){.name = name, .id = plan_team_id(plan, team), .keeper = ORG_NONE};
    span text = write_free_name(&plan->text, name, made[name_ref].id, 0);
    texts[name_ref] = arena_copy(&plan->arena, text);
    plan->exhausted |= plan->arena.exhausted || plan->text.exhausted;
    return name_ref;
}

void free_name_settle(struct free_names *names, uint32_t team)
{
    struct plan *plan = names->plan;
    uint32_t name_ref = free_name_make(names, team, plan->new_org->teams[team].final_name);
    if (name_ref != NAME_NEW) {
        names->made[name_ref].keeper = plan_old_team(plan, team);
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
static bool names_clash(struct free_names *names)
{
    const struct plan *plan = names->plan;
    struct name_filter ours;
    uint32_t old_count = plan->old_org->team_count;
    uint32_t others = plan->team_count;
    bool clash = false;
    if (!slot_map_open(&names->used, plan->name_count) || !filter_open(&ours, plan->name_count)) {
        names->plan->exhausted = true;
        return false;
    }
    for (size_t ref = 0; ref < plan->name_count; ref++) {
        uint64_t hash = name_hash(plan, plan->names[ref]);
        filter_add(&ours, hash);
        uint32_t index = others + (uint32_t)ref;
        clash = use_name(names, index, plan->names[ref], hash) != SLOT_NONE || clash;
    }
    for (uint32_t index = 0; index < others && !clash; index++) {
        if (index >= old_count && keeps_name(plan, index - old_count)) {
            continue;
        }
        span name = used_name(plan, index);
        if (may_be_ours(name)) {
            struct slot_probe probe;
            uint64_t hash = name_hash(plan, name);
            uint32_t other =
                filter_may_have(&ours, hash) ? find_used(names, name, hash, &probe) : SLOT_NONE;
            clash = other != SLOT_NONE && names->made[other - others].keeper != index;
        }
    }
    free(ours.bits);
    return clash;
}

/* Index all names but our own. */
static bool use_all_names(struct free_names *names)
{
    struct plan *plan = names->plan;
    slot_map_close(&names->used);
    names->shared = bits_open(plan->team_count);
    if (names->shared == NULL || !slot_map_open(&names->used, plan->team_count)) {
        plan->exhausted = true;
        return false;
    }
    for (uint32_t index = 0; index < plan->team_count; index++) {
        span name = used_name(plan, index);
        uint32_t other = use_name(names, index, name, name_hash(plan, name));
        if (other != SLOT_NONE) {
            bit_set(names->shared, other);
        }
    }
    return true;
}

/* Whether a name of our own is in use, but for its being the team's already, and no other's. Then
 * `index` has it. */
static bool is_in_use(struct free_names *names, const struct made_name *made, span name,
                      uint32_t index)
{
    uint32_t other = use_name(names, index, name, name_hash(names->plan, name));
    if (other == SLOT_NONE || other != made->keeper || bit_get(names->shared, other)) {
        return other != SLOT_NONE;
    }
    bit_set(names->shared, other);
    return false;
}

/* What the one who keeps a name is called, if that is the name with a suffix; else no bytes. */
static span suffixed_name(const struct plan *plan, const struct made_name *made, span name)
{
    span has = made->keeper != ORG_NONE ? plan->old_org->teams[made->keeper].final_name : SPAN_NONE;
    if (has.len < name.len + 2 || !span_equal(span_make(has.ptr, name.len), name) ||
        has.ptr[name.len] != ' ') {
        return SPAN_NONE;
    }
    for (size_t at = name.len + 1; at < has.len; at++) {
        if (has.ptr[at] < '0' || has.ptr[at] > '9') {
            return SPAN_NONE;
        }
    }
    return has;
}

/* No suffix is tried twice, so that names made to be in the way cannot make many teams try many
 * suffixes each; but who has one keeps it. */
static span make_name_again(struct free_names *names, size_t ref)
{
    struct plan *plan = names->plan;
    const struct made_name *made = &names->made[ref];
    uint32_t index = plan->team_count + (uint32_t)ref;
    span name = plan->names[ref];
    if (!is_in_use(names, made, name, index)) {
        return name;
    }
    name = suffixed_name(plan, made, name);
    if (name.len > 0 && !is_in_use(names, made, name, index)) {
        return name;
    }
    do {
        name = write_free_name(&plan->text, made->name, made->id, names->next_suffix++);
    } while (!plan->text.exhausted && is_in_use(names, made, name, index));
    return arena_copy(&plan->arena, name);
}

void free_names_finish(struct free_names *names)
{
    struct plan *plan = names->plan;
    if (plan->name_count == 0 || plan->exhausted || !names_clash(names) || !use_all_names(names)) {
        return;
    }
    names->next_suffix = FIRST_SUFFIX;
    for (size_t ref = 0; ref < plan->name_count && !plan->exhausted; ref++) {
        plan->names[ref] = make_name_again(names, ref);
        plan->exhausted |= plan->arena.exhausted || plan->text.exhausted;
    }
}

bool free_name_is_kept(const struct free_names *names, uint32_t name_ref)
{
    const struct plan *plan = names->plan;
    uint32_t keeper = names->made[name_ref].keeper;
    return keeper != ORG_NONE &&
           span_equal(plan->names[name_ref], plan->old_org->teams[keeper].final_name);
}

void free_names_close(struct free_names *names)
{
    slot_map_close(&names->used);
    free(names->shared);
    free(names->made);
}
