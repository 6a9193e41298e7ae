/* SPDX-License-Identifier: MIT */
/* What is looked at before anything is sent. */
#include <string.h>

#include "command.h"
#include "exits.h"
#include "remote/push.h"
#include "remote/text.h"
#include "terminal.h"

/* What has become empty trips whatever the limits are. */
static bool guard_is_limited(const struct muster_guard *guard)
{
    return guard->limit.given || guard->limit.percent || guard->limit.amount > 0;
}

/* In the words of a plan's own report. */
static void guard_write(struct text *text, const struct muster_guard *guard, bool names_shown)
{
    struct grouped count;
    struct grouped population;

    text_format(text, "guard tripped: %s", guard->kind);
    if (!guard_is_limited(guard)) {
        text_format(text, ", the new roster has no %s left; the old one had %s",
                    guard->population_of, number_grouped(&population, guard->population));
        return;
    }
    text_format(text, " %s of %s %s", number_grouped(&count, guard->count),
                number_grouped(&population, guard->population), guard->population_of);
    if (guard->team.ptr != NULL && names_shown) {
        text_put(text, " below team ");
        text_shown(text, guard->team.ptr, guard->team.len);
    }
    text_format(text, ", the limit is %s%s", number_grouped(&count, guard->limit.amount),
                guard->limit.percent ? "%" : "");
}

static void guard_complain(const struct muster_guard *guard, bool names_shown)
{
    struct text text = {0};

    guard_write(&text, guard, names_shown);
    if (guard->carriers.len > 0 && names_shown) {
        text_put(&text, "; most of it: ");
        text_shown(&text, guard->carriers.ptr, guard->carriers.len);
    }
    complain("%s", text_string(&text));
    text_close(&text);
}

static int guards_judge(const struct push_run *run, const struct muster_guard *guards, size_t count)
{
    bool names_shown = run->options->shared->output.privacy == MUSTER_PRIVACY_FULL;
    bool stopped = false;
    bool limited = false;

    for (size_t index = 0; index < count; index++) {
        if (guards[index].tripped) {
            guard_complain(&guards[index], names_shown);
            stopped = true;
            limited = limited || guard_is_limited(&guards[index]);
        }
    }
    if (!stopped || run->options->force) {
        return EXIT_DONE;
    }
    complain("a guard stopped the run: nothing was sent");
    advise("%s, --force sends all the same",
           limited ? "look at it with muster plan; --limit replaces a limit"
                   : "an export that is empty is most often one that failed; no limit allows it");
    return EXIT_GUARD;
}

static bool plan_removes(const struct muster_forecast *forecast)
{
    static const enum muster_operation_kind kinds[] = {
        MUSTER_DELETE_TEAM, MUSTER_REMOVE_TEAM_MEMBER, MUSTER_REMOVE_TEAM_MANAGER,
        MUSTER_REMOVE_USER, MUSTER_REMOVE_LICENSE,
    };
    uint64_t count = 0;

    for (size_t index = 0; index < sizeof(kinds) / sizeof(kinds[0]); index++) {
        count += forecast->counts[kinds[index]];
    }
    return count > 0;
}

static int plan_judge(struct push_run *run, struct muster_roster *old_roster,
                      struct muster_roster *new_roster)
{
    const struct push_options *options = run->options;
    struct muster_plan *plan = NULL;

    enum muster_status status = muster_plan_open(&plan, old_roster, new_roster, &options->plan);
    if (status != MUSTER_OK) {
        return status_complain(status, NULL, options->from);
    }
    run->planned = true;
    run->removes = plan_removes(muster_plan_forecast(plan));
    operation_counts_plan(&run->own, plan);
    size_t count = 0;
    const struct muster_guard *guards = muster_plan_guards(plan, &count);
    int result = guards_judge(run, guards, count);
    muster_plan_close(plan);
    return result;
}

/* Whether a roster can be compared by its teams; a snapshot, which has no files, always can. */
static bool has_teams(const struct muster_roster *roster)
{
    const struct muster_summary *summary = muster_roster_summary(roster);

    return !summary->present[MUSTER_USERS] ||
           (summary->present[MUSTER_TEAMS] && !summary->fatal[MUSTER_TEAMS]);
}

