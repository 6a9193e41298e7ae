/* SPDX-License-Identifier: MIT */
/*
 * Twice the input, twice the work: files that were made to be slow. What is measured is the time of
 * the processors, the best of three, and twice the input may cost three times as much. A quadratic
 * walk costs four times as much and, at these sizes, seconds.
 *
 * Sanitizers have costs of their own, so with them the files are only read.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "muster.h"
#include "roster.h"
#include "support.h"

TestSuite(hostile, .timeout = 240);

/* One export of a size; the makers append to these. */
struct export
{
    struct buffer files[MUSTER_FILE_COUNT];
};

typedef void maker(struct export *made, size_t size);
typedef void worker(struct export *made);

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct muster_roster *roster_open_by(const struct export *made, unsigned jobs)
{
    span files[MUSTER_FILE_COUNT] = {{0}};
    const struct muster_options options = {.jobs = jobs};
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (made->files[file].bytes != NULL) {
            files[file] = buffer_view(&made->files[file]);
        }
    }
    return roster_of_spans(files, &options);
}

static struct muster_roster *roster_open(const struct export *made)
{
    return roster_open_by(made, 1);
}

static void roster_only(struct export *made)
{
    muster_roster_close(roster_open(made));
}

static bool write_nowhere(void *context, const char *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return true;
}

static void roster_reported(struct export *made)
{
    struct muster_roster *roster = roster_open(made);
    for (unsigned format = MUSTER_TEXT; format <= MUSTER_JSONL; format++) {
        const struct muster_report_options options = {
            .command = "check", .format = format, .show_max = 10};
        cr_assert(eq(int, muster_report_check(roster, &options, write_nowhere, NULL), MUSTER_OK));
    }
    muster_roster_close(roster);
}

static double seconds(maker *make, worker *work, size_t size)
{
    struct export made = {{{0}}};
    double best = 1e9;
    make(&made, size);
    for (int round = 0; round < (SANITIZED ? 1 : 3); round++) {
        double start = now();
        work(&made);
        double took = now() - start;
        best = took < best ? took : best;
    }
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        buffer_close(&made.files[file]);
    }
    return best;
}

static void expect_linear(maker *make, worker *work, size_t size)
{
    if (SANITIZED) {
        (void)seconds(make, work, size / 8);
        return;
    }
    /* A disturbed measurement gets more chances, a slow algorithm does not profit from them. */
    for (int chance = 0; chance < 5; chance++) {
        /* Four where the time grows with the size, sixteen where with its square; memory that
         * comes in huge pages above some size makes a step of its own. */
        double one = seconds(make, work, size / 2);
        double four = seconds(make, work, 2 * size);
        if (four <= 9 * one || four < 0.005) {
            return;
        }
        if (chance == 4) {
            cr_fail("%.1f ms for %zu, %.1f ms for four times as much", one * 1e3, size / 2,
                    four * 1e3);
        }
    }
}

/* ---- One byte over and over -------------------------------------------------------------- */

static const char *unit;

static void make_of_units(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    buffer_text(users, USERS_HEADER);
    while (users->size < size) {
        buffer_text(users, unit);
    }
}

static void make_header_of_units(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    while (users->size < size) {
        buffer_text(users, unit);
    }
}

static void expect_linear_units(const char *repeated)
{
    unit = repeated;
    /* So large that arrays are in huge pages for both sizes. */
    expect_linear(make_of_units, roster_only, 1 << 21);
    expect_linear(make_of_units, roster_reported, 1 << 17);
    expect_linear(make_header_of_units, roster_reported, 1 << 17);
}

/* Each unused column has a finding on the line of the header. */
static void make_header_behind_empty_lines(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    for (size_t line = 0; line < 64 * size; line++) {
        buffer_byte(users, '\n');
    }
    buffer_text(users, "id,email,first_name,last_name,team_id");
    for (size_t column = 0; column < size; column++) {
        buffer_text(users, ",x");
        buffer_number(users, column);
    }
    buffer_byte(users, '\n');
}

Test(hostile, unused_columns_behind_empty_lines)
{
    expect_linear(make_header_behind_empty_lines, roster_reported, 1 << 14);
}

Test(hostile, all_quotes)
{
    expect_linear_units("\"");
}

Test(hostile, all_commas)
{
    expect_linear_units(",");
}

Test(hostile, all_line_ends)
{
    expect_linear_units("\n");
    expect_linear_units("\r");
    expect_linear_units("\r\n");
}

Test(hostile, one_endless_field)
{
    expect_linear_units("a");
    expect_linear_units(" ");
    expect_linear_units("\xC3\xA4");
}

