/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fuzz_require(bool true_now, const char *what)
{
    if (!true_now) {
        /* To the descriptor: a target may have exchanged the stream. */
        (void)dprintf(STDERR_FILENO, "fuzz: not true: %s\n", what);
        abort();
    }
}

unsigned fuzz_choices(span *input)
{
    if (input->len == 0) {
        return 0;
    }
    input->len--;
    return (unsigned char)input->ptr[input->len];
}

span fuzz_part(span *input)
{
    const char *separator = input->len > 0 ? memchr(input->ptr, FUZZ_SEPARATOR, input->len) : NULL;
    span part = *input;
    if (separator != NULL) {
        part.len = (size_t)(separator - input->ptr);
        input->ptr = separator + 1;
        input->len -= part.len + 1;
    } else {
        *input = span_make("", 0);
    }
    return part;
}

struct fuzz_export fuzz_export_take(span *input, unsigned file_count_max)
{
    struct fuzz_export files = {.count = 0};
    for (unsigned file = 0; file < file_count_max && (file == 0 || input->len > 0); file++) {
        span part = fuzz_part(input);
        if (part.ptr == NULL) {
            part = span_make("", 0);
        }
        files.items[files.count++] = (struct muster_input){.file = file, .data = part};
    }
    return files;
}

struct muster_roster *fuzz_open(const struct fuzz_export *files,
                                const struct muster_options *options)
{
    struct muster_roster *roster = NULL;
    enum muster_status status =
        muster_roster_open(&roster, files->items, files->count, options, NULL);
    fuzz_require(status == MUSTER_OK, "bytes in memory can always be read");
    return roster;
}

/* The next kept user at or behind `*index`; false behind the last. Copies, for two rosters at once.
 */
static bool user_next(struct muster_roster *roster, uint32_t *index, struct buffer *text)
{
    struct muster_user user;
    while (*index < muster_roster_user_places(roster)) {
        if (!muster_roster_user(roster, (*index)++, &user)) {
            continue;
        }
        const span values[] = {user.id, user.email, user.first_name, user.last_name, user.team_id};
        buffer_clear(text);
        for (size_t value = 0; value < sizeof values / sizeof values[0]; value++) {
            buffer_byte(text, values[value].ptr != NULL ? '=' : '-');
            buffer_number(text, values[value].len);
            buffer_byte(text, ':');
            buffer_span(text, values[value]);
        }
        return true;
    }
    fuzz_require(muster_roster_status(roster) == MUSTER_OK, "nobody is lost for want of memory");
    return false;
}

static void users_require_same(struct muster_roster *a, struct muster_roster *b)
{
    struct buffer texts[2] = {{0}};
    uint32_t at[2] = {0};
    bool more = true;
    while (more) {
        more = user_next(a, &at[0], &texts[0]);
        fuzz_require(user_next(b, &at[1], &texts[1]) == more, "as many users");
        fuzz_require(!more || span_equal(buffer_view(&texts[0]), buffer_view(&texts[1])),
                     "the same users");
    }
    buffer_close(&texts[0]);
    buffer_close(&texts[1]);
}

/* The id of the n-th manager. */
static span manager_id(struct muster_roster *roster, uint32_t team, uint32_t n)
{
    struct muster_user user;
    bool there = muster_roster_user(roster, muster_roster_manager(roster, team, n), &user);
    fuzz_require(there, "managers are users");
    return user.id;
}

void fuzz_require_same(struct muster_roster *a, struct muster_roster *b)
{
    users_require_same(a, b);
    uint32_t count = muster_roster_team_count(a);
    fuzz_require(muster_roster_team_count(b) == count, "as many teams");
    for (uint32_t index = 0; index < count; index++) {
        struct muster_team left;
        struct muster_team right;
        muster_roster_team(a, index, &left);
        muster_roster_team(b, index, &right);
        fuzz_require(span_equal(left.id, right.id) && span_equal(left.name, right.name) &&
                         span_equal(left.final_name, right.final_name),
                     "the same names of teams");
        fuzz_require((left.parent_team_id.ptr == NULL) == (right.parent_team_id.ptr == NULL) &&
                         span_equal(left.parent_team_id, right.parent_team_id),
                     "the same parents");
        fuzz_require(left.manager_count == right.manager_count, "as many managers");
        for (uint32_t n = 0; n < left.manager_count; n++) {
            fuzz_require(span_equal(manager_id(a, index, n), manager_id(b, index, n)),
                         "the same managers");
        }
    }
}

size_t fuzz_utf8(span text, uint32_t *code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    unsigned char lead = bytes[0];
    size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size == 0 || size > text.len || lead > 0xF7) {
        return 0;
    }
    uint32_t value = size == 1 ? lead : lead & (0x7FU >> size);
    for (size_t index = 1; index < size; index++) {
        if (bytes[index] < 0x80 || bytes[index] > 0xBF) {
            return 0;
        }
        value = value * 64 + (bytes[index] - 0x80U);
    }
    *code_point = value;
    bool sound = value >= least[size] && value < 0x110000 && (value < 0xD800 || value > 0xDFFF);
    return sound ? size : 0;
}

void fuzz_require_harmless(span text, bool lines_allowed)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point = 0;
        size_t size = fuzz_utf8(span_make(text.ptr + at, text.len - at), &code_point);
        fuzz_require(size > 0, "text is UTF-8");
        fuzz_require(code_point >= 0x20 || (lines_allowed && code_point == '\n'), "no C0");
        fuzz_require(code_point < 0x7F || code_point > 0x9F, "no DEL, no C1");
        fuzz_require(code_point != 0x61C && code_point != 0x200E && code_point != 0x200F &&
                         (code_point < 0x202A || code_point > 0x202E) &&
                         (code_point < 0x2066 || code_point > 0x2069),
                     "nothing that reorders text");
        fuzz_require(code_point != 0x2028 && code_point != 0x2029 && code_point != 0xFEFF,
                     "no other line ends and no marks");
        at += size;
    }
}

bool fuzz_write(void *context, const char *bytes, size_t size)
{
    struct buffer *buffer = context;
    buffer_append(buffer, bytes, size);
    return !buffer->exhausted;
}
