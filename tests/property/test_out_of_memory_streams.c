/* SPDX-License-Identifier: MIT */
/* Memory runs out while something is read that has no size: into memory that grows. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <unistd.h>

#include "failing_turns.h"
#include "support.h"

static enum muster_status open_users(const char *path)
{
    const struct muster_input input = {.file = MUSTER_USERS, .path = path};
    struct muster_roster *roster;
    enum muster_status status = muster_roster_open(&roster, &input, 1, NULL, NULL);
    if (status == MUSTER_OK) {
        const struct muster_summary *summary = muster_roster_summary(roster);
        gather(summary->kept, sizeof summary->kept);
        gather(summary->records, sizeof summary->records);
        gather(summary->codes, sizeof summary->codes);
        muster_roster_close(roster);
    }
    return status;
}

static enum muster_status call_stream_open(void)
{
    return open_users("/proc/self/status");
}

Test(out_of_memory_streams, while_a_file_without_a_size_is_read)
{
    fail_in_turn(call_stream_open);
}

/* From behind its first byte, so that it is a stream. */
static enum muster_status call_standard_input_open(void)
{
    cr_assert(eq(int, (int)lseek(STDIN_FILENO, 1, SEEK_SET), 1));
    enum muster_status status = open_users("-");
    cr_assert(ge(int, fcntl(STDIN_FILENO, F_GETFD), 0), "it is not ours to close");
    return status;
}

Test(out_of_memory_streams, while_standard_input_is_read)
{
    const char *path = folder_write("input.csv", SPAN("\n" USERS_HEADER "X1,a@x.com,A,B,\n"));
    int file = open(path, O_RDONLY);
    cr_assert(eq(int, dup2(file, STDIN_FILENO), STDIN_FILENO));
    close(file);
    fail_in_turn(call_standard_input_open);
}
