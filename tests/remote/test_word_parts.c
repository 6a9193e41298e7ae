/* SPDX-License-Identifier: MIT */
/* What is found in the words of a remote: the kinds of operations, dates, a token that is repeated,
 * and characters that do something to a terminal. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "output/escape.h"
#include "remote/operations.h"
#include "remote/remote.h"
#include "remote/token.h"
#include "terminal.h"

static void expect_hidden(const char *reply, const char *hidden)
{
    char bytes[128];
    char token_bytes[] = "ab/c\"d+e";
    const struct token token = {token_bytes, sizeof token_bytes - 1};

    (void)snprintf(bytes, sizeof bytes, "%s", reply);
    token_hide(&token, bytes, strlen(bytes));
    cr_expect(eq(str, bytes, (char *)hidden));
}

Test(token, is_hidden_however_json_writes_it)
{
    expect_hidden("no token ab/c\"d+f", "no token ab/c\"d+f");
    expect_hidden("ab/c\"d+e", "********");
    expect_hidden("x ab/c\"d+eab/c\"d+e", "x ****************");
    expect_hidden("[\"ab\\/c\\\"d+e\"]", "[\"**********\"]");
    expect_hidden("\\u0061b\\u002fc\\\"d\\u002Be!", "************************!");
    expect_hidden("ab/c\"d+", "ab/c\"d+");
    expect_hidden("ab\\u00", "ab\\u00");
    expect_hidden("", "");
}

Test(operations, recognises_its_own_words_and_names)
{
    static const struct {
        const char *text;
        enum muster_operation_kind kind;
    } samples[] = {
        {"Change the id of team \"IT\" (T1) to T2", MUSTER_REKEY_TEAM},
        {"Change the id of Ann Lee (X1) to X2", MUSTER_REKEY_USER},
        {"Rename team \"A\" (T1) to \"B\"", MUSTER_RENAME_TEAM},
        {"Add team \"IT\" (T1) at the top level", MUSTER_ADD_TEAM},
        {"Move team \"Cloud\" (T2) from \"IT\" (T1) to the top level", MUSTER_MOVE_TEAM},
        {"Add Ann Lee (X1) to team \"IT\" (T1)", MUSTER_ADD_TEAM_MEMBER},
        {"Move Ann (X1) from team \"A\" (T1) to team \"B\" (T2)", MUSTER_MOVE_TEAM_MEMBER},
        {"Remove Ann Lee (X1) from team \"IT\" (T1)", MUSTER_REMOVE_TEAM_MEMBER},
        {"Add X1 as manager of team \"IT\" (T1)", MUSTER_ADD_TEAM_MANAGER},
        {"Remove X1 as manager of team \"IT\" (T1)", MUSTER_REMOVE_TEAM_MANAGER},
        {"Delete team \"IT\" (T1)", MUSTER_DELETE_TEAM},
        {"Remove user Ann Lee (X1)", MUSTER_REMOVE_USER},
        {"Remove the license of Ann Lee (X1)", MUSTER_REMOVE_LICENSE},
        {"Change the id of Team Lead (X1) to X2", MUSTER_REKEY_USER},
        {"Add Team Lead (X1) to team \"IT\" (T1)", MUSTER_ADD_TEAM_MEMBER},
        {"Add Team Lead (X1) as manager of team \"IT\" (T1)", MUSTER_ADD_TEAM_MANAGER},
        {"Move Team Lead (X1) from team \"A\" (T1) to team \"B\" (T2)", MUSTER_MOVE_TEAM_MEMBER},
        {"Remove Team Lead (X1) from team \"IT\" (T1)", MUSTER_REMOVE_TEAM_MEMBER},
        {"Remove Team Lead (X1) as manager of team \"IT\" (T1)", MUSTER_REMOVE_TEAM_MANAGER},
        {"Add team IT", MUSTER_ADD_TEAM},
        {"Remove team IT", MUSTER_DELETE_TEAM},
        {"addTeamMember", MUSTER_ADD_TEAM_MEMBER},
        {"addTeam: x", MUSTER_ADD_TEAM},
        {"addTeams", MUSTER_OPERATION_KIND_COUNT},
        {"Something else", MUSTER_OPERATION_KIND_COUNT},
        {"", MUSTER_OPERATION_KIND_COUNT},
        {NULL, MUSTER_OPERATION_KIND_COUNT},
    };

    for (size_t index = 0; index < sizeof samples / sizeof samples[0]; index++) {
        cr_expect(eq(int, (int)operation_recognise(samples[index].text), (int)samples[index].kind),
                  "%s", samples[index].text);
    }
}

Test(dates, takes_dates_and_moments_alone)
{
    cr_expect(date_is_valid("2024-01-31"));
    cr_expect(date_is_valid("2024-01-31T23:59:59Z"));
    cr_expect(date_is_valid("2021-02-01T00:00:00.000Z"));
    cr_expect(not(date_is_valid("")));
    cr_expect(not(date_is_valid("2024-1-31")));
    cr_expect(not(date_is_valid("2024-13-01")));
    cr_expect(not(date_is_valid("2024-00-01")));
    cr_expect(not(date_is_valid("2024-01-32")));
    cr_expect(not(date_is_valid("2024-01-31T23:59:59")));
    cr_expect(not(date_is_valid("2024-01-31 23:59:59Z")));
    cr_expect(not(date_is_valid("2024-01-31x")));
    cr_expect(not(date_is_valid("2024-01-31T23:59:59.Z")));
    cr_expect(not(date_is_valid("2024-01-31T23:59:59.5")));
    cr_expect(not(date_is_valid("yesterday")));
}

Test(dates, takes_moments_that_there_are)
{
    cr_expect(date_is_valid("2024-02-29"));
    cr_expect(date_is_valid("2000-02-29"));
    cr_expect(not(date_is_valid("2023-02-29")));
    cr_expect(not(date_is_valid("1900-02-29")));
    cr_expect(not(date_is_valid("2024-02-31")));
    cr_expect(not(date_is_valid("2024-04-31")));
    cr_expect(not(date_is_valid("2024-01-00")));
    cr_expect(not(date_is_valid("2024-01-31T24:00:00Z")));
    cr_expect(not(date_is_valid("2024-01-31T23:60:00Z")));
    cr_expect(not(date_is_valid("2024-01-31T23:59:60Z")));
    cr_expect(not(date_is_valid("2024-02-31T99:99:99Z")));
}

Test(dates, are_in_order_however_they_are_written)
{
    static const char *const same[][2] = {{"2024-01-31", "2024-01-31T00:00:00Z"},
                                          {"2024-01-31", "2024-01-31T00:00:00.000Z"},
                                          {"2024-01-31T08:00:00.5Z", "2024-01-31T08:00:00.500Z"}};
    static const char *const ordered[] = {"2023-12-31T23:59:59.999Z",
                                          "2024-01-31",
                                          "2024-01-31T00:00:00.05Z",
                                          "2024-01-31T00:00:00.5Z",
                                          "2024-01-31T00:00:01Z",
                                          "2024-01-31T10:00:00Z",
                                          "2024-02-01"};
    enum { COUNT = sizeof ordered / sizeof ordered[0] };

    for (size_t index = 0; index < sizeof same / sizeof same[0]; index++) {
        cr_expect(eq(int, date_compare(same[index][0], same[index][1]), 0), "%s", same[index][1]);
        cr_expect(eq(int, date_compare(same[index][1], same[index][0]), 0), "%s", same[index][1]);
    }
    for (size_t index = 0; index + 1 < COUNT; index++) {
        cr_expect(lt(int, date_compare(ordered[index], ordered[index + 1]), 0), "%zu", index);
        cr_expect(lt(int, 0, date_compare(ordered[index + 1], ordered[index])), "%zu", index);
    }
}

/* The UTF-8 of a code point; its size. */
static size_t encode(char bytes[4], uint32_t point)
{
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t index = size; index-- > 1; point >>= 6) {
        bytes[index] = (char)(0x80 | (point & 0x3F));
    }
    bytes[0] = (char)(marks[size] | point);
    return size;
}

Test(terminal, shows_the_characters_that_reports_show)
{
    struct buffer shown = {0};
    char bytes[4];

    for (uint32_t point = 0; point < 0x110000; point++) {
        size_t size = encode(bytes, point);
        buffer_clear(&shown);
        escape_terminal(&shown, span_make(bytes, size));
        bool as_it_is = shown.size == size && memcmp(shown.bytes, bytes, size) == 0;
        cr_assert(eq(int, terminal_visible_size(bytes, size) > 0, as_it_is), "U+%04X", point);
    }
    buffer_close(&shown);
}
