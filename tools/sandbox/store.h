/* SPDX-License-Identifier: MIT */
/*
 * What the sandbox keeps, for each token an account of its own:
 *
 *     STATE/lock                        held by the one sandbox that works here
 *     STATE/<sha-256 of the token>/     an account
 *         roster.snap                   the roster that is live; absent: nobody
 *         people.json                   what a roster does not hold (see people.h)
 *         held.json held.csv            a file that waits for its partner, and its parameters
 *         jobs/<id>/job.json            kind and parameters of a job
 *         jobs/<id>/<kind>.csv          its files, until it has ended
 *         jobs/<id>/result.json         its answer: there only once it has ended
 *         jobs/<id>/roster.next         a new roster, until it has become roster.snap
 *         spool-*                       a body on its way in
 *
 * The result is what makes a job count: it is renamed into place first and the roster after it, and
 * a restart finds roster.next beside a result and finishes that. No name comes from a request.
 */
#ifndef MUSTER_TOOLS_SANDBOX_STORE_H
#define MUSTER_TOOLS_SANDBOX_STORE_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "muster.h"
#include "remote/sha256.h"
#include "remote/text.h"

enum { ACCOUNT_COUNT_MAX = 4096, JOB_ID_SIZE = 33, JSON_FILE_MAX = 64 << 20 };

struct account {
    struct account *next;
    unsigned char digest[SHA256_SIZE];
    char *folder;
    pthread_mutex_t lock; /* over held.* and people.json */
    /* What live.h keeps between two reads, and how it is closed. */
    pthread_mutex_t cache_lock;
    void *cache;
    void (*cache_close)(void *cache);
};

struct store {
    char *folder;
    int lock_descriptor;
    pthread_mutex_t lock; /* over the list */
    struct account *accounts;
    size_t account_count;
    bool tokens_given; /* only the accounts of these */
};

/* Make or open the folder and lock it. EXIT_DONE, or an exit code after saying why. */
int store_open(struct store *store, const char *folder);
void store_close(struct store *store);

/* Accept the token of this digest; without any call every token is accepted. */
bool store_accept(struct store *store, const unsigned char digest[SHA256_SIZE]);

/* The account of a token, or NULL: not accepted, or there are too many. Takes the same time for
 * every token that is not accepted. */
struct account *store_account(struct store *store, const unsigned char digest[SHA256_SIZE]);

/* Make the account's folders. 0 or an errno. */
int account_prepare(const struct account *account);

/* "folder/a/b" with the parts that are not NULL. */
void account_path(struct text *path, const struct account *account, const char *part,
                  const char *more);

/* An object in a file of the account, or NULL where there is none. */
json_t *account_json(const struct account *account, const char *name);
/* 0 or an errno. */
int account_json_write(const struct account *account, const char *name, const json_t *document);

/* Nothing has this name. Where that cannot be told it counts as taken. */
bool path_is_free(const char *path);

/* The live roster; an empty one where there is none yet. */
enum muster_status account_roster(const struct account *account, struct muster_roster **roster);

/* Files on disk as inputs: read through a map, and called "users.csv" wherever they lie. */
struct export_files {
    struct muster_input inputs[MUSTER_FILE_COUNT];
    void *maps[MUSTER_FILE_COUNT]; /* NULL: an empty file */
    size_t count;
};
/* Map the file of this kind in a folder of the account. 0 or an errno. */
int export_add(struct export_files *files, const struct account *account, const char *folder,
               enum muster_file kind);
void export_close(struct export_files *files);

/* A new unguessable name for a job; false where the system has no randomness. */
bool job_id_make(char id[JOB_ID_SIZE]);
bool job_id_is_sound(const char *id);

#endif
