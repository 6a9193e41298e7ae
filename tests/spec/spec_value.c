/* SPDX-License-Identifier: MIT */
#include "spec_value.h"

#include <stdio.h>
#include <string.h>

static bool take_quoted(const char **at, const char *end, struct spec_value *value)
{
    json_error_t error;
    json_t *string =
        json_loadb(*at, (size_t)(end - *at), SPEC_LOAD_FLAGS | JSON_DISABLE_EOF_CHECK, &error);
    bool good = json_is_string(string) && json_string_length(string) < sizeof(value->text);
    if (good) {
        value->size = json_string_length(string);
        memcpy(value->text, json_string_value(string), value->size);
        *at += error.position;
    }
    json_decref(string);
    return good;
}

bool spec_take_value(const char **at, const char *end, struct spec_value *value)
{
    *value = (struct spec_value){0};
    while (*at < end && **at == ' ') {
        (*at)++;
    }
    if (*at < end && **at == '"') {
        return take_quoted(at, end, value);
    }
    while (*at < end && **at != ' ' && value->size + 1 < sizeof(value->text)) {
        value->text[value->size++] = *(*at)++;
    }
    value->absent = value->size == 1 && value->text[0] == '-';
    if (value->size == 2 && value->text[0] == '$') {
        value->variable = value->text[1] - '0';
    }
    return value->size > 0;
}

bool spec_take_pair(const char **at, const char *end, char key[SPEC_WORD_SIZE],
                    struct spec_value *value)
{
    while (*at < end && **at == ' ') {
        (*at)++;
    }
    const char *equal = memchr(*at, '=', (size_t)(end - *at));
    if (equal == NULL || equal - *at >= SPEC_WORD_SIZE) {
        return false;
    }
    memcpy(key, *at, (size_t)(equal - *at));
    key[equal - *at] = '\0';
    *at = equal + 1;
    return spec_take_value(at, end, value);
}

bool spec_value_matches(const struct spec_value *value, const json_t *member,
                        struct spec_variables *variables)
{
    char number[32];
    const char *text = number;
    size_t size = 0;
    if (json_is_string(member)) {
        text = json_string_value(member);
        size = json_string_length(member);
    } else if (json_is_integer(member)) {
        size =
            (size_t)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(member));
    } else if (json_is_boolean(member)) {
        size =
            (size_t)snprintf(number, sizeof(number), "%s", json_is_true(member) ? "true" : "false");
    } else {
        return json_is_null(member) && value->absent;
    }
    if (value->variable > 0 && value->variable < SPEC_VARIABLE_COUNT) {
        const char **bound = &variables->values[value->variable];
        if (*bound == NULL) {
            *bound = text;
        }
        return json_is_string(member) && strcmp(*bound, text) == 0;
    }
    return !value->absent && value->size == size && memcmp(value->text, text, size) == 0;
}
