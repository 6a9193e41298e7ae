/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "snapshot/snapshot.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot_sample.h"

/* ---- Tools ------------------------------------------------------------------------------- */

/* Criterion compares strings that are not const. */
#define CHARS(literal) ((char *)(uintptr_t)(literal))

/* A span as a terminated string; eight of them live at a time. */
static char *text(span value)
{
    static char places[8][256];
    static unsigned next;
    char *place = places[next++ % 8];
    size_t len = value.len < 255 ? value.len : 255;
    memcpy(place, value.len > 0 ? value.ptr : "", len);
    place[len] = '\0';
    return place;
}

/*
 * Open bytes from memory that ends where they end, so that a sanitizer sees every step beyond,
 * read everything there is, and close. The sum keeps the reading from being left out.
 */
static enum muster_status open_and_read(const struct buffer *file, uint64_t *sum)
{
    char *bytes = malloc(file->size > 0 ? file->size : 1);
    cr_assert(ne(ptr, bytes, NULL));
    memcpy(bytes, file->bytes, file->size);
    struct snapshot *snapshot;
    enum muster_status status = snapshot_open_bytes(&snapshot, bytes, file->size, NULL);
    if (status == MUSTER_OK) {
        const struct org *org = snapshot_org(snapshot);
        struct buffer scratch = {0};
        for (uint32_t index = 0; index < org->user_count; index++) {
            struct org_user user;
            org_user_read(org, index, &scratch, &user);
            *sum += hash_bytes(user.id.ptr, user.id.len, 0) ^ user.team;
            *sum += hash_bytes(user.email.ptr, user.email.len, 0);
            *sum += hash_bytes(user.first_name.ptr, user.first_name.len, 0);
            *sum += hash_bytes(user.last_name.ptr, user.last_name.len, 0);
            cr_assert(user.team == ORG_NONE || user.team < org->team_count);
        }
        for (uint32_t index = 0; index < org->team_count; index++) {
            const struct org_team *team = &org->teams[index];
            *sum += hash_bytes(team->id.ptr, team->id.len, 0);
            *sum += hash_bytes(team->name.ptr, team->name.len, 0);
            *sum += hash_bytes(team->final_name.ptr, team->final_name.len, 0);
            cr_assert(team->parent == ORG_NONE || team->parent < org->team_count);
            for (uint32_t n = 0; n < team->manager_count; n++) {
                cr_assert(org->managers[team->manager_first + n] < org->user_count);
            }
        }
        buffer_close(&scratch);
    } else {
        cr_assert(eq(ptr, snapshot, NULL));
    }
    snapshot_close(snapshot);
    free(bytes);
    return status;
}

static enum muster_status status_of(const struct buffer *file)
{
    uint64_t sum = 0;
    return open_and_read(file, &sum);
}

static void expect_user(const struct org *org, uint32_t index, const struct sample_user *expected)
{
    struct buffer scratch = {0};
    struct org_user user;
    cr_expect(org_user_kept(org, index));
    cr_expect(eq(u32, org_user_team(org, index), expected->team));
    org_user_read(org, index, &scratch, &user);
    cr_expect(span_equal(user.id, expected->id), "id of user %u", index);
    cr_expect(span_equal(user.email, expected->email), "e-mail of user %u", index);
    cr_expect(span_equal(user.first_name, expected->first_name), "first name of user %u", index);
    cr_expect(span_equal(user.last_name, expected->last_name), "last name of user %u", index);
    cr_expect(eq(u32, user.team, expected->team));
    buffer_close(&scratch);
}

