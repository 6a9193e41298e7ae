/* SPDX-License-Identifier: MIT */
/*
 * The kernels of every width against value.c: where one of them says that a row is plain, it has
 * the same hashes, the same reference, the same answer about the e-mail and the same troubles.
 */
#include "table/digest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/text.h"
#include "csv/record.h"
#include "csv/scanner.h"
#include "support.h"
#include "table/schema.h"
#include "table/table.h"
#include "table/value.h"
#include "value_hashes.h"

#define ROW_MAX 64
#define SEED    UINT64_C(0xFEDCBA9876543210)

static const enum muster_simd choices[] = {MUSTER_SIMD_NONE, MUSTER_SIMD_SSE2, MUSTER_SIMD_AVX2,
                                           MUSTER_SIMD_AVX512};

#define FIELD_COUNT 5

/* The type of the last column changes. */
static struct schema schema = {
    .column_count = FIELD_COUNT,
    .columns = {{"id", COLUMN_ID, true},
                {"email", COLUMN_EMAIL, true},
                {"name", COLUMN_TEXT, true},
                {"reference", COLUMN_ID, false},
                {"more", COLUMN_TEXT, false}},
};

/* What a kernel gives for the rows of one batch. */
struct digests {
    uint64_t words[ROW_MAX];
    uint64_t ids[ROW_MAX], emails[ROW_MAX];
    struct id_key references[ROW_MAX];
    unsigned char states[ROW_MAX];
};

static void digest(struct digests *digests, span input, const struct scan_batch *batch,
                   enum muster_simd simd)
{
    static const uint32_t positions[FIELD_COUNT] = {0, 1, 2, 3, 4};
    memset(digests->words, 0, sizeof digests->words);
    struct digest_job job = {
        .base = (const unsigned char *)input.ptr + batch->base,
        .readable_end = (const unsigned char *)input.ptr + input.len,
        .records = batch->records,
        .field_ends = batch->field_ends,
        .count = batch->record_count,
        .field_count = FIELD_COUNT,
        .id_field = 0,
        .email_field = 1,
        .filled_field = 2,
        .reference_field = 3,
        .seed = SEED,
        .schema = &schema,
        .positions = positions,
        .words = digests->words,
        .id_hashes = digests->ids,
        .email_hashes = digests->emails,
        .references = digests->references,
        .states = digests->states,
    };
    hash_secret_make(&job.id_secret, SEED);
    hash_secret_make(&job.email_secret, SEED ^ VALUE_EMAIL_SALT);
    digest_kernel_for(simd)(&job);
}

static unsigned plain_count;
static unsigned troubled_count;
static unsigned suspect_counts[4]; /* that are plain all the same, by kernel */

static void row_compare(const struct digests *digests, size_t row, span input, size_t start)
{
    struct raw_field fields[FIELD_COUNT];
    struct record record;
    span values[FIELD_COUNT];
    struct buffer scratch = {0};
    if (digests->states[row] == DIGEST_EXACT) {
        return;
    }
    plain_count++;
    cr_assert(record_parse(input, start, false, fields, FIELD_COUNT, &record));
    cr_assert(eq(int, record.trouble, RECORD_SOUND));
    cr_assert(eq(sz, record.field_count, FIELD_COUNT));
    span whole = span_make(input.ptr + start, record.end - start);
    cr_assert(eq(sz, text_utf8_prefix(whole), whole.len));
    cr_assert(memchr(whole.ptr, 0, whole.len) == NULL);
    for (size_t field = 0; field < FIELD_COUNT; field++) {
        span raw =
            span_make(input.ptr + fields[field].start, fields[field].end - fields[field].start);
        values[field] = field_decode(raw, false, &scratch);
        cr_assert(field == 4 || scratch.size == 0, "a doubled quote is not plain in a key");
    }
    cr_assert(lt(sz, 0, values[0].len), "an id must have a value");
    cr_assert(lt(sz, 0, values[1].len), "an e-mail must have a value");
    cr_assert(lt(sz, 0, values[2].len), "the filled column must have a value");
    uint64_t word = 0;
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        enum column_type type = field == 4 ? schema.columns[4].type : COLUMN_TEXT;
        unsigned troubles = value_troubles(values[field], type);
        cr_assert(field == 4 || troubles == 0, "of a key with troubles nothing is said");
        word |= row_troubles_pack(field, troubles);
        troubled_count += troubles != 0;
    }
    cr_assert(eq(u64, digests->words[row], word));
    cr_assert(eq(u64, digests->ids[row], id_hash(values[0], SEED)));
    cr_assert(eq(u64, digests->emails[row], email_hash(values[1], SEED)));
    cr_assert(eq(int, digests->states[row] == DIGEST_PLAIN, value_is_email(values[1])));
    struct id_key key = id_key_make(values[3], SEED);
    cr_assert(eq(u64, digests->references[row].low, key.low));
    cr_assert(eq(u64, digests->references[row].high, key.high));
    buffer_close(&scratch);
}

