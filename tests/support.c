/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Spans for Criterion ----------------------------------------------------------------- */

bool span_holds(span text, const char *words)
{
    return memmem(text.ptr, text.len, words, strlen(words)) != NULL;
}

int cr_user_span_eq(const span *left, const span *right)
{
    return (left->ptr == NULL) == (right->ptr == NULL) && span_equal(*left, *right);
}

/* Longer values are cut: the first bytes that differ are nearly always among these. */
#define SHOWN_MAX 4000

static void append_shown(struct buffer *text, span value)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t index = 0; index < value.len && index < SHOWN_MAX; index++) {
        unsigned char byte = (unsigned char)value.ptr[index];
        if (byte >= 0x20 && byte < 0x7F) {
            buffer_byte(text, (char)byte);
        } else {
            char shown[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            buffer_append(text, shown, sizeof shown);
        }
    }
    buffer_text(text, value.len > SHOWN_MAX ? "..." : "");
}

char *cr_user_span_tostr(const span *text)
{
    struct buffer shown = {0};
    if (text->ptr == NULL) {
        buffer_text(&shown, "absent");
    } else {
        buffer_byte(&shown, '"');
        for (size_t from = 0; from <= text->len;) {
            const char *feed = memchr(text->ptr + from, '\n', text->len - from);
            size_t size = feed != NULL ? (size_t)(feed - text->ptr) - from : text->len - from;
            append_shown(&shown, span_make(text->ptr + from, size));
            buffer_text(&shown, feed != NULL ? "\\n\n" : "");
            from += size + 1;
        }
        buffer_byte(&shown, '"');
    }
    buffer_byte(&shown, '\0');
    return shown.bytes;
}

/* ---- Bytes before a page that is not there ----------------------------------------------- */

void guarded_open(struct guarded *guarded, const void *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t readable = (size + page - 1) / page * page;
    guarded->pages_size = readable + page;
    guarded->pages =
        mmap(NULL, guarded->pages_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(ne(ptr, guarded->pages, MAP_FAILED));
    unsigned char *behind = (unsigned char *)guarded->pages + readable;
    cr_assert(eq(int, mprotect(behind, page, PROT_NONE), 0));
    guarded->bytes = behind - size;
    guarded->size = size;
    if (size > 0) {
        memcpy(guarded->bytes, bytes, size);
    }
}

void guarded_close(struct guarded *guarded)
{
    (void)munmap(guarded->pages, guarded->pages_size);
}

/* ---- Files ------------------------------------------------------------------------------- */

static char folder[64];

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void folder_close(void)
{
    if (folder[0] != '\0') {
        (void)nftw(folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
        folder[0] = '\0';
    }
}

const char *folder_open(void)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/muster-test-XXXXXX");
        cr_assert(ne(ptr, mkdtemp(folder), NULL));
        (void)atexit(folder_close);
    }
    return folder;
}

const char *folder_path(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder_open(), name);
    return path;
}

const char *folder_write(const char *name, span bytes)
{
    const char *path = folder_path(name);
    FILE *file = fopen(path, "wb");
    cr_assert(ne(ptr, file, NULL), "cannot write %s", path);
    cr_assert(eq(sz, fwrite(bytes.ptr, 1, bytes.len, file), bytes.len));
    cr_assert(eq(int, fclose(file), 0));
    return path;
}

span file_read(const char *path)
{
    struct buffer bytes = {0};
    FILE *file = fopen(path, "rb");
    cr_assert(ne(ptr, file, NULL), "cannot read %s", path);
    for (size_t count = 1; count > 0; bytes.size += count) {
        char *room = buffer_reserve(&bytes, 65536);
        cr_assert(ne(ptr, room, NULL));
        count = fread(room, 1, 65536, file);
    }
    cr_assert(eq(int, ferror(file), 0), "cannot read %s", path);
    (void)fclose(file);
    return buffer_view(&bytes);
}

/* ---- Rosters ----------------------------------------------------------------------------- */

