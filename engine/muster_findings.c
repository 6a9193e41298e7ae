/* SPDX-License-Identifier: MIT */
/*
 * The findings of a roster, one at a time: all of them in the order of the files, or, for
 * people, the worst first and those with one root cause drawn together.
 */
#include "muster.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/seed.h"
#include "finding_words.h"
#include "table/key_index.h"

/* One entry for people: the first finding of a cause, and how many it speaks for. */
struct chosen {
    struct finding finding;
    uint64_t alike;
    uint32_t order;
    uint8_t file;
    span value; /* while causes are counted: what they are told apart by, if it is a value */
};

/* The causes of one code while they are counted. */
struct causes {
    struct chosen *items;
    size_t count;
    size_t capacity;
    struct key_index index; /* by cause; opened with the first finding of a code that has causes */
    uint64_t seed;
    struct arena values; /* side by side, where the file has them far apart */
    size_t taken;        /* of the items, to be shown */
};

struct muster_findings {
    struct finding_words words;
    /* All: where each list of the file stands. */
    unsigned file;
    size_t positions[FINDING_LIST_MAX];
    /* Brief: what to show. */
    bool brief;
    struct chosen *chosen;
    size_t chosen_count;
    size_t chosen_capacity;
    size_t chosen_next;
};

static bool shown(const struct muster_roster *roster, const struct finding *finding)
{
    return roster_severity(roster, finding) != MUSTER_IGNORED;
}

/* The finding with the lowest key of the current file, or NULL behind the last file. */
static const struct finding *merged_next(struct muster_findings *findings)
{
    const struct muster_roster *roster = findings->words.roster;
    while (findings->file < MUSTER_FILE_COUNT) {
        const struct finding_list *lists[FINDING_LIST_MAX];
        size_t list_count = roster_lists(roster, findings->file, lists);
        const struct finding *least = NULL;
        size_t from = 0;
        for (size_t list = 0; list < list_count; list++) {
            size_t position = findings->positions[list];
            if (position < lists[list]->count &&
                (least == NULL || lists[list]->items[position].key < least->key)) {
                least = &lists[list]->items[position];
                from = list;
            }
        }
        if (least != NULL) {
            findings->positions[from]++;
            return least;
        }
        findings->file++;
        memset(findings->positions, 0, sizeof findings->positions);
    }
    return NULL;
}

enum muster_status muster_findings_open(struct muster_findings **result,
                                        struct muster_roster *roster)
{
    struct muster_findings *findings = calloc(1, sizeof *findings);
    *result = findings;
    if (findings == NULL) {
        return MUSTER_NO_MEMORY;
    }
    findings->words.roster = roster;
    return MUSTER_OK;
}

/* ---- For people ---- */

enum cause_kind { CAUSE_OWN, CAUSE_RELATED, CAUSE_VALUE };

/* What makes two findings of a code have the same root cause. */
static enum cause_kind cause_kind(enum muster_code code)
{
    switch (code) {
    case MUSTER_DUPLICATE_USER_ID:
    case MUSTER_DUPLICATE_EMAIL:
    case MUSTER_DUPLICATE_TEAM_ID:
    case MUSTER_TEAM_CYCLE:
    case MUSTER_REMOVED_PARENT_TEAM:
    case MUSTER_REMOVED_TEAM:
        return CAUSE_RELATED;
    case MUSTER_UNKNOWN_PARENT_TEAM:
    case MUSTER_UNKNOWN_TEAM:
    case MUSTER_UNKNOWN_MANAGER:
        return CAUSE_VALUE;
    default:
        return CAUSE_OWN;
    }
}

