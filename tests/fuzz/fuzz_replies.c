/* SPDX-License-Identifier: MIT */
/*
 * What remotes answer. The commands push, pull and status run as they are, but for the sending of
 * requests: each request gets the next part of the input as its reply. Whatever that is,
 *
 *     the exit code is one of the documented ones, and not that of an error of our own,
 *     what is printed does nothing to a terminal, and is JSON where JSON was asked for,
 *     every request goes to the base address,
 *     a request that may have been carried out is not sent again,
 *     the token is in no byte that is printed.
 *
 * A part that begins with one of the letters of `troubles` stands for that outcome; anything else
 * is the body of a reply with HTTP 200.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "fuzz.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "command.h"
#include "fuzz_network.h"
#include "remote/http.h"

#define BASE  "http://127.0.0.1:9/base"
#define TOKEN "canary-token-7c1f"

/* ---- The network --------------------------------------------------------------------------- */

static const struct trouble {
    char letter;
    enum http_outcome outcome;
    bool sent;
    long status;
    const char *retry_after;
} troubles[] = {
    {'A', HTTP_ANSWERED, true, 400, ""},
    {'B', HTTP_ANSWERED, true, 429, "7"},
    {'C', HTTP_ANSWERED, true, 503, "Fri, 31 Dec 1999 23:59:59 GMT"},
    {'D', HTTP_ANSWERED, true, 302, ""},
    {'E', HTTP_ANSWERED, true, 502, ""},
    {'F', HTTP_LOST, true, 0, ""},
    {'G', HTTP_LATE, true, 0, ""},
    {'H', HTTP_UNREACHED, false, 0, ""},
    {'I', HTTP_UNTRUSTED, false, 0, ""},
    {'J', HTTP_TOO_LARGE, true, 200, ""},
    {'K', HTTP_CHANGED, true, 0, ""},
};

static span replies;
static const struct token *used_token;
static bool once_is_lost;

int http_session_open(struct http_session **session, const struct http_options *options)
{
    fuzz_require(options->base->loopback && options->token->size == strlen(TOKEN),
                 "a session has a base and a token");
    used_token = options->token;
    *session = (struct http_session *)&replies;
    return EXIT_DONE;
}

void http_session_close(struct http_session *session)
{
    (void)session;
}

/* No time is left, so nobody waits. */
uint64_t http_session_deadline(const struct http_session *session)
{
    (void)session;
    return 0;
}

void http_reply_close(struct http_reply *reply)
{
    text_close(&reply->body);
}

/* Whether an address is the base, or below it. A host can be spelled in many ways. */
static bool is_below_base(const char *url)
{
    char host[64] = "";
    struct in_addr address;
    if (strncasecmp(url, "http://", 7) != 0 || strpbrk(url, " \r\n\t#\\@") != NULL) {
        return false;
    }
    const char *behind = url + 7 + strcspn(url + 7, ":/?");
    if (*behind != ':' || behind - url - 7 >= (ptrdiff_t)sizeof host) {
        return false;
    }
    memcpy(host, url + 7, (size_t)(behind - url - 7));
    char *path;
    return inet_aton(host, &address) != 0 && ntohl(address.s_addr) == INADDR_LOOPBACK &&
           strtoul(behind + 1, &path, 10) == 9 && strncmp(path, "/base/", 6) == 0 &&
           strstr(path, "/..") == NULL;
}

void http_send(struct http_session *session, const struct http_request *request,
               struct http_reply *reply)
{
    fuzz_require(session == (struct http_session *)&replies, "a session is open");
    fuzz_require(is_below_base(request->url), "requests go to the base");
    fuzz_require(!request->once || !once_is_lost, "nothing is sent twice");
    *reply = (struct http_reply){.outcome = HTTP_UNREACHED};
    if (replies.len == 0) {
        return;
    }
    span part = fuzz_part(&replies);
    *reply = (struct http_reply){.outcome = HTTP_ANSWERED, .sent = true, .status = 200};
    for (size_t index = 0; index < sizeof troubles / sizeof troubles[0] && part.len > 0; index++) {
        const struct trouble *trouble = &troubles[index];
        if (part.ptr[0] == trouble->letter) {
            reply->outcome = trouble->outcome;
            reply->sent = trouble->sent;
            reply->status = trouble->status;
            (void)strncpy(reply->retry_after, trouble->retry_after, sizeof reply->retry_after - 1);
            (void)strncpy(reply->reason, "\x1b[2Jreason", sizeof reply->reason - 1);
            part = span_make(part.ptr + 1, part.len - 1);
            break;
        }
    }
    once_is_lost = once_is_lost || (request->once && reply->outcome == HTTP_LOST);
    if (reply->outcome == HTTP_ANSWERED) {
        text_append(&reply->body, part.ptr, part.len);
        token_hide(used_token, reply->body.bytes, reply->body.size);
    }
}

