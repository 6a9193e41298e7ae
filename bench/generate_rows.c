/* SPDX-License-Identifier: MIT */
#include "generate_rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate_names.h"
#include "generate_organisation.h"
#include "generate_rules.h"
#include "generate_values.h"

#define BUFFER_SIZE     ((size_t)1 << 20)
#define VALUE_SIZE_MAX  65536
#define ROW_SIZE_MAX    (VALUE_SIZE_MAX + 4096)
#define NAME_LENGTH_MAX 200

/* A file under way: rows go to `at`, and where few bytes are left all of them to the file. */
struct output {
    FILE *file;
    char *bytes;
    char *at;
    bool failed;
};

/* A row under way. */
struct row {
    const struct rows *rows;
    char *at;
    uint64_t number; /* chooses among the texts that spoil it */
};

static void cell_begin(struct row *row)
{
    if (row->rows->quoted) {
        *row->at++ = '"';
    }
}

static void cell_end(struct row *row)
{
    if (row->rows->quoted) {
        *row->at++ = '"';
    }
    *row->at++ = ',';
}

/* The end takes the place of the comma behind the last cell. */
static void row_end(struct row *row)
{
    row->at--;
    if (row->rows->crlf) {
        *row->at++ = '\r';
    }
    *row->at++ = '\n';
}

static void header_put(struct output *output, const struct rows *rows, const char *const *names)
{
    struct row row = {rows, output->at, 0};

    for (; *names != NULL; names++) {
        cell_begin(&row);
        row.at = text_put(row.at, *names);
        cell_end(&row);
    }
    row_end(&row);
    output->at = row.at;
}

/* Alternately a sixth field and only four. */
static void spoil_row(struct row *row, char *start)
{
    bool quoted = row->rows->quoted;

    if (row->number % 2 == 0) {
        row->at = text_put(row->at, quoted ? "\",\"extra" : ",extra");
    } else {
        row->at = start - (quoted ? 3 : 1);
    }
}

static const char *spoil_text(const struct row *row)
{
    const struct breakage *breakage = row->rows->breakage;
    size_t count = 1;

    while (count < RULE_TEXT_MAX && breakage->texts[count] != NULL) {
        count++;
    }
    return breakage->texts[row->number % count];
}

/* What stands from `start` on is the value of the field that the rule spoils. */
static void spoil(struct row *row, char *start)
{
    const struct breakage *breakage = row->rows->breakage;

    switch (breakage->spoiling) {
    case SPOIL_NOTHING:
        break;
    case SPOIL_BEHIND:
        row->at = text_put(row->at, spoil_text(row));
        break;
    case SPOIL_INSTEAD:
        row->at = text_put(start, spoil_text(row));
        break;
    case SPOIL_NUL:
        *row->at++ = '\0';
        break;
    case SPOIL_LENGTH:
        memset(row->at, 'x', VALUE_SIZE_MAX);
        row->at += VALUE_SIZE_MAX;
        break;
    case SPOIL_ROW:
        spoil_row(row, start);
        break;
    }
}

/* The value from `start` on is spoilt, in quotes if it needs them. */
static void user_cell_spoil(struct row *row, char *start)
{
    if (!row->rows->breakage->special || row->rows->quoted) {
        spoil(row, start);
        return;
    }
    memmove(start + 1, start, (size_t)(row->at - start));
    *start = '"';
    row->at++;
    spoil(row, start);
    *row->at++ = '"';
}

/* A cell of users.csv ends, after it is spoilt if it is this field's turn. */
static void user_cell_end(struct row *row, enum user_field field, char *start)
{
    if (row->rows->breakage->field == field) {
        user_cell_spoil(row, start);
    }
    cell_end(row);
}

static void user_put(struct output *output, const struct rows *rows, const struct user *user)
{
    const struct values *values = &rows->values;
    struct person person = values_person(values, user);
    struct row row = {rows, output->at, user->key};
    char *start;

    cell_begin(&row);
    start = row.at;
    row.at = user_id_put(row.at, values, user->key);
    user_cell_end(&row, USER_ID, start);

    cell_begin(&row);
    start = row.at;
    row.at = address_put(row.at, values, user, &person);
    user_cell_end(&row, USER_EMAIL, start);

    cell_begin(&row);
    start = row.at;
    row.at = name_put(row.at, person.first);
    user_cell_end(&row, USER_FIRST_NAME, start);

    cell_begin(&row);
    start = row.at;
    row.at = name_put(row.at, person.last);
    user_cell_end(&row, USER_LAST_NAME, start);

    cell_begin(&row);
    start = row.at;
    if (user->team != NO_TEAM) {
        row.at = values->broken == RULE_UNKNOWN_TEAM ? lost_team_id_put(row.at, values, user->team)
                                                     : team_id_put(row.at, values, user->team);
    }
    user_cell_end(&row, USER_TEAM, start);
    row_end(&row);
    output->at = row.at;
}

