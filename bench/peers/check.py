# SPDX-License-Identifier: MIT
"""The check with the csv module and dictionaries. Prints one name and number a line."""

import collections
import csv
import sys

HEADERS = {
    "teams": ["id", "name", "manager_ids", "parent_team_id"],
    "users": ["id", "email", "first_name", "last_name", "team_id"],
}


def rows(folder, kind):
    with open(f"{folder}/{kind}.csv", encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        if next(reader) != HEADERS[kind]:
            sys.exit(f"missing header in {kind}.csv")
        yield from reader


def circles(parents):
    """Each climb has a number of its own; meeting it again closes a circle."""
    climbs, found = {}, 0
    for climb, start in enumerate(parents):
        at = start
        while at in parents and at not in climbs:
            climbs[at] = climb
            at = parents[at]
        if climbs.get(at) == climb:
            first = at
            while True:
                found += 1
                at = parents[at]
                if at == first:
                    break
    return found


def main(folder):
    count = collections.Counter()
    parents, managers, names = {}, [], collections.Counter()
    for team, name, manager_ids, parent in rows(folder, "teams"):
        count["teams"] += 1
        if team in parents:
            count["duplicate-team-id"] += 1
            continue
        parents[team] = parent
        names[name] += 1
        if manager_ids:
            managers.extend(manager_ids.split(","))
    users, emails = set(), set()
    for user, email, _, _, team in rows(folder, "users"):
        count["users"] += 1
        count["duplicate-user-id"] += user in users
        users.add(user)
        email = email.lower()
        count["duplicate-email"] += email in emails
        emails.add(email)
        count["unknown-team"] += team != "" and team not in parents
    count["unknown-parent-team"] = sum(p != "" and p not in parents for p in parents.values())
    count["unknown-manager"] = sum(manager not in users for manager in managers)
    count["team-cycle"] = circles(parents)
    count["duplicate-team-name"] = sum(n for n in names.values() if n > 1)
    for name, number in count.items():
        print(name, number)


main(sys.argv[1])
