# SPDX-License-Identifier: MIT
"""Hostile values through every output, parsed back by other people's parsers.

Terminal escapes, text that is reordered, HTML, formulas, quotation marks and all kinds of UTF-8
that is none go in; what comes out must be sound JSON and CSV with the same values, or text that does
nothing to a terminal.
"""
import csv
import io
import json
import re

import common
import hostile_values

HOSTILE = [
    "\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "\x07", "\x08\x08", "a\rb", "a\nb", "a\tb",
    "\x7f", "\x85", "\u202eevil", "\u2066x\u2069", "\u200e", "\u061c", "\u2028", "\u2029",
    "\ufeffmark", "\U000e0041", "\ufff9a\ufffb", "<script>alert(1)</script>", "&amp;", "' onload=x",
    "\"quoted\"", "a\"\"b", "\"", ",", ",,", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1",
    "\\", "\\n", "\\u0000", "%s%n%x", "$(id)", "`id`", "; rm -rf /", "../../etc/passwd", "{}", "[]",
    "null", "\u00e9", "e\u0301", "\u5f20\u4f1f", "\U0001f468\u200d\U0001f469", "\u0645\u062d",
    "-", "--", "-o", "\u00a0", "x" * 3000, "\u0300" * 200, "\u3000wide", "\U0010ffff", "\ufffd",
]
NAMES = ["type", "finding"]


def utf8_cases():
    """216 byte strings: sound ones of each length, and the ways to be wrong."""
    cases = []
    for lead in (0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0,
                 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF):
        for tail in (b"", b"\x80", b"\xbf", b"\x80\x80", b"\x9f\xbf", b"\xa0\x80", b"\x80\x80\x80",
                     b"\x90\x80\x80"):
            cases.append(bytes([lead]) + tail)
    cases += [b"\xed\xa0\x80\xed\xb0\x80", b"\xc0\x80", b"\xf0\x82\x82\xac", b"\xef\xbf\xbe",
              b"\xef\xbb\xbf", b"a\xc3", b"\xc3(", b"\xe2\x28\xa1", b"\xe2\x82", b"\xf0\x28\x8c\xbc",
              b"\xf0\x90\x28\xbc", b"\xf8\xa1\xa1\xa1\xa1", b"\xfc\xa1\xa1\xa1\xa1\xa1",
              b"ok\xff", b"\xffok", b"\xc2\xa9"]
    return cases


def all_values():
    """Every value once, the oldest first."""
    values = [text.encode("utf-8", "surrogatepass") for text in HOSTILE] + utf8_cases()
    for family in hostile_values.families().values():
        values += family
    return list(dict.fromkeys(values))


def is_utf8(data):
    try:
        data.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


def replaced(data):
    """As the contract shows it: each bad byte is U+FFFD."""
    shown, at = "", 0
    while at < len(data):
        for size in (1, 2, 3, 4):
            if at + size <= len(data) and is_utf8(data[at:at + size]):
                shown += data[at:at + size].decode("utf-8")
                at += size
                break
        else:
            shown += "\ufffd"
            at += 1
    return shown


BAD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def harmless(tally, data, *how):
    """Text that does nothing to a terminal."""
    tally.run()
    if not tally.expect(is_utf8(data), "text is UTF-8", *how):
        return
    found = BAD.search(data.decode("utf-8"))
    tally.expect(found is None, "nothing that a terminal would act on", *how,
                 repr(found.group()) if found else "")


def quote(value):
    return b'"' + value.replace(b'"', b'""') + b'"'


def hostile_export(scratch):
    """Users and teams whose every value is hostile; returns the values by user id."""
    values = all_values()
    users, teams = [common.USERS.encode()], [common.TEAMS.encode()]
    for index, value in enumerate(values):
        users.append(b"U%d,u%d@example.com,%s,%s,%s\n" %
                     (index, index, quote(value), quote(value), quote(value)))
        teams.append(b"%s,%s,%s,\n" % (quote(value), quote(value), quote(value)))
        users.append(b"%s,%s,A,B,\n" % (quote(value), quote(value)))
        # Broken records, whose text is shown too.
        users.append(b"%s,b\n" % quote(value))
        users.append(b"x%sy\"z,\n" % value.replace(b"\n", b"").replace(b"\r", b"")
                     .replace(b'"', b""))
    scratch.write("hostile/users.csv", b"".join(users))
    scratch.write("hostile/teams.csv", b"".join(teams))
    scratch.write("hostile/deprovision.csv", common.LEAVERS.encode() + b"".join(
        b"%s,%s,%s,%s\n" % ((quote(value),) * 4) for value in values))
    kept = [(b"U%d" % index, value) for index, value in enumerate(values)
            if is_utf8(value) and b"\0" not in value]
    return values, kept


