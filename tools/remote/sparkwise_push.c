/* SPDX-License-Identifier: MIT */
/*
 * A roster for Sparkwise: its users are created or updated, and those who have left are
 * deactivated, in batches. A batch may be carried out in part; each user that was not is named. One
 * that comes to nothing is the last one that is sent: its users are named, and those behind it.
 */
#include <string.h>

#include "command.h"
#include "exits.h"
#include "remote/json_text.h"
#include "remote/push.h"
#include "remote/sparkwise.h"
#include "remote/sparkwise_outcome.h"
#include "terminal.h"

enum { PART_UPSERT, PART_DEACTIVATE, PART_COUNT };

static const struct {
    enum endpoint_id endpoint;
    const char *kind;
    const char *done;  /* in a sentence about what was done */
    const char *words; /* in front of one user */
} parts[PART_COUNT] = {
    {ENDPOINT_USERS_UPSERT, "upsertUser", "created or updated", "Create or update "},
    {ENDPOINT_USERS_DEACTIVATE, "deactivateUser", "deactivated", "Deactivate "},
};

/* Users whose batch came to nothing: whether they were processed is not known, or they certainly
 * were not, since it was refused or never sent. */
enum { LEFT_UNKNOWN, LEFT_UNPROCESSED, LEFT_COUNT };

static const struct {
    const char *type;
    const char *before; /* their number, in a sentence */
    const char *behind;
    const char *words; /* in front of one user */
} lefts[LEFT_COUNT] = {
    {"unknown", "It is not known whether ", " processed", "Not known: "},
    {"unprocessed", "", " refused, or not sent any more", "Not processed: "},
};

struct sparkwise_run {
    const struct push_options *options;
    json_t *users[PART_COUNT]; /* arrays of bodies, whatever their number */
    size_t done[PART_COUNT];
    json_t *failed;           /* array of {type, kind, user, error} */
    json_t *left[LEFT_COUNT]; /* arrays of {type, kind, user} */
    bool exhausted;
};

static void user_add(struct sparkwise_run *run, int part, const struct muster_user *user)
{
    json_t *body = json_pack("{s:o, s:o}", "remoteId", json_span(user->id), sparkwise_email_member,
                             json_span(user->email));

    if (part == PART_UPSERT && !(json_put(body, "firstName", json_span(user->first_name)) &&
                                 json_put(body, "lastName", json_span(user->last_name)) &&
                                 json_put(body, "active", json_true()))) {
        run->exhausted = true;
    }
    if (json_array_append_new(run->users[part], body) != 0) {
        run->exhausted = true;
    }
}

static void users_all(struct sparkwise_run *run, struct muster_roster *roster)
{
    struct muster_user user;

    for (uint32_t index = 0; index < muster_roster_user_places(roster); index++) {
        if (muster_roster_user(roster, index, &user)) {
            user_add(run, PART_UPSERT, &user);
        }
    }
}

