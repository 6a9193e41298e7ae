/* SPDX-License-Identifier: MIT */
#include "commands/shared.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "terminal.h"

static const char usage[] =
    "usage: muster plan --from OLD [FILE... | DIR]\n"
    "\n"
    "Shows what a sync will do: the operations that turn the teams of OLD (a\n"
    "snapshot, or a folder of CSV files) into those of the new export, in an order\n"
    "in which every step is valid. What is taken away comes first. Nothing is sent.\n"
    "\n"
    "Removals are held against limits: deleteTeam, removeTeamMember and\n"
    "removeTeamManager 10%, moveTeamMember 75% of what there is in OLD, where that\n"
    "is at least 100. Beyond a limit the plan is still shown, and the exit code is\n"
    "4.\n"
    "\n"
    "examples:\n"
    "  muster plan --from last-week.snap export/\n"
    "  muster plan --from old/ new/ --limit moveTeamMember=90% --max-show 0\n"
    "\n"
    "exit codes: 0 done, 1 findings in the new export, 2 wrong usage, 3 an input\n"
    "cannot be read, 4 a guard stopped the plan\n";

/* The options of plan alone. */
struct plan_arguments {
    const char *from;
    struct option_list limits;
    struct option_list subtree_limits;
    bool keep_users;
    bool retain_privileges;
    bool no_manager_invites;
};

/* "N" or "P%"; false where it is neither. */
static bool limit_parse(struct muster_span text, struct muster_limit *limit)
{
    *limit = (struct muster_limit){.given = true};
    if (text.len > 0 && text.ptr[text.len - 1] == '%') {
        limit->percent = true;
        text.len--;
    }
    for (size_t index = 0; index < text.len; index++) {
        if (text.ptr[index] < '0' || text.ptr[index] > '9' || limit->amount > UINT64_MAX / 100) {
            return false;
        }
        limit->amount = limit->amount * 10 + (uint64_t)(text.ptr[index] - '0');
    }
    return text.len > 0 && (!limit->percent || limit->amount <= 100);
}

static int kind_unknown(const char *option, struct muster_span name)
{
    const char *names[MUSTER_OPERATION_KIND_COUNT];
    for (unsigned kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        names[kind] = muster_operation_kind_name(kind);
    }
    const char *nearest = options_nearest(name, names, MUSTER_OPERATION_KIND_COUNT);
    if (nearest != NULL) {
        return options_wrong(&command_plan, NULL,
                             "--%s: there is no kind of operation \"%.*s\"; did you mean %s?",
                             option, (int)name.len, name.ptr, nearest);
    }
    return options_wrong(&command_plan, NULL, "--%s: there is no kind of operation \"%.*s\"",
                         option, (int)name.len, name.ptr);
}

/* The kind of this name, or MUSTER_OPERATION_KIND_COUNT. */
static unsigned kind_named(struct muster_span name)
{
    unsigned kind = 0;
    for (; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        const char *candidate = muster_operation_kind_name(kind);
        if (strlen(candidate) == name.len && memcmp(candidate, name.ptr, name.len) == 0) {
            break;
        }
    }
    return kind;
}

/* One "KIND=N" or "KIND=P%". */
static int limit_settle(struct muster_limit *limits, struct muster_span item, const char *option,
                        bool percent_only)
{
    const char *sign = memchr(item.ptr, '=', item.len);
    struct muster_span name = {item.ptr, sign != NULL ? (size_t)(sign - item.ptr) : item.len};
    struct muster_span amount = {item.ptr + item.len, 0};
    struct muster_limit limit = {0};
    unsigned kind = kind_named(name);
    if (kind == MUSTER_OPERATION_KIND_COUNT) {
        return kind_unknown(option, name);
    }
    if (sign != NULL) {
        amount = (struct muster_span){sign + 1, item.len - name.len - 1};
    }
    if (!limit_parse(amount, &limit) || (percent_only && !limit.percent)) {
        return options_wrong(&command_plan, NULL, "--%s takes %s=%s (0%% to 100%%), not \"%.*s\"",
                             option, muster_operation_kind_name(kind),
                             percent_only ? "P%" : "N or =P%", (int)item.len, item.ptr);
    }
    limits[kind] = limit;
    return EXIT_DONE;
}

static int limits_settle(struct muster_limit *limits, const struct option_list *list,
                         const char *option, bool percent_only)
{
    int result = EXIT_DONE;
    for (size_t index = 0; index < list->count && result == EXIT_DONE; index++) {
        result = limit_settle(limits, list->items[index], option, percent_only);
    }
    return result;
}

static int plan_report(struct muster_plan *plan, const struct shared *shared,
                       const struct plan_arguments *own)
{
    struct output output;
    int result = output_open(&output, shared->output.path);
    if (result != EXIT_DONE) {
        return result;
    }
    struct muster_report_options report =
        output_report(&shared->output, shared->set.command, STDOUT_FILENO);
    report.strict = shared->input.strict;
    report.no_manager_invites = own->no_manager_invites;
    progress_begin("writing the plan");
    enum muster_status status = muster_report_plan(plan, &report, output_write, &output);
    progress_end();
    result = roster_judge_unchanged(muster_plan_old_roster(plan));
    if (result == EXIT_DONE) {
        result = roster_judge_unchanged(muster_plan_new_roster(plan));
    }
    if (result != EXIT_DONE) {
        (void)output_close(&output, false);
        return result;
    }
    return output_finish(&output, status);
}