def text_outputs(tally, scratch):
    folder, old = scratch.inputs / "hostile", scratch.inputs / "old"
    for arguments in (["check", folder, "--max-show", "0", "-v"], ["check", folder],
                      ["check", folder, "--privacy", "mask", "--max-show", "0"],
                      ["diff", old, folder, "--max-show", "0"],
                      ["plan", "--from", old, folder, "--max-show", "0"],
                      ["plan", "--from", folder, old, "--max-show", "0"],
                      ["snapshot", folder, "-o", scratch.out / "s.snap"],
                      ["leavers", "--from", old, folder, "-o", scratch.out / "l.csv"],
                      ["fix", folder, "-o", scratch.out / "fixed"],
                      ["records", folder / "users.csv"]):
        result = scratch.run(arguments)
        tally.expect(result.code in common.DOCUMENTED, "a documented exit code", arguments, result)
        harmless(tally, result.err, "stderr of", arguments)
        if arguments[0] != "records":
            harmless(tally, result.out, "stdout of", arguments)
    colored = scratch.run(["check", folder, "--color", "always", "--max-show", "0"])
    plain = re.sub(rb"\x1b\[[0-9;]*m", b"", colored.out)
    harmless(tally, plain, "colours are all that is there")


def json_lines(tally, data, *how):
    rows = []
    for line in data.splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            tally.expect(False, "each line is JSON", *how, error, line[:200])
    tally.expect(bool(rows) and all(isinstance(row, dict) and "type" in row for row in rows),
                 "objects with a type", *how)
    return rows


def json_outputs(tally, scratch, values):
    folder, old = scratch.inputs / "hostile", scratch.inputs / "old"
    shown = {replaced(value) for value in values}
    # Those that some rule speaks about for sure.
    noticed = {replaced(value) for value in values if b"\0" not in value and
               (not is_utf8(value) or b"," in value or b'"' in value)}
    for arguments in (["check", folder], ["diff", old, folder], ["plan", "--from", old, folder],
                      ["plan", "--from", folder, old]):
        for form in ("jsonl", "json", "sync"):
            if (arguments[0], form) == ("diff", "sync"):
                continue
            result = scratch.run(arguments + ["--format", form])
            tally.run()
            harmless(tally, result.out, "JSON is ASCII where it matters", arguments, form)
            if form == "jsonl":
                rows = json_lines(tally, result.out, arguments)
                if arguments[0] == "check":
                    found = {row["value"] for row in rows if row.get("type") == "finding" and
                             row.get("field") == "first_name" and row["code"] != "nul-byte"}
                    tally.expect(noticed <= found <= shown, "values are those of the file",
                                 sorted(noticed - found)[:3], sorted(found - shown)[:3])
            else:
                try:
                    document = json.loads(result.out)
                except ValueError as error:
                    tally.expect(False, "one JSON document", arguments, form, error)
                    continue
                tally.expect(isinstance(document, dict), "an object", arguments, form)
                if form == "sync":
                    tally.expect({"status", "dryRun", "listOfOperations", "errors"} <=
                                 set(document), "the remote's own keys", arguments)


