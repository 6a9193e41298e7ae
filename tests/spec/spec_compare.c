/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "spec_compare.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "spec_value.h"

/* What stands on both sides of every comparison. */
struct sides {
    const struct spec_outcome *outcome;
    json_t *lines; /* standard output as an array, one element a line */
    FILE *report;
};

typedef void compare_block(struct sides *sides, const struct spec_block *block);

static bool line_is_none(const char *line, size_t len)
{
    return len == 1 && line[0] == '-';
}

static bool string_holds(const json_t *string, const struct spec_value *value)
{
    return json_is_string(string) && strstr(json_string_value(string), value->text) != NULL;
}

/* ---- Entries: a word and key=value pairs ------------------------------------------------- */

/* `head` is the member that the first word stands for. */
static bool entry_matches(const char *line, size_t len, const char *head, const json_t *object,
                          struct spec_variables *variables)
{
    const char *at = line;
    const char *end = line + len;
    char key[SPEC_WORD_SIZE];
    struct spec_value value;
    struct spec_variables before = *variables;
    bool good = spec_take_value(&at, end, &value) &&
                spec_value_matches(&value, json_object_get(object, head), variables);
    while (good && at < end) {
        good = spec_take_pair(&at, end, key, &value) &&
               spec_value_matches(&value, json_object_get(object, key), variables);
    }
    if (!good) {
        *variables = before;
    }
    return good;
}

/* The lines of one type, or those of them whose member `only` is true. */
static json_t *lines_of(const struct sides *sides, const char *type, const char *only)
{
    json_t *result = json_array();
    size_t index;
    json_t *line;
    json_array_foreach(sides->lines, index, line)
    {
        const char *own = json_string_value(json_object_get(line, "type"));
        bool wanted = own != NULL && strcmp(own, type) == 0 &&
                      (only == NULL || json_is_true(json_object_get(line, only)));
        if (wanted) {
            json_array_append(result, line);
        }
    }
    return result;
}

static void report_list(const struct sides *sides, const struct spec_block *block,
                        const json_t *got, const char *problem)
{
    fprintf(sides->report, "%s (line %zu): %s\n  expected:\n", block->name, block->line, problem);
    const char *at = block->text;
    const char *line;
    size_t len;
    while ((line = spec_line(&at, block->text + block->size, &len)) != NULL) {
        fprintf(sides->report, "    %.*s\n", (int)len, line);
    }
    fprintf(sides->report, "  got:\n");
    size_t index;
    json_t *object;
    json_array_foreach(got, index, object)
    {
        char *text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
        fprintf(sides->report, "    %s\n", text != NULL ? text : "?");
        free(text);
    }
    if (json_array_size(got) == 0) {
        fprintf(sides->report, "    -\n");
    }
}

/*
 * Entries that come in steps: within a step, which ends at an empty line, any order will do. Each
 * entry is struck off `left`, a copy of the objects, and only as many of them as the step has
 * entries may be looked at.
 */
struct steps {
    json_t *left;
    const char *head;
    struct spec_variables variables;
};

static bool step_takes(struct steps *steps, const char *line, size_t len, size_t reach)
{
    for (size_t index = 0; index < reach && index < json_array_size(steps->left); index++) {
        const json_t *object = json_array_get(steps->left, index);
        if (entry_matches(line, len, steps->head, object, &steps->variables)) {
            json_array_remove(steps->left, index);
            return true;
        }
    }
    return false;
}

static size_t step_size(const char *at, const char *end)
{
    size_t count = 0;
    size_t len;
    const char *line;
    while ((line = spec_line(&at, end, &len)) != NULL && len > 0) {
        count += !line_is_none(line, len);
    }
    return count;
}

static void compare_steps(struct sides *sides, const struct spec_block *block, json_t *got,
                          const char *head)
{
    struct steps steps = {.left = json_copy(got), .head = head};
    const char *at = block->text;
    const char *end = block->text + block->size;
    size_t reach = step_size(at, end);
    const char *line;
    size_t len;
    bool good = true;
    while (good && (line = spec_line(&at, end, &len)) != NULL) {
        if (len == 0) {
            reach = step_size(at, end);
        } else if (!line_is_none(line, len)) {
            good = step_takes(&steps, line, len, reach--);
        }
    }
    char problem[SPEC_WORD_SIZE];
    if (!good) {
        snprintf(problem, sizeof(problem), "no such entry here: %.*s", (int)len, line);
        report_list(sides, block, got, problem);
    } else if (json_array_size(steps.left) > 0) {
        report_list(sides, block, got, "more than expected");
    }
    json_decref(steps.left);
    json_decref(got);
}

