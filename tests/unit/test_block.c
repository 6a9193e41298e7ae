/* SPDX-License-Identifier: MIT */
/* Every width of base/block.h against a loop over the bytes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/block.h"
#include "base/hash.h"
#include "base/span.h"
#include "block_probe.h"
#include "support.h"

struct width {
    const char *name;
    block_probe *probe;
};

/* What stands where no answer is. */
#define UNTOUCHED 0xA5

static struct width widths[4];
static size_t width_count;

/* Those that the processor has. */
static void widths_find(void)
{
    widths[width_count++] = (struct width){"none", block_probe_none};
#if defined(__x86_64__)
    widths[width_count++] = (struct width){"sse2", block_probe_sse2};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul")) {
        widths[width_count++] = (struct width){"avx2", block_probe_avx2};
    }
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2")) {
        widths[width_count++] = (struct width){"avx512", block_probe_avx512};
    }
#endif
}

TestSuite(block, .init = widths_find);

/*
 * Whether the byte at `at` is one that somebody has to look at: it ends a pair of bytes that is in
 * no text, or is the last of what should have been a character; or it is U+0080 to U+009F. Bytes
 * before the first are NUL.
 */
static bool is_suspect(const unsigned char *bytes, size_t at)
{
    unsigned char one = bytes[at - 1];
    unsigned char two = bytes[at - 2];
    unsigned char three = bytes[at - 3];
    unsigned char byte = bytes[at];
    bool goes_on = byte >= 0x80 && byte < 0xC0;
    bool one_goes_on = one >= 0x80 && one < 0xC0;
    bool lead = one >= 0xC0;
    bool late = one_goes_on && (two >= 0xE0 || three >= 0xF0);
    if (goes_on != (lead || late) || one == 0xC0 || one == 0xC1) {
        return goes_on || lead || late;
    }
    return goes_on && ((one == 0xC2 && byte < 0xA0) || (one == 0xE0 && byte < 0xA0) ||
                       (one == 0xED && byte >= 0xA0) || (one == 0xF0 && byte < 0x90) ||
                       (one == 0xF4 && byte >= 0x90) || one >= 0xF5);
}

static void words_by_loop(const struct block_question *question, struct block_answers *answers)
{
    uint64_t words[8];
    uint64_t secret[8];
    memcpy(words, answers->stored, sizeof words);
    memcpy(secret, question->before, sizeof secret);
    for (unsigned word = 0; word < 8; word++) {
        answers->products[word] = hash_word(words[word], secret[word]);
        for (unsigned block = 0; block < 8; block++) {
            answers->sums[block] += words[word] + block;
        }
    }
}

static void answers_by_loop(const unsigned char *bytes, size_t count,
                            const struct block_question *question, struct block_answers *answers)
{
    *answers = (struct block_answers){0};
    uint64_t inside = 0;
    uint32_t rank = 0;
    unsigned char text[128] = {0};
    memcpy(text, question->before, 64);
    memcpy(text + 64, bytes, count);
    for (size_t index = 0; index < 64; index++) {
        unsigned char byte = index < count ? bytes[index] : 0;
        uint64_t bit = UINT64_C(1) << index;
        answers->equal |= byte == question->wanted ? bit : 0;
        answers->control |= byte < 0x20 || byte == 0x7F ? bit : 0;
        answers->text_suspects |= is_suspect(text, 64 + index) ? bit : 0;
        if (byte == question->wanted) {
            answers->ranks[answers->position_count] = 2000 + rank;
            answers->positions[answers->position_count++] = 1000 + (uint32_t)index;
        }
        rank += byte == question->wanted || byte < 0x20 || byte == 0x7F;
        answers->high |= byte > 0x7F ? bit : 0;
        answers->between |= byte >= question->low && byte <= question->top ? bit : 0;
        inside ^= byte == question->wanted ? 1 : 0;
        answers->prefix_xor |= inside != 0 ? bit : 0;
        answers->stored[index] = byte;
        answers->folded[index] = (unsigned char)byte_fold((char)byte);
    }
    words_by_loop(question, answers);
}

/* No answer is longer than the room for it. */
static void expect_nothing_behind(const struct block_answers *got, const char *name)
{
    unsigned char untouched[32];
    memset(untouched, UNTOUCHED, sizeof untouched);
    cr_assert(eq(int, memcmp(got->behind_positions, untouched, 32), 0), "%s", name);
    cr_assert(eq(int, memcmp(got->behind_ranks, untouched, 32), 0), "%s", name);
    cr_assert(eq(int, memcmp(got->behind_stored, untouched, 32), 0), "%s", name);
}

