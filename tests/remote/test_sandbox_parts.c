/* SPDX-License-Identifier: MIT */
/* The parts of tools/sandbox that read what strangers send. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remote/sha256.h"
#include "remote/text.h"
#include "sandbox/call.h"
#include "sandbox/graphql.h"
#include "sandbox/requests.h"
#include "sandbox/store.h"

/* ---- Heads -------------------------------------------------------------------------------- */

static int judge(const char *request)
{
    return request_judge(request, strlen(request));
}

#define LINE "GET /users HTTP/1.1\r\n"
#define HOST LINE "Host: x\r\n"

Test(requests, a_sound_head_is_fine)
{
    cr_expect(eq(int, judge(HOST "\r\n"), REQUEST_FINE));
    cr_expect(eq(int, judge(HOST "A: b\r\nC:\r\n\r\nbody\nwith\0anything"), REQUEST_FINE));
    cr_expect(eq(int, judge("POST /a?b=c%20d HTTP/1.0\r\nhost: x:80\r\ncontent-length: 0\r\n\r\n"),
                 REQUEST_FINE));
    cr_expect(eq(int, judge(HOST "Transfer-Encoding: Chunked\r\n\r\n"), REQUEST_FINE));
}

Test(requests, every_beginning_of_a_sound_head_is_incomplete)
{
    static const char whole[] = HOST "A: b\r\n\r\n";

    for (size_t size = 0; size + 1 < sizeof whole - 1; size++) {
        cr_expect(eq(int, request_judge(whole, size), REQUEST_INCOMPLETE), "%zu", size);
    }
    cr_expect(eq(sz, request_head_size(whole, sizeof whole - 1), sizeof whole - 1));
}

