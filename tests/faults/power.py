# SPDX-License-Identifier: MIT
"""The power goes while a file is written: a disk that loses, tears and reorders what is not synced.

strace records what the program does to its output folder. From that a model of the disk makes the
states in which the folder may be found again if the power goes at any point:

- What was written to a file since its last fsync is there or not, sector by sector and in any
  order, earlier versions of a sector included; where a sector was never written the file holds
  zeros or anything at all, and its size is that of any moment since.
- What was done to the folder since its last fsync (names made, exchanged, removed) is there up to
  some point, as on a disk with a journal, or in any selection; a rename may have left both names.

Whatever the state, the old file or the new one stands under the final name, whole: the old one
before the rename was asked for, the new one once the program has ended. That the model is able to
see what goes wrong is shown by taking an fsync out of the record.
"""
import pathlib
import random
import re

import common
import syscalls

SECTOR = 512
POINTS = 20
DAMAGES = 100
CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat",
         "renameat2", "unlink", "unlinkat", "close")
LINE = re.compile(r"^(\d+) +(.*)$")
BEGUN = re.compile(r"^(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$")
CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+)")
TEXT = re.compile(r'(?:(\w+), )?"((?:\\x[0-9a-f]{2})*)"')


def calls_read(trace):
    """Name, arguments and result of every call that succeeded, in the order in which they ended."""
    begun = {}
    for line in trace.read_text().splitlines():
        process, text = LINE.match(line).groups()
        waiting = BEGUN.match(text)
        if waiting:
            begun[process] = waiting.group(1)
            continue
        going_on = RESUMED.match(text)
        if going_on:
            text = begun.pop(process) + going_on.group(1)
        found = CALL.match(text)
        if found and int(found.group(3)) >= 0:
            yield found.group(1), found.group(2), int(found.group(3))


def texts(arguments):
    """The strings of a call, each with the argument before it: a folder, for paths."""
    return [(before, bytes.fromhex(text.replace("\\x", "")))
            for before, text in TEXT.findall(arguments)]


class Record:
    """What was done below a folder: a list of operations on files, known by number, and names."""

    def __init__(self, folder, old):
        self.folder = str(folder) + "/"
        self.names = {name: number for number, name in enumerate(sorted(old))}
        self.first = {self.names[name]: data for name, data in old.items()}
        self.first_names = dict(self.names)
        self.count = len(old)
        self.operations = []
        self.open_files, self.open_folders, self.offsets = {}, {}, {}

    def paths(self, arguments):
        """The paths of a call."""
        return [str(pathlib.PurePosixPath(self.open_folders.get(folder, ""),
                                          text.decode("utf-8", "surrogateescape")))
                for folder, text in texts(arguments)]

    def below(self, arguments):
        """The paths of a call as names in our folder; None for those elsewhere."""
        return [path[len(self.folder):] if path.startswith(self.folder) else None
                for path in self.paths(arguments)]

    def on_openat(self, arguments, result):
        name = self.below(arguments)[0]
        self.forget(result)
        if "O_DIRECTORY" in arguments:
            self.open_folders[str(result)] = self.paths(arguments)[0]
        elif name is not None and ("O_WRONLY" in arguments or "O_RDWR" in arguments):
            if name not in self.names:
                self.names[name] = self.count
                self.operations.append(("create", name, self.count))
                self.count += 1
            elif "O_TRUNC" in arguments:
                self.operations.append(("size", self.names[name], 0))
            self.open_files[str(result)] = self.names[name]
            self.offsets[str(result)] = 0

    def forget(self, number):
        for table in (self.open_files, self.open_folders, self.offsets):
            table.pop(str(number), None)

    def on_close(self, arguments, result):
        self.forget(arguments)

    def on_write(self, arguments, result):
        number = arguments.split(",")[0]
        if number in self.open_files:
            self.operations.append(("write", self.open_files[number], self.offsets[number],
                                    texts(arguments)[0][1][:result]))
            self.offsets[number] += result

    def on_pwrite64(self, arguments, result):
        number = arguments.split(",")[0]
        if number in self.open_files:
            self.operations.append(("write", self.open_files[number],
                                    int(arguments.split(",")[-1]),
                                    texts(arguments)[0][1][:result]))

    def on_ftruncate(self, arguments, result):
        number, size = arguments.split(",")
        if number in self.open_files:
            self.operations.append(("size", self.open_files[number], int(size)))

    def on_fsync(self, arguments, result):
        if arguments in self.open_files:
            self.operations.append(("sync", self.open_files[arguments]))
        elif self.open_folders.get(arguments) == self.folder[:-1]:
            self.operations.append(("sync-names",))

    on_fdatasync = on_fsync

    def on_rename(self, arguments, result):
        before, behind = self.below(arguments)
        if before in self.names:
            number = self.names.pop(before)
            self.names[behind] = number
            self.operations.append(("rename", before, behind, number))

    on_renameat = on_renameat2 = on_rename

    def on_unlink(self, arguments, result):
        name = self.below(arguments)[0]
        if self.names.pop(name, None) is not None:
            self.operations.append(("unlink", name))

    on_unlinkat = on_unlink


