/* SPDX-License-Identifier: MIT */
/*
 * Rows that the digest kernel leaves: the rules of pass 1, and what is noteworthy about their
 * values. A file may have nothing but such rows, so one look at all bytes of a row tells which of
 * its fields have anything that is, and only those are looked at more closely.
 */
#include "base/block.h"
#include "base/limits.h"
#include "base/text.h"
#include "table/ingest.h"
#include "table/value.h"

/* What the bytes of a row have. */
struct row_look {
    bool nul;
    size_t sound_size; /* the part of it that is UTF-8 */
    /* Fields with a quote, a control character, a byte above 0x7E, or a blank at either end: a bit
     * for each position in the file, the last for all from there on. */
    uint64_t odd;
};

static unsigned odd_bit(size_t position)
{
    return position < 63 ? (unsigned)position : 63;
}

static bool is_odd(const struct row_look *look, size_t position)
{
    return (look->odd >> odd_bit(position) & 1) != 0;
}

static void row_report(struct chunk *chunk, size_t row, enum muster_code code, unsigned column,
                       uint32_t detail)
{
    findings_add(&chunk->findings, (struct finding){finding_key((uint32_t)row, code, column, 1),
                                                    FINDING_NO_ROW, detail});
}

/* A finding about a column by its position in the file. */
static void position_report(struct chunk *chunk, const struct table *table, size_t row,
                            enum muster_code code, uint32_t position)
{
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        if (table->header.positions[column] == position) {
            row_report(chunk, row, code, column, position);
            return;
        }
    }
    row_report(chunk, row, code, COLUMN_OTHER, position);
}

static span raw_span(const struct table *table, struct raw_field field)
{
    return span_make(table->input.ptr + field.start, field.end - field.start);
}

/* Fields that begin with a quote, as all do that have one, or have a space at either end. */
static uint64_t edges_look(const char *bytes, const struct raw_field *fields, size_t count)
{
    uint64_t odd = 0;
    for (size_t position = 0; position < count; position++) {
        struct raw_field field = fields[position];
        /* Of a field that has none, both are the separator before it. */
        char first = bytes[field.start < field.end ? field.start : field.end - 1];
        char last = bytes[field.end - 1];
        odd |= (uint64_t)(first == '"' || first == ' ' || last == ' ') << odd_bit(position);
    }
    return odd;
}

/* Fields that the bits of `unusual`, from `at` on, lie in. `field`: no bit is before it. */
static size_t unusual_look(struct row_look *look, const struct raw_field *fields, size_t field,
                           size_t at, uint64_t unusual)
{
    while (unusual != 0) {
        size_t place = at + (size_t)__builtin_ctzll(unusual);
        while (fields[field].end <= place) {
            field++;
        }
        look->odd |= UINT64_C(1) << odd_bit(field);
        /* The rest of the field tells nothing new. */
        size_t behind = fields[field].end - at;
        unusual = behind < 64 ? unusual & ~UINT64_C(0) << behind : 0;
    }
    return field;
}

/* One look at the bytes of the row with these fields, or at their edges where the scanner says that
 * nothing else is odd. */
static struct row_look row_look(span input, const struct raw_field *fields, size_t count,
                                bool edges_only)
{
    const unsigned char *bytes = (const unsigned char *)input.ptr;
    size_t end = fields[count - 1].end;
    size_t field = 0;
    size_t first_high = end;
    struct row_look look = {.sound_size = end - fields[0].start,
                            .odd = edges_look(input.ptr, fields, count)};
    if (edges_only) {
        return look;
    }
    for (size_t at = fields[0].start; at < end; at += 64) {
        struct block block = input.len - at >= 64 ? block_load(bytes + at)
                                                  : block_load_some(bytes + at, input.len - at);
        uint64_t valid = mask_below(end - at);
        uint64_t high = block_high(&block) & valid;
        uint64_t unusual = (block_control(&block) & valid) | high;
        if (unusual != 0) {
            look.nul = look.nul || (block_equal(&block, 0) & valid) != 0;
            if (high != 0 && first_high == end) {
                first_high = at + (size_t)__builtin_ctzll(high);
            }
            field = unusual_look(&look, fields, field, at, unusual);
        }
    }
    if (first_high < end) {
        span rest = span_make(bytes + first_high, end - first_high);
        look.sound_size = first_high - fields[0].start + text_utf8_prefix(rest);
    }
    return look;
}

