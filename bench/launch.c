/* SPDX-License-Identifier: MIT */

/*
 * Runs one command and prints what it took: seconds, processor seconds, memory of the largest
 * process. Small, because the system counts the memory of whoever starts a process as its own.
 *
 * Before that it has another process touch and free memory: on a virtual machine, memory that
 * nobody has touched for a while may have to be fetched from the host first, which is not the
 * command's fault. Then it reads the input files, so that all commands find them in the page cache.
 * In this order: while the host is still busy with the memory the first bytes of that cache take up
 * to a hundred times as long, a tenth of a second in all.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE  (256U << 10)
#define PAGE_SIZE  4096U
#define FILE_MAX   64
#define START_FAIL 127

struct wanted {
    const char *files[FILE_MAX];
    size_t file_count;
    size_t touch_size;
    unsigned limit; /* seconds; 0: none */
    const char *output;
    char **command;
};

static const char usage[] =
    "usage: launch [--read FILE]... [--touch MB] [--limit SECONDS] [-o FILE] -- COMMAND...\n";

static volatile sig_atomic_t timed_out;
static pid_t started;

static void time_out(int signal_number)
{
    (void)signal_number;
    timed_out = 1;
    kill(-started, SIGKILL);
}

static double clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool arguments_parse(struct wanted *wanted, int count, char **words)
{
    int index = 1;
    for (; index + 1 < count && strcmp(words[index], "--") != 0; index += 2) {
        const char *value = words[index + 1];
        if (strcmp(words[index], "--read") == 0 && wanted->file_count < FILE_MAX) {
            wanted->files[wanted->file_count++] = value;
        } else if (strcmp(words[index], "--touch") == 0) {
            wanted->touch_size = (size_t)strtoul(value, NULL, 10) << 20;
        } else if (strcmp(words[index], "--limit") == 0) {
            wanted->limit = (unsigned)strtoul(value, NULL, 10);
        } else if (strcmp(words[index], "-o") == 0) {
            wanted->output = value;
        } else {
            return false;
        }
    }
    wanted->command = words + index + 1;
    return index + 1 < count;
}

static bool file_read(const char *path)
{
    static char buffer[READ_SIZE];
    int descriptor = open(path, O_RDONLY);
    ssize_t count = descriptor < 0 ? -1 : 1;

    while (count > 0) {
        count = read(descriptor, buffer, sizeof(buffer));
    }
    return count == 0 && close(descriptor) == 0;
}

static void memory_touch(size_t size)
{
    pid_t child = size > 0 ? fork() : 0;
    if (size == 0 || child < 0) {
        return;
    }
    if (child > 0) {
        (void)waitpid(child, NULL, 0);
        return;
    }
    volatile char *bytes =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifdef MADV_HUGEPAGE
    /* What is freed in small pieces is not what the next process gets in large ones; what is freed
     * in large ones is what it gets in either. */
    (void)madvise((void *)(uintptr_t)bytes, size, MADV_HUGEPAGE);
#endif
    for (size_t at = 0; (void *)(uintptr_t)bytes != MAP_FAILED && at < size; at += PAGE_SIZE) {
        bytes[at] = 1;
    }
    _exit(0);
}

/* In the new process. */
static void command_start(const struct wanted *wanted)
{
    int nothing = open("/dev/null", O_RDONLY);
    int output = open(wanted->output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (nothing < 0 || output < 0 || setpgid(0, 0) != 0 || dup2(nothing, 0) < 0 ||
        dup2(output, 1) < 0) {
        _exit(START_FAIL);
    }
    execvp(wanted->command[0], wanted->command);
    _exit(START_FAIL);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static int command_measure(const struct wanted *wanted)
{
    struct rusage used = {0};
    int status = 0;
    double start = clock_now();

    started = fork();
    if (started < 0) {
        return START_FAIL;
    }
    if (started == 0) {
        command_start(wanted);
    }
    (void)setpgid(started, started);
    if (wanted->limit > 0) {
        struct sigaction action = {.sa_handler = time_out};
        sigaction(SIGALRM, &action, NULL);
        alarm(wanted->limit);
    }
    while (wait4(started, &status, 0, &used) < 0) {
        if (errno != EINTR) {
            return START_FAIL;
        }
    }
    double seconds = clock_now() - start;
    alarm(0);
    printf("{\"seconds\": %.6f, \"user\": %.6f, \"system\": %.6f, \"kilobytes\": %ld, "
           "\"exit\": %d, \"timed_out\": %s}\n",
           seconds, seconds_of(used.ru_utime), seconds_of(used.ru_stime), used.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           timed_out ? "true" : "false");
    return 0;
}

int main(int count, char **arguments)
{
    struct wanted wanted = {.output = "/dev/null"};

    if (!arguments_parse(&wanted, count, arguments)) {
        fputs(usage, stderr);
        return 2;
    }
    memory_touch(wanted.touch_size);
    for (size_t index = 0; index < wanted.file_count; index++) {
        if (!file_read(wanted.files[index])) {
            fprintf(stderr, "launch: cannot read %s: %s\n", wanted.files[index], strerror(errno));
            return 1;
        }
    }
    return command_measure(&wanted);
}
