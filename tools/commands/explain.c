/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

#include <stdio.h>
#include <string.h>

#include "terminal.h"

static const char usage[] =
    "usage: muster explain [CODE]\n"
    "\n"
    "Says what a rule means: when it speaks, what the remote does, why that\n"
    "matters, how to repair it, with a sample that fails and the same sample\n"
    "repaired. Without CODE, the table of all rules.\n"
    "\n"
    "examples:\n"
    "  muster explain duplicate-email\n"
    "  muster explain --format json\n"
    "\n"
    "exit codes: 0 done, 2 wrong usage or no such code\n";

enum { WIDTH = 80, LABEL_WIDTH = 10 };

static void put_bytes(struct output *output, const char *bytes, size_t size)
{
    (void)output_write(output, bytes, size); /* output_close tells about failures */
}

static void put(struct output *output, const char *text)
{
    put_bytes(output, text, strlen(text));
}

static void put_spaces(struct output *output, size_t count)
{
    while (count-- > 0) {
        put_bytes(output, " ", 1);
    }
}

/* A label and words behind it, broken at spaces. */
static void labelled(struct output *output, const char *label, const char *words)
{
    size_t column = LABEL_WIDTH;
    put(output, "  ");
    put(output, label);
    put_spaces(output, LABEL_WIDTH - 2 - strlen(label));
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        if (column > LABEL_WIDTH && column + 1 + len > WIDTH) {
            put(output, "\n");
            put_spaces(output, LABEL_WIDTH);
            column = LABEL_WIDTH;
        } else if (column > LABEL_WIDTH) {
            put(output, " ");
            column++;
        }
        put_bytes(output, words, len);
        column += len;
        words += len;
        words += *words == ' ' ? 1 : 0;
    }
    put(output, "\n");
}

/* A sample, indented; what a terminal should not see is shown as \xNN. */
static void sample(struct output *output, const char *title, const char *text, size_t size)
{
    bool line_starts = true;
    put(output, "\n  ");
    put(output, title);
    put(output, "\n");
    for (size_t at = 0; at < size;) {
        if (line_starts && text[at] != '\n') {
            put_spaces(output, 4);
        }
        line_starts = text[at] == '\n';
        size_t visible = line_starts ? 1 : terminal_visible_size(text + at, size - at);
        if (visible > 0) {
            put_bytes(output, text + at, visible);
            at += visible;
            continue;
        }
        char escaped[8];
        int length = snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned char)text[at]);
        put_bytes(output, escaped, (size_t)length);
        at++;
    }
    if (size == 0) {
        put(output, "    (nothing at all)");
    }
    if (!line_starts || size == 0) {
        put(output, "\n");
    }
}

static void rule_print(struct output *output, const struct muster_rule *rule)
{
    char pass[32];
    (void)snprintf(pass, sizeof pass, ", pass %d\n\n", rule->pass);
    put(output, rule->name);
    put(output, ": ");
    put(output, muster_severity_name(rule->severity));
    put(output, pass);
    labelled(output, "applies", rule->applies);
    labelled(output, "when", rule->when);
    labelled(output, "effect", rule->effect);
    labelled(output, "why", rule->why);
    labelled(output, "cure", rule->cure);
    sample(output, "fails:", rule->failing, rule->failing_size);
    sample(output, "repaired:", rule->repaired, strlen(rule->repaired));
}

static void table_print(struct output *output)
{
    char line[128];
    (void)snprintf(line, sizeof line, "%-21s%-9s%-6s%s\n", "CODE", "SEVERITY", "PASS",
                   "WHAT THE REMOTE DOES");
    put(output, line);
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const struct muster_rule *rule = muster_rule(code);
        (void)snprintf(line, sizeof line, "%-21s%-9s%-6d%s\n", rule->name,
                       muster_severity_name(rule->severity), rule->pass, rule->effect);
        put(output, line);
    }
    put(output, "\nmuster explain CODE says more about each of them.\n");
}

