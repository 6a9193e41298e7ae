/* SPDX-License-Identifier: MIT */
/*
 * What can be opened and what can happen to it meanwhile. poll() and read() are wrapped at link
 * time, so that a test can let something happen right there.
 */
#define _GNU_SOURCE
#include "csv/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "source_tools.h"
#include "support.h"

/* ---- Wrapped calls ----------------------------------------------------------------------- */

static void (*behind_poll)(void);
static void (*before_read)(void);
static int read_errno; /* what the next read fails with, or 0 */
static int poll_errno; /* likewise */
static unsigned poll_count;

ssize_t __real_read(int descriptor, void *bytes, size_t size);
ssize_t __wrap_read(int descriptor, void *bytes, size_t size);
int __real_poll(struct pollfd *polls, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *polls, nfds_t count, int timeout);

static void once(void (**what)(void))
{
    void (*now)(void) = *what;
    *what = NULL;
    if (now != NULL) {
        now();
    }
}

ssize_t __wrap_read(int descriptor, void *bytes, size_t size)
{
    once(&before_read);
    if (read_errno != 0) {
        errno = read_errno;
        read_errno = 0;
        return -1;
    }
    return __real_read(descriptor, bytes, size);
}

int __wrap_poll(struct pollfd *polls, nfds_t count, int timeout)
{
    poll_count++;
    if (poll_errno != 0) {
        errno = poll_errno;
        poll_errno = 0;
        return -1;
    }
    int result = __real_poll(polls, count, timeout);
    once(&behind_poll);
    return result;
}

/* ---- Tools ------------------------------------------------------------------------------- */

static void expect_failure(const char *path, enum muster_status status, int os_error)
{
    struct source *source = (struct source *)1;
    struct muster_error error = {0};
    cr_expect(eq(int, source_open(&source, path, NULL, &error), (int)status), "%s", path);
    cr_expect(eq(ptr, source, NULL), "%s", path);
    cr_expect(eq(int, error.status, (int)status), "%s", path);
    cr_expect(eq(int, error.os_error, os_error), "%s", path);
    cr_expect(eq(type(span), error.subject, span_from(path)));
}

/* ---- Files ------------------------------------------------------------------------------- */

Test(source, a_file_gives_its_bytes_read_or_mapped)
{
    static const size_t sizes[] = {
        1, 63, 64, 4095, 4096, 4097, (1U << 20) - 1, 1U << 20, (1U << 20) + 1, MAPPED_SIZE};
    span bytes = pattern(MAPPED_SIZE);
    for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        span part = span_make(bytes.ptr, sizes[index]);
        const char *path = folder_write("file.csv", part);
        const struct source_options *options[] = {NULL, &mapped};
        for (size_t way = 0; way < 2; way++) {
            struct source *source = open_good(path, options[way]);
            cr_expect(eq(type(span), bytes_of(source), part), "%zu bytes", part.len);
            cr_expect(source_unchanged(source));
            source_close(source);
        }
    }
}

Test(source, an_empty_file_has_no_bytes_but_an_address)
{
    struct source *source = open_good(folder_write("empty.csv", SPAN("")), &mapped);
    cr_expect(eq(sz, source_size(source), 0));
    cr_expect(ne(ptr, (void *)(uintptr_t)source_bytes(source), NULL));
    cr_expect(source_unchanged(source));
    source_close(source);
    source_close(NULL);
}

Test(source, bytes_of_the_caller_are_given_as_they_are)
{
    static const char bytes[] = "a,b\n";
    struct source *source;
    cr_assert(eq(int, source_open_bytes(&source, span_from(bytes)), MUSTER_OK));
    cr_expect(eq(ptr, (void *)(uintptr_t)source_bytes(source), (void *)(uintptr_t)bytes));
    cr_expect(eq(sz, source_size(source), 4));
    cr_expect(source_unchanged(source));
    source_close(source);
    cr_assert(eq(int, source_open_bytes(&source, SPAN_NONE), MUSTER_OK));
    cr_expect(ne(ptr, (void *)(uintptr_t)source_bytes(source), NULL));
    source_close(source);
}