Test(hostile, stray_quotes_on_every_line)
{
    expect_linear_units("a\"\n");
    expect_linear_units("\"a\"b\n");
    expect_linear_units("\"\n");
}

Test(hostile, empty_fields_in_quotes)
{
    expect_linear_units("\"\",");
    expect_linear_units("\"\"\n");
    expect_linear_units("\"\"\"\"\n");
}

Test(hostile, bytes_that_are_no_text)
{
    expect_linear_units("\xFF,\n");
    expect_linear_units("X1,\x01,,,\n");
    expect_linear_units("\xC3");
}

/* ---- A value that hides where records begin ---------------------------------------------- */

/* Every thread takes a line end within the value for that of a record. */
static void make_value_of_line_ends(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    buffer_text(users, USERS_HEADER "X1,a@b.c,\"");
    char *room = buffer_reserve(users, size);
    cr_assert(ne(ptr, room, NULL));
    memset(room, '\n', size);
    users->size += size;
    buffer_text(users, "\",,\n");
}

static void roster_by_many(struct export *made)
{
    muster_roster_close(roster_open_by(made, 64));
}

Test(hostile, a_value_of_line_ends_for_many_threads)
{
    expect_linear(make_value_of_line_ends, roster_by_many, 12 << 20);
}

/* ---- Keys -------------------------------------------------------------------------------- */

static void make_repeats(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    buffer_text(users, USERS_HEADER);
    for (size_t row = 0; row < size; row++) {
        buffer_text(users, "X1,ann@example.com,Ann,Lee,T9\n");
    }
}

Test(hostile, one_record_a_million_times)
{
    expect_linear(make_repeats, roster_only, 500000);
    expect_linear(make_repeats, roster_reported, 20000);
}

/* An id of the class of `abcdefghijklmnop`: the number chooses the case of its letters, and so many
 * zeros stand before it. */
static void append_alike(struct buffer *text, size_t number, size_t zeros)
{
    for (size_t zero = 0; zero < zeros; zero++) {
        buffer_byte(text, '0');
    }
    for (unsigned letter = 0; letter < 16; letter++) {
        buffer_byte(text, (char)((number >> letter & 1) != 0 ? 'A' + letter : 'a' + letter));
    }
}

static void make_alike(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    buffer_text(users, USERS_HEADER);
    for (size_t row = 0; row < size; row++) {
        append_alike(users, row % 65536, row / 65536);
        buffer_text(users, ",u");
        buffer_number(users, row);
        buffer_text(users, "@example.com,F,L,\n");
    }
}

Test(hostile, ids_that_differ_only_in_zeros_and_case)
{
    expect_linear(make_alike, roster_reported, 30000);
}

/* All but the first user are removed for their e-mail; many teams ask for one of that class. */
static void make_alike_unknown(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    struct buffer *teams = &made->files[MUSTER_TEAMS];
    buffer_text(users, USERS_HEADER);
    buffer_text(teams, TEAMS_HEADER);
    for (size_t row = 0; row < size; row++) {
        append_alike(users, row, 0);
        buffer_text(users, ",ann@example.com,F,L,\n");
        buffer_byte(teams, 'T');
        buffer_number(teams, row);
        buffer_text(teams, ",Name ");
        buffer_number(teams, row);
        buffer_byte(teams, ',');
        append_alike(teams, row, 1);
        buffer_text(teams, ",\n");
    }
}

Test(hostile, ids_that_might_be_meant_but_were_all_removed)
{
    expect_linear(make_alike_unknown, roster_reported, 15000);
}

/* The id is far behind the start of the first record, and all others have the same one. */
static void make_far_id(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    for (unsigned column = 0; column < 50; column++) {
        buffer_text(users, "x,");
    }
    buffer_text(users, "email,first_name,last_name,team_id,id\n");
    for (unsigned column = 0; column < 50; column++) {
        for (size_t index = 0; index < size; index++) {
            buffer_byte(users, 'v');
        }
        buffer_byte(users, ',');
    }
    buffer_text(users, "ann@example.com,A,L,,X1\n");
    for (size_t row = 0; row < size; row++) {
        for (unsigned column = 0; column < 50; column++) {
            buffer_byte(users, ',');
        }
        buffer_text(users, "ann@example.com,A,L,,X1\n");
    }
}

Test(hostile, repeats_of_a_record_whose_key_is_far_from_its_start)
{
    expect_linear(make_far_id, roster_only, 2000);
}

static void make_long_fields(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    buffer_text(users, USERS_HEADER);
    for (size_t row = 0; row < size; row++) {
        buffer_number(users, row);
        buffer_text(users, ",\"");
        for (size_t index = 0; index < 65000; index++) {
            buffer_byte(users, index % 100 == 99 ? '\n' : 'l');
        }
        buffer_number(users, row);
        buffer_text(users, "@x.com\",\"\"\"\",,\n");
    }
}

