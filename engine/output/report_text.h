/* SPDX-License-Identifier: MIT */
/* The text format is in three files: findings and summary, plans, differences. */
#ifndef MUSTER_OUTPUT_REPORT_TEXT_H
#define MUSTER_OUTPUT_REPORT_TEXT_H

#include "output/report.h"
#include "output/text_layout.h"

struct layout text_layout_of(struct report *report);

/* The same, but broken only for a terminal of a known width: in a file or a pipe a line stays one
 * line, for grep and for editors. */
struct layout text_layout_of_line(struct report *report);

/* A value out of a file for people: within quotation marks, at most `columns` wide with them. */
void text_quoted(struct report *report, struct buffer *out, span value, size_t columns);

/* An id out of a file: harmless, at most `columns` wide. */
void text_id(struct report *report, struct buffer *out, span id, size_t columns);

/* "  … and 12 more moved teams (--max-show 0 shows all)" on a line of its own. */
void text_more(struct report *report, size_t indent, uint64_t count, const char *what);

/* What is left of users and teams: "48,102 users, 1,900 teams"; `before` comes first. Nothing
 * where neither was read. */
void text_kept(struct report *report, const char *before);

/* An empty line, unless nothing stands above. */
void text_gap(struct report *report);

void text_findings_end(struct report *report);

void text_overview(struct report *report);
void text_guard(struct report *report, const struct muster_guard *guard);
bool text_pass_operation(struct report *report, enum muster_operation_kind kind);
void text_operation(struct report *report, const struct muster_operation *operation);
void text_plan_end(struct report *report);

void text_diff_begin(struct report *report);
bool text_wants_difference(const struct report *report, enum muster_entity entity,
                           enum muster_change change);
void text_difference(struct report *report, const struct muster_difference *difference);
void text_diff_end(struct report *report);

#endif
