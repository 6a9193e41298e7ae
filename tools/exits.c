/* SPDX-License-Identifier: MIT */
#include "exits.h"

#include <string.h>

#include "stream.h"
#include "terminal.h"

static int status_exit(enum muster_status status)
{
    switch (status) {
    case MUSTER_OK:
        return EXIT_DONE;
    case MUSTER_UNREADABLE:
    case MUSTER_CHANGED:
    case MUSTER_TOO_LARGE:
    case MUSTER_NOT_SNAPSHOT:
    case MUSTER_NEWER:
    case MUSTER_DAMAGED:
    case MUSTER_UNWRITABLE:
        return EXIT_UNREADABLE;
    case MUSTER_INCOMPLETE:
        return EXIT_USAGE;
    case MUSTER_FATAL_FINDING:
        return EXIT_FINDINGS;
    case MUSTER_NO_MEMORY:
    case MUSTER_INVALID_STEP:
        break;
    }
    return EXIT_INTERNAL;
}

static const char *status_hint(enum muster_status status)
{
    switch (status) {
    case MUSTER_CHANGED:
        return "run again once it is written completely";
    case MUSTER_NOT_SNAPSHOT:
        return "give a snapshot made by muster snapshot, or the folder that holds the CSV files";
    case MUSTER_DAMAGED:
        return "make it again from the CSV files, or take it from a backup";
    case MUSTER_NEWER:
        return "update muster, or make the snapshot again with this version";
    default:
        return NULL;
    }
}

int status_complain(enum muster_status status, const struct muster_error *error,
                    const char *subject)
{
    struct muster_span about = error != NULL ? error->subject : (struct muster_span){NULL, 0};
    if (about.ptr == NULL && subject != NULL) {
        about = (struct muster_span){subject, strlen(subject)};
    }
    if (about.ptr != NULL && about.len == 1 && about.ptr[0] == '-') {
        about = (struct muster_span){"standard input", strlen("standard input")};
    }
    const char *reason = error != NULL && error->os_error != 0 ? strerror(error->os_error)
                                                               : muster_status_text(status);
    if (about.ptr == NULL) {
        complain("%s", reason);
    } else if (status == MUSTER_UNREADABLE) {
        complain("cannot read %.*s: %s", (int)about.len, about.ptr, reason);
    } else if (status == MUSTER_UNWRITABLE) {
        complain("cannot write %.*s: %s", (int)about.len, about.ptr, reason);
    } else {
        complain("%.*s: %s", (int)about.len, about.ptr, muster_status_text(status));
    }
    if (status == MUSTER_UNREADABLE && error != NULL) {
        stream_advise(error->os_error);
    } else if (status_hint(status) != NULL) {
        advise("%s", status_hint(status));
    }
    return status_exit(status);
}

int findings_exit(const struct muster_roster *roster, const struct input_options *options)
{
    const uint64_t *severities = muster_roster_summary(roster)->severities;
    if (options->fail_on == FAIL_ON_NEVER) {
        return EXIT_DONE;
    }
    bool failed = severities[MUSTER_FATAL] > 0 || severities[MUSTER_ERROR] > 0 ||
                  (options->fail_on == FAIL_ON_WARNING && severities[MUSTER_WARNING] > 0);
    return failed ? EXIT_FINDINGS : EXIT_DONE;
}

bool findings_stop(const struct muster_roster *roster, const struct input_options *options)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    return summary->severities[MUSTER_FATAL] > 0 || (options->strict && summary->stopping > 0);
}

int stopped_exit(const struct input_options *options)
{
    return options->fail_on == FAIL_ON_NEVER ? EXIT_DONE : EXIT_FINDINGS;
}

int exit_joined(int result, int other)
{
    bool weak = result == EXIT_DONE || result == EXIT_FINDINGS;
    return weak && other != EXIT_DONE ? other : result;
}
