/* SPDX-License-Identifier: MIT */
/*
 * Whether rows have values that somebody else holds back to back, without splitting the rows:
 *
 *     row      u17,ann@x.com,Ann,Lee,t4
 *     texts    u17ann@x.comAnnLee
 *
 * Their lengths say where the commas must be. That they are there and nowhere else, and that the
 * bytes between them agree, is seen sixteen bytes at a time.
 */
#include "table/table.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/block.h"

/* Of nearly all rows, what is looked at lies in one block; what is compared may reach further. */
#define BLOCK_SIZE 64
#define PIECE_SIZE (TEXT_ROW_SPARE / 2)

#define PREFETCH_SIZE 1024

/* Not 0 where the first `len` bytes differ. Both sides can be read to the end of the piece. */
static inline unsigned piece_differs(const char *a, const char *b, uint32_t len)
{
    uint32_t size = len < PIECE_SIZE ? len : PIECE_SIZE;
#if defined(__SSE2__)
    __m128i equal =
        _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)a), _mm_loadu_si128((const __m128i *)b));
    return ~(unsigned)_mm_movemask_epi8(equal) & ((1U << size) - 1);
#else
    return memcmp(a, b, size) != 0;
#endif
}

/* An id or an address: two pieces at once, because lengths lie about one and a branch would go
 * wrong. */
static inline unsigned pieces_differ(const char *a, const char *b, uint32_t len)
{
    uint32_t second = len > PIECE_SIZE ? len - PIECE_SIZE : 0;
    return piece_differs(a, b, len) | piece_differs(a + PIECE_SIZE, b + PIECE_SIZE, second);
}

/* The same for values of any length, value by value. A text with a comma, which could be cut
 * elsewhere, is no text of a plain row. */
static bool long_row_is(const char *bytes, const struct text_row *texts, uint32_t size)
{
    const char *text = texts->ptr;
    if (memchr(text, ',', size) != NULL) {
        return false;
    }
    for (unsigned column = 0; column < TEXT_ROW_COUNT; column++) {
        uint32_t len = texts->lengths[column];
        if (memcmp(bytes, text, len) != 0 || bytes[len] != ',') {
            return false;
        }
        bytes += len + 1;
        text += len;
    }
    return true;
}

/* Whether there are four values in the row, and these. It has `room` bytes up to the end of the
 * file. */
static inline bool row_is(const char *bytes, size_t room, const struct text_row *texts)
{
    const uint32_t *lengths = texts->lengths;
    /* Where each value ends in the texts; in the row a comma more each. */
    uint32_t id_end = lengths[USERS_ID];
    uint32_t email_end = id_end + lengths[USERS_EMAIL];
    uint32_t first_end = email_end + lengths[USERS_FIRST_NAME];
    uint32_t last_end = first_end + lengths[USERS_LAST_NAME];
    if (last_end + TEXT_ROW_COUNT > BLOCK_SIZE || lengths[USERS_ID] > 2 * PIECE_SIZE ||
        lengths[USERS_EMAIL] > 2 * PIECE_SIZE || lengths[USERS_FIRST_NAME] > PIECE_SIZE ||
        lengths[USERS_LAST_NAME] > PIECE_SIZE) {
        return last_end + TEXT_ROW_COUNT <= room && long_row_is(bytes, texts, last_end);
    }
    const char *text = texts->ptr;
    unsigned differs =
        pieces_differ(bytes, text, lengths[USERS_ID]) |
        pieces_differ(bytes + id_end + 1, text + id_end, lengths[USERS_EMAIL]) |
        piece_differs(bytes + email_end + 2, text + email_end, lengths[USERS_FIRST_NAME]) |
        piece_differs(bytes + first_end + 3, text + first_end, lengths[USERS_LAST_NAME]);
    uint64_t last_comma = UINT64_C(1) << (last_end + 3);
    uint64_t wanted = UINT64_C(1) << id_end | UINT64_C(1) << (email_end + 1) |
                      UINT64_C(1) << (first_end + 2) | last_comma;
    struct block block = block_load((const unsigned char *)bytes);
    uint64_t commas = block_equal(&block, ',') & (last_comma | (last_comma - 1));
    return differs == 0 && commas == wanted;
}

uint32_t table_rows_are(const struct table *table, uint32_t first, uint32_t count,
                        const struct text_row *texts)
{
    size_t size = table->input.len;
    if (!table->starts_in_order || size < BLOCK_SIZE + TEXT_ROW_SPARE) {
        return 0;
    }
    uint32_t alike = 0;
    for (; alike < count; alike++) {
        uint64_t word = table->rows[first + alike];
        size_t at = (size_t)(word & ROW_OFFSET_MASK);
        const char *bytes = table->input.ptr + at;
        /* Who asks about these rows asks about the next ones, of both sides. */
        __builtin_prefetch(bytes + PREFETCH_SIZE);
        __builtin_prefetch(texts[alike].ptr + PREFETCH_SIZE);
        if ((word & (ROW_NOT_KEPT | ROW_EXACT | ROW_FAR)) != 0 ||
            at > size - BLOCK_SIZE - TEXT_ROW_SPARE || !row_is(bytes, size - at, &texts[alike])) {
            break;
        }
    }
    return alike;
}