/* A folder of its own for a test, with one file in it. */
static char folder[64];
static char path[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/muster-read-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    snprintf(path, sizeof path, "%s/old.snap", folder);
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void save(struct buffer *file)
{
    FILE *stream = fopen(path, "wb");
    cr_assert(ne(ptr, stream, NULL));
    cr_assert(eq(sz, fwrite(buffer_view(file).ptr, 1, file->size, stream), file->size));
    cr_assert(eq(int, fclose(stream), 0));
}

static enum muster_status status_of_path(const char *name, int *os_error)
{
    struct snapshot *snapshot;
    struct muster_error error = {0};
    enum muster_status status = snapshot_open(&snapshot, name, false, &error);
    snapshot_close(snapshot);
    cr_expect(eq(int, error.status, status));
    cr_expect(status == MUSTER_OK || error.subject.ptr == name);
    *os_error = error.os_error;
    return status;
}

/* ---- What is read ------------------------------------------------------------------------ */

static void expect_small_sample(const struct snapshot *snapshot)
{
    struct sample sample = small_sample();
    const struct org *org = snapshot_org(snapshot);
    cr_assert(eq(u32, org->user_count, 3));
    cr_assert(eq(u32, org->kept_user_count, 3));
    expect_user(org, 0, &sample.users[0]);
    expect_user(org, 1, &sample.users[2]);
    expect_user(org, 2, &sample.users[3]);

    cr_assert(eq(u32, org->team_count, 3));
    cr_expect(eq(str, text(org->teams[0].id), CHARS("T1")));
    cr_expect(eq(str, text(org->teams[0].name), CHARS("IT")));
    cr_expect(eq(str, text(org->teams[0].final_name), CHARS("IT")));
    cr_expect(eq(u32, org->teams[0].parent, ORG_NONE));
    cr_expect(eq(u32, org->teams[0].manager_count, 0));
    cr_expect(not(org->teams[0].name_collides));
    cr_expect(eq(str, text(org->teams[1].id), CHARS("T2")));
    cr_expect(eq(str, text(org->teams[1].name), CHARS("Cloud")));
    cr_expect(eq(str, text(org->teams[1].final_name), CHARS("Cloud (C\xc3\xbd D - T2)")));
    cr_expect(eq(u32, org->teams[1].parent, 0));
    cr_expect(eq(u32, org->teams[1].manager_count, 2));
    cr_expect(not(org->teams[1].name_collides));
    cr_expect(eq(str, text(org->teams[2].id), CHARS("T3")));
    cr_expect(eq(str, text(org->teams[2].final_name), CHARS("Cloud (T3)")));
    cr_expect(eq(u32, org->teams[2].parent, 1));
    cr_expect(org->teams[2].name_collides);

    /* Places 3, 0 and 2 of the sample; the user of place 1 was removed. */
    cr_assert(eq(u32, org->manager_count, 3));
    cr_expect(eq(u32, org->managers[org->teams[1].manager_first], 2));
    cr_expect(eq(u32, org->managers[org->teams[1].manager_first + 1], 0));
    cr_expect(eq(u32, org->managers[org->teams[2].manager_first], 1));

    const struct snapshot_digest *digests = snapshot_digests(snapshot);
    cr_expect(digests[MUSTER_USERS].present);
    cr_expect(eq(u64, digests[MUSTER_USERS].size, 123));
    cr_expect(eq(u64, digests[MUSTER_USERS].digest, 0x0123456789abcdef));
    cr_expect(digests[MUSTER_TEAMS].present);
    cr_expect(eq(u64, digests[MUSTER_TEAMS].digest, 0xfedcba9876543210));
    cr_expect(not(digests[MUSTER_DEPROVISION].present));
}

Test(snapshot_read, a_file_put_together_by_hand_is_read_from_memory)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    struct snapshot *snapshot;
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));
    expect_small_sample(snapshot);
    snapshot_close(snapshot);
    buffer_close(&file);
}

Test(snapshot_read, a_file_is_read_or_mapped_with_the_same_result, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    save(&file);
    for (int map_allowed = 0; map_allowed < 2; map_allowed++) {
        struct snapshot *snapshot;
        cr_assert(eq(int, snapshot_open(&snapshot, path, map_allowed, NULL), MUSTER_OK));
        expect_small_sample(snapshot);
        snapshot_close(snapshot);
    }
    buffer_close(&file);
}

Test(snapshot_read, what_is_read_outlives_the_file, .init = make_folder, .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    save(&file);
    struct snapshot *snapshot;
    cr_assert(eq(int, snapshot_open(&snapshot, path, false, NULL), MUSTER_OK));
    cr_assert(eq(int, truncate(path, 0), 0));
    expect_small_sample(snapshot);
    snapshot_close(snapshot);
    buffer_close(&file);
}

