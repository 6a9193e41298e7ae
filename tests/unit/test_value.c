/* SPDX-License-Identifier: MIT */
#include "table/value.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"
#include "value_hashes.h"

/* Not exactly one `@` with something on both sides, or a blank anywhere, or no dot in the domain
 * that is neither its first nor its last byte. */
static const struct {
    const char *text;
    bool sound;
} emails[] = {
    {"a@b.c", true},
    {"ann@example.com", true},
    {"a.b@c.d", true},
    {"a@b.c.d", true},
    {"a@b..c", true},
    {"a@.b.c", true},
    {"a@b.c.", true},
    {"a@...", true},
    {".@b.c", true},
    {"a\"b@c.d", true},
    {"a,b@c.d", true},
    {"a\nb@c.d", true},
    {"\xC3\xA4@\xC3\xB6.de", true},
    {"@", false},
    {"a", false},
    {"a.b", false},
    {"a@", false},
    {"@b.c", false},
    {"a@b", false},
    {"a@.", false},
    {"a@..", false},
    {"a@.b", false},
    {"a@b.", false},
    {"a@.b.", false},
    {"a.b@c", false},
    {"a@@b.c", false},
    {"a@b@c.d", false},
    {"a@b.c@", false},
    {"@a@b.c", false},
    {"a b@c.d", false},
    {"a@b.c d", false},
    {" a@b.c", false},
    {"a@b.c ", false},
    {"a\tb@c.d", false},
    {"a@b.\tc", false},
};

Test(value, an_email_is_what_the_rule_says)
{
    for (size_t index = 0; index < sizeof emails / sizeof *emails; index++) {
        struct guarded guarded;
        guarded_open(&guarded, emails[index].text, strlen(emails[index].text));
        cr_expect(eq(int, value_is_email(guarded_span(&guarded)), emails[index].sound), "%s",
                  emails[index].text);
        guarded_close(&guarded);
    }
}

static bool is_email_by_loop(span text)
{
    size_t ats = 0;
    size_t at = 0;
    bool blank = false;
    bool inner_dot = false;
    for (size_t index = 0; index < text.len; index++) {
        ats += text.ptr[index] == '@' ? 1 : 0;
        at = text.ptr[index] == '@' ? index : at;
        blank = blank || text.ptr[index] == ' ' || text.ptr[index] == '\t';
    }
    for (size_t index = at + 2; index + 1 < text.len; index++) {
        inner_dot = inner_dot || text.ptr[index] == '.';
    }
    return ats == 1 && at > 0 && at + 1 < text.len && !blank && inner_dot;
}

Test(value, every_short_string_is_an_email_or_not)
{
    static const char alphabet[] = {'a', '@', '.', ' ', '\t'};
    for (size_t size = 0; size <= 8; size++) {
        uint32_t count = 1;
        for (size_t index = 0; index < size; index++) {
            count *= 5;
        }
        for (uint32_t number = 0; number < count; number++) {
            char text[8];
            uint32_t rest = number;
            for (size_t index = 0; index < size; index++) {
                text[index] = alphabet[rest % 5];
                rest /= 5;
            }
            span value = span_make(text, size);
            if (value_is_email(value) != is_email_by_loop(value)) {
                cr_fail("%s", cr_user_span_tostr(&value));
            }
        }
    }
}

