/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "csv/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/parallel.h"

/* Below this size a read is as quick as a map and has no page to lose. */
#define MAP_WORTH_SIZE (1U << 20)
#define READ_STEP      (1U << 20)
#define GUARD_COUNT    16
#define GUARD_TAKEN    1

/* Shares of a map for each thread that gives its pages back. */
#define FORGET_SHARES_PER_JOB 4

/* What a pointer reaches, where that is less than a file may have. */
#define READ_SIZE_MAX (FILE_SIZE_MAX < SIZE_MAX ? FILE_SIZE_MAX : SIZE_MAX - 1)

struct source {
    const unsigned char *bytes;
    size_t size;
    void *owned; /* memory of our own, or NULL */
    size_t owned_size;
    int guard; /* the slot of the map, or -1 */
    int descriptor;
    bool standard_input; /* so that the descriptor is not ours to close */
    bool is_file;
    unsigned char first; /* of a stream, where it had to be read to learn that there is one */
    bool first_taken;
    struct stat seen;
};

/*
 * The one global of the engine: a signal handler has no other way to learn which addresses are
 * maps of ours. A slot is taken by setting `start`, and `cut` is set by the handler.
 */
static struct {
    _Atomic(uintptr_t) start; /* 0: free, GUARD_TAKEN: no map yet */
    _Atomic(uintptr_t) end;
    atomic_uint use; /* counts those who took the slot */
    atomic_bool cut;
} guards[GUARD_COUNT];
static struct sigaction previous_action;
static pthread_once_t guard_once = PTHREAD_ONCE_INIT;
static bool guard_installed;

/*
 * Where the map of a slot ends that has this address, or 0. Other threads open and close maps
 * meanwhile, and the start of one with the end of another would be any stretch of memory. So a slot
 * that changes hands right now counts for nothing: that of whoever is reading does not.
 */
static uintptr_t guard_end(int slot, uintptr_t address)
{
    unsigned use = atomic_load(&guards[slot].use);
    uintptr_t start = atomic_load(&guards[slot].start);
    uintptr_t end = atomic_load(&guards[slot].end);
    bool whole = start > GUARD_TAKEN && atomic_load(&guards[slot].use) == use;
    return whole && address >= start && address < end ? end : 0;
}

/* All that is left of the map becomes zeros at once: for page by page the kernel would run out of
 * maps. What the file still has there is of no use any more. */
static void guard_handler(int signal_number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    bool sent = info->si_code <= 0 || info->si_code == SI_USER; /* and there is no address */
    for (int slot = 0; slot < GUARD_COUNT && !sent; slot++) {
        uintptr_t end = guard_end(slot, address);
        if (end != 0) {
            /* NOLINTNEXTLINE(performance-no-int-to-ptr): there is nothing but the number */
            void *at = (void *)(address & ~(page - 1));
            size_t left = end - (address & ~(page - 1));
            atomic_store(&guards[slot].cut, true);
            if (mmap(at, left, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
                MAP_FAILED) {
                return;
            }
        }
    }
    /* Not ours: what was there before decides. */
    if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
        previous_action.sa_sigaction(signal_number, info, context);
    } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(signal_number);
    } else if (!sent || previous_action.sa_handler == SIG_DFL) {
        (void)sigaction(SIGBUS, &previous_action, NULL);
        if (sent) {
            (void)raise(signal_number); /* a fault comes again by itself */
        }
    }
}

static void guard_install(void)
{
    struct sigaction action = {0};
    action.sa_sigaction = guard_handler;
    /* Where handlers have a stack of their own, that of a thread may be too small for them. */
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    (void)sigemptyset(&action.sa_mask);
    /* In two steps: another thread's fault may come at once, and has to find what was there. */
    guard_installed =
        sigaction(SIGBUS, NULL, &previous_action) == 0 && sigaction(SIGBUS, &action, NULL) == 0;
}

/* Whether this thread would be ended by a fault, for which no handler is called then. */
static bool fault_is_blocked(void)
{
    sigset_t blocked;
    return pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0 || sigismember(&blocked, SIGBUS) != 0;
}

/* A free slot for a map, or -1: the file is then read instead. */
static int guard_take(void)
{
    /* Files may be opened by several threads at once. */
    (void)pthread_once(&guard_once, guard_install);
    if (!guard_installed || fault_is_blocked()) {
        return -1;
    }
    for (int slot = 0; slot < GUARD_COUNT; slot++) {
        uintptr_t expected = 0;
        if (atomic_compare_exchange_strong(&guards[slot].start, &expected, GUARD_TAKEN)) {
            (void)atomic_fetch_add(&guards[slot].use, 1);
            atomic_store(&guards[slot].cut, false);
            return slot;
        }
    }
    return -1;
}

static void guard_release(int slot)
{
    atomic_store(&guards[slot].end, 0);
    atomic_store(&guards[slot].start, 0);
}