Test(snapshot_read, bytes_at_an_odd_address_are_read)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    char *bytes = malloc(file.size + 1);
    cr_assert(ne(ptr, bytes, NULL));
    memcpy(bytes + 1, file.bytes, file.size);
    struct snapshot *snapshot;
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, bytes + 1, file.size, NULL), MUSTER_OK));
    expect_small_sample(snapshot);
    snapshot_close(snapshot);
    free(bytes);
    buffer_close(&file);
}

Test(snapshot_read, an_empty_roster_is_a_roster)
{
    struct sample sample = {0};
    struct buffer file = sample_file(&sample);
    /* The header, and of all sections one number: that the records end at 0. */
    cr_assert(eq(sz, file.size, 352 + 8));
    struct snapshot *snapshot;
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));
    const struct org *org = snapshot_org(snapshot);
    cr_expect(eq(u32, org->user_count, 0));
    cr_expect(eq(u32, org->team_count, 0));
    cr_expect(eq(u32, org->manager_count, 0));
    cr_expect(eq(sz, snapshot_user_record(snapshot, 0, 0).len, 0));
    snapshot_close(snapshot);
    buffer_close(&file);
}

Test(snapshot_read, values_of_any_length_are_read)
{
    static const size_t lens[] = {0, 1, 254, 255, 256, 65535, 65536};
    struct sample_user users[7];
    for (size_t index = 0; index < 7; index++) {
        users[index] = (struct sample_user){.id = repeated('i', lens[index]),
                                            .email = repeated('e', lens[6 - index]),
                                            .first_name = repeated('f', lens[(index + 3) % 7]),
                                            .last_name = repeated('l', lens[(index + 5) % 7]),
                                            .team = ORG_NONE};
    }
    struct sample sample = {.users = users, .user_count = 7};
    struct buffer file = sample_file(&sample);
    struct snapshot *snapshot;
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));
    for (uint32_t index = 0; index < 7; index++) {
        expect_user(snapshot_org(snapshot), index, &users[index]);
    }
    snapshot_close(snapshot);
    buffer_close(&file);
    for (size_t index = 0; index < 7; index++) {
        free_span(users[index].id);
        free_span(users[index].email);
        free_span(users[index].first_name);
        free_span(users[index].last_name);
    }
}

/* Users to both sides of a group's end, and groups that end in the middle of everything. */
Test(snapshot_read, users_of_many_groups_are_read)
{
    static const uint32_t counts[] = {255, 256, 257, 4095, 4096, 4097, 8191, 8192, 8193, 9000};
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    for (size_t index = 0; index < sizeof counts / sizeof counts[0]; index++) {
        struct sample_user *users = many_users(counts[index]);
        struct sample sample = {
            .users = users, .user_count = counts[index], .teams = &team, .team_count = 1};
        struct buffer file = sample_file(&sample);
        struct snapshot *snapshot;
        cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));
        cr_assert(eq(u32, snapshot_org(snapshot)->user_count, counts[index]));
        for (uint32_t user = 0; user < counts[index]; user++) {
            expect_user(snapshot_org(snapshot), user, &users[user]);
        }
        snapshot_close(snapshot);
        buffer_close(&file);
        free_users(users);
    }
}

Test(snapshot_read, a_long_value_may_stand_anywhere_in_a_group)
{
    static const uint32_t places[] = {0, 100, 255, 256, 300, 3839, 3840, 4095, 4096, 4999};
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    struct sample_user *users = many_users(5000);
    span longest = repeated('x', 300);
    for (size_t index = 0; index < sizeof places / sizeof places[0]; index++) {
        span before = users[places[index]].last_name;
        users[places[index]].last_name = longest;
        struct sample sample = {
            .users = users, .user_count = 5000, .teams = &team, .team_count = 1};
        struct buffer file = sample_file(&sample);
        struct snapshot *snapshot;
        cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));
        for (uint32_t user = 0; user < 5000; user += 7) {
            expect_user(snapshot_org(snapshot), user, &users[user]);
        }
        expect_user(snapshot_org(snapshot), places[index], &users[places[index]]);
        snapshot_close(snapshot);
        buffer_close(&file);
        users[places[index]].last_name = before;
    }
    free_span(longest);
    free_users(users);
}

