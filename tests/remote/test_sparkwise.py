# SPDX-License-Identifier: MIT
"""Sparkwise: pages that are no lists of users, and what is told of a push."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import json
import os
import unittest

from support import USERS, ClientTest, answer, drop


def user(number, **more):
    return {"id": f"i{number}", "remoteId": f"X{number}", "email": f"u{number}@example.com",
            "firstName": "F", "lastName": "L", "active": True, **more}


class SparkwiseTest(ClientTest):
    def spark(self, command, base, *arguments):
        return self.muster(command, "--target", "sparkwise", "--base", base, "--token-file",
                           self.token_file, *arguments)


class Pull(SparkwiseTest):
    def pages(self, *pages):
        """Pull users from these pages."""
        steps = [answer({"success": True, "data": {
            "items": items, "page": number,
            "next": number + 1 if number + 1 < len(pages) else None}})
                 for number, items in enumerate(pages)]
        return self.spark("pull", self.rude(steps).url, "-o", "users.csv")

    def test_who_lacks_what_every_user_has_is_no_user(self):
        without_id = {key: value for key, value in user(2).items() if key != "id"}
        for wrong, lacking in ((None, "id"), ({}, "id"), ([], "id"), ("i2", "id"),
                               (without_id, "id"), (user(2, id=None), "id"), (user(2, id=""), "id"),
                               (user(2, active=None), "active"), (user(2, active=1), "active")):
            for pages in (([user(1), wrong],), ([user(1)], [wrong])):
                result = self.pages(*pages)
                self.assertEqual(result.code, 7, wrong)
                self.assertIn(f"page {len(pages) - 1} has a user without {lacking}", result.err)
                self.assertFalse(os.path.exists(self.path("users.csv")))

    def test_what_a_user_need_not_have_stays_empty(self):
        result = self.pages([{"id": "i1", "active": False}, {"id": 7, "active": True}])
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertEqual(self.read("users.csv").decode().splitlines()[1:],
                         ["i1,,,,,false", "7,,,,,true"])

    def test_of_users_that_come_twice_the_first_is_kept(self):
        again = user(1, email="other@example.com")
        for pages, told in ((([user(1), again, user(2)],), "1 user"),
                            (([user(1), user(2)], [user(2), user(1), user(3)]), "2 users")):
            result = self.pages(*pages)
            self.assertEqual(result.code, 0, result.err)
            self.assertIn(f"the remote's pages have {told} more than once: of each the first",
                          result.err)
            rows = self.read("users.csv").decode().splitlines()[1:]
            self.assertEqual(rows, [f"i{n},X{n},u{n}@example.com,F,L,true"
                                    for n in range(1, len(rows) + 1)])

    def test_entries_of_other_lists_have_names(self):
        for what, wrap in (("clusters", lambda items: {"success": True, "data": {"items": items}}),
                           ("completions", lambda items: items)):
            for wrong in (None, {}, "x", {"moduleName": "M"}):
                result = self.spark("pull", self.rude([answer(wrap([wrong]))]).url, "--what", what)
                self.assertEqual((result.code, result.out), (7, ""), wrong)
                self.assertIn("the answer cannot be understood", result.err)


class Push(SparkwiseTest):
    def setUp(self):
        super().setUp()
        self.write("A/users.csv", USERS + "".join(f"U{n},u{n}@example.com,F{n},L{n},\n"
                                                  for n in range(399)))

    def remote_of(self, lost):
        """It does what it is told, but for the batch whose answer is lost or is `lost`."""
        def script(handler, number):
            if number == 2:
                return lost(handler, number) if callable(lost) else lost
            body = json.loads(server.requests[-1][3])
            return answer({"success": True, "data": {"success": body["users"], "failed": []}})
        server = self.rude(script)
        return server.url

    def test_a_live_run_gives_its_operations_as_a_dry_run_does(self):
        url = self.sandbox().url
        for form in ("json", "jsonl"):
            run = ("A", "--format", form)
            dry, live = self.spark("push", url, *run), self.spark("push", url, *run, "--live")
            self.assertEqual((dry.code, live.code), (0, 0), live.err)
            if form == "json":
                self.assertEqual(len(live.json["operations"]), 402)
                self.assertEqual(live.json["operations"], dry.json["operations"])
                self.assertEqual((live.json["unknown"], live.json["summary"]["unknown"]), ([], 0))
            else:
                self.assertEqual(len(live.out.splitlines()), 403)
                self.assertEqual(live.out.splitlines()[:-1], dry.out.splitlines()[:-1])

    def test_the_users_of_a_batch_whose_answer_is_lost_are_named(self):
        ids = [f"U{n}" for n in range(197, 397)]
        for lost in (drop, answer("{"), answer({}, 500), answer({"success": True, "data": {}}),
                     answer({}, 303, Location="/users")):
            result = self.spark("push", self.remote_of(lost), "A", "--live", "--format", "json")
            self.assertEqual(result.code, 7)
            self.assertEqual(result.json["unknown"], [
                {"type": "unknown", "kind": "upsertUser", "user": one} for one in ids])
            self.assertEqual((result.json["failed"], len(result.json["operations"])), ([], 402))
            summary = result.json["summary"]
            self.assertEqual((summary["done"]["upsertUser"], summary["unknown"]), (200, 200))
        lines = self.spark("push", self.remote_of(drop), "A", "--live", "--format", "jsonl")
        self.assertEqual([json.loads(line)["user"] for line in lines.out.splitlines()
                          if json.loads(line)["type"] == "unknown"], ids)
        counts = self.spark("push", self.remote_of(drop), "A", "--live", "--format", "json",
                            "--privacy", "counts")
        self.assertEqual((counts.json["unknown"], counts.json["summary"]["unknown"]), ([], 200))

    def test_they_are_named_in_text(self):
        head = "It is not known whether 200 users were processed\n"
        rest = "2 users were refused, or not sent any more\n"
        told = self.spark("push", self.remote_of(drop), "A", "--live", "--max-show", "2")
        self.assertTrue(told.out.endswith(
            head + "Not known: U197\nNot known: U198\n… and 198 more (--max-show 0 shows all)\n" +
            rest + "Not processed: U397\nNot processed: U398\n"), told.out)
        everything = self.spark("push", self.remote_of(drop), "A", "--live", "--max-show", "0")
        self.assertEqual(everything.out.count("Not known: U"), 200)
        hidden = self.spark("push", self.remote_of(drop), "A", "--live", "--privacy", "counts")
        self.assertTrue(hidden.out.endswith(head + rest), hidden.out)

    def test_what_was_certainly_not_done_is_not_unknown(self):
        ids = [f"U{n}" for n in range(197, 399)]
        for refusal, code in ((answer({"success": False, "error": {"message": "no"}}), 6),
                              (answer({}, 400), 6)):
            result = self.spark("push", self.remote_of(refusal), "A", "--live", "--format", "json")
            self.assertEqual((result.code, result.json["unknown"]), (code, []))
            self.assertEqual(result.json["unprocessed"], [
                {"type": "unprocessed", "kind": "upsertUser", "user": one} for one in ids])
            summary = result.json["summary"]
            self.assertEqual((summary["done"]["upsertUser"], summary["failed"], summary["unknown"],
                              summary["unprocessed"]), (200, 0, 0, 202))
        told = self.spark("push", self.remote_of(refusal), "A", "--live", "--max-show", "2")
        self.assertTrue(told.out.endswith(
            "202 users were refused, or not sent any more\nNot processed: U197\n"
            "Not processed: U198\n… and 200 more (--max-show 0 shows all)\n"), told.out)

    def test_counts_name_nobody_in_any_list(self):
        def script(handler, number):
            users = json.loads(server.requests[-1][3])["users"]
            failed = [{"user": users[0], "error": "no"}, {"user": users[1], "error": "no"}]
            return drop(handler, number) if number == 2 else answer(
                {"success": True, "data": {"success": users[2:], "failed": failed}})
        server = None
        for form in ("text", "json", "jsonl"):
            server = self.rude(script)
            result = self.spark("push", server.url, "A", "--live", "--privacy", "counts",
                                "--format", form)
            self.assertEqual(result.code, 7, result.err)
            if form == "text":
                self.assertTrue(result.out.endswith(
                    "0 users deactivated\n2 users were not processed\n"
                    "It is not known whether 200 users were processed\n"
                    "2 users were refused, or not sent any more\n"), result.out)
                continue
            lines = [json.loads(line) for line in result.out.splitlines()]
            if form == "json":
                self.assertEqual([lines[0][name] for name in ("failed", "unknown", "unprocessed")],
                                 [[], [], []])
            self.assertEqual({line.get("type") for line in lines[:-1]},
                             {"operation"} if form == "jsonl" else set())
            summary = lines[-1].get("summary", lines[-1])
            self.assertEqual([summary[name] for name in ("failed", "unknown", "unprocessed")],
                             [2, 200, 2])

    def test_an_answer_is_whole_whatever_its_2xx(self):
        good = {"success": True, "data": {"success": [{"remoteId": f"X{n}"} for n in (1, 2)],
                                          "failed": [{"user": {"remoteId": "X3"}, "error": "no"}]}}
        self.write("A/users.csv", USERS)
        for status in (200, 201, 202, 207):
            result = self.spark("push", self.rude([answer(good, status)]).url, "A", "--live")
            self.assertEqual((result.code, result.out), (
                8, "2 of 3 users created or updated\n0 of 0 users deactivated\n"
                   "Not processed: X3: no\n"), (status, result.err))
            refused = self.rude([answer({"success": False, "error": {"message": "no"}}, status)])
            self.assertEqual(self.spark("push", refused.url, "A", "--live").code, 6)
        # "Accepted" alone says nothing of what has become of it.
        for body in ("{", "", {}, {"success": True}, {"success": True, "data": {}},
                     {"data": good["data"]}):
            result = self.spark("push", self.rude([answer(body, 202)]).url, "A", "--live")
            self.assertEqual(result.code, 7, body)

    def test_the_errors_of_a_refusal_are_told(self):
        server = self.rude([answer({"errors": ["no \x1b[2J ann", {"row": 5}]}, 422)])
        for more, shown in (((), True), (("--privacy", "mask"), False)):
            result = self.spark("push", server.url, "A", "--live", *more)
            self.assertEqual(result.code, 6, result.err)
            for words in ("error: no \\x1B[2J ann\n", 'error: {"row":5}\n'):
                self.assertEqual(result.err.count(words), shown, result.err)

    def test_nobody_is_called_deactivated_without_a_word_of_success(self):
        self.write("A/users.csv", USERS)
        self.muster("snapshot", "A", "-o", "old.snap", "-q")
        self.write("A/users.csv", USERS.replace("X3,cyd@example.com,Cyd,Po,T2\n", ""))
        arguments = ("A", "--from", "old.snap", "--live", "--yes")
        for body in ({}, [], {"error": {"message": "no"}, "data": None}, {"success": None},
                     {"success": "true"}, {"data": {}}, {"success": True, "errors": ["no"]},
                     {"success": True, "error": "no"}, {"success": True, "error": {"row": 1}},
                     {"success": True, "failed": [{"id": "X3"}]},
                     {"success": True, "data": {"failed": 1}}, {"success": True, "error": True}):
            result = self.spark("push", self.rude([answer(body)]).url, *arguments)
            self.assertEqual((result.code, result.out), (
                7, "0 of 0 users created or updated\n0 of 1 user deactivated\n"
                   "It is not known whether 1 user was processed\nNot known: X3\n"), body)
            self.assertIn("does not say which users it has processed\n", result.err)
        for body in ({"success": True}, {"success": True, "data": None, "error": None},
                     {"success": True, "errors": [], "error": "", "failed": 0, "data": {"error": {}}}):
            result = self.spark("push", self.rude([answer(body)]).url, *arguments)
            self.assertEqual((result.code, result.out), (
                0, "0 of 0 users created or updated\n1 of 1 user deactivated\n"), result.err)

    def test_who_still_stands_in_a_rejected_record_is_not_silently_deactivated(self):
        self.write("A/users.csv", USERS)
        self.muster("snapshot", "A", "-o", "old.snap", "-q")
        told = "1 of the people listed still stands in the new users file, in a record that was"
        url = self.sandbox().url
        for users, warned in ((USERS.replace("cyd@", "ann@"), True),
                              (USERS.replace("X3,cyd@example.com,Cyd,Po,T2\n", ""), False)):
            self.write("A/users.csv", users)
            for live in ((), ("--live", "--yes")):
                result = self.spark("push", url, "A", "--from", "old.snap", *live)
                self.assertEqual(told in result.err, warned, (live, result.err))
                self.assertIn("deactivated", result.out)
            stopped = self.spark("push", url, "A", "--from", "old.snap", "--live")
            self.assertEqual((stopped.code, told in stopped.err), (4, warned), stopped.err)

    def test_every_user_is_in_one_place(self):
        lost = self.spark("push", self.remote_of(drop), "A", "--live", "--format", "jsonl")
        lines = [json.loads(line) for line in lost.out.splitlines()]
        self.assertEqual([line["user"] for line in lines if line["type"] == "unprocessed"],
                         ["U397", "U398"])
        # Those who would have been deactivated behind it as well.
        self.muster("snapshot", "A", "-o", "old.snap", "-q")
        self.write("A/users.csv", USERS.replace("Ann", "Anne").replace("X2,", "X9,").replace(
            "bob@", "bea@"))
        refused = self.rude([answer({}, 403)])
        result = self.spark("push", refused.url, "A", "--from", "old.snap", "--live", "--yes",
                            "--force", "--format", "json")
        self.assertEqual((result.code, len(refused.requests)), (6, 1), result.err)
        self.assertEqual(result.json["summary"]["planned"],
                         {"upsertUser": 2, "deactivateUser": 400})
        kinds = [one["kind"] for one in result.json["unprocessed"]]
        self.assertEqual(kinds, ["upsertUser"] * 2 + ["deactivateUser"] * 400)

    def test_where_nothing_could_be_sent_there_is_no_report(self):
        for form in ("text", "json", "jsonl"):
            result = self.muster("push", "--target", "sparkwise", "A", "--live", "--base",
                                 "http://127.0.0.1:1", "--format", form)
            self.assertEqual((result.code, result.out), (2, ""))
            self.assertIn("API token is missing", result.err)


if __name__ == "__main__":
    unittest.main()
