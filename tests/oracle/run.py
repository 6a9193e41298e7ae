# SPDX-License-Identifier: MIT
"""Runs the program muster on thousands of random exports and compares every answer with oracle.py.

    run.py --muster PATH [--seed S] [--count N] [--what check,plan,diff,leavers,records] [--jobs N]

Where the records of a file are asked for, Python's own csv reader is asked as well, if no quote is out of place.

The same seed and case number give the same case again: run.py --muster PATH --seed S --what W --only I. The files and
the output of a case that does not match are kept in a folder, which is named; the exit status is then 1. Where the
contract leaves a detail of the JSON open (how an added user looks), several answers count as right."""

import argparse
import csv
import io
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import oracle
import random_exports

WHATS = ["check", "plan", "diff", "leavers", "records"]
TIMEOUT = 60
csv.field_size_limit(1 << 20)
LONG = 200                 # values longer than this may be shortened by the program


class Mismatch(Exception):
    pass


# ---------------------------------------------------------------------------------------------------------------------
# Running the program

class Runner:
    """One case: a folder of its own, the commands that ran in it, and what was wrong."""

    def __init__(self, muster, folder, verbose=False):
        self.muster, self.folder, self.verbose = muster, folder, verbose
        self.commands, self.problems = [], []
        self.stdin = b""
        self.environment = dict(os.environ, NO_COLOR="1")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, folder, files):
        os.makedirs(self.path(folder), exist_ok=True)
        for kind, data in files.items():
            if data is not None:
                with open(self.path("%s/%s.csv" % (folder, kind)), "wb") as out:
                    out.write(data)

    def run(self, *arguments, stdin=None):
        command = [self.muster] + list(arguments)
        self.commands.append(" ".join(command))
        try:
            done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, timeout=TIMEOUT,
                                  input=self.stdin if stdin is None else stdin)
        except subprocess.TimeoutExpired:
            raise Mismatch("no answer within %d s" % TIMEOUT)
        self.commands.append("  -> %d" % done.returncode)
        if done.returncode < 0 or done.returncode == 70 or b"Sanitizer" in done.stderr \
                or b"runtime error:" in done.stderr:
            raise Mismatch("%s crashed (%d): %s" % (arguments[0], done.returncode,
                                                    done.stderr[-600:].decode("utf-8", "replace")))
        self.last_error = done.stderr
        return done.returncode, done.stdout

    def wrong(self, text, *values):
        self.problems.append(text % values if values else text)

    def expect(self, condition, text, *values):
        if not condition:
            self.wrong(text, *values)
        return condition

    def expect_exit(self, code, allowed):
        if not isinstance(allowed, (set, tuple, list)):
            allowed = [allowed]
        if code not in allowed:
            self.wrong("exit code %d, expected %s; stderr: %s", code, " or ".join(map(str, sorted(allowed))),
                       self.last_error[-300:].decode("utf-8", "replace"))