Test(snapshot_read, the_raw_records_of_a_run_are_those_of_its_users)
{
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    struct sample_user *users = many_users(9000);
    struct sample sample = {.users = users, .user_count = 9000, .teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    struct snapshot *snapshot;
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));

    static const uint32_t runs[][2] = {{0, 1},    {0, 4096},   {4095, 1}, {4095, 2},
                                       {1, 8999}, {8999, 1},   {0, 9000}, {4096, 4096},
                                       {17, 0},   {8192, 808}, {9000, 0}};
    for (size_t index = 0; index < sizeof runs / sizeof runs[0]; index++) {
        struct buffer expected = {0};
        for (uint32_t n = 0; n < runs[index][1]; n++) {
            put_record(&expected, &users[runs[index][0] + n]);
        }
        span run = snapshot_user_record(snapshot, runs[index][0], runs[index][1]);
        cr_expect(span_equal(run, buffer_view(&expected)), "%u users from %u", runs[index][1],
                  runs[index][0]);
        buffer_close(&expected);
    }
    snapshot_close(snapshot);
    buffer_close(&file);
    free_users(users);
}

/* ---- What is something else -------------------------------------------------------------- */

Test(snapshot_read, a_snapshot_is_recognised_by_its_first_eight_bytes_alone)
{
    cr_expect(snapshot_recognise("\x89muster\n", 8));
    cr_expect(snapshot_recognise("\x89muster\n and more", 17));
    cr_expect(not(snapshot_recognise("\x89muster", 7)));
    cr_expect(not(snapshot_recognise("id,email,first_name", 19)));
    cr_expect(not(snapshot_recognise(NULL, 0)));
}

Test(snapshot_read, other_content_is_no_snapshot)
{
    struct snapshot *snapshot;
    struct muster_error error = {0};
    cr_expect(eq(int, snapshot_open_bytes(&snapshot, "id,email\n1,a@x.com\n", 19, &error),
                 MUSTER_NOT_SNAPSHOT));
    cr_expect(eq(ptr, snapshot, NULL));
    cr_expect(eq(int, error.status, MUSTER_NOT_SNAPSHOT));
    cr_expect(eq(int, snapshot_open_bytes(&snapshot, "", 0, NULL), MUSTER_NOT_SNAPSHOT));
}

Test(snapshot_read, a_newer_version_is_refused_as_such)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    set_number(file.bytes + SAMPLE_VERSION, 2, 4);
    cr_expect(eq(int, status_of(&file), MUSTER_NEWER));
    sample_seal(&file);
    cr_expect(eq(int, status_of(&file), MUSTER_NEWER));
    file.size = 16; /* whatever a newer file looks like */
    cr_expect(eq(int, status_of(&file), MUSTER_NEWER));
    buffer_close(&file);
}

Test(snapshot_read, version_0_never_was)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    set_number(file.bytes + SAMPLE_VERSION, 0, 4);
    sample_seal(&file);
    cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED));
    buffer_close(&file);
}

Test(snapshot_read, only_a_regular_file_is_opened, .init = make_folder, .fini = remove_folder)
{
    int os_error;
    cr_expect(eq(int, status_of_path(path, &os_error), MUSTER_UNREADABLE));
    cr_expect(eq(int, os_error, ENOENT));
    cr_expect(eq(int, status_of_path(folder, &os_error), MUSTER_UNREADABLE));
    cr_expect(eq(int, os_error, EISDIR));
    cr_expect(eq(int, status_of_path("/dev/zero", &os_error), MUSTER_UNREADABLE));
    cr_expect(eq(int, os_error, EINVAL));
    /* Nobody writes to this pipe: who waited for it would wait for ever. */
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    cr_expect(eq(int, status_of_path(path, &os_error), MUSTER_UNREADABLE));
    cr_expect(eq(int, os_error, EINVAL));
}

