# SPDX-License-Identifier: MIT
"""Every field by the csv module."""

import csv
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    records = fields = 0
    for row in csv.reader(file):
        records += 1
        fields += len(row)
print("records", records)
print("fields", fields)
