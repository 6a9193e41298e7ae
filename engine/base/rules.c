/* SPDX-License-Identifier: MIT */
/*
 * The words of every rule, in the order of enum muster_code: the manual behind `muster explain`.
 *
 * A sample is one file, which begins with its header. Where a rule looks at two files or at a flag,
 * the sample holds each of them, with an empty line between. A repaired sample gives no finding.
 * One failing sample is not meant literally: that of field-too-long would fill a screen.
 */
#include "base/rules.h"

#define USERS "id,email,first_name,last_name,team_id\n"
#define TEAMS "id,name,manager_ids,parent_team_id\n"
#define ANN   "X1,ann@example.com,Ann,Lee,\n"

#define NOTHING_SENT   "nothing can be sent"
#define RECORD_REMOVED "record removed"
#define TEAM_REMOVED   "team removed"
#define WITHOUT_A_TEAM "user kept, without a team"
#define IGNORED        "ignored"
#define UNKNOWN        "unknown: the remote may refuse or change it"

/* A failing sample may hold NULs, so its size is kept beside it. */
#define FAILING(text) .failing = "" text, .failing_size = sizeof(text) - 1

const struct muster_rule rules[MUSTER_CODE_COUNT] = {
    [MUSTER_UNREADABLE_ENCODING] =
        {
            .code = MUSTER_UNREADABLE_ENCODING,
            .severity = MUSTER_FATAL,
            .pass = 0,
            .name = "unreadable-encoding",
            .applies = "any file",
            .when = "The file is UTF-16 or UTF-32: it begins with the byte order mark of one of "
                    "them, or every other of its first 64 bytes is NUL.",
            .effect = NOTHING_SENT,
            .why = "Spreadsheet programs write such a file when asked for \"Unicode text\". Not a "
                   "single person in it can be read.",
            .cure = "Save the file again as CSV in UTF-8.",
            FAILING("\xff\xfei\0d\0,\0e\0m\0a\0i\0l\0\r\0\n\0"),
            .repaired = USERS ANN,
        },
    [MUSTER_EMPTY_FILE] =
        {
            .code = MUSTER_EMPTY_FILE,
            .severity = MUSTER_FATAL,
            .pass = 0,
            .name = "empty-file",
            .applies = "any file",
            .when = "The file holds no record at all, not even a header.",
            .effect = NOTHING_SENT,
            .why = "This is what an export that failed leaves behind. Taken at its word it would "
                   "say that nobody works here any more.",
            .cure = "Run the export again and find out why it wrote nothing.",
            FAILING(""),
            .repaired = USERS ANN,
        },
    [MUSTER_MISSING_HEADER] =
        {
            .code = MUSTER_MISSING_HEADER,
            .severity = MUSTER_FATAL,
            .pass = 0,
            .name = "missing-header",
            .applies = "any file: header",
            .when = "The header lacks one or more of the required columns; the message lists them.",
            .effect = NOTHING_SENT,
            .why = "The remote refuses both files with this message, and nobody's team changes. "
                   "Names are compared exactly, so \"Email\" is not \"email\".",
            .cure = "Give each required column its exact name in the first line.",
            FAILING("id,e-mail,first_name,last_name\nX1,ann@example.com,Ann,Lee\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_DUPLICATE_HEADER] =
        {
            .code = MUSTER_DUPLICATE_HEADER,
            .severity = MUSTER_FATAL,
            .pass = 0,
            .name = "duplicate-header",
            .applies = "any file: header",
            .when = "A required column stands in the header more than once.",
            .effect = NOTHING_SENT,
            .why = "Nothing says which of the two columns counts, so people could be given an "
                   "address or a team that is not theirs.",
            .cure = "Keep one column of this name and remove or rename the others.",
            FAILING("id,email,email,first_name,last_name,team_id\n"
                    "X1,ann@example.com,ann.lee@example.com,Ann,Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_UNTERMINATED_QUOTE] =
        {
            .code = MUSTER_UNTERMINATED_QUOTE,
            .severity = MUSTER_FATAL,
            .pass = 0,
            .name = "unterminated-quote",
            .applies = "any file",
            .when = "A value opens with a quotation mark that nothing closes before the file ends.",
            .effect = NOTHING_SENT,
            .why = "Everybody behind the open quotation mark is swallowed by one value and is "
                   "missing from the file. A transfer that was cut off looks the same.",
            .cure = "Close the quotation mark on the line named, or transfer the file again.",
            FAILING(USERS "X1,ann@example.com,\"Ann,Lee,\nX2,bob@example.com,Bob,Ray,\n"),
            .repaired = USERS ANN "X2,bob@example.com,Bob,Ray,\n",
        },
    [MUSTER_EXTRA_HEADER] =
        {
            .code = MUSTER_EXTRA_HEADER,
            .severity = MUSTER_INFO,
            .pass = 0,
            .name = "extra-header",
            .applies = "any file: header",
            .when = "A column is none of the required ones.",
            .effect = IGNORED,
            .why = "What stands in the column is sent but not used. That is harmless, unless its "
                   "values were meant for a required column of a similar name.",
            .cure = "Leave the column out of the export. Where its values are meant for a required "
                    "column, move them there.",
            FAILING("id,email,first_name,last_name,team_id,Team ID\n"
                    "X1,ann@example.com,Ann,Lee,,T1\n"),
            .repaired = USERS "X1,ann@example.com,Ann,Lee,T1\n",
        },
    [MUSTER_STRAY_QUOTE] =
        {
            .code = MUSTER_STRAY_QUOTE,
            .severity = MUSTER_ERROR,
            .pass = 1,
            .name = "stray-quote",
            .applies = "any file",
            .when = "A quotation mark stands in a value that does not begin with one, or a closing "
                    "one is followed by something else than a comma or a line end; in the header "
                    "this is fatal.",
            .effect = RECORD_REMOVED,
            .why = "Nobody can tell where the value ends, so this person or team is left out. "
                   "Reading goes on behind the next line end.",
            .cure = "Remove the quotation mark, or put the value in quotation marks and double "
                    "each one inside it.",
            FAILING(USERS "X1,ann@example.com,Ann \"Annie\",Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_FIELD_COUNT] =
        {
            .code = MUSTER_FIELD_COUNT,
            .severity = MUSTER_ERROR,
            .pass = 1,
            .name = "field-count",
            .applies = "any file",
            .when = "The record has more or fewer values than the header has columns.",
            .effect = RECORD_REMOVED,
            .why = "A comma too many or too few shifts every value behind it into the wrong "
                   "column, and the person would end up with somebody else's data.",
            .cure = "Put a value with a comma in quotation marks, and write every comma of the "
                    "record even where a value is empty.",
            FAILING(USERS "X1,ann@example.com,Ann,Lee, Jr.,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_NUL_BYTE] =
        {
            .code = MUSTER_NUL_BYTE,
            .severity = MUSTER_ERROR,
            .pass = 1,
            .name = "nul-byte",
            .applies = "any file: any column",
            .when = "A value holds a NUL byte (U+0000); the first such value is named.",
            .effect = RECORD_REMOVED,
            .why = "Text has no NUL bytes; many programs stop reading there, so half a name or "
                   "half an id would be taken for the whole. It is a sign of a damaged export.",
            .cure = "Remove the byte at its source, or run the export again.",
            FAILING(USERS "X1,ann@example.com,An\0n,Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_INVALID_UTF8] =
        {
            .code = MUSTER_INVALID_UTF8,
            .severity = MUSTER_ERROR,
            .pass = 1,
            .name = "invalid-utf8",
            .applies = "any file: any column",
            .when = "A value is not valid UTF-8; the first such value is named.",
            .effect = RECORD_REMOVED,
            .why = "The file was probably saved in an older encoding such as Windows-1252, and "
                   "everybody with an accent in the name would be misspelt.",
            .cure = "Save the file again as CSV in UTF-8.",
            FAILING(USERS "X1,rene@example.com,Ren\xe9,Lee,\n"),
            .repaired = USERS "X1,rene@example.com,Ren\xc3\xa9,Lee,\n",
        },
    [MUSTER_FIELD_TOO_LONG] =
        {
            .code = MUSTER_FIELD_TOO_LONG,
            .severity = MUSTER_ERROR,
            .pass = 1,
            .name = "field-too-long",
            .applies = "any file: any column",
            .when = "A value is longer than 64 KiB (65,536 bytes); the first such value is named.",
            .effect = RECORD_REMOVED,
            .why = "No name and no id is that long. Most often a forgotten quotation mark has "
                   "drawn many people into one value.",
            .cure = "Look for a quotation mark too many where the value begins.",
            FAILING(USERS "X1,ann@example.com,Annnnnnnnnnn[65537 letters in all],Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_MISSING_VALUE] =
        {
            .code = MUSTER_MISSING_VALUE,
            .severity = MUSTER_ERROR,
            .pass = 1,
            .name = "missing-value",
            .applies = "users, deprovision: id, email; teams: id, name",
            .when = "A value that must be there is empty or consists of blanks only.",
            .effect = RECORD_REMOVED,
            .why = "Without an id and an e-mail address nobody can say who is meant, and a team "
                   "needs an id and a name to be found again.",
            .cure = "Fill the value in where the data comes from.",
            FAILING(USERS "X1,,Ann,Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_DUPLICATE_USER_ID] =
        {
            .code = MUSTER_DUPLICATE_USER_ID,
            .severity = MUSTER_ERROR,
            .pass = 2,
            .name = "duplicate-user-id",
            .applies = "users: id",
            .when = "An earlier record has the same id, byte for byte.",
            .effect = RECORD_REMOVED,
            .why = "Two people under one id cannot be told apart: the first stays, and the second "
                   "one loses the place in the team.",
            .cure = "Give each person an id of their own, or remove the record that is too many.",
            FAILING(USERS ANN "X1,bob@example.com,Bob,Ray,\n"),
            .repaired = USERS ANN "X2,bob@example.com,Bob,Ray,\n",
        },
    [MUSTER_DUPLICATE_EMAIL] =
        {
            .code = MUSTER_DUPLICATE_EMAIL,
            .severity = MUSTER_ERROR,
            .pass = 2,
            .name = "duplicate-email",
            .applies = "users: email",
            .when = "An earlier record has the same e-mail address; upper and lower case of ASCII "
                    "letters are the same.",
            .effect = RECORD_REMOVED,
            .why = "The remote finds people by their address, so two records would fight over one "
                   "account: the first stays, and the second is left out.",
            .cure = "Give each person an address of their own, or remove the record that is too "
                    "many.",
            FAILING(USERS ANN "X2,Ann@Example.com,Anna,Leigh,\n"),
            .repaired = USERS ANN "X2,anna@example.com,Anna,Leigh,\n",
        },
    [MUSTER_DUPLICATE_TEAM_ID] =
        {
            .code = MUSTER_DUPLICATE_TEAM_ID,
            .severity = MUSTER_ERROR,
            .pass = 2,
            .name = "duplicate-team-id",
            .applies = "teams: id",
            .when = "An earlier record has the same id, byte for byte.",
            .effect = RECORD_REMOVED,
            .why = "Everybody who points at this id lands in the first of the two teams; the "
                   "second one is not made.",
            .cure = "Give each team an id of its own, or remove the record that is too many.",
            FAILING(TEAMS "T1,Cloud,,\nT1,Sales,,\n"),
            .repaired = TEAMS "T1,Cloud,,\nT2,Sales,,\n",
        },
    [MUSTER_UNKNOWN_PARENT_TEAM] =
        {
            .code = MUSTER_UNKNOWN_PARENT_TEAM,
            .severity = MUSTER_ERROR,
            .pass = 3,
            .name = "unknown-parent-team",
            .applies = "teams: parent_team_id",
            .when = "The parent is given, but no team has this id.",
            .effect = TEAM_REMOVED,
            .why = "The team cannot be placed and is left out, all teams below it too, and their "
                   "members are without a team.",
            .cure = "Add the parent to the teams file, correct its id, or leave it empty for a "
                    "team at the top.",
            FAILING(TEAMS "T1,IT,,\nT2,Cloud,,T9\n"),
            .repaired = TEAMS "T1,IT,,\nT2,Cloud,,T1\n",
        },
    [MUSTER_TEAM_CYCLE] =
        {
            .code = MUSTER_TEAM_CYCLE,
            .severity = MUSTER_ERROR,
            .pass = 3,
            .name = "team-cycle",
            .applies = "teams: parent_team_id",
            .when = "Going up from parent to parent leads back to the same team.",
            .effect = TEAM_REMOVED,
            .why = "A circle of teams has no top and cannot be drawn. All teams in it and below "
                   "it are left out, and their members are without a team.",
            .cure = "Find the link that is wrong and give that team its real parent, or none.",
            FAILING(TEAMS "T1,IT,,T2\nT2,Cloud,,T1\n"),
            .repaired = TEAMS "T1,IT,,\nT2,Cloud,,T1\n",
        },
    [MUSTER_REMOVED_PARENT_TEAM] =
        {
            .code = MUSTER_REMOVED_PARENT_TEAM,
            .severity = MUSTER_ERROR,
            .pass = 3,
            .name = "removed-parent-team",
            .applies = "teams: parent_team_id",
            .when = "The parent is in the file but was removed, for a reason of its own or because "
                    "a team further up was.",
            .effect = TEAM_REMOVED,
            .why = "Nothing is wrong with this team itself. One broken team takes everything "
                   "below it along, with all its people.",
            .cure = "Repair the team where that began; this one then comes back by itself.",
            FAILING(TEAMS "T2,Cloud,,T9\nT3,Storage,,T2\n"),
            .repaired = TEAMS "T2,Cloud,,\nT3,Storage,,T2\n",
        },
    [MUSTER_UNKNOWN_TEAM] =
        {
            .code = MUSTER_UNKNOWN_TEAM,
            .severity = MUSTER_ERROR,
            .pass = 4,
            .name = "unknown-team",
            .applies = "users: team_id",
            .when = "The team is given, but no team in the teams file has this id.",
            .effect = WITHOUT_A_TEAM,
            .why = "The person stays but shows up as unassigned, and is missing from the team's "
                   "reports.",
            .cure = "Add the team to the teams file, or correct the id.",
            FAILING(USERS "X1,ann@example.com,Ann,Lee,T9\n\n" TEAMS "T1,Cloud,,\n"),
            .repaired = USERS "X1,ann@example.com,Ann,Lee,T1\n\n" TEAMS "T1,Cloud,,\n",
        },
    [MUSTER_REMOVED_TEAM] =
        {
            .code = MUSTER_REMOVED_TEAM,
            .severity = MUSTER_ERROR,
            .pass = 4,
            .name = "removed-team",
            .applies = "users: team_id",
            .when = "The team is in the teams file but was removed by another rule.",
            .effect = WITHOUT_A_TEAM,
            .why = "Nothing is wrong with this person. Their team could not be placed, so they "
                   "show up as unassigned.",
            .cure = "Repair the team where that began; this person then comes back to it.",
            FAILING(USERS "X1,ann@example.com,Ann,Lee,T1\n\n" TEAMS "T1,Cloud,,T9\n"),
            .repaired = USERS "X1,ann@example.com,Ann,Lee,T1\n\n" TEAMS "T1,Cloud,,\n",
        },
    [MUSTER_UNKNOWN_MANAGER] =
        {
            .code = MUSTER_UNKNOWN_MANAGER,
            .severity = MUSTER_WARNING,
            .pass = 4,
            .name = "unknown-manager",
            .applies = "teams: manager_ids",
            .when = "A manager is given whom the users file does not have, or whose record was "
                    "removed.",
            .effect = "that manager is skipped",
            .why = "The team is made, but this manager is neither added nor invited and cannot see "
                   "the team.",
            .cure = "Add the manager to the users file, or correct the id.",
            FAILING(USERS ANN "\n" TEAMS "T1,Cloud,X9,\n"),
            .repaired = USERS ANN "\n" TEAMS "T1,Cloud,X1,\n",
        },
    [MUSTER_UNKNOWN_ROOT_TEAM] =
        {
            .code = MUSTER_UNKNOWN_ROOT_TEAM,
            .severity = MUSTER_ERROR,
            .pass = 4,
            .name = "unknown-root-team",
            .applies = "the flag --root",
            .when = "A team named with --root is not in the teams file, or was removed.",
            .effect = IGNORED,
            .why = "The part of the organisation that was meant would be left as it is, without a "
                   "word.",
            .cure = "Name a team by its id as it stands in the teams file.",
            FAILING("--root T9\n\n" TEAMS "T1,Cloud,,\n"),
            .repaired = "--root T1\n\n" TEAMS "T1,Cloud,,\n",
        },
    [MUSTER_DUPLICATE_TEAM_NAME] =
        {
            .code = MUSTER_DUPLICATE_TEAM_NAME,
            .severity = MUSTER_INFO,
            .pass = 5,
            .name = "duplicate-team-name",
            .applies = "teams: name",
            .when = "Two or more teams have the same name; the message gives the one that the "
                    "remote will show.",
            .effect = "renamed by the remote",
            .why = "Names must be unique there, so each of these teams is shown with its manager "
                   "and its id behind the name. When that manager changes, the name does too.",
            .cure = "Give each team a name of its own if you want to choose what people read.",
            FAILING(USERS "X1,john@example.com,John,Smith,12345\n\n" TEAMS
                          "12345,Team Name,X1,\n12346,Team Name,,\n"),
            .repaired = USERS "X1,john@example.com,John,Smith,12345\n\n" TEAMS
                              "12345,Team Name,X1,\n12346,Another Name,,\n",
        },
    [MUSTER_TEAM_NAME_COLLISION] =
        {
            .code = MUSTER_TEAM_NAME_COLLISION,
            .severity = MUSTER_WARNING,
            .pass = 5,
            .name = "team-name-collision",
            .applies = "teams: name",
            .when = "Two teams end up with the same name although the remote has renamed those "
                    "that shared one.",
            .effect = UNKNOWN,
            .why = "One team is called what another one is renamed to. Members may land in the "
                   "wrong one of the two.",
            .cure = "Give one of the teams another name.",
            FAILING(USERS ANN "\n" TEAMS "T1,Cloud,,\nT2,Cloud,,\nT3,Cloud (T1),,\n"),
            .repaired = USERS ANN "\n" TEAMS "T1,Cloud,,\nT2,Sales,,\nT3,Cloud (T1),,\n",
        },
    [MUSTER_TEAM_NAME_LENGTH] =
        {
            .code = MUSTER_TEAM_NAME_LENGTH,
            .severity = MUSTER_WARNING,
            .pass = 5,
            .name = "team-name-length",
            .applies = "teams: name",
            .when = "The name that the remote will show has fewer than 2 or more than 200 code "
                    "points.",
            .effect = UNKNOWN,
            .why = "Such a name cannot be typed in at the remote, and what its import does with it "
                   "is not documented.",
            .cure = "Choose a name of 2 to 200 characters.",
            FAILING(USERS ANN "\n" TEAMS "T1,A,,\n"),
            .repaired = USERS ANN "\n" TEAMS "T1,Accounting,,\n",
        },
    [MUSTER_INVALID_EMAIL] =
        {
            .code = MUSTER_INVALID_EMAIL,
            .severity = MUSTER_WARNING,
            .pass = 6,
            .name = "invalid-email",
            .applies = "users, deprovision: email",
            .when = "The address does not have exactly one @ with something on both sides, or has "
                    "a blank, or has no dot inside its domain.",
            .effect = UNKNOWN,
            .why = "Nobody can be reached or found by such an address, so the person is probably "
                   "not matched with their account.",
            .cure = "Correct the address where the data comes from.",
            FAILING(USERS "X1,ann.example.com,Ann,Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_SURROUNDING_SPACE] =
        {
            .code = MUSTER_SURROUNDING_SPACE,
            .severity = MUSTER_WARNING,
            .pass = 6,
            .name = "surrounding-space",
            .applies = "any file: any required column",
            .when = "A value begins or ends with a space or a tab.",
            .effect = UNKNOWN,
            .why = "The blank is part of the value: \"T1 \" is another id than \"T1\", though "
                   "nobody can see it.",
            .cure = "Remove the blanks where the data comes from.",
            FAILING(USERS "X1,ann@example.com,Ann ,Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_CONTROL_CHARACTER] =
        {
            .code = MUSTER_CONTROL_CHARACTER,
            .severity = MUSTER_WARNING,
            .pass = 6,
            .name = "control-character",
            .applies = "any file: any required column",
            .when = "A value holds a control character other than tab, carriage return and line "
                    "feed.",
            .effect = UNKNOWN,
            .why = "Control characters cannot be seen and can change what a screen shows. In a "
                   "name they come from copying, in an id they make it a different one.",
            .cure = "Type the value again without them.",
            FAILING(USERS "X1,ann@example.com,Ann\033[8m,Lee,\n"),
            .repaired = USERS ANN,
        },
    [MUSTER_CASE_COLLISION] =
        {
            .code = MUSTER_CASE_COLLISION,
            .severity = MUSTER_WARNING,
            .pass = 6,
            .name = "case-collision",
            .applies = "any file: id",
            .when = "The id differs from an earlier one only in upper and lower case of ASCII "
                    "letters.",
            .effect = UNKNOWN,
            .why = "Here they are two, but a system that does not mind the case takes them for "
                   "one, and one person or team replaces the other.",
            .cure = "Make the ids differ in more than case, or remove the one that is too many.",
            FAILING(USERS ANN "x1,bob@example.com,Bob,Ray,\n"),
            .repaired = USERS ANN "X2,bob@example.com,Bob,Ray,\n",
        },
    [MUSTER_SPECIAL_CHARACTER] =
        {
            .code = MUSTER_SPECIAL_CHARACTER,
            .severity = MUSTER_INFO,
            .pass = 6,
            .name = "special-character",
            .applies = "any file: any required column but manager_ids",
            .when = "A value holds a quotation mark, a comma or a line break.",
            .effect = "may break the remote's parser",
            .why = "The file is correct CSV, but the vendor advises against these characters "
                   "because its own reader may stumble over them.",
            .cure = "Leave them out of names where that is possible.",
            FAILING(USERS "X1,ann@example.com,Ann,\"Lee, Jr.\",\n"),
            .repaired = USERS "X1,ann@example.com,Ann,Lee Jr.,\n",
        },
};
