/* SPDX-License-Identifier: MIT */
/* What came of a push, in the four formats. */
#include <string.h>

#include "command.h"
#include "exits.h"
#include "output.h"
#include "remote/json_text.h"
#include "remote/push.h"
#include "terminal.h"

/* The words of a remote hold names; where values are not to be shown, they are not either. */
static bool words_are_shown(const struct push_run *run)
{
    return run->options->shared->output.privacy == MUSTER_PRIVACY_FULL;
}

/* How many lines of one kind are shown. */
static uint64_t lines_wanted(const struct push_run *run)
{
    const struct output_options *options = &run->options->shared->output;

    if (options->quiet || !words_are_shown(run)) {
        return 0;
    }
    return options->max_show > 0 ? options->max_show : UINT64_MAX;
}

static void line_shown(struct text *text, const json_t *word)
{
    text_put(text, "  ");
    if (json_is_string(word)) {
        text_shown(text, json_string_value(word), json_string_length(word));
    } else {
        json_append(text, word); /* not as documented, but it may say what was wrong */
    }
    text_put(text, "\n");
}

static void more_shown(struct text *text, uint64_t count, const char *what)
{
    struct grouped room;

    text_format(text, "  … and %s more %s (--max-show 0 shows all)\n", number_grouped(&room, count),
                what);
}

/* "8 operations: 2 addTeam, 6 addTeamMember" */
static void operations_count(struct text *text, const struct operation_counts *remote, size_t count)
{
    struct grouped room;
    const char *between = ": ";

    text_put(text, number_counted(&room, count, "operation", "operations"));
    for (size_t kind = 0; kind <= MUSTER_OPERATION_KIND_COUNT; kind++) {
        if (remote->kinds[kind] > 0) {
            text_format(text, "%s%s %s", between, number_grouped(&room, remote->kinds[kind]),
                        operation_counts_name(kind));
            between = ", ";
        }
    }
    text_put(text, "\n");
}

static void operations_text(struct text *text, const struct push_run *run,
                            const struct operation_counts *remote)
{
    const json_t *list = run->verdict.operations;
    uint64_t wanted = lines_wanted(run);
    uint64_t told[MUSTER_OPERATION_KIND_COUNT + 1] = {0};

    operations_count(text, remote, json_array_size(list));
    for (size_t index = 0; wanted > 0 && index < json_array_size(list); index++) {
        const json_t *word = json_array_get(list, index);
        size_t kind = operation_recognise(json_string_value(word));
        told[kind]++;
        if (told[kind] <= wanted) {
            line_shown(text, word);
        } else if (told[kind] == remote->kinds[kind]) {
            more_shown(text, told[kind] - wanted, operation_counts_name(kind));
        }
    }
}

static void errors_text(struct text *text, const struct push_run *run)
{
    const json_t *list = run->verdict.errors;
    size_t count = json_array_size(list);
    uint64_t wanted = lines_wanted(run);
    struct grouped room;

    if (count == 0) {
        return;
    }
    text_format(text, "%s%s\n", number_counted(&room, count, "error", "errors"),
                wanted > 0 ? ":" : "");
    for (size_t index = 0; index < count && index < wanted; index++) {
        line_shown(text, json_array_get(list, index));
    }
    if (wanted > 0 && count > wanted) {
        more_shown(text, count - wanted, count - wanted == 1 ? "error" : "errors");
    }
}

/* Whether it was a dry run: true or false as the remote says; where it does not, as was asked for;
 * NULL where nobody knows that either. */
static const json_t *run_was_dry(const struct push_run *run)
{
    if (run->verdict.dry_run != NULL) {
        return run->verdict.dry_run;
    }
    return json_object_get(json_object_get(run->sent, "parameters"), "dryRun");
}

static void comparison_text(struct text *text, const struct push_run *run,
                            const struct operation_counts *remote)
{
    bool agree = memcmp(&run->own, remote, sizeof(*remote)) == 0;

    if (agree) {
        text_put(text, "The remote's operations agree with the own plan, kind by kind.\n");
        return;
    }
    text_put(text, "The remote's operations differ from the own plan:\n");
    text_format(text, "  %-18s %10s %10s\n", "kind", "own plan", "remote");
    for (size_t kind = 0; kind <= MUSTER_OPERATION_KIND_COUNT; kind++) {
        if (run->own.kinds[kind] != remote->kinds[kind]) {
            text_format(text, "  %-18s %10llu %10llu\n", operation_counts_name(kind),
                        (unsigned long long)run->own.kinds[kind],
                        (unsigned long long)remote->kinds[kind]);
        }
    }
}

static void tell_text(struct text *text, const struct push_run *run,
                      const struct operation_counts *remote)
{
    const struct verdict *verdict = &run->verdict;
    const char *status = verdict_status_shown(verdict);

    if (status == NULL) {
        status = verdict->status != NULL ? "(in words that are not shown)" : "no answer";
    }
    const json_t *dry = run_was_dry(run);
    text_put(text, dry == NULL ? "Run: " : json_is_false(dry) ? "Live run: " : "Dry run: ");
    text_shown(text, status, verdict_words_size(status));
    text_put(text, "\n");
    if (verdict->operations != NULL) {
        operations_text(text, run, remote);
    }
    errors_text(text, run);
    if (run->planned && verdict->operations != NULL) {
        comparison_text(text, run, remote);
    }
}