static bool chosen_add(struct causes *causes, const struct finding *finding, unsigned file,
                       span value)
{
    struct chosen *grown =
        memory_grow(causes->items, &causes->capacity, causes->count + 1, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    causes->items = grown;
    grown[causes->count] = (struct chosen){.finding = *finding,
                                           .alike = 1,
                                           .order = (uint32_t)causes->count,
                                           .file = (uint8_t)file,
                                           .value = arena_copy(&causes->values, value)};
    causes->count++;
    return !causes->values.exhausted;
}

/* Findings whose causes are looked for at once, which hides the waits for memory. */
#define CAUSE_BATCH 32

/* A finding on the way to its cause. */
struct caused {
    const struct finding *finding;
    struct causes *causes;
    span value;
    uint64_t hash;
};

struct caused_batch {
    struct caused items[CAUSE_BATCH];
    size_t count;
    unsigned file;
    size_t show_max;
};

/* Room for as many causes as there are findings, of which there are `count`. */
static bool causes_open(struct causes *causes, uint64_t count)
{
    if (causes->index.buckets != NULL) {
        return true;
    }
    causes->seed = seed_make();
    return key_index_open(&causes->index, count < CAUSE_COUNT_MAX ? count : CAUSE_COUNT_MAX);
}

/* What the finding is about. One that had to be decoded lives until the next is asked for. */
static span caused_value(struct muster_findings *findings, unsigned file,
                         const struct finding *finding)
{
    return cause_kind(finding_code(finding)) == CAUSE_VALUE
               ? finding_value(&findings->words, file, finding)
               : SPAN_NONE;
}

static void caused_prepare(struct muster_findings *findings, struct caused *caused, unsigned file)
{
    const struct finding *finding = caused->finding;
    uint64_t seed = caused->causes->seed + file;
    caused->value = caused_value(findings, file, finding);
    caused->hash = caused->value.ptr != NULL
                       ? hash_bytes(caused->value.ptr, caused->value.len, seed)
                       : hash_bytes(&finding->related, sizeof finding->related, seed);
    key_index_prefetch(&caused->causes->index, caused->hash);
}

/* The entry with the same cause, or NULL; `probe` then knows where it would go. */
static struct chosen *cause_find(const struct caused *caused, unsigned file,
                                 struct key_probe *probe)
{
    const struct causes *causes = caused->causes;
    key_probe_start(probe, &causes->index, caused->hash);
    uint32_t found;
    while ((found = key_probe_next(probe, &causes->index)) != KEY_INDEX_NONE) {
        struct chosen *item = &causes->items[found];
        bool same = caused->value.ptr != NULL ? span_equal(caused->value, item->value)
                                              : item->finding.related == caused->finding->related;
        if (item->file == file && same) {
            return item;
        }
    }
    return NULL;
}

static bool caused_count(const struct caused *caused, unsigned file, size_t show_max)
{
    struct causes *causes = caused->causes;
    struct key_probe probe;
    struct chosen *item = cause_find(caused, file, &probe);
    if (item != NULL) {
        item->alike++;
        return true;
    }
    if (causes->count >= CAUSE_COUNT_MAX) {
        /* Too many to tell apart: counted in the totals, shown only where all are wanted. */
        return show_max != 0 || chosen_add(causes, caused->finding, file, SPAN_NONE);
    }
    key_probe_insert(&probe, &causes->index, (uint32_t)causes->count);
    return chosen_add(causes, caused->finding, file, caused->value);
}

/* Bucket, entry and value are each fetched for all findings before any of them is looked at. */
static bool batch_count(struct muster_findings *findings, struct caused_batch *batch)
{
    const struct chosen *likely[CAUSE_BATCH];
    for (size_t index = 0; index < batch->count; index++) {
        caused_prepare(findings, &batch->items[index], batch->file);
    }
    for (size_t index = 0; index < batch->count; index++) {
        const struct caused *caused = &batch->items[index];
        struct key_probe probe;
        key_probe_start(&probe, &caused->causes->index, caused->hash);
        uint32_t found = key_probe_next(&probe, &caused->causes->index);
        likely[index] = found != KEY_INDEX_NONE ? &caused->causes->items[found] : NULL;
        __builtin_prefetch(likely[index]);
    }
    for (size_t index = 0; index < batch->count; index++) {
        __builtin_prefetch(likely[index] != NULL ? likely[index]->value.ptr : NULL);
    }
    bool fine = true;
    for (size_t index = 0; index < batch->count && fine; index++) {
        struct caused *caused = &batch->items[index];
        const struct table *table = &findings->words.roster->files[batch->file].table;
        if (caused->value.ptr != NULL && !table_value_lasts(table, caused->value)) {
            caused->value = caused_value(findings, batch->file, caused->finding);
        }
        fine = caused_count(caused, batch->file, batch->show_max);
    }
    batch->count = 0;
    return fine;
}

static bool cause_count(struct muster_findings *findings, struct causes *causes,
                        const struct finding *finding, struct caused_batch *batch)
{
    const struct muster_roster *roster = findings->words.roster;
    enum muster_code code = finding_code(finding);
    if (cause_kind(code) == CAUSE_OWN) {
        /* A quote error is fatal in a header, and those of another file may have come before. */
        bool wanted = batch->show_max == 0 || causes->count < batch->show_max ||
                      roster_severity(roster, finding) == MUSTER_FATAL;
        return !wanted || chosen_add(causes, finding, batch->file, SPAN_NONE);
    }
    batch->items[batch->count++] = (struct caused){.finding = finding, .causes = causes};
    return causes_open(causes, roster->summary.codes[code]) &&
           (batch->count < CAUSE_BATCH || batch_count(findings, batch));
}

/* The most alike first, then in the order of the file. */
static int chosen_compare(const void *left, const void *right)
{
    const struct chosen *a = left;
    const struct chosen *b = right;
    if (a->alike != b->alike) {
        return a->alike > b->alike ? -1 : 1;
    }
    return (a->order > b->order) - (a->order < b->order);
}

/* Put the causes of one severity behind those that are chosen already. */
static bool chosen_take(struct muster_findings *findings, struct causes *causes, unsigned severity,
                        size_t show_max)
{
    const struct muster_roster *roster = findings->words.roster;
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        struct causes *of = &causes[code];
        for (size_t index = 0; index < of->count && (show_max == 0 || of->taken < show_max);
             index++) {
            if (roster_severity(roster, &of->items[index].finding) != severity) {
                continue;
            }
            struct chosen *grown = memory_grow(findings->chosen, &findings->chosen_capacity,
                                               findings->chosen_count + 1, sizeof *grown);
            if (grown == NULL) {
                return false;
            }
            findings->chosen = grown;
            grown[findings->chosen_count++] = of->items[index];
            of->taken++;
        }
    }
    return true;
}

