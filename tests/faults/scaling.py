# SPDX-License-Identifier: MIT
"""Twice the input costs twice the time and the memory, also where somebody wants it to cost more."""
import os
import resource
import subprocess

import common

RATIO_MAX = 2.6
SECONDS_MIN = 0.04  # below this the clock says nothing
HEAD = common.USERS


def spellings(count, offset=0):
    """So many spellings of one id that differ in case alone."""
    letters = "abcdefghijklmnopqrstuvwx"
    for number in range(offset, offset + count):
        yield "".join(letter.upper() if number >> at & 1 else letter
                      for at, letter in enumerate(letters))


def users(rows):
    return HEAD + "".join(rows), common.TEAMS


def teams(rows, manager=""):
    return HEAD + manager, common.TEAMS + "".join(rows)


def cases():
    """Name, what makes both files of a size, and the usual size in rows or bytes."""
    yield "line-feeds", lambda n: ("\n" * n + HEAD, common.TEAMS), 8 << 20
    yield "trailing-feeds", lambda n: (HEAD + "\n" * n, common.TEAMS), 8 << 20
    yield "carriage-returns", lambda n: (HEAD + "\r" * n, common.TEAMS), 8 << 20
    yield "commas", lambda n: (HEAD + "," * n, common.TEAMS), 4 << 20
    yield "quotes", lambda n: (HEAD + '"' * n, common.TEAMS), 8 << 20
    yield "quote-pairs", lambda n: (HEAD + '""\n' * n, common.TEAMS), 1 << 20
    yield "stray-quotes", lambda n: (HEAD + 'a"\n' * n, common.TEAMS), 1 << 20
    yield "open-quote", lambda n: (HEAD + '"' + "a,\n" * n, common.TEAMS), 2 << 20
    yield "one-field", lambda n: (HEAD + "x" * n, common.TEAMS), 16 << 20
    yield "columns", lambda n: (HEAD[:-1] + ",x" * n + "\n", common.TEAMS), 1 << 18
    yield "nuls", lambda n: (HEAD + "\0" * n, common.TEAMS), 8 << 20
    yield "short-rows", lambda n: (HEAD + "a\n" * n, common.TEAMS), 1 << 20
    yield "same-id", lambda n: users("X,u%d@x.y,a,b,\n" % i for i in range(n)), 120000
    yield "same-mail", lambda n: users("U%d,u@x.y,a,b,\n" % i for i in range(n)), 120000
    yield "spellings", lambda n: users("%s,u%d@x.y,a,b,\n" % pair for pair in
                                       zip(spellings(n), range(n))), 60000
    yield "suggestions", lambda n: (
        HEAD + "".join("%s,u@x.y,a,b,\n" % name for name in spellings(n)),
        common.TEAMS + "".join("T%d,n%d,%s,\n" % (i, i, name)
                               for i, name in enumerate(spellings(n, n)))), 30000
    yield "zeros", lambda n: users("%s1,u%d@x.y,a,b,\n" % ("0" * i, i) for i in range(n)), 2000
    yield "unknown-teams", lambda n: users("U%d,u%d@x.y,a,b,N%d\n" % (i, i, i)
                                           for i in range(n)), 120000
    yield "chain", lambda n: teams("T%d,n%d,,%s\n" % (i, i, "T%d" % (i - 1) if i else "")
                                   for i in range(n)), 120000
    yield "chain-upward", lambda n: teams("T%d,n%d,,T%d\n" % (i, i, i + 1)
                                          for i in range(n)), 120000
    yield "circle", lambda n: teams("T%d,n%d,,T%d\n" % (i, i, (i + 1) % n)
                                    for i in range(n)), 60000
    yield "one-name", lambda n: teams(("T%d,n,M,\n" % i for i in range(n)),
                                      "M,m@x.y,a,b,\n"), 120000
    yield "renamed-clash", lambda n: teams(
        ["T%d,n,,\n" % i for i in range(n)] + ["R%d,n (T%d),,\n" % (i, i) for i in range(n)]), 60000
    yield "managers", lambda n: teams(['T,n,"%s",\n' % ",".join("m%d" % i for i in range(n // 8))]),\
        64000
    yield "repeated-managers", lambda n: teams(
        ['T%d,n%d,"%s",\n' % (i, i, "M," * 900) for i in range(n // 900)], "M,m@x.y,a,b,\n"), 900000


def cost(scratch, arguments):
    """Processor seconds and peak memory in KiB of the best of two runs; and the exit code."""
    best = None
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        child = subprocess.Popen([scratch.muster] + [str(part) for part in arguments],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        del before
        seconds = usage.ru_utime + usage.ru_stime
        if best is None or seconds < best[0]:
            best = (seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
    return best


def commands(folder, old):
    yield ["check", folder, "--format", "jsonl"]
    yield ["check", folder, "-j2"]
    yield ["plan", "--from", old, folder, "--format", "jsonl"]
    yield ["plan", "--from", folder, old, "--format", "jsonl"]


def judge(tally, how, small, large, files):
    tally.run(2)
    tally.expect(large[2] in (0, 1, 4), "it ends by itself", how, large)
    if large[0] > SECONDS_MIN:
        ratio = large[0] / max(small[0], SECONDS_MIN / 4)
        tally.expect(ratio <= RATIO_MAX, "time grows with the input", how,
                     "%.3f s, then %.3f s" % (small[0], large[0]))
    allowed = 24 * files / 1024 + 40000
    tally.expect(large[1] <= allowed, "memory is a few times the input", how,
                 "%d KiB for %d KiB" % (large[1], files // 1024))


def run(scratch, options):
    tally = common.Tally("scaling")
    worst = (0, "")
    for name, make, size in cases():
        if not options.full:
            size //= 8
        measured = []
        for factor in (1, 2):
            folder = scratch.inputs / ("%s-%d" % (name, factor))
            for file, text in zip(("users.csv", "teams.csv"), make(size * factor)):
                scratch.write("%s-%d/%s" % (name, factor, file), text)
            measured.append([cost(scratch, arguments)
                             for arguments in commands(folder, scratch.inputs / "old")])
        files = sum(path.stat().st_size for path in folder.iterdir())
        for arguments, small, large in zip(commands(name, "old"), *measured):
            judge(tally, "%s: %s" % (name, " ".join(map(str, arguments))), small, large, files)
            worst = max(worst, (large[0], name))
        for factor in (1, 2):
            for path in (scratch.inputs / ("%s-%d" % (name, factor))).iterdir():
                path.unlink()
    tally.note("dearest: %s, %.2f s" % (worst[1], worst[0]))
    return tally
