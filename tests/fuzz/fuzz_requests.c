/* SPDX-License-Identifier: MIT */
/*
 * What strangers ask the sandbox. The input is a request as it comes in: the head is judged, also
 * when it comes byte by byte, and where it is taken it is read once more here, more slowly and with
 * less trust. What its lines hold goes through routes, types, names and keys, and its body to the
 * reads over GraphQL and to the calls of Sparkwise, over a small organisation. Every answer is one
 * JSON document that does nothing to a terminal.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "command.h"
#include "fuzz_network.h"
#include "remote/json_text.h"
#include "sandbox/call.h"
#include "sandbox/graphql.h"
#include "sandbox/requests.h"

#define LINE_COUNT_MAX 128

/* A head that was taken, line by line. */
struct head {
    span lines[LINE_COUNT_MAX];
    size_t count;
    span body;
};

static void head_split(struct head *head, span input, size_t size)
{
    head->count = 0;
    span rest = span_make(input.ptr, size);
    while (rest.len > 2) {
        const char *end = memmem(rest.ptr, rest.len, "\r\n", 2);
        fuzz_require(end != NULL && head->count < LINE_COUNT_MAX, "lines end, and there are few");
        head->lines[head->count] = span_make(rest.ptr, (size_t)(end - rest.ptr));
        rest = span_make(end + 2, rest.len - head->lines[head->count].len - 2);
        head->count++;
    }
    head->body = span_make(input.ptr + size, input.len - size);
}

/* The value of a field as a string that the caller frees, or NULL; counts them. */
static char *field_copy(const struct head *head, const char *name, unsigned *count)
{
    size_t name_len = strlen(name);
    char *found = NULL;
    *count = 0;
    for (size_t index = 1; index < head->count; index++) {
        span line = head->lines[index];
        if (line.len <= name_len || strncasecmp(line.ptr, name, name_len) != 0 ||
            line.ptr[name_len] != ':') {
            continue;
        }
        size_t start = name_len + 1;
        while (start < line.len && byte_is_blank((unsigned char)line.ptr[start])) {
            start++;
        }
        size_t end = line.len;
        while (end > start && byte_is_blank((unsigned char)line.ptr[end - 1])) {
            end--;
        }
        free(found);
        found = strndup(line.ptr + start, end - start);
        fuzz_require(found != NULL, "there is memory");
        (*count)++;
    }
    return found;
}

/* Nothing that two readers could understand in two ways is left. */
static void head_require_plain(const struct head *head)
{
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
    char *host = field_copy(head, "Host", &hosts);
    char *length = field_copy(head, "Content-Length", &lengths);
    char *coding = field_copy(head, "Transfer-Encoding", &codings);
    fuzz_require(head->count > 0 && hosts <= 1 && lengths <= 1 && codings <= 1,
                 "each at most once");
    fuzz_require(lengths + codings <= 1, "one way to tell where the body ends");
    fuzz_require(host == NULL || strpbrk(host, "/@\\ ,") == NULL, "a host is plain");
    fuzz_require(coding == NULL || strcasecmp(coding, "chunked") == 0, "a known coding");
    fuzz_require(length == NULL ||
                     (length[0] != '\0' && length[strspn(length, "0123456789")] == '\0'),
                 "a length is digits");
    for (size_t index = 0; index < head->count; index++) {
        span line = head->lines[index];
        fuzz_require(line.len > 0 && !byte_is_blank((unsigned char)line.ptr[0]), "no folded line");
        fuzz_require(memchr(line.ptr, '\0', line.len) == NULL &&
                         memchr(line.ptr, '\r', line.len) == NULL &&
                         memchr(line.ptr, '\n', line.len) == NULL,
                     "no byte that ends a line or a string");
    }
    free(host);
    free(length);
    free(coding);
}

