/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "spec_run.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spec_example.h"

/* No example takes a second; a program that waits for something is ended after these. */
#define SECONDS_MAX 60

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

/* The child's side: never returns. */
static void become(const struct spec_folder *folder, char *const *words, int out, int err)
{
    int in = open("/dev/null", O_RDONLY);
    bool ready = in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
                 dup2(err, STDERR_FILENO) >= 0 && chdir(folder->work) == 0;
    if (ready) {
        alarm(SECONDS_MAX);
        execv(words[0], words);
    }
    _exit(127);
}

static int run_child(const struct spec_folder *folder, char *const *words, int out, int err)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        become(folder, words, out, err);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool spec_run(const struct spec_folder *folder, char *const *words, struct spec_outcome *outcome)
{
    *outcome = (struct spec_outcome){0};
    int out = open(folder->top, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    int streams[2] = {-1, -1};
    const char *const names[2] = {"stdout", "stderr"};
    for (int n = 0; out >= 0 && n < 2; n++) {
        streams[n] = openat(out, names[n], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    bool opened = streams[0] >= 0 && streams[1] >= 0;
    if (opened) {
        outcome->code = run_child(folder, words, streams[0], streams[1]);
        outcome->out = spec_folder_read(folder, "../stdout", &outcome->out_size);
        outcome->err = spec_folder_read(folder, "../stderr", &outcome->err_size);
    }
    for (int n = 0; n < 2; n++) {
        if (streams[n] >= 0) {
            close(streams[n]);
        }
    }
    if (out >= 0) {
        close(out);
    }
    return opened && outcome->out != NULL && outcome->err != NULL;
}

void spec_outcome_close(struct spec_outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
    *outcome = (struct spec_outcome){0};
}
