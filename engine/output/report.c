/* SPDX-License-Identifier: MIT */
/* What every format needs: buffered writing, and words that keep to the privacy asked for. */
#include "output/report.h"

#include "output/escape.h"

/* Bytes that are gathered before they are written. */
#define FLUSH_SIZE (256U << 10)

static const struct report_format *format_of(enum muster_format format)
{
    switch (format) {
    case MUSTER_JSONL:
    case MUSTER_JSON:
        return &report_jsonl;
    case MUSTER_SYNC:
        return &report_sync;
    case MUSTER_TEXT:
        break;
    }
    return &report_text;
}

void report_open(struct report *report, const struct muster_report_options *options,
                 const struct report_totals *totals, muster_write *write, void *context)
{
    *report = (struct report){
        .format = format_of(options->format),
        .options = options,
        .totals = *totals,
        .privacy = privacy_make(options->privacy, options->pseudonym_key),
        .write = write,
        .context = context,
        .last = -1,
    };
}

static void report_write(struct report *report)
{
    if (report->out.size > 0 && !report->unwritable && !report->out.exhausted) {
        report->begun = true;
        report->unwritable = !report->write(report->context, report->out.bytes, report->out.size);
    }
    buffer_clear(&report->out);
}

void report_flush(struct report *report)
{
    if (report->out.size >= FLUSH_SIZE) {
        report_write(report);
    }
}

static bool out_of_memory(const struct report *report)
{
    return report->out.exhausted || report->privacy.shown.exhausted || report->last_id.exhausted ||
           report->words.exhausted || report->more.exhausted;
}

bool report_goes_on(const struct report *report)
{
    return !report->unwritable && !out_of_memory(report);
}

enum muster_status report_close(struct report *report)
{
    report_write(report);
    enum muster_status status = out_of_memory(report) ? MUSTER_NO_MEMORY
                                : report->unwritable  ? MUSTER_UNWRITABLE
                                                      : MUSTER_OK;
    buffer_close(&report->out);
    buffer_close(&report->last_id);
    buffer_close(&report->words);
    buffer_close(&report->more);
    privacy_close(&report->privacy);
    return status;
}

/* With privacy "counts" nothing is shown that speaks of a single record. */
static bool parts_are_shown(const struct report *report)
{
    return report->privacy.level != MUSTER_PRIVACY_COUNTS;
}

void report_begin(struct report *report)
{
    if (report->format->begin != NULL) {
        report->format->begin(report);
    }
}

void report_finding(struct report *report, const struct muster_finding *finding)
{
    if (report->format->finding != NULL && parts_are_shown(report)) {
        report->format->finding(report, finding);
        report_flush(report);
    }
}

void report_not_run(struct report *report, enum muster_code code, const char *reason)
{
    if (report->format->not_run != NULL) {
        report->format->not_run(report, code, reason);
    }
}

void report_difference(struct report *report, const struct muster_difference *difference)
{
    if (report->format->difference != NULL && parts_are_shown(report)) {
        report->format->difference(report, difference);
        report_flush(report);
    }
}

bool report_wants_difference(const struct report *report, enum muster_entity entity,
                             enum muster_change change)
{
    const struct report_format *format = report->format;
    return format->difference != NULL && parts_are_shown(report) &&
           (format->wants_difference == NULL || format->wants_difference(report, entity, change));
}

void report_overview(struct report *report)
{
    if (report->format->overview != NULL) {
        report->format->overview(report);
    }
}

void report_guard(struct report *report, const struct muster_guard *guard)
{
    if (report->format->guard != NULL) {
        report->format->guard(report, guard);
        report_flush(report);
    }
}

bool report_pass_operation(struct report *report, enum muster_operation_kind kind)
{
    const struct report_format *format = report->format;
    return format->operation == NULL || !parts_are_shown(report) ||
           (format->pass_operation != NULL && format->pass_operation(report, kind));
}

void report_operation(struct report *report, const struct muster_operation *operation)
{
    if (report->format->operation != NULL && parts_are_shown(report)) {
        report->format->operation(report, operation);
        report_flush(report);
    }
}

void report_end(struct report *report)
{
    if (report->format->end != NULL) {
        report->format->end(report);
    }
}

uint64_t report_finding_count(const struct report *report)
{
    uint64_t count = 0;
    for (int severity = 0; severity < MUSTER_SEVERITY_COUNT; severity++) {
        count += report->totals.summary->severities[severity];
    }
    return count;
}

