# SPDX-License-Identifier: MIT
"""pull, and both ways to Sparkwise."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import json
import os
import subprocess
import unittest

from support import MUSTER, TEAMS, TOKEN, USERS, ClientTest, answer, clean_environment, drop


class Pull(ClientTest):
    def setUp(self):
        super().setUp()
        self.base = self.sandbox().url
        self.assertEqual(self.push(self.base, "--live", "--yes").code, 0)

    def test_a_snapshot_is_the_roster_that_was_pushed(self):
        self.assertEqual(self.pull(self.base, "-o", "live.snap").code, 0)
        self.assertEqual(self.muster("diff", "A", "live.snap", "--exit-code").code, 0)

    def test_csv_files(self):
        self.assertEqual(self.pull(self.base, "--format", "csv", "-o", "live", "-q").code, 0)
        self.assertEqual(self.read("live/users.csv").decode(), USERS)
        self.assertEqual(self.read("live/teams.csv").decode(), TEAMS)

    def test_names_that_the_remote_made_unique_are_restored(self):
        teams = TEAMS + "T3,Cloud,X3,T1\nT4,Cloud,,\n"
        self.write("A/teams.csv", teams)
        self.assertEqual(self.push(self.base, "--live", "--yes").code, 0)
        self.assertEqual(self.pull(self.base, "--format", "csv", "-o", "live", "-q").code, 0)
        self.assertEqual(self.read("live/teams.csv").decode(), teams)

    def test_pages_of_every_size(self):
        users = USERS + "".join(f"U{n},u{n}@example.com,F{n},L{n},T1\n" for n in range(250))
        self.write("A/users.csv", users)
        self.assertEqual(self.push(self.base, "--live", "--yes").code, 0)
        for size in ("1", "7", "100", "253", "1000"):
            self.assertEqual(self.pull(self.base, "--format", "csv", "-o", "live", "-q",
                                       "--page-size", size).code, 0)
            self.assertEqual(self.read("live/users.csv").decode(), users)
        short = self.sandbox("--fault", "short-pages", state="other").url
        self.assertEqual(self.push(short, "--live", "--yes").code, 0)
        self.assertEqual(self.pull(short, "--format", "csv", "-o", "live", "-q").code, 0)
        self.assertEqual(self.read("live/users.csv").decode(), users)

    def test_the_report_and_the_deprovision_file_agree(self):
        users = USERS + "".join(f"U{n},u{n}@example.com,F{n},L{n},T1\n" for n in range(100))
        self.write("A/users.csv", users)
        self.assertEqual(self.push(self.base, "--live", "--yes").code, 0)
        result = self.pull(self.base, "--report", "json", "--inactive-since", "2024-12-31",
                           "--deprovision-out", "deprovision.csv")
        self.assertEqual(result.code, 0)
        report = result.json
        self.assertEqual((report["onPlan"], report["licensed"], report["teams"]), (103, 103, 2))
        ids = [one["id"] for one in report["inactive"]]
        rows = self.read("deprovision.csv").decode().splitlines()
        self.assertEqual([row.split(",")[0] for row in rows[1:]], ids)
        self.assertTrue(0 < len(ids) < 103)
        for one in report["inactive"]:
            self.assertTrue(one["lastLogin"] is None or one["lastLogin"] < "2024-12-31")
        self.assertEqual(self.muster("check", "deprovision.csv").code, 0)
        gone = self.push(self.base, "--live", "--yes", export="deprovision.csv")
        self.assertEqual(gone.code, 0)
        after = self.pull(self.base, "--report", "json").json
        self.assertEqual((after["onPlan"], len(after["removed"])), (103 - len(ids), len(ids)))
        self.assertTrue(all(one["removedOn"] for one in after["removed"]))

    def test_who_has_left_without_a_license_holds_back_none(self):
        self.write("gone.csv", "id,email,first_name,last_name\nX3,cyd@example.com,Cyd,Po\n")
        gone = ("--deprovision", "gone.csv", "--live", "--yes")
        self.assertEqual(self.push(self.base, *gone, "--keep-users", export=None).code, 0)
        report = self.pull(self.base, "--report", "json").json
        self.assertEqual((report["licensed"], report["products"][0]["assignedLicenseCount"]),
                         (2, 2))
        self.write("A/users.csv", USERS.replace("X3,cyd@example.com,Cyd,Po,T2\n", ""))
        self.assertEqual(self.push(self.base, "--live", "--yes").code, 0)
        report = self.pull(self.base, "--report", "json").json
        self.assertEqual((report["licensed"], report["products"][0]["assignedLicenseCount"]),
                         (2, 2))

    def test_ids_of_a_known_roster_are_taken_over(self):
        pages = {
            "users": [{"psUserId": "p1", "email": "ANN@example.com", "firstName": "Ann",
                       "lastName": "Lee", "isOnAccount": True, "productIds": ["x"],
                       "additionalEmails": [], "currentSsoIdentifier": None,
                       "teams": {"edges": [{"isDirect": False, "node": {"id": "g2"}},
                                           {"isDirect": True, "node": {"id": "g1"}}]}},
                      {"psUserId": "p2", "email": "robert@example.com", "firstName": "Bob",
                       "lastName": "Ray", "isOnAccount": True, "productIds": [],
                       "additionalEmails": ["x@y.example", "Bob@Example.com"],
                       "teams": {"edges": []}},
                      {"psUserId": "p3", "email": "new@example.com", "isOnAccount": True},
                      {"psUserId": "p4", "email": "gone@example.com", "isOnAccount": False}],
            "teams": [{"id": "g1", "name": "IT", "parentTeamId": None},
                      {"id": "g2", "name": "Elsewhere", "parentTeamId": "g1"}],
            "teamManagers": [{"psUserId": "p1", "teamId": "g1"},
                             {"psUserId": "p9", "teamId": "g1"}],
            "planAdmins": [], "planInfo": []}

        def script(handler, _number):
            query = json.loads(server.requests[-1][3])["query"]
            root = [name for name in pages if name + "(" in query or "{" + name + "{" in query][0]
            return answer({"data": {root: {"pageInfo": {"hasNextPage": False, "endCursor": None},
                                           "nodes": pages[root], "products": []}}})
        server = self.rude(script)
        result = self.pull(server.url, "--from", "A", "--format", "csv", "-o", "live", "-q")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.read("live/users.csv").decode(),
                         "id,email,first_name,last_name,team_id\n"
                         "X1,ANN@example.com,Ann,Lee,T1\n"
                         "X2,robert@example.com,Bob,Ray,\n"
                         "new@example.com,new@example.com,,,\n")
        self.assertEqual(self.read("live/teams.csv").decode(),
                         "id,name,manager_ids,parent_team_id\n"
                         "T1,IT,X1,\n"
                         "g2,Elsewhere,,T1\n")
        self.assertIn("1 manager place", result.err)

    def graph(self, users, teams=()):
        """A remote with these people."""
        nodes = {"users": users, "teams": list(teams), "teamManagers": [], "planAdmins": []}

        def script(handler, _number):
            query = json.loads(server.requests[-1][3])["query"]
            root = next((name for name in nodes if name + "(" in query), "planInfo")
            return answer({"data": {root: {"pageInfo": {"hasNextPage": False, "endCursor": None},
                                           "nodes": nodes.get(root, []), "products": []}}})
        server = self.rude(script)
        return server

    @staticmethod
    def person(number, **more):
        return {"psUserId": f"p{number}", "email": f"u{number}@example.com", "isOnAccount": True,
                "lastLogin": "2024-06-01T00:00:00Z", "currentSsoIdentifier": f"X{number}",
                "firstName": "F", "lastName": "L", **more}

    def test_a_page_has_100_people_unless_something_else_is_said(self):
        for more, size in (((), 100), (("--page-size", "7"), 7)):
            server = self.graph([self.person(1)])
            self.assertEqual(self.pull(server.url, *more).code, 0)
            asked = [json.loads(request[3]) for request in server.requests]
            self.assertEqual([one["variables"]["n"] for one in asked if "first:$n" in one["query"]],
                             [size] * 4)

    def test_who_may_be_on_the_plan_or_not_is_not_taken_off_it(self):
        for wrong in (None, "true", 1):
            server = self.graph([self.person(1), self.person(2, isOnAccount=wrong)])
            result = self.pull(server.url, "-o", "live.snap")
            self.assertEqual(result.code, 7, wrong)
            self.assertIn("has one without isOnAccount", result.err)
            self.assertFalse(os.path.exists(self.path("live.snap")))

    def test_a_login_that_cannot_be_read_is_not_never(self):
        logins = [None, "2019-01-01T00:00:00Z", "2024-06-01T00:00:00Z", "yesterday", 1717236000000,
                  {}, True]
        server = self.graph([self.person(at, lastLogin=login) for at, login in enumerate(logins)] +
                            [{name: value for name, value in self.person(7).items()
                              if name != "lastLogin"}])
        result = self.pull(server.url, "--inactive-since", "2020-01-01", "--deprovision-out",
                           "gone.csv", "--report", "json")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual((result.json["neverLoggedIn"], result.json["lastLoginUnclear"]), (1, 5))
        self.assertEqual([line.split(",")[0] for line in
                          self.read("gone.csv").decode().splitlines()[1:]], ["X0", "X1"])

    def test_what_is_live_is_checked_in_both_formats(self):
        server = self.graph([self.person(1), self.person(2, currentSsoIdentifier="X1")],
                            [{"id": "g1", "name": "IT", "parentTeamId": None}])
        for form in (("-o", "live.snap"), ("--format", "csv", "-o", "live")):
            strict = self.pull(server.url, *form, "--strict")
            self.assertEqual((strict.code, os.path.exists(self.path(form[-1]))), (1, False))
            self.assertIn("duplicate-user-id", strict.err)
            lenient = self.pull(server.url, *form)
            self.assertEqual((lenient.code, os.path.exists(self.path(form[-1]))), (1, True))
            self.assertEqual(self.pull(server.url, *form, "--fail-on", "never").code, 0)

    def test_managers_whose_id_cannot_be_listed_are_told_apart(self):
        pages = {"users": [{"psUserId": "u1", "email": "a@example.com", "isOnAccount": True,
                            "currentSsoIdentifier": "CN=a,OU=x", "teams": {"edges": []}},
                           {"psUserId": "u2", "email": "b@example.com", "isOnAccount": False,
                            "currentSsoIdentifier": "CN=b,OU=x"}],
                 "teams": [{"id": "t1", "name": "IT", "parentTeamId": None},
                           {"id": "t2", "name": "Cloud", "parentTeamId": None}]}
        managers = [{"psUserId": user, "teamId": team} for user, team in
                    (("u1", "t1"), ("u1", "t2"), ("u2", "t1"))]

        def pulled(places):
            nodes = dict(pages, teamManagers=places)
            server = self.rude(lambda handler, number: answer({"data": {
                root: {"pageInfo": {"hasNextPage": False}, "nodes": nodes.get(root, [])}
                for root in ("users", "teams", "teamManagers", "planAdmins", "planInfo")}}))
            result = self.pull(server.url, "--format", "csv", "-o", "live", "-q")
            self.assertEqual(result.code, 0, result.err)
            return [line for line in result.err.splitlines()
                    if "license" not in line and not line.startswith("muster:")]
        strangers = "left out: 1 manager place of people who are not users of the plan"
        commas = ("left out: {} of users whose id holds a comma, which separates ids in "
                  "manager_ids").format
        told = pulled(managers)
        self.assertEqual(told[:2], [strangers, commas("2 manager places")])
        self.assertTrue(told[2].startswith("hint: ") and "without a comma" in told[2], told)
        self.assertEqual(pulled(managers[:1])[0], commas("1 manager place"))
        self.assertEqual(pulled(managers[2:]), [strangers])
        self.assertIn("\"CN=a,OU=x\",a@example.com", self.read("live/users.csv").decode())

    def rude_pages(self, info):
        return self.rude(lambda handler, number: answer({"data": {"users": {
            "pageInfo": info(number), "nodes": []}}}))

    def test_pages_that_go_round_do_not_hang(self):
        for info in (lambda number: {"hasNextPage": True, "endCursor": "same"},
                     lambda number: {"hasNextPage": True, "endCursor": "ab"[number % 2]},
                     lambda number: {"hasNextPage": True, "endCursor": None},
                     lambda number: {"hasNextPage": "yes", "endCursor": "x"},
                     lambda number: None):
            server = self.rude_pages(info)
            self.assertEqual(self.pull(server.url).code, 7)
            self.assertLess(len(server.requests), 6)

    def test_errors_of_the_query(self):
        server = self.rude([answer({"errors": [{"message": "beta\x1b[2J"}], "data": None})])
        result = self.pull(server.url)
        self.assertEqual(result.code, 6)
        self.assertIn("beta\\x1B[2J", result.err)
        server = self.rude([answer({"errors": [{"message": "\u200bx\ufffa"}], "data": None})])
        self.assertIn("\\xE2\\x80\\x8Bx\\xEF\\xBF\\xBA", self.pull(server.url).err)
        server = self.rude([answer({"error": "AuthenticationError: Invalid API Key"}, 401)])
        self.assertEqual(self.pull(server.url).code, 6)

    def test_errors_of_a_query_that_is_no_query(self):
        """What is wrong with the query itself comes with HTTP 400."""
        server = self.rude([answer({"errors": [{"message": "Cannot query field \"a\x1b[2J\""}]},
                                   400)])
        result = self.pull(server.url)
        self.assertEqual((result.code, result.out), (6, ""))
        self.assertIn("query for users: the remote refused: HTTP 400\n", result.err)
        self.assertIn('error: {"message":"Cannot query field \\"a\\u001B[2J\\""}\n', result.err)

    def test_broken_replies(self):
        for body in ("", "[]", "{", "null", '{"data":null}', '{"data":{"users":[]}}'):
            self.assertEqual(self.pull(self.rude([answer(body)]).url).code, 7, body)

    def test_a_page_without_people_is_no_empty_page(self):
        info = {"hasNextPage": False}
        for field in ({"pageInfo": info}, {"pageInfo": info, "nodes": None},
                      {"pageInfo": info, "nodes": {}}, {"pageInfo": info, "nodes": [None]},
                      {"pageInfo": info, "nodes": [{"psUserId": None, "id": None}]},
                      {"pageInfo": info, "nodes": [{"psUserId": "", "id": ""}]}):
            empty = {"pageInfo": info, "nodes": []}
            for root in ("users", "teams"):
                server = self.rude(lambda handler, number, root=root, field=field: answer({"data": {
                    name: field if name == root else empty
                    for name in ("users", "teams", "teamManagers", "planAdmins", "planInfo")}}))
                result = self.pull(server.url, "-o", "live.snap")
                self.assertEqual(result.code, 7, (field, root, result.err))
                self.assertFalse(os.path.exists(self.path("live.snap")))

    def test_nothing_is_written_over_what_is_needed(self):
        token = os.path.relpath(self.token_file, self.folder)
        files = ("A/users.csv", token)
        before = {name: self.read(name) for name in files}
        for name in files:
            for option in ("-o", "--deprovision-out"):
                result = self.pull(self.base, "--from", "A", option, name, "--inactive-since",
                                   "2020-01-01")
                self.assertEqual(result.code, 2, (name, option, result.err))
        self.assertEqual(self.pull(self.base, "-o", "live.snap").code, 0)
        self.assertEqual(self.pull(self.base, "--from", "live.snap", "-o", "live.snap").code, 2)
        self.assertEqual(self.pull(self.base, "--inactive-since", "2020-01-01", "--deprovision-out",
                                   "same", "-o", "same").code, 2)
        self.assertEqual(self.pull(self.base, "-o", "-").code, 2)
        mixed = self.pull(self.base, "--inactive-since", "2020-01-01", "--deprovision-out", "-")
        self.assertEqual((mixed.code, mixed.out), (2, ""))
        self.assertIn("--deprovision-out names a file", mixed.err)
        self.assertEqual({name: self.read(name) for name in files}, before)

    def test_no_two_outputs_in_one_file(self):
        os.mkdir(self.path("live"))
        os.symlink("live", self.path("link"))
        inactive = ("--inactive-since", "2030-01-01", "--deprovision-out")
        for out, other in (("same", "./same"), ("same", self.path("same")),
                           ("live/x", "link/x"), ("./live/../same", "same")):
            result = self.pull(self.base, "-o", out, *inactive, other)
            self.assertEqual(result.code, 2, (out, other))
            self.assertIn(f"{out} is to be written twice: one would be lost", result.err)
        for name in ("live/users.csv", "./live//teams.csv", "link/users.csv"):
            result = self.pull(self.base, "--format", "csv", "-o", "live", *inactive, name)
            self.assertEqual(result.code, 2, name)
            self.assertIn("is to be written twice: one would be lost", result.err)
        self.assertEqual(self.pull(self.base, "--format", "csv", "-o", "new", *inactive,
                                   "new/users.csv").code, 2)
        self.assertEqual(os.listdir(self.path("live")), [])
        for name in ("same", "new"):
            self.assertFalse(os.path.exists(self.path(name)))
        self.assertEqual(self.pull(self.base, "--format", "csv", "-o", "live", *inactive,
                                   "live/deprovision.csv").code, 0)
        self.assertEqual(self.pull(self.base, "--format", "csv", "-o", "live", *inactive,
                                   "users.csv").code, 0)

    def test_a_folder_that_was_read_is_not_written_over(self):
        result = self.pull(self.base, "--from", "A", "--format", "csv", "-o", "A", "-q",
                           "--inactive-since", "2030-01-01", "--deprovision-out", "gone.csv")
        self.assertEqual(result.code, 2)
        self.assertIn("users.csv is an input, and would be overwritten", result.err)
        self.assertFalse(os.path.exists(self.path("gone.csv")))

    def test_a_reader_that_goes_away_leaves_the_snapshot(self):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            subprocess.run([MUSTER, "pull", "--base", self.base, "--token-file", self.token_file,
                            "-o", "live.snap"], cwd=self.folder, env=clean_environment(),
                           stdout=writing, stderr=subprocess.DEVNULL, timeout=60, check=False)
        finally:
            os.close(writing)
        self.assertEqual(self.muster("diff", "A", "live.snap", "--exit-code").code, 0)

    def test_what_was_stopped_is_told(self):
        node = {"psUserId": "a", "currentSsoIdentifier": "X1", "email": "a@x.com",
                "isOnAccount": True, "productIds": ["p"]}
        other = dict(node, psUserId="b", currentSsoIdentifier="X2")
        empty = {"pageInfo": {"hasNextPage": False}, "nodes": []}
        server = self.rude(lambda handler, number: answer({"data": {
            name: dict(empty, nodes=[node, other] if name == "users" else [])
            for name in ("users", "teams", "teamManagers", "planAdmins", "planInfo")}}))
        result = self.pull(server.url, "--strict", "--ignore", "duplicate-email", "-o", "live.snap")
        self.assertEqual(result.code, 1, result.err)
        self.assertIn("nothing was written", result.err)
        self.assertFalse(os.path.exists(self.path("live.snap")))
        gone = ("--inactive-since", "2025-01-01", "--deprovision-out", "gone.csv")
        result = self.pull(server.url, "--strict", "-o", "live.snap", *gone)
        self.assertEqual(result.code, 1, result.err)
        self.assertIn("nothing was written", result.err)
        self.assertFalse(os.path.exists(self.path("gone.csv")))
        # Where records are only left out it is written.
        result = self.pull(server.url, "-o", "live.snap", *gone)
        self.assertEqual((result.code, os.path.exists(self.path("gone.csv"))), (1, True))

    def test_what_is_live_is_checked_for_a_deprovision_file_alone(self):
        server = self.graph([self.person(number, email=email, teams={"edges": []})
                             for number, email in enumerate(("a@example.com", "A@example.com"))])
        gone = ("--inactive-since", "2025-01-01", "--deprovision-out", "gone.csv")
        for more, code, written in ((("--strict",), 1, False), ((), 1, True),
                                    (("--fail-on", "never"), 0, True)):
            alone = self.pull(server.url, *more, *gone)
            self.assertEqual((alone.code, os.path.exists(self.path("gone.csv"))), (code, written))
            both = self.pull(server.url, "-o", "live.snap", *more, *gone)
            self.assertEqual((both.code, os.path.exists(self.path("gone.csv"))), (code, written))
            self.assertIn("duplicate-email", alone.err)
            self.assertEqual((alone.err, alone.out), (both.err, both.out))
            if written:
                os.unlink(self.path("gone.csv"))


class Sparkwise(ClientTest):
    def spark(self, command, base, *arguments):
        return self.muster(command, "--target", "sparkwise", "--base", base, "--token-file",
                           self.token_file, *arguments)

    def test_users_by_page(self):
        users = USERS + "".join(f"U{n},u{n}@example.com,F{n},=L{n},T1\n" for n in range(450))
        self.write("A/users.csv", users)
        for faults in ((), ("--fault", "short-pages")):
            base = self.sandbox(*faults, state="state" + str(len(faults))).url
            self.assertEqual(self.push(base, "--live", "--yes").code, 0)
            result = self.spark("pull", base, "-o", "users.csv")
            self.assertEqual(result.code, 0, result.err)
            rows = self.read("users.csv").decode().splitlines()
            self.assertEqual(rows[0], "id,remoteId,email,firstName,lastName,active")
            self.assertEqual([row.split(",")[1] for row in rows[1:]],
                             [row.split(",")[0] for row in users.splitlines()[1:]])
            self.assertIn(",F7,'=L7,true", rows[11])

    def test_the_key_travels_in_its_own_header(self):
        server = self.rude([answer({"success": True, "error": None, "data": {
            "items": [], "page": 0, "size": 200, "next": None, "prev": None}})])
        self.assertEqual(self.spark("pull", server.url).code, 0)
        self.assertEqual(server.requests[0][2]["X-Api-Key"], TOKEN)
        self.assertNotIn("Authorization", server.requests[0][2])
        self.assertEqual(server.requests[0][1], "/users?page=0&pageSize=200")

    def test_clusters_and_completions_within_a_range(self):
        base = self.sandbox().url
        self.assertEqual(self.push(base, "--live", "--yes").code, 0)
        for what, count in (("clusters", 2), ("completions", 3)):
            everything = self.spark("pull", base, "--what", what).out.splitlines()[1:]
            early = self.spark("pull", base, "--what", what, "--until", "2024-10-01")
            late = self.spark("pull", base, "--what", what, "--since", "2024-10-01T00:00:00Z")
            self.assertEqual(len(everything), count)
            self.assertEqual(sorted(everything), sorted(early.out.splitlines()[1:] +
                                                        late.out.splitlines()[1:]))
        wrong = self.spark("pull", base, "--what", "clusters", "--since", "2024-10-01",
                           "--until", "2024-10-01")
        self.assertEqual(wrong.code, 2)
        for since, until, code in (("2024-01-31T00:00:00Z", "2024-01-31T00:00:00.5Z", 0),
                                   ("2024-01-31", "2024-01-31T00:00:00Z", 2),
                                   ("2024-01-31T00:00:00.50Z", "2024-01-31T00:00:00.5Z", 2),
                                   ("2024-01-31", "2024-02-31T99:99:99Z", 2)):
            result = self.spark("pull", base, "--what", "clusters", "--since", since, "--until",
                                until)
            self.assertEqual(result.code, code, (since, until, result.err))

    def test_pushing_all_users_in_batches(self):
        users = USERS + "".join(f"U{n},u{n}@example.com,F{n},L{n},\n" for n in range(398))
        self.write("A/users.csv", users)
        sent = []

        def script(handler, _number):
            body = json.loads(server.requests[-1][3])
            sent.append(len(body["users"]))
            return answer({"success": True, "error": None,
                           "data": {"success": body["users"], "failed": []}})
        server = self.rude(script)
        dry = self.spark("push", server.url, "A")
        self.assertEqual((dry.code, server.requests), (0, []))
        self.assertIn("401 users would be created or updated, in 3 batches", dry.out)
        result = self.spark("push", server.url, "A", "--live")
        self.assertEqual((result.code, sent), (0, [200, 200, 1]), result.err)
        self.assertEqual(json.loads(server.requests[0][3])["users"][0], {
            "remoteId": "X1", "email": "ann@example.com", "firstName": "Ann", "lastName": "Lee",
            "active": True})

    def test_a_difference_and_those_who_cannot_be_processed(self):
        base = self.sandbox().url
        self.assertEqual(self.push(base, "--live", "--yes").code, 0)
        self.write("B/teams.csv", TEAMS)
        self.write("B/users.csv", "id,email,first_name,last_name,team_id\n"
                   "X1,ann@example.com,Anne,Lee,T1\n"   # renamed
                   "X2,bob@example.com,Bob,Ray,T2\n"    # only moved
                   "X4,dee@example.invalid,Dee,Su,T1\n"  # new, and not trusted
                   "X5,eve@example.com,Eve,Fo,T1\n")    # new; Cyd has left
        arguments = ("B", "--from", "A", "--live")
        self.assertEqual(self.spark("push", base, *arguments).code, 4)
        result = self.spark("push", base, *arguments, "--yes")
        self.assertEqual(result.code, 8)
        self.assertEqual(result.out, "2 of 3 users created or updated\n1 of 1 user deactivated\n"
                         "Not processed: X4: This user cannot be processed\n")
        rows = [row.split(",")[1:] for row in self.spark("pull", base).out.splitlines()[1:]]
        self.assertEqual(rows, [["X1", "ann@example.com", "Anne", "Lee", "true"],
                                ["X2", "bob@example.com", "Bob", "Ray", "true"],
                                ["X3", "cyd@example.com", "Cyd", "Po", "false"],
                                ["X5", "eve@example.com", "Eve", "Fo", "true"]])

    def test_a_difference_of_users_alone(self):
        base = self.sandbox().url
        self.assertEqual(self.push(base, "--live", "--yes").code, 0)
        self.assertEqual(self.muster("snapshot", "A", "-o", "A.snap").code, 0)
        self.write("users.csv", "id,email,first_name,last_name,team_id\n"
                   "X1,ann@example.com,\"Ann\",Lee,T9\n"  # as she was, teams aside
                   "Y2,bob@example.com,Bob,Ray,T1\n"      # under a new id: has not left
                   "X5,eve@example.com,Eve,Fo,T1\n")      # new; Cyd has left
        self.write("C/users.csv", USERS)
        self.write("D/users.csv", USERS)
        self.write("D/teams.csv", "id\n")
        for old in ("A", "A.snap", "C", "D"):
            dry = self.spark("push", base, "users.csv", "--from", old)
            self.assertEqual(dry.code, 0, (old, dry.err))
            self.assertEqual(dry.out, "Dry run: 2 users would be created or updated, in 1 batch\n"
                             "  Create or update Y2\n  Create or update X5\n"
                             "Dry run: 1 user would be deactivated, in 1 batch\n"
                             "  Deactivate X3\n", old)
        self.assertEqual(self.spark("push", base, "A", "--from", "C").code, 0)
        self.assertEqual(self.spark("push", base, "users.csv", "--from", "token").code, 3)
        self.write("E/teams.csv", TEAMS)
        missing = self.spark("push", base, "users.csv", "--from", "E")
        self.assertEqual(missing.code, 3)
        self.assertIn("E holds no users.csv", missing.err)
        # A users file that has become empty would deactivate everybody.
        self.write("users.csv", USERS.splitlines()[0] + "\n")
        stopped = self.spark("push", base, "users.csv", "--from", "A.snap", "--live", "--yes")
        self.assertEqual((stopped.code, stopped.out), (4, ""))
        self.assertIn("emptyUsers", stopped.err)
        forced = self.spark("push", base, "users.csv", "--from", "A.snap", "--force")
        self.assertIn("3 users would be deactivated", forced.out)

    def test_who_is_in_neither_list_of_the_answer_is_named(self):
        def pushed(success, failed):
            server = self.rude([answer({"success": True, "error": None, "data": {
                "success": success, "failed": failed}})])
            result = self.spark("push", server.url, "A", "--live")
            lines = [line for line in result.out.splitlines() if line.startswith("Not processed")]
            return result.code, lines
        silent = "the answer says nothing of this user"
        self.assertEqual(pushed([], []), (8, [f"Not processed: X{n}: {silent}" for n in (1, 2, 3)]))
        self.assertEqual(pushed([{"email": "ann@example.com"}, "X3"], []),
                         (8, [f"Not processed: X2: {silent}"]))
        self.assertEqual(pushed([{"remoteId": "X1"}, {"remoteId": "X2"}],
                                [{"user": {"email": "cyd@example.com"}, "error": "no"}]),
                         (8, ["Not processed: cyd@example.com: no"]))
        self.assertEqual(pushed([{}, {}], []),
                         (8, ["Not processed: (unnamed): the answer says nothing of a user"]))
        self.assertEqual(pushed([{}, {}, {}], []), (0, []))
        self.assertEqual(pushed([{"id": "X3"}], ["X1", {"lastName": "Ray"}]),
                         (8, ["Not processed: X1: no reason given",
                              "Not processed: Ray: no reason given"]))
        self.assertEqual(pushed([{"remoteId": "X1"}, {"id": "X3"}], [{"error": "no"}]),
                         (8, ["Not processed: (unnamed): no"]))
        self.assertEqual(pushed([{"id": "X3"}], [{"user": {"firstName": "Ann"}},
                                                 {"user": {"id": "X2"}, "error": 7}]),
                         (8, ["Not processed: Ann: no reason given",
                              "Not processed: X2: no reason given"]))
        self.assertEqual(pushed(None, [{"user": {"email": "bob@example.com"}, "error": "no"}]),
                         (8, ["Not processed: bob@example.com: no",
                              f"Not processed: X1: {silent}", f"Not processed: X3: {silent}"]))
        self.assertEqual(pushed([{"remoteId": "X1"}, {"remoteId": "X2"}, {"remoteId": "X3"}], None),
                         (0, []))

    def test_each_user_of_an_answer_counts_once(self):
        def pushed(success, failed):
            server = self.rude([answer({"success": True, "data": {
                "success": success, "failed": failed}})])
            result = self.spark("push", server.url, "A", "--live")
            return result.code, result.out.splitlines()
        def told(done, *names):
            return (8 if names else 0, [f"{done} of 3 users created or updated", *(
                f"Not processed: {name}: the answer says nothing of this user" for name in names),
                                        "0 of 0 users deactivated"])
        ann, bob, cyd = ({"remoteId": f"X{n}"} for n in (1, 2, 3))
        for success, done, names in (
                ([ann, ann, ann], 1, ("X2", "X3")), ([ann] * 7, 1, ("X2", "X3")),
                ([ann, {}, {}], 1, ("X2", "X3")),
                ([ann, bob, {"remoteId": "X9"}], 2, ("X3",)),
                ([{"remoteId": "X9"}] * 3, 0, ("X1", "X2", "X3")),
                ([ann, dict(bob, id="X3"), dict(bob, email="cyd@example.com")], 2, ("X3",)),
                ([{"email": "ANN@example.com"}, "BOB@Example.COM", cyd], 3, ()),
                ([{"id": "5f2c"}, "77ab", {}], 3, ()), ([{}] * 5, 3, ())):
            code, lines = pushed(success, [])
            wanted = told(done, *names)
            self.assertEqual((code, sorted(lines)), (wanted[0], sorted(wanted[1])), success)
        # Who is in both lists was not processed.
        code, lines = pushed([ann, bob, cyd], [{"user": bob, "error": "no"}])
        self.assertEqual((code, lines[0]), (8, "2 of 3 users created or updated"))
        self.assertEqual(lines[2:], ["Not processed: X2: no"])

    def test_findings_decide_where_all_were_processed(self):
        self.write("A/users.csv", USERS + "X1,b@b.example,A,B,T1\n")
        good = answer({"success": True, "data": {"success": [{}, {}, {}], "failed": []}})
        bad = answer({"success": True, "data": {"success": [{}, {}], "failed": [{}]}})
        for run, reply, code in (((), good, 1), (("--live",), good, 1), (("--live",), bad, 8),
                                 (("--fail-on", "never"), good, 0),
                                 (("--live", "--fail-on", "never"), good, 0)):
            result = self.spark("push", self.rude([reply]).url, "A", *run)
            self.assertEqual(result.code, code, (run, result.err))

    def test_refusals_and_lost_answers(self):
        refusal = {"success": False, "error": {"message": "no\x1b", "metadata": {}}, "data": None}
        for status in (200, 400):
            server = self.rude([answer(refusal, status)])
            result = self.spark("push", server.url, "A", "--live")
            self.assertEqual(result.code, 6)
            self.assertNotIn("\x1b", result.err)
        server = self.rude([drop])
        self.assertEqual(self.spark("push", server.url, "A", "--live").code, 7)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.spark("pull", self.rude([drop]).url).code, 7)

    def test_words_of_a_refusal_are_hidden_with_the_names(self):
        words = "ann@example.com (Ann Lee) is not of a trusted domain"
        for status in (200, 400):
            server = self.rude([answer({"success": False, "error": {"message": words}}, status)])
            for more, shown in (((), words), (("--privacy", "counts"), None)):
                result = self.spark("push", server.url, "A", "--live", *more)
                self.assertEqual(result.code, 6)
                self.assertEqual("ann@" in result.out + result.err, shown is not None, status)
                self.assertIn(f"HTTP {status}" + (f", {shown}" if shown else "\n"), result.err)
        silent = self.rude([answer({"success": False})])
        self.assertIn("refused: HTTP 200\n", self.spark("push", silent.url, "A", "--live").err)

    def test_an_empty_page_is_the_end_only_where_it_says_so(self):
        def page(_handler, number):
            items = [] if number == 2 else [{"id": f"i{number}", "remoteId": f"R{number}",
                                                  "active": True}]
            return answer({"success": True, "data": {
                "items": items, "page": number - 1, "next": number if number < 3 else None}})
        result = self.spark("pull", self.rude(page).url)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([row.split(",")[1] for row in result.out.splitlines()[1:]], ["R1", "R3"])

    def test_pages_that_end_too_early_are_no_roster(self):
        for data in ({"items": [{"id": "i1", "active": True}], "page": 0, "total": 3},
                     {"items": [], "page": 0, "total": 1}):
            server = self.rude([answer({"success": True, "data": data})])
            result = self.spark("pull", server.url, "-o", "users.csv")
            self.assertEqual(result.code, 7)
            self.assertIn("its pages end after", result.err)
            self.assertFalse(os.path.exists(self.path("users.csv")))

    def test_pages_without_end(self):
        server = self.rude(lambda handler, number: answer({"success": True, "data": {
            "items": [{"id": "x", "active": True}], "page": 0, "next": 1}}))
        self.assertEqual(self.spark("pull", server.url).code, 7)
        self.assertEqual(len(server.requests), 2)


if __name__ == "__main__":
    unittest.main()