static int plan_rosters(struct muster_roster *old_roster, struct muster_roster *new_roster,
                        const struct shared *shared, const struct plan_arguments *own)
{
    struct muster_plan_options options = {
        .roots = shared->input.roots.items,
        .root_count = shared->input.roots.count,
        .keep_users = own->keep_users,
        .retain_privileges = own->retain_privileges,
        .no_manager_invites = own->no_manager_invites,
    };
    int result = limits_settle(options.limits, &own->limits, "limit", false);
    if (result == EXIT_DONE) {
        result = limits_settle(options.subtree_limits, &own->subtree_limits, "limit-subtree", true);
    }
    if (result != EXIT_DONE) {
        return result;
    }
    struct muster_plan *plan = NULL;
    progress_begin("planning");
    enum muster_status status = muster_plan_open(&plan, old_roster, new_roster, &options);
    progress_end();
    if (status != MUSTER_OK) {
        return status_complain(status, NULL, NULL);
    }
    if (muster_plan_forecast(plan)->retain_privileges_ignored) {
        retaining_say_ignored();
    }
    result = plan_report(plan, shared, own);
    if (result == EXIT_DONE) {
        result = muster_plan_forecast(plan)->guards_tripped
                     ? EXIT_GUARD
                     : findings_exit(new_roster, &shared->input);
    }
    muster_plan_close(plan);
    return result;
}

/* A plan needs users and teams, or a deprovision file alone. */
static int inputs_judge(const struct inputs *inputs)
{
    bool users = inputs_find(inputs, MUSTER_USERS) != NULL;
    bool teams = inputs_find(inputs, MUSTER_TEAMS) != NULL;
    if (users == teams) {
        return EXIT_DONE;
    }
    return inputs_missing(inputs, users ? MUSTER_TEAMS : MUSTER_USERS, &command_plan);
}

static int plan_inputs(const struct shared *shared, const struct plan_arguments *own)
{
    struct inputs inputs;
    struct rosters rosters = {0};
    if (own->from == NULL) {
        return options_wrong(&command_plan,
                             "muster plan --from last-week.snap export/; muster snapshot makes one",
                             "plan needs --from OLD, the roster that the remote has now");
    }
    int result = inputs_resolve(&inputs, &shared->input, &shared->set);
    if (result != EXIT_DONE) {
        return result;
    }
    result = inputs_judge(&inputs);
    if (result == EXIT_DONE) {
        result = inputs_judge_from(&inputs, own->from, &command_plan);
    }
    if (result == EXIT_DONE) {
        const struct rosters_wanted wanted = {.old_path = own->from, .new_inputs = &inputs};
        result = rosters_open(&rosters, &wanted, &shared->input);
    }
    if (result == EXIT_DONE && findings_stop(rosters.new_roster, &shared->input)) {
        result = findings_report(rosters.new_roster, shared);
        result = result == EXIT_DONE ? stopped_exit(&shared->input) : result;
    } else if (result == EXIT_DONE) {
        result = plan_rosters(rosters.old_roster, rosters.new_roster, shared, own);
    }
    rosters_close(&rosters);
    inputs_close(&inputs);
    return result;
}

static int plan_run(int count, char **arguments)
{
    struct plan_arguments plan = {0};
    const struct option options[] = {
        {"from", 0, OPTION_TEXT, &plan.from, "OLD",
         "the roster to start from: a snapshot (- is standard input) or a DIR"},
        {"limit", 0, OPTION_LIST, &plan.limits, "KIND=N|P%", "replace the limit of a guard"},
        {"limit-subtree", 0, OPTION_LIST, &plan.subtree_limits, "KIND=P%",
         "a limit for every top-level team of at least 20"},
        {"keep-users", 0, OPTION_FLAG, &plan.keep_users, NULL,
         "deprovision: take the license, keep the user (removeUsers=false)"},
        {"retain-privileges", 0, OPTION_FLAG, &plan.retain_privileges, NULL,
         "deprovision with --keep-users: managers stay managers (retainPrivileges=true)"},
        {"no-manager-invites", 0, OPTION_FLAG, &plan.no_manager_invites, NULL,
         "no invitations by e-mail (sendManagerInvites=false)"},
    };
    struct option_group own = {"Options of plan", options, sizeof options / sizeof options[0]};
    struct shared shared;
    int result;
    if (shared_open(&shared, &command_plan, own, (struct arguments){count, arguments, INPUT_SCOPED},
                    &result)) {
        result = plan_inputs(&shared, &plan);
        shared_close(&shared);
    }
    option_list_close(&plan.limits);
    option_list_close(&plan.subtree_limits);
    return result;
}

const struct command command_plan = {
    .name = "plan",
    .summary = "show the operations that a sync would carry out",
    .usage = usage,
    .run = plan_run,
};
