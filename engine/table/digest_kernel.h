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

/* Keys longer than a block go the exact way, which is slower and rare. */
#define KEY_SIZE_MAX 64

struct slice {
    const unsigned char *ptr;
    size_t len;
};

static inline struct block slice_load(struct slice slice, const unsigned char *readable_end)
{
#if defined(BLOCK_LOAD_SOME_IS_NATIVE)
    (void)readable_end;
    return block_load_some(slice.ptr, slice.len);
#else
    /* Bytes behind the slice are loaded too where they may be; the masks leave them out. */
    if ((size_t)(readable_end - slice.ptr) >= 64) {
        return block_load(slice.ptr);
    }
    return block_load_some(slice.ptr, slice.len);
#endif
}

static inline uint64_t folded_block_hash(const struct block *block, size_t len, uint64_t seed)
{
    unsigned char bytes[64];
    struct block folded = block_fold(block);
    block_store(&folded, bytes);
    uint64_t hash = hash_bytes(bytes, len, seed);
    return hash != 0 ? hash : 1;
}

/* The rule of invalid-email, on masks of the first `len` bytes (see value_is_email). */
static inline int block_is_email(const struct block *block, size_t len)
{
    uint64_t valid = len < 64 ? (UINT64_C(1) << len) - 1 : ~UINT64_C(0);
    uint64_t ats = block_equal(block, '@') & valid;
    uint64_t blanks = block_equal(block, ' ') & valid;
    uint64_t dots = block_equal(block, '.') & valid;
    /* Nothing before the first byte of the domain, it included, nor the last byte counts. */
    uint64_t up_to_at = ats ^ (ats - 1);
    uint64_t inner = ~(up_to_at << 1 | 1) & (valid >> 1);
    return ats != 0 && (ats & (ats - 1)) == 0 && (ats & 1) == 0 && blanks == 0 &&
           (dots & inner) != 0;
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

static inline struct id_key slice_key(const struct digest_job *job, struct slice slice)
{
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (slice.len <= ID_KEY_SIZE && (size_t)(job->readable_end - slice.ptr) >= ID_KEY_SIZE) {
        /* Both words, and what lies behind the id masked away. */
        struct id_key key;
        memcpy(&key.low, slice.ptr, 8);
        memcpy(&key.high, slice.ptr + 8, 4);
        unsigned high_bits = slice.len > 8 ? (unsigned)(slice.len - 8) * 8 : 0;
        key.low &= slice.len < 8 ? (UINT64_C(1) << slice.len * 8) - 1 : ~UINT64_C(0);
        key.high &= (uint32_t)((UINT64_C(1) << high_bits) - 1);
        return key;
    }
#endif
    return id_key_make(span_make(slice.ptr, slice.len), job->seed);
}

static inline enum digest_state row_digest(const struct digest_job *job, size_t row)
{
    const struct scan_record *record = &job->records[row];
    if ((record->flags & (SCAN_SUSPECT | SCAN_EXACT)) != 0 ||
        record->field_count != job->field_count ||
        job->field_ends[record->first_field + record->field_count - 1] - record->start >
            ROW_NEAR_SIZE) {
        return DIGEST_EXACT;
    }
    struct slice id = record_slice(job, record, job->id_field);
    if (id.len == 0 || id.len > KEY_SIZE_MAX) {
        return DIGEST_EXACT;
    }
    while (id.len > 0 && *id.ptr == '0') {
        id.ptr++;
        id.len--;
    }
    struct block block = slice_load(id, job->readable_end);
    job->id_hashes[row] = folded_block_hash(&block, id.len, job->seed);
    if (job->filled_field != SCHEMA_NO_COLUMN &&
        record_slice(job, record, job->filled_field).len == 0) {
        return DIGEST_EXACT;
    }
    enum digest_state state = DIGEST_PLAIN;
    if (job->email_field != SCHEMA_NO_COLUMN) {
        struct slice email = record_slice(job, record, job->email_field);
        if (email.len == 0 || email.len > KEY_SIZE_MAX) {
            return DIGEST_EXACT;
        }
        block = slice_load(email, job->readable_end);
        state = block_is_email(&block, email.len) ? DIGEST_PLAIN : DIGEST_BAD_EMAIL;
        job->email_hashes[row] =
            folded_block_hash(&block, email.len, job->seed ^ VALUE_EMAIL_SALT);
    }
    if (job->reference_field != SCHEMA_NO_COLUMN) {
        struct slice reference = record_slice(job, record, job->reference_field);
        job->references[row] = slice_key(job, reference);
    }
    return state;
}

void KERNEL(const struct digest_job *job)
{
    for (size_t row = 0; row < job->count; row++) {
        job->states[row] = (unsigned char)row_digest(job, row);
    }
}
