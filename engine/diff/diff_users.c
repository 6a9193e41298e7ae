/* SPDX-License-Identifier: MIT */
/*
 * Who is who among the users.
 *
 * Two exports of one company have nearly the same people in nearly the same order. So both sides
 * are walked in lockstep, with a look-ahead of a few places for those who came or went:
 *
 *     old:  A B C D E F        B is gone, X is new
 *     new:  A C D X E F
 *
 * Whoever finds no partner that way is left over, and is joined by hash afterwards. Where too many
 * are left over the order is not kept at all, and the rest goes to the hash join unread: it costs
 * less than looking ahead in vain.
 *
 * Several threads walk over a range each. The ranges begin at a user whom both sides have about
 * there; who has moved from one range to another is left over, like everybody who has moved far.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/span.h"
#include "diff/diff_state.h"

/* How far each side is read ahead; a power of two. */
#define LOOK_AHEAD 8U

/* The order is lost once more than this many, and more than one in so many, are left over. */
#define LEFT_COUNT_MIN 1024U
#define LEFT_SHARE     20U

/* Users who are looked at together. */
#define RUN_COUNT 256U

/* Where a snapshot says where its users begin is looked at once in a while, where somebody differs:
 * so seldom that no processor foresees it. So many users ahead, and so many of them. */
#define SOON_AHEAD 64U
#define SOON_COUNT 64U
#define SOON_STEP  16U /* users of one line of the cache */

/* Ranges of a comparison for each thread. */
#define RANGES_PER_JOB 8U

_Static_assert(RANGE_START_REACH < RANGE_WORTH_USERS, "a search stays within the users");

/* ---- Comparing two users ----------------------------------------------------------------- */

