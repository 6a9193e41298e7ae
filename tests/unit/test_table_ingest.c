/* SPDX-License-Identifier: MIT */
/*
 * Random files, read with every width and with one to four threads, against slow_table.h. The
 * engine is built with small limits here: a chunk has 256 bytes, a window 128, a value at most 300,
 * so every file has many chunks, and many of them are guessed to start within quotes.
 */
#include "table/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "org/org_export.h"
#include "random_export.h"
#include "slow_table.h"
#include "support.h"

#define SEED 11

/* ---- Teams that users may name ----------------------------------------------------------- */

static uint32_t team_of(span id)
{
    for (uint32_t team = 0; team < RANDOM_TEAM_COUNT; team++) {
        if (span_equal(id, span_from(random_teams[team]))) {
            return team;
        }
    }
    return span_is_blank(id) ? TEAM_NONE : TEAM_UNKNOWN;
}

static uint32_t team_confirm(const void *context, span id, uint32_t team)
{
    (void)context;
    uint32_t known = team_of(id);
    cr_assert(lt(u32, team, RANDOM_TEAM_COUNT));
    return known < RANDOM_TEAM_COUNT ? known : ID_MAP_NONE;
}

/* ---- Comparing --------------------------------------------------------------------------- */

static void expect_findings(const struct finding_list *got, const struct finding_list *want)
{
    cr_assert(eq(sz, got->count, want->count));
    for (size_t index = 0; index < got->count; index++) {
        const struct finding *one = &got->items[index];
        const struct finding *other = &want->items[index];
        cr_assert(eq(u64, one->key, other->key), "finding %zu", index);
        cr_assert(eq(u32, one->related, other->related), "finding %zu", index);
        /* Which byte rules have a detail is theirs; missing-value has none. */
        if (finding_code(one) != MUSTER_MISSING_VALUE) {
            cr_assert(eq(u32, one->detail, other->detail), "finding %zu", index);
        }
    }
}

static void expect_row(const struct table *table, const struct slow_table *slow, uint32_t row)
{
    const struct slow_row *want = &slow->rows[row];
    uint64_t word = table->rows[row];
    struct buffer scratch = {0};
    cr_assert(eq(sz, table_offset(table, row), want->offset), "row %u", row);
    cr_assert(eq(int, (word & ROW_UNREADABLE) == 0, want->readable), "row %u", row);
    cr_assert(eq(int, (word & ROW_REPEATED_ID) != 0, want->repeated_id), "row %u", row);
    cr_assert(eq(int, (word & ROW_REPEATED_EMAIL) != 0, want->repeated_email), "row %u", row);
    uint32_t team = want->readable && table->schema->file == MUSTER_USERS
                        ? team_of(want->values[USERS_TEAM_ID])
                        : TEAM_NONE;
    if (table->teams != NULL) {
        cr_assert(eq(u32, table->teams[row], team), "row %u", row);
    }
    span values[SCHEMA_COLUMN_MAX];
    bool without = table->teams != NULL && team == TEAM_UNKNOWN;
    cr_assert(eq(int, (word & ROW_WITHOUT_TEAM) != 0, without), "row %u", row);
    for (unsigned column = 0; want->readable && column < table->schema->column_count; column++) {
        table_read(table, row, &scratch, values);
        cr_assert(eq(type(span), values[column], want->values[column]), "row %u", row);
        enum column_type type = table->schema->columns[column].type;
        cr_assert(eq(u32, row_troubles(word, column, type), value_troubles(values[column], type)),
                  "row %u, column %u", row, column);
    }
    buffer_close(&scratch);
}

static void expect_ids(const struct table *table, const struct slow_table *slow)
{
    for (uint32_t row = 0; row < slow->row_count; row++) {
        span id = slow->rows[row].values[0];
        if (!slow->rows[row].readable) {
            continue;
        }
        char other[400];
        size_t size = id.len < sizeof other ? id.len : sizeof other;
        memcpy(other, id.ptr, size);
        other[size - 1] = byte_fold(other[size - 1]) == other[size - 1] ? '0' : 'x';
        const span asked[] = {id, span_make(other, size), span_make(id.ptr, id.len - 1)};
        for (size_t index = 0; index < 3; index++) {
            cr_assert(eq(u32, table_find(table, asked[index]), slow_find_id(slow, asked[index])));
            cr_assert(eq(u32, table_suggest(table, asked[index], false),
                         slow_suggest(slow, asked[index])));
        }
    }
}

/* Of every row, and of every byte or, in a fatal file, of the trouble. */
static void expect_lines(const struct table *table)
{
    span input = table->input;
    uint64_t line = 1;
    uint32_t row = 0;
    for (size_t at = 0; at < input.len; at++) {
        if (row < table->row_count && table_offset(table, row) == at) {
            cr_assert(eq(u64, table_line(table, row), line), "row %u", row);
            row++;
        }
        if (!table->fatal || at == table->trouble_at) {
            cr_assert(eq(u64, table_line_at(table, at), line), "byte %zu", at);
        }
        bool before_feed = at + 1 < input.len && input.ptr[at + 1] == '\n';
        line += input.ptr[at] == '\n' || (input.ptr[at] == '\r' && !before_feed) ? 1 : 0;
    }
    cr_assert(eq(u32, row, table->row_count));
}

