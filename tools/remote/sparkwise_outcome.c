/* SPDX-License-Identifier: MIT */
#include "remote/sparkwise_outcome.h"

#include <string.h>

#include "remote/endpoints.h"
#include "remote/json_text.h"

/* The higher one counts: who failed was not processed, whatever else is said. */
enum mark { MARK_SILENT, MARK_DONE, MARK_FAILED };

/* Places of the sent users, and what was said of them. */
struct reading {
    json_t *ids;
    json_t *emails; /* small: of which case a remote makes them is not known */
    unsigned char marks[SPARKWISE_BATCH_MAX];
    bool exhausted;
};

static json_t *email_key(struct reading *reading, const char *email)
{
    struct text small = {0};

    text_lower(&small, email, strlen(email));
    json_t *key = small.exhausted ? NULL : json_stringn_nocheck(text_string(&small), small.size);
    reading->exhausted = reading->exhausted || key == NULL;
    text_close(&small);
    return key;
}

static void reading_open(struct reading *reading, const json_t *sent)
{
    *reading = (struct reading){.ids = json_object(), .emails = json_object()};
    for (size_t index = 0; index < json_array_size(sent); index++) {
        const json_t *user = json_array_get(sent, index);
        const char *id = json_word(user, "remoteId");
        const char *email = json_word(user, sparkwise_email_member);
        json_t *key = email != NULL ? email_key(reading, email) : NULL;
        if ((id != NULL && !json_put(reading->ids, id, json_integer((json_int_t)index))) ||
            (key != NULL &&
             !json_put(reading->emails, json_string_value(key), json_integer((json_int_t)index)))) {
            reading->exhausted = true;
        }
        json_decref(key);
    }
}

static void reading_close(struct reading *reading)
{
    json_decref(reading->ids);
    json_decref(reading->emails);
}

/* What an entry of the answer is about: a user, what holds one, or the name of one. */
static const json_t *entry_user(const json_t *entry)
{
    const json_t *user = json_object_get(entry, "user");

    return user != NULL ? user : entry;
}

static const char *user_name(const json_t *user)
{
    static const char *const keys[] = {"remoteId", "id", "email", "lastName", "firstName"};
    const char *name = json_string_value(user);

    for (size_t index = 0; index < sizeof(keys) / sizeof(keys[0]) && name == NULL; index++) {
        name = json_word(user, keys[index]);
    }
    return name;
}

enum who { WHO_SENT, WHO_OTHER, WHO_UNNAMED };

/*
 * Whom of the sent users an entry is about. `id` is the remote's own where there is something else
 * to go by, and so may be a bare string: one that we do not know names nobody.
 */
static enum who entry_who(struct reading *reading, const json_t *entry, size_t *place)
{
    const json_t *user = entry_user(entry);
    const char *id = json_word(user, "remoteId");
    const char *email = json_word(user, sparkwise_email_member);
    bool clear = id != NULL || email != NULL;

    if (json_is_string(user)) {
        id = json_string_value(user);
        email = id;
    } else if (!clear) {
        id = json_word(user, "id");
    }
    const json_t *found = id != NULL ? json_object_get(reading->ids, id) : NULL;
    if (found == NULL && email != NULL) {
        json_t *key = email_key(reading, email);
        found = key != NULL ? json_object_get(reading->emails, json_string_value(key)) : NULL;
        json_decref(key);
    }
    if (found != NULL) {
        *place = (size_t)json_integer_value(found);
        return WHO_SENT;
    }
    return clear ? WHO_OTHER : WHO_UNNAMED;
}

/* Mark everybody in the list; how many entries of it name nobody. */
static size_t list_mark(struct reading *reading, const json_t *list, enum mark mark)
{
    size_t unnamed = 0;

    for (size_t index = 0; index < json_array_size(list); index++) {
        size_t place = 0;
        enum who who = entry_who(reading, json_array_get(list, index), &place);
        if (who == WHO_SENT && reading->marks[place] < (unsigned char)mark) {
            reading->marks[place] = (unsigned char)mark;
        }
        unnamed += who == WHO_UNNAMED ? 1 : 0;
    }
    return unnamed;
}

static size_t marks_count(const struct reading *reading, size_t count, enum mark mark)
{
    size_t found = 0;

    for (size_t index = 0; index < count; index++) {
        found += reading->marks[index] == (unsigned char)mark ? 1 : 0;
    }
    return found;
}

static bool note_add(json_t *notes, const char *kind, const char *user, const char *error)
{
    json_t *note = json_pack("{s:s, s:s, s:s?, s:s}", "type", "failed", "kind", kind, "user", user,
                             "error", error);

    return json_array_append_new(notes, note) == 0;
}

static bool failed_note(const struct sparkwise_batch *batch, json_t *notes)
{
    for (size_t index = 0; index < json_array_size(batch->failed); index++) {
        const json_t *entry = json_array_get(batch->failed, index);
        const char *error = json_word(entry, "error");
        if (!note_add(notes, batch->kind, user_name(entry_user(entry)),
                      error != NULL ? error : "no reason given")) {
            return false;
        }
    }
    return true;
}

/* Those of whom the answer says nothing: nobody knows what has become of them. */
static bool silent_note(const struct sparkwise_batch *batch, const struct reading *reading,
                        json_t *notes)
{
    for (size_t index = 0; index < json_array_size(batch->sent); index++) {
        const char *user = user_name(json_array_get(batch->sent, index));
        if (reading->marks[index] == MARK_SILENT &&
            !note_add(notes, batch->kind, user, "the answer says nothing of this user")) {
            return false;
        }
    }
    return true;
}

static bool number_note(const struct sparkwise_batch *batch, json_t *notes, size_t number)
{
    for (size_t index = 0; index < number; index++) {
        if (!note_add(notes, batch->kind, NULL, "the answer says nothing of a user")) {
            return false;
        }
    }
    return true;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool sparkwise_outcome_read(const struct sparkwise_batch *batch, json_t *notes, size_t *done)
{
    struct reading reading;
    size_t count = json_array_size(batch->sent);

    reading_open(&reading, batch->sent);
    size_t unnamed_done = list_mark(&reading, batch->success, MARK_DONE);
    size_t unnamed_failed = list_mark(&reading, batch->failed, MARK_FAILED);
    size_t silent = marks_count(&reading, count, MARK_SILENT);
    /* A failure without a name is that of one of them, and has a note of its own. */
    size_t missing = silent - smaller(silent, unnamed_failed);

    *done += marks_count(&reading, count, MARK_DONE);
    if (silent == count) {
        size_t told = smaller(missing, unnamed_done);
        *done += told;
        missing -= told;
    }
    bool noted = !reading.exhausted && failed_note(batch, notes) &&
                 (missing == silent ? silent_note(batch, &reading, notes)
                                    : number_note(batch, notes, missing));
    reading_close(&reading);
    return noted;
}
