/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "snapshot/snapshot.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "snapshot_sample.h"

/* ---- Tools ------------------------------------------------------------------------------- */

static char folder[64];
static char path[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/muster-write-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    snprintf(path, sizeof path, "%s/new.snap", folder);
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *opened = opendir(folder);
    cr_assert(ne(ptr, opened, NULL));
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    closedir(opened);
    return count;
}

static struct buffer load(const char *name)
{
    struct buffer bytes = {0};
    FILE *stream = fopen(name, "rb");
    cr_assert(ne(ptr, stream, NULL), "%s", name);
    char piece[4096];
    for (size_t size; (size = fread(piece, 1, sizeof piece, stream)) > 0;) {
        buffer_append(&bytes, piece, size);
    }
    cr_assert(eq(int, fclose(stream), 0));
    return bytes;
}

static void save_text(const char *name, const char *content)
{
    FILE *stream = fopen(name, "wb");
    cr_assert(ne(ptr, stream, NULL));
    cr_assert(ge(int, fputs(content, stream), 0));
    cr_assert(eq(int, fclose(stream), 0));
}

static enum muster_status write_sample(struct sample *sample, struct muster_error *error)
{
    struct org org = sample_org(sample);
    return snapshot_write(&org, sample->digests, path, NULL, error);
}

static bool never_confirmed(const void *context)
{
    cr_expect(eq(int, *(const int *)context, 7));
    return false;
}

/* Write the sample and compare with the bytes that the picture in snapshot.h asks for. */
static void expect_bytes(struct sample *sample)
{
    cr_assert(eq(int, write_sample(sample, NULL), MUSTER_OK));
    struct buffer written = load(path);
    struct buffer expected = sample_file(sample);
    cr_expect(eq(sz, written.size, expected.size));
    for (size_t at = 0; at < written.size && at < expected.size; at++) {
        cr_assert(eq(u8, (uint8_t)written.bytes[at], (uint8_t)expected.bytes[at]), "byte %zu", at);
    }
    buffer_close(&written);
    buffer_close(&expected);
}

/* ---- The bytes --------------------------------------------------------------------------- */

Test(snapshot_write, the_file_is_what_the_picture_shows, .init = make_folder, .fini = remove_folder)
{
    struct sample sample = small_sample();
    expect_bytes(&sample);
}

/* The same in numbers, for who wants to see that the picture was understood. */
Test(snapshot_write, the_numbers_of_a_small_file_are_these, .init = make_folder,
     .fini = remove_folder)
{
    static const struct sample_user users[] = {
        {false, {"A", 1}, {"a@b.c", 5}, {"", 0}, {"Z", 1}, 0},
        {false, {"BB", 2}, {"b@b.c", 5}, {"Y", 1}, {"", 0}, ORG_NONE},
    };
    static struct org_team team = {
        .id = {"T", 1}, .name = {"Net", 3}, .parent = ORG_NONE, .manager_count = 1};
    static uint32_t manager = 1;
    struct sample sample = {.users = users,
                            .user_count = 2,
                            .teams = &team,
                            .team_count = 1,
                            .managers = &manager,
                            .manager_count = 1};
    cr_assert(eq(int, write_sample(&sample, NULL), MUSTER_OK));
    struct buffer file = load(path);
    static const unsigned char sections[] = {
        /* groups: 0, 23 */
        0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0,
        /* starts: 0, 11 */
        0, 0, 0, 0, 11, 0, 0, 0,
        /* memberships: the team, none */
        0, 0, 0, 0, 255, 255, 255, 255,
        /* teams: no parent, one manager, id of 1, name of 3, no final name, no flags */
        255, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        /* managers: the second user */
        1, 0, 0, 0,
        /* team text */
        'T', 'N', 'e', 't',
        /* records */
        1, 5, 0, 1, 'A', 'a', '@', 'b', '.', 'c', 'Z', 2, 5, 1, 0, 'B', 'B', 'b', '@', 'b', '.',
        'c', 'Y'};
    cr_assert(eq(sz, file.size, 352 + sizeof sections));
    cr_expect(eq(u64, get_number(file.bytes + 16, 8), 352 + sizeof sections));
    for (size_t at = 0; at < sizeof sections; at++) {
        cr_expect(eq(u8, (uint8_t)file.bytes[352 + at], sections[at]), "byte %zu", at);
    }
    buffer_close(&file);
}

