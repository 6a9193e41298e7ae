/* SPDX-License-Identifier: MIT */
/*
 * JSON Lines, one object a line, and `json`: the same objects in one document,
 *
 *     {"muster":"1.0.0","command":"check","files":[...],
 *     "findings":[...],
 *     "notRun":[...],
 *     "summary":{...}}
 *
 * with "differences" for a diff and "guards" and "operations" for a plan. Keys are never renamed
 * and never left out; what is absent is null.
 */
#include "output/escape.h"
#include "output/report.h"

/* Values are escaped in pieces of this size, so that a long one need not fit in memory twice. */
#define PIECE_SIZE (64U << 10)

static bool is_document(const struct report *report)
{
    return report->options->format == MUSTER_JSON;
}

/* The size of the piece of `text` to escape at once: it does not end inside a character. */
static size_t piece_size(span text)
{
    if (text.len <= PIECE_SIZE) {
        return text.len;
    }
    for (size_t before = 1; before < 4; before++) {
        uint32_t code_point;
        size_t at = PIECE_SIZE - before;
        if (utf8_decode(span_make(text.ptr + at, text.len - at), &code_point) > before) {
            return at;
        }
    }
    return PIECE_SIZE;
}

static void json_text(struct report *report, span text)
{
    if (text.len <= PIECE_SIZE) {
        escape_json_value(&report->out, text);
        return;
    }
    buffer_byte(&report->out, '"');
    while (text.len > 0) {
        size_t size = piece_size(text);
        escape_json(&report->out, span_make(text.ptr, size));
        report_flush(report);
        text = span_make(text.ptr + size, text.len - size);
    }
    buffer_byte(&report->out, '"');
}

/* A value out of a file, as far as it may be shown. */
static void json_value(struct report *report, span value)
{
    json_text(report, privacy_value(&report->privacy, value));
}

static void json_number(struct report *report, const char *key, uint64_t number)
{
    report_words(report, key);
    buffer_number(&report->out, number);
}

static void json_digest(struct report *report, uint64_t digest)
{
    if (digest == 0) {
        report_words(report, "null"); /* not asked for */
        return;
    }
    buffer_byte(&report->out, '"');
    for (int shift = 60; shift >= 0; shift -= 4) {
        buffer_byte(&report->out, "0123456789abcdef"[digest >> shift & 0xF]);
    }
    buffer_byte(&report->out, '"');
}

static void json_files(struct report *report)
{
    const struct muster_summary *summary = report->totals.summary;
    bool first = true;
    report_words(report, ",\"files\":[");
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (!summary->present[file] || report->totals.files_unknown) {
            continue;
        }
        report_words(report, first ? "{\"kind\":\"" : ",{\"kind\":\"");
        report_words(report, muster_file_name(file));
        report_words(report, "\",\"path\":");
        json_text(report, summary->paths[file]);
        json_number(report, ",\"bytes\":", summary->bytes[file]);
        report_words(report, ",\"xxh3\":");
        json_digest(report, summary->digests[file]);
        buffer_byte(&report->out, '}');
        first = false;
    }
    buffer_byte(&report->out, ']');
}

static void json_begin(struct report *report)
{
    report_words(report, is_document(report) ? "{\"muster\":\"" MUSTER_VERSION "\",\"command\":"
                                             : "{\"type\":\"start\",\"muster\":\"" MUSTER_VERSION
                                               "\",\"command\":");
    json_text(report, span_from(report->options->command));
    json_files(report);
    if (!is_document(report)) {
        report_words(report, "}\n");
    }
}

static const char *const section_keys[SECTION_COUNT] = {
    [SECTION_FINDINGS] = ",\n\"findings\":[",       [SECTION_NOT_RUN] = ",\n\"notRun\":[",
    [SECTION_DIFFERENCES] = ",\n\"differences\":[", [SECTION_GUARDS] = ",\n\"guards\":[",
    [SECTION_OPERATIONS] = ",\n\"operations\":[",
};

static bool section_belongs(const struct report *report, enum report_section section)
{
    switch (section) {
    case SECTION_FINDINGS:
    case SECTION_NOT_RUN:
        return report->totals.findings_told;
    case SECTION_DIFFERENCES:
        return report->totals.changes != NULL;
    case SECTION_GUARDS:
    case SECTION_OPERATIONS:
        return report->totals.forecast != NULL;
    case SECTION_NONE:
    case SECTION_COUNT:
        break;
    }
    return false;
}

