/* SPDX-License-Identifier: MIT */
/* Every width of base/block.h against a loop over the bytes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/span.h"
#include "block_probe.h"
#include "support.h"

struct width {
    const char *name;
    block_probe *probe;
};

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
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        widths[width_count++] = (struct width){"avx512", block_probe_avx512};
    }
#endif
}

TestSuite(block, .init = widths_find);

static void answers_by_loop(const unsigned char *bytes, size_t count,
                            const struct block_question *question, struct block_answers *answers)
{
    *answers = (struct block_answers){0};
    uint64_t inside = 0;
    for (size_t index = 0; index < 64; index++) {
        unsigned char byte = index < count ? bytes[index] : 0;
        uint64_t bit = UINT64_C(1) << index;
        answers->equal |= byte == question->wanted ? bit : 0;
        answers->unusual |= byte < 0x20 || byte > 0x7E ? bit : 0;
        answers->high |= byte > 0x7F ? bit : 0;
        answers->between |= byte >= question->low && byte <= question->top ? bit : 0;
        inside ^= byte == question->wanted ? 1 : 0;
        answers->prefix_xor |= inside != 0 ? bit : 0;
        answers->stored[index] = byte;
        answers->folded[index] = (unsigned char)byte_fold((char)byte);
    }
}

static void compare_asking(const unsigned char *bytes, size_t count,
                           const struct block_question *question)
{
    struct block_answers want;
    answers_by_loop(bytes, count, question, &want);
    for (size_t index = 0; index < width_count; index++) {
        struct block_answers got;
        const char *name = widths[index].name;
        widths[index].probe(bytes, count, question, &got);
        cr_assert(eq(u64, got.equal, want.equal), "%s", name);
        cr_assert(eq(u64, got.unusual, want.unusual), "%s", name);
        cr_assert(eq(u64, got.high, want.high), "%s", name);
        cr_assert(eq(u64, got.between, want.between), "%s", name);
        cr_assert(eq(u64, got.prefix_xor, want.prefix_xor), "%s", name);
        cr_assert(eq(int, memcmp(got.stored, want.stored, 64), 0), "%s", name);
        cr_assert(eq(int, memcmp(got.folded, want.folded, 64), 0), "%s", name);
    }
}

static void compare(const unsigned char *bytes, size_t count, unsigned char wanted)
{
    compare_asking(bytes, count, &(struct block_question){wanted, 0x80, 0xBF});
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
                           &(struct block_question){'x', (unsigned char)low, (unsigned char)top});
        }
    }
}

Test(block, random_bytes_are_judged_as_by_a_loop)
{
    uint64_t state = 5;
    for (int round = 0; round < 20000; round++) {
        unsigned char bytes[64];
        unsigned shift = (unsigned)random_below(&state, 8);
        for (size_t index = 0; index < 64; index++) {
            bytes[index] = (unsigned char)(random_next(&state) >> 40) >> shift;
        }
        compare(bytes, 64, bytes[random_below(&state, 64)]);
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