/* Judged byte by byte, the answer does not change its mind. */
static void prefixes_judge(span input, int judgement)
{
    size_t head_size = request_head_size(input.ptr, input.len);
    size_t step = 1 + input.len / 64;
    for (size_t size = 0; size < input.len; size += step) {
        int early = request_judge(input.ptr, size);
        bool whole = head_size != 0 && size >= head_size;
        fuzz_require(early == REQUEST_INCOMPLETE || early == judgement || early >= 400,
                     "an answer that is known");
        fuzz_require(!whole || early == judgement, "what follows the head does not matter");
        fuzz_require(judgement != REQUEST_FINE || whole || early == REQUEST_INCOMPLETE,
                     "what is fine is not refused before it is there");
        fuzz_require(early < 400 || judgement >= 400, "what is refused stays refused");
    }
}

/* ---- The organisation ---------------------------------------------------------------------- */

static struct sandbox sandbox;
static struct account *account;

static void sandbox_make(void)
{
    static const unsigned char digest[SHA256_SIZE] = {7};
    const char *folder = network_folder();
    struct text path = {0};
    const struct muster_input files[] = {
        {.file = MUSTER_USERS,
         .data = span_from("id,email,first_name,last_name,team_id\nX1,ann@example.com,Ann,Lee,T1\n"
                           "X2,bob@example.com,Bob,\xC3\x98re,T2\nX3,c@example.com,,,\n")},
        {.file = MUSTER_TEAMS,
         .data = span_from("id,name,manager_ids,parent_team_id\nT1,IT,X1,\nT2,IT,\"X1,X2\",T1\n")}};
    struct muster_roster *roster = NULL;
    fault_open(&sandbox.fault);
    fuzz_require(store_open(&sandbox.store, folder) == EXIT_DONE, "there is a store");
    account = store_account(&sandbox.store, digest);
    fuzz_require(account != NULL && account_prepare(account) == 0, "there is an account");
    fuzz_require(muster_roster_open(&roster, files, 2, NULL, NULL) == MUSTER_OK, "and a roster");
    account_path(&path, account, "roster.snap", NULL);
    fuzz_require(muster_snapshot_write(roster, text_string(&path), NULL) == MUSTER_OK,
                 "which is live");
    text_close(&path);
    muster_roster_close(roster);
}

/* Forget what a call has changed. */
static void people_forget(void)
{
    struct text path = {0};
    account_path(&path, account, "people.json", NULL);
    (void)unlink(text_string(&path));
    text_close(&path);
}

static void answer_judge(const struct call *call)
{
    span reply = span_make(call->reply.bytes, call->reply.size);
    fuzz_require(call->status >= 200 && call->status < 600 && call->status != 500,
                 "there is an answer, and it is not our failure");
    fuzz_require(reply.len > 0 && reply.ptr[reply.len - 1] == '\n', "which is a line");
    fuzz_require_harmless(reply, true);
    json_t *document = json_loadb(reply.ptr, reply.len, JSON_ALLOW_NUL, NULL);
    fuzz_require(document != NULL, "of JSON");
    json_decref(document);
}

/* "a=b&c=d" without decoding, which is the library's. */
static json_t *query_make(span text)
{
    json_t *query = json_object();
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '&', text.len);
        size_t len = end != NULL ? (size_t)(end - text.ptr) : text.len;
        const char *sign = memchr(text.ptr, '=', len);
        if (sign != NULL) {
            size_t name = (size_t)(sign - text.ptr);
            (void)json_object_setn_new(query, text.ptr, name,
                                       json_stringn(sign + 1, len - name - 1));
        }
        text = span_make(text.ptr + len + (end != NULL), text.len - len - (end != NULL));
    }
    return query;
}