Test(requests, what_readers_could_take_in_two_ways_is_refused)
{
    static const struct {
        const char *head;
        int status;
    } heads[] = {
        {LINE "\r\n", 400},
        {HOST "Host: y\r\n\r\n", 400},
        {LINE "Host: \r\n\r\n", 400},
        {LINE "Host: a/b\r\n\r\n", 400},
        {HOST "Content-Length: 4\r\nContent-Length: 4\r\n\r\n", 400},
        {HOST "Content-Length: +4\r\n\r\n", 400},
        {HOST "Content-Length: 4,4\r\n\r\n", 400},
        {HOST "Content-Length: \r\n\r\n", 400},
        {HOST "Content-Length: 4 \r\n\r\n", 400},
        {HOST "Content-Length: 4\t\r\n\r\n", 400},
        {HOST "Content-Length: \t 4\r\n\r\n", REQUEST_FINE},
        {HOST "Content-Length: 00000000000000000000000004\r\n\r\n", REQUEST_FINE},
        {HOST "Content-Length: 9999999999999999999\r\n\r\n", 413},
        {HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
        {HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 501},
        {HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
        {HOST "A: b\r\n folded\r\n\r\n", 400},
        {HOST "A: b\r\n\tfolded\r\n\r\n", 400},
        {HOST "A : b\r\n\r\n", 400},
        {HOST "A\r\n\r\n", 400},
        {HOST ": b\r\n\r\n", 400},
        {HOST "A: b\nC: d\r\n\r\n", 400},
        {HOST "A: b\rC: d\r\n\r\n", 400},
        {"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET users HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET http://a/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /a\x7F HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /a HTTP/2.0\r\nHost: x\r\n\r\n", 400},
        {"GET /a\r\nHost: x\r\n\r\n", 400},
        {"\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"G@T /a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    };

    for (size_t index = 0; index < sizeof heads / sizeof heads[0]; index++) {
        cr_expect(eq(int, judge(heads[index].head), heads[index].status), "%s", heads[index].head);
    }
    cr_expect(eq(int, request_judge(HOST "A: \0\r\n\r\n", sizeof HOST "A: \0\r\n\r\n" - 1), 400));
}

Test(requests, heads_have_a_size)
{
    static char bytes[REQUEST_HEAD_MAX * 2];

    memset(bytes, 'a', sizeof bytes);
    memcpy(bytes, "GET /", 5);
    cr_expect(eq(int, request_judge(bytes, REQUEST_LINE_MAX), REQUEST_INCOMPLETE));
    cr_expect(eq(int, request_judge(bytes, REQUEST_LINE_MAX + 1), 414));
    memcpy(bytes, HOST "A: ", sizeof HOST "A: " - 1);
    cr_expect(eq(int, request_judge(bytes, REQUEST_HEAD_MAX), REQUEST_INCOMPLETE));
    cr_expect(eq(int, request_judge(bytes, REQUEST_HEAD_MAX + 1), 431));
}

Test(requests, only_exact_file_names_are_taken)
{
    enum muster_file kind = MUSTER_FILE_COUNT;

    cr_expect(request_file_kind("attachment; filename=\"users.csv\"", &kind));
    cr_expect(eq(int, (int)kind, (int)MUSTER_USERS));
    cr_expect(request_file_kind("Attachment;filename=\"teams\"", &kind));
    cr_expect(eq(int, (int)kind, (int)MUSTER_TEAMS));
    cr_expect(request_file_kind("attachment; filename=\"deprovision.csv\"", &kind));
    cr_expect(not(request_file_kind("attachment; filename=\"../users.csv\"", &kind)));
    cr_expect(not(request_file_kind("attachment; filename=\"users.csv.exe\"", &kind)));
    cr_expect(not(request_file_kind("attachment; filename=users.csv", &kind)));
    cr_expect(not(request_file_kind("attachment; filename=\"users.csv\"; x=y", &kind)));
    cr_expect(not(request_file_kind("inline; filename=\"users.csv\"", &kind)));
    cr_expect(not(request_file_kind("attachment", &kind)));
    cr_expect(not(request_file_kind(NULL, &kind)));
}

Test(requests, types_may_have_parameters)
{
    cr_expect(request_type_is("text/csv", "text/csv"));
    cr_expect(request_type_is("Text/CSV ; charset=utf-8", "text/csv"));
    cr_expect(not(request_type_is("text/csvx", "text/csv")));
    cr_expect(not(request_type_is("application/json", "text/csv")));
    cr_expect(not(request_type_is(NULL, "text/csv")));
}

static bool key_is(const char *authorization, const char *key)
{
    unsigned char digest[SHA256_SIZE];
    unsigned char wanted[SHA256_SIZE];

    sha256_of(key, strlen(key), wanted);
    return request_key_digest(authorization, digest) && sha256_equal(digest, wanted);
}

Test(requests, keys_come_in_two_forms)
{
    unsigned char digest[SHA256_SIZE];

    cr_expect(key_is("Bearer key", "key"));
    cr_expect(key_is("bearer  key ", "key"));
    cr_expect(key_is("Basic cGx1cmFsc2lnaHQ6a2V5", "key"), "pluralsight:key");
    cr_expect(key_is("Basic dTphOmI=", "a:b"), "u:a:b");
    cr_expect(not(key_is("Bearer key2", "key")));
    cr_expect(not(request_key_digest("Bearer ", digest)));
    cr_expect(not(request_key_digest("Basic !!!!", digest)));
    cr_expect(not(request_key_digest("Basic dTo=", digest)), "u:");
    cr_expect(not(request_key_digest("Basic dQ==", digest)), "u");
    cr_expect(not(request_key_digest("Digest key", digest)));
    cr_expect(not(request_key_digest("key", digest)));
    cr_expect(not(request_key_digest(NULL, digest)));
}

Test(routes, the_table_is_exact)
{
    static const char job[] = "/sync-users/0123456789abcdef0123456789abcdef/status";
    char id[JOB_ID_SIZE];
    unsigned status = 0;

    cr_expect(eq(int, (int)route_find("POST", "/sync-users", id, &status), (int)ROUTE_SYNC));
    cr_expect(eq(int, (int)route_find("GET", job, id, &status), (int)ROUTE_STATUS));
    cr_expect(eq(str, id, (char *)"0123456789abcdef0123456789abcdef"));
    cr_expect(eq(int, (int)route_find("POST", "/GraphQL", id, &status), (int)ROUTE_GRAPHQL));
    cr_expect(eq(int, (int)route_find("POST", "/graphql", id, &status), (int)ROUTE_GRAPHQL));
    cr_expect(eq(int, (int)route_find("GET", "/sync-users", id, &status), (int)ROUTE_NONE));
    cr_expect(eq(u32, status, 405));
    static const char *const others[] = {
        "/",
        "",
        "/sync-users/",
        "/sync-users/1/status",
        "/sync-users/0123456789abcdef0123456789abcdeF/status",
        "/sync-users/../../../../etc/passwd__________/status",
        "/sync-users/0123456789abcdef0123456789abcdef/status/",
    };
    for (size_t index = 0; index < sizeof others / sizeof others[0]; index++) {
        cr_expect(eq(int, (int)route_find("GET", others[index], id, &status), (int)ROUTE_NONE));
        cr_expect(eq(u32, status, 404), "%s", others[index]);
    }
}

/* ---- Faults and queries ------------------------------------------------------------------- */

static bool fault_takes(struct fault *fault, const char *word)
{
    return fault_add(fault, (struct muster_span){word, strlen(word)});
}

Test(fault, words_are_taken_or_refused)
{
    struct fault fault;

    fault_open(&fault);
    cr_expect(fault_takes(&fault, "delay=20"));
    cr_expect(eq(u64, fault.delay, 20));
    cr_expect(fault_takes(&fault, "429=2"));
    cr_expect(fault_takes(&fault, "cut"));
    cr_expect(fault_takes(&fault, "short-pages"));
    cr_expect(fault.short_pages);
    cr_expect(not(fault_takes(&fault, "delay")));
    cr_expect(not(fault_takes(&fault, "delay=")));
    cr_expect(not(fault_takes(&fault, "delay=-1")));
    cr_expect(not(fault_takes(&fault, "elsewhere=1")));
    cr_expect(not(fault_takes(&fault, "430")));
    cr_expect(not(fault_takes(&fault, "")));
    cr_expect(fault_happens(&fault, FAULT_BUSY));
    cr_expect(fault_happens(&fault, FAULT_BUSY));
    cr_expect(not(fault_happens(&fault, FAULT_BUSY)));
    cr_expect(not(fault_happens(&fault, FAULT_BROKEN_SERVER)));
    for (int count = 0; count < 100; count++) {
        cr_assert(fault_happens(&fault, FAULT_CUT));
    }
    fault_close(&fault);
}

static json_t *project(const char *query, const char *variables, const char *value,
                       const char **missing)
{
    json_t *given = json_loads(variables, 0, NULL);
    json_t *whole = json_loads(value, 0, NULL);
    const char *why = NULL;
    struct selection *fields = selection_read(query, given, &why);

    cr_assert(ne(ptr, fields, NULL), "%s", why);
    *missing = NULL;
    json_t *projected = selection_project(fields, whole, missing);
    selection_close(fields);
    json_decref(given);
    json_decref(whole);
    return projected;
}

Test(graphql, selects_and_renames)
{
    const char *missing = NULL;
    json_t *got =
        project("query Q($n: Int) { a { b, other: c(x: $n, y: \"s\", z: true) } }", "{\"n\":2}",
                "{\"a\":[{\"b\":1,\"c\":{\"d\":2}},{\"b\":3,\"c\":4}]}", &missing);
    json_t *wanted = json_loads("{\"a\":[{\"b\":1,\"other\":{}},{\"b\":3,\"other\":4}]}", 0, NULL);

    cr_expect(eq(int, json_equal(got, wanted), 1));
    cr_expect(eq(ptr, (void *)(size_t)missing, NULL));
    json_decref(got);
    json_decref(wanted);
    got = project("{a{x}}", "{}", "{\"a\":{\"b\":1}}", &missing);
    cr_expect(ne(ptr, (void *)(size_t)missing, NULL));
    json_decref(got);
}

Test(graphql, arguments_get_their_values)
{
    const char *why = NULL;
    json_t *variables = json_pack("{s:i}", "n", 7);
    struct selection *fields = selection_read(
        "{users(first:$n,after:null,s:\"a\\\"b\",w:WORD,i:-3,m:$none)}", variables, &why);
    json_t *wanted = json_pack("{s:i, s:n, s:s, s:s, s:i, s:n}", "first", 7, "after", "s", "a\"b",
                               "w", "WORD", "i", -3, "m");

    cr_assert(ne(ptr, fields, NULL), "%s", why);
    cr_expect(eq(int, json_equal(fields->arguments, wanted), 1));
    json_decref(wanted);
    json_decref(variables);
    selection_close(fields);
}

Test(graphql, what_is_not_a_query_has_a_reason)
{
    static const char *const queries[] = {
        "",      "{",        "{}",      "}",           "query",  "query Q(",
        "{a",    "{a{}}",    "{a{b}}x", "mutation{a}", "{a(b)}", "{a(b:\"x)}",
        "{a(b:", "{a(b:$)}", "{a:}",    "{...F}",      "[]",     "{a(b:[1])}",
    };

    for (size_t index = 0; index < sizeof queries / sizeof queries[0]; index++) {
        const char *why = NULL;
        cr_expect(eq(ptr, selection_read(queries[index], NULL, &why), NULL), "%s", queries[index]);
        cr_expect(ne(ptr, (void *)(size_t)why, NULL), "%s", queries[index]);
    }
}

Test(graphql, depth_and_size_have_limits)
{
    struct text deep = {0};
    struct text wide = {0};
    const char *why = NULL;

    for (int count = 0; count < 100000; count++) {
        text_put(&deep, "{a");
        text_put(&wide, count == 0 ? "{a" : " a");
    }
    cr_expect(eq(ptr, selection_read(text_string(&deep), NULL, &why), NULL));
    cr_expect(eq(ptr, selection_read(text_string(&wide), NULL, &why), NULL));
    text_close(&deep);
    text_close(&wide);
}

/* ---- The store ---------------------------------------------------------------------------- */

static int lock_error; /* what flock says */

int __wrap_flock(int descriptor, int operation);

int __wrap_flock(int descriptor, int operation)
{
    (void)descriptor;
    (void)operation;
    errno = lock_error;
    return lock_error != 0 ? -1 : 0;
}

/* A file system that cannot lock is no other sandbox. */
Test(store, says_why_it_is_not_its_own, .init = cr_redirect_stderr)
{
    static const int errors[] = {EWOULDBLOCK, ENOLCK};
    char folder[] = "/tmp/muster-store-XXXXXX";
    char lock[sizeof folder + sizeof "/lock"];
    char said[512] = "";
    char wanted[512];
    struct store store;

    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    for (size_t index = 0; index < sizeof errors / sizeof errors[0]; index++) {
        lock_error = errors[index];
        cr_expect(eq(int, store_open(&store, folder), 3));
        store_close(&store);
    }
    (void)fflush(stderr);
    said[fread(said, 1, sizeof said - 1, cr_get_redirected_stderr())] = '\0';
    (void)snprintf(wanted, sizeof wanted,
                   "muster: another sandbox is at work in %s\nmuster: cannot lock %s: %s\n", folder,
                   folder, strerror(ENOLCK));
    cr_expect(eq(str, said, wanted));
    (void)snprintf(lock, sizeof lock, "%s/lock", folder);
    cr_expect(eq(int, unlink(lock), 0));
    cr_expect(eq(int, rmdir(folder), 0));
}