static void compare_asking(const unsigned char *bytes, size_t count,
                           const struct block_question *question)
{
    struct block_answers want;
    answers_by_loop(bytes, count, question, &want);
    for (size_t index = 0; index < width_count; index++) {
        struct block_answers got;
        const char *name = widths[index].name;
        /* Else what the width before it has written would stand there still. */
        memset(&got, UNTOUCHED, sizeof got);
        widths[index].probe(bytes, count, question, &got);
        expect_nothing_behind(&got, name);
        cr_assert(got.loads_alike, "%s", name);
        cr_assert(eq(u64, got.equal, want.equal), "%s", name);
        cr_assert(eq(u64, got.same, want.equal), "%s", name);
        cr_assert(eq(u64, got.control, want.control), "%s", name);
        cr_assert(eq(u64, got.high, want.high), "%s", name);
        if (got.looks_up) {
            cr_assert(eq(u64, got.text_suspects, want.text_suspects), "%s", name);
        }
        if (got.has_between) {
            cr_assert(eq(u64, got.between, want.between), "%s", name);
        }
        cr_assert(eq(u32, got.position_count, want.position_count), "%s", name);
        cr_assert(eq(int, memcmp(got.positions, want.positions, 4 * want.position_count), 0), "%s",
                  name);
        cr_assert(eq(int, memcmp(got.ranks, want.ranks, 4 * want.position_count), 0), "%s", name);
        cr_assert(eq(u64, got.prefix_xor, want.prefix_xor), "%s", name);
        cr_assert(eq(int, memcmp(got.products, want.products, sizeof got.products), 0), "%s", name);
        cr_assert(eq(int, memcmp(got.sums, want.sums, sizeof got.sums), 0), "%s", name);
        cr_assert(eq(int, memcmp(got.stored, want.stored, 64), 0), "%s", name);
        cr_assert(eq(int, memcmp(got.folded, want.folded, 64), 0), "%s", name);
    }
}

static void compare(const unsigned char *bytes, size_t count, unsigned char wanted)
{
    compare_asking(bytes, count,
                   &(struct block_question){.wanted = wanted, .low = 0x80, .top = 0xBF});
}

Test(block, every_byte_is_judged_alike_at_every_place)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < 64; place++) {
            unsigned char bytes[64];
            memset(bytes, byte == 'x' ? 'y' : 'x', sizeof bytes);
            bytes[place] = (unsigned char)byte;
            compare(bytes, 64, (unsigned char)byte);
        }
    }
}

Test(block, every_byte_is_told_from_every_other)
{
    for (unsigned wanted = 0; wanted < 256; wanted++) {
        for (unsigned from = 0; from < 256; from += 64) {
            unsigned char bytes[64];
            for (unsigned index = 0; index < 64; index++) {
                bytes[index] = (unsigned char)(from + index);
            }
            compare(bytes, 64, (unsigned char)wanted);
        }
    }
}

Test(block, bytes_between_two_others_are_found)
{
    for (unsigned low = 0x80; low < 0x100; low++) {
        for (unsigned top = low; top < 0x100; top++) {
            unsigned char bytes[64];
            for (unsigned index = 0; index < 64; index++) {
                bytes[index] = (unsigned char)(index < 32 ? low - 16 + index : top - 48 + index);
            }
            compare_asking(bytes, 64,
                           &(struct block_question){.wanted = 'x',
                                                    .low = (unsigned char)low,
                                                    .top = (unsigned char)top});
        }
    }
}

Test(block, random_bytes_are_judged_as_by_a_loop)
{
    uint64_t state = 5;
    for (int round = 0; round < 20000; round++) {
        unsigned char bytes[64];
        unsigned shift = (unsigned)random_below(&state, 8);
        struct block_question question = {.low = 0x80, .top = 0xBF};
        for (size_t index = 0; index < 64; index++) {
            bytes[index] = (unsigned char)(random_next(&state) >> 40) >> shift;
            question.before[index] = (unsigned char)(random_next(&state) >> 40) >> shift;
        }
        question.wanted = bytes[random_below(&state, 64)];
        compare_asking(bytes, 64, &question);
    }
}

/* Bytes that matter to the rules of UTF-8, in any order, also over the edge of a block. */
Test(block, text_is_judged_as_by_a_loop)
{
    static const unsigned char edges[] = {0x00, 'a',  0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                          0xC0, 0xC1, 0xC2, 0xC3, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
                                          0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF};
    uint64_t state = 7;
    for (int round = 0; round < 200000; round++) {
        struct block_question question = {.wanted = 'a', .low = 0x80, .top = 0xBF};
        unsigned char bytes[64];
        for (size_t index = 0; index < 64; index++) {
            question.before[index] = edges[random_below(&state, sizeof edges)];
            bytes[index] = edges[random_below(&state, sizeof edges)];
        }
        compare_asking(bytes, 64, &question);
    }
}

Test(block, a_part_of_a_block_is_loaded_without_the_byte_behind_it)
{
    uint64_t state = 6;
    for (size_t count = 0; count <= 64; count++) {
        unsigned char bytes[64];
        struct guarded guarded;
        for (size_t index = 0; index < 64; index++) {
            bytes[index] = (unsigned char)random_next(&state);
        }
        guarded_open(&guarded, bytes, count);
        compare(guarded.bytes, count, bytes[0]);
        guarded_close(&guarded);
    }
}

Test(block, the_parity_goes_on_over_all_64_bits)
{
    unsigned char bytes[64];
    memset(bytes, '"', sizeof bytes);
    compare(bytes, 64, '"');
    memset(bytes, 'a', sizeof bytes);
    compare(bytes, 64, '"');
    for (size_t first = 0; first < 64; first++) {
        for (size_t second = first + 1; second < 64; second++) {
            memset(bytes, 'a', sizeof bytes);
            bytes[first] = bytes[second] = '"';
            compare(bytes, 64, '"');
        }
    }
}

Test(block, common_bytes_are_counted_up_to_the_first_that_differs)
{
    char left[200];
    char right[200];
    for (size_t len = 0; len < sizeof left; len++) {
        for (size_t at = 0; at <= len; at++) {
            for (size_t index = 0; index < sizeof left; index++) {
                left[index] = right[index] = (char)(index * 7); /* no block is like another */
            }
            right[at] ^= 1;
            size_t common = bytes_common(left, right, len);
            cr_expect(eq(sz, common, at), "%zu of %zu", at, len);
        }
    }
}
