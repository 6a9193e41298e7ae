# SPDX-License-Identifier: MIT
"""Values that must not be seen: canaries in every column, looked for in every byte that comes out.

With --privacy mask, pseudonym and counts no command may show a value, whatever goes wrong: not on
standard output, not on standard error, not in a file.
"""
import json
import os
import re

import common

# Two letters are common to all, so that what mask leaves (a first letter, a domain) is none of them.
CANARY = re.compile(rb"[Cc][Aa][Nn][Aa][Rr][Yy]")
MAIL = "%s@domain.example"


def canary(name):
    return "zCANARY" + name


def exports(scratch):
    """Two exports in which every rule speaks about a canary."""
    def user(identity, mail, first, last, team):
        return ",".join((identity, mail, first, last, team)) + "\n"

    old, new = [common.USERS], [common.USERS]
    for index in range(12):
        name = canary("P%d" % index)
        row = user(name, MAIL % name, name + "F", name + "L", canary("T%d" % (index % 4)))
        old.append(row)
        new.append(row if index % 3 else row.replace("@domain", ".moved@domain"))
    new[4] = user(canary("new"), MAIL % canary("P3"), "a", canary("x"), canary("T1"))
    del new[8]
    new += [
        user(canary("P1"), MAIL % canary("again"), "A", "B", ""),
        user(canary("other"), MAIL % canary("P1").upper(), "A", "B", ""),
        user(canary("P1").lower(), MAIL % canary("case"), "A", "B", ""),
        user("", MAIL % canary("noid"), canary("F"), canary("L"), ""),
        user(canary("noteam"), MAIL % canary("noteam"), "A", "B", canary("NOTEAM")),
        user(canary("removed"), MAIL % canary("removed"), "A", "B", canary("circle1")),
        user(canary("mail"), canary("mail"), "A", "B", ""),
        user(" " + canary("blank"), MAIL % canary("blank"), canary("\x01"), "B", ""),
        user(canary("quote"), MAIL % canary("quote"), '"%s, ""x"""' % canary("q"), "B", ""),
        canary("few") + "," + canary("fields") + "\n",
        canary("stray") + 'x"y,,,,\n',
        user(canary("nul\0"), MAIL % canary("nul"), "A", "B", ""),
        user(canary("bad"), MAIL % canary("bad"), canary("\udcff"), "B", ""),
        user(canary("long"), MAIL % canary("long"), canary("v" * 70000), "B", ""),
    ]
    teams_old = [common.TEAMS] + ["%s,%s,%s,%s\n" % (
        canary("T%d" % index), canary("name%d" % index), canary("P%d" % index),
        canary("T0") if index else "") for index in range(4)]
    teams_new = teams_old[:3] + [
        "%s,%s,\"%s,%s\",%s\n" % (canary("T9"), canary("name1"), canary("P1"), canary("NOBODY"),
                                  canary("T1")),
        "%s,%s,,%s\n" % (canary("circle1"), canary("c1"), canary("circle2")),
        "%s,%s,,%s\n" % (canary("circle2"), canary("c2"), canary("circle1")),
        "%s,%s,,%s\n" % (canary("below"), canary("c3"), canary("circle1")),
        "%s,%s,,%s\n" % (canary("orphan"), canary("c4"), canary("NOPARENT")),
        "%s,%s,,\n" % (canary("T1"), canary("twice")),
        "%s,%s,,\n" % (canary("longname"), canary("n" * 300)),
    ]
    for name, users, teams in (("p-old", old, teams_old), ("p-new", new, teams_new)):
        scratch.write(name + "/users.csv", "".join(users).encode("utf-8", "surrogateescape"))
        scratch.write(name + "/teams.csv", "".join(teams))
    scratch.write("p-new/deprovision.csv", common.LEAVERS + "%s,%s,%s,%s\n" % (
        canary("P5"), MAIL % canary("P5"), canary("F"), canary("L")))
    scratch.write("p-head/users.csv", "%s,email,%s,Team-ID\n%s,b,c,d\n" % (
        canary("H"), canary("H2"), canary("v")))
    scratch.write("p-head/teams.csv", "id,name,id,manager_ids,parent_team_id,%s\n" % canary("H3"))
    extra = common.USERS[:-1] + ",%s,Team ID\n" % canary("column")
    scratch.write("p-extra/users.csv", extra + "U1,u@x.com,A,B,,%s,\nU2,v@x.com,A,B,,%s\0,\n" %
                  (canary("unused"), canary("unused nul")))
    scratch.write("p-extra/teams.csv", common.TEAMS)
    scratch.write("p-open/users.csv", common.USERS + '%s,"%s\n' % (canary("o"), canary("p")))
    scratch.write("p-open/teams.csv", "\"%s\"x,name\n" % canary("q"))
    scratch.run(["snapshot", scratch.inputs / "p-old", "-q", "-o", scratch.inputs / "p.snap"])


