/* SPDX-License-Identifier: MIT */
/* How the scanner is driven; that its kernels are right is shown by test_engines_agree. */
#define _GNU_SOURCE
#include "csv/scanner.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/mman.h>

#include "csv/record.h"
#include "support.h"

static const enum muster_simd choices[] = {MUSTER_SIMD_NONE, MUSTER_SIMD_SSE2, MUSTER_SIMD_AVX2,
                                           MUSTER_SIMD_AVX512};
#define CHOICE_COUNT (sizeof choices / sizeof *choices)

/* Records as `start:end,end;flags` with positions in the input; Q quoted, S suspect, N notable, E
 * exact. */
static void append_batch(struct buffer *text, const struct scan_batch *batch)
{
    for (size_t index = 0; index < batch->record_count; index++) {
        const struct scan_record *record = &batch->records[index];
        buffer_text(text, text->size > 0 ? " " : "");
        buffer_number(text, batch->base + record->start);
        for (uint32_t field = 0; field < record->field_count; field++) {
            buffer_byte(text, field == 0 ? ':' : ',');
            buffer_number(text, batch->base + batch->field_ends[record->first_field + field]);
        }
        buffer_text(text, (record->flags & SCAN_QUOTED) != 0 ? "Q" : "");
        buffer_text(text, (record->flags & SCAN_SUSPECT) != 0 ? "S" : "");
        buffer_text(text, (record->flags & SCAN_NOTABLE) != 0 ? "N" : "");
        buffer_text(text, (record->flags & SCAN_EXACT) != 0 ? "E" : "");
    }
}

static span scanned(span input, enum muster_simd simd, size_t window, bool trim)
{
    static struct buffer text;
    struct scanner scanner;
    const struct scan_batch *batch;
    buffer_clear(&text);
    cr_assert(scanner_open(&scanner, input, simd, window));
    scanner.trim = trim;
    while ((batch = scanner_next(&scanner)) != NULL) {
        cr_assert(lt(sz, 0, batch->record_count));
        append_batch(&text, batch);
    }
    cr_expect(eq(sz, scanner.at, input.len), "all of it was looked at");
    scanner_close(&scanner);
    return buffer_view(&text);
}

static void expect_scan(const char *input, const char *want)
{
    for (size_t index = 0; index < CHOICE_COUNT; index++) {
        cr_expect(
            eq(type(span), scanned(span_from(input), choices[index], 0, false), span_from(want)),
            "%s, choice %zu", input, index);
    }
}

Test(scanner, records_and_the_ends_of_their_fields)
{
    expect_scan("", "");
    expect_scan("a\n", "0:1");
    expect_scan("a,b\nc,d\n", "0:1,3 4:5,7");
    expect_scan("a,b\r\nc,d\r\n", "0:1,3 5:6,8");
    expect_scan("a\rb\r", "0:1 2:3");
    expect_scan("\n\r\na\n\n", "3:4");
    expect_scan(",\n,\n", "0:0,1 2:2,3");
}

Test(scanner, a_last_record_without_a_line_end_is_left_to_the_exact_parser)
{
    expect_scan("a", "0E");
    expect_scan("a,b\nc,d", "0:1,3 4E");
    expect_scan("a\n\"b\"", "0:1 2E");
}

Test(scanner, flags_say_what_has_to_be_looked_at)
{
    expect_scan("a,\"b\"\nc,d\n", "0:1,5Q 6:7,9");
    expect_scan("\"b,c\"\n", "0:5QN");
    expect_scan("\"b\"\"c\"\n", "0:6QN");
    expect_scan("a, b\nc,d\n", "0:1,4N 5:6,8");
    expect_scan("a ,b\nc,d\n", "0:2,4N 5:6,8");
    expect_scan("a b,c\n", "0:3,5");
    expect_scan("\xC3\xA4\nb\n", "0:2 3:4");
    expect_scan("\xC3\xA4\xC3\nb\n", "0:3S 4:5");
    expect_scan("\xC2\x85\nb\n", "0:2S 3:4");
    expect_scan("a\tb\nb\n", "0:3S 4:5");
    expect_scan("a\x7F\nb\n", "0:2S 3:4");
}

