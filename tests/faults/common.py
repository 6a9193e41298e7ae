# SPDX-License-Identifier: MIT
"""What the parts of this test share: the program, rosters to run it on, and a tally."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

USERS = "id,email,first_name,last_name,team_id\n"
TEAMS = "id,name,manager_ids,parent_team_id\n"
LEAVERS = "id,email,first_name,last_name\n"
MISUSE, UNREADABLE, INTERNAL = 2, 3, 70
DOCUMENTED = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 70}


class Skipped(Exception):
    """A part that cannot be run here, and why."""


class Result:
    """How one run ended."""

    def __init__(self, code, out, err, files):
        self.code, self.out, self.err, self.files = code, out, err, files

    def same(self, other):
        return (self.code == other.code and self.out == other.out and self.err == other.err
                and self.files == other.files)

    def is_answer(self):
        """Whether the program did its work: a refusal is the same whatever is wrong, too."""
        return self.code in (0, 1, 4, 10)

    def __str__(self):
        return "exit %s, stdout %d bytes, stderr %r, files %s" % (
            self.code, len(self.out), self.err[-300:], sorted(self.files))


class Scratch:
    """A folder with rosters in `in/`, which nobody changes, and results in `out/`."""

    def __init__(self, muster, where=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="muster-faults-", dir=where))
        self.muster = str(pathlib.Path(muster).resolve())
        self.out = self.root / "out"
        self.out.mkdir()
        self.inputs = self.root / "in"
        self.inputs.mkdir()

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def write(self, name, data):
        path = self.inputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def clear(self, files=None):
        """Empty `out/`, but for the old files that are named."""
        for path in list(self.out.iterdir()):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        for name, data in (files or {}).items():
            path = self.out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def files(self):
        """Everything in `out/`, by name."""
        found = {}
        for path in sorted(self.out.rglob("*")):
            if path.is_file():
                found[str(path.relative_to(self.out))] = path.read_bytes()
        return found

    def run(self, arguments, prefix=(), env=None, stdin=b"", timeout=60, cwd=None):
        """Run the program; results that are a signal have its negative number as code."""
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
        environment.update(env or {})
        command = list(prefix) + [self.muster] + [str(part) for part in arguments]
        source = {"stdin": stdin} if hasattr(stdin, "fileno") or isinstance(stdin, int) else \
            {"input": stdin}
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment, timeout=timeout, cwd=cwd or self.root,
                                  check=False, **source)
        except subprocess.TimeoutExpired:
            return Result("timeout", b"", b"", self.files())
        return Result(done.returncode, done.stdout, done.stderr, self.files())


class Tally:
    """Counts what was run and keeps what went wrong."""

    def __init__(self, name, show_max=60):
        self.name, self.runs, self.wrong, self.show_max = name, 0, [], show_max
        self.notes = []
        self.began = time.monotonic()

    def run(self, count=1):
        self.runs += count

    def expect(self, true_now, what, *details):
        if not true_now:
            self.wrong.append((what, [str(detail) for detail in details]))
        return true_now

    def note(self, text):
        self.notes.append(text)

    def line(self):
        return "%-14s %9d %6d %8.1f s  %s" % (
            self.name, self.runs, len(self.wrong), time.monotonic() - self.began,
            "; ".join(self.notes))

    def failures(self):
        for what, details in self.wrong[:self.show_max]:
            yield "%s: %s" % (self.name, what)
            for detail in details:
                yield "    " + detail
        if len(self.wrong) > self.show_max:
            yield "%s: and %d more" % (self.name, len(self.wrong) - self.show_max)


def signal_name(code):
    return signal.Signals(-code).name if isinstance(code, int) and code < 0 else str(code)


def rosters(scratch):
    """An export with one finding of nearly every rule, and an older one to compare with."""
    users, teams = [USERS], [TEAMS]
    for index in range(24):
        users.append("U%d,u%d@example.com,First%d,Last%d,T%d\n" %
                     (index, index, index, index, index % 8))
    for index in range(8):
        teams.append('T%d,Team %d,"U%d,U%d",%s\n' %
                     (index, index % 6, index, index + 1, "T0" if index else ""))
    scratch.write("old/users.csv", "".join(users))
    scratch.write("old/teams.csv", "".join(teams))
    users[3] = "U2,second@example.com,\"Quo\"\"te\",Comma,T5\n"
    users[5] = "U404,u4@example.com,New,Id,T1\n"
    users[9:11] = []
    users += ["U1,again@example.com,A,B,T1\n", "u5,case@example.com,A,B,NONE\n", "short,row\n",
              'U77,stray"quote@example.com,A,B,T1\n', "U78,,A,B,T1\n", "U79, u79@example,A\x01,B,\n",
              "U80,U1@EXAMPLE.com,A,B,T1\n", "U81,u81@example.com,\x1b[31m,\xe2\x80\xae,T9\n"]
    teams[4] = 'T3,Renamed,"U1,NOBODY",T1\n'
    teams[7:9] = ["T9,New team,,T3\n", "TA,x,,TB\n", "TB,y,,TA\n", "TC,z,,TA\n", "TD,q,,NOWHERE\n",
                  "T1,twice,,\n"]
    scratch.write("new/users.csv", "".join(users).encode("latin-1"))
    scratch.write("new/teams.csv", "".join(teams))
    scratch.write("new/deprovision.csv", LEAVERS + "U6,u6@example.com,A,B\nU6,twice@x.com,A,B\n")
    scratch.write("key", b"secret key of pseudonyms")
    scratch.write("odd.csv", b"a,b\n\"x\ny\",\"\"\"\"\n,\n\n1,2,3\r\n4\"5,6\n")


def large(scratch, name, rows, change=0):
    """An export of megabytes, so that threads and large tables come in."""
    users = [USERS] + ["U%07d,user%07d@example.com,First name %d,Last name,T%d\n" %
                       (index, index, index, (index + (index % 97 == change)) % 500)
                       for index in range(rows)]
    teams = [TEAMS] + ["T%d,Team %d,U%07d,%s\n" %
                       (index, index, index, "T%d" % (index // 4) if index else "")
                       for index in range(500)]
    scratch.write(name + "/users.csv", "".join(users))
    scratch.write(name + "/teams.csv", "".join(teams))


def commands(scratch):
    """Every offline command in the forms that differ inside, by name."""
    old, new, out = scratch.inputs / "old", scratch.inputs / "new", scratch.out
    snap, key = scratch.inputs / "old.snap", scratch.inputs / "key"
    return {
        "check": ["check", new],
        "check-verbose": ["check", new, "-v", "--max-show", "0", "--root", "T0,TX"],
        "check-jsonl": ["check", new, "--format", "jsonl", "-o", out / "result"],
        "check-json": ["check", new, "--format", "json", "--severity", "unknown-team=info"],
        "check-sync": ["check", new, "--format", "sync", "--strict"],
        "check-mask": ["check", new, "--privacy", "mask", "--ignore", "duplicate-email"],
        "check-pseudonym": ["check", new, "--privacy", "pseudonym", "--pseudonym-key", key,
                            "--format", "jsonl"],
        "diff": ["diff", old, new, "--exit-code"],
        "diff-snapshot": ["diff", snap, new, "--format", "jsonl", "-o", out / "result"],
        "plan": ["plan", "--from", old, new],
        "plan-limits": ["plan", "--from", snap, new, "--limit", "deleteTeam=0,moveTeamMember=50%",
                        "--limit-subtree", "removeTeamMember=10%", "--keep-users", "--max-show",
                        "0"],
        "plan-json": ["plan", "--from", snap, new, "--format", "json", "--root", "T1", "-o",
                      out / "result"],
        "plan-sync": ["plan", "--from", old, new, "--format", "sync"],
        "plan-pseudonym": ["plan", "--from", old, new, "--privacy", "mask", "--format", "jsonl"],
        "plan-deprovision": ["plan", "--from", snap, new / "deprovision.csv", "--keep-users"],
        "snapshot": ["snapshot", new, "-o", out / "result"],
        "leavers": ["leavers", "--from", snap, new, "-o", out / "result"],
        "fix": ["fix", new, "-o", out / "fixed"],
        "records": ["records", scratch.inputs / "odd.csv"],
        "records-trim": ["records", "--trim", scratch.inputs / "odd.csv", "-o", out / "result"],
        "explain": ["explain"],
        "explain-code": ["explain", "team-cycle"],
    }


def prepare(muster, where=None):
    scratch = Scratch(muster, where)
    rosters(scratch)
    made = scratch.run(["snapshot", scratch.inputs / "old", "-q", "-o",
                        scratch.inputs / "old.snap"])
    if made.code not in (0, 1) or not (scratch.inputs / "old.snap").is_file():
        raise RuntimeError("the program cannot make a snapshot: %s" % made)
    return scratch


def is_sanitized(muster):
    return b"__asan_init" in pathlib.Path(muster).read_bytes() or \
        b"__tsan_init" in pathlib.Path(muster).read_bytes()