static bool span_equals(struct muster_span a, struct muster_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Teams are nothing to Sparkwise: somebody who only changed teams has not changed. */
static bool user_is_same(const struct muster_user *user, const struct muster_user *before)
{
    return span_equals(user->email, before->email) &&
           span_equals(user->first_name, before->first_name) &&
           span_equals(user->last_name, before->last_name);
}

/* The places of a roster's users by their ids. */
static bool places_collect(json_t *places, struct muster_roster *roster)
{
    struct muster_user user;

    for (uint32_t index = 0; index < muster_roster_user_places(roster); index++) {
        if (muster_roster_user(roster, index, &user) &&
            json_object_setn_new(places, user.id.ptr, user.id.len, json_integer(index)) != 0) {
            return false;
        }
    }
    return true;
}

/* Everybody who was not there under this id with the same values: Sparkwise knows users by it. */
static void users_changed(struct sparkwise_run *run, struct muster_roster *old_roster,
                          struct muster_roster *roster)
{
    json_t *places = json_object();
    struct muster_user user;
    struct muster_user before;

    run->exhausted = places == NULL || !places_collect(places, old_roster);
    for (uint32_t index = 0; index < muster_roster_user_places(roster) && !run->exhausted;
         index++) {
        if (!muster_roster_user(roster, index, &user)) {
            continue;
        }
        const json_t *place = json_object_getn(places, user.id.ptr, user.id.len);
        if (place == NULL ||
            !muster_roster_user(old_roster, (uint32_t)json_integer_value(place), &before) ||
            !user_is_same(&user, &before)) {
            user_add(run, PART_UPSERT, &user);
        }
    }
    json_decref(places);
}

static int users_compare(struct sparkwise_run *run, struct muster_roster *old_roster,
                         struct muster_roster *roster)
{
    struct muster_diff *diff = NULL;
    struct muster_user user;

    enum muster_status status = muster_leavers_open(&diff, old_roster, roster);
    if (status != MUSTER_OK) {
        return status_complain(status, NULL, run->options->from);
    }
    users_changed(run, old_roster, roster);
    size_t count = 0;
    const uint32_t *leavers = muster_diff_leavers(diff, &count);
    for (size_t index = 0; index < count; index++) {
        if (muster_roster_user(old_roster, leavers[index], &user)) {
            user_add(run, PART_DEACTIVATE, &user);
        }
    }
    int result = leavers_tell_rejected(diff);
    muster_diff_close(diff);
    return result;
}

static int run_collect(void *context, struct muster_roster *old_roster,
                       struct muster_roster *roster)
{
    struct sparkwise_run *run = context;
    int result = EXIT_DONE;

    if (old_roster != NULL) {
        result = users_compare(run, old_roster, roster);
    } else {
        users_all(run, roster);
    }
    run->exhausted = run->exhausted || muster_roster_status(roster) != MUSTER_OK ||
                     (old_roster != NULL && muster_roster_status(old_roster) != MUSTER_OK);
    if (result == EXIT_DONE && run->exhausted) {
        result = memory_complain();
    }
    return result;
}

static void users_note(struct sparkwise_run *run, int left, int part, const json_t *users)
{
    for (size_t index = 0; index < json_array_size(users); index++) {
        const json_t *user = json_object_get(json_array_get(users, index), "remoteId");
        json_t *note = json_pack("{s:s, s:s, s:O}", "type", lefts[left].type, "kind",
                                 parts[part].kind, "user", user);
        if (json_array_append_new(run->left[left], note) != 0) {
            run->exhausted = true;
        }
    }
}

static bool says_something(const json_t *value)
{
    return json_array_size(value) > 0 || json_object_size(value) > 0 ||
           json_string_length(value) > 0 || json_number_value(value) != 0 || json_is_true(value);
}

/* Of an answer without lists: whether it speaks of success, and of no error beside it. */
static bool answer_is_success(const json_t *document)
{
    static const char *const against[] = {"error", "errors", "failed"};
    const json_t *data = json_object_get(document, "data");

    for (size_t index = 0; index < sizeof against / sizeof against[0]; index++) {
        if (says_something(json_object_get(document, against[index])) ||
            says_something(json_object_get(data, against[index]))) {
            return false;
        }
    }
    return json_is_true(json_object_get(document, "success"));
}

static int batch_judge(struct sparkwise_run *run, int part, const json_t *sent,
                       const json_t *document)
{
    const json_t *data = json_object_get(document, "data");
    const json_t *success = json_list(data, "success");
    const json_t *failed = json_list(data, "failed");

    if (success == NULL && failed == NULL) {
        /* What a deactivation answers is not documented; without lists, success is that of all. */
        if (part == PART_DEACTIVATE && answer_is_success(document)) {
            run->done[part] += json_array_size(sent);
            return EXIT_DONE;
        }
        complain("the remote's answer does not say which users it has processed");
        users_note(run, LEFT_UNKNOWN, part, sent);
        return EXIT_UNAVAILABLE;
    }
    struct sparkwise_batch batch = {parts[part].kind, sent, success, failed};
    return sparkwise_outcome_read(&batch, run->failed, &run->done[part]) ? EXIT_DONE
                                                                         : memory_complain();
}

/* NULL where memory ran out. */
static json_t *batch_make(struct sparkwise_run *run, int part, size_t start)
{
    json_t *batch = json_array();
    bool fine = batch != NULL;

    for (size_t index = start; fine && index < start + SPARKWISE_BATCH_MAX; index++) {
        json_t *user = json_array_get(run->users[part], index);
        fine = user == NULL || json_array_append(batch, user) == 0;
    }
    if (!fine) {
        json_decref(batch);
        run->exhausted = true;
        return NULL;
    }
    return batch;
}

static int batch_send(struct sparkwise_run *run, struct reach *reach, int part, json_t *batch)
{
    const char *member = part == PART_UPSERT ? "users" : sparkwise_deactivate_member;
    json_t *request = json_pack("{s:O}", member, batch);
    json_t *document = NULL;
    struct text body = {0};

    json_append(&body, request);
    json_decref(request);
    int result = body.exhausted
                     ? memory_complain()
                     : sparkwise_ask(reach, parts[part].endpoint, NULL, &body, &document);
    text_close(&body);
    if (result == EXIT_DONE) {
        result = batch_judge(run, part, batch, document);
    } else {
        users_note(run, reach->uncertain ? LEFT_UNKNOWN : LEFT_UNPROCESSED, part, batch);
    }
    json_decref(document);
    return result;
}

/* Send all batches; once one came to nothing, only note who is left. */
static int run_send(struct sparkwise_run *run, struct reach *reach)
{
    int result = EXIT_DONE;

    progress_begin("sending to Sparkwise");
    for (int part = 0; part < PART_COUNT; part++) {
        size_t count = json_array_size(run->users[part]);
        for (size_t start = 0; start < count; start += SPARKWISE_BATCH_MAX) {
            json_t *batch = batch_make(run, part, start);
            if (result == EXIT_DONE) {
                result = batch != NULL ? batch_send(run, reach, part, batch) : EXIT_INTERNAL;
            } else {
                users_note(run, LEFT_UNPROCESSED, part, batch);
            }
            json_decref(batch);
        }
    }
    progress_end();
    if (run->exhausted) {
        return memory_complain();
    }
    if (result == EXIT_DONE && json_array_size(run->failed) > 0) {
        result = EXIT_REMOTE_ERRORS;
    }
    return result;
}

/* Users, and what the remote says of them. */
static bool users_are_shown(const struct sparkwise_run *run)
{
    return run->options->shared->output.privacy == MUSTER_PRIVACY_FULL;
}

/* Whether users who were not processed are told one by one, and not only how many there are. */
static bool users_are_listed(const struct sparkwise_run *run)
{
    return run->options->shared->output.privacy != MUSTER_PRIVACY_COUNTS;
}

/* The users of a dry run, as many as are wanted. */
static void users_text(struct text *text, const struct sparkwise_run *run, int part)
{
    const struct output_options *options = &run->options->shared->output;
    size_t count = json_array_size(run->users[part]);
    size_t shown = options->max_show > 0 && options->max_show < count ? options->max_show : count;
    struct grouped room;

    if (options->quiet || !users_are_shown(run)) {
        return;
    }
    for (size_t index = 0; index < shown; index++) {
        const char *id = json_word(json_array_get(run->users[part], index), "remoteId");
        text_format(text, "  %s", parts[part].words);
        text_shown(text, id, strlen(id));
        text_put(text, "\n");
    }
    if (shown < count) {
        text_format(text, "  … and %s more (--max-show 0 shows all)\n",
                    number_grouped(&room, count - shown));
    }
}

static void part_text(struct text *text, const struct sparkwise_run *run, int part)
{
    size_t count = json_array_size(run->users[part]);
    size_t batches = (count + SPARKWISE_BATCH_MAX - 1) / SPARKWISE_BATCH_MAX;
    struct grouped room;
    struct grouped done;

    if (run->options->live) {
        text_format(text, "%s of %s %s\n", number_grouped(&done, run->done[part]),
                    number_counted(&room, count, "user", "users"), parts[part].done);
        return;
    }
    text_format(text, "Dry run: %s would be %s", number_counted(&room, count, "user", "users"),
                parts[part].done);
    if (count > 0) {
        text_format(text, ", in %s", number_counted(&room, batches, "batch", "batches"));
    }
    text_put(text, "\n");
    users_text(text, run, part);
}

/* As many of them as are wanted. */
static void left_text(struct text *text, const struct sparkwise_run *run, int left)
{
    const struct output_options *options = &run->options->shared->output;
    size_t count = json_array_size(run->left[left]);
    size_t shown = options->max_show > 0 && options->max_show < count ? options->max_show : count;
    struct grouped room;

    if (count == 0) {
        return;
    }
    text_format(text, "%s%s%s\n", lefts[left].before,
                number_counted(&room, count, "user was", "users were"), lefts[left].behind);
    for (size_t index = 0; index < shown && users_are_shown(run); index++) {
        const char *user = json_word(json_array_get(run->left[left], index), "user");
        text_put(text, lefts[left].words);
        text_shown(text, user, strlen(user));
        text_put(text, "\n");
    }
    if (shown < count && users_are_shown(run)) {
        text_format(text, "… and %s more (--max-show 0 shows all)\n",
                    number_grouped(&room, count - shown));
    }
}

static void failed_text(struct text *text, const struct sparkwise_run *run)
{
    size_t count = json_array_size(run->failed);
    struct grouped room;

    if (!users_are_listed(run)) {
        if (count > 0) {
            text_format(text, "%s not processed\n",
                        number_counted(&room, count, "user was", "users were"));
        }
        return;
    }
    for (size_t index = 0; index < count; index++) {
        const json_t *entry = json_array_get(run->failed, index);
        const char *user = users_are_shown(run) ? json_word(entry, "user") : NULL;
        const char *error = users_are_shown(run) ? json_word(entry, "error") : "(not shown)";
        user = user != NULL ? user : "(unnamed)";
        text_put(text, "Not processed: ");
        text_shown(text, user, strlen(user));
        text_put(text, ": ");
        text_shown(text, error, strlen(error));
        text_put(text, "\n");
    }
}

static void tell_text(struct text *text, const struct sparkwise_run *run)
{
    for (int part = 0; part < PART_COUNT; part++) {
        part_text(text, run, part);
    }
    failed_text(text, run);
    for (int left = 0; left < LEFT_COUNT; left++) {
        left_text(text, run, left);
    }
}

/* Everything that was to be done, in a live run as in a dry one. */
static json_t *operations_json(const struct sparkwise_run *run)
{
    json_t *list = json_array();

    for (int part = 0; part < PART_COUNT; part++) {
        for (size_t index = 0; index < json_array_size(run->users[part]); index++) {
            json_t *user = users_are_shown(run)
                               ? json_incref(json_array_get(run->users[part], index))
                               : json_null();
            if (json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "type", "operation",
                                                      "kind", parts[part].kind, "user", user))) {
                json_decref(list);
                return NULL;
            }
        }
    }
    return list;
}

