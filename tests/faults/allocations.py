# SPDX-License-Identifier: MIT
"""Every allocation fails in turn: once, and from then on.

A run either ends as if nothing had happened, because there was another way, or it ends with the
exit code of an internal error, a message, and no result.
"""
import os

import common

QUICK = 25


def shim_env(shim, report, at=0, sticky=False):
    return {"LD_PRELOAD": str(shim), "FAULT_AT": str(at), "FAULT_STICKY": "1" if sticky else "0",
            "FAULT_REPORT": str(report)}


def ledger(report):
    """Calls and live blocks of the run that ended last; None where it did not come to its end."""
    try:
        calls, live = report.read_text().split()[-2:]
        return int(calls), int(live)
    except (OSError, ValueError):
        return None
    finally:
        report.unlink(missing_ok=True)


def indices(calls, full):
    if full or calls <= QUICK:
        return range(1, calls + 1)
    # The first ones, where rare things are, and the rest evenly.
    near = list(range(1, 8))
    step = (calls - 7) / (QUICK - 7)
    return sorted(set(near + [min(calls, int(8 + step * index)) for index in range(QUICK - 7)]))


def whole(result, healthy, old):
    """No file is there but old or complete ones."""
    return all(data in (healthy.files.get(name), old.get(name))
               for name, data in result.files.items())


def judge(tally, case, result, healthy, old):
    name, arguments, how = case
    told = "%s, %s: %s" % (name, how, " ".join(map(str, arguments)))
    if result.same(healthy):
        return
    if not tally.expect(result.code == common.INTERNAL, "the exit code is 70 or that of health",
                        told, result):
        return
    tally.expect(b"memory" in result.err.lower(), "the message says what it was", told, result)
    tally.expect(whole(result, healthy, old), "no half-written file", told, result)


def run_command(tally, scratch, shim, name, arguments, full):
    report = scratch.root / "ledger"
    old = {"result": b"old content"}
    scratch.clear(old)
    healthy = scratch.run(arguments, env=shim_env(shim, report))
    told = ledger(report)
    tally.run()
    if not tally.expect(told is not None, "the program ends by itself", name, healthy):
        return
    calls, live = told
    tally.expect(calls > 0, "the shim sees allocations", name)
    tally.expect(healthy.is_answer(), "there is an answer without faults", name, healthy)
    for at in indices(calls, full):
        for sticky in (False, True):
            scratch.clear(old)
            result = scratch.run(arguments, env=shim_env(shim, report, at, sticky))
            tally.run()
            how = "allocation %d of %d fails%s" % (at, calls, " and all behind" if sticky else "")
            judge(tally, (name, arguments, how), result, healthy, old)
            after = ledger(report)
            tally.expect(after is not None and after[1] <= live, "nothing is left allocated",
                         name, how, "live %s, healthy %d" % (after, live))


def run(scratch, options):
    tally = common.Tally("allocations")
    if common.is_sanitized(scratch.muster):
        raise common.Skipped("a sanitizer has allocations of its own")
    if options.shim is None:
        raise common.Skipped("no shim: a compiler or --shim is needed")
    cases = dict(common.commands(scratch))
    common.large(scratch, "big-old", 70000 if options.full else 56000, 0)
    common.large(scratch, "big-new", 70000 if options.full else 56000, 1)
    old, new, out = scratch.inputs / "big-old", scratch.inputs / "big-new", scratch.out
    small = {
        "big-check": ["check", new, "-j2"],
        "big-diff": ["diff", old, new, "-j2", "-o", out / "result"],
        "big-plan": ["plan", "--from", old, new, "-j2", "-o", out / "result"],
        "big-snapshot": ["snapshot", new, "-j1", "-q", "-o", out / "result"],
    }
    for name, arguments in cases.items():
        run_command(tally, scratch, options.shim, name, arguments, options.full)
    for name, arguments in small.items():
        # With two threads the order of allocations is not fixed; what must hold does not care.
        run_command(tally, scratch, options.shim, name, arguments, options.full)
    tally.note("%d commands" % (len(cases) + len(small)))
    return tally


def run_short(scratch, options):
    """Reads and writes of a few bytes at a time change nothing."""
    tally = common.Tally("short-counts")
    if options.shim is None or common.is_sanitized(scratch.muster):
        raise common.Skipped("no shim, or a sanitizer in its place")
    for name, arguments in common.commands(scratch).items():
        scratch.clear()
        healthy = scratch.run(arguments)
        tally.expect(healthy.is_answer(), "there is an answer without faults", name, healthy)
        for size in (1, 7, 4096):
            scratch.clear()
            result = scratch.run(arguments, env={"LD_PRELOAD": str(options.shim),
                                                 "FAULT_SHORT": str(size)})
            tally.run()
            tally.expect(result.same(healthy), "short reads and writes change nothing",
                         name, "%d bytes at a time" % size, result, healthy)
    return tally


def build_shim(scratch, compiler):
    """Compile the shim; None where that does not work."""
    import pathlib
    import subprocess
    source = pathlib.Path(__file__).resolve().parent / "fail_alloc.c"
    target = scratch.root / "fail_alloc.so"
    try:
        done = subprocess.run([compiler, "-std=c11", "-O1", "-shared", "-fPIC", str(source), "-o",
                               str(target), "-ldl"], check=False, capture_output=True)
    except OSError:
        return None
    return target if done.returncode == 0 and os.path.isfile(target) else None
