/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a map when its file is cut, and of faults and signals that are not about a map of
 * ours. Calls are wrapped at link time, so that a test can let something happen right there, or let
 * them fail.
 */
#define _GNU_SOURCE
#include "csv/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "source_tools.h"
#include "support.h"
#include "table/table.h"

static void (*behind_munmap)(void);
static void (*behind_sigaction)(void); /* the handler is there; what was before is not told yet */
static void (*behind_sysconf)(void);
static unsigned sigaction_failing; /* which of the next calls fails; 0: none */
static bool sigmask_fails, mmap_fails, parallel_fails;
static void *map_place;       /* where the next file is mapped, or NULL */
static size_t forgotten_size; /* of what the system was told to forget */
static bool raise_held;       /* signals are noted, not raised */
static int raised;
static struct sigaction action_of_raised;

int __real_munmap(void *pages, size_t size);
int __wrap_munmap(void *pages, size_t size);
int __real_sigaction(int number, const struct sigaction *action, struct sigaction *before);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *before);
void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_madvise(void *pages, size_t size, int advice);
int __wrap_madvise(void *pages, size_t size, int advice);
int __real_raise(int number);
int __wrap_raise(int number);
int __real_pthread_sigmask(int how, const sigset_t *set, sigset_t *before);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *before);
long __real_sysconf(int name);
long __wrap_sysconf(int name);
struct parallel *__real_parallel_open(unsigned jobs);
struct parallel *__wrap_parallel_open(unsigned jobs);

static void once(void (**what)(void))
{
    void (*now)(void) = *what;
    *what = NULL;
    if (now != NULL) {
        now();
    }
}

int __wrap_munmap(void *pages, size_t size)
{
    int result = __real_munmap(pages, size);
    once(&behind_munmap);
    return result;
}

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    struct sigaction was;
    if (sigaction_failing > 0 && --sigaction_failing == 0) {
        errno = EINVAL;
        return -1;
    }
    int result = __real_sigaction(number, action, &was);
    if (action != NULL) {
        once(&behind_sigaction);
    }
    if (before != NULL) {
        *before = was;
    }
    return result;
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    if (mmap_fails) {
        mmap_fails = false;
        errno = ENOMEM;
        return MAP_FAILED;
    }
    if (map_place != NULL && (flags & MAP_ANONYMOUS) == 0) {
        at = map_place;
        flags |= MAP_FIXED;
        map_place = NULL;
    }
    return __real_mmap(at, size, protection, flags, file, offset);
}

int __wrap_madvise(void *pages, size_t size, int advice)
{
    forgotten_size += advice == MADV_DONTNEED ? size : 0;
    return __real_madvise(pages, size, advice);
}

int __wrap_raise(int number)
{
    if (!raise_held) {
        return __real_raise(number);
    }
    raised = number;
    return __real_sigaction(number, NULL, &action_of_raised);
}

int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    return sigmask_fails ? EINVAL : __real_pthread_sigmask(how, set, before);
}

long __wrap_sysconf(int name)
{
    long result = __real_sysconf(name);
    once(&behind_sysconf);
    return result;
}

struct parallel *__wrap_parallel_open(unsigned jobs)
{
    return parallel_fails ? NULL : __real_parallel_open(jobs);
}

/* ---- Maps that are cut ------------------------------------------------------------------- */

Test(source_maps, a_map_that_is_cut_reads_as_nuls_and_has_changed)
{
    const char *path = folder_write("file.csv", pattern(MAPPED_SIZE));
    struct source *source = open_good(path, &mapped);
    cr_assert(eq(int, truncate(path, 4096), 0));
    const unsigned char *bytes = source_bytes(source);
    cr_expect(eq(sz, source_size(source), MAPPED_SIZE));
    for (size_t index = 4096; index < MAPPED_SIZE; index++) {
        cr_assert(eq(int, bytes[index], 0), "byte %zu", index);
    }
    cr_expect(not(source_unchanged(source)));
    source_close(source);
}

/* Whoever looks here and there in a large map must not use up the maps of the process: 65,530 are
 * what Linux allows. */
