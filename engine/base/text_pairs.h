/* SPDX-License-Identifier: MIT */
/*
 * How UTF-8 is judged by looking up pairs of neighbouring bytes, after Keiser and Lemire,
 * "Validating UTF-8 in less than one instruction per byte": each bit stands for one way to be
 * wrong, and says so only where both halves of the first byte and the upper half of the second
 * agree. The last bit is not wrong where the second byte is the third or fourth of a character,
 * which is what a lead two or three bytes before it asks for.
 */
#ifndef MUSTER_BASE_TEXT_PAIRS_H
#define MUSTER_BASE_TEXT_PAIRS_H

#define TEXT_CUT_SHORT    0x01U /* a lead, and what does not go on */
#define TEXT_WITHOUT_LEAD 0x02U /* ASCII, and what goes on */
#define TEXT_LONG_THREE   0x04U /* E0, then 80 to 9F: two bytes would have done */
#define TEXT_TOO_LARGE    0x08U /* F4, then 90 to BF, or F5 and above: over U+10FFFF */
#define TEXT_SURROGATE    0x10U /* ED, then A0 to BF */
#define TEXT_LONG_TWO     0x20U /* C0 or C1: one byte would have done */
#define TEXT_LONG_FOUR    0x40U /* F0, then 80 to 8F; and F5 and above, then the same */
#define TEXT_TWO_GO_ON    0x80U /* two bytes that go on */
/* Subtracted from a lead of three (of four) they leave TEXT_TWO_GO_ON, and nothing of others. */
#define TEXT_LATE_TWO   (0xE0 - 0x80)
#define TEXT_LATE_THREE (0xF0 - 0x80)

/* By the upper half of the first byte. */
static const _Alignas(16) unsigned char text_lead_high[16] = {
    TEXT_WITHOUT_LEAD,
    TEXT_WITHOUT_LEAD,
    TEXT_WITHOUT_LEAD,
    TEXT_WITHOUT_LEAD,
    TEXT_WITHOUT_LEAD,
    TEXT_WITHOUT_LEAD,
    TEXT_WITHOUT_LEAD,
    TEXT_WITHOUT_LEAD,
    TEXT_TWO_GO_ON,
    TEXT_TWO_GO_ON,
    TEXT_TWO_GO_ON,
    TEXT_TWO_GO_ON,
    TEXT_CUT_SHORT | TEXT_LONG_TWO,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT | TEXT_LONG_THREE | TEXT_SURROGATE,
    TEXT_CUT_SHORT | TEXT_LONG_FOUR | TEXT_TOO_LARGE};

/* By the lower half of the first byte. */
#define TEXT_ANY            (TEXT_CUT_SHORT | TEXT_WITHOUT_LEAD | TEXT_TWO_GO_ON)
#define TEXT_FIVE_AND_ABOVE (TEXT_ANY | TEXT_TOO_LARGE | TEXT_LONG_FOUR)
static const _Alignas(16) unsigned char text_lead_low[16] = {TEXT_ANY | TEXT_LONG_TWO |
                                                                 TEXT_LONG_THREE | TEXT_LONG_FOUR,
                                                             TEXT_ANY | TEXT_LONG_TWO,
                                                             TEXT_ANY,
                                                             TEXT_ANY,
                                                             TEXT_ANY | TEXT_TOO_LARGE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE | TEXT_SURROGATE,
                                                             TEXT_FIVE_AND_ABOVE,
                                                             TEXT_FIVE_AND_ABOVE};
#undef TEXT_FIVE_AND_ABOVE
#undef TEXT_ANY

/* By the upper half of the second byte. */
#define TEXT_GOES_ON (TEXT_WITHOUT_LEAD | TEXT_LONG_TWO | TEXT_TWO_GO_ON)
static const _Alignas(16) unsigned char text_next_high[16] = {
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_GOES_ON | TEXT_LONG_THREE | TEXT_LONG_FOUR,
    TEXT_GOES_ON | TEXT_LONG_THREE | TEXT_TOO_LARGE,
    TEXT_GOES_ON | TEXT_SURROGATE | TEXT_TOO_LARGE,
    TEXT_GOES_ON | TEXT_SURROGATE | TEXT_TOO_LARGE,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT,
    TEXT_CUT_SHORT};
#undef TEXT_GOES_ON

#endif
