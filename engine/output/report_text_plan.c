/* SPDX-License-Identifier: MIT */
/*
 * A plan for people. What is taken away comes first, because that is what nobody may overlook:
 *
 *     Taken away
 *       -      3  teams deleted
 *       -     12  members removed from their team
 *     Changed
 *       ~      1  team moved
 *
 *     Largest team moves, with the people below
 *       ~  1,204  "Cloud" (SUP20) from "IT" to "Platform"
 *
 * then guards that stopped it, the operations, the findings and one line that says it all.
 */
#include "output/report_text.h"

#include "base/limits.h"
#include "output/escape.h"

#define INDENT 2

/* What an operation names: who or what, from where, to where. */
#define OPERATION_NAMED_MAX 3

enum direction { TAKEN_AWAY, CHANGED, ADDED, DIRECTION_COUNT };

struct kind_words {
    enum direction direction;
    const char *one;
    const char *many;
};

static const struct kind_words kinds[MUSTER_OPERATION_KIND_COUNT] = {
    [MUSTER_REKEY_TEAM] = {CHANGED, "team gets a new id", "teams get a new id"},
    [MUSTER_REKEY_USER] = {CHANGED, "user gets a new id", "users get a new id"},
    [MUSTER_RENAME_TEAM] = {CHANGED, "team renamed", "teams renamed"},
    [MUSTER_ADD_TEAM] = {ADDED, "team added", "teams added"},
    [MUSTER_MOVE_TEAM] = {CHANGED, "team moved", "teams moved"},
    [MUSTER_ADD_TEAM_MEMBER] = {ADDED, "member added to a team", "members added to a team"},
    [MUSTER_MOVE_TEAM_MEMBER] = {CHANGED, "member moved to another team",
                                 "members moved to another team"},
    [MUSTER_REMOVE_TEAM_MEMBER] = {TAKEN_AWAY, "member removed from a team",
                                   "members removed from their team"},
    [MUSTER_ADD_TEAM_MANAGER] = {ADDED, "manager added to a team", "managers added to a team"},
    [MUSTER_REMOVE_TEAM_MANAGER] = {TAKEN_AWAY, "manager removed from a team",
                                    "managers removed from a team"},
    [MUSTER_DELETE_TEAM] = {TAKEN_AWAY, "team deleted", "teams deleted"},
    [MUSTER_REMOVE_USER] = {TAKEN_AWAY, "user removed from the plan",
                            "users removed from the plan"},
    [MUSTER_REMOVE_LICENSE] = {TAKEN_AWAY, "license removed", "licenses removed"},
};

static const char *const direction_signs[DIRECTION_COUNT] = {"- ", "~ ", "+ "};
static const enum style direction_styles[DIRECTION_COUNT] = {STYLE_BAD, STYLE_WARNING, STYLE_GOOD};

static uint64_t direction_count(const struct muster_forecast *forecast, enum direction direction)
{
    uint64_t count = 0;
    for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        count += kinds[kind].direction == direction ? forecast->counts[kind] : 0;
    }
    return count;
}

static void sign(struct report *report, enum direction direction)
{
    struct layout layout = text_layout_of(report);
    layout_spaces(&layout, INDENT);
    layout_styled(&layout, direction_styles[direction], span_from(direction_signs[direction]));
}

/* A title of its own line. What colours it ends before the line does, for pagers and for grep. */
static void title_line(struct report *report, enum style style, const char *title)
{
    struct layout layout = text_layout_of(report);
    layout_styled(&layout, style, span_from(title));
    buffer_byte(&report->out, '\n');
}

/* A team that is renamed for now is renamed twice, or goes away: so these are no numbers of teams.
 */
static void renames_words(struct report *report, uint64_t count, uint64_t temporary)
{
    if (count == 1) {
        report_words(report, "team renamed for now");
        return;
    }
    report_words(report, "renames of teams, ");
    buffer_number_grouped(&report->out, temporary);
    report_words(report, " of them for now only");
}

static void overview_direction(struct report *report, enum direction direction, size_t width)
{
    static const char *const titles[DIRECTION_COUNT] = {"Taken away", "Changed", "Added"};
    const struct muster_forecast *forecast = report->totals.forecast;
    struct layout layout = text_layout_of(report);
    if (direction_count(forecast, direction) == 0) {
        if (direction == TAKEN_AWAY) {
            title_line(report, STYLE_GOOD, "Nothing is taken away.");
        }
        return;
    }
    title_line(report, STYLE_STRONG, titles[direction]);
    for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        uint64_t count = forecast->counts[kind];
        if (count == 0 || kinds[kind].direction != direction) {
            continue;
        }
        sign(report, direction);
        layout_number(&layout, count, width);
        report_words(report, "  ");
        if (kind == MUSTER_RENAME_TEAM && forecast->temporary_count > 0) {
            renames_words(report, count, forecast->temporary_count);
        } else {
            report_words(report, count == 1 ? kinds[kind].one : kinds[kind].many);
        }
        buffer_byte(&report->out, '\n');
    }
}

