/* SPDX-License-Identifier: MIT */
/*
 * A report: what was found, what differs and what will be done, in one of the formats. Whoever
 * makes one hands in the totals first and then the parts; a format takes what it shows.
 *
 *     report_open -> report_begin -> { finding, not_run, difference, overview, guard, operation }
 *                 -> report_end -> report_close
 *
 * The parts of one kind come together; `plan_first` of the format says whether those of a plan
 * come before the findings or behind them.
 *
 * A new format is one file with a `struct report_format`, and its entry in report.c.
 *
 * Everything that comes out of a file goes through `privacy` on its way; where values are not to
 * be shown in full, words that were made of them (messages, texts of operations) are replaced by
 * words that were not.
 */
#ifndef MUSTER_OUTPUT_REPORT_H
#define MUSTER_OUTPUT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"
#include "muster.h"
#include "output/privacy.h"

#define ENTITY_COUNT (MUSTER_TEAM + 1)
#define CHANGE_COUNT (MUSTER_MODIFIED + 1)

/* What will come, all known before. Each is NULL where the report is not about it. */
struct report_totals {
    const struct muster_summary *summary;    /* of the roster that was checked; never NULL */
    const struct muster_forecast *forecast;  /* of a plan */
    const uint64_t (*changes)[CHANGE_COUNT]; /* of a diff: users and teams, by entity */
    const struct muster_team_move *moves;    /* of a plan: the largest */
    size_t move_count;
    bool files_unknown; /* a snapshot: there are counts, but no files */
    bool findings_told; /* whether the parts hold findings */
    bool stopped;       /* nothing may follow from what was found */
};

struct report;

/* Every member may be NULL: the format does not show that part. */
struct report_format {
    bool plan_first; /* the plan comes before the findings */
    bool grouped;    /* findings drawn together and limited, for people */
    void (*begin)(struct report *report);
    void (*finding)(struct report *report, const struct muster_finding *finding);
    void (*not_run)(struct report *report, enum muster_code code, const char *reason);
    void (*difference)(struct report *report, const struct muster_difference *difference);
    bool (*wants_difference)(const struct report *report, enum muster_entity entity,
                             enum muster_change change); /* NULL: all of them */
    void (*overview)(struct report *report);
    void (*guard)(struct report *report, const struct muster_guard *guard);
    void (*operation)(struct report *report, const struct muster_operation *operation);
    bool (*pass_operation)(struct report *report, enum muster_operation_kind kind); /* NULL: none */
    void (*end)(struct report *report);
};

extern const struct report_format report_text;
extern const struct report_format report_jsonl; /* and json */
extern const struct report_format report_sync;

/* What the parts of a document are, for formats that put them into lists. */
enum report_section {
    SECTION_NONE,
    SECTION_FINDINGS,
    SECTION_NOT_RUN,
    SECTION_DIFFERENCES,
    SECTION_GUARDS,
    SECTION_OPERATIONS,
    SECTION_COUNT
};

struct report {
    const struct report_format *format;
    const struct muster_report_options *options;
    struct report_totals totals;
    struct privacy privacy;
    struct buffer out; /* what waits to be written */
    muster_write *write;
    void *context;
    bool unwritable;
    bool begun; /* something was written already */

    /* What formats remember between two parts. */
    enum report_section section;
    uint64_t part_count; /* in this section */
    uint64_t codes_told[MUSTER_CODE_COUNT];
    uint64_t kinds_told[MUSTER_OPERATION_KIND_COUNT];
    uint64_t changes_told[ENTITY_COUNT][CHANGE_COUNT];
    int last; /* the code, kind or entity of the part before; -1: none */
    bool last_omitted;
    struct buffer last_id;
    struct buffer words; /* a line on its way */
    struct buffer more;
};

/* `options` must stay alive. Nothing is written yet. */
void report_open(struct report *report, const struct muster_report_options *options,
                 const struct report_totals *totals, muster_write *write, void *context);

void report_begin(struct report *report);
void report_finding(struct report *report, const struct muster_finding *finding);
void report_not_run(struct report *report, enum muster_code code, const char *reason);
void report_difference(struct report *report, const struct muster_difference *difference);
/* False where the report shows no more of them, so that they need not be handed in. */
bool report_wants_difference(const struct report *report, enum muster_entity entity,
                             enum muster_change change);
void report_overview(struct report *report);
void report_guard(struct report *report, const struct muster_guard *guard);
/* True where an operation of this kind was taken note of, and the words for it are not wanted. */
bool report_pass_operation(struct report *report, enum muster_operation_kind kind);
void report_operation(struct report *report, const struct muster_operation *operation);
void report_end(struct report *report);

/* Write what waits. MUSTER_OK, MUSTER_NO_MEMORY or MUSTER_UNWRITABLE. */
enum muster_status report_close(struct report *report);

/* False once writing has failed: whoever makes the report may stop. */
bool report_goes_on(const struct report *report);

/* Write what waits if it is worth it. For formats, within long parts. */
void report_flush(struct report *report);

/* Append words of ours, which need no escaping. */
static inline void report_words(struct report *report, const char *words)
{
    buffer_text(&report->out, words);
}

/* How many findings there are of all severities. */
uint64_t report_finding_count(const struct report *report);

/* "clean", "findings", "fatal", "guarded" or "stopped". */
const char *report_verdict(const struct report *report);

/*
 * The words of a finding that may be shown: its own, or where values must not be seen those of its
 * rule. The literal of missing-header holds no value and always stays.
 */
span report_message(const struct report *report, const struct muster_finding *finding);
span report_effect(const struct report *report, const struct muster_finding *finding);
span report_cure(const struct report *report, const struct muster_finding *finding);

/* The name of the column; one that is not required may be somebody's data (privacy.h). */
span report_field(struct report *report, const struct muster_finding *finding);

/* The line for people about an operation; lives until the next call. */
span report_operation_text(struct report *report, const struct muster_operation *operation);

/* Whether a guard holds against a limit, the default one too, and not against emptiness. */
static inline bool report_guard_is_limited(const struct muster_guard *guard)
{
    return guard->limit.given || guard->limit.percent || guard->limit.amount > 0;
}

/* The members that an operation of a kind has, in the order in which they are shown. */
struct operation_member {
    const char *key; /* NULL ends the list */
    size_t offset;   /* of the span in struct muster_operation */
};
const struct operation_member *operation_members(enum muster_operation_kind kind);
static inline span operation_member_value(const struct muster_operation *operation, size_t offset)
{
    span value;
    memcpy(&value, (const char *)operation + offset, sizeof value);
    return value;
}

#endif
