# SPDX-License-Identifier: MIT
"""System calls fail, one after the other, and the program is killed at each of them.

strace makes the calls fail. What happens before main is not the program's doing: the calls up to
the one by which it takes its signals back are left alone.
"""
import re
import shutil
import subprocess

import common

FAULTS = {
    "openat": ("EIO", "EMFILE", "EINTR"),
    "read": ("EIO", "EINTR", "EAGAIN"),
    "mmap": ("ENOMEM",),
    "write": ("EIO", "ENOSPC", "EINTR", "EAGAIN"),
    "pwrite64": ("EIO", "ENOSPC", "EINTR"),
    "fsync": ("EIO", "ENOSPC", "EINTR"),
    "rename": ("EIO", "ENOSPC"),
    "renameat": ("EIO", "ENOSPC"),
    "close": ("EIO", "EINTR"),
    "getrandom": ("EAGAIN", "EINTR", "ENOSYS"),
    "newfstatat": ("EIO",),
    "fstat": ("EIO",),
    "unlink": ("EIO",),
    "unlinkat": ("EIO",),
    "flock": ("ENOLCK", "EINTR"),
    "fcntl": ("EMFILE",),
    "mkdir": ("EIO", "ENOSPC"),
    "lseek": ("EIO",),
    "munmap": ("EINVAL",),
    "madvise": ("EINVAL",),
}
# Answers after which a call is made again, or that are only a hint: the outcome stays as it was.
HARMLESS = {("read", "EINTR"), ("read", "EAGAIN"), ("write", "EINTR"), ("write", "EAGAIN"),
            ("pwrite64", "EINTR"), ("fsync", "EINTR"), ("getrandom", "EAGAIN"),
            ("getrandom", "EINTR"), ("getrandom", "ENOSYS"), ("mmap", "ENOMEM"),
            ("flock", "ENOLCK"), ("madvise", "EINVAL"), ("munmap", "EINVAL")}
QUICK = {"check": 2, "snapshot": 12, "fix": 4, "plan-json": 4, "check-jsonl": 6}
CALL = re.compile(rb"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(")


def strace():
    path = shutil.which("strace")
    if path is None:
        raise common.Skipped("there is no strace")
    probe = subprocess.run([path, "-o", "/dev/null", "true"], check=False, capture_output=True)
    if probe.returncode != 0:
        raise common.Skipped("strace is not allowed to trace")
    return path


def calls_of(tracer, scratch, arguments):
    """By system call: how often it is made before main, and how often in all."""
    trace = scratch.root / "trace"
    scratch.run(arguments, prefix=(tracer, "-o", str(trace)))
    before, counts, started = {}, {}, False
    for line in trace.read_bytes().splitlines():
        found = CALL.match(line)
        if found is None:
            continue
        name = found.group(1).decode()
        if name == "rt_sigaction" and b"SIGPIPE" in line:
            started = True
        counts[name] = counts.get(name, 0) + 1
        if not started:
            before[name] = counts[name]
    trace.unlink()
    return before, counts


def places(first, last, limit):
    """At most `limit` of the calls (first, last], those at both ends among them."""
    count = last - first
    if limit == 0 or count <= limit:
        return range(first + 1, last + 1)
    step = (count - 1) / max(1, limit - 1)
    return sorted({first + 1 + round(step * index) for index in range(limit)})


def judge(tally, how, call, error, result, healthy, old):
    if result.same(healthy):
        return
    if (call, error) in HARMLESS:
        # A line of a message may get lost: the C library does not write it again.
        tally.expect(call == "write" and result.code == healthy.code and
                     (result.out, result.files) == (healthy.out, healthy.files), "the call is made again, or done without", how, result, healthy)
        return
    expected = (common.UNREADABLE, common.INTERNAL)
    if result.code == healthy.code and result.files == healthy.files:
        # Some things are only a courtesy: width of a terminal, a leftover, the folder's fsync.
        tally.expect(result.out == healthy.out, "results are as they were", how, result, healthy)
        return
    if not tally.expect(result.code in expected, "the exit code is 3, 70 or that of health", how,
                        result, healthy):
        return
    tally.expect(result.err.strip() != b"", "the message says what and where", how, result)
    for name, data in result.files.items():
        tally.expect(data in (healthy.files.get(name), old.get(name)),
                     "files are old or complete, and no others are there", how, name, len(data))


