/* SPDX-License-Identifier: MIT */
#include "base/span.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

Test(span, a_span_of_a_literal_has_its_nuls_but_not_its_terminator)
{
    cr_expect(eq(sz, SPAN("").len, 0));
    cr_expect(eq(sz, SPAN("abc").len, 3));
    cr_expect(eq(sz, SPAN("a\0b").len, 3));
}

Test(span, no_string_is_absent_and_not_empty)
{
    cr_expect(eq(ptr, (void *)(uintptr_t)span_from(NULL).ptr, NULL));
    cr_expect(ne(ptr, (void *)(uintptr_t)span_from("").ptr, NULL));
    cr_expect(eq(sz, span_from("ab").len, 2));
}

Test(span, equality_is_that_of_the_bytes)
{
    cr_expect(span_equal(SPAN("a\0b"), span_make("a\0b", 3)));
    cr_expect(not(span_equal(SPAN("a\0b"), SPAN("a\0c"))));
    cr_expect(not(span_equal(SPAN("ab"), SPAN("abc"))));
    cr_expect(not(span_equal(SPAN("ab"), SPAN("AB"))));
    cr_expect(span_equal(SPAN(""), SPAN_NONE));
}

Test(span, folding_touches_the_26_letters_and_nothing_else)
{
    for (int byte = 0; byte < 256; byte++) {
        int want = byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
        cr_expect(eq(int, (unsigned char)byte_fold((char)byte), want), "byte %d", byte);
    }
}

Test(span, folded_equality_is_that_of_ascii)
{
    cr_expect(span_equal_folded(SPAN("Ann@X.com"), SPAN("aNN@x.COM")));
    cr_expect(not(span_equal_folded(SPAN("ann"), SPAN("anna"))));
    cr_expect(not(span_equal_folded(SPAN("[x"), SPAN("{x"))), "no letters, 32 apart");
    cr_expect(not(span_equal_folded(SPAN("@x"), SPAN("`x"))), "no letters, 32 apart");
    cr_expect(not(span_equal_folded(SPAN("\xC3\x84"), SPAN("\xC3\xA4"))), "not ASCII");
}

Test(span, blanks_are_space_and_tab)
{
    for (int byte = 0; byte < 256; byte++) {
        bool want = byte == 0x20 || byte == 0x09;
        cr_expect(eq(int, byte_is_blank((unsigned char)byte), want), "byte %d", byte);
    }
    cr_expect(span_is_blank(SPAN("")));
    cr_expect(span_is_blank(SPAN(" \t ")));
    cr_expect(not(span_is_blank(SPAN(" x "))));
    cr_expect(not(span_is_blank(SPAN("\xC2\xA0"))), "a no-break space is none");
}

Test(span, trimming_takes_blanks_off_both_ends)
{
    cr_expect(eq(type(span), span_trim(SPAN(" \ta b\t ")), SPAN("a b")));
    cr_expect(eq(type(span), span_trim(SPAN("ab")), SPAN("ab")));
    cr_expect(eq(type(span), span_trim(SPAN("\na\r")), SPAN("\na\r")));
    cr_expect(eq(sz, span_trim(SPAN(" \t")).len, 0));
    cr_expect(eq(sz, span_trim(SPAN_NONE).len, 0));
}

Test(span, a_word_has_the_bytes_and_folds_the_letters_among_them)
{
    for (size_t size = 0; size <= 9; size++) {
        for (size_t at = 0; at < size; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[9] = "abcdefgh";
                struct guarded guarded;
                uint64_t want = 0;
                uint64_t folded = 0;
                text[at] = (char)byte;
                memcpy(&want, text, size < 8 ? size : 8);
                guarded_open(&guarded, text, size);
                span bytes = guarded_span(&guarded);
                cr_assert(eq(u64, bytes_word(bytes.ptr, bytes.len), want), "%zu of %zu", at, size);
                guarded_close(&guarded);
                for (size_t index = 0; index < size; index++) {
                    text[index] = byte_fold(text[index]);
                }
                memcpy(&folded, text, size < 8 ? size : 8);
                cr_assert(eq(u64, word_fold(want), folded), "%02X at %zu of %zu", byte, at, size);
            }
        }
    }
}
