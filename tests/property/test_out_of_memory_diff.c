/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out while rosters are compared that the random ones of test_out_of_memory never are:
 * of so many users in another order that they are joined unread, and with lists of managers on both
 * sides.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "failing_turns.h"
#include "support.h"

/* More than the comparison walks over before it takes the order for lost, and twice as many. */
#define USERS 2000U

static struct muster_roster *rosters[2];
static uint64_t differences;

/* Users in either order, whose ids begin with a letter, under a team with these managers. */
static struct muster_roster *users_open(unsigned count, char letter, const char *managers)
{
    struct buffer users = {0};
    struct buffer teams = {0};
    buffer_text(&users, USERS_HEADER);
    for (unsigned n = 0; n < count; n++) {
        unsigned number = letter == 'X' ? n : count - 1 - n;
        buffer_byte(&users, letter);
        buffer_number(&users, number);
        buffer_text(&users, ",u");
        buffer_number(&users, number);
        buffer_text(&users, "@example.com,A,\"B \"\"b\"\"\",T1\n");
    }
    buffer_text(&teams, TEAMS_HEADER "T1,Team,");
    buffer_text(&teams, managers);
    buffer_text(&teams, ",\n");
    const span files[MUSTER_FILE_COUNT] = {
        [MUSTER_USERS] = buffer_view(&users), [MUSTER_TEAMS] = buffer_view(&teams)};
    const struct muster_options options = {.jobs = 1};
    struct muster_roster *roster = roster_of_spans(files, &options);
    /* The texts are the roster's until it is closed, and the process ends soon. */
    return roster;
}

static enum muster_status call_diff(void)
{
    uint64_t count = 0;
    enum muster_status status = gather_differences(rosters[0], rosters[1], &count);
    cr_assert(status != MUSTER_OK || count == differences);
    return status;
}

Test(out_of_memory_diff, while_many_users_are_recognised_by_their_addresses, .timeout = 120)
{
    rosters[0] = users_open(USERS, 'X', "");
    rosters[1] = users_open(USERS, 'Y', "");
    differences = USERS; /* each has another id */
    fail_in_turn(call_diff);
}

Test(out_of_memory_diff, while_managers_of_both_sides_are_listed)
{
    rosters[0] = users_open(3, 'X', "\"X0,X1\"");
    rosters[1] = users_open(3, 'X', "\"X0,X2\"");
    differences = 1;
    fail_in_turn(call_diff);
}
