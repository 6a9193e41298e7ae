/* SPDX-License-Identifier: MIT */
#include "spec_example.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FENCE      "```"
#define FENCE_SIZE 3

/* ---- Memory ------------------------------------------------------------------------------ */

/* A test that has no memory cannot say anything sensible, so these end it. */
static void *grown(void *items, size_t count, size_t size)
{
    void *result = realloc(items, count * size);
    if (result == NULL) {
        abort();
    }
    return result;
}

static char *copied(const char *text, size_t size)
{
    char *result = grown(NULL, size + 1, 1);
    memcpy(result, text, size);
    result[size] = '\0';
    return result;
}

char *spec_read(const char *path, size_t *size)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return NULL;
    }
    char *bytes = NULL;
    size_t got = 0;
    *size = 0;
    do {
        bytes = grown(bytes, *size + 65537, 1);
        got = fread(bytes + *size, 1, 65536, stream);
        *size += got;
    } while (got > 0);
    fclose(stream);
    bytes[*size] = '\0';
    return bytes;
}

const char *spec_line(const char **at, const char *end, size_t *len)
{
    const char *line = *at;
    if (line >= end) {
        return NULL;
    }
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    *len = (size_t)((stop != NULL ? stop : end) - line);
    *at = stop != NULL ? stop + 1 : end;
    return line;
}

/* ---- Escapes ----------------------------------------------------------------------------- */

static bool decode(struct spec_block *block, const char *text, size_t size);

static void add(struct spec_block *block, const char *text, size_t size)
{
    if (block->size + size >= block->capacity) {
        block->capacity = 2 * (block->size + size) + 64;
        block->text = grown(block->text, block->capacity, 1);
    }
    memcpy(block->text + block->size, text, size);
    block->size += size;
    block->text[block->size] = '\0';
}

/* The `{text*N}` behind a backslash at `text`; returns its size, or 0 where it is no such thing. */
static size_t decode_repeat(struct spec_block *block, const char *text, size_t size)
{
    const char *close = memchr(text, '}', size);
    const char *star = close;
    while (star != NULL && star > text && *star != '*') {
        star--;
    }
    if (star == NULL || star == text) {
        return 0;
    }
    struct spec_block once = {0};
    long times = strtol(star + 1, NULL, 10);
    bool good = decode(&once, text + 1, (size_t)(star - text) - 1) && once.size > 0;
    for (long time = 0; good && time < times; time++) {
        add(block, once.text, once.size);
    }
    free(once.text);
    return good ? (size_t)(close - text) + 1 : 0;
}

/* One escape at `text`, which stands behind the backslash; returns its size, or 0. */
static size_t decode_escape(struct spec_block *block, const char *text, size_t size)
{
    static const char letters[] = "rnt0\\";
    static const char bytes[] = "\r\n\t\0\\";
    if (size == 0) {
        return 0;
    }
    if (text[0] == '{') {
        return decode_repeat(block, text, size);
    }
    if (text[0] == 'x' && size >= 3) {
        const char digits[] = {text[1], text[2], '\0'};
        char *stop = NULL;
        char byte = (char)(unsigned char)strtoul(digits, &stop, 16);
        add(block, &byte, 1);
        return *stop == '\0' ? 3 : 0;
    }
    const char *letter = memchr(letters, text[0], sizeof(letters) - 1);
    if (letter == NULL) {
        return 0;
    }
    add(block, bytes + (letter - letters), 1);
    return 1;
}

static bool decode(struct spec_block *block, const char *text, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        if (text[at] == '\n') {
            continue;
        }
        if (text[at] != '\\') {
            add(block, text + at, 1);
            continue;
        }
        size_t used = decode_escape(block, text + at + 1, size - at - 1);
        if (used == 0) {
            return false;
        }
        at += used;
    }
    return true;
}

/* ---- Markdown ---------------------------------------------------------------------------- */