def changed(content, operation):
    """The content of a file after a write, or with another size."""
    if operation[0] == "size":
        return content[:operation[2]].ljust(operation[2], b"\0")
    _, _, offset, data = operation
    return content[:offset].ljust(offset, b"\0") + data + content[offset + len(data):]


def data_state(versions, chance):
    """A file as it may be found: `versions` are its contents since the last fsync."""
    kind = chance.randrange(4)
    if kind == 0 or len(versions) == 1:
        return versions[0 if kind == 0 else -1]
    size = len(chance.choice(versions)) if kind > 1 else len(versions[-1])
    if kind == 3 and chance.random() < 0.3:
        size = chance.randrange(size + 1)
    filler = chance.choice((b"\0" * SECTOR, chance.randbytes(SECTOR)))
    pieces, kept = [], chance.random()
    for at in range(0, size, SECTOR):
        latest = chance.random() < kept
        version = versions[-1] if latest else chance.choice(versions)
        piece = version[at:at + SECTOR]
        pieces.append(piece + filler[len(piece):])
    return b"".join(pieces)[:size]


def names_state(names, pending, chance):
    """The names as they may be found: `pending` are the operations since the last fsync."""
    found = dict(names)
    journal = chance.random() < 0.5
    kept = chance.randrange(len(pending) + 1)
    for index, operation in enumerate(pending):
        if index >= kept if journal else chance.random() < 0.5:
            continue
        if operation[0] == "create":
            found[operation[1]] = operation[2]
        elif operation[0] == "unlink":
            found.pop(operation[1], None)
        else:
            found[operation[2]] = operation[3]
            if journal or chance.random() < 0.7:
                found.pop(operation[1], None)
    return found


class Disk:
    """What of a record is on the disk for sure after some operations, and what may be."""

    def __init__(self, record, operations):
        self.names, self.pending = dict(record.first_names), []
        self.versions = {number: [data] for number, data in record.first.items()}
        for operation in operations:
            self.take(operation)

    def take(self, operation):
        kind = operation[0]
        if kind == "sync":
            del self.versions[operation[1]][:-1]
        elif kind == "sync-names":
            for pending in self.pending:
                self.names = names_state(self.names, [pending], Always())
            self.pending = []
        elif kind in ("write", "size"):
            versions = self.versions[operation[1]]
            versions.append(changed(versions[-1], operation))
        else:
            if kind == "create":
                self.versions[operation[2]] = [b""]
            self.pending.append(operation)

    def state(self, chance):
        """The files as they may be found, by name."""
        names = names_state(self.names, self.pending, chance)
        return {name: data_state(self.versions[number], chance) for name, number in names.items()}


class Always:
    """Chance for who wants all of it."""

    @staticmethod
    def random():
        return 0.0

    @staticmethod
    def randrange(bound):
        return bound - 1


def allowed(operations, done, old, new, name):
    """What may stand under a name after `done` of the operations."""
    renames = [at for at, each in enumerate(operations) if each[0] == "rename" and each[2] == name]
    if not renames or done <= renames[0]:
        return [old]
    synced = any(each[0] == "sync-names" for each in operations[renames[0]:done])
    return [new] if synced or done == len(operations) else [old, new]


def states(record, operations, point, chance, count):
    disk = Disk(record, operations[:point])
    for _ in range(count):
        yield disk.state(chance)


def wrong_states(record, operations, old, new, chance):
    """How many states of a record break the promise."""
    wrong = 0
    for point in range(len(operations) + 1):
        for found in states(record, operations, point, chance, DAMAGES):
            wrong += any(found.get(name) not in allowed(operations, point, old.get(name),
                                                        new[name], name) for name in new)
    return wrong


def without(operations, kind):
    return [operation for operation in operations if operation[0] != kind]


