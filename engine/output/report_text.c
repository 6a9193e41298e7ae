/* SPDX-License-Identifier: MIT */
/*
 * Findings for people, in the manner of compilers, so that editors jump to them:
 *
 *     users.csv:12: warning: the value has the control character U+001B [control-character]
 *         value:   first_name "Ann\x1b[8m"
 *         effect:  unknown: the remote may refuse or change it
 *         help:    Type the value again without them.
 *
 * and one line where all is well.
 */
#include "output/report_text.h"

#include "base/limits.h"
#include "output/escape.h"

#define WIDTH_DEFAULT  80
#define LABEL_INDENT   4
#define DETAIL_COLUMN  13 /* where what belongs to a label begins */
#define VALUE_SIZE_MIN 20

/* Places that a finding names before it says how many more there are. */
#define RELATED_MAX         5
#define RELATED_MAX_VERBOSE 50

struct layout text_layout_of(struct report *report)
{
    unsigned width = report->options->width;
    return (struct layout){
        .out = &report->out,
        .width = width > 0 ? width : WIDTH_DEFAULT,
        .color = report->options->color,
    };
}

struct layout text_layout_of_line(struct report *report)
{
    struct layout layout = text_layout_of(report);
    layout.width = report->options->width > 0 ? layout.width : SIZE_MAX;
    return layout;
}

void text_gap(struct report *report)
{
    if (report->begun || report->out.size > 0) {
        buffer_byte(&report->out, '\n');
    }
}

void text_id(struct report *report, struct buffer *out, span id, size_t columns)
{
    escape_terminal_short(out, privacy_value(&report->privacy, id), columns);
}

void text_quoted(struct report *report, struct buffer *out, span value, size_t columns)
{
    span shown = privacy_value(&report->privacy, value);
    if (shown.ptr == NULL) {
        buffer_text(out, "(none)");
        return;
    }
    size_t room = columns > VALUE_SIZE_MIN ? columns - 2 : VALUE_SIZE_MIN - 2;
    buffer_byte(out, '"');
    escape_terminal_short(out, shown, room);
    buffer_byte(out, '"');
}

void text_more(struct report *report, size_t indent, uint64_t count, const char *what)
{
    struct layout layout = text_layout_of(report);
    layout_spaces(&layout, indent);
    layout_style(&layout, STYLE_DIM);
    report_words(report, "\xE2\x80\xA6 and ");
    buffer_number_grouped(&report->out, count);
    report_words(report, " more ");
    report_words(report, what);
    report_words(report, " (--max-show 0 shows all)");
    layout_style(&layout, STYLE_PLAIN);
    buffer_byte(&report->out, '\n');
}

static enum style severity_style(enum muster_severity severity)
{
    switch (severity) {
    case MUSTER_FATAL:
    case MUSTER_ERROR:
        return STYLE_BAD;
    case MUSTER_WARNING:
        return STYLE_WARNING;
    case MUSTER_INFO:
    case MUSTER_SEVERITY_COUNT:
        break;
    }
    return STYLE_NOTE;
}

static void place_append(struct report *report, struct buffer *out, enum muster_file file,
                         uint64_t line)
{
    span path = report->totals.summary->paths[file];
    escape_terminal(out, path.ptr != NULL ? path : span_from(muster_file_name(file)));
    if (line > 0) {
        buffer_byte(out, ':');
        buffer_number(out, line);
    }
}

/* The first line. */
static void finding_headline(struct report *report, const struct muster_finding *finding)
{
    struct layout layout = text_layout_of_line(report);
    struct buffer *words = &report->words;
    const char *severity = muster_severity_name(finding->severity);
    buffer_clear(words);
    if (finding->file_known) {
        place_append(report, words, finding->file, finding->line);
        buffer_text(words, ": ");
    }
    size_t column = text_columns(buffer_view(words)) + strlen(severity) + 2;
    layout_styled(&layout, STYLE_STRONG, buffer_view(words));
    layout_styled(&layout, severity_style(finding->severity), span_from(severity));
    report_words(report, ": ");

    buffer_clear(words);
    size_t place_count = finding->related_count > 0 ? finding->related_count : 1;
    escape_terminal_short(words, report_message(report, finding), place_count * NAMED_COLUMNS_MAX);
    buffer_text(words, " [");
    buffer_text(words, muster_rule(finding->code)->name);
    buffer_byte(words, ']');
    layout_wrap(&layout, buffer_view(words), column, LABEL_INDENT);
}

