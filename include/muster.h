/* SPDX-License-Identifier: MIT */
/*
 * muster: validation, comparison and planning for organisation rosters kept as CSV.
 *
 * A calling sequence:
 *
 *     struct muster_input inputs[] = {
 *         {.file = MUSTER_USERS, .path = "users.csv"},
 *         {.file = MUSTER_TEAMS, .path = "teams.csv"},
 *     };
 *     struct muster_roster *roster;
 *     if (muster_roster_open(&roster, inputs, 2, NULL, NULL) == MUSTER_OK) {
 *         struct muster_findings *findings;
 *         struct muster_finding finding;
 *         if (muster_findings_open(&findings, roster) == MUSTER_OK) {
 *             while (muster_findings_next(findings, &finding)) {
 *                 printf("line %llu: %.*s\n", (unsigned long long)finding.line,
 *                        (int)finding.message.len, finding.message.ptr);
 *             }
 *             muster_findings_close(findings);
 *         }
 *         muster_roster_close(roster);
 *     }
 *
 * Three kinds of trouble are kept apart. What is wrong with the data is a *finding*; what is wrong
 * with the machine is a *status*; what is wrong with us is an assertion. A call that can fail
 * returns `enum muster_status` and gives its result through its first parameter, which is NULL
 * after a failure. Every `_open` has its `_close`, and closing NULL is allowed.
 *
 * An object is closed before those it was made from, and what it answers lives as long as it does,
 * unless said otherwise. What a call is given need not live longer than the call, but for `data` of
 * an input. `options` and `error` may be NULL, other than in muster_records_write `options`.
 *
 * The library prints nothing, never exits and reads no environment. Objects may be used by one
 * thread at a time; different objects, even of one roster, are independent of each other.
 */
#ifndef MUSTER_H
#define MUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MUSTER_API     __attribute__((visibility("default")))
#define MUSTER_CHECKED __attribute__((warn_unused_result))
#else
#define MUSTER_API
#define MUSTER_CHECKED
#endif

#define MUSTER_VERSION "1.0.0"

/* ---- Words ------------------------------------------------------------------------------- */

/** Bytes that belong to someone else. Not terminated; `ptr` may be NULL, which means "absent". */
struct muster_span {
    const char *ptr;
    size_t len;
};

/** What went wrong with the machine or with the call. */
enum muster_status {
    MUSTER_OK = 0,
    MUSTER_NO_MEMORY,     /* an allocation failed, or a limit of the engine was reached */
    MUSTER_UNREADABLE,    /* missing, a folder, a device, an I/O error; see os_error */
    MUSTER_CHANGED,       /* the input changed while it was read */
    MUSTER_TOO_LARGE,     /* larger than a documented limit of the engine */
    MUSTER_NOT_SNAPSHOT,  /* the file is something else than a snapshot */
    MUSTER_NEWER,         /* the snapshot was written by a newer muster */
    MUSTER_DAMAGED,       /* the snapshot's bytes are not what was written */
    MUSTER_UNWRITABLE,    /* writing failed; a file that was there is still whole; see os_error */
    MUSTER_INCOMPLETE,    /* a roster needs both a users and a teams file */
    MUSTER_FATAL_FINDING, /* a fatal finding, or an error in strict mode: nothing can follow */
    MUSTER_INVALID_STEP,  /* an operation is not valid where it stands */
};

/** More about a failed call, only then; `subject` lives as long as the inputs and the roster. */
struct muster_error {
    enum muster_status status;
    int os_error;               /* errno of the failing system call, or 0 */
    struct muster_span subject; /* usually a path */
};

/** One sentence in English about a status; static storage. */
MUSTER_API const char *muster_status_text(enum muster_status status);

enum muster_file { MUSTER_USERS, MUSTER_TEAMS, MUSTER_DEPROVISION, MUSTER_FILE_COUNT };

/** "users", "teams", "deprovision". */
MUSTER_API const char *muster_file_name(enum muster_file file);

enum muster_severity {
    MUSTER_INFO,
    MUSTER_WARNING,
    MUSTER_ERROR,
    MUSTER_FATAL,
    MUSTER_SEVERITY_COUNT
};

/** "info", "warning", "error", "fatal". */
MUSTER_API const char *muster_severity_name(enum muster_severity severity);

/* ---- Rules ------------------------------------------------------------------------------- */