/* The first field with a NUL. Some field has one, or had when a map was looked at before. */
static uint32_t nul_position(const struct table *table, const struct raw_field *fields)
{
    uint32_t last = table->header.column_count - 1;
    for (uint32_t position = 0; position < last; position++) {
        span raw = raw_span(table, fields[position]);
        if (raw.len > 0 && memchr(raw.ptr, 0, raw.len) != NULL) {
            return position;
        }
    }
    return last;
}

/* The rules about bytes, which look at every field. True where one of them speaks. */
static bool bytes_judge(struct chunk *chunk, const struct table *table, size_t row,
                        const struct row_look *look)
{
    const struct raw_field *fields = chunk->fields;
    uint32_t count = table->header.column_count;
    span whole = raw_span(table, (struct raw_field){fields[0].start, fields[count - 1].end});
    if (look->nul) {
        position_report(chunk, table, row, MUSTER_NUL_BYTE, nul_position(table, fields));
        return true;
    }
    if (look->sound_size < whole.len) {
        /* Separators are ASCII, so the first bad byte lies in the first bad field. */
        uint32_t position = 0;
        while (fields[position].end <= fields[0].start + look->sound_size) {
            position++;
        }
        position_report(chunk, table, row, MUSTER_INVALID_UTF8, position);
        return true;
    }
    for (uint32_t position = 0; position < count && whole.len > FIELD_SIZE_MAX; position++) {
        buffer_clear(&chunk->scratch);
        span value =
            field_decode(raw_span(table, fields[position]), table->options.trim, &chunk->scratch);
        if (value.len > FIELD_SIZE_MAX) {
            position_report(chunk, table, row, MUSTER_FIELD_TOO_LONG, position);
            return true;
        }
    }
    return false;
}

/* The values of the schema's columns. False where one is missing that must be there. */
static bool values_find(struct chunk *chunk, const struct table *table, size_t row,
                        const struct row_look *look, span *values)
{
    const struct schema *schema = table->schema;
    bool complete = true;
    buffer_clear(&chunk->scratch);
    if (look->odd != 0 || table->options.trim) {
        /* Room for all values at once, so that none moves while another is decoded. */
        size_t end = chunk->fields[table->header.column_count - 1].end;
        (void)buffer_reserve(&chunk->scratch, end - chunk->fields[0].start);
    }
    for (unsigned column = 0; column < schema->column_count; column++) {
        uint32_t position = table->header.positions[column];
        span raw = raw_span(table, chunk->fields[position]);
        values[column] = is_odd(look, position) || table->options.trim
                             ? field_decode(raw, table->options.trim, &chunk->scratch)
                             : raw;
        if (schema->columns[column].must_have_value && span_is_blank(values[column])) {
            row_report(chunk, row, MUSTER_MISSING_VALUE, column, 0);
            complete = false;
        }
    }
    return complete;
}

/* Values that are all there, hashed and judged. */
static void values_judge(struct chunk *chunk, const struct table *table, size_t row,
                         const struct row_look *look, const span *values)
{
    const struct schema *schema = table->schema;
    uint64_t seed = table->options.seed;
    for (unsigned column = 0; column < schema->column_count; column++) {
        enum column_type type = schema->columns[column].type;
        if (type == COLUMN_EMAIL || is_odd(look, table->header.positions[column])) {
            unsigned troubles = value_troubles(values[column], type);
            chunk->rows[row] |= row_troubles_pack(column, troubles);
        }
    }
    chunk->id_hashes[row] = value_id_hash(values[0], &table->id_secret, seed);
    if (schema->email_column != SCHEMA_NO_COLUMN) {
        chunk->email_hashes[row] =
            value_email_hash(values[schema->email_column], &table->email_secret, seed);
    }
    if (schema->reference_column != SCHEMA_NO_COLUMN) {
        span value = values[schema->reference_column];
        chunk->references[row - chunk->batch_first] =
            id_key_make(span_is_blank(value) ? SPAN("") : value, seed);
    }
}

