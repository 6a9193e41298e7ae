/* SPDX-License-Identifier: MIT */
/*
 * Operations in words.
 *
 * Ids are those after the re-keys, and names those after the plan, so that a reader finds every
 * team by what it is called in the new export; teams that are going away have their old names.
 */
#include "plan/plan_state.h"

/* ---- Teams ------------------------------------------------------------------------------- */

span plan_team_id(const struct plan *plan, uint32_t team)
{
    bool old_id = plan_is_removed(plan, team) ||
                  (!plan_has_flag(plan, team, TEAM_IN_SCOPE) && !plan_is_added(plan, team));
    return old_id ? plan->old_org->teams[plan_old_team(plan, team)].id
                  : plan->new_org->teams[team].id;
}

span plan_name(const struct plan *plan, uint32_t team, uint32_t name_ref)
{
    if (name_ref == NAME_OLD) {
        return plan->old_org->teams[plan_old_team(plan, team)].final_name;
    }
    return name_ref == NAME_NEW ? plan->new_org->teams[team].final_name : plan->names[name_ref];
}

span plan_team_name(const struct plan *plan, uint32_t team)
{
    return plan_name(plan, team, plan->name_refs[team]);
}

static void write_named_team(struct buffer *text, span name, span id)
{
    buffer_byte(text, '"');
    buffer_span(text, name);
    buffer_text(text, "\" (");
    buffer_span(text, id);
    buffer_byte(text, ')');
}

void plan_write_team(const struct plan *plan, uint32_t team, struct buffer *text)
{
    write_named_team(text, plan_team_name(plan, team), plan_team_id(plan, team));
}

static void write_place(const struct plan *plan, uint32_t team, struct buffer *text)
{
    if (team == OPERATION_NONE) {
        buffer_text(text, "the top level");
    } else {
        plan_write_team(plan, team, text);
    }
}

/* ---- Users ------------------------------------------------------------------------------- */

static void read_subject(struct plan *plan, const struct step *step, struct org_user *user)
{
    const struct org *org = plan->new_org;
    if ((step->flags & STEP_OLD_USER) != 0) {
        org = plan->old_org;
    } else if ((step->flags & STEP_DEPROVISION) != 0) {
        org = plan->deprovision;
    }
    org_user_read(org, step->subject, &plan->subject_scratch, user);
}

/* `Ann Lee (X12)`; somebody without a name is just `X12`. */
static void write_user(struct buffer *text, const struct org_user *user, span id)
{
    if (user->first_name.len + user->last_name.len == 0) {
        buffer_span(text, id);
        return;
    }
    buffer_span(text, user->first_name);
    if (user->first_name.len > 0 && user->last_name.len > 0) {
        buffer_byte(text, ' ');
    }
    buffer_span(text, user->last_name);
    buffer_text(text, " (");
    buffer_span(text, id);
    buffer_byte(text, ')');
}

/* ---- Operations -------------------------------------------------------------------------- */

static span id_or_none(const struct plan *plan, uint32_t team)
{
    return team != OPERATION_NONE ? plan_team_id(plan, team) : SPAN_NONE;
}

static void fill_team_operation(struct plan *plan, const struct step *step,
                                struct muster_operation *operation)
{
    uint32_t team = step->subject;
    operation->team = plan_team_id(plan, team);
    switch (operation->kind) {
    case MUSTER_REKEY_TEAM:
        operation->from = plan->old_org->teams[plan_old_team(plan, team)].id;
        break;
    case MUSTER_RENAME_TEAM:
        operation->from = plan_name(plan, team, step->from);
        operation->to = plan_name(plan, team, step->to);
        break;
    case MUSTER_ADD_TEAM:
        operation->name = plan_team_name(plan, team);
        operation->parent = id_or_none(plan, step->to);
        break;
    case MUSTER_MOVE_TEAM:
        operation->from = id_or_none(plan, step->from);
        operation->to = id_or_none(plan, step->to);
        break;
    default:
        break;
    }
}

static void fill_user_operation(struct plan *plan, const struct step *step,
                                const struct org_user *user, struct muster_operation *operation)
{
    operation->user = user->id;
    if (operation->kind == MUSTER_REKEY_USER) {
        struct org_user before;
        org_user_read(plan->old_org, plan_old_user(plan, step->subject), &plan->from_scratch,
                      &before);
        operation->from = before.id;
    } else if (operation->kind == MUSTER_MOVE_TEAM_MEMBER) {
        operation->from = plan_team_id(plan, step->from);
        operation->to = plan_team_id(plan, step->to);
    } else {
        operation->team = id_or_none(plan, step->from != OPERATION_NONE ? step->from : step->to);
    }
}

static bool is_about_user(enum muster_operation_kind kind)
{
    switch (kind) {
    case MUSTER_REKEY_TEAM:
    case MUSTER_RENAME_TEAM:
    case MUSTER_ADD_TEAM:
    case MUSTER_MOVE_TEAM:
    case MUSTER_DELETE_TEAM:
        return false;
    default:
        return true;
    }
}