/** Every rule, in the order of the passes that apply them. */
enum muster_code {
    MUSTER_UNREADABLE_ENCODING,
    MUSTER_EMPTY_FILE,
    MUSTER_MISSING_HEADER,
    MUSTER_DUPLICATE_HEADER,
    MUSTER_UNTERMINATED_QUOTE,
    MUSTER_EXTRA_HEADER,
    MUSTER_STRAY_QUOTE,
    MUSTER_FIELD_COUNT,
    MUSTER_NUL_BYTE,
    MUSTER_INVALID_UTF8,
    MUSTER_FIELD_TOO_LONG,
    MUSTER_MISSING_VALUE,
    MUSTER_DUPLICATE_USER_ID,
    MUSTER_DUPLICATE_EMAIL,
    MUSTER_DUPLICATE_TEAM_ID,
    MUSTER_UNKNOWN_PARENT_TEAM,
    MUSTER_TEAM_CYCLE,
    MUSTER_REMOVED_PARENT_TEAM,
    MUSTER_UNKNOWN_TEAM,
    MUSTER_REMOVED_TEAM,
    MUSTER_UNKNOWN_MANAGER,
    MUSTER_UNKNOWN_ROOT_TEAM,
    MUSTER_DUPLICATE_TEAM_NAME,
    MUSTER_TEAM_NAME_COLLISION,
    MUSTER_TEAM_NAME_LENGTH,
    MUSTER_INVALID_EMAIL,
    MUSTER_SURROUNDING_SPACE,
    MUSTER_CONTROL_CHARACTER,
    MUSTER_CASE_COLLISION,
    MUSTER_SPECIAL_CHARACTER,
    MUSTER_CODE_COUNT
};

/** What `muster explain` knows of a rule. All strings are static. */
struct muster_rule {
    enum muster_code code;
    enum muster_severity severity;
    int pass;
    const char *name;     /* "duplicate-email" */
    const char *applies;  /* "users: email" */
    const char *when;     /* when the rule speaks, one sentence */
    const char *effect;   /* what the remote does in lenient mode: "record removed" */
    const char *why;      /* why it matters, one or two sentences */
    const char *cure;     /* what to do, one sentence */
    const char *failing;  /* a sample that breaks the rule, as CSV */
    const char *repaired; /* the same, repaired */
    size_t failing_size;  /* bytes of `failing`, which may hold NULs */
};

/** The rule of a code; never NULL for a code below MUSTER_CODE_COUNT. */
MUSTER_API const struct muster_rule *muster_rule(enum muster_code code);

/** The rule with this name, or NULL. */
MUSTER_API const struct muster_rule *muster_rule_named(const char *name);

/* ---- Rosters ----------------------------------------------------------------------------- */

/** One file of an export; of two of a kind the later one counts. Either `data` is given, which the
 * caller keeps alive and unchanged until the roster is closed, or, where its `ptr` is NULL, even of
 * an empty one, `path` is opened; "-" is standard input. `path` also names the file in findings; it
 * may be NULL where `data` is given. With neither the file is MUSTER_UNREADABLE. */
struct muster_input {
    enum muster_file file;
    const char *path;
    struct muster_span data;
};

enum muster_simd {
    MUSTER_SIMD_BEST, /* the fastest that the processor has */
    MUSTER_SIMD_NONE,
    MUSTER_SIMD_SSE2,
    MUSTER_SIMD_AVX2,
    MUSTER_SIMD_AVX512,
};

/** Zero is the documented default of every member. */
struct muster_options {
    bool trim;                       /* libcsv's default space function instead of none */
    bool map_allowed;                /* map; handles SIGBUS for good, which no thread may block */
    unsigned jobs;                   /* threads, up to 64; 0: as many as there are processors */
    enum muster_simd simd;           /* narrower than the processor allows, for tests */
    const struct muster_span *roots; /* ids of --root */
    size_t root_count;
    /* 0: as the rule says; 1 + enum muster_severity below fatal: re-graded; MUSTER_IGNORED:
     * silent. Fatal findings can be neither. */
    uint8_t severities[MUSTER_CODE_COUNT];
    bool digests_wanted;     /* compute the XXH3 digest of each input for the start line */
    const char *roots_named; /* what findings call `roots`; NULL: "--root" */
};

#define MUSTER_IGNORED 255

struct muster_roster;

