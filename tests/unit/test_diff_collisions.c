/* SPDX-License-Identifier: MIT */
/*
 * Users and teams whose keys have hashes that an index cannot tell apart: in every run of the
 * program there are others, since it is seeded anew. Here getrandom(), which gives the seed, is
 * wrapped at link time, so that two such keys can be searched for: among 400,000 there should be
 * nine pairs, where 33 bits of a hash count.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "diff/diff.h"
#include "diff_words.h"
#include "small_org.h"
#include "table/key_index.h"

#define SEED      UINT64_C(0x123456789ABCDEF)
#define TEXT_SIZE 256
#define KEY_COUNT 400000U

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags);

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags)
{
    static const uint64_t seed = SEED;
    (void)flags;
    cr_assert(eq(sz, size, sizeof seed));
    memcpy(bytes, &seed, sizeof seed);
    return (ssize_t)sizeof seed;
}

/* ---- The search -------------------------------------------------------------------------- */

struct seen {
    uint64_t looks; /* what an index for few sees of the hash: its bucket and its tag */
    unsigned number;
};

/* In small letters, so that an address has the hash of its bytes. */
static span key_make(struct buffer *room, unsigned number)
{
    buffer_clear(room);
    buffer_byte(room, 'k');
    buffer_number(room, number);
    return buffer_view(room);
}

static int seen_compare(const void *a, const void *b)
{
    uint64_t left = ((const struct seen *)a)->looks;
    uint64_t right = ((const struct seen *)b)->looks;
    return (left > right) - (left < right);
}

static struct buffer keys[2];

/* Two keys that an index for one or two looks for at one place, with one tag. */
static void keys_find(void)
{
    static struct seen seen[KEY_COUNT];
    struct key_index few;
    cr_assert(key_index_open(&few, 2));
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        span key = key_make(&keys[0], n);
        uint64_t hash = hash_bytes(key.ptr, key.len, SEED);
        uint64_t bucket = key_index_bucket(&few, hash);
        seen[n] = (struct seen){bucket << 32 | key_index_tag(hash), n};
    }
    key_index_close(&few);
    qsort(seen, KEY_COUNT, sizeof *seen, seen_compare);
    unsigned same = 1;
    while (same < KEY_COUNT && seen[same].looks != seen[same - 1].looks) {
        same++;
    }
    cr_assert(lt(u32, same, KEY_COUNT), "there is a pair");
    (void)key_make(&keys[0], seen[same - 1].number);
    (void)key_make(&keys[1], seen[same].number);
}

TestSuite(diff_collisions, .init = keys_find);

/* ---- Who is who -------------------------------------------------------------------------- */

/* Text in which A and B stand for the two keys; never freed. */
static char *text_of(const char *pattern)
{
    struct buffer text = {0};
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == 'A' || *pattern == 'B') {
            buffer_span(&text, buffer_view(&keys[*pattern - 'A']));
        } else {
            buffer_byte(&text, (unsigned char)*pattern);
        }
    }
    buffer_byte(&text, '\0');
    return text.bytes;
}

/* Users, or teams, of both sides. */
struct sides {
    const char *before, *after;
};

static void expect_diff(struct sides users, struct sides teams, const char *expected)
{
    /* Whoever stands before somebody on one side and behind him on the other is joined by hash. */
    char user_texts[2][TEXT_SIZE];
    const char *next = *users.before != '\0' ? "\n" : "";
    (void)snprintf(user_texts[0], TEXT_SIZE, "%s%sP|p@x.com|||", users.before, next);
    (void)snprintf(user_texts[1], TEXT_SIZE, "P|p@x.com|||\n%s", users.after);
    struct small_org *before = small_org_open(text_of(user_texts[0]), text_of(teams.before));
    struct small_org *after = small_org_open(text_of(user_texts[1]), text_of(teams.after));
    struct diff *diff;
    cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, 1), MUSTER_OK));
    char *words = words_of(diff);
    cr_expect(eq(str, words, text_of(expected)));
    free(words);
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

static const struct sides none = {"", ""};

Test(diff_collisions, make_nobody_somebody_else)
{
    expect_diff((struct sides){"A|1@x.com|||", "B|2@x.com|||"}, none,
                "user added B\nuser removed A\n");
    expect_diff((struct sides){"X1|A|||", "X2|B|||"}, none, "user added X2\nuser removed X1\n");
}

Test(diff_collisions, hide_nobody)
{
    expect_diff((struct sides){"A|1@x.com|||\nB|2@x.com|||", "B|2@x.com|b||\nA|1@x.com|a||"}, none,
                "user changed B first_name null -> \"b\"\n"
                "user changed A first_name null -> \"a\"\n");
    expect_diff((struct sides){"X1|A|||\nX2|B|||", "X4|B|||\nX3|A|||"}, none,
                "user changed X4 id \"X2\" -> \"X4\"\n"
                "user changed X3 id \"X1\" -> \"X3\"\n");
}

Test(diff_collisions, make_no_team_another)
{
    expect_diff(none, (struct sides){"A|One||", "B|Two||"}, "team added B\nteam removed A\n");
    expect_diff(none, (struct sides){"T1|A||", "T2|B||"}, "team added T2\nteam removed T1\n");
}

Test(diff_collisions, hide_no_team)
{
    expect_diff(none, (struct sides){"T1|A||\nT2|B||", "T4|B||\nT3|A||"},
                "team changed T4 id \"T2\" -> \"T4\"\n"
                "team changed T3 id \"T1\" -> \"T3\"\n");
}