/* A long row is split here for the last time. */
static void far_row_note(struct chunk *chunk, const struct table *table, size_t row)
{
    size_t needed = table->fields_needed;
    if (chunk->fields[needed - 1].end - chunk->fields[0].start <= ROW_NEAR_SIZE) {
        return;
    }
    struct far_row far = {.row = (uint32_t)row};
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        far.fields[column] = chunk->fields[table->header.positions[column]];
    }
    far_rows_add(&chunk->far_rows, &far);
    chunk->rows[row] |= ROW_FAR;
}

/* The fields of the row: as the scanner split it, or else the exact way. */
static struct record row_split(struct chunk *chunk, const struct table *table,
                               const struct scan_batch *batch, const struct scan_record *scanned)
{
    struct record record = {.start = batch->base + scanned->start,
                            .field_count = scanned->field_count};
    size_t count = table->header.column_count;
    if ((scanned->flags & SCAN_STRAY) != 0) {
        record.trouble = RECORD_STRAY_QUOTE;
        return record;
    }
    if ((scanned->flags & SCAN_EXACT) != 0) {
        if (!record_parse(table->input, record.start, table->options.trim, chunk->fields, count,
                          &record)) {
            record.field_count = 0;
        }
        return record;
    }
    size_t start = record.start;
    const uint32_t *ends = batch->field_ends + scanned->first_field;
    for (size_t field = 0; field < scanned->field_count && field < count; field++) {
        chunk->fields[field] = (struct raw_field){start, batch->base + ends[field]};
        start = chunk->fields[field].end + 1;
    }
    return record;
}

/* A row of as many fields as the header has. False where it is not kept. */
static bool fields_judge(struct chunk *chunk, const struct table *table, size_t row,
                         const struct row_look *look)
{
    span values[SCHEMA_COLUMN_MAX] = {{0}};
    if (bytes_judge(chunk, table, row, look)) {
        return false;
    }
    far_row_note(chunk, table, row);
    if (!values_find(chunk, table, row, look, values)) {
        return false;
    }
    values_judge(chunk, table, row, look, values);
    return true;
}

bool row_judge(struct chunk *chunk, const struct table *table, const struct scan_batch *batch,
               size_t index)
{
    size_t row = chunk->batch_first + index;
    const struct scan_record *scanned = &batch->records[index];
    struct record record = row_split(chunk, table, batch, scanned);
    bool kept = false;
    if (record.trouble == RECORD_UNTERMINATED) {
        chunk->unterminated = true;
        chunk->trouble_at = record.trouble_at;
        return false;
    }
    if (record.trouble == RECORD_STRAY_QUOTE) {
        row_report(chunk, row, MUSTER_STRAY_QUOTE, COLUMN_NONE, 0);
    } else if (record.field_count != table->header.column_count) {
        uint32_t shown =
            record.field_count < UINT32_MAX ? (uint32_t)record.field_count : UINT32_MAX;
        row_report(chunk, row, MUSTER_FIELD_COUNT, COLUMN_NONE, shown);
    } else {
        bool edges_only = (scanned->flags & (SCAN_SUSPECT | SCAN_EXACT)) == 0;
        struct row_look look =
            row_look(table->input, chunk->fields, table->header.column_count, edges_only);
        kept = fields_judge(chunk, table, row, &look);
    }
    if (!kept) {
        chunk->rows[row] |= ROW_UNREADABLE;
        chunk->id_hashes[row] = 0;
        chunk->email_hashes[row] = 0;
        chunk->references[index] = (struct id_key){0};
        chunk->unreadable_count++;
    }
    return true;
}