def runs(scratch):
    old, new, snap = (scratch.inputs / name for name in ("p-old", "p-new", "p.snap"))
    out = scratch.out / "result"
    guards = ["--limit", "deleteTeam=0,removeTeamMember=0,removeTeamManager=0,moveTeamMember=0",
              "--limit-subtree", "removeTeamMember=0%,deleteTeam=0%"]
    root = ["--root", canary("T1") + "," + canary("NOROOT")]
    yield from (["check", new], ["check", new] + root, ["plan", "--from", old, new] + root,
                ["check", new, "-v", "--max-show", "0"], ["check", new, "-q"],
                ["check", scratch.inputs / "p-extra"], ["check", new, "--strict"],
                ["check", new, "-o", out], ["diff", old, new], ["diff", snap, new, "-o", out],
                ["diff", old, new, "--max-show", "0"], ["diff", old, scratch.inputs / "p-extra"],
                ["plan", "--from", old, new], ["plan", "--from", snap, new] + guards,
                ["plan", "--from", old, new, "--strict"],
                ["plan", "--from", old, new, "--keep-users", "--max-show", "0"],
                ["plan", "--from", snap, new / "deprovision.csv", "--keep-users"],
                ["plan", "--from", old, new, "--no-manager-invites", "-o", out])


def quiet_runs(scratch):
    """Commands whose result is the data itself: what they say beside it must keep to the privacy."""
    old, new, out = scratch.inputs / "p-old", scratch.inputs / "p-new", scratch.out
    head = scratch.inputs / "p-head"
    yield from (["check", head], ["diff", old, head], ["plan", "--from", old, head],
                ["snapshot", new, "-o", out / "s.snap"], ["check", scratch.inputs / "p-open"],
                ["leavers", "--from", old, new, "-o", out / "l.csv"],
                ["fix", new, "-o", out / "fixed"],
                ["snapshot", scratch.inputs / "p-open", "-o", out / "s.snap"])


def search(tally, what, data, *how):
    found = CANARY.search(data)
    tally.expect(found is None, "no canary in " + what, *how,
                 data[max(0, found.start() - 60):found.end() + 30] if found else "")


def levels(scratch):
    yield "mask", ["--privacy", "mask"]
    yield "pseudonym", ["--privacy", "pseudonym", "--pseudonym-key", scratch.inputs / "key"]
    yield "counts", ["--privacy", "counts"]