def no_duplicate_keys(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise Mismatch("a JSON object with the same key twice: %s" % keys)
    return dict(pairs)


def json_lines(data):
    objects = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Mismatch("the output is not UTF-8: %s" % error)
    if text and not text.endswith("\n"):
        raise Mismatch("the output does not end with a line end: %r" % text[-80:])
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            objects.append(json.loads(line, object_pairs_hook=no_duplicate_keys))
        except ValueError as error:
            raise Mismatch("line %d of the output is not JSON (%s): %s" % (number, error, line[:200]))
    return objects


def of_type(objects, wanted):
    return [one for one in objects if isinstance(one, dict) and one.get("type") == wanted]


# ---------------------------------------------------------------------------------------------------------------------
# check

OFFERING = ("unknown-parent-team", "unknown-team", "unknown-manager", "unknown-root-team")


def describe(finding):
    return "%s %s %s:%s %s %.60r" % (finding.severity, finding.code, finding.file, finding.line, finding.field,
                                     finding.value)


def describe_json(one):
    return "%s %s %s:%s %s %.60r" % (one.get("severity"), one.get("code"), one.get("file"), one.get("line"),
                                     one.get("field"), one.get("value"))


def finding_complaint(want, got):
    """Nothing, or what is not right about a JSON finding."""
    if got.get("code") != want.code:
        return "code"
    if got.get("severity") != want.severity:
        return "severity"
    if got.get("file") != want.file:
        return "file"
    if want.code == "unknown-root-team":
        return "" if got.get("value") == want.value else "value"
    if got.get("line") != want.line:
        return "line"
    if got.get("field") != want.field:
        return "field"
    value = None if want.code == "field-too-long" else want.value
    if got.get("value") != value and len(value or "") <= LONG:
        return "value"

    places = [(one.get("file"), one.get("line")) for one in got.get("related") or []]
    if places != want.related:
        return "related %s instead of %s" % (places, want.related)

    # An id is offered where the oracle knows of one, and none elsewhere.
    offers = " did you mean " in str(got.get("message")).replace(str(got.get("value")), "")
    if want.code in OFFERING and want.must_say is None and offers:
        return "message (offers an id: %r)" % got.get("message")
    if want.must_say is not None and len(want.must_say) <= LONG and want.must_say.isprintable():
        said = " ".join(str(got.get(key)) for key in ("message", "value", "effect", "final_name", "note", "hint"))
        if want.must_say not in said:
            return "message (without %r: %r)" % (want.must_say, got.get("message"))
    for key in ("message", "effect"):
        if not isinstance(got.get(key), str) or not got.get(key):
            return key
    return ""


def compare_findings(case, want, objects):
    got = of_type(objects, "finding")
    want_rows = [one for one in want.findings if one.code != "unknown-root-team"]
    got_rows = [one for one in got if one.get("code") != "unknown-root-team"]
    for place in range(max(len(want_rows), len(got_rows))):
        if place >= len(got_rows):
            case.wrong("finding %d is missing: %s", place, describe(want_rows[place]))
            break
        if place >= len(want_rows):
            case.wrong("finding %d is too many: %s", place, describe_json(got_rows[place]))
            break
        complaint = finding_complaint(want_rows[place], got_rows[place])
        if complaint:
            case.wrong("finding %d, wrong %s:\n    expected %s\n    got      %s", place, complaint,
                       describe(want_rows[place]), describe_json(got_rows[place]))
            break
    want_roots = {one.value: one for one in want.findings if one.code == "unknown-root-team"}
    got_roots = {one.get("value"): one for one in got if one.get("code") == "unknown-root-team"}
    if case.expect(set(want_roots) == set(got_roots), "unknown-root-team: expected %s, got %s", sorted(want_roots),
                   sorted(map(str, got_roots))):
        for value, one in want_roots.items():
            complaint = finding_complaint(one, got_roots[value])
            case.expect(not complaint, "unknown-root-team %r: wrong %s", value, complaint)


def compare_summary(case, want, objects):
    summaries = of_type(objects, "summary")
    if not case.expect(len(summaries) == 1, "%d summaries", len(summaries)):
        return
    summary = summaries[0]
    for part, counts in (("records", want.records), ("kept", want.kept)):
        for kind, count in counts.items():
            if count is not None:                              # after a fatal finding the figures are open
                got = (summary.get(part) or {}).get(kind)
                case.expect(got == count, "%s of %s: %s, expected %s", part, kind, got, count)
    codes = {code: count for code, count in (summary.get("codes") or {}).items() if count}
    case.expect(codes == want.codes(), "codes: %s, expected %s", codes, want.codes())
    case.expect(summary.get("findings") == want.severities(), "findings: %s, expected %s", summary.get("findings"),
                want.severities())


def compare_not_run(case, want, objects):
    codes = {one.get("code") for one in of_type(objects, "not-run")}
    case.expect(want.not_run <= codes <= want.not_run | want.not_run_allowed, "not run: %s, expected %s",
                sorted(map(str, codes)), sorted(want.not_run))


def named_files(case, rng, folder, files):
    """A folder, or its files by name, or by flag, or one of them from standard input: all the same."""
    how = rng.random()
    there = [kind for kind, data in files.items() if data is not None]
    if how < 0.7:
        return [folder]
    rng.shuffle(there)
    if how < 0.85:
        return ["%s/%s.csv" % (folder, kind) for kind in there]
    arguments = []
    streamed = rng.choice(there) if how > 0.93 else None
    for kind in there:
        arguments += ["--" + kind, "-" if kind == streamed else "%s/%s.csv" % (folder, kind)]
    case.stdin = files[streamed] if streamed else b""
    return arguments


def some_jobs(rng):
    return ["-j", str(rng.choice([1, 2, 3, 8]))] if rng.random() < 0.2 else []


def grade_flags(grades):
    """--ignore and --severity for what random_grades gives."""
    flags = []
    for code, severity in grades.items():
        flags += ["--ignore", code] if severity is None else ["--severity", "%s=%s" % (code, severity)]
    return flags


def regrade(want, grades):
    """What a rule removes does not change by that, and fatal findings stay what they are."""
    for finding in want.findings:
        if finding.severity != "fatal":
            finding.severity = grades.get(finding.code, finding.severity)
    want.findings = [finding for finding in want.findings if finding.severity is not None]


def compare_formats(case, objects, arguments):
    """The same answer as one document, and as the remote would give it."""
    code, output = case.run(*arguments, "--format", "json")
    try:
        document = json.loads(output.decode("utf-8"), object_pairs_hook=no_duplicate_keys)
    except ValueError as error:
        raise Mismatch("json is no document: %s" % error)
    for kind, key in (("finding", "findings"), ("not-run", "notRun"), ("guard", "guards"), ("operation", "operations")):
        lines = of_type(objects, kind)
        case.expect(document.get(key, []) == lines, "json: other %s than in JSON Lines", key)
    for line in of_type(objects, "summary"):
        case.expect(document.get("summary") == {name: value for name, value in line.items() if name != "type"},
                    "json: another summary")

    again, output = case.run(*arguments, "--format", "sync")
    case.expect(again == code, "sync: exit code %d instead of %d", again, code)
    answer = json.loads(output.decode("utf-8"), object_pairs_hook=no_duplicate_keys)
    severities = [one["severity"] for one in of_type(objects, "finding")]
    if "fatal" in severities:
        case.expect(answer.get("status") == "Invalid data", "sync: status %s", answer.get("status"))
        case.expect(len(answer.get("errors", [])) == severities.count("fatal"), "sync: %s", answer)
        return
    texts = [one["text"] for one in of_type(objects, "operation")]
    case.expect(answer.get("listOfOperations") == texts, "sync: other operations")
    case.expect(len(answer.get("errors", [])) == severities.count("error"), "sync: %d errors", len(answer["errors"]))
    case.expect(answer.get("dryRun") is True, "sync: dryRun %s", answer.get("dryRun"))


HEADLINE = re.compile(r"^(?:[^ ]+: )?(fatal|error|warning|info): .* \[([a-z0-9-]+)\]$")
AFFECTED = re.compile(r"^    affects: +([0-9,]+) (?:user|team|record)s?, of which this is the first$")
MORE = re.compile(r"^\u2026 and ([0-9,]+) more ([a-z0-9-]+) \(--max-show 0 shows all\)$")
TOTAL = re.compile(r"^    +([0-9,]+)  ([a-z0-9-]+)$")
WORST_FIRST = ["fatal", "error", "warning", "info"]


def cause_of(finding, circles):
    """What makes two findings of a code speak once for people; None where the contract leaves it open."""
    if finding.code in OFFERING:
        return finding.value
    if finding.code == "team-cycle":
        return tuple(sorted(finding.related))
    if finding.code in ("removed-parent-team", "removed-team"):
        return None if circles else tuple(finding.related)
    if finding.code in ("duplicate-user-id", "duplicate-email", "duplicate-team-id"):
        return tuple(finding.related)
    return finding.order


def compare_text(case, want, arguments, show_max):
    """For people: so many of each code at most, worst first, root causes once, and nobody is lost on the way."""
    _, output = case.run(*arguments, "--format", "text", *([] if show_max == 10 else ["--max-show", str(show_max)]))
    entries, more, totals, severities = {}, {}, {}, []
    for line in output.decode("utf-8").split("\n"):
        for pattern, found in ((HEADLINE, 0), (AFFECTED, 1), (MORE, 2), (TOTAL, 3)):
            match = pattern.match(line)
            if not match:
                continue
            count = int(match.group(1).replace(",", "")) if found else 1
            if found == 0:
                code = match.group(2)
                entries.setdefault(code, []).append(1)
                severities.append(WORST_FIRST.index(match.group(1)))
            elif found == 1:
                entries[code][-1] = count
            else:
                (more if found == 2 else totals)[match.group(2)] = count
    case.expect(severities == sorted(severities), "text: not the worst first")
    case.expect(totals == want.codes(), "text: totals %s, expected %s", totals, want.codes())
    circles = any(finding.code == "team-cycle" for finding in want.findings)
    for code, total in want.codes().items():
        causes = {}
        for finding in want.findings:
            if finding.code == code:
                cause = cause_of(finding, circles), finding.file
                causes[cause] = causes.get(cause, 0) + 1
        sizes = sorted(causes.values(), reverse=True)
        shown = entries.get(code, [])
        case.expect(sum(shown) + more.get(code, 0) == total, "text: %s and %s more of %d %s", shown, more.get(code),
                    total, code)
        # A quote error in a header is fatal, and told even where enough others have been.
        header = code == "stray-quote" and any(one.severity == "fatal" for one in want.findings if one.code == code)
        if not header and not (circles and code.startswith("removed-")):
            sizes = sizes[:show_max or None]
            case.expect(shown == sizes, "text: entries of %s speak for %s, expected %s", code, shown, sizes)


def case_check(case, rng):
    export = random_exports.random_export(rng)
    roots = random_exports.random_roots(export.model, rng)
    trim = rng.random() < 0.2
    grades = random_exports.random_grades(rng) if rng.random() < 0.15 else {}
    case.write("in", export.files)
    want = oracle.check(export.users, export.teams, export.deprovision, roots, trim)
    regrade(want, grades)

    flags = (["--root", ",".join(roots)] if roots else []) + some_jobs(rng) + grade_flags(grades)
    flags += ["--trim"] if trim else []
    strict = rng.random() < 0.1
    if strict:
        flags.append("--strict")
    fail_on = rng.choice(["error"] * 8 + ["warning", "never"])
    if fail_on != "error":
        flags += ["--fail-on", fail_on]
    arguments = ["check", *flags, *named_files(case, rng, "in", export.files)]
    code, output = case.run(*arguments, "--format", "jsonl")
    objects = json_lines(output)
    case.expect(bool(objects) and objects[0].get("type") == "start", "the first line is not 'start'")
    compare_findings(case, want, objects)
    compare_summary(case, want, objects)
    compare_not_run(case, want, objects)
    case.expect_exit(code, want.exit_code(fail_on))
    if rng.random() < 0.2:
        compare_formats(case, objects, arguments)
    if rng.random() < 0.3:
        compare_text(case, want, arguments, rng.choice([10, 10, 0, 1, 2]))

    if grades:
        want = oracle.check(export.users, export.teams, export.deprovision, roots, trim)
    follow = rng.random()
    if follow < 0.3:
        check_fix(case, want, ["--trim"] if trim else [])
    elif follow < 0.45 and not want.fatal_files and export.users is not None and export.teams is not None:
        check_snapshot(case, want, ["--trim"] if trim else [])


def compare_rosters(case, want, got, what):
    for part in ("users", "teams"):
        one, other = getattr(want, part), getattr(got, part)
        if one != other:
            missing = [item for item in one if item not in other]
            extra = [item for item in other if item not in one]
            case.wrong("%s: %s differ: expected %.300r, got %.300r%s", what, part, missing[:2], extra[:2],
                       "" if missing or extra else " (another order)")


REJECTING = {code for code, number, severity in oracle.RULES if 1 <= number <= 3}


def check_rejects(case, want):
    """The rejected records: each with its line and all that was found in it."""
    for kind in want.records:
        rejected = {}
        for finding in want.findings:
            if finding.file == kind and finding.code in REJECTING:
                codes = rejected.setdefault(finding.line, [])
                codes += [finding.code] if finding.code not in codes else []
        path = case.path("out/%s.rejected.csv" % kind)
        if not case.expect(os.path.exists(path) == bool(rejected), "%s.rejected.csv is %s there", kind,
                           "not" if rejected else "nevertheless") or not rejected:
            continue
        with open(path, "rb") as stream:
            rows = [record.fields for record in oracle.read_records(stream.read()).records]
        got = {int(row[0]): row[1].decode().split() for row in rows[1:]}
        case.expect(rows[0] == [b"line", b"codes", b"record"], "rejects begin with %s", rows[0])
        case.expect(len(got) == len(rows) - 1, "a rejected record stands twice")
        case.expect(got == rejected, "rejected %s: %s, expected %s", kind, got, rejected)


def check_fix(case, want, flags):
    code, _ = case.run("fix", "in", "-o", "out", *flags)
    case.expect_exit(code, 0 if only_roots(want) else want.exit_code())
    files = {}
    for kind in oracle.FILES:
        path = case.path("out/%s.csv" % kind)
        files[kind] = None
        if os.path.exists(path):
            with open(path, "rb") as stream:
                files[kind] = stream.read()
    there = {kind for kind, data in files.items() if data is not None}
    if want.fatal_files:
        case.expect(not there, "fix wrote %s after a fatal finding", sorted(there))
        return
    if not case.expect(there == set(want.records), "fix wrote %s, expected %s", sorted(there), sorted(want.records)):
        return
    check_rejects(case, want)
    again = oracle.check(files["users"], files["teams"], files["deprovision"])
    bad = [finding for finding in again.findings if finding.severity in ("fatal", "error")]
    case.expect(not bad, "the fixed files still have: %s", describe(bad[0]) if bad else "")
    compare_rosters(case, want.roster, again.roster, "fixed files")
    case.expect(again.deprovision == want.deprovision, "fixed files: deprovision differs")


def only_roots(want):
    """fix runs without --root here: are the errors about roots alone?"""
    errors = {finding.code for finding in want.findings if finding.severity in ("fatal", "error")}
    return errors <= {"unknown-root-team"}


def check_snapshot(case, want, flags):
    code, _ = case.run("snapshot", "in", "-o", "snap", *flags)
    case.expect_exit(code, 0 if only_roots(want) else want.exit_code())
    code, output = case.run("diff", "snap", "in", "--exit-code", "--format", "jsonl", *flags)
    found = of_type(json_lines(output), "difference")
    case.expect(not found, "a snapshot differs from its own files: %s", found[:2])
    # A comparison does not look at who is deprovisioned.
    want.findings = [finding for finding in want.findings if finding.file != "deprovision"]
    case.expect_exit(code, 0 if only_roots(want) else 1)


# ---------------------------------------------------------------------------------------------------------------------
# diff and plan

def prepare_pair(case, rng, roots=False):
    """The last is whether to --trim. The old export is read without --root."""
    old, new = random_exports.random_pair(rng)
    trim = rng.random() < 0.1
    case.write("old", old.files)
    case.write("new", new.files)
    case.roots = random_exports.some_roots(new.model, rng) if roots and rng.random() < 0.3 else []
    before = oracle.check(old.users, old.teams, trim=trim)
    after = oracle.check(new.users, new.teams, new.deprovision, case.roots, trim)
    return old, new, before, after, ["--trim"] if trim else []


def as_snapshot(case, folder, result, trim):
    code, _ = case.run("snapshot", folder, "-o", folder + ".snap", *trim)
    case.expect_exit(code, result.exit_code())
    return folder + ".snap"


def plain(value):
    """null and "" are the same."""
    return value or ""


def difference_from_json(one, matching):
    entity, change, field, wanted = one.get("entity"), one.get("change"), one.get("field"), one.get("id")
    if change in ("added", "removed"):
        return oracle.Difference(entity, change, wanted, None, "", "")
    renamed = matching.new_user if entity == "user" else matching.new_team
    return oracle.Difference(entity, change, renamed.get(wanted, wanted), field, plain(one.get("old")),
                             plain(one.get("new")))


def case_diff(case, rng):
    old, new, before, after, trim = prepare_pair(case, rng)
    if before.fatal_files or after.fatal_files:
        return
    left = as_snapshot(case, "old", before, trim) if rng.random() < 0.3 else "old"
    right = as_snapshot(case, "new", after, trim) if rng.random() < 0.3 else "new"
    exit_code = rng.random() < 0.3
    code, output = case.run("diff", left, right, "--format", "jsonl", *(["--exit-code"] if exit_code else []),
                            *some_jobs(rng), *trim)
    matching = oracle.Matching(before.roster, after.roster)
    got = [difference_from_json(one, matching) for one in of_type(json_lines(output), "difference")]
    want = {one._replace(old=plain(one.old), new=plain(one.new))
            for one in oracle.diff(before.roster, after.roster)}
    case.expect(len(set(got)) == len(got), "a difference stands twice")
    missing, extra = want - set(got), set(got) - want
    if missing or extra:
        case.wrong("differences: missing %s\n    too many %s", sorted(missing, key=repr)[:4],
                   sorted(extra, key=repr)[:4])
    # Findings of the old roster are no matter here, and neither is who is deprovisioned. A snapshot has none; those
    # of the new roster go before 10.
    found = oracle.check(new.users, new.teams, trim=bool(trim)).exit_code() if right == "new" else 0
    case.expect_exit(code, found or (10 if exit_code and want else 0))


def case_plan(case, rng):
    old, new, before, after, trim = prepare_pair(case, rng, roots=True)
    if before.fatal_files:
        return
    flags = some_jobs(rng) + (["--root", ",".join(case.roots)] if case.roots else []) + trim
    strict = rng.random() < 0.05
    if strict:
        flags.append("--strict")
    keep = new.deprovision is not None and rng.random() < 0.6
    retain = keep and rng.random() < 0.5
    flags += (["--keep-users"] if keep else []) + (["--retain-privileges"] if retain else [])
    limits, subtree_limits = random_exports.random_limits(rng)
    for flag, some in (("--limit", limits), ("--limit-subtree", subtree_limits)):
        for kind, limit in some.items():
            flags += [flag, "%s=%s" % (kind, limit)]
    source = as_snapshot(case, "old", before, trim) if rng.random() < 0.3 else "old"
    arguments = ["plan", "--from", source, *flags, *named_files(case, rng, "new", new.files)]
    code, output = case.run(*arguments, "--format", "jsonl")
    objects = json_lines(output)
    compare_findings(case, after, objects)
    compare_summary(case, after, objects)
    operations = of_type(objects, "operation")
    for operation in operations:
        text = operation.get("text")
        if not case.expect(isinstance(text, str) and text and "\n" not in text and "\r" not in text,
                           "an operation without a one-line text: %s", operation):
            break

    if after.fatal_files or strict and after.exit_code():
        case.expect(not operations, "%d operations, though nothing can be sent", len(operations))
        case.expect_exit(code, 1)
        return
    if rng.random() < 0.2:
        compare_formats(case, objects, arguments)
    compare_plan(case, before, after, operations, (keep, retain))
    compare_guards(case, before, after, objects, code, (limits, subtree_limits))


def split_operations(operations, want):
    """Those of the sync, which takes `want` manager places away, and those of the deprovision file behind them."""
    places = 0
    for end, one in enumerate(operations):
        places += one.get("kind") == "removeTeamManager"
        if one.get("kind") in ("removeUser", "removeLicense") or places > want:
            return operations[:end], operations[end:]
    return operations, []


def compare_plan(case, before, after, operations, deprovision):
    want = oracle.expected_operation_counts(before.roster, after.roster, case.roots)
    wanted, circles = after.roster, set()
    if case.roots:
        wanted, circles = oracle.scoped_roster(before.roster, after.roster, case.roots)
    operations, licence = split_operations(operations, want["removeTeamManager"])
    keep, retain = deprovision
    want_licence = oracle.deprovision_operations(after.deprovision, before.roster, keep, retain, operations,
                                                 after.roster, bool(case.roots))
    got_licence = [tuple(one[key] for key in ("kind", "user", "team") if key in one) for one in licence]
    case.expect(got_licence == want_licence, "deprovision: %s, expected %s", got_licence, want_licence)

    state, problems = oracle.replay(before.roster, operations, after.roster)
    for number, text in problems[:3]:
        case.wrong("operation %d is not valid: %s\n    %s", number, text, operations[number])
    difference = oracle.same_teams(state, wanted, circles)
    case.expect(not difference, "the plan does not give the new roster: %s", difference)

    got = dict.fromkeys(oracle.PHASE, 0)
    temporary = 0
    for operation in operations:
        if operation.get("kind") == "renameTeam" and operation.get("temporary"):
            temporary += 1
        elif operation.get("kind") in got:
            got[operation["kind"]] += 1
    if circles:
        want["moveTeam"] = got["moveTeam"]
    wrong = {kind: (got[kind], want[kind]) for kind in want if got[kind] != want[kind]}
    case.expect(not wrong, "not minimal (kind: got, expected): %s", wrong)
    if not case.roots:
        want_temporary = oracle.expected_temporary_renames(before.roster, after.roster)
        case.expect(want_temporary is None or temporary == want_temporary, "%d temporary renames, expected %s",
                    temporary, want_temporary)


def compare_guards(case, before, after, objects, code, all_limits):
    limits, subtree_limits = all_limits
    operations = of_type(objects, "operation")
    counts = {}
    for operation in operations:
        counts[operation["kind"]] = counts.get(operation["kind"], 0) + 1
    for summary in of_type(objects, "summary"):
        got = {kind: count for kind, count in (summary.get("operations") or {}).items() if count}
        case.expect(got == counts, "the summary counts %s, there are %s", got, counts)

    tripped = {(one.get("kind"), one.get("team")): (one.get("count"), one.get("population"))
               for one in of_type(objects, "guard") if one.get("tripped")}
    former = {other.id: one.id for one, other in oracle.match_teams(before.roster, after.roster)}
    got = {(kind, former.get(team, team)): figures for (kind, team), figures in tripped.items()}
    want = {(kind, None): figures
            for kind, figures in oracle.guards(before.roster, after.roster, counts, limits).items()}
    want.update(oracle.subtree_guards(before.roster, after.roster, operations, subtree_limits))
    for place, (count, population) in want.items():
        if population is None and place in got:
            want[place] = (count, got[place][1])
    case.expect(got == want, "guards: %s, expected %s", got, want)
    case.expect_exit(code, 4 if want else after.exit_code())


def case_leavers(case, rng):
    old, new, before, after, trim = prepare_pair(case, rng)
    if before.fatal_files:
        return
    source = as_snapshot(case, "old", before, trim) if rng.random() < 0.3 else "old"
    code, _ = case.run("leavers", "--from", source, "new", "-o", "leavers.csv", *some_jobs(rng), *trim)
    there = os.path.exists(case.path("leavers.csv"))
    want = oracle.check(new.users, new.teams, trim=bool(trim))
    case.expect_exit(code, want.exit_code())
    if not case.expect(there == (not want.fatal_files), "leavers.csv: %s", there) or not there:
        return
    with open(case.path("leavers.csv"), "rb") as stream:
        data = stream.read()
    rows = [record.fields for record in oracle.read_records(data).records]
    gone = oracle.Matching(before.roster, after.roster).removed_users
    people = [tuple(value.decode() for value in row) for row in rows[1:]]
    case.expect(rows[0] == [name.encode() for name in oracle.REQUIRED["deprovision"]], "leavers begin with %s", rows[0])
    case.expect(people == [user[:4] for user in gone], "leavers: %.300r, expected %.300r", people, gone)


# ---------------------------------------------------------------------------------------------------------------------
# records

def csv_records(data):
    """What Python's own reader makes of bytes without a quote error. An empty line is an empty row to it."""
    text = data.removeprefix(oracle.BOM).decode("latin-1")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return [[value.encode("latin-1") for value in row] for row in rows if row]


def case_records(case, rng):
    data = random_exports.random_bytes(rng)
    trim = rng.random() < 0.35
    case.write("in", {"users": data})
    flags = ["--trim"] if trim else []
    if rng.random() < 0.15:
        code, output = case.run("records", *flags, "-", stdin=data)
    else:
        code, output = case.run("records", *flags, "in/users.csv")
    got = json_lines(output)

    if oracle.is_unreadable(data):
        if len(data) < 64 and b"\x00" in data:
            return                            # "every other of the first 64 bytes" of fewer bytes is open
        case.expect(got == [], "records of an unreadable file: %.200r", got[:2])
        case.expect_exit(code, 1)
        return
    reading = oracle.read_records(data, trim)
    want = [[oracle.shown(value) for value in record.fields] for record in reading.records]
    if reading.errors and reading.errors[0].first:
        want = []                             # a quote error in the header record is fatal
    if got != want:
        place = next((place for place, (one, other) in enumerate(zip(want, got)) if one != other),
                     min(len(want), len(got)))
        case.wrong("record %d: got %.200r, expected %.200r (%d and %d records)", place, got[place:place + 1],
                   want[place:place + 1], len(got), len(want))
    if reading.errors or reading.unterminated is not None:
        case.expect_exit(code, 1)
    else:
        if not trim:
            third = csv_records(data)
            case.expect([record.fields for record in reading.records] == third,
                        "Python's reader gives %.200r", third)
        widths = {len(record.fields) for record in reading.records}
        dirty = len(widths) != 1 or b"\x00" in data or not oracle.is_utf8(data) or len(data) > oracle.MAX_FIELD
        case.expect_exit(code, {0, 1} if dirty else {0})


# ---------------------------------------------------------------------------------------------------------------------

CASES = {"check": case_check, "plan": case_plan, "diff": case_diff, "leavers": case_leavers,
         "records": case_records}


def run_case(options, number, keep):
    """Nothing, or the report of a case that does not match."""
    whats = options.what
    what = whats[number % len(whats)]
    rng = random.Random("%s:%s:%d" % (options.seed, what, number))
    folder = tempfile.mkdtemp(prefix="muster-oracle-")
    case = Runner(options.muster, folder)
    try:
        CASES[what](case, rng)
    except Mismatch as error:
        case.wrong("%s", error)
    if not case.problems:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    report = "%s, seed %s, case %d:\n" % (what, options.seed, number)
    report += "".join("  " + problem + "\n" for problem in case.problems[:8])
    with open(case.path("report.txt"), "w", encoding="utf-8", errors="backslashreplace") as out:
        out.write(report + "\n" + "\n".join(case.commands) + "\n")
    target = os.path.join(keep, "%s-%s-%d" % (what, options.seed, number))
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(keep, exist_ok=True)
    shutil.move(folder, target)
    return report + "  kept in %s; again: --seed %s --what %s --only %d\n" % (target, options.seed, ",".join(whats),
                                                                              number)


_job = None


def start_job(options, keep):
    global _job
    _job = (options, keep)


def run_numbered(number):
    return run_case(_job[0], number, _job[1])


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--muster", required=True, help="the program")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--count", type=int, default=2000, help="how many cases")
    parser.add_argument("--what", default="all", help="all, or a list of: " + ", ".join(WHATS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, help="run this one case")
    parser.add_argument("--keep", help="the folder for cases that do not match")
    parser.add_argument("--max-failures", type=int, default=10, help="stop after so many")
    options = parser.parse_args(arguments)
    options.what = WHATS if options.what == "all" else options.what.split(",")
    if any(what not in CASES for what in options.what):
        parser.error("--what takes " + ", ".join(WHATS))
    options.muster = os.path.abspath(options.muster)
    if not os.access(options.muster, os.X_OK):
        parser.error("no program at " + options.muster)
    return options


def main(arguments):
    options = parse_arguments(arguments)
    keep = os.path.abspath(options.keep or os.path.join(tempfile.gettempdir(), "muster-oracle-failures"))
    numbers = [options.only] if options.only is not None else range(options.count)
    failures = done = 0

    def take(results):
        nonlocal failures, done
        for report in results:
            done += 1
            if report:
                failures += 1
                print(report, flush=True)
                if failures >= options.max_failures:
                    break

    if options.jobs <= 1 or options.only is not None:
        take(run_case(options, number, keep) for number in numbers)
    else:
        with multiprocessing.Pool(options.jobs, start_job, (options, keep)) as pool:
            take(pool.imap_unordered(run_numbered, numbers, 8))
            pool.terminate()
    print("%d cases, %d do not match" % (done, failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