/* Of a document: close the lists up to that of `section`, also those that stayed empty. */
static void document_advance(struct report *report, enum report_section section)
{
    while (report->section < section) {
        if (report->section != SECTION_NONE && section_belongs(report, report->section)) {
            report_words(report, report->part_count > 0 ? "\n]" : "]");
        }
        report->section++;
        report->part_count = 0;
        if (section_belongs(report, report->section)) {
            report_words(report, section_keys[report->section]);
        }
    }
}

static void part_begin(struct report *report, enum report_section section)
{
    if (is_document(report)) {
        document_advance(report, section);
        report_words(report, report->part_count++ > 0 ? ",\n" : "\n");
    }
}

static void part_end(struct report *report)
{
    report_words(report, is_document(report) ? "}" : "}\n");
}

static void json_related(struct report *report, const struct muster_finding *finding)
{
    report_words(report, ",\"related\":[");
    for (size_t index = 0; index < finding->related_count; index++) {
        report_words(report, index > 0 ? ",{\"file\":\"" : "{\"file\":\"");
        report_words(report, muster_file_name(finding->related[index].file));
        json_number(report, "\",\"line\":", finding->related[index].line);
        buffer_byte(&report->out, '}');
        report_flush(report);
    }
    buffer_byte(&report->out, ']');
}

static void json_finding(struct report *report, const struct muster_finding *finding)
{
    bool known = finding->file_known;
    part_begin(report, SECTION_FINDINGS);
    report_words(report, "{\"type\":\"finding\",\"code\":\"");
    report_words(report, muster_rule(finding->code)->name);
    report_words(report, "\",\"severity\":\"");
    report_words(report, muster_severity_name(finding->severity));
    report_words(report, "\",\"file\":");
    json_text(report, known ? span_from(muster_file_name(finding->file)) : SPAN_NONE);
    report_words(report, ",\"path\":");
    json_text(report, known ? finding->path : SPAN_NONE);
    report_words(report, ",\"line\":");
    if (finding->line > 0) {
        buffer_number(&report->out, finding->line);
    } else {
        report_words(report, "null");
    }
    report_words(report, ",\"field\":");
    json_text(report, report_field(report, finding));
    report_words(report, ",\"value\":");
    json_value(report, finding->value);
    report_words(report, ",\"message\":");
    json_text(report, report_message(report, finding));
    report_words(report, ",\"effect\":");
    json_text(report, report_effect(report, finding));
    json_related(report, finding);
    part_end(report);
}

static void json_not_run(struct report *report, enum muster_code code, const char *reason)
{
    part_begin(report, SECTION_NOT_RUN);
    report_words(report, "{\"type\":\"not-run\",\"code\":\"");
    report_words(report, muster_rule(code)->name);
    report_words(report, "\",\"reason\":");
    json_text(report, span_from(reason));
    part_end(report);
}

static void json_difference(struct report *report, const struct muster_difference *difference)
{
    static const char *const entities[ENTITY_COUNT] = {"user", "team"};
    static const char *const changes[CHANGE_COUNT] = {"added", "removed", "changed"};
    part_begin(report, SECTION_DIFFERENCES);
    report_words(report, "{\"type\":\"difference\",\"entity\":\"");
    report_words(report, entities[difference->entity]);
    report_words(report, "\",\"change\":\"");
    report_words(report, changes[difference->change]);
    report_words(report, "\",\"id\":");
    json_value(report, difference->id);
    report_words(report, ",\"field\":");
    json_text(report, span_from(difference->field));
    report_words(report, ",\"old\":");
    json_value(report, difference->old_value);
    report_words(report, ",\"new\":");
    json_value(report, difference->new_value);
    part_end(report);
}

static void json_guard(struct report *report, const struct muster_guard *guard)
{
    part_begin(report, SECTION_GUARDS);
    report_words(report, "{\"type\":\"guard\",\"kind\":\"");
    report_words(report, guard->kind);
    json_number(report, "\",\"count\":", guard->count);
    json_number(report, ",\"population\":", guard->population);
    if (report_guard_is_limited(guard)) {
        json_number(report, ",\"limit\":\"", guard->limit.amount);
        report_words(report, guard->limit.percent ? "%\"" : "\"");
    } else {
        report_words(report, ",\"limit\":null");
    }
    report_words(report, guard->tripped ? ",\"tripped\":true" : ",\"tripped\":false");
    if (guard->team.ptr != NULL) {
        report_words(report, ",\"team\":");
        json_value(report, guard->team);
    }
    if (guard->carriers_plain.len > 0 && privacy_is_full(&report->privacy)) {
        report_words(report, ",\"carriers\":");
        json_text(report, guard->carriers_plain);
    }
    part_end(report);
}