static void text_compare(span text)
{
    struct guarded guarded;
    struct scanner scanner;
    guarded_open(&guarded, text.ptr, text.len);
    span input = guarded_span(&guarded);
    cr_assert(scanner_open(&scanner, input, MUSTER_SIMD_NONE, 1U << 16));
    const struct scan_batch *batch;
    while ((batch = scanner_next(&scanner)) != NULL) {
        struct digests digests[4];
        cr_assert(le(sz, batch->record_count, ROW_MAX));
        for (size_t choice = 0; choice < 4; choice++) {
            digest(&digests[choice], input, batch, choices[choice]);
            for (size_t row = 0; row < batch->record_count; row++) {
                /* Not every kernel knows sound text above ASCII in a row that is suspect. */
                bool suspect = (batch->records[row].flags & SCAN_SUSPECT) != 0;
                bool alike = digests[choice].states[row] == digests[0].states[row];
                cr_assert(alike || suspect, "choice %zu", choice);
                suspect_counts[choice] += suspect && digests[choice].states[row] != DIGEST_EXACT;
                row_compare(&digests[choice], row, input, batch->base + batch->records[row].start);
            }
        }
    }
    scanner_close(&scanner);
    guarded_close(&guarded);
}

/* At the very end of the input, where nothing is plain, and with something behind. */
static void digests_compare(span text)
{
    struct buffer longer = {0};
    buffer_span(&longer, text);
    for (int index = 0; index < HASH_BLOCK_SIZE; index++) {
        buffer_byte(&longer, 'x');
    }
    text_compare(text);
    text_compare(buffer_view(&longer));
    buffer_close(&longer);
}

/* A value of a column that is no key. */
static void append_noted(struct buffer *text, uint64_t *state)
{
    static const char *const pieces[] = {
        "a",    "bcdefghij", "\xC3\x84", "\xE2\x82\xAC", "7", "-",    " ",  "\t",
        "\x01", "\x7F",      "\xC2\x85", "\xC3",         ",", "\"\"", "\n", "\r\n"};
    uint64_t kind = random_below(state, 4);
    uint64_t kinds = kind == 0 ? 5 : kind == 1 ? 7 : kind == 2 ? 10 : 12;
    bool quoted = random_below(state, 2) == 0;
    buffer_text(text, quoted ? "\"" : "");
    for (uint64_t size = random_below(state, random_below(state, 8) == 0 ? 40 : 6); size > 0;
         size--) {
        bool inner = quoted && random_below(state, 4) == 0;
        buffer_text(text, pieces[inner ? 12 + random_below(state, 4) : random_below(state, kinds)]);
    }
    if (random_below(state, 60) == 0) {
        buffer_byte(text, 0);
    }
    buffer_text(text, quoted ? "\"" : "");
}

static void append_random(struct buffer *text, uint64_t *state, uint64_t size_max, bool may_quote)
{
    static const char *const pieces[] = {"0", "A",        "z", "@", ".", "[",  "`",
                                         "{", "\xC3\x84", "b", "9", " ", "\t", "\x7F"};
    bool quoted = may_quote && random_below(state, 4) == 0;
    uint64_t kinds = random_below(state, 20) == 0 ? 14 : 11;
    buffer_text(text, quoted ? "\"" : "");
    for (uint64_t size = random_below(state, size_max + 1); size > 0; size--) {
        buffer_text(text, pieces[random_below(state, kinds)]);
    }
    buffer_text(text, quoted ? "\"" : "");
}

