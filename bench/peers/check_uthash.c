/* SPDX-License-Identifier: MIT */

/*
 * The check as one would write it in an afternoon: libcsv for the records, a malloc and an uthash
 * entry for each key, nothing freed. Prints what it counted, one name and number a line.
 */
#include <csv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define READ_SIZE (256U << 10)
#define FIELD_MAX 5

struct key {
    UT_hash_handle hh;
    struct key *parent;       /* of a team */
    struct reference *wanted; /* the parent of a team by its id, then its managers */
    unsigned count;
    int colour;
    char bytes[];
};

struct reference {
    struct reference *next;
    size_t size;
    char bytes[];
};

struct file {
    void (*record)(struct file *file);
    const char *header;
    char *fields[FIELD_MAX];
    size_t sizes[FIELD_MAX];
    size_t capacities[FIELD_MAX];
    unsigned field_count;
    unsigned long long record_count;
};

static struct key *user_ids;
static struct key *emails;
static struct key *team_ids;
static struct key *names;
static unsigned long long repeated_ids;
static unsigned long long repeated_emails;
static unsigned long long repeated_teams;
static unsigned long long unknown_teams;

static void *claim(void *memory, size_t size)
{
    void *claimed = realloc(memory, size);
    if (claimed == NULL) {
        fputs("check_uthash: out of memory\n", stderr);
        exit(1);
    }
    return claimed;
}

static int blank_never(unsigned char byte)
{
    (void)byte;
    return 0;
}

static struct key *key_find(struct key *keys, const char *bytes, size_t size)
{
    struct key *found;
    HASH_FIND(hh, keys, bytes, size, found);
    return found;
}

/* Add a key; false where it is there already. */
static bool key_add(struct key **keys, const char *bytes, size_t size, struct key **added)
{
    *added = key_find(*keys, bytes, size);
    if (*added != NULL) {
        return false;
    }
    struct key *key = claim(NULL, sizeof(*key) + size);
    *key = (struct key){.count = 1};
    memcpy(key->bytes, bytes, size);
    HASH_ADD_KEYPTR(hh, *keys, key->bytes, size, key);
    *added = key;
    return true;
}

static void reference_add(struct key *team, const char *bytes, size_t size)
{
    struct reference *reference = claim(NULL, sizeof(*reference) + size);
    reference->next = team->wanted;
    reference->size = size;
    memcpy(reference->bytes, bytes, size);
    team->wanted = reference;
}

static void team_record(struct file *file)
{
    struct key *team;
    struct key *name;

    if (!key_add(&team_ids, file->fields[0], file->sizes[0], &team)) {
        repeated_teams++;
        return;
    }
    if (!key_add(&names, file->fields[1], file->sizes[1], &name)) {
        name->count++;
    }
    const char *at = file->fields[2];
    const char *end = at + file->sizes[2];
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma != NULL ? comma : end;
        reference_add(team, at, (size_t)(stop - at));
        at = stop + 1;
    }
    reference_add(team, file->fields[3], file->sizes[3]);
}

static void user_record(struct file *file)
{
    struct key *key;

    repeated_ids += !key_add(&user_ids, file->fields[0], file->sizes[0], &key);
    for (size_t at = 0; at < file->sizes[1]; at++) {
        char byte = file->fields[1][at];
        file->fields[1][at] = byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
    }
    repeated_emails += !key_add(&emails, file->fields[1], file->sizes[1], &key);
    unknown_teams +=
        file->sizes[4] > 0 && key_find(team_ids, file->fields[4], file->sizes[4]) == NULL;
}

static void on_field(void *bytes, size_t size, void *context)
{
    struct file *file = context;
    unsigned field = file->field_count++;
    if (field >= FIELD_MAX) {
        return;
    }
    if (file->capacities[field] < size + 1) {
        file->capacities[field] = 2 * size + 64;
        file->fields[field] = claim(file->fields[field], file->capacities[field]);
    }
    memcpy(file->fields[field], bytes, size);
    file->sizes[field] = size;
}

static bool header_matches(const struct file *file)
{
    const char *at = file->header;
    for (unsigned field = 0; field < file->field_count && field < FIELD_MAX; field++) {
        size_t size = strcspn(at, ",");
        if (size != file->sizes[field] || memcmp(at, file->fields[field], size) != 0) {
            return false;
        }
        at += size + (at[size] == ',');
    }
    return *at == '\0';
}

static void on_record(int terminator, void *context)
{
    struct file *file = context;
    (void)terminator;
    if (file->record_count++ > 0) {
        file->record(file);
    } else if (!header_matches(file)) {
        fputs("check_uthash: missing header\n", stderr);
        exit(1);
    }
    file->field_count = 0;
}

static void file_read(struct file *file, const char *folder, const char *name)
{
    static char buffer[READ_SIZE];
    char path[4096];
    struct csv_parser parser;
    size_t size;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        fputs("check_uthash: cannot read a file\n", stderr);
        exit(1);
    }
    csv_set_space_func(&parser, blank_never);
    while ((size = fread(buffer, 1, sizeof(buffer), stream)) > 0) {
        (void)csv_parse(&parser, buffer, size, on_field, on_record, file);
    }
    (void)csv_fini(&parser, on_field, on_record, file);
    csv_free(&parser);
    fclose(stream);
}

/* Resolve what teams refer to; the parent is the reference that was added last. */
static void teams_resolve(void)
{
    unsigned long long unknown_parents = 0;
    unsigned long long unknown_managers = 0;

    for (struct key *team = team_ids; team != NULL; team = team->hh.next) {
        const struct reference *parent = team->wanted;
        if (parent->size > 0) {
            team->parent = key_find(team_ids, parent->bytes, parent->size);
            unknown_parents += team->parent == NULL;
        }
        for (const struct reference *one = parent->next; one != NULL; one = one->next) {
            unknown_managers += key_find(user_ids, one->bytes, one->size) == NULL;
        }
    }
    printf("unknown-parent-team %llu\nunknown-manager %llu\n", unknown_parents, unknown_managers);
}

/* Each climb has a colour of its own; meeting it again closes a circle. */
static void circles_count(void)
{
    unsigned long long count = 0;
    int colour = 0;

    for (struct key *team = team_ids; team != NULL; team = team->hh.next) {
        struct key *at = team;
        colour++;
        while (at != NULL && at->colour == 0) {
            at->colour = colour;
            at = at->parent;
        }
        if (at != NULL && at->colour == colour) {
            const struct key *start = at;
            do {
                count++;
                at = at->parent;
            } while (at != start);
        }
    }
    printf("team-cycle %llu\n", count);
}

int main(int count, char **arguments)
{
    struct file teams = {.record = team_record, .header = "id,name,manager_ids,parent_team_id"};
    struct file users = {.record = user_record, .header = "id,email,first_name,last_name,team_id"};
    unsigned long long shared = 0;

    if (count != 2) {
        fputs("usage: check_uthash DIR\n", stderr);
        return 2;
    }
    file_read(&teams, arguments[1], "teams.csv");
    file_read(&users, arguments[1], "users.csv");
    printf("users %llu\nteams %llu\n", users.record_count - 1, teams.record_count - 1);
    printf("duplicate-user-id %llu\nduplicate-email %llu\nduplicate-team-id %llu\n", repeated_ids,
           repeated_emails, repeated_teams);
    printf("unknown-team %llu\n", unknown_teams);
    teams_resolve();
    circles_count();
    for (const struct key *name = names; name != NULL; name = name->hh.next) {
        shared += name->count > 1 ? name->count : 0;
    }
    printf("duplicate-team-name %llu\n", shared);
    return 0;
}
