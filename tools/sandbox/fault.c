/* SPDX-License-Identifier: MIT */
#include "sandbox/fault.h"

#include <string.h>

#include "remote/system.h"

void fault_open(struct fault *fault)
{
    *fault = (struct fault){0};
    pthread_mutex_init(&fault->lock, NULL);
}

void fault_close(struct fault *fault)
{
    pthread_mutex_destroy(&fault->lock);
}

static bool span_is(struct muster_span span, const char *word)
{
    return span.len == strlen(word) && memcmp(span.ptr, word, span.len) == 0;
}

static bool number_read(struct muster_span text, uint64_t *number)
{
    *number = 0;
    for (size_t index = 0; index < text.len; index++) {
        if (text.ptr[index] < '0' || text.ptr[index] > '9' || *number > 1000000000) {
            return false;
        }
        *number = *number * 10 + (uint64_t)(text.ptr[index] - '0');
    }
    return text.len > 0;
}

bool fault_add(struct fault *fault, struct muster_span word)
{
    const char *sign = memchr(word.ptr, '=', word.len);
    struct muster_span name = {word.ptr, sign != NULL ? (size_t)(sign - word.ptr) : word.len};
    uint64_t number = UINT64_MAX;
    const struct {
        const char *name;
        uint64_t *number;
        bool number_needed;
        bool *flag;
    } known[] = {
        {"delay", &fault->delay, true, NULL},
        {"job-delay", &fault->job_delay, true, NULL},
        {"429", &fault->left[FAULT_BUSY], false, NULL},
        {"5xx", &fault->left[FAULT_BROKEN_SERVER], false, NULL},
        {"cut", &fault->left[FAULT_CUT], false, NULL},
        {"elsewhere", NULL, false, &fault->elsewhere},
        {"short-pages", NULL, false, &fault->short_pages},
        {"broken-json", NULL, false, &fault->broken_json},
    };

    if (sign != NULL &&
        !number_read((struct muster_span){sign + 1, word.len - name.len - 1}, &number)) {
        return false;
    }
    for (size_t index = 0; index < sizeof(known) / sizeof(known[0]); index++) {
        if (!span_is(name, known[index].name)) {
            continue;
        }
        if (known[index].flag != NULL) {
            *known[index].flag = true;
            return sign == NULL;
        }
        *known[index].number = number;
        return sign != NULL || !known[index].number_needed;
    }
    return false;
}

bool fault_happens(struct fault *fault, enum fault_kind kind)
{
    pthread_mutex_lock(&fault->lock);
    uint64_t left = fault->left[kind];
    if (left > 0 && left != UINT64_MAX) {
        fault->left[kind]--;
    }
    pthread_mutex_unlock(&fault->lock);
    return left > 0;
}

void fault_stop(struct fault *fault)
{
    pthread_mutex_lock(&fault->lock);
    fault->stopping = true;
    pthread_mutex_unlock(&fault->lock);
}

bool fault_wait(struct fault *fault, uint64_t milliseconds)
{
    uint64_t end = clock_now() + milliseconds;

    for (;;) {
        pthread_mutex_lock(&fault->lock);
        bool stopping = fault->stopping;
        pthread_mutex_unlock(&fault->lock);
        uint64_t now = clock_now();
        if (stopping || now >= end) {
            return !stopping;
        }
        clock_sleep(end - now < 50 ? end - now : 50);
    }
}
