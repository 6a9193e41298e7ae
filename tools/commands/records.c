/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

static const char usage[] =
    "usage: muster records FILE\n"
    "\n"
    "Shows how a CSV file is read: each record as one JSON array of strings a line,\n"
    "the header too. What is wrong with the reading goes to standard error. FILE\n"
    "may have any name and any columns; - is standard input. With --trim it is read\n"
    "without the blanks around values.\n"
    "\n"
    "examples:\n"
    "  muster records users.csv | head -3\n"
    "  muster records --trim - < staff.csv\n"
    "\n"
    "exit codes: 0 all of it was read, 1 findings, 2 wrong usage, 3 the file cannot\n"
    "be read\n";

static int records_write(const struct shared *shared, struct output *output,
                         struct output *findings)
{
    const struct muster_input input = {.file = MUSTER_USERS, .path = shared->set.files[0]};
    const struct muster_records_options options = {
        .trim = shared->input.trim,
        .simd = shared->input.simd,
        .map_allowed = true,
        .write = output_write,
        .context = output,
        .write_findings = output_write,
        .findings_context = findings,
    };
    struct muster_error error = {0};
    uint64_t finding_count = 0;
    enum muster_status status = muster_records_write(&input, &options, &finding_count, &error);
    int told = output_close(findings, true);
    int written = output_close(output, status == MUSTER_OK);
    if (written != EXIT_DONE) {
        return written;
    }
    if (status != MUSTER_OK) {
        return status_complain(status, &error, input.path);
    }
    /* What can be wrong with the reading is an error or worse. */
    bool failed = finding_count > 0 && shared->input.fail_on != FAIL_ON_NEVER;
    return told == EXIT_DONE && failed ? EXIT_FINDINGS : told;
}

/* What is asked for and has no meaning here. */
static int request_judge(const struct shared *shared)
{
    const char *named = input_options_named(&shared->input);
    if (named != NULL) {
        return options_wrong(&command_records, "muster records users.csv",
                             "records takes one file of any kind, and no --%s", named);
    }
    if (shared->set.file_count != 1) {
        return options_wrong(&command_records, "muster records users.csv",
                             "records takes one file (- is standard input), not %zu",
                             shared->set.file_count);
    }
    if (shared->output.format == MUSTER_SYNC) {
        return options_wrong(&command_records, NULL,
                             "the remote has no answer about records, so records has no "
                             "--format sync");
    }
    if (shared->output.privacy != MUSTER_PRIVACY_FULL) {
        return options_wrong(&command_records, NULL,
                             "records shows all values in full: not with --privacy");
    }
    if (shared->input.ignore.count > 0 || shared->input.severity.count > 0) {
        return options_wrong(&command_records, NULL,
                             "records shows all that is wrong with the reading: not with --ignore "
                             "or --severity");
    }
    return EXIT_DONE;
}

static int records_file(const struct shared *shared)
{
    struct output output;
    struct output findings;
    int result = request_judge(shared);
    if (result != EXIT_DONE) {
        return result;
    }
    output_spare(shared->set.files[0]);
    result = output_open(&output, shared->output.path);
    if (result != EXIT_DONE) {
        return result;
    }
    result = output_open_standard_error(&findings);
    if (result != EXIT_DONE) {
        (void)output_close(&output, false);
        return result;
    }
    return records_write(shared, &output, &findings);
}

static int records_run(int count, char **arguments)
{
    return shared_run(&command_records, (struct arguments){count, arguments, INPUT_READ},
                      records_file);
}

const struct command command_records = {
    .name = "records",
    .summary = "show how a CSV file is read",
    .usage = usage,
    .run = records_run,
};
