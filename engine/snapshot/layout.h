/* SPDX-License-Identifier: MIT */
/*
 * What the writer and the reader of snapshots must agree on. The picture is in snapshot.h; a
 * change here is a new version.
 */
#ifndef MUSTER_SNAPSHOT_LAYOUT_H
#define MUSTER_SNAPSHOT_LAYOUT_H

#include <stdint.h>

#include "base/little_endian.h"
#include "muster.h"
#include "snapshot/checksum.h"
#include "snapshot/snapshot.h"

#define SNAPSHOT_VERSION     1U
#define SNAPSHOT_HEADER_SIZE 352U

/* Starts are 32 bits wide and must reach over a group, whatever the values: 4096 users with four
 * of the longest values that an export can have come to a quarter of that. */
#ifndef GROUP_SHIFT
#define GROUP_SHIFT 12
#endif
#define GROUP_USERS (1U << GROUP_SHIFT)

#define TEAM_ENTRY_SIZE 24U
#define TEAM_RENAMED    1U
#define TEAM_COLLIDES   2U

#define RECORD_HEADER_SIZE 4U
#define RECORD_LONG_SIZE   4U /* of a length that is TEXT_LONG or more */

enum section {
    SECTION_GROUPS,
    SECTION_STARTS,
    SECTION_MEMBERSHIPS,
    SECTION_TEAMS,
    SECTION_MANAGERS,
    SECTION_TEAM_TEXT,
    SECTION_RECORDS,
    SECTION_COUNT
};

struct section_entry {
    uint64_t offset;
    uint64_t size;
    struct checksum checksum;
};

struct layout {
    uint32_t user_count;
    uint32_t team_count;
    uint32_t manager_count;
    uint64_t file_size;
    struct snapshot_digest digests[MUSTER_FILE_COUNT];
    struct section_entry sections[SECTION_COUNT];
};

/*
 * From the counts and the sizes of the two sections of text: the other sizes, the offsets and the
 * size of the file. Both sizes must be at most FILE_SIZE_MAX.
 */
void layout_arrange(struct layout *layout);

/* The header that describes the layout, with its own checksum. */
void layout_store(const struct layout *layout, unsigned char header[SNAPSHOT_HEADER_SIZE]);

/*
 * Judge and read the header of a file of `size` bytes, of which `bytes` holds the first, up to
 * SNAPSHOT_HEADER_SIZE. After MUSTER_OK every section lies in the file and has the size that
 * its count implies. Otherwise MUSTER_NOT_SNAPSHOT, MUSTER_NEWER or MUSTER_DAMAGED.
 */
MUSTER_CHECKED enum muster_status layout_load(struct layout *layout, const unsigned char *bytes,
                                              uint64_t size);

/* Not 0 where one of the four lengths at the beginning of a record stands elsewhere. */
static inline uint32_t lengths_long_bits(uint32_t lengths)
{
    return (~lengths - 0x01010101U) & lengths & 0x80808080U;
}

static inline uint32_t lengths_sum(uint32_t lengths)
{
    uint32_t pairs = (lengths & 0x00FF00FFU) + (lengths >> 8 & 0x00FF00FFU);
    return (pairs + (pairs >> 16)) & 0x7FFU;
}

static inline uint64_t group_count(uint32_t user_count)
{
    return ((uint64_t)user_count + GROUP_USERS - 1) >> GROUP_SHIFT;
}

#endif
