/* SPDX-License-Identifier: MIT */
/*
 * Leavers who have not left: people whose record in the new users file is only broken.
 *
 * Rejected records are looked at as text. Some could not be read as users at all, for they have the
 * wrong number of values or a quotation mark too many. Where a record has as many values as the
 * header, its id and its e-mail address count; in any other the addresses alone, wherever they
 * stand.
 */
#include "muster.h"

#include "base/memory.h"
#include "csv/record.h"
#include "roster.h"
#include "table/key_index.h"
#include "table/value.h"

struct leaver {
    span id, email;
    bool found;
};

struct search {
    const struct table *table; /* the new users */
    struct arena arena;
    struct leaver *leavers;
    struct key_index index; /* of their ids and addresses */
    struct buffer value;
};

enum key_kind { KEY_ID, KEY_EMAIL };

static uint64_t key_hash(const struct table *table, enum key_kind kind, span text)
{
    uint64_t seed = table->options.seed;
    return kind == KEY_EMAIL ? value_email_hash(text, &table->email_secret, seed)
                             : value_exact_hash(text, seed);
}

/* The leaver with this id or address, or KEY_INDEX_NONE; the probe then stands where it would go.
 */
static uint32_t key_find(const struct search *search, enum key_kind kind, span text,
                         struct key_probe *probe)
{
    uint32_t n;
    key_probe_start(probe, &search->index, key_hash(search->table, kind, text));
    while ((n = key_probe_next(probe, &search->index)) != KEY_INDEX_NONE) {
        const struct leaver *leaver = &search->leavers[n];
        if (kind == KEY_EMAIL ? span_equal_folded(leaver->email, text)
                              : span_equal(leaver->id, text)) {
            break;
        }
    }
    return n;
}

static void key_add(struct search *search, enum key_kind kind, span text, uint32_t leaver)
{
    struct key_probe probe;
    if (key_find(search, kind, text, &probe) == KEY_INDEX_NONE) {
        key_probe_insert(&probe, &search->index, leaver);
    }
}

static bool search_open(struct search *search, const struct org *org, const uint32_t *leavers,
                        size_t count)
{
    struct buffer scratch = {0};
    search->leavers = arena_array(&search->arena, count, sizeof *search->leavers);
    if (search->leavers == NULL || !key_index_open(&search->index, 2 * (uint64_t)count)) {
        return false;
    }
    for (size_t n = 0; n < count; n++) {
        struct leaver *leaver = &search->leavers[n];
        struct org_user user;
        org_user_read(org, leavers[n], &scratch, &user);
        leaver->id = arena_copy(&search->arena, user.id);
        leaver->email = arena_copy(&search->arena, user.email);
        key_add(search, KEY_ID, leaver->id, (uint32_t)n);
        key_add(search, KEY_EMAIL, leaver->email, (uint32_t)n);
    }
    bool done = !scratch.exhausted && !search->arena.exhausted;
    buffer_close(&scratch);
    return done;
}

/* Note the leaver with this id or address, if there is one. Blanks between quotes may belong to it.
 */
static void value_judge(struct search *search, enum key_kind kind, span text)
{
    struct key_probe probe;
    uint32_t n = text.len > 0 ? key_find(search, kind, text, &probe) : KEY_INDEX_NONE;
    if (n == KEY_INDEX_NONE && search->table->options.trim) {
        n = key_find(search, kind, span_trim(text), &probe);
    }
    if (n != KEY_INDEX_NONE) {
        search->leavers[n].found = true;
    }
}

/*
 * The next value of a record, as far as anybody can tell where it ends; false behind the last. Of a
 * record that is sound it is what record.c says, but for blanks around a value without quotes.
 */
static bool value_next(struct search *search, span record, size_t *at)
{
    struct buffer *value = &search->value;
    bool trim = search->table->options.trim;
    buffer_clear(value);
    if (*at > record.len) {
        return false;
    }
    size_t first = skip_blanks(record, *at, trim);
    bool quoted = first < record.len && record.ptr[first] == '"';
    *at = quoted ? first + 1 : *at;
    while (*at < record.len && (quoted || record.ptr[*at] != ',')) {
        char byte = record.ptr[(*at)++];
        bool doubled = quoted && byte == '"' && *at < record.len && record.ptr[*at] == '"';
        if (quoted && byte == '"' && !doubled) {
            quoted = false;
            *at = skip_blanks(record, *at, trim);
            continue;
        }
        *at += doubled ? 1 : 0;
        buffer_byte(value, byte);
    }
    ++*at;
    return true;
}

static void record_judge(struct search *search, span record)
{
    const struct table *table = search->table;
    const uint32_t *positions = table->header.positions;
    size_t count = 0;
    for (size_t at = 0; value_next(search, record, &at);) {
        count++;
    }
    bool whole = count == table->header.column_count;
    size_t at = 0;
    for (size_t place = 0; value_next(search, record, &at); place++) {
        span value = buffer_view(&search->value);
        if (whole && place == positions[USERS_ID]) {
            value_judge(search, KEY_ID, value);
        } else if (whole ? place == positions[USERS_EMAIL]
                         : memchr(value.ptr, '@', value.len) != NULL) {
            value_judge(search, KEY_EMAIL, value);
        }
    }
}

enum muster_status muster_leavers_rejected(struct muster_diff *diff, size_t *count)
{
    const struct roster_file *users = &muster_diff_new_roster(diff)->files[MUSTER_USERS];
    const struct table *table = &users->table;
    size_t leaver_count = 0;
    const uint32_t *leavers = muster_diff_leavers(diff, &leaver_count);
    *count = 0;
    if (leaver_count == 0 || !users->sound || table->kept_count == table->row_count) {
        return MUSTER_OK;
    }
    struct search search = {.table = table};
    bool done = search_open(&search, muster_diff_old_roster(diff)->org, leavers, leaver_count);
    for (uint32_t row = 0; row < table->row_count && done; row++) {
        if (!table_kept(table, row)) {
            record_judge(&search, table_record(table, row));
            done = !search.value.exhausted;
        }
    }
    for (size_t n = 0; n < leaver_count && done; n++) {
        *count += search.leavers[n].found ? 1 : 0;
    }
    buffer_close(&search.value);
    key_index_close(&search.index);
    arena_close(&search.arena);
    return done ? MUSTER_OK : MUSTER_NO_MEMORY;
}