/* The name of a team above, or that there is none. */
static void place_words(struct report *report, span name, size_t room)
{
    if (name.ptr != NULL) {
        text_quoted(report, &report->words, name, room);
    } else {
        buffer_text(&report->words, "the top level");
    }
}

static void move_line(struct report *report, const struct muster_team_move *move, size_t width)
{
    struct layout layout = text_layout_of_line(report);
    struct buffer *words = &report->words;
    size_t room = text_layout_of(report).width / 3;
    size_t column = (size_t)2 * INDENT + width + 2;
    sign(report, CHANGED);
    layout_number(&layout, move->head_count, width);
    report_words(report, "  ");
    buffer_clear(words);
    text_quoted(report, words, move->team_name, room);
    buffer_text(words, " (");
    text_id(report, words, move->team, room);
    buffer_text(words, ") from ");
    place_words(report, move->from_name, room);
    buffer_text(words, " to ");
    place_words(report, move->to_name, room);
    layout_wrap(&layout, buffer_view(words), column, column + INDENT);
}

static void overview_moves(struct report *report)
{
    if (report->totals.move_count == 0 || report->privacy.level == MUSTER_PRIVACY_COUNTS) {
        return;
    }
    size_t width = number_columns(report->totals.moves[0].head_count);
    buffer_byte(&report->out, '\n');
    title_line(report, STYLE_STRONG, "Largest team moves, with the people below");
    for (size_t index = 0; index < report->totals.move_count; index++) {
        move_line(report, &report->totals.moves[index], width);
    }
}

/* Who will get an e-mail, which is what nobody can call back. */
static void overview_forecast(struct report *report)
{
    uint64_t count = report->totals.forecast->new_manager_count;
    struct layout layout = text_layout_of(report);
    struct buffer *words = &report->words;
    if (count == 0) {
        return;
    }
    buffer_clear(words);
    count_things(words, count, "person who managed no team before becomes a manager.",
                 "people who managed no team before become managers.");
    if (report->options->no_manager_invites) {
        buffer_text(words, " Nobody is invited by e-mail; a manager whom the remote does not know "
                           "yet is not added to the team.");
    } else if (count == 1) {
        buffer_text(words, " The remote invites that person by e-mail, unless it knows them "
                           "already.");
    } else {
        buffer_text(words, " The remote invites by e-mail those of them whom it does not know "
                           "yet.");
    }
    text_gap(report);
    layout_styled(&layout, STYLE_STRONG, SPAN("Invitations: "));
    layout_wrap(&layout, buffer_view(words), sizeof "Invitations: " - 1, INDENT);
}

static uint64_t operation_count(const struct report *report)
{
    uint64_t count = 0;
    for (int direction = 0; direction < DIRECTION_COUNT; direction++) {
        count += direction_count(report->totals.forecast, (enum direction)direction);
    }
    return count;
}

void text_overview(struct report *report)
{
    if (operation_count(report) > 0) {
        size_t width = 0;
        for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
            size_t columns = number_columns(report->totals.forecast->counts[kind]);
            width = columns > width ? columns : width;
        }
        for (int direction = 0; direction < DIRECTION_COUNT; direction++) {
            overview_direction(report, (enum direction)direction, width);
        }
        overview_moves(report);
    }
    overview_forecast(report);
    report->section = SECTION_NONE;
}

static void guard_words(struct report *report, const struct muster_guard *guard)
{
    struct buffer *words = &report->words;
    buffer_clear(words);
    if (!report_guard_is_limited(guard)) {
        buffer_text(words, guard->kind);
        buffer_text(words, guard->tripped ? ", the new roster has no " : ", the new roster has ");
        buffer_text(words, guard->population_of);
        buffer_text(words, guard->tripped ? " left; the old one had " : "; the old one had ");
        buffer_number_grouped(words, guard->population);
        return;
    }
    buffer_text(words, guard->kind);
    buffer_byte(words, ' ');
    buffer_number_grouped(words, guard->count);
    buffer_text(words, " of ");
    buffer_number_grouped(words, guard->population);
    buffer_byte(words, ' ');
    buffer_text(words, guard->population_of);
    if (guard->team.ptr != NULL) {
        span team = privacy_value(&report->privacy, guard->team);
        buffer_text(words, team.len > 0 ? " below team " : " below one team");
        escape_terminal_short(words, team, 40);
    }
    buffer_text(words, ", the limit is ");
    buffer_number_grouped(words, guard->limit.amount);
    buffer_text(words, guard->limit.percent ? "%" : "");
}

/* Begin a part of the plan with an empty line, once. */
static void enter(struct report *report, enum report_section section, const char *title)
{
    if (report->section != section) {
        report->section = section;
        text_gap(report);
        if (title != NULL) {
            title_line(report, STYLE_STRONG, title);
        }
    }
}

/* A line that belongs to a guard. The words are already harmless. */
static void guard_detail(struct report *report, span label, span words)
{
    struct layout layout = text_layout_of(report);
    layout_spaces(&layout, (size_t)2 * INDENT);
    layout_styled(&layout, STYLE_DIM, label);
    report_words(report, ": ");
    layout_wrap(&layout, words, (size_t)2 * INDENT + label.len + 2, (size_t)4 * INDENT);
}

