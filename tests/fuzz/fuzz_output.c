/* SPDX-License-Identifier: MIT */
/*
 * Reports. Whatever bytes are in an export, its reports in every format and at every level of
 * privacy are sound JSON, or text without a control character; and so are its records as JSON.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define CHOICE_TRIM 0x01U

/* Each line is an object, or all of it is one. */
static void json_report_judge(span text, bool lines)
{
    while (text.len > 0) {
        const char *end = lines ? memchr(text.ptr, '\n', text.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - text.ptr) + 1 : text.len;
        json_error_t error;
        json_t *value = json_loadb(text.ptr, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
        fuzz_require(value != NULL && json_is_object(value), "reports are sound JSON");
        fuzz_require(!lines || json_is_string(json_object_get(value, "type")), "with a type");
        json_decref(value);
        text.ptr += len;
        text.len -= len;
    }
}

static void reports_judge(const struct fuzz_export *files, bool trim)
{
    const struct muster_options reading = {.jobs = 1, .trim = trim};
    struct muster_roster *roster = fuzz_open(files, &reading);
    struct buffer out = {0};
    for (enum muster_format format = MUSTER_TEXT; format <= MUSTER_SYNC; format++) {
        for (enum muster_privacy privacy = MUSTER_PRIVACY_FULL; privacy <= MUSTER_PRIVACY_COUNTS;
             privacy++) {
            const struct muster_report_options options = {.format = format,
                                                          .command = "check",
                                                          .verbose = true,
                                                          .privacy = privacy,
                                                          .pseudonym_key = {"key", 3}};
            buffer_clear(&out);
            fuzz_require(muster_report_check(roster, &options, fuzz_write, &out) == MUSTER_OK,
                         "a report can be made");
            fuzz_require_harmless(buffer_view(&out), true);
            if (format != MUSTER_TEXT) {
                json_report_judge(buffer_view(&out), format == MUSTER_JSONL);
            }
        }
    }
    buffer_close(&out);
    muster_roster_close(roster);
}

/* The records command: JSON on one side, text on the other. */
static void records_judge(span text, bool trim)
{
    struct buffer records = {0};
    struct buffer findings = {0};
    uint64_t finding_count = 0;
    const struct muster_input input = {.file = MUSTER_USERS, .data = text};
    const struct muster_records_options options = {.trim = trim,
                                                   .write = fuzz_write,
                                                   .context = &records,
                                                   .write_findings = fuzz_write,
                                                   .findings_context = &findings};
    fuzz_require(muster_records_write(&input, &options, &finding_count, NULL) == MUSTER_OK,
                 "records can be listed");
    fuzz_require_harmless(buffer_view(&records), true);
    fuzz_require_harmless(buffer_view(&findings), true);
    fuzz_require((findings.size > 0) == (finding_count > 0), "findings are told");
    span left = buffer_view(&records);
    while (left.len > 0) {
        const char *end = memchr(left.ptr, '\n', left.len);
        fuzz_require(end != NULL, "a record is a line");
        size_t len = (size_t)(end - left.ptr) + 1;
        json_t *value = json_loadb(left.ptr, len, JSON_ALLOW_NUL, NULL);
        fuzz_require(json_is_array(value) && json_array_size(value) > 0, "a record is an array");
        json_decref(value);
        left = span_make(left.ptr + len, left.len - len);
    }
    buffer_close(&records);
    buffer_close(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    bool trim = (choices & CHOICE_TRIM) != 0;
    if (input.ptr == NULL) {
        input = span_make("", 0);
    }
    records_judge(input, trim);
    struct fuzz_export files = fuzz_export_take(&input, MUSTER_FILE_COUNT);
    reports_judge(&files, trim);
    return 0;
}
