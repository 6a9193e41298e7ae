/* SPDX-License-Identifier: MIT */
/* Pass 3: which teams stand, and who is to blame where one does not. */
#include "org/org.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

#define USERS USERS_HEADER "X1,ann@example.com,Ann,Lee,\n"

/* Teams `T<n>,Name <n>` with the parents that are given; the text belongs to the caller. */
static struct muster_roster *open_teams(struct buffer *text, const char *const *parents,
                                        size_t count)
{
    buffer_clear(text);
    buffer_text(text, TEAMS_HEADER);
    for (size_t team = 0; team < count; team++) {
        buffer_byte(text, 'T');
        buffer_number(text, team);
        buffer_text(text, ",Name ");
        buffer_number(text, team);
        buffer_text(text, ",,");
        buffer_text(text, parents[team]);
        buffer_byte(text, '\n');
    }
    buffer_byte(text, '\0');
    return roster_of(USERS, text->bytes, NULL);
}

/* Ids of the teams that stand. */
static span standing(const struct muster_roster *roster)
{
    static struct buffer text;
    buffer_clear(&text);
    for (uint32_t index = 0; index < muster_roster_team_count(roster); index++) {
        struct muster_team team;
        muster_roster_team(roster, index, &team);
        buffer_text(&text, index > 0 ? " " : "");
        buffer_span(&text, team.id);
        buffer_text(&text, team.parent_team_id.ptr != NULL ? "<" : "");
        buffer_span(&text, team.parent_team_id);
    }
    return buffer_view(&text);
}

static void expect_tree(const char *const *parents, size_t count, const char *stand,
                        const char *findings)
{
    struct buffer text = {0};
    struct muster_roster *roster = open_teams(&text, parents, count);
    cr_expect(eq(type(span), standing(roster), span_from(stand)));
    cr_expect(eq(type(span), findings_of(roster), span_from(findings)));
    muster_roster_close(roster);
    buffer_close(&text);
}

#define EXPECT_TREE(stand, findings, ...)                                                          \
    do {                                                                                           \
        static const char *const parents[] = {__VA_ARGS__};                                        \
        expect_tree(parents, sizeof parents / sizeof *parents, stand, findings);                   \
    } while (false)

Test(org_tree, parents_may_stand_before_or_behind_their_children)
{
    EXPECT_TREE("T0 T1<T0 T2<T1", "", "", "T0", "T1");
    EXPECT_TREE("T0<T1 T1<T2 T2", "", "T1", "T2", "");
}

Test(org_tree, blanks_are_no_parent)
{
    EXPECT_TREE("T0 T1<T0", "", " \t", "T0");
}

Test(org_tree, a_team_that_is_its_own_parent_is_a_circle_of_one)
{
    EXPECT_TREE("T0", "error team-cycle teams:3 parent_team_id \"T1\" related teams:3\n", "", "T1");
}

Test(org_tree, a_circle_is_named_by_each_of_its_teams)
{
    EXPECT_TREE("",
                "error team-cycle teams:2 parent_team_id \"T1\" related teams:2 teams:3 teams:4\n"
                "error team-cycle teams:3 parent_team_id \"T2\" related teams:3 teams:4 teams:2\n"
                "error team-cycle teams:4 parent_team_id \"T0\" related teams:4 teams:2 teams:3\n",
                "T1", "T2", "T0");
}

Test(org_tree, a_tail_blames_the_team_of_the_circle_that_it_meets_first)
{
    /* T0 and T1 turn around; T2 hangs on T1, T3 on T2, T4 on T0. */
    EXPECT_TREE("",
                "error team-cycle teams:2 parent_team_id \"T1\" related teams:2 teams:3\n"
                "error team-cycle teams:3 parent_team_id \"T0\" related teams:3 teams:2\n"
                "error removed-parent-team teams:4 parent_team_id \"T1\" related teams:3\n"
                "error removed-parent-team teams:5 parent_team_id \"T2\" related teams:3\n"
                "error removed-parent-team teams:6 parent_team_id \"T0\" related teams:2\n",
                "T1", "T0", "T1", "T2", "T0");
}

