/* SPDX-License-Identifier: MIT */
/*
 * The kernel of digest.h, compiled once for each width. The including file defines KERNEL; the
 * width is that of base/block.h. Hashes must be those of value.c, byte for byte the same input.
 */
#include "base/block.h"
#include "base/hash.h"
#include "base/limits.h"
#include "table/digest.h"
#include "table/schema.h"
#include "table/value.h"

_Static_assert(ROW_NEAR_SIZE <= FIELD_SIZE_MAX, "a row that is not looked at has no long value");

struct slice {
    const unsigned char *ptr;
    size_t len;
};

/* The rule of invalid-email, on masks of a block that is NUL behind its `len` bytes (see
 * value_is_email). */
static inline bool block_is_email(const struct block *block, size_t len)
{
    uint64_t ats = block_equal(block, '@');
    uint64_t blanks = block_equal(block, ' ');
    uint64_t dots = block_equal(block, '.');
    /* Nothing before the first byte of the domain, it included, nor the last byte counts. */
    uint64_t up_to_at = ats ^ (ats - 1);
    uint64_t inner = ~(up_to_at << 1 | 1) & ~(UINT64_C(1) << (len - 1));
    /* All conditions at once: what addresses look like differs from row to row. */
    return ((ats == 0) | ((ats & (ats - 1)) != 0) | ((ats & 1) != 0) | (blanks != 0) |
            ((dots & inner) == 0)) == 0;
}

static inline struct slice record_slice(const struct digest_job *job,
                                        const struct scan_record *record, uint32_t field)
{
    uint32_t at = record->first_field + field;
    uint32_t start = field == 0 ? record->start : job->field_ends[at - 1] + 1;
    uint32_t end = job->field_ends[at];
    struct slice slice = {job->base + start, end - start};
    if ((record->flags & SCAN_QUOTED) != 0 && slice.len >= 2 && slice.ptr[0] == '"') {
        slice.ptr++;
        slice.len -= 2;
    }
    return slice;
}

/* Whether a slice has no more than `size` bytes and sixteen can be loaded from its start on. */
static inline bool slice_is_short(const struct digest_job *job, struct slice slice, size_t size)
{
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return slice.len <= size && (size_t)(job->readable_end - slice.ptr) >= HASH_SHORT_SIZE;
#else
    return false;
#endif
}

/* A short slice as two words, NULs behind it, ASCII letters lower-cased where that is asked for. */
#if defined(__SSE2__) && !defined(BLOCK_PLAIN)

static inline void short_load(struct slice slice, bool fold, uint64_t words[2])
{
    static const unsigned char ones[2 * HASH_SHORT_SIZE] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                            0xFF, 0xFF, 0xFF, 0xFF};
    const unsigned char *mask = ones + HASH_SHORT_SIZE - slice.len;
    __m128i bytes = _mm_and_si128(_mm_loadu_si128((const __m128i *)slice.ptr),
                                  _mm_loadu_si128((const __m128i *)mask));
    if (fold) {
        __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1));
        __m128i below = _mm_cmplt_epi8(bytes, _mm_set1_epi8('Z' + 1));
        __m128i upper = _mm_and_si128(above, below);
        bytes = _mm_or_si128(bytes, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    }
    words[0] = (uint64_t)_mm_cvtsi128_si64(bytes);
    words[1] = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(bytes, bytes));
}

#else

static inline uint64_t word_keep(uint64_t word, size_t len)
{
    return len < 8 ? word & ((UINT64_C(1) << len * 8) - 1) : word;
}

static inline uint64_t word_fold(uint64_t word)
{
    const uint64_t every = UINT64_C(0x0101010101010101);
    uint64_t low = word & ~(every << 7);
    uint64_t from_a = low + every * (0x80 - 'A');
    uint64_t behind_z = low + every * (0x80 - 'Z' - 1);
    return word | (from_a & ~behind_z & ~word & every << 7) >> 2;
}

static inline void short_load(struct slice slice, bool fold, uint64_t words[2])
{
    memcpy(words, slice.ptr, HASH_SHORT_SIZE);
    words[0] = word_keep(words[0], slice.len);
    words[1] = word_keep(words[1], slice.len > 8 ? slice.len - 8 : 0);
    words[0] = fold ? word_fold(words[0]) : words[0];
    words[1] = fold ? word_fold(words[1]) : words[1];
}

#endif

