# SPDX-License-Identifier: MIT
"""Tests of the oracle itself: hand-written cases whose answers were derived from the contract by hand, the real libcsv
as a judge of the CSV reader (where it is installed), and a naive planner that shows on random pairs that the number of
operations which the oracle calls minimal can be reached with every step valid."""

import ctypes
import ctypes.util
import itertools
import random
import unittest

import oracle
import random_exports
import run
from oracle import Roster, Team, User

USERS = b"id,email,first_name,last_name,team_id\n"
TEAMS = b"id,name,manager_ids,parent_team_id\n"
LEAVING = b"id,email,first_name,last_name\n"


def fields(data, trim=False):
    return [record.fields for record in oracle.read_records(data, trim).records]


def short(result):
    """Findings as (code, file, line, field)."""
    return [(one.code, one.file, one.line, one.field) for one in result.findings]


def check_users(rows, header=USERS, **more):
    return oracle.check(users=header + rows, **more)


def check_teams(rows, users=b"", **more):
    return oracle.check(users=USERS + users, teams=TEAMS + rows, **more)


class Reading(unittest.TestCase):

    def test_line_ends_and_blank_lines(self):
        reading = oracle.read_records(b"a,b\r\nc,d\re,f\n\n\r\ng,h")
        self.assertEqual([record.fields for record in reading.records],
                         [[b"a", b"b"], [b"c", b"d"], [b"e", b"f"], [b"g", b"h"]])
        self.assertEqual([record.line for record in reading.records], [1, 2, 3, 6])
        self.assertEqual([record.offset for record in reading.records], [0, 5, 9, 16])

    def test_quotes(self):
        self.assertEqual(fields(b'"a,b","c""d","e\r\nf",""\n'), [[b"a,b", b'c"d', b"e\r\nf", b""]])
        self.assertEqual(oracle.read_records(b'"a\nb\rc\r\nd"\nx\n').records[1].line, 5)

    def test_blanks_belong_to_the_value(self):
        self.assertEqual(fields(b" a , b\t\n"), [[b" a ", b" b\t"]])
        self.assertEqual(fields(b" a , b\t\n", trim=True), [[b"a", b"b"]])
        self.assertEqual(fields(b" \n"), [[b" "]])
        self.assertEqual(fields(b" \n", trim=True), [])
        self.assertEqual(fields(b' " a " ,b', trim=True), [[b" a ", b"b"]])

    def test_last_field(self):
        self.assertEqual(fields(b"a,"), [[b"a", b""]])
        self.assertEqual(fields(b","), [[b"", b""]])
        self.assertEqual(fields(b'""'), [[b""]])
        self.assertEqual(fields(b""), [])

    def test_one_bom(self):
        self.assertEqual(fields(b"\xef\xbb\xbfid\n"), [[b"id"]])
        self.assertEqual(fields(b"\xef\xbb\xbf\xef\xbb\xbfid\n"), [[b"\xef\xbb\xbfid"]])
        self.assertEqual(fields(b'\xef\xbb\xbf"id"\n'), [[b"id"]])

    def test_stray_quote_costs_one_record(self):
        reading = oracle.read_records(b'a\nb"c,d\ne\n')
        self.assertEqual([record.fields for record in reading.records], [[b"a"], [b"e"]])
        self.assertEqual(reading.errors, [oracle.StrayQuote(2, 3, False)])

    def test_stray_quote_behind_a_closing_one(self):
        reading = oracle.read_records(b'"a\nb"x,"c\nd"\ne\n')
        # the byte x is stray; reading goes on behind the line end after "c; there d" is stray again
        self.assertEqual([record.fields for record in reading.records], [[b"e"]])
        self.assertEqual([(error.line, error.offset) for error in reading.errors], [(1, 5), (3, 11)])

    def test_space_before_a_quote(self):
        self.assertEqual(oracle.read_records(b'a, "b"\n').errors[0].offset, 3)
        self.assertEqual(oracle.read_records(b'a,"b" \n').errors[0].offset, 5)
        self.assertEqual(fields(b'a,"b" \n', trim=True), [[b"a", b"b"]])
        self.assertEqual(oracle.read_records(b'a,"b" "\n', trim=True).errors[0].offset, 6)

    def test_recovery_counts_crlf_once(self):
        reading = oracle.read_records(b'a"\r\nb\r\n')
        self.assertEqual([(record.line, record.fields) for record in reading.records], [(2, [b"b"])])

    def test_unterminated(self):
        reading = oracle.read_records(b'a\nb,c\n"d\ne,""')
        self.assertEqual(reading.unterminated, 3)
        self.assertEqual(len(reading.records), 2)
        self.assertEqual(oracle.read_records(b'"a\nb","c').unterminated, 2)
        self.assertIsNone(oracle.read_records(b'"a""b"').unterminated)

    def test_wrong_utf8_is_shown_byte_by_byte(self):
        self.assertEqual(oracle.shown(b"a\xe2\x82b\xff\xc3\xa9"), "a\ufffd\ufffdb\ufffd\xe9")
        self.assertEqual(oracle.shown(b"\xed\xa0\x80"), "\ufffd" * 3)

    def test_unreadable(self):
        self.assertTrue(oracle.is_unreadable("id,email".encode("utf-16")))
        self.assertTrue(oracle.is_unreadable(b"\xfe\xff\x00i"))
        self.assertTrue(oracle.is_unreadable(("id,email" * 20).encode("utf-16-le")))
        self.assertTrue(oracle.is_unreadable(("id,email" * 20).encode("utf-16-be")))
        self.assertTrue(oracle.is_unreadable(("id,email" * 20).encode("utf-32-le")))
        self.assertFalse(oracle.is_unreadable(USERS + b"\x00\x00\x00"))
        self.assertFalse(oracle.is_unreadable(b""))


