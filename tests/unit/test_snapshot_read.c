/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "snapshot/snapshot.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

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

/* The bytes of a map are judged once, and can be others afterwards. */
Test(snapshot_read, bytes_that_change_give_wrong_values_but_no_wrong_addresses)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    struct snapshot *snapshot;
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));
    memset(file.bytes, 0xff, file.size);
    const struct org *org = snapshot_org(snapshot);
    static const struct sample_user nobody = {.team = ORG_NONE};
    for (uint32_t index = 0; index < 3; index++) {
        expect_user(org, index, &nobody);
    }
    cr_expect(eq(sz, snapshot_user_record(snapshot, 0, 3).len, 0));
    /* What was copied has not changed. */
    cr_expect(eq(u32, org->managers[0], 2));
    cr_expect(eq(u32, org->teams[2].parent, 1));
    snapshot_close(snapshot);
    buffer_close(&file);
}

/* Whichever of the numbers that say where a record lies has become another one. */
Test(snapshot_read, a_number_that_changes_gives_no_wrong_address)
{
    static const uint64_t numbers[] = {0, 1, 4, 100, 0x7FFFFFFF, 0xFFFFFFF0, UINT64_MAX};
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    struct sample_user *users = many_users(4100);
    struct sample sample = {.users = users, .user_count = 4100, .teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    struct buffer other_file = sample_file(&sample);
    struct snapshot *snapshot, *other;
    cr_assert(eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, NULL), MUSTER_OK));
    cr_assert(
        eq(int, snapshot_open_bytes(&other, other_file.bytes, other_file.size, NULL), MUSTER_OK));
    const struct org *org = snapshot_org(snapshot);
    const span all = buffer_view(&file);
    const struct {
        size_t at;
        int size;
    } places[] = {{sample_section(&file, GROUPS), 8},
                  {sample_section(&file, GROUPS) + 8, 8},
                  {sample_section(&file, GROUPS) + 16, 8},
                  {sample_section(&file, STARTS) + 4 * 4, 4},
                  {sample_section(&file, STARTS) + 4099 * 4, 4},
                  {sample_section(&file, RECORDS), 4}};
    for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
        char *bytes = file.bytes + places[place].at;
        uint64_t before = get_number(bytes, places[place].size);
        for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
            set_number(bytes, numbers[index], places[place].size);
            struct buffer scratch = {0};
            for (uint32_t user = 0; user < 4100; user += user == 5 ? 4085 : 1) {
                struct org_user read;
                org_user_prefetch(org, user, true);
                org_user_read(org, user, &scratch, &read);
                cr_assert(read.id.len <= all.len);
                span run = snapshot_user_record(snapshot, user, user < 4092 ? 8 : 1);
                cr_assert(run.len <= all.len && run.ptr + run.len <= all.ptr + all.len);
                struct text_rows texts = org->source->user_texts(org, user);
                cr_assert(texts.at >= all.ptr && texts.at <= texts.end);
                cr_assert(texts.end <= all.ptr + all.len);
                cr_assert(
                    le(u32, org->source->users_alike(org, user, snapshot_org(other), user, 4), 4));
            }
            buffer_close(&scratch);
        }
        set_number(bytes, before, places[place].size);
    }
    snapshot_close(snapshot);
    snapshot_close(other);
    buffer_close(&file);
    buffer_close(&other_file);
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
    cr_expect(eq(int, sample_status(&file), MUSTER_NEWER));
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_NEWER));
    file.size = 16; /* whatever a newer file looks like */
    cr_expect(eq(int, sample_status(&file), MUSTER_NEWER));
    buffer_close(&file);
}

Test(snapshot_read, version_0_never_was)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    set_number(file.bytes + SAMPLE_VERSION, 0, 4);
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    buffer_close(&file);
}

Test(snapshot_read, nothing_is_no_snapshot)
{
    struct snapshot *snapshot;
    struct muster_error error = {0};
    cr_expect(eq(int, snapshot_open_bytes(&snapshot, "", 0, &error), MUSTER_NOT_SNAPSHOT));
    cr_expect(eq(ptr, snapshot, NULL));
    cr_expect(eq(int, error.status, MUSTER_NOT_SNAPSHOT));
}

Test(snapshot_read, a_damaged_file_is_refused)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    struct snapshot *snapshot;
    struct muster_error error = {0};
    file.bytes[file.size - 1] ^= 1;
    cr_expect(
        eq(int, snapshot_open_bytes(&snapshot, file.bytes, file.size, &error), MUSTER_DAMAGED));
    cr_expect(eq(ptr, snapshot, NULL));
    cr_expect(eq(int, error.status, MUSTER_DAMAGED));
    cr_expect(eq(int, error.os_error, 0));
    buffer_close(&file);
}
