/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sandbox/graphql.h"

#include <stdlib.h>
#include <string.h>

#include "remote/json_text.h"

struct reader {
    const char *at;
    const json_t *variables;
    unsigned field_count;
    const char *why;
};

static void blanks_skip(struct reader *reader)
{
    for (;;) {
        reader->at += strspn(reader->at, " \t\r\n,");
        if (*reader->at != '#') {
            return;
        }
        reader->at += strcspn(reader->at, "\r\n");
    }
}

static bool sign_take(struct reader *reader, char sign)
{
    blanks_skip(reader);
    if (*reader->at != sign) {
        return false;
    }
    reader->at++;
    return true;
}

static size_t name_length(const char *text)
{
    static const char letters[] = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char all[] = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    return *text != '\0' && strchr(letters, *text) != NULL ? strspn(text, all) : 0;
}

static char *name_take(struct reader *reader)
{
    blanks_skip(reader);
    size_t length = name_length(reader->at);
    if (length == 0) {
        reader->why = "a name is missing";
        return NULL;
    }
    char *name = strndup(reader->at, length);
    reader->at += length;
    return name;
}

static json_t *string_take(struct reader *reader)
{
    size_t length = 1;

    while (reader->at[length] != '\0' && reader->at[length] != '"') {
        length += reader->at[length] == '\\' && reader->at[length + 1] != '\0' ? 2 : 1;
    }
    if (reader->at[length] != '"') {
        reader->why = "a string has no end";
        return NULL;
    }
    json_t *value = json_read_as(reader->at, length + 1, JSON_DECODE_ANY);
    reader->at += length + 1;
    reader->why = value == NULL ? "a string cannot be read" : NULL;
    return value;
}

static json_t *word_value(struct reader *reader)
{
    char *name = name_take(reader);
    json_t *value = NULL;

    if (name == NULL) {
        return NULL;
    }
    if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0) {
        value = json_boolean(strcmp(name, "true") == 0);
    } else {
        value = strcmp(name, "null") == 0 ? json_null() : json_string(name);
    }
    free(name);
    return value;
}

/* A number, a string, a word or a variable; lists and objects are not needed for reads by page. */
static json_t *value_take(struct reader *reader)
{
    blanks_skip(reader);
    if (*reader->at == '"') {
        return string_take(reader);
    }
    if (*reader->at == '$') {
        reader->at++;
        char *name = name_take(reader);
        json_t *value = name != NULL ? json_object_get(reader->variables, name) : NULL;
        free(name);
        return value != NULL ? json_incref(value) : json_null();
    }
    if (*reader->at == '-' || (*reader->at >= '0' && *reader->at <= '9')) {
        char *end = NULL;
        long long number = strtoll(reader->at, &end, 10);
        reader->at = end;
        return json_integer((json_int_t)number);
    }
    return word_value(reader);
}

static json_t *arguments_take(struct reader *reader)
{
    json_t *arguments = json_object();

    if (!sign_take(reader, '(')) {
        return arguments;
    }
    while (reader->why == NULL && !sign_take(reader, ')')) {
        char *name = name_take(reader);
        if (name != NULL && !sign_take(reader, ':')) {
            reader->why = "an argument has no value";
        }
        json_t *value = reader->why == NULL ? value_take(reader) : NULL;
        if (value != NULL && json_object_set_new(arguments, name, value) != 0) {
            reader->why = "memory ran out";
        }
        free(name);
    }
    return arguments;
}

static struct selection *fields_take(struct reader *reader, unsigned depth);

static struct selection *field_take(struct reader *reader, unsigned depth)
{
    struct selection *field = calloc(1, sizeof(*field));

    if (field == NULL || ++reader->field_count > GRAPHQL_FIELD_COUNT_MAX) {
        reader->why = "the query is too large";
        free(field);
        return NULL;
    }
    field->alias = name_take(reader);
    if (field->alias != NULL) {
        field->name = sign_take(reader, ':') ? name_take(reader) : strdup(field->alias);
    }
    if (field->name == NULL) {
        reader->why = reader->why != NULL ? reader->why : "memory ran out";
        return field;
    }
    field->arguments = arguments_take(reader);
    blanks_skip(reader);
    if (reader->why == NULL && *reader->at == '{') {
        field->fields = fields_take(reader, depth + 1);
    }
    return field;
}

static struct selection *fields_take(struct reader *reader, unsigned depth)
{
    struct selection *first = NULL;
    struct selection **last = &first;

    if (!sign_take(reader, '{') || depth > GRAPHQL_DEPTH_MAX) {
        reader->why = depth > GRAPHQL_DEPTH_MAX ? "the query is too deep" : "{ is missing";
        return NULL;
    }
    while (reader->why == NULL && !sign_take(reader, '}')) {
        *last = field_take(reader, depth);
        if (*last != NULL) {
            last = &(*last)->next;
        }
    }
    if (first == NULL && reader->why == NULL) {
        reader->why = "nothing is selected";
    }
    return first;
}

/* "query Name($n:Int,$c:String)" in front of the fields; the types are not looked at. */
static void operation_skip(struct reader *reader)
{
    blanks_skip(reader);
    if (*reader->at == '{') {
        return;
    }
    size_t length = name_length(reader->at);
    if (length != 5 || strncmp(reader->at, "query", 5) != 0) {
        reader->why = "only queries are answered here";
        return;
    }
    reader->at += length;
    blanks_skip(reader);
    reader->at += name_length(reader->at);
    if (sign_take(reader, '(')) {
        reader->at += strcspn(reader->at, ")");
        if (!sign_take(reader, ')')) {
            reader->why = "the variables have no end";
        }
    }
}

struct selection *selection_read(const char *query, const json_t *variables, const char **why)
{
    struct reader reader = {.at = query, .variables = variables};
    struct selection *fields = NULL;

    operation_skip(&reader);
    if (reader.why == NULL) {
        fields = fields_take(&reader, 1);
    }
    blanks_skip(&reader);
    if (reader.why == NULL && *reader.at != '\0') {
        reader.why = "there is more than one operation";
    }
    if (reader.why != NULL) {
        selection_close(fields);
        fields = NULL;
    }
    *why = reader.why;
    return fields;
}

/* As deep as a query may be. */
void selection_close(struct selection *selection)
{
    while (selection != NULL) {
        struct selection *next = selection->next;
        selection_close(selection->fields);
        json_decref(selection->arguments);
        free(selection->name);
        free(selection->alias);
        free(selection);
        selection = next;
    }
}

static json_t *list_project(const struct selection *fields, const json_t *list,
                            const char **missing)
{
    json_t *projected = json_array();

    for (size_t index = 0; index < json_array_size(list); index++) {
        json_t *item = selection_project(fields, json_array_get(list, index), missing);
        if (json_array_append_new(projected, item) != 0) {
            json_decref(projected);
            return NULL;
        }
    }
    return projected;
}

json_t *selection_project(const struct selection *fields, const json_t *value, const char **missing)
{
    if (json_is_array(value)) {
        return list_project(fields, value, missing);
    }
    if (!json_is_object(value) || fields == NULL) {
        return json_is_object(value) ? json_object() : json_deep_copy(value);
    }
    json_t *projected = json_object();
    for (const struct selection *field = fields; field != NULL; field = field->next) {
        json_t *member = json_object_get(value, field->name);
        if (member == NULL) {
            *missing = field->name;
            continue;
        }
        if (json_object_set_new(projected, field->alias,
                                selection_project(field->fields, member, missing)) != 0) {
            json_decref(projected);
            return NULL;
        }
    }
    return projected;
}