static inline uint64_t load_8(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline uint32_t load_4(const char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Eight bytes at a time; the last eight may have been looked at before. `len` is at least eight. */
static inline bool words_equal(const char *a, const char *b, size_t len)
{
    for (size_t at = 0; at + 8 < len; at += 8) {
        if (load_8(a + at) != load_8(b + at)) {
            return false;
        }
    }
    return load_8(a + len - 8) == load_8(b + len - 8);
}

/* As span_equal. Values are short: four calls of memcmp a user would cost more than all else. */
static inline bool texts_equal(span a, span b)
{
    size_t len = a.len;
    if (len != b.len) {
        return false;
    }
    if (len >= 8) {
        return words_equal(a.ptr, b.ptr, len);
    }
    if (len >= 4) {
        return load_4(a.ptr) == load_4(b.ptr) && load_4(a.ptr + len - 4) == load_4(b.ptr + len - 4);
    }
    return len == 0 || (a.ptr[0] == b.ptr[0] && a.ptr[len / 2] == b.ptr[len / 2] &&
                        a.ptr[len - 1] == b.ptr[len - 1]);
}

void diff_touch_user(struct diff *diff, uint32_t new_place)
{
    /* Two ranges may share a word. */
    __atomic_fetch_or(&diff->touched[new_place / BITS_PER_WORD],
                      (uint64_t)1 << (new_place % BITS_PER_WORD), __ATOMIC_RELAXED);
}

void diff_compare_users(struct diff *diff, const struct org_user *old_user, uint32_t new_place,
                        const struct org_user *new_user)
{
    if (!diff_same_team(diff, old_user->team, new_user->team) ||
        !texts_equal(old_user->id, new_user->id) ||
        !texts_equal(old_user->email, new_user->email) ||
        !texts_equal(old_user->first_name, new_user->first_name) ||
        !texts_equal(old_user->last_name, new_user->last_name)) {
        diff_touch_user(diff, new_place);
    }
}

/* ---- Lockstep ---------------------------------------------------------------------------- */

/* The next users of one side, each read once. */
struct window {
    const struct org *org;
    struct left_users left; /* those who are passed over */
    struct partner_runs runs;
    uint32_t next; /* the first place that is not read yet */
    uint32_t end;  /* the place behind the last one of the range */
    unsigned first, count;
    uint32_t places[LOOK_AHEAD];
    struct org_user users[LOOK_AHEAD];
    struct buffer scratch[LOOK_AHEAD];
};

struct walk {
    struct diff *diff;
    struct window old_side, new_side;
    uint64_t step_count;
    struct buffer folded;
    bool exhausted;
};

static unsigned window_slot(const struct window *window, unsigned ahead)
{
    return (window->first + ahead) % LOOK_AHEAD;
}

/* Whether there is a user `ahead` places on; reads as far as needed. */
static inline bool window_reach(struct window *window, unsigned ahead)
{
    while (window->count <= ahead && window->next < window->end) {
        uint32_t place = window->next++;
        if (org_user_kept(window->org, place)) {
            unsigned slot = window_slot(window, window->count++);
            window->places[slot] = place;
            org_user_read(window->org, place, &window->scratch[slot], &window->users[slot]);
        }
    }
    return window->count > ahead;
}

static inline void window_drop(struct window *window)
{
    window->first = (window->first + 1) % LOOK_AHEAD;
    window->count--;
}

/* Pass over a few users: they are left for the hash join, which wants their keys. */
static void window_leave(struct walk *walk, struct window *window, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        const struct org_user *user = &window->users[window->first];
        struct key_hashes hashes;
        for (unsigned key = DIFF_BY_ID; key <= DIFF_BY_EMAIL; key++) {
            hashes.of[key] =
                user_key_hash((enum diff_key)key, user, walk->diff->seed, &walk->folded);
        }
        walk->exhausted |= !left_users_push(&window->left, window->places[window->first], &hashes);
        window_drop(window);
    }
}

/* Whether so many are too many to be left over where the order is kept. */
static bool is_a_crowd(const struct walk *walk, uint64_t count)
{
    return count > LEFT_COUNT_MIN && count > walk->step_count / LEFT_SHARE;
}

/* Leave everybody who is not walked over. If there are few, they are read for their keys. */
static void window_leave_rest(struct walk *walk, struct window *window)
{
    window_leave(walk, window, window->count);
    if (!is_a_crowd(walk, window->end - window->next)) {
        while (window_reach(window, 0)) {
            window_leave(walk, window, 1);
        }
    }
    for (uint32_t place = window->next; place < window->end; place++) {
        if (org_user_kept(window->org, place)) {
            walk->exhausted |= !left_users_push(&window->left, place, NULL);
        }
    }
}

static bool heads_equal(const struct window *a, unsigned ahead, const struct window *b)
{
    return texts_equal(a->users[window_slot(a, ahead)].id, b->users[b->first].id);
}

/* The two heads are different users: pass over the fewest that bring the sides together again. */
static void walk_resume(struct walk *walk)
{
    struct window *old_side = &walk->old_side;
    struct window *new_side = &walk->new_side;
    for (unsigned ahead = 1; ahead < LOOK_AHEAD; ahead++) {
        if (window_reach(old_side, ahead) && heads_equal(old_side, ahead, new_side)) {
            window_leave(walk, old_side, ahead);
            return;
        }
        if (window_reach(new_side, ahead) && heads_equal(new_side, ahead, old_side)) {
            window_leave(walk, new_side, ahead);
            return;
        }
    }
    window_leave(walk, old_side, 1);
    window_leave(walk, new_side, 1);
}

static bool order_is_lost(const struct walk *walk)
{
    return is_a_crowd(walk, walk->old_side.left.count + walk->new_side.left.count);
}

/* Make partners of so many users who follow each other on both sides. */
static inline void pair_places(struct walk *walk, uint32_t old_place, uint32_t new_place,
                               uint32_t count)
{
    partner_runs_add(&walk->old_side.runs, old_place, new_place, count);
    partner_runs_add(&walk->new_side.runs, new_place, old_place, count);
}

/* Note who of some users has changed his team; their partners follow each other too. */
static void compare_teams(struct diff *diff, uint32_t old_first, uint32_t new_first, uint32_t count)
{
    uint32_t old_teams[RUN_COUNT];
    uint32_t new_teams[RUN_COUNT];
    org_user_teams(diff->old_org, old_first, count, old_teams);
    org_user_teams(diff->new_org, new_first, count, new_teams);
    for (uint32_t n = 0; n < count; n++) {
        if (!diff_same_team(diff, old_teams[n], new_teams[n])) {
            diff_touch_user(diff, new_first + n);
        }
    }
}

/* Make pairs of the next users, whose values are known to be equal but for the teams. */
static void pair_alike(struct walk *walk, uint32_t count)
{
    struct window *old_side = &walk->old_side;
    struct window *new_side = &walk->new_side;
    if (count == 0) {
        return;
    }
    pair_places(walk, old_side->next, new_side->next, count);
    compare_teams(walk->diff, old_side->next, new_side->next, count);
    walk->step_count += count;
    old_side->next += count;
    new_side->next += count;
}

/* How many users there are on both sides, up to as many as are looked at together. */
static uint32_t run_count(const struct walk *walk)
{
    uint32_t old_left = walk->old_side.end - walk->old_side.next;
    uint32_t new_left = walk->new_side.end - walk->new_side.next;
    uint32_t left = old_left < new_left ? old_left : new_left;
    return left < RUN_COUNT ? left : RUN_COUNT;
}

/* Of two sources of one kind: how many of the next `count` users are alike. */
static uint32_t run_alike(const struct walk *walk, uint32_t count)
{
    const struct org *old_org = walk->old_side.org;
    return old_org->source->users_alike(old_org, walk->old_side.next, walk->new_side.org,
                                        walk->new_side.next, count);
}

/* The same of a source that shows the values of users, and one that can tell at a glance if it has
 * them. */
static uint32_t texts_alike(const struct walk *walk, uint32_t count)
{
    const struct org *old_org = walk->old_side.org;
    const struct org *new_org = walk->new_side.org;
    struct text_rows texts = old_org->source->user_texts(old_org, walk->old_side.next);
    return new_org->source->users_are(new_org, walk->new_side.next, count, texts);
}

static void soon_prefetch(const struct window *window)
{
    for (uint32_t ahead = SOON_AHEAD; ahead < SOON_AHEAD + SOON_COUNT; ahead += SOON_STEP) {
        if (ahead < window->end - window->next) {
            org_user_prefetch(window->org, window->next + ahead, false);
        }
    }
}

/*
 * Make pairs of users while they are alike: most have not changed, and to see that takes no
 * splitting. Only where nothing is read ahead. Users who change their team do not end it.
 */
static void walk_alike(struct walk *walk)
{
    const struct org_source *old_source = walk->old_side.org->source;
    const struct org_source *new_source = walk->new_side.org->source;
    bool of_one_kind = old_source == new_source && old_source->users_alike != NULL;
    if (!of_one_kind && (old_source->user_texts == NULL || new_source->users_are == NULL)) {
        return;
    }
    uint32_t count = run_count(walk);
    while (count > 0) {
        soon_prefetch(&walk->old_side);
        uint32_t alike = of_one_kind ? run_alike(walk, count) : texts_alike(walk, count);
        pair_alike(walk, alike);
        count = alike == count ? run_count(walk) : 0;
    }
}

static void pair_heads(struct walk *walk)
{
    struct window *old_side = &walk->old_side;
    struct window *new_side = &walk->new_side;
    unsigned old_head = old_side->first;
    unsigned new_head = new_side->first;
    uint32_t new_place = new_side->places[new_head];
    pair_places(walk, old_side->places[old_head], new_place, 1);
    diff_compare_users(walk->diff, &old_side->users[old_head], new_place,
                       &new_side->users[new_head]);
    window_drop(old_side);
    window_drop(new_side);
    if (old_side->count == 0 && new_side->count == 0) {
        walk_alike(walk);
    }
}

static void walk_lockstep(struct walk *walk)
{
    walk_alike(walk);
    bool lost = false;
    while (!lost && window_reach(&walk->old_side, 0) && window_reach(&walk->new_side, 0)) {
        walk->step_count++;
        if (heads_equal(&walk->old_side, 0, &walk->new_side)) {
            pair_heads(walk);
        } else {
            walk_resume(walk);
            lost = order_is_lost(walk) || walk->exhausted;
        }
    }
}

static void walk_over(void *context, unsigned task)
{
    struct walk *walk = (struct walk *)context + task;
    walk_lockstep(walk);
    window_leave_rest(walk, &walk->old_side);
    window_leave_rest(walk, &walk->new_side);
    partner_runs_end(&walk->old_side.runs, walk->old_side.end);
    partner_runs_end(&walk->new_side.runs, walk->new_side.end);
}

/* ---- Ranges ------------------------------------------------------------------------------ */

static bool user_is_at(const struct sought *sought, uint32_t place)
{
    if (!org_user_kept(sought->org, place)) {
        return false;
    }
    struct org_user user;
    org_user_read(sought->org, place, sought->scratch, &user);
    return texts_equal(sought->id, user.id);
}

/* The new place of the user at `old_place`, if it is about where it should be; or ORG_NONE. */
static uint32_t range_start(const struct diff *diff, uint32_t old_place, uint32_t new_guess)
{
    if (!org_user_kept(diff->old_org, old_place)) {
        return ORG_NONE;
    }
    struct buffer scratch[2] = {{0}, {0}};
    struct org_user user;
    org_user_read(diff->old_org, old_place, &scratch[0], &user);
    const struct sought sought = {diff->new_org, user.id, &scratch[1]};
    uint32_t found = diff_seek(&sought, diff->new_org->user_count, new_guess, user_is_at);
    buffer_close(&scratch[0]);
    buffer_close(&scratch[1]);
    return found;
}

/* Share the users out to at most `wanted` walks; gives how many there are. */
static unsigned ranges_plan(struct diff *diff, struct walk *walks, unsigned wanted)
{
    uint64_t old_count = diff->old_org->user_count;
    uint64_t new_count = diff->new_org->user_count;
    uint64_t most = (old_count < new_count ? old_count : new_count) / RANGE_WORTH_USERS;
    wanted = most < wanted ? (unsigned)most : wanted;
    unsigned count = 1;
    for (unsigned range = 1; range < wanted; range++) {
        struct walk *before = &walks[count - 1];
        uint32_t old_start = (uint32_t)parallel_share(old_count, range, wanted);
        /* As far behind the start of the range before as on the old side, in proportion. */
        uint64_t behind = old_start - before->old_side.next;
        uint64_t guess = before->new_side.next + behind * (new_count - before->new_side.next) /
                                                     (old_count - before->old_side.next);
        uint32_t new_start = range_start(diff, old_start, (uint32_t)guess);
        if (new_start == ORG_NONE || new_start <= before->new_side.next) {
            continue;
        }
        before->old_side.end = old_start;
        before->new_side.end = new_start;
        walks[count].old_side.next = old_start;
        walks[count++].new_side.next = new_start;
    }
    walks[count - 1].old_side.end = diff->old_org->user_count;
    walks[count - 1].new_side.end = diff->new_org->user_count;
    for (unsigned range = 0; range < count; range++) {
        walks[range].diff = diff;
        walks[range].old_side.org = diff->old_org;
        walks[range].new_side.org = diff->new_org;
        walks[range].old_side.runs.of = &diff->new_user_of;
        walks[range].new_side.runs.of = &diff->old_user_of;
        walks[range].old_side.runs.next = walks[range].old_side.next;
        walks[range].new_side.runs.next = walks[range].new_side.next;
    }
    return count;
}

/* Take over what a walk has left, and close it. False where memory ran out. */
static bool walk_close(struct walk *walk)
{
    struct diff *diff = walk->diff;
    bool exhausted = walk->exhausted || walk->folded.exhausted ||
                     !left_users_append(&diff->left_old, &walk->old_side.left) ||
                     !left_users_append(&diff->left_new, &walk->new_side.left);
    exhausted |= !partners_take(&diff->new_user_of, &walk->old_side.runs);
    exhausted |= !partners_take(&diff->old_user_of, &walk->new_side.runs);
    for (unsigned slot = 0; slot < LOOK_AHEAD; slot++) {
        exhausted |= walk->old_side.scratch[slot].exhausted;
        exhausted |= walk->new_side.scratch[slot].exhausted;
        buffer_close(&walk->old_side.scratch[slot]);
        buffer_close(&walk->new_side.scratch[slot]);
    }
    buffer_close(&walk->folded);
    left_users_close(&walk->old_side.left);
    left_users_close(&walk->new_side.left);
    return !exhausted;
}

static enum muster_status walk_all(struct diff *diff, const struct errand *beside)
{
    unsigned jobs = parallel_jobs(diff->parallel);
    /* More than there are threads: one of them may have something else to do meanwhile, and all
     * should end at the same time. */
    unsigned wanted = jobs > 1 ? RANGES_PER_JOB * jobs : 1;
    struct walk *walks = calloc(wanted, sizeof *walks);
    if (walks == NULL) {
        return MUSTER_NO_MEMORY;
    }
    unsigned count = ranges_plan(diff, walks, wanted);
    parallel_run_beside(diff->parallel, count, walk_over, walks, beside);
    bool done = true;
    for (unsigned range = 0; range < count; range++) {
        done = walk_close(&walks[range]) && done;
    }
    free(walks);
    partners_settle(&diff->new_user_of);
    partners_settle(&diff->old_user_of);
    return done ? MUSTER_OK : MUSTER_NO_MEMORY;
}

enum muster_status diff_match_users(struct diff *diff, const struct errand *beside)
{
    enum muster_status status = walk_all(diff, beside);
    if (status == MUSTER_OK) {
        status = diff_join_users(diff, DIFF_BY_ID);
    }
    if (status == MUSTER_OK) {
        status = diff_join_users(diff, DIFF_BY_EMAIL);
    }
    uint64_t *counts = diff->counts[MUSTER_USER];
    for (size_t word = 0; word < bits_word_count(diff->new_org->user_count); word++) {
        counts[MUSTER_MODIFIED] += mask_count(diff->touched[word]);
    }
    for (size_t n = 0; status == MUSTER_OK && n < diff->left_new.count; n++) {
        bit_set(diff->touched, diff->left_new.places[n]);
    }
    counts[MUSTER_ADDED] = diff->left_new.count;
    counts[MUSTER_REMOVED] = diff->left_old.count;
    return status;
}