/* A label, so that what belongs to it can follow. */
static void detail_label(struct report *report, const char *label)
{
    struct layout layout = text_layout_of(report);
    layout_spaces(&layout, LABEL_INDENT);
    layout_styled(&layout, STYLE_DIM, span_from(label));
    buffer_byte(&report->out, ':');
    size_t used = LABEL_INDENT + strlen(label) + 1;
    layout_spaces(&layout, DETAIL_COLUMN > used ? DETAIL_COLUMN - used : 1);
}

static void detail_line(struct report *report, const char *label, span words)
{
    if (words.len == 0) {
        return;
    }
    struct layout layout = text_layout_of(report);
    detail_label(report, label);
    buffer_clear(&report->more);
    escape_terminal(&report->more, words);
    layout_wrap(&layout, buffer_view(&report->more), DETAIL_COLUMN, DETAIL_COLUMN);
}

/* Whether the message quotes the value, so that it need not be shown again. */
static bool value_is_told(const struct report *report, const struct muster_finding *finding)
{
    span message = report_message(report, finding);
    span value = finding->value;
    if (!privacy_is_full(&report->privacy) || value.len > NAMED_COLUMNS_MAX) {
        return false;
    }
    for (size_t at = 0; at + value.len <= message.len; at++) {
        if (span_equal(span_make(message.ptr + at, value.len), value)) {
            return true;
        }
    }
    return false;
}

static void finding_value(struct report *report, const struct muster_finding *finding)
{
    if (finding->value.ptr == NULL || value_is_told(report, finding)) {
        return;
    }
    struct layout layout = text_layout_of(report);
    size_t column = DETAIL_COLUMN;
    detail_label(report, "value");
    if (finding->field.ptr != NULL) {
        buffer_clear(&report->words);
        escape_terminal_short(&report->words, report_field(report, finding), layout.width / 3);
        buffer_byte(&report->words, ' ');
        buffer_span(&report->out, buffer_view(&report->words));
        column += text_columns(buffer_view(&report->words));
    }
    text_quoted(report, &report->out, finding->value,
                layout.width > column ? layout.width - column : 0);
    buffer_byte(&report->out, '\n');
}

static void finding_related(struct report *report, const struct muster_finding *finding)
{
    if (finding->related_count == 0) {
        return;
    }
    size_t count_max = report->options->verbose ? RELATED_MAX_VERBOSE : RELATED_MAX;
    struct buffer *words = &report->words;
    buffer_clear(words);
    for (size_t index = 0; index < finding->related_count && index < count_max; index++) {
        if (index > 0) {
            buffer_text(words, ", ");
        }
        place_append(report, words, finding->related[index].file, finding->related[index].line);
    }
    if (finding->related_total > count_max) {
        buffer_text(words, " and ");
        buffer_number_grouped(words, finding->related_total - count_max);
        buffer_text(words, " more");
    }
    struct layout layout = text_layout_of(report);
    detail_label(report, "see");
    layout_wrap(&layout, buffer_view(words), DETAIL_COLUMN, DETAIL_COLUMN);
}

static void finding_alike(struct report *report, const struct muster_finding *finding)
{
    static const char *const things[MUSTER_FILE_COUNT][2] = {
        {"user", "users"}, {"team", "teams"}, {"record", "records"}};
    if (finding->alike <= 1 || !finding->file_known) {
        return;
    }
    buffer_clear(&report->words);
    count_things(&report->words, finding->alike, things[finding->file][0],
                 things[finding->file][1]);
    buffer_text(&report->words, ", of which this is the first");
    detail_line(report, "affects", buffer_view(&report->words));
}