Test(snapshot_write, an_empty_roster_is_written, .init = make_folder, .fini = remove_folder)
{
    struct sample sample = {0};
    expect_bytes(&sample);
}

Test(snapshot_write, users_without_teams_are_written, .init = make_folder, .fini = remove_folder)
{
    struct sample_user user = {.id = SPAN("X"), .email = SPAN("x@y.z"), .team = ORG_NONE};
    struct sample sample = {.users = &user, .user_count = 1};
    expect_bytes(&sample);
}

Test(snapshot_write, teams_without_users_are_written, .init = make_folder, .fini = remove_folder)
{
    struct org_team team = {.id = SPAN("T"), .name = SPAN("Net"), .parent = ORG_NONE};
    struct sample sample = {.teams = &team, .team_count = 1};
    expect_bytes(&sample);
}

Test(snapshot_write, a_roster_of_removed_users_is_an_empty_one, .init = make_folder,
     .fini = remove_folder)
{
    struct sample_user users[200];
    for (size_t index = 0; index < 200; index++) {
        users[index] = (struct sample_user){.removed = true, .id = SPAN("X"), .team = 7};
    }
    struct sample sample = {.users = users, .user_count = 200};
    cr_assert(eq(int, write_sample(&sample, NULL), MUSTER_OK));
    struct buffer file = load(path);
    cr_expect(eq(sz, file.size, 352 + 8));
    cr_expect(eq(u64, get_number(file.bytes + SAMPLE_USERS, 4), 0));
    buffer_close(&file);
}

Test(snapshot_write, values_of_any_length_are_written, .init = make_folder, .fini = remove_folder)
{
    static const size_t lens[] = {0, 254, 255, 256, 65535, 65536, 300000};
    struct sample_user users[7];
    for (size_t index = 0; index < 7; index++) {
        users[index] = (struct sample_user){.id = repeated('i', lens[index]),
                                            .email = repeated('e', lens[6 - index]),
                                            .first_name = repeated('f', lens[(index + 3) % 7]),
                                            .last_name = repeated('l', lens[(index + 5) % 7]),
                                            .team = ORG_NONE};
    }
    struct org_team team = {
        .id = users[3].id, .name = users[4].email, .final_name = users[5].id, .parent = ORG_NONE};
    struct sample sample = {.users = users, .user_count = 7, .teams = &team, .team_count = 1};
    expect_bytes(&sample);
    for (size_t index = 0; index < 7; index++) {
        free_span(users[index].id);
        free_span(users[index].email);
        free_span(users[index].first_name);
        free_span(users[index].last_name);
    }
}

Test(snapshot_write, users_of_many_groups_are_written, .init = make_folder, .fini = remove_folder)
{
    static const uint32_t counts[] = {4095, 4096, 4097, 8192, 9000};
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    for (size_t index = 0; index < sizeof counts / sizeof counts[0]; index++) {
        struct sample_user *users = many_users(counts[index]);
        struct sample sample = {
            .users = users, .user_count = counts[index], .teams = &team, .team_count = 1};
        expect_bytes(&sample);
        free_users(users);
    }
}

/* More than the writer's buffers hold of any section but the groups. */
Test(snapshot_write, what_is_larger_than_the_buffers_is_written, .init = make_folder,
     .fini = remove_folder)
{
    enum { COUNT = 1100000, TEAMS_OF = 240000, MANAGERS_OF = 5 };
    struct sample_user *users = many_users(COUNT);
    struct org_team *teams = calloc(TEAMS_OF, sizeof *teams);
    uint32_t *managers = calloc(MANAGERS_OF * TEAMS_OF, sizeof *managers);
    cr_assert(teams != NULL && managers != NULL);
    for (uint32_t index = 0; index < TEAMS_OF; index++) {
        teams[index] = (struct org_team){.id = users[index].id,
                                         .name = SPAN("Network"),
                                         .final_name = users[index].email,
                                         .parent = index > 0 ? index / 2 : ORG_NONE,
                                         .manager_count = MANAGERS_OF};
        for (uint32_t manager = 0; manager < MANAGERS_OF; manager++) {
            managers[MANAGERS_OF * index + manager] = index % 5 + manager;
        }
    }
    struct sample sample = {.users = users,
                            .user_count = COUNT,
                            .teams = teams,
                            .team_count = TEAMS_OF,
                            .managers = managers,
                            .manager_count = MANAGERS_OF * TEAMS_OF};
    expect_bytes(&sample);
    free(teams);
    free(managers);
    free_users(users);
}

