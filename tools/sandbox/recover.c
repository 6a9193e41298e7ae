/* SPDX-License-Identifier: MIT */
/*
 * What a restart takes up again: jobs without a result, and results whose roster did not follow.
 * And what it clears away: files that were being written, and exports that nobody will read any
 * more.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "remote/json_text.h"
#include "sandbox/jobs.h"
#include "terminal.h"

struct found {
    struct job *job;
    json_int_t sequence;
};

struct found_list {
    struct found *items;
    size_t count;
};

static int found_compare(const void *a, const void *b)
{
    json_int_t one = ((const struct found *)a)->sequence;
    json_int_t other = ((const struct found *)b)->sequence;

    return one < other ? -1 : one > other;
}

static bool found_add(struct found_list *list, struct job *job)
{
    struct found *items = realloc(list->items, (list->count + 1) * sizeof(*items));

    if (items == NULL) {
        return false;
    }
    list->items = items;
    items[list->count++] =
        (struct found){job, json_integer_value(json_object_get(job->about, "sequence"))};
    return true;
}

static bool job_file_exists(const struct account *account, const char *id, const char *name)
{
    struct text path = {0};
    struct text part = {0};

    text_format(&part, "jobs/%s", id);
    account_path(&path, account, text_string(&part), name);
    bool exists = access(text_string(&path), F_OK) == 0;
    text_close(&path);
    text_close(&part);
    return exists;
}

/* A body on its way in, or a file that was not complete. */
static bool is_unfinished(const char *name)
{
    size_t length = strlen(name);

    return strncmp(name, "spool-", 6) == 0 || strstr(name, ".tmp-") != NULL ||
           (length > 4 && strcmp(name + length - 4, ".tmp") == 0);
}

/* Of a job that has ended; what could not take its place yet is still to do so. */
static bool is_spent(const char *name)
{
    static const char *const kept[] = {"job.json", "result.json", "roster.next", "people.next"};
    bool spent = true;

    for (size_t index = 0; index < sizeof(kept) / sizeof(kept[0]); index++) {
        spent = spent && strcmp(name, kept[index]) != 0;
    }
    return spent;
}

/* Of a job that nobody was told about. */
static bool is_anything(const char *name)
{
    (void)name;
    return true;
}

static void folder_sweep(const char *path, bool (*is_unwanted)(const char *name))
{
    DIR *folder = opendir(path);

    for (struct dirent *entry = NULL; folder != NULL && (entry = readdir(folder)) != NULL;) {
        struct text name = {0};
        text_format(&name, "%s/%s", path, entry->d_name);
        if (!name.exhausted && is_unwanted(entry->d_name)) {
            (void)unlink(text_string(&name)); /* "." and ".." it refuses */
        }
        text_close(&name);
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static void job_recover(struct sandbox *sandbox, struct account *account, const char *id,
                        struct found_list *list)
{
    bool ended = job_file_exists(account, id, "result.json");
    bool begun = ended || job_file_exists(account, id, "job.json");
    struct text path = {0};

    if (ended) {
        /* What belongs to the result takes its place, if it has not yet. */
        job_next_take(account, id, "roster.next", "roster.snap");
        job_next_take(account, id, "people.next", "people.json");
    }
    text_format(&path, "%s/jobs/%s", account->folder, id);
    if (!path.exhausted) {
        folder_sweep(text_string(&path), ended ? is_spent : begun ? is_unfinished : is_anything);
        if (!begun) {
            (void)rmdir(text_string(&path));
        }
    }
    text_close(&path);
    if (ended || !begun) {
        return;
    }
    struct job *job = job_reopen(sandbox, account, id);
    if (job == NULL) {
        return;
    }
    if (!found_add(list, job)) {
        job_release(job);
    }
}

static void jobs_look(struct sandbox *sandbox, struct account *account, struct found_list *list)
{
    struct text path = {0};

    account_path(&path, account, "jobs", NULL);
    DIR *folder = path.exhausted ? NULL : opendir(text_string(&path));
    for (struct dirent *entry = NULL; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (job_id_is_sound(entry->d_name)) {
            job_recover(sandbox, account, entry->d_name, list);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    text_close(&path);
}

/* The digest that an account's folder is named after. */
static bool digest_read(const char *hex, unsigned char digest[SHA256_SIZE])
{
    if (strlen(hex) != SHA256_HEX_SIZE - 1 || strspn(hex, "0123456789abcdef") != strlen(hex)) {
        return false;
    }
    for (size_t index = 0; index < SHA256_SIZE; index++) {
        unsigned byte = 0;
        if (sscanf(hex + index * 2, "%2x", &byte) != 1) {
            return false;
        }
        digest[index] = (unsigned char)byte;
    }
    return true;
}

static int found_submit(struct found_list *list)
{
    int result = EXIT_DONE;

    qsort(list->items, list->count, sizeof(*list->items), found_compare);
    for (size_t index = 0; index < list->count; index++) {
        if (result == EXIT_DONE && !job_submit(list->items[index].job)) {
            result = memory_complain();
        }
        job_release(list->items[index].job);
    }
    return result;
}

int jobs_recover(struct sandbox *sandbox)
{
    struct found_list list = {0};
    DIR *folder = opendir(sandbox->store.folder);

    for (struct dirent *entry = NULL; folder != NULL && (entry = readdir(folder)) != NULL;) {
        unsigned char digest[SHA256_SIZE];
        struct account *account =
            digest_read(entry->d_name, digest) ? store_account(&sandbox->store, digest) : NULL;
        if (account != NULL) {
            folder_sweep(account->folder, is_unfinished);
            jobs_look(sandbox, account, &list);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    int result = list.count > 0 ? found_submit(&list) : EXIT_DONE;
    free(list.items);
    return result;
}
