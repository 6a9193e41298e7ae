/* SPDX-License-Identifier: MIT */
#include "plan_flags.h"

#include <stdint.h>
#include <string.h>

struct option_group plan_flags_list(struct plan_flags *flags, struct option *list)
{
    const struct option all[PLAN_OPTION_COUNT] = {
        {"limit", 0, OPTION_LIST, &flags->limits, "KIND=N|P%", "replace the limit of a guard"},
        {"limit-subtree", 0, OPTION_LIST, &flags->subtree_limits, "KIND=P%",
         "a limit for every top-level team of at least 20"},
        {"keep-users", 0, OPTION_FLAG, &flags->keep_users, NULL,
         "deprovision: take the license, keep the user (removeUsers=false)"},
        {"retain-privileges", 0, OPTION_FLAG, &flags->retain_privileges, NULL,
         "deprovision with --keep-users: managers stay managers (retainPrivileges=true)"},
        {"no-manager-invites", 0, OPTION_FLAG, &flags->no_manager_invites, NULL,
         "no invitations by e-mail (sendManagerInvites=false)"},
    };
    memcpy(list, all, sizeof all);
    return (struct option_group){"Options about the plan", list, PLAN_OPTION_COUNT};
}

/* "N" or "P%"; false where it is neither. */
static bool amount_read(struct muster_span text, struct muster_limit *limit)
{
    *limit = (struct muster_limit){.given = true};
    if (text.len > 0 && text.ptr[text.len - 1] == '%') {
        limit->percent = true;
        text.len--;
    }
    for (size_t index = 0; index < text.len; index++) {
        char byte = text.ptr[index];
        if (byte < '0' || byte > '9' || limit->amount > UINT64_MAX / 100) {
            return false;
        }
        limit->amount = limit->amount * 10 + (uint64_t)(byte - '0');
    }
    return text.len > 0 && (!limit->percent || limit->amount <= 100);
}

static unsigned kind_named(struct muster_span name)
{
    unsigned kind = 0;

    for (; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        const char *word = muster_operation_kind_name((enum muster_operation_kind)kind);
        if (strlen(word) == name.len && memcmp(word, name.ptr, name.len) == 0) {
            break;
        }
    }
    return kind;
}

static int kind_unknown(const struct command *command, const char *option, struct muster_span name)
{
    const char *names[MUSTER_OPERATION_KIND_COUNT];

    for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        names[kind] = muster_operation_kind_name((enum muster_operation_kind)kind);
    }
    return options_wrong(command, NULL, "--%s: there is no kind of operation \"%.*s\"%s", option,
                         (int)name.len, name.ptr,
                         options_guess(name, "", names, MUSTER_OPERATION_KIND_COUNT).text);
}

/* Fill `limits`, one for each kind of operation. EXIT_DONE, or EXIT_USAGE after saying why. */
static int limits_read(struct muster_limit *limits, const struct option_list *list,
                       const struct command *command, bool subtree)
{
    const char *option = subtree ? "limit-subtree" : "limit";

    for (size_t index = 0; index < list->count; index++) {
        struct muster_span item = list->items[index];
        const char *sign = memchr(item.ptr, '=', item.len);
        struct muster_span name = {item.ptr, sign != NULL ? (size_t)(sign - item.ptr) : item.len};
        unsigned kind = kind_named(name);
        if (kind == MUSTER_OPERATION_KIND_COUNT) {
            return kind_unknown(command, option, name);
        }
        struct muster_limit limit = {0};
        struct muster_span amount = {item.ptr, 0};
        if (sign != NULL) {
            amount = (struct muster_span){sign + 1, item.len - name.len - 1};
        }
        if (!amount_read(amount, &limit) || (subtree && !limit.percent)) {
            return options_wrong(command, NULL, "--%s takes %.*s=%s (0%% to 100%%), not \"%.*s\"",
                                 option, (int)name.len, name.ptr, subtree ? "P%" : "N or P%",
                                 (int)item.len, item.ptr);
        }
        limits[kind] = limit;
    }
    return EXIT_DONE;
}

int plan_flags_settle(const struct plan_flags *flags, struct muster_plan_options *engine,
                      const struct command *command)
{
    engine->keep_users = flags->keep_users;
    engine->retain_privileges = flags->retain_privileges;
    int result = limits_read(engine->limits, &flags->limits, command, false);
    return result == EXIT_DONE
               ? limits_read(engine->subtree_limits, &flags->subtree_limits, command, true)
               : result;
}

void plan_flags_close(struct plan_flags *flags)
{
    option_list_close(&flags->limits);
    option_list_close(&flags->subtree_limits);
}