Test(snapshot_write, removed_users_are_left_out_and_managers_follow, .init = make_folder,
     .fini = remove_folder)
{
    enum { COUNT = 1000 };
    struct sample_user *users = many_users(COUNT);
    uint32_t managers[COUNT];
    uint32_t manager_count = 0;
    /* Two of three are removed, and all from 128 to 255; every one that is kept is a manager. */
    for (uint32_t index = 0; index < COUNT; index++) {
        users[index].removed = index % 3 != 1 || (index >= 128 && index < 256);
        if (!users[index].removed) {
            managers[manager_count++] = index;
        }
    }
    struct org_team team = {
        .id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE, .manager_count = manager_count};
    struct sample sample = {.users = users,
                            .user_count = COUNT,
                            .teams = &team,
                            .team_count = 1,
                            .managers = managers,
                            .manager_count = manager_count};
    expect_bytes(&sample);
    struct buffer file = load(path);
    cr_assert(eq(u64, get_number(file.bytes + SAMPLE_MANAGERS, 4), manager_count));
    const char *stored = file.bytes + sample_section(&file, MANAGERS);
    for (uint32_t n = 0; n < manager_count; n++) {
        cr_expect(eq(u64, get_number(stored + 4 * n, 4), n), "the %u-th manager", n);
    }
    buffer_close(&file);
    free_users(users);
}

/* An org may keep the managers of its teams in any order, and more than it uses. */
Test(snapshot_write, managers_stand_team_by_team, .init = make_folder, .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct org org = sample_org(&sample);
    uint32_t elsewhere[] = {99, 2, 98, 3, 0, 97};
    org.managers = elsewhere;
    org.manager_count = 6;
    org.teams[1].manager_first = 3;
    org.teams[2].manager_first = 1;
    cr_assert(eq(int, snapshot_write(&org, sample.digests, path, NULL, NULL), MUSTER_OK));
    struct buffer written = load(path);
    struct buffer expected = sample_file(&sample);
    cr_expect(span_equal(buffer_view(&written), buffer_view(&expected)));
    buffer_close(&written);
    buffer_close(&expected);
}

Test(snapshot_write, the_same_roster_always_gives_the_same_bytes, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = small_sample();
    cr_assert(eq(int, write_sample(&sample, NULL), MUSTER_OK));
    struct buffer first = load(path);
    /* Written again from what was read: without the removed user and its place. */
    struct snapshot *snapshot;
    struct buffer bytes = load(path);
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, bytes.bytes, bytes.size, NULL), MUSTER_OK));
    cr_assert(eq(
        int, snapshot_write(snapshot_org(snapshot), snapshot_digests(snapshot), path, NULL, NULL),
        MUSTER_OK));
    snapshot_close(snapshot);
    buffer_close(&bytes);
    struct buffer second = load(path);
    cr_expect(span_equal(buffer_view(&first), buffer_view(&second)));
    buffer_close(&first);
    buffer_close(&second);
}

Test(snapshot_write, without_digests_none_are_said_to_be_known, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct org org = sample_org(&sample);
    cr_assert(eq(int, snapshot_write(&org, NULL, path, NULL, NULL), MUSTER_OK));
    memset(sample.digests, 0, sizeof sample.digests);
    struct buffer written = load(path);
    struct buffer expected = sample_file(&sample);
    cr_expect(span_equal(buffer_view(&written), buffer_view(&expected)));
    buffer_close(&written);
    buffer_close(&expected);
}

/* ---- The file system --------------------------------------------------------------------- */

Test(snapshot_write, the_file_is_for_its_owner_alone_whatever_was_there, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = small_sample();
    save_text(path, "something older");
    cr_assert(eq(int, chmod(path, 0644), 0));
    expect_bytes(&sample);
    struct stat status;
    cr_assert(eq(int, stat(path, &status), 0));
    cr_expect(eq(int, status.st_mode & 07777, 0600));
    cr_expect(eq(sz, count_files(), 1));
}

