# SPDX-License-Identifier: MIT
"""What compare and targets share: the programs, the data, one measured run, the machine."""

import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(BENCH, "peers")

# What is planted into an export to be checked, so that every peer has something to find.
PLANTED = {
    "duplicate-user-id": 11,
    "duplicate-email": 12,
    "duplicate-team-id": 5,
    "unknown-team": 13,
    "unknown-parent-team": 6,
    "team-cycle": 3,
    "unknown-manager": 7,
}

CHECK_COUNTS = ["users", "teams", *PLANTED, "duplicate-team-name"]
DIFF_COUNTS = ["added", "removed", "changed"]


class Failure(Exception):
    """Something that ends the program with a message."""


class Programs:
    """Where the programs of a build folder are."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.muster = os.path.join(self.build, "muster")
        self.generate = self.bench("generate")
        self.launch = self.bench("launch")
        for program in (self.muster, self.generate, self.launch):
            if not os.access(program, os.X_OK):
                raise Failure(f"{program} is missing: build first, or name the folder by --build")

    def bench(self, name):
        return os.path.join(self.build, "bench", name)


class Run:
    """What one run of a command took."""

    def __init__(self, report):
        self.seconds = report["seconds"]
        self.processor = report["user"] + report["system"]
        self.megabytes = report["kilobytes"] / 1024
        self.exit = report["exit"]
        self.timed_out = report["timed_out"]


class Launcher:
    """Runs commands as bench/launch.c does, and learns how much memory they want."""

    def __init__(self, programs, limit):
        self.programs = programs
        self.limit = limit
        self.memory = {}

    def run(self, command, reads=(), key=None, output=os.devnull, environment=None):
        touch = min(int(1.3 * self.memory.get(key, 256)) + 16, memory_available() // 2)
        line = [self.programs.launch, "--touch", str(touch), "--limit", str(self.limit)]
        for path in reads:
            line += ["--read", path]
        line += ["-o", output, "--", *command]
        done = subprocess.run(
            line,
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
        )
        if done.returncode != 0:
            raise Failure(f"launch: {done.stderr.strip()}")
        run = Run(json.loads(done.stdout))
        run.errors = done.stderr
        if key is not None:
            self.memory[key] = max(self.memory.get(key, 0), run.megabytes)
        return run


def memory_available():
    """Megabytes that the system could give."""
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return 1024


def median(values):
    return statistics.median(values) if values else None


def first_line(command):
    """The first line that a program says about its version; None where it is missing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError:
        return None
    words = (done.stdout + done.stderr).strip().splitlines()
    return words[0] if words else ""


def machine():
    """A description of the machine, for the table and for the JSON."""
    model, flags = "unknown", ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                model = value.strip()
            elif name.strip() == "flags":
                flags = value
    wide = "AVX-512" if "avx512bw" in flags else "AVX2" if "avx2" in flags else "SSE2"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": f"{model}, {wide}" + (", virtual" if " hypervisor" in flags else ""),
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.system() + " " + platform.release().split("-")[0],
        "load": round(os.getloadavg()[0], 2),
    }