/* The text of a sample as a JSON string; bytes that are not UTF-8 become U+FFFD. */
static void json_string(struct output *output, const char *text, size_t size)
{
    put(output, "\"");
    for (size_t at = 0; at < size;) {
        char escaped[8];
        size_t visible = terminal_visible_size(text + at, size - at);
        unsigned char byte = (unsigned char)text[at];
        if (visible > 0 && byte != '"' && byte != '\\') {
            put_bytes(output, text + at, visible);
            at += visible;
            continue;
        }
        if (byte >= 0x80) {
            put(output, "\xEF\xBF\xBD");
        } else if (byte == '\n') {
            put(output, "\\n");
        } else if (visible > 0) {
            put_bytes(output, "\\", 1);
            put_bytes(output, text + at, 1);
        } else {
            (void)snprintf(escaped, sizeof escaped, "\\u%04x", byte);
            put(output, escaped);
        }
        at++;
    }
    put(output, "\"");
}

static void json_member(struct output *output, const char *key, const char *text)
{
    put(output, ",\"");
    put(output, key);
    put(output, "\":");
    json_string(output, text, strlen(text));
}

static void rule_json(struct output *output, const struct muster_rule *rule)
{
    char pass[32];
    put(output, "{\"type\":\"rule\"");
    json_member(output, "code", rule->name);
    json_member(output, "severity", muster_severity_name(rule->severity));
    (void)snprintf(pass, sizeof pass, ",\"pass\":%d", rule->pass);
    put(output, pass);
    json_member(output, "applies", rule->applies);
    json_member(output, "when", rule->when);
    json_member(output, "effect", rule->effect);
    json_member(output, "why", rule->why);
    json_member(output, "cure", rule->cure);
    put(output, ",\"failing\":");
    json_string(output, rule->failing, rule->failing_size);
    json_member(output, "repaired", rule->repaired);
    put(output, "}");
}

static void table_json(struct output *output, bool document)
{
    put(output, document ? "{\"muster\":\"" MUSTER_VERSION "\",\"rules\":[\n" : "");
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        rule_json(output, muster_rule(code));
        put(output, document && code + 1 < MUSTER_CODE_COUNT ? ",\n" : "\n");
    }
    put(output, document ? "]}\n" : "");
}

static int code_unknown(const char *name)
{
    return options_wrong(&command_explain, "muster explain lists all codes",
                         "there is no code \"%s\"%s", name,
                         options_guess_code((struct muster_span){name, strlen(name)}).text);
}

static int explain_code(const struct shared *shared)
{
    const struct muster_rule *rule = NULL;
    struct output output;
    if (shared->set.file_count > 1) {
        return options_wrong(&command_explain, "muster explain duplicate-email",
                             "explain takes one code, not %zu", shared->set.file_count);
    }
    if (shared->set.file_count == 1) {
        rule = muster_rule_named(shared->set.files[0]);
        if (rule == NULL) {
            return code_unknown(shared->set.files[0]);
        }
    }
    if (shared->output.format == MUSTER_SYNC) {
        return options_wrong(&command_explain, NULL,
                             "the remote has no answer about rules, so explain has no "
                             "--format sync");
    }
    int result = output_open(&output, shared->output.path);
    if (result != EXIT_DONE) {
        return result;
    }
    bool text = shared->output.format == MUSTER_TEXT;
    if (rule != NULL && text) {
        rule_print(&output, rule);
    } else if (rule != NULL) {
        rule_json(&output, rule);
        put(&output, "\n");
    } else if (text) {
        table_print(&output);
    } else {
        table_json(&output, shared->output.format == MUSTER_JSON);
    }
    return output_close(&output, true);
}

static int explain_run(int count, char **arguments)
{
    return shared_run(&command_explain, (struct arguments){count, arguments, INPUT_UNUSED},
                      explain_code);
}

const struct command command_explain = {
    .name = "explain",
    .summary = "say what a rule means and how to repair what it found",
    .usage = usage,
    .run = explain_run,
};