class Libcsv:
    """The reference reader, driven through ctypes; after an error the rest is read as contract and recovery say."""

    def __init__(self, library):
        self.library = library
        self.field_type = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self.row_type = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)
        self.space_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_ubyte)
        library.csv_parse.restype = ctypes.c_size_t
        self.no_space = self.space_type(lambda byte: 0)

    def read(self, data, trim):
        records, errors, row = [], [], []
        on_field = self.field_type(lambda at, size, _: row.append(ctypes.string_at(at, size) if size else b""))

        def finish(_, __):
            records.append(list(row))
            row.clear()
        on_row = self.row_type(finish)
        at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        while True:
            parser = ctypes.create_string_buffer(512)
            self.library.csv_init(parser, ctypes.c_ubyte(1 | 4))          # CSV_STRICT | CSV_STRICT_FINI
            if not trim:
                self.library.csv_set_space_func(parser, self.no_space)
            rest = data[at:]
            used = self.library.csv_parse(parser, rest, ctypes.c_size_t(len(rest)), on_field, on_row, None)
            if used == len(rest):
                failed = self.library.csv_fini(parser, on_field, on_row, None) != 0
                self.library.csv_free(parser)
                return records, errors, failed
            self.library.csv_free(parser)
            row.clear()
            errors.append(at + used)
            ends = [place for place in range(at + used, len(data)) if data[place] in b"\r\n"]
            if not ends:
                return records, errors, False
            at = ends[0] + 1


def libcsv():
    name = ctypes.util.find_library("csv")
    try:
        library = ctypes.CDLL(name) if name else None
        return Libcsv(library) if library is not None and library.csv_init else None
    except (OSError, AttributeError):
        return None


@unittest.skipUnless(libcsv(), "libcsv is not installed")
class AgainstLibcsv(unittest.TestCase):

    def compare(self, reference, data, trim):
        mine = oracle.read_records(data, trim)
        got = ([record.fields for record in mine.records], [error.offset for error in mine.errors],
               mine.unterminated is not None)
        self.assertEqual(got, reference.read(data, trim), (data, trim))

    def test_every_short_string(self):
        reference = libcsv()
        for size in range(6):
            for letters in itertools.product(b'a," \r\n', repeat=size):
                for trim in (False, True):
                    self.compare(reference, bytes(letters), trim)

    def test_random_files(self):
        reference = libcsv()
        for number in range(600):
            data = random_exports.random_bytes(random.Random("libcsv:%d" % number))
            self.compare(reference, data, number % 2 == 1)


class FatalFindings(unittest.TestCase):

    def test_empty(self):
        for data in (b"", b"\xef\xbb\xbf", b"\n\r\n\r"):
            self.assertEqual([one.code for one in oracle.check(users=data).findings], ["empty-file"])
        self.assertEqual(oracle.check(users=b"").exit_code(), 1)

    def test_missing_header_names_all_in_required_order(self):
        result = oracle.check(users=b"last_name,id,first_name,Email\n")
        self.assertEqual(short(result), [("missing-header", "users", 1, None)])
        self.assertEqual(result.findings[0].must_say, "Missing header(s) for users file: email, team_id")

    def test_missing_header_comes_before_the_rest(self):
        self.assertEqual(short(oracle.check(teams=b'id,id,Name\n1,"x')), [("missing-header", "teams", 1, None)])

    def test_header_names_are_trimmed_and_case_sensitive(self):
        self.assertEqual(short(oracle.check(users=b" id,\temail ,first_name,last_name,team_id\n")), [])
        result = check_users(b"", header=b"id,email,first_name,last_name,team_id,Email, \n")
        self.assertEqual(short(result), [("extra-header", "users", 1, "Email"), ("extra-header", "users", 1, "")])
        self.assertEqual(result.findings[0].must_say, "email")

    def test_duplicate_header(self):
        result = check_users(b"1,2\n", header=b"\n\nid,email,id,first_name,last_name,team_id,x,x\n")
        self.assertEqual(short(result), [("duplicate-header", "users", 3, "id")])

    def test_quote_error_in_the_header(self):
        result = check_users(b"1,a@x.com,,,\n", header=b'id,em"ail,first_name,last_name,team_id\n')
        self.assertEqual([(one.code, one.severity, one.line) for one in result.findings], [("stray-quote", "fatal", 1)])

    def test_unterminated_quote_ends_the_file(self):
        result = check_users(b',,,,\n1,x"y,,,\n2,"open\n')
        self.assertEqual([(one.code, one.severity, one.line) for one in result.findings],
                         [("unterminated-quote", "fatal", 4)])
        self.assertEqual(result.roster.users, [])

    def test_the_other_file_is_still_checked(self):
        result = oracle.check(users=b"", teams=TEAMS + b"T1,Cloud,U1,NOPE\n")
        self.assertEqual(short(result), [("empty-file", "users", None, None),
                                         ("unknown-parent-team", "teams", 2, "parent_team_id")])
        self.assertIn("unknown-manager", result.not_run)