/* What lets exactly this plan pass. */
static void guard_cure(struct report *report, const struct muster_guard *guard)
{
    struct buffer *words = &report->words;
    buffer_clear(words);
    if (!report_guard_is_limited(guard)) {
        guard_detail(report, SPAN("help"),
                     SPAN("an export that is empty is most often one that failed; no limit allows "
                          "it"));
        return;
    }
    /* No share is more than all: beyond it there is the number, where a number can be given. */
    bool share = guard->limit.percent && guard->population > 0 && guard->count <= guard->population;
    bool below = guard->team.ptr != NULL;
    buffer_text(words,
                below && !share ? "if this is meant, leave out " : "if this is meant, allow it: ");
    buffer_text(words, below ? "--limit-subtree " : "--limit ");
    buffer_text(words, guard->kind);
    if (share) {
        buffer_byte(words, '=');
        buffer_number(words, (guard->count * 100 + guard->population - 1) / guard->population);
        buffer_byte(words, '%');
    } else if (!below) {
        buffer_byte(words, '=');
        buffer_number(words, guard->count);
    }
    guard_detail(report, SPAN("help"), buffer_view(words));
}

void text_guard(struct report *report, const struct muster_guard *guard)
{
    if (!guard->tripped && !report->options->verbose) {
        return;
    }
    struct layout layout = text_layout_of(report);
    enter(report, SECTION_GUARDS, NULL);
    guard_words(report, guard);
    span label = guard->tripped ? SPAN("guard tripped") : SPAN("guard");
    layout_styled(&layout, guard->tripped ? STYLE_BAD : STYLE_DIM, label);
    report_words(report, ": ");
    layout_wrap(&layout, buffer_view(&report->words), label.len + 2, (size_t)2 * INDENT);
    if (!guard->tripped) {
        return;
    }
    if (guard->carriers.len > 0 && privacy_is_full(&report->privacy)) {
        buffer_clear(&report->words);
        escape_terminal_short(&report->words, guard->carriers,
                              (size_t)CARRIER_COUNT_MAX * NAMED_COLUMNS_MAX);
        guard_detail(report, SPAN("most of it"), buffer_view(&report->words));
    }
    guard_cure(report, guard);
}

static void operation_line(struct report *report, const struct muster_operation *operation)
{
    struct layout layout = text_layout_of_line(report);
    buffer_clear(&report->more);
    escape_terminal_short(&report->more, report_operation_text(report, operation),
                          (size_t)OPERATION_NAMED_MAX * NAMED_COLUMNS_MAX);
    sign(report, kinds[operation->kind].direction);
    layout_wrap(&layout, buffer_view(&report->more), (size_t)2 * INDENT, (size_t)3 * INDENT);
}

bool text_pass_operation(struct report *report, enum muster_operation_kind kind)
{
    size_t show_max = report->options->show_max;
    if (report->options->quiet) {
        return true;
    }
    if (show_max == 0 || report->kinds_told[kind] < show_max) {
        return false;
    }
    uint64_t count = report->totals.forecast->counts[kind];
    if (++report->kinds_told[kind] == count) {
        text_more(report, INDENT, count - show_max, muster_operation_kind_name(kind));
    }
    return true;
}

void text_operation(struct report *report, const struct muster_operation *operation)
{
    report->kinds_told[operation->kind]++;
    enter(report, SECTION_OPERATIONS, "Operations, in this order");
    operation_line(report, operation);
}

static void stopped_words(struct report *report)
{
    struct layout layout = text_layout_of(report);
    report_words(report, "; ");
    layout_styled(&layout, STYLE_BAD, SPAN("stopped by a guard"));
}

void text_plan_end(struct report *report)
{
    const struct muster_forecast *forecast = report->totals.forecast;
    struct layout layout = text_layout_of(report);
    if (report_finding_count(report) > 0) {
        text_findings_end(report);
    }
    text_gap(report);
    layout_styled(&layout, STYLE_STRONG, SPAN("Plan"));
    report_words(report, ": ");
    if (operation_count(report) == 0) {
        report_words(report, "nothing to do");
        if (forecast->scoped) {
            report_words(report, ", nothing in scope changes");
        } else if (forecast->guards_tripped) {
            stopped_words(report); /* it is empty, which it was not before */
        } else {
            text_kept(report, ", ");
        }
        buffer_byte(&report->out, '\n');
        return;
    }
    buffer_number_grouped(&report->out, direction_count(forecast, ADDED));
    report_words(report, " to add, ");
    buffer_number_grouped(&report->out, direction_count(forecast, CHANGED));
    report_words(report, " to change, ");
    buffer_number_grouped(&report->out, direction_count(forecast, TAKEN_AWAY));
    report_words(report, " to take away");
    if (forecast->guards_tripped) {
        stopped_words(report);
    }
    buffer_byte(&report->out, '\n');
}
