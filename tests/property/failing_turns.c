/* SPDX-License-Identifier: MIT */
#include "failing_turns.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>

#include "failing_memory.h"

static uint64_t gathered;

void gather(const void *bytes, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        gathered = (gathered ^ ((const unsigned char *)bytes)[index]) * UINT64_C(0x100000001B3);
    }
}

void gather_span(span value)
{
    gather(&value.len, sizeof value.len);
    gather(value.ptr, value.len);
}

enum muster_status gather_differences(struct muster_roster *old_roster,
                                      struct muster_roster *new_roster, uint64_t *count)
{
    struct muster_diff *diff;
    struct muster_difference difference;
    uint64_t told = 0;
    enum muster_status status = muster_diff_open(&diff, old_roster, new_roster);
    if (status != MUSTER_OK) {
        cr_assert(eq(ptr, diff, NULL));
        return status;
    }
    while (muster_diff_next(diff, &difference)) {
        gather_span(difference.id);
        gather_span(difference.old_value);
        gather_span(difference.new_value);
        told++;
    }
    status = muster_diff_status(diff);
    muster_diff_close(diff);
    if (count != NULL) {
        *count = told;
    }
    return status;
}

static void expect_turn(call *what, uint64_t want, size_t which, bool for_ever)
{
    long before = memory_live();
    gathered = 0;
    memory_fail(which, for_ever);
    enum muster_status status = what();
    (void)memory_heal();
    if (status != MUSTER_NO_MEMORY) {
        cr_assert(eq(int, status, MUSTER_OK), "request %zu", which);
        cr_assert(eq(u64, gathered, want), "another result without request %zu", which);
    }
    cr_assert(eq(long, memory_live(), before), "request %zu leaks", which);
}

void fail_in_turn(call *what)
{
    cr_assert(eq(int, what(), MUSTER_OK), "the stage's own buffers grow here, once");
    gathered = 0;
    memory_fail(0, false);
    cr_assert(eq(int, what(), MUSTER_OK));
    uint64_t want = gathered;
    size_t count = memory_heal();
    for (size_t which = 1; which <= count; which++) {
        expect_turn(what, want, which, false);
        expect_turn(what, want, which, true);
    }
    cr_log_info("%zu requests", count);
}
