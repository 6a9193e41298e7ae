/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "commands/remote_flags.h"
#include "commands/shared.h"
#include "remote/endpoints.h"
#include "remote/remote.h"
#include "terminal.h"

static const char usage[] =
    "usage: muster pull [-o SNAP | --format csv -o DIR]\n"
    "       muster pull --target sparkwise [--what users|clusters|completions]\n"
    "                   [-o FILE]\n"
    "\n"
    "Fetches the live organisation: from Pluralsight as a snapshot or as users.csv\n"
    "and teams.csv, with a report about who is on the plan, who is licensed, and who\n"
    "has not logged in since a date; from Sparkwise as CSV.\n"
    "\n"
    "Users are called by their SSO id, else by their e-mail address; --from takes\n"
    "over the ids that a roster of yours has for users and teams.\n"
    "\n"
    "What the live lists hold and a roster cannot keep is told with its reason and\n"
    "counted in the report (leftOut with --report json): teams below a team that is\n"
    "not listed, users in one, managers who are not on the plan, and the like.\n"
    "Standard output is for the report: -o and --deprovision-out name files.\n"
    "\n"
    "The remote is at " BASE_GRAPHQL " or, for Sparkwise, at\n" BASE_SPARKWISE
    ", unless --base names another address. The token\n"
    "comes from --token-file or the file that MUSTER_TOKEN_FILE names.\n"
    "\n"
    "examples:\n"
    "  muster pull -o live.snap --from last-week.snap --token-file token\n"
    "  muster pull --inactive-since 2024-01-01 --deprovision-out deprovision.csv\n"
    "  muster pull --target sparkwise --what completions --since 2024-01-01\n"
    "\n"
    "exit codes: 0 done, 1 the live data break a rule, 2 wrong usage, 3 a file cannot\n"
    "be read or written, 6 the remote refused, 7 it is unavailable\n";

enum { PAGE_DEFAULT_PLURALSIGHT = 100, PAGE_MAX_PLURALSIGHT = 1000, PAGE_MAX_SPARKWISE = 200 };

/* --page-size was not given. */
#define PAGE_UNSAID UINT64_MAX

static int dates_judge(const struct pull_options *pull)
{
    const char *names[] = {"inactive-since", "since", "until"};
    const char *dates[] = {pull->inactive_since, pull->since, pull->until};

    for (size_t index = 0; index < sizeof dates / sizeof dates[0]; index++) {
        if (dates[index] != NULL && !date_is_valid(dates[index])) {
            return options_wrong(&command_pull, NULL,
                                 "--%s is a date (2024-01-31) or a moment (2024-01-31T08:00:00Z)",
                                 names[index]);
        }
    }
    if (pull->since != NULL && pull->until != NULL && date_compare(pull->since, pull->until) >= 0) {
        return options_wrong(&command_pull, NULL, "--until must be later than --since");
    }
    return EXIT_DONE;
}

static int target_judge(const struct pull_options *pull)
{
    if (pull->target == TARGET_SPARKWISE) {
        if (pull->inactive_since != NULL || pull->deprovision_path != NULL || pull->from != NULL) {
            return options_wrong(&command_pull, NULL,
                                 "--from, --inactive-since and --deprovision-out are for "
                                 "Pluralsight");
        }
        if (pull->what == PULL_USERS && (pull->since != NULL || pull->until != NULL)) {
            return options_wrong(&command_pull, NULL,
                                 "--since and --until are for clusters and completions");
        }
        return EXIT_DONE;
    }
    if (pull->what != PULL_UNSAID || pull->since != NULL || pull->until != NULL) {
        return options_wrong(&command_pull, NULL,
                             "--what, --since and --until are for --target sparkwise");
    }
    if (pull->deprovision_path != NULL && pull->inactive_since == NULL) {
        return options_wrong(&command_pull, NULL, "--deprovision-out needs --inactive-since DATE");
    }
    if (pull->format == PULL_CSV && pull->path == NULL) {
        return options_wrong(&command_pull, NULL, "--format csv needs a folder: -o DIR");
    }
    if (pull->path != NULL && strcmp(pull->path, "-") == 0) {
        return options_wrong(&command_pull, NULL,
                             "what was pulled cannot go to standard output: -o names a %s",
                             pull->format == PULL_CSV ? "folder" : "file");
    }
    if (pull->deprovision_path != NULL && output_is_standard(pull->deprovision_path)) {
        return options_wrong(&command_pull, NULL,
                             "the report goes to standard output: --deprovision-out names a file");
    }
    return EXIT_DONE;
}