class RecordRules(unittest.TestCase):

    def test_order_of_pass_1(self):
        long = b"x" * 65537
        rows = [b'a"b,e@x.com,,,\n',                      # 2: stray quote
                b"1,\x00,\xff\n",                         # 3: field count, before NUL
                b"1,\xff,\x00,,\n",                       # 4: NUL, before UTF-8
                b"1,\xff," + long + b",,\n",              # 5: UTF-8, before length
                b"," + long + b",,,\n",                   # 6: length, before missing value
                b" ,\t,,,\n",                             # 7: two missing values
                b"1,a@x.com,,,\n"]
        result = check_users(b"".join(rows))
        self.assertEqual(short(result), [
            ("stray-quote", "users", 2, None), ("field-count", "users", 3, None),
            ("nul-byte", "users", 4, "first_name"),
            ("invalid-utf8", "users", 5, "email"), ("field-too-long", "users", 6, "email"),
            ("missing-value", "users", 7, "id"), ("missing-value", "users", 7, "email")])
        self.assertEqual((result.records["users"], result.kept["users"]), (7, 1))

    def test_64_kib_is_allowed(self):
        self.assertEqual(short(check_users(b"1,a@x.com," + b"n" * 65536 + b",,\n")), [])
        self.assertEqual(short(check_users(b'1,a@x.com,"' + b'""' * 65536 + b'",,\n')),
                         [("special-character", "users", 2, "first_name")])

    def test_unused_columns_are_looked_at(self):
        header = b"note,id,email,first_name,last_name,team_id\n"
        self.assertEqual(short(check_users(b"\xff,1,a@x.com,,,\n", header=header))[-1],
                         ("invalid-utf8", "users", 2, "note"))
        self.assertEqual([one.code for one in check_users(b" a\x01,1,a@x.com,,,\n", header=header).findings],
                         ["extra-header"])

    def test_missing_values_in_required_order(self):
        result = check_users(b",,,,\n", header=b"email,id,first_name,last_name,team_id\n")
        self.assertEqual([one.field for one in result.findings], ["id", "email"])

    def test_blank_lines_are_no_records_but_a_blank_is(self):
        result = check_users(b"\n\n \n1,a@x.com,,,\n")
        self.assertEqual(short(result), [("field-count", "users", 4, None)])


class Duplicates(unittest.TestCase):

    def test_id_and_email(self):
        result = check_users(b"1,a@x.com,,,\n1,b@x.com,,,\n2,A@X.com,,,\n1,A@x.COM,,,\n01,c@x.com,,,\n")
        self.assertEqual([(one.code, one.line, one.related) for one in result.findings],
                         [("duplicate-user-id", 3, [("users", 2)]), ("duplicate-email", 4, [("users", 2)]),
                          ("duplicate-user-id", 5, [("users", 2)]), ("duplicate-email", 5, [("users", 2)])])
        self.assertEqual([user.id for user in result.roster.users], ["1", "01"])

    def test_a_removed_record_still_holds_its_id_and_email(self):
        result = check_users(b"1,a@x.com,,,\n2,a@x.com,,,\n2,b@x.com,,,\n1,c@x.com,,,\n3,c@x.com,,,\n")
        self.assertEqual([(one.code, one.line) for one in result.findings],
                         [("duplicate-email", 3), ("duplicate-user-id", 4), ("duplicate-user-id", 5),
                          ("duplicate-email", 6)])

    def test_records_of_pass_1_do_not_count(self):
        self.assertEqual([one.code for one in check_users(b"1,,,,\n1,a@x.com,,,\n").findings], ["missing-value"])

    def test_only_ascii_is_lowered(self):
        rows = "1,é@x.com,,,\n2,É@x.com,,,\n".encode()
        self.assertEqual(short(check_users(rows)), [])

    def test_teams(self):
        result = check_teams(b"T1,Cloud,,\nT1,Sales,,\nt1,Ops,,\n")
        self.assertEqual([(one.code, one.line) for one in result.findings],
                         [("duplicate-team-id", 3), ("case-collision", 4)])

    def test_deprovision_has_no_duplicates(self):
        result = oracle.check(deprovision=LEAVING + b"1,a@x.com,,\n1,a@x.com,,\n")
        self.assertEqual(short(result), [])
        self.assertEqual(len(result.deprovision), 2)


class Tree(unittest.TestCase):

    def test_unknown_parent_and_what_hangs_below(self):
        result = check_teams(b"T3,Ops,,T2\nT2,Cloud,,T1\nT1,Sales,,NOPE\n")
        self.assertEqual([(one.code, one.line, one.related) for one in result.findings],
                         [("removed-parent-team", 2, [("teams", 4)]), ("removed-parent-team", 3, [("teams", 4)]),
                          ("unknown-parent-team", 4, [])])
        self.assertEqual(result.roster.teams, [])

    def test_circles(self):
        result = check_teams(b"T1,Aa,,T2\nT2,Bb,,T3\nT3,Cc,,T1\nT4,Dd,,T4\nT5,Ee,,T2\nT6,Ff,,T5\nT7,Gg,,\n")
        self.assertEqual([(one.code, one.line) for one in result.findings],
                         [("team-cycle", 2), ("team-cycle", 3), ("team-cycle", 4), ("team-cycle", 5),
                          ("removed-parent-team", 6), ("removed-parent-team", 7)])
        self.assertEqual(sorted(result.findings[0].related), [("teams", 2), ("teams", 3), ("teams", 4)])
        self.assertEqual(result.findings[3].related, [("teams", 5)])
        self.assertEqual(result.findings[4].related, [("teams", 3)])
        self.assertEqual([team.id for team in result.roster.teams], ["T7"])

    def test_a_parent_of_blanks_is_none(self):
        self.assertEqual(short(check_teams(b"T1,Cloud,, \n")), [])

    def test_a_parent_that_pass_1_removed_is_unknown(self):
        self.assertEqual([one.code for one in check_teams(b"T1,,,\nT2,Cloud,,T1\n").findings],
                         ["missing-value", "unknown-parent-team"])


