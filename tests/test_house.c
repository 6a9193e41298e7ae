/* SPDX-License-Identifier: MIT */
/*
 * The rules of the house that a machine can see: who includes whom, how large things are, and that
 * a finding has all that belongs to it. MUSTER_SOURCE_DIR is the top of the tree, MUSTER_LIBRARY
 * the shared library.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "muster.h"
#include "support.h"

#define COLUMN_MAX        100
#define FILE_LINE_MAX     600
#define FUNCTION_LINE_MAX 70

/* ---- Walking ----------------------------------------------------------------------------- */

/* A file with its path from the top of the tree. */
struct file {
    span path;
    span text;
};

typedef void visit(const struct file *file, void *context);

static bool ends_with(span text, span end)
{
    return text.len >= end.len && memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

static bool starts_with(span text, span start)
{
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

static bool contains(span text, span part)
{
    return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static bool is_source(span path)
{
    return ends_with(path, SPAN(".c")) || ends_with(path, SPAN(".h"));
}

/* What people write, but for files of inputs. */
static bool is_text(span path)
{
    return !contains(path, SPAN("/corpus/")) && !contains(path, SPAN("__pycache__"));
}

/* Every file of a kind below a folder of the tree. Gives how many there were. */
static size_t walk_all(const char *folder, bool (*is_kind)(span path), visit *look, void *context)
{
    char top[512];
    snprintf(top, sizeof top, "%s/%s", MUSTER_SOURCE_DIR, folder);
    char *roots[] = {top, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    cr_assert(ne(ptr, tree, NULL));
    size_t count = 0;
    for (FTSENT *entry; (entry = fts_read(tree)) != NULL;) {
        span path = span_from(entry->fts_path + strlen(MUSTER_SOURCE_DIR) + 1);
        if (entry->fts_info == FTS_F && is_kind(path)) {
            struct file file = {path, file_read(entry->fts_path)};
            look(&file, context);
            free((void *)(uintptr_t)file.text.ptr);
            count++;
        }
    }
    (void)fts_close(tree);
    return count;
}

/* Every C file below a folder. */
static size_t walk(const char *folder, visit *look, void *context)
{
    return walk_all(folder, is_source, look, context);
}

/* The next line of a text, without its end; false after the last. */
static bool line_next(span *text, span *line)
{
    if (text->len == 0) {
        return false;
    }
    const char *end = memchr(text->ptr, '\n', text->len);
    size_t size = end != NULL ? (size_t)(end - text->ptr) : text->len;
    *line = span_make(text->ptr, size);
    size += end != NULL ? 1 : 0;
    *text = span_make(text->ptr + size, text->len - size);
    return true;
}

/* ---- Includes ---------------------------------------------------------------------------- */

/* What the files of a folder may include, besides muster.h, their own folder and the system. */
static const struct layer {
    const char *folder;
    const char *allowed; /* folders or files, with a blank behind each */
} layers[] = {
    {"engine/base/", ""},
    {"engine/csv/", "base/ "},
    {"engine/table/", "base/ csv/ "},
    {"engine/org/", "base/ table/ "},
    {"engine/check/", "base/ table/ org/ "},
    {"engine/diff/", "base/ org/ table/key_index.h "},
    {"engine/plan/", "base/ org/ diff/ "},
    {"engine/snapshot/", "base/ org/ "},
    {"engine/output/", "base/ "},
};

/* The facade sees every stage; nobody else includes it. */
static bool is_facade(span path)
{
    return starts_with(path, SPAN("engine/muster")) ||
           starts_with(path, SPAN("engine/finding_words.")) ||
           starts_with(path, SPAN("engine/roster.h"));
}

static bool is_allowed(const struct layer *layer, span included)
{
    span rest = span_from(layer->allowed);
    span own = span_make(layer->folder + 7, strlen(layer->folder) - 7);
    if (span_equal(included, SPAN("muster.h")) || starts_with(included, own)) {
        return true;
    }
    while (rest.len > 0) {
        const char *blank = memchr(rest.ptr, ' ', rest.len);
        span one = span_make(rest.ptr, (size_t)(blank - rest.ptr));
        if (starts_with(included, one)) {
            return true;
        }
        rest = span_make(blank + 1, rest.len - one.len - 1);
    }
    return false;
}

/* The name in `#include "name"`, or between < and > if `system`. */
static bool included_name(span line, bool system, span *name)
{
    span start = system ? SPAN("#include <") : SPAN("#include \"");
    if (!starts_with(line, start)) {
        return false;
    }
    *name = span_make(line.ptr + start.len, line.len - start.len);
    const char *end = memchr(name->ptr, system ? '>' : '"', name->len);
    name->len = end != NULL ? (size_t)(end - name->ptr) : 0;
    return end != NULL;
}

static void look_at_layers(const struct file *file, void *context)
{
    (void)context;
    const struct layer *layer = NULL;
    for (size_t index = 0; index < sizeof layers / sizeof *layers; index++) {
        if (starts_with(file->path, span_from(layers[index].folder))) {
            layer = &layers[index];
        }
    }
    cr_expect(layer != NULL || is_facade(file->path), "%.*s is in no folder", (int)file->path.len,
              file->path.ptr);
    span text = file->text;
    span line;
    span name;
    while (layer != NULL && line_next(&text, &line)) {
        if (included_name(line, false, &name)) {
            cr_expect(is_allowed(layer, name), "%.*s includes %.*s", (int)file->path.len,
                      file->path.ptr, (int)name.len, name.ptr);
        }
    }
}

Test(house, a_stage_includes_only_the_stages_before_it)
{
    cr_expect(lt(sz, 80, walk("engine", look_at_layers, NULL)));
}

/* Libraries that one file alone may name. */
static void look_at_libraries(const struct file *file, void *context)
{
    (void)context;
    static const struct {
        const char *library;
        const char *file;
    } owners[] = {
        {"xxhash.h", "engine/base/hash.h"},
        {"csv.h", "engine/csv/scanner_libcsv.c"},
    };
    span text = file->text;
    span line;
    span name;
    while (line_next(&text, &line)) {
        for (size_t index = 0; included_name(line, true, &name) && index < 2; index++) {
            bool is_library = span_equal(name, span_from(owners[index].library));
            bool is_owner = span_equal(file->path, span_from(owners[index].file));
            bool foreign = is_library && !is_owner;
            cr_expect(not(foreign), "%.*s includes %s", (int)file->path.len, file->path.ptr,
                      owners[index].library);
        }
    }
}

Test(house, a_library_has_its_name_in_one_file)
{
    (void)walk("engine", look_at_libraries, NULL);
}

static void look_at_public_header(const struct file *file, void *context)
{
    (void)context;
    span text = file->text;
    span line;
    span name;
    while (line_next(&text, &line)) {
        cr_expect(not(included_name(line, false, &name)), "%.*s", (int)line.len, line.ptr);
        if (included_name(line, true, &name)) {
            cr_expect(span_equal(name, SPAN("stdbool.h")) || span_equal(name, SPAN("stddef.h")) ||
                          span_equal(name, SPAN("stdint.h")),
                      "%.*s", (int)line.len, line.ptr);
        }
    }
}

Test(house, the_public_header_stands_alone)
{
    cr_expect(eq(sz, walk("include", look_at_public_header, NULL), 1), "there is one");
}

/* What tools include is muster.h or a file below tools. */
static void look_at_tools(const struct file *file, void *context)
{
    (void)context;
    span text = file->text;
    span line;
    span name;
    while (line_next(&text, &line)) {
        if (!included_name(line, false, &name) || span_equal(name, SPAN("muster.h"))) {
            continue;
        }
        char path[512];
        struct stat status;
        snprintf(path, sizeof path, "%s/tools/%.*s", MUSTER_SOURCE_DIR, (int)name.len, name.ptr);
        cr_expect(eq(int, stat(path, &status), 0), "%.*s includes %.*s", (int)file->path.len,
                  file->path.ptr, (int)name.len, name.ptr);
    }
}

Test(house, the_program_sees_the_library_only_through_its_header)
{
    cr_expect(lt(sz, 20, walk("tools", look_at_tools, NULL)));
}

/* The first include of a .c file that has a header of its own. */
static void look_at_own_header(const struct file *file, void *context)
{
    (void)context;
    char header[512];
    struct stat status;
    span line;
    span name = SPAN("");
    span text = file->text;
    snprintf(header, sizeof header, "%s/%.*s.h", MUSTER_SOURCE_DIR, (int)file->path.len - 2,
             file->path.ptr);
    if (!ends_with(file->path, SPAN(".c")) || stat(header, &status) != 0) {
        return;
    }
    while (line_next(&text, &line) && !included_name(line, false, &name)) {
        cr_expect(not(included_name(line, true, &name)), "%.*s includes %.*s first",
                  (int)file->path.len, file->path.ptr, (int)line.len, line.ptr);
    }
    cr_expect(ends_with(span_from(header), name), "%.*s includes %.*s first", (int)file->path.len,
              file->path.ptr, (int)name.len, name.ptr);
}

Test(house, a_file_includes_its_own_header_first)
{
    (void)walk("engine", look_at_own_header, NULL);
    (void)walk("tools", look_at_own_header, NULL);
}

/* ---- Sizes and words --------------------------------------------------------------------- */

static void look_at_line(const struct file *file, span line, size_t number)
{
    size_t columns = 0;
    for (size_t index = 0; index < line.len; index++) {
        columns += ((unsigned char)line.ptr[index] & 0xC0) != 0x80 ? 1 : 0;
    }
    cr_expect(le(sz, columns, COLUMN_MAX), "%.*s:%zu", (int)file->path.len, file->path.ptr, number);
    cr_expect(line.len == 0 || !byte_is_blank((unsigned char)line.ptr[line.len - 1]),
              "%.*s:%zu ends in a blank", (int)file->path.len, file->path.ptr, number);
    cr_expect(not(contains(line, SPAN("\t"))), "%.*s:%zu has a tab", (int)file->path.len,
              file->path.ptr, number);
    /* Criterion 2.4.1 takes equal values for greater ones; lt() tells them apart. */
    static const char greater[] = {'(', 'g', 't', '('};
    cr_expect(not(contains(line, span_make(greater, sizeof greater))), "%.*s:%zu",
              (int)file->path.len, file->path.ptr, number);
}

/* Lines, and functions: a body is what stands between braces in the first column. */
static void look_at_sizes(const struct file *file, void *context)
{
    (void)context;
    size_t count = 0;
    size_t body_start = 0;
    span text = file->text;
    span line;
    cr_expect(starts_with(text, SPAN("/* SPDX-License-Identifier: MIT */\n")), "%.*s",
              (int)file->path.len, file->path.ptr);
    cr_expect(ends_with(text, SPAN("\n")), "%.*s", (int)file->path.len, file->path.ptr);
    while (line_next(&text, &line)) {
        look_at_line(file, line, ++count);
        if (span_equal(line, SPAN("{"))) {
            body_start = count;
        } else if (span_equal(line, SPAN("}")) && body_start != 0) {
            /* Both braces and a head of two lines are counted with the body. */
            cr_expect(le(sz, count - body_start + 1, FUNCTION_LINE_MAX), "%.*s:%zu is too long",
                      (int)file->path.len, file->path.ptr, body_start);
            body_start = 0;
        }
    }
    cr_expect(le(sz, count, FILE_LINE_MAX), "%.*s", (int)file->path.len, file->path.ptr);
}

Test(house, files_and_functions_are_small_and_say_their_licence)
{
    (void)walk("include", look_at_sizes, NULL);
    (void)walk("engine", look_at_sizes, NULL);
    (void)walk("tools", look_at_sizes, NULL);
    (void)walk("bench", look_at_sizes, NULL);
    cr_expect(lt(sz, 60, walk("tests", look_at_sizes, NULL)));
}

/* Words that have no place in what is finished. */
static void look_at_words(const struct file *file, void *context)
{
    (void)context;
    /* In two parts, or this file would break its own rule. */
    static const char *const words[] = {"TO"
                                        "DO",
                                        "FIX"
                                        "ME",
                                        "HA"
                                        "CK",
                                        "/ho"
                                        "me/"};
    for (size_t word = 0; word < sizeof words / sizeof *words; word++) {
        cr_expect(not(contains(file->text, span_from(words[word]))), "%.*s has the word %s",
                  (int)file->path.len, file->path.ptr, words[word]);
    }
}

Test(house, nothing_is_left_for_later)
{
    static const char *const folders[] = {"include", "engine", "tools", "bench", "tests"};
    size_t count = 0;
    for (size_t index = 0; index < sizeof folders / sizeof *folders; index++) {
        count += walk_all(folders[index], is_text, look_at_words, NULL);
    }
    cr_expect(lt(sz, 200, count));
}

/* ---- Limits ------------------------------------------------------------------------------ */

/* Sizes of arrays that follow from the contract, or that concern one type alone. */
static const char *const own_limits[] = {"SCHEMA_COLUMN_MAX", "FINDING_LIST_MAX",
                                         "LARGEST_MOVE_COUNT_MAX", "REPLAY_SLOT_COUNT_MAX",
                                         "KEY_SIZE_MAX"};

static bool is_limit(span name)
{
    for (size_t index = 0; index < sizeof own_limits / sizeof *own_limits; index++) {
        if (span_equal(name, span_from(own_limits[index]))) {
            return false;
        }
    }
    return ends_with(name, SPAN("_MAX")) || ends_with(name, SPAN("_MIN"));
}

static void look_at_limits(const struct file *file, void *context)
{
    size_t *found = context;
    span text = file->text;
    span line;
    bool home = span_equal(file->path, SPAN("engine/base/limits.h"));
    while (ends_with(file->path, SPAN(".h")) && line_next(&text, &line)) {
        if (!starts_with(line, SPAN("#define "))) {
            continue;
        }
        span name = span_make(line.ptr + 8, line.len - 8);
        const char *end = memchr(name.ptr, ' ', name.len);
        name.len = end != NULL ? (size_t)(end - name.ptr) : name.len;
        bool astray = is_limit(name) && !home;
        *found += is_limit(name) && home;
        cr_expect(not(astray), "%.*s defines %.*s", (int)file->path.len, file->path.ptr,
                  (int)name.len, name.ptr);
    }
}

Test(house, a_limit_that_several_files_know_stands_with_the_other_limits)
{
    size_t found = 0;
    (void)walk("engine", look_at_limits, &found);
    cr_expect(lt(sz, 8, found));
}

/* ---- What belongs to a finding ----------------------------------------------------------- */

/* All examples in one text. */
static span examples_read(void)
{
    static struct buffer text;
    char command[512];
    snprintf(command, sizeof command, "cat '%s'/tests/spec/*.md", MUSTER_SOURCE_DIR);
    FILE *stream = popen(command, "r");
    cr_assert(ne(ptr, stream, NULL));
    for (size_t count = 1; count > 0; text.size += count) {
        char *room = buffer_reserve(&text, 65536);
        count = fread(room, 1, 65536, stream);
    }
    cr_assert(eq(int, pclose(stream), 0));
    return buffer_view(&text);
}

/* A line `severity code file:line ...` as the examples have it. */
static bool has_example(span examples, const char *code)
{
    static const char *const severities[] = {"info", "warning", "error", "fatal"};
    for (size_t index = 0; index < 4; index++) {
        char line[128];
        snprintf(line, sizeof line, "\n%s %s ", severities[index], code);
        if (contains(examples, span_from(line))) {
            return true;
        }
    }
    return false;
}

Test(house, every_finding_has_a_rule_a_broken_export_and_an_example)
{
    span examples = examples_read();
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        const struct muster_rule *rule = muster_rule(code);
        char folder[512];
        struct stat status;
        cr_assert(ne(ptr, (void *)(uintptr_t)rule->name, NULL), "code %u", code);
        snprintf(folder, sizeof folder, "%s/corpora/broken/%s", MUSTER_SOURCE_DIR, rule->name);
        cr_expect(stat(folder, &status) == 0 && S_ISDIR(status.st_mode), "%s", folder);
        cr_expect(has_example(examples, rule->name), "%s has no example in tests/spec", rule->name);
    }
}

/* ---- Suites ------------------------------------------------------------------------------ */

static const char *const lists[] = {"remote/CMakeLists.txt", "suites.cmake", "CMakeLists.txt",
                                    "fuzz/CMakeLists.txt"};

/* The first of them; suites in Python are in two. */
static span lists_read(size_t count)
{
    static struct buffer text;
    for (size_t index = 0; index < count; index++) {
        char path[512];
        snprintf(path, sizeof path, "%s/tests/%s", MUSTER_SOURCE_DIR, lists[index]);
        span list = file_read(path);
        /* Words between blanks, so that a name is found as a whole. */
        for (size_t at = 0; at < list.len; at++) {
            bool apart = strchr("\n()", list.ptr[at]) != NULL;
            buffer_byte(&text, apart ? ' ' : list.ptr[at]);
        }
        free((void *)(uintptr_t)list.ptr);
    }
    return buffer_view(&text);
}

static void look_at_suite(const struct file *file, void *context)
{
    const span *text = context;
    const char *slash = memrchr(file->path.ptr, '/', file->path.len);
    const char *name = slash + 1;
    char word[128];
    size_t len = file->path.len - (size_t)(name - file->path.ptr);
    if (strncmp(name, "test_", 5) != 0 || ends_with(file->path, SPAN(".h"))) {
        return;
    }
    snprintf(word, sizeof word, "%.*s ", (int)len, name);
    bool by_file = contains(*text, span_from(word));
    const char *dot = memrchr(name, '.', len);
    snprintf(word, sizeof word, " %.*s ", (int)(dot - name) - 5, name + 5);
    cr_expect(by_file || contains(*text, span_from(word)), "%s is in no list of suites", name);
}

static bool is_python(span path)
{
    return ends_with(path, SPAN(".py"));
}

Test(house, every_suite_is_built)
{
    span text = lists_read(4);
    cr_expect(lt(sz, 40, walk("tests", look_at_suite, &text)));
}

Test(house, every_suite_in_python_is_run)
{
    span text = lists_read(2);
    cr_expect(lt(sz, 25, walk_all("tests", is_python, look_at_suite, &text)));
}

/* ---- The library ------------------------------------------------------------------------- */

/* The names of the functions that muster.h marks as public, one a line, in order. */
static void declared_names(const struct file *file, void *context)
{
    struct buffer *names = context;
    span text = file->text;
    const char *mark;
    while ((mark = memmem(text.ptr, text.len, "\nMUSTER_API ", 12)) != NULL) {
        text = span_make(mark + 12, text.len - (size_t)(mark + 12 - text.ptr));
        /* The name is the word before the first parenthesis. */
        const char *end = memchr(text.ptr, '(', text.len);
        const char *start = end;
        while (start[-1] == '_' || (start[-1] >= '0' && start[-1] <= '9') ||
               (start[-1] >= 'a' && start[-1] <= 'z')) {
            start--;
        }
        buffer_append(names, start, (size_t)(end - start));
        buffer_byte(names, '\n');
    }
}

static int name_compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The lines of a text, sorted. */
static void lines_sort(struct buffer *text)
{
    char *lines[512];
    size_t count = 0;
    struct buffer sorted = {0};
    buffer_byte(text, '\0');
    for (char *line = strtok(text->bytes, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        cr_assert(lt(sz, count, 512));
        lines[count++] = line;
    }
    qsort(lines, count, sizeof *lines, name_compare);
    for (size_t index = 0; index < count; index++) {
        buffer_text(&sorted, lines[index]);
        buffer_byte(&sorted, '\n');
    }
    buffer_close(text);
    *text = sorted;
}

Test(house, the_library_exports_what_the_header_declares)
{
    struct buffer declared = {0};
    struct buffer exported = {0};
    if (SANITIZED) {
        cr_skip("a sanitizer exports names of its own");
    }
    (void)walk("include", declared_names, &declared);
    FILE *stream = popen("nm -D --defined-only '" MUSTER_LIBRARY "'", "r");
    cr_assert(ne(ptr, stream, NULL));
    char kind[8];
    char name[256];
    while (fscanf(stream, "%*s %7s %255s", kind, name) == 2) {
        buffer_text(&exported, name);
        buffer_byte(&exported, '\n');
    }
    cr_assert(eq(int, pclose(stream), 0));
    lines_sort(&declared);
    lines_sort(&exported);
    cr_expect(lt(sz, 1000, declared.size));
    cr_expect(eq(type(span), buffer_view(&exported), buffer_view(&declared)));
    buffer_close(&declared);
    buffer_close(&exported);
}
