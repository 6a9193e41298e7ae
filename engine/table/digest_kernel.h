/* SPDX-License-Identifier: MIT */
/*
 * The kernel of digest.h, compiled once for each width. The including file defines KERNEL; the
 * width is that of base/block.h. Hashes must be those of value.c, byte for byte the same input.
 *
 * Straight through each row: what differs from row to row cannot be foreseen, and a wrong guess
 * costs as much as a whole row. Rows without quotes are taken eight at a time: what is to be done
 * with a number or two of each is done for all of them at once.
 */
#include "base/block.h"
#include "base/hash.h"
#include "base/limits.h"
#include "table/digest.h"
#include "table/look_kernel.h"
#include "table/schema.h"
#include "table/value.h"

_Static_assert(ROW_NEAR_SIZE <= FIELD_SIZE_MAX, "a row that is not looked at has no long value");

/* Rows that are taken together: as many as a block has words. */
#define GROUP_SIZE HASH_BLOCK_WORDS

/* What never changes; in registers where there are enough. */
struct digest_bytes {
    struct block at, blank, dot;
};

/* Where in an e-mail address there is something that the rule asks for. */
struct email_marks {
    uint64_t ats, blanks, dots;
};

static inline struct email_marks block_email_marks(const struct block *block,
                                                   const struct digest_bytes *bytes)
{
    return (struct email_marks){block_same(block, &bytes->at), block_same(block, &bytes->blank),
                                block_same(block, &bytes->dot)};
}

/* The rule of invalid-email (see value_is_email), for `len` bytes. */
static inline bool marks_are_email(struct email_marks marks, size_t len)
{
    uint64_t ats = marks.ats;
    uint64_t wrong = marks.blanks | (ats & (ats - 1)) | (ats & 1);
    /* A dot counts behind the first byte of the domain and before the last one; without an @,
     * there is no such place. */
    uint64_t inner = ~((ats ^ (ats - 1)) << 1 | 1) & ~(UINT64_C(1) << (len - 1));
    return (wrong == 0) & ((marks.dots & inner) != 0);
}

/* A value as it lies in the file. */
static inline struct slice plain_slice(const struct digest_job *job,
                                       const struct scan_record *record, uint32_t field)
{
    uint32_t at = record->first_field + field;
    uint32_t start = field == 0 ? record->start : job->field_ends[at - 1] + 1;
    return (struct slice){job->base + start, job->field_ends[at] - start};
}

/* The same without the quotes around it. In a record that the scanner has split, a quote at the
 * start of a field means that there is one at its end; unless a map has changed since. */
static inline struct slice record_slice(const struct digest_job *job,
                                        const struct scan_record *record, uint32_t field)
{
    struct slice raw = plain_slice(job, record, field);
    size_t quotes = (size_t)(*raw.ptr == '"') & (size_t)(raw.len >= 2);
    return (struct slice){raw.ptr + quotes, raw.len - 2 * quotes};
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

/* The products of which the hash is the sum. */
static inline struct block block_hash_words(const struct hash_secret *secret,
                                            const struct block *block)
{
    struct block folded = block_fold(block);
    struct block words = block_load((const unsigned char *)secret->words);
    return block_word_products(&folded, &words);
}

static inline uint64_t block_hash(const struct hash_secret *secret, const struct block *block)
{
    struct block products = block_hash_words(secret, block);
    return hash_finish(block_word_sum(&products));
}

static inline struct slice slice_without_zeros(struct slice id)
{
    while (id.len > 0 && *id.ptr == '0') {
        id.ptr++;
        id.len--;
    }
    return id;
}

static inline uint64_t id_hash(const struct hash_secret *secret, struct slice id)
{
    id = slice_without_zeros(id);
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
    return (struct id_key){.low = words[0], .high = (uint32_t)words[1]};
}

/* Which bits of a struct marked_look mean what. */
struct marked_columns {
    uint32_t keys; /* columns whose value is hashed, or has to be there */
    uint64_t key_troubles;
    uint64_t ignored; /* troubles that no rule asks for */
};

static inline struct marked_columns marked_columns_make(const struct digest_job *job)
{
    struct marked_columns columns = {0};
    for (unsigned column = 0; column < job->schema->column_count; column++) {
        uint32_t field = job->positions[column];
        if (field == job->id_field || field == job->email_field || field == job->reference_field ||
            field == job->filled_field) {
            columns.keys |= UINT32_C(1) << column;
            columns.key_troubles |=
                row_troubles_pack(column, VALUE_TROUBLES & ~(unsigned)VALUE_INVALID_EMAIL);
        }
        if (job->schema->columns[column].type == COLUMN_ID_LIST) {
            columns.ignored |= row_troubles_pack(column, VALUE_SPECIAL_CHARACTER);
        }
    }
    return columns;
}

/* What the loop needs at hand: in the job it could be changed by what is written. */
struct digest_state_now {
    struct hash_secret id_secret, email_secret;
    struct digest_bytes bytes;
    struct marked_columns columns;
    size_t readable;
};

/* Whether the row has the shape that this is for. 64 bytes can be read from each of its own. */
static inline bool row_is_plain(const struct digest_job *job, const struct scan_record *record,
                                size_t readable)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return false; /* short_load would differ from id_key_make */
#endif
    if ((record->flags & SCAN_EXACT) != 0 || record->field_count != job->field_count) {
        return false;
    }
    size_t end = job->field_ends[record->first_field + record->field_count - 1];
    return end - record->start <= ROW_NEAR_SIZE && readable - end >= HASH_BLOCK_SIZE;
}