class References(unittest.TestCase):

    def test_teams_of_users(self):
        result = check_teams(b"T1,Cloud,,NOPE\nT2,Sales,,\n",
                             b"1,a@x.com,,,T1\n2,b@x.com,,,T9\n3,c@x.com,,,T2\n4,d@x.com,,, T2\n5,e@x.com,,, \n")
        self.assertEqual([(one.code, one.line, one.related) for one in result.findings if one.file == "users"],
                         [("removed-team", 2, [("teams", 2)]), ("unknown-team", 3, []), ("unknown-team", 5, []),
                          ("surrounding-space", 5, [])])
        self.assertEqual([user.team_id for user in result.roster.users], [None, None, "T2", None, None])
        self.assertEqual(result.findings[2].must_say, "T2")

    def test_managers(self):
        users = b"1,a@x.com,,,\n2,b@x.com,,,\n2,c@x.com,,,\n"
        result = check_teams(b'T1,Cloud," 2 ,,ghost, 1,2,\tghost,x",\nT2,Gone,ghost,T2\n', users)
        self.assertEqual([(one.code, one.line, one.value) for one in result.findings if one.file == "teams"],
                         [("unknown-manager", 2, "ghost"), ("unknown-manager", 2, "x"),
                          ("surrounding-space", 2, ' 2 ,,ghost, 1,2,\tghost,x'), ("team-cycle", 3, "T2")])
        self.assertEqual(result.roster.teams[0].managers, ("2", "1"))

    def test_roots(self):
        result = check_teams(b"T1,Cloud,,\nT2,Sales,,NOPE\n", roots=["T1", "T2", "T3"])
        self.assertEqual([one.value for one in result.findings if one.code == "unknown-root-team"], ["T2", "T3"])

    def test_not_run(self):
        self.assertEqual(check_users(b"1,a@x.com,,,T1\n").not_run, {"unknown-team", "removed-team"})
        self.assertEqual(check_users(b"", roots=["T1"]).not_run, {"unknown-team", "removed-team", "unknown-root-team"})
        self.assertEqual(oracle.check(teams=TEAMS + b"T1,Cloud,1,\n").not_run,
                         {"unknown-manager", "duplicate-team-name", "team-name-collision", "team-name-length"})
        self.assertEqual(oracle.check(deprovision=LEAVING).not_run, set())
        self.assertEqual(check_users(b"1,a@x.com,,,T1\n").roster.users[0].team_id, "T1")


class Names(unittest.TestCase):

    users = b"1,a@x.com,John,Smith,\n2,b@x.com,,Ng,\n3,c@x.com, ,,\n4,d@x.com,Li,\t,\n"

    def final(self, rows):
        return {team.id: team.final_name for team in check_teams(rows, self.users).roster.teams}

    def test_final_names(self):
        rows = b'T1,Ops,1,\nT2,Ops,"ghost,3,2,1",\nT3,Ops,"3,ghost",\nT4,Ops,4,\nT5,ops,1,\nT6,Ops,,NOPE\n'
        self.assertEqual(self.final(rows), {"T1": "Ops (John Smith - T1)", "T2": "Ops (Ng - T2)", "T3": "Ops (T3)",
                                            "T4": "Ops (Li - T4)", "T5": "ops"})

    def test_duplicates_are_noted_once_a_team(self):
        result = check_teams(b"T1,Ops,1,\nT2,Ops,,\nT3,Ops,,NOPE\n", self.users)
        self.assertEqual([(one.line, one.must_say) for one in result.findings if one.code == "duplicate-team-name"],
                         [(2, "Ops (John Smith - T1)"), (3, "Ops (T2)")])

    def test_collision(self):
        result = check_teams(b"T1,Ops,,\nT2,Ops,,\nT3,Ops (T1),,\n")
        self.assertEqual([(one.code, one.line) for one in result.findings],
                         [("duplicate-team-name", 2), ("team-name-collision", 2), ("duplicate-team-name", 3),
                          ("team-name-collision", 4)])

    def test_length(self):
        result = check_teams("T1,é,,\nT2,éé,,\nT3,{0},,\nT4,{0}x,,\nT5,a,,\nT6,a,,\n".format("é" * 200).encode())
        self.assertEqual([one.line for one in result.findings if one.code == "team-name-length"], [2, 5])


class Warnings(unittest.TestCase):

    def test_emails(self):
        for good in ("a@x.y", "a@b..", "a@x.com", "é@x.com", "a.b@c.d.e", "a\xa0b@x.com"):
            self.assertFalse(oracle.is_bad_email(good), good)
        for bad in ("a", "@x.com", "a@", "a@b@c.com", "a b@x.com", "a@x.com ", "a@x", "a@.com", "a@com.", "a@.", "a@..",
                    "a\t@x.com"):
            self.assertTrue(oracle.is_bad_email(bad), bad)

    def test_values(self):
        result = check_users('1,a@x.com,"x,y", z,\n2,b@x.com,a\x01,"é\x85",\n3,c@x.com,"a\tb","a\r\nb",\n'
                             '4,d@x.com, ,\xa0,\n'.encode())
        self.assertEqual(short(result), [
            ("special-character", "users", 2, "first_name"), ("surrounding-space", "users", 2, "last_name"),
            ("control-character", "users", 3, "first_name"), ("control-character", "users", 3, "last_name"),
            ("special-character", "users", 4, "last_name")])

    def test_several_on_one_field_and_the_order(self):
        result = check_users(b'A,a@x.com,,,\na,"b,\x7f",x ,,\n')
        self.assertEqual(short(result), [
            ("case-collision", "users", 3, "id"), ("invalid-email", "users", 3, "email"),
            ("control-character", "users", 3, "email"), ("special-character", "users", 3, "email"),
            ("surrounding-space", "users", 3, "first_name")])

    def test_only_kept_records(self):
        self.assertEqual([one.code for one in check_users(b"1,a@x.com,,,\n1,bad, x,,\n").findings],
                         ["duplicate-user-id"])

    def test_manager_list_is_no_special_character(self):
        self.assertEqual(short(check_teams(b'T1,Cloud,"1,2",\n', b"1,a@x.com,,,\n2,b@x.com,,,\n")), [])

    def test_pass_order_on_a_line(self):
        result = check_teams(b'T1,Ops ,ghost,\nT2,Ops ,,\n', roots=[])
        self.assertEqual([(one.code, one.line) for one in result.findings],
                         [("unknown-manager", 2), ("duplicate-team-name", 2), ("surrounding-space", 2),
                          ("duplicate-team-name", 3), ("surrounding-space", 3)])

    def test_exit_code(self):
        warning = check_users(b"1,bad,,,\n")
        self.assertEqual((warning.exit_code(), warning.exit_code("warning"), warning.exit_code("never")), (0, 1, 0))