static json_t *counts_json(const struct operation_counts *counts)
{
    json_t *object = json_object();

    for (size_t kind = 0; kind <= MUSTER_OPERATION_KIND_COUNT; kind++) {
        if (counts->kinds[kind] > 0) {
            (void)json_put(object, operation_counts_name(kind),
                           json_integer((json_int_t)counts->kinds[kind]));
        }
    }
    return object;
}

/* A word of the remote, or null where it is not to be shown. */
static json_t *word_json(const struct push_run *run, json_t *word)
{
    return words_are_shown(run) ? json_incref(word) : json_null();
}

static json_t *operation_json(const struct push_run *run, json_t *word)
{
    enum muster_operation_kind kind = operation_recognise(json_string_value(word));
    const char *name = kind < MUSTER_OPERATION_KIND_COUNT ? muster_operation_kind_name(kind) : NULL;

    return json_pack("{s:s, s:s?, s:o}", "type", "operation", "kind", name, "text",
                     word_json(run, word));
}

static json_t *summary_json(const struct push_run *run, const struct operation_counts *remote,
                            int result)
{
    const struct verdict *verdict = &run->verdict;
    json_t *plan = run->planned ? counts_json(&run->own) : json_null();
    const json_t *was_dry = run_was_dry(run);
    json_t *dry = was_dry != NULL ? json_boolean(json_is_true(was_dry)) : json_null();

    return json_pack("{s:s, s:s, s:s?, s:o, s:o, s:o, s:I, s:i}", "type", "summary", "kind",
                     run->kind, "status", verdict_status_shown(verdict), "dryRun", dry,
                     "operations", counts_json(remote), "plan", plan, "errors",
                     (json_int_t)json_array_size(verdict->errors), "exit", result);
}

static void object_put(struct text *text, json_t *object, const char *after)
{
    json_append(text, object);
    text_put(text, after);
    json_decref(object);
}

static json_t *start_json(const struct push_run *run, bool typed)
{
    json_t *files = json_object_get(run->sent, "files");
    const char *command = run->options->command->name;

    return typed ? json_pack("{s:s, s:s, s:s, s:s, s:O}", "type", "start", "muster", MUSTER_VERSION,
                             "command", command, "kind", run->kind, "files", files)
                 : json_pack("{s:s, s:s, s:s, s:O}", "muster", MUSTER_VERSION, "command", command,
                             "kind", run->kind, "files", files);
}

static void tell_lines(struct text *text, const struct push_run *run,
                       const struct operation_counts *remote, int result)
{
    const struct verdict *verdict = &run->verdict;

    object_put(text, start_json(run, true), "\n");
    for (size_t index = 0; index < json_array_size(verdict->operations); index++) {
        object_put(text, operation_json(run, json_array_get(verdict->operations, index)), "\n");
    }
    for (size_t index = 0; index < json_array_size(verdict->errors); index++) {
        object_put(text,
                   json_pack("{s:s, s:o}", "type", "error", "text",
                             word_json(run, json_array_get(verdict->errors, index))),
                   "\n");
    }
    object_put(text, summary_json(run, remote, result), "\n");
}

static void tell_document(struct text *text, const struct push_run *run,
                          const struct operation_counts *remote, int result)
{
    const struct verdict *verdict = &run->verdict;
    json_t *document = start_json(run, false);
    json_t *operations = json_array();
    json_t *errors = json_array();
    bool whole = true;

    for (size_t index = 0; index < json_array_size(verdict->operations); index++) {
        json_t *word = json_array_get(verdict->operations, index);
        whole = json_array_append_new(operations, operation_json(run, word)) == 0 && whole;
    }
    for (size_t index = 0; index < json_array_size(verdict->errors); index++) {
        json_t *word = json_array_get(verdict->errors, index);
        whole = json_array_append_new(errors, word_json(run, word)) == 0 && whole;
    }
    whole = json_put(document, "operations", operations) && whole;
    whole = json_put(document, "errors", errors) && whole;
    whole = json_put(document, "summary", summary_json(run, remote, result)) && whole;
    text->exhausted = text->exhausted || !whole;
    object_put(text, document, "\n");
}

int push_tell(const struct push_run *run, struct text *report, int result)
{
    struct operation_counts remote;

    operation_counts_take(&remote, run->verdict.operations);
    switch (run->options->shared->output.format) {
    case MUSTER_JSONL:
        tell_lines(report, run, &remote, result);
        break;
    case MUSTER_JSON:
        tell_document(report, run, &remote, result);
        break;
    case MUSTER_SYNC:
        if (run->verdict.document != NULL) {
            json_append(report, run->verdict.document);
            text_put(report, "\n");
        }
        break;
    default:
        tell_text(report, run, &remote);
        break;
    }
    return report->exhausted ? exit_joined(result, memory_complain()) : result;
}