/* Marks go on over the edges of blocks, up to the end of their row and no further. */
Test(scanner, flags_of_a_row_are_none_of_the_next)
{
    char text[130];
    memset(text, 'a', 64);
    text[0] = text[63] = '"';
    memset(text + 64, '\n', 66); /* more than a whole block */
    text[128] = 'b';
    for (size_t index = 0; index < CHOICE_COUNT; index++) {
        span got = scanned(span_make(text, sizeof text), choices[index], 0, false);
        cr_expect(eq(type(span), got, SPAN("0:64Q 128:129")), "choice %zu", index);
    }
    expect_scan(" a \nb\n", "0:3N 4:5");
}

/* A block may have more line ends than records: the room of flags is what another window left. */
Test(scanner, flags_of_a_window_are_none_of_the_next)
{
    char text[400];
    for (size_t at = 0; at < sizeof text; at++) {
        text[at] = at < 255 ? " a\n"[at % 3] : at < 300 ? '\n' : "a\n"[at % 2];
    }
    for (size_t index = 0; index < CHOICE_COUNT; index++) {
        span got = scanned(span_make(text, sizeof text), choices[index], 256, false);
        size_t marks = 0;
        for (size_t at = 0; at < got.len; at++) {
            marks += got.ptr[at] == 'N';
        }
        cr_expect(eq(sz, marks, 85), "choice %zu", index);
    }
}

/* To parse them once more would give the same, and take longer. */
Test(scanner, sound_quotes_are_left_to_nobody_else_wherever_blocks_meet)
{
    static const char *const tails[] = {",\"b\",c\n", ",\"b\"\n", ",\"b\"\r\n", ",\"b\"\rc\n"};
    for (size_t pad = 0; pad <= 130; pad++) {
        for (size_t tail = 0; tail < sizeof tails / sizeof *tails; tail++) {
            char text[160];
            memset(text, 'a', sizeof text);
            memcpy(text + pad, tails[tail], strlen(tails[tail]));
            span input = span_make(text, pad + strlen(tails[tail]));
            for (size_t index = 0; index < CHOICE_COUNT; index++) {
                span got = scanned(input, choices[index], 0, false);
                cr_expect(memchr(got.ptr, 'E', got.len) == NULL, "pad %zu, tail %zu, choice %zu",
                          pad, tail, index);
            }
        }
    }
}

Test(scanner, a_record_with_a_stray_quote_is_left_to_the_exact_parser)
{
    expect_scan("a,b\nc\"d,e\nf,g\n", "0:1,3 4E 10:11,13");
    expect_scan("\"a\"b\nc\n", "0E 5:6");
    expect_scan("a\n\"b\nc\n", "0:1 2E");
}

Test(scanner, trimming_is_done_by_the_exact_parser_alone)
{
    cr_expect(
        eq(type(span), scanned(SPAN(" a , b\n \nc\n"), MUSTER_SIMD_BEST, 0, true), SPAN("0E 9E")));
}

Test(scanner, a_record_longer_than_the_window_is_exact_and_the_next_is_not)
{
    char text[400];
    memset(text, 'x', sizeof text);
    memcpy(text, "a,b\n", 4);
    memcpy(text + 300, "\nc,d\n", 5);
    for (size_t index = 0; index < CHOICE_COUNT; index++) {
        span got = scanned(span_make(text, 305), choices[index], 64, false);
        cr_expect(eq(type(span), got, SPAN("0:1,3 4E 301:302,304")), "choice %zu", index);
    }
}

