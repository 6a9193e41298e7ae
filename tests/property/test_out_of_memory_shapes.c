/* SPDX-License-Identifier: MIT */
/* Memory runs out while an id is told apart from all that agree with it but for zeros and case. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "failing_turns.h"

enum { SHAPES = 32 };

static struct {
    char users[16384];
    size_t size;
    unsigned jobs;
    uint64_t collisions; /* ids with an earlier one in other letter case */
} text;

static void user_put(const char *id, char letter, unsigned number)
{
    text.size += (size_t)snprintf(text.users + text.size, sizeof text.users - text.size,
                                  "%s,%c%u@example.com,A,B,\n", id, letter, number);
}

/* A letter behind so many zeros, each time as a small one and as a capital. */
static void shapes_put(char letter)
{
    for (int shape = 0; shape < SHAPES; shape++) {
        char id[SHAPES + 2] = {0};
        memset(id, '0', (size_t)shape);
        for (int capital = 0; capital < 2; capital++) {
            id[shape] = (char)(capital == 1 ? letter - 'a' + 'A' : letter);
            user_put(id, letter, (unsigned)(2 * shape + capital));
        }
    }
}

static enum muster_status call_open(void)
{
    struct muster_input inputs[] = {
        {.file = MUSTER_USERS, .data = {text.users, text.size}},
        {.file = MUSTER_TEAMS, .data = span_from("id,name,manager_ids,parent_team_id\n")}};
    struct muster_options options = {.jobs = text.jobs};
    struct muster_roster *roster;
    enum muster_status status = muster_roster_open(&roster, inputs, 2, &options, NULL);
    if (status == MUSTER_OK) {
        const struct muster_summary *summary = muster_roster_summary(roster);
        cr_assert(eq(u64, summary->codes[MUSTER_CASE_COLLISION], text.collisions));
        gather(&summary->codes, sizeof summary->codes);
        muster_roster_close(roster);
    }
    return status;
}

static void text_begin(unsigned jobs)
{
    text.jobs = jobs;
    text.size =
        (size_t)snprintf(text.users, sizeof text.users, "id,email,first_name,last_name,team_id\n");
}

Test(out_of_memory_shapes, while_two_ids_of_many_shapes_are_told_apart)
{
    text_begin(1);
    shapes_put('q');
    shapes_put('x');
    text.collisions = 2 * SHAPES; /* the capitals; with other zeros it is another id */
    fail_in_turn(call_open);
}

/* Whether one in other letter case stands before is known only of those in order, and the last are
 * there already. */
Test(out_of_memory_shapes, while_many_ids_of_three_shapes_are_put_in_order)
{
    enum { IDS = 60 };
    static const char *const shapes[] = {"x", "0X", "0x", "x"};
    text_begin(1);
    for (unsigned row = 0; row < 4 * IDS; row++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%s%u", shapes[row / IDS], row % IDS);
        user_put(id, 'a', row);
    }
    text.collisions = IDS;
    /* Of many threads some ids wait until all are done, since their place belongs to two. */
    for (; text.jobs <= 3; text.jobs++) {
        fail_in_turn(call_open);
    }
}