def user(wanted, team=None, email=None, first="", last=""):
    return User(wanted, email or wanted.lower() + "@x.com", first, last, team)


def team(wanted, name=None, parent=None, managers=()):
    return Team(wanted, name or "Team " + wanted, name or "Team " + wanted, parent, tuple(managers))


class Differences(unittest.TestCase):

    def changed(self, old, new):
        return {(one.entity, one.change, one.id, one.field, one.old, one.new) for one in oracle.diff(old, new)}

    def test_same(self):
        roster = Roster([user("U1", "T1")], [team("T1", managers=["U1"])])
        self.assertEqual(oracle.diff(roster, roster), set())

    def test_users(self):
        old = Roster([user("U1", "T1"), user("U2"), user("U3", first="A")], [team("T1")])
        new = Roster([user("U1"), user("U3", first="B", email="U3@x.com"), user("U4")], [team("T1")])
        self.assertEqual(self.changed(old, new), {
            ("user", "changed", "U1", "team_id", "T1", None), ("user", "removed", "U2", None, None, None),
            ("user", "changed", "U3", "first_name", "A", "B"),
            ("user", "changed", "U3", "email", "u3@x.com", "U3@x.com"), ("user", "added", "U4", None, None, None)})

    def test_a_user_under_a_new_id(self):
        old = Roster([user("U1", "T1", email="a@x.com")], [team("T1", managers=["U1"])])
        new = Roster([user("N1", "T1", email="A@x.com")], [team("T1", managers=["N1"])])
        self.assertEqual(self.changed(old, new), {("user", "changed", "N1", "id", "U1", "N1"),
                                                  ("user", "changed", "N1", "email", "a@x.com", "A@x.com")})

    def test_the_id_comes_first(self):
        old = Roster([user("U1", email="a@x.com"), user("U2", email="b@x.com")], [])
        new = Roster([user("U2", email="a@x.com")], [])
        self.assertEqual(self.changed(old, new), {("user", "removed", "U1", None, None, None),
                                                  ("user", "changed", "U2", "email", "b@x.com", "a@x.com")})

    def test_a_team_under_a_new_id_is_no_move(self):
        old = Roster([user("U1", "T1")], [team("T1", "Ops"), team("T2", parent="T1")])
        new = Roster([user("U1", "S1")], [team("S1", "Ops"), team("T2", parent="S1")])
        self.assertEqual(self.changed(old, new), {("team", "changed", "S1", "id", "T1", "S1")})

    def test_names_must_be_unique_among_those_left(self):
        old = Roster([], [team("T1", "Ops"), team("T2", "Ops")])
        new = Roster([], [team("S1", "Ops")])
        self.assertEqual({one.change for one in oracle.diff(old, new)}, {"added", "removed"})
        new = Roster([], [team("T1", "Ops"), team("S1", "Ops")])
        self.assertEqual(self.changed(old, new), {("team", "changed", "S1", "id", "T2", "S1")})

    def test_teams(self):
        old = Roster([user("U1"), user("U2")], [team("T1", managers=["U1", "U2"]), team("T2"), team("T3", "Ops")])
        new = Roster([user("U1"), user("U2")], [team("T1", managers=["U2", "U1"]), team("T2", parent="T1"),
                                                 team("T3", "Op", managers=["U1"])])
        self.assertEqual(self.changed(old, new), {
            ("team", "changed", "T2", "parent_team_id", None, "T1"), ("team", "changed", "T3", "name", "Ops", "Op"),
            ("team", "changed", "T3", "final_name", "Ops", "Op"), ("team", "changed", "T3", "manager_ids", "", "U1")})


