/* SPDX-License-Identifier: MIT */
/* The reports of muster.h: what its other calls give, handed to one of the formats of output/. */
#include "muster.h"

#include <string.h>

#include "output/report.h"

static bool summary_stops(const struct muster_summary *summary, bool strict)
{
    return summary->severities[MUSTER_FATAL] > 0 || (strict && summary->stopping > 0);
}

/*
 * The summary of a roster. A snapshot has read no files, so that what it has kept is all there is
 * to say; then *fileless is true, and `room` holds it.
 */
static const struct muster_summary *summary_of(const struct muster_roster *roster,
                                               struct muster_summary *room, bool *fileless)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    *fileless = true;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        *fileless = *fileless && !summary->present[file];
    }
    if (!*fileless) {
        return summary;
    }
    *room = *summary;
    room->present[MUSTER_USERS] = true;
    room->present[MUSTER_TEAMS] = true;
    memcpy(room->records, room->kept, sizeof room->records);
    return room;
}

/* Hand in the findings of a roster. With privacy "counts" there is nothing to hand in. */
static enum muster_status report_findings(struct report *report, struct muster_roster *roster)
{
    const struct muster_report_options *options = report->options;
    if (options->privacy == MUSTER_PRIVACY_COUNTS || (report->format->grouped && options->quiet)) {
        return MUSTER_OK;
    }
    struct muster_findings *findings;
    enum muster_status status =
        report->format->grouped ? muster_findings_open_brief(&findings, roster, options->show_max)
                                : muster_findings_open(&findings, roster);
    if (status != MUSTER_OK) {
        return status;
    }
    struct muster_finding finding;
    while (report_goes_on(report) && muster_findings_next(findings, &finding)) {
        report_finding(report, &finding);
    }
    status = muster_findings_status(findings);
    muster_findings_close(findings);
    return status;
}

static enum muster_status report_roster(struct report *report, struct muster_roster *roster)
{
    enum muster_status status = report_findings(report, roster);
    const struct muster_summary *summary = report->totals.summary;
    for (unsigned code = 0; status == MUSTER_OK && code < MUSTER_CODE_COUNT; code++) {
        if (summary->not_run[code] != NULL) {
            report_not_run(report, code, summary->not_run[code]);
        }
    }
    return status;
}

/* Close the report; the first failure counts. */
static enum muster_status finish(struct report *report, enum muster_status status)
{
    if (status == MUSTER_OK) {
        report_end(report);
    }
    enum muster_status closed = report_close(report);
    return status != MUSTER_OK ? status : closed;
}

static const struct muster_report_options default_options = {.command = "check", .show_max = 10};

enum muster_status muster_report_check(struct muster_roster *roster,
                                       const struct muster_report_options *options,
                                       muster_write *write, void *context)
{
    options = options != NULL ? options : &default_options;
    struct muster_summary room;
    bool fileless;
    const struct muster_summary *summary = summary_of(roster, &room, &fileless);
    struct report_totals totals = {
        .summary = summary,
        .files_unknown = fileless,
        .findings_told = true,
        .stopped = summary_stops(summary, options->strict),
    };
    struct report report;
    report_open(&report, options, &totals, write, context);
    report_begin(&report);
    return finish(&report, report_roster(&report, roster));
}

/* Pass over what the report does not show, or no more: reading it is what costs. */
static void skip_unwanted(struct report *report, struct muster_diff *diff)
{
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        for (int change = 0; change < CHANGE_COUNT; change++) {
            const struct muster_difference kind = {.entity = (enum muster_entity)entity,
                                                   .change = (enum muster_change)change};
            if (!report_wants_difference(report, kind.entity, kind.change)) {
                muster_diff_skip(diff, &kind);
            }
        }
    }
}

static void report_differences(struct report *report, struct muster_diff *diff)
{
    struct muster_difference difference;
    muster_diff_rewind(diff);
    skip_unwanted(report, diff);
    while (report_goes_on(report) && muster_diff_next(diff, &difference)) {
        report_difference(report, &difference);
        if (!report_wants_difference(report, difference.entity, difference.change)) {
            muster_diff_skip(diff, &difference);
        }
    }
}

enum muster_status muster_report_diff(struct muster_diff *diff,
                                      const struct muster_report_options *options,
                                      muster_write *write, void *context)
{
    options = options != NULL ? options : &default_options;
    uint64_t changes[ENTITY_COUNT][CHANGE_COUNT];
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        memcpy(changes[entity], muster_diff_counts(diff, (enum muster_entity)entity),
               sizeof changes[entity]);
    }
    struct muster_summary room;
    bool fileless;
    struct report_totals totals = {
        .summary = summary_of(muster_diff_new_roster(diff), &room, &fileless),
        .changes = (const uint64_t(*)[CHANGE_COUNT])changes,
        .findings_told = options->format != MUSTER_TEXT, /* for people there would be two reports */
    };
    totals.files_unknown = fileless;
    struct report report;
    report_open(&report, options, &totals, write, context);
    report_begin(&report);
    enum muster_status status =
        totals.findings_told ? report_roster(&report, muster_diff_new_roster(diff)) : MUSTER_OK;
    report_differences(&report, diff);
    return finish(&report, status == MUSTER_OK ? muster_diff_status(diff) : status);
}

static void report_plan(struct report *report, struct muster_plan *plan)
{
    if (report->totals.stopped) {
        return;
    }
    report_overview(report);
    size_t guard_count = 0;
    const struct muster_guard *guards = muster_plan_guards(plan, &guard_count);
    for (size_t index = 0; index < guard_count; index++) {
        report_guard(report, &guards[index]);
    }
    size_t count = muster_plan_count(plan);
    for (size_t index = 0; index < count && report_goes_on(report); index++) {
        if (!report_pass_operation(report, muster_plan_kind(plan, index))) {
            struct muster_operation operation;
            muster_plan_operation(plan, index, &operation);
            report_operation(report, &operation);
        }
    }
}

enum muster_status muster_report_plan(struct muster_plan *plan,
                                      const struct muster_report_options *options,
                                      muster_write *write, void *context)
{
    options = options != NULL ? options : &default_options;
    struct muster_roster *roster = muster_plan_new_roster(plan);
    struct muster_summary room;
    bool fileless;
    const struct muster_summary *summary = summary_of(roster, &room, &fileless);
    bool stopped = summary_stops(summary, options->strict);
    size_t move_count = 5;
    struct report_totals totals = {
        .summary = summary,
        .forecast = stopped ? NULL : muster_plan_forecast(plan),
        .files_unknown = fileless,
        .findings_told = true,
        .stopped = stopped,
    };
    if (!stopped) {
        totals.moves = muster_plan_largest_moves(plan, &move_count);
        totals.move_count = move_count;
    }
    struct report report;
    report_open(&report, options, &totals, write, context);
    report_begin(&report);
    enum muster_status status = MUSTER_OK;
    if (report.format->plan_first) {
        report_plan(&report, plan);
        status = report_roster(&report, roster);
    } else {
        status = report_roster(&report, roster);
        report_plan(&report, plan);
    }
    return finish(&report, status == MUSTER_OK ? muster_plan_status(plan) : status);
}
