/* SPDX-License-Identifier: MIT */
/*
 * As much of GraphQL as reads need: one operation with variables, fields with arguments and
 * aliases, nested selections. No fragments, no directives.
 */
#ifndef MUSTER_TOOLS_SANDBOX_GRAPHQL_H
#define MUSTER_TOOLS_SANDBOX_GRAPHQL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { GRAPHQL_DEPTH_MAX = 16, GRAPHQL_FIELD_COUNT_MAX = 512 };

struct selection {
    char *name;
    char *alias;              /* under which it is answered */
    json_t *arguments;        /* object; variables are filled in */
    struct selection *fields; /* what is selected of it; NULL: a leaf */
    struct selection *next;   /* the next field beside it */
};

/* The fields at the top of a query, or NULL with the reason in *why. */
struct selection *selection_read(const char *query, const json_t *variables, const char **why);
void selection_close(struct selection *selection);

/*
 * The part of a value that is selected, as a new document. A field that an object does not have is
 * an error, and its name goes into *missing.
 */
json_t *selection_project(const struct selection *fields, const json_t *value,
                          const char **missing);

#endif
