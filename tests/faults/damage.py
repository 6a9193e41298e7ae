# SPDX-License-Identifier: MIT
"""Snapshots that are not what was written: every bit turned over, every length cut to.

The program itself is run for some of them. For all of them the library is asked, in a process of
its own, because a crash is what is looked for.
"""
import ctypes
import os

import common

OK, NOT_SNAPSHOT, NEWER, DAMAGED, UNREADABLE = 0, 5, 6, 7, 2


def sizes(scratch, target):
    """A snapshot of about `target` bytes."""
    path = scratch.inputs / "target.snap"
    rows = max(4, target // 62)
    users = [common.USERS] + ["U%d,user%d@example.com,First%d,Last,T%d\n" % (i, i, i, i % 9)
                              for i in range(rows)]
    teams = [common.TEAMS] + ["T%d,Team,U%d,%s\n" % (i, i, "T0" if i else "") for i in range(9)]
    scratch.write("target/users.csv", "".join(users))
    scratch.write("target/teams.csv", "".join(teams))
    made = scratch.run(["snapshot", scratch.inputs / "target", "-q", "-o", path])
    if made.code not in (0, 1):
        raise RuntimeError(str(made))
    return path.read_bytes()


class Library:
    """muster_snapshot_open of the shared library."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(path))
        self.open = self.library.muster_snapshot_open
        self.open.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_void_p,
                              ctypes.c_void_p]
        self.close = self.library.muster_roster_close
        self.close.argtypes = [ctypes.c_void_p]
        self.close.restype = None

    def status(self, path):
        roster = ctypes.c_void_p()
        status = self.open(ctypes.byref(roster), path, None, None)
        if roster.value:
            self.close(roster)
        return status


def bits_turned(library, path, data, first, last):
    """Every bit of [first, last); the first that was not refused, or -1."""
    with open(path, "r+b", buffering=0) as file:
        for at in range(first, last):
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([data[at] ^ 1 << bit]), at)
                status = library.status(os.fsencode(path))
                if status not in (NOT_SNAPSHOT, NEWER, DAMAGED):
                    return at * 8 + bit
            os.pwrite(file.fileno(), data[at:at + 1], at)
    return -1


def lengths_cut(library, path, data):
    """Every length below the whole one, from the end."""
    with open(path, "r+b", buffering=0) as file:
        for size in range(len(data) - 1, -1, -1):
            os.ftruncate(file.fileno(), size)
            if library.status(os.fsencode(path)) not in (NOT_SNAPSHOT, DAMAGED):
                return size
    return -1


def in_child(work):
    """Do it in another process; its answer, or the signal that ended it as a string."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, str(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read()
    status = os.waitpid(child, 0)[1]
    return int(text) if os.WIFEXITED(status) and text else "ended by status %d" % status


def by_library(tally, scratch, options, data):
    library = Library(options.library)
    path = scratch.out / "damaged.snap"
    path.write_bytes(data)
    tally.expect(library.status(os.fsencode(path)) == OK, "the sound one is taken")
    answer = in_child(lambda: bits_turned(library, path, data, 0, len(data)))
    tally.run(len(data) * 8)
    tally.expect(answer == -1, "every bit that is turned over is noticed", answer)
    path.write_bytes(data)
    answer = in_child(lambda: lengths_cut(library, path, data))
    tally.run(len(data))
    tally.expect(answer == -1, "every cut is noticed", answer)
    for extra in (b"\0", b"x", b"\n", data):
        path.write_bytes(data + extra)
        tally.run()
        tally.expect(library.status(os.fsencode(path)) == DAMAGED, "and what is behind the end",
                     extra[:10])
    tally.note("%d bytes by the library" % len(data))


def by_program(tally, scratch, data, step):
    path = scratch.out / "damaged.snap"
    wrong = [("bit %d" % bit, bit) for bit in range(0, len(data) * 8, step)]
    for how, bit in wrong:
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        result = scratch.run(["diff", path, scratch.inputs / "target"])
        tally.run()
        tally.expect(result.code == common.UNREADABLE and result.out == b"" and
                     str(path).encode() in result.err, "exit 3 and a message that names it", how,
                     result)
    for size in list(range(0, len(data), max(1, step // 4))) + [len(data) - 1]:
        path.write_bytes(data[:size])
        result = scratch.run(["diff", path, scratch.inputs / "target"])
        tally.run()
        tally.expect(result.code == common.UNREADABLE and result.out == b"", "cuts likewise", size,
                     result)
    for command in (["plan", "--from", path, scratch.inputs / "target"],
                    ["leavers", "--from", path, scratch.inputs / "target"],
                    ["diff", scratch.inputs / "target", path]):
        path.write_bytes(data[:-1])
        result = scratch.run(command)
        tally.run()
        tally.expect(result.code == common.UNREADABLE and result.out == b"",
                     "every command says so", command, result)


def kinds(tally, scratch, data):
    """The message says which: damaged, newer, or something else."""
    path = scratch.out / "damaged.snap"
    newer = bytearray(data)
    newer[8] = 2
    for content, word in ((bytes(newer), "newer"), (data[:-1], "damaged"),
                          (b"id,email\n", "not a snapshot"), (b"", "not a snapshot"),
                          (data[:12], "damaged"), (b"\x89PNG\r\n\x1a\n", "not a snapshot")):
        path.write_bytes(content)
        result = scratch.run(["diff", path, scratch.inputs / "target"])
        tally.run()
        text = result.err.decode("utf-8", "replace").lower()
        words = {"newer": ("newer",), "damaged": ("damaged", "not what was written"),
                 "not a snapshot": ("not a snapshot", "no snapshot", "something else")}[word]
        tally.expect(result.code == common.UNREADABLE and any(each in text for each in words),
                     "the message says that it is " + word, result)


def run(scratch, options):
    tally = common.Tally("damage")
    data = sizes(scratch, 4096)
    kinds(tally, scratch, data)
    if options.library is not None and not common.is_sanitized(options.library):
        by_library(tally, scratch, options, data)
        if options.full:
            # Names are kept once, so that this gives a little more than 64 KiB.
            by_library(tally, scratch, options, sizes(scratch, 88000))
            data = sizes(scratch, 4096)
    by_program(tally, scratch, data, 1 if options.full else 131)
    tally.note("%d bytes by the program%s" % (len(data), "" if options.full else ", in samples"))
    return tally
