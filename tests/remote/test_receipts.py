# SPDX-License-Identifier: MIT
"""What receipts are for: nothing that changes something is sent twice, and nothing is called done
that was not."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import fcntl
import json
import os
import shutil
import subprocess
import threading
import unittest

from support import (AWAITING, DEPROVISION, MUSTER, TEAMS, USERS, ClientTest, answer,
                     clean_environment, completed, drop)

LIVE = ("--live", "--yes", "--receipt", "receipt")
DEADLINE = 60
PROCESSING = answer({"status": "processing"})


class Receipts(ClientTest):
    def setUp(self):
        super().setUp()
        self.write("all/users.csv", USERS)
        self.write("all/teams.csv", TEAMS)
        self.write("all/deprovision.csv", DEPROVISION)

    def receipt(self, kind="sync"):
        return json.loads(self.read("receipt"))[kind]

    def connector(self, polls, early=False, deprovision=None):
        """A remote that takes both files, or begins with the first of them. `polls` are the answers
        about its job, of which the last one stays."""
        polls = list(polls)

        def script(handler, number):
            if handler.command == "GET":
                step = polls.pop(0) if len(polls) > 1 else polls[0]
                return step(handler, number) if callable(step) else step
            if "deprovision.csv" in handler.headers["Content-Disposition"]:
                return deprovision(handler, number) if callable(deprovision) else deprovision
            if early or "users.csv" in handler.headers["Content-Disposition"]:
                return answer({"status": "processing",
                               "statusUrl": f"{server.url}/sync-users/0123abcd/status"})
            return AWAITING
        server = self.rude(script)
        server.polls = polls
        return server

    def posts(self, server, kind):
        return sum(1 for method, _, headers, _ in server.requests
                   if method == "POST" and f"{kind}.csv" in headers["Content-Disposition"])

    def test_a_job_that_may_not_be_asked_for_is_not_begun_again(self):
        for refusal in (401, 404):
            server = self.connector([answer({"error": "not for you"}, refusal)])
            for _ in range(2):
                result = self.push(server.url, *LIVE)
                self.assertEqual(result.code, 6, result.err)
                self.assertIn("--force sends them once more", result.err)
                self.assertEqual(self.receipt()["state"], "processing")
            self.assertEqual(self.posts(server, "users"), 1)
            os.unlink(self.path("receipt"))
            # Where nothing can have changed it is repeated.
            for count in (1, 2):
                self.assertEqual(self.push(server.url, "--receipt", "receipt").code, 6)
                self.assertEqual(self.posts(server, "users"), 1 + count)
            os.unlink(self.path("receipt"))

    def test_a_refusal_that_says_how_the_run_ended_is_believed(self):
        end = {"status": "completedWithErrors", "dryRun": False, "listOfOperations": ["x"],
               "errors": ["e"]}
        for status in (400, 404, 409, 422):
            # As the answer to the users file, and as one about the job.
            server = self.rude([AWAITING, answer(end, status)])
            job = self.connector([answer(end, status)])
            for remote, asked in ((server, 0), (job, 1)):
                result = self.push(remote.url, *LIVE)
                self.assertEqual((result.code, result.json["errors"]), (8, ["e"]), result.err)
                run = self.receipt()
                self.assertEqual((run["state"], run["errors"]), ("finished", 1))
                self.assertEqual((remote.count("POST"), remote.count("GET")), (2, asked))
            result = self.muster("status", "receipt", "--token-file", self.token_file)
            self.assertEqual((result.code, result.err), (8, ""))
            self.assertIn("Live run: completedWithErrors", result.out)
            os.unlink(self.path("receipt"))
        # Of a deprovision file as well; a refusal in other words stays one.
        for word, code in (("Completed With Errors", 8), ("Processing", 6), ("no", 6)):
            server = self.rude([answer({"status": word}, 422)])
            self.assertEqual(self.push(server.url, *LIVE, export="all/deprovision.csv").code, code)
            os.unlink(self.path("receipt"))

    def test_a_job_of_invalid_data_has_ended(self):
        for status in (200, 400, 422):
            invalid = answer({"status": "Invalid data", "errors": ["row 5"]}, status)
            server = self.connector([PROCESSING, invalid])
            for more, state in ((("--receipt", "receipt"), "refused"), (LIVE, "refused")):
                server.polls[:] = [PROCESSING, invalid]
                result = self.push(server.url, *more)
                self.assertEqual((result.code, result.json["errors"]), (6, ["row 5"]), result.err)
                self.assertNotIn("muster status", result.err)
                self.assertEqual(self.receipt()["state"], state)
            # Where it is looked at on its own as well, whether the receipt is there or not.
            server.polls[:] = [PROCESSING]
            self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)
            server.polls[:] = [invalid]
            address = self.receipt()["statusUrl"]
            for job in ((address, "--base", server.url), ("receipt", "--once"), ("receipt",)):
                result = self.muster("status", *job, "--token-file", self.token_file)
                self.assertEqual(result.code, 6, result.err)
                self.assertRegex(result.out, "^.*un: Invalid data\n1 error:\n  row 5\n$")
            self.assertEqual(self.receipt()["state"], "refused")
            os.unlink(self.path("receipt"))

    def test_whatever_is_fine_counts_about_a_job(self):
        for status in (201, 202):
            words = {"status": "completed", "dryRun": True, "listOfOperations": ["addTeam"],
                     "errors": []}
            server = self.connector([answer({"status": "processing"}, status),
                                     answer(words, status)])
            result = self.push(server.url)
            self.assertEqual((result.code, server.count("GET")), (0, 2), result.err)
            self.assertEqual(result.json["summary"]["operations"], {"addTeam": 1})
            # Without a word nobody knows, and at once.
            server = self.connector([answer({}, status)])
            result = self.push(server.url)
            self.assertEqual((result.code, server.count("GET")), (7, 1), result.err)
            self.assertIn("the answer cannot be understood", result.err)

    def test_a_job_without_our_users_is_never_called_done(self):
        server = self.connector([PROCESSING], early=True)
        self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)
        server.polls[:] = [completed(dry=False)]
        for _ in range(2):
            result = self.muster("status", "receipt", "--token-file", self.token_file)
            self.assertEqual(result.code, 8)
            self.assertIn("which was not sent", result.err)
        # The receipt is closed now, and the export is sent from its beginning.
        server = self.connector([PROCESSING], early=True)
        os.unlink(self.path("receipt"))
        self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)
        server.polls[:] = [completed(dry=False)]
        result = self.push(server.url, *LIVE)
        self.assertEqual(result.code, 8)
        self.assertIn("which was not sent", result.err)
        self.assertEqual((self.posts(server, "teams"), self.posts(server, "users")), (1, 0))

    def test_a_job_is_followed_though_the_receipt_is_lost(self):
        os.mkdir(self.path("folder"))

        def script(handler, _number):
            if handler.command == "GET":
                return completed(["Remove user Ann Lee (X1)"], dry=False)
            if "users.csv" in handler.headers["Content-Disposition"]:
                shutil.rmtree(self.path("folder"))
                return answer({"status": "processing",
                               "statusUrl": f"{server.url}/sync-users/0123abcd/status"})
            return AWAITING
        server = self.rude(script)
        result = self.push(server.url, "--live", "--yes", "--receipt", "folder/receipt")
        self.assertEqual(result.code, 3)
        summary = json.loads(result.out)["summary"]
        self.assertEqual((summary["status"], summary["exit"]), ("completed", 3))
        self.assertIn(f"muster status {server.url}/sync-users/0123abcd/status", result.err)

    def test_what_became_of_a_job_is_told_though_it_cannot_be_noted(self):
        for errors, code in ((["bad"], 8), ((), 3)):
            os.mkdir(self.path("folder"))
            server = self.connector([PROCESSING])
            self.assertEqual(self.push(server.url, "--timeout", "1", "--receipt",
                                       "folder/receipt").code, 7)

            def vanish(_handler, _number, errors=errors):
                shutil.rmtree(self.path("folder"))
                return completed(errors=errors)
            server.polls[:] = [vanish]
            result = self.muster("status", "folder/receipt", "--token-file", self.token_file)
            self.assertEqual(result.code, code, result.err)
            self.assertIn("cannot write beside the receipt", result.err)

    def test_the_part_that_was_applied_is_not_sent_again(self):
        refused = answer({"error": "no"}, 401)
        server = self.connector([completed(dry=False)], deprovision=refused)
        arguments = ("--token-file", self.token_file, "--base", server.url, *LIVE)
        self.assertEqual(self.muster("push", "all", *arguments).code, 6)
        self.assertEqual((self.receipt()["state"], self.receipt("deprovision")["state"]),
                         ("finished", "refused"))
        result = self.muster("push", "all", *arguments)
        self.assertEqual(result.code, 6)
        self.assertIn("it is not sent again", result.err)
        self.assertEqual([self.posts(server, kind) for kind in ("teams", "users", "deprovision")],
                         [1, 1, 2])
        # What was not all applied is sent again, and another export is another push.
        before = self.read("receipt").decode()
        for found, other in (('"errors":0', '"errors":1'),
                             ('"answers":', '"partial":true,"answers":')):
            sync, deprovision = before.split('"deprovision":')
            self.write("receipt", sync.replace(found, other) + '"deprovision":' + deprovision)
            self.assertEqual(self.muster("push", "all", *arguments).code, 6)
        self.assertEqual(self.posts(server, "users"), 3)
        self.write("all/users.csv", USERS.replace("Ann", "Anne"))
        self.assertEqual(self.muster("push", "all", *arguments).code, 6)
        self.assertEqual(self.posts(server, "users"), 4)

    def test_a_run_with_errors_that_nobody_lists_was_not_applied(self):
        end = {"status": "completedWithErrors", "dryRun": False, "listOfOperations": []}
        refused = answer({"error": "no"}, 401)
        for errors in ({}, {"errors": []}, {"errors": None}):
            server = self.connector([answer(dict(end, **errors))], deprovision=refused)
            for count in (1, 2):
                result = self.muster("push", "all", "--token-file", self.token_file, "--base",
                                     server.url, *LIVE)
                self.assertNotIn("was applied", result.err)
                self.assertEqual((self.posts(server, "users"), self.posts(server, "deprovision")),
                                 (count, count), result.err)
                self.assertIsNone(self.receipt()["errors"])
            # As a look at the job notes it, too.
            self.muster("status", "receipt", "--token-file", self.token_file)
            self.assertIsNone(self.receipt()["errors"])
            os.unlink(self.path("receipt"))

    def test_a_receipt_that_says_something_strange_is_not_sent_over(self):
        server = self.connector([PROCESSING])
        self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)
        good = self.read("receipt").decode()
        server.polls[:] = [completed(dry=False)]
        for found, other in (('"state":"processing"', '"state":"paused"'),
                             ('"state":"processing"', '"state":"none"'),
                             ('"state":"processing"', '"state":1'),
                             ('"state":', '"status":'), ('"statusUrl":', '"url":')):
            self.assertIn(found, good)
            server.requests.clear()
            for more in (LIVE, ("--receipt", "receipt")):
                self.write("receipt", good.replace(found, other, 1))
                result = self.push(server.url, *more)
                self.assertEqual((result.code, server.requests), (3, []), result.err)
                self.assertIn("nothing was sent\n", result.err)
                self.assertEqual(self.read("receipt").decode(), good.replace(found, other, 1))
            self.assertEqual(self.push(server.url, *LIVE, "--force").code, 0)

    def test_a_deprovision_file_that_was_taken_is_not_sent_again(self):
        taken = answer({"status": "Processing"})
        server = self.connector([completed(dry=False)], deprovision=taken)
        arguments = ("--token-file", self.token_file, "--base", server.url)
        alone = ("push", "all/deprovision.csv", *arguments, *LIVE)
        self.assertEqual(self.muster(*alone).code, 0)
        again = self.muster(*alone)
        self.assertEqual((again.code, self.posts(server, "deprovision")), (7, 1))
        self.assertIn("it is not sent again", again.err)
        # Beside an export it is left out; both together are a push anew.
        for _ in range(2):
            both = self.muster("push", "all", *arguments, *LIVE, "--format", "json")
            self.assertEqual((both.code, both.json["kind"]), (0, "sync"), both.err)
            self.assertIn("it is not sent again", both.err)
        self.assertEqual((self.posts(server, "users"), self.posts(server, "deprovision")), (2, 1))
        self.assertEqual(self.muster(*alone, "--force").code, 0)
        self.write("all/deprovision.csv", DEPROVISION.replace("Cyd", "Cyn"))
        self.assertEqual(self.muster(*alone).code, 0)
        self.assertEqual(self.posts(server, "deprovision"), 3)
        # Where nothing can have changed it is repeated.
        for count in (4, 5):
            dry = self.muster("push", "all/deprovision.csv", *arguments, "--receipt", "dry")
            self.assertEqual((dry.code, self.posts(server, "deprovision")), (0, count))

    def test_a_run_that_was_another_one_is_told(self):
        for dry, more, words, heading in (
                (False, (), "the remote says that it was none", "Live run: completed\n"),
                (True, ("--live", "--yes"), "the remote says that it was a dry run",
                 "Dry run: completed\n")):
            server = self.connector([completed(dry=dry)])
            result = self.push(server.url, *more)
            self.assertEqual((result.code, result.json["summary"]["dryRun"]), (8, dry))
            self.assertIn(words, result.err)
            self.assertIn(heading, self.push(server.url, *more, "--format", "text").out)
            # A receipt knows what was asked for; an address does not.
            self.assertEqual(self.push(server.url, *more, "--receipt", "receipt").code, 8)
            token = ("--token-file", self.token_file)
            result = self.muster("status", "receipt", *token)
            self.assertEqual(result.code, 8)
            self.assertIn(words, result.err)
            self.assertIn(heading, result.out)
            address = self.receipt()["statusUrl"]
            result = self.muster("status", address, "--base", server.url, *token)
            self.assertEqual((result.code, result.err), (0, ""))

    def test_a_job_at_work_that_is_another_one_is_told(self):
        for dry, more, words in ((False, ("--receipt", "receipt"), "it was none"),
                                 (True, LIVE, "it was a dry run")):
            done = answer({"status": "Completed Successfully"})
            server = self.connector([answer({"status": "processing", "dryRun": dry})],
                                    deprovision=done)
            # Also where the push goes on with it.
            for _ in range(2):
                result = self.muster("push", "all", "--token-file", self.token_file, "--base",
                                     server.url, "--timeout", "1", "--format", "json", *more)
                self.assertEqual(result.code, 8, result.err)
                self.assertEqual(self.posts(server, "deprovision"), 0)
                self.assertIn("the job has not ended in time", result.err)
                self.assertEqual(result.err.count("the remote says that " + words), 1)
                self.assertEqual(self.receipt()["state"], "processing")
            status = self.muster("status", "receipt", "--once", "--token-file", self.token_file)
            self.assertEqual(status.code, 8)
            os.unlink(self.path("receipt"))

    def test_what_kind_of_run_it_was_is_not_guessed(self):
        silent = answer({"status": "completed", "listOfOperations": [], "errors": []})
        for more, heading in ((("--receipt", "receipt"), "Dry run: "), (LIVE, "Live run: ")):
            server = self.connector([silent])
            self.assertEqual(self.push(server.url, *more).code, 0)
            for job, words, dry in (
                    (("receipt",), heading, heading == "Dry run: "),
                    ((self.receipt()["statusUrl"], "--base", server.url), "Run: ", None)):
                arguments = ("status", *job, "--token-file", self.token_file)
                result = self.muster(*arguments)
                self.assertEqual((result.code, result.err), (0, ""))
                self.assertEqual(result.out.splitlines()[0], words + "completed")
                document = self.muster(*arguments, "--format", "json").json
                self.assertIs(document["summary"]["dryRun"], dry)
                lines = self.muster(*arguments, "--format", "jsonl").out.splitlines()
                self.assertIs(json.loads(lines[-1])["dryRun"], dry)
            os.unlink(self.path("receipt"))

    def test_a_receipt_leads_to_no_other_place_than_the_base(self):
        server = self.connector([completed()])
        self.assertEqual(self.push(server.url, "--receipt", "receipt").code, 0)
        server.requests.clear()
        port = server.url.rpartition(":")[2]
        for base in ("https://example.com", "http://127.0.0.1:1", "http://localhost:" + port,
                     "https://127.0.0.1:" + port, server.url + "/v2", "http://example.com"):
            # Not even the token is read: the file need not exist.
            result = self.muster("status", "receipt", "--base", base, "--token-file", "nowhere")
            self.assertEqual((result.code, server.requests), (2, []), result.err)
            self.assertIn("--base " + base, result.err)
        for base in (server.url, server.url + "/"):
            result = self.muster("status", "receipt", "--base", base, "--token-file",
                                 self.token_file)
            self.assertEqual((result.code, result.err), (0, ""))

    def test_an_address_in_a_receipt_is_a_word_of_the_remote(self):
        server = self.connector([completed()])
        self.assertEqual(self.push(server.url, "--receipt", "receipt").code, 0)
        receipt = json.loads(self.read("receipt"))
        receipt["sync"]["statusUrl"] = "http://127.0.0.1/ann@example.com"
        self.write("receipt", json.dumps(receipt))
        for level, shown in (("full", True), ("mask", False), ("counts", False)):
            result = self.muster("status", "receipt", "--token-file", self.token_file, "--privacy",
                                 level)
            self.assertEqual((result.code, "ann@example.com" in result.err), (2, shown))
            self.assertEqual("(not shown) is not followed: it" in result.err, not shown)

    def test_the_report_does_not_go_where_the_receipt_is_locked(self):
        server = self.connector([completed()])
        for count in (0, 2):  # before there is a receipt, and when there is one
            for path in ("receipt.lock", "./receipt.lock", self.path("receipt.lock")):
                result = self.push(server.url, "--receipt", "receipt", "-o", path)
                self.assertEqual((result.code, server.count("POST")), (2, count), result.err)
                self.assertIn("receipt.lock is to be written twice", result.err)
            self.assertEqual(self.push(server.url, "--receipt", "receipt").code, 0)
        result = self.muster("status", "receipt", "--token-file", self.token_file, "-o",
                             "receipt.lock")
        self.assertEqual((result.code, server.count("GET")), (2, 2))

    def test_a_receipt_that_was_spoilt_meanwhile_leaves_no_lock(self):
        server = self.connector([PROCESSING])
        self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)

        def spoil(_handler, _number):
            self.write("receipt", "{}")
            return completed(dry=False)
        server.polls[:] = [spoil]
        result = self.muster("status", "receipt", "--token-file", self.token_file)
        self.assertEqual((result.code, self.read("receipt")), (3, b"{}"), result.err)
        self.assertIn("Live run: completed\n", result.out)
        self.assertFalse(os.path.exists(self.path("receipt.lock")))

    def test_a_file_where_the_lock_would_be_stays(self):
        server = self.connector([completed()])
        self.write("receipt.lock", USERS)
        os.mkfifo(self.path("other.lock"))
        for receipt, users in (("receipt", "receipt.lock"), ("other", "all/users.csv")):
            for command in (("push", "--users", users, "--teams", "all/teams.csv", "--base",
                             server.url, "--receipt", receipt), ("push", "all", "--base",
                                                                 server.url, "--receipt", receipt)):
                result = self.muster(*command, "--token-file", self.token_file)
                self.assertEqual((result.code, server.requests), (3, []), result.err)
                self.assertIn(f"beside the receipt {receipt}: File exists\nhint: {receipt}.lock is "
                              "not its lock", result.err)
        self.assertEqual(self.read("receipt.lock").decode(), USERS)
        self.assertTrue(os.path.exists(self.path("other.lock")))
        # One that was left behind is empty, and goes.
        self.write("receipt.lock", "")
        self.assertEqual(self.push(server.url, "--receipt", "receipt").code, 0)
        self.assertFalse(os.path.exists(self.path("receipt.lock")))

    def test_whatever_leaves_a_live_run_unknown_says_so(self):
        away = answer({"status": "processing", "statusUrl": "http://127.0.0.1:1/x"})
        for steps, export in (([AWAITING, answer({"status": "thinking"})], "A"),
                              ([AWAITING, away], "A"),
                              ([AWAITING, answer({"status": "processing"})], "A"),
                              ([completed(dry=False)], "A"),
                              ([answer({"status": "thinking"})], "all/deprovision.csv")):
            for more, state in ((LIVE, "unknown"), (("--receipt", "receipt"), "unavailable")):
                result = self.push(self.rude(steps).url, *more, export=export)
                self.assertEqual(result.code, 7, result.err)
                kind = "sync" if export == "A" else "deprovision"
                self.assertEqual(self.receipt(kind)["state"], state)
                for words in ("nobody knows whether the remote has carried it out: it is not sent "
                              "again\n", "hint: look at the remote's results before"):
                    self.assertEqual(result.err.count(words), state == "unknown", result.err)
                os.unlink(self.path("receipt"))

    def test_the_errors_of_a_refusal_are_told(self):
        for status in (400, 409, 422):
            refusal = answer({"errors": ["no \x1b[2J ann", {"row": 5}]}, status)
            for server in (self.rude([refusal]), self.rude([AWAITING, refusal]),
                           self.connector([refusal])):
                for more, shown in (((), True), (("--privacy", "mask"), False)):
                    server.requests.clear()
                    result = self.push(server.url, *more)
                    self.assertEqual((result.code, result.out), (6, ""), result.err)
                    for words in ("error: no \\x1B[2J ann\n", 'error: {"row":5}\n'):
                        self.assertEqual(result.err.count(words), shown, result.err)
        result = self.muster("status", server.url + "/sync-users/1/status", "--base", server.url,
                             "--token-file", self.token_file)
        self.assertEqual(result.code, 6)
        self.assertIn('error: {"row":5}\n', result.err)
        server = self.rude([answer({"errors": [str(number) for number in range(25)]}, 422)])
        result = self.push(server.url)
        self.assertIn("error: 19\nmuster: the remote names 5 more errors\n", result.err)

    def test_what_a_sync_has_shown_stops_the_deprovision_file(self):
        done = answer({"status": "Completed Successfully"})
        for dry, live, errors, more, code, count in (
                (False, False, (), (), 8, 0), (True, True, (), (), 8, 0),
                (True, False, ["bad"], ("--strict",), 8, 0), (True, False, ["bad"], (), 8, 1),
                (True, False, (), ("--strict",), 0, 1)):
            server = self.connector([completed((), errors, dry)], deprovision=done)
            for _ in range(2):
                server.requests.clear()
                result = self.muster("push", "all", "--token-file", self.token_file, "--base",
                                     server.url, *(LIVE if live else ()), *more)
                self.assertEqual((result.code, self.posts(server, "users")), (code, 1), result.err)
                self.assertEqual(self.posts(server, "deprovision"), count)
                self.assertEqual("the deprovision file was not sent" in result.err, count == 0)
        self.assertTrue(self.receipt()["dryRun"])

    def test_of_two_pushes_with_one_receipt_one_is_sent(self):
        both = threading.Event()
        self.addCleanup(both.set)

        def script(handler, _number):
            both.wait(DEADLINE)
            return answer({"status": "Invalid data"}, 400)
        server = self.rude(script)
        command = [MUSTER, "push", "A", "--base", server.url, "--token-file", self.token_file,
                   *LIVE]
        self.write("A/users.csv", USERS)
        self.write("A/teams.csv", TEAMS)
        first = subprocess.Popen(command, cwd=self.folder, env=clean_environment(),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not server.requests:
            self.assertIsNone(first.poll())
        second = self.muster(*command[1:])
        self.assertEqual(second.code, 7)
        self.assertIn("another push is at work with the receipt receipt", second.err)
        both.set()
        first.communicate(timeout=DEADLINE)
        self.assertEqual((first.returncode, len(server.requests)), (6, 1))
        self.assertFalse(os.path.exists(self.path("receipt.lock")))

    def test_looking_at_a_job_forgets_nothing_that_was_sent_meanwhile(self):
        asked, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def held(_handler, _number):
            asked.set()
            go_on.wait(DEADLINE)
            return completed(dry=False)
        server = self.connector([PROCESSING], deprovision=drop)
        arguments = ("push", "all", "--token-file", self.token_file, "--base", server.url, *LIVE)
        self.assertEqual(self.muster(*arguments, "--timeout", "1").code, 7)
        server.polls[:] = [held, completed(dry=False)]
        looking = subprocess.Popen([MUSTER, "status", "receipt", "--token-file", self.token_file],
                                   cwd=self.folder, env=clean_environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(asked.wait(DEADLINE))
        # The push goes on to its second run, whose answer is lost.
        self.assertEqual(self.muster(*arguments).code, 7)
        self.assertEqual(self.receipt("deprovision")["state"], "unknown")
        go_on.set()
        looking.communicate(timeout=DEADLINE)
        self.assertEqual(looking.returncode, 0)
        self.assertEqual(self.receipt("deprovision")["state"], "unknown")
        self.assertEqual(self.muster(*arguments).code, 7)
        self.assertEqual(self.posts(server, "deprovision"), 1)

    def test_while_a_push_is_at_work_its_receipt_is_left_to_it(self):
        server = self.connector([PROCESSING])
        self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)
        server.polls[:] = [completed(dry=False)]
        before = self.read("receipt")
        with open(self.path("receipt.lock"), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = self.muster("status", "receipt", "--token-file", self.token_file)
        self.assertEqual((result.code, result.err, self.read("receipt")), (0, "", before))
        result = self.muster("status", "receipt", "--token-file", self.token_file)
        self.assertEqual((result.code, self.receipt()["state"]), (0, "finished"))
        self.assertFalse(os.path.exists(self.path("receipt.lock")))

    def test_long_words_and_many_answers_leave_the_receipt_readable(self):
        server = self.rude([answer({"status": "é" * (1 << 20)})])
        for _ in range(2):
            result = self.push(server.url, *LIVE)
            self.assertEqual(result.code, 7)
            self.assertLess(len(result.err), 2000)
        self.assertEqual(self.receipt()["answers"][0]["status"], "é" * 250)

    def test_the_report_goes_over_no_old_roster(self):
        self.muster("snapshot", "all", "-o", "old.snap", "-q")
        before = self.read("old.snap")
        server = self.connector([PROCESSING])
        self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)
        for path in ("old.snap", "./old.snap"):
            result = self.push(server.url, *LIVE, "--from", "old.snap", "-o", path)
            self.assertEqual((result.code, self.read("old.snap") == before), (2, True), result.err)
        self.assertEqual(self.push(server.url, *LIVE, "--from", "nowhere.snap").code, 3)

    def test_standard_input_is_one_thing_only(self):
        for command in (("push", "--users", "-", "--teams", "all/teams.csv"),
                        ("push", "all", "--from", "-"), ("pull", "--from", "-", "-o", "x.snap")):
            result = self.muster(*command, "--token-file", "-", standard_input=b"t")
            self.assertEqual(result.code, 2)
            self.assertIn("standard input (-) can be one file only", result.err)
        result = self.muster("push", "all", "--token-file", self.token_file, "--receipt", "-")
        self.assertEqual(result.code, 2)

    def test_standard_input_is_no_receipt(self):
        """It could be read, and not be brought up to date."""
        server = self.connector([PROCESSING])
        self.assertEqual(self.push(server.url, *LIVE, "--timeout", "1").code, 7)
        server.polls[:] = [completed(dry=False)]
        server.requests.clear()
        result = self.muster("status", "-", "--token-file", self.token_file,
                             standard_input=self.read("receipt"))
        self.assertEqual((result.code, result.out, server.requests), (2, "", []), result.err)

    def test_two_runs_are_one_document(self):
        done = answer({"status": "Completed Successfully"})
        server = self.connector([completed()], deprovision=done)
        for form, key in (("json", "kind"), ("sync", "status")):
            result = self.muster("push", "all", "--token-file", self.token_file, "--base",
                                 server.url, "--format", form)
            self.assertEqual(result.code, 0, result.err)
            self.assertEqual([one[key] for one in json.loads(result.out)],
                             ["sync", "deprovision"] if form == "json"
                             else ["completed", "Completed Successfully"])

    def test_a_reader_that_goes_away_ends_nothing_half_way(self):
        operations = ["Add somebody (X%d) to team \"IT\" (T1)" % number for number in range(5000)]
        done = answer({"status": "Completed Successfully"})
        server = self.connector([completed(operations, dry=False)], deprovision=done)
        reading, writing = os.pipe()
        os.close(reading)
        try:
            subprocess.run([MUSTER, "push", "all", "--base", server.url, "--token-file",
                            self.token_file, *LIVE, "--max-show", "0"], cwd=self.folder,
                           env=clean_environment(), stdout=writing, stderr=subprocess.DEVNULL,
                           timeout=DEADLINE, check=False)
        finally:
            os.close(writing)
        self.assertEqual(self.posts(server, "deprovision"), 1)
        self.assertEqual(self.receipt("deprovision")["state"], "finished")

    def test_a_status_in_strange_words_names_nobody_below_full_privacy(self):
        server = self.rude([])
        strange = answer({"status": "Invalid data", "errors": [{"message": "row 5"}]}, 400)
        for form in ("text", "jsonl", "json"):
            server.requests.clear()
            server.script = [AWAITING, answer({"status": "Not for ann@example.com"}, 400)]
            result = self.push(server.url, "--privacy", "counts", "--format", form, "--receipt",
                               "receipt")
            self.assertNotIn("ann@", result.out + result.err + self.read("receipt").decode())
        # Nor does an address that is refused.
        for more, shown in (((), "http://ann@x/: it"), (("--privacy", "mask"), "(not shown): it")):
            server.requests.clear()
            server.script = [AWAITING, answer({"status": "processing",
                                               "statusUrl": "http://ann@x/"})]
            result = self.push(server.url, *more)
            self.assertEqual(result.code, 7)
            self.assertIn("statusUrl is not followed: " + shown, result.err)
        server.requests.clear()
        server.script = [AWAITING, strange]
        result = self.push(server.url)
        self.assertEqual(result.code, 6)
        self.assertIn('{"message":"row 5"}', result.out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
