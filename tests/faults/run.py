#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Faults on purpose, against the real program: memory, system calls, kills, damage, hostile values.

    run.py --muster PROGRAM [--shim FILE] [--library FILE] [--full] [--only PART]...

The quick mode takes about a minute; --full tries every index, bit and byte. Parts that cannot be
run here (no strace, for example) are said to be skipped.
"""
import argparse
import sys
import time

import allocations
import common
import damage
import output
import power
import privacy
import sameness
import scaling
import syscalls
import world

PARTS = {
    "allocations": allocations.run,
    "short-counts": allocations.run_short,
    "system-calls": syscalls.run,
    "kills": syscalls.run_kills,
    "power": power.run,
    "world": world.run,
    "damage": damage.run,
    "output": output.run,
    "privacy": privacy.run,
    "sameness": sameness.run,
    "scaling": scaling.run,
}


def arguments_read():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--muster", required=True, help="the program")
    parser.add_argument("--shim", help="fail_alloc.so; compiled with --compiler where absent")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--library", help="libmuster.so, for damage that needs many runs")
    parser.add_argument("--full", action="store_true", help="every index")
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="these parts alone")
    parser.add_argument("--scratch", help="a folder for temporary files")
    return parser.parse_args()


def main():
    options = arguments_read()
    began = time.monotonic()
    built = False
    failed = []
    print("%-14s %9s %6s %10s" % ("part", "runs", "wrong", "time"))
    for name, part in PARTS.items():
        if options.only and name not in options.only:
            continue
        scratch = common.prepare(options.muster, options.scratch)
        try:
            if options.shim is None:
                options.shim = allocations.build_shim(scratch, options.compiler)
                built = True
            tally = part(scratch, options)
            tally.expect(tally.runs > 0, "something was tried")
            print(tally.line(), flush=True)
            failed += list(tally.failures())
        except common.Skipped as reason:
            print("%-14s skipped: %s" % (name, reason), flush=True)
        finally:
            scratch.close()
            if built:
                options.shim = None
    print("%.1f s in all" % (time.monotonic() - began))
    for line in failed:
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