static inline bool slice_is_key(struct slice slice)
{
    return slice.len - 1 < HASH_BLOCK_SIZE;
}

/* The troubles of a row that the scanner marked, for its row word. False where a rule of pass 1
 * may speak, or a key is not what its bytes are. */
static inline bool marked_row_look(const struct digest_job *job, const struct scan_record *record,
                                   const struct marked_columns *columns, uint64_t *troubles)
{
    bool suspect = (record->flags & SCAN_SUSPECT) != 0;
    const unsigned char *start = job->base + record->start;
    const unsigned char *end =
        job->base + job->field_ends[record->first_field + record->field_count - 1];
    if (suspect && !bytes_are_sound(start, end)) {
        return false;
    }
    uint32_t left = 0;
    for (unsigned column = 0; column < job->schema->column_count; column++) {
        struct slice raw = plain_slice(job, record, job->positions[column]);
        uint32_t notable = raw_is_notable(raw);
        uint32_t control = suspect && slice_may_have_control(raw);
        left |= (notable | control) << column;
    }
    struct marked_look look = {0};
    /* Mostly it is one of them. */
    for (; left != 0; left &= left - 1) {
        unsigned column = mask_first(left);
        value_look(&look, column, record_slice(job, record, job->positions[column]));
    }
    *troubles = look.troubles & ~columns->ignored;
    return look.longest <= HASH_BLOCK_SIZE && (look.odd & columns->keys) == 0 &&
           (look.troubles & columns->key_troubles) == 0;
}

static inline enum digest_state row_digest(const struct digest_job *job, size_t row,
                                           const struct digest_state_now *now)
{
    const struct scan_record *record = &job->records[row];
    if (!row_is_plain(job, record, now->readable)) {
        return DIGEST_EXACT;
    }
    struct slice id = record_slice(job, record, job->id_field);
    uint64_t troubles = 0;
    if (!slice_is_key(id) || ((record->flags & (SCAN_SUSPECT | SCAN_NOTABLE)) != 0 &&
                              !marked_row_look(job, record, &now->columns, &troubles))) {
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
        struct email_marks marks = block_email_marks(&block, &now->bytes);
        state = marks_are_email(marks, email.len) ? DIGEST_PLAIN : DIGEST_BAD_EMAIL;
    }
    job->id_hashes[row] = id_hash(&now->id_secret, id);
    job->words[row] |= troubles;
    return state;
}

/* Whether all rows of a group have that shape, no quotes and no marks. */
static inline bool group_is_plain(const struct digest_job *job, size_t row, size_t readable)
{
    const struct scan_record *records = &job->records[row];
    uint32_t flags = 0;
    uint32_t counts = 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return false;
#endif
    for (unsigned index = 0; index < GROUP_SIZE; index++) {
        flags |= records[index].flags;
        counts |= records[index].field_count ^ job->field_count;
    }
    if (flags != 0 || counts != 0) {
        return false;
    }
    size_t longest = 0;
    size_t end = 0;
    for (unsigned index = 0; index < GROUP_SIZE; index++) {
        end = job->field_ends[records[index].first_field + job->field_count - 1];
        size_t size = end - records[index].start;
        longest = size > longest ? size : longest;
    }
    return longest <= ROW_NEAR_SIZE && readable - end >= HASH_BLOCK_SIZE;
}