def canaries(tally, scratch):
    for arguments in runs(scratch):
        scratch.clear()
        full = scratch.run(arguments)
        tally.expect("-q" in arguments or CANARY.search(full.out + full.err + b"".join(full.files.values())),
                     "without privacy there is one", arguments, full)
        for level, flags in levels(scratch):
            for form in ("text", "jsonl", "json", "sync"):
                if arguments[0] == "diff" and form == "sync":
                    continue
                scratch.clear()
                result = scratch.run(arguments + flags + ["--format", form])
                tally.run()
                how = (level, form, " ".join(map(str, arguments)))
                tally.expect(result.code == full.code, "the exit code is the same", *how, result)
                search(tally, "standard output", result.out, *how)
                search(tally, "standard error", result.err, *how)
                for name, data in result.files.items():
                    search(tally, "the file " + name, data, *how)
    for arguments in quiet_runs(scratch):
        for level, flags in levels(scratch):
            scratch.clear()
            result = scratch.run(arguments + flags)
            tally.run()
            search(tally, "standard output", result.out, level, arguments)
            search(tally, "standard error", result.err, level, arguments)


def findings(data):
    return [json.loads(line) for line in data.splitlines() if b'"finding"' in line]


def pseudonyms(tally, scratch):
    """One key: the same value gets the same pseudonym everywhere; another key: another one."""
    other = scratch.write("other-key", b"another key")
    shown = {}
    old, new = scratch.inputs / "p-old", scratch.inputs / "p-new"
    for name, key in (("first", scratch.inputs / "key"), ("again", scratch.inputs / "key"),
                      ("other", other)):
        flags = ["--privacy", "pseudonym", "--pseudonym-key", key, "--format", "jsonl"]
        check = scratch.run(["check", new] + flags)
        diff = scratch.run(["diff", old, new] + flags)
        tally.run(2)
        shown[name] = (check.out, diff.out)
    tally.expect(shown["first"] == shown["again"], "one key, one pseudonym")
    for at in (0, 1):
        words = [set(re.findall(rb"~[0-9a-f]{16}", shown[name][at])) for name in ("first", "other")]
        tally.expect(len(words[0]) > 5 and not words[0] & words[1], "another key, another pseudonym",
                     len(words[0]), len(words[0] & words[1]))
    plain = scratch.run(["check", new, "--format", "jsonl"])
    pairs = {}
    for row, masked in zip(findings(plain.out), findings(shown["first"][0])):
        if row["value"]:
            pairs.setdefault(row["value"], set()).add(masked["value"])
    tally.expect(all(len(each) == 1 for each in pairs.values()),
                 "equal values have equal pseudonyms")
    tally.expect(len({next(iter(each)) for each in pairs.values()}) == len(pairs),
                 "and others have others")
    for wrong in (["--privacy", "pseudonym"],
                  ["--privacy", "pseudonym", "--pseudonym-key", scratch.write("empty", b"")]):
        result = scratch.run(["check", new] + wrong)
        tally.run()
        tally.expect(result.code == common.MISUSE and result.out == b"", "no key, no output", wrong,
                     result)
        search(tally, "standard error", result.err, wrong)
    secret = (scratch.inputs / "key").read_bytes()
    for out in shown["first"]:
        tally.expect(secret not in out, "the key is not shown")


def modes(tally, scratch):
    """What is written is for its owner alone, whatever the mask of new files is."""
    old, new, out = scratch.inputs / "p-old", scratch.inputs / "p-new", scratch.out
    for arguments in (["check", new, "-o", out / "r"], ["snapshot", new, "-o", out / "s"],
                      ["plan", "--from", old, new, "-o", out / "p"], ["fix", new, "-o", out / "f"],
                      ["leavers", "--from", old, new, "-o", out / "l"],
                      ["records", new / "users.csv", "-o", out / "j"]):
        scratch.clear()
        before = os.umask(0)
        scratch.run(arguments)
        os.umask(before)
        written = [path for path in out.rglob("*") if path.is_file()]
        tally.run()
        tally.expect(written and all(path.stat().st_mode & 0o777 == 0o600 for path in written),
                     "files are 0600", arguments, [(path.name, oct(path.stat().st_mode))
                                                   for path in written])


def run(scratch, options):
    del options
    tally = common.Tally("privacy")
    exports(scratch)
    canaries(tally, scratch)
    pseudonyms(tally, scratch)
    modes(tally, scratch)
    return tally