static enum muster_status fail(struct muster_error *error, enum muster_status status, int os_error,
                               const char *path)
{
    if (error != NULL) {
        *error = (struct muster_error){status, os_error, span_from(path)};
    }
    return status;
}

/* Waits until a stream has something to say, or a signal comes: then the caller asks again. */
static void wait_readable(int descriptor)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};
    (void)poll(&ready, 1, -1);
}

/* As read(), but not disturbed by signals, and patient with non-blocking descriptors. */
static ssize_t read_some(int descriptor, void *bytes, size_t size)
{
    for (;;) {
        ssize_t count = read(descriptor, bytes, size);
        if (count >= 0) {
            return count;
        }
        if (errno == EAGAIN) {
            wait_readable(descriptor);
        } else if (errno != EINTR) {
            return -1;
        }
    }
}

static enum muster_status read_stream(struct source *source, uint64_t size_max, int *os_error)
{
    size_t capacity = 0;
    unsigned char *bytes = NULL;
    size_t size = 0;
    for (;;) {
        unsigned char *grown = memory_grow(bytes, &capacity, size + READ_STEP + 1, 1);
        if (grown == NULL) {
            free(bytes);
            return MUSTER_NO_MEMORY;
        }
        bytes = grown;
        if (source->first_taken) {
            bytes[size++] = source->first;
            source->first_taken = false;
        }
        ssize_t count = read_some(source->descriptor, bytes + size, READ_STEP);
        if (count < 0) {
            *os_error = errno;
            free(bytes);
            return MUSTER_UNREADABLE;
        }
        if (count == 0) {
            break;
        }
        size += (size_t)count;
        if (size > size_max) {
            free(bytes);
            return MUSTER_TOO_LARGE;
        }
    }
    source->bytes = bytes;
    source->size = size;
    source->owned = bytes;
    source->owned_size = 0;
    return MUSTER_OK;
}

static bool map_file(struct source *source, size_t size)
{
    int slot = guard_take();
    if (slot < 0) {
        return false;
    }
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, source->descriptor, 0);
    if (map == MAP_FAILED) {
        guard_release(slot);
        return false;
    }
    /* A slot without an end is nobody's for the handler, so that comes last. */
    atomic_store(&guards[slot].start, (uintptr_t)map);
    atomic_store(&guards[slot].end, (uintptr_t)map + size);
    source->guard = slot;
    source->bytes = map;
    source->size = size;
    return true;
}

static enum muster_status read_file(struct source *source, size_t size, int *os_error)
{
    unsigned char *bytes = memory_pages_open(size + 1);
    if (bytes == NULL) {
        return MUSTER_NO_MEMORY;
    }
    source->owned = bytes;
    source->owned_size = size + 1;
    size_t done = 0;
    while (done < size) {
        size_t step = size - done < READ_STEP ? size - done : READ_STEP;
        ssize_t count = read_some(source->descriptor, bytes + done, step);
        if (count < 0) {
            *os_error = errno;
            return MUSTER_UNREADABLE;
        }
        if (count == 0) {
            return MUSTER_CHANGED;
        }
        done += (size_t)count;
    }
    source->bytes = bytes;
    source->size = size;
    return MUSTER_OK;
}

/* Regular files go by their size; those of size 0 may be of the /proc kind and are streamed. */
static enum muster_status load(struct source *source, const struct source_options *options,
                               int *os_error)
{
    uint64_t stream_max = STREAM_SIZE_MAX;
    if (options != NULL && options->stream_size_max > 0) {
        stream_max = options->stream_size_max;
    }
    if (fstat(source->descriptor, &source->seen) != 0) {
        *os_error = errno;
        return MUSTER_UNREADABLE;
    }
    mode_t mode = source->seen.st_mode;
    source->is_file = S_ISREG(mode);
    if (S_ISDIR(mode)) {
        *os_error = EISDIR;
        return MUSTER_UNREADABLE;
    }
    if (source->is_file && source->seen.st_size > 0 &&
        !(source->standard_input && lseek(source->descriptor, 0, SEEK_CUR) > 0)) {
        if ((uint64_t)source->seen.st_size > READ_SIZE_MAX) {
            return MUSTER_TOO_LARGE;
        }
        size_t size = (size_t)source->seen.st_size;
        if (options != NULL && options->map_allowed && size >= MAP_WORTH_SIZE &&
            map_file(source, size)) {
            return MUSTER_OK;
        }
        return read_file(source, size, os_error);
    }
    if (!source->is_file && !S_ISFIFO(mode) && !S_ISSOCK(mode) && !source->standard_input) {
        *os_error = ENODEV;
        return MUSTER_UNREADABLE;
    }
    return read_stream(source, stream_max, os_error);
}

/* A FIFO that nobody has open for writing would give an empty file, or make us wait for ever.
 * Whoever is about to open it has a moment. */