class Plans(unittest.TestCase):

    def replayed(self, old, operations, new=None):
        state, problems = oracle.replay(old, operations, new)
        return state, [text for _, text in problems]

    def test_swap_of_names(self):
        old = Roster([], [team("T1", "Aa"), team("T2", "Bb")])
        new = Roster([], [team("T1", "Bb"), team("T2", "Aa")])
        rename = {"kind": "renameTeam", "temporary": False}
        good = [dict(rename, team="T1", **{"from": "Aa", "to": "tmp"}, temporary=True),
                dict(rename, team="T2", **{"from": "Bb", "to": "Aa"}),
                dict(rename, team="T1", **{"from": "tmp", "to": "Bb"})]
        state, problems = self.replayed(old, good, new)
        self.assertEqual((problems, oracle.same_teams(state, new)), ([], ""))
        self.assertEqual(self.replayed(old, [good[1]])[1], ["renameTeam: another team has the name 'to'"])
        self.assertEqual(oracle.expected_operation_counts(old, new)["renameTeam"], 2)
        self.assertEqual(oracle.expected_temporary_renames(old, new), 1)

    def test_name_of_a_team_that_goes(self):
        old = Roster([], [team("T1", "Aa"), team("T2", "Bb")])
        new = Roster([], [team("T1", "Bb")])
        self.assertEqual(oracle.expected_temporary_renames(old, new), 1)
        counts = oracle.expected_operation_counts(old, new)
        self.assertEqual((counts["renameTeam"], counts["deleteTeam"]), (1, 1))

    def test_parent_and_child_turned_round(self):
        old = Roster([], [team("T1"), team("T2", parent="T1")])
        new = Roster([], [team("T2"), team("T1", parent="T2")])
        down = {"kind": "moveTeam", "team": "T1", "from": None, "to": "T2"}
        up = {"kind": "moveTeam", "team": "T2", "from": "T1", "to": None}
        self.assertEqual(self.replayed(old, [up, down], new)[1], [])
        self.assertIn("moveTeam: 'to' is below the team (or is the team)", self.replayed(old, [down, up], new)[1])
        self.assertEqual(oracle.expected_operation_counts(old, new)["moveTeam"], 2)

    def test_delete_needs_an_empty_team(self):
        old = Roster([user("U1", "T1")], [team("T1", managers=["U1"]), team("T2", parent="T1")])
        problems = self.replayed(old, [{"kind": "deleteTeam", "team": "T1"}])[1]
        self.assertEqual(len(problems), 3)
        operations = [{"kind": "removeTeamMember", "user": "U1", "team": "T1"},
                      {"kind": "removeTeamManager", "user": "U1", "team": "T1"},
                      {"kind": "deleteTeam", "team": "T2"}, {"kind": "deleteTeam", "team": "T1"}]
        state, problems = self.replayed(old, operations)
        self.assertEqual((state.names, problems), ({}, []))

    def test_steps_that_are_not_valid(self):
        old = Roster([user("U1", "T1"), user("U2")], [team("T1", "Aa", managers=["U2"]), team("T2", "Bb")])
        for operation in [
                {"kind": "addTeam", "team": "T1", "name": "Cc", "parent": None},
                {"kind": "addTeam", "team": "T3", "name": "Bb", "parent": None},
                {"kind": "addTeam", "team": "T3", "name": "Cc", "parent": "T9"},
                {"kind": "moveTeam", "team": "T1", "from": "T2", "to": None},
                {"kind": "moveTeam", "team": "T1", "from": None, "to": "T1"},
                {"kind": "addTeamMember", "user": "U1", "team": "T2"},
                {"kind": "addTeamMember", "user": "U2", "team": "T9"},
                {"kind": "moveTeamMember", "user": "U1", "from": "T2", "to": "T1"},
                {"kind": "moveTeamMember", "user": "U2", "from": "T2", "to": "T1"},
                {"kind": "removeTeamMember", "user": "U2", "team": "T1"},
                {"kind": "addTeamManager", "user": "U2", "team": "T1"},
                {"kind": "removeTeamManager", "user": "U1", "team": "T1"},
                {"kind": "rekeyTeam", "team": "T2", "from": "T1"},
                {"kind": "rekeyUser", "user": "U3", "from": "U9"},
                {"kind": "renameTeam", "team": "T1", "from": "Bb", "to": "Cc"},
                {"kind": "explode", "team": "T1"}]:
            self.assertTrue(self.replayed(old, [operation], old)[1], operation)

    def test_phases(self):
        old = Roster([user("U1")], [team("T1", "Aa")])
        operations = [{"kind": "addTeamMember", "user": "U1", "team": "T1"},
                      {"kind": "renameTeam", "team": "T1", "from": "Aa", "to": "Bb"}]
        self.assertEqual(self.replayed(old, operations)[1], ["renameTeam: comes after an operation of a later phase"])

    def test_rekeys_carry_references(self):
        old = Roster([user("U1", "T1")], [team("T1", "Aa", managers=["U1"]), team("T2", "Bb", parent="T1")])
        new = Roster([user("N1", "S1", email="u1@x.com")],
                     [team("S1", "Aa", managers=["N1"]), team("T2", "Bb", parent="S1")])
        operations = [{"kind": "rekeyTeam", "team": "S1", "from": "T1"},
                      {"kind": "rekeyUser", "user": "N1", "from": "U1"}]
        state, problems = self.replayed(old, operations, new)
        self.assertEqual((problems, oracle.same_teams(state, new)), ([], ""))
        counts = oracle.expected_operation_counts(old, new)
        self.assertEqual({kind: count for kind, count in counts.items() if count}, {"rekeyTeam": 1, "rekeyUser": 1})

    def test_collisions_are_exempt_from_the_name_rules(self):
        old = Roster([], [])
        new = Roster([], [team("T1", "Aa"), team("T2", "Aa")])
        operations = [{"kind": "addTeam", "team": wanted, "name": "Aa", "parent": None} for wanted in ("T1", "T2")]
        self.assertEqual(self.replayed(old, operations, new)[1], [])
        self.assertEqual(len(self.replayed(old, operations)[1]), 1)

    def test_scope(self):
        old = Roster([user("U1", "T2"), user("U2", "T3")], [team("T1"), team("T2", parent="T1"), team("T3")])
        new = Roster([user("U1", "T3"), user("U2")], [team("T1"), team("T2"), team("T3", "New")])
        counts = oracle.expected_operation_counts(old, new, ["T1"])
        self.assertEqual({kind: count for kind, count in counts.items() if count},
                         {"moveTeam": 1, "moveTeamMember": 1})
        wanted, circles = oracle.scoped_roster(old, new, ["T1"])
        self.assertEqual(({one.id: (one.final_name, one.parent) for one in wanted.teams}, circles),
                         ({"T1": ("Team T1", None), "T2": ("Team T2", None), "T3": ("Team T3", None)}, set()))
        self.assertEqual({one.id: one.team_id for one in wanted.users}, {"U1": "T3", "U2": "T3"})

    def test_scope_without_what_is_out_of_it(self):
        old = Roster([user("U1", "T1")], [team("T1", "Aa"), team("T2", "Bb")])
        new = Roster([user("U1", "T3")], [team("T1", "Bb", parent="T3"), team("T2", "Cc"), team("T3", "Dd")])
        counts = oracle.expected_operation_counts(old, new, ["T1"])
        self.assertEqual({kind: count for kind, count in counts.items() if count},
                         {"renameTeam": 1, "removeTeamMember": 1})
        wanted, _ = oracle.scoped_roster(old, new, ["T1"])
        self.assertEqual([one.final_name for one in wanted.teams], ["Bb (T1)", "Bb"])

    def test_guards(self):
        def people(count, inside):
            return [user("U%d" % number, "T1" if number < inside else None) for number in range(count)]
        old = Roster(people(100, 100), [team("T1")])
        for left, trips in ((90, False), (89, True)):
            new = Roster(people(100, left), [team("T1")])
            counts = oracle.expected_operation_counts(old, new)
            self.assertEqual("removeTeamMember" in oracle.guards(old, new, counts), trips)
        small = Roster(people(99, 99), [team("T1")])
        gone = Roster(people(99, 0), [team("T1")])
        self.assertEqual(oracle.guards(small, gone, oracle.expected_operation_counts(small, gone)), {})
        self.assertEqual(oracle.guards(small, Roster([], []), {}), {"emptyUsers": (99, 99), "emptyTeams": (1, 1)})
        self.assertEqual(oracle.guards(Roster([], []), Roster([], []), {}), {})
        tripped = oracle.guards(small, gone, {"removeTeamMember": 3}, {"removeTeamMember": "2"})
        self.assertIn("removeTeamMember", tripped)

    def test_guards_of_subtrees(self):
        old = Roster([user("U%d" % number, "T2" if number < 20 else "T3") for number in range(39)],
                     [team("T1"), team("T2", parent="T1"), team("T3")])
        new = Roster([], [team("T1"), team("T2", parent="T1"), team("T3")])
        gone = [{"kind": "removeTeamMember", "user": one.id, "team": one.team_id} for one in old.users]
        self.assertEqual(oracle.subtree_guards(old, new, gone, {"removeTeamMember": "99%"}),
                         {("removeTeamMember", "T1"): (20, 20)})
        self.assertEqual(oracle.subtree_guards(old, new, gone, {"removeTeamMember": "100%"}), {})

    def test_deprovision(self):
        kept = [("U1", "a@x.com", "", ""), ("U9", "b@x.com", "", "")]
        old = Roster([user("U1")], [team("T1", managers=["U1"])])
        self.assertEqual(oracle.deprovision_operations(kept), [("removeUser", "U1"), ("removeUser", "U9")])
        self.assertEqual(oracle.deprovision_operations(kept, old, keep_users=True),
                         [("removeTeamManager", "U1", "T1"), ("removeLicense", "U1"), ("removeLicense", "U9")])
        self.assertEqual(oracle.deprovision_operations(kept, old, True, True),
                         [("removeLicense", "U1"), ("removeLicense", "U9")])
        old = Roster([user("U1", email="u1@x.com")], [team("T1", managers=["U1"])])
        rekey = {"kind": "rekeyUser", "user": "N1", "from": "U1"}
        taken = {"kind": "removeTeamManager", "user": "N1", "team": "T1"}
        for kept in ([("U1", "a@x.com", "", "")], [("N1", "U1@x.com", "", "")]):
            self.assertEqual(oracle.deprovision_operations(kept, old, plan=[rekey]), [("removeUser", "N1")])
            self.assertEqual(oracle.deprovision_operations(kept, old, True, plan=[rekey]),
                             [("removeTeamManager", "N1", "T1"), ("removeLicense", "N1")])
            self.assertEqual(oracle.deprovision_operations(kept, old, True, plan=[rekey, taken]),
                             [("removeLicense", "N1")])