Test(source_maps, a_large_map_that_is_cut_may_be_looked_at_anywhere)
{
    enum { PAGE = 4096, PAGES = 70000 };
    const char *path = folder_write("file.csv", SPAN(""));
    cr_assert(eq(int, truncate(path, (off_t)PAGES * PAGE), 0));
    struct source *source = open_good(path, &mapped);
    cr_assert(eq(int, truncate(path, 0), 0));
    const unsigned char *bytes = source_bytes(source);
    for (size_t page = PAGES; page >= 2; page -= 2) {
        cr_assert(eq(int, bytes[(page - 1) * PAGE], 0), "page %zu", page - 1);
    }
    cr_expect(not(source_unchanged(source)));
    source_close(source);
}

Test(source_maps, a_table_over_a_map_that_is_cut_gives_values_and_no_crash)
{
    struct buffer text = {0};
    buffer_text(&text, USERS_HEADER);
    for (unsigned row = 0; text.size < MAPPED_SIZE; row++) {
        buffer_number(&text, row);
        buffer_text(&text, row % 3 == 0 ? ",\"a\"@x.com,A,\"B,C\",\n" : ",a@x.com,A,B,T1\n");
    }
    const char *path = folder_write("users.csv", buffer_view(&text));
    struct source *source = open_good(path, &mapped);
    struct table table;
    const struct table_options options = {.seed = 1};
    cr_assert(eq(int, table_open(&table, schema_of(MUSTER_USERS), bytes_of(source), &options),
                 TABLE_DONE));
    cr_assert(eq(int, truncate(path, MAPPED_SIZE / 2), 0));
    struct buffer scratch = {0};
    span values[SCHEMA_COLUMN_MAX];
    for (uint32_t row = 0; row < table.row_count; row++) {
        if (table_kept(&table, row)) {
            table_read(&table, row, &scratch, values);
        }
    }
    table_read(&table, table.row_count - 1, &scratch, values);
    cr_expect(eq(sz, values[USERS_TEAM_ID].len, 0));
    cr_expect(eq(u32, table_find(&table, SPAN("999999999")), KEY_INDEX_NONE));
    cr_expect(not(source_unchanged(source)));
    buffer_close(&scratch);
    buffer_close(&text);
    table_close(&table);
    source_close(source);
}

Test(source_maps, more_maps_than_there_are_guards_are_read_instead)
{
    struct source *sources[40];
    span bytes = pattern(1U << 20);
    const char *path = folder_write("file.csv", bytes);
    for (size_t index = 0; index < 40; index++) {
        sources[index] = open_good(path, &mapped);
        cr_expect(eq(type(span), bytes_of(sources[index]), bytes));
    }
    for (size_t index = 0; index < 40; index++) {
        source_close(sources[index]);
    }
}

/* The bytes are there after the file has gone, so they are our own. */
static void expect_read(void)
{
    span bytes = pattern(MAPPED_SIZE);
    const char *path = folder_write("file.csv", bytes);
    struct source *source = open_good(path, &mapped);
    cr_assert(eq(int, truncate(path, 0), 0));
    cr_expect(span_equal(bytes_of(source), bytes)); /* too large to be shown */
    cr_expect(not(source_unchanged(source)));
    source_close(source);
}

Test(source_maps, a_thread_that_would_not_survive_the_loss_of_a_map_reads_instead)
{
    sigset_t fault;
    (void)sigemptyset(&fault);
    (void)sigaddset(&fault, SIGBUS);
    cr_assert(eq(int, pthread_sigmask(SIG_BLOCK, &fault, NULL), 0));
    expect_read();
}

Test(source_maps, a_thread_of_which_nobody_says_what_it_would_survive_reads_instead)
{
    sigmask_fails = true;
    expect_read();
}

Test(source_maps, a_process_that_cannot_tell_its_handler_reads_instead)
{
    sigaction_failing = 1;
    expect_read();
}

Test(source_maps, a_process_that_cannot_have_a_handler_reads_instead)
{
    sigaction_failing = 2;
    expect_read();
}