static void compare_differences(struct sides *sides, const struct spec_block *block)
{
    compare_steps(sides, block, lines_of(sides, "difference", NULL), "change");
}

static void compare_operations(struct sides *sides, const struct spec_block *block)
{
    compare_steps(sides, block, lines_of(sides, "operation", NULL), "kind");
}

static void compare_guards(struct sides *sides, const struct spec_block *block)
{
    compare_steps(sides, block, lines_of(sides, "guard", "tripped"), "kind");
}

static void compare_not_run(struct sides *sides, const struct spec_block *block)
{
    compare_steps(sides, block, lines_of(sides, "not-run", NULL), "code");
}

/* The first word of an entry is a member of the summary, the pairs are members of that. */
static void compare_summary(struct sides *sides, const struct spec_block *block)
{
    json_t *got = lines_of(sides, "summary", NULL);
    struct spec_variables variables = {{NULL}};
    const char *at = block->text;
    const char *line;
    size_t len;
    bool good = json_array_size(got) == 1;
    while (good && (line = spec_line(&at, block->text + block->size, &len)) != NULL) {
        const char *place = line;
        char key[SPEC_WORD_SIZE];
        struct spec_value value;
        good = spec_take_value(&place, line + len, &value) && value.size < sizeof(value.text);
        const json_t *member = json_object_get(json_array_get(got, 0), value.text);
        while (good && place < line + len) {
            good = spec_take_pair(&place, line + len, key, &value) &&
                   spec_value_matches(&value, json_object_get(member, key), &variables);
        }
    }
    if (!good) {
        report_list(sides, block, got, "the summary is another one");
    }
    json_decref(got);
}

/* ---- Findings ---------------------------------------------------------------------------- */

/* `file:line` against two members of an object; `file:-` is a line that is null. */
static bool place_matches(struct spec_value *place, const json_t *object)
{
    struct spec_variables none = {{NULL}};
    char *colon = strchr(place->text, ':');
    if (colon == NULL) {
        return false;
    }
    struct spec_value line = {0};
    const char *digits = colon + 1;
    bool good = spec_take_value(&digits, place->text + place->size, &line);
    place->size = (size_t)(colon - place->text);
    place->absent = place->size == 1 && place->text[0] == '-';
    return good && spec_value_matches(place, json_object_get(object, "file"), &none) &&
           spec_value_matches(&line, json_object_get(object, "line"), &none);
}

/* The rest of the line are the related places, all of them. */
static bool related_matches(const char **at, const char *end, const json_t *finding)
{
    const json_t *related = json_object_get(finding, "related");
    struct spec_value place;
    size_t count = 0;
    while (spec_take_value(at, end, &place)) {
        if (!place_matches(&place, json_array_get(related, count++))) {
            return false;
        }
    }
    return count == json_array_size(related);
}

static bool option_matches(const char **at, const char *end, const json_t *finding)
{
    struct spec_variables none = {{NULL}};
    struct spec_value name;
    struct spec_value value;
    if (!spec_take_value(at, end, &name)) {
        return false;
    }
    if (strcmp(name.text, "related") == 0) {
        return related_matches(at, end, finding);
    }
    if (!spec_take_value(at, end, &value)) {
        return false;
    }
    const json_t *message = json_object_get(finding, "message");
    if (strcmp(name.text, "says") == 0) {
        return string_holds(message, &value);
    }
    if (strcmp(name.text, "omits") == 0) {
        return json_is_string(message) && !string_holds(message, &value);
    }
    bool known = strcmp(name.text, "value") == 0 || strcmp(name.text, "effect") == 0;
    return known && spec_value_matches(&value, json_object_get(finding, name.text), &none);
}

static bool finding_matches(const char *line, size_t len, const json_t *finding)
{
    struct spec_variables none = {{NULL}};
    const char *at = line;
    const char *end = line + len;
    struct spec_value value;
    if (!spec_take_value(&at, end, &value) ||
        !spec_value_matches(&value, json_object_get(finding, "severity"), &none) ||
        !spec_take_value(&at, end, &value) ||
        !spec_value_matches(&value, json_object_get(finding, "code"), &none) ||
        !spec_take_value(&at, end, &value) || !place_matches(&value, finding) ||
        !spec_take_value(&at, end, &value) ||
        !spec_value_matches(&value, json_object_get(finding, "field"), &none)) {
        return false;
    }
    while (at < end) {
        if (!option_matches(&at, end, finding)) {
            return false;
        }
    }
    return true;
}