static void call_judge(enum route route, const char *id, span query, span body)
{
    struct call call = {
        .sandbox = &sandbox, .account = account, .route = route, .host = "127.0.0.1:9"};
    if (id != NULL) {
        (void)strncpy(call.id, id, sizeof call.id - 1);
    }
    call.query = query_make(query);
    text_append(&call.body, body.ptr, body.len);
    if (route == ROUTE_STATUS) {
        sync_status(&call);
    } else if (route == ROUTE_GRAPHQL) {
        graphql_answer(&call);
    } else {
        sparkwise_answer(&call);
    }
    answer_judge(&call);
    json_decref(call.query);
    text_close(&call.body);
    text_close(&call.reply);
    if (route == ROUTE_USERS_UPSERT || route == ROUTE_USERS_DEACTIVATE) {
        people_forget();
    }
}

/* The line of a request that was taken: where it leads, and what it asks there. */
static void line_judge(span line, span body)
{
    char id[JOB_ID_SIZE] = "";
    unsigned status = 0;
    const char *blank = memchr(line.ptr, ' ', line.len);
    const char *last = memrchr(line.ptr, ' ', line.len);
    fuzz_require(blank != NULL && last > blank, "method, path and version");
    char *method = strndup(line.ptr, (size_t)(blank - line.ptr));
    char *path = strndup(blank + 1, (size_t)(last - blank) - 1);
    fuzz_require(method != NULL && path != NULL && path[0] == '/', "a path begins at the top");
    char *mark = strchr(path, '?');
    span query = mark != NULL ? span_from(mark + 1) : span_make("", 0);
    if (mark != NULL) {
        *mark = '\0';
    }
    enum route route = route_find(method, path, id, &status);
    fuzz_require(route != ROUTE_NONE || status == 404 || status == 405, "none is 404 or 405");
    fuzz_require(route == ROUTE_NONE || strstr(path, "..") == NULL, "no route goes upwards");
    fuzz_require(route != ROUTE_STATUS || (job_id_is_sound(id) && strchr(id, '/') == NULL),
                 "an id is an id");
    /* Files and their jobs are for threads of their own. */
    if (route != ROUTE_NONE && route != ROUTE_SYNC && route != ROUTE_DEPROVISION) {
        call_judge(route, id, query, body);
    }
    free(method);
    free(path);
}

static void fields_judge(const struct head *head)
{
    unsigned count;
    unsigned char digest[SHA256_SIZE];
    enum muster_file kind = MUSTER_FILE_COUNT;
    char *type = field_copy(head, "Content-Type", &count);
    char *named = field_copy(head, "Content-Disposition", &count);
    char *key = field_copy(head, "Authorization", &count);
    char *host = field_copy(head, "Host", &count);
    (void)request_type_is(type, "text/csv");
    bool known = request_file_kind(named, &kind);
    fuzz_require(known == (kind != MUSTER_FILE_COUNT), "a kind where there is one");
    fuzz_require(!known || strchr(named, '/') == NULL, "a name is no path");
    bool given = request_key_digest(key, digest);
    fuzz_require(!given || key != NULL, "no key comes from nothing");
    (void)request_host_is_plain(host);
    free(type);
    free(named);
    free(key);
    free(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span input = span_make(data, size);
    struct network_print print;
    if (account == NULL) {
        sandbox_make();
    }
    if (input.ptr == NULL) {
        input = span_make("", 0);
    }
    network_print_begin(&print);
    int judgement = request_judge(input.ptr, input.len);
    prefixes_judge(input, judgement);
    if (judgement == REQUEST_FINE) {
        static struct head head;
        head_split(&head, input, request_head_size(input.ptr, input.len));
        head_require_plain(&head);
        fields_judge(&head);
        line_judge(head.lines[0], head.body);
    } else if (input.len > 0 && input.ptr[0] == '{') {
        /* A body alone. */
        call_judge(ROUTE_GRAPHQL, NULL, span_make("", 0), input);
        call_judge(ROUTE_USERS_UPSERT, NULL, span_make("", 0), input);
        call_judge(ROUTE_USERS_DEACTIVATE, NULL, span_make("", 0), input);
    }
    network_print_end(&print);
    fuzz_require_harmless(buffer_view(&print.errors), true);
    network_print_close(&print);
    return 0;
}
