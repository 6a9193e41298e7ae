/* SPDX-License-Identifier: MIT */
/* The words of an example, and the members of a JSON object that they are held against. */
#ifndef MUSTER_TESTS_SPEC_VALUE_H
#define MUSTER_TESTS_SPEC_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define SPEC_WORD_SIZE      1024
#define SPEC_VARIABLE_COUNT 10
#define SPEC_LOAD_FLAGS     (JSON_ALLOW_NUL | JSON_DECODE_ANY)

/* A value of an example: a string, terminated; or null; or a variable. */
struct spec_value {
    char text[SPEC_WORD_SIZE];
    size_t size;
    bool absent;
    int variable; /* 0: none */
};

/* The strings that $1 to $9 stand for so far; borrowed from the objects. */
struct spec_variables {
    const char *values[SPEC_VARIABLE_COUNT];
};

/* A bare word or a JSON string at `*at`; false at the end of the line, or where it is neither. */
bool spec_take_value(const char **at, const char *end, struct spec_value *value);

/* `key=value` at `*at`; the key ends up in `key`, terminated. */
bool spec_take_pair(const char **at, const char *end, char key[SPEC_WORD_SIZE],
                    struct spec_value *value);

/* Is the member, which may be missing, what the example gives? May set a variable. */
bool spec_value_matches(const struct spec_value *value, const json_t *member,
                        struct spec_variables *variables);

#endif
