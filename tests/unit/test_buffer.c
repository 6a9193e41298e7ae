/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

Test(buffer, an_empty_buffer_has_a_view)
{
    struct buffer buffer = {0};
    cr_expect(eq(type(span), buffer_view(&buffer), SPAN("")));
    buffer_append(&buffer, NULL, 0);
    cr_expect(eq(type(span), buffer_view(&buffer), SPAN("")));
    cr_expect(not(buffer.exhausted));
    buffer_close(&buffer);
}

Test(buffer, appends_stand_behind_each_other)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "ab");
    buffer_byte(&buffer, '\0');
    buffer_span(&buffer, SPAN("cd"));
    buffer_append(&buffer, "ef", 1);
    cr_expect(eq(type(span), buffer_view(&buffer), SPAN("ab\0cde")));
    buffer_close(&buffer);
}

Test(buffer, a_million_bytes_stay_what_they_were)
{
    struct buffer buffer = {0};
    for (size_t index = 0; index < 1000000; index++) {
        buffer_byte(&buffer, (char)(index % 127));
    }
    cr_assert(eq(sz, buffer.size, 1000000));
    for (size_t index = 0; index < 1000000; index++) {
        cr_assert(eq(int, buffer.bytes[index], (int)(index % 127)));
    }
    buffer_close(&buffer);
}

Test(buffer, a_reserve_gives_room_and_no_size)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "ab");
    char *room = buffer_reserve(&buffer, 5000);
    cr_assert(ne(ptr, room, NULL));
    memset(room, 'x', 5000);
    cr_expect(eq(sz, buffer.size, 2));
    cr_expect(eq(ptr, room, buffer.bytes + 2));
    char *before = buffer.bytes;
    buffer_text(&buffer, "0123456789");
    cr_expect(eq(ptr, buffer.bytes, before), "what was reserved does not move");
    buffer_close(&buffer);
}

Test(buffer, a_cleared_buffer_is_empty_and_keeps_its_memory)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "abc");
    char *before = buffer.bytes;
    buffer_clear(&buffer);
    cr_expect(eq(type(span), buffer_view(&buffer), SPAN("")));
    buffer_text(&buffer, "x");
    cr_expect(eq(ptr, buffer.bytes, before));
    cr_expect(eq(type(span), buffer_view(&buffer), SPAN("x")));
    buffer_close(&buffer);
}

Test(buffer, an_exhausted_buffer_drops_what_comes)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "abc");
    cr_expect(eq(ptr, buffer_reserve(&buffer, SIZE_MAX), NULL));
    cr_expect(buffer.exhausted);
    buffer_text(&buffer, "def");
    buffer_number(&buffer, 5);
    cr_expect(eq(type(span), buffer_view(&buffer), SPAN("abc")));
    cr_expect(eq(ptr, buffer_reserve(&buffer, 1), NULL), "it stays so");
    buffer_close(&buffer);
    cr_expect(not(buffer.exhausted));
}

Test(buffer, numbers_are_decimal)
{
    static const struct {
        uint64_t number;
        const char *plain;
        const char *grouped;
    } cases[] = {
        {0, "0", "0"},
        {9, "9", "9"},
        {10, "10", "10"},
        {999, "999", "999"},
        {1000, "1000", "1,000"},
        {1001, "1001", "1,001"},
        {1010, "1010", "1,010"},
        {1100, "1100", "1,100"},
        {99999, "99999", "99,999"},
        {100000, "100000", "100,000"},
        {1000000, "1000000", "1,000,000"},
        {1002003, "1002003", "1,002,003"},
        {UINT32_MAX, "4294967295", "4,294,967,295"},
        {UINT64_MAX, "18446744073709551615", "18,446,744,073,709,551,615"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct buffer buffer = {0};
        buffer_number(&buffer, cases[index].number);
        cr_expect(eq(type(span), buffer_view(&buffer), span_from(cases[index].plain)));
        buffer_clear(&buffer);
        buffer_number_grouped(&buffer, cases[index].number);
        cr_expect(eq(type(span), buffer_view(&buffer), span_from(cases[index].grouped)));
        buffer_close(&buffer);
    }
}