# ---------------------------------------------------------------------------------------------------------------------
# A planner as plain as possible: one operation for each difference, in the phases of the contract

def naive_plan(old, new):
    matching = oracle.Matching(old, new)
    shared = oracle.colliding_names(old) | oracle.colliding_names(new)
    plan = []

    def step(kind, **keys):
        plan.append({("from" if key == "origin" else key): value for key, value in dict(keys, kind=kind).items()})

    def team_now(wanted):                       # an old team's id after the re-keys
        return matching.new_team.get(wanted, wanted)

    def user_now(wanted):
        return matching.new_user.get(wanted, wanted)

    for kind, pairs, key in (("rekeyTeam", matching.teams, "team"), ("rekeyUser", matching.users, "user")):
        for one, other in pairs:
            if one.id != other.id:
                step(kind, origin=one.id, **{key: other.id})

    # names
    names = {team_now(one.id): one.final_name for one in old.teams}
    going = {one.id for one in matching.removed_teams}
    wishes = {other.id: other.final_name for one, other in matching.teams if one.final_name != other.final_name}

    def holders(name, but):
        return [other for other, held in names.items() if held == name and other != but and name not in shared]

    def rename(wanted, to, temporary=False):
        step("renameTeam", team=wanted, origin=names[wanted], to=to, temporary=temporary)
        names[wanted] = to

    def step_aside(wanted):
        number = 1
        while "temporary %d" % number in list(names.values()) + [one.final_name for one in new.teams]:
            number += 1
        rename(wanted, "temporary %d" % number, True)

    for other in matching.added_teams:
        for holder in holders(other.final_name, other.id):
            if holder in going:
                step_aside(holder)
    while wishes:
        ready = [wanted for wanted, name in wishes.items() if not holders(name, wanted)]
        if ready:
            rename(ready[0], wishes.pop(ready[0]))
            continue
        blocked = [holder for wanted, name in wishes.items() for holder in holders(name, wanted)]
        step_aside(min(blocked, key=lambda holder: holder not in going))

    # the tree, from the top of the new one down
    was = {other.id: one for one, other in matching.teams}
    placed = {None}
    while len(placed) <= len(new.teams):
        for one in new.teams:
            if one.id in placed or one.parent not in placed:
                continue
            placed.add(one.id)
            if one.id not in was:
                step("addTeam", team=one.id, name=one.final_name, parent=one.parent)
            elif not matching.same_team(was[one.id].parent, one.parent):
                parent = was[one.id].parent
                step("moveTeam", team=one.id, origin=None if parent is None else team_now(parent), to=one.parent)

    # members and managers
    before = {user_now(one.id): team_now(one.team_id) for one in old.users if one.team_id is not None}
    after = {one.id: one.team_id for one in new.users if one.team_id is not None}
    for one in sorted(set(before) | set(after)):
        if one not in after:
            step("removeTeamMember", user=one, team=before[one])
        elif one not in before:
            step("addTeamMember", user=one, team=after[one])
        elif before[one] != after[one]:
            step("moveTeamMember", user=one, origin=before[one], to=after[one])
    before = {(team_now(one.id), user_now(wanted)) for one in old.teams for wanted in one.managers}
    after = {(one.id, wanted) for one in new.teams for wanted in one.managers}
    for where, who in sorted(after - before):
        step("addTeamManager", user=who, team=where)
    for where, who in sorted(before - after):
        step("removeTeamManager", user=who, team=where)

    # deletions from the bottom up
    left = {one.id: one.parent for one in matching.removed_teams}
    while left:
        for wanted in [one for one in left if one not in left.values()]:
            step("deleteTeam", team=wanted)
            del left[wanted]
    return plan