Test(org_tree, a_tail_that_is_climbed_before_the_circle_blames_the_same_team)
{
    EXPECT_TREE("",
                "error removed-parent-team teams:2 parent_team_id \"T1\" related teams:4\n"
                "error removed-parent-team teams:3 parent_team_id \"T2\" related teams:4\n"
                "error team-cycle teams:4 parent_team_id \"T3\" related teams:4 teams:5\n"
                "error team-cycle teams:5 parent_team_id \"T2\" related teams:5 teams:4\n",
                "T1", "T2", "T3", "T2");
}

Test(org_tree, an_unknown_parent_takes_everything_below_along)
{
    EXPECT_TREE("T3 T4<T3",
                "error unknown-parent-team teams:2 parent_team_id \"T9\"\n"
                "error removed-parent-team teams:3 parent_team_id \"T0\" related teams:2\n"
                "error removed-parent-team teams:4 parent_team_id \"T1\" related teams:2\n",
                "T9", "T0", "T1", "", "T3");
}

/* ---- Every tree of a few teams ----------------------------------------------------------- */

enum { TOP = -1, UNKNOWN = -2 };

static void append_error(struct buffer *text, const char *code, int team, const int *parents)
{
    buffer_text(text, "error ");
    buffer_text(text, code);
    buffer_text(text, " teams:");
    buffer_number(text, (uint64_t)team + 2);
    buffer_text(text, " parent_team_id \"T");
    buffer_number(text, parents[team] == UNKNOWN ? 9 : (uint64_t)parents[team]);
    buffer_byte(text, '"');
}

static void append_related(struct buffer *text, const char *before, int team)
{
    buffer_text(text, before);
    buffer_text(text, "teams:");
    buffer_number(text, (uint64_t)team + 2);
}

/* True where climbing from `team` comes back to it. */
static bool on_circle(const int *parents, int count, int team)
{
    int at = parents[team];
    for (int step = 0; step < count && at >= 0 && at != team; step++) {
        at = parents[at];
    }
    return at == team;
}

/* What the contract says of one team, found by climbing from it alone. */
static void append_expected(struct buffer *text, const int *parents, int count, int team)
{
    if (parents[team] == UNKNOWN) {
        append_error(text, "unknown-parent-team", team, parents);
        buffer_byte(text, '\n');
        return;
    }
    if (on_circle(parents, count, team)) {
        append_error(text, "team-cycle", team, parents);
        append_related(text, " related ", team);
        for (int at = parents[team]; at != team; at = parents[at]) {
            append_related(text, " ", at);
        }
        buffer_byte(text, '\n');
        return;
    }
    int at = team;
    while (parents[at] >= 0 && !on_circle(parents, count, at)) {
        at = parents[at];
    }
    if (parents[at] != TOP) {
        append_error(text, "removed-parent-team", team, parents);
        append_related(text, " related ", at);
        buffer_byte(text, '\n');
    }
}

static void compare_tree(const int *parents, int count)
{
    static const char *const names[] = {"T0", "T1", "T2", "T3", "T4", "T5"};
    const char *words[6];
    struct buffer text = {0};
    struct buffer want = {0};
    for (int team = 0; team < count; team++) {
        words[team] = parents[team] == TOP       ? ""
                      : parents[team] == UNKNOWN ? "T9"
                                                 : names[parents[team]];
        append_expected(&want, parents, count, team);
    }
    struct muster_roster *roster = open_teams(&text, words, (size_t)count);
    cr_assert(eq(type(span), findings_of(roster), buffer_view(&want)));
    muster_roster_close(roster);
    buffer_close(&text);
    buffer_close(&want);
}

