/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sandbox/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "remote/file.h"
#include "remote/json_text.h"
#include "remote/system.h"
#include "terminal.h"

static char *path_join(const char *folder, const char *name)
{
    struct text path = {0};

    text_format(&path, "%s/%s", folder, name);
    if (path.exhausted) {
        text_close(&path);
    }
    return path.bytes;
}

/* Two sandboxes in one folder would overwrite each other's rosters. */
static int store_lock(struct store *store)
{
    char *path = path_join(store->folder, "lock");

    if (path == NULL) {
        return memory_complain();
    }
    store->lock_descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(path);
    if (store->lock_descriptor < 0) {
        complain("cannot write to %s: %s", store->folder, strerror(errno));
        return EXIT_UNREADABLE;
    }
    if (flock(store->lock_descriptor, LOCK_EX | LOCK_NB) == 0) {
        return EXIT_DONE;
    }
    if (errno == EWOULDBLOCK) {
        complain("another sandbox is at work in %s", store->folder);
    } else {
        complain("cannot lock %s: %s", store->folder, strerror(errno));
    }
    return EXIT_UNREADABLE;
}

int store_open(struct store *store, const char *folder)
{
    *store = (struct store){.lock_descriptor = -1};
    pthread_mutex_init(&store->lock, NULL);
    store->folder = strdup(folder);
    if (store->folder == NULL) {
        return memory_complain();
    }
    int error = folder_make(folder);
    if (error != 0) {
        complain("cannot make the folder %s: %s", folder, strerror(error));
        return EXIT_UNREADABLE;
    }
    return store_lock(store);
}

void store_close(struct store *store)
{
    for (struct account *account = store->accounts; account != NULL;) {
        struct account *next = account->next;
        if (account->cache != NULL) {
            account->cache_close(account->cache);
        }
        pthread_mutex_destroy(&account->cache_lock);
        pthread_mutex_destroy(&account->lock);
        free(account->folder);
        free(account);
        account = next;
    }
    if (store->lock_descriptor >= 0) {
        close(store->lock_descriptor);
    }
    pthread_mutex_destroy(&store->lock);
    free(store->folder);
    *store = (struct store){.lock_descriptor = -1};
}

static struct account *account_find(struct store *store, const unsigned char *digest)
{
    struct account *found = NULL;

    /* To the end in any case: where it stops would tell something about the tokens. */
    for (struct account *account = store->accounts; account != NULL; account = account->next) {
        found = sha256_equal(account->digest, digest) ? account : found;
    }
    return found;
}

static struct account *account_add(struct store *store, const unsigned char *digest)
{
    char hex[SHA256_HEX_SIZE];
    struct account *account = calloc(1, sizeof(*account));

    if (account == NULL || store->account_count >= ACCOUNT_COUNT_MAX) {
        free(account);
        return NULL;
    }
    sha256_hex(digest, hex);
    memcpy(account->digest, digest, SHA256_SIZE);
    account->folder = path_join(store->folder, hex);
    if (account->folder == NULL) {
        free(account);
        return NULL;
    }
    pthread_mutex_init(&account->lock, NULL);
    pthread_mutex_init(&account->cache_lock, NULL);
    account->next = store->accounts;
    store->accounts = account;
    store->account_count++;
    return account;
}

bool store_accept(struct store *store, const unsigned char digest[SHA256_SIZE])
{
    store->tokens_given = true;
    return account_find(store, digest) != NULL || account_add(store, digest) != NULL;
}

struct account *store_account(struct store *store, const unsigned char digest[SHA256_SIZE])
{
    pthread_mutex_lock(&store->lock);
    struct account *account = account_find(store, digest);
    if (account == NULL && !store->tokens_given) {
        account = account_add(store, digest);
    }
    pthread_mutex_unlock(&store->lock);
    return account;
}

void account_path(struct text *path, const struct account *account, const char *part,
                  const char *more)
{
    text_put(path, account->folder);
    if (part != NULL) {
        text_format(path, "/%s", part);
    }
    if (more != NULL) {
        text_format(path, "/%s", more);
    }
}