Test(source, what_is_no_file_is_refused_with_its_reason, .timeout = 20)
{
    expect_failure(folder_open(), MUSTER_UNREADABLE, EISDIR);
    expect_failure(folder_path("missing.csv"), MUSTER_UNREADABLE, ENOENT);
    expect_failure(folder_path("missing/users.csv"), MUSTER_UNREADABLE, ENOENT);
    expect_failure("/dev/null", MUSTER_UNREADABLE, ENODEV);
    expect_failure("/dev/zero", MUSTER_UNREADABLE, ENODEV);
    const char *loop = folder_path("loop");
    cr_assert(eq(int, symlink("loop", loop), 0));
    expect_failure(loop, MUSTER_UNREADABLE, ELOOP);
    struct source *source;
    cr_expect(eq(int, source_open(&source, loop, NULL, NULL), MUSTER_UNREADABLE), "unasked");
}

Test(source, a_symbolic_link_is_followed)
{
    const char *path = folder_path("link.csv");
    cr_assert(eq(int, symlink(folder_write("target.csv", SPAN("a,b\n")), path), 0));
    struct source *source = open_good(path, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("a,b\n")));
    source_close(source);
}

Test(source, a_file_without_a_size_is_read_to_its_end)
{
    if (access("/proc/self/maps", R_OK) != 0) {
        cr_skip("there is no /proc");
    }
    struct source *source = open_good("/proc/self/maps", &mapped);
    cr_expect(lt(sz, 0, source_size(source)));
    source_close(source);
}

Test(source, a_file_beyond_the_limit_is_refused_before_it_is_read, .timeout = 20)
{
    const char *path = folder_write("large.csv", SPAN("x"));
    if (truncate(path, (off_t)(FILE_SIZE_MAX + 1)) != 0) {
        cr_skip("the file system does not take such a file");
    }
    expect_failure(path, MUSTER_TOO_LARGE, 0);
}

/* ---- Streams ----------------------------------------------------------------------------- */

static span sent; /* what sender_main writes */
static pthread_barrier_t sender_ready;

static void *sender_main(void *path)
{
    int descriptor = open(path, O_WRONLY);
    (void)pthread_barrier_wait(&sender_ready);
    usleep(20000); /* the reader meets an open FIFO with nothing in it */
    for (size_t done = 0; done < sent.len;) {
        ssize_t count = write(descriptor, sent.ptr + done, sent.len - done);
        if (count < 0) {
            break;
        }
        done += (size_t)count;
    }
    close(descriptor);
    return NULL;
}

Test(source, a_fifo_that_nobody_writes_to_is_no_empty_file, .timeout = 20)
{
    const char *path = folder_path("fifo");
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    expect_failure(path, MUSTER_UNREADABLE, ENXIO);
}

static void *late_sender_main(void *path)
{
    usleep(200000);
    int descriptor = open(path, O_WRONLY);
    (void)!write(descriptor, "late", 4);
    close(descriptor);
    return NULL;
}

Test(source, a_fifo_waits_a_moment_for_whoever_writes_to_it, .timeout = 20)
{
    const char *path = folder_path("fifo");
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    pthread_t sender;
    cr_assert(eq(int, pthread_create(&sender, NULL, late_sender_main, (void *)(uintptr_t)path), 0));
    struct source *source = open_good(path, NULL);
    pthread_join(sender, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("late")));
    source_close(source);
}

static int fifo_writer;

static void fifo_send(void)
{
    cr_assert(eq(int, (int)write(fifo_writer, "abc", 3), 3));
    close(fifo_writer);
}

Test(source, a_signal_does_not_end_the_wait_for_a_writer, .timeout = 20)
{
    const char *path = folder_path("fifo");
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    poll_errno = EINTR;
    expect_failure(path, MUSTER_UNREADABLE, ENXIO);
    int other = open(path, O_RDONLY | O_NONBLOCK); /* the bytes stay while somebody has it open */
    fifo_writer = open(path, O_WRONLY);
    fifo_send();
    poll_errno = EINTR;
    struct source *source = open_good(path, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("abc")));
    source_close(source);
    close(other);
}

/* Nothing is known of a writer then; what is there is read. */
Test(source, a_wait_for_a_writer_that_fails_loses_no_byte, .timeout = 20)
{
    const char *path = folder_path("fifo");
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    int other = open(path, O_RDONLY | O_NONBLOCK);
    fifo_writer = open(path, O_WRONLY);
    fifo_send();
    poll_errno = ENOMEM;
    struct source *source = open_good(path, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("abc")));
    cr_expect(eq(u32, poll_count, 1));
    source_close(source);
    close(other);
}

