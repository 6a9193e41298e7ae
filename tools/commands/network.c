/* SPDX-License-Identifier: MIT */
/*
 * push, status, pull and serve as the program itself has them: each becomes `muster-network`, which
 * lies beside it or where it was installed.
 *
 * libcurl and what it needs are three dozen shared libraries. Loading them takes several times as
 * long as checking a small export, and a program that has no network code cannot open a connection.
 */
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#include <stdint.h>
#endif

#include "command.h"
#include "terminal.h"

#define PATH_SIZE_MAX 4096

/* The folder of this program with a slash behind it; false where the system does not tell. */
static bool own_folder(char *path, size_t size)
{
#if defined(__APPLE__)
    uint32_t room = (uint32_t)size;
    if (_NSGetExecutablePath(path, &room) != 0) {
        return false;
    }
#else
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length <= 0) {
        return false;
    }
    path[length] = '\0';
#endif
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return false;
    }
    slash[1] = '\0';
    return true;
}

static int network_run(int count, char **arguments)
{
    static const char *const places[] = {"muster-network", MUSTER_NETWORK_INSTALLED};
    char folder[PATH_SIZE_MAX];
    char path[2 * PATH_SIZE_MAX];
    (void)count;
    if (!own_folder(folder, sizeof folder)) {
        complain("cannot find out where this program lies");
        return EXIT_INTERNAL;
    }
    for (size_t place = 0; place < sizeof places / sizeof places[0]; place++) {
        (void)snprintf(path, sizeof path, "%s%s", folder, places[place]);
        /* The arguments stand behind the name of the program, in main()'s own array. */
        (void)execv(path, arguments - 1);
        if (errno != ENOENT && errno != ENOTDIR) {
            break;
        }
    }
    complain("cannot run %s: %s", path, strerror(errno));
    advise("the network commands are a program of their own; install it with the others");
    return EXIT_INTERNAL;
}

const struct command command_push = {
    .name = "push",
    .summary = "send an export or a deprovision file to the remote",
    .run = network_run,
};

const struct command command_status = {
    .name = "status",
    .summary = "follow a job of the remote to its end",
    .run = network_run,
};

const struct command command_pull = {
    .name = "pull",
    .summary = "fetch the live organisation from the remote",
    .run = network_run,
};

const struct command command_serve = {
    .name = "serve",
    .summary = "answer as the remote does, on this machine",
    .run = network_run,
};
