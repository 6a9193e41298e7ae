/* SPDX-License-Identifier: MIT */
/*
 * What tests of several suites share: spans for Criterion, bytes that end before a page that is
 * not there, a temporary folder, rosters and their findings as text.
 *
 * Nothing here may be asked from two threads. Whatever a test does not close goes with its process.
 */
#ifndef MUSTER_TESTS_SUPPORT_H
#define MUSTER_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"
#include "muster.h"

/* AddressSanitizer slows everything down and has its own ideas about memory and signals. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* Whether these words stand in a text. */
bool span_holds(span text, const char *words);

/* For cr_expect(eq(type(span), got, want)): compared by their bytes, absent is not empty. */
int cr_user_span_eq(const span *left, const span *right);
char *cr_user_span_tostr(const span *text);

/* The bytes that a buffer holds; for comparing. */
#define BUFFER_SPAN(buffer) buffer_view(&(buffer))

/* ---- Bytes before a page that is not there ----------------------------------------------- */

/* The last byte of the copy is the last one that may be touched. */
struct guarded {
    unsigned char *bytes;
    size_t size;
    void *pages;
    size_t pages_size;
};

void guarded_open(struct guarded *guarded, const void *bytes, size_t size);
void guarded_close(struct guarded *guarded);
static inline span guarded_span(const struct guarded *guarded)
{
    return span_make(guarded->bytes, guarded->size);
}

/* ---- Files ------------------------------------------------------------------------------- */

/* A folder of this test's own; gives its path. It is removed, with what is in it, at exit. */
const char *folder_open(void);
/* Remove it earlier, where the test ends without an exit. */
void folder_close(void);
/* A path in that folder. The last 8 of them stay valid. */
const char *folder_path(const char *name);
/* Write a file of that folder and give its path. */
const char *folder_write(const char *name, span bytes);
/* All bytes of a file; the caller frees them. */
span file_read(const char *path);

/* ---- Random numbers ---------------------------------------------------------------------- */

/* The same numbers in every run; `state` is the seed. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return random_next(state) % bound;
}

/* ---- Rosters ----------------------------------------------------------------------------- */

#define USERS_HEADER       "id,email,first_name,last_name,team_id\n"
#define TEAMS_HEADER       "id,name,manager_ids,parent_team_id\n"
#define DEPROVISION_HEADER "id,email,first_name,last_name\n"

/*
 * A roster from the text of its files, NULL for a file that is missing; the text has to outlive the
 * roster. Fails the test where it cannot be opened. `options` may be NULL.
 */
struct muster_roster *roster_of(const char *users, const char *teams,
                                const struct muster_options *options);
struct muster_roster *roster_of_spans(const span files[MUSTER_FILE_COUNT],
                                      const struct muster_options *options);

/*
 * Findings one a line, in the order in which they come:
 *
 *     error duplicate-user-id users:3 id "X1" related users:2
 *
 * `-` stands for what is absent. Bytes outside of printable ASCII are shown as \xNN. The text lives
 * until the next call.
 */
span findings_of(struct muster_roster *roster);

/* Users and teams that are kept, one a line: `X1,ann@example.com,Ann,Lee,T1` and
 * `T1,IT,final name,parent,X1 X2`. Lives until the next call. */
span kept_of(struct muster_roster *roster);

/* A muster_write that appends to the struct buffer `context`. */
bool write_to_buffer(void *context, const char *bytes, size_t size);

#endif
