/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "sandbox/sandbox.h"

static const char usage[] =
    "usage: muster serve --state DIR [--port N] [--token-file FILE]...\n"
    "\n"
    "Answers on this machine as the remote endpoints do, with the same engine: the\n"
    "team structure connector, license deprovisioning, the reads of pull, and the\n"
    "calls of Sparkwise. Each token has a roster of its own, kept in DIR; a live run\n"
    "changes it. Without --token-file every token is accepted. The address is printed\n"
    "when it is ready; SIGTERM or SIGINT (Ctrl-C) end it.\n"
    "\n"
    "--fault makes trouble, to try a client with: delay=MS, job-delay=MS, 429[=N],\n"
    "5xx[=N], cut[=N], elsewhere, short-pages, broken-json. N is how many requests it\n"
    "happens to; without it, all.\n"
    "\n"
    "examples:\n"
    "  muster serve --state sandbox --port 8080\n"
    "  muster serve --state sandbox --fault 429=2 --fault delay=500\n"
    "\n"
    "exit codes: 0 ended by a signal, 2 wrong usage, 3 the folder or the port cannot\n"
    "be used\n";

/* What a body may be by default: larger than any export that was seen, smaller than a disk. */
enum { BODY_MEGABYTES = 4096, BODY_SECONDS = 600, BODY_SECONDS_MAX = 86400 };

static int serve_settle(const struct sandbox_options *serve, const struct option_set *set,
                        uint64_t megabytes)
{
    if (set->file_count > 0) {
        return options_wrong(set->command, NULL, "serve takes no files");
    }
    if (serve->state == NULL) {
        return options_wrong(set->command, NULL, "serve needs --state DIR, where it keeps rosters");
    }
    if (serve->port > 65535) {
        return options_wrong(set->command, NULL, "--port is a number from 0 to 65535");
    }
    if (serve->body_seconds == 0 || serve->body_seconds > BODY_SECONDS_MAX) {
        return options_wrong(set->command, NULL, "--body-seconds is a number from 1 to 86400");
    }
    if (megabytes == 0 || megabytes > UINT32_MAX) {
        return options_wrong(set->command, NULL, "--body-limit is a number of MiB, at least 1");
    }
    return EXIT_DONE;
}

static int serve_run(int count, char **items)
{
    struct sandbox_options serve = {.command = &command_serve, .body_seconds = BODY_SECONDS};
    uint64_t megabytes = BODY_MEGABYTES;
    const struct option options[] = {
        {"state", 0, OPTION_TEXT, &serve.state, "DIR", "where rosters and jobs are kept"},
        {"port", 0, OPTION_NUMBER, &serve.port, "N", "on 127.0.0.1 (default 0: a free one)"},
        {"token-file", 0, OPTION_TEXTS, &serve.token_files, "FILE",
         "accept the token in this file; can be given again"},
        {"fault", 0, OPTION_LIST, &serve.faults, "FAULT", "make trouble; can be given again"},
        {"body-limit", 0, OPTION_NUMBER, &megabytes, "MIB",
         "the largest file that is taken (default 4096)"},
        {"body-seconds", 0, OPTION_NUMBER, &serve.body_seconds, "SECONDS",
         "for a file to come in (default 600)"},
    };
    const struct option_group groups[] = {
        {"Options of serve", options, sizeof options / sizeof options[0]}};
    struct option_set set = {.command = &command_serve, .groups = groups, .group_count = 1};
    int result;

    if (options_parse(&set, count, items, &result)) {
        result = serve_settle(&serve, &set, megabytes);
        if (result == EXIT_DONE) {
            serve.body_limit = megabytes << 20;
            result = sandbox_serve(&serve);
        }
    }
    option_list_close(&serve.token_files);
    option_list_close(&serve.faults);
    return result;
}

const struct command command_serve = {
    .name = "serve",
    .summary = "answer as the remote does, on this machine",
    .usage = usage,
    .run = serve_run,
};
