# SPDX-License-Identifier: MIT
"""Who takes part: the command of each peer for each piece of work."""

import os
import shutil
import sys

from measure import CHECK_COUNTS, DIFF_COUNTS, PEERS, first_line

# By package name; the second is what the first needs on this platform and may not have got.
PACKAGES = ["@duckdb/node-api", "nodejs-polars"]
PLATFORM_PACKAGES = ["nodejs-polars-linux-x64-gnu"]

TASKS = {
    "check": "both files parsed and every rule about ids, addresses, references, circles and names",
    "diff": "users by id against a state that differs in 2 % of the rows",
    "plan": "operations from a snapshot of the old state to the new export, checked as well",
    "scan": "users.csv split into records and fields, nothing else",
}


class Peer:
    """One program at one piece of work."""

    def __init__(self, task, name, command, reads, **more):
        self.task = task
        self.name = name
        self.command = command
        self.reads = reads
        self.program = more.get("program", command[0])
        self.version = more.get("version")
        self.module = more.get("module")
        self.counts = more.get("counts", [])
        self.environment = more.get("environment", {})
        self.exits = more.get("exits", (0,))
        self.note = more.get("note", "")
        self.ours = more.get("ours", False)
        self.key = f"{task}: {name}"

    def missing(self, modules):
        """Why it cannot run, or None."""
        if self.module and not os.path.isdir(os.path.join(modules, "node_modules", self.module)):
            return f"{self.module} (compare --install)"
        if shutil.which(self.program) is None:
            return os.path.basename(self.program)
        return None

    def line(self, paths):
        return [word.format(**paths) for word in self.command]

    def files(self, paths):
        return [paths[name] for name in self.reads]


def script(name):
    return os.path.join(PEERS, name)


def ours(programs, jobs):
    """Muster itself. Errors are planted, so check ends with 1; guards may stop a plan."""
    check_reads = ["flawed_users", "flawed_teams"]
    diff_reads = ["old_users", "old_teams", "new_users", "new_teams"]
    plan_reads = ["old_snapshot", "new_users", "new_teams"]
    for count in range(1, jobs + 1):
        if count not in (1, jobs):
            continue
        name = f"muster, {count} thread" + ("s" if count > 1 else "")
        muster = lambda command: [programs.muster, command, f"-j{count}"]
        yield Peer("check", name, [*muster("check"), "{flawed}"], check_reads, exits=(1,),
                   ours=True)
        yield Peer("plan", name, [*muster("plan"), "--from", "{old_snapshot}", "{new}"], plan_reads,
                   exits=(0, 1, 4), ours=True)
        yield Peer("plan", name + ": check alone", [*muster("check"), "{new}"], plan_reads,
                   exits=(0,), ours=True)
        yield Peer("diff", name + ", from CSV", [*muster("diff"), "{old}", "{new}"], diff_reads,
                   ours=True, note="checks both as well")
        yield Peer("diff", name + ", from snapshots",
                   [*muster("diff"), "{old_snapshot}", "{new_snapshot}"],
                   ["old_snapshot", "new_snapshot"], ours=True)
    counts = ["records", "fields"]
    scan = [programs.bench("scan"), "{old_users}"]
    yield Peer("scan", "muster's scanner", scan, ["old_users"], ours=True, counts=counts)
    for simd in ("sse2", "none"):
        yield Peer("scan", f"muster's scanner, {simd}", scan, ["old_users"], ours=True,
                   counts=counts, environment={"MUSTER_SIMD": simd})


def checkers(programs, modules):
    reads = ["flawed_users", "flawed_teams"]
    both = ["{flawed_teams}", "{flawed_users}"]
    load = [".import --csv '{flawed_users}' users", ".import --csv '{flawed_teams}' teams"]
    all_counts = {"counts": CHECK_COUNTS}
    peer = lambda name, command, **more: Peer("check", name, command, reads,
                                              **{**all_counts, **more})
    yield peer("DuckDB", ["node", script("duckdb.mjs"), modules, "check", "{flawed}"],
               module="@duckdb/node-api")
    yield peer("polars (node)", ["node", script("polars.mjs"), modules, "check", "{flawed}"],
               module="nodejs-polars")
    yield peer("libcsv + uthash (C)", [programs.bench("check_uthash"), "{flawed}"])
    yield peer("sort, uniq, comm", ["sh", script("check.sh"), "{flawed}"], program="sort",
               counts=[name for name in CHECK_COUNTS if name != "team-cycle"],
               note="no circles", version=["sort", "--version"])
    yield peer("Python csv + dict", [sys.executable, "-B", script("check.py"), "{flawed}"],
               version=[sys.executable, "--version"])
    yield peer("sqlite3 :memory:", ["sqlite3", ":memory:", *load, f".read '{script('check.sql')}'"],
               version=["sqlite3", "--version"])
    yield peer("gawk", ["gawk", "-f", script("check.awk"), *both], version=["gawk", "--version"])
    yield peer("mawk", ["mawk", "-f", script("check.awk"), *both],
               version=["mawk", "-W", "version"])
    yield peer("Miller", ["mlr", "--icsv", "--onidx", "--allow-ragged-csv-input", "put", "-q", "-f",
                          script("check.mlr"), *both], version=["mlr", "--version"])


