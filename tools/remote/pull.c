/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "exits.h"
#include "output.h"
#include "remote/endpoints.h"
#include "remote/pluralsight_roster.h"
#include "remote/reach.h"
#include "remote/sparkwise.h"
#include "rosters.h"
#include "terminal.h"

/* Nothing is written over what is needed, nor over the other file that is written. */
static int output_judge_beside(const char *path, const char *other)
{
    int result = output_judge(path);
    return result == EXIT_DONE ? output_judge_both(path, other) : result;
}

static int outputs_judge(const struct pull_options *options)
{
    static const char *const names[] = {"users.csv", "teams.csv"};
    bool folder = options->target == TARGET_PLURALSIGHT && options->format == PULL_CSV;

    int result = output_judge(options->deprovision_path);
    if (result == EXIT_DONE) {
        result = output_judge_beside(options->path, options->deprovision_path);
    }
    for (size_t index = 0; folder && index < 2 && result == EXIT_DONE; index++) {
        struct text path = {0};
        text_format(&path, "%s/%s", options->path, names[index]);
        result = path.exhausted
                     ? memory_complain()
                     : output_judge_beside(text_string(&path), options->deprovision_path);
        text_close(&path);
    }
    return result;
}

static int pluralsight_write(struct people *people, const struct pull_options *options,
                             struct muster_roster *known)
{
    if (!people_identify(people, known)) {
        return memory_complain();
    }
    struct losses losses;
    bool stopped = false;
    losses_count(&losses, people);
    losses_tell(&losses, options->path != NULL);
    int result = pulled_roster_write(people, options, &stopped);
    bool written = !stopped && (result == EXIT_DONE || result == EXIT_FINDINGS);
    if (written && options->deprovision_path != NULL) {
        result = exit_joined(result, pulled_deprovision_write(people, options));
    }
    /* The report comes last: a reader of it who goes away ends the program. */
    bool told = !options->quiet && (result == EXIT_DONE || result == EXIT_FINDINGS);
    return told ? exit_joined(result, pulled_report_write(people, &losses, options)) : result;
}

static int pluralsight_pull(const struct pull_options *options)
{
    struct reach reach = {0};
    struct muster_roster *known = NULL;
    struct people people = {0};
    struct text url = {0};

    int result = EXIT_DONE;
    if (options->from != NULL) {
        result = roster_open_old(&known, options->from, &options->shared->input);
    }
    if (result == EXIT_DONE) {
        result = outputs_judge(options); /* nor over what was just read */
    }
    if (result == EXIT_DONE) {
        result = remote_reach(&reach, &options->remote, BASE_GRAPHQL, options->command);
    }
    if (result == EXIT_DONE) {
        result = remote_connect(&reach, &options->remote, NULL);
    }
    if (result == EXIT_DONE) {
        text_format(&url, "%s%s", text_string(&reach.base_text), endpoints[ENDPOINT_GRAPHQL].path);
        struct graphql graphql = {reach.session, text_string(&url), options->page_size};
        result = people_read(&people, &graphql);
    }
    if (result == EXIT_DONE) {
        result = pluralsight_write(&people, options, known);
    }
    people_close(&people);
    text_close(&url);
    remote_leave(&reach);
    muster_roster_close(known);
    return result;
}

int remote_pull(const struct pull_options *options)
{
    static const struct inputs none;

    output_spare(token_path(options->remote.token_file));
    int result = remote_judge_streams(&none, options->from, &options->remote, options->command);
    if (result == EXIT_DONE) {
        result = outputs_judge(options);
    }
    if (result != EXIT_DONE) {
        return result;
    }
    return options->target == TARGET_SPARKWISE ? sparkwise_pull(options)
                                               : pluralsight_pull(options);
}
