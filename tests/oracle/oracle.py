# SPDX-License-Identifier: MIT
"""A second, independent reading of muster's contract, to test the program against.

Plain Python 3 with the standard library only: slow, small, and written so that every statement of the contract
(CSV dialect, rules, final names, differences, plans, guards) can be found again in one place. Nothing here is shared
with the program. Where the contract leaves a choice, it is the one that README.md tells.

    read_records(data, trim)                what the CSV dialect makes of some bytes
    check(users, teams, deprovision, ...)   findings in order, the roster that is kept, counts, rules that did not run
    diff(old, new)                          the set of differences between two rosters
    replay(old, operations, new)            applies a plan step by step and says which steps are not valid
    expected_operation_counts(old, new)     how many operations of each kind a minimal plan has
    guards(old, new, counts)                which limits trip
"""

import bisect
import codecs
from collections import namedtuple
from dataclasses import dataclass, field as dataclass_field

# ---------------------------------------------------------------------------------------------------------------------
# Tables of sections 3 and 4

REQUIRED = {
    "users": ["id", "email", "first_name", "last_name", "team_id"],
    "teams": ["id", "name", "manager_ids", "parent_team_id"],
    "deprovision": ["id", "email", "first_name", "last_name"],
}
MUST_HAVE = {"users": ["id", "email"], "teams": ["id", "name"], "deprovision": ["id", "email"]}
FILES = ["users", "teams", "deprovision"]

# code, pass, severity: in the order of the table
RULES = [
    ("unreadable-encoding", 0, "fatal"),
    ("empty-file", 0, "fatal"),
    ("missing-header", 0, "fatal"),
    ("duplicate-header", 0, "fatal"),
    ("unterminated-quote", 0, "fatal"),
    ("extra-header", 0, "info"),
    ("stray-quote", 1, "error"),
    ("field-count", 1, "error"),
    ("nul-byte", 1, "error"),
    ("invalid-utf8", 1, "error"),
    ("field-too-long", 1, "error"),
    ("missing-value", 1, "error"),
    ("duplicate-user-id", 2, "error"),
    ("duplicate-email", 2, "error"),
    ("duplicate-team-id", 2, "error"),
    ("unknown-parent-team", 3, "error"),
    ("team-cycle", 3, "error"),
    ("removed-parent-team", 3, "error"),
    ("unknown-team", 4, "error"),
    ("removed-team", 4, "error"),
    ("unknown-manager", 4, "warning"),
    ("unknown-root-team", 4, "error"),
    ("duplicate-team-name", 5, "info"),
    ("team-name-collision", 5, "warning"),
    ("team-name-length", 5, "warning"),
    ("invalid-email", 6, "warning"),
    ("surrounding-space", 6, "warning"),
    ("control-character", 6, "warning"),
    ("case-collision", 6, "warning"),
    ("special-character", 6, "info"),
]
RULE_PASS = {code: number for code, number, _ in RULES}
RULE_SEVERITY = {code: severity for code, _, severity in RULES}
RULE_PLACE = {code: place for place, (code, _, _) in enumerate(RULES)}

MAX_FIELD = 64 * 1024
BOM = b"\xef\xbb\xbf"

_UPPER_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def ascii_lower(text):
    return text.translate(_UPPER_TO_LOWER)


def _each_bad_byte(error):
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("muster-each-bad-byte", _each_bad_byte)


def shown(raw):
    """The text of a value; each byte that is not part of valid UTF-8 becomes U+FFFD."""
    return raw.decode("utf-8", "muster-each-bad-byte")


# ---------------------------------------------------------------------------------------------------------------------
# Section 3: reading CSV

Record = namedtuple("Record", "line offset fields")
# line: of the broken record's first byte; offset: of the offending byte; first: it is the header record
StrayQuote = namedtuple("StrayQuote", "line offset first")


@dataclass
class Reading:
    records: list
    errors: list
    unterminated: int = None     # the line of the opening quote that nothing closes


def line_starts(data):
    """The offsets at which physical lines start; CRLF, LF and a lone CR each end one line."""
    starts = [0]
    for place, byte in enumerate(data):
        if byte == 0x0A:
            starts.append(place + 1)
        elif byte == 0x0D and data[place + 1:place + 2] != b"\n":
            starts.append(place + 1)
    return starts


def read_records(data, trim=False):
    """libcsv with CSV_STRICT | CSV_STRICT_FINI on what follows one BOM; trim = with its default space function."""
    starts = line_starts(data)

    def line_of(offset):
        return bisect.bisect_right(starts, offset)

    blanks = b" \t" if trim else b""
    ends = b"\r\n"
    result = Reading([], [])

    state = "row"             # row, field, unquoted, quoted, closing
    fields = []               # finished fields of this record
    value = bytearray()       # the field being read
    spaces = 0                # blanks at its end (trim) or behind its closing quote
    record_at = 0
    quote_at = 0

    def end_field():
        nonlocal value, spaces
        fields.append(bytes(value))
        value = bytearray()
        spaces = 0

    def end_record():
        nonlocal fields
        result.records.append(Record(line_of(record_at), record_at, fields))
        fields = []

    at = len(BOM) if data.startswith(BOM) else 0
    while at < len(data):
        byte = data[at]
        stray = False

        if state == "row" and (byte in ends or byte in blanks):
            pass                                     # an empty line, or (trim) the blanks at its start
        elif state in ("row", "field"):
            if state == "row":
                record_at = at
            if byte in blanks:
                pass
            elif byte in ends:
                end_field()
                end_record()
                state = "row"
            elif byte == 0x2C:
                end_field()
                state = "field"
            elif byte == 0x22:
                quote_at = at
                state = "quoted"
            else:
                value.append(byte)
                state = "unquoted"
        elif state == "unquoted":
            if byte == 0x22:
                stray = True
            elif byte == 0x2C or byte in ends:
                if spaces:
                    del value[-spaces:]
                end_field()
                state = "field"
                if byte in ends:
                    end_record()
                    state = "row"
            else:
                value.append(byte)
                spaces = spaces + 1 if byte in blanks else 0
        elif state == "quoted":
            if byte == 0x22:
                state = "closing"
                spaces = 0
            else:
                value.append(byte)
        elif state == "closing":                     # behind a quotation mark in a quoted field
            if byte == 0x2C:
                end_field()
                state = "field"
            elif byte in ends:
                end_field()
                end_record()
                state = "row"
            elif byte in blanks:
                spaces += 1
            elif byte == 0x22 and spaces == 0:
                value.append(byte)
                state = "quoted"
            else:
                stray = True

        if stray:
            first = not result.records and not result.errors
            result.errors.append(StrayQuote(line_of(record_at), at, first))
            while at < len(data) and data[at] not in ends:
                at += 1                              # resume after the next CR or LF
            fields = []
            value = bytearray()
            spaces = 0
            state = "row"
        at += 1

    if state == "quoted":
        result.unterminated = line_of(quote_at)
    elif state != "row":
        if state == "unquoted" and spaces:
            del value[-spaces:]
        end_field()
        end_record()
    return result


