/* SPDX-License-Identifier: MIT */
/*
 * The rejected records are looked at as text: they could not be read as users, so some of them have
 * the wrong number of values or a quotation mark too many. Where a record has as many values as the
 * header, its id and its e-mail address count; in any other the addresses alone, wherever they
 * stand.
 */
#include "commands/still_there.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that the engine writes, held in memory. */
struct text {
    char *bytes;
    size_t size;
    size_t capacity;
};

static bool text_write(void *context, const char *bytes, size_t size)
{
    struct text *text = context;
    if (size > text->capacity - text->size) {
        size_t capacity = text->capacity * 2 + size + 4096;
        char *grown = capacity > text->capacity ? realloc(text->bytes, capacity) : NULL;
        if (grown == NULL) {
            return false;
        }
        text->bytes = grown;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    return true;
}

/* What a leaver is found by: the id, or the e-mail address in small letters. */
struct key {
    size_t start; /* in the bytes of all keys */
    size_t len;
    const char *ptr; /* set once the bytes do not move any more */
    size_t leaver;
};

struct keys {
    struct text bytes;
    struct text wanted; /* the bytes of a key that is looked for */
    struct key *items;
    size_t count;
    bool *found; /* by leaver */
    bool trim;   /* blanks around what is looked for do not count */
};

static void keys_close(struct keys *keys)
{
    free(keys->bytes.bytes);
    free(keys->wanted.bytes);
    free(keys->items);
    free(keys->found);
}

static char folded(char byte)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";
    if (byte >= 'A' && byte <= 'Z') {
        byte = small[byte - 'A'];
    }
    return byte;
}

/* Ids and addresses do not meet: each begins with a mark of its kind. */
static bool key_write(struct text *bytes, char mark, struct muster_span text)
{
    size_t start = bytes->size + 1;
    if (!text_write(bytes, &mark, 1) || !text_write(bytes, text.ptr, text.len)) {
        return false;
    }
    for (size_t index = start; mark == 'e' && index < bytes->size; index++) {
        bytes->bytes[index] = folded(bytes->bytes[index]);
    }
    return true;
}

static int key_compare(const void *a, const void *b)
{
    const struct key *left = a;
    const struct key *right = b;
    size_t shorter = left->len < right->len ? left->len : right->len;
    int order = memcmp(left->ptr, right->ptr, shorter);
    return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

static bool key_add(struct keys *keys, char mark, struct muster_span text, size_t leaver)
{
    size_t start = keys->bytes.size;
    if (!key_write(&keys->bytes, mark, text)) {
        return false;
    }
    keys->items[keys->count++] =
        (struct key){.start = start, .len = keys->bytes.size - start, .leaver = leaver};
    return true;
}

static bool keys_open(struct keys *keys, struct muster_roster *old_roster, const uint32_t *leavers,
                      size_t count)
{
    *keys = (struct keys){.items = calloc(2 * count, sizeof *keys->items),
                          .found = calloc(count, sizeof *keys->found)};
    if (keys->items == NULL || keys->found == NULL) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        struct muster_user user;
        if (muster_roster_user(old_roster, leavers[index], &user) &&
            (!key_add(keys, 'i', user.id, index) || !key_add(keys, 'e', user.email, index))) {
            return false;
        }
    }
    for (size_t index = 0; index < keys->count; index++) {
        keys->items[index].ptr = keys->bytes.bytes + keys->items[index].start;
    }
    qsort(keys->items, keys->count, sizeof *keys->items, key_compare);
    return true;
}