static int pull_settle(struct pull_options *pull, const struct shared *shared)
{
    bool sparkwise = pull->target == TARGET_SPARKWISE;
    uint64_t page_max = sparkwise ? PAGE_MAX_SPARKWISE : PAGE_MAX_PLURALSIGHT;

    pull->shared = shared;
    if (shared->set.file_count > 0) {
        return options_wrong(&command_pull, NULL, "pull takes no files; -o says where to write");
    }
    if (sparkwise && pull->what == PULL_UNSAID) {
        pull->what = PULL_USERS;
    }
    if (pull->page_size == PAGE_UNSAID) {
        pull->page_size = sparkwise ? PAGE_MAX_SPARKWISE : PAGE_DEFAULT_PLURALSIGHT;
    }
    if (pull->page_size == 0 || pull->page_size > page_max) {
        return options_wrong(&command_pull, NULL, "--page-size is from 1 to %u for this remote",
                             (unsigned)page_max);
    }
    if (pull->quiet) {
        progress_silence();
    }
    int result = remote_flags_settle(&pull->remote, &command_pull);
    result = result == EXIT_DONE ? dates_judge(pull) : result;
    return result == EXIT_DONE ? target_judge(pull) : result;
}

static int pull_parse(struct shared *shared, struct pull_options *pull, int count, char **items)
{
    const struct option options[] = {
        {"target", 0, OPTION_CHOICE, &pull->target, "pluralsight|sparkwise",
         "the remote system (default pluralsight)"},
        {"output", 'o', OPTION_TEXT, &pull->path, "PATH", "where to write"},
        {"format", 0, OPTION_CHOICE, &pull->format, "snapshot|csv",
         "Pluralsight: what -o names, a snapshot or a folder for two files"},
        {"from", 0, OPTION_TEXT, &pull->from, "OLD",
         "take over the ids of this roster (a snapshot or a DIR)"},
        {"report", 0, OPTION_CHOICE, &pull->report, "text|json",
         "how the use of the plan is reported"},
        {"inactive-since", 0, OPTION_TEXT, &pull->inactive_since, "DATE",
         "list who has not logged in since then"},
        {"deprovision-out", 0, OPTION_TEXT, &pull->deprovision_path, "FILE",
         "write a deprovision file of those"},
        {"what", 0, OPTION_CHOICE, &pull->what, "users|clusters|completions",
         "Sparkwise: what to fetch (default users)"},
        {"since", 0, OPTION_TEXT, &pull->since, "DATE", "Sparkwise: from this moment on"},
        {"until", 0, OPTION_TEXT, &pull->until, "DATE", "Sparkwise: before this moment"},
        {"page-size", 0, OPTION_NUMBER, &pull->page_size, "N",
         "entries a page (default 100; Sparkwise: 200)"},
        {"quiet", 'q', OPTION_FLAG, &pull->quiet, NULL, "no report and no progress"},
    };
    struct option remote_list[REMOTE_OPTION_COUNT];
    int result;

    output_options_init(&shared->output);
    shared->groups[0] =
        (struct option_group){"Options of pull", options, sizeof options / sizeof options[0]};
    shared->groups[1] = remote_flags_list(&pull->remote, remote_list);
    shared->groups[2] = input_options_list(&shared->input, shared->input_list, INPUT_FETCHED);
    shared->set.groups = shared->groups;
    shared->set.group_count = 3;
    if (!options_parse(&shared->set, count, items, &result)) {
        return result;
    }
    result = input_options_settle(&shared->input, &command_pull);
    if (result == EXIT_DONE) {
        result = pull_settle(pull, shared);
    }
    return result == EXIT_DONE ? remote_pull(pull) : result;
}

static int pull_run(int count, char **items)
{
    struct pull_options pull = {
        .command = &command_pull, .what = PULL_UNSAID, .page_size = PAGE_UNSAID};
    struct shared shared = {.set = {.command = &command_pull}};
    int result = pull_parse(&shared, &pull, count, items);

    shared_close(&shared);
    return result;
}

const struct command command_pull = {
    .name = "pull",
    .summary = "fetch the live organisation from the remote",
    .usage = usage,
    .run = pull_run,
};