def differs(modules):
    reads = ["old_users", "new_users"]
    both = ["{old_users}", "{new_users}"]
    load = [".import --csv '{old_users}' old", ".import --csv '{new_users}' new",
            "create index old_id on old(id)", "create index new_id on new(id)"]
    all_counts = {"counts": DIFF_COUNTS}
    peer = lambda name, command, **more: Peer("diff", name, command, reads,
                                              **{**all_counts, **more})
    yield peer("DuckDB, full outer join", ["node", script("duckdb.mjs"), modules, "diff", *both],
               module="@duckdb/node-api")
    yield peer("polars (node)", ["node", script("polars.mjs"), modules, "diff", *both],
               module="nodejs-polars")
    yield peer("sort, comm", ["sh", script("diff.sh"), *both], program="sort")
    yield peer("GNU diff", ["diff", *both], counts=[], exits=(1,), note="by position, no keys",
               version=["diff", "--version"])
    yield peer("git diff --no-index", ["git", "diff", "--no-index", *both], counts=[], exits=(1,),
               note="by position, no keys", version=["git", "--version"])
    yield peer("Python csv + dict", [sys.executable, "-B", script("diff.py"), *both])
    yield peer("sqlite3 :memory:", ["sqlite3", ":memory:", *load, f".read '{script('diff.sql')}'"])
    yield peer("gawk", ["gawk", "-f", script("diff.awk"), *both])
    yield peer("mawk", ["mawk", "-f", script("diff.awk"), *both])


def scanners(programs, modules):
    file = "{old_users}"
    peer = lambda name, command, **more: Peer("scan", name, command, ["old_users"], **more)
    yield peer("cat", ["cat", file], note="the floor: bytes only")
    yield peer("wc -l", ["wc", "-l", file], note="the floor: lines only",
               version=["wc", "--version"])
    yield peer("libcsv callbacks (C)", [programs.bench("scan_libcsv"), file],
               counts=["records", "fields"])
    yield peer("zsv count", ["zsv", "count", file], version=["zsv", "version"])
    yield peer("xsv count", ["xsv", "count", file], version=["xsv", "--version"])
    yield peer("qsv count", ["qsv", "count", "--no-polars", file], version=["qsv", "--version"])
    yield peer("DuckDB", ["node", script("duckdb.mjs"), modules, "scan", file], counts=["records"],
               module="@duckdb/node-api")
    yield peer("polars (node)", ["node", script("polars.mjs"), modules, "scan", file],
               counts=["records"], module="nodejs-polars")
    yield peer("Python csv", [sys.executable, "-B", script("scan.py"), file],
               counts=["records", "fields"])


def everybody(programs, modules, jobs):
    """All peers, muster first in every task. Who can use threads gets as many as muster does."""
    threads = {"BENCH_THREADS": str(jobs), "POLARS_MAX_THREADS": str(jobs)}
    peers = [*ours(programs, jobs), *checkers(programs, modules), *differs(modules),
             *scanners(programs, modules)]
    for peer in peers:
        if not peer.ours:
            peer.environment = threads
    return sorted(peers, key=lambda peer: list(TASKS).index(peer.task))


def versions(peers, modules):
    """What is measured, by name; only those that are there."""
    found = {}
    for peer in peers:
        if peer.missing(modules) is None and peer.version:
            words = first_line(peer.version).split()
            # sqlite3 goes on with the hash of its sources.
            found[os.path.basename(peer.program)] = " ".join(
                [word for word in words if len(word) < 30][:4]).rstrip(",")
    for module in PACKAGES:
        path = os.path.join(modules, "node_modules", module, "package.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = [line for line in file if line.strip().startswith('"version":')]
            found[module] = lines[0].split('"')[3] if lines else ""
    return found