Test(snapshot_read, an_empty_file_is_no_snapshot, .init = make_folder, .fini = remove_folder)
{
    struct buffer nothing = {0};
    save(&nothing);
    for (int map_allowed = 0; map_allowed < 2; map_allowed++) {
        struct snapshot *snapshot;
        cr_expect(eq(int, snapshot_open(&snapshot, path, map_allowed, NULL), MUSTER_NOT_SNAPSHOT));
        cr_expect(eq(ptr, snapshot, NULL));
    }
}

/* ---- Damage that a checksum finds -------------------------------------------------------- */

Test(snapshot_read, every_single_bit_that_flips_is_found)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        file.bytes[bit / 8] ^= (char)(1 << (bit % 8));
        enum muster_status status = status_of(&file);
        bool told = status == MUSTER_DAMAGED || (bit / 8 < 8 && status == MUSTER_NOT_SNAPSHOT) ||
                    (bit / 32 == SAMPLE_VERSION / 4 && status == MUSTER_NEWER);
        cr_assert(told, "bit %zu gave status %d", bit, (int)status);
        file.bytes[bit / 8] ^= (char)(1 << (bit % 8));
    }
    cr_expect(eq(int, status_of(&file), MUSTER_OK));
    buffer_close(&file);
}

Test(snapshot_read, every_truncation_and_every_addition_is_found)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    size_t size = file.size;
    for (file.size = 0; file.size < size; file.size++) {
        enum muster_status status = status_of(&file);
        enum muster_status expected = file.size < 8 ? MUSTER_NOT_SNAPSHOT : MUSTER_DAMAGED;
        cr_assert(eq(int, status, expected), "%zu bytes of %zu", file.size, size);
    }
    buffer_byte(&file, '\0');
    cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED));
    buffer_close(&file);
}

Test(snapshot_read, damage_in_a_large_file_is_found_wherever_it_is)
{
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    struct sample_user *users = many_users(2500);
    struct sample sample = {.users = users, .user_count = 2500, .teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    for (size_t n = 0; n < 2000; n++) {
        size_t at = SAMPLE_HEADER_END + (file.size - SAMPLE_HEADER_END) * n / 2000;
        file.bytes[at] ^= (char)(1 << (n % 8));
        struct snapshot *snapshot;
        cr_assert(
            eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_DAMAGED),
            "byte %zu", at);
        file.bytes[at] ^= (char)(1 << (n % 8));
    }
    buffer_close(&file);
    free_users(users);
}

Test(snapshot_read, a_damaged_file_is_refused_read_or_mapped, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    file.bytes[file.size - 1] ^= 1;
    save(&file);
    for (int map_allowed = 0; map_allowed < 2; map_allowed++) {
        struct snapshot *snapshot;
        struct muster_error error = {0};
        cr_expect(eq(int, snapshot_open(&snapshot, path, map_allowed, &error), MUSTER_DAMAGED));
        cr_expect(eq(ptr, snapshot, NULL));
        cr_expect(eq(int, error.status, MUSTER_DAMAGED));
        cr_expect(eq(int, error.os_error, 0));
    }
    buffer_close(&file);
}

/* ---- Damage that checksums hide ---------------------------------------------------------- */

/* A number somewhere in the small sample's file is set, all checksums are made right. */
struct forgery {
    const char *what;
    int section; /* or -1: the header */
    size_t at;
    int size;
    uint64_t number;
};

/* The records of the sample take 4 + 2 + 9 + 3 + 3 = 21 bytes for X1, 4 + 2 + 9 = 15 for X3 and
 * 4 + 2 + 12 + 3 + 1 = 22 for X4: they begin at 0, 21 and 36, and end at 58. */