/** Read and check the files of one export, which stay open, a descriptor each, until the roster is
 * closed. Flawed data never makes this fail: the findings are in the roster, and so is what the
 * rules have left of the export. Rules that need a missing file are listed as not run. Returns
 * MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_UNREADABLE, MUSTER_CHANGED or MUSTER_TOO_LARGE. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_roster_open(struct muster_roster **roster, const struct muster_input *inputs,
                   size_t input_count, const struct muster_options *options,
                   struct muster_error *error);

/** Open a snapshot file, or standard input for "-", as a roster, which has no findings; of the
 * options `map_allowed` and `jobs` count. Returns what muster_roster_open does,
 * MUSTER_NOT_SNAPSHOT, MUSTER_NEWER or MUSTER_DAMAGED. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_snapshot_open(struct muster_roster **roster, const char *path,
                     const struct muster_options *options, struct muster_error *error);

/** Write the roster (what the rules have kept) to `path` as a snapshot, whole or not at all, with
 * mode 0600. Returns MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_INCOMPLETE, MUSTER_CHANGED,
 * MUSTER_FATAL_FINDING or MUSTER_UNWRITABLE; that also where the new file stands there, but its
 * folder could not be synced. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_snapshot_write(const struct muster_roster *roster, const char *path,
                      struct muster_error *error);

MUSTER_API void muster_roster_close(struct muster_roster *roster);

/** What was read and what was found, all counts exact. */
struct muster_summary {
    bool present[MUSTER_FILE_COUNT];
    uint64_t bytes[MUSTER_FILE_COUNT];
    struct muster_span paths[MUSTER_FILE_COUNT];
    uint64_t digests[MUSTER_FILE_COUNT]; /* XXH3, 64 bits, seed 0; only where digests_wanted */
    bool fatal[MUSTER_FILE_COUNT];       /* the file was given up */
    uint64_t records[MUSTER_FILE_COUNT]; /* without the header */
    uint64_t kept[MUSTER_FILE_COUNT];
    uint64_t severities[MUSTER_SEVERITY_COUNT];
    uint64_t stopping; /* errors and worse as the remote sees them, ignored or re-graded or not */
    uint64_t codes[MUSTER_CODE_COUNT];
    enum muster_severity worst[MUSTER_CODE_COUNT]; /* of the findings of a code, as re-graded */
    const char *not_run[MUSTER_CODE_COUNT];        /* the reason why a rule did not run, or NULL */
};

/** Valid until the roster is closed. */
MUSTER_API const struct muster_summary *muster_roster_summary(const struct muster_roster *roster);

/** MUSTER_OK while the input files are still what was read; MUSTER_CHANGED once one of them was
 * touched (not: replaced by another of its name). Ask before acting on what was found and, where
 * maps are allowed, on what a later call has written. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_roster_unchanged(const struct muster_roster *roster, struct muster_error *error);

/** One user of a roster; the spans live until the next call with the same roster. */
struct muster_user {
    struct muster_span id, email, first_name, last_name;
    struct muster_span team_id; /* ptr NULL: in no team */
};

/** One team of a roster; the spans live as long as the roster. */
struct muster_team {
    struct muster_span id, name, final_name;
    struct muster_span parent_team_id; /* ptr NULL: at the top */
    uint32_t manager_count;
};

/** Users have indexes below the user place count; false: the record was removed, or no memory. */
MUSTER_API uint32_t muster_roster_user_places(const struct muster_roster *roster);
MUSTER_API bool muster_roster_user(struct muster_roster *roster, uint32_t index,
                                   struct muster_user *user);
/** MUSTER_OK, or MUSTER_NO_MEMORY once memory was missing for any user that was asked for. It stays
 * so until the roster is closed, while the next call of muster_roster_user may find its user. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_roster_status(const struct muster_roster *roster);
MUSTER_API uint32_t muster_roster_team_count(const struct muster_roster *roster);
MUSTER_API void muster_roster_team(const struct muster_roster *roster, uint32_t index,
                                   struct muster_team *team);
/** The user index of the n-th manager of a team. */
MUSTER_API uint32_t muster_roster_manager(const struct muster_roster *roster, uint32_t team_index,
                                          uint32_t n);

/* ---- Findings ---------------------------------------------------------------------------- */

struct muster_place {
    enum muster_file file;
    uint64_t line; /* counted from 1 */
};

/** One finding. All spans live until the next call with the same cursor. `file_known` is false for
 * a finding about a flag (unknown-root-team); `line` is 0 where there is no record. */
