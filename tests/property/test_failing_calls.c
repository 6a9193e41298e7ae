/* SPDX-License-Identifier: MIT */
/*
 * Every system call on a file fails in turn, with each error that it may give, while a snapshot is
 * written and while snapshots and CSV files are read. The call either does without and its result
 * is the usual one, or it says what was wrong; and under the name of a snapshot stands the old one
 * or the new one.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "failing_calls.h"
#include "snapshot/replace.h"
#include "support.h"

TestSuite(failing_calls, .timeout = 120);

static const struct fault {
    enum call call;
    int os_error;
    bool harmless; /* asked for again, or done without */
} faults[] = {
    {CALL_OPEN, EIO, false},       {CALL_OPEN, EMFILE, false},     {CALL_OPEN, EINTR, false},
    {CALL_OPENAT, EIO, false},     {CALL_OPENAT, ENOSPC, false},   {CALL_OPENAT, EINTR, true},
    {CALL_OPENAT, EEXIST, true},   {CALL_READ, EIO, false},        {CALL_READ, EINTR, true},
    {CALL_READ, 0, false},         {CALL_WRITE, EIO, false},       {CALL_WRITE, ENOSPC, false},
    {CALL_WRITE, EINTR, true},     {CALL_WRITE, 0, false},         {CALL_PWRITE, EIO, false},
    {CALL_PWRITE, EINTR, true},    {CALL_PWRITE, 0, false},        {CALL_FSYNC, EIO, false},
    {CALL_FSYNC, EINTR, true},     {CALL_FSYNC, EINVAL, false},    {CALL_FSYNC, ENOTSUP, false},
    {CALL_CLOSE, EIO, false},      {CALL_CLOSE, EINTR, true},      {CALL_FSTAT, EIO, false},
    {CALL_STAT, EACCES, false},    {CALL_FLOCK, ENOLCK, true},     {CALL_FLOCK, EWOULDBLOCK, true},
    {CALL_FCNTL, EMFILE, false},   {CALL_FDOPENDIR, ENOMEM, true}, {CALL_RENAMEAT, EIO, false},
    {CALL_UNLINKAT, EACCES, true}, {CALL_SIGACTION, EINVAL, true}, {CALL_MMAP, ENOMEM, false},
};

/* What is done while calls fail. */
static const char *const new_path = "new.snap";
static struct muster_roster *roster;
static struct buffer export;

static void export_make(size_t size_min)
{
    buffer_text(&export, USERS_HEADER);
    for (uint64_t number = 0; export.size < size_min; number++) {
        buffer_text(&export, "U");
        buffer_number(&export, number);
        buffer_text(&export, ",u");
        buffer_number(&export, number);
        buffer_text(&export, "@example.com,First name,Last name,T1\n");
    }
    cr_assert(not(export.exhausted));
}

static span file_of(const char *name)
{
    return file_read(folder_path(name));
}

static enum muster_status snapshot_write_now(struct muster_error *error)
{
    return muster_snapshot_write(roster, folder_path(new_path), error);
}

static enum muster_status snapshot_read_now(struct muster_error *error, bool map_allowed)
{
    const struct muster_options options = {.map_allowed = map_allowed, .jobs = 1};
    struct muster_roster *opened = NULL;
    enum muster_status status =
        muster_snapshot_open(&opened, folder_path("old.snap"), &options, error);
    cr_expect(eq(int, status == MUSTER_OK, opened != NULL));
    muster_roster_close(opened);
    return status;
}

static enum muster_status snapshot_read_plain(struct muster_error *error)
{
    return snapshot_read_now(error, false);
}

static enum muster_status snapshot_read_mapped(struct muster_error *error)
{
    return snapshot_read_now(error, true);
}

static enum muster_status replace_write_now(struct muster_error *error)
{
    struct replace *replace = NULL;
    enum muster_status status = replace_open(&replace, folder_path(new_path), error);
    if (status != MUSTER_OK) {
        return status;
    }
    span whole = file_of("whole.snap");
    for (size_t at = 0; at < whole.len; at += 7000) {
        size_t size = whole.len - at < 7000 ? whole.len - at : 7000;
        (void)replace_write_at(replace, at, whole.ptr + at, size);
    }
    free((void *)(uintptr_t)whole.ptr);
    return replace_commit(replace, error);
}

static enum muster_status device_write_now(struct muster_error *error)
{
    struct replace *replace = NULL;
    enum muster_status status = replace_open(&replace, "/dev/null", error);
    if (status != MUSTER_OK) {
        return status;
    }
    (void)replace_write_at(replace, 0, "bytes", 5);
    return replace_commit(replace, error);
}

static enum muster_status export_read_now(struct muster_error *error, bool map_allowed)
{
    const struct muster_options options = {.map_allowed = map_allowed, .jobs = 1};
    const struct muster_input input = {.file = MUSTER_USERS, .path = folder_path("users.csv")};
    struct muster_roster *opened = NULL;
    enum muster_status status = muster_roster_open(&opened, &input, 1, &options, error);
    cr_expect(eq(int, status == MUSTER_OK, opened != NULL));
    if (opened != NULL) {
        cr_expect(eq(u32, muster_roster_user_places(opened), muster_roster_user_places(roster)));
    }
    muster_roster_close(opened);
    return status;
}

