/* SPDX-License-Identifier: MIT */
/*
 * License deprovisioning: one file, one answer. Two of the five documented outcomes are verdicts
 * that come with HTTP 400; and "Processing" comes without any way to ask how it went on.
 */
#include "command.h"
#include "remote/endpoints.h"
#include "remote/push.h"
#include "terminal.h"

int deprovision_send(struct push_run *run)
{
    int result = push_file(run, endpoints[ENDPOINT_DEPROVISION].path, 0);

    if (result != EXIT_DONE) {
        return result;
    }
    switch (run->verdict.kind) {
    case VERDICT_COMPLETED:
    case VERDICT_COMPLETED_WITH_ERRORS:
    case VERDICT_VALIDATION_ERRORS:
        return push_note(run, RECEIPT_FINISHED, EXIT_DONE);
    case VERDICT_PROCESSING:
        inform("the remote has taken the file and is at work; how it ends is told in its portal");
        return push_note(run, run->options->live ? RECEIPT_PROCESSING : RECEIPT_FINISHED,
                         EXIT_DONE);
    case VERDICT_INVALID:
    case VERDICT_NO_FILES:
        return push_note(run, RECEIPT_REFUSED, EXIT_REFUSED);
    default:
        complain("the remote's answer is not a documented one");
        return push_unsure(run);
    }
}
