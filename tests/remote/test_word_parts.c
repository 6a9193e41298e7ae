/* SPDX-License-Identifier: MIT */
/* What is found in the words of a remote: the kinds of operations, and a token that is repeated. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "remote/operations.h"
#include "remote/token.h"

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