Test(value, troubles_are_those_of_pass_six)
{
    enum { E = VALUE_INVALID_EMAIL, S = VALUE_SURROUNDING_SPACE };
    enum { C = VALUE_CONTROL_CHARACTER, X = VALUE_SPECIAL_CHARACTER };
    static const struct {
        const char *text;
        unsigned as_text, as_email;
    } cases[] = {
        {"", 0, 0},
        {" ", 0, 0},
        {"\t \t", 0, 0},
        {"a", 0, E},
        {"a b", 0, E},
        {" a", S, S | E},
        {"a\t", S, S | E},
        {"a@b.c", 0, 0},
        {"a@b.c ", S, S | E},
        {"a\x01", C, C | E},
        {"a\x7F@b.c", C, C},
        {"a\tb", 0, E},
        {"\xC2\x80", C, C | E},
        {"a\"b", X, X | E},
        {"a,b", X, X | E},
        {"a\nb", X, X | E},
        {"a\rb", X, X | E},
        {" a,\x02", S | C | X, S | C | X | E},
        {"\n", X, X | E},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        span text = span_from(cases[index].text);
        cr_expect(eq(u32, value_troubles(text, COLUMN_TEXT), cases[index].as_text), "case %zu",
                  index);
        cr_expect(eq(u32, value_troubles(text, COLUMN_ID), cases[index].as_text), "case %zu",
                  index);
        cr_expect(eq(u32, value_troubles(text, COLUMN_EMAIL), cases[index].as_email), "case %zu",
                  index);
        cr_expect(
            eq(u32, value_troubles(text, COLUMN_ID_LIST), cases[index].as_text & ~(unsigned)X),
            "a list has commas, case %zu", index);
    }
}

Test(value, the_core_of_an_id_has_no_blanks_around_it_and_no_leading_zeros)
{
    cr_expect(eq(type(span), value_id_core(SPAN("X1")), SPAN("X1")));
    cr_expect(eq(type(span), value_id_core(SPAN("007")), SPAN("7")));
    cr_expect(eq(type(span), value_id_core(SPAN(" \t0042\t")), SPAN("42")));
    cr_expect(eq(type(span), value_id_core(SPAN("0 1")), SPAN(" 1")), "in this order");
    cr_expect(eq(type(span), value_id_core(SPAN("100")), SPAN("100")));
    cr_expect(eq(type(span), value_id_core(SPAN("X01")), SPAN("X01")));
    cr_expect(eq(sz, value_id_core(SPAN("000")).len, 0));
    cr_expect(eq(sz, value_id_core(SPAN("")).len, 0));
}

Test(value, hashes_of_one_class_are_the_same)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        uint64_t hash = id_hash(SPAN("ab12"), seed);
        cr_expect(eq(u64, id_hash(SPAN("AB12"), seed), hash));
        cr_expect(eq(u64, id_hash(SPAN(" 00aB12\t"), seed), hash));
        cr_expect(ne(u64, id_hash(SPAN("ab13"), seed), hash));
        cr_expect(ne(u64, id_hash(SPAN("ab12"), seed + 50), hash));
        hash = email_hash(SPAN("ann@x.com"), seed);
        cr_expect(eq(u64, email_hash(SPAN("ANN@X.Com"), seed), hash));
        cr_expect(ne(u64, email_hash(SPAN("0ann@x.com"), seed), hash));
        cr_expect(ne(u64, id_hash(SPAN("ann@x.com"), seed), hash), "kept apart");
        cr_expect(
            ne(u64, value_exact_hash(SPAN("Ann"), seed), value_exact_hash(SPAN("ann"), seed)));
    }
}

Test(value, hashes_of_long_keys_depend_on_every_byte_but_not_on_case)
{
    char text[5000];
    char folded[5000];
    for (size_t size = 1000; size <= 5000; size += 333) {
        memset(text, 'A', sizeof text);
        memset(folded, 'a', sizeof folded);
        uint64_t hash = email_hash(span_make(text, size), 1);
        cr_expect(eq(u64, email_hash(span_make(folded, size), 1), hash), "%zu", size);
        for (size_t at = 0; at < size; at += 77) {
            folded[at] = 'b';
            cr_expect(ne(u64, email_hash(span_make(folded, size), 1), hash), "%zu of %zu", at,
                      size);
            folded[at] = 'a';
        }
    }
}

Test(value, no_hash_is_zero)
{
    /* Zero stands for "no key"; the empty key must have one too. */
    for (uint64_t seed = 0; seed < 100000; seed++) {
        cr_assert(ne(u64, id_hash(SPAN(""), seed), 0));
        cr_assert(ne(u64, email_hash(SPAN(""), seed), 0));
        cr_assert(ne(u64, value_exact_hash(SPAN(""), seed), 0));
    }
}
