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
 */
#include <string.h>

#include "base/buffer.h"
#include "base/span.h"
#include "diff/diff_state.h"

/* How far each side is read ahead; a power of two. */
#define LOOK_AHEAD 8U

/* The order is lost once more than this many, and more than one in so many, are left over. */
#define LEFT_COUNT_MIN 1024U
#define LEFT_SHARE     20U

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

/* As span_equal. Values are short: four calls of memcmp a user would cost more than all else. */
static inline bool texts_equal(span a, span b)
{
    size_t len = a.len;
    if (len != b.len) {
        return false;
    }
    if (len >= 8) {
        for (size_t at = 0; at + 8 < len; at += 8) {
            if (load_8(a.ptr + at) != load_8(b.ptr + at)) {
                return false;
            }
        }
        return load_8(a.ptr + len - 8) == load_8(b.ptr + len - 8);
    }
    if (len >= 4) {
        return load_4(a.ptr) == load_4(b.ptr) && load_4(a.ptr + len - 4) == load_4(b.ptr + len - 4);
    }
    return len == 0 || (a.ptr[0] == b.ptr[0] && a.ptr[len / 2] == b.ptr[len / 2] &&
                        a.ptr[len - 1] == b.ptr[len - 1]);
}

static void touch_user(struct diff *diff, uint32_t new_place)
{
    diff->touched[new_place / 64] |= (uint64_t)1 << (new_place % 64);
}

void diff_pair_users(struct diff *diff, uint32_t old_place, const struct org_user *old_user,
                     uint32_t new_place, const struct org_user *new_user)
{
    diff->match.new_user_of[old_place] = new_place;
    diff->match.old_user_of[new_place] = old_place;
    if (!diff_same_team(diff, old_user->team, new_user->team) ||
        !texts_equal(old_user->id, new_user->id) ||
        !texts_equal(old_user->email, new_user->email) ||
        !texts_equal(old_user->first_name, new_user->first_name) ||
        !texts_equal(old_user->last_name, new_user->last_name)) {
        touch_user(diff, new_place);
    }
}

/* ---- Lockstep ---------------------------------------------------------------------------- */

/* The next users of one side, each read once. */
struct window {
    const struct org *org;
    struct place_list *left; /* where those go who are passed over */
    uint32_t next;           /* the first place that is not read yet */
    unsigned first, count;
    uint32_t places[LOOK_AHEAD];
    struct org_user users[LOOK_AHEAD];
    struct buffer scratch[LOOK_AHEAD];
};

struct walk {
    struct window old_side, new_side;
    uint64_t step_count;
    bool exhausted;
};

static unsigned window_slot(const struct window *window, unsigned ahead)
{
    return (window->first + ahead) % LOOK_AHEAD;
}

/* Whether there is a user `ahead` places on; reads as far as needed. */
static inline bool window_reach(struct window *window, unsigned ahead)
{
    while (window->count <= ahead && window->next < window->org->user_count) {
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

/* Pass over a few users: they are left for the hash join. */
static void window_leave(struct walk *walk, struct window *window, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        walk->exhausted |= !place_list_push(window->left, window->places[window->first]);
        window_drop(window);
    }
}

/* Leave everybody who is not walked over. */
static void window_leave_rest(struct walk *walk, struct window *window)
{
    window_leave(walk, window, window->count);
    for (uint32_t place = window->next; place < window->org->user_count; place++) {
        if (org_user_kept(window->org, place)) {
            walk->exhausted |= !place_list_push(window->left, place);
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
    uint64_t left = walk->old_side.left->count + walk->new_side.left->count;
    return left > LEFT_COUNT_MIN && left > walk->step_count / LEFT_SHARE;
}

static void walk_lockstep(struct walk *walk, struct diff *diff)
{
    struct window *old_side = &walk->old_side;
    struct window *new_side = &walk->new_side;
    while (window_reach(old_side, 0) && window_reach(new_side, 0)) {
        walk->step_count++;
        unsigned old_head = old_side->first;
        unsigned new_head = new_side->first;
        if (texts_equal(old_side->users[old_head].id, new_side->users[new_head].id)) {
            diff_pair_users(diff, old_side->places[old_head], &old_side->users[old_head],
                            new_side->places[new_head], &new_side->users[new_head]);
            window_drop(old_side);
            window_drop(new_side);
            continue;
        }
        walk_resume(walk);
        if (order_is_lost(walk) || walk->exhausted) {
            return;
        }
    }
}

static bool walk_close(struct walk *walk)
{
    bool exhausted = walk->exhausted;
    for (unsigned slot = 0; slot < LOOK_AHEAD; slot++) {
        exhausted |= walk->old_side.scratch[slot].exhausted;
        exhausted |= walk->new_side.scratch[slot].exhausted;
        buffer_close(&walk->old_side.scratch[slot]);
        buffer_close(&walk->new_side.scratch[slot]);
    }
    return !exhausted;
}

enum muster_status diff_match_users(struct diff *diff, unsigned jobs)
{
    (void)jobs;
    struct walk walk = {.old_side = {.org = diff->old_org, .left = &diff->left_old},
                        .new_side = {.org = diff->new_org, .left = &diff->left_new}};
    walk_lockstep(&walk, diff);
    window_leave_rest(&walk, &walk.old_side);
    window_leave_rest(&walk, &walk.new_side);
    if (!walk_close(&walk)) {
        return MUSTER_NO_MEMORY;
    }
    enum muster_status status = diff_join_users(diff, DIFF_BY_ID);
    if (status == MUSTER_OK) {
        status = diff_join_users(diff, DIFF_BY_EMAIL);
    }
    for (size_t n = 0; n < diff->left_new.count; n++) {
        touch_user(diff, diff->left_new.places[n]);
    }
    return status;
}