def is_unreadable(data):
    """UTF-16 or UTF-32: a BOM, or NUL in every other of the first 64 bytes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return True
    first = data[:64]
    if len(first) < 2:
        return False
    return not any(first[0::2]) or not any(first[1::2])


# ---------------------------------------------------------------------------------------------------------------------
# Findings and rosters

@dataclass
class Finding:
    code: str
    severity: str
    file: str                     # users, teams, deprovision, or None for a flag
    line: int
    field: str = None
    value: str = None
    related: list = dataclass_field(default_factory=list)        # places: (file, line)
    must_say: str = None          # something that the message has to contain
    order: tuple = ()             # place in the output


User = namedtuple("User", "id email first_name last_name team_id")            # team_id: None where there is none
Team = namedtuple("Team", "id name final_name parent managers")               # parent: None; managers: ids, in order


@dataclass
class Roster:
    users: list
    teams: list


@dataclass
class Result:
    findings: list
    roster: Roster
    deprovision: list             # kept records: (id, email, first_name, last_name)
    not_run: set                  # codes that have to be reported as not run
    not_run_allowed: set          # codes that may be reported as well: the contract leaves it open
    records: dict                 # file -> number of records behind the header, or None after a fatal finding
    kept: dict
    fatal_files: set

    def exit_code(self, fail_on="error"):
        if fail_on == "never":
            return 0
        failing = {"error": ("fatal", "error"), "warning": ("fatal", "error", "warning")}[fail_on]
        return 1 if any(finding.severity in failing for finding in self.findings) else 0

    def codes(self):
        counts = {}
        for finding in self.findings:
            counts[finding.code] = counts.get(finding.code, 0) + 1
        return counts

    def severities(self):
        counts = {"fatal": 0, "error": 0, "warning": 0, "info": 0}
        for finding in self.findings:
            counts[finding.severity] += 1
        return counts


@dataclass(eq=False)
class Row:
    """A record that pass 1 left: its values by column name, as they stand in the file."""
    line: int
    values: dict

    def raw(self, name):
        return self.values[name]

    def get(self, name):
        """The value, or "" where there is none: a value of blanks only counts as no value."""
        value = self.values[name]
        return "" if value.strip(" \t") == "" else value


def manager_list(text):
    ids = []
    for piece in text.split(","):
        piece = piece.strip(" \t")
        if piece and piece not in ids:
            ids.append(piece)
    return ids


class Checker:
    def __init__(self):
        self.findings = []

    def report(self, code, file, line, field=None, value=None, *, severity=None, related=(), must_say=None,
               position=0):
        """position: where several findings of one rule stand on one line, their order"""
        if field in REQUIRED.get(file, []):
            field_place = REQUIRED[file].index(field)
        else:
            field_place = -1 if field is None else 100          # no field first, unused columns last
        file_place = FILES.index(file) if file in FILES else len(FILES)
        order = (file_place, line or 0, RULE_PASS[code], field_place, RULE_PLACE[code], position, len(self.findings))
        self.findings.append(Finding(code, severity or RULE_SEVERITY[code], file, line, field, value, list(related),
                                     must_say, order))


# ---------------------------------------------------------------------------------------------------------------------
# Passes 0 and 1: one file

@dataclass
class Loaded:
    kind: str
    fatal: bool
    records: int        # behind the header, broken ones included
    rows: list          # what pass 1 left


def likely_header(name, wanted):
    """Differs from a required header in case, spaces, '-' and '_' only (the plain cases)."""
    return ascii_lower(name.strip(" \t")).replace(" ", "_").replace("-", "_") == wanted


def load(kind, data, trim, checker):
    report = checker.report
    dead = Loaded(kind, True, 0, [])

    if is_unreadable(data):
        report("unreadable-encoding", kind, None)
        return dead

    reading = read_records(data, trim)
    if reading.errors and reading.errors[0].first:
        report("stray-quote", kind, reading.errors[0].line, severity="fatal")
        return dead
    if not reading.records:
        if reading.unterminated is not None:
            report("unterminated-quote", kind, reading.unterminated)
        else:
            report("empty-file", kind, None)
        return dead

    header = reading.records[0]
    names = [name.strip(b" \t") for name in header.fields]
    required = REQUIRED[kind]
    missing = [name for name in required if name.encode() not in names]
    doubled = [name for name in required if names.count(name.encode()) > 1]

    if missing:
        report("missing-header", kind, header.line,
               must_say="Missing header(s) for %s file: %s" % (kind, ", ".join(missing)))
    elif doubled:
        for name in doubled:
            report("duplicate-header", kind, header.line, name, name)
    elif reading.unterminated is not None:
        report("unterminated-quote", kind, reading.unterminated)
    if missing or doubled or reading.unterminated is not None:
        return dead
    for position, name in enumerate(names):
        text = shown(name)
        if text not in required:
            meant = [wanted for wanted in required if likely_header(text, wanted)]
            report("extra-header", kind, header.line, text, text, position=position,
                   must_say=meant[0] if meant else None)

    # pass 1
    for error in reading.errors:
        report("stray-quote", kind, error.line)
    rows = []
    titles = [shown(name) for name in names]
    for record in reading.records[1:]:
        if len(record.fields) != len(names):
            report("field-count", kind, record.line)
            continue
        bad = first_where(record.fields, lambda raw: b"\x00" in raw)
        if bad is not None:
            report("nul-byte", kind, record.line, titles[bad], shown(record.fields[bad]))
            continue
        bad = first_where(record.fields, lambda raw: not is_utf8(raw))
        if bad is not None:
            report("invalid-utf8", kind, record.line, titles[bad], shown(record.fields[bad]))
            continue
        bad = first_where(record.fields, lambda raw: len(raw) > MAX_FIELD)
        if bad is not None:
            report("field-too-long", kind, record.line, titles[bad], shown(record.fields[bad]))
            continue
        row = Row(record.line, {name: record.fields[names.index(name.encode())].decode() for name in required})
        empty = [name for name in MUST_HAVE[kind] if row.get(name) == ""]
        for name in empty:
            report("missing-value", kind, record.line, name, row.raw(name))
        if not empty:
            rows.append(row)
    return Loaded(kind, False, len(reading.records) - 1 + len(reading.errors), rows)


def first_where(fields, test):
    for place, raw in enumerate(fields):
        if test(raw):
            return place
    return None


def is_utf8(raw):
    try:
        raw.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


# ---------------------------------------------------------------------------------------------------------------------
# Passes 2 to 6

def same_but_for_typing(one, other):
    """Ids that differ in case, surrounding blanks and leading zeros only."""
    def plain(text):
        return ascii_lower(text.strip(" \t")).lstrip("0")
    return one != other and plain(one) == plain(other)


def offered(unknown, known):
    """The one known id that an unknown one may be meant for, if there is exactly one. Known is what the rule asks for
    when it says that no team or user has the id."""
    close = {other for other in known if same_but_for_typing(unknown, other)}
    return close.pop() if len(close) == 1 else None


def pass2_users(rows, report):
    kept = []
    emails = [ascii_lower(row.raw("email")) for row in rows]
    for place, row in enumerate(rows):
        removed = False
        same_id = [other for other in rows[:place] if other.raw("id") == row.raw("id")]
        if same_id:
            report("duplicate-user-id", "users", row.line, "id", row.raw("id"), related=[("users", same_id[0].line)])
            removed = True
        same_email = [other for other, email in zip(rows[:place], emails) if email == emails[place]]
        if same_email:
            report("duplicate-email", "users", row.line, "email", row.raw("email"),
                   related=[("users", same_email[0].line)])
            removed = True
        if not removed:
            kept.append(row)
    return kept


def pass2_teams(rows, report):
    kept = []
    for place, row in enumerate(rows):
        same_id = [other for other in rows[:place] if other.raw("id") == row.raw("id")]
        if same_id:
            report("duplicate-team-id", "teams", row.line, "id", row.raw("id"), related=[("teams", same_id[0].line)])
        else:
            kept.append(row)
    return kept


def pass3(rows, report):
    """The kept teams, and for each removed one the rows of its root cause: one team, or the teams of a circle,
    the one that is reached first in front."""
    by_id = {row.raw("id"): row for row in rows}
    causes = {}

    for row in rows:                                        # unknown parents
        parent = row.get("parent_team_id")
        if parent and parent not in by_id:
            report("unknown-parent-team", "teams", row.line, "parent_team_id", row.raw("parent_team_id"),
                   must_say=offered(parent, by_id))
            causes[row.raw("id")] = [row]

    for row in rows:                                        # circles
        circle = [row]
        step = by_id.get(row.get("parent_team_id"))
        while step is not None and step not in circle:
            circle.append(step)
            step = by_id.get(step.get("parent_team_id"))
        if step is row:
            report("team-cycle", "teams", row.line, "parent_team_id", row.raw("parent_team_id"),
                   related=[("teams", other.line) for other in circle],
                   must_say=" -> ".join(other.raw("id") for other in circle + [row]) if len(circle) > 1 else None)
            causes[row.raw("id")] = circle

    changed = True
    while changed:                                          # to the fixpoint
        changed = False
        for row in rows:
            parent = row.get("parent_team_id")
            if parent in causes and row.raw("id") not in causes:
                causes[row.raw("id")] = causes[parent]
                changed = True
    for row in rows:
        cause = causes.get(row.raw("id"))
        if cause is not None and row not in cause:
            report("removed-parent-team", "teams", row.line, "parent_team_id", row.raw("parent_team_id"),
                   related=[("teams", cause[0].line)])

    return [row for row in rows if row.raw("id") not in causes], causes


def pass4_users(users, seen_teams, causes, report):
    """The team of each kept user: an id or None."""
    team_of = {}
    seen = {row.raw("id") for row in seen_teams}
    for row in users:
        team = row.get("team_id")
        team_of[row.raw("id")] = team or None
        if not team:
            continue
        if team not in seen:
            report("unknown-team", "users", row.line, "team_id", row.raw("team_id"),
                   must_say=offered(team, seen))
            team_of[row.raw("id")] = None
        elif team in causes:
            cause = causes[team]
            report("removed-team", "users", row.line, "team_id", row.raw("team_id"),
                   related=[("teams", cause[0].line)])
            team_of[row.raw("id")] = None
    return team_of


def pass4_managers(teams, users, report):
    """The managers of each kept team: known ones, in order. users: kept rows, or None where they are not known."""
    managers = {}
    known = None if users is None else {row.raw("id") for row in users}
    for row in teams:
        ids = manager_list(row.get("manager_ids"))
        if known is not None:
            for position, wanted in enumerate(ids):
                if wanted not in known:
                    report("unknown-manager", "teams", row.line, "manager_ids", wanted, position=position,
                           must_say=offered(wanted, known))
            ids = [wanted for wanted in ids if wanted in known]
        managers[row.raw("id")] = ids
    return managers


def final_names(teams, managers, users):
    """Section 5. users: kept rows (none: no manager is known)"""
    people = {row.raw("id"): row for row in users or []}
    names = {}
    for row in teams:
        name, team = row.raw("name"), row.raw("id")
        if sum(other.raw("name") == name for other in teams) < 2:
            names[team] = name
            continue
        manager = ""
        for wanted in managers[team]:
            if wanted in people:
                person = people[wanted]
                manager = " ".join(part for part in (person.get("first_name"), person.get("last_name")) if part)
                if manager:
                    break
        names[team] = "%s (%s - %s)" % (name, manager, team) if manager else "%s (%s)" % (name, team)
    return names


def pass5(teams, names, report):
    for row in teams:
        name, final = row.raw("name"), names[row.raw("id")]
        sharing = [other for other in teams if other.raw("name") == name]
        if len(sharing) > 1:
            report("duplicate-team-name", "teams", row.line, "name", name, must_say=final,
                   related=first_of_group(row, sharing))
        colliding = [other for other in teams if names[other.raw("id")] == final]
        if len(colliding) > 1:
            report("team-name-collision", "teams", row.line, "name", final, related=first_of_group(row, colliding))
        if not 2 <= len(final) <= 200:
            report("team-name-length", "teams", row.line, "name", final)


def first_of_group(row, group):
    """Related places for a team that shares something: the first one, which itself has none."""
    return [] if row is group[0] else [("teams", group[0].line)]


def is_bad_email(text):
    if text.count("@") != 1:
        return True
    local, domain = text.split("@")
    if not local or not domain:
        return True
    if " " in text or "\t" in text:
        return True
    return "." not in domain[1:-1]


def is_control(character):
    number = ord(character)
    if character in "\t\r\n":
        return False
    return 1 <= number <= 0x1F or number == 0x7F or 0x80 <= number <= 0x9F


def pass6(kind, rows, checker):
    report = checker.report
    lowered = [ascii_lower(row.raw("id")) for row in rows]
    for place, row in enumerate(rows):
        for name in REQUIRED[kind]:
            raw = row.raw(name)
            value = row.get(name)
            if name == "email" and is_bad_email(raw):
                report("invalid-email", kind, row.line, name, raw)
            if value and (value[0] in " \t" or value[-1] in " \t"):
                report("surrounding-space", kind, row.line, name, raw)
            if any(is_control(character) for character in raw):
                report("control-character", kind, row.line, name, raw)
            if name == "id":
                close = [other for other, lower in zip(rows[:place], lowered)
                         if lower == lowered[place] and other.raw("id") != raw]
                if close:
                    report("case-collision", kind, row.line, name, raw, related=[(kind, close[0].line)])
            if name != "manager_ids" and any(character in '",\r\n' for character in raw):
                report("special-character", kind, row.line, name, raw)


def check(users=None, teams=None, deprovision=None, roots=(), trim=False):
    """All rules over the bytes of the files; None: that file is not there."""
    checker = Checker()
    report = checker.report
    data = {"users": users, "teams": teams, "deprovision": deprovision}
    loaded = {kind: load(kind, data[kind], trim, checker) for kind in FILES if data[kind] is not None}
    good = {kind: one for kind, one in loaded.items() if not one.fatal}
    have_users, have_teams = "users" in good, "teams" in good

    kept_users = pass2_users(good["users"].rows, report) if have_users else []
    seen_teams = pass2_teams(good["teams"].rows, report) if have_teams else []
    kept_teams, causes = pass3(seen_teams, report)
    kept_deprovision = good["deprovision"].rows if "deprovision" in good else []

    not_run, allowed = set(), set()
    if have_users and have_teams:
        team_of = pass4_users(kept_users, seen_teams, causes, report)
    else:
        team_of = {row.raw("id"): row.get("team_id") or None for row in kept_users}
        if have_users:
            not_run |= {"unknown-team", "removed-team"}
        else:
            allowed |= {"unknown-team", "removed-team"}
    managers = pass4_managers(kept_teams, kept_users if have_users else None, report)
    if not have_users:
        (not_run if have_teams else allowed).add("unknown-manager")
    known_teams = {row.raw("id") for row in kept_teams}
    if have_teams:
        for position, root in enumerate(dict.fromkeys(roots)):
            if root not in known_teams:
                report("unknown-root-team", None, None, None, root, position=position,
                       must_say=offered(root, known_teams))
    else:
        (not_run if roots else allowed).add("unknown-root-team")

    names = final_names(kept_teams, managers, kept_users)
    if have_users:
        pass5(kept_teams, names, report)
    else:
        (not_run if have_teams else allowed).update(
            {"duplicate-team-name", "team-name-collision", "team-name-length"})

    pass6("users", kept_users, checker)
    pass6("teams", kept_teams, checker)
    pass6("deprovision", kept_deprovision, checker)

    roster = Roster(
        [User(row.raw("id"), row.raw("email"), row.get("first_name"), row.get("last_name"), team_of[row.raw("id")])
         for row in kept_users],
        [Team(row.raw("id"), row.raw("name"), names[row.raw("id")], row.get("parent_team_id") or None,
              tuple(managers[row.raw("id")])) for row in kept_teams])
    kept_counts = {"users": len(kept_users), "teams": len(kept_teams), "deprovision": len(kept_deprovision)}
    return Result(
        findings=sorted(checker.findings, key=lambda finding: finding.order),
        roster=roster,
        deprovision=[tuple(row.raw(name) for name in REQUIRED["deprovision"]) for row in kept_deprovision],
        not_run=not_run,
        not_run_allowed=allowed,
        records={kind: None if one.fatal else one.records for kind, one in loaded.items()},
        kept={kind: None if one.fatal else kept_counts[kind] for kind, one in loaded.items()},
        fatal_files={kind for kind, one in loaded.items() if one.fatal})


# ---------------------------------------------------------------------------------------------------------------------
# Section 6: matching and differences

Difference = namedtuple("Difference", "entity change id field old new")


def match(old_items, new_items, second_key):
    """Pairs (old, new): by id, then those left by a second key where it is unique among those left on each side."""
    pairs = [(one, other) for one in old_items for other in new_items if one.id == other.id]
    old_left = [one for one in old_items if all(one is not pair[0] for pair in pairs)]
    new_left = [one for one in new_items if all(one is not pair[1] for pair in pairs)]
    for one in old_left:
        key = second_key(one)
        same_old = [other for other in old_left if second_key(other) == key]
        same_new = [other for other in new_left if second_key(other) == key]
        if len(same_old) == 1 and len(same_new) == 1:
            pairs.append((one, same_new[0]))
    return pairs


def match_users(old, new):
    return match(old.users, new.users, lambda user: ascii_lower(user.email))


def match_teams(old, new):
    return match(old.teams, new.teams, lambda team: team.final_name)


class Matching:
    """Both matchings of two rosters, and the old things without a partner and the new ones without."""

    def __init__(self, old, new):
        self.users, self.teams = match_users(old, new), match_teams(old, new)
        self.new_user = {one.id: other.id for one, other in self.users}
        self.new_team = {one.id: other.id for one, other in self.teams}
        self.removed_users = [user for user in old.users if user.id not in self.new_user]
        self.removed_teams = [team for team in old.teams if team.id not in self.new_team]
        self.added_users = [user for user in new.users if user.id not in self.new_user.values()]
        self.added_teams = [team for team in new.teams if team.id not in self.new_team.values()]

    def same_team(self, old_id, new_id):
        """Is the new team the partner of the old one (or are both none)?"""
        if old_id is None or new_id is None:
            return old_id is None and new_id is None
        return self.new_team.get(old_id) == new_id

    def partners(self, user_ids):
        """Old user ids as new ones; those without a partner stay apart from every new id."""
        return [self.new_user.get(user, ("gone", user)) for user in user_ids]


def diff(old, new):
    matching = Matching(old, new)
    found = set()

    for user in matching.added_users:
        found.add(Difference("user", "added", user.id, None, None, None))
    for user in matching.removed_users:
        found.add(Difference("user", "removed", user.id, None, None, None))
    for one, other in matching.users:
        for name in ("id", "email", "first_name", "last_name"):
            if getattr(one, name) != getattr(other, name):
                found.add(Difference("user", "changed", other.id, name, getattr(one, name), getattr(other, name)))
        if not matching.same_team(one.team_id, other.team_id):
            found.add(Difference("user", "changed", other.id, "team_id", one.team_id, other.team_id))

    for team in matching.added_teams:
        found.add(Difference("team", "added", team.id, None, None, None))
    for team in matching.removed_teams:
        found.add(Difference("team", "removed", team.id, None, None, None))
    for one, other in matching.teams:
        for name in ("id", "name", "final_name"):
            if getattr(one, name) != getattr(other, name):
                found.add(Difference("team", "changed", other.id, name, getattr(one, name), getattr(other, name)))
        if not matching.same_team(one.parent, other.parent):
            found.add(Difference("team", "changed", other.id, "parent_team_id", one.parent, other.parent))
        if set(matching.partners(one.managers)) != set(other.managers):
            found.add(Difference("team", "changed", other.id, "manager_ids", ",".join(one.managers),
                                 ",".join(other.managers)))
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Section 6: plans

PHASE = {
    "rekeyTeam": 0, "rekeyUser": 0,
    "renameTeam": 1,
    "addTeam": 2, "moveTeam": 2,
    "addTeamMember": 3, "moveTeamMember": 3, "removeTeamMember": 3,
    "addTeamManager": 4, "removeTeamManager": 4,
    "deleteTeam": 5,
}


def colliding_names(roster):
    names = [team.final_name for team in roster.teams]
    return {name for name in names if names.count(name) > 1}


@dataclass
class TeamsState:
    names: dict        # team -> final name
    parents: dict      # team -> team or None
    members: dict      # user -> team
    managers: set      # (team, user)

    def of_team(self, wanted):
        return (self.names[wanted], self.parents[wanted],
                {user for user, team in self.members.items() if team == wanted},
                {user for team, user in self.managers if team == wanted})


def teams_state(roster):
    return TeamsState(
        names={team.id: team.final_name for team in roster.teams},
        parents={team.id: team.parent for team in roster.teams},
        members={user.id: user.team_id for user in roster.users if user.team_id is not None},
        managers={(team.id, user) for team in roster.teams for user in team.managers})


def replay(old, operations, new=None):
    """Applies the operations (dicts with the keys of the contract) to the old roster's teams.
    Returns the resulting TeamsState and a list of complaints: (number of the operation, what is wrong)."""
    state = teams_state(old)
    users = {user.id for user in old.users}
    coming = {user.id for user in new.users} if new is not None else None
    shared = colliding_names(old) | (colliding_names(new) if new is not None else set())
    problems = []
    phase = 0

    for number, operation in enumerate(operations):
        kind = operation.get("kind")

        def need(condition, text):
            if not condition:
                problems.append((number, "%s: %s" % (kind, text)))
            return condition

        def name_is_free(name, team):
            holders = [other for other, held in state.names.items() if held == name and other != team]
            return not holders or name in shared

        def user_is_known(user):
            return coming is None or user in users or user in coming

        if not need(kind in PHASE, "no such kind"):
            continue
        need(PHASE[kind] >= phase, "comes after an operation of a later phase")
        phase = max(phase, PHASE[kind])

        team, user = operation.get("team"), operation.get("user")
        origin, target = operation.get("from"), operation.get("to")

        if kind == "rekeyTeam":
            if not need(origin in state.names, "'from' does not exist"):
                continue
            if not need(team is not None and team not in state.names, "'team' exists"):
                continue
            state.names[team] = state.names.pop(origin)
            state.parents[team] = state.parents.pop(origin)
            state.parents = {one: team if parent == origin else parent for one, parent in state.parents.items()}
            state.members = {one: team if held == origin else held for one, held in state.members.items()}
            state.managers = {(team if held == origin else held, one) for held, one in state.managers}
        elif kind == "rekeyUser":
            if not need(origin in users, "'from' does not exist"):
                continue
            if not need(user is not None and user not in users, "'user' exists"):
                continue
            users.remove(origin)
            users.add(user)
            if origin in state.members:
                state.members[user] = state.members.pop(origin)
            state.managers = {(held, user if one == origin else one) for held, one in state.managers}
        elif kind == "renameTeam":
            if not need(team in state.names, "no such team"):
                continue
            need(state.names[team] == origin, "the team has not the name 'from' but %r" % state.names[team])
            need(target != state.names[team], "'to' is the name that it has")
            need(name_is_free(target, team), "another team has the name 'to'")
            state.names[team] = target
        elif kind == "addTeam":
            if not need(team is not None and team not in state.names, "the id is not new"):
                continue
            need(name_is_free(operation.get("name"), team), "the name is in use")
            parent = operation.get("parent")
            need(parent is None or parent in state.names, "the parent does not exist")
            state.names[team] = operation.get("name")
            state.parents[team] = parent
        elif kind == "moveTeam":
            if not need(team in state.names, "no such team"):
                continue
            need(state.parents[team] == origin, "'from' is not its parent but %r" % state.parents[team])
            if not need(target is None or target in state.names, "'to' does not exist"):
                continue
            above, seen = target, set()
            while above is not None and above != team and above not in seen:
                seen.add(above)
                above = state.parents[above]
            if need(above != team, "'to' is below the team (or is the team)"):
                state.parents[team] = target
        elif kind == "addTeamMember":
            need(user not in state.members, "the user is in a team")
            need(user_is_known(user), "the user is in neither roster")
            if need(team in state.names, "no such team"):
                state.members[user] = team
                users.add(user)
        elif kind == "moveTeamMember":
            need(user in state.members and state.members[user] == origin, "the user is not in 'from'")
            need(origin != target, "'to' is 'from'")
            if need(target in state.names, "'to' does not exist"):
                state.members[user] = target
        elif kind == "removeTeamMember":
            if need(user in state.members and state.members[user] == team, "the user is not in the team"):
                del state.members[user]
        elif kind == "addTeamManager":
            need((team, user) not in state.managers, "is its manager already")
            need(user_is_known(user), "the user is in neither roster")
            if need(team in state.names, "no such team"):
                state.managers.add((team, user))
                users.add(user)
        elif kind == "removeTeamManager":
            if need((team, user) in state.managers, "is not its manager"):
                state.managers.remove((team, user))
        elif kind == "deleteTeam":
            if not need(team in state.names, "no such team"):
                continue
            need(team not in state.parents.values(), "a team is below it")
            need(team not in state.members.values(), "it has members")
            need(all(held != team for held, _ in state.managers), "it has managers")
            del state.names[team]
            del state.parents[team]

    problems.extend(top_down_problems(operations))
    return state, problems


def top_down_problems(operations):
    """addTeam and moveTeam come from the top of the new tree down: never below a team that is still to be placed."""
    problems = []
    placing = [(number, operation) for number, operation in enumerate(operations)
               if operation.get("kind") in ("addTeam", "moveTeam")]
    for number, operation in placing:
        below = operation.get("parent") if operation["kind"] == "addTeam" else operation.get("to")
        if any(later > number and other.get("team") == below for later, other in placing if below is not None):
            problems.append((number, "%s: %r is placed only later" % (operation["kind"], below)))
    return problems


def same_teams(state, roster, open_parents=()):
    """Nothing, or a text saying what of a replayed plan is not as in the new roster. The parents of some teams may be
    open."""
    wanted = teams_state(roster)
    if set(state.names) != set(wanted.names):
        return "teams: too many %s, too few %s" % (sorted(set(state.names) - set(wanted.names)),
                                                   sorted(set(wanted.names) - set(state.names)))
    for team in sorted(wanted.names):
        if team in open_parents:
            wanted.parents[team] = state.parents[team]
        if state.of_team(team) != wanted.of_team(team):
            return "team %s: %r instead of %r" % (team, state.of_team(team), wanted.of_team(team))
    return ""


def subtree(roster, roots):
    inside = {team.id for team in roster.teams if team.id in roots}
    changed = True
    while changed:
        changed = False
        for team in roster.teams:
            if team.parent in inside and team.id not in inside:
                inside.add(team.id)
                changed = True
    return inside


class Scope:
    """What a plan with --root touches: the named teams and all below them, in the old or in the new roster. Roots are
    ids of the new roster, and one that no team has there is ignored. Without roots: everything."""

    def __init__(self, matching, old, new, roots=()):
        self.matching, self.old, self.new, self.all = matching, old, new, not roots
        named = {one.id for one, other in matching.teams if other.id in roots}
        self.old_scope, self.new_scope = subtree(old, named), subtree(new, roots)
        self.old_name = {other: one for one, other in matching.new_team.items()}      # new id -> old id

    def has_old(self, team):
        return team is not None and (self.all or team in self.old_scope
                                     or self.matching.new_team.get(team) in self.new_scope)

    def has_new(self, team):
        return team is not None and (self.all or team in self.new_scope or self.old_name.get(team) in self.old_scope)

    def there(self, team):
        """A team of the new roster, or None where the plan does not add it."""
        return team if team in self.old_name or self.has_new(team) else None

    def has_move(self, one, other):
        """A move touches three teams: the one that is moved, and those below which it was and will be."""
        return self.has_old(one.id) or self.has_old(one.parent) or self.has_new(other.parent)


def expected_operation_counts(old, new, roots=()):
    """Operations of each kind in a minimal plan; renameTeam without the temporary ones.
    With roots: only what touches a team in scope; to a team that is not there, nobody can go."""
    matching = Matching(old, new)
    scope = Scope(matching, old, new, roots)
    names = scoped_names(scope)
    counts = dict.fromkeys(PHASE, 0)
    for one, other in matching.teams:
        if scope.has_old(one.id):
            counts["rekeyTeam"] += one.id != other.id
            counts["renameTeam"] += one.final_name != names[other.id]
        if scope.has_move(one, other):
            counts["moveTeam"] += not matching.same_team(one.parent, scope.there(other.parent))
    counts["addTeam"] = sum(scope.has_new(team.id) for team in matching.added_teams)
    counts["deleteTeam"] = sum(scope.has_old(team.id) for team in matching.removed_teams)

    managing = {user for team in old.teams if scope.has_old(team.id) for user in matching.partners(team.managers)}
    managing |= {user for team in new.teams if scope.has_new(team.id) for user in team.managers}
    for one, other in matching.users:
        touched = scope.has_old(one.team_id) or scope.has_new(other.team_id)
        counts["rekeyUser"] += one.id != other.id and (scope.all or touched or other.id in managing)
        target = scope.there(other.team_id)
        if matching.same_team(one.team_id, target) or not touched:
            continue
        if one.team_id is None:
            counts["addTeamMember"] += 1
        elif target is None:
            counts["removeTeamMember"] += 1
        else:
            counts["moveTeamMember"] += 1
    counts["addTeamMember"] += sum(scope.has_new(user.team_id) for user in matching.added_users)
    counts["removeTeamMember"] += sum(scope.has_old(user.team_id) for user in matching.removed_users)

    before = {(matching.new_team.get(team.id, ("gone", team.id)), user)
              for team in old.teams if scope.has_old(team.id) for user in matching.partners(team.managers)}
    after = {(team.id, user) for team in new.teams if scope.has_new(team.id) for user in team.managers}
    counts["addTeamManager"] = len(after - before)
    counts["removeTeamManager"] = len(before - after)
    return counts


def scoped_names(scope):
    """The names that the teams in scope shall have. One that a team out of scope keeps is not to be had: then it is
    `Name (id)`, for teams that change their name."""
    kept = {team.final_name for team in scope.old.teams if not scope.has_old(team.id)}
    before = {other.id: one.final_name for one, other in scope.matching.teams}
    return {team.id: "%s (%s)" % (team.final_name, team.id)
            if team.final_name in kept and before.get(team.id) != team.final_name else team.final_name
            for team in scope.new.teams}


def scoped_roster(old, new, roots):
    """The roster that a plan with roots leads to: the old one, and of the new one what touches a team in scope. Also
    the teams that would lie on a circle, because moves of others are out of scope: what becomes of those is open."""
    matching = Matching(old, new)
    scope = Scope(matching, old, new, roots)
    names = scoped_names(scope)
    was, becomes = {}, {}                                # by id: of the new roster -> old team, and the other way round
    for one, other in matching.teams:
        was[other.id] = one
        becomes[one.id] = other
    touched = {user for one, other in matching.users
               if scope.has_old(one.team_id) or scope.has_new(other.team_id) for user in (one.id, other.id)}

    def team_now(team):
        """An old team's id."""
        return becomes[team].id if team in becomes and scope.has_old(team) else team

    def there(team):
        """A new team's id."""
        if team is None or scope.there(team) is None:
            return None
        return team_now(was[team].id) if team in was else team

    managing = {user for team in old.teams if scope.has_old(team.id) for user in matching.partners(team.managers)}
    managing |= {user for team in new.teams if scope.has_new(team.id) for user in team.managers}

    def user_now(user):
        partner = matching.new_user.get(user)
        return partner if partner is not None and (user in touched or partner in managing) else user

    teams = []
    for one in old.teams:
        other = becomes.get(one.id)
        inside = scope.has_old(one.id)
        if other is None and inside:
            continue
        moves = other is not None and scope.has_move(one, other)
        parent = there(other.parent) if moves else team_now(one.parent) if one.parent is not None else None
        teams.append(Team(team_now(one.id), one.name, names[other.id] if inside else one.final_name, parent,
                          other.managers if inside else tuple(user_now(user) for user in one.managers)))
    for other in matching.added_teams:
        if scope.has_new(other.id):
            teams.append(Team(other.id, other.name, names[other.id], there(other.parent), other.managers))

    users = [User(user_now(one.id), "", "", "", team_now(one.team_id) if one.team_id is not None else None)
             for one in old.users if one.id not in touched
             and not (one.id not in matching.new_user and scope.has_old(one.team_id))]
    users += [User(other.id, "", "", "", there(other.team_id)) for one, other in matching.users if one.id in touched]
    users += [user for user in matching.added_users if scope.has_new(user.team_id)]

    parents = {team.id: team.parent for team in teams}
    circles = set()
    for start in parents:
        step, walked = start, []
        while step is not None and step not in walked:
            walked.append(step)
            step = parents[step]
        if step == start:
            circles.update(walked)
    return Roster(users, teams), circles


