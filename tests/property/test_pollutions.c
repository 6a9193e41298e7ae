/* SPDX-License-Identifier: MIT */
/*
 * A table that is damaged at one place, for each of its places: a quote too many, a separator
 * missing or too many, a line with another separator. The kinds of damage are those of the Pollock
 * benchmark, with as many rows and columns; the table and what is expected are our own.
 *
 * All readers must agree with libcsv. A user must be told of the damaged record and nothing else,
 * and lose no other record but those that an open quote swallows.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "readings.h"
#include "support.h"

TestSuite(pollutions, .init = readings_open, .timeout = 120);

enum { ROW_COUNT = 84, COLUMN_COUNT = 9, PLAIN = -1, NUMBER_FIRST = 100 };

static const struct column {
    const char *name;
    const char *value; /* as it stands in the file; # is the number of the row */
} columns[COLUMN_COUNT] = {
    {"id", "U#"},
    {"email", "u#@example.com"},
    {"first_name", "\"First #\""},
    {"last_name", "Last #"},
    {"team_id", "T#"},
    {"\"size, in parts\"", "\"#, or less\""},
    {"product", "\"Rod, 8\"\" by #\""},
    {"description", "\"Boots #: rugged, light and quick\""},
    {"date", "28/01/2018"},
};

enum kind { NOTHING, QUOTE_MORE, SEPARATOR_LESS, SEPARATOR_MORE, SEPARATOR_OTHER, EMPTY_ROW };

/* What is wrong with the table, and where. */
struct pollution {
    enum kind kind;
    int row;
    int column;
    char separator;
    const char *line_end;
};

static void separator_append(struct buffer *text, const struct pollution *pollution, bool here,
                             int column)
{
    bool at_place = here && column == pollution->column;
    bool other = here && pollution->kind == SEPARATOR_OTHER;
    int count = column > 0 ? 1 : 0;
    if (at_place && pollution->kind == SEPARATOR_LESS) {
        count--;
    }
    if (at_place && pollution->kind == SEPARATOR_MORE) {
        count++;
    }
    while (count-- > 0) {
        buffer_byte(text, other ? pollution->separator : ',');
    }
}

static void cell_append(struct buffer *text, const struct pollution *pollution, int row, int column)
{
    const char *cell = row > 0 ? columns[column].value : columns[column].name;
    /* A quoted value gets its quote inside, as one that was not doubled. */
    if (cell[0] == '"') {
        buffer_byte(text, *cell++);
    }
    if (pollution->kind == QUOTE_MORE && row == pollution->row && column == pollution->column) {
        buffer_byte(text, '"');
    }
    for (; *cell != '\0'; cell++) {
        if (*cell == '#') {
            buffer_number(text, (uint64_t)(NUMBER_FIRST + row));
        } else {
            buffer_byte(text, *cell);
        }
    }
}

static void table_make(struct buffer *text, const struct pollution *pollution)
{
    buffer_clear(text);
    for (int row = 0; row < ROW_COUNT; row++) {
        bool here = row == pollution->row;
        for (int column = 0; column < COLUMN_COUNT; column++) {
            if (here && pollution->kind == EMPTY_ROW) {
                break;
            }
            separator_append(text, pollution, here, column);
            cell_append(text, pollution, row, column);
        }
        buffer_text(text, pollution->line_end);
    }
    cr_assert(not(text->exhausted));
}

static struct muster_roster *table_open(struct buffer *text, const struct pollution *pollution)
{
    table_make(text, pollution);
    (void)readings_compare(buffer_view(text), true);
    const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = buffer_view(text)};
    return roster_of_spans(files, NULL);
}

/* Whether the user of a row is kept; its place is that of its record. */
static void kept_read(struct muster_roster *roster, bool kept[ROW_COUNT])
{
    struct muster_user user;
    memset(kept, 0, ROW_COUNT * sizeof kept[0]);
    for (uint32_t index = 0; index < muster_roster_user_places(roster); index++) {
        if (!muster_roster_user(roster, index, &user)) {
            continue;
        }
        int row = 0;
        cr_assert(eq(sz, user.id.len, 4));
        for (size_t at = 1; at < user.id.len; at++) {
            row = row * 10 + (user.id.ptr[at] - '0');
        }
        row -= NUMBER_FIRST;
        cr_assert(lt(int, 0, row));
        cr_assert(lt(int, row, ROW_COUNT));
        cr_assert(not(kept[row]));
        kept[row] = true;
    }
    cr_assert(eq(int, muster_roster_status(roster), MUSTER_OK));
}

/* The errors among the findings: how many, and the code and line of the first. */
static int errors_read(struct muster_roster *roster, enum muster_code *code, uint64_t *line)
{
    struct muster_findings *findings = NULL;
    struct muster_finding finding;
    int count = 0;
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    while (muster_findings_next(findings, &finding)) {
        if (finding.severity < MUSTER_ERROR) {
            continue;
        }
        if (count++ == 0) {
            *code = finding.code;
            *line = finding.line;
        }
    }
    muster_findings_close(findings);
    return count;
}

/*
 * One damaged record below the header: one error, on its line, and all users before it and behind
 * the place where reading goes on are kept. Gives how many more than the damaged one are lost.
 */
