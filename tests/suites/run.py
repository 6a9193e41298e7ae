#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Public suites of CSV files: `muster records` against what their authors say must be read.

    run.py --muster PROGRAM --suites FOLDER

FOLDER is corpora/suites. Where muster means to read something else, DEVIATIONS says what; the
reason stands in the README.md beside the files. Suites that may not be copied, or hold no more
than a few bytes of each kind, are in kinds/cases.json: their kinds of cases, written anew.
"""
import argparse
import json
import pathlib
import subprocess
import sys

CASE_COUNTS = {"csv-spectrum": 12}

# Records, exit code, and what standard error has to name.
DEVIATIONS = {
    "csv-spectrum/location_coordinates": (
        [["Contact Phone Number", "Location Coordinates", "Cities", "Counties"]], 1,
        ":2: error: ", "[stray-quote]"),
}


def records_read(muster, name, data=b""):
    """The records, the exit code and standard error of one run."""
    done = subprocess.run([muster, "records", str(name)], input=data, capture_output=True,
                          timeout=30, check=False)
    rows = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    return rows, done.returncode, done.stderr.decode("utf-8")


def as_objects(rows):
    """Records under the names in the first one; None where a record has another length."""
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def case_troubles(muster, suite, path):
    """What is wrong with one case, as texts."""
    expected = json.loads((suite / "json" / (path.stem + ".json")).read_bytes())
    deviation = DEVIATIONS.get("%s/%s" % (suite.name, path.stem))
    for from_stdin in (False, True):
        rows, code, errors = records_read(muster, "-", path.read_bytes()) if from_stdin else \
            records_read(muster, path)
        how = "from standard input" if from_stdin else "as a file"
        if deviation is not None:
            if rows != deviation[0] or code != deviation[1]:
                yield "%s: exit %d, records %r" % (how, code, rows)
            for text in deviation[2:]:
                if text not in errors:
                    yield "%s: standard error lacks %r: %r" % (how, text, errors)
        elif as_objects(rows) != expected or code != 0 or errors != "":
            yield "%s: exit %d, records %r instead of %r, %r" % (how, code, rows, expected, errors)


def kind_troubles(muster, case):
    """What is wrong with a case that was written anew; those without an error are silent."""
    rows, code, errors = records_read(muster, "-", case["csv"].encode())
    if rows != case["records"] or code != case.get("exit", 0):
        yield "exit %d, records %r instead of %r" % (code, rows, case["records"])
    if case.get("error", "") not in errors or ("error" not in case and errors != ""):
        yield "standard error is %r" % errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--muster", required=True, help="the program")
    parser.add_argument("--suites", required=True, type=pathlib.Path, help="corpora/suites")
    options = parser.parse_args()
    wrong = 0
    for name, count in CASE_COUNTS.items():
        suite = options.suites / name
        paths = sorted((suite / "csvs").glob("*.csv"))
        if len(paths) != count:
            print("%s: %d cases instead of %d" % (name, len(paths), count))
            wrong += 1
        for path in paths:
            for trouble in case_troubles(options.muster, suite, path):
                print("%s/%s %s" % (name, path.stem, trouble))
                wrong += 1
        deviating = sum(key.startswith(name + "/") for key in DEVIATIONS)
        print("%s: %d cases, %d deviate on purpose" % (name, len(paths), deviating))
    cases = json.loads((options.suites / "kinds" / "cases.json").read_bytes())
    for case in cases:
        for trouble in kind_troubles(options.muster, case):
            print("kinds, %s: %s" % (case["name"], trouble))
            wrong += 1
    print("kinds: %d cases" % len(cases))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
