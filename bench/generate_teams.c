/* SPDX-License-Identifier: MIT */
#include "generate_teams.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generate_organisation.h"

/* One thing that happens to teams, as a share of them for each user row that changes. */
struct change {
    double share;
    bool (*apply)(struct organisation *organisation, unsigned week, uint32_t team);
};

/* Rounded up: even a small organisation sees a change of every kind. */
static uint32_t count_of(double share, uint32_t population)
{
    double exact = share * (double)population;
    uint32_t count = (uint32_t)exact;

    return count + (exact > (double)count);
}

static uint64_t draw_next(struct organisation *organisation)
{
    return organisation_draw(organisation, STREAM_CHANGES, organisation->draw_count++);
}

/* The teams that `ratio` children for each team would make. */
static double tree_size(double ratio, unsigned level_count)
{
    double size = 0;
    double level_size = 1;

    for (unsigned level = 0; level < level_count; level++) {
        size += level_size;
        level_size *= ratio;
    }
    return size;
}

static double tree_ratio(uint32_t team_count, unsigned level_count)
{
    double low = 1;
    double high = 64;

    for (int step = 0; step < 60; step++) {
        double middle = (low + high) / 2;
        if (tree_size(middle, level_count) < (double)team_count) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static unsigned tree_level_count(uint32_t team_count)
{
    if (team_count < 2000) {
        return LEVEL_COUNT_MAX - 2;
    }
    return team_count < 50000 ? LEVEL_COUNT_MAX - 1 : LEVEL_COUNT_MAX;
}

/* Most parents are drawn evenly, a quarter favours the first ones: some departments are large. */
static uint32_t tree_parent(const struct organisation *organisation, uint32_t team, uint32_t begin,
                            uint32_t size)
{
    uint64_t random = organisation_draw(organisation, STREAM_PARENT, team);
    uint32_t position = random_below(random, size);

    if (random % 4 == 0) {
        position = random_below(random, position + 1);
    }
    return begin + position;
}

/* Teams are numbered level by level, each level `ratio` times the one above. */
static void tree_build(struct organisation *organisation)
{
    uint32_t count = organisation->team_count;
    unsigned level_count = tree_level_count(count);
    double ratio = tree_ratio(count, level_count);
    double exact_size = 1;
    uint32_t above = 0;
    uint32_t begin = 0;

    organisation->level_count = 0;
    for (unsigned level = 0; level < level_count && begin < count; level++) {
        uint32_t size = level + 1 < level_count ? (uint32_t)exact_size : count - begin;
        uint32_t end = size < count - begin ? begin + size : count;
        for (uint32_t team = begin; team < end; team++) {
            organisation->teams[team].level = level;
            organisation->teams[team].parent =
                level == 0 ? NO_TEAM : tree_parent(organisation, team, above, begin - above);
        }
        organisation->leaves_begin = begin;
        organisation->level_count = level + 1;
        above = begin;
        begin = end;
        exact_size *= ratio;
    }
}

static void chain_build(struct organisation *organisation)
{
    for (uint32_t team = 0; team < organisation->team_count; team++) {
        organisation->teams[team].level = team;
        organisation->teams[team].parent = team == 0 ? NO_TEAM : team - 1;
    }
    organisation->leaves_begin = 0;
    organisation->level_count = organisation->team_count;
}

static void star_build(struct organisation *organisation)
{
    for (uint32_t team = 0; team < organisation->team_count; team++) {
        organisation->teams[team].level = team == 0 ? 0 : 1;
        organisation->teams[team].parent = team == 0 ? NO_TEAM : 0;
    }
    organisation->leaves_begin = organisation->team_count > 1 ? 1 : 0;
    organisation->level_count = 2;
}

/* Of a hundred teams 8 have no manager, 75 one, 13 two and 4 three. */
static uint8_t manager_count_usual(uint64_t random)
{
    uint32_t percent = random_below(random, 100);

    return (uint8_t)((percent >= 8) + (percent >= 83) + (percent >= 96));
}

/* One team in fifty has a name such as `Sales` that others have too. */
static uint32_t name_first(const struct organisation *organisation, uint32_t team)
{
    uint64_t random = organisation_draw(organisation, STREAM_SHARED_NAME, team);
    uint32_t shared_count = organisation->team_count / 150;

    if (organisation->teams[team].level < 2 || random % 50 != 0) {
        return team;
    }
    if (shared_count > 64) {
        shared_count = 64;
    }
    return NAME_SHARED + random_below(random, shared_count > 0 ? shared_count : 1);
}

/* A few teams change places with any other, so that some parents stand behind their children. */
static void order_build(struct organisation *organisation)
{
    uint32_t count = organisation->team_count;

    for (uint32_t team = 0; team < count; team++) {
        organisation->order[team] = team;
    }
    for (uint32_t position = 0; position < count; position++) {
        uint64_t random = organisation_draw(organisation, STREAM_FILE_ORDER, position);
        if (random % 32 == 0) {
            uint32_t other = random_below(random, count);
            uint32_t held = organisation->order[position];
            organisation->order[position] = organisation->order[other];
            organisation->order[other] = held;
        }
    }
}

void teams_build(struct organisation *organisation)
{
    switch (organisation->options.shape) {
    case SHAPE_TREE:
        tree_build(organisation);
        break;
    case SHAPE_CHAIN:
        chain_build(organisation);
        break;
    case SHAPE_STAR:
        star_build(organisation);
        break;
    }
    for (uint32_t index = 0; index < organisation->team_count; index++) {
        struct team *team = &organisation->teams[index];
        team->key = index;
        team->name = name_first(organisation, index);
        if (!organisation->options.managers_omitted) {
            team->manager_count =
                manager_count_usual(organisation_draw(organisation, STREAM_MANAGERS, index));
        }
        if (team->parent != NO_TEAM) {
            organisation->teams[team->parent].child_count++;
        }
    }
    order_build(organisation);
}

static bool change_name(struct organisation *organisation, unsigned week, uint32_t team)
{
    organisation->teams[team].changed_week = (uint8_t)week;
    organisation->teams[team].name = organisation->name_next++;
    return true;
}

static bool change_name_swap(struct organisation *organisation, unsigned week, uint32_t team)
{
    uint32_t other_index = random_below(draw_next(organisation), organisation->team_count);
    struct team *one = &organisation->teams[team];
    struct team *other = &organisation->teams[other_index];
    uint32_t held = one->name;

    if (other_index == 0 || other->gone || other->changed_week == week || other->name == held) {
        return false;
    }
    one->name = other->name;
    one->changed_week = (uint8_t)week;
    other->name = held;
    other->changed_week = (uint8_t)week;
    return true;
}

static bool change_parent(struct organisation *organisation, unsigned week, uint32_t team)
{
    struct team *moved = &organisation->teams[team];
    uint32_t to = random_below(draw_next(organisation), organisation->team_count);

    if (organisation->teams[to].gone || organisation->teams[to].level >= moved->level ||
        to == moved->parent) {
        return false;
    }
    organisation->teams[moved->parent].child_count--;
    organisation->teams[to].child_count++;
    moved->parent = to;
    moved->changed_week = (uint8_t)week;
    return true;
}

static bool change_managers(struct organisation *organisation, unsigned week, uint32_t team)
{
    struct team *managed = &organisation->teams[team];
    uint64_t random = draw_next(organisation);

    managed->changed_week = (uint8_t)week;
    if (organisation->options.managers_omitted) {
        return true;
    }
    if (managed->manager_count == 0 || (random % 3 == 0 && managed->manager_count < MANAGER_MAX)) {
        managed->manager_count++;
    } else if (random % 3 == 1) {
        managed->manager_count--;
    } else {
        managed->manager_shift++;
    }
    return true;
}

static bool change_key(struct organisation *organisation, unsigned week, uint32_t team)
{
    organisation->teams[team].changed_week = (uint8_t)week;
    organisation->teams[team].key = organisation->key_next++;
    return true;
}

static bool change_gone(struct organisation *organisation, unsigned week, uint32_t team)
{
    struct team *leaf = &organisation->teams[team];

    if (leaf->child_count > 0) {
        return false;
    }
    organisation->teams[leaf->parent].child_count--;
    leaf->gone = true;
    leaf->changed_week = (uint8_t)week;
    return true;
}

static bool change_added(struct organisation *organisation, unsigned week, uint32_t team)
{
    uint32_t added = organisation->team_count;
    uint32_t level = organisation->teams[team].level + 1;

    if (level >= organisation->level_count) {
        return false;
    }
    organisation->teams[team].child_count++;
    organisation->teams[added] = (struct team){
        .parent = team,
        .level = level,
        .key = organisation->key_next++,
        .name = organisation->name_next++,
        .manager_count = organisation->options.managers_omitted ? 0 : 1,
        .changed_week = (uint8_t)week,
    };
    organisation->order[added] = added;
    organisation->team_count++;
    return true;
}

#define SHARE_ADDED 0.2
#define SHARE_GONE  0.05
#define SHARE_REKEY 0.05

/* Deletions come last: no change of the same week then has to look out for them. */
static const struct change changes[] = {
    {SHARE_REKEY, change_key}, {0.5, change_name},     {0.05, change_name_swap},
    {0.5, change_parent},      {0.5, change_managers}, {SHARE_ADDED, change_added},
    {SHARE_GONE, change_gone},
};

static void change_run(struct organisation *organisation, unsigned week,
                       const struct change *change)
{
    uint32_t old_count = organisation->team_count_at[week - 1];
    uint32_t count = count_of(change->share * organisation->options.churn, old_count);

    /* Attempts come to an end because a star or a chain may have no team that fits. */
    for (uint64_t left = count * UINT64_C(64); left > 0 && count > 0; left--) {
        uint32_t team = random_below(draw_next(organisation), old_count);
        const struct team *chosen = &organisation->teams[team];
        bool fits = team > 0 && !chosen->gone && chosen->changed_week != week;
        if (fits && change->apply(organisation, week, team)) {
            count--;
        }
    }
}

void teams_change(struct organisation *organisation, unsigned week)
{
    bool large = organisation->team_count >= USERS_PER_TEAM;

    for (size_t index = 0; large && index < sizeof(changes) / sizeof(changes[0]); index++) {
        change_run(organisation, week, &changes[index]);
    }
}

void teams_close_circles(struct organisation *organisation)
{
    uint32_t count = organisation->team_count;
    uint32_t ring = organisation->options.shape == SHAPE_STAR ? 1 : 6;

    if (organisation->options.shape == SHAPE_CHAIN) {
        ring = count;
    }
    for (uint32_t team = 0; team < count; team++) {
        uint32_t begin = team - team % ring;
        uint32_t end = ring < count - begin ? begin + ring : count;
        organisation->teams[team].parent = team > begin ? team - 1 : end - 1;
    }
}

size_t teams_capacity(uint32_t team_count, double churn)
{
    double capacity = team_count;

    for (unsigned week = 0; week < WEEK_MAX; week++) {
        capacity += SHARE_ADDED * churn * capacity + 1;
    }
    return (size_t)capacity + 1;
}

uint64_t teams_user_rows_changed(uint32_t team_count, double churn)
{
    uint64_t changed = count_of(SHARE_GONE * churn, team_count);

    changed += count_of(SHARE_REKEY * churn, team_count);
    return team_count < USERS_PER_TEAM ? 0 : changed * USERS_PER_TEAM;
}