struct muster_finding {
    enum muster_code code;
    enum muster_severity severity;
    bool file_known;
    enum muster_file file;
    struct muster_span path;
    uint64_t line;
    struct muster_span field;   /* ptr NULL: no field in particular */
    struct muster_span value;   /* raw bytes of the value; ptr NULL: none */
    struct muster_span message; /* with raw bytes of values, which a terminal may obey; cure too */
    struct muster_span effect;
    struct muster_span cure;
    const struct muster_place *related;
    size_t related_count;
    uint64_t related_total; /* more than related_count on a circle of more than 256 teams */
    uint64_t alike; /* with muster_findings_open_brief: how many findings this one speaks for */
};

struct muster_findings;

/** All findings, ordered by file, line, pass and field. MUSTER_OK or MUSTER_NO_MEMORY. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_findings_open(struct muster_findings **findings,
                                                                  struct muster_roster *roster);

/** For people: worst first, at most `show_max` of each code (0: all), findings with one root cause
 * drawn together into the first of them. MUSTER_OK or MUSTER_NO_MEMORY. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_findings_open_brief(struct muster_findings **findings, struct muster_roster *roster,
                           size_t show_max);

/** The next finding, or false after the last. */
MUSTER_API bool muster_findings_next(struct muster_findings *findings,
                                     struct muster_finding *finding);
/** MUSTER_OK, or MUSTER_NO_MEMORY where muster_findings_next had to end early. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_findings_status(const struct muster_findings *findings);
MUSTER_API void muster_findings_close(struct muster_findings *findings);

/* ---- Differences ------------------------------------------------------------------------- */

/** Where a roster comes from: a snapshot, or else the files of an export. */
struct muster_origin {
    const char *snapshot; /* a path, or NULL */
    const struct muster_input *inputs;
    size_t input_count;
    const struct muster_options *options;
};

/** Open two rosters at the same time, where the options of the second allow more than one thread.
 * Both results are NULL unless it returns MUSTER_OK; `errors` has the status of each, MUSTER_OK for
 * a second that was not tried because the first had failed. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_rosters_open(struct muster_roster *rosters[2], const struct muster_origin origins[2],
                    struct muster_error errors[2]);

enum muster_entity { MUSTER_USER, MUSTER_TEAM };
enum muster_change { MUSTER_ADDED, MUSTER_REMOVED, MUSTER_MODIFIED };

/** One fact that differs. Spans live until the next call with the same diff. */
struct muster_difference {
    enum muster_entity entity;
    enum muster_change change;
    struct muster_span id;        /* the new id; the old one where something was removed */
    const char *field;            /* NULL unless MUSTER_MODIFIED */
    struct muster_span old_value; /* ptr NULL: none */
    struct muster_span new_value;
};

struct muster_diff;

/** Compare two rosters: users by id, then by lower-cased e-mail; teams by id, then by final name.
 * Neither roster is changed. MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_INCOMPLETE or
 * MUSTER_FATAL_FINDING. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_diff_open(struct muster_diff **diff,
                                                              struct muster_roster *old_roster,
                                                              struct muster_roster *new_roster);

/** The same by the users alone, for nothing but muster_diff_leavers and muster_leavers_write. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_leavers_open(struct muster_diff **diff,
                                                                 struct muster_roster *old_roster,
                                                                 struct muster_roster *new_roster);

/** The next difference: users in the order of the new roster, the removed ones, then teams. */
MUSTER_API bool muster_diff_next(struct muster_diff *diff, struct muster_difference *difference);
/** MUSTER_OK, or MUSTER_NO_MEMORY where muster_diff_next had to end early. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_diff_status(const struct muster_diff *diff);
/** Start again before the first difference. */
MUSTER_API void muster_diff_rewind(struct muster_diff *diff);
/** How many users or teams were changed, by enum muster_change; costs less than asking for each. */
MUSTER_API const uint64_t *muster_diff_counts(struct muster_diff *diff, enum muster_entity entity);
/** Leave out all that is of this entity and change from here on, until the next rewind. */
MUSTER_API void muster_diff_skip(struct muster_diff *diff, const struct muster_difference *like);
MUSTER_API void muster_diff_close(struct muster_diff *diff);

/** The rosters that were compared; they stay the caller's. */
MUSTER_API struct muster_roster *muster_diff_old_roster(const struct muster_diff *diff);
MUSTER_API struct muster_roster *muster_diff_new_roster(const struct muster_diff *diff);

/** The users of the old roster that the new one does not have: indexes into the old roster. */
MUSTER_API const uint32_t *muster_diff_leavers(const struct muster_diff *diff, size_t *count);
/** How many of them stand in rejected records of the new users file. MUSTER_OK or NO_MEMORY. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_leavers_rejected(struct muster_diff *diff,
                                                                     size_t *count);

/* ---- Plans ------------------------------------------------------------------------------- */

