/* SPDX-License-Identifier: MIT */
/* The parts of tools/remote that need no network. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/endpoints.h"
#include "remote/file.h"
#include "remote/http.h"
#include "remote/json_text.h"
#include "remote/retry.h"
#include "remote/sha256.h"
#include "remote/text.h"
#include "remote/upload.h"
#include "remote/verdict.h"
#include "utf8.h"

/* ---- Text --------------------------------------------------------------------------------- */

static void expect_shown(const char *bytes, size_t size, const char *wanted)
{
    struct text text = {0};

    text_shown(&text, bytes, size);
    cr_expect(eq(str, (char *)text_string(&text), (char *)wanted));
    text_close(&text);
}

Test(text, shows_what_a_terminal_could_obey_as_bytes)
{
    expect_shown("plain", 5, "plain");
    expect_shown("Zo\xC3\xAB \xF0\x9F\x9A\x80", 9, "Zo\xC3\xAB \xF0\x9F\x9A\x80");
    expect_shown("\x1B[2J\a\n\0x", 8, "\\x1B[2J\\x07\\x0A\\x00x");
    expect_shown("\x7F", 1, "\\x7F");
    expect_shown("\xC2\x9B", 2, "\\xC2\\x9B");
    expect_shown("\xE2\x80\xAE", 3, "\\xE2\\x80\\xAE");
    expect_shown("a\xFF\xC3", 3, "a\\xFF\\xC3");
}

/* Everything that stands invisible between letters, or turns them round: the first and the last of
 * each range, and what is next to it. */
Test(text, shows_no_character_that_misleads)
{
    static const struct {
        const char *bytes;
        const char *shown;
        const char *json;
    } cases[] = {
        {"\xE2\x80\x8B", "\\xE2\\x80\\x8B", "\\u200b"},
        {"\xE2\x80\x8D", "\xE2\x80\x8D", "\xE2\x80\x8D"}, /* joins letters, in some scripts */
        {"\xE2\x80\xA8", "\\xE2\\x80\\xA8", "\\u2028"},
        {"\xE2\x80\xAF", "\xE2\x80\xAF", "\xE2\x80\xAF"},
        {"\xE2\x81\xA0", "\\xE2\\x81\\xA0", "\\u2060"},
        {"\xE2\x81\xAF", "\\xE2\\x81\\xAF", "\\u206f"},
        {"\xEF\xBB\xBF", "\\xEF\\xBB\\xBF", "\\ufeff"},
        {"\xEF\xBF\xB9", "\\xEF\\xBF\\xB9", "\\ufff9"},
        {"\xEF\xBF\xBB", "\\xEF\\xBF\\xBB", "\\ufffb"},
        {"\xF3\xA0\x80\x80", "\\xF3\\xA0\\x80\\x80", "\\udb40\\udc00"},
        {"\xF3\xA0\x81\xBF", "\\xF3\\xA0\\x81\\xBF", "\\udb40\\udc7f"},
        {"\xF3\xA0\x82\x80", "\xF3\xA0\x82\x80", "\xF3\xA0\x82\x80"},
        {"\x1B\n", "\\x1B\\x0A", "\\u001b\n"},
    };

    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct text text = {0};
        expect_shown(cases[index].bytes, strlen(cases[index].bytes), cases[index].shown);
        text_json_shown(&text, cases[index].bytes, strlen(cases[index].bytes));
        cr_expect(eq(str, (char *)text_string(&text), (char *)cases[index].json));
        text_close(&text);
    }
}

Test(text, takes_only_shortest_sequences_for_utf_8)
{
    uint32_t point = 0;

    cr_expect(eq(sz, utf8_read("a", 1, &point), 1));
    cr_expect(eq(sz, utf8_read("\xC3\xAB", 2, &point), 2));
    cr_expect(eq(u32, point, 0xEB));
    cr_expect(eq(sz, utf8_read("\xF4\x8F\xBF\xBF", 4, &point), 4));
    cr_expect(eq(u32, point, 0x10FFFF));
    cr_expect(eq(sz, utf8_read("\xC3", 1, &point), 0));
    cr_expect(eq(sz, utf8_read("\xC0\x80", 2, &point), 0), "an overlong NUL");
    cr_expect(eq(sz, utf8_read("\xE0\x80\xAF", 3, &point), 0), "an overlong slash");
    cr_expect(eq(sz, utf8_read("\xED\xA0\x80", 3, &point), 0), "a surrogate");
    cr_expect(eq(sz, utf8_read("\xF4\x90\x80\x80", 4, &point), 0), "beyond U+10FFFF");
    cr_expect(eq(sz, utf8_read("\x80", 1, &point), 0));
    cr_expect(eq(sz, utf8_read("", 0, &point), 0));
}

