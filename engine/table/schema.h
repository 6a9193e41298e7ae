/* SPDX-License-Identifier: MIT */
/* Which columns the files of an export have, what is in them and which must have a value. */
#ifndef MUSTER_TABLE_SCHEMA_H
#define MUSTER_TABLE_SCHEMA_H

#include <stdint.h>

#include "base/span.h"

#define SCHEMA_COLUMN_MAX 5
#define SCHEMA_NO_COLUMN  UINT32_MAX

enum column_type { COLUMN_TEXT, COLUMN_ID, COLUMN_EMAIL, COLUMN_ID_LIST };

struct schema_column {
    const char *name;
    enum column_type type;
    bool must_have_value;
};

struct schema {
    enum muster_file file;
    unsigned column_count;
    struct schema_column columns[SCHEMA_COLUMN_MAX];
    uint32_t email_column;     /* or SCHEMA_NO_COLUMN; the id is always column 0 */
    uint32_t reference_column; /* names a team for each row, or SCHEMA_NO_COLUMN */
    uint32_t filled_column;    /* must have a value, besides id and e-mail; or none */
    bool keys_unique;          /* ids and e-mails; of a deprovision file nothing is said */
};

enum users_column { USERS_ID, USERS_EMAIL, USERS_FIRST_NAME, USERS_LAST_NAME, USERS_TEAM_ID };
enum teams_column { TEAMS_ID, TEAMS_NAME, TEAMS_MANAGER_IDS, TEAMS_PARENT_TEAM_ID };

/* Static. */
const struct schema *schema_of(enum muster_file file);

#endif