enum muster_operation_kind {
    MUSTER_REKEY_TEAM,
    MUSTER_REKEY_USER,
    MUSTER_RENAME_TEAM,
    MUSTER_ADD_TEAM,
    MUSTER_MOVE_TEAM,
    MUSTER_ADD_TEAM_MEMBER,
    MUSTER_MOVE_TEAM_MEMBER,
    MUSTER_REMOVE_TEAM_MEMBER,
    MUSTER_ADD_TEAM_MANAGER,
    MUSTER_REMOVE_TEAM_MANAGER,
    MUSTER_DELETE_TEAM,
    MUSTER_REMOVE_USER,
    MUSTER_REMOVE_LICENSE,
    MUSTER_OPERATION_KIND_COUNT
};

/** "moveTeam" and so on. */
MUSTER_API const char *muster_operation_kind_name(enum muster_operation_kind kind);

/** One operation; which members are set depends on the kind, ptr NULL means null or unused. */
struct muster_operation {
    enum muster_operation_kind kind;
    bool temporary;
    struct muster_span team, user;
    struct muster_span from, to;     /* ids, or names for renameTeam */
    struct muster_span name, parent; /* addTeam */
    struct muster_span text;         /* one line for people, raw bytes of the names in it */
};

/** A limit: a number, or a share of the population, which counts where that is at least 100, below
 * one top-level team 20. What is not given is limited as the program does it by default. */
struct muster_limit {
    bool given;
    bool percent;
    uint64_t amount;
};

struct muster_plan_options {
    const struct muster_span *roots; /* only what touches these teams and all below them */
    size_t root_count;
    bool keep_users;        /* removeUsers=false */
    bool retain_privileges; /* retainPrivileges=true */
    unsigned jobs;          /* threads; 0: as the new roster was opened with */
    struct muster_limit limits[MUSTER_OPERATION_KIND_COUNT];
    struct muster_limit subtree_limits[MUSTER_OPERATION_KIND_COUNT];
};

struct muster_guard {
    const char *kind; /* an operation kind's name, or "emptyUsers", "emptyTeams" */
    uint64_t count, population;
    const char *population_of; /* "teams", "memberships", "manager places" or "users" */
    struct muster_limit limit;
    bool tripped;
    struct muster_span team;     /* the top-level team of a --limit-subtree; ptr NULL: the whole */
    struct muster_span carriers; /* the teams that carry most of it, in words; may be empty */
    struct muster_span carriers_plain; /* the same for machines: 2974 instead of 2,974 */
};

/** The summary of a plan for people. */
struct muster_forecast {
    uint64_t counts[MUSTER_OPERATION_KIND_COUNT];
    uint64_t temporary_count;
    uint64_t new_manager_count; /* people who become managers and were none before */
    bool retain_privileges_ignored;
    bool guards_tripped;
    bool scoped; /* limited by roots: what is not in scope may differ all the same */
};

/** A large team move: the head count of everybody below it. */
struct muster_team_move {
    struct muster_span team, team_name;
    struct muster_span from_name, to_name; /* ptr NULL: the top */
    uint64_t head_count;
};

struct muster_plan;

/** The operations that turn the old roster's teams into the new one's, every step valid. A
 * deprovision file of `new_roster` adds its own at the end, or where there is nothing else alone.
 * MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_INCOMPLETE or MUSTER_FATAL_FINDING. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_plan_open(struct muster_plan **plan, struct muster_roster *old_roster,
                 struct muster_roster *new_roster, const struct muster_plan_options *options);

MUSTER_API size_t muster_plan_count(const struct muster_plan *plan);
/** The kind of the n-th operation, counted from 0; costs less than all of it. */
MUSTER_API enum muster_operation_kind muster_plan_kind(const struct muster_plan *plan, size_t n);
/** The n-th operation; spans live until the next call with the same plan. */
MUSTER_API void muster_plan_operation(struct muster_plan *plan, size_t index,
                                      struct muster_operation *operation);
/** MUSTER_OK, or MUSTER_NO_MEMORY where the words of an operation could not be made. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_plan_status(const struct muster_plan *plan);
MUSTER_API const struct muster_guard *muster_plan_guards(const struct muster_plan *plan,
                                                         size_t *count);
MUSTER_API const struct muster_forecast *muster_plan_forecast(const struct muster_plan *plan);
/** The largest team moves, most people first, at most `*count` of them. */
MUSTER_API const struct muster_team_move *muster_plan_largest_moves(const struct muster_plan *plan,
                                                                    size_t *count);
