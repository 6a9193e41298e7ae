/* SPDX-License-Identifier: MIT */
/*
 * Snapshots. Either the input is an export, which must survive being written and read again, or it
 * is a snapshot whose checksums are mended here, because nobody who damages one on purpose leaves
 * them as they were: then it is refused, or everything in it can be looked at, and writing it
 * again gives the same bytes.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diff/diff.h"
#include "plan/plan.h"
#include "roster.h"
#include "snapshot/layout.h"
#include "snapshot/snapshot.h"

#define CHOICE_BYTES   0x01U
#define CHOICE_ARRANGE 0x02U

#define COUNT_MASK     0x3FU
#define TEXT_SIZE_MASK 0x3FFU

#define AT_USER_COUNT 24
#define AT_SECTIONS   112
#define SECTION_SIZE  32

/* A file in memory, which snapshots are written to. It stays open from input to input. */
static int memory_file(char *path, size_t path_size)
{
    static int file = -1;
    if (file < 0) {
        file = memfd_create("snapshot", MFD_CLOEXEC);
        fuzz_require(file >= 0, "there is a file in memory");
    }
    fuzz_require(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0, "it can be emptied");
    (void)snprintf(path, path_size, "/proc/self/fd/%d", file);
    return file;
}

static void file_read(int file, struct buffer *bytes)
{
    struct stat status;
    fuzz_require(fstat(file, &status) == 0, "it has a size");
    size_t size = (size_t)status.st_size;
    char *room = buffer_reserve(bytes, size);
    fuzz_require(room != NULL && pread(file, room, size, 0) == (ssize_t)size, "it can be read");
    bytes->size = size;
}

static void org_write(const struct org *org, const struct snapshot_digest *digests,
                      struct buffer *bytes)
{
    char path[64];
    int file = memory_file(path, sizeof path);
    buffer_clear(bytes);
    fuzz_require(snapshot_write(org, digests, path, NULL, NULL) == MUSTER_OK, "it can be written");
    file_read(file, bytes);
}

/* Ask for everything. What is not true of the text may be strange, but has to be somewhere. */
static size_t org_walk(const struct org *org)
{
    struct buffer scratch = {0};
    size_t sum = 0;
    for (uint32_t user = 0; user < org->user_count; user++) {
        struct org_user found;
        if (org_user_kept(org, user)) {
            org_user_read(org, user, &scratch, &found);
            fuzz_require(found.team == ORG_NONE || found.team < org->team_count, "teams exist");
            const span values[] = {found.id, found.email, found.first_name, found.last_name};
            for (size_t value = 0; value < 4; value++) {
                for (size_t at = 0; at < values[value].len; at++) {
                    sum += (unsigned char)values[value].ptr[at];
                }
            }
        }
    }
    for (uint32_t team = 0; team < org->team_count; team++) {
        const struct org_team *found = &org->teams[team];
        fuzz_require(found->parent == ORG_NONE || found->parent < org->team_count, "so do parents");
        for (uint32_t n = 0; n < found->manager_count; n++) {
            fuzz_require(org->managers[found->manager_first + n] < org->user_count, "and managers");
        }
        sum += found->id.len + found->name.len + found->final_name.len;
    }
    buffer_close(&scratch);
    return sum;
}

/* Comparing and planning must end, whatever the rosters are. */
static void org_use(const struct org *org)
{
    struct diff *diff;
    struct plan *plan;
    struct muster_difference difference;
    fuzz_require(diff_open(&diff, org, org, 1) == MUSTER_OK, "it compares");
    while (diff_next(diff, &difference)) {
    }
    diff_close(diff);
    fuzz_require(plan_open(&plan, org, org, NULL, NULL) == MUSTER_OK, "it plans");
    struct org *result = NULL;
    size_t step = 0;
    if (plan_replay(&result, plan, &step) == MUSTER_OK) {
        (void)org_walk(result);
        plan_result_close(result);
    }
    plan_close(plan);
}

