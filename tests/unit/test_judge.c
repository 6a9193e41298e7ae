/* SPDX-License-Identifier: MIT */
/* Snapshots that are not what was written, from flipped bits to contradictions under checksums that
 * are right. */
#include "snapshot/judge.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "snapshot/checksum.h"
#include "snapshot_sample.h"

/* ---- Damage that a checksum finds -------------------------------------------------------- */

Test(judge, every_single_bit_that_flips_is_found)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        file.bytes[bit / 8] ^= (char)(1 << (bit % 8));
        enum muster_status status = sample_status(&file);
        bool told = status == MUSTER_DAMAGED || (bit / 8 < 8 && status == MUSTER_NOT_SNAPSHOT) ||
                    (bit / 32 == SAMPLE_VERSION / 4 && status == MUSTER_NEWER);
        cr_assert(told, "bit %zu gave status %d", bit, (int)status);
        file.bytes[bit / 8] ^= (char)(1 << (bit % 8));
    }
    cr_expect(eq(int, sample_status(&file), MUSTER_OK));
    buffer_close(&file);
}

Test(judge, every_truncation_and_every_addition_is_found)
{
    struct sample sample = small_sample();
    struct buffer file = sample_file(&sample);
    size_t size = file.size;
    for (file.size = 0; file.size < size; file.size++) {
        enum muster_status status = sample_status(&file);
        enum muster_status expected = file.size < 8 ? MUSTER_NOT_SNAPSHOT : MUSTER_DAMAGED;
        cr_assert(eq(int, status, expected), "%zu bytes of %zu", file.size, size);
    }
    buffer_byte(&file, '\0');
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    buffer_close(&file);
}

Test(judge, damage_in_a_large_file_is_found_wherever_it_is)
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
    {"more records", -1, SAMPLE_SECTIONS + 6 * 32 + 8, 8, 59},
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

Test(judge, no_checksum_makes_a_contradiction_true)
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
        cr_expect(eq(int, sample_status(&forged), MUSTER_DAMAGED), "%s", forgery->what);
        buffer_close(&forged);
    }
    buffer_close(&file);
}

/* Every byte takes on every value that is special somewhere. What opens all the same must be
 * readable to the last byte; sample_read looks at all of it. */
Test(judge, bytes_set_at_will_under_right_checksums_do_no_harm)
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
            opened += sample_read(&forged, &sum) == MUSTER_OK;
            buffer_close(&forged);
        }
    }
    /* Text may be anything, so much of it opens; the structure may not. */
    cr_expect(opened > 0);
    cr_expect(ne(u64, sum, 0));
    buffer_close(&file);
}

/* A record of the long form whose long length would have had room in a byte. */
Test(judge, there_is_one_way_only_to_write_a_length)
{
    span id = repeated('i', 255);
    struct sample_user user = {.id = id, .email = SPAN("e"), .team = ORG_NONE};
    struct sample sample = {.users = &user, .user_count = 1};
    struct buffer file = sample_file(&sample);
    size_t records = sample_section(&file, RECORDS);
    cr_assert(eq(u64, get_number(file.bytes + records + 4, 4), 255));
    cr_assert(eq(int, sample_status(&file), MUSTER_OK));
    /* 254 bytes of id and two of e-mail fill the record as well. */
    set_number(file.bytes + records + 1, 2, 1);
    set_number(file.bytes + records + 4, 254, 4);
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    buffer_close(&file);
    free_span(id);
}

Test(judge, there_is_one_way_only_to_write_a_name)
{
    struct org_team team = {
        .id = SPAN("T"), .name = SPAN("AB"), .final_name = SPAN("AC"), .parent = ORG_NONE};
    struct sample sample = {.teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    cr_assert(eq(int, sample_status(&file), MUSTER_OK));
    char *last = file.bytes + sample_section(&file, TEAM_TEXT) + 4;
    cr_assert(eq(chr, *last, 'C'));
    *last = 'B';
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    buffer_close(&file);
}

Test(judge, records_do_not_fit_into_no_bytes_nor_fill_gigabytes)
{
    static const unsigned char records[8] = {0}, starts[4] = {0};
    cr_expect(records_are_sound(records, starts, 1, 4), "four empty values");
    cr_expect(not(records_are_sound(records, starts, 1, 3)));
    cr_expect(not(records_are_sound(records, starts, 1, 0)));
    cr_expect(not(records_are_sound(records, starts, 1, (uint64_t)INT32_MAX + 1)));
}

/* Which processor has what is not ours to choose; that all give the same is. */
Test(judge, a_checksum_is_the_same_on_every_processor)
{
    unsigned char bytes[1000];
    for (size_t index = 0; index < sizeof bytes; index++) {
        bytes[index] = (unsigned char)(index * 131 >> 3);
    }
    for (int has_avx2 = 0; has_avx2 < (__builtin_cpu_supports("avx2") ? 2 : 1); has_avx2++) {
        for (size_t size = 0; size <= sizeof bytes; size += 37) {
            struct checksum_state state;
            checksum_start(&state);
            checksum_add_fitting(has_avx2 != 0)(&state, bytes, size / 3);
            checksum_add_fitting(has_avx2 != 0)(&state, bytes + size / 3, size - size / 3);
            XXH128_hash_t want = XXH3_128bits(bytes, size);
            struct checksum got = checksum_end(&state);
            cr_expect(eq(u64, got.low, want.low64));
            cr_expect(eq(u64, got.high, want.high64));
        }
    }
}

Test(judge, an_endless_long_length_is_found)
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
        cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    }
    buffer_close(&file);
    free_span(id);
}