static int row_judge(const struct pollution *pollution)
{
    struct buffer text = {0};
    struct muster_roster *roster = table_open(&text, pollution);
    enum muster_code code = MUSTER_CODE_COUNT;
    uint64_t line = 0;
    bool kept[ROW_COUNT];
    int lost = 0;
    cr_expect(eq(int, errors_read(roster, &code, &line), 1), "row %d, column %d", pollution->row,
              pollution->column);
    cr_expect(eq(u64, line, (uint64_t)pollution->row + 1));
    bool expected = code == MUSTER_STRAY_QUOTE || code == MUSTER_FIELD_COUNT ||
                    code == MUSTER_UNTERMINATED_QUOTE;
    cr_expect(expected);
    kept_read(roster, kept);
    if (code == MUSTER_UNTERMINATED_QUOTE) {
        cr_expect(pollution->row == ROW_COUNT - 1);
        memset(kept, true, (size_t)pollution->row * sizeof kept[0]);
    }
    for (int row = 1; row < pollution->row; row++) {
        cr_expect(kept[row]);
    }
    while (pollution->row + lost < ROW_COUNT && !kept[pollution->row + lost]) {
        lost++;
    }
    cr_expect(lt(int, 0, lost));
    for (int row = pollution->row + lost; row < ROW_COUNT; row++) {
        cr_expect(kept[row]);
    }
    muster_roster_close(roster);
    buffer_close(&text);
    return lost - 1;
}

/* A damaged header: nothing is kept, or the table is what it was but for its names. */
static void header_judge(const struct pollution *pollution)
{
    struct buffer text = {0};
    struct muster_roster *roster = table_open(&text, pollution);
    enum muster_code code = MUSTER_CODE_COUNT;
    uint64_t line = 0;
    bool kept[ROW_COUNT];
    cr_expect(lt(int, 0, errors_read(roster, &code, &line)), "column %d", pollution->column);
    kept_read(roster, kept);
    for (int row = 1; row < ROW_COUNT; row++) {
        cr_expect(not(kept[row]));
    }
    muster_roster_close(roster);
    buffer_close(&text);
}

/* Every row below the header and every column from `first` on; gives how many cases that were. */
static int everywhere(enum kind kind, int first, char separator, int *swallowed)
{
    int count = 0;
    *swallowed = 0;
    for (int row = 0; row < ROW_COUNT; row++) {
        for (int column = first; column < COLUMN_COUNT; column++) {
            struct pollution pollution = {kind, row, column, separator, "\r\n"};
            count++;
            if (row == 0) {
                header_judge(&pollution);
            } else {
                *swallowed += row_judge(&pollution);
            }
            if (kind == SEPARATOR_OTHER) {
                break;
            }
        }
    }
    return count;
}

Test(pollutions, the_table_itself_is_sound)
{
    static const char *const line_ends[] = {"\r\n", "\n", "\r"};
    for (size_t index = 0; index < sizeof line_ends / sizeof line_ends[0]; index++) {
        struct pollution pollution = {NOTHING, PLAIN, PLAIN, ',', line_ends[index]};
        struct buffer text = {0};
        struct muster_roster *roster = table_open(&text, &pollution);
        enum muster_code code = MUSTER_CODE_COUNT;
        uint64_t line = 0;
        bool kept[ROW_COUNT];
        cr_expect(eq(int, errors_read(roster, &code, &line), 0));
        kept_read(roster, kept);
        for (int row = 1; row < ROW_COUNT; row++) {
            cr_expect(kept[row]);
        }
        muster_roster_close(roster);
        buffer_close(&text);
    }
}

Test(pollutions, a_quote_too_many_costs_what_it_swallows)
{
    int swallowed = 0;
    cr_expect(eq(int, everywhere(QUOTE_MORE, 0, ',', &swallowed), ROW_COUNT *COLUMN_COUNT));
    /*
     * Behind the value of the last column the next quote stands in the next record, which is lost
     * too; behind the very last one there is none, which is fatal.
     */
    cr_expect(eq(int, swallowed, ROW_COUNT - 2));
}

Test(pollutions, a_missing_separator_costs_one_record)
{
    int swallowed = 0;
    int cases = ROW_COUNT * (COLUMN_COUNT - 1);
    cr_expect(eq(int, everywhere(SEPARATOR_LESS, 1, ',', &swallowed), cases));
    cr_expect(eq(int, swallowed, 0));
}

Test(pollutions, a_separator_too_many_costs_one_record)
{
    int swallowed = 0;
    int cases = ROW_COUNT * COLUMN_COUNT;
    cr_expect(eq(int, everywhere(SEPARATOR_MORE, 0, ',', &swallowed), cases));
    cr_expect(eq(int, swallowed, 0));
}

Test(pollutions, another_separator_costs_one_record)
{
    static const char separators[] = {';', '|', '\t', ':', ' '};
    for (size_t index = 0; index < sizeof separators; index++) {
        int swallowed = 0;
        int cases = everywhere(SEPARATOR_OTHER, 0, separators[index], &swallowed);
        cr_expect(eq(int, cases, ROW_COUNT));
        cr_expect(eq(int, swallowed, 0));
    }
}

Test(pollutions, an_empty_row_costs_nothing_but_itself)
{
    for (int row = 1; row < ROW_COUNT; row++) {
        struct pollution pollution = {EMPTY_ROW, row, PLAIN, ',', "\r\n"};
        struct buffer text = {0};
        struct muster_roster *roster = table_open(&text, &pollution);
        bool kept[ROW_COUNT];
        kept_read(roster, kept);
        for (int other = 1; other < ROW_COUNT; other++) {
            cr_expect(eq(int, kept[other], other != row));
        }
        muster_roster_close(roster);
        buffer_close(&text);
    }
}