static void managers_put(struct row *row, uint32_t team)
{
    uint64_t keys[MANAGER_MAX] = {team};
    size_t count = organisation_managers(row->rows->values.organisation, team, keys);
    bool unknown = row->rows->values.broken == RULE_UNKNOWN_MANAGER;

    if (unknown && count == 0) {
        count = 1;
    }
    bool listed = count > 1 && !row->rows->quoted;
    cell_begin(row);
    if (listed) {
        *row->at++ = '"';
    }
    for (size_t index = 0; index < count; index++) {
        if (index > 0) {
            *row->at++ = ',';
        }
        if (unknown) {
            row->at = text_put(row->at, "OLD");
        }
        row->at = user_id_put(row->at, &row->rows->values, keys[index]);
    }
    if (listed) {
        *row->at++ = '"';
    }
    cell_end(row);
}

static void parent_put(struct row *row, uint32_t team)
{
    uint32_t parent = row->rows->values.organisation->teams[team].parent;
    enum rule broken = row->rows->values.broken;
    bool lost =
        broken == RULE_UNKNOWN_PARENT_TEAM ||
        (parent == NO_TEAM && (broken == RULE_REMOVED_PARENT_TEAM || broken == RULE_REMOVED_TEAM));

    cell_begin(row);
    if (lost) {
        row->at = lost_team_id_put(row->at, &row->rows->values, parent == NO_TEAM ? 0 : parent);
    } else if (parent != NO_TEAM && broken != RULE_DUPLICATE_TEAM_ID) {
        row->at = team_id_put(row->at, &row->rows->values, parent);
    }
    cell_end(row);
}

static void team_put(struct output *output, const struct rows *rows, uint32_t team)
{
    struct row row = {rows, output->at, team};

    cell_begin(&row);
    row.at = team_id_put(row.at, &rows->values, team);
    cell_end(&row);
    cell_begin(&row);
    row.at = team_name_put(row.at, &rows->values, team);
    if (rows->values.broken == RULE_TEAM_NAME_LENGTH) {
        memset(row.at, 'x', NAME_LENGTH_MAX);
        row.at += NAME_LENGTH_MAX;
    }
    cell_end(&row);
    managers_put(&row, team);
    parent_put(&row, team);
    row_end(&row);
    output->at = row.at;
}

static bool output_open(struct output *output, FILE *file)
{
    *output = (struct output){.file = file, .bytes = malloc(BUFFER_SIZE)};
    output->at = output->bytes;
    return output->bytes != NULL;
}

static void output_flush(struct output *output)
{
    size_t size = (size_t)(output->at - output->bytes);

    if (fwrite(output->bytes, 1, size, output->file) != size) {
        output->failed = true;
    }
    output->at = output->bytes;
}

/* Room for one more row; false where it makes no sense to go on. */
static bool output_reserve(struct output *output)
{
    if ((size_t)(output->at - output->bytes) > BUFFER_SIZE - ROW_SIZE_MAX) {
        output_flush(output);
    }
    return !output->failed;
}

static bool output_close(struct output *output)
{
    output_flush(output);
    free(output->bytes);
    return !output->failed && fflush(output->file) == 0;
}

/* The user of a slot, and behind it whoever joined there. */
static void slot_put(struct output *output, const struct rows *rows, uint64_t slot)
{
    struct user user = organisation_user(rows->values.organisation, slot);

    if (user.present) {
        user_put(output, rows, &user);
    }
    for (unsigned week = 1; week <= rows->values.organisation->options.state; week++) {
        if (organisation_joiner(rows->values.organisation, week, slot, &user)) {
            user_put(output, rows, &user);
        }
    }
}

bool rows_write_users(const struct rows *rows, FILE *file)
{
    static const char *const names[] = {"id", "email", "first_name", "last_name", "team_id", NULL};
    struct output output;

    if (!output_open(&output, file)) {
        return false;
    }
    header_put(&output, rows, names);
    for (uint64_t slot = 0; slot < rows->values.organisation->options.user_count; slot++) {
        if (!output_reserve(&output)) {
            break;
        }
        slot_put(&output, rows, slot);
    }
    return output_close(&output);
}

bool rows_write_teams(const struct rows *rows, FILE *file)
{
    static const char *const names[] = {"id", "name", "manager_ids", "parent_team_id", NULL};
    struct output output;

    if (!output_open(&output, file)) {
        return false;
    }
    header_put(&output, rows, names);
    for (uint32_t position = 0; position < rows->values.organisation->team_count; position++) {
        uint32_t team = rows->values.organisation->order[position];
        if (!output_reserve(&output)) {
            break;
        }
        if (!rows->values.organisation->teams[team].gone) {
            team_put(&output, rows, team);
        }
    }
    return output_close(&output);
}