static bool causes_collect(struct muster_findings *findings, struct causes *causes, size_t show_max)
{
    const struct muster_roster *roster = findings->words.roster;
    struct caused_batch batch = {.show_max = show_max};
    bool fine = true;
    for (batch.file = 0; batch.file < MUSTER_FILE_COUNT; batch.file++) {
        const struct finding_list *lists[FINDING_LIST_MAX];
        size_t list_count = roster_lists(roster, batch.file, lists);
        for (size_t list = 0; list < list_count; list++) {
            for (size_t index = 0; index < lists[list]->count && fine; index++) {
                const struct finding *finding = &lists[list]->items[index];
                struct causes *of = &causes[finding_code(finding)];
                fine = !shown(roster, finding) || cause_count(findings, of, finding, &batch);
            }
        }
        fine = fine && batch_count(findings, &batch);
    }
    return fine;
}

enum muster_status muster_findings_open_brief(struct muster_findings **result,
                                              struct muster_roster *roster, size_t show_max)
{
    enum muster_status status = muster_findings_open(result, roster);
    if (status != MUSTER_OK) {
        return status;
    }
    struct muster_findings *findings = *result;
    struct causes *causes = calloc(MUSTER_CODE_COUNT, sizeof *causes);
    bool done = causes != NULL && causes_collect(findings, causes, show_max);
    for (unsigned code = 0; done && code < MUSTER_CODE_COUNT; code++) {
        if (causes[code].count > 1) {
            qsort(causes[code].items, causes[code].count, sizeof(struct chosen), chosen_compare);
        }
    }
    for (unsigned severity = MUSTER_SEVERITY_COUNT; done && severity-- > 0;) {
        done = chosen_take(findings, causes, severity, show_max);
    }
    for (unsigned code = 0; causes != NULL && code < MUSTER_CODE_COUNT; code++) {
        key_index_close(&causes[code].index);
        arena_close(&causes[code].values);
        free(causes[code].items);
    }
    free(causes);
    findings->brief = true;
    if (!done) {
        muster_findings_close(findings);
        *result = NULL;
        return MUSTER_NO_MEMORY;
    }
    return MUSTER_OK;
}

/* ---- The cursor ---- */

bool muster_findings_next(struct muster_findings *findings, struct muster_finding *finding)
{
    if (findings->words.exhausted) {
        return false;
    }
    if (findings->brief) {
        if (findings->chosen_next == findings->chosen_count) {
            return false;
        }
        const struct chosen *chosen = &findings->chosen[findings->chosen_next++];
        finding_words_make(&findings->words, chosen->file, &chosen->finding, finding);
        finding->alike = chosen->alike;
        return !findings->words.exhausted;
    }
    const struct finding *next;
    do {
        next = merged_next(findings);
        if (next == NULL) {
            return false;
        }
    } while (!shown(findings->words.roster, next));
    finding_words_make(&findings->words, findings->file, next, finding);
    return !findings->words.exhausted;
}

enum muster_status muster_findings_status(const struct muster_findings *findings)
{
    return findings->words.exhausted ? MUSTER_NO_MEMORY : MUSTER_OK;
}

void muster_findings_close(struct muster_findings *findings)
{
    if (findings == NULL) {
        return;
    }
    finding_words_close(&findings->words);
    free(findings->chosen);
    free(findings);
}