static inline uint64_t block_hash(const struct hash_secret *secret, const struct block *block,
                                  size_t len)
{
    _Alignas(64) unsigned char bytes[64];
    struct block folded = block_fold(block);
    block_store(&folded, bytes);
    return hash_block(secret, bytes, len);
}

/* Up to 64 bytes, and NULs behind them. */
static inline struct block slice_block(const struct digest_job *job, struct slice slice)
{
#if defined(BLOCK_LOAD_SOME_IS_NATIVE)
    (void)job;
#else
    if ((size_t)(job->readable_end - slice.ptr) >= 64) {
        struct block block = block_load(slice.ptr);
        return block_keep(&block, slice.len);
    }
#endif
    return block_load_some(slice.ptr, slice.len);
}

static inline uint64_t id_hash(const struct digest_job *job, struct slice id)
{
    while (id.len > 0 && *id.ptr == '0') {
        id.ptr++;
        id.len--;
    }
    if (slice_is_short(job, id, HASH_SHORT_SIZE)) {
        uint64_t words[2];
        short_load(id, true, words);
        return hash_short(&job->id_secret, words[0], words[1], id.len);
    }
    struct block block = slice_block(job, id);
    return block_hash(&job->id_secret, &block, id.len);
}

static inline struct id_key slice_key(const struct digest_job *job, struct slice slice)
{
    if (!slice_is_short(job, slice, ID_KEY_SIZE)) {
        return id_key_make(span_make(slice.ptr, slice.len), job->seed);
    }
    uint64_t words[2];
    short_load(slice, false, words);
    return (struct id_key){words[0], (uint32_t)words[1]};
}

/* What is left to the exact way is known at once from the scanner's marks and the shape. */
static void rows_sort_out(const struct digest_job *job)
{
    for (size_t row = 0; row < job->count; row++) {
        const struct scan_record *record = &job->records[row];
        uint32_t last = record->first_field + record->field_count - 1;
        bool exact = (record->flags & (SCAN_SUSPECT | SCAN_EXACT)) != 0 ||
                     record->field_count != job->field_count ||
                     job->field_ends[last] - record->start > ROW_NEAR_SIZE;
        job->states[row] = exact ? DIGEST_EXACT : DIGEST_PLAIN;
    }
}

static void ids_digest(const struct digest_job *job)
{
    for (size_t row = 0; row < job->count; row++) {
        if (job->states[row] == DIGEST_EXACT) {
            continue;
        }
        struct slice id = record_slice(job, &job->records[row], job->id_field);
        if (id.len == 0 || id.len > HASH_BLOCK_SIZE) {
            job->states[row] = DIGEST_EXACT;
            continue;
        }
        job->id_hashes[row] = id_hash(job, id);
    }
}

static void emails_digest(const struct digest_job *job)
{
    for (size_t row = 0; row < job->count; row++) {
        if (job->states[row] == DIGEST_EXACT) {
            continue;
        }
        struct slice email = record_slice(job, &job->records[row], job->email_field);
        if (email.len == 0 || email.len > HASH_BLOCK_SIZE) {
            job->states[row] = DIGEST_EXACT;
            continue;
        }
        struct block block = slice_block(job, email);
        job->states[row] = block_is_email(&block, email.len) ? DIGEST_PLAIN : DIGEST_BAD_EMAIL;
        job->email_hashes[row] = block_hash(&job->email_secret, &block, email.len);
    }
}

static void others_digest(const struct digest_job *job)
{
    for (size_t row = 0; row < job->count; row++) {
        if (job->states[row] == DIGEST_EXACT) {
            continue;
        }
        if (job->filled_field != SCHEMA_NO_COLUMN &&
            record_slice(job, &job->records[row], job->filled_field).len == 0) {
            job->states[row] = DIGEST_EXACT;
        } else if (job->reference_field != SCHEMA_NO_COLUMN) {
            struct slice reference = record_slice(job, &job->records[row], job->reference_field);
            job->references[row] = slice_key(job, reference);
        }
    }
}

/* Column by column: each loop keeps its constants in registers. */
void KERNEL(const struct digest_job *job)
{
    rows_sort_out(job);
    ids_digest(job);
    if (job->email_field != SCHEMA_NO_COLUMN) {
        emails_digest(job);
    }
    if (job->filled_field != SCHEMA_NO_COLUMN || job->reference_field != SCHEMA_NO_COLUMN) {
        others_digest(job);
    }
}