static const struct forgery forgeries[] = {
    {"a larger header", -1, SAMPLE_HEADER_SIZE, 4, 360},
    {"a larger file", -1, SAMPLE_FILE_SIZE, 8, UINT64_MAX},
    {"more users", -1, SAMPLE_USERS, 4, 4},
    {"fewer users", -1, SAMPLE_USERS, 4, 2},
    {"no users", -1, SAMPLE_USERS, 4, 0},
    {"as many users as there are numbers", -1, SAMPLE_USERS, 4, UINT32_MAX},
    {"more teams", -1, SAMPLE_TEAMS, 4, 4},
    {"no teams", -1, SAMPLE_TEAMS, 4, 0},
    {"as many teams as there are numbers", -1, SAMPLE_TEAMS, 4, UINT32_MAX},
    {"more managers", -1, SAMPLE_MANAGERS, 4, 4},
    {"no managers", -1, SAMPLE_MANAGERS, 4, 0},
    {"something in the place of zero", -1, SAMPLE_ZERO, 4, 1},
    {"an input that is neither present nor absent", -1, SAMPLE_DIGESTS + 16, 4, 2},
    {"something behind an input", -1, SAMPLE_DIGESTS + 20, 4, 1},
    {"an absent input with a size", -1, SAMPLE_DIGESTS + 48, 8, 1},
    {"an absent input with a digest", -1, SAMPLE_DIGESTS + 56, 8, 1},
    {"groups elsewhere", -1, SAMPLE_SECTIONS, 8, 353},
    {"groups in the header", -1, SAMPLE_SECTIONS, 8, 0},
    {"no groups", -1, SAMPLE_SECTIONS + 8, 8, 0},
    {"starts at the end of numbers", -1, SAMPLE_SECTIONS + 32, 8, UINT64_MAX},
    {"a size at the end of numbers", -1, SAMPLE_SECTIONS + 32 + 8, 8, UINT64_MAX},
    {"teams elsewhere", -1, SAMPLE_SECTIONS + 3 * 32, 8, 352},
    {"less team text", -1, SAMPLE_SECTIONS + 5 * 32 + 8, 8, 1},
    {"more team text", -1, SAMPLE_SECTIONS + 5 * 32 + 8, 8, 1000},
    {"endless team text", -1, SAMPLE_SECTIONS + 5 * 32 + 8, 8, UINT64_MAX},
    {"records beyond the end", -1, SAMPLE_SECTIONS + 6 * 32, 8, 1 << 20},
    {"fewer records", -1, SAMPLE_SECTIONS + 6 * 32 + 8, 8, 57},
    {"endless records", -1, SAMPLE_SECTIONS + 6 * 32 + 8, 8, UINT64_MAX - 351},
    {"a first group that does not begin at 0", GROUPS, 0, 8, 1},
    {"a first group at the end of numbers", GROUPS, 0, 8, UINT64_MAX},
    {"records that end too early", GROUPS, 8, 8, 57},
    {"records that end too late", GROUPS, 8, 8, 59},
    {"records that end at the end of numbers", GROUPS, 8, 8, UINT64_MAX},
    {"a first record that does not begin at 0", STARTS, 0, 4, 1},
    {"a record that begins too early", STARTS, 4, 4, 20},
    {"a record that begins too late", STARTS, 4, 4, 22},
    {"a record at the beginning again", STARTS, 4, 4, 0},
    {"a record at the end of numbers", STARTS, 8, 4, UINT32_MAX},
    {"a record that begins where they end", STARTS, 8, 4, 58},
    {"a member of a team just beyond", MEMBERSHIPS, 0, 4, 3},
    {"a member of a team far beyond", MEMBERSHIPS, 4, 4, UINT32_MAX - 1},
    {"a parent just beyond", TEAMS, 0, 4, 3},
    {"a parent far beyond", TEAMS, 0, 4, UINT32_MAX - 1},
    {"a team that is its own parent", TEAMS, 0, 4, 0},
    {"a circle of two", TEAMS, 0, 4, 1},
    {"a circle of three", TEAMS, 0, 4, 2},
    {"a circle that does not reach the first", TEAMS, 24, 4, 2},
    {"a team with one manager too few", TEAMS, 24 + 4, 4, 1},
    {"a team with one manager too many", TEAMS, 24 + 4, 4, 3},
    {"a team with endless managers", TEAMS, 24 + 4, 4, UINT32_MAX},
    {"a shorter id", TEAMS, 8, 4, 1},
    {"an endless id", TEAMS, 8, 4, UINT32_MAX},
    {"a longer name", TEAMS, 12, 4, 3},
    {"an endless name", TEAMS, 12, 4, UINT32_MAX},
    {"a final name that is not flagged", TEAMS, 16, 4, 1},
    {"a longer final name", TEAMS, 24 + 16, 4, 30},
    {"an endless final name", TEAMS, 24 + 16, 4, UINT32_MAX},
    {"an unknown flag", TEAMS, 20, 4, 4},
    {"a manager just beyond", MANAGERS, 0, 4, 3},
    {"a manager far beyond", MANAGERS, 8, 4, UINT32_MAX},
    {"a longer id of a user", RECORDS, 0, 1, 3},
    {"a long form without a length", RECORDS, 0, 1, 255},
    {"a shorter last record", RECORDS, 36 + 3, 1, 0},
    {"a longer last record", RECORDS, 36 + 3, 1, 2},
    {"a long form in the last record", RECORDS, 36 + 3, 1, 255},
};