def expected_temporary_renames(old, new):
    """One for each circle of renames and one for each wanted name of a team that is going away.
    None where a team-name-collision makes the question moot."""
    if colliding_names(old) or colliding_names(new):
        return None
    matching = Matching(old, new)
    renames = {one.final_name: other.final_name for one, other in matching.teams if one.final_name != other.final_name}
    wanted = set(renames.values()) | {team.final_name for team in matching.added_teams}
    count = sum(team.final_name in wanted for team in matching.removed_teams)
    done = set()
    for start in renames:
        step, walked = start, []
        while step in renames and step not in done and step not in walked:
            walked.append(step)
            step = renames[step]
        count += step in walked
        done.update(walked)
    return count


# ---------------------------------------------------------------------------------------------------------------------
# Section 6: guards and deprovision

DEFAULT_LIMITS = {"deleteTeam": "10%", "removeTeamMember": "10%", "removeTeamManager": "10%", "moveTeamMember": "75%"}


def trips(limit, count, population, least):
    """A percentage counts only where the population is at least so large."""
    if limit.endswith("%"):
        return population >= least and count * 100 > int(limit[:-1]) * population
    return count > int(limit)


def guards(old, new, counts, limits=None):
    """The kinds whose limit trips, as a dict kind -> (count, population); emptyUsers and emptyTeams where those of the
    new roster are all gone. The population of kinds without a limit of their own is open: None."""
    memberships = sum(user.team_id is not None for user in old.users)
    population = {"deleteTeam": len(old.teams), "removeTeamMember": memberships, "moveTeamMember": memberships,
                  "removeTeamManager": sum(len(team.managers) for team in old.teams)}
    tripped = {}
    for kind, limit in dict(DEFAULT_LIMITS, **(limits or {})).items():
        if trips(limit, counts.get(kind, 0), population.get(kind, 0), 100):
            tripped[kind] = (counts.get(kind, 0), population.get(kind))
    for kind, before, after in (("emptyUsers", old.users, new.users), ("emptyTeams", old.teams, new.teams)):
        if before and not after:
            tripped[kind] = (len(before), len(before))
    return tripped