static enum muster_status export_read_plain(struct muster_error *error)
{
    return export_read_now(error, false);
}

static enum muster_status export_read_mapped(struct muster_error *error)
{
    return export_read_now(error, true);
}

/* How a call that met a fault has to end; 0 is the end of a file that came too early. */
static bool end_is_right(const struct fault *fault, enum muster_status status,
                         const struct muster_error *error)
{
    if (status == MUSTER_OK) {
        return true;
    }
    if (fault->call == CALL_FSTAT && status == MUSTER_CHANGED) {
        return true; /* that nothing has changed cannot be said then */
    }
    if (fault->call == CALL_MMAP) {
        return status == MUSTER_NO_MEMORY;
    }
    if (fault->os_error == 0) {
        return status == MUSTER_CHANGED || status == MUSTER_DAMAGED ||
               (status == MUSTER_UNWRITABLE && error->os_error == EIO);
    }
    return !fault->harmless && (status == MUSTER_UNWRITABLE || status == MUSTER_UNREADABLE) &&
           error->status == status && error->os_error == fault->os_error;
}

/* One kind of fault at each of its calls. */
static void fault_everywhere(const struct fault *fault,
                             enum muster_status (*work)(struct muster_error *),
                             void (*prepare)(void), void (*judge)(enum muster_status))
{
    size_t count = 0;
    size_t which = 0;
    do {
        struct muster_error error = {0};
        which++;
        prepare();
        calls_fail(fault->call, fault->os_error, which, false);
        enum muster_status status = work(&error);
        count = calls_heal();
        cr_expect(end_is_right(fault, status, &error),
                  "call %d number %zu gives %d: status %d, error %d", (int)fault->call, which,
                  fault->os_error, (int)status, error.os_error);
        judge(status);
    } while (which <= count); /* the last run met no fault */
}

static void all_faults(enum muster_status (*work)(struct muster_error *), void (*prepare)(void),
                       void (*judge)(enum muster_status))
{
    for (size_t index = 0; index < sizeof faults / sizeof faults[0]; index++) {
        fault_everywhere(&faults[index], work, prepare, judge);
    }
}

static void nothing_prepared(void)
{
}

static void nothing_judged(enum muster_status status)
{
    (void)status;
}

static void stage_open(size_t size_min)
{
    export_make(size_min);
    (void)folder_write("users.csv", buffer_view(&export));
    const span files[MUSTER_FILE_COUNT] = {
        [MUSTER_USERS] = buffer_view(&export), [MUSTER_TEAMS] = SPAN(TEAMS_HEADER "T1,Team,,\n")};
    roster = roster_of_spans(files, NULL);
    cr_assert(eq(int, muster_snapshot_write(roster, folder_path("old.snap"), NULL), MUSTER_OK));
    cr_assert(eq(int, muster_snapshot_write(roster, folder_path("whole.snap"), NULL), MUSTER_OK));
}

/* An old file under the name of the new one, and what a killed run has left. */
static void old_prepared(void)
{
    (void)folder_write(new_path, SPAN("old"));
    (void)folder_write("new.snap.tmp-0123456789abcdef", SPAN("left"));
}

static void old_or_new_judged(enum muster_status status)
{
    span whole = file_of("whole.snap");
    span found = file_of(new_path);
    bool is_new = span_equal(found, whole);
    cr_expect(is_new || span_equal(found, SPAN("old")));
    cr_expect(is_new || status != MUSTER_OK);
    free((void *)(uintptr_t)whole.ptr);
    free((void *)(uintptr_t)found.ptr);
}

Test(failing_calls, while_a_snapshot_is_written)
{
    stage_open(400000);
    all_faults(snapshot_write_now, old_prepared, old_or_new_judged);
    all_faults(replace_write_now, old_prepared, old_or_new_judged);
    all_faults(device_write_now, nothing_prepared, nothing_judged);
}

Test(failing_calls, while_a_snapshot_is_read)
{
    stage_open(400000);
    all_faults(snapshot_read_plain, nothing_prepared, nothing_judged);
    all_faults(snapshot_read_mapped, nothing_prepared, nothing_judged);
}

Test(failing_calls, while_a_csv_file_is_read)
{
    stage_open(3U << 20);
    all_faults(export_read_plain, nothing_prepared, nothing_judged);
    all_faults(export_read_mapped, nothing_prepared, nothing_judged);
}

Test(failing_calls, a_name_that_is_always_taken_is_an_error_in_the_end)
{
    struct muster_error error = {0};
    stage_open(1000);
    old_prepared();
    calls_fail(CALL_OPENAT, EEXIST, 2, true); /* the first opens the folder */
    cr_expect(eq(int, snapshot_write_now(&error), MUSTER_UNWRITABLE));
    (void)calls_heal();
    cr_expect(eq(int, error.os_error, EEXIST));
    old_or_new_judged(MUSTER_UNWRITABLE);
}

Test(failing_calls, short_counts_change_nothing)
{
    stage_open(20000);
    calls_shorten(7);
    old_prepared();
    cr_expect(eq(int, snapshot_write_now(NULL), MUSTER_OK));
    old_or_new_judged(MUSTER_OK);
    cr_expect(eq(int, snapshot_read_plain(NULL), MUSTER_OK));
    cr_expect(eq(int, export_read_plain(NULL), MUSTER_OK));
    calls_shorten(0);
}