static void expect_table(const struct table *table, const struct slow_table *slow)
{
    expect_lines(table);
    cr_assert(eq(int, table->fatal, slow->fatal));
    if (slow->fatal) {
        cr_assert(eq(sz, table->reading.count, 1));
        cr_assert(eq(int, finding_code(&table->reading.items[0]), MUSTER_UNTERMINATED_QUOTE));
        cr_assert(eq(sz, table->trouble_at, slow->trouble_at));
        cr_assert(eq(u32, table->kept_count, 0));
        return;
    }
    cr_assert(eq(u32, table->row_count, slow->row_count));
    expect_findings(&table->reading, &slow->reading);
    expect_findings(&table->repeated_ids, &slow->repeated_ids);
    expect_findings(&table->repeated_emails, &slow->repeated_emails);
    uint32_t kept = 0;
    for (uint32_t row = 0; row < slow->row_count; row++) {
        expect_row(table, slow, row);
        kept += slow_left(&slow->rows[row]) ? 1 : 0;
    }
    cr_assert(eq(u32, table->kept_count, kept));
}

/* Ways to read that must not differ: widths by threads. */
static void compare_ways(const struct schema *schema, span text, bool trim, bool all_ways)
{
    static struct parallel *crews[5];
    struct slow_table slow;
    struct guarded guarded;
    struct id_map map;
    cr_assert(id_map_open(&map, RANDOM_TEAM_COUNT, SEED));
    for (uint32_t team = 0; team < RANDOM_TEAM_COUNT; team++) {
        id_map_add(&map, id_key_make(span_from(random_teams[team]), SEED), team);
    }
    guarded_open(&guarded, text.ptr, text.len);
    slow_open(&slow, schema, guarded_span(&guarded), trim);
    for (unsigned way = 0; way < (all_ways ? 20 : 5); way++) {
        unsigned jobs = way % 5; /* 0: without a crew */
        if (jobs > 0 && crews[jobs] == NULL) {
            crews[jobs] = parallel_open(jobs);
        }
        struct table table;
        struct table_options options = {.trim = trim,
                                        .seed = SEED,
                                        .simd = (enum muster_simd)(1 + (way + way / 5) % 4),
                                        .parallel = crews[jobs]};
        if (schema->file == MUSTER_USERS) {
            options.teams = &map;
            options.team_confirm = team_confirm;
        }
        cr_assert(
            eq(int, table_open(&table, schema, guarded_span(&guarded), &options), TABLE_DONE));
        expect_table(&table, &slow);
        if (way == 0 && !slow.fatal) {
            expect_ids(&table, &slow);
        }
        table_close(&table);
    }
    slow_close(&slow);
    guarded_close(&guarded);
    id_map_close(&map);
}

static void compare_random(enum muster_file file, bool trim, uint64_t seed, int rounds)
{
    struct buffer text = {0};
    uint64_t state = seed;
    for (int round = 0; round < (SANITIZED ? rounds / 5 : rounds); round++) {
        uint64_t wild = random_below(&state, 3) == 0 ? 0 : random_below(&state, 12);
        random_file(&text, file, wild, random_below(&state, 6000), &state);
        compare_ways(schema_of(file), buffer_view(&text), trim, round % 10 == 0);
    }
    buffer_close(&text);
}

TestSuite(table_ingest, .timeout = 240);

Test(table_ingest, random_users_files_are_read_alike)
{
    compare_random(MUSTER_USERS, false, 1, 1200);
}

Test(table_ingest, random_teams_files_are_read_alike)
{
    compare_random(MUSTER_TEAMS, false, 2, 600);
}

Test(table_ingest, random_deprovision_files_are_read_alike)
{
    compare_random(MUSTER_DEPROVISION, false, 3, 400);
}

Test(table_ingest, random_files_are_trimmed_alike)
{
    compare_random(MUSTER_USERS, true, 4, 300);
}

/* ---- Where a guess goes wrong ------------------------------------------------------------ */

Test(table_ingest, a_chunk_may_begin_anywhere_within_quotes)
{
    /* A long quoted value full of what looks like records, moved along byte by byte. */
    for (size_t before = 0; before < 300; before += SANITIZED ? 13 : 1) {
        struct buffer text = {0};
        buffer_text(&text, TEAMS_HEADER);
        for (size_t index = 0; index < before; index++) {
            buffer_byte(&text, index % 60 == 59 ? '\n' : 'T');
        }
        buffer_text(&text, "\nT1,\"");
        for (unsigned line = 0; line < 25; line++) {
            buffer_text(&text, "\nT2,N,,\"\"\"\"");
        }
        buffer_text(&text, "\",,\nT3,N,,T1\n");
        for (unsigned line = 0; line < 40; line++) {
            buffer_text(&text, "T");
            buffer_number(&text, line % 35);
            buffer_text(&text, ",N,,\n");
        }
        compare_ways(schema_of(MUSTER_TEAMS), buffer_view(&text), false, false);
        buffer_close(&text);
    }
}