Test(source, a_fifo_is_read_to_its_end, .timeout = 60)
{
    const char *path = folder_path("fifo");
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    pthread_t sender;
    sent = pattern(MAPPED_SIZE);
    cr_assert(eq(int, pthread_barrier_init(&sender_ready, NULL, 2), 0));
    int other = open(path, O_RDONLY | O_NONBLOCK); /* or the thread would wait for a reader */
    cr_assert(eq(int, pthread_create(&sender, NULL, sender_main, (void *)(uintptr_t)path), 0));
    (void)pthread_barrier_wait(&sender_ready);
    struct source *source = open_good(path, NULL);
    pthread_join(sender, NULL);
    cr_expect(eq(type(span), bytes_of(source), sent));
    cr_expect(source_unchanged(source));
    source_close(source);
    close(other);
}

Test(source, a_fifo_loses_no_byte_to_the_question_whether_it_has_a_writer, .timeout = 20)
{
    const char *path = folder_path("fifo");
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    fifo_writer = open(path, O_RDWR);
    behind_poll = fifo_send; /* nothing was there, and at once there is */
    struct source *source = open_good(path, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("abc")));
    source_close(source);
}

Test(source, a_fifo_keeps_what_a_writer_left_that_has_gone, .timeout = 20)
{
    const char *path = folder_path("fifo");
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    int other = open(path, O_RDONLY | O_NONBLOCK); /* the bytes stay while somebody has it open */
    fifo_writer = open(path, O_WRONLY);
    fifo_send();
    struct source *source = open_good(path, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("abc")));
    source_close(source);
    close(other);
}

/* Put `bytes` on standard input: through a pipe, or as a file that is read from `offset` on. */
static void input_pipe(span bytes)
{
    int ends[2];
    cr_assert(eq(int, pipe(ends), 0));
    cr_assert(eq(int, (int)write(ends[1], bytes.ptr, bytes.len), (int)bytes.len));
    close(ends[1]);
    cr_assert(eq(int, dup2(ends[0], STDIN_FILENO), STDIN_FILENO));
    close(ends[0]);
}

static void input_file(const char *path, off_t offset)
{
    int descriptor = open(path, O_RDONLY);
    cr_assert(ge(int, descriptor, 0), "%s", path);
    cr_assert(eq(int, (int)lseek(descriptor, offset, SEEK_SET), (int)offset));
    cr_assert(eq(int, dup2(descriptor, STDIN_FILENO), STDIN_FILENO));
    close(descriptor);
}

Test(source, standard_input_may_be_a_pipe, .timeout = 20)
{
    input_pipe(SPAN("a,b\nc,d\n"));
    struct source *source = open_good("-", &mapped);
    cr_expect(eq(type(span), bytes_of(source), SPAN("a,b\nc,d\n")));
    source_close(source);
    cr_expect(ge(int, fcntl(STDIN_FILENO, F_GETFD), 0), "it is not ours to close");
}

Test(source, standard_input_may_be_a_socket, .timeout = 20)
{
    int ends[2];
    cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0));
    cr_assert(eq(int, (int)write(ends[1], "a,b\nc,d\n", 8), 8));
    close(ends[1]);
    cr_assert(eq(int, dup2(ends[0], STDIN_FILENO), STDIN_FILENO));
    close(ends[0]);
    struct source *source = open_good("-", &mapped);
    cr_expect(eq(type(span), bytes_of(source), SPAN("a,b\nc,d\n")));
    source_close(source);
}

static void *slow_sender_main(void *descriptor)
{
    int end = *(int *)descriptor;
    usleep(50000); /* whoever reads finds nothing at first */
    (void)!write(end, "a,b\n", 4);
    usleep(50000);
    (void)!write(end, "c,d\n", 4);
    close(end);
    return NULL;
}

Test(source, standard_input_may_be_a_pipe_that_does_not_wait, .timeout = 20)
{
    int ends[2];
    pthread_t sender;
    cr_assert(eq(int, pipe2(ends, O_NONBLOCK), 0));
    cr_assert(eq(int, dup2(ends[0], STDIN_FILENO), STDIN_FILENO));
    close(ends[0]);
    cr_assert(eq(int, pthread_create(&sender, NULL, slow_sender_main, &ends[1]), 0));
    struct source *source = open_good("-", NULL);
    pthread_join(sender, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("a,b\nc,d\n")));
    source_close(source);
}

Test(source, standard_input_may_be_a_file_that_was_read_in_part)
{
    input_file(folder_write("input.csv", SPAN("a,b\nc,d\n")), 4);
    struct source *source = open_good("-", &mapped);
    cr_expect(eq(type(span), bytes_of(source), SPAN("c,d\n")));
    source_close(source);
}