/* ---- The commands -------------------------------------------------------------------------- */

#define WORDS_MAX 24

/* Arguments; @ in front stands for the folder of this run. */
static const struct run {
    const struct command *command;
    const char *words[WORDS_MAX];
    enum prints { TEXT, LINES, DOCUMENT, DATA } prints; /* DATA: CSV, as it is */
} runs[] = {
    {&command_push, {"push", "@", "--live", "--yes", "--force"}, TEXT},
    {&command_push, {"push", "@", "--live", "--yes", "--format", "jsonl", "--from", "@"}, LINES},
    {&command_push, {"push", "--deprovision", "@/deprovision.csv", "--format", "jsonl"}, LINES},
    {&command_push, {"push", "--users", "@/users.csv", "--target", "sparkwise", "--live"}, TEXT},
    {&command_pull, {"pull", "--inactive-since", "2024-01-01"}, TEXT},
    {&command_pull,
     {"pull", "--report", "json", "--from", "@", "-o", "@/pulled", "--format", "csv"},
     DOCUMENT},
    {&command_pull, {"pull", "--target", "sparkwise"}, DATA},
    {&command_pull, {"pull", "--target", "sparkwise", "--what", "clusters"}, DATA},
    {&command_pull, {"pull", "--target", "sparkwise", "--what", "completions"}, DATA},
    {&command_status, {"status", BASE "/sync-users/a/status", "--format", "jsonl"}, LINES},
};

static void folder_fill(const char *folder)
{
    network_file(folder, "users.csv",
                 "id,email,first_name,last_name,team_id\n"
                 "X1,ann@example.com,Ann,Lee,T1\nX2,bob@example.com,Bob,Ray,T2\n");
    network_file(folder, "teams.csv",
                 "id,name,manager_ids,parent_team_id\nT1,IT,X1,\nT2,Cloud,,T1\n");
    network_file(folder, "deprovision.csv",
                 "id,email,first_name,last_name\nX1,ann@example.com,Ann,Lee\n");
    network_file(folder, "token", TOKEN "\n");
}

/* The arguments of a run with the folder put in; words behind `storage` live there. */
static int words_make(const struct run *run, const char *folder, char **words,
                      char storage[WORDS_MAX][NETWORK_PATH_SIZE])
{
    int count = 0;
    for (; run->words[count] != NULL; count++) {
        const char *word = run->words[count];
        (void)snprintf(storage[count], NETWORK_PATH_SIZE, "%s%s", *word == '@' ? folder : "",
                       *word == '@' ? word + 1 : word);
        words[count] = storage[count];
    }
    (void)snprintf(storage[count], NETWORK_PATH_SIZE, "--token-file=%s/token", folder);
    words[count] = storage[count];
    words[++count] = (char *)(uintptr_t)("--base=" BASE);
    words[++count] = NULL;
    return count;
}

static bool has_token(span text)
{
    return text.len > 0 && memmem(text.ptr, text.len, TOKEN, strlen(TOKEN)) != NULL;
}

static void printed_judge(const struct run *run, int code, span out, span errors)
{
    fuzz_require(code != EXIT_INTERNAL && code != EXIT_USAGE && code >= 0 && code <= 10,
                 "the exit code is documented");
    fuzz_require(code == 0 || errors.len + out.len > 0, "trouble is told");
    if (run->prints != DATA) {
        fuzz_require_harmless(out, true);
    }
    fuzz_require_harmless(errors, true);
    fuzz_require(!has_token(out) && !has_token(errors), "the token is not printed");
    bool json = run->prints == LINES || run->prints == DOCUMENT;
    while (json && out.len > 0) {
        const char *end = run->prints == LINES ? memchr(out.ptr, '\n', out.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - out.ptr) + 1 : out.len;
        json_t *value = json_loadb(out.ptr, len, JSON_ALLOW_NUL, NULL);
        fuzz_require(json_is_object(value), "JSON is printed");
        json_decref(value);
        out = span_make(out.ptr + len, out.len - len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *folder;
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    if (folder == NULL) {
        folder = network_folder();
        folder_fill(folder);
    }
    const struct run *run = &runs[choices % (sizeof runs / sizeof runs[0])];
    char storage[WORDS_MAX][NETWORK_PATH_SIZE];
    char *words[WORDS_MAX + 3];
    int count = words_make(run, folder, words, storage);
    struct network_print print;
    replies = input;
    once_is_lost = false;
    network_print_begin(&print);
    int code = run->command->run(count, words);
    network_print_end(&print);
    printed_judge(run, code, buffer_view(&print.out), buffer_view(&print.errors));
    network_print_close(&print);
    return 0;
}