Test(table_ingest, lines_may_end_in_any_way_at_the_edge_of_a_chunk)
{
    static const char *const ends[] = {"\r\n", "\r", "\n\n", "\r\r\n", "\n\r"};
    for (size_t end = 0; end < 5; end++) {
        for (size_t before = 0; before < 270; before += SANITIZED ? 13 : 1) {
            struct buffer text = {0};
            buffer_text(&text, TEAMS_HEADER "T0,");
            for (size_t index = 0; index < before; index++) {
                buffer_byte(&text, 'n');
            }
            for (unsigned line = 0; line < 60; line++) {
                buffer_text(&text, ",,");
                buffer_text(&text, ends[end]);
                buffer_text(&text, "T");
                buffer_number(&text, line);
                buffer_text(&text, ",N");
            }
            compare_ways(schema_of(MUSTER_TEAMS), buffer_view(&text), false, false);
            buffer_close(&text);
        }
    }
}

Test(table_ingest, a_record_may_be_longer_than_many_chunks)
{
    struct buffer text = {0};
    buffer_text(&text, "id,name,manager_ids,parent_team_id");
    for (unsigned column = 0; column < 400; column++) {
        buffer_text(&text, ",c");
    }
    for (unsigned record = 0; record < 6; record++) {
        buffer_text(&text, "\nT");
        buffer_number(&text, record % 4);
        buffer_text(&text, ",N,,");
        for (unsigned column = 0; column < 400; column++) {
            buffer_text(&text, record % 2 == 0 ? ",value" : ",\"v\n\"");
        }
    }
    compare_ways(schema_of(MUSTER_TEAMS), buffer_view(&text), false, true);
    buffer_close(&text);
}

Test(table_ingest, the_index_grows_where_the_first_chunk_promised_less)
{
    /* Long records first: the number of rows is guessed far too low. */
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (unsigned record = 0; record < 8; record++) {
        buffer_text(&text, "L");
        buffer_number(&text, record);
        buffer_text(&text, ",");
        for (unsigned index = 0; index < 250; index++) {
            buffer_byte(&text, 'n');
        }
        buffer_text(&text, ",,\n");
    }
    for (unsigned record = 0; record < 3000; record++) {
        buffer_number(&text, record % 2900);
        buffer_text(&text, ",N,,\n");
    }
    compare_ways(schema_of(MUSTER_TEAMS), buffer_view(&text), false, false);
    buffer_close(&text);
}

/* ---- Teams in their map ------------------------------------------------------------------ */

enum { MAPPED_COUNT = 12, CROWD = 6 };

/* Six of twelve teams want the last of the buckets that the first of two threads fills. */
static void crowd_write(struct buffer *text)
{
    const struct id_map map = {.bucket_count = MAPPED_COUNT + 1, .seed = SEED};
    struct buffer id = {0};
    unsigned crowded = 0;
    buffer_text(text, TEAMS_HEADER);
    for (unsigned number = 0, written = 0; written < MAPPED_COUNT; number++) {
        buffer_clear(&id);
        buffer_byte(&id, 'T');
        buffer_number(&id, number);
        bool wanted = id_map_place(&map, id_key_make(buffer_view(&id), SEED)) == 5;
        if (wanted ? crowded < CROWD : written - crowded < MAPPED_COUNT - CROWD) {
            crowded += wanted;
            written++;
            buffer_span(text, buffer_view(&id));
            buffer_text(text, ",N,,\n");
        }
    }
    buffer_close(&id);
}

Test(table_ingest, a_team_that_finds_no_room_among_the_buckets_of_its_thread_is_found)
{
    struct buffer text = {0};
    crowd_write(&text);
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        struct table_options options = {.seed = SEED, .parallel = parallel_open(jobs)};
        struct table table;
        struct org_export built = {0};
        cr_assert(eq(int, table_open(&table, schema_of(MUSTER_TEAMS), buffer_view(&text), &options),
                     TABLE_DONE));
        cr_assert(org_export_teams(&built, &table, options.parallel));
        cr_assert(eq(u32, built.org.team_count, MAPPED_COUNT));
        cr_assert(eq(sz, built.team_ids.bucket_count, MAPPED_COUNT + 1));
        unsigned behind = 0;
        for (uint32_t team = 0; team < MAPPED_COUNT; team++) {
            struct id_key key = id_key_make(built.org.teams[team].id, SEED);
            size_t place = id_map_place(&built.team_ids, key);
            cr_expect(eq(u32, id_map_find(&built.team_ids, &key, place), team), "%u jobs", jobs);
            behind += place == 5;
        }
        cr_expect(eq(u32, behind, CROWD));
        org_export_close(&built);
        table_close(&table);
        parallel_close(options.parallel);
    }
    buffer_close(&text);
}