static void append_plain(struct buffer *text, size_t size)
{
    static const char plain[] = "abc,def\n";
    for (size_t index = 0; index < size; index++) {
        buffer_byte(text, index + 1 < size ? plain[index % 8] : '\n');
    }
}

/* Every kernel finds what the one without blocks does. */
static void expect_as_by_bytes(span input)
{
    static struct buffer want;
    buffer_clear(&want);
    buffer_span(&want, scanned(input, MUSTER_SIMD_NONE, 0, false));
    for (size_t index = 1; index < CHOICE_COUNT; index++) {
        cr_assert(eq(type(span), scanned(input, choices[index], 0, false), buffer_view(&want)),
                  "%zu bytes, choice %zu", input.len, index);
    }
}

/* The wide kernels go through long stretches of plain blocks in a loop of their own. Each kind is
 * behind each of those, and at each place of a block. */
Test(scanner, what_is_rare_is_seen_behind_any_number_of_plain_blocks)
{
    static const char *const rare[] = {"a,\"b\"\n",
                                       "\"b,\r\n\"\"c\"\n",
                                       " a\n",
                                       "a ,b\n",
                                       "a\r\n",
                                       "a\rb\x01\n",
                                       "\xC3,\xA4\n",
                                       "a\"b\n",
                                       "\xE2\x82\xAC\xE2\x82\n"};
    struct buffer text = {0};
    for (size_t gap = 0; gap < (size_t)24 * 64; gap += SANITIZED ? 61 : 1) {
        for (size_t kind = 0; kind < sizeof rare / sizeof *rare; kind++) {
            buffer_clear(&text);
            append_plain(&text, gap * 2 % 128);
            buffer_text(&text, rare[kind]);
            append_plain(&text, gap);
            buffer_text(&text, rare[kind]);
            append_plain(&text, (size_t)20 * 64);
            expect_as_by_bytes(buffer_view(&text));
        }
    }
    buffer_close(&text);
}

/* Starts of all records, by the exact parser. */
static size_t starts_find(span input, size_t *starts, size_t capacity)
{
    struct record record = {0};
    size_t count = 0;
    while (record_parse(input, record.next, false, NULL, 0, &record)) {
        cr_assert(lt(sz, count, capacity));
        starts[count++] = record.start;
    }
    return count;
}

Test(scanner, parts_that_meet_at_record_starts_give_the_whole)
{
    static const char alphabet[] = "ab,\"\r\n\n";
    uint64_t state = 9;
    for (int round = 0; round < 3000; round++) {
        char bytes[160];
        size_t starts[160];
        size_t size = random_below(&state, sizeof bytes);
        for (size_t index = 0; index < size; index++) {
            bytes[index] = alphabet[random_below(&state, 7)];
        }
        span input = span_make(bytes, size);
        size_t count = starts_find(input, starts, 160);
        enum muster_simd simd = choices[random_below(&state, CHOICE_COUNT)];
        size_t cut = count > 0 ? random_below(&state, count) : 0;
        size_t border = count > 0 ? starts[cut] : 0;
        struct scanner scanner;
        size_t seen = 0;
        cr_assert(scanner_open(&scanner, input, simd, random_below(&state, 2) * 64));
        for (int part = 0; part < 2; part++) {
            const struct scan_batch *batch;
            scanner_seek(&scanner, part == 0 ? 0 : scanner.at, part == 0 ? border : size);
            while ((batch = scanner_next(&scanner)) != NULL) {
                for (size_t index = 0; index < batch->record_count; index++) {
                    cr_assert(lt(sz, seen, count));
                    cr_assert(eq(sz, batch->base + batch->records[index].start, starts[seen]));
                    seen++;
                }
            }
            cr_assert(eq(sz, seen, part == 0 ? cut : count), "part %d", part);
        }
        scanner_close(&scanner);
    }
}

