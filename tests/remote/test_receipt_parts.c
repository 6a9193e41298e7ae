/* SPDX-License-Identifier: MIT */
/* Receipts as they are written and read again. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remote/receipt.h"
#include "remote/verdict.h"

static char folder[64];

static void enter(void)
{
    strcpy(folder, "/tmp/muster-receipt-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    cr_assert(eq(int, chdir(folder), 0));
}

static void leave(void)
{
    (void)unlink("receipt");
    /* Nothing else may be left behind. */
    cr_expect(eq(int, chdir("/"), 0));
    cr_expect(eq(int, rmdir(folder), 0));
}

TestSuite(receipt, .init = enter, .fini = leave);

Test(receipt, comes_back_as_it_was)
{
    struct receipt receipt;
    json_t *sent =
        json_pack("{s:s, s:{s:b}}", "base", "https://a.example", "parameters", "dryRun", 0);

    cr_assert(eq(int, receipt_open(&receipt, "receipt"), 0));
    cr_expect(eq(int, (int)receipt_turn(&receipt, "sync"), (int)RECEIPT_NONE));
    receipt_begin(&receipt, sent);
    receipt_answer_note(&receipt, "POST /sync-users", 200, "processing");
    receipt_note(&receipt, "statusUrl", json_string("https://a.example/sync-users/1/status"));
    receipt_state_note(&receipt, RECEIPT_PROCESSING);
    cr_assert(eq(int, receipt_save(&receipt), 0));
    receipt_close(&receipt);

    cr_assert(eq(int, receipt_open(&receipt, "receipt"), 0));
    cr_expect(eq(int, (int)receipt_turn(&receipt, "deprovision"), (int)RECEIPT_NONE));
    cr_expect(eq(int, (int)receipt_turn(&receipt, "sync"), (int)RECEIPT_PROCESSING));
    cr_expect(receipt_is_live(&receipt));
    cr_expect(receipt_is_about(&receipt, sent));
    json_object_set_new(sent, "base", json_string("https://b.example"));
    cr_expect(not(receipt_is_about(&receipt, sent)));
    cr_expect(eq(str, (char *)receipt_word(&receipt, "statusUrl"),
                 (char *)"https://a.example/sync-users/1/status"));
    receipt_close(&receipt);
    json_decref(sent);
}

/* The most that is kept of them, in the characters that take the most room. */
Test(receipt, of_many_long_answers_can_be_read_again)
{
    struct receipt receipt;
    json_t *sent = json_object();
    char words[2][WORDS_SIZE_MAX + 2] = {{0}};

    memset(words[0], 1, WORDS_SIZE_MAX + 1);
    memset(words[1], 2, WORDS_SIZE_MAX + 1);
    cr_assert(eq(int, receipt_open(&receipt, "receipt"), 0));
    for (int run = 0; run < 2; run++) {
        (void)receipt_turn(&receipt, run == 0 ? "sync" : "deprovision");
        receipt_begin(&receipt, sent);
        for (int count = 0; count < 1000; count++) {
            receipt_answer_note(&receipt, "GET /sync-users/{id}/status", 200, words[count % 2]);
        }
    }
    cr_assert(eq(int, receipt_save(&receipt), 0));
    receipt_close(&receipt);
    cr_expect(eq(int, receipt_open(&receipt, "receipt"), 0));
    receipt_close(&receipt);
    json_decref(sent);
}