/* Sections of a size that fits: what the counts say, then as much text as there is. */
static void sections_arrange(struct layout *layout, uint64_t size)
{
    uint64_t *team_text = &layout->sections[SECTION_TEAM_TEXT].size;
    uint64_t *records = &layout->sections[SECTION_RECORDS].size;
    *team_text &= TEXT_SIZE_MASK;
    *records = 0;
    layout_arrange(layout);
    if (layout->file_size > size) {
        *layout = (struct layout){.user_count = 0};
        layout_arrange(layout);
    }
    *records = size - layout->file_size;
    layout_arrange(layout);
}

/* Make a header that fits the bytes behind it as far as a header can. */
static void header_mend(unsigned char *bytes, size_t size, bool arrange)
{
    struct layout layout = {.user_count = load_u32(bytes + AT_USER_COUNT),
                            .team_count = load_u32(bytes + AT_USER_COUNT + 4),
                            .manager_count = load_u32(bytes + AT_USER_COUNT + 8)};
    for (size_t index = 0; index < SECTION_COUNT; index++) {
        const unsigned char *entry = bytes + AT_SECTIONS + index * SECTION_SIZE;
        layout.sections[index].offset = load_u64(entry);
        layout.sections[index].size = load_u64(entry + 8);
    }
    layout.file_size = size;
    if (arrange) {
        layout.user_count &= COUNT_MASK;
        layout.team_count &= COUNT_MASK;
        layout.manager_count &= COUNT_MASK;
        sections_arrange(&layout, size);
    }
    for (size_t index = 0; index < SECTION_COUNT; index++) {
        struct section_entry *entry = &layout.sections[index];
        if (entry->offset <= size && entry->size <= size - entry->offset) {
            entry->checksum = checksum_bytes(bytes + entry->offset, (size_t)entry->size);
        }
    }
    layout_store(&layout, bytes);
}

static void bytes_judge(span input, bool arrange)
{
    unsigned char *bytes = malloc(input.len > 0 ? input.len : 1);
    fuzz_require(bytes != NULL, "there is memory");
    if (input.len > 0) {
        memcpy(bytes, input.ptr, input.len);
    }
    if (input.len >= SNAPSHOT_HEADER_SIZE) {
        header_mend(bytes, input.len, arrange);
    }
    struct snapshot *snapshot = NULL;
    enum muster_status status = snapshot_open_bytes(&snapshot, bytes, input.len, NULL);
    fuzz_require((status == MUSTER_OK) == (snapshot != NULL), "a result or a reason");
    if (status == MUSTER_OK) {
        struct buffer again = {0};
        (void)org_walk(snapshot_org(snapshot));
        org_use(snapshot_org(snapshot));
        org_write(snapshot_org(snapshot), snapshot_digests(snapshot), &again);
        fuzz_require(span_equal(buffer_view(&again), span_make(bytes, input.len)),
                     "there is one way only to write a roster");
        buffer_close(&again);
    }
    snapshot_close(snapshot);
    free(bytes);
}

static void export_judge(span input)
{
    const struct muster_options options = {.jobs = 1};
    struct fuzz_export files = fuzz_export_take(&input, MUSTER_FILE_COUNT);
    struct muster_roster *roster = fuzz_open(&files, &options);
    if (roster_complete(roster) == MUSTER_OK) {
        struct buffer first = {0};
        struct buffer again = {0};
        struct snapshot *snapshot = NULL;
        org_write(roster->org, NULL, &first);
        fuzz_require(snapshot_open_bytes(&snapshot, first.bytes, first.size, NULL) == MUSTER_OK,
                     "what was written can be read");
        org_write(snapshot_org(snapshot), NULL, &again);
        fuzz_require(span_equal(buffer_view(&first), buffer_view(&again)),
                     "the same roster gives the same bytes");
        struct muster_roster kept = {.org = snapshot_org(snapshot)};
        fuzz_require_same(roster, &kept);
        buffer_close(&kept.scratch);
        snapshot_close(snapshot);
        buffer_close(&first);
        buffer_close(&again);
    }
    muster_roster_close(roster);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    if ((choices & CHOICE_BYTES) != 0) {
        bytes_judge(input, (choices & CHOICE_ARRANGE) != 0);
    } else {
        export_judge(input);
    }
    return 0;
}