/* The instructions that each kernel is compiled with; see engine/CMakeLists.txt. */
Test(scanner, no_processor_gets_a_kernel_that_it_cannot_run)
{
    unsigned seen[MUSTER_SIMD_AVX512 + 1] = {0};
    for (unsigned features = 0; features < 2 * SIMD_HAS_POPCNT; features++) {
        bool sse2 = (features & SIMD_HAS_SSE2) != 0;
        bool avx2 = sse2 && (features & SIMD_HAS_AVX2) != 0 && (features & SIMD_HAS_BMI2) != 0 &&
                    (features & SIMD_HAS_PCLMUL) != 0 && (features & SIMD_HAS_BMI) != 0 &&
                    (features & SIMD_HAS_POPCNT) != 0;
        bool avx512 = avx2 && (features & SIMD_HAS_AVX512BW) != 0 &&
                      (features & SIMD_HAS_AVX512VL) != 0 && (features & SIMD_HAS_AVX512DQ) != 0 &&
                      (features & SIMD_HAS_AVX512VBMI2) != 0;
        enum muster_simd wanted = avx512 ? MUSTER_SIMD_AVX512
                                  : avx2 ? MUSTER_SIMD_AVX2
                                  : sse2 ? MUSTER_SIMD_SSE2
                                         : MUSTER_SIMD_NONE;
        cr_assert(eq(int, simd_fitting(MUSTER_SIMD_BEST, features), wanted), "%x", features);
        for (int asked = MUSTER_SIMD_NONE; asked <= MUSTER_SIMD_AVX512; asked++) {
            int fitting = asked < (int)wanted ? asked : (int)wanted;
            cr_assert(eq(int, simd_fitting(asked, features), fitting), "%x", features);
        }
        seen[wanted]++;
    }
    cr_expect(eq(u32, seen[MUSTER_SIMD_NONE], 512));
    cr_expect(eq(u32, seen[MUSTER_SIMD_SSE2], 496));
    cr_expect(eq(u32, seen[MUSTER_SIMD_AVX2], 15));
    cr_expect(eq(u32, seen[MUSTER_SIMD_AVX512], 1));
}

Test(scanner, a_choice_is_narrowed_to_what_the_processor_has)
{
    enum muster_simd best = simd_narrowed(MUSTER_SIMD_BEST);
    cr_expect(ne(int, best, MUSTER_SIMD_BEST));
    cr_expect(eq(int, simd_narrowed(MUSTER_SIMD_NONE), MUSTER_SIMD_NONE));
    for (size_t index = 0; index < CHOICE_COUNT; index++) {
        cr_expect(le(int, simd_narrowed(choices[index]), choices[index]), "never a wider one");
        cr_expect(le(int, simd_narrowed(choices[index]), simd_narrowed(MUSTER_SIMD_AVX512)));
        cr_expect(scanner_kernel(choices[index]) == scanner_kernel(simd_narrowed(choices[index])));
    }
    cr_expect(scanner_kernel(MUSTER_SIMD_BEST) == scanner_kernel(best));
}

/* ---- More than 4 GiB ---------------------------------------------------------------------- */

/* What lies farther from the first record of a batch than its numbers reach begins another. */
Test(scanner, a_record_4_gib_behind_another_is_in_a_batch_of_its_own)
{
    const size_t far = (size_t)UINT32_MAX + 1;
    const size_t size = far + 2;
    const char start[] = {'a', '\n', '"'};
    const char end[] = {'"', '\n', 'b', '\n'};
    char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) {
        cr_skip("there is no room for it");
    }
    (void)madvise(bytes, size, MADV_HUGEPAGE); /* NULs that nobody has written are there once */
    memcpy(bytes, start, sizeof start);
    memcpy(bytes + far - 2, end, sizeof end);
    span input = span_make(bytes, size);
    cr_expect(eq(type(span), scanned(input, MUSTER_SIMD_BEST, 0, true), SPAN("0E 2E 4294967296E")));
    (void)munmap(bytes, size);
}