struct reader {
    struct spec_file *file;
    const char *at;
    const char *end;
    size_t line;
};

static const char *next_line(struct reader *reader, size_t *len)
{
    reader->line++;
    return spec_line(&reader->at, reader->end, len);
}

static bool fail(struct reader *reader, const char *problem, size_t line)
{
    snprintf(reader->file->problem, sizeof(reader->file->problem), "line %zu: %s", line, problem);
    return false;
}

static bool is_fence(const char *line, size_t len)
{
    return len >= FENCE_SIZE && memcmp(line, FENCE, FENCE_SIZE) == 0;
}

/* Read the block whose opening fence is `line`, up to its closing fence. */
static bool read_block(struct reader *reader, const char *line, size_t len)
{
    if (reader->file->example_count == 0) {
        return fail(reader, "a block before the first heading", reader->line);
    }
    struct spec_example *example = &reader->file->examples[reader->file->example_count - 1];
    struct spec_block block = {.line = reader->line};
    const char *info = line + FENCE_SIZE;
    size_t info_len = len - FENCE_SIZE;
    const char *blank = memchr(info, ' ', info_len);
    size_t name_len = blank != NULL ? (size_t)(blank - info) : info_len;
    bool escaped = info_len - name_len == 8 && memcmp(blank, " escaped", 8) == 0;
    if (name_len == 0 || (blank != NULL && !escaped)) {
        return fail(reader, "an info string that means nothing", block.line);
    }

    const char *text = reader->at;
    const char *stop = text;
    while ((line = next_line(reader, &len)) != NULL && !is_fence(line, len)) {
        stop = reader->at;
    }
    if (line == NULL) {
        return fail(reader, "a block that is not closed", block.line);
    }
    block.name = copied(info, name_len);
    size_t size = (size_t)(stop - text);
    add(&block, text, escaped ? 0 : size);
    bool good = !escaped || decode(&block, text, size);
    example->blocks = grown(example->blocks, example->block_count + 1, sizeof(block));
    example->blocks[example->block_count++] = block;
    return good ? true : fail(reader, "an escape that means nothing", block.line);
}

static void begin_example(struct spec_file *file, const char *title, size_t len)
{
    file->examples = grown(file->examples, file->example_count + 1, sizeof(*file->examples));
    file->examples[file->example_count++] = (struct spec_example){.title = copied(title, len)};
}

void spec_file_open(struct spec_file *file, const char *path)
{
    *file = (struct spec_file){0};
    size_t size = 0;
    char *bytes = spec_read(path, &size);
    if (bytes == NULL) {
        snprintf(file->problem, sizeof(file->problem), "the file cannot be read");
        return;
    }
    struct reader reader = {.file = file, .at = bytes, .end = bytes + size};
    const char *line;
    size_t len;
    while (file->problem[0] == '\0' && (line = next_line(&reader, &len)) != NULL) {
        if (is_fence(line, len)) {
            read_block(&reader, line, len);
        } else if (len > 3 && memcmp(line, "## ", 3) == 0) {
            begin_example(file, line + 3, len - 3);
        }
    }
    free(bytes);
}

void spec_file_close(struct spec_file *file)
{
    for (size_t index = 0; index < file->example_count; index++) {
        struct spec_example *example = &file->examples[index];
        for (size_t n = 0; n < example->block_count; n++) {
            free(example->blocks[n].name);
            free(example->blocks[n].text);
        }
        free(example->blocks);
        free(example->title);
    }
    free(file->examples);
    *file = (struct spec_file){0};
}

size_t spec_example_find(const struct spec_example *example, const char *name)
{
    size_t index = 0;
    while (index < example->block_count && strcmp(example->blocks[index].name, name) != 0) {
        index++;
    }
    return index;
}

bool spec_block_is_file(const struct spec_block *block)
{
    size_t len = strlen(block->name);
    return len > 4 && strcmp(block->name + len - 4, ".csv") == 0;
}
