/* SPDX-License-Identifier: MIT */
/*
 * Differences for people:
 *
 *     Users: 1 added, 1 removed, 1 changed
 *       + X7
 *       ~ X2
 *           email "ann@example.com" -> "ann.lee@example.com"
 *       - X1
 */
#include "output/report_text.h"

#include "output/escape.h"

#define INDENT       2
#define FIELD_INDENT 6

static uint64_t change_count(const struct report *report)
{
    uint64_t count = 0;
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        for (int change = 0; change < CHANGE_COUNT; change++) {
            count += report->totals.changes[entity][change];
        }
    }
    return count;
}

static void entity_title(struct report *report, enum muster_entity entity)
{
    const uint64_t *counts = report->totals.changes[entity];
    struct layout layout = text_layout_of(report);
    layout_styled(&layout, STYLE_STRONG, entity == MUSTER_USER ? SPAN("Users") : SPAN("Teams"));
    report_words(report, ": ");
    if (counts[MUSTER_ADDED] + counts[MUSTER_REMOVED] + counts[MUSTER_MODIFIED] == 0) {
        report_words(report, "no differences\n");
        return;
    }
    buffer_number_grouped(&report->out, counts[MUSTER_ADDED]);
    report_words(report, " added, ");
    buffer_number_grouped(&report->out, counts[MUSTER_REMOVED]);
    report_words(report, " removed, ");
    buffer_number_grouped(&report->out, counts[MUSTER_MODIFIED]);
    report_words(report, " changed\n");
}

/* How many users or teams were left out, after the last of them. */
static void entity_left_out(struct report *report, enum muster_entity entity)
{
    static const char *const words[ENTITY_COUNT][CHANGE_COUNT][2] = {
        {{"added user", "added users"},
         {"removed user", "removed users"},
         {"changed user", "changed users"}},
        {{"added team", "added teams"},
         {"removed team", "removed teams"},
         {"changed team", "changed teams"}}};
    size_t show_max = report->options->show_max;
    for (int change = 0; show_max > 0 && change < CHANGE_COUNT; change++) {
        if (report->changes_told[entity][change] > show_max) {
            uint64_t left = report->totals.changes[entity][change] - show_max;
            text_more(report, INDENT, left, words[entity][change][left == 1 ? 0 : 1]);
        }
    }
}

/* Titles up to that of `entity`. */
static void enter_entity(struct report *report, enum muster_entity entity)
{
    while (report->last < (int)entity) {
        if (report->last >= 0) {
            entity_left_out(report, (enum muster_entity)report->last);
        }
        report->last++;
        entity_title(report, (enum muster_entity)report->last);
    }
}

void text_diff_begin(struct report *report)
{
    if (change_count(report) == 0) {
        struct layout layout = text_layout_of(report);
        layout_styled(&layout, STYLE_GOOD, SPAN("no differences"));
        text_kept(report, ": ");
        buffer_byte(&report->out, '\n');
    }
}

/* True where the difference is about another user or team than the one before. */
static bool is_another(struct report *report, const struct muster_difference *difference)
{
    if (report->part_count++ > 0 && difference->change == MUSTER_MODIFIED &&
        span_equal(buffer_view(&report->last_id), difference->id)) {
        return false;
    }
    buffer_clear(&report->last_id);
    buffer_byte(&report->last_id, 'x'); /* so that an empty id is a view of something */
    buffer_clear(&report->last_id);
    buffer_span(&report->last_id, difference->id);
    return true;
}

static void field_line(struct report *report, const struct muster_difference *difference)
{
    struct layout layout = text_layout_of(report);
    size_t room = layout.width / 3;
    layout_spaces(&layout, FIELD_INDENT);
    report_words(report, difference->field);
    buffer_byte(&report->out, ' ');
    text_quoted(report, &report->out, difference->old_value, room);
    report_words(report, " -> ");
    text_quoted(report, &report->out, difference->new_value, room);
    buffer_byte(&report->out, '\n');
}

/* One user or team beyond the limit is taken, to know that there are more. */
bool text_wants_difference(const struct report *report, enum muster_entity entity,
                           enum muster_change change)
{
    size_t show_max = report->options->show_max;
    return !report->options->quiet &&
           (show_max == 0 || report->changes_told[entity][change] <= show_max);
}

void text_difference(struct report *report, const struct muster_difference *difference)
{
    static const char *const signs[CHANGE_COUNT] = {"+ ", "- ", "~ "};
    static const enum style styles[CHANGE_COUNT] = {STYLE_GOOD, STYLE_BAD, STYLE_WARNING};
    if (report->last < (int)difference->entity) {
        enter_entity(report, difference->entity);
        report->part_count = 0;
    }
    struct layout layout = text_layout_of(report);
    if (is_another(report, difference)) {
        uint64_t told = ++report->changes_told[difference->entity][difference->change];
        size_t show_max = report->options->show_max;
        report->last_omitted = show_max > 0 && told > show_max;
        if (!report->last_omitted) {
            layout_spaces(&layout, INDENT);
            layout_styled(&layout, styles[difference->change],
                          span_from(signs[difference->change]));
            text_id(report, &report->out, difference->id, layout.width - (size_t)2 * INDENT);
            buffer_byte(&report->out, '\n');
        }
    }
    if (!report->last_omitted && difference->field != NULL) {
        field_line(report, difference);
    }
}

void text_diff_end(struct report *report)
{
    if (change_count(report) > 0) {
        enter_entity(report, MUSTER_TEAM);
        entity_left_out(report, MUSTER_TEAM);
    }
}
