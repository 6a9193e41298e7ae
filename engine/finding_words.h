/* SPDX-License-Identifier: MIT */
/* From 16 bytes to a sentence: the values, places and words of a finding. */
#ifndef MUSTER_FINDING_WORDS_H
#define MUSTER_FINDING_WORDS_H

#include "base/buffer.h"
#include "base/findings.h"
#include "roster.h"

struct finding_words {
    struct muster_roster *roster;
    uint64_t header_lines[MUSTER_FILE_COUNT]; /* 0: nobody has asked; counted once */
    struct buffer message;
    struct buffer cure;
    struct buffer value;
    struct buffer more; /* other values on the way into the message */
    /* The list of managers that was asked for last: each of its ids may be a finding. */
    struct buffer list_bytes;
    span list;
    uint32_t list_row; /* of teams, counted from 1; 0: none yet */
    struct muster_place *places;
    size_t place_capacity;
    uint32_t *circle_sizes; /* by the row that a circle's findings have in common; 0: not known */
    bool exhausted;
};

/* What stray-quote is about, and where: `trouble_at` is the byte of the input that record_parse
 * gave, on this line. */
void stray_quote_say(struct buffer *text, span input, uint64_t line, size_t trouble_at);

void finding_words_close(struct finding_words *words);

/* Fill `result`; its spans live until the next call. */
void finding_words_make(struct finding_words *words, enum muster_file file,
                        const struct finding *finding, struct muster_finding *result);

/*
 * The value that a finding is about: its cell, or the id of a list. Lives in the input, or until
 * another one is asked for. ptr NULL: none.
 */
span finding_value(struct finding_words *words, enum muster_file file,
                   const struct finding *finding);

#endif
