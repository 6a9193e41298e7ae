/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

#include <unistd.h>

#include "terminal.h"

/* Every command takes all options about the output, so that they can be given to any; the help of
 * those that show no rosters lists what changes something. */
static struct option_group outputs_list(struct shared *shared, const struct command *command,
                                        enum input_use use)
{
    struct option_group group = output_options_list(&shared->output, shared->output_list);
    for (size_t index = 0; index < OUTPUT_OPTION_COUNT; index++) {
        struct option *option = &shared->output_list[index];
        bool used = option->storage == &shared->output.path ||
                    (use == INPUT_UNUSED && option->storage == &shared->output.format);
        if (option->storage == &shared->output.format &&
            (use == INPUT_COMPARED || use == INPUT_UNUSED)) {
            option->help = "how results are written; sync is refused here";
        }
        if (option->storage == &shared->output.path && command->output_help != NULL) {
            option->help = command->output_help;
        }
        if (!used && (use == INPUT_READ || use == INPUT_UNUSED)) {
            option->help = NULL;
        }
    }
    return group;
}

bool shared_open(struct shared *shared, const struct command *command,
                 const struct option_group *own, struct arguments arguments, int *result)
{
    *shared = (struct shared){.set = {.command = command}};
    output_options_init(&shared->output);
    for (; own->count > 0; own++) {
        shared->groups[shared->set.group_count++] = *own;
    }
    shared->groups[shared->set.group_count++] =
        input_options_list(&shared->input, shared->input_list, arguments.use);
    shared->groups[shared->set.group_count++] = outputs_list(shared, command, arguments.use);
    shared->set.groups = shared->groups;
    if (!options_parse(&shared->set, arguments.count, arguments.items, result)) {
        shared_close(shared);
        return false;
    }
    *result = input_options_settle(&shared->input, command);
    if (*result == EXIT_DONE) {
        *result = output_options_settle(&shared->output, command);
    }
    if (*result != EXIT_DONE) {
        shared_close(shared);
        return false;
    }
    shared->input.digests_wanted =
        shared->output.format == MUSTER_JSONL || shared->output.format == MUSTER_JSON;
    shared->input.output_path = shared->output.path;
    return true;
}

void shared_close(struct shared *shared)
{
    input_options_close(&shared->input);
    output_options_close(&shared->output);
}

int shared_run(const struct command *command, struct arguments arguments,
               int (*work)(const struct shared *shared))
{
    struct shared shared;
    struct option_group none = {0};
    int result;
    if (shared_open(&shared, command, &none, arguments, &result)) {
        result = work(&shared);
        shared_close(&shared);
    }
    return result;
}

int roster_judge_unchanged(const struct muster_roster *roster)
{
    struct muster_error error = {0};
    enum muster_status status = muster_roster_unchanged(roster, &error);
    return status == MUSTER_OK ? EXIT_DONE : status_complain(status, &error, NULL);
}

int output_finish_unchanged(struct output *output, enum muster_status status,
                            const struct muster_roster *roster, const struct muster_roster *other)
{
    int result = roster_judge_unchanged(roster);
    if (result == EXIT_DONE && other != NULL) {
        result = roster_judge_unchanged(other);
    }
    if (result != EXIT_DONE) {
        (void)output_close(output, false);
        return result;
    }
    return output_finish(output, status);
}

int findings_tell(struct muster_roster *roster, const struct shared *shared)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    uint64_t count = 0;
    /* Mere notes are for `check`; here they would drown what the command has to say. */
    for (unsigned severity = shared->output.verbose ? MUSTER_INFO : MUSTER_WARNING;
         severity < MUSTER_SEVERITY_COUNT; severity++) {
        count += summary->severities[severity];
    }
    if (count == 0) {
        return EXIT_DONE;
    }
    struct output output;
    int result = output_open_standard_error(&output);
    if (result != EXIT_DONE) {
        return result;
    }
    struct muster_report_options report =
        output_report(&shared->output, shared->set.command, STDERR_FILENO);
    report.format = MUSTER_TEXT;
    report.strict = shared->input.strict;
    return output_finish(&output, muster_report_check(roster, &report, output_write, &output));
}

static const char hidden_words[] =
    "in strict mode the remote stops at errors that are hidden or re-graded here";

/* Whether strict mode stops at nothing that the findings show. */
static bool findings_are_hidden(const struct muster_roster *roster)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    return summary->stopping > 0 && summary->severities[MUSTER_FATAL] == 0 &&
           summary->severities[MUSTER_ERROR] == 0;
}

void findings_say_stopped(const struct muster_roster *roster)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    const char *why = "there are errors, and --strict was asked for";
    if (summary->severities[MUSTER_FATAL] > 0) {
        why = "a file cannot be used";
    } else if (findings_are_hidden(roster)) {
        why = hidden_words;
    }
    complain("nothing was written: %s", why);
}

static int findings_write(struct muster_roster *roster, const struct shared *shared,
                          const char *path)
{
    struct output output;
    int result = output_open(&output, path);
    if (result != EXIT_DONE) {
        return result;
    }
    struct muster_report_options report =
        output_report(&shared->output, shared->set.command, STDOUT_FILENO);
    report.strict = shared->input.strict;
    progress_begin("writing the findings");
    enum muster_status status = muster_report_check(roster, &report, output_write, &output);
    progress_end();
    return output_finish_unchanged(&output, status, roster, NULL);
}

int findings_report(struct muster_roster *roster, const struct shared *shared)
{
    int result = findings_write(roster, shared, shared->output.path);
    if (result == EXIT_DONE && shared->input.strict && findings_are_hidden(roster)) {
        complain("%s", hidden_words);
    }
    return result;
}

int findings_tell_as_asked(struct muster_roster *roster, const struct shared *shared)
{
    return shared->output.format == MUSTER_TEXT ? findings_tell(roster, shared)
                                                : findings_write(roster, shared, NULL);
}

void retaining_say_ignored(void)
{
    complain("--retain-privileges without --keep-users is ignored by the remote");
}
