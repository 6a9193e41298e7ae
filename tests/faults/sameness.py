# SPDX-License-Identifier: MIT
"""The same inputs and flags give the same bytes, whatever the world around looks like."""
import os
import random

import common


def worlds(scratch):
    """Environments and folders that must not matter."""
    elsewhere = scratch.root / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    base = {"PATH": "/usr/bin:/bin"}
    yield "plain", base, scratch.root
    for locale in ("C", "POSIX", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.EUC-JP",
                   "no such locale"):
        yield "LC_ALL=" + locale, dict(base, LC_ALL=locale, LANG=locale), scratch.root
    for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns", ":nowhere"):
        yield "TZ=" + zone, dict(base, TZ=zone), scratch.root
    yield "another folder", base, elsewhere
    yield "the root folder", base, "/"
    yield "terminal", dict(base, TERM="xterm-256color", COLUMNS="20", CLICOLOR_FORCE="1",
                           FORCE_COLOR="1"), scratch.root
    yield "NO_COLOR", dict(base, NO_COLOR="1", TERM="dumb"), scratch.root
    yield "HOME", dict(base, HOME="/nowhere", TMPDIR="/nowhere", POSIXLY_CORRECT="1"), scratch.root
    yield "MALLOC_PERTURB_", dict(base, MALLOC_PERTURB_="85"), scratch.root
    for simd in ("none", "sse2", "avx2", "avx512"):
        yield "MUSTER_SIMD=" + simd, dict(base, MUSTER_SIMD=simd), scratch.root


def compare(tally, what, name, result, first):
    tally.run()
    tally.expect(result.is_answer(), "it is an answer", name, result)
    tally.expect(result.same(first), what, name, result, first)


def run_worlds(tally, scratch, names):
    for name in names:
        arguments = common.commands(scratch)[name]
        first = None
        for world, environment, folder in worlds(scratch):
            scratch.clear()
            result = scratch.run(arguments, env=environment, cwd=folder)
            first = first or result
            compare(tally, "the world does not matter", (name, world), result, first)


def run_jobs(tally, scratch):
    """Threads, on an export that is large enough to be shared among them."""
    common.large(scratch, "big-old", 80000, 0)
    common.large(scratch, "big-new", 80000, 1)
    users = scratch.inputs / "big-new" / "users.csv"
    lines = users.read_bytes().splitlines(True)
    chosen = random.Random(1)
    for at in chosen.sample(range(1, len(lines)), 400):
        lines[at] = lines[chosen.randrange(1, len(lines))]
    for at in chosen.sample(range(1, len(lines)), 50):
        lines[at] = lines[at].replace(b",", b',"x\ny",', 1)
    for at in chosen.sample(range(1, len(lines)), 50):
        lines[at] = b'U"' + lines[at]
    users.write_bytes(b"".join(lines))
    old, new, out = scratch.inputs / "big-old", scratch.inputs / "big-new", scratch.out
    for arguments in (["check", new, "--format", "jsonl"], ["check", new],
                      ["diff", old, new, "--format", "jsonl"],
                      ["plan", "--from", old, new, "--format", "jsonl"],
                      ["snapshot", new, "-o", out / "s.snap"], ["fix", new, "-o", out / "f"],
                      ["leavers", "--from", old, new]):
        first = None
        for jobs in ("1", "2", "3", "7", "64", "1000000"):
            scratch.clear()
            result = scratch.run(arguments + ["-j", jobs])
            first = first or result
            compare(tally, "threads do not matter", (arguments[0], "-j" + jobs), result, first)


def run_orders(tally, scratch):
    """Flags in any order, before and behind the files; files by any of their names."""
    new, old = scratch.inputs / "new", scratch.inputs / "old"
    chosen = random.Random(2)
    for head, pieces in (
            ("check", [["--format", "jsonl"], ["--strict"], ["--root", "T1,TX"], [new],
                       ["--ignore", "duplicate-email"], ["--severity", "unknown-team=info"]]),
            ("plan", [["--from", old], [new], ["--max-show", "3"], ["--keep-users"],
                      ["--limit", "deleteTeam=1"], ["-v"]]),
            ("diff", [["--format", "json"], [old, new], ["--exit-code"], ["-q"]])):
        first = None
        for _ in range(8):
            chosen.shuffle(pieces)
            result = scratch.run([head] + [word for piece in pieces for word in piece])
            first = first or result
            compare(tally, "order does not matter", pieces, result, first)
    ways = ([new / "users.csv", new / "teams.csv", new / "deprovision.csv"],
            [new / "deprovision.csv", new / "teams.csv", new / "users.csv"],
            ["--users", new / "users.csv", "--teams", new / "teams.csv", "--deprovision",
             new / "deprovision.csv"],
            ["--teams", new / "teams.csv", new / "users.csv", new / "deprovision.csv"], [new])
    first = None
    for way in ways:
        result = scratch.run(["check", "--format", "jsonl"] + way)
        first = first or result
        compare(tally, "ways to name files do not matter", way, result, first)
    # The same folder, seen from different places: paths are told as they were given.
    os.symlink(new, scratch.root / "link")
    there = scratch.run(["check", "--format", "jsonl"], cwd=new)
    dot = scratch.run(["check", "--format", "jsonl", "."], cwd=new)
    tally.run(2)
    tally.expect(len(there.out.splitlines()) == len(first.out.splitlines()),
                 "the current folder is a folder", there, first)
    tally.expect(dot.out.replace(b'"./', b'"') == there.out, "so is its dot", dot.out[:300],
                 there.out[:300])


def run_again(tally, scratch):
    """Twenty times the same: no address, seed or time shows."""
    for name in ("check", "check-jsonl", "diff", "plan", "plan-json", "snapshot", "fix", "leavers"):
        first = None
        for _ in range(20):
            scratch.clear()
            result = scratch.run(common.commands(scratch)[name])
            first = first or result
            compare(tally, "every run is the same", name, result, first)


def run(scratch, options):
    tally = common.Tally("sameness")
    names = common.commands(scratch) if options.full else ("check", "check-jsonl", "plan", "diff",
                                                           "snapshot", "explain")
    run_worlds(tally, scratch, names)
    run_jobs(tally, scratch)
    run_orders(tally, scratch)
    run_again(tally, scratch)
    return tally
