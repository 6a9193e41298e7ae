/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "plan_words.h"

/* The texts of a plan, one a line. Closes both. */
static void expect_texts(struct small_org *before, struct small_org *after,
                         struct small_org *records, const char *expected)
{
    struct muster_plan_options options = {.keep_users = true};
    before->values_in_scratch = after->values_in_scratch = true;
    struct plan *plan;
    cr_assert(eq(int,
                 plan_open(&plan, &before->org, &after->org, records != NULL ? &records->org : NULL,
                           &options),
                 MUSTER_OK));
    struct buffer text = {0};
    for (size_t n = 0; n < plan_count(plan); n++) {
        struct muster_operation operation;
        plan_operation(plan, n, &operation);
        buffer_span(&text, operation.text);
        buffer_byte(&text, '\n');
    }
    buffer_byte(&text, '\0');
    cr_expect(eq(str, text.bytes, (char *)expected));
    cr_expect(eq(int, plan_status(plan), MUSTER_OK));
    buffer_close(&text);
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
    if (records != NULL) {
        small_org_close(records);
    }
}

Test(plan_text, says_from_where_to_where_a_team_moves)
{
    expect_texts(small_org_open("", "SUP10|IT||\nSUP20|Cloud|SUP10|\nSUP31|Platform||"),
                 small_org_open("", "SUP10|IT||\nSUP20|Cloud|SUP31|\nSUP31|Platform|SUP10|"), NULL,
                 "Move team \"Platform\" (SUP31) from the top level to \"IT\" (SUP10)\n"
                 "Move team \"Cloud\" (SUP20) from \"IT\" (SUP10) to \"Platform\" (SUP31)\n");
    expect_texts(small_org_open("", "T1|A||\nT2|B|T1|"), small_org_open("", "T1|A||\nT2|B||"), NULL,
                 "Move team \"B\" (T2) from \"A\" (T1) to the top level\n");
}

Test(plan_text, says_what_teams_are_called_and_will_be)
{
    expect_texts(small_org_open("", "T1|A||\nT2|B||\nT3|C||\nT5|E||"),
                 small_org_open("", "T1|B||\nT2|A|N3|\nN3|C||\nT4|D|T2|\nT6|F||"), NULL,
                 "Change the id of team \"C\" (T3) to N3\n"
                 "Rename team \"A\" (T1) to \"A (T1)\" for now\n"
                 "Rename team \"B\" (T2) to \"A\"\n"
                 "Rename team \"A (T1)\" (T1) to \"B\"\n"
                 "Add team \"F\" (T6) at the top level\n"
                 "Move team \"A\" (T2) from the top level to \"C\" (N3)\n"
                 "Add team \"D\" (T4) below \"A\" (T2)\n"
                 "Delete team \"E\" (T5)\n");
}

Test(plan_text, says_who_joins_moves_and_leaves)
{
    const char *teams = "T1|A||\nT2|B||";
    expect_texts(
        small_org_open("X1|1@x.com|Ann|Lee|T1\nX2|2@x.com|Bob||\nX3|3@x.com|Cyd|Ray|T1", teams),
        small_org_open("X1|1@x.com|Ann|Lee|T2\nX2|2@x.com|Bob||T1\nX4|4@x.com|||T1", teams), NULL,
        "Move Ann Lee (X1) from team \"A\" (T1) to team \"B\" (T2)\n"
        "Add Bob (X2) to team \"A\" (T1)\n"
        "Add X4 to team \"A\" (T1)\n"
        "Remove Cyd Ray (X3) from team \"A\" (T1)\n");
}

Test(plan_text, says_who_manages_what_and_who_loses_a_license)
{
    expect_texts(small_org_open("X1|1@x.com|Ann|Lee|\nX2|2@x.com||Fox|", "T1|A||X2\nT2|B||X2"),
                 small_org_open("Y1|1@x.com|Anna|Lee|\nX2|2@x.com||Fox|", "T1|A||Y1\nT2|B||X2"),
                 small_org_open("X2|2@x.com|Fred|Fox|", ""),
                 "Change the id of Anna Lee (X1) to Y1\n"
                 "Add Anna Lee (Y1) as manager of team \"A\" (T1)\n"
                 "Remove Fox (X2) as manager of team \"A\" (T1)\n"
                 "Remove Fox (X2) as manager of team \"B\" (T2)\n"
                 "Remove the license of Fred Fox (X2)\n");
}

Test(plan_text, says_who_is_removed)
{
    struct small_org *before = small_org_open("X1|1@x.com|Ann|Lee|", "");
    struct plan *plan;
    cr_assert(eq(int, plan_open(&plan, &before->org, NULL, &before->org, NULL), MUSTER_OK));
    struct muster_operation operation;
    plan_operation(plan, 0, &operation);
    cr_expect(span_equal(operation.text, SPAN("Remove user Ann Lee (X1)")));
    plan_close(plan);
    small_org_close(before);
}
