/* SPDX-License-Identifier: MIT */
/*
 * A program that loads the library for a while: usage: unload LIBRARY CSV-FILE. The file is mapped,
 * for which the library takes SIGBUS over. What the program does about that signal must still be
 * done when the library has been closed.
 */
#include <dlfcn.h>
#include <muster.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void handler(int number)
{
    static const char words[] = "the program's own\n";
    (void)number;
    _exit(write(STDOUT_FILENO, words, sizeof words - 1) > 0 ? 0 : 1);
}

/* Whether the file was read. ISO C has no way from a pointer to a function but through its bytes.
 */
static int file_read(void *library, const char *path)
{
    enum muster_status (*open_roster)(struct muster_roster **, const struct muster_input *, size_t,
                                      const struct muster_options *, struct muster_error *);
    void (*close_roster)(struct muster_roster *);
    void *found[] = {dlsym(library, "muster_roster_open"), dlsym(library, "muster_roster_close")};
    if (found[0] == NULL || found[1] == NULL) {
        return 0;
    }
    memcpy(&open_roster, &found[0], sizeof found[0]);
    memcpy(&close_roster, &found[1], sizeof found[1]);
    struct muster_input input = {.file = MUSTER_USERS, .path = path};
    struct muster_options options = {.map_allowed = true};
    struct muster_roster *roster;
    if (open_roster(&roster, &input, 1, &options, NULL) != MUSTER_OK) {
        return 0;
    }
    close_roster(roster);
    return 1;
}

int main(int argument_count, char **arguments)
{
    struct sigaction action = {.sa_handler = handler};
    if (argument_count != 3 || sigaction(SIGBUS, &action, NULL) != 0) {
        return 1;
    }
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL || !file_read(library, arguments[2]) || dlclose(library) != 0) {
        return 1;
    }
    (void)raise(SIGBUS);
    return 1;
}