Test(hostile, values_of_64_kib)
{
    expect_linear(make_long_fields, roster_reported, 100);
}

static void make_columns(struct export *made, size_t size)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    for (int record = 0; record < 20; record++) {
        for (size_t column = 0; column < size; column++) {
            buffer_text(users, record == 0 ? "x," : ",");
        }
        buffer_text(users, record == 0 ? USERS_HEADER : "X1,ann@example.com,\"A\",,\n");
    }
}

Test(hostile, as_many_columns_as_there_may_be)
{
    expect_linear(make_columns, roster_reported, 30000);
}

/*
 * Ids that fall into the same place of a table with the seed 0: the upper bits of the lower half of
 * their hash are the same.
 */
static void make_colliding(struct export *made, size_t size, unsigned bits)
{
    struct buffer *users = &made->files[MUSTER_USERS];
    buffer_text(users, USERS_HEADER);
    uint64_t number = 0;
    for (size_t row = 0; row < size; row++) {
        char id[24];
        size_t len = 0;
        do {
            len = 0;
            for (uint64_t rest = ++number; rest > 0; rest /= 26) {
                id[len++] = (char)('a' + rest % 26);
            }
        } while ((uint32_t)hash_bytes(id, len, 0) >> (32 - bits) != 0);
        buffer_append(users, id, len);
        buffer_text(users, ",");
        buffer_append(users, id, len);
        buffer_text(users, "@example.com,,,\n");
    }
}

static void make_colliding_well(struct export *made, size_t size)
{
    make_colliding(made, size, 12);
}

static void make_not_colliding(struct export *made, size_t size)
{
    make_colliding(made, size, 1);
}

Test(hostile, keys_that_collide_with_a_known_seed)
{
    if (SANITIZED) {
        cr_skip("a matter of time");
    }
    for (int chance = 0; chance < 2; chance++) {
        double colliding = seconds(make_colliding_well, roster_only, 8000);
        double other = seconds(make_not_colliding, roster_only, 8000);
        if (colliding < 2 * other + 0.002) {
            return;
        }
        cr_assert(eq(int, chance, 0), "%.1f ms instead of %.1f ms", colliding * 1e3, other * 1e3);
    }
}

Test(hostile, no_two_runs_have_the_same_seed)
{
    struct muster_roster *one = roster_of(USERS_HEADER, NULL, NULL);
    struct muster_roster *other = roster_of(USERS_HEADER, NULL, NULL);
    cr_expect(ne(u64, one->files[MUSTER_USERS].table.options.seed,
                 other->files[MUSTER_USERS].table.options.seed));
    muster_roster_close(one);
    muster_roster_close(other);
}

/* ---- Organisations ----------------------------------------------------------------------- */

static int shape; /* 0: parents first, 1: children first, 2: on a circle, 3: without a top */

static void make_chain(struct export *made, size_t size)
{
    struct buffer *teams = &made->files[MUSTER_TEAMS];
    buffer_text(&made->files[MUSTER_USERS], USERS_HEADER);
    buffer_text(teams, TEAMS_HEADER);
    for (size_t row = 0; row < size; row++) {
        size_t team = shape == 1 ? size - 1 - row : row;
        buffer_number(teams, team);
        buffer_text(teams, ",Name ");
        buffer_number(teams, team);
        buffer_text(teams, ",,");
        if (team > 0) {
            buffer_number(teams, team - 1);
        } else if (shape == 2) {
            buffer_number(teams, size - 1);
        } else if (shape == 3) {
            buffer_text(teams, "nobody");
        }
        buffer_byte(teams, '\n');
    }
}

Test(hostile, a_chain_of_teams)
{
    for (shape = 0; shape < 4; shape++) {
        expect_linear(make_chain, roster_only, 100000);
    }
}

Test(hostile, a_chain_that_falls_is_told_about)
{
    shape = 3;
    expect_linear(make_chain, roster_reported, 20000);
}

static void make_one_name(struct export *made, size_t size)
{
    struct buffer *teams = &made->files[MUSTER_TEAMS];
    buffer_text(&made->files[MUSTER_USERS], USERS_HEADER "X1,ann@example.com,Ann,Lee,\n");
    buffer_text(teams, TEAMS_HEADER);
    for (size_t row = 0; row < size; row++) {
        buffer_byte(teams, 'T');
        buffer_number(teams, row);
        buffer_text(teams, ",Lab,X1,\n");
    }
}

Test(hostile, one_name_for_all_teams)
{
    expect_linear(make_one_name, roster_reported, 20000);
}