Test(digest, every_width_agrees_with_the_exact_way_on_random_rows)
{
    uint64_t state = 1;
    for (int round = 0; round < (SANITIZED ? 1600 : 8000); round++) {
        struct buffer text = {0};
        for (uint64_t row = random_below(&state, 12); row > 0; row--) {
            for (int field = 0; field < 4; field++) {
                static const uint64_t sizes[] = {3, 16, 40, 70};
                append_random(&text, &state, sizes[random_below(&state, 4)], true);
                buffer_text(&text, ",");
            }
            buffer_text(&text, random_below(&state, 30) == 0 ? ",x\n" : "\n");
        }
        digests_compare(buffer_view(&text));
        buffer_close(&text);
    }
    cr_expect(lt(u32, SANITIZED ? 10000 : 50000, plain_count),
              "most rows are plain, or this shows nothing");
}

/* Kernels take rows without quotes eight at a time, and where one of those is of another kind, one
 * by one. */
Test(digest, every_width_agrees_with_the_exact_way_on_rows_in_groups)
{
    uint64_t state = 2;
    for (int round = 0; round < (SANITIZED ? 1200 : 6000); round++) {
        struct buffer text = {0};
        uint64_t odd_rows = random_below(&state, 3) == 0 ? 20 : 1000;
        for (uint64_t row = 1 + random_below(&state, 40); row > 0; row--) {
            bool odd = random_below(&state, odd_rows) == 0;
            for (int field = 0; field < 4; field++) {
                static const uint64_t sizes[] = {12, 16, 40, 64};
                bool zero = field == 0 && random_below(&state, 2) == 0;
                buffer_text(&text, odd || field == 3 ? "" : zero ? "0k" : "k");
                append_random(&text, &state, odd ? 70 : sizes[random_below(&state, 4)] - 2, odd);
                buffer_text(&text, ",");
            }
            buffer_text(&text, odd && random_below(&state, 8) == 0 ? ",x\n" : "\n");
        }
        digests_compare(buffer_view(&text));
        buffer_close(&text);
    }
    cr_expect(lt(u32, SANITIZED ? 100000 : 500000, plain_count),
              "most rows are plain, or this shows nothing");
}

/* Marked rows: what a rule notes about a value, at every length and place. */
Test(digest, every_width_notes_the_same_troubles_as_the_exact_way)
{
    uint64_t state = 3;
    for (int round = 0; round < (SANITIZED ? 1200 : 6000); round++) {
        struct buffer text = {0};
        schema.columns[4].type = round % 2 == 0 ? COLUMN_TEXT : COLUMN_ID_LIST;
        for (uint64_t row = 1 + random_below(&state, 12); row > 0; row--) {
            for (uint64_t zeros = random_below(&state, 70); zeros > 0; zeros--) {
                buffer_text(&text, "0");
            }
            buffer_text(&text, "1,a@b.c,N,T,");
            append_noted(&text, &state);
            buffer_text(&text, "\n");
        }
        digests_compare(buffer_view(&text));
        buffer_close(&text);
    }
    cr_expect(lt(u32, SANITIZED ? 10000 : 50000, plain_count),
              "most rows are plain, or this shows nothing");
    cr_expect(lt(u32, SANITIZED ? 4000 : 20000, troubled_count));
    for (size_t choice = 0; choice < 4; choice++) {
        cr_expect(lt(u32, SANITIZED ? 600 : 3000, suspect_counts[choice]),
                  "a control character is no reason");
    }
}

Test(digest, every_email_of_few_letters_is_judged_alike)
{
    static const char alphabet[] = {'a', '@', '.', 'Z'};
    for (uint32_t number = 0; number < 4 * 4 * 4 * 4 * 4 * 4 * 4; number++) {
        char line[] = "X1,.......,N,T,\n";
        uint32_t rest = number;
        for (size_t index = 0; index < 7; index++) {
            line[3 + index] = alphabet[rest % 4];
            rest /= 4;
        }
        struct buffer lines = {0};
        for (unsigned row = 0; row < 9; row++) {
            buffer_span(&lines, span_make(line, sizeof line - 1));
        }
        digests_compare(buffer_view(&lines));
        buffer_close(&lines);
    }
}

