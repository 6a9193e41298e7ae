/* SPDX-License-Identifier: MIT */
/* Files that are written whole or not at all, on file systems that cannot do everything. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/file.h"
#include "remote/text.h"

static int folder_error; /* what fsync says of a folder; 0: nothing is wrong */
static int file_error;   /* the same of a file */
static int interruptions;
static int signal_number; /* comes while a file is synchronised; 0: none */
static volatile sig_atomic_t signals_seen;
static int signals_seen_within; /* while there was a temporary file */
static char home[] = "/tmp/muster-file-XXXXXX";

int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);

int __wrap_fsync(int descriptor)
{
    struct stat about;

    if (signal_number != 0) {
        (void)raise(signal_number);
        signals_seen_within += signals_seen;
        signal_number = 0;
    }
    if (interruptions > 0) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    int error = fstat(descriptor, &about) != 0 ? errno
                : S_ISDIR(about.st_mode)       ? folder_error
                                               : file_error;
    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_fsync(descriptor);
}

static void enter(void)
{
    cr_assert(ne(ptr, mkdtemp(home), NULL));
    cr_assert(eq(int, chdir(home), 0));
    cr_assert(eq(int, file_write("file", "old", 3), 0));
}

static void leave(void)
{
    cr_expect(eq(int, unlink("file"), 0));
    cr_expect(eq(int, rmdir(home), 0), "no temporary file is left");
}

TestSuite(file, .init = enter, .fini = leave);

static void expect_content(const char *wanted)
{
    struct text text = {0};

    cr_assert(eq(int, file_read(&text, "file", 100), 0));
    cr_expect(eq(str, (char *)text_string(&text), (char *)wanted));
    text_close(&text);
}

Test(file, is_written_where_folders_cannot_be_synchronised)
{
    static const int errors[] = {EINVAL, ENOTSUP};

    for (size_t index = 0; index < sizeof errors / sizeof errors[0]; index++) {
        folder_error = errors[index];
        cr_expect(eq(int, file_write("file", "new", 3), 0));
        expect_content("new");
        cr_expect(eq(int, file_sync_folder("file"), 0));
    }
}

Test(file, is_no_folder_and_no_device)
{
    struct text text = {0};

    cr_expect(eq(int, file_read(&text, ".", 100), EISDIR));
    cr_expect(eq(int, file_read(&text, "/dev/null", 100), EINVAL));
    cr_expect(eq(int, file_read(&text, "nowhere", 100), ENOENT));
    cr_expect(eq(sz, text.size, 0));
}

Test(file, is_not_said_to_be_safe_where_its_folder_is_not)
{
    folder_error = EIO;
    cr_expect(eq(int, file_write("file", "new", 3), EIO));
    expect_content("new");
}

Test(file, stays_as_it_was_where_the_new_one_is_not_safe)
{
    file_error = EINVAL;
    cr_expect(eq(int, file_write("file", "new", 3), EINVAL));
    expect_content("old");
}

Test(file, is_synchronised_over_interruptions)
{
    interruptions = 3;
    cr_expect(eq(int, file_sync_folder("file"), 0));
    cr_expect(eq(int, interruptions, 0));
    interruptions = 3;
    cr_expect(eq(int, file_write("file", "new", 3), 0));
    expect_content("new");
}

static void signal_note(int number)
{
    (void)number;
    signals_seen++;
}

Test(file, leaves_nothing_beside_it_when_a_signal_comes)
{
    cr_assert(signal(SIGTERM, signal_note) != SIG_ERR);
    signal_number = SIGTERM;
    cr_expect(eq(int, file_write("file", "new", 3), 0));
    expect_content("new");
    cr_expect(eq(int, signals_seen_within, 0), "it waits for the end");
    cr_expect(eq(int, signals_seen, 1), "and is not lost");
}