static bool fifo_lacks_writer(struct source *source)
{
    struct stat status;
    if (fstat(source->descriptor, &status) != 0 || !S_ISFIFO(status.st_mode)) {
        return false;
    }
    struct pollfd ready = {.fd = source->descriptor, .events = POLLIN};
    int answer;
    do {
        answer = poll(&ready, 1, PIPE_WAIT_MILLISECONDS);
    } while (answer < 0 && errno == EINTR);
    if (answer != 0) {
        return false; /* bytes, or a writer that has come and gone */
    }
    /* The end where there is no writer; else a wait, or a byte that has come since. */
    ssize_t count = read(source->descriptor, &source->first, 1);
    source->first_taken = count > 0;
    return count == 0;
}

enum muster_status source_open(struct source **result, const char *path,
                               const struct source_options *options, struct muster_error *error)
{
    *result = NULL;
    if (path == NULL) {
        return fail(error, MUSTER_UNREADABLE, ENOENT, path);
    }
    bool standard_input = strcmp(path, "-") == 0;
    int descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return fail(error, MUSTER_UNREADABLE, errno, path);
    }
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        if (!standard_input) {
            (void)close(descriptor);
        }
        return fail(error, MUSTER_NO_MEMORY, 0, path);
    }
    source->descriptor = descriptor;
    source->standard_input = standard_input;
    source->guard = -1;
    if (!standard_input && fifo_lacks_writer(source)) {
        source_close(source);
        return fail(error, MUSTER_UNREADABLE, ENXIO, path);
    }
    int os_error = 0;
    enum muster_status status = load(source, options, &os_error);
    if (status == MUSTER_OK && !source_unchanged(source)) {
        status = MUSTER_CHANGED;
    }
    if (status != MUSTER_OK) {
        source_close(source);
        return fail(error, status, os_error, path);
    }
    *result = source;
    return MUSTER_OK;
}

enum muster_status source_open_bytes(struct source **result, span bytes)
{
    *result = NULL;
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        return MUSTER_NO_MEMORY;
    }
    source->bytes = (const unsigned char *)(bytes.len > 0 ? bytes.ptr : "");
    source->size = bytes.len;
    source->guard = -1;
    source->descriptor = -1;
    *result = source;
    return MUSTER_OK;
}

void source_close(struct source *source)
{
    if (source == NULL) {
        return;
    }
    if (source->guard >= 0) {
        /* In this order: what another thread maps to the same place is not the guard's. */
        guard_release(source->guard);
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): mmap gave it, and it was not const then */
        (void)munmap((void *)(uintptr_t)source->bytes, source->size);
    } else if (source->owned_size > 0) {
        memory_pages_close(source->owned, source->owned_size);
    } else {
        free(source->owned);
    }
    if (source->descriptor >= 0 && !source->standard_input) {
        (void)close(source->descriptor);
    }
    free(source);
}

struct forgetting {
    const struct source *source;
    unsigned shares;
};

static void forget_task(void *context, unsigned task)
{
    const struct forgetting *forgetting = context;
    const struct source *source = forgetting->source;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t pages = (source->size + page - 1) / page;
    size_t from = (size_t)(parallel_share(pages, task, forgetting->shares) * page);
    size_t end = (size_t)(parallel_share(pages, task + 1, forgetting->shares) * page);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): mmap gave it, and it was not const then */
    (void)madvise((void *)((uintptr_t)source->bytes + from), end - from, MADV_DONTNEED);
}

void source_forget(const struct source *source, unsigned jobs)
{
    if (source == NULL || source->guard < 0 || source->size < FORGET_WORTH_SIZE || jobs == 1) {
        return;
    }
    struct parallel *parallel = parallel_open(jobs); /* without it one thread does all the work */
    struct forgetting forgetting = {source, FORGET_SHARES_PER_JOB * parallel_jobs(parallel)};
    parallel_run(parallel, forgetting.shares, forget_task, &forgetting);
    parallel_close(parallel);
}

const unsigned char *source_bytes(const struct source *source)
{
    return source->bytes;
}

size_t source_size(const struct source *source)
{
    return source->size;
}

static struct timespec modified_at(const struct stat *status)
{
#if defined(__APPLE__)
    return status->st_mtimespec;
#else
    return status->st_mtim;
#endif
}

bool source_unchanged(const struct source *source)
{
    if (source->guard >= 0 && atomic_load(&guards[source->guard].cut)) {
        return false;
    }
    if (!source->is_file) {
        return true;
    }
    struct stat now;
    if (fstat(source->descriptor, &now) != 0) {
        return false;
    }
    struct timespec before = modified_at(&source->seen);
    struct timespec after = modified_at(&now);
    return now.st_size == source->seen.st_size && after.tv_sec == before.tv_sec &&
           after.tv_nsec == before.tv_nsec;
}