def records_output(tally, scratch, values):
    """Python reads the same file in its strict way; whatever it accepts must be the same."""
    good = [value for value in values if b"\0" not in value]
    data = b"a,b\n" + b"".join(quote(value) + b"," + quote(value) + b"\n" for value in good)
    path = scratch.write("records.csv", data)
    result = scratch.run(["records", path])
    tally.run()
    rows = [json.loads(line) for line in result.out.splitlines()]
    expected = [["a", "b"]] + [[replaced(value)] * 2 for value in good]
    tally.expect(rows == expected, "every value comes back",
                 [pair for pair in zip(rows, expected) if pair[0] != pair[1]][:2])
    text = [value.decode("utf-8") for value in good if is_utf8(value)]
    sound = "a,b\n" + "".join(quote(value.encode()).decode() + ",x\n" for value in text)
    path = scratch.write("sound.csv", sound)
    theirs = list(csv.reader(io.StringIO(sound, newline=""), strict=True))
    ours = [json.loads(line) for line in scratch.run(["records", path]).out.splitlines()]
    tally.run()
    tally.expect(ours == theirs, "Python reads it the same way")


def read_csv(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""),
                           strict=True))


def csv_outputs(tally, scratch, kept):
    folder = scratch.inputs / "hostile"
    scratch.clear()
    fixed = scratch.run(["fix", folder, "-q", "-o", scratch.out / "fixed"])
    tally.run()
    rows = {row[0]: row for row in read_csv(fixed.files["fixed/users.csv"])[1:]}
    for identity, value in kept:
        row = rows.get(identity.decode())
        tally.expect(row is not None and row[2] == value.decode() and row[3] == value.decode(),
                     "fix keeps values as they are", identity, value, row)
    again = scratch.run(["check", scratch.out / "fixed", "--format", "jsonl"])
    summary = json.loads(again.out.splitlines()[-1])
    tally.expect(again.code == 0 and summary["findings"]["error"] == 0, "and is free of errors",
                 again.code, summary)
    rejects = read_csv(fixed.files["fixed/users.rejected.csv"])
    tally.expect(rejects[0] == ["line", "codes", "record"] and
                 all(len(row) == 3 for row in rejects), "rejects are CSV")
    tally.expect(all(row[2][:1] not in tuple("=+-@\t\r") for row in rejects[1:]),
                 "and no formulas", [row for row in rejects[1:] if row[2][:1] in "=+-@\t\r"][:3])
    # Who is gone from the hostile export is all of it, ready to be sent: exact bytes.
    scratch.clear()
    left = scratch.run(["leavers", "--from", folder, scratch.inputs / "old", "-q", "-o",
                        scratch.out / "gone.csv"])
    tally.run()
    gone = {row[0]: row for row in read_csv(left.files["gone.csv"])[1:]}
    for identity, value in kept[25:]:
        row = gone.get(identity.decode())
        tally.expect(row is not None and row[2] == value.decode(), "leavers keep values as they are",
                     identity, value, row)
    check = scratch.run(["check", "--deprovision", scratch.out / "gone.csv", "--format", "jsonl"])
    tally.expect(json.loads(check.out.splitlines()[-1])["findings"]["error"] == 0,
                 "and can be sent", check.out[-300:])


def hostile_names(tally, scratch):
    """Paths are values too."""
    for name in ("\x1b[2Jx", "a\nb", "\u202ex", "\x9b1m", "-o", "--", "%s%n", "a b", "\xff"):
        folder = scratch.inputs / "names"
        folder.mkdir(exist_ok=True)
        path = folder / (name.encode("latin-1", "ignore") or name.encode()).decode("latin-1")
        path.write_bytes(b"id,email,first_name,last_name,team_id\nU1,x,,,\n")
        for arguments in (["check", "--users", path], ["records", path], ["check", path],
                          ["check", "--teams", path, "--format", "jsonl"],
                          ["diff", path, path], ["check", "--users", str(path) + "/missing"],
                          ["check", "--" + name], ["check", "--root", name, path], [name]):
            result = scratch.run(arguments)
            tally.expect(result.code in common.DOCUMENTED, "a documented exit code", arguments,
                         result)
            harmless(tally, result.err, "stderr of", arguments)
            harmless(tally, result.out, "stdout of", arguments)


def run(scratch, options):
    tally = common.Tally("output")
    del options
    values, kept = hostile_export(scratch)
    tally.note("%d values" % len(values))
    text_outputs(tally, scratch)
    json_outputs(tally, scratch, values)
    records_output(tally, scratch, values)
    csv_outputs(tally, scratch, kept)
    hostile_names(tally, scratch)
    return tally
