/* SPDX-License-Identifier: MIT */
#include "table/schema.h"

static const struct schema schemas[MUSTER_FILE_COUNT] = {
    [MUSTER_USERS] = {.file = MUSTER_USERS,
                      .column_count = 5,
                      .columns = {[USERS_ID] = {"id", COLUMN_ID, true},
                                  [USERS_EMAIL] = {"email", COLUMN_EMAIL, true},
                                  [USERS_FIRST_NAME] = {"first_name", COLUMN_TEXT, false},
                                  [USERS_LAST_NAME] = {"last_name", COLUMN_TEXT, false},
                                  [USERS_TEAM_ID] = {"team_id", COLUMN_TEXT, false}},
                      .email_column = USERS_EMAIL,
                      .reference_column = USERS_TEAM_ID,
                      .filled_column = SCHEMA_NO_COLUMN,
                      .keys_unique = true},
    [MUSTER_TEAMS] = {.file = MUSTER_TEAMS,
                      .column_count = 4,
                      .columns = {[TEAMS_ID] = {"id", COLUMN_ID, true},
                                  [TEAMS_NAME] = {"name", COLUMN_TEXT, true},
                                  [TEAMS_MANAGER_IDS] = {"manager_ids", COLUMN_ID_LIST, false},
                                  [TEAMS_PARENT_TEAM_ID] = {"parent_team_id", COLUMN_TEXT, false}},
                      .email_column = SCHEMA_NO_COLUMN,
                      .reference_column = SCHEMA_NO_COLUMN,
                      .filled_column = TEAMS_NAME,
                      .keys_unique = true},
    [MUSTER_DEPROVISION] = {.file = MUSTER_DEPROVISION,
                            .column_count = 4,
                            .columns = {{"id", COLUMN_ID, true},
                                        {"email", COLUMN_EMAIL, true},
                                        {"first_name", COLUMN_TEXT, false},
                                        {"last_name", COLUMN_TEXT, false}},
                            .email_column = USERS_EMAIL,
                            .reference_column = SCHEMA_NO_COLUMN,
                            .filled_column = SCHEMA_NO_COLUMN,
                            .keys_unique = false},
};

const struct schema *schema_of(enum muster_file file)
{
    return &schemas[file];
}
