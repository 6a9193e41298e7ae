/* SPDX-License-Identifier: MIT */
/* What is behind a struct muster_roster; shared by the files of the facade (muster_*.c) alone. */
#ifndef MUSTER_ROSTER_H
#define MUSTER_ROSTER_H

#include "base/findings.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "csv/source.h"
#include "muster.h"
#include "org/org_export.h"
#include "snapshot/snapshot.h"
#include "table/table.h"

/* One file of an export with all that was found in it. */
struct roster_file {
    bool present;
    bool sound; /* present and without a fatal finding */
    struct source *source;
    struct table table;
    struct finding_list values;
    struct finding_list cases;
};

/*
 * A roster comes from an export, from a snapshot, or from a plan that was carried out; `org` is the
 * organisation of any of them.
 */
struct muster_roster {
    const struct org *org;
    struct roster_file files[MUSTER_FILE_COUNT];
    struct org_export built;
    struct org deprovision; /* the users of the deprovision file */
    struct source *snapshot_source;
    struct snapshot *snapshot;
    struct org *replayed;
    struct parallel *parallel; /* while it is opened */
    unsigned jobs;
    span *roots;
    size_t root_count;
    span roots_named;                      /* as in struct muster_options */
    uint8_t severities[MUSTER_CODE_COUNT]; /* MUSTER_IGNORED or an enum muster_severity */
    struct muster_summary summary;
    struct buffer scratch;     /* values of muster_roster_user */
    enum muster_status status; /* of all calls of it */
    struct arena arena;
};

/* The lists of one file in the order of the passes; a cursor merges them by key. */
#define FINDING_LIST_MAX 10
size_t roster_lists(const struct muster_roster *roster, enum muster_file file,
                    const struct finding_list **lists);

/* MUSTER_IGNORED or an enum muster_severity. */
unsigned roster_severity(const struct muster_roster *roster, const struct finding *finding);

/* MUSTER_OK where both users and teams stand, else why not. */
enum muster_status roster_complete(const struct muster_roster *roster);

/* Whether the roster has users at all, in whatever form. */
bool roster_has(const struct muster_roster *roster, enum muster_file file);

/* As muster_roster_open, for an origin that is none of a snapshot. `beside` (or NULL) is done by
 * one of the threads meanwhile; not where none are wanted. */
enum muster_status roster_open_beside(struct muster_roster **result,
                                      const struct muster_origin *origin,
                                      struct muster_error *error, const struct errand *beside);

enum muster_status roster_fail(struct muster_error *error, enum muster_status status);

#endif