void plan_fill_operation(struct plan *plan, const struct step *step,
                         struct muster_operation *operation, struct org_user *user)
{
    *operation = (struct muster_operation){.kind = (enum muster_operation_kind)step->kind,
                                           .temporary = (step->flags & STEP_TEMPORARY) != 0};
    if (is_about_user(operation->kind)) {
        read_subject(plan, step, user);
        fill_user_operation(plan, step, user, operation);
    } else {
        fill_team_operation(plan, step, operation);
    }
}

static void write_team_operation(struct plan *plan, const struct step *step,
                                 const struct muster_operation *operation)
{
    struct buffer *text = &plan->text;
    switch (operation->kind) {
    case MUSTER_REKEY_TEAM:
        buffer_text(text, "Change the id of team ");
        write_named_team(text, plan_name(plan, step->subject, NAME_OLD), operation->from);
        buffer_text(text, " to ");
        buffer_span(text, operation->team);
        break;
    case MUSTER_RENAME_TEAM:
        buffer_text(text, "Rename team ");
        write_named_team(text, operation->from, operation->team);
        buffer_text(text, " to \"");
        buffer_span(text, operation->to);
        buffer_text(text, operation->temporary ? "\" for now" : "\"");
        break;
    case MUSTER_ADD_TEAM:
        buffer_text(text, "Add team ");
        plan_write_team(plan, step->subject, text);
        buffer_text(text, step->to == OPERATION_NONE ? " at " : " below ");
        write_place(plan, step->to, text);
        break;
    case MUSTER_MOVE_TEAM:
        buffer_text(text, "Move team ");
        plan_write_team(plan, step->subject, text);
        buffer_text(text, " from ");
        write_place(plan, step->from, text);
        buffer_text(text, " to ");
        write_place(plan, step->to, text);
        break;
    default:
        buffer_text(text, "Delete team ");
        plan_write_team(plan, step->subject, text);
        break;
    }
}

/* What stands before and behind the name of a user; the team, or both teams, follow. */
struct phrase {
    const char *before, *behind;
};

static struct phrase user_phrase(enum muster_operation_kind kind)
{
    switch (kind) {
    case MUSTER_ADD_TEAM_MEMBER:
        return (struct phrase){"Add ", " to team "};
    case MUSTER_MOVE_TEAM_MEMBER:
        return (struct phrase){"Move ", " from team "};
    case MUSTER_REMOVE_TEAM_MEMBER:
        return (struct phrase){"Remove ", " from team "};
    case MUSTER_ADD_TEAM_MANAGER:
        return (struct phrase){"Add ", " as manager of team "};
    case MUSTER_REMOVE_TEAM_MANAGER:
        return (struct phrase){"Remove ", " as manager of team "};
    case MUSTER_REKEY_USER:
        return (struct phrase){"Change the id of ", " to "};
    case MUSTER_REMOVE_USER:
        return (struct phrase){"Remove user ", ""};
    default:
        return (struct phrase){"Remove the license of ", ""};
    }
}

static void write_user_operation(struct plan *plan, const struct step *step,
                                 const struct muster_operation *operation,
                                 const struct org_user *user)
{
    struct buffer *text = &plan->text;
    struct phrase phrase = user_phrase(operation->kind);
    bool rekey = operation->kind == MUSTER_REKEY_USER;
    buffer_text(text, phrase.before);
    write_user(text, user, rekey ? operation->from : operation->user);
    buffer_text(text, phrase.behind);
    if (rekey) {
        buffer_span(text, operation->user);
    } else if (step->from != OPERATION_NONE) {
        plan_write_team(plan, step->from, text);
    } else if (step->to != OPERATION_NONE) {
        plan_write_team(plan, step->to, text);
    }
    if (operation->kind == MUSTER_MOVE_TEAM_MEMBER) {
        buffer_text(text, " to team ");
        plan_write_team(plan, step->to, text);
    }
}

/* A text is one line, whatever stands in the values. */
static void lines_join(struct buffer *text)
{
    for (size_t at = 0; at < text->size; at++) {
        if (text->bytes[at] == '\n' || text->bytes[at] == '\r') {
            text->bytes[at] = ' ';
        }
    }
}

void plan_operation(struct plan *plan, size_t index, struct muster_operation *operation)
{
    const struct step *step = &plan->steps[index];
    struct org_user user = {.team = ORG_NONE};
    plan_fill_operation(plan, step, operation, &user);
    buffer_clear(&plan->text);
    if (is_about_user(operation->kind)) {
        write_user_operation(plan, step, operation, &user);
    } else {
        write_team_operation(plan, step, operation);
    }
    lines_join(&plan->text);
    operation->text = buffer_view(&plan->text);
    if (plan->text.exhausted || plan->subject_scratch.exhausted || plan->from_scratch.exhausted) {
        plan->status = MUSTER_NO_MEMORY;
    }
}