static void make_managers(struct export *made, size_t size)
{
    struct buffer *teams = &made->files[MUSTER_TEAMS];
    buffer_text(&made->files[MUSTER_USERS], USERS_HEADER "A,ann@example.com,Ann,Lee,\n");
    buffer_text(teams, TEAMS_HEADER);
    for (size_t row = 0; row < size; row++) {
        buffer_byte(teams, 'T');
        buffer_number(teams, row);
        buffer_text(teams, ",N,\"");
        for (size_t index = 0; index < 16000; index++) {
            buffer_text(teams, index % 2 == 0 ? "A" : "B");
            buffer_number(teams, index * 7919 % 100);
            buffer_byte(teams, ',');
        }
        buffer_text(teams, "A\",\n");
    }
}

Test(hostile, lists_of_managers_as_long_as_a_value_may_be)
{
    expect_linear(make_managers, roster_reported, 20);
}

/* Nobody knows any of them, and a doubled quote in the list has all of it decoded. */
static void make_unknown_managers(struct export *made, size_t size)
{
    buffer_text(&made->files[MUSTER_USERS], USERS_HEADER "X1,ann@example.com,,,\n");
    buffer_text(&made->files[MUSTER_TEAMS], TEAMS_HEADER "T1,IT,\"\"\"");
    for (uint32_t number = 0; made->files[MUSTER_TEAMS].size < size; number++) {
        buffer_byte(&made->files[MUSTER_TEAMS], ',');
        buffer_number(&made->files[MUSTER_TEAMS], number);
    }
    buffer_text(&made->files[MUSTER_TEAMS], "\",\n");
}

Test(hostile, a_list_of_unknown_managers_that_has_to_be_decoded)
{
    expect_linear(make_unknown_managers, roster_reported, 30000);
}

/* ---- Two rosters ------------------------------------------------------------------------- */

static void append_user(struct buffer *users, size_t row, size_t id)
{
    buffer_byte(users, 'X');
    buffer_number(users, id);
    buffer_text(users, ",u");
    buffer_number(users, row);
    buffer_text(users, "@example.com,F,L,\n");
}

static void append_team(struct buffer *teams, size_t id, size_t name, size_t parent)
{
    buffer_byte(teams, 'T');
    buffer_number(teams, id);
    buffer_text(teams, ",Name ");
    buffer_number(teams, name);
    buffer_text(teams, ",,");
    if (parent != SIZE_MAX) {
        buffer_byte(teams, 'T');
        buffer_number(teams, parent);
    }
    buffer_byte(teams, '\n');
}

/* The new one of two organisations that have little in common. */
static struct export before;

static void make_turned(struct export *made, size_t size)
{
    struct buffer *const users[] = {&before.files[MUSTER_USERS], &made->files[MUSTER_USERS]};
    struct buffer *const teams[] = {&before.files[MUSTER_TEAMS], &made->files[MUSTER_TEAMS]};
    for (int side = 0; side < 2; side++) {
        buffer_clear(users[side]);
        buffer_clear(teams[side]);
        buffer_text(users[side], USERS_HEADER);
        buffer_text(teams[side], TEAMS_HEADER);
    }
    for (size_t row = 0; row < size; row++) {
        /* Every user gets another id, in the opposite order. */
        append_user(users[0], row, row);
        append_user(users[1], size - 1 - row, size + row);
        /* A chain is turned upside down, and every name goes to the next team. */
        append_team(teams[0], row, row, row > 0 ? row - 1 : SIZE_MAX);
        append_team(teams[1], row, (row + 1) % size, row + 1 < size ? row + 1 : SIZE_MAX);
    }
}

static void plan_made(struct export *made)
{
    struct muster_roster *old_roster = roster_open(&before);
    struct muster_roster *new_roster = roster_open(made);
    struct muster_plan *plan;
    struct muster_diff *diff;
    cr_assert(eq(int, muster_plan_open(&plan, old_roster, new_roster, NULL), MUSTER_OK));
    cr_assert(eq(int, muster_diff_open(&diff, old_roster, new_roster), MUSTER_OK));
    const struct muster_report_options options = {.command = "plan", .format = MUSTER_JSONL};
    cr_assert(eq(int, muster_report_plan(plan, &options, write_nowhere, NULL), MUSTER_OK));
    cr_assert(eq(int, muster_report_diff(diff, &options, write_nowhere, NULL), MUSTER_OK));
    muster_diff_close(diff);
    muster_plan_close(plan);
    muster_roster_close(old_roster);
    muster_roster_close(new_roster);
}

Test(hostile, an_organisation_that_is_turned_upside_down)
{
    expect_linear(make_turned, plan_made, 10000);
}
