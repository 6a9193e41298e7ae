# SPDX-License-Identifier: MIT
"""push and status against the sandbox and a well-behaved remote."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import json
import os
import re
import subprocess
import time
import threading
import unittest
from urllib.parse import parse_qs, urlsplit

from support import (DEPROVISION, FIRST_KINDS, MUSTER, TEAMS, TOKEN, USERS, ClientTest, answer,
                     clean_environment, completed)


class Push(ClientTest):
    def test_what_is_sent(self):
        server = self.remote(completed(["addTeam: IT"]))
        result = self.push(server.url)
        self.assertEqual(result.code, 0, result.err)
        posts = [one for one in server.requests if one[0] == "POST"]
        self.assertEqual([one[1].split("?")[0] for one in posts], ["/sync-users"] * 2)
        for (_, path, headers, body), kind in zip(posts, ("teams", "users")):
            self.assertEqual(headers["Content-Type"], "text/csv")
            self.assertEqual(headers["Content-Disposition"], f'attachment; filename="{kind}.csv"')
            self.assertEqual(headers["Authorization"], "Bearer " + TOKEN)
            self.assertEqual(body, self.read(f"A/{kind}.csv"))
            self.assertEqual(headers["Content-Length"], str(len(body)))
            self.assertNotIn("Transfer-Encoding", headers)
            self.assertEqual(parse_qs(urlsplit(path).query), {
                "dryRun": ["true"], "exitOnError": ["false"], "sendManagerInvites": ["true"]})
        self.assertEqual(result.json["summary"]["operations"], {"addTeam": 1})

    def test_flags_become_parameters(self):
        server = self.remote(completed(dry=False))
        result = self.push(server.url, "--live", "--yes", "--strict", "--no-manager-invites",
                           "--root", "T2,a b&c")
        self.assertEqual(result.code, 1, "T2 is known, the other root is not: strict stops")
        self.assertEqual(server.requests, [])
        result = self.push(server.url, "--live", "--yes", "--strict", "--no-manager-invites",
                           "--root", "T2,T1")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(parse_qs(urlsplit(server.requests[0][1]).query), {
            "dryRun": ["false"], "exitOnError": ["true"], "sendManagerInvites": ["false"],
            "rootTeamIds": ["T2,T1"]})

    def test_the_end_decides_the_exit_code(self):
        self.assertEqual(self.push(self.remote(completed()).url).code, 0)
        result = self.push(self.remote(completed(["x"], ["bad"])).url)
        self.assertEqual((result.code, result.json["errors"]), (8, ["bad"]))
        refusal = answer({"status": "Invalid data", "errors": ["no"]}, 400)
        invalid = self.remote(completed(), refusal)
        result = self.push(invalid.url)
        self.assertEqual((result.code, result.json["errors"]), (6, ["no"]))
        for status in (400, 401, 403, 404, 413, 415):
            result = self.push(self.remote(completed(), answer({"error": "no"}, status)).url)
            self.assertEqual(result.code, 6, status)

    def test_errors_count_whatever_the_status_says(self):
        odd = answer({"status": "completed", "dryRun": True, "listOfOperations": ["x"],
                      "errors": ["boom"]})
        result = self.push(self.remote(odd).url)
        self.assertEqual((result.code, result.json["errors"]), (8, ["boom"]))
        for key in ("listOfOperations", "errors"):
            words = {"status": "completed", "dryRun": True, "listOfOperations": [], "errors": []}
            for wrong in ("x", {}, 3):
                result = self.push(self.remote(answer(dict(words, **{key: wrong}))).url)
                self.assertEqual(result.code, 7, (key, wrong))

    def test_lists_may_be_null(self):
        words = {"status": "completed", "dryRun": True, "listOfOperations": None, "errors": None}
        self.assertEqual(self.push(self.remote(answer(words)).url).code, 0)

    def test_what_cannot_pass_is_not_sent(self):
        server = self.remote(completed())
        self.write("B/users.csv", "id,email\nX1,a@b.example\n")
        self.write("B/teams.csv", TEAMS)
        result = self.push(server.url, export="B")
        self.assertEqual((result.code, result.out, server.requests), (1, "", []))
        self.write("B/users.csv", USERS + "X1,b@b.example,A,B,T1\n")
        self.assertEqual(self.push(server.url, "--strict", export="B").code, 1)
        self.assertEqual(server.requests, [])
        self.assertEqual(self.push(server.url, "--strict", "--force", export="B").code, 1)
        self.assertEqual(server.count("POST"), 2)

    def test_findings_decide_where_the_remote_has_none(self):
        """The error of B costs one record, and the warning of C nothing: both are sent."""
        self.write("B/users.csv", USERS + "X1,b@b.example,A,B,T1\n")
        self.write("B/teams.csv", TEAMS)
        self.write("C/users.csv", USERS + "X4,nobody,A,B,T1\n")
        self.write("C/teams.csv", TEAMS)
        never, warning = ("--fail-on", "never"), ("--fail-on", "warning")
        for live in (False, True):
            run = ("--live", "--yes") if live else ()
            for export, arguments, code in (
                    ("A", warning, 0), ("B", (), 1), ("B", never, 0), ("B", ("--no-check",), 0),
                    ("C", (), 0), ("C", warning, 1), ("C", never, 0)):
                server = self.remote(completed(["addTeam"], dry=not live))
                result = self.push(server.url, *run, *arguments, export=export)
                self.assertEqual((result.code, server.count("POST")), (code, 2),
                                 (export, run, arguments, result.err))
                self.assertEqual(result.json["summary"]["exit"], code)
        quiet = self.muster("push", "B", "--base", self.remote(completed()).url, "--token-file",
                            self.token_file, "-q")
        self.assertEqual(quiet.code, 1)
        self.assertIn("1  duplicate-user-id", quiet.err)

    def test_what_the_remote_says_goes_before_findings(self):
        self.write("B/users.csv", USERS + "X1,b@b.example,A,B,T1\n")
        self.write("B/teams.csv", TEAMS)
        for end, code in ((completed([], ["bad"]), 8), (answer({"error": "no"}, 403), 6),
                          (answer("not json"), 7)):
            self.assertEqual(self.push(self.remote(end).url, export="B").code, code)
        result = self.push(self.remote(completed()).url, "-o", "nowhere/result", export="B")
        self.assertEqual(result.code, 3)
        # Of two runs the one with findings counts, whichever it is.
        done = answer({"status": "Completed Successfully"})
        for export, text in (("B", DEPROVISION), ("A", DEPROVISION + "X4,,,\n")):
            self.write(export + "/deprovision.csv", text)
            server = self.remote(completed())
            inner = server.script
            server.script = lambda handler, number, inner=inner: (
                done if "/deprovision" in handler.path else inner(handler, number))
            result = self.push(server.url, "--format", "jsonl", export=export)
            self.assertEqual((result.code, server.count("POST")), (1, 3), result.err)

    def test_without_a_check_everything_is_sent(self):
        server = self.remote(completed())
        self.write("B/users.csv", "id,email\nX1,a@b.example\n")
        self.write("B/teams.csv", b"\xff\xfe")
        result = self.push(server.url, "--no-check", export="B")
        self.assertEqual((result.code, len(server.requests)), (0, 3), result.err)
        self.assertEqual(server.requests[0][3], b"\xff\xfe")
        # A live run may remove whatever it likes then, and there is no plan to weigh.
        self.assertEqual(self.push(server.url, "--no-check", "--live", export="B").code, 4)
        self.assertEqual(self.push(server.url, "--no-check", "--from", "A", export="B").code, 2)
        self.assertEqual(len(server.requests), 3)

    def test_one_file_is_not_enough(self):
        server = self.remote(completed())
        self.assertEqual(self.push(server.url, export="A/users.csv").code, 2)
        self.assertEqual(server.requests, [])

    def test_a_file_from_standard_input(self):
        server = self.remote(completed())
        result = self.push(server.url, "--users", "-", "--teams", "A/teams.csv", export=None,
                           standard_input=USERS.encode())
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(server.requests[1][3], USERS.encode())

    def test_a_file_larger_than_a_buffer_goes_whole(self):
        rows = "".join(f"U{n},user{n}@example.com,Ann,Lee,T1\n" for n in range(100000))
        self.write("A/users.csv", USERS + rows)
        server = self.remote(completed())
        self.assertEqual(self.push(server.url).code, 0)
        self.assertEqual(server.requests[1][3], self.read("A/users.csv"))

    def test_a_file_that_is_too_large_for_the_remote(self):
        rows = "".join(f"U{n},user{n}@example.com,Ann,Lee,T1\n" for n in range(100000))
        self.write("A/users.csv", USERS + rows)
        result = self.push(self.sandbox("--body-limit", "1").url)
        self.assertEqual(result.code, 6, result.err)
        self.assertIn("413", result.err)

    def test_words_of_the_remote_cannot_touch_the_terminal(self):
        misleading = ("\x1b", "\x07", "\u009b", "\u061c", "\u200b", "\u200f", "\u2029", "\u202e",
                      "\u2060", "\u2065", "\u206a", "\ufeff", "\ufffa", "\U000e0041")
        words = "\x1b]0;owned\x07\x1b[2J \u009b31m \u202egnp.exe" + "".join(misleading)
        server = self.remote(completed([words], [words]))
        for form in ("text", "json", "jsonl", "sync"):
            result = self.muster("push", "A", "--base", server.url, "--token-file",
                                 self.token_file, "--format", form)
            self.assertEqual(result.code, 8)
            for bad in misleading:
                self.assertNotIn(bad, result.out + result.err, form)
            if form == "sync":
                self.assertEqual(result.json["errors"], [words], "escaped, but still there")
        status = self.muster("status", server.url + "/sync-users/1/status", "--base", server.url,
                             "--token-file", self.token_file)
        for bad in misleading:
            self.assertNotIn(bad, status.out + status.err)
        server = self.remote(completed(), answer({"error": words}, 403))
        result = self.push(server.url)
        self.assertEqual(result.code, 6)
        for bad in misleading:
            self.assertNotIn(bad, result.err)

    def test_unknown_status_words_are_waited_out(self):
        server = self.remote(answer({"status": "thinking"}))
        start = time.monotonic()
        self.assertEqual(self.push(server.url, "--timeout", "2").code, 7)
        self.assertLess(time.monotonic() - start, 60)
        self.assertGreater(server.count("GET"), 2)

    def test_a_users_file_that_the_remote_held_from_before(self):
        stale = {"status": "processing", "statusUrl": None}
        server = self.rude(lambda handler, number: [
            answer(stale), answer({"status": "Awaiting teams file"}),
            answer({"status": "processing",
                    "statusUrl": f"{server.url}/sync-users/right/status"}),
            completed()][number - 1])
        stale["statusUrl"] = f"{server.url}/sync-users/wrong/status"
        result = self.push(server.url)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([one[1].split("?")[0] for one in server.requests],
                         ["/sync-users"] * 3 + ["/sync-users/right/status"])
        live = self.rude(lambda handler, number: [answer(stale), completed(dry=False)][number - 1])
        stale["statusUrl"] = f"{live.url}/sync-users/wrong/status"
        result = self.push(live.url, "--live", "--yes")
        self.assertEqual((result.code, live.count("POST")), (8, 1))


    def test_half_an_export_is_no_completed_job(self):
        for end in (completed(), completed(errors=["x"])):
            server = self.rude([end])
            result = self.push(server.url)
            self.assertEqual((result.code, len(server.requests)), (7, 1))
            self.assertIn("users file was not sent", result.err)

    def test_a_report_goes_over_nothing_that_is_needed(self):
        self.write("key", "secret")
        self.write("old/users.csv", USERS)
        self.write("old/teams.csv", TEAMS)
        token = os.path.relpath(self.token_file, self.folder)
        files = ("A/users.csv", "A/teams.csv", "old/users.csv", "key", token)
        before = {name: self.read(name) for name in files}
        for more in ((), ("--no-check",), ("--receipt", "receipt")):
            for name in files:
                if name.startswith("old") and "--no-check" in more:
                    continue  # nobody reads it
                server = self.remote(completed())
                result = self.push(server.url, *more, "-o", name, "--from", "old", "--privacy",
                                   "pseudonym", "--pseudonym-key", "key")
                self.assertEqual((result.code, server.requests), (2, []), (name, result.err))
        server = self.remote(completed())
        for count in (0, 2):  # before there is a receipt, and when there is one
            for name in ("receipt", "./receipt", "A/../receipt", self.path("receipt")):
                result = self.push(server.url, "--receipt", "receipt", "-o", name)
                self.assertEqual((result.code, server.count("POST")), (2, count), result.err)
            self.assertEqual(self.push(server.url, "--receipt", "receipt").code, 0)
        self.assertEqual(self.muster("status", "receipt", "--token-file", self.token_file, "-o",
                                     "receipt").code, 2)
        self.assertEqual({name: self.read(name) for name in files}, before)
        for command in (("check", "A"), ("diff", "old", "A")):
            result = self.muster(*command, "--privacy", "pseudonym", "--pseudonym-key", "key",
                                 "-o", "key")
            self.assertEqual(result.code, 2, result.err)
        self.assertEqual(self.read("key"), b"secret")

    def test_what_the_remote_says_is_shown_in_full_or_not_at_all(self):
        for level, shown in (("full", True), ("mask", False), ("counts", False)):
            server = self.rude([answer({"error": "no place for ann@example.com"}, 400)] * 2)
            result = self.push(server.url, "--privacy", level)
            self.assertEqual((result.code, "ann@example.com" in result.err), (6, shown))
            result = self.muster("status", server.url + "/sync-users/1/status", "--base", server.url,
                                 "--token-file", self.token_file, "--privacy", level)
            self.assertEqual((result.code, "ann@example.com" in result.err), (6, shown))

    def test_a_push_that_came_to_nothing_leaves_the_last_report(self):
        self.write("report", "of last week")
        self.assertEqual(self.push("http://127.0.0.1:1", "-o", "report").code, 7)
        self.assertEqual(self.read("report"), b"of last week")


class Guards(ClientTest):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.muster("snapshot", "A", "-o", "A.snap").code, 0)
        self.write("B/teams.csv", TEAMS)
        self.write("B/users.csv", USERS.replace("Bob,Ray,T1", "Bob,Ray,T2"))
        self.write("C/teams.csv", TEAMS)
        self.write("C/users.csv", USERS.replace("Cyd,Po,T2", "Cyd,Po,"))

    def test_a_live_run_that_removes_nothing_needs_no_yes(self):
        server = self.remote(completed(dry=False))
        self.assertEqual(self.push(server.url, "--live", "--from", "A.snap", export="B").code, 0)

    def test_a_live_run_that_removes_something_needs_yes(self):
        server = self.remote(completed(dry=False))
        self.assertEqual(self.push(server.url, "--live", "--from", "A.snap", export="C").code, 4)
        self.assertEqual(self.push(server.url, "--live", export="B").code, 4)
        self.assertEqual(server.requests, [])
        self.assertEqual(self.push(server.url, "--live", "--yes", export="B").code, 0)

    def test_a_tripped_guard_stops_before_anything_is_sent(self):
        server = self.remote(completed())
        arguments = ("--from", "A.snap", "--limit", "removeTeamMember=0")
        result = self.push(server.url, *arguments, export="C")
        self.assertEqual((result.code, server.requests), (4, []))
        self.assertIn("removeTeamMember", result.err)
        self.assertEqual(self.push(server.url, *arguments, "--force", export="C").code, 0)
        self.assertEqual(self.push(server.url, "--from", "A.snap", "--limit", "nonsense=1").code, 2)

    def test_what_two_runs_take_away_is_one_loss(self):
        # One manager place goes with the export, two with the file; a plan of both has three.
        server = self.remote(completed())
        done = answer({"status": "Completed Successfully"})
        inner = server.script
        server.script = lambda handler, number: (
            done if "/deprovision" in handler.path else inner(handler, number))
        self.write("E/users.csv", USERS)
        self.write("E/teams.csv", TEAMS.replace('"X1,X2"', "X1"))
        self.write("E/deprovision.csv", DEPROVISION.replace("X3,cyd@example.com,Cyd,Po",
                                                            "X1,ann@example.com,Ann,Lee"))
        arguments = ("--from", "A.snap", "--keep-users", "--limit")
        self.assertEqual(self.muster("plan", "E", *arguments, "removeTeamManager=2").code, 4)
        result = self.push(server.url, *arguments, "removeTeamManager=2", export="E")
        self.assertEqual((result.code, server.requests), (4, []))
        self.assertIn("guard tripped: removeTeamManager 3 of 3", result.err)
        self.assertEqual(self.push(server.url, *arguments, "removeTeamManager=3", export="E").code, 0)

    def test_a_guard_is_told_as_plan_tells_it(self):
        server = self.remote(completed())
        self.write("D/users.csv", USERS.splitlines()[0] + "\n")
        self.write("D/teams.csv", TEAMS)
        for export, arguments, hint in (
                ("D", (), "no limit allows it, --force sends all the same\n"),
                ("C", ("--limit", "removeTeamMember=0"), "--limit replaces a limit, --force")):
            plan = self.muster("plan", "--from", "A.snap", export, *arguments)
            told = [line for line in plan.out.splitlines() if line.startswith("guard tripped: ")]
            result = self.push(server.url, "--from", "A.snap", *arguments, export=export)
            self.assertEqual((plan.code, result.code, len(told)), (4, 4, 1))
            self.assertIn("muster: " + told[0], result.err)
            self.assertIn(hint, result.err)

    def test_the_own_plan_is_held_against_the_remote(self):
        server = self.remote(completed(["moveTeamMember: X2", "deleteTeam: T9", "something else"]))
        result = self.push(server.url, "--from", "A.snap", export="B")
        self.assertEqual(result.code, 0)
        self.assertEqual(result.json["summary"]["plan"], {"moveTeamMember": 1})
        self.assertEqual(result.json["summary"]["operations"],
                         {"moveTeamMember": 1, "deleteTeam": 1, "other": 1})
        text = self.muster("push", "B", "--base", server.url, "--token-file", self.token_file,
                           "--from", "A.snap").out
        self.assertRegex(text, r"deleteTeam +0 +1")
        self.assertNotRegex(text, r"moveTeamMember +1 +1")


class Receipts(ClientTest):
    def test_what_it_holds(self):
        server = self.remote(completed(["addTeam"]))
        result = self.push(server.url, "--receipt", "receipt")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(os.stat(self.path("receipt")).st_mode & 0o777, 0o600)
        run = json.loads(self.read("receipt"))["sync"]
        self.assertEqual((run["state"], run["operations"], run["errors"]), ("finished", 1, 0))
        self.assertLessEqual(run["startedAt"], run["finishedAt"])
        self.assertEqual(run["sent"]["parameters"], {"dryRun": True, "exitOnError": False,
                                                     "sendManagerInvites": True, "rootTeamIds": []})
        made = subprocess.run(["sha256sum", self.path("A/teams.csv"), self.path("A/users.csv")],
                              capture_output=True, check=True).stdout.decode().split()
        self.assertEqual([file["sha256"] for file in run["sent"]["files"]], made[0::2])
        self.assertEqual([one["status"] for one in run["answers"]],
                         ["Awaiting users file", "processing", "completed"])
        self.assertEqual(run["statusUrl"], server.url + "/sync-users/0123abcd/status")

    def test_an_open_receipt_goes_on_polling(self):
        server = self.remote(answer({"status": "processing", "dryRun": False}))
        arguments = ("--live", "--yes", "--receipt", "receipt")
        self.assertEqual(self.push(server.url, *arguments, "--timeout", "1").code, 7)
        self.assertEqual(server.count("POST"), 2)
        inner = server.script
        server.script = lambda handler, number: (
            completed(["addTeam"], dry=False) if handler.command == "GET" else inner(handler,
                                                                                     number))
        again = self.push(server.url, *arguments)
        self.assertEqual((again.code, server.count("POST")), (0, 2), again.err)
        self.assertEqual(again.json["summary"]["operations"], {"addTeam": 1})
        # Now it is closed, and a push is a new one.
        self.assertEqual(self.push(server.url, *arguments).code, 0)
        self.assertEqual(server.count("POST"), 4)

    def test_an_open_receipt_of_something_else(self):
        server = self.remote(answer({"status": "processing", "dryRun": False}))
        arguments = ("--live", "--yes", "--receipt", "receipt", "--timeout", "1")
        self.assertEqual(self.push(server.url, *arguments).code, 7)
        self.write("A/users.csv", USERS.replace("Ann", "Anne"))
        self.assertEqual(self.push(server.url, *arguments).code, 5)
        self.assertEqual(server.count("POST"), 2)

    def test_status_brings_a_receipt_up_to_date(self):
        server = self.remote(answer({"status": "processing", "dryRun": True}))
        self.assertEqual(self.push(server.url, "--receipt", "receipt", "--timeout", "1").code, 7)
        server.script = [completed(["addTeam"], ["bad"])]
        result = self.muster("status", "receipt", "--token-file", self.token_file)
        self.assertEqual(result.code, 8, result.err)
        self.assertIn("addTeam", result.out)
        run = json.loads(self.read("receipt"))["sync"]
        self.assertEqual((run["state"], run["operations"], run["errors"]), ("finished", 1, 1))
        lines = self.muster("status", "receipt", "--token-file", self.token_file, "--format",
                            "jsonl").out.splitlines()
        self.assertEqual(json.loads(lines[0])["command"], "status")

    def test_pipes_are_read_once_and_sent(self):
        sandbox = self.sandbox()
        for name, content in (("users.pipe", USERS), ("teams.pipe", TEAMS)):
            os.mkfifo(self.path(name))
            threading.Thread(target=self.write, args=(name, content), daemon=True).start()
        result = self.muster("push", "--users", "users.pipe", "--teams", "teams.pipe", "--base",
                             sandbox.url, "--token-file", self.token_file)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("8 operations", result.out)

    def test_an_answer_that_makes_no_sense_ends_no_job(self):
        server = self.remote(answer({"status": "processing"}))
        arguments = ("--live", "--yes", "--receipt", "receipt", "--timeout", "1")
        self.assertEqual(self.push(server.url, *arguments).code, 7)
        inner = server.script
        for nonsense in ('{"status":"proc', {"status": "queued"}, {"status": "No files"},
                         {"status": "Awaiting users file"}, {}):
            server.script = [answer(nonsense)] * 2
            result = self.status("receipt", "--once")
            self.assertEqual((result.code, result.out), (7, ""), (nonsense, result.err))
        server.script = [answer({"status": "processing"})]
        result = self.status("receipt", "--once")
        self.assertEqual((result.code, result.out), (0, "Live run: processing\n"))
        self.assertEqual(json.loads(self.read("receipt"))["sync"]["state"], "processing")
        server.script = inner
        self.assertEqual(self.push(server.url, *arguments).code, 7)
        self.assertEqual(server.count("POST"), 2)

    def status(self, job, *more):
        return self.muster("status", job, "--token-file", self.token_file, *more)

    def test_status_by_address(self):
        server = self.rude([answer({"status": "processing", "dryRun": False})])
        once = self.status(server.url + "/sync-users/1/status", "--base", server.url, "--once")
        self.assertEqual((once.code, once.out, len(server.requests)),
                         (0, "Live run: processing\n", 1))
        sandbox = self.sandbox()
        self.send(sandbox.url, "teams", TEAMS)
        url = self.send(sandbox.url, "users", USERS)[1]["statusUrl"]
        result = self.status(url, "--base", sandbox.url + "/")
        self.assertEqual(result.code, 0)
        self.assertIn("8 operations", result.out)
        for job, code in ((url[:-5], 2), (url.replace(url.split("/")[-2], "0" * 32), 6),
                          ("nowhere", 3), ("http://example.com/sync-users/1/status", 2)):
            self.assertEqual(self.status(job, "--base", sandbox.url).code, code, job)
        self.assertEqual(self.status("nope.receipt").err, "muster: cannot read the receipt "
                         "nope.receipt: No such file or directory\n")

    def test_status_sends_the_token_to_no_other_place(self):
        server = self.rude([])
        address = server.url + "/sync-users/1/status"
        port = server.url.rpartition(":")[2]
        for job, base in ((address, None), (address, "http://localhost:" + port),
                          (address, "https://127.0.0.1:" + port), (address, "http://127.0.0.1:1"),
                          (address, server.url + "/v2"), (server.url + "/v2/x", server.url),
                          (server.url + "/v2/sync-users/1/status", server.url)):
            result = self.status(job, *(("--base", base) if base else ()))
            self.assertEqual((result.code, result.out), (2, ""), (job, base, result.err))
            self.assertIn(job + " is not followed: it", result.err)
        self.assertEqual(server.requests, [])
        # Not even the token is read: the file need not exist.
        refused = self.muster("status", "https://example.com/sync-users/1/status", "--token-file",
                              "nowhere")
        self.assertEqual(refused.code, 2)
        self.assertEqual(refused.err.splitlines(), [
            "muster: https://example.com/sync-users/1/status is not followed: it leads to another "
            "place than the base address",
            "hint: --base URL says where the remote is, if not at "
            "https://integrations-api.pluralsight.com"])

    def test_what_is_advised_after_a_timeout_works(self):
        server = self.remote(answer({"status": "processing", "dryRun": True}))
        late = self.push(server.url, "--timeout", "1")
        self.assertEqual(late.code, 7)
        words = re.search(r"with: muster (status \S+ --base \S+)\n", late.err)
        self.assertIsNotNone(words, late.err)
        server.script = [completed(["addTeam"])]
        result = self.muster(*words[1].split(), "--token-file", self.token_file)
        self.assertEqual(result.code, 0, result.err)

    def test_a_file_that_is_no_receipt(self):
        self.write("receipt", "{}")
        self.assertEqual(self.push("http://127.0.0.1:1", "--receipt", "receipt").code, 3)
        self.assertEqual(self.read("receipt"), b"{}")
        result = self.push("http://127.0.0.1:1", "--receipt", "A")
        self.assertEqual((result.code, "A: Is a directory" in result.err), (3, True), result.err)

    def test_a_receipt_that_cannot_be_written_stops_the_push(self):
        server = self.remote(completed())
        self.assertEqual(self.push(server.url, "--receipt", "nowhere/receipt").code, 3)
        self.assertEqual(server.requests, [])


class DeprovisionFile(ClientTest):
    def setUp(self):
        super().setUp()
        self.write("deprovision.csv", DEPROVISION)

    def test_the_five_outcomes(self):
        for status, word, code in ((400, "No files", 6), (200, "Processing", 0),
                                   (400, "Validation Completed With Errors", 8),
                                   (400, "Completed With Errors", 8),
                                   (200, "Completed Successfully", 0)):
            server = self.rude([answer({"status": word}, status)])
            result = self.push(server.url, export="deprovision.csv")
            self.assertEqual(result.code, code, word)
            self.assertEqual(result.json["summary"]["status"], word)

    def test_flags_become_parameters(self):
        server = self.rude([answer({"status": "Completed Successfully"})])
        self.push(server.url, "--strict", "--keep-users", "--retain-privileges", "--live", "--yes",
                  export="deprovision.csv")
        path = urlsplit(server.requests[0][1])
        self.assertEqual(path.path, "/deprovision")
        self.assertEqual(parse_qs(path.query), {"dryRun": ["false"], "exitOnError": ["true"],
                                                "removeUsers": ["false"],
                                                "retainPrivileges": ["true"]})
        self.assertEqual(server.requests[0][2]["Content-Disposition"],
                         'attachment; filename="deprovision.csv"')

    def test_retaining_without_keeping_is_warned_about(self):
        server = self.rude([answer({"status": "Completed Successfully"})])
        result = self.push(server.url, "--retain-privileges", export="deprovision.csv")
        self.assertEqual(result.code, 0)
        self.assertIn("--retain-privileges without --keep-users is ignored", result.err)

    def test_live_needs_yes(self):
        server = self.rude([answer({"status": "Completed Successfully"})])
        self.assertEqual(self.push(server.url, "--live", export="deprovision.csv").code, 4)
        self.assertEqual(server.requests, [])

    def test_an_export_with_all_three_files(self):
        sandbox = self.sandbox()
        self.write("A/deprovision.csv", DEPROVISION)
        result = self.push(sandbox.url, "--live", "--yes", "--receipt", "receipt")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("Completed Successfully", result.out)
        receipt = json.loads(self.read("receipt"))
        self.assertEqual((receipt["sync"]["state"], receipt["deprovision"]["state"]),
                         ("finished", "finished"))


class Rest(ClientTest):
    def test_the_kinds_of_the_first_push_are_recognised(self):
        result = self.push(self.sandbox().url)
        self.assertEqual(result.json["summary"]["operations"], FIRST_KINDS)

    def test_the_formats_hold_the_same(self):
        base = self.sandbox().url
        text = self.muster("push", "A", "--base", base, "--token-file", self.token_file)
        self.assertEqual(text.code, 0)
        sync = self.push(base, "--format", "sync").json
        self.assertEqual(set(sync), {"status", "dryRun", "listOfOperations", "errors"})
        lines = [json.loads(line) for line in self.push(base, "--format",
                                                        "jsonl").out.splitlines()]
        self.assertEqual([line["type"] for line in lines],
                         ["start"] + ["operation"] * 8 + ["summary"])
        self.assertEqual([line["text"] for line in lines[1:-1]], sync["listOfOperations"])
        for operation in sync["listOfOperations"]:
            self.assertIn("  " + operation + "\n", text.out)
        document = self.push(base).json
        self.assertEqual([one["text"] for one in document["operations"]], sync["listOfOperations"])

    def text_of(self, server, *arguments):
        return self.muster("push", "A", "--base", server.url, "--token-file", self.token_file,
                           *arguments)

    def test_long_lists_are_cut(self):
        operations = [f'Add team "T{n}" (T{n}) at the top level' for n in range(25)]
        operations[20:20] = ["Something else"]
        server = self.remote(completed(operations, [f"error {n}" for n in range(12)]))
        shown = self.text_of(server).out
        self.assertEqual(shown, "Dry run: completedWithErrors\n26 operations: 25 addTeam, 1 other\n"
                         + "".join(f"  {operation}\n" for operation in operations[:10])
                         + "  Something else\n  … and 15 more addTeam (--max-show 0 shows all)\n"
                         + "12 errors:\n" + "".join(f"  error {n}\n" for n in range(10))
                         + "  … and 2 more errors (--max-show 0 shows all)\n")
        shown = self.text_of(server, "--max-show", "0").out
        for word in operations + [f"error {n}" for n in range(12)]:
            self.assertIn(f"  {word}\n", shown)
        self.assertNotIn("more", shown)
        self.assertEqual(self.text_of(server, "-q").out, "Dry run: completedWithErrors\n"
                         "26 operations: 25 addTeam, 1 other\n12 errors\n")

    def test_words_of_the_remote_are_values(self):
        """Where --privacy keeps values back, nothing of what the remote says about them shows."""
        server = self.remote(completed(["Remove user Ann Lee (X1)"], ["X1 is unknown"]))
        for form in ("text", "json", "jsonl"):
            for privacy in ("mask", "counts"):
                result = self.text_of(server, "--format", form, "--privacy", privacy)
                self.assertEqual(result.code, 8)
                self.assertIn("removeUser", result.out)
                for value in ("Ann", "X1", "unknown"):
                    self.assertNotIn(value, result.out + result.err, (form, privacy))
        self.assertEqual(self.text_of(server, "--format", "sync", "--privacy", "mask").code, 2)

    def test_wrong_usage(self):
        for arguments in (("push", "--timeout", "0", "A"), ("push", "--target", "moon", "A"),
                          ("status",), ("status", "a", "b"), ("pull", "file"), ("serve",),
                          ("pull", "--format", "csv"), ("pull", "--deprovision-out", "x"),
                          ("pull", "--inactive-since", "yesterday"), ("pull", "--what", "clusters"),
                          ("pull", "--page-size", "1001"), ("pull", "--page-size", "0"),
                          ("pull", "--what", "users"), ("pull", "--what", "completions"),
                          ("pull", "--target", "pluralsight", "--what", "users"),
                          ("pull", "--target", "sparkwise", "--page-size", "0"),
                          ("pull", "--target", "sparkwise", "--what", "teams"),
                          ("pull", "--target", "sparkwise", "--page-size", "201"),
                          ("pull", "--target", "sparkwise", "--from", "x.snap"),
                          ("pull", "--target", "sparkwise", "--since", "2024-01-31"),
                          ("pull", "--since", "2024-01-31"), ("pull", "--timeout", "0"),
                          ("pull", "--timeout", "99999999"), ("push", "--timeout", "99999999"),
                          ("serve", "--state", "s", "users.csv"),
                          ("serve", "--state", "s", "--body-seconds", "0"),
                          ("serve", "--state", "s", "--body-limit", "0"),
                          ("serve", "--state", "s", "--fault", "nonsense"),
                          ("serve", "--state", "s", "--port", "65536"),
                          ("serve", "--state", "s", "--token-file", "nowhere")):
            self.assertEqual(self.muster(*arguments).code, 2, arguments)

    def test_help(self):
        for command in ("push", "status", "pull", "serve"):
            done = subprocess.run([MUSTER, command, "--help"], capture_output=True, check=False,
                                  env=clean_environment())
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith(b"usage: muster " + command.encode()))

    def test_the_help_of_a_pull_lists_what_means_something_for_live_data(self):
        shown = self.muster("pull", "--help").out
        for option in ("strict", "fail-on", "ignore", "severity", "trim", "jobs"):
            self.assertIn("--%s " % option, shown)
        for option in ("users", "teams", "deprovision", "root"):
            self.assertNotIn("--%s " % option, shown)
            self.assertEqual(self.muster("pull", "--" + option, "T1").code, 2, option)


if __name__ == "__main__":
    unittest.main()
