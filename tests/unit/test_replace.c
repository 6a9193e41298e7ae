/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "snapshot/replace.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Tools ------------------------------------------------------------------------------- */

/* Criterion compares strings that are not const. */
#define CHARS(literal) ((char *)(uintptr_t)(literal))

static char folder[64];
static char target[512];

/* The path of a name in the folder; four of them live at a time. */
static char *in_folder(const char *name)
{
    static char places[4][512];
    static unsigned next;
    char *place = places[next++ % 4];
    snprintf(place, sizeof places[0], "%s/%s", folder, name);
    return place;
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/muster-replace-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    snprintf(target, sizeof target, "%s/out", folder);
}

static size_t for_each_file(void (*visit)(const char *name))
{
    size_t count = 0;
    DIR *opened = opendir(folder);
    cr_assert(ne(ptr, opened, NULL));
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            count++;
            if (visit != NULL) {
                visit(entry->d_name);
            }
        }
    }
    closedir(opened);
    return count;
}

static size_t count_files(void)
{
    return for_each_file(NULL);
}

static void unlink_in_folder(const char *name)
{
    (void)unlink(in_folder(name));
}

static void remove_folder(void)
{
    for_each_file(unlink_in_folder);
    (void)rmdir(folder);
}

static void save(const char *path, const char *content)
{
    FILE *stream = fopen(path, "wb");
    cr_assert(ne(ptr, stream, NULL));
    cr_assert(ge(int, fputs(content, stream), 0));
    cr_assert(eq(int, fclose(stream), 0));
}

/* The first bytes of a file, or "(none)". */
static char *content_of(const char *path)
{
    static char content[256];
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return CHARS("(none)");
    }
    size_t size = fread(content, 1, sizeof content - 1, stream);
    content[size] = '\0';
    fclose(stream);
    return content;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static enum muster_status write_text(const char *path, const char *content,
                                     struct muster_error *error)
{
    struct replace *replace;
    enum muster_status status = replace_open(&replace, path, error);
    if (status != MUSTER_OK) {
        cr_expect(eq(ptr, replace, NULL));
        return status;
    }
    (void)replace_write_at(replace, 0, content, strlen(content));
    return replace_commit(replace, error);
}

static void expect_refused(const char *path, int os_error)
{
    struct muster_error error = {0};
    cr_expect(eq(int, write_text(path, "new", &error), MUSTER_UNWRITABLE), "%s", path);
    cr_expect(eq(int, error.status, MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, os_error), "%s", path);
    cr_expect(error.subject.ptr == path);
}

/* ---- Whole ------------------------------------------------------------------------------- */