/* Among 300 users the first 256 are judged by their four lengths together. */
Test(judge, a_length_of_255_is_never_taken_for_a_short_one)
{
    struct org_team team = {.id = SPAN("T"), .name = SPAN("T"), .parent = ORG_NONE};
    struct sample_user *users = many_users(300);
    span name = repeated('x', 254);
    users[100].last_name = name;
    struct sample sample = {.users = users, .user_count = 300, .teams = &team, .team_count = 1};
    struct buffer file = sample_file(&sample);
    cr_assert(eq(int, sample_status(&file), MUSTER_OK));
    /* One byte more for the last name, one less for the first name: the sum is the same. */
    size_t start = (size_t)get_number(file.bytes + sample_section(&file, STARTS) + 400, 4);
    char *lengths = file.bytes + sample_section(&file, RECORDS) + start;
    cr_assert(eq(u64, get_number(lengths + 2, 2), 3 + (254 << 8)));
    set_number(lengths + 2, 2 + (255 << 8), 2);
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    buffer_close(&file);
    free_span(name);
    free_users(users);
}

/* The id ends in what could be a record of its own, of four empty values. */
Test(judge, the_first_record_begins_where_the_records_do)
{
    struct sample_user user = {.id = SPAN("abcd\0\0\0\0"), .team = ORG_NONE};
    struct sample sample = {.users = &user, .user_count = 1};
    struct buffer file = sample_file(&sample);
    cr_assert(eq(int, sample_status(&file), MUSTER_OK));
    set_number(file.bytes + sample_section(&file, STARTS), 8, 4);
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    buffer_close(&file);
}

Test(judge, a_record_that_is_cut_off_is_found)
{
    struct sample_user users[] = {{.id = SPAN("AB"), .team = ORG_NONE}, {.team = ORG_NONE}};
    struct sample sample = {.users = users, .user_count = 2};
    struct buffer file = sample_file(&sample);
    size_t starts = sample_section(&file, STARTS);
    size_t records = sample_section(&file, RECORDS);
    cr_assert(eq(sz, sample_section_size(&file, RECORDS), 6 + 4));
    cr_assert(eq(int, sample_status(&file), MUSTER_OK));
    /* The last one in the long form, with no room for a long length. */
    set_number(file.bytes + records + 6, 255, 1);
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    set_number(file.bytes + records + 6, 0, 1);
    /* The first one longer, so that the second has two of its lengths only, or none. */
    for (uint64_t len = 4; len < 8; len++) {
        set_number(file.bytes + records, len, 1);
        set_number(file.bytes + starts + 4, 4 + len, 4);
        sample_seal(&file);
        cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    }
    buffer_close(&file);
}

/* In each of the places that are judged apart: whole blocks of 256, the rest, the last. */
Test(judge, a_wrong_start_is_found_wherever_it_stands_in_a_group)
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
            cr_expect(eq(int, sample_status(&file), expected), "start %u of user %u", wrong[n],
                      places[index]);
        }
        set_number(start, right + 1, 4);
        sample_seal(&file);
        cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED), "user %u", places[index]);
        set_number(start, right, 4);
    }
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_OK));
    buffer_close(&file);
    free_users(users);
}

Test(judge, groups_that_do_not_ascend_are_found)
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
        cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    }
    buffer_close(&file);
    free_users(users);
}

/* ---- Size -------------------------------------------------------------------------------- */

/* A million teams, each below the one before it: depth must cost nothing but time, and little. */
Test(judge, a_chain_of_a_million_teams_is_climbed_and_closed, .timeout = 60)
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
    cr_expect(eq(int, sample_status(&file), MUSTER_OK));
    /* The first below the last. */
    set_number(file.bytes + sample_section(&file, TEAMS), COUNT - 1, 4);
    sample_seal(&file);
    cr_expect(eq(int, sample_status(&file), MUSTER_DAMAGED));
    buffer_close(&file);
    /* The other way round: every climb from the first to the last would be quadratic. */
    for (uint32_t index = 0; index < COUNT; index++) {
        teams[index].parent = index + 1 < COUNT ? index + 1 : ORG_NONE;
    }
    file = sample_file(&sample);
    cr_expect(eq(int, sample_status(&file), MUSTER_OK));
    buffer_close(&file);
    free(teams);
}