static void compare_findings(struct sides *sides, const struct spec_block *block)
{
    json_t *got = lines_of(sides, "finding", NULL);
    const char *at = block->text;
    const char *line = NULL;
    size_t len;
    size_t index = 0;
    bool good = true;
    while (good && (line = spec_line(&at, block->text + block->size, &len)) != NULL) {
        if (!line_is_none(line, len)) {
            good = finding_matches(line, len, json_array_get(got, index++));
        }
    }
    char problem[SPEC_WORD_SIZE];
    if (!good) {
        snprintf(problem, sizeof(problem), "number %zu is not as expected", index);
        report_list(sides, block, got, problem);
    } else if (index != json_array_size(got)) {
        report_list(sides, block, got, "more than expected");
    }
    json_decref(got);
}

/* ---- Streams ----------------------------------------------------------------------------- */

static void compare_records(struct sides *sides, const struct spec_block *block)
{
    const char *at = block->text;
    const char *line;
    size_t len;
    size_t index = 0;
    bool good = true;
    while (good && (line = spec_line(&at, block->text + block->size, &len)) != NULL) {
        if (!line_is_none(line, len)) {
            json_t *record = json_loadb(line, len, SPEC_LOAD_FLAGS, NULL);
            good = record != NULL && json_equal(record, json_array_get(sides->lines, index++));
            json_decref(record);
        }
    }
    if (!good || index != json_array_size(sides->lines)) {
        report_list(sides, block, sides->lines, "the records are others");
    }
}

static void compare_stream(struct sides *sides, const struct spec_block *block, const char *stream)
{
    const char *at = block->text;
    const char *line;
    size_t len;
    while ((line = spec_line(&at, block->text + block->size, &len)) != NULL) {
        char *wanted = strndup(line, len);
        if (wanted == NULL || strstr(stream, wanted) == NULL) {
            fprintf(sides->report, "%s (line %zu) lacks: %.*s\n  got:\n%s\n", block->name,
                    block->line, (int)len, line, stream);
        }
        free(wanted);
    }
}

static void compare_stdout(struct sides *sides, const struct spec_block *block)
{
    compare_stream(sides, block, sides->outcome->out);
}

static void compare_stderr(struct sides *sides, const struct spec_block *block)
{
    compare_stream(sides, block, sides->outcome->err);
}

static void compare_json(struct sides *sides, const struct spec_block *block)
{
    json_t *wanted = json_loadb(block->text, block->size, SPEC_LOAD_FLAGS, NULL);
    json_t *got = json_loadb(sides->outcome->out, sides->outcome->out_size, SPEC_LOAD_FLAGS, NULL);
    bool good = json_is_object(wanted) && json_is_object(got);
    const char *key;
    json_t *member;
    json_object_foreach(wanted, key, member)
    {
        good = good && json_equal(member, json_object_get(got, key));
    }
    if (!good) {
        fprintf(sides->report, "json (line %zu)\n  expected:\n    %s  got:\n    %s\n", block->line,
                block->text, sides->outcome->out);
    }
    json_decref(wanted);
    json_decref(got);
}

/* ---- Blocks ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    bool lines;             /* needs --format jsonl */
    compare_block *compare; /* NULL: looked at elsewhere */
} expectations[] = {
    {"findings", true, compare_findings},
    {"not-run", true, compare_not_run},
    {"differences", true, compare_differences},
    {"operations", true, compare_operations},
    {"guards", true, compare_guards},
    {"summary", true, compare_summary},
    {"records", false, compare_records},
    {"stdout", false, compare_stdout},
    {"stderr", false, compare_stderr},
    {"json", false, compare_json},
    {"exit", false, NULL},
};
static const size_t expectation_count = sizeof(expectations) / sizeof(expectations[0]);

static size_t expectation_of(const char *name)
{
    size_t index = 0;
    while (index < expectation_count && strcmp(expectations[index].name, name) != 0) {
        index++;
    }
    return index;
}

bool spec_is_expectation(const char *name)
{
    return expectation_of(name) < expectation_count;
}

bool spec_wants_lines(const struct spec_example *example)
{
    for (size_t index = 0; index < example->block_count; index++) {
        size_t place = expectation_of(example->blocks[index].name);
        if (place < expectation_count && expectations[place].lines) {
            return true;
        }
    }
    return false;
}

