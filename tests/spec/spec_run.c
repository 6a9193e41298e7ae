/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "spec_run.h"

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spec_example.h"

/*
 * Programs are spawned, not forked: under a sanitizer the copy of the address space that a fork
 * makes takes far longer than any example.
 */
extern char **environ;

bool spec_folder_open(struct spec_folder *folder)
{
    const char *base = getenv("TMPDIR");
    int size = snprintf(folder->top, sizeof(folder->top), "%s/muster-spec-XXXXXX",
                        base != NULL && base[0] == '/' ? base : "/tmp");
    if (size < 0 || (size_t)size >= sizeof(folder->top) || mkdtemp(folder->top) == NULL) {
        return false;
    }
    snprintf(folder->work, sizeof(folder->work), "%s/work", folder->top);
    return mkdir(folder->work, 0700) == 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void spec_folder_close(struct spec_folder *folder)
{
    nftw(folder->top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool full_path(const struct spec_folder *folder, const char *name, char path[PATH_MAX])
{
    int size = snprintf(path, PATH_MAX, "%s/%s", folder->work, name);
    return size > 0 && size < PATH_MAX;
}

bool spec_folder_write(const struct spec_folder *folder, const char *name, const char *bytes,
                       size_t size)
{
    char path[PATH_MAX];
    if (!full_path(folder, name, path)) {
        return false;
    }
    size_t known = strlen(folder->work) + 1;
    for (char *slash = strchr(path + known, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *stream = fopen(path, "wb");
    if (stream == NULL) {
        return false;
    }
    bool written = fwrite(bytes, 1, size, stream) == size;
    return fclose(stream) == 0 && written;
}

char *spec_folder_read(const struct spec_folder *folder, const char *name, size_t *size)
{
    char path[PATH_MAX];
    return full_path(folder, name, path) ? spec_read(path, size) : NULL;
}

/* The program starts where its parent stands, so the parent goes there and back. */
static int spawn_in(const struct spec_folder *folder, char *const *words,
                    const posix_spawn_file_actions_t *actions, pid_t *child)
{
    int here = open(".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    int failed = here < 0 || chdir(folder->work) != 0;
    if (!failed) {
        failed = posix_spawn(child, words[0], actions, NULL, words, environ);
        failed = fchdir(here) != 0 || failed;
    }
    if (here >= 0) {
        close(here);
    }
    return failed;
}

bool spec_run(const struct spec_folder *folder, char *const *words, struct spec_outcome *outcome)
{
    *outcome = (struct spec_outcome){0};
    int create = O_WRONLY | O_CREAT | O_TRUNC;
    int status = 0;
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return false;
    }
    bool ready = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                 posix_spawn_file_actions_addopen(&actions, 1, "../stdout", create, 0600) == 0 &&
                 posix_spawn_file_actions_addopen(&actions, 2, "../stderr", create, 0600) == 0 &&
                 spawn_in(folder, words, &actions, &child) == 0 &&
                 waitpid(child, &status, 0) == child;
    posix_spawn_file_actions_destroy(&actions);
    if (ready) {
        outcome->code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        outcome->out = spec_folder_read(folder, "../stdout", &outcome->out_size);
        outcome->err = spec_folder_read(folder, "../stderr", &outcome->err_size);
    }
    return outcome->out != NULL && outcome->err != NULL;
}

void spec_outcome_close(struct spec_outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
    *outcome = (struct spec_outcome){0};
}
