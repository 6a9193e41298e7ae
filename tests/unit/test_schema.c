/* SPDX-License-Identifier: MIT */
#include "table/schema.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

/* Section 3 of the contract: the headers of a file, those that must have a value in capitals. */
static const char *const listed[MUSTER_FILE_COUNT] = {
    [MUSTER_USERS] = "ID EMAIL first_name last_name team_id",
    [MUSTER_TEAMS] = "ID NAME manager_ids parent_team_id",
    [MUSTER_DEPROVISION] = "ID EMAIL first_name last_name",
};

Test(schema, the_files_have_the_columns_of_the_contract)
{
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        const struct schema *schema = schema_of(file);
        struct buffer text = {0};
        for (unsigned column = 0; column < schema->column_count; column++) {
            buffer_text(&text, column > 0 ? " " : "");
            for (const char *letter = schema->columns[column].name; *letter != '\0'; letter++) {
                bool capital = schema->columns[column].must_have_value && *letter != '_';
                buffer_byte(&text, (char)(capital ? *letter - 'a' + 'A' : *letter));
            }
        }
        cr_expect(eq(int, schema->file, (int)file));
        cr_expect(eq(type(span), buffer_view(&text), span_from(listed[file])));
        buffer_close(&text);
    }
}

Test(schema, special_columns_are_where_their_names_say)
{
    for (unsigned file = 0; file < MUSTER_FILE_COUNT; file++) {
        const struct schema *schema = schema_of(file);
        cr_expect(eq(type(span), span_from(schema->columns[0].name), SPAN("id")));
        for (unsigned column = 0; column < schema->column_count; column++) {
            span name = span_from(schema->columns[column].name);
            bool email = span_equal(name, SPAN("email"));
            cr_expect(eq(int, schema->email_column == column, email));
            cr_expect(eq(int, schema->columns[column].type == COLUMN_EMAIL, email));
            cr_expect(
                eq(int, schema->reference_column == column, span_equal(name, SPAN("team_id"))));
            cr_expect(eq(int, schema->columns[column].type == COLUMN_ID_LIST,
                         span_equal(name, SPAN("manager_ids"))));
            cr_expect(eq(int, schema->filled_column == column, span_equal(name, SPAN("name"))));
        }
    }
}

Test(schema, a_deprovision_file_may_name_somebody_twice)
{
    /* The rules about duplicates are those of the users and teams files. */
    cr_expect(schema_of(MUSTER_USERS)->keys_unique);
    cr_expect(schema_of(MUSTER_TEAMS)->keys_unique);
    cr_expect(not(schema_of(MUSTER_DEPROVISION)->keys_unique));
}
