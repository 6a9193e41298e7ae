/* SPDX-License-Identifier: MIT */
#include "remote/pluralsight_roster.h"

#include <string.h>

#include "command.h"
#include "exits.h"
#include "output.h"
#include "remote/file.h"
#include "remote/reach.h"
#include "terminal.h"

static void field_put(struct text *csv, const char *value, const char *after)
{
    text_csv(csv, value, strlen(value));
    text_put(csv, after);
}

static const char *team_id_of(const struct people *people, const char *remote_id)
{
    size_t team = 0;

    return people_find(people->team_index, remote_id, &team) ? people->teams[team].id : "";
}

static void users_write(struct text *csv, const struct people *people)
{
    text_put(csv, "id,email,first_name,last_name,team_id\n");
    for (size_t index = 0; index < people->person_count; index++) {
        const struct person *person = &people->persons[index];
        if (!person->on_account) {
            continue;
        }
        field_put(csv, person->id, ",");
        field_put(csv, person->email, ",");
        field_put(csv, person->first_name, ",");
        field_put(csv, person->last_name, ",");
        field_put(csv, team_id_of(people, person->team), "\n");
    }
}

static void managers_write(struct text *csv, const struct people *people,
                           const struct managed_team *team)
{
    struct text list = {0};

    for (size_t index = 0; index < team->manager_count; index++) {
        const struct person *person = &people->persons[team->managers[index]];
        if (!person->on_account || strchr(person->id, ',') != NULL) {
            continue; /* counted by losses_count */
        }
        text_put(&list, list.size > 0 ? "," : "");
        text_put(&list, person->id);
    }
    text_csv(csv, text_string(&list), list.size);
    csv->exhausted = csv->exhausted || list.exhausted;
    text_close(&list);
}

static void teams_write(struct text *csv, const struct people *people)
{
    text_put(csv, "id,name,manager_ids,parent_team_id\n");
    for (size_t index = 0; index < people->team_count; index++) {
        const struct managed_team *team = &people->teams[index];
        field_put(csv, team->id, ",");
        field_put(csv, team->name, ",");
        managers_write(csv, people, team);
        text_put(csv, ",");
        field_put(csv, team_id_of(people, team->parent), "\n");
    }
}

static int csv_write(const char *folder, const char *name, const struct text *csv)
{
    struct text path = {0};

    text_format(&path, "%s/%s", folder, name);
    int result = path.exhausted ? memory_complain() : remote_write(text_string(&path), csv);
    text_close(&path);
    return result;
}

static int folder_write(const struct pull_options *options, const struct text *users,
                        const struct text *teams)
{
    int error = folder_make(options->path);

    if (error != 0) {
        complain("cannot make the folder %s: %s", options->path, strerror(error));
        return EXIT_UNREADABLE;
    }
    int result = csv_write(options->path, "users.csv", users);
    return result == EXIT_DONE ? csv_write(options->path, "teams.csv", teams) : result;
}

/* What is live may break the rules for files; what they keep of it can be compared with. */
static int errors_tell(const struct pull_options *options, struct muster_roster *roster)
{
    const struct muster_summary *summary = muster_roster_summary(roster);

    if (summary->severities[MUSTER_ERROR] == 0 && summary->severities[MUSTER_FATAL] == 0) {
        return EXIT_DONE;
    }
    return findings_tell(roster, options->shared);
}

/* What there is, into two files or one. */
static int either_write(const struct pull_options *options, struct muster_roster *roster,
                        const struct text *users, const struct text *teams)
{
    struct muster_error error = {0};

    if (options->format == PULL_CSV) {
        return folder_write(options, users, teams);
    }
    enum muster_status status = output_snapshot(roster, options->path, &error);
    return status == MUSTER_OK ? EXIT_DONE : status_complain(status, &error, options->path);
}

static int checked_write(const struct pull_options *options, const struct text *users,
                         const struct text *teams, bool *stopped)
{
    struct inputs inputs = {
        .items =
            {
                {MUSTER_USERS, "users", {text_string(users), users->size}},
                {MUSTER_TEAMS, "teams", {text_string(teams), teams->size}},
            },
        .count = 2,
    };
    struct muster_roster *roster = NULL;

    int result = inputs_open(&roster, &inputs, &options->shared->input);
    if (result == EXIT_DONE) {
        result = errors_tell(options, roster);
    }
    *stopped = result == EXIT_DONE && findings_stop(roster, &options->shared->input);
    if (*stopped) {
        findings_say_stopped(roster);
        result = stopped_exit(&options->shared->input);
    } else if (result == EXIT_DONE) {
        result = options->path != NULL ? either_write(options, roster, users, teams) : EXIT_DONE;
        result = result == EXIT_DONE ? findings_exit(roster, &options->shared->input) : result;
    }
    muster_roster_close(roster);
    return result;
}

int pulled_roster_write(const struct people *people, const struct pull_options *options,
                        bool *stopped)
{
    struct text users = {0};
    struct text teams = {0};
    int result = EXIT_DONE;

    *stopped = false;
    if (options->path == NULL && options->deprovision_path == NULL) {
        return EXIT_DONE;
    }
    users_write(&users, people);
    teams_write(&teams, people);
    if (users.exhausted || teams.exhausted) {
        result = memory_complain();
    } else {
        result = checked_write(options, &users, &teams, stopped);
    }
    text_close(&users);
    text_close(&teams);
    return result;
}

int pulled_deprovision_write(const struct people *people, const struct pull_options *options)
{
    struct text csv = {0};
    size_t admins = 0;
    size_t unreachable = 0;

    text_put(&csv, "id,email,first_name,last_name\n");
    for (size_t index = 0; index < people->person_count; index++) {
        const struct person *person = &people->persons[index];
        if (!person_is_inactive(person, options->inactive_since)) {
            continue;
        }
        if (person->email[0] == '\0') {
            unreachable++; /* a record needs an address */
            continue;
        }
        admins += person->admin ? 1 : 0;
        field_put(&csv, person->id, ",");
        field_put(&csv, person->email, ",");
        field_put(&csv, person->first_name, ",");
        field_put(&csv, person->last_name, "\n");
    }
    int result = remote_write(options->deprovision_path, &csv);
    if (result == EXIT_DONE && unreachable > 0) {
        complain("%zu inactive %s no e-mail address, and cannot be listed in %s", unreachable,
                 unreachable == 1 ? "person has" : "people have", options->deprovision_path);
    }
    if (result == EXIT_DONE && admins > 0) {
        complain("%s lists %zu administrator%s of the plan: look at them before it is sent",
                 options->deprovision_path, admins, admins == 1 ? "" : "s");
    }
    text_close(&csv);
    return result;
}
