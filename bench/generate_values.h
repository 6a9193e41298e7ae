/* SPDX-License-Identifier: MIT */

/*
 * The values in the cells: from the numbers of an organisation to ids, addresses and names.
 *
 * Every `_put` writes at `at` and returns the end of what it wrote. It may write up to
 * NAME_SHOWN_SIZE bytes further, so there must be room for that.
 */
#ifndef MUSTER_BENCH_GENERATE_VALUES_H
#define MUSTER_BENCH_GENERATE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generate_names.h"
#include "generate_organisation.h"
#include "generate_rules.h"

#define DOMAIN_COUNT    16
#define DOMAIN_SIZE_MAX 24

struct domain {
    size_t size;
    char bytes[DOMAIN_SIZE_MAX];
};

struct values {
    const struct organisation *organisation;
    enum rule broken;
    unsigned person_bits;
    unsigned team_name_bits;
    unsigned team_key_bits;
    uint64_t team_id_first;
    struct domain domains[DOMAIN_COUNT + 1];
    struct names names;
};

void values_prepare(struct values *values, const struct organisation *organisation,
                    enum rule broken, bool ascii);

/* A user's names as they are now. */
struct person values_person(const struct values *values, const struct user *user);

char *text_put(char *at, const char *text);
char *name_put(char *at, const struct name *name);
char *user_id_put(char *at, const struct values *values, uint64_t key);
char *team_id_put(char *at, const struct values *values, uint32_t team);
char *team_name_put(char *at, const struct values *values, uint32_t team);
char *address_put(char *at, const struct values *values, const struct user *user,
                  const struct person *person);

/* The id of a team that does not exist, another one for every team. */
char *lost_team_id_put(char *at, const struct values *values, uint32_t team);

#endif