/* Without teams there is no plan, and of the guards the one that needs none. */
static int users_judge(const struct push_run *run, const struct muster_roster *old_roster,
                       const struct muster_roster *new_roster)
{
    const struct muster_guard empty = {
        .kind = "emptyUsers",
        .population = muster_roster_summary(old_roster)->kept[MUSTER_USERS],
        .population_of = "users",
        .tripped = muster_roster_summary(new_roster)->kept[MUSTER_USERS] == 0,
    };

    return guards_judge(run, &empty, empty.population > 0 ? 1 : 0);
}

static int plan_weigh(struct push_run *run, struct muster_roster *old_roster,
                      struct muster_roster *roster)
{
    if (run->options->target == TARGET_SPARKWISE && !(has_teams(old_roster) && has_teams(roster))) {
        return users_judge(run, old_roster, roster);
    }
    return plan_judge(run, old_roster, roster);
}

static int findings_judge(struct push_run *run, struct muster_roster *roster)
{
    bool stop = findings_stop(roster, &run->options->shared->input);

    run->findings = findings_exit(roster, &run->options->shared->input);
    if (stop || run->findings != EXIT_DONE || !run->options->shared->output.quiet) {
        int result = findings_tell(roster, run->options->shared);
        if (result != EXIT_DONE) {
            return result;
        }
    }
    if (stop && !run->options->force) {
        complain("the remote would not take this: nothing was sent");
        advise("--force sends it all the same");
        return EXIT_FINDINGS;
    }
    return EXIT_DONE;
}

/* What hangs on the old roster as well. */
static int rosters_judge(struct push_run *run, struct muster_roster *roster)
{
    const struct push_options *options = run->options;
    bool weighed = options->from != NULL && !findings_stop(roster, &options->shared->input);
    struct muster_roster *old_roster = NULL;
    int result = EXIT_DONE;

    if (weighed || (options->from != NULL && run->collect != NULL)) {
        result = roster_open_old(&old_roster, options->from, &options->shared->input);
    }
    if (result == EXIT_DONE && weighed) {
        result = plan_weigh(run, old_roster, roster);
    }
    if (result == EXIT_DONE && run->collect != NULL) {
        result = run->collect(run->collect_context, old_roster, roster);
    }
    muster_roster_close(old_roster);
    return result;
}

/* Check, weigh and collect; the rosters are gone afterwards. */
static int roster_judge(struct push_run *run)
{
    struct muster_roster *roster = NULL;

    int result = inputs_open(&roster, &run->inputs, &run->options->shared->input);
    if (result == EXIT_DONE) {
        result = findings_judge(run, roster);
    }
    if (result == EXIT_DONE) {
        result = rosters_judge(run, roster);
    }
    if (result == EXIT_DONE) {
        result = roster_judge_unchanged(roster);
    }
    muster_roster_close(roster);
    return result;
}

int push_weigh_together(const struct push_options *options, const struct inputs *inputs)
{
    struct push_run run = {.options = options, .inputs = *inputs};
    struct muster_roster *roster = NULL;

    if (options->unchecked || options->from == NULL) {
        return EXIT_DONE;
    }
    int result = inputs_open(&roster, &run.inputs, &options->shared->input);
    if (result == EXIT_DONE) {
        result = rosters_judge(&run, roster);
    }
    muster_roster_close(roster);
    memory_give_back();
    return result;
}

int push_preflight(struct push_run *run)
{
    int result = EXIT_DONE;

    run->removes = true; /* for all that we know */
    if (!run->options->unchecked) {
        result = roster_judge(run);
        memory_give_back();
    }
    /* The digests were taken before the files were checked; they hold for what was checked only
     * where nothing has changed since, and no other file has taken the name. */
    for (size_t index = 0; result == EXIT_DONE && index < run->upload_count; index++) {
        if (!upload_in_place(&run->uploads[index])) {
            complain("%s changed while it was read", run->uploads[index].path);
            result = EXIT_UNREADABLE;
        }
    }
    return result;
}

int push_confirm(const struct push_run *run)
{
    const struct push_options *options = run->options;

    if (!options->live || options->yes || !run->removes) {
        return EXIT_DONE;
    }
    if (strcmp(run->kind, "deprovision") == 0) {
        complain("this takes users or licenses away from the live plan: nothing was sent");
    } else if (run->planned) {
        complain("this removes something from the live organisation: nothing was sent");
    } else if (options->from != NULL) {
        complain("with such findings nobody knows what this removes from the live organisation: "
                 "nothing was sent");
    } else {
        complain("without --from nobody knows what this removes from the live organisation: "
                 "nothing was sent");
    }
    advise("--yes says that it is meant");
    return EXIT_GUARD;
}
