#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make starting points for the fuzz targets out of the corpora.

    seeds.py TARGET FOLDER [MUSTER]

Files of one case are joined by the separator of fuzz.h, and a byte of choices is put behind them.
MUSTER is the program, which makes the snapshots for the target of that name.
"""
import pathlib
import subprocess
import sys
import tempfile

SEPARATOR = b"\x1e"
SIZE_MAX = 16384
CORPORA = pathlib.Path(__file__).resolve().parents[2] / "corpora"
NAMES = ("users.csv", "teams.csv", "deprovision.csv")


def read(path):
    data = path.read_bytes() if path.is_file() else b""
    return data if len(data) <= SIZE_MAX else b""


def exports():
    for kind in ("valid", "broken", "hostile"):
        for folder in sorted((CORPORA / kind).iterdir()):
            files = [read(folder / name) for name in NAMES]
            while files and not files[-1]:
                files.pop()
            if files:
                yield folder.name, SEPARATOR.join(files)


def pairs():
    for folder in sorted((CORPORA / "pairs").iterdir()):
        old = [read(folder / "old" / name) for name in NAMES[:2]]
        new = [read(folder / "new" / name) for name in NAMES]
        if not new[2]:
            new.pop()
        yield folder.name, SEPARATOR.join(old + new)


def snapshots(program):
    for kind in ("valid", "pairs"):
        for folder in sorted((CORPORA / kind).iterdir()):
            source = folder if kind == "valid" else folder / "old"
            if not (source / "users.csv").is_file() or not (source / "teams.csv").is_file():
                continue
            with tempfile.TemporaryDirectory() as scratch:
                path = pathlib.Path(scratch) / "seed.snap"
                subprocess.run([program, "snapshot", str(source), "-q", "-o", str(path)],
                               stderr=subprocess.DEVNULL, check=False)
                if path.is_file() and path.stat().st_size <= SIZE_MAX:
                    yield folder.name, path.read_bytes()


def singles():
    for kind in ("valid", "broken", "hostile", "seeds"):
        for path in sorted((CORPORA / kind).rglob("*")):
            data = read(path)
            if data:
                yield "-".join(path.relative_to(CORPORA).parts), data


def main(target, folder, program=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if target == "plan":
        inputs, choices = list(pairs()), (0x08, 0x0B, 0x30)
    elif target in ("reader", "output"):
        inputs, choices = list(singles()), (0x0A, 0x0B)
    elif target == "snapshot" and program is not None:
        inputs, choices = list(snapshots(program)), (0x01, 0x03)
        for name, data in exports():
            (folder / ("export-" + name)).write_bytes(data + b"\x0a")
    else:
        inputs, choices = list(exports()), (0x18, 0x0D)
    for name, data in inputs:
        for choice in choices:
            (folder / ("%s-%02x" % (name, choice))).write_bytes(data + bytes([choice]))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
