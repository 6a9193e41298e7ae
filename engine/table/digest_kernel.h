/* SPDX-License-Identifier: MIT */
/*
 * The kernel of digest.h, compiled once for each width. The including file defines KERNEL; the
 * width is that of base/block.h. Hashes must be those of value.c, byte for byte the same input.
 *
 * Column by column, in short loops that the processor can run several rows ahead of; and straight
 * through each row: what differs from row to row cannot be foreseen, and a wrong guess costs as
 * much as a whole row.
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

/* What never changes; in registers where there are enough. */
struct digest_bytes {
    struct block at, blank, dot;
};

/* The rule of invalid-email, on masks of a block that is NUL behind its `len` bytes (see
 * value_is_email). */
static inline bool block_is_email(const struct block *block, size_t len,
                                  const struct digest_bytes *bytes)
{
    uint64_t ats = block_same(block, &bytes->at);
    uint64_t wrong = block_same(block, &bytes->blank) | (ats & (ats - 1)) | (ats & 1);
    /* A dot counts behind the first byte of the domain and before the last one; without an @,
     * there is no such place. */
    uint64_t inner = ~((ats ^ (ats - 1)) << 1 | 1) & ~(UINT64_C(1) << (len - 1));
    return (wrong == 0) & ((block_same(block, &bytes->dot) & inner) != 0);
}

/* A value as it lies in the file, without the quotes around it. In a record that the scanner has
 * split, a quote at the start of a field means that there is one at its end. */
static inline struct slice record_slice(const struct digest_job *job,
                                        const struct scan_record *record, uint32_t field)
{
    uint32_t at = record->first_field + field;
    uint32_t start = field == 0 ? record->start : job->field_ends[at - 1] + 1;
    uint32_t end = job->field_ends[at];
    uint32_t quotes = job->base[start] == '"' ? 1 : 0;
    return (struct slice){job->base + start + quotes, end - start - 2 * quotes};
}

/* A slice of up to sixteen bytes as two words, NULs behind it, lower-cased where that is asked for.
 * More bytes are read than it has. */
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

static inline void short_load(struct slice slice, bool fold, uint64_t words[2])
{
    memcpy(words, slice.ptr, HASH_SHORT_SIZE);
    words[0] = word_keep(words[0], slice.len);
    words[1] = word_keep(words[1], slice.len > 8 ? slice.len - 8 : 0);
    words[0] = fold ? word_fold(words[0]) : words[0];
    words[1] = fold ? word_fold(words[1]) : words[1];
}

#endif

/* Up to 64 bytes, and NULs behind them. */
static inline struct block slice_block(struct slice slice)
{
    struct block block = block_load(slice.ptr);
    return block_keep(&block, slice.len);
}

static inline uint64_t block_hash(const struct hash_secret *secret, const struct block *block)
{
    struct block folded = block_fold(block);
    return hash_finish(block_products(&folded, secret->words));
}

static inline uint64_t id_hash(const struct hash_secret *secret, struct slice id)
{
    while (id.len > 0 && *id.ptr == '0') {
        id.ptr++;
        id.len--;
    }
    if (id.len <= HASH_SHORT_SIZE) {
        uint64_t words[2];
        short_load(id, true, words);
        return hash_short(secret, words[0], words[1]);
    }
    struct block block = slice_block(id);
    return block_hash(secret, &block);
}

static inline struct id_key slice_key(struct slice slice, uint64_t seed)
{
    if (slice.len > ID_KEY_SIZE) {
        return id_key_make(span_make(slice.ptr, slice.len), seed);
    }
    uint64_t words[2];
    short_load(slice, false, words);
    return (struct id_key){words[0], (uint32_t)words[1]};
}

/* What the loop needs at hand: in the job it could be changed by what is written. */
struct digest_state_now {
    struct hash_secret id_secret, email_secret;
    struct digest_bytes bytes;
    size_t readable;
};

/* Whether the row has the shape that this is for. 64 bytes can be read from each of its own. */
static inline bool row_is_plain(const struct digest_job *job, const struct scan_record *record,
                                size_t readable)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return false; /* short_load would differ from id_key_make */
#endif
    if ((record->flags & (SCAN_SUSPECT | SCAN_EXACT)) != 0 ||
        record->field_count != job->field_count) {
        return false;
    }
    size_t end = job->field_ends[record->first_field + record->field_count - 1];
    return end - record->start <= ROW_NEAR_SIZE && readable - end >= HASH_BLOCK_SIZE;
}

static inline bool slice_is_key(struct slice slice)
{
    return slice.len - 1 < HASH_BLOCK_SIZE;
}

static inline enum digest_state row_digest(const struct digest_job *job, size_t row,
                                           const struct digest_state_now *now)
{
    const struct scan_record *record = &job->records[row];
    if (!row_is_plain(job, record, now->readable)) {
        return DIGEST_EXACT;
    }
    struct slice id = record_slice(job, record, job->id_field);
    if (!slice_is_key(id)) {
        return DIGEST_EXACT;
    }
    if (job->filled_field != SCHEMA_NO_COLUMN &&
        record_slice(job, record, job->filled_field).len == 0) {
        return DIGEST_EXACT;
    }
    if (job->reference_field != SCHEMA_NO_COLUMN) {
        struct slice reference = record_slice(job, record, job->reference_field);
        job->references[row] = slice_key(reference, job->seed);
    }
    enum digest_state state = DIGEST_PLAIN;
    if (job->email_field != SCHEMA_NO_COLUMN) {
        struct slice email = record_slice(job, record, job->email_field);
        if (!slice_is_key(email)) {
            return DIGEST_EXACT;
        }
        struct block block = slice_block(email);
        job->email_hashes[row] = block_hash(&now->email_secret, &block);
        state = block_is_email(&block, email.len, &now->bytes) ? DIGEST_PLAIN : DIGEST_BAD_EMAIL;
    }
    job->id_hashes[row] = id_hash(&now->id_secret, id);
    return state;
}

void KERNEL(const struct digest_job *shared)
{
    const struct digest_job job = *shared;
    const struct digest_state_now now = {
        .id_secret = job.id_secret,
        .email_secret = job.email_secret,
        .bytes = {.at = block_spread('@'), .blank = block_spread(' '), .dot = block_spread('.')},
        .readable = (size_t)(job.readable_end - job.base),
    };
    for (size_t row = 0; row < job.count; row++) {
        job.states[row] = (unsigned char)row_digest(&job, row, &now);
    }
}