def subtree_guards(old, new, operations, limits):
    """The same for --limit-subtree, as a dict (kind, id of the top-level team in the old roster) -> (count,
    population). `operations` are those of the plan."""
    former = {other.id: one.id for one, other in match_teams(old, new)}
    parents = {team.id: team.parent for team in old.teams}

    def top(team):
        team = team if team in parents else former.get(team)
        while team is not None and parents[team] is not None:
            team = parents[team]
        return team

    members, places, teams = {}, {}, {}
    for team in old.teams:
        teams[top(team.id)] = teams.get(top(team.id), 0) + 1
        places[top(team.id)] = places.get(top(team.id), 0) + len(team.managers)
    for user in old.users:
        if user.team_id is not None:
            members[top(user.team_id)] = members.get(top(user.team_id), 0) + 1
    population = {"deleteTeam": teams, "removeTeamMember": members, "moveTeamMember": members,
                  "removeTeamManager": places}
    tripped = {}
    for kind, limit in limits.items():
        counts = {}
        for operation in operations:
            if operation["kind"] == kind:
                where = top(operation["from" if kind == "moveTeamMember" else "team"])
                counts[where] = counts.get(where, 0) + 1
        for team in teams:
            whole = population[kind].get(team, 0)
            if trips(limit, counts.get(team, 0), whole, 20):
                tripped[kind, team] = (counts.get(team, 0), whole)
    return tripped


