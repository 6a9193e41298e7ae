# SPDX-License-Identifier: MIT
"""The comparison with the csv module and a dictionary. Prints one name and number a line."""

import csv
import sys


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


old = {row[0]: row for row in rows(sys.argv[1])}
added = changed = 0
for row in rows(sys.argv[2]):
    before = old.pop(row[0], None)
    if before is None:
        added += 1
    elif before != row:
        changed += 1
print("added", added)
print("removed", len(old))
print("changed", changed)