def muster_json(programs, arguments):
    """The lines of muster's JSON Lines output, one after the other."""
    command = [programs.muster, *arguments, "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for line in process.stdout:
            yield json.loads(line)


def settle(*paths):
    """Have files in the page cache as they come from a disk, in large pages.

    As a program has left them, in pieces of any size, they lie there in pages of 4 KiB, and to map
    them takes ten times as long, whoever does it.
    """
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while file.read(8 << 20):
                pass


def settle_export(folder):
    settle(os.path.join(folder, "users.csv"), os.path.join(folder, "teams.csv"))


def generate(programs, folder, *options):
    """Make an organisation unless it is there from an earlier run."""
    done = os.path.join(folder, "complete")
    if not os.path.exists(done):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([programs.generate, *options, "-o", folder], check=True)
        open(done, "w", encoding="ascii").close()
    settle_export(folder)
    return folder


def lines_of(path, count):
    with open(path, encoding="utf-8", newline="") as file:
        file.readline()
        return [file.readline().rstrip("\n").split(",") for _ in range(count)]


def plant(source, folder):
    """A copy of an export with the flaws of PLANTED at its end."""
    done = os.path.join(folder, "complete")
    if os.path.exists(done):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    users, teams = os.path.join(folder, "users.csv"), os.path.join(folder, "teams.csv")
    shutil.copyfile(os.path.join(source, "users.csv"), users)
    shutil.copyfile(os.path.join(source, "teams.csv"), teams)
    known_users, known_teams = lines_of(users, 64), lines_of(teams, 32)
    rows = []
    for n in range(PLANTED["duplicate-user-id"]):
        rows.append(f"{known_users[n][0]},flaw.id{n}@example.com,Flaw,Id,")
    for n in range(PLANTED["duplicate-email"]):
        rows.append(f"FLAWE{n},{known_users[32 + n][1].upper()},Flaw,Mail,")
    for n in range(PLANTED["unknown-team"]):
        rows.append(f"FLAWT{n},flaw.team{n}@example.com,Flaw,Team,NOWHERE{n}")
    with open(users, "a", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")
    rows = []
    for n in range(PLANTED["duplicate-team-id"]):
        rows.append(f"{known_teams[n][0]},Flawed copy {n},,")
    for n in range(PLANTED["unknown-parent-team"]):
        rows.append(f"FLAWP{n},Flawed orphan {n},,NOWHEREP{n}")
    size = PLANTED["team-cycle"]
    for n in range(size):
        rows.append(f"FLAWC{n},Flawed circle {n},,FLAWC{(n + 1) % size}")
    nobodies = ",".join(f"NOBODY{n}" for n in range(PLANTED["unknown-manager"]))
    rows.append(f'FLAWM,Flawed managed,"{nobodies}",')
    with open(teams, "a", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")
    open(done, "w", encoding="ascii").close()
    return folder


def check_facts(programs, folder):
    """What muster counts in an export; has to agree with what was planted."""
    summary = [line for line in muster_json(programs, ["check", folder])][-1]
    facts = {name: summary["codes"].get(name, 0) for name in CHECK_COUNTS}
    facts.update({name: summary["records"][name] for name in ("users", "teams")})
    for name, count in PLANTED.items():
        if facts[name] != count:
            raise Failure(f"muster counts {facts[name]} of {name}, and {count} were planted")
    return facts


def scan_facts(path):
    """The records and fields of users.csv, which has no line break and no comma within a value."""
    with open(path, "rb") as file:
        pieces = [(piece.count(b"\n"), piece.count(b","), piece.count(b'"'))
                  for piece in iter(lambda: file.read(8 << 20), b"")]
    records, commas, quotes = (sum(column) for column in zip(*pieces))
    if quotes:
        raise Failure(f"{path} has quoted values, whose line ends and commas are not counted")
    return {"records": records, "fields": records + commas}


def diff_facts(programs, old, new):
    """
    What a comparison by id sees, from what muster says.

    Muster knows a user or team under a new id again; a comparison by id sees one removed and one
    added, and everybody in such a team has moved.
    """
    counts = {"added": 0, "removed": 0}
    changed, apart, teams = set(), set(), set()
    for line in muster_json(programs, ["diff", old, new]):
        if line["type"] != "difference":
            continue
        entity, change, field = line["entity"], line["change"], line.get("field")
        if entity == "team" and field == "id":
            teams.add(line["new"].encode())
        elif entity == "user" and change == "changed" and field == "id":
            apart.add(line["new"].encode())
        elif entity == "user" and change == "changed":
            changed.add(line["id"].encode())
        elif entity == "user":
            counts[change] += 1
            if change == "added":
                apart.add(line["id"].encode())
    rekeyed = len(apart) - counts["added"]
    with open(os.path.join(new, "users.csv"), "rb") as file:
        for line in file:
            if line[line.rfind(b",") + 1 : -1] in teams:
                changed.add(line[: line.find(b",")])
    return {
        "added": counts["added"] + rekeyed,
        "removed": counts["removed"] + rekeyed,
        "changed": len(changed - apart),
    }


class Organisation:
    """One size of the data: an old and a new state, their snapshots, and one to be checked."""

    def __init__(self, programs, cache, users):
        self.users = users
        self.programs = programs
        self.folder = os.path.join(cache, f"users-{users}")
        name = lambda *parts: os.path.join(self.folder, *parts)
        self.old, self.new, self.flawed = name("old"), name("new"), name("flawed")
        self.old_snapshot, self.new_snapshot = name("old.snapshot"), name("new.snapshot")
        self.facts = name("facts.json")

    def make(self):
        size = ["--users", str(self.users)]
        generate(self.programs, self.old, *size)
        generate(self.programs, self.new, *size, "--state", "1")
        plant(self.old, self.flawed)
        settle_export(self.flawed)
        # The layout of a snapshot may have changed since the last time.
        for folder, snapshot in ((self.old, self.old_snapshot), (self.new, self.new_snapshot)):
            command = [self.programs.muster, "snapshot", "-q", folder, "-o", snapshot]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            settle(snapshot)

    def counts(self):
        """The counts that every peer has to give. Those of the diff are kept for the next time."""
        facts = {"check": check_facts(self.programs, self.flawed),
                 "scan": scan_facts(os.path.join(self.old, "users.csv"))}
        if os.path.exists(self.facts):
            with open(self.facts, encoding="ascii") as file:
                facts["diff"] = json.load(file)
        else:
            facts["diff"] = diff_facts(self.programs, self.old, self.new)
            with open(self.facts, "w", encoding="ascii") as file:
                json.dump(facts["diff"], file)
        return facts

    def megabytes(self):
        """The size of what check reads."""
        names = (os.path.join(self.flawed, f"{kind}.csv") for kind in ("users", "teams"))
        return round(sum(os.path.getsize(name) for name in names) / 2**20, 1)

    def paths(self):
        files = {}
        for state in ("old", "new", "flawed"):
            folder = getattr(self, state)
            files[state] = folder
            for kind in ("users", "teams"):
                files[f"{state}_{kind}"] = os.path.join(folder, f"{kind}.csv")
        return {**files, "old_snapshot": self.old_snapshot, "new_snapshot": self.new_snapshot}


def readme_marks(path, part):
    """What stands before and behind a part: <!-- part --> and <!-- end of part -->."""
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    begin, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    if begin not in whole or end not in whole:
        raise Failure(f"{path} has no marks for {part}")
    before, _, rest = whole.partition(begin)
    return before + begin, end + rest.partition(end)[2]


def readme_write(path, part, text):
    """Put a text between the two marks of a part."""
    before, behind = readme_marks(path, part)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + "\n" + text.strip() + "\n\n" + behind)


def machine_words(about):
    return (f"{about['cpu']}; {about['cores']} processors, {about['memory']}, {about['kernel']}; "
            f"{about['date']}; load before {about['load']}.")


def say(text):
    print(text, file=sys.stderr, flush=True)