Test(replace, a_new_file_is_written, .init = make_folder, .fini = remove_folder)
{
    cr_assert(eq(int, write_text(target, "new", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("new")));
    cr_expect(eq(sz, count_files(), 1));
}

Test(replace, a_file_without_content_is_written, .init = make_folder, .fini = remove_folder)
{
    save(target, "old");
    cr_assert(eq(int, write_text(target, "", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("")));
}

Test(replace, the_old_content_is_there_until_the_new_one_is_complete, .init = make_folder,
     .fini = remove_folder)
{
    save(target, "old");
    struct replace *replace;
    cr_assert(eq(int, replace_open(&replace, target, NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("old")));
    cr_assert(replace_write_at(replace, 0, "new", 3));
    cr_expect(not(replace_failed(replace)));
    cr_expect(eq(str, content_of(target), CHARS("old")));
    cr_assert(eq(int, replace_commit(replace, NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("new")));
    cr_expect(eq(sz, count_files(), 1));
}

Test(replace, the_temporary_file_and_the_new_one_are_for_their_owner_alone, .init = make_folder,
     .fini = remove_folder)
{
    save(target, "old");
    cr_assert(eq(int, chmod(target, 0666), 0));
    umask(0);
    struct replace *replace;
    cr_assert(eq(int, replace_open(&replace, target, NULL), MUSTER_OK));
    DIR *opened = opendir(folder);
    cr_assert(ne(ptr, opened, NULL));
    size_t seen = 0;
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        struct stat status;
        if (strncmp(entry->d_name, "out.tmp-", 8) == 0) {
            cr_assert(eq(int, stat(in_folder(entry->d_name), &status), 0));
            cr_expect(eq(int, status.st_mode & 07777, 0600));
            cr_expect(eq(sz, strlen(entry->d_name), 8 + 16));
            seen++;
        }
    }
    closedir(opened);
    cr_expect(eq(sz, seen, 1));
    cr_assert(eq(int, replace_commit(replace, NULL), MUSTER_OK));
    struct stat status;
    cr_assert(eq(int, stat(target, &status), 0));
    cr_expect(eq(int, status.st_mode & 07777, 0600));
}

Test(replace, aborting_leaves_everything_as_it_was, .init = make_folder, .fini = remove_folder)
{
    save(target, "old");
    struct replace *replace;
    cr_assert(eq(int, replace_open(&replace, target, NULL), MUSTER_OK));
    cr_assert(replace_write_at(replace, 0, "new", 3));
    replace_abort(replace);
    cr_expect(eq(str, content_of(target), CHARS("old")));
    cr_expect(eq(sz, count_files(), 1));
    replace_abort(NULL);
}

Test(replace, bytes_can_be_put_at_an_offset, .init = make_folder, .fini = remove_folder)
{
    struct replace *replace;
    cr_assert(eq(int, replace_open(&replace, target, NULL), MUSTER_OK));
    cr_assert(replace_write_at(replace, 6, "world", 5));
    cr_assert(replace_write_at(replace, 0, "hello ", 6));
    cr_assert(replace_write_at(replace, 11, "!", 1));
    cr_assert(eq(int, replace_commit(replace, NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("hello world!")));
}

Test(replace, a_name_without_a_folder_is_in_the_current_one, .init = make_folder,
     .fini = remove_folder)
{
    cr_assert(eq(int, chdir(folder), 0));
    cr_assert(eq(int, write_text("plain", "new", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of("plain"), CHARS("new")));
    cr_assert(eq(int, chdir("/"), 0));
}

Test(replace, the_longest_name_leaves_room_for_a_temporary_one, .init = make_folder,
     .fini = remove_folder)
{
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    cr_assert(eq(int, write_text(in_folder(name), "new", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(in_folder(name)), CHARS("new")));
    cr_expect(eq(sz, count_files(), 1));
    cr_assert(eq(int, write_text(in_folder(name), "newer", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(in_folder(name)), CHARS("newer")));
}

Test(replace, two_runs_on_one_target_do_not_meet, .init = make_folder, .fini = remove_folder)
{
    struct replace *first;
    struct replace *second;
    cr_assert(eq(int, replace_open(&first, target, NULL), MUSTER_OK));
    cr_assert(replace_write_at(first, 0, "first", 5));
    cr_assert(eq(int, replace_open(&second, target, NULL), MUSTER_OK));
    cr_assert(replace_write_at(second, 0, "second", 6));
    cr_expect(eq(sz, count_files(), 2));
    cr_assert(eq(int, replace_commit(first, NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("first")));
    cr_assert(eq(int, replace_commit(second, NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("second")));
    cr_expect(eq(sz, count_files(), 1));
}

/* ---- Or not at all ----------------------------------------------------------------------- */

Test(replace, what_cannot_be_written_is_found_at_the_beginning, .init = make_folder,
     .fini = remove_folder)
{
    expect_refused(folder, EISDIR);
    expect_refused(in_folder("missing/out"), ENOENT);
    expect_refused(in_folder("missing/"), EISDIR);
    expect_refused("", ENOENT);
    /* A way that leads to itself: the name may be such a link and is replaced, a folder may not. */
    cr_assert(eq(int, symlink("loop", in_folder("loop")), 0));
    expect_refused(in_folder("loop/out"), ELOOP);
    cr_assert(eq(int, unlink(in_folder("loop")), 0));
    save(target, "old");
    expect_refused(in_folder("out/below"), ENOTDIR);
    cr_expect(eq(str, content_of(target), CHARS("old")));
    char *endless = malloc(5001);
    cr_assert(ne(ptr, endless, NULL));
    memset(endless, 'n', 5000);
    endless[5000] = '\0';
    expect_refused(endless, ENAMETOOLONG);
    free(endless);
    cr_expect(eq(sz, count_files(), 1));
}

Test(replace, a_full_device_fails_at_the_latest_in_the_end)
{
    struct muster_error error = {0};
    cr_expect(eq(int, write_text("/dev/full", "new", &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, ENOSPC));
}

Test(replace, after_a_failure_nothing_more_is_written, .init = make_folder, .fini = remove_folder)
{
    save(target, "old");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    cr_assert(eq(int, getrlimit(RLIMIT_FSIZE, &before), 0));
    struct rlimit limit = {1000, before.rlim_max};
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
    struct replace *replace;
    cr_assert(eq(int, replace_open(&replace, target, NULL), MUSTER_OK));
    cr_expect(replace_write_at(replace, 0, "new", 3));
    cr_expect(not(replace_failed(replace)));
    cr_expect(not(replace_write_at(replace, 1000, "new", 3)));
    cr_expect(replace_failed(replace));
    cr_expect(not(replace_write_at(replace, 0, "new", 3)));
    struct muster_error error = {0};
    cr_expect(eq(int, replace_commit(replace, &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, EFBIG));
    cr_expect(error.subject.ptr == target);
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &before), 0));
    cr_expect(eq(str, content_of(target), CHARS("old")));
    cr_expect(eq(sz, count_files(), 1));
}

/* The first two bytes fit; nobody has looked at what the write said of the third. */
Test(replace, a_failure_of_the_last_bytes_is_noticed, .init = make_folder, .fini = remove_folder)
{
    save(target, "old");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    cr_assert(eq(int, getrlimit(RLIMIT_FSIZE, &before), 0));
    struct rlimit limit = {2, before.rlim_max};
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
    struct muster_error error = {0};
    cr_expect(eq(int, write_text(target, "new", &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, EFBIG));
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &before), 0));
    cr_expect(eq(str, content_of(target), CHARS("old")));
    cr_expect(eq(sz, count_files(), 1));
}

Test(replace, a_rename_that_fails_leaves_nothing_behind, .init = make_folder, .fini = remove_folder)
{
    struct replace *replace;
    cr_assert(eq(int, replace_open(&replace, target, NULL), MUSTER_OK));
    cr_assert(replace_write_at(replace, 0, "new", 3));
    /* A folder has come in between. */
    cr_assert(eq(int, mkdir(target, 0700), 0));
    struct muster_error error = {0};
    cr_expect(eq(int, replace_commit(replace, &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, EISDIR));
    cr_expect(eq(sz, count_files(), 1));
    cr_assert(eq(int, rmdir(target), 0));
}

/* ---- Leftovers --------------------------------------------------------------------------- */

Test(replace, what_a_killed_run_left_is_removed_by_the_next, .init = make_folder,
     .fini = remove_folder)
{
    save(target, "old");
    pid_t child = fork();
    cr_assert(ge(int, child, 0));
    if (child == 0) {
        struct replace *replace;
        if (replace_open(&replace, target, NULL) == MUSTER_OK &&
            replace_write_at(replace, 0, "half", 4)) {
            raise(SIGKILL);
        }
        _exit(1);
    }
    int status;
    cr_assert(eq(int, waitpid(child, &status, 0), child));
    bool killed = WIFSIGNALED(status);
    cr_assert(killed);
    cr_expect(eq(str, content_of(target), CHARS("old")));
    cr_expect(eq(sz, count_files(), 2));
    cr_assert(eq(int, write_text(target, "new", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("new")));
    cr_expect(eq(sz, count_files(), 1));
}

Test(replace, what_another_run_is_writing_is_not_touched, .init = make_folder,
     .fini = remove_folder)
{
    char *name = in_folder("out.tmp-0123456789abcdef");
    save(name, "half");
    int file = open(name, O_WRONLY);
    cr_assert(ge(int, file, 0));
    cr_assert(eq(int, flock(file, LOCK_EX), 0));
    cr_assert(eq(int, write_text(target, "new", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(name), CHARS("half")));
    /* And once it is dead, it is. */
    close(file);
    cr_assert(eq(int, write_text(target, "newer", NULL), MUSTER_OK));
    cr_expect(not(exists(name)));
}

Test(replace, what_only_resembles_a_leftover_is_not_touched, .init = make_folder,
     .fini = remove_folder)
{
    static const char *const names[] = {
        "out.tmp-",
        "out.tmp-0123456789abcde",
        "out.tmp-0123456789abcdef0",
        "out.tmp-0123456789abcdeg",
        "out.tmp-0123456789ABCDEF",
        "outer.tmp-0123456789abcdef",
        "ou.tmp-0123456789abcdef",
        "out-tmp-0123456789abcdef",
    };
    size_t count = sizeof names / sizeof names[0];
    for (size_t index = 0; index < count; index++) {
        save(in_folder(names[index]), "mine");
    }
    save(in_folder("victim"), "mine");
    cr_assert(eq(int, symlink("victim", in_folder("out.tmp-1111111111111111")), 0));
    cr_assert(eq(int, link(in_folder("victim"), in_folder("out.tmp-2222222222222222")), 0));
    cr_assert(eq(int, mkfifo(in_folder("out.tmp-3333333333333333"), 0600), 0));
    cr_assert(eq(int, write_text(target, "new", NULL), MUSTER_OK));
    for (size_t index = 0; index < count; index++) {
        cr_expect(exists(in_folder(names[index])), "%s", names[index]);
    }
    cr_expect(exists(in_folder("out.tmp-1111111111111111")));
    cr_expect(exists(in_folder("out.tmp-2222222222222222")));
    cr_expect(exists(in_folder("out.tmp-3333333333333333")));
    cr_expect(eq(str, content_of(in_folder("victim")), CHARS("mine")));
}

/* ---- Targets that are no regular files --------------------------------------------------- */

Test(replace, a_symbolic_link_is_replaced_and_not_followed, .init = make_folder,
     .fini = remove_folder)
{
    save(in_folder("victim"), "precious");
    cr_assert(eq(int, symlink("victim", target), 0));
    cr_assert(eq(int, write_text(target, "new", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(in_folder("victim")), CHARS("precious")));
    cr_expect(eq(str, content_of(target), CHARS("new")));
    struct stat status;
    cr_assert(eq(int, lstat(target, &status), 0));
    bool regular = S_ISREG(status.st_mode);
    cr_expect(regular);
}

Test(replace, a_symbolic_link_to_nowhere_is_replaced, .init = make_folder, .fini = remove_folder)
{
    cr_assert(eq(int, symlink("nowhere", target), 0));
    cr_assert(eq(int, write_text(target, "new", NULL), MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("new")));
    cr_expect(not(exists(in_folder("nowhere"))));
}

Test(replace, a_device_stays_a_device)
{
    cr_expect(eq(int, write_text("/dev/null", "new", NULL), MUSTER_OK));
    struct stat status;
    cr_assert(eq(int, lstat("/dev/null", &status), 0));
    bool unchanged = S_ISCHR(status.st_mode);
    cr_expect(unchanged);
}

/* Sections are put where they belong, not one behind the other. */
Test(replace, a_pipe_is_refused_and_stays_a_pipe, .init = make_folder, .fini = remove_folder,
     .timeout = 20)
{
    cr_assert(eq(int, mkfifo(target, 0600), 0));
    expect_refused(target, ESPIPE); /* and nobody is waited for */
    int reader = open(target, O_RDONLY | O_NONBLOCK);
    cr_assert(ge(int, reader, 0));
    expect_refused(target, ESPIPE);
    close(reader);
    struct stat status;
    cr_assert(eq(int, lstat(target, &status), 0));
    bool unchanged = S_ISFIFO(status.st_mode);
    cr_expect(unchanged);
    cr_expect(eq(sz, count_files(), 1));
}

Test(replace, the_standard_streams_are_not_replaced, .init = make_folder, .fini = remove_folder)
{
    struct stat before;
    struct stat after;
    if (lstat("/dev/stdout", &before) != 0) {
        return; /* a system without the name */
    }
    int saved = dup(STDOUT_FILENO);
    int file = open(target, O_WRONLY | O_CREAT, 0600);
    cr_assert(saved >= 0 && file >= 0);
    static const char *const names[] = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        save(target, "old and longer");
        cr_assert(eq(int, dup2(file, STDOUT_FILENO), STDOUT_FILENO));
        enum muster_status status = write_text(names[index], "new", NULL);
        cr_assert(eq(int, dup2(saved, STDOUT_FILENO), STDOUT_FILENO));
        cr_expect(eq(int, status, MUSTER_OK), "%s", names[index]);
        cr_expect(eq(str, content_of(target), CHARS("new")), "%s", names[index]);
    }
    cr_assert(eq(int, lstat("/dev/stdout", &after), 0));
    cr_expect(eq(u64, after.st_ino, before.st_ino));
    close(saved);
    close(file);
}

Test(replace, the_standard_error_is_written_as_it_stands, .init = make_folder,
     .fini = remove_folder)
{
    struct stat before;
    struct stat after;
    if (lstat("/dev/stderr", &before) != 0) {
        return; /* a system without the name */
    }
    int saved = dup(STDERR_FILENO);
    int file = open(target, O_WRONLY | O_CREAT, 0600);
    cr_assert(saved >= 0 && file >= 0);
    cr_assert(eq(int, dup2(file, STDERR_FILENO), STDERR_FILENO));
    enum muster_status status = write_text("/dev/stderr", "new", NULL);
    cr_assert(eq(int, dup2(saved, STDERR_FILENO), STDERR_FILENO));
    cr_expect(eq(int, status, MUSTER_OK));
    cr_expect(eq(str, content_of(target), CHARS("new")));
    cr_assert(eq(int, lstat("/dev/stderr", &after), 0));
    cr_expect(eq(u64, after.st_ino, before.st_ino));
    close(saved);
    close(file);
}