struct muster_roster *roster_of_spans(const span files[MUSTER_FILE_COUNT],
                                      const struct muster_options *options)
{
    struct muster_input inputs[MUSTER_FILE_COUNT];
    size_t count = 0;
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        if (files[file].ptr != NULL) {
            inputs[count++] = (struct muster_input){.file = file, .data = files[file]};
        }
    }
    struct muster_roster *roster = NULL;
    enum muster_status status = muster_roster_open(&roster, inputs, count, options, NULL);
    cr_assert(eq(int, status, MUSTER_OK));
    cr_assert(ne(ptr, roster, NULL));
    return roster;
}

struct muster_roster *roster_of(const char *users, const char *teams,
                                const struct muster_options *options)
{
    span files[MUSTER_FILE_COUNT] = {
        [MUSTER_USERS] = span_from(users), [MUSTER_TEAMS] = span_from(teams)};
    return roster_of_spans(files, options);
}

static void append_value(struct buffer *text, span value)
{
    if (value.ptr == NULL) {
        buffer_byte(text, '-');
        return;
    }
    buffer_byte(text, '"');
    append_shown(text, value);
    buffer_byte(text, '"');
}

static void append_place(struct buffer *text, enum muster_file file, uint64_t line)
{
    buffer_text(text, muster_file_name(file));
    buffer_byte(text, ':');
    buffer_number(text, line);
}

static void append_finding(struct buffer *text, const struct muster_finding *finding)
{
    buffer_text(text, muster_severity_name(finding->severity));
    buffer_byte(text, ' ');
    buffer_text(text, muster_rule(finding->code)->name);
    buffer_byte(text, ' ');
    if (finding->file_known) {
        append_place(text, finding->file, finding->line);
    } else {
        buffer_byte(text, '-');
    }
    buffer_byte(text, ' ');
    buffer_span(text, finding->field.ptr != NULL ? finding->field : SPAN("-"));
    buffer_byte(text, ' ');
    append_value(text, finding->value);
    for (size_t index = 0; index < finding->related_count; index++) {
        buffer_text(text, index == 0 ? " related " : " ");
        append_place(text, finding->related[index].file, finding->related[index].line);
    }
    buffer_byte(text, '\n');
}

span findings_of(struct muster_roster *roster)
{
    static struct buffer text;
    struct muster_findings *findings = NULL;
    struct muster_finding finding;
    buffer_clear(&text);
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    while (muster_findings_next(findings, &finding)) {
        append_finding(&text, &finding);
    }
    cr_assert(eq(int, muster_findings_status(findings), MUSTER_OK));
    muster_findings_close(findings);
    return buffer_view(&text);
}

static void append_user(struct buffer *text, const struct muster_user *user)
{
    const span values[] = {user->id, user->email, user->first_name, user->last_name, user->team_id};
    for (size_t index = 0; index < 5; index++) {
        buffer_text(text, index > 0 ? "," : "");
        buffer_span(text, values[index]);
    }
    buffer_byte(text, '\n');
}

static void append_team(struct buffer *text, struct muster_roster *roster, uint32_t index)
{
    struct muster_team team;
    muster_roster_team(roster, index, &team);
    const span values[] = {team.id, team.name, team.final_name, team.parent_team_id};
    for (size_t value = 0; value < 4; value++) {
        buffer_span(text, values[value]);
        buffer_byte(text, ',');
    }
    for (uint32_t n = 0; n < team.manager_count; n++) {
        struct muster_user user;
        cr_assert(muster_roster_user(roster, muster_roster_manager(roster, index, n), &user));
        buffer_text(text, n > 0 ? " " : "");
        buffer_span(text, user.id);
    }
    buffer_byte(text, '\n');
}

span kept_of(struct muster_roster *roster)
{
    static struct buffer text;
    buffer_clear(&text);
    for (uint32_t index = 0; index < muster_roster_user_places(roster); index++) {
        struct muster_user user;
        if (muster_roster_user(roster, index, &user)) {
            append_user(&text, &user);
        }
    }
    cr_assert(eq(int, muster_roster_status(roster), MUSTER_OK));
    for (uint32_t index = 0; index < muster_roster_team_count(roster); index++) {
        append_team(&text, roster, index);
    }
    return buffer_view(&text);
}

bool write_to_buffer(void *context, const char *bytes, size_t size)
{
    buffer_append(context, bytes, size);
    return true;
}