/* After the last finding of a code: how many were left out. Of a code with fatal findings, at the
 * end of the report: others may follow. */
static void codes_left_out(struct report *report, enum muster_code code)
{
    uint64_t total = report->totals.summary->codes[code];
    if (report->codes_told[code] > 0 && report->codes_told[code] < total) {
        text_more(report, 0, total - report->codes_told[code], muster_rule(code)->name);
        report->codes_told[code] = total;
    }
}

static void text_finding(struct report *report, const struct muster_finding *finding)
{
    if (report->options->quiet) {
        return;
    }
    int code = (int)finding->code;
    if (report->part_count == 0 && report->totals.forecast != NULL) {
        text_gap(report); /* the plan stands above */
    }
    if (report->last >= 0 && report->last != code) {
        codes_left_out(report, (enum muster_code)report->last);
    }
    bool first = report->last != code;
    report->codes_told[code] += finding->alike > 0 ? finding->alike : 1;
    report->part_count++;
    report->last = finding->severity == MUSTER_FATAL ? -1 : code;

    finding_headline(report, finding);
    finding_value(report, finding);
    finding_alike(report, finding);
    detail_line(report, "effect", report_effect(report, finding));
    if (first || report->options->verbose) {
        detail_line(report, "help", report_cure(report, finding));
    }
    finding_related(report, finding);
    if (report->options->verbose) {
        detail_line(report, "why", span_from(muster_rule(finding->code)->why));
    }
}

static const char *const record_words[MUSTER_FILE_COUNT][2] = {
    {"user", "users"}, {"team", "teams"}, {"removal", "removals"}};

static void text_records(struct report *report)
{
    const struct muster_summary *summary = report->totals.summary;
    const char *between = "";
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (summary->present[file]) {
            report_words(report, between);
            count_things(&report->out, summary->records[file], record_words[file][0],
                         record_words[file][1]);
            between = ", ";
        }
    }
}

void text_kept(struct report *report, const char *before)
{
    const struct muster_summary *summary = report->totals.summary;
    for (unsigned file = MUSTER_USERS; file <= MUSTER_TEAMS; file++) {
        if (summary->present[file]) {
            report_words(report, before);
            count_things(&report->out, summary->kept[file], record_words[file][0],
                         record_words[file][1]);
            before = ", ";
        }
    }
}

static size_t path_columns(struct report *report, enum muster_file file)
{
    buffer_clear(&report->words);
    place_append(report, &report->words, file, 0);
    return text_columns(buffer_view(&report->words));
}

/* A line for each file: what was in it and what is left. */
static void text_files(struct report *report)
{
    const struct muster_summary *summary = report->totals.summary;
    struct layout layout = text_layout_of(report);
    size_t path_width = 0;
    size_t number_width = 0;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (summary->present[file]) {
            size_t columns = path_columns(report, file);
            path_width = columns > path_width ? columns : path_width;
            columns = number_columns(summary->records[file]);
            number_width = columns > number_width ? columns : number_width;
        }
    }
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (!summary->present[file]) {
            continue;
        }
        size_t columns = path_columns(report, file);
        buffer_span(&report->out, buffer_view(&report->words));
        layout_spaces(&layout, path_width - columns + 2);
        if (summary->fatal[file]) {
            layout_styled(&layout, STYLE_BAD, SPAN("cannot be used"));
            buffer_byte(&report->out, '\n');
            continue;
        }
        uint64_t records = summary->records[file];
        layout_number(&layout, records, number_width);
        buffer_byte(&report->out, ' ');
        report_words(report, record_words[file][records == 1 ? 0 : 1]);
        if (summary->kept[file] == records) {
            report_words(report, ", all kept\n");
        } else {
            report_words(report, ", ");
            buffer_number_grouped(&report->out, summary->kept[file]);
            report_words(report, " kept\n");
        }
    }
}

