/* SPDX-License-Identifier: MIT */
/* Running the program as a user does, in a folder of the test's own. */
#ifndef MUSTER_TESTS_CLI_RUN_H
#define MUSTER_TESTS_CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>

#define USERS_HEADER "id,email,first_name,last_name,team_id\n"
#define TEAMS_HEADER "id,name,manager_ids,parent_team_id\n"

/* Before and after each test: it works in a new folder, which is removed with all that is in it. */
void enter(void);
void leave(void);

void put_bytes(const char *path, const char *bytes, size_t size);
void put(const char *path, const char *text);

/* The start of a file, terminated; "" where there is none. Four of them live at a time. */
char *content(const char *path);
bool exists(const char *path);

/* Run a line of the shell; $M is the program. Returns the exit code, as the shell tells it. */
int run(const char *line);

/* What the last line wrote to standard output and standard error. */
char *out(void);
char *err(void);

/* Criterion compares strings that may be changed; these are not. */
char *literal(const char *text);
bool holds(const char *text, const char *part);

/* An export in `where`: without a finding, with a user too many, with a file that is no use. */
void put_clean(const char *where);
void put_flawed(const char *where);
void put_fatal(const char *where);

#endif