int account_prepare(const struct account *account)
{
    struct text path = {0};

    account_path(&path, account, "jobs", NULL);
    int error = path.exhausted ? ENOMEM : folder_make(account->folder);
    if (error == 0) {
        error = folder_make(text_string(&path));
    }
    text_close(&path);
    return error;
}

json_t *account_json(const struct account *account, const char *name)
{
    struct text path = {0};
    struct text text = {0};
    json_t *document = NULL;

    account_path(&path, account, name, NULL);
    if (!path.exhausted && file_read(&text, text_string(&path), JSON_FILE_MAX) == 0) {
        document = json_read(text_string(&text), text.size);
    }
    text_close(&text);
    text_close(&path);
    return document;
}

int account_json_write(const struct account *account, const char *name, const json_t *document)
{
    struct text path = {0};
    struct text text = {0};

    account_path(&path, account, name, NULL);
    json_append(&text, document);
    int error = path.exhausted || text.exhausted ? ENOMEM : 0;
    if (error == 0) {
        error = file_write(text_string(&path), text_string(&text), text.size);
    }
    text_close(&text);
    text_close(&path);
    return error;
}

bool path_is_free(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

enum muster_status account_roster(const struct account *account, struct muster_roster **roster)
{
    static const char users[] = "id,email,first_name,last_name,team_id\n";
    static const char teams[] = "id,name,manager_ids,parent_team_id\n";
    const struct muster_input nobody[] = {
        {MUSTER_USERS, "users.csv", {users, sizeof(users) - 1}},
        {MUSTER_TEAMS, "teams.csv", {teams, sizeof(teams) - 1}},
    };
    struct text path = {0};

    *roster = NULL;
    account_path(&path, account, "roster.snap", NULL);
    if (path.exhausted) {
        text_close(&path);
        return MUSTER_NO_MEMORY;
    }
    enum muster_status status = path_is_free(text_string(&path))
                                    ? muster_roster_open(roster, nobody, 2, NULL, NULL)
                                    : muster_snapshot_open(roster, text_string(&path), NULL, NULL);
    text_close(&path);
    return status;
}

static int map_open(const char *path, void **map, struct muster_span *data)
{
    struct stat about;
    int error = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (descriptor < 0 || fstat(descriptor, &about) != 0) {
        error = errno;
    } else if (about.st_size == 0) {
        *data = (struct muster_span){"", 0};
    } else {
        void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        error = bytes == MAP_FAILED ? errno : 0;
        if (error == 0) {
            *map = bytes;
            *data = (struct muster_span){bytes, (size_t)about.st_size};
        }
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return error;
}

int export_add(struct export_files *files, const struct account *account, const char *folder,
               enum muster_file kind)
{
    static const char *const names[MUSTER_FILE_COUNT] = {"users.csv", "teams.csv",
                                                         "deprovision.csv"};
    struct text path = {0};
    struct muster_input *input = &files->inputs[files->count];

    account_path(&path, account, folder, names[kind]);
    *input = (struct muster_input){.file = kind, .path = names[kind]};
    files->maps[files->count] = NULL;
    int error = path.exhausted
                    ? ENOMEM
                    : map_open(text_string(&path), &files->maps[files->count], &input->data);
    text_close(&path);
    files->count += error == 0 ? 1 : 0;
    return error;
}

void export_close(struct export_files *files)
{
    for (size_t index = 0; index < files->count; index++) {
        if (files->maps[index] != NULL) {
            munmap(files->maps[index], files->inputs[index].data.len);
        }
    }
    files->count = 0;
}

bool job_id_make(char id[JOB_ID_SIZE])
{
    unsigned char bytes[(JOB_ID_SIZE - 1) / 2];

    if (!random_bytes(bytes, sizeof(bytes))) {
        return false;
    }
    for (size_t index = 0; index < sizeof(bytes); index++) {
        id[index * 2] = "0123456789abcdef"[bytes[index] >> 4];
        id[index * 2 + 1] = "0123456789abcdef"[bytes[index] & 15];
    }
    id[JOB_ID_SIZE - 1] = '\0';
    return true;
}

bool job_id_is_sound(const char *id)
{
    return strlen(id) == JOB_ID_SIZE - 1 && strspn(id, "0123456789abcdef") == JOB_ID_SIZE - 1;
}