class RandomPairs(unittest.TestCase):

    def test_the_minimum_can_be_reached(self):
        for number in range(400):
            old, new = random_exports.random_pair(random.Random("pairs:%d" % number))
            before = oracle.check(old.users, old.teams)
            after = oracle.check(new.users, new.teams)
            if before.fatal_files or after.fatal_files:
                continue
            before, after = before.roster, after.roster
            plan = naive_plan(before, after)
            state, problems = oracle.replay(before, plan, after)
            self.assertEqual(problems, [], number)
            self.assertEqual(oracle.same_teams(state, after), "", number)
            counts = dict.fromkeys(oracle.PHASE, 0)
            for operation in plan:
                if not operation.get("temporary"):
                    counts[operation["kind"]] += 1
            self.assertEqual(counts, oracle.expected_operation_counts(before, after), number)
            temporary = oracle.expected_temporary_renames(before, after)
            if temporary is not None:
                self.assertEqual(sum(bool(operation.get("temporary")) for operation in plan), temporary, number)

    def test_same_names_mean_no_difference(self):
        for number in range(60):
            old, _ = random_exports.random_pair(random.Random("same:%d" % number))
            roster = oracle.check(old.users, old.teams).roster
            self.assertEqual(oracle.diff(roster, roster), set())
            self.assertFalse(any(oracle.expected_operation_counts(roster, roster).values()))


class Generator(unittest.TestCase):

    def test_same_seed_same_bytes(self):
        one, other = (random_exports.random_export(random.Random("7")) for _ in range(2))
        self.assertEqual(one.files, other.files)

    def test_every_rule_and_every_operation_happens(self):
        seen, kinds = set(), set()
        for number in range(1500):
            rng = random.Random("rules:%d" % number)
            export = random_exports.random_export(rng)
            seen.update(oracle.check(export.users, export.teams, export.deprovision,
                                     random_exports.random_roots(export.model, rng)).codes())
        self.assertEqual(seen, {code for code, _, _ in oracle.RULES})
        for number in range(60):
            old, new = random_exports.random_pair(random.Random("kinds:%d" % number))
            counts = oracle.expected_operation_counts(oracle.check(old.users, old.teams).roster,
                                                      oracle.check(new.users, new.teams).roster)
            kinds.update(kind for kind, count in counts.items() if count)
        self.assertEqual(kinds, set(oracle.PHASE))


class Comparison(unittest.TestCase):
    """The comparing half of run.py: what it lets pass and what it does not."""

    def complaint(self, **changes):
        want = oracle.check(users=USERS + b"1,a@x.com,,,\n1,b@x.com,,,\n").findings[0]
        got = {"type": "finding", "code": "duplicate-user-id", "severity": "error", "file": "users", "line": 3,
               "field": "id", "value": "1", "message": "m", "effect": "e", "related": [{"file": "users", "line": 2}]}
        return run.finding_complaint(want, dict(got, **changes))

    def test_complaints(self):
        self.assertEqual(self.complaint(), "")
        self.assertEqual(self.complaint(path="x.csv", more=1), "")
        for key, value in (("code", "x"), ("severity", "info"), ("file", "teams"), ("line", 2), ("field", "email"),
                           ("value", "2"), ("message", ""), ("effect", None)):
            self.assertEqual(self.complaint(**{key: value}), key)
        self.assertTrue(self.complaint(related=[]).startswith("related"))

    def test_difference_names_the_old_or_the_new_id(self):
        old, new = Roster([user("U1", email="a@x.com")], []), Roster([user("N1", email="a@x.com")], [])
        matching = oracle.Matching(old, new)
        want = oracle.Difference("user", "changed", "N1", "id", "U1", "N1")
        for wanted in ("U1", "N1"):
            self.assertEqual(run.difference_from_json(
                {"entity": "user", "change": "changed", "id": wanted, "field": "id", "old": "U1", "new": "N1"},
                matching), want)


if __name__ == "__main__":
    unittest.main()
