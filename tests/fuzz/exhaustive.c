/* SPDX-License-Identifier: MIT */
/*
 * All strings up to a length over the bytes that matter to CSV, through the target of the reader,
 * in both profiles, behind so many letters that they lie across the edges of blocks:
 *
 *     exhaustive LENGTH [FIRST_PAD LAST_PAD]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define LENGTH_MAX 16
#define PAD_MAX    256

static const char letters[] = {'a', ',', '"', ' ', '\r', '\n'};

enum { LETTER_COUNT = sizeof letters };

/* The next string of the same length, or false behind the last. */
static bool string_next(uint8_t *string, unsigned *digits, unsigned length)
{
    for (unsigned at = length; at-- > 0;) {
        digits[at] = (digits[at] + 1) % LETTER_COUNT;
        string[at] = (uint8_t)letters[digits[at]];
        if (digits[at] != 0) {
            return true;
        }
    }
    return false;
}

/* All strings of one length behind `pad` letters; gives how many readings that were. */
static unsigned long length_run(unsigned length, unsigned pad)
{
    uint8_t input[PAD_MAX + LENGTH_MAX + 1];
    unsigned digits[LENGTH_MAX] = {0};
    unsigned long count = 0;
    memset(input, 'a', sizeof input);
    do {
        for (uint8_t trim = 0; trim < 2; trim++) {
            input[pad + length] = trim;
            (void)LLVMFuzzerTestOneInput(input, pad + length + 1);
            count++;
        }
    } while (string_next(input + pad, digits, length));
    return count;
}

int main(int count, char **arguments)
{
    unsigned long length_max = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;
    unsigned long first_pad = count > 3 ? strtoul(arguments[2], NULL, 10) : 0;
    unsigned long last_pad = count > 3 ? strtoul(arguments[3], NULL, 10) : 0;
    unsigned long done = 0;
    if (length_max < 1 || length_max > LENGTH_MAX || last_pad > PAD_MAX || count == 3) {
        (void)fprintf(stderr, "usage: %s LENGTH [FIRST_PAD LAST_PAD]\n", arguments[0]);
        return 2;
    }
    for (unsigned long pad = first_pad; pad <= last_pad; pad++) {
        for (unsigned length = 0; length <= length_max; length++) {
            done += length_run(length, (unsigned)pad);
        }
    }
    printf("%lu readings\n", done);
    return 0;
}
