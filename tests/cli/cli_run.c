/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cli_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

/* The program by a path without blanks, wherever it was built: the lines do not quote it. */
static void link_program(void)
{
    char place[] = MUSTER_PROGRAM;
    char *name = strrchr(place, '/');
    cr_assert(ne(ptr, name, NULL));
    *name = '\0';
    cr_assert(eq(str, name + 1, literal("muster")));
    cr_assert(eq(int, symlink(place, "streams/built"), 0));
}

/* Each test works in a folder of its own. */
void enter(void)
{
    snprintf(folder, sizeof folder, "/tmp/muster-cli-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    cr_assert(eq(int, chdir(folder), 0));
    cr_assert(eq(int, mkdir("streams", 0700), 0));
    link_program();
}

void leave(void)
{
    char line[128];
    cr_assert(eq(int, chdir("/"), 0));
    snprintf(line, sizeof line, "rm -rf %s", folder);
    cr_assert(eq(int, system(line), 0));
}

void put_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    cr_assert(ne(ptr, stream, NULL), "%s", path);
    cr_assert(eq(sz, fwrite(bytes, 1, size, stream), size));
    cr_assert(eq(int, fclose(stream), 0));
}

void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

/* The start of a file, terminated; "" where there is none. Four of them live at a time. */
char *content(const char *path)
{
    static char places[4][32768];
    static unsigned next;
    char *place = places[next++ % 4];
    FILE *stream = fopen(path, "rb");
    size_t size = stream != NULL ? fread(place, 1, sizeof places[0] - 1, stream) : 0;
    place[size] = '\0';
    if (stream != NULL) {
        fclose(stream);
    }
    return place;
}

/* Run a line of the shell; M is the program. Returns its exit code, as the shell tells it. */
int run(const char *line)
{
    char whole[4096];
    snprintf(whole, sizeof whole,
             "M=%s/streams/built/muster; export NO_COLOR=; "
             "{ %s\n} >streams/out 2>streams/err </dev/null",
             folder, line);
    int status = system(whole);
    cr_assert(ne(int, WIFEXITED(status), 0));
    return WEXITSTATUS(status);
}

char *out(void)
{
    return content("streams/out");
}

char *err(void)
{
    return content("streams/err");
}

char *literal(const char *text)
{
    return (char *)text;
}

bool holds(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* An export without a finding, in `where`. */
void put_clean(const char *where)
{
    char path[256];
    mkdir(where, 0700);
    snprintf(path, sizeof path, "%s/users.csv", where);
    put(path, USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\nX2,bob@example.com,Bob,Ray,T1\n");
    snprintf(path, sizeof path, "%s/teams.csv", where);
    put(path, TEAMS_HEADER "T1,Cloud,X1,\n");
}

/* The same with a user too many. */
void put_flawed(const char *where)
{
    char path[256];
    put_clean(where);
    snprintf(path, sizeof path, "%s/users.csv", where);
    put(path, USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\nX1,bob@example.com,Bob,Ray,T1\n");
}

/* The same with a file that cannot be used. */
void put_fatal(const char *where)
{
    char path[256];
    put_clean(where);
    snprintf(path, sizeof path, "%s/users.csv", where);
    put(path, "id,first_name,last_name\nX1,Ann,Lee\n");
}
