/* SPDX-License-Identifier: MIT */
#include "snapshot/layout.h"

#include "base/limits.h"

/* Places in the header; the picture is in snapshot.h. */
#define AT_VERSION       8
#define AT_HEADER_SIZE   12
#define AT_FILE_SIZE     16
#define AT_USER_COUNT    24
#define AT_TEAM_COUNT    28
#define AT_MANAGER_COUNT 32
#define AT_ZERO          36
#define AT_DIGESTS       40
#define AT_SECTIONS      112
#define AT_CHECKSUM      336

#define DIGEST_ENTRY_SIZE  24
#define SECTION_ENTRY_SIZE 32

/* The bytes that every version has in common: magic, version, size of the header. */
#define COMMON_SIZE 16

/* No text begins like this, in no encoding; and a transfer as text would spoil it. */
static const unsigned char magic[] = {0x89, 'm', 'u', 's', 't', 'e', 'r', '\n'};

bool snapshot_recognise(const void *bytes, size_t size)
{
    return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

void layout_arrange(struct layout *layout)
{
    struct section_entry *sections = layout->sections;
    sections[SECTION_GROUPS].size = (group_count(layout->user_count) + 1) * sizeof(uint64_t);
    sections[SECTION_STARTS].size = (uint64_t)layout->user_count * sizeof(uint32_t);
    sections[SECTION_MEMBERSHIPS].size = (uint64_t)layout->user_count * sizeof(uint32_t);
    sections[SECTION_TEAMS].size = (uint64_t)layout->team_count * TEAM_ENTRY_SIZE;
    sections[SECTION_MANAGERS].size = (uint64_t)layout->manager_count * sizeof(uint32_t);
    uint64_t at = SNAPSHOT_HEADER_SIZE;
    for (size_t index = 0; index < SECTION_COUNT; index++) {
        sections[index].offset = at;
        at += sections[index].size;
    }
    layout->file_size = at;
}

static void checksum_store(unsigned char *bytes, struct checksum checksum)
{
    store_u64(bytes, checksum.low);
    store_u64(bytes + 8, checksum.high);
}

static struct checksum checksum_load(const unsigned char *bytes)
{
    return (struct checksum){.low = load_u64(bytes), .high = load_u64(bytes + 8)};
}

void layout_store(const struct layout *layout, unsigned char header[SNAPSHOT_HEADER_SIZE])
{
    memset(header, 0, SNAPSHOT_HEADER_SIZE);
    memcpy(header, magic, sizeof magic);
    store_u32(header + AT_VERSION, SNAPSHOT_VERSION);
    store_u32(header + AT_HEADER_SIZE, SNAPSHOT_HEADER_SIZE);
    store_u64(header + AT_FILE_SIZE, layout->file_size);
    store_u32(header + AT_USER_COUNT, layout->user_count);
    store_u32(header + AT_TEAM_COUNT, layout->team_count);
    store_u32(header + AT_MANAGER_COUNT, layout->manager_count);
    unsigned char *at = header + AT_DIGESTS;
    for (size_t file = 0; file < MUSTER_FILE_COUNT; file++, at += DIGEST_ENTRY_SIZE) {
        const struct snapshot_digest *digest = &layout->digests[file];
        store_u64(at, digest->present ? digest->size : 0);
        store_u64(at + 8, digest->present ? digest->digest : 0);
        store_u32(at + 16, digest->present ? 1 : 0);
    }
    at = header + AT_SECTIONS;
    for (size_t index = 0; index < SECTION_COUNT; index++, at += SECTION_ENTRY_SIZE) {
        store_u64(at, layout->sections[index].offset);
        store_u64(at + 8, layout->sections[index].size);
        checksum_store(at + 16, layout->sections[index].checksum);
    }
    checksum_store(header + AT_CHECKSUM, checksum_bytes(header, AT_CHECKSUM));
}

static bool digests_load(struct layout *layout, const unsigned char *header)
{
    bool sound = true;
    const unsigned char *at = header + AT_DIGESTS;
    for (size_t file = 0; file < MUSTER_FILE_COUNT; file++, at += DIGEST_ENTRY_SIZE) {
        struct snapshot_digest *digest = &layout->digests[file];
        uint32_t present = load_u32(at + 16);
        digest->present = present == 1;
        digest->size = load_u64(at);
        digest->digest = load_u64(at + 8);
        sound = sound && present <= 1 && load_u32(at + 20) == 0;
        sound = sound && (present == 1 || (digest->size == 0 && digest->digest == 0));
    }
    return sound;
}

/* The table of sections says nothing that does not follow from the counts and two sizes: it is
 * compared with what it has to be, and the file with the sum. */
static bool sections_load(struct layout *layout, const unsigned char *header)
{
    struct section_entry stored[SECTION_COUNT];
    const unsigned char *at = header + AT_SECTIONS;
    for (size_t index = 0; index < SECTION_COUNT; index++, at += SECTION_ENTRY_SIZE) {
        stored[index].offset = load_u64(at);
        stored[index].size = load_u64(at + 8);
        stored[index].checksum = checksum_load(at + 16);
        if (stored[index].size > FILE_SIZE_MAX) {
            return false;
        }
        layout->sections[index] = stored[index];
    }
    layout_arrange(layout);
    bool sound = true;
    for (size_t index = 0; index < SECTION_COUNT; index++) {
        sound = sound && layout->sections[index].offset == stored[index].offset;
        sound = sound && layout->sections[index].size == stored[index].size;
    }
    return sound;
}

enum muster_status layout_load(struct layout *layout, const unsigned char *bytes, uint64_t size)
{
    if (!snapshot_recognise(bytes, size < COMMON_SIZE ? (size_t)size : COMMON_SIZE)) {
        return MUSTER_NOT_SNAPSHOT;
    }
    if (size < COMMON_SIZE) {
        return MUSTER_DAMAGED;
    }
    /* Nothing more can be said of a newer file: where its checksum stands is not known here. */
    if (load_u32(bytes + AT_VERSION) > SNAPSHOT_VERSION) {
        return MUSTER_NEWER;
    }
    if (load_u32(bytes + AT_VERSION) != SNAPSHOT_VERSION || size < SNAPSHOT_HEADER_SIZE ||
        !checksum_equal(checksum_load(bytes + AT_CHECKSUM), checksum_bytes(bytes, AT_CHECKSUM))) {
        return MUSTER_DAMAGED;
    }
    layout->user_count = load_u32(bytes + AT_USER_COUNT);
    layout->team_count = load_u32(bytes + AT_TEAM_COUNT);
    layout->manager_count = load_u32(bytes + AT_MANAGER_COUNT);
    bool sound = load_u32(bytes + AT_HEADER_SIZE) == SNAPSHOT_HEADER_SIZE &&
                 load_u64(bytes + AT_FILE_SIZE) == size && load_u32(bytes + AT_ZERO) == 0 &&
                 layout->user_count <= ROW_COUNT_MAX && layout->team_count <= ROW_COUNT_MAX &&
                 digests_load(layout, bytes) && sections_load(layout, bytes) &&
                 layout->file_size == size;
    return sound ? MUSTER_OK : MUSTER_DAMAGED;
}