/* Without an exit block: 1 where an error or something fatal is expected. */
static int expected_code(const struct spec_example *example)
{
    size_t index = spec_example_find(example, "exit");
    if (index < example->block_count) {
        return (int)strtol(example->blocks[index].text, NULL, 10);
    }
    index = spec_example_find(example, "findings");
    if (index == example->block_count) {
        return 0;
    }
    const char *at = example->blocks[index].text;
    const char *end = at + example->blocks[index].size;
    const char *line;
    size_t len;
    while ((line = spec_line(&at, end, &len)) != NULL) {
        if (strncmp(line, "error ", 6) == 0 || strncmp(line, "fatal ", 6) == 0) {
            return 1;
        }
    }
    return 0;
}

static void compare_code(const struct sides *sides, int expected)
{
    if (sides->outcome->code != expected) {
        fprintf(sides->report, "exit code %d, expected %d; standard error:\n%s\n",
                sides->outcome->code, expected, sides->outcome->err);
    }
}

/* A file that the program wrote; CRLF counts as LF. */
static void compare_file(struct sides *sides, const struct spec_block *block,
                         const struct spec_folder *folder)
{
    size_t size = 0;
    char *bytes = spec_folder_read(folder, block->name, &size);
    size_t kept = 0;
    for (size_t index = 0; bytes != NULL && index < size; index++) {
        bool crlf = bytes[index] == '\r' && bytes[index + 1] == '\n';
        if (!crlf) {
            bytes[kept++] = bytes[index];
        }
    }
    if (bytes == NULL || kept != block->size || memcmp(bytes, block->text, kept) != 0) {
        fprintf(sides->report, "%s (line %zu)\n  expected:\n%s  got:\n%.*s\n", block->name,
                block->line, block->text, bytes != NULL ? (int)kept : 7,
                bytes != NULL ? bytes : "nothing");
    }
    free(bytes);
}

static json_t *parse_lines(const struct spec_outcome *outcome, FILE *report)
{
    json_t *lines = json_array();
    const char *at = outcome->out;
    const char *line;
    size_t len;
    while ((line = spec_line(&at, outcome->out + outcome->out_size, &len)) != NULL) {
        json_t *value = json_loadb(line, len, SPEC_LOAD_FLAGS | JSON_REJECT_DUPLICATES, NULL);
        if (value == NULL) {
            fprintf(report, "a line that is not JSON: %.*s\n", (int)len, line);
        } else {
            json_array_append_new(lines, value);
        }
    }
    return lines;
}

static bool line_has_type(const json_t *line, const char *type)
{
    const char *own = json_string_value(json_object_get(line, "type"));
    return own != NULL && strcmp(own, type) == 0;
}

static void compare_envelope(const struct sides *sides)
{
    size_t count = json_array_size(sides->lines);
    size_t index;
    json_t *line;
    json_array_foreach(sides->lines, index, line)
    {
        const char *key = json_object_iter_key(json_object_iter(line));
        if (key == NULL || strcmp(key, "type") != 0) {
            fprintf(sides->report, "line %zu of the output does not begin with its type\n",
                    index + 1);
        }
    }
    if (count < 2 || !line_has_type(json_array_get(sides->lines, 0), "start") ||
        !line_has_type(json_array_get(sides->lines, count - 1), "summary")) {
        fprintf(sides->report, "the output does not begin with start and end with summary\n");
    }
}

void spec_compare(const struct spec_example *example, const struct spec_outcome *outcome,
                  const struct spec_folder *folder, FILE *report)
{
    struct sides sides = {.outcome = outcome, .report = report};
    size_t command = spec_example_find(example, "command");
    bool wants_lines = spec_wants_lines(example);
    bool wants_records = spec_example_find(example, "records") < example->block_count;
    sides.lines = wants_lines || wants_records ? parse_lines(outcome, report) : json_array();
    if (wants_lines) {
        compare_envelope(&sides);
    }
    compare_code(&sides, expected_code(example));
    for (size_t index = command; index < example->block_count; index++) {
        const struct spec_block *block = &example->blocks[index];
        size_t place = expectation_of(block->name);
        if (spec_block_is_file(block)) {
            compare_file(&sides, block, folder);
        } else if (place < expectation_count && expectations[place].compare != NULL) {
            expectations[place].compare(&sides, block);
        }
    }
    json_decref(sides.lines);
}