Test(source_maps, a_map_is_given_back_where_no_thread_can_be_had_for_it)
{
    const char *path = folder_write("file.csv", SPAN(""));
    cr_assert(eq(int, truncate(path, FORGET_WORTH_SIZE), 0));
    struct source *source = open_good(path, &mapped);
    parallel_fails = true;
    source_forget(source, 2);
    cr_expect(eq(sz, forgotten_size, FORGET_WORTH_SIZE));
    cr_expect(eq(int, source_bytes(source)[FORGET_WORTH_SIZE - 1], 0));
    source_close(source);
}

/* ---- Faults and signals that are none of ours --------------------------------------------- */

static volatile sig_atomic_t foreign_faults;
static void *foreign_page;

static void foreign_handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    foreign_faults++;
    cr_assert(lt(sz, (uintptr_t)info->si_addr - (uintptr_t)foreign_page, 4096));
    (void)mmap(foreign_page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void foreign_handler_set(void)
{
    struct sigaction action = {0};
    action.sa_sigaction = foreign_handler;
    action.sa_flags = SA_SIGINFO;
    cr_assert(eq(int, sigaction(SIGBUS, &action, NULL), 0));
}

/* A map of the test's own that has lost its file, at this place where it is not NULL. */
static volatile unsigned char *foreign_map(void *at)
{
    static const char bytes[4096];
    const char *path = folder_write("foreign", span_make(bytes, sizeof bytes));
    int descriptor = open(path, O_RDWR);
    int flags = MAP_SHARED | (at != NULL ? MAP_FIXED : 0);
    foreign_page = mmap(at, 4096, PROT_READ, flags, descriptor, 0);
    cr_assert(ne(ptr, foreign_page, MAP_FAILED));
    cr_assert(eq(int, ftruncate(descriptor, 0), 0));
    close(descriptor);
    return foreign_page;
}

Test(source_maps, a_fault_that_is_not_ours_goes_to_who_was_there_before)
{
    foreign_handler_set();
    struct source *source = open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    cr_expect(eq(int, *foreign_map(NULL), 0));
    cr_expect(eq(int, foreign_faults, 1));
    cr_expect(source_unchanged(source));
    source_close(source);
}

Test(source_maps, a_fault_right_before_or_behind_a_map_is_not_ours)
{
    enum { PAGE = 4096 };
    foreign_handler_set();
    char *room = mmap(NULL, MAPPED_SIZE + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(ne(ptr, room, MAP_FAILED));
    map_place = room + PAGE;
    const char *path = folder_write("file.csv", pattern(MAPPED_SIZE));
    struct source *source = open_good(path, &mapped);
    const unsigned char *bytes = source_bytes(source);
    cr_assert(eq(ptr, (void *)(uintptr_t)bytes, room + PAGE));
    cr_expect(eq(int, foreign_map(room)[PAGE - 1], 0));
    cr_expect(eq(int, foreign_faults, 1));
    cr_expect(eq(int, *foreign_map(room + PAGE + MAPPED_SIZE), 0));
    cr_expect(eq(int, foreign_faults, 2));
    cr_expect(source_unchanged(source));
    cr_assert(eq(int, truncate(path, 0), 0));
    cr_expect(eq(int, bytes[MAPPED_SIZE - 1], 0));
    cr_expect(eq(int, bytes[0], 0));
    cr_expect(eq(int, foreign_faults, 2));
    source_close(source);
}

/* The system may have no room for one map more, as it says of a process that has very many. */
Test(source_maps, a_map_that_cannot_become_zeros_goes_to_who_was_there_before)
{
    foreign_handler_set();
    const char *path = folder_write("file.csv", pattern(MAPPED_SIZE));
    struct source *source = open_good(path, &mapped);
    const unsigned char *bytes = source_bytes(source);
    cr_assert(eq(int, truncate(path, 0), 0));
    foreign_page = (void *)(uintptr_t)bytes;
    mmap_fails = true;
    cr_expect(eq(int, bytes[0], 0));
    cr_expect(eq(int, foreign_faults, 1));
    cr_expect(not(source_unchanged(source)));
    cr_expect(eq(int, bytes[MAPPED_SIZE - 1], 0));
    cr_expect(eq(int, foreign_faults, 1), "the rest is ours again");
    source_close(source);
}

static void foreign_fault(void)
{
    cr_expect(eq(int, *foreign_map(NULL), 0));
}

Test(source_maps, a_fault_goes_to_who_was_there_before_from_the_first_moment)
{
    foreign_handler_set();
    behind_sigaction = foreign_fault;
    struct source *source = open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    cr_expect(eq(int, foreign_faults, 1));
    source_close(source);
}

static char signal_stack[128 << 10];
static bool handled_on_signal_stack;

static void stack_handler(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)__builtin_frame_address(0);
    uintptr_t start = (uintptr_t)signal_stack;
    handled_on_signal_stack = at >= start && at < start + sizeof signal_stack;
    foreign_handler(number, info, context);
}

/* Programs with small stacks, as those of Go are, have one for all handlers, and want it used. */
Test(source_maps, a_fault_is_handled_on_the_stack_that_the_program_has_for_it)
{
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    cr_assert(eq(int, sigaltstack(&stack, NULL), 0));
    struct sigaction action = {0};
    action.sa_sigaction = stack_handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    cr_assert(eq(int, sigaction(SIGBUS, &action, NULL), 0));
    struct source *source = open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    cr_expect(eq(int, *foreign_map(NULL), 0));
    cr_expect(eq(int, foreign_faults, 1));
    cr_expect(handled_on_signal_stack);
    source_close(source);
}

static void *given_back;

/* What another thread may do as soon as the pages are free. */
static void place_taken(void)
{
    cr_expect(eq(int, *foreign_map(given_back), 0));
}

Test(source_maps, a_map_that_is_given_back_is_guarded_no_more)
{
    foreign_handler_set();
    struct source *source = open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    given_back = (void *)(uintptr_t)source_bytes(source);
    behind_munmap = place_taken;
    source_close(source);
    cr_expect(eq(ptr, (void *)(uintptr_t)behind_munmap, NULL));
    cr_expect(eq(int, foreign_faults, 1));
}

static void plain_handler(int number)
{
    foreign_handler(number, &(siginfo_t){.si_addr = foreign_page}, NULL);
}

Test(source_maps, a_fault_that_is_not_ours_goes_to_a_plain_handler_too)
{
    cr_assert(
        ne(ptr, (void *)(uintptr_t)signal(SIGBUS, plain_handler), (void *)(uintptr_t)SIG_ERR));
    struct source *source = open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    cr_expect(eq(int, *foreign_map(NULL), 0));
    cr_expect(eq(int, foreign_faults, 1));
    source_close(source);
}

Test(source_maps, a_fault_that_is_nobodys_still_ends_the_process, .signal = SIGBUS)
{
    if (SANITIZED) {
        (void)signal(SIGBUS, SIG_DFL); /* the sanitizer has a handler of its own */
        raise(SIGBUS);
    }
    (void)open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    volatile unsigned char *lost = foreign_map(NULL);
    folder_close();
    cr_expect(eq(int, *lost, 0));
}

static void *nobodys_page;

static void nobodys_page_mended(void)
{
    (void)mmap(nobodys_page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* The two above and below end the process; these see what is done right before that. */
Test(source_maps, a_fault_that_is_nobodys_comes_again_to_the_system, .timeout = 20)
{
    struct sigaction now;
    (void)signal(SIGBUS, SIG_DFL);
    struct source *source = open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    volatile unsigned char *lost = foreign_map(NULL);
    nobodys_page = foreign_page;
    behind_sigaction = nobodys_page_mended;
    raise_held = true;
    cr_expect(eq(int, *lost, 0));
    cr_assert(eq(int, sigaction(SIGBUS, NULL, &now), 0));
    cr_expect(eq(ptr, (void *)(uintptr_t)now.sa_handler, (void *)(uintptr_t)SIG_DFL));
    cr_expect(eq(int, raised, 0));
    cr_expect(source_unchanged(source));
    source_close(source);
}

Test(source_maps, a_signal_that_somebody_sends_is_sent_again_to_the_system)
{
    (void)signal(SIGBUS, SIG_DFL);
    struct source *source = open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    raise_held = true;
    cr_assert(eq(int, pthread_kill(pthread_self(), SIGBUS), 0));
    cr_expect(eq(int, raised, SIGBUS));
    cr_expect(eq(ptr, (void *)(uintptr_t)action_of_raised.sa_handler, (void *)(uintptr_t)SIG_DFL));
    cr_expect(source_unchanged(source));
    source_close(source);
}

Test(source_maps, a_signal_that_somebody_sends_still_ends_the_process, .signal = SIGBUS)
{
    (void)signal(SIGBUS, SIG_DFL);
    (void)open_good(folder_write("file.csv", pattern(MAPPED_SIZE)), &mapped);
    folder_close();
    (void)raise(SIGBUS);
}

Test(source_maps, a_signal_that_is_to_be_ignored_takes_no_guard_away)
{
    (void)signal(SIGBUS, SIG_IGN);
    const char *path = folder_write("file.csv", pattern(MAPPED_SIZE));
    struct source *source = open_good(path, &mapped);
    cr_assert(eq(int, raise(SIGBUS), 0));
    cr_expect(source_unchanged(source));
    cr_assert(eq(int, truncate(path, 0), 0));
    cr_expect(eq(int, source_bytes(source)[MAPPED_SIZE - 1], 0));
    source_close(source);
}

/* ---- Maps that move meanwhile ------------------------------------------------------------- */

#if defined(__x86_64__)

enum { PAGE = 4096, SMALL_MAP = 1 << 20, STEPS_MAX = 400, TRAP_FLAG = 0x100 };

/* A map of ours, which is below a page of somebody else or above it. */
static struct source *mover;
static char *mover_path;
static char *below, *above;
static unsigned step, step_of_move;
static volatile bool moved, handled;

static void move_to(char *place)
{
    source_close(mover);
    map_place = place;
    mover = open_good(mover_path, &mapped);
    cr_assert(eq(ptr, (void *)(uintptr_t)source_bytes(mover), place));
}

/* Within the handler it is blocked, and nothing would be mapped. */
static void fault_unblock(void)
{
    sigset_t fault;
    (void)sigemptyset(&fault);
    (void)sigaddset(&fault, SIGBUS);
    cr_assert(eq(int, pthread_sigmask(SIG_UNBLOCK, &fault, NULL), 0));
}

/* Behind each instruction from the first time on, which is asked for, until the map has moved. */
static void step_handler(int number, siginfo_t *info, void *context)
{
    greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];
    (void)number;
    if (info->si_code <= 0) {
        *flags |= TRAP_FLAG;
        return;
    }
    moved = !handled && ++step == step_of_move;
    if (moved) {
        fault_unblock();
        move_to(above);
    }
    if (moved || handled) {
        *flags &= ~TRAP_FLAG;
    }
}

static void steps_begin(void)
{
    (void)__real_raise(SIGTRAP);
}

static void page_handler(int number)
{
    (void)number;
    handled = true;
    foreign_faults++;
    (void)mmap(foreign_page, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/*
 * As another thread may do it: at each instruction of the handler in turn. What it has seen of the
 * one map and what it sees of the other would have the page between them.
 */
Test(source_maps, a_fault_while_a_map_moves_is_not_ours, .timeout = 60)
{
    struct sigaction action = {.sa_sigaction = step_handler, .sa_flags = SA_SIGINFO};
    cr_assert(eq(int, sigaction(SIGTRAP, &action, NULL), 0));
    cr_assert(ne(ptr, (void *)(uintptr_t)signal(SIGBUS, page_handler), (void *)(uintptr_t)SIG_ERR));
    below = mmap(NULL, 2 * SMALL_MAP + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(ne(ptr, below, MAP_FAILED));
    above = below + SMALL_MAP + PAGE;
    mover_path = strdup(folder_write("file.csv", pattern(SMALL_MAP)));
    moved = true;
    while (moved && step_of_move < STEPS_MAX) {
        move_to(below);
        volatile unsigned char *page = foreign_map(below + SMALL_MAP);
        step_of_move++;
        step = 0;
        handled = false;
        behind_sysconf = steps_begin;
        cr_expect(eq(int, *page, 0));
        cr_assert(eq(int, foreign_faults, (int)step_of_move), "moved at step %u", step_of_move);
        cr_assert(source_unchanged(mover));
    }
    cr_expect(lt(u32, 20, step_of_move));
    source_close(mover);
    free(mover_path);
}

#endif