static json_t *failed_json(const struct sparkwise_run *run)
{
    json_t *list = users_are_listed(run) ? json_deep_copy(run->failed) : json_array();

    for (size_t index = 0; index < json_array_size(list) && !users_are_shown(run); index++) {
        (void)json_put(json_array_get(list, index), "user", json_null());
        (void)json_put(json_array_get(list, index), "error", json_null());
    }
    return list;
}

static json_t *left_json(const struct sparkwise_run *run, int left)
{
    json_t *list = users_are_listed(run) ? json_deep_copy(run->left[left]) : json_array();

    for (size_t index = 0; index < json_array_size(list) && !users_are_shown(run); index++) {
        (void)json_put(json_array_get(list, index), "user", json_null());
    }
    return list;
}

static json_t *summary_json(const struct sparkwise_run *run, int result)
{
    return json_pack("{s:s, s:b, s:{s:I, s:I}, s:{s:I, s:I}, s:I, s:I, s:I, s:i}", "type",
                     "summary", "dryRun", !run->options->live, "planned", parts[0].kind,
                     (json_int_t)json_array_size(run->users[0]), parts[1].kind,
                     (json_int_t)json_array_size(run->users[1]), "done", parts[0].kind,
                     (json_int_t)run->done[0], parts[1].kind, (json_int_t)run->done[1], "failed",
                     (json_int_t)json_array_size(run->failed), lefts[0].type,
                     (json_int_t)json_array_size(run->left[0]), lefts[1].type,
                     (json_int_t)json_array_size(run->left[1]), "exit", result);
}

