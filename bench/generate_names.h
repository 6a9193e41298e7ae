/* SPDX-License-Identifier: MIT */

/*
 * The words that the generated organisations are made of: names of people and parts of team names.
 *
 * A person is a number taken apart into (first name, last name, a small number), so two numbers
 * never give the same three and an address built from them is unique without looking anything up.
 */
#ifndef MUSTER_BENCH_GENERATE_NAMES_H
#define MUSTER_BENCH_GENERATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fixed sizes let a writer copy a whole array and advance by the size in use. */
#define NAME_SHOWN_SIZE 32
#define NAME_MAIL_SIZE  16

#define NAME_BITS         9
#define NAME_COUNT        (1 << NAME_BITS)
#define SCRIPT_SLOT_COUNT 16
#define LATIN_FIRST_COUNT (NAME_COUNT - SCRIPT_SLOT_COUNT)
#define SCRIPT_COUNT      7
#define SCRIPT_NAME_BITS  3
#define SCRIPT_NAME_COUNT (1 << SCRIPT_NAME_BITS)
#define SCRIPT_TOTAL      ((size_t)SCRIPT_COUNT * SCRIPT_NAME_COUNT)
#define WORD_BITS         6
#define WORD_COUNT        (1 << WORD_BITS)

struct name {
    uint8_t shown_size;
    uint8_t mail_size;
    char shown[NAME_SHOWN_SIZE]; /* as people write it, UTF-8 */
    char mail[NAME_MAIL_SIZE];   /* its ASCII letters in lower case */
};

struct names {
    struct name first[LATIN_FIRST_COUNT];
    struct name last[NAME_COUNT];
    struct name script_first[SCRIPT_TOTAL];
    struct name script_last[SCRIPT_TOTAL];
    struct name functions[WORD_COUNT];
    struct name places[WORD_COUNT];
};

struct person {
    const struct name *first;
    const struct name *last;
    const struct name *birth_last;
    uint64_t number;
};

/* Unpack the lists; with `ascii` every name is shown as it is transliterated. */
void names_fill(struct names *names, bool ascii);

/* The person behind a code. */
struct person names_person(const struct names *names, uint64_t code);

/* Another last name out of the same list; which one depends on `choice`. */
const struct name *names_other_last(const struct names *names, const struct name *last,
                                    uint64_t choice);

#endif
