/* SPDX-License-Identifier: MIT */
/*
 * Every limit of the engine, named, with its reason. Those that can be given to the compiler are
 * made small in tests, so that little input reaches what lies behind them.
 */
#ifndef MUSTER_BASE_LIMITS_H
#define MUSTER_BASE_LIMITS_H

/* The longest value, in bytes. A rule of ours (field-too-long), far above any real value. */
#ifndef FIELD_SIZE_MAX
#define FIELD_SIZE_MAX 65536
#endif

/* Row words keep a byte offset in 40 bits (table/table.h). */
#define FILE_SIZE_MAX (1ULL << 40)

/* Standard input is held in memory, and an endless one must end. */
#ifndef STREAM_SIZE_MAX
#define STREAM_SIZE_MAX (16ULL << 30)
#endif

/* Row numbers are 32 bits wide; the highest values mean "none" and "unknown". */
#ifndef ROW_COUNT_MAX
#define ROW_COUNT_MAX 0xFFFFFF00U
#endif

/* Positions of columns are 32 bits wide; a header beyond that would not fit into memory either. */
#define COLUMN_COUNT_MAX 0xFFFFFF00U

/* The bytes at the start of a file that are looked at for NULs of a wide encoding. */
#define ENCODING_PROBE_SIZE 64

/* The length in code points that the remote allows for a team's final name. */
#define TEAM_NAME_LENGTH_MIN 2
#define TEAM_NAME_LENGTH_MAX 200

/* Guards: a share counts only in a population of at least this size (tests/spec/guards.md). */
#define GUARD_POPULATION_MIN         100
#define GUARD_SUBTREE_POPULATION_MIN 20

/* A finding about a circle of at most so many teams names all of them. If each team of a longer one
 * did, the findings would be of quadratic size: it names the next few, whose findings go on. */
#ifndef CIRCLE_NAMED_MAX
#define CIRCLE_NAMED_MAX 256
#endif
#ifndef CIRCLE_LONG_NAMED
#define CIRCLE_LONG_NAMED 8
#endif

/* Root causes that are told apart in the findings for people, for each rule. */
#ifndef CAUSE_COUNT_MAX
#define CAUSE_COUNT_MAX 65536
#endif

/* How long a named pipe may be without anybody who writes to it before it is refused. */
#define PIPE_WAIT_MILLISECONDS 1000

/* Threads of one run. More than the memory can feed are of no use. */
#define JOB_COUNT_MAX 64

/* The stack of a thread. Not the system's: 8 MiB for each of many threads are all the addresses
 * that some have (ulimit -v), and a few other systems give too little to count on. */
#define THREAD_STACK_SIZE (512U << 10)

/* Bytes of a column's name in a finding. A column that is not used may have a name of any length,
 * and a flawed value in each record, which names it. */
#define COLUMN_NAME_SHOWN_MAX 256

/* A sentence for people quotes values, which may be long: its columns for each user, team or place
 * that it names. */
#define NAMED_COLUMNS_MAX 400

/* The teams that a guard names: those that carry most of it. */
#define CARRIER_COUNT_MAX 5

/* The bytes that a thread scans at once: enough that handing them out costs nothing, and few enough
 * that what was found is still in the cache when it is queued. */
#ifndef CHUNK_SIZE
#define CHUNK_SIZE (2U << 20)
#endif

/* The bytes that the wide scanner looks at before it gives a long record to the exact one. */
#ifndef WINDOW_SIZE
#define WINDOW_SIZE (64U << 10)
#endif

/* A row whose values reach farther than this is split once and remembered (table/far_rows.h). */
#ifndef ROW_NEAR_SIZE
#define ROW_NEAR_SIZE 4096
#endif

/* Below this many bytes of input a second thread costs more than it saves. */
#ifndef PARALLEL_WORTH_SIZE
#define PARALLEL_WORTH_SIZE (4U << 20)
#endif

/* The same for rows of teams. */
#ifndef PARALLEL_WORTH_ROWS
#define PARALLEL_WORTH_ROWS (16U << 10)
#endif

/* Below this size one thread gives the pages of a map back as quickly as several. */
#ifndef FORGET_WORTH_SIZE
#define FORGET_WORTH_SIZE (32U << 20)
#endif

/* A range of a comparison has at least this many users. */
#ifndef RANGE_WORTH_USERS
#define RANGE_WORTH_USERS 50000U
#endif
/* How far from where it should be the first user of a range is looked for. */
#ifndef RANGE_START_REACH
#define RANGE_START_REACH 4096U
#endif

#define HUGE_PAGE_SIZE (2U << 20)

/* A section of a snapshot is written in whole stretches of the file. The system then keeps it in
 * large pages, and to map it, which is most of what it takes to open it, takes next to no time. */
#ifndef SNAPSHOT_STRETCH_SIZE
#define SNAPSHOT_STRETCH_SIZE HUGE_PAGE_SIZE
#endif

/* Below this size huge pages cost more than they save. */
#define HUGE_PAGE_WORTH_SIZE (4U << 20)

/* Memory of an arena comes in blocks of this size. */
#ifndef ARENA_BLOCK_SIZE
#define ARENA_BLOCK_SIZE (64U << 10)
#endif

#endif