/* The e-mails of a group. False where one of them is none that could be hashed here. */
static inline bool group_emails(const struct digest_job *job, size_t row,
                                const struct digest_state_now *now)
{
    struct block products[GROUP_SIZE];
    struct email_marks marks[GROUP_SIZE];
    uint64_t sizes[GROUP_SIZE];
    uint64_t sums[GROUP_SIZE];
    for (unsigned index = 0; index < GROUP_SIZE; index++) {
        struct slice email = plain_slice(job, &job->records[row + index], job->email_field);
        if (!slice_is_key(email)) {
            return false;
        }
        struct block block = slice_block(email);
        marks[index] = block_email_marks(&block, &now->bytes);
        sizes[index] = email.len;
        products[index] = block_hash_words(&now->email_secret, &block);
    }
    blocks_word_sums(products, sums);
    for (unsigned index = 0; index < GROUP_SIZE; index++) {
        job->email_hashes[row + index] = hash_finish(sums[index]);
    }
    for (unsigned index = 0; index < GROUP_SIZE; index++) {
        bool sound = marks_are_email(marks[index], sizes[index]);
        job->states[row + index] = sound ? DIGEST_PLAIN : DIGEST_BAD_EMAIL;
    }
    return true;
}

/* The ids of a group; the same. */
static inline bool group_ids(const struct digest_job *job, size_t row,
                             const struct digest_state_now *now)
{
    const struct hash_secret *secret = &now->id_secret;
    uint64_t words[2][GROUP_SIZE];
    uint64_t sums[GROUP_SIZE];
    uint64_t longest = 0;
    for (unsigned index = 0; index < GROUP_SIZE; index++) {
        struct slice id = plain_slice(job, &job->records[row + index], job->id_field);
        if (!slice_is_key(id)) {
            return false;
        }
        id = slice_without_zeros(id);
        longest = id.len > longest ? id.len : longest;
        uint64_t both[2];
        id.len = id.len < HASH_SHORT_SIZE ? id.len : HASH_SHORT_SIZE;
        short_load(id, false, both);
        words[0][index] = both[0];
        words[1][index] = both[1];
    }
    struct block low = block_load((const unsigned char *)words[0]);
    struct block high = block_load((const unsigned char *)words[1]);
    low = block_fold(&low);
    high = block_fold(&high);
    struct block low_secret = block_spread_word(secret->words[0]);
    struct block high_secret = block_spread_word(secret->words[1]);
    low = block_word_products(&low, &low_secret);
    high = block_word_products(&high, &high_secret);
    low = block_add_words(&low, &high);
    block_store(&low, (unsigned char *)sums);
    for (unsigned index = 0; index < GROUP_SIZE; index++) {
        job->id_hashes[row + index] = hash_finish(sums[index] + secret->rest);
    }
    for (unsigned index = 0; longest > HASH_SHORT_SIZE && index < GROUP_SIZE; index++) {
        struct slice id = plain_slice(job, &job->records[row + index], job->id_field);
        job->id_hashes[row + index] = id_hash(secret, id);
    }
    return true;
}

/* False where the rows have to be taken one by one; what is written then does not count. */
static inline bool group_digest(const struct digest_job *job, size_t row,
                                const struct digest_state_now *now)
{
    if (!group_is_plain(job, row, now->readable) || !group_ids(job, row, now)) {
        return false;
    }
    if (job->filled_field != SCHEMA_NO_COLUMN) {
        bool filled = true;
        for (unsigned index = 0; index < GROUP_SIZE; index++) {
            const struct scan_record *record = &job->records[row + index];
            filled = filled && plain_slice(job, record, job->filled_field).len > 0;
        }
        if (!filled) {
            return false;
        }
    }
    for (unsigned index = 0; job->reference_field != SCHEMA_NO_COLUMN && index < GROUP_SIZE;
         index++) {
        const struct scan_record *record = &job->records[row + index];
        struct slice reference = plain_slice(job, record, job->reference_field);
        job->references[row + index] = slice_key(reference, job->seed);
    }
    if (job->email_field == SCHEMA_NO_COLUMN) {
        memset(job->states + row, DIGEST_PLAIN, GROUP_SIZE);
        return true;
    }
    return group_emails(job, row, now);
}

void KERNEL(const struct digest_job *shared)
{
    const struct digest_job job = *shared;
    const struct digest_state_now now = {
        .id_secret = job.id_secret,
        .email_secret = job.email_secret,
        .bytes = {.at = block_spread('@'), .blank = block_spread(' '), .dot = block_spread('.')},
        .columns = marked_columns_make(&job),
        .readable = (size_t)(job.readable_end - job.base),
    };
    size_t row = 0;
    while (row < job.count) {
        size_t end = job.count - row < GROUP_SIZE ? job.count : row + GROUP_SIZE;
        if (end - row == GROUP_SIZE && group_digest(&job, row, &now)) {
            row = end;
        }
        for (; row < end; row++) {
            job.states[row] = (unsigned char)row_digest(&job, row, &now);
        }
    }
}
