/* SPDX-License-Identifier: MIT */

/*
 * A generated organisation as CSV: users.csv and teams.csv, sound or broken on purpose.
 */
#ifndef MUSTER_BENCH_GENERATE_ROWS_H
#define MUSTER_BENCH_GENERATE_ROWS_H

#include <stdbool.h>
#include <stdio.h>

#include "generate_rules.h"
#include "generate_values.h"

struct rows {
    struct values values;
    const struct breakage *breakage;
    bool quoted;
    bool crlf;
};

/* Write a whole file; false where a write failed or memory ran out. */
bool rows_write_users(const struct rows *rows, FILE *file);
bool rows_write_teams(const struct rows *rows, FILE *file);

#endif
