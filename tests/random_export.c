/* SPDX-License-Identifier: MIT */
#include "random_export.h"

#include <string.h>

#include "support.h"
#include "table/schema.h"

const char *const random_teams[RANDOM_TEAM_COUNT] = {
    "T1", "t1", "0T1", "TEAM-OF-MORE-THAN-12", "TEAM-OF-12--", "7"};

static void append_field(struct buffer *text, span value, uint64_t *state)
{
    bool quoted = random_below(state, 5) == 0;
    for (size_t index = 0; index < value.len && !quoted; index++) {
        quoted = strchr("\",\r\n", value.ptr[index]) != NULL && value.ptr[index] != '\0';
    }
    buffer_text(text, quoted ? "\"" : "");
    for (size_t index = 0; index < value.len; index++) {
        buffer_byte(text, value.ptr[index]);
        buffer_text(text, quoted && value.ptr[index] == '"' ? "\"" : "");
    }
    buffer_text(text, quoted ? "\"" : "");
}

/* A value for a column; `wild` is how often it is none that a decent export would have. */
static span random_value(const char *name, uint64_t wild, uint64_t *state)
{
    static struct buffer value;
    static const char *const odd[] = {
        "",     " ",        "\t",       " x",   "x ",   "a\nb", "\r\n,\r\n", "a,b",         "\"",
        "\"\"", "\xC3\x84", "\xC2\x85", "\xFF", "\xC3", "\x01", "\x7F",      "\xE2\x82\xAC"};
    static const char *const prefixes[] = {"",  "0", "00", " ",
                                           "x", "X", "xX", "id-of-some-length-"};
    static const char *const domains[] = {"@x.com", "@X.COM", "@x.com", "", "@x", "@@x.com"};
    buffer_clear(&value);
    if (random_below(state, 100) < wild) {
        uint64_t pick = random_below(state, 19);
        if (pick < 17) {
            buffer_text(&value, odd[pick]);
        } else if (pick == 17) {
            buffer_byte(&value, '\0');
        } else {
            for (uint64_t size = 290 + random_below(state, 20); size > 0; size--) {
                buffer_byte(&value, size % 50 == 0 ? '\n' : 'l');
            }
        }
        return buffer_view(&value);
    }
    if (strcmp(name, "team_id") == 0 || strcmp(name, "parent_team_id") == 0) {
        uint64_t team = random_below(state, RANDOM_TEAM_COUNT + 3);
        buffer_text(&value, team < RANDOM_TEAM_COUNT    ? random_teams[team]
                            : team == RANDOM_TEAM_COUNT ? "T9"
                                                        : "");
    } else if (strcmp(name, "manager_ids") == 0) {
        for (uint64_t count = random_below(state, 4); count > 0; count--) {
            buffer_number(&value, random_below(state, 60));
            buffer_text(&value, count > 1 ? "," : "");
        }
    } else if (strcmp(name, "id") == 0 && random_below(state, 6) == 0) {
        buffer_text(&value, random_teams[random_below(state, RANDOM_TEAM_COUNT)]);
    } else if (strcmp(name, "email") == 0) {
        buffer_byte(&value, random_below(state, 2) == 0 ? 'A' : 'a');
        buffer_number(&value, random_below(state, 150));
        buffer_text(&value, domains[random_below(state, wild > 0 ? 6 : 3)]);
    } else {
        buffer_text(&value, prefixes[random_below(state, wild > 0 ? 8 : 1)]);
        buffer_number(&value, random_below(state, 150));
    }
    return buffer_view(&value);
}

static void append_record(struct buffer *text, const char *const *names, size_t count,
                          uint64_t wild, uint64_t *state)
{
    bool broken = random_below(state, 200) < wild;
    size_t short_by = broken && random_below(state, 2) == 0 ? 1 : 0;
    for (size_t index = 0; index + short_by < count; index++) {
        buffer_text(text, index > 0 ? "," : "");
        append_field(text, random_value(names[index], wild, state), state);
    }
    if (broken && short_by == 0) {
        static const char *const trouble[] = {"\"", ",", ",\"a\"b", "x\"y\nz"};
        buffer_text(text, trouble[random_below(state, 4)]);
    }
    static const char *const ends[] = {"\n", "\n", "\r\n", "\n\n", "\r"};
    buffer_text(text, ends[random_below(state, random_below(state, 3) == 0 ? 5 : 3)]);
}

/* The columns of the schema and up to three others, shuffled. */
static size_t random_columns(const struct schema *schema, const char **names, uint64_t *state)
{
    size_t count = schema->column_count;
    for (size_t column = 0; column < count; column++) {
        names[column] = schema->columns[column].name;
    }
    for (uint64_t extra = random_below(state, 4); extra > 0; extra--) {
        names[count++] = "other";
    }
    for (size_t index = count - 1; index > 0 && random_below(state, 2) == 0; index--) {
        size_t other = random_below(state, index + 1);
        const char *name = names[index];
        names[index] = names[other];
        names[other] = name;
    }
    return count;
}

void random_file(struct buffer *text, enum muster_file file, uint64_t wild, size_t size,
                 uint64_t *state)
{
    const char *names[SCHEMA_COLUMN_MAX + 3];
    const struct schema *schema = schema_of(file);
    size_t count = random_columns(schema, names, state);
    buffer_clear(text);
    for (size_t index = 0; index < count; index++) {
        buffer_text(text, index > 0 ? "," : "");
        buffer_text(text, names[index]);
    }
    buffer_text(text, "\r\n");
    while (text->size < size) {
        append_record(text, names, count, wild, state);
    }
    if (wild > 0 && random_below(state, 3) == 0 && text->size > 200) {
        text->size -= random_below(state, 40); /* often without an end, or in open quotes */
    }
}