const char *report_verdict(const struct report *report)
{
    if (report->totals.summary->severities[MUSTER_FATAL] > 0) {
        return "fatal";
    }
    if (report->totals.forecast != NULL && report->totals.forecast->guards_tripped) {
        return "guarded";
    }
    if (report_finding_count(report) > 0) {
        return "findings";
    }
    /* In strict mode by what is an error to the remote, and is silenced here. */
    return report->totals.stopped ? "stopped" : "clean";
}

/* Rules whose messages hold names of required columns and numbers, but nothing out of a file. */
static bool message_is_harmless(enum muster_code code)
{
    return code == MUSTER_MISSING_HEADER || code == MUSTER_DUPLICATE_HEADER ||
           code == MUSTER_EMPTY_FILE || code == MUSTER_UNREADABLE_ENCODING;
}

span report_message(const struct report *report, const struct muster_finding *finding)
{
    if (privacy_is_full(&report->privacy) || message_is_harmless(finding->code)) {
        return finding->message;
    }
    return span_from(muster_rule(finding->code)->when);
}

span report_effect(const struct report *report, const struct muster_finding *finding)
{
    if (privacy_is_full(&report->privacy)) {
        return finding->effect;
    }
    return span_from(muster_rule(finding->code)->effect);
}

span report_cure(const struct report *report, const struct muster_finding *finding)
{
    if (privacy_is_full(&report->privacy)) {
        return finding->cure;
    }
    return span_from(muster_rule(finding->code)->cure);
}

span report_field(struct report *report, const struct muster_finding *finding)
{
    static const char *const columns[] = {"id",      "email", "first_name",  "last_name",
                                          "team_id", "name",  "manager_ids", "parent_team_id"};
    if (privacy_is_full(&report->privacy)) {
        return finding->field;
    }
    for (size_t index = 0; index < sizeof columns / sizeof columns[0]; index++) {
        if (span_equal(finding->field, span_from(columns[index]))) {
            return finding->field;
        }
    }
    return privacy_value(&report->privacy, finding->field);
}

#define MEMBER(name) offsetof(struct muster_operation, name)

const struct operation_member *operation_members(enum muster_operation_kind kind)
{
    static const struct operation_member members[MUSTER_OPERATION_KIND_COUNT][4] = {
        [MUSTER_REKEY_TEAM] = {{"team", MEMBER(team)}, {"from", MEMBER(from)}},
        [MUSTER_REKEY_USER] = {{"user", MEMBER(user)}, {"from", MEMBER(from)}},
        [MUSTER_RENAME_TEAM] = {{"team", MEMBER(team)}, {"from", MEMBER(from)}, {"to", MEMBER(to)}},
        [MUSTER_ADD_TEAM] = {{"team", MEMBER(team)},
                             {"name", MEMBER(name)},
                             {"parent", MEMBER(parent)}},
        [MUSTER_MOVE_TEAM] = {{"team", MEMBER(team)}, {"from", MEMBER(from)}, {"to", MEMBER(to)}},
        [MUSTER_ADD_TEAM_MEMBER] = {{"user", MEMBER(user)}, {"team", MEMBER(team)}},
        [MUSTER_MOVE_TEAM_MEMBER] = {{"user", MEMBER(user)},
                                     {"from", MEMBER(from)},
                                     {"to", MEMBER(to)}},
        [MUSTER_REMOVE_TEAM_MEMBER] = {{"user", MEMBER(user)}, {"team", MEMBER(team)}},
        [MUSTER_ADD_TEAM_MANAGER] = {{"user", MEMBER(user)}, {"team", MEMBER(team)}},
        [MUSTER_REMOVE_TEAM_MANAGER] = {{"user", MEMBER(user)}, {"team", MEMBER(team)}},
        [MUSTER_DELETE_TEAM] = {{"team", MEMBER(team)}},
        [MUSTER_REMOVE_USER] = {{"user", MEMBER(user)}},
        [MUSTER_REMOVE_LICENSE] = {{"user", MEMBER(user)}},
    };
    return members[kind];
}

/*
 * Where the engine's own line may not be shown, because it holds names: the kind and its members
 * as far as they may be.
 */
span report_operation_text(struct report *report, const struct muster_operation *operation)
{
    if (privacy_is_full(&report->privacy)) {
        return operation->text;
    }
    struct buffer *words = &report->words;
    buffer_clear(words);
    buffer_text(words, muster_operation_kind_name(operation->kind));
    const struct operation_member *member = operation_members(operation->kind);
    for (; member->key != NULL; member++) {
        span value = operation_member_value(operation, member->offset);
        buffer_byte(words, ' ');
        buffer_text(words, member->key);
        buffer_byte(words, ' ');
        buffer_span(words,
                    value.ptr != NULL ? privacy_value(&report->privacy, value) : SPAN("(none)"));
    }
    return buffer_view(words);
}