Test(snapshot_read, no_checksum_makes_a_contradiction_true)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    cr_assert(eq(sz, sample_section_size(&file, RECORDS), 58));
    for (size_t index = 0; index < sizeof forgeries / sizeof forgeries[0]; index++) {
        const struct forgery *forgery = &forgeries[index];
        struct buffer forged = {0};
        buffer_span(&forged, buffer_view(&file));
        size_t offset = forgery->section < 0 ? 0 : sample_section(&file, forgery->section);
        cr_assert(ne(u64, get_number(forged.bytes + offset + forgery->at, forgery->size),
                     forgery->number),
                  "%s changes nothing", forgery->what);
        set_number(forged.bytes + offset + forgery->at, forgery->number, forgery->size);
        sample_seal(&forged);
        cr_expect(eq(int, status_of(&forged), MUSTER_DAMAGED), "%s", forgery->what);
        buffer_close(&forged);
    }
    buffer_close(&file);
}

/* Every byte takes on every value that is special somewhere. What opens all the same must be
 * readable to the last byte; open_and_read looks at all of it. */
Test(snapshot_read, bytes_set_at_will_under_right_checksums_do_no_harm)
{
    static const unsigned char values[] = {0, 1, 2, 3, 4, 127, 128, 254, 255};
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    uint64_t sum = 0;
    size_t opened = 0;
    for (size_t at = 8; at < file.size; at++) {
        for (size_t index = 0; index < sizeof values; index++) {
            struct buffer forged = {0};
            buffer_span(&forged, buffer_view(&file));
            forged.bytes[at] = (char)values[index];
            sample_seal(&forged);
            opened += open_and_read(&forged, &sum) == MUSTER_OK;
            buffer_close(&forged);
        }
    }
    /* Text may be anything, so much of it opens; the structure may not. */
    cr_expect(opened > 0);
    cr_expect(ne(u64, sum, 0));
    buffer_close(&file);
}

/* A record of the long form whose long length would have had room in a byte. */
Test(snapshot_read, there_is_one_way_only_to_write_a_length)
{
    span id = repeated('i', 255);
    struct sample_user user = {.id = id, .email = SPAN("e"), .team = ORG_NONE};
    struct sample sample = {.users = &user, .user_count = 1};
    struct buffer file = sample_file(&sample);
    size_t records = sample_section(&file, RECORDS);
    cr_assert(eq(u64, get_number(file.bytes + records + 4, 4), 255));
    cr_assert(eq(int, status_of(&file), MUSTER_OK));
    /* 254 bytes of id and two of e-mail fill the record as well. */
    set_number(file.bytes + records + 1, 2, 1);
    set_number(file.bytes + records + 4, 254, 4);
    sample_seal(&file);
    cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED));
    buffer_close(&file);
    free_span(id);
}

Test(snapshot_read, there_is_one_way_only_to_write_a_name)
{
    struct org_team team = {
        .id = SPAN("T"), .name = SPAN("AB"), .final_name = SPAN("AC"), .parent = ORG_NONE};
    struct sample sample = {.teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    cr_assert(eq(int, status_of(&file), MUSTER_OK));
    char *last = file.bytes + sample_section(&file, TEAM_TEXT) + 4;
    cr_assert(eq(chr, *last, 'C'));
    *last = 'B';
    sample_seal(&file);
    cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED));
    buffer_close(&file);
}

