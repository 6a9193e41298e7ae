/* SPDX-License-Identifier: MIT */
/* What an example expects, held against what the program did. */
#ifndef MUSTER_TESTS_SPEC_COMPARE_H
#define MUSTER_TESTS_SPEC_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "spec_example.h"
#include "spec_run.h"

/* True where a block of the example asks for the output in JSON Lines. */
bool spec_wants_lines(const struct spec_example *example);

/* True for a block that says what is expected, files aside. */
bool spec_is_expectation(const char *name);

/*
 * Compare one example with one outcome; everything that is not as it should be is written to
 * `report`, both sides of it. The files that the program wrote are read from `folder`.
 */
void spec_compare(const struct spec_example *example, const struct spec_outcome *outcome,
                  const struct spec_folder *folder, FILE *report);

#endif