/** The rosters that the plan was made from; they stay the caller's. */
MUSTER_API struct muster_roster *muster_plan_old_roster(const struct muster_plan *plan);
MUSTER_API struct muster_roster *muster_plan_new_roster(const struct muster_plan *plan);
/** Carry the plan out on the old roster, checking every step against the rules for it. The users of
 * the result are the new roster's; where roots limited the plan, those of both. It needs none of
 * what it was made from. Returns MUSTER_OK, MUSTER_NO_MEMORY or MUSTER_INVALID_STEP, then with the
 * index of the operation in `*step`. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_plan_replay(struct muster_roster **result, struct muster_plan *plan, size_t *step);
MUSTER_API void muster_plan_close(struct muster_plan *plan);

/* ---- Output ------------------------------------------------------------------------------ */

/** Receives bytes; false stops the writing. It must return, without having used the cursor, diff or
 * plan that is being written. */
typedef bool muster_write(void *context, const char *bytes, size_t size);

enum muster_format { MUSTER_TEXT, MUSTER_JSONL, MUSTER_JSON, MUSTER_SYNC };

/** The share of a value that an output may show. */
enum muster_privacy {
    MUSTER_PRIVACY_FULL,
    MUSTER_PRIVACY_MASK,
    MUSTER_PRIVACY_PSEUDONYM,
    MUSTER_PRIVACY_COUNTS
};

struct muster_report_options {
    enum muster_format format;
    const char *command; /* the name in the start line */
    size_t show_max;     /* text: of each code; 0: all */
    bool color;
    bool quiet;              /* text: the summary alone */
    bool verbose;            /* text: more about each finding */
    unsigned width;          /* columns of the terminal; 0: no terminal, 80 */
    bool strict;             /* what the remote would do with exitOnError=true */
    bool live;               /* sync: "dryRun":false */
    bool no_manager_invites; /* text: what the forecast of a plan says about invitations */
    enum muster_privacy privacy;
    struct muster_span pseudonym_key; /* empty: one for this report that nobody has */
};

/** Findings of `roster` and its summary. MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_UNWRITABLE. Without
 * options a report is text with a `show_max` of 10. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_report_check(struct muster_roster *roster, const struct muster_report_options *options,
                    muster_write *write, void *context);
/** Differences and their counts. The diff is then behind its last one, to be rewound. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_report_diff(struct muster_diff *diff, const struct muster_report_options *options,
                   muster_write *write, void *context);
/** Findings of the new roster, guards, operations, summary. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_report_plan(struct muster_plan *plan, const struct muster_report_options *options,
                   muster_write *write, void *context);

/* ---- Files ------------------------------------------------------------------------------- */

/** Write what the remote would keep of a file in lenient mode, as CSV: records kept whole byte for
 * byte, others without what it ignores; with `trim` all values anew, to mean the same without it.
 * All three: OK, NO_MEMORY, UNWRITABLE; INCOMPLETE or FATAL_FINDING where there is no such file. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_fix_write(struct muster_roster *roster,
                                                              enum muster_file file,
                                                              muster_write *write, void *context);
/** Write the records that are not kept as CSV: line, codes and the record as it stands. */
MUSTER_API MUSTER_CHECKED enum muster_status muster_rejects_write(struct muster_roster *roster,
                                                                  enum muster_file file,
                                                                  muster_write *write,
                                                                  void *context);
/** Write a deprovision file for the users of the old roster who are gone from the new one. */
MUSTER_API MUSTER_CHECKED enum muster_status
muster_leavers_write(struct muster_diff *diff, muster_write *write, void *context);

/** Write each record of a CSV file as a JSON array of strings, a line each, as the reader sees it.
 * Findings go to `write_findings` as text, counted. As muster_roster_open, or MUSTER_UNWRITABLE. */
struct muster_records_options {
    bool trim;
    enum muster_simd simd;
    bool map_allowed;
    muster_write *write;
    void *context;
    muster_write *write_findings;
    void *findings_context;
};
MUSTER_API MUSTER_CHECKED enum muster_status
muster_records_write(const struct muster_input *input, const struct muster_records_options *options,
                     uint64_t *finding_count, struct muster_error *error);

#ifdef __cplusplus
}
#endif

#endif