static struct muster_span trimmed(struct muster_span text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

/* Mark the leaver with this id or address, if there is one. */
static void key_find(struct keys *keys, char mark, struct muster_span text)
{
    keys->wanted.size = 0;
    if (!key_write(&keys->wanted, mark, keys->trim ? trimmed(text) : text)) {
        return;
    }
    const struct key wanted = {.ptr = keys->wanted.bytes, .len = keys->wanted.size};
    const struct key *found =
        bsearch(&wanted, keys->items, keys->count, sizeof *keys->items, key_compare);
    if (found != NULL) {
        keys->found[found->leaver] = true;
    }
}

/* The fields of one record; the spans live in `bytes` or in what was split. */
struct fields {
    struct muster_span *items;
    size_t count;
    size_t capacity;
    char *bytes; /* room for values without their quotation marks */
    size_t capacity_bytes;
};

static void fields_close(struct fields *fields)
{
    free(fields->items);
    free(fields->bytes);
}

static bool fields_add(struct fields *fields, struct muster_span field)
{
    if (fields->count == fields->capacity) {
        size_t capacity = fields->capacity * 2 + 8;
        struct muster_span *items = realloc(fields->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        fields->items = items;
        fields->capacity = capacity;
    }
    fields->items[fields->count++] = field;
    return true;
}

static bool ends_value(char byte)
{
    return byte == ',' || byte == '\n' || byte == '\r';
}

/* Behind a quotation mark within quoted text: whether it stood for itself. Steps over its twin. */
static bool quote_is_doubled(struct muster_span text, size_t *at)
{
    bool doubled = *at < text.len && text.ptr[*at] == '"';
    *at += doubled ? 1 : 0;
    return doubled;
}

/* Take one value from `*at` on into `out`; returns behind its last byte there. */
static char *value_take(struct muster_span text, size_t *at, char *out)
{
    bool quoted = *at < text.len && text.ptr[*at] == '"';
    *at += quoted ? 1 : 0;
    while (*at < text.len && (quoted || !ends_value(text.ptr[*at]))) {
        char byte = text.ptr[(*at)++];
        bool closing = quoted && byte == '"' && !quote_is_doubled(text, at);
        quoted = quoted && !closing;
        *out = byte;
        out += closing ? 0 : 1;
    }
    return out;
}

/*
 * Split the record at `*at` and step behind its end; false behind the last record, or where
 * memory ran out. Values are as long as in `text` at most.
 */
static bool record_split(struct fields *fields, struct muster_span text, size_t *at)
{
    fields->count = 0;
    if (*at >= text.len) {
        return false;
    }
    if (fields->capacity_bytes < text.len) {
        free(fields->bytes);
        fields->bytes = malloc(text.len);
        fields->capacity_bytes = fields->bytes != NULL ? text.len : 0;
    }
    char *out = fields->bytes;
    bool more = out != NULL;
    while (more) {
        char *start = out;
        out = value_take(text, at, out);
        if (!fields_add(fields, (struct muster_span){start, (size_t)(out - start)})) {
            return false;
        }
        more = *at < text.len && text.ptr[*at] == ',';
        *at += more ? 1 : 0;
    }
    while (*at < text.len && (text.ptr[*at] == '\n' || text.ptr[*at] == '\r')) {
        ++*at;
    }
    return fields->count > 0;
}

/* Which columns of the new users file hold what. */
struct columns {
    size_t count;
    size_t id;
    size_t email;
};

static bool span_is(struct muster_span text, const char *word)
{
    return strlen(word) == text.len && memcmp(text.ptr, word, text.len) == 0;
}

/* Keeps the first bytes, with the header in them, and wants no more. */
static bool header_write(void *context, const char *bytes, size_t size)
{
    (void)text_write(context, bytes, size);
    return false;
}

static bool columns_find(struct columns *columns, struct muster_roster *roster)
{
    struct text header = {0};
    struct fields fields = {0};
    size_t at = 0;
    *columns = (struct columns){.id = SIZE_MAX, .email = SIZE_MAX};
    enum muster_status status = muster_fix_write(roster, MUSTER_USERS, header_write, &header);
    bool known = (status == MUSTER_OK || status == MUSTER_UNWRITABLE) &&
                 record_split(&fields, (struct muster_span){header.bytes, header.size}, &at);
    for (size_t index = 0; known && index < fields.count; index++) {
        struct muster_span name = trimmed(fields.items[index]);
        columns->id = span_is(name, "id") ? index : columns->id;
        columns->email = span_is(name, "email") ? index : columns->email;
        columns->count = fields.count;
    }
    fields_close(&fields);
    free(header.bytes);
    return known && columns->id != SIZE_MAX && columns->email != SIZE_MAX;
}

static void record_judge(struct keys *keys, const struct columns *columns,
                         const struct fields *fields)
{
    if (fields->count == columns->count) {
        key_find(keys, 'i', fields->items[columns->id]);
        key_find(keys, 'e', fields->items[columns->email]);
        return;
    }
    for (size_t index = 0; index < fields->count; index++) {
        if (memchr(fields->items[index].ptr, '@', fields->items[index].len) != NULL) {
            key_find(keys, 'e', fields->items[index]);
        }
    }
}

/* Files for people have an apostrophe before what a spreadsheet would take for a formula. */
static struct muster_span without_apostrophe(struct muster_span record)
{
    static const char formulas[] = {'=', '+', '-', '@', '\t', '\r'};
    if (record.len > 1 && record.ptr[0] == '\'' &&
        memchr(formulas, record.ptr[1], sizeof formulas) != NULL) {
        record.ptr++;
        record.len--;
    }
    return record;
}

/* The rejects are a CSV file of three columns: line, codes and the record as it stands. */
static void rejects_judge(struct keys *keys, const struct columns *columns,
                          struct muster_span rejects)
{
    struct fields outer = {0};
    struct fields inner = {0};
    size_t at = 0;
    bool header = true;
    while (record_split(&outer, rejects, &at)) {
        size_t inner_at = 0;
        if (!header && outer.count >= 3 &&
            record_split(&inner, without_apostrophe(outer.items[2]), &inner_at)) {
            record_judge(keys, columns, &inner);
        }
        header = false;
    }
    fields_close(&outer);
    fields_close(&inner);
}

enum muster_status leavers_still_there(struct muster_diff *diff, bool trim, size_t *count)
{
    struct muster_roster *roster = muster_diff_new_roster(diff);
    const struct muster_summary *summary = muster_roster_summary(roster);
    size_t leaver_count = 0;
    const uint32_t *leavers = muster_diff_leavers(diff, &leaver_count);
    struct columns columns;
    *count = 0;
    if (leaver_count == 0 || summary->records[MUSTER_USERS] == summary->kept[MUSTER_USERS] ||
        !columns_find(&columns, roster)) {
        return MUSTER_OK;
    }
    struct text rejects = {0};
    struct keys keys = {0};
    enum muster_status status = muster_rejects_write(roster, MUSTER_USERS, text_write, &rejects);
    if (status == MUSTER_UNWRITABLE ||
        !keys_open(&keys, muster_diff_old_roster(diff), leavers, leaver_count)) {
        status = MUSTER_NO_MEMORY;
    }
    keys.trim = trim;
    if (status == MUSTER_OK) {
        rejects_judge(&keys, &columns, (struct muster_span){rejects.bytes, rejects.size});
        for (size_t index = 0; index < leaver_count; index++) {
            *count += keys.found[index] ? 1 : 0;
        }
    }
    keys_close(&keys);
    free(rejects.bytes);
    return status;
}