static void lines_put(struct text *text, json_t *list)
{
    text->exhausted = text->exhausted || list == NULL;
    for (size_t index = 0; index < json_array_size(list); index++) {
        json_append(text, json_array_get(list, index));
        text_put(text, "\n");
    }
    json_decref(list);
}

/* One object a line, or the same parts in one document. */
static void tell_json(struct text *text, const struct sparkwise_run *run, int result)
{
    json_t *last = summary_json(run, result);

    if (run->options->shared->output.format == MUSTER_JSONL) {
        lines_put(text, operations_json(run));
        lines_put(text, failed_json(run));
        lines_put(text, left_json(run, LEFT_UNKNOWN));
        lines_put(text, left_json(run, LEFT_UNPROCESSED));
    } else {
        last = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "muster", MUSTER_VERSION,
                         "command", "push", "kind", "sparkwise", "operations", operations_json(run),
                         "failed", failed_json(run), lefts[0].type, left_json(run, 0),
                         lefts[1].type, left_json(run, 1), "summary", last);
    }
    json_append(text, last);
    text_put(text, "\n");
    json_decref(last);
}

static int run_tell(const struct sparkwise_run *run, int result)
{
    struct text text = {0};

    if (run->options->shared->output.format == MUSTER_TEXT) {
        tell_text(&text, run);
    } else {
        tell_json(&text, run, result);
    }
    int trouble = remote_write(run->options->shared->output.path, &text);
    text_close(&text);
    return exit_joined(result, trouble);
}