def run_command(tally, scratch, tracer, case, limit):
    name, arguments = case
    old = {"result": b"old content"}
    scratch.clear(old)
    before, counts = calls_of(tracer, scratch, arguments)
    scratch.clear(old)
    healthy = scratch.run(arguments)
    tally.expect(any(before.get(call, 0) < counts.get(call, 0) for call in FAULTS),
                 "there are calls to fail behind the beginning", name)
    tally.expect(healthy.is_answer(), "there is an answer without faults", name, healthy)
    for call, errors in FAULTS.items():
        for at in places(before.get(call, 0), counts.get(call, 0), limit):
            for error in errors:
                scratch.clear(old)
                inject = "inject=%s:error=%s:when=%d" % (call, error, at)
                result = scratch.run(arguments, prefix=(tracer, "-o", "/dev/null", "-e",
                                                        "trace=" + call, "-e", inject))
                tally.run()
                how = "%s: %s number %d gives %s" % (name, call, at, error)
                judge(tally, how, call, error, result, healthy, old)


def run(scratch, options):
    tally = common.Tally("system-calls")
    tracer = strace()
    cases = common.commands(scratch)
    for name, arguments in cases.items():
        if not options.full and name not in QUICK:
            continue
        run_command(tally, scratch, tracer, (name, arguments), 0 if options.full else QUICK[name])
    return tally


def kill_at(scratch, tracer, arguments, call, at):
    return scratch.run(arguments, prefix=(tracer, "-o", "/dev/null", "-e", "trace=" + call, "-e",
                                          "inject=%s:signal=KILL:when=%d" % (call, at)))


def kill_everywhere(tally, scratch, tracer, case, limit):
    """After a kill at any call there is the old file or the new one, and a next run succeeds."""
    name, arguments, readable = case
    old = {"result": scratch.old_content}
    scratch.clear(old)
    before, counts = calls_of(tracer, scratch, arguments)
    tally.expect(any(before.get(call, 0) < count for call, count in counts.items()),
                 "there are calls to be killed at behind the beginning", name)
    healthy = None
    for call, count in sorted(counts.items()):
        for at in places(before.get(call, 0), count, limit):
            scratch.clear(old)
            if healthy is None:
                healthy = scratch.run(arguments)
                scratch.clear(old)
            killed = kill_at(scratch, tracer, arguments, call, at)
            tally.run()
            how = "%s killed at %s number %d" % (name, call, at)
            content = killed.files.get("result")
            tally.expect(content in (scratch.old_content, healthy.files["result"]),
                         "the old file or the new one", how, killed)
            if readable:
                opened = scratch.run(["diff", scratch.out / "result", scratch.inputs / "old"])
                tally.expect(opened.code == 0, "and it can be used", how, opened)
            again = scratch.run(arguments)
            tally.expect(again.code == healthy.code and
                         again.files.get("result") == healthy.files["result"],
                         "the next run succeeds", how, again)
            if readable:
                tally.expect(set(again.files) == {"result"}, "and takes leftovers away", how,
                             sorted(again.files))


def run_kills(scratch, options):
    tally = common.Tally("kills")
    tracer = strace()
    scratch.old_content = (scratch.inputs / "old.snap").read_bytes()
    new, result = scratch.inputs / "new", scratch.out / "result"
    limit = 0 if options.full else 8
    kill_everywhere(tally, scratch, tracer,
                    ("snapshot", ["snapshot", new, "-q", "-o", result], True), limit)
    kill_everywhere(tally, scratch, tracer,
                    ("-o FILE", ["check", new, "--format", "jsonl", "-o", result], False), limit)
    return tally