Test(snapshot_write, a_full_device_is_reported)
{
    struct sample sample = small_sample();
    struct org org = sample_org(&sample);
    struct muster_error error = {0};
    const char *full = "/dev/full";
    cr_assert(eq(int, snapshot_write(&org, NULL, full, NULL, &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.status, MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, ENOSPC));
    cr_expect(eq(ptr, (void *)(uintptr_t)error.subject.ptr, (void *)(uintptr_t)full));
}

/* A limit on the size of files fails writes as a full disk does, and stops root too. */
Test(snapshot_write, a_write_that_fails_half_way_leaves_the_old_file_alone, .init = make_folder,
     .fini = remove_folder)
{
    enum { COUNT = 250000 }; /* more than a buffer holds: writes fail before the end */
    struct sample_user *users = many_users(COUNT);
    struct sample sample = {.users = users, .user_count = COUNT};
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    sample.teams = &team;
    sample.team_count = 1;
    save_text(path, "something older");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    cr_assert(eq(int, getrlimit(RLIMIT_FSIZE, &before), 0));
    struct buffer file = sample_file(&sample);
    /* Nothing fits; the header fits; the groups and starts fit; all but the last byte fits. */
    const rlim_t sizes[] = {1, 400, sample_section(&file, MEMBERSHIPS), file.size - 1};
    buffer_close(&file);
    for (size_t index = 0; index < sizeof sizes / sizeof sizes[0]; index++) {
        struct rlimit limit = {sizes[index], before.rlim_max};
        cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
        struct muster_error error = {0};
        enum muster_status status = write_sample(&sample, &error);
        cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &before), 0));
        cr_expect(eq(int, status, MUSTER_UNWRITABLE));
        cr_expect(eq(int, error.os_error, EFBIG));
        struct buffer old = load(path);
        cr_expect(span_equal(buffer_view(&old), SPAN("something older")));
        buffer_close(&old);
        cr_expect(eq(sz, count_files(), 1), "a temporary file was left behind");
    }
    expect_bytes(&sample);
    free_users(users);
}