static void json_operation(struct report *report, const struct muster_operation *operation)
{
    part_begin(report, SECTION_OPERATIONS);
    report_words(report, "{\"type\":\"operation\",\"kind\":\"");
    report_words(report, muster_operation_kind_name(operation->kind));
    buffer_byte(&report->out, '"');
    const struct operation_member *member = operation_members(operation->kind);
    for (; member->key != NULL; member++) {
        report_words(report, ",\"");
        report_words(report, member->key);
        report_words(report, "\":");
        json_value(report, operation_member_value(operation, member->offset));
    }
    if (operation->kind == MUSTER_RENAME_TEAM) {
        report_words(report, operation->temporary ? ",\"temporary\":true" : ",\"temporary\":false");
    }
    report_words(report, ",\"text\":");
    json_text(report, report_operation_text(report, operation));
    part_end(report);
}

static void json_counts(struct report *report, const char *key, const uint64_t *counts)
{
    const struct muster_summary *summary = report->totals.summary;
    bool first = true;
    report_words(report, key);
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (summary->present[file]) {
            report_words(report, first ? "\"" : ",\"");
            report_words(report, muster_file_name(file));
            json_number(report, "\":", counts[file]);
            first = false;
        }
    }
    buffer_byte(&report->out, '}');
}

/* The summary's counts that are named by words: only those that are not zero. */
static void json_named(struct report *report, bool *first, const char *name, uint64_t count)
{
    if (count > 0) {
        report_words(report, *first ? "\"" : ",\"");
        report_words(report, name);
        json_number(report, "\":", count);
        *first = false;
    }
}

static void json_changes(struct report *report)
{
    static const char *const entities[ENTITY_COUNT] = {"\"users\":", ",\"teams\":"};
    report_words(report, ",\"differences\":{");
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        const uint64_t *changes = report->totals.changes[entity];
        report_words(report, entities[entity]);
        json_number(report, "{\"added\":", changes[MUSTER_ADDED]);
        json_number(report, ",\"removed\":", changes[MUSTER_REMOVED]);
        json_number(report, ",\"changed\":", changes[MUSTER_MODIFIED]);
        buffer_byte(&report->out, '}');
    }
    buffer_byte(&report->out, '}');
}

static void json_end(struct report *report)
{
    const struct muster_summary *summary = report->totals.summary;
    if (is_document(report)) {
        document_advance(report, SECTION_COUNT);
        report_words(report, ",\n\"summary\":{");
    } else {
        report_words(report, "{\"type\":\"summary\",");
    }
    json_counts(report, "\"records\":{", summary->records);
    json_counts(report, ",\"kept\":{", summary->kept);
    json_number(report, ",\"findings\":{\"fatal\":", summary->severities[MUSTER_FATAL]);
    json_number(report, ",\"error\":", summary->severities[MUSTER_ERROR]);
    json_number(report, ",\"warning\":", summary->severities[MUSTER_WARNING]);
    json_number(report, ",\"info\":", summary->severities[MUSTER_INFO]);
    report_words(report, "},\"codes\":{");
    bool first = true;
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        json_named(report, &first, muster_rule(code)->name, summary->codes[code]);
    }
    report_words(report, "},\"operations\":{");
    first = true;
    for (unsigned kind = 0; report->totals.forecast != NULL && kind < MUSTER_OPERATION_KIND_COUNT;
         kind++) {
        json_named(report, &first, muster_operation_kind_name(kind),
                   report->totals.forecast->counts[kind]);
    }
    buffer_byte(&report->out, '}');
    if (report->totals.changes != NULL) {
        json_changes(report);
    }
    report_words(report, ",\"verdict\":\"");
    report_words(report, report_verdict(report));
    report_words(report, is_document(report) ? "\"}}\n" : "\"}\n");
}

const struct report_format report_jsonl = {
    .begin = json_begin,
    .finding = json_finding,
    .not_run = json_not_run,
    .difference = json_difference,
    .guard = json_guard,
    .operation = json_operation,
    .end = json_end,
};