Test(snapshot_read, an_endless_long_length_is_found)
{
    span id = repeated('i', 255);
    struct sample_user user = {.id = id, .email = SPAN("e"), .team = ORG_NONE};
    struct sample sample = {.users = &user, .user_count = 1};
    struct buffer file = sample_file(&sample);
    size_t records = sample_section(&file, RECORDS);
    static const uint32_t lens[] = {256, 257, 65536, INT32_MAX, UINT32_MAX};
    for (size_t index = 0; index < sizeof lens / sizeof lens[0]; index++) {
        set_number(file.bytes + records + 4, lens[index], 4);
        sample_seal(&file);
        cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED));
    }
    buffer_close(&file);
    free_span(id);
}

/* In each of the places that are judged apart: whole blocks of 256, the rest, the last. */
Test(snapshot_read, a_wrong_start_is_found_wherever_it_stands_in_a_group)
{
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    struct sample_user *users = many_users(4500);
    struct sample sample = {.users = users, .user_count = 4500, .teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    static const uint32_t places[] = {0,    1,    255,  256,  257,  3839,
                                      3840, 3841, 4095, 4096, 4097, 4499};
    static const uint32_t wrong[] = {0, 3, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
    for (size_t index = 0; index < sizeof places / sizeof places[0]; index++) {
        char *start = file.bytes + sample_section(&file, STARTS) + 4 * (size_t)places[index];
        uint64_t right = get_number(start, 4);
        for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
            set_number(start, wrong[n], 4);
            sample_seal(&file);
            enum muster_status expected = wrong[n] == right ? MUSTER_OK : MUSTER_DAMAGED;
            cr_expect(eq(int, status_of(&file), expected), "start %u of user %u", wrong[n],
                      places[index]);
        }
        set_number(start, right + 1, 4);
        sample_seal(&file);
        cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED), "user %u", places[index]);
        set_number(start, right, 4);
    }
    sample_seal(&file);
    cr_expect(eq(int, status_of(&file), MUSTER_OK));
    buffer_close(&file);
    free_users(users);
}

Test(snapshot_read, groups_that_do_not_ascend_are_found)
{
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    struct sample_user *users = many_users(9000);
    struct sample sample = {.users = users, .user_count = 9000, .teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    char *groups = file.bytes + sample_section(&file, GROUPS);
    uint64_t right = get_number(groups + 8, 8);
    const uint64_t wrong[] = {0, right - 1, right + 1, get_number(groups + 16, 8), UINT64_MAX};
    for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
        set_number(groups + 8, wrong[index], 8);
        sample_seal(&file);
        cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED));
    }
    buffer_close(&file);
    free_users(users);
}

/* ---- Size -------------------------------------------------------------------------------- */

/* A million teams, each below the one before it: depth must cost nothing but time, and little. */
Test(snapshot_read, a_chain_of_a_million_teams_is_climbed_and_closed, .timeout = 60)
{
    enum { COUNT = 1000000 };
    struct org_team *teams = calloc(COUNT, sizeof *teams);
    cr_assert(ne(ptr, teams, NULL));
    for (uint32_t index = 0; index < COUNT; index++) {
        teams[index] = (struct org_team){
            .id = SPAN("T"), .name = SPAN("N"), .parent = index > 0 ? index - 1 : ORG_NONE};
    }
    struct sample sample = {.teams = teams, .team_count = COUNT};
    struct buffer file = sample_file(&sample);
    cr_expect(eq(int, status_of(&file), MUSTER_OK));
    /* The first below the last. */
    set_number(file.bytes + sample_section(&file, TEAMS), COUNT - 1, 4);
    sample_seal(&file);
    cr_expect(eq(int, status_of(&file), MUSTER_DAMAGED));
    buffer_close(&file);
    /* The other way round: every climb from the first to the last would be quadratic. */
    for (uint32_t index = 0; index < COUNT; index++) {
        teams[index].parent = index + 1 < COUNT ? index + 1 : ORG_NONE;
    }
    file = sample_file(&sample);
    cr_expect(eq(int, status_of(&file), MUSTER_OK));
    buffer_close(&file);
    free(teams);
}