Test(snapshot_write, a_folder_that_is_not_there_is_reported, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct muster_error error = {0};
    snprintf(path, sizeof path, "%s/missing/new.snap", folder);
    cr_expect(eq(int, write_sample(&sample, &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, ENOENT));
}

Test(snapshot_write, a_folder_in_the_place_of_the_file_is_reported, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct muster_error error = {0};
    snprintf(path, sizeof path, "%s", folder);
    cr_expect(eq(int, write_sample(&sample, &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, EISDIR));
}

/* Root may write everywhere, so it becomes somebody else first. */
Test(snapshot_write, a_folder_that_may_not_be_written_is_reported, .init = make_folder)
{
    struct sample sample = small_sample();
    struct muster_error error = {0};
    cr_assert(eq(int, chmod(folder, 0555), 0));
    if (geteuid() == 0) {
        cr_assert(eq(int, seteuid(65534), 0));
    }
    cr_expect(eq(int, write_sample(&sample, &error), MUSTER_UNWRITABLE));
    cr_expect(eq(int, error.os_error, EACCES));
    (void)!seteuid(0);
    cr_expect(eq(sz, count_files(), 0));
    cr_assert(eq(int, chmod(folder, 0700), 0));
    remove_folder();
}

Test(snapshot_write, lengths_beyond_their_places_are_refused, .init = make_folder,
     .fini = remove_folder)
{
    if (SIZE_MAX <= UINT32_MAX) {
        return; /* there are no such lengths */
    }
    /* Nobody looks at the bytes of a value that is too long. */
    span endless = {"x", (size_t)UINT32_MAX + 1};
    for (int field = 0; field < 4; field++) {
        struct sample_user user = {.id = SPAN("X"), .team = ORG_NONE};
        span *fields[] = {&user.id, &user.email, &user.first_name, &user.last_name};
        *fields[field] = endless;
        struct sample sample = {.users = &user, .user_count = 1, .bare = true};
        struct muster_error error = {0};
        cr_expect(eq(int, write_sample(&sample, &error), MUSTER_TOO_LARGE));
        cr_expect(eq(int, error.status, MUSTER_TOO_LARGE));
    }
    for (int field = 0; field < 3; field++) {
        struct org_team team = {SPAN("T"), SPAN("T"), SPAN("T"), .parent = ORG_NONE};
        span *fields[] = {&team.id, &team.name, &team.final_name};
        *fields[field] = endless;
        struct sample sample = {.teams = &team, .team_count = 1};
        cr_expect(eq(int, write_sample(&sample, NULL), MUSTER_TOO_LARGE));
    }
    cr_expect(eq(sz, count_files(), 0));
}

Test(snapshot_write, counts_beyond_their_places_are_refused, .init = make_folder,
     .fini = remove_folder)
{
    struct org_team teams[300];
    for (size_t index = 0; index < 300; index++) {
        teams[index] = (struct org_team){SPAN("T"), SPAN("T"), SPAN("T"), .parent = ORG_NONE};
    }
    struct org org = {.teams = teams, .kept_user_count = ROW_COUNT_MAX + 1};
    cr_expect(eq(int, snapshot_write(&org, NULL, path, NULL, NULL), MUSTER_TOO_LARGE), "users");
    org.kept_user_count = 0;
    org.team_count = 2;
    teams[0].manager_count = teams[1].manager_count = UINT32_MAX;
    cr_expect(eq(int, snapshot_write(&org, NULL, path, NULL, NULL), MUSTER_TOO_LARGE), "managers");
    teams[0].manager_count = teams[1].manager_count = 0;
    org.team_count = 300;
    for (size_t index = 0; index < 300; index++) {
        teams[index].name = span_make("x", UINT32_MAX);
    }
    cr_expect(eq(int, snapshot_write(&org, NULL, path, NULL, NULL), MUSTER_TOO_LARGE), "text");
    cr_expect(eq(sz, count_files(), 0));
}

/* ---- There and back ---------------------------------------------------------------------- */

Test(snapshot_write, what_is_written_is_read_back, .init = make_folder, .fini = remove_folder)
{
    struct sample sample = small_sample();
    struct org org = sample_org(&sample);
    cr_assert(eq(int, write_sample(&sample, NULL), MUSTER_OK));
    struct snapshot *snapshot;
    struct buffer bytes = load(path);
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, bytes.bytes, bytes.size, NULL), MUSTER_OK));
    const struct org *read = snapshot_org(snapshot);
    struct buffer scratch = {0};
    uint32_t rank = 0;
    for (uint32_t index = 0; index < org.user_count; index++) {
        if (sample.users[index].removed) {
            continue;
        }
        struct org_user user;
        org_user_read(read, rank++, &scratch, &user);
        cr_expect(span_equal(user.id, sample.users[index].id));
        cr_expect(span_equal(user.email, sample.users[index].email));
        cr_expect(span_equal(user.first_name, sample.users[index].first_name));
        cr_expect(span_equal(user.last_name, sample.users[index].last_name));
        cr_expect(eq(u32, user.team, sample.users[index].team));
    }
    cr_expect(eq(u32, read->user_count, rank));
    cr_assert(eq(u32, read->team_count, org.team_count));
    for (uint32_t index = 0; index < org.team_count; index++) {
        cr_expect(span_equal(read->teams[index].id, org.teams[index].id));
        cr_expect(span_equal(read->teams[index].name, org.teams[index].name));
        cr_expect(span_equal(read->teams[index].final_name, org.teams[index].final_name));
        cr_expect(eq(u32, read->teams[index].parent, org.teams[index].parent));
        cr_expect(eq(u32, read->teams[index].manager_first, org.teams[index].manager_first));
        cr_expect(eq(u32, read->teams[index].manager_count, org.teams[index].manager_count));
        cr_expect(eq(int, read->teams[index].name_collides, org.teams[index].name_collides));
    }
    buffer_close(&scratch);
    snapshot_close(snapshot);
    buffer_close(&bytes);
}

Test(snapshot_write, what_is_not_confirmed_is_not_put_in_place, .init = make_folder,
     .fini = remove_folder)
{
    struct sample sample = {0};
    struct org org = sample_org(&sample);
    struct muster_error error = {0};
    const int context = 7;
    const struct snapshot_confirm confirm = {never_confirmed, &context};
    save_text(path, "old");
    cr_expect(
        eq(int, snapshot_write(&org, sample.digests, path, &confirm, &error), MUSTER_CHANGED));
    cr_expect(eq(int, error.status, MUSTER_CHANGED));
    cr_expect(eq(int, snapshot_write(&org, sample.digests, path, &confirm, NULL), MUSTER_CHANGED));
    struct stat status;
    cr_assert(eq(int, stat(path, &status), 0));
    cr_expect(eq(int, (int)status.st_size, 3));
}