def controls(tally, name, record, old, new):
    """Records in which something is missing, which the model has to notice."""
    for what in ("sync", "sync-names"):
        tally.run()
        operations = without(record.operations, what)
        tally.expect(wrong_states(record, operations, old, new, random.Random(3)) > 0,
                     "the model notices that something is missing", name, what)


class Case:
    """A command, what was there before, and how to see that a result can be used."""

    def __init__(self, name, arguments, old, reading=None, folder=""):
        self.name, self.arguments, self.old, self.reading = name, arguments, old, reading
        self.prefix, self.new = folder, {}

    def clear(self, scratch, files):
        scratch.clear({self.prefix + name: data for name, data in files.items()})

    def files(self, result):
        return {name[len(self.prefix):]: data for name, data in result.files.items()}


def recorded(scratch, tracer, case):
    """What the program does to the folder."""
    trace = scratch.root / "trace"
    case.clear(scratch, case.old)
    done = scratch.run(case.arguments, prefix=(
        tracer, "-f", "-o", str(trace), "-xx", "-s", "100000000", "-e",
        "trace=" + ",".join("?" + call for call in CALLS)))
    record = Record(scratch.out / case.prefix, case.old)
    for name, call, result in calls_read(trace):
        getattr(record, "on_" + name)(call, result)
    trace.unlink()
    return record, done


def used(tally, scratch, case, record, chance, point):
    """One of the states for real: what is there can be read, and the command writes again."""
    state = Disk(record, record.operations[:point]).state(chance)
    case.clear(scratch, state)
    how = "%s, power lost at operation %d" % (case.name, point)
    if case.reading is not None and "result" in state:
        opened = scratch.run(case.reading)
        tally.expect(opened.code == 0, "what is there can be used", how, opened)
    again = scratch.run(case.arguments)
    tally.run()
    files = case.files(again)
    tally.expect(again.code in (0, 1) and
                 all(files.get(name) == data for name, data in case.new.items()),
                 "the next run succeeds", how, again)
    if case.reading is not None:
        tally.expect(set(files) == set(case.new), "and takes leftovers away", how, sorted(files))


def run_case(tally, scratch, tracer, case, full):
    record, healthy = recorded(scratch, tracer, case)
    case.new = case.files(healthy)
    operations = record.operations
    disk = Disk(record, operations + [("sync-names",)])
    seen = {name: disk.versions[number][-1] for name, number in disk.names.items()}
    if not tally.expect(seen == case.new, "the record is complete", case.name, healthy,
                        [operation[:2] for operation in operations]):
        return
    chance = random.Random(1)
    points = list(syscalls.places(-1, len(operations), 0 if full else POINTS))
    for point in points:
        for found in states(record, operations, point, chance, 10 * DAMAGES if full else DAMAGES):
            tally.run()
            for name, new in case.new.items():
                may_be = allowed(operations, point, case.old.get(name), new, name)
                tally.expect(found.get(name) in may_be, "the old file or the new one", case.name,
                             "power lost at operation %d of %d" % (point, len(operations)), name,
                             len(found.get(name) or b""))
        used(tally, scratch, case, record, chance, point)
    controls(tally, case.name, record, case.old, case.new)
    tally.note("%s %d of %d points" % (case.name, len(points), len(operations) + 1))


def run(scratch, options):
    tally = common.Tally("power")
    tracer = syscalls.strace()
    if common.is_sanitized(scratch.muster):
        raise common.Skipped("the sanitizer for leaks does not work where strace does")
    old_snapshot = (scratch.inputs / "old.snap").read_bytes()
    old, new, result = scratch.inputs / "old", scratch.inputs / "new", scratch.out / "result"
    common.large(scratch, "large", 10000 if options.full else 1500)
    snapshot = ["-q", "-o", result]
    reading = ["diff", result, old]
    cases = [
        Case("snapshot", ["snapshot", new] + snapshot, {"result": old_snapshot}, reading),
        Case("first snapshot", ["snapshot", new] + snapshot, {}, reading),
        Case("large snapshot", ["snapshot", scratch.inputs / "large", "-j2"] + snapshot,
             {"result": old_snapshot}, reading),
        Case("-o FILE", ["check", new, "--format", "jsonl", "-o", result], {"result": b"old\n"}),
        Case("plan -o FILE", ["plan", "--from", old, new, "--format", "json", "-o", result],
             {"result": b"old\n"}),
        Case("fix", ["fix", new, "-o", scratch.out / "fixed"],
             {"users.csv": b"old\n", "teams.csv": b"old\n"}, folder="fixed/"),
    ]
    for case in cases:
        run_case(tally, scratch, tracer, case, options.full)
    return tally
