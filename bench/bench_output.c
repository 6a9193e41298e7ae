/* SPDX-License-Identifier: MIT */

/*
 * What saying it costs: escaping of clean text, and reports of a finding or an operation for every
 * user of the organisation, to memory that is used again and to /dev/null.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "muster.h"
#include "output/escape.h"

#define STRETCH_SIZE 32
#define MEMORY_SIZE  (1U << 20)

struct escape_context {
    span text;
    void (*escape)(struct buffer *out, span text);
    struct buffer out;
};

struct report_context {
    struct muster_roster *roster;
    struct muster_plan *plan; /* NULL: findings */
    enum muster_format format;
    int descriptor; /* -1: to memory */
    uint64_t written;
};

static uint64_t escape_work(void *context)
{
    struct escape_context *escape = context;
    uint64_t total = 0;

    for (size_t at = 0; at < escape->text.len; at += STRETCH_SIZE) {
        size_t left = escape->text.len - at;
        size_t size = left < STRETCH_SIZE ? left : STRETCH_SIZE;
        escape->escape(&escape->out, span_make(escape->text.ptr + at, size));
        if (escape->out.size > MEMORY_SIZE) {
            total += escape->out.size;
            buffer_clear(&escape->out);
        }
    }
    total += escape->out.size;
    buffer_clear(&escape->out);
    return total;
}

static void escapes_run(const struct bench *bench, const char *name, const char *stretch,
                        void (*escape)(struct buffer *out, span text))
{
    char *text = malloc(MEMORY_SIZE);
    if (text == NULL) {
        bench_fail("out of memory");
    }
    for (size_t at = 0; at < MEMORY_SIZE; at += STRETCH_SIZE) {
        memcpy(text + at, stretch, STRETCH_SIZE);
    }
    struct escape_context context = {.text = span_make(text, MEMORY_SIZE), .escape = escape};
    bench_run(bench, &(struct bench_case){.name = name,
                                          .bytes = MEMORY_SIZE,
                                          .items = MEMORY_SIZE / STRETCH_SIZE,
                                          .work = escape_work,
                                          .context = &context});
    buffer_close(&context.out);
    free(text);
}

static bool report_write(void *context, const char *bytes, size_t size)
{
    static char memory[MEMORY_SIZE];
    struct report_context *report = context;

    report->written += size;
    while (size > 0) {
        size_t step = size < MEMORY_SIZE ? size : MEMORY_SIZE;
        if (report->descriptor < 0) {
            memcpy(memory, bytes, step);
        } else if (write(report->descriptor, bytes, step) != (ssize_t)step) {
            return false;
        }
        bytes += step;
        size -= step;
    }
    return true;
}

static uint64_t report_work(void *context)
{
    struct report_context *report = context;
    const struct muster_report_options options = {.format = report->format, .command = "check"};

    report->written = 0;
    enum muster_status status =
        report->plan != NULL ? muster_report_plan(report->plan, &options, report_write, report)
                             : muster_report_check(report->roster, &options, report_write, report);
    if (status != MUSTER_OK) {
        bench_fail("the report cannot be written");
    }
    return report->written;
}

static void reports_run(const struct bench *bench, struct report_context *report, uint64_t items)
{
    static const char *const formats[] = {[MUSTER_TEXT] = "text",
                                          [MUSTER_JSONL] = "jsonl",
                                          [MUSTER_JSON] = "json",
                                          [MUSTER_SYNC] = "sync"};
    static const char *const targets[] = {"memory", "/dev/null"};

    for (enum muster_format format = MUSTER_TEXT; format <= MUSTER_SYNC; format++) {
        for (unsigned target = 0; target < 2; target++) {
            char name[64];
            (void)snprintf(name, sizeof(name), "%s as %s to %s",
                           report->plan != NULL ? "operations" : "findings", formats[format],
                           targets[target]);
            report->format = format;
            report->descriptor = target > 0 ? open("/dev/null", O_WRONLY) : -1;
            uint64_t size = bench_wants(bench, name) ? report_work(report) : 0;
            bench_run(bench, &(struct bench_case){.name = name,
                                                  .bytes = size,
                                                  .items = items,
                                                  .work = report_work,
                                                  .context = report});
            if (report->descriptor >= 0) {
                close(report->descriptor);
            }
        }
    }
}

/* One team change for every user: users in T1, and in T2 a week later; addresses without a dot. */
static span users_make(uint64_t count, const char *team)
{
    struct buffer out = {0};

    buffer_text(&out, "id,email,first_name,last_name,team_id\n");
    for (uint64_t user = 0; user < count; user++) {
        buffer_text(&out, "U");
        buffer_number(&out, user);
        buffer_text(&out, ",person.");
        buffer_number(&out, user);
        buffer_text(&out, "@example,Edith,Dubois,");
        buffer_text(&out, team);
        buffer_byte(&out, '\n');
    }
    if (out.exhausted) {
        bench_fail("out of memory");
    }
    return buffer_view(&out);
}

static struct muster_roster *roster_make(span users)
{
    const struct muster_input inputs[] = {
        {.file = MUSTER_USERS, .data = users},
        {.file = MUSTER_TEAMS,
         .data = SPAN("id,name,manager_ids,parent_team_id\nT1,Cloud,,\nT2,Platform,,\n")}};
    struct muster_roster *roster;

    if (muster_roster_open(&roster, inputs, 2, NULL, NULL) != MUSTER_OK) {
        bench_fail("the roster cannot be opened");
    }
    return roster;
}

int main(int count, char **arguments)
{
    struct bench bench;

    bench_open(&bench, count, arguments);
    span input = bench_load(bench.folder, "users.csv");
    uint64_t rows = 0;
    for (size_t at = 0; at < input.len; at++) {
        rows += input.ptr[at] == '\n';
    }
    bench_yardstick(&bench, input);
    free((void *)(uintptr_t)input.ptr);

    /* Both are 32 bytes: a stretch is what a value is. */
    escapes_run(&bench, "escape_json, ASCII", "edith_dubois.2@us.example.com...", escape_json);
    escapes_run(&bench, "escape_json, UTF-8",
                "Zo\xC3\xAB \xC3\x85ngstr\xC3\xB6m \xE7\x94\xB0"
                "\xE4\xB8\xAD, J\xC3\xBCrgens",
                escape_json);
    escapes_run(&bench, "escape_terminal, ASCII", "edith_dubois.2@us.example.com...",
                escape_terminal);

    span old_users = users_make(rows, "T1");
    span new_users = users_make(rows, "T2");
    struct muster_roster *old_roster = roster_make(old_users);
    struct report_context report = {.roster = roster_make(new_users)};
    reports_run(&bench, &report, rows);
    if (muster_plan_open(&report.plan, old_roster, report.roster, NULL) != MUSTER_OK) {
        bench_fail("there is no plan");
    }
    reports_run(&bench, &report, rows);
    muster_plan_close(report.plan);
    muster_roster_close(report.roster);
    muster_roster_close(old_roster);
    free((void *)(uintptr_t)old_users.ptr);
    free((void *)(uintptr_t)new_users.ptr);
    bench_close(&bench);
    return 0;
}