def deprovision_people(kept, old, coming=(), leaving=()):
    """For each kept record the user of the old roster whom it is about, or None: by id, then by lower-cased e-mail.
    `coming`: the ids that only the new roster has, each with its user's old id, or None for who is new; `leaving`: the
    ids that nobody has any more, which come last."""
    known = {user.id: user for user in old.users}
    by_email = {ascii_lower(user.email): user for user in old.users}
    people = []
    for record in kept:
        if record[0] in coming:
            people.append(known.get(coming[record[0]]))
        else:
            ways = [known.get(record[0]), by_email.get(ascii_lower(record[1]))]
            people.append(next(filter(None, reversed(ways) if record[0] in leaving else ways), None))
    return people


def deprovision_operations(kept, old=None, keep_users=False, retain_privileges=False, plan=(), new=None,
                           scoped=False):
    """kept: the kept records of a deprovision file. Tuples (kind, user) or (kind, user, team). plan: the operations
    before it, whose re-keys count, and which have taken manager places away; new: the roster that they lead to, with
    roots (`scoped`) as far as it brings people into teams."""
    users = {one["from"]: one["user"] for one in plan if one["kind"] == "rekeyUser"}
    coming = {one: other for other, one in users.items()}
    if old is not None and new is not None:
        placed = {one["user"] for one in plan if one["kind"] in ("addTeamMember", "addTeamManager")}
        coming.update((user.id, None) for user in Matching(old, new).added_users
                      if not scoped or user.id in placed)
    people = deprovision_people(kept, old, coming, users) if old is not None else [None] * len(kept)
    teams = {one["from"]: one["team"] for one in plan if one["kind"] == "rekeyTeam"}
    gone = {(one["team"], one["user"]) for one in plan if one["kind"] == "removeTeamManager"}
    operations = []
    for record, person in zip(kept, people):
        if keep_users and not retain_privileges and person is not None:
            now = users.get(person.id, person.id)
            for team in old.teams:
                place = (teams.get(team.id, team.id), now)
                if person.id in team.managers and place not in gone:
                    gone.add(place)
                    operations.append(("removeTeamManager", now, place[0]))
        user = users.get(person.id, record[0]) if person is not None else record[0]
        operations.append(("removeLicense" if keep_users else "removeUser", user))
    return operations