static int run_confirm(const struct sparkwise_run *run)
{
    const struct push_options *options = run->options;

    if (options->live && !options->yes && json_array_size(run->users[PART_DEACTIVATE]) > 0) {
        struct grouped room;
        size_t count = json_array_size(run->users[PART_DEACTIVATE]);
        complain("this deactivates %s: nothing was sent",
                 number_counted(&room, count, "user", "users"));
        advise("--yes says that it is meant");
        return EXIT_GUARD;
    }
    return EXIT_DONE;
}

/* What of a push there is for Sparkwise. */
static int inputs_judge(const struct push_options *options, struct inputs *inputs)
{
    const char *why = NULL;

    if (options->receipt != NULL) {
        why = "there are no receipts for Sparkwise";
    } else if (options->shared->output.format == MUSTER_SYNC) {
        why = "--format sync is for Pluralsight";
    } else if (options->unchecked) {
        why = "--no-check is for Pluralsight: users are sent to Sparkwise one by one";
    } else if (inputs_find(inputs, MUSTER_USERS) == NULL) {
        why = "Sparkwise needs a users file";
    }
    if (why != NULL) {
        return options_wrong(options->command, NULL, "%s", why);
    }
    if (inputs_find(inputs, MUSTER_DEPROVISION) != NULL) {
        inform("the deprovision file is left out: Sparkwise is told who has left by --from OLD");
        inputs_drop(inputs, MUSTER_DEPROVISION);
    }
    return EXIT_DONE;
}

int sparkwise_push(const struct push_options *options, struct inputs *inputs)
{
    int result = inputs_judge(options, inputs);

    if (result != EXIT_DONE) {
        return result;
    }
    struct sparkwise_run run = {
        .options = options,
        .users = {json_array(), json_array()},
        .failed = json_array(),
        .left = {json_array(), json_array()},
    };
    struct reach reach = {0};
    struct push_run check = {
        .options = options,
        .kind = "sync",
        .collect = run_collect,
        .collect_context = &run,
    };

    memcpy(check.inputs.items, inputs->items, sizeof(inputs->items));
    check.inputs.count = inputs->count;
    result = push_preflight(&check);
    if (result == EXIT_DONE) {
        result = run_confirm(&run);
    }
    if (result == EXIT_DONE && options->live) {
        result = sparkwise_reach(&reach, &options->remote, options->command);
    }
    if (result == EXIT_DONE) {
        result = exit_joined(check.findings, options->live ? run_send(&run, &reach) : EXIT_DONE);
        result = run_tell(&run, result);
    }
    remote_leave(&reach);
    json_decref(run.users[0]);
    json_decref(run.users[1]);
    json_decref(run.failed);
    json_decref(run.left[0]);
    json_decref(run.left[1]);
    return result;
}