Test(text, writes_csv_that_is_quoted_only_where_it_must_be)
{
    static const char *const fields[][2] = {
        {"plain", "plain"},
        {"", ""},
        {" a b ", " a b "},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"a\rb", "\"a\rb\""},
    };

    for (size_t index = 0; index < sizeof fields / sizeof fields[0]; index++) {
        struct text text = {0};
        text_csv(&text, fields[index][0], strlen(fields[index][0]));
        cr_expect(eq(str, (char *)text_string(&text), (char *)fields[index][1]));
        text_close(&text);
    }
}

Test(text, disarms_formulas_for_people_alone)
{
    struct text text = {0};

    text_csv_plain(&text, "=1+1", 4);
    text_put(&text, "|");
    text_csv_plain(&text, "@a,b", 4);
    text_put(&text, "|");
    text_csv_plain(&text, "a=b", 3);
    text_put(&text, "|");
    text_csv(&text, "=1+1", 4);
    cr_expect(eq(str, (char *)text_string(&text), (char *)"'=1+1|\"'@a,b\"|a=b|=1+1"));
    text_close(&text);
}

Test(text, encodes_values_of_a_query)
{
    struct text text = {0};

    text_query(&text, "a-Z_0.~,&=+ %\xC3\xAB", 15);
    cr_expect(eq(str, (char *)text_string(&text), (char *)"a-Z_0.~,%26%3D%2B%20%25%C3%AB"));
    text_close(&text);
}

Test(text, escapes_inside_json_what_jansson_leaves)
{
    struct text text = {0};
    json_t *document = json_pack("{s:s}", "k", "a\x7F\xC2\x9B\xE2\x80\xAE\n");

    json_append(&text, document);
    cr_expect(eq(str, (char *)text_string(&text), (char *)"{\"k\":\"a\\u007f\\u009b\\u202e\\n\"}"));
    json_t *again = json_read(text_string(&text), text.size);
    cr_expect(eq(int, json_equal(document, again), 1));
    json_decref(again);
    json_decref(document);
    text_close(&text);
}

/* ---- Digests ------------------------------------------------------------------------------ */

static void expect_digest(const char *text, size_t repeat, const char *wanted)
{
    struct sha256 hash;
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];

    sha256_begin(&hash);
    for (size_t index = 0; index < repeat; index++) {
        sha256_add(&hash, text, strlen(text));
    }
    sha256_end(&hash, digest);
    sha256_hex(digest, hex);
    cr_expect(eq(str, hex, (char *)wanted));
}