Test(digest, keys_are_judged_alike_at_every_length_around_a_block)
{
    for (size_t size = 1; size <= 130; size++) {
        for (int column = 0; column < 4; column++) {
            struct buffer text = {0};
            for (int field = 0; field < FIELD_COUNT; field++) {
                buffer_text(&text, field > 0 ? "," : "");
                if (field != column) {
                    buffer_text(&text, field == 1 ? "a@b.c" : "N");
                    continue;
                }
                for (size_t index = 0; index < size; index++) {
                    buffer_byte(&text, field == 1 && index == size / 2   ? '@'
                                       : field == 1 && index + 2 == size ? '.'
                                                                         : 'K');
                }
            }
            buffer_text(&text, "\n");
            digests_compare(buffer_view(&text));
            buffer_close(&text);
        }
    }
    cr_expect(lt(u32, 1000, plain_count));
}

/* Rows behind it, so that there is room to look at it 64 bytes at a time. */
Test(digest, a_control_character_is_noticed_anywhere_in_a_long_value)
{
    static const char controls[] = {'\x01', '\t', '\x1F', '\x7F'};
    for (size_t size = 60; size <= 200; size += size < 70 ? 1 : 13) {
        for (size_t place = 0; place<size; place += place> 50 && place < 70 ? 1 : 7) {
            struct buffer text = {0};
            for (unsigned row = 0; row < 12; row++) {
                buffer_text(&text, "X1,a@b.c,N");
                for (size_t index = 0; index < size; index++) {
                    bool odd = index == place && row < 3 * sizeof controls && row % 3 == 2;
                    buffer_text(&text, index == size / 3 ? "," : "");
                    buffer_byte(&text, odd ? controls[row / 3] : 'k');
                }
                buffer_text(&text, ",T\n");
            }
            digests_compare(buffer_view(&text));
            buffer_close(&text);
        }
    }
    cr_expect(lt(u32, 1000, plain_count));
}

Test(digest, zeros_in_front_of_an_id_make_no_difference_to_its_hash)
{
    digests_compare(SPAN("000,a@b.c,N,,\n0001,a@b.c,N,,\n00000000000000000000000000000000000000000"
                         "00000000000000000000000,a@b.c,N,,\n"));
    cr_expect(eq(u32, plain_count, 20), "three rows in four widths, two of them twice");
}

Test(digest, a_row_without_a_needed_value_is_not_plain)
{
    digests_compare(SPAN(",a@b.c,N,,\nX1,,N,,\nX1,a@b.c,,,\n\"\",a@b.c,N,,\nX1,\"\",N,,\n"));
    cr_expect(eq(u32, plain_count, 0));
}

Test(digest, a_row_without_a_needed_value_is_not_plain_among_others)
{
    for (unsigned place = 0; place < 9; place++) {
        struct buffer lines = {0};
        for (unsigned row = 0; row < 9; row++) {
            buffer_text(&lines, row == place ? "X1,a@b.c,,T,\n" : "X1,a@b.c,N,T,\n");
        }
        plain_count = 0;
        digests_compare(buffer_view(&lines));
        cr_expect(ge(u32, plain_count, 4 * 8), "%u", place);
        buffer_close(&lines);
    }
}

Test(digest, every_byte_of_a_short_id_is_folded_alike)
{
    for (int byte = '!'; byte <= '~'; byte++) {
        char line[] = "X.,a@b.c,N,T,\n";
        if (byte == ',' || byte == '"') {
            continue;
        }
        line[1] = (char)byte;
        struct buffer lines = {0};
        for (unsigned row = 0; row < 9; row++) { /* a group, and one alone */
            buffer_span(&lines, span_make(line, sizeof line - 1));
        }
        digests_compare(buffer_view(&lines));
        buffer_close(&lines);
    }
    cr_expect(lt(u32, 92 * 4 * 9, plain_count));
}