Test(source, standard_input_may_be_empty)
{
    input_file("/dev/null", 0);
    struct source *source = open_good("-", NULL);
    cr_expect(eq(sz, source_size(source), 0));
    source_close(source);
}

Test(source, a_stream_has_a_limit)
{
    static const struct source_options limited = {.stream_size_max = 8};
    struct source *source;
    input_pipe(SPAN("12345678"));
    source = open_good("-", &limited);
    cr_expect(eq(sz, source_size(source), 8));
    source_close(source);
    input_pipe(SPAN("123456789"));
    struct muster_error error = {0};
    cr_expect(eq(int, source_open(&source, "-", &limited, &error), MUSTER_TOO_LARGE));
    cr_expect(eq(ptr, source, NULL));
}

/* ---- Trouble while reading --------------------------------------------------------------- */

static const char *victim;

static void victim_cut(void)
{
    cr_assert(eq(int, truncate(victim, 10), 0));
}

static void victim_grow(void)
{
    FILE *file = fopen(victim, "ab");
    cr_assert(ne(ptr, file, NULL));
    fputs("more", file);
    fclose(file);
}

Test(source, a_file_that_is_cut_while_it_is_read_has_changed)
{
    victim = folder_write("victim.csv", pattern(5000));
    before_read = victim_cut;
    expect_failure(victim, MUSTER_CHANGED, 0);
}

Test(source, a_file_that_grows_while_it_is_read_has_changed)
{
    victim = folder_write("victim.csv", pattern(5000));
    before_read = victim_grow;
    struct source *source;
    cr_expect(eq(int, source_open(&source, victim, NULL, NULL), MUSTER_CHANGED));
    cr_expect(eq(ptr, source, NULL));
}

/* As an export does that has just begun to write anew: its first bytes are no whole file. */
Test(source, a_file_that_was_empty_and_grows_while_it_is_read_has_changed)
{
    victim = folder_write("victim.csv", SPAN(""));
    before_read = victim_grow;
    expect_failure(victim, MUSTER_CHANGED, 0);
}

Test(source, a_disk_that_fails_is_named_by_its_errno)
{
    const char *path = folder_write("broken.csv", SPAN("a,b\n"));
    struct source *source;
    struct muster_error error = {0};
    read_errno = EIO;
    cr_expect(eq(int, source_open(&source, path, NULL, &error), MUSTER_UNREADABLE));
    cr_expect(eq(int, error.os_error, EIO));
    input_pipe(SPAN("a,b\n"));
    read_errno = EIO;
    cr_expect(eq(int, source_open(&source, "-", NULL, &error), MUSTER_UNREADABLE));
    cr_expect(eq(int, error.os_error, EIO));
}

Test(source, an_interrupted_read_is_taken_up_again)
{
    const char *path = folder_write("file.csv", SPAN("a,b\n"));
    read_errno = EINTR;
    struct source *source = open_good(path, NULL);
    cr_expect(eq(type(span), bytes_of(source), SPAN("a,b\n")));
    source_close(source);
}

/* ---- Trouble afterwards ------------------------------------------------------------------ */

/* The clock of a file system may stand still for some milliseconds; set it by hand. */
static void touch_later(const char *path)
{
    const struct timespec later[2] = {{.tv_sec = 2000000000}, {.tv_sec = 2000000000}};
    cr_assert(eq(int, utimensat(AT_FDCWD, path, later, 0), 0));
}

Test(source, a_file_that_was_touched_later_has_changed)
{
    static const size_t sizes[] = {0, 100, MAPPED_SIZE};
    for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        const char *path = folder_write("file.csv", pattern(sizes[index]));
        struct source *source = open_good(path, &mapped);
        cr_expect(source_unchanged(source));
        touch_later(path);
        cr_expect(not(source_unchanged(source)), "%zu bytes", sizes[index]);
        source_close(source);
    }
}

Test(source, a_file_that_was_replaced_by_another_is_still_what_was_read)
{
    const char *path = folder_write("file.csv", SPAN("old"));
    struct source *source = open_good(path, &mapped);
    cr_assert(eq(int, rename(folder_write("other.csv", SPAN("other")), path), 0));
    cr_expect(eq(type(span), bytes_of(source), SPAN("old")));
    cr_expect(source_unchanged(source), "nobody has touched these bytes");
    source_close(source);
}