Test(sha256, gives_the_digests_of_the_standard)
{
    expect_digest("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_digest("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect_digest("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(sha256, does_not_depend_on_the_pieces)
{
    char bytes[300];
    unsigned char whole[SHA256_SIZE];

    memset(bytes, 'x', sizeof bytes);
    for (size_t size = 0; size < sizeof bytes; size++) {
        struct sha256 hash;
        unsigned char digest[SHA256_SIZE];
        sha256_of(bytes, sizeof bytes, whole);
        sha256_begin(&hash);
        sha256_add(&hash, bytes, size);
        sha256_add(&hash, bytes + size, sizeof bytes - size);
        sha256_end(&hash, digest);
        cr_assert(sha256_equal(digest, whole));
    }
    whole[31] ^= 1;
    unsigned char digest[SHA256_SIZE];
    sha256_of(bytes, sizeof bytes, digest);
    cr_expect(not(sha256_equal(digest, whole)));
}

/* ---- Retries ------------------------------------------------------------------------------ */

Test(retry, doubles_250_milliseconds_with_jitter_of_a_quarter)
{
    for (uint64_t random = 0; random < 5000; random += 7) {
        uint64_t first = retry_delay(1, "", random);
        uint64_t second = retry_delay(2, "", random);
        cr_assert(first >= 187 && first <= 313);
        cr_assert(second >= 375 && second <= 625);
    }
    cr_expect(ne(u64, retry_delay(1, "", 0), retry_delay(1, "", 100)));
}

Test(retry, waits_as_long_as_the_remote_says_up_to_a_limit)
{
    cr_expect(eq(u64, retry_delay(1, "3", 0), 3000));
    cr_expect(eq(u64, retry_delay(1, "0", 0), 0));
    cr_expect(eq(u64, retry_delay(1, "99999", 0), RETRY_AFTER_MAX));
    cr_expect(eq(u64, retry_delay(1, "99999999999999999999999", 0), RETRY_AFTER_MAX));
}

Test(retry, reads_dates)
{
    uint64_t delay = 1;

    cr_expect(retry_after_read("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 - 5, &delay));
    cr_expect(eq(u64, delay, 5000));
    cr_expect(retry_after_read("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 + 5, &delay));
    cr_expect(eq(u64, delay, 0), "a moment that has passed is now");
    cr_expect(not(retry_after_read("", 0, &delay)));
    cr_expect(not(retry_after_read("soon", 0, &delay)));
    cr_expect(not(retry_after_read("-3", 0, &delay)));
    cr_expect(not(retry_after_read("3.5", 0, &delay)));
    cr_expect(not(retry_after_read("Sun, 06 Foo 1994 08:49:37 GMT", 0, &delay)));
    cr_expect(not(retry_after_read("Sun, 06 anF 1994 08:49:37 GMT", 0, &delay)));
    cr_expect(not(retry_after_read("Sun, 06 Nov 1994 08:49:37 GMT+1", 0, &delay)));
}

static bool is_due(bool once, enum http_outcome outcome, long status)
{
    struct http_request request = {.once = once};
    struct http_reply reply = {.outcome = outcome, .status = status};

    return retry_is_due(&request, &reply);
}

Test(retry, never_repeats_what_may_have_been_carried_out)
{
    cr_expect(is_due(false, HTTP_LOST, 0));
    cr_expect(not(is_due(true, HTTP_LOST, 0)));
    cr_expect(is_due(true, HTTP_UNREACHED, 0));
    cr_expect(is_due(true, HTTP_ANSWERED, 429));
    cr_expect(is_due(true, HTTP_ANSWERED, 503));
    cr_expect(not(is_due(true, HTTP_ANSWERED, 500)));
    cr_expect(not(is_due(true, HTTP_ANSWERED, 502)));
    cr_expect(not(is_due(true, HTTP_ANSWERED, 504)));
    cr_expect(is_due(false, HTTP_ANSWERED, 502));
    cr_expect(not(is_due(false, HTTP_ANSWERED, 200)));
    cr_expect(not(is_due(false, HTTP_ANSWERED, 404)));
    cr_expect(not(is_due(false, HTTP_UNTRUSTED, 0)));
    cr_expect(not(is_due(false, HTTP_LATE, 0)));
    cr_expect(not(is_due(false, HTTP_TOO_LARGE, 0)));
    cr_expect(not(is_due(false, HTTP_CHANGED, 0)));
}

static bool is_uncertain(enum http_outcome outcome, long status, bool sent)
{
    struct http_reply reply = {.outcome = outcome, .status = status, .sent = sent};

    return reply_is_uncertain(&reply);
}

Test(retry, knows_when_nobody_can_know)
{
    cr_expect(is_uncertain(HTTP_LOST, 0, true));
    cr_expect(is_uncertain(HTTP_LATE, 0, true));
    cr_expect(is_uncertain(HTTP_TOO_LARGE, 0, true));
    cr_expect(is_uncertain(HTTP_ANSWERED, 200, true), "an answer without a verdict");
    cr_expect(is_uncertain(HTTP_ANSWERED, 303, true), "carried out, and to be read elsewhere");
    cr_expect(is_uncertain(HTTP_ANSWERED, 500, true));
    cr_expect(is_uncertain(HTTP_ANSWERED, 504, true));
    cr_expect(not(is_uncertain(HTTP_LATE, 0, false)));
    cr_expect(not(is_uncertain(HTTP_UNREACHED, 0, false)));
    cr_expect(not(is_uncertain(HTTP_CHANGED, 0, true)), "the remote did not get all of it");
    cr_expect(not(is_uncertain(HTTP_ANSWERED, 503, true)));
    cr_expect(not(is_uncertain(HTTP_ANSWERED, 429, true)));
    cr_expect(not(is_uncertain(HTTP_ANSWERED, 403, true)));
}

/* ---- The table of addresses ---------------------------------------------------------------- */

Test(endpoints, say_what_they_rest_on)
{
    for (int id = 0; id < ENDPOINT_COUNT; id++) {
        /* Of Sparkwise no path is published; the others stand in the vendor's documents. */
        cr_expect(eq(int, endpoints[id].assumed, id >= ENDPOINT_CLUSTERS), "%s",
                  endpoints[id].path);
        cr_expect(lt(sz, 0, strlen(endpoints[id].note)));
    }
    for (int id = 0; id < QUERY_COUNT; id++) {
        bool assumed = id == QUERY_PLAN || id == QUERY_MANAGERS;
        cr_expect(eq(int, queries[id].assumed, assumed), "%s", queries[id].root);
        cr_expect(lt(sz, 0, strlen(queries[id].note)));
    }
}

/* ---- Addresses ---------------------------------------------------------------------------- */

static void expect_base(const char *text, const char *wanted)
{
    struct http_url base;
    struct text written = {0};
    const char *why = NULL;

    cr_assert(http_base_read(&base, text, &why), "%s: %s", text, why);
    http_url_write(&written, &base);
    cr_expect(eq(str, (char *)text_string(&written), (char *)wanted));
    text_close(&written);
}

Test(http_url, reads_bases)
{
    expect_base("https://a.example", "https://a.example");
    expect_base("https://a.example/", "https://a.example");
    expect_base("https://a.example:443/x/", "https://a.example/x");
    expect_base("https://a.example:8443", "https://a.example:8443");
    expect_base("http://127.0.0.1:80", "http://127.0.0.1");
    expect_base("http://127.9.9.9:1234/", "http://127.9.9.9:1234");
    expect_base("http://localhost:1", "http://localhost:1");
    expect_base("http://[::1]:8080", "http://[::1]:8080");
}

Test(http_url, refuses_bases_that_would_give_a_token_away)
{
    static const char *const bases[] = {
        "http://a.example",
        "http://10.0.0.1",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "ftp://127.0.0.1",
        "file:///etc",
        "127.0.0.1:80",
        "a.example",
        "",
        "https://",
        "https://u@a.example",
        "https://u:p@a.example",
        "https://a.example/?q",
        "https://a.example/#f",
        "https://a.example/?",
        "https://a.example/#",
        "http://127.0.0.1.nip.io",
        "http://localhost.example",
        "https://a.example\n",
        "https://a b",
        "https://a.example\\@b.example",
        "http://[::2]",
        "http://[::1%25lo]",
        "https://a.example:99999",
    };

    for (size_t index = 0; index < sizeof bases / sizeof bases[0]; index++) {
        struct http_url base;
        const char *why = NULL;
        cr_expect(not(http_base_read(&base, bases[index], &why)), "%s", bases[index]);
        cr_expect(ne(ptr, (void *)(size_t)why, NULL));
    }
}

static bool fits(const char *base_text, const char *url)
{
    struct http_url base;
    const char *why = NULL;

    cr_assert(http_base_read(&base, base_text, &why));
    return http_status_url_fits(&base, url, &why);
}

Test(http_url, follows_a_status_url_below_its_base_alone)
{
    static const char base[] = "https://a.example";

    cr_expect(fits(base, "https://a.example/sync-users/1/status"));
    cr_expect(fits(base, "https://A.EXAMPLE:443/sync-users/a-B_c.~9/status"));
    cr_expect(fits("http://127.0.0.1:81/x", "http://127.0.0.1:81/x/sync-users/1/status"));
    cr_expect(not(fits("http://127.0.0.1:81/x", "http://127.0.0.1:81/sync-users/1/status")));
    cr_expect(not(fits(base, "https://a.example/x/sync-users/1/status")));
    cr_expect(not(fits(base, "https://a.example:8443/sync-users/1/status")));
    cr_expect(not(fits(base, "http://a.example/sync-users/1/status")));
    cr_expect(not(fits(base, "https://b.example/sync-users/1/status")));
    cr_expect(not(fits(base, "https://a.example.b.example/sync-users/1/status")));
    cr_expect(not(fits(base, "https://a.example@b.example/sync-users/1/status")));
    cr_expect(not(fits(base, "https://u@a.example/sync-users/1/status")));
    cr_expect(not(fits(base, "https://a.example/sync-users/1/status?x")));
    cr_expect(not(fits(base, "https://a.example/sync-users/1/status#x")));
    cr_expect(not(fits(base, "https://a.example/sync-users/1/status/")));
    cr_expect(not(fits(base, "https://a.example/sync-users/1/2/status")));
    cr_expect(not(fits(base, "https://a.example/sync-users/../status")));
    cr_expect(not(fits(base, "https://a.example/sync-users/./status")));
    cr_expect(not(fits(base, "https://a.example/sync-users//status")));
    cr_expect(not(fits(base, "https://a.example/sync-users/%31/status")));
    cr_expect(not(fits(base, "https://a.example/Sync-Users/1/status")));
    cr_expect(not(fits(base, "/sync-users/1/status")));
    cr_expect(not(fits(base, "")));
}

/* ---- Answers ------------------------------------------------------------------------------ */

static void expect_verdict(const char *body, enum verdict_kind kind)
{
    struct http_reply reply = {.outcome = HTTP_ANSWERED, .status = 200};
    struct verdict verdict;

    text_put(&reply.body, body);
    verdict_read(&verdict, &reply);
    cr_expect(eq(int, (int)verdict.kind, (int)kind), "%s", body);
    verdict_close(&verdict);
    http_reply_close(&reply);
}

Test(verdict, knows_the_documented_words_and_no_others)
{
    expect_verdict("{\"status\":\"Awaiting teams file\"}", VERDICT_AWAITING);
    expect_verdict("{\"status\":\"Awaiting users file\"}", VERDICT_AWAITING);
    expect_verdict("{\"status\":\"processing\"}", VERDICT_PROCESSING);
    expect_verdict("{\"status\":\"Processing\"}", VERDICT_PROCESSING);
    expect_verdict("{\"status\":\"completed\"}", VERDICT_COMPLETED);
    expect_verdict("{\"status\":\"completedWithErrors\"}", VERDICT_COMPLETED_WITH_ERRORS);
    expect_verdict("{\"status\":\"Completed With Errors\"}", VERDICT_COMPLETED_WITH_ERRORS);
    expect_verdict("{\"status\":\"Validation Completed With Errors\"}", VERDICT_VALIDATION_ERRORS);
    expect_verdict("{\"status\":\"Completed Successfully\"}", VERDICT_COMPLETED);
    expect_verdict("{\"status\":\"Invalid data\"}", VERDICT_INVALID);
    expect_verdict("{\"status\":\"No files\"}", VERDICT_NO_FILES);
    expect_verdict("{\"status\":\"COMPLETED\"}", VERDICT_UNKNOWN);
    expect_verdict("{\"status\":1}", VERDICT_NONE);
    expect_verdict("{\"status\":\"completed\",\"status\":\"processing\"}", VERDICT_NONE);
    expect_verdict("[]", VERDICT_NONE);
    expect_verdict("", VERDICT_NONE);
    expect_verdict("{\"status\":", VERDICT_NONE);
}

Test(verdict, describes_words_of_any_length_in_a_line)
{
    struct http_reply reply = {.outcome = HTTP_ANSWERED, .status = 200};
    struct verdict verdict;
    struct text words = {0};

    text_put(&reply.body, "{\"status\":\"x");
    for (int index = 0; index < 5000; index++) {
        text_put(&reply.body, "\xC3\xAB");
    }
    text_put(&reply.body, "\"}");
    verdict_read(&verdict, &reply);
    verdict_describe(&words, &verdict, &reply);
    cr_expect(eq(sz, words.size, strlen("HTTP 200, x") + 2 * 249 + strlen("…")));
    cr_expect(eq(str, words.bytes + words.size - 5, (char *)"\xC3\xAB…"));
    text_close(&words);
    verdict_close(&verdict);
    http_reply_close(&reply);
}

/* ---- Files -------------------------------------------------------------------------------- */

static char folder[64];

static void folder_open(void)
{
    strcpy(folder, "/tmp/muster-parts-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    cr_assert(eq(int, chdir(folder), 0));
}

static void folder_close(void)
{
    (void)unlink("file");
    /* Nothing else may be left behind. */
    cr_expect(eq(int, chdir("/"), 0));
    cr_expect(eq(int, rmdir(folder), 0));
}

TestSuite(files, .init = folder_open, .fini = folder_close);

Test(files, writes_whole_files_for_one_user_alone)
{
    struct text text = {0};
    struct stat about;

    cr_assert(eq(int, file_write("file", "one", 3), 0));
    cr_assert(eq(int, file_write("file", "second", 6), 0));
    cr_assert(eq(int, file_read(&text, "file", 6), 0));
    cr_expect(eq(str, (char *)text_string(&text), (char *)"second"));
    cr_assert(eq(int, stat("file", &about), 0));
    cr_expect(eq(int, (int)(about.st_mode & 0777), 0600));
    text_clear(&text);
    cr_expect(ne(int, file_read(&text, "file", 5), 0), "beyond the limit");
    cr_expect(ne(int, file_read(&text, ".", 5), 0), "a folder");
    cr_expect(ne(int, file_write("nowhere/file", "x", 1), 0));
    text_close(&text);
}

Test(files, an_upload_gives_the_bytes_and_notices_changes)
{
    struct upload upload;
    char bytes[8];
    unsigned char digest[SHA256_SIZE];

    cr_assert(eq(int, file_write("file", "0123456789", 10), 0));
    cr_assert(eq(int, upload_open(&upload, "file"), 0));
    cr_expect(eq(u64, upload.size, 10));
    sha256_of("0123456789", 10, digest);
    cr_expect(sha256_equal(upload.digest, digest));
    cr_expect(eq(int, (int)upload_read(&upload, bytes, sizeof bytes), 8));
    cr_expect(eq(int, (int)upload_read(&upload, bytes, sizeof bytes), 2));
    cr_expect(eq(int, (int)upload_read(&upload, bytes, sizeof bytes), 0));
    upload_rewind(&upload);
    cr_expect(eq(int, (int)upload_read(&upload, bytes, sizeof bytes), 8));
    FILE *file = fopen("file", "r+");
    cr_assert(ne(ptr, file, NULL));
    fputs("x", file);
    fclose(file);
    cr_expect(eq(int, (int)upload_read(&upload, bytes, sizeof bytes), -1),
              "the last bytes are held back");
    cr_expect(upload.changed);
    upload_close(&upload);
}

Test(files, an_upload_notices_that_another_file_has_its_name)
{
    struct upload upload;

    cr_assert(eq(int, file_write("file", "0123456789", 10), 0));
    cr_assert(eq(int, upload_open(&upload, "file"), 0));
    cr_expect(upload_in_place(&upload));
    cr_assert(eq(int, file_write("other", "0123456789", 10), 0));
    cr_assert(eq(int, rename("other", "file"), 0));
    cr_expect(upload_unchanged(&upload), "it is still there, without a name");
    cr_expect(not(upload_in_place(&upload)));
    upload_close(&upload);
}

Test(files, an_upload_that_shrinks_is_not_completed)
{
    struct upload upload;
    char bytes[4];

    cr_assert(eq(int, file_write("file", "0123456789", 10), 0));
    cr_assert(eq(int, upload_open(&upload, "file"), 0));
    cr_expect(eq(int, (int)upload_read(&upload, bytes, sizeof bytes), 4));
    cr_assert(eq(int, truncate("file", 4), 0));
    cr_expect(eq(int, (int)upload_read(&upload, bytes, sizeof bytes), -1));
    upload_close(&upload);
}