Test(org_tree, every_tree_of_five_teams_is_judged_as_by_climbing_from_each, .timeout = 120)
{
    for (int count = 1; count <= 5; count++) {
        int parents[5] = {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
        for (int number = 0;; number++) {
            if (!SANITIZED || number % 7 == 0) {
                compare_tree(parents, count);
            }
            int digit = 0;
            while (digit < count && ++parents[digit] == count) {
                parents[digit++] = UNKNOWN;
            }
            if (digit == count) {
                break;
            }
        }
    }
}

/* ---- Large trees ------------------------------------------------------------------------- */

#define LARGE (SANITIZED ? 100000U : 1000000U)

static void append_team(struct buffer *text, uint64_t id, uint64_t parent, bool has_parent)
{
    buffer_number(text, id);
    buffer_text(text, ",N");
    buffer_number(text, id);
    buffer_text(text, ",,");
    if (has_parent) {
        buffer_number(text, parent);
    }
    buffer_byte(text, '\n');
}

static struct muster_roster *open_large(struct buffer *text)
{
    buffer_byte(text, '\0');
    return roster_of(NULL, text->bytes, NULL);
}

Test(org_tree, a_chain_of_a_million_teams_stands, .timeout = 120)
{
    for (int downwards = 0; downwards < 2; downwards++) {
        struct buffer text = {0};
        buffer_text(&text, TEAMS_HEADER);
        for (uint64_t team = 0; team < LARGE; team++) {
            uint64_t id = downwards == 1 ? team : LARGE - 1 - team;
            append_team(&text, id, id - 1, id > 0);
        }
        struct muster_roster *roster = open_large(&text);
        cr_expect(eq(u32, muster_roster_team_count(roster), LARGE));
        cr_expect(eq(u64, muster_roster_summary(roster)->severities[MUSTER_ERROR], 0));
        muster_roster_close(roster);
        buffer_close(&text);
    }
}

Test(org_tree, a_chain_of_a_million_teams_falls_with_its_top, .timeout = 120)
{
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (uint64_t team = 0; team < LARGE; team++) {
        append_team(&text, LARGE - team, LARGE - team - 1, true); /* team 0 does not exist */
    }
    struct muster_roster *roster = open_large(&text);
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(u32, muster_roster_team_count(roster), 0));
    cr_expect(eq(u64, summary->codes[MUSTER_UNKNOWN_PARENT_TEAM], 1));
    cr_expect(eq(u64, summary->codes[MUSTER_REMOVED_PARENT_TEAM], LARGE - 1));
    struct muster_findings *findings;
    struct muster_finding finding;
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    while (muster_findings_next(findings, &finding) && finding.code == MUSTER_REMOVED_PARENT_TEAM) {
        cr_assert(eq(sz, finding.related_count, 1));
        cr_assert(eq(u64, finding.related[0].line, LARGE + 1), "the last line is to blame");
    }
    muster_findings_close(findings);
    muster_roster_close(roster);
    buffer_close(&text);
}

Test(org_tree, a_star_of_a_million_teams_stands, .timeout = 120)
{
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (uint64_t team = 0; team < LARGE; team++) {
        append_team(&text, team, LARGE / 2, team != LARGE / 2);
    }
    struct muster_roster *roster = open_large(&text);
    struct muster_team last;
    cr_assert(eq(u32, muster_roster_team_count(roster), LARGE));
    muster_roster_team(roster, LARGE - 1, &last);
    cr_expect(eq(type(span), last.parent_team_id, SANITIZED ? SPAN("50000") : SPAN("500000")));
    muster_roster_close(roster);
    buffer_close(&text);
}

Test(org_tree, a_circle_of_a_million_teams_is_removed_and_names_only_so_many, .timeout = 120)
{
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (uint64_t team = 0; team < LARGE; team++) {
        append_team(&text, team, (team + 1) % LARGE, true);
    }
    struct muster_roster *roster = open_large(&text);
    cr_expect(eq(u32, muster_roster_team_count(roster), 0));
    cr_expect(eq(u64, muster_roster_summary(roster)->codes[MUSTER_TEAM_CYCLE], LARGE));
    struct muster_findings *findings;
    struct muster_finding finding;
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    cr_assert(muster_findings_next(findings, &finding));
    cr_assert(eq(sz, finding.related_count, 8));
    cr_expect(eq(u64, finding.related[7].line, 9));
    cr_expect(eq(u64, finding.related_total, LARGE));
    muster_findings_close(findings);
    muster_roster_close(roster);
    buffer_close(&text);
}
