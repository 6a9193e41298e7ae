/* SPDX-License-Identifier: MIT */
/* Plans as text, one operation a line with its keys, for tests that compare whole plans. */
#ifndef MUSTER_TESTS_PLAN_WORDS_H
#define MUSTER_TESTS_PLAN_WORDS_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/buffer.h"
#include "org_equal.h"
#include "plan/plan.h"
#include "small_org.h"

/* The keys of each kind, as the contract has them. */
static const char *const plan_keys[MUSTER_OPERATION_KIND_COUNT] = {
    [MUSTER_REKEY_TEAM] = "team from",
    [MUSTER_REKEY_USER] = "user from",
    [MUSTER_RENAME_TEAM] = "team from to",
    [MUSTER_ADD_TEAM] = "team name parent",
    [MUSTER_MOVE_TEAM] = "team from to",
    [MUSTER_ADD_TEAM_MEMBER] = "user team",
    [MUSTER_MOVE_TEAM_MEMBER] = "user from to",
    [MUSTER_REMOVE_TEAM_MEMBER] = "user team",
    [MUSTER_ADD_TEAM_MANAGER] = "user team",
    [MUSTER_REMOVE_TEAM_MANAGER] = "user team",
    [MUSTER_DELETE_TEAM] = "team",
    [MUSTER_REMOVE_USER] = "user",
    [MUSTER_REMOVE_LICENSE] = "user",
};

static inline span plan_key(const struct muster_operation *operation, span key)
{
    const struct {
        span key, value;
    } keys[] = {{SPAN("user"), operation->user}, {SPAN("team"), operation->team},
                {SPAN("from"), operation->from}, {SPAN("to"), operation->to},
                {SPAN("name"), operation->name}, {SPAN("parent"), operation->parent}};
    for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++) {
        if (span_equal(keys[n].key, key)) {
            return keys[n].value;
        }
    }
    return SPAN_NONE;
}

/* `moveTeam team=T2 from=T1 to=null`, with a `*` where the operation is temporary. */
static inline void plan_write_operation(struct buffer *text,
                                        const struct muster_operation *operation)
{
    buffer_text(text, muster_operation_kind_name(operation->kind));
    if (operation->temporary) {
        buffer_byte(text, '*');
    }
    span keys = span_from(plan_keys[operation->kind]);
    while (keys.len > 0) {
        span key = small_take(&keys, ' ');
        span value = plan_key(operation, key);
        buffer_byte(text, ' ');
        buffer_span(text, key);
        buffer_byte(text, '=');
        buffer_span(text, value.ptr != NULL ? value : SPAN("null"));
    }
    buffer_byte(text, '\n');
}

/* All operations; terminated. The caller frees it. */
static inline char *plan_words(struct plan *plan)
{
    struct buffer text = {0};
    for (size_t n = 0; n < plan_count(plan); n++) {
        struct muster_operation operation;
        plan_operation(plan, n, &operation);
        plan_write_operation(&text, &operation);
    }
    buffer_byte(&text, '\0');
    return text.bytes;
}

static inline struct plan *plan_of(const struct small_org *old_org, const struct small_org *new_org,
                                   const struct muster_plan_options *options)
{
    struct plan *plan;
    cr_assert(eq(int, plan_open(&plan, &old_org->org, &new_org->org, NULL, options), MUSTER_OK));
    return plan;
}

/* Replay a plan; every step has to be valid. */
static inline struct org *plan_replayed(struct plan *plan)
{
    struct org *result;
    size_t step;
    enum muster_status status = plan_replay(&result, plan, &step);
    cr_assert(eq(int, status, MUSTER_OK), "step %zu is not valid", step);
    return result;
}

/* The forecast counts the operations that there are. */
static inline void expect_counted(const struct plan *plan)
{
    uint64_t counts[MUSTER_OPERATION_KIND_COUNT] = {0};
    for (size_t n = 0; n < plan_count(plan); n++) {
        counts[plan_operation_kind(plan, n)]++;
    }
    for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        cr_expect(eq(u64, plan_forecast(plan)->counts[kind], counts[kind]));
    }
}

/*
 * The plan from one roster to the other has to be exactly `expected`, valid in every step, and,
 * where it is not limited by roots, has to end at the new roster. Closes both.
 */
static inline void expect_plan(struct small_org *old_org, struct small_org *new_org,
                               const struct muster_plan_options *options, const char *expected)
{
    struct plan *plan = plan_of(old_org, new_org, options);
    char *words = plan_words(plan);
    cr_expect(eq(str, words, (char *)expected));
    expect_counted(plan);
    struct org *result = plan_replayed(plan);
    if (options == NULL || options->root_count == 0) {
        cr_expect(orgs_equal(result, &new_org->org));
    }
    plan_result_close(result);
    free(words);
    plan_close(plan);
    small_org_close(old_org);
    small_org_close(new_org);
}

#endif
