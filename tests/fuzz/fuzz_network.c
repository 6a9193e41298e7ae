/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "fuzz_network.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char folder[64];
static pid_t owner;

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void folder_remove(void)
{
    if (getpid() == owner) {
        (void)nftw(folder, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
    }
}

const char *network_folder(void)
{
    /* In memory, where writing through to the disk costs nothing. */
    const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(folder, sizeof folder, "%s/muster-fuzz-XXXXXX", top);
    fuzz_require(mkdtemp(folder) != NULL, "there is a folder");
    owner = getpid();
    fuzz_require(atexit(folder_remove) == 0, "it can be removed");
    return folder;
}

void network_file(const char *where, const char *name, const char *text)
{
    char path[NETWORK_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", where, name);
    FILE *file = fopen(path, "wb");
    fuzz_require(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "it can be written");
}

/* Files in memory for both streams, and where standard output really goes. */
static int files[2] = {-1, -1};
static int real_output = -1;
static FILE *real_errors;
static FILE *errors;

/*
 * The descriptor of standard output is exchanged, because results go past stdio. Of standard error
 * only the stream is: a sanitizer has to find the descriptor where it is.
 */
void network_print_begin(struct network_print *print)
{
    *print = (struct network_print){0};
    if (files[0] < 0) {
        files[0] = memfd_create("output", MFD_CLOEXEC);
        files[1] = memfd_create("errors", MFD_CLOEXEC);
        errors = files[1] >= 0 ? fdopen(files[1], "w") : NULL;
        real_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        real_errors = stderr;
        fuzz_require(files[0] >= 0 && errors != NULL && real_output >= 0, "there are files");
        (void)setvbuf(errors, NULL, _IONBF, 0);
    }
    for (int index = 0; index < 2; index++) {
        fuzz_require(ftruncate(files[index], 0) == 0 && lseek(files[index], 0, SEEK_SET) == 0,
                     "they can be emptied");
    }
    (void)fflush(stdout);
    fuzz_require(dup2(files[0], STDOUT_FILENO) == STDOUT_FILENO, "it can be exchanged");
    stderr = errors;
}

static void file_take(int file, struct buffer *bytes)
{
    struct stat status;
    fuzz_require(fstat(file, &status) == 0, "it has a size");
    size_t size = (size_t)status.st_size;
    char *room = buffer_reserve(bytes, size);
    fuzz_require(room != NULL && pread(file, room, size, 0) == (ssize_t)size, "it can be read");
    bytes->size = size;
}

void network_print_end(struct network_print *print)
{
    (void)fflush(stdout);
    fuzz_require(dup2(real_output, STDOUT_FILENO) == STDOUT_FILENO, "it can be put back");
    stderr = real_errors;
    file_take(files[0], &print->out);
    file_take(files[1], &print->errors);
}

void network_print_close(struct network_print *print)
{
    buffer_close(&print->out);
    buffer_close(&print->errors);
}