/* "2 errors, 1 warning" and the codes below, worst first. */
static void text_totals(struct report *report)
{
    static const char *const many[MUSTER_SEVERITY_COUNT] = {"infos", "warnings", "errors",
                                                            "fatal errors"};
    static const char *const one[MUSTER_SEVERITY_COUNT] = {"info", "warning", "error",
                                                           "fatal error"};
    const struct muster_summary *summary = report->totals.summary;
    struct layout layout = text_layout_of(report);
    const char *between = "";
    for (int severity = MUSTER_FATAL; severity >= MUSTER_INFO; severity--) {
        uint64_t count = summary->severities[severity];
        if (count > 0) {
            report_words(report, between);
            layout_style(&layout, severity_style((enum muster_severity)severity));
            count_things(&report->out, count, one[severity], many[severity]);
            layout_style(&layout, STYLE_PLAIN);
            between = ", ";
        }
    }
    buffer_byte(&report->out, '\n');
    size_t width = 0;
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        size_t columns = number_columns(summary->codes[code]);
        width = columns > width ? columns : width;
    }
    for (int severity = MUSTER_FATAL; severity >= MUSTER_INFO; severity--) {
        for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
            if (summary->codes[code] > 0 && (int)summary->worst[code] == severity) {
                layout_spaces(&layout, LABEL_INDENT);
                layout_number(&layout, summary->codes[code], width);
                report_words(report, "  ");
                report_words(report, muster_rule(code)->name);
                buffer_byte(&report->out, '\n');
            }
        }
    }
}

/* The rules that did not run, a line for each reason. */
static void text_not_run(struct report *report)
{
    const struct muster_summary *summary = report->totals.summary;
    struct layout layout = text_layout_of(report);
    bool told[MUSTER_CODE_COUNT] = {false};
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const char *reason = summary->not_run[code];
        if (reason == NULL || told[code]) {
            continue;
        }
        buffer_clear(&report->words);
        buffer_text(&report->words, reason);
        buffer_text(&report->words, ": ");
        const char *between = "";
        for (unsigned other = code; other < MUSTER_CODE_COUNT; other++) {
            if (summary->not_run[other] != NULL && strcmp(summary->not_run[other], reason) == 0) {
                buffer_text(&report->words, between);
                buffer_text(&report->words, muster_rule(other)->name);
                told[other] = true;
                between = ", ";
            }
        }
        layout_styled(&layout, STYLE_WARNING, SPAN("not run"));
        report_words(report, ", ");
        layout_wrap(&layout, buffer_view(&report->words), sizeof "not run, " - 1, LABEL_INDENT);
    }
}

static void text_stop(struct report *report)
{
    if (report->totals.summary->severities[MUSTER_FATAL] > 0) {
        report_words(report, "Nothing can be sent.\n");
    } else if (report->totals.stopped) {
        report_words(report, "Strict mode: the remote would stop here and change nothing.\n");
    }
}

void text_findings_end(struct report *report)
{
    struct layout layout = text_layout_of(report);
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        codes_left_out(report, code);
    }
    if (report_finding_count(report) == 0) {
        layout_styled(&layout, STYLE_GOOD, SPAN("ok"));
        report_words(report, ": ");
        text_records(report);
        report_words(report, ", no findings\n");
        text_not_run(report);
        text_stop(report);
        return;
    }
    text_gap(report);
    text_files(report);
    text_totals(report);
    text_not_run(report);
    text_stop(report);
}

static void text_begin(struct report *report)
{
    if (report->totals.changes != NULL) {
        text_diff_begin(report);
    }
}

static void text_end(struct report *report)
{
    if (report->totals.changes != NULL) {
        text_diff_end(report);
    } else if (report->totals.forecast != NULL) {
        text_plan_end(report);
    } else {
        text_findings_end(report);
    }
}

const struct report_format report_text = {
    .plan_first = true,
    .grouped = true,
    .begin = text_begin,
    .finding = text_finding,
    .difference = text_difference,
    .wants_difference = text_wants_difference,
    .overview = text_overview,
    .guard = text_guard,
    .operation = text_operation,
    .pass_operation = text_pass_operation,
    .end = text_end,
};
