/* SPDX-License-Identifier: MIT */
/*
 * The remote's own answer, as one object:
 *
 *     {"status":"completed","dryRun":true,"listOfOperations":["..."],"errors":["..."]}
 *     {"status":"Invalid data","errors":["Missing header(s) for users file: email"]}
 *
 * Findings below an error do not exist for the remote. The operations come first, so a plan is
 * handed in before the findings.
 */
#include "output/escape.h"
#include "output/report.h"

static bool is_fatal(const struct report *report)
{
    return report->totals.summary->severities[MUSTER_FATAL] > 0;
}

static void sync_begin(struct report *report)
{
    if (is_fatal(report)) {
        report_words(report, "{\"status\":\"Invalid data\"");
        return;
    }
    report_words(report,
                 report->totals.stopped || report->totals.summary->severities[MUSTER_ERROR] > 0
                     ? "{\"status\":\"completedWithErrors\""
                     : "{\"status\":\"completed\"");
    report_words(report, report->options->live ? ",\"dryRun\":false" : ",\"dryRun\":true");
}

/* Open the list that the next string belongs to, and close the one before. */
static void sync_enter(struct report *report, enum report_section section)
{
    if (report->section == section) {
        return;
    }
    if (section == SECTION_OPERATIONS) {
        report_words(report, ",\"listOfOperations\":[");
    } else {
        if (!is_fatal(report)) {
            sync_enter(report, SECTION_OPERATIONS);
            report_words(report, "]");
        }
        report_words(report, ",\"errors\":[");
    }
    report->section = section;
    report->part_count = 0;
}

static void sync_string(struct report *report, span text)
{
    if (report->part_count++ > 0) {
        buffer_byte(&report->out, ',');
    }
    escape_json_value(&report->out, text.ptr != NULL ? text : SPAN(""));
}

static void sync_operation(struct report *report, const struct muster_operation *operation)
{
    if (is_fatal(report)) {
        return;
    }
    sync_enter(report, SECTION_OPERATIONS);
    sync_string(report, report_operation_text(report, operation));
}

static span sync_error(struct report *report, const struct muster_finding *finding)
{
    if (finding->code == MUSTER_MISSING_HEADER) {
        return finding->message; /* the remote's literal */
    }
    struct buffer *words = &report->words;
    buffer_clear(words);
    if (finding->file_known) {
        buffer_span(words, finding->path.ptr != NULL ? finding->path
                                                     : span_from(muster_file_name(finding->file)));
        if (finding->line > 0) {
            buffer_byte(words, ':');
            buffer_number(words, finding->line);
        }
        buffer_text(words, ": ");
    }
    span field = report_field(report, finding);
    if (field.ptr != NULL) {
        buffer_span(words, field);
        buffer_text(words, ": ");
    }
    buffer_span(words, report_message(report, finding));
    return buffer_view(words);
}

static void sync_finding(struct report *report, const struct muster_finding *finding)
{
    enum muster_severity wanted = is_fatal(report) ? MUSTER_FATAL : MUSTER_ERROR;
    if (finding->severity == wanted) {
        sync_enter(report, SECTION_FINDINGS);
        sync_string(report, sync_error(report, finding));
    }
}

/* With privacy "counts": "12 moveTeam" among the operations, "2 errors" among the errors. */
static void sync_count(struct report *report, uint64_t count, const char *name)
{
    buffer_clear(&report->words);
    buffer_number(&report->words, count);
    buffer_byte(&report->words, ' ');
    buffer_text(&report->words, name);
    sync_string(report, buffer_view(&report->words));
}

static void sync_counts(struct report *report)
{
    const struct muster_summary *summary = report->totals.summary;
    if (!is_fatal(report) && report->totals.forecast != NULL && !report->totals.stopped) {
        sync_enter(report, SECTION_OPERATIONS);
        for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
            uint64_t count = report->totals.forecast->counts[kind];
            if (count > 0) {
                sync_count(report, count, muster_operation_kind_name(kind));
            }
        }
    }
    sync_enter(report, SECTION_FINDINGS);
    enum muster_severity worst = is_fatal(report) ? MUSTER_FATAL : MUSTER_ERROR;
    if (summary->severities[worst] > 0) {
        sync_count(report, summary->severities[worst],
                   worst == MUSTER_FATAL             ? "fatal"
                   : summary->severities[worst] == 1 ? "error"
                                                     : "errors");
    }
}

static void sync_end(struct report *report)
{
    if (report->privacy.level == MUSTER_PRIVACY_COUNTS) {
        sync_counts(report);
    }
    sync_enter(report, SECTION_FINDINGS);
    report_words(report, "]}\n");
}

const struct report_format report_sync = {
    .plan_first = true,
    .begin = sync_begin,
    .finding = sync_finding,
    .operation = sync_operation,
    .end = sync_end,
};
