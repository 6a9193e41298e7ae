# SPDX-License-Identifier: MIT
"""The sandbox, asked with real curl as the documents show it."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import base64
import glob
import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import DEPROVISION, MUSTER, TEAMS, TOKEN, USERS, RemoteTest, clean_environment

BAD_USERS = USERS + "X1,other@example.com,Other,One,T1\n"


class SyncUsers(RemoteTest):
    def test_users_first_then_teams(self):
        base = self.sandbox().url
        self.assertEqual(self.send(base, "users", USERS), (200, {"status": "Awaiting teams file"}))
        status, document = self.send(base, "teams", TEAMS)
        self.assertEqual(status, 200)
        self.assertEqual(set(document), {"status", "statusUrl"})
        self.assertEqual(document["status"], "processing")
        self.assertRegex(document["statusUrl"],
                         "^" + base + "/sync-users/[0-9a-f]{32}/status$")
        end = self.follow(document["statusUrl"])
        self.assertEqual(set(end), {"status", "dryRun", "listOfOperations", "errors"})
        self.assertEqual((end["status"], end["dryRun"], end["errors"]), ("completed", True, []))
        self.assertEqual(len(end["listOfOperations"]), 8)

    def test_teams_first_then_users(self):
        base = self.sandbox().url
        self.assertEqual(self.send(base, "teams", TEAMS), (200, {"status": "Awaiting users file"}))
        self.assertEqual(self.send(base, "users", USERS)[1]["status"], "processing")

    def test_a_second_file_of_a_kind_takes_the_place_of_the_first(self):
        base = self.sandbox().url
        self.send(base, "users", "id\n")
        self.assertEqual(self.send(base, "users", USERS)[1]["status"], "Awaiting teams file")
        self.assertEqual(self.send(base, "teams", TEAMS)[1]["status"], "processing")

    def test_missing_headers_in_one_file(self):
        base = self.sandbox().url
        self.send(base, "teams", TEAMS)
        status, document = self.send(base, "users", "id,first_name,last_name\nX1,Ann,Lee\n")
        self.assertEqual(status, 400)
        self.assertEqual(document, {"status": "Invalid data", "errors": [
            "Missing header(s) for users file: email, team_id"]})

    def test_missing_headers_in_both_files(self):
        base = self.sandbox().url
        self.send(base, "users", "id,email,first_name,last_name\n")
        status, document = self.send(base, "teams", "id,name\n")
        self.assertEqual(status, 400)
        self.assertEqual(document, {"status": "Invalid data", "errors": [
            "Missing header(s) for users file: team_id",
            "Missing header(s) for teams file: manager_ids, parent_team_id"]})

    def test_invalid_data_uses_up_both_files(self):
        base = self.sandbox().url
        self.send(base, "teams", TEAMS)
        self.send(base, "users", "id\n")
        self.assertEqual(self.send(base, "users", USERS)[1]["status"], "Awaiting teams file")

    def test_a_query_that_cannot_be_read_is_not_obeyed_in_part(self):
        base = self.sandbox().url
        for query in ("?dryRun=false&x=%ff&rootTeamIds=T1", "?dryRun=false&rootTeamIds=T1%ff",
                      "?%ff=1&dryRun=false", "?dryRun=%ff"):
            for kind, content in (("teams", TEAMS), ("users", USERS)):
                self.assertEqual(self.send(base, kind, content, query)[0], 400, query)
            self.assertEqual(self.deprovision(base, DEPROVISION, query)[0], 400, query)
        self.assertEqual(len(self.sync(base, USERS, TEAMS)["listOfOperations"]), 8)

    def test_a_roster_that_cannot_be_looked_at_is_not_taken_for_none(self):
        base = self.sandbox().url
        self.sync(base, USERS, TEAMS, "?dryRun=false")
        roster = glob.glob(self.path("state/**/roster.snap"), recursive=True)[0]
        os.remove(roster)
        os.symlink(roster, roster)
        end = self.sync(base, USERS, TEAMS, "?dryRun=false")
        self.assertNotEqual(end["status"], "completed")
        self.assertTrue(os.path.islink(roster))
        os.remove(roster)

    def test_a_dry_run_changes_nothing_and_a_live_run_does(self):
        base = self.sandbox().url
        self.assertEqual(len(self.sync(base, USERS, TEAMS)["listOfOperations"]), 8)
        live = self.sync(base, USERS, TEAMS, "?dryRun=false")
        self.assertEqual((live["dryRun"], len(live["listOfOperations"])), (False, 8))
        again = self.sync(base, USERS, TEAMS, "?dryRun=false")
        self.assertEqual((again["status"], again["listOfOperations"]), ("completed", []))

    def test_parameters_may_come_with_either_file(self):
        base = self.sandbox().url
        self.send(base, "teams", TEAMS, "?dryRun=false")
        document = self.send(base, "users", USERS)[1]
        self.assertIs(self.follow(document["statusUrl"])["dryRun"], False)
        self.send(base, "teams", TEAMS, "?dryRun=false")
        document = self.send(base, "users", USERS, "?dryRun=true")[1]
        self.assertIs(self.follow(document["statusUrl"])["dryRun"], True)
        self.send(base, "teams", TEAMS, "?dryRun=true")
        document = self.send(base, "users", USERS, "?dryRun=false")[1]
        self.assertIs(self.follow(document["statusUrl"])["dryRun"], True)
        document = self.sync(base, USERS, TEAMS, "?dryRun=true&dryRun=false")
        self.assertIs(document["dryRun"], True)

    def test_strict_with_errors_stops(self):
        base = self.sandbox().url
        end = self.sync(base, BAD_USERS, TEAMS, "?dryRun=false&exitOnError=true")
        self.assertEqual((end["status"], end["listOfOperations"]), ("completedWithErrors", []))
        self.assertEqual(len(end["errors"]), 1)
        self.assertEqual(len(self.sync(base, USERS, TEAMS)["listOfOperations"]), 8)

    def test_lenient_with_errors_goes_on(self):
        base = self.sandbox().url
        end = self.sync(base, BAD_USERS, TEAMS, "?dryRun=false&exitOnError=false")
        self.assertEqual(end["status"], "completedWithErrors")
        self.assertEqual((len(end["errors"]), len(end["listOfOperations"])), (1, 8))
        self.assertEqual(self.sync(base, USERS, TEAMS)["listOfOperations"], [])

    def test_root_team_ids_limit_what_is_touched(self):
        base = self.sandbox().url
        self.sync(base, USERS, TEAMS, "?dryRun=false")
        users = USERS.replace("bob@example.com,Bob,Ray,T1", "bob@example.com,Bob,Ray,T2")
        users = users.replace("cyd@example.com,Cyd,Po,T2", "cyd@example.com,Cyd,Po,")
        teams = TEAMS.replace("T1,IT,X1,", "T1,Technology,X1,")
        everything = self.sync(base, users, teams)
        self.assertEqual(len(everything["listOfOperations"]), 3)
        # T2 alone: Bob comes into it, Cyd leaves it; the new name of T1 is outside.
        limited = self.sync(base, users, teams, "?dryRun=false&rootTeamIds=T2")
        self.assertEqual(len(limited["listOfOperations"]), 2)
        self.assertEqual(len(self.sync(base, users, teams)["listOfOperations"]), 1)

    def test_an_unknown_root_team_is_an_error(self):
        end = self.sync(self.sandbox().url, USERS, TEAMS, "?rootTeamIds=T2,T99")
        self.assertEqual((end["status"], len(end["errors"])), ("completedWithErrors", 1))
        self.assertTrue(end["errors"][0].startswith("rootTeamIds names the team \"T99\""),
                        end["errors"])
        self.assertEqual(set(end), {"status", "dryRun", "listOfOperations", "errors"})

    def test_without_manager_invites_everything_else_is_done(self):
        end = self.sync(self.sandbox().url, USERS, TEAMS, "?sendManagerInvites=false")
        self.assertEqual((end["status"], len(end["listOfOperations"])), ("completed", 8))

    def test_a_parameter_that_is_neither_true_nor_false(self):
        status, document = self.send(self.sandbox().url, "users", USERS, "?dryRun=no")
        self.assertEqual((status, document["status"]), (400, "Invalid data"))

    def test_basic_authentication_takes_the_password_for_the_key(self):
        base = self.sandbox().url
        self.send(base, "users", USERS)
        word = base64.b64encode(f"pluralsight:{TOKEN}".encode()).decode()
        status, document = self.send(base, "teams", TEAMS, token=None,
                                     extra=("-H", "Authorization: Basic " + word))
        self.assertEqual((status, document["status"]), (200, "processing"))

    def test_a_body_in_chunks(self):
        base = self.sandbox().url
        self.send(base, "users", USERS, extra=("-H", "Transfer-Encoding: chunked"))
        self.assertEqual(self.send(base, "teams", TEAMS)[1]["status"], "processing")

    def test_a_body_larger_than_a_megabyte_which_curl_asks_for_first(self):
        rows = "".join(f"U{n},user{n}@example.com,First{n},Last{n},T1\n" for n in range(40000))
        end = self.sync(self.sandbox().url, USERS + rows, TEAMS)
        self.assertEqual((end["status"], len(end["listOfOperations"])), ("completed", 40008))


class Refusals(RemoteTest):
    def test_each_reason_has_its_status(self):
        self.write("other", "another-token")
        sandbox = self.sandbox("--token-file", self.token_file, "--token-file", self.path("other"))
        base = sandbox.url
        file = self.write("users.csv", USERS)
        invalid_key = {"error": "AuthenticationError: Invalid API Key"}
        url = base + "/sync-users"
        self.assertEqual(self.curl(url, file, "users", token="wrong"), (401, invalid_key))
        self.assertEqual(self.curl(url, file, "users", token=None), (401, invalid_key))
        self.assertEqual(self.curl(url, file, "users", token="another-token")[0], 200)
        self.assertEqual(self.curl(url, file, "users", content_type="text/plain")[0], 415)
        self.assertEqual(self.curl(base + "/nothing")[0], 404)
        self.assertEqual(self.curl(base + "/sync-users/" + "0" * 32 + "/status")[0], 404)
        self.assertEqual(self.curl(base + "/sync-users")[0], 405)
        for kind in ("../../x/users", "deprovision", "USERS", ""):
            self.assertEqual(self.curl(url, file, kind)[0], 400, kind)
        self.assertEqual(self.curl(url, file, "users", content_type="text/csv; charset=utf-8")[0],
                         200)

    def test_without_token_files_a_token_is_needed_all_the_same(self):
        base = self.sandbox().url
        self.assertEqual(self.send(base, "users", USERS, token=None)[0], 401)
        self.assertEqual(self.send(base, "users", USERS, token="any")[0], 200)

    def test_a_job_is_shown_to_its_owner_alone(self):
        base = self.sandbox().url
        self.send(base, "users", USERS)
        url = self.send(base, "teams", TEAMS)[1]["statusUrl"]
        self.assertEqual(self.curl(url, token="somebody else"[:8])[0], 404)
        self.assertEqual(self.curl(url)[0], 200)

    def test_a_body_beyond_the_limit(self):
        sandbox = self.sandbox("--body-limit", "1")
        large = USERS + "x" * (3 << 20)
        self.assertEqual(self.send(sandbox.url, "users", large)[0], 413)
        head = (b"POST /sync-users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"
                b"Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n"
                b'Content-Disposition: attachment; filename="users.csv"\r\n\r\n')
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        self.assertEqual(self.raw_status(sandbox.port, head + chunk * 3), [413])

    def test_a_json_body_beyond_its_limit(self):
        file = self.write("query.json", '{"query":"' + "x" * (2 << 20) + '"}')
        status, _ = self.curl(self.sandbox().url + "/graphql",
                              extra=("-H", "Content-Type: application/json",
                                     "-H", "Expect: 100-continue", "--data-binary", "@" + file))
        self.assertEqual(status, 413)


class Probes(RemoteTest):
    """What libmicrohttpd alone lets through, byte by byte."""

    GET = b"GET /users HTTP/1.1\r\nHost: x\r\n"

    def setUp(self):
        super().setUp()
        self.port = self.sandbox().port

    def expect(self, status, request):
        self.assertEqual(self.raw_status(self.port, request), [status], request[:200])

    def test_a_sound_request_is_answered(self):
        self.expect(401, self.GET + b"\r\n")

    def test_content_length_and_transfer_encoding_together(self):
        smuggled = b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n"
        self.expect(400, b"POST /deprovision HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled)

    def test_nothing_behind_the_first_request_is_served(self):
        self.expect(401, (self.GET + b"\r\n") * 3)

    def test_lengths_that_can_be_read_in_two_ways(self):
        for value in (b"+4", b"-1", b"4, 4", b"4;", b"0x4", b"", b"4 ", b"4\t"):
            self.expect(400, b"POST /deprovision HTTP/1.1\r\nHost: x\r\nContent-Length: " + value +
                        b"\r\n\r\nabcd")
        self.expect(400, b"POST /deprovision HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                    b"Content-Length: 5\r\n\r\nabcd")
        self.expect(413, b"POST /deprovision HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 99999999999999999999999\r\n\r\n")

    def test_bad_chunks(self):
        head = (b"POST /deprovision HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"
                b"Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n"
                b'Content-Disposition: attachment; filename="deprovision.csv"\r\n\r\n')
        self.expect(400, head + b"zz\r\nabc\r\n0\r\n\r\n")
        statuses = self.raw_status(self.port, head + b"FFFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n")
        self.assertIn(statuses, ([400], [413]))

    def test_an_unknown_transfer_encoding(self):
        for value in (b"gzip", b"gzip, chunked", b"identity"):
            self.expect(501, b"POST /deprovision HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " +
                        value + b"\r\n\r\n")

    def test_an_encoded_nul_in_the_path(self):
        self.expect(400, b"GET /users%00b HTTP/1.1\r\nHost: x\r\n\r\n")
        self.expect(400, b"GET /users?page=%00 HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_paths_that_climb(self):
        for path in (b"/%2e%2e%2fusers", b"/a/../users", b"/users/", b"//users",
                     b"/sync-users/..%2f..%2fx/status", b"/sync-users/%2e%2e/status"):
            self.expect(404, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_bytes_that_do_not_belong_into_a_head(self):
        for line in (b"X: a\0b", b"X: a\rY: b", b"X: a\r\n folded", b"X: a\nY: b", b"X : a",
                     b" X: a",
                     b"no colon", b": empty"):
            self.expect(400, self.GET + line + b"\r\n\r\n")

    def test_hosts(self):
        self.expect(400, b"GET /users HTTP/1.1\r\n\r\n")
        self.expect(400, b"GET /users HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        self.expect(400, b'GET /users HTTP/1.1\r\nHost: a"b\r\n\r\n')

    def test_heads_that_are_too_large(self):
        self.expect(431, self.GET + b"X: " + b"a" * 65536 + b"\r\n\r\n")
        self.expect(431, self.GET + b"X: a\r\n" * 150 + b"\r\n")
        self.expect(414, b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_a_head_that_comes_byte_by_byte(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=15) as connection:
            for byte in self.GET + b"\r\n":
                connection.sendall(bytes([byte]))
            self.assertIn(b"401", connection.recv(4096).split(b"\r\n")[0])


class SlowBodies(RemoteTest):
    HEAD = (b"POST /sync-users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer slow\r\n"
            b"Content-Type: text/csv\r\nContent-Length: 1000\r\n"
            b'Content-Disposition: attachment; filename="users.csv"\r\n\r\n')

    def test_a_stalled_body_is_given_up(self):
        port = self.sandbox().port
        start = time.monotonic()
        self.raw(port, self.HEAD + b"id,", seconds=60)
        self.assertLess(time.monotonic() - start, 59)

    def test_a_trickling_body_is_given_up(self):
        port = self.sandbox("--body-seconds", "2").port
        start = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(self.HEAD)
            try:
                while time.monotonic() - start < 60:
                    connection.sendall(b"x")
                    time.sleep(0.3)
            except OSError:
                pass
        self.assertLess(time.monotonic() - start, 59)


class Deprovision(RemoteTest):
    def setUp(self):
        super().setUp()
        self.base = self.sandbox().url
        self.sync(self.base, USERS, TEAMS, "?dryRun=false")

    def test_no_file(self):
        answer = self.curl(self.base + "/deprovision", extra=("-X", "POST"))
        self.assertEqual(answer, (400, {"status": "No files"}))

    def test_clean(self):
        status, document = self.deprovision(self.base, DEPROVISION)
        self.assertEqual((status, document["status"]), (200, "Completed Successfully"))
        self.assertEqual((document["dryRun"], document["errors"]), (True, []))
        self.assertEqual(document["listOfOperations"], ["Remove user Cyd Po (X3)"])
        self.assertTrue(all(user["isOnAccount"] for user in self.users()), "a dry run")

    def test_with_errors_the_rest_is_done(self):
        status, document = self.deprovision(self.base, DEPROVISION + ",nobody@example.com,,\n",
                                            "?dryRun=false")
        self.assertEqual((status, document["status"]), (400, "Completed With Errors"))
        self.assertEqual((document["listOfOperations"], len(document["errors"])),
                         (["Remove user Cyd Po (X3)"], 1))
        self.assertEqual([user["email"] for user in self.users() if not user["isOnAccount"]],
                         ["cyd@example.com"])

    def test_strict_with_errors_nothing_is_done(self):
        status, document = self.deprovision(self.base, DEPROVISION + ",nobody@example.com,,\n",
                                            "?dryRun=false&exitOnError=true")
        self.assertEqual((status, document["status"]), (400, "Validation Completed With Errors"))
        self.assertEqual(document["listOfOperations"], [])
        self.assertTrue(all(user["isOnAccount"] for user in self.users()))

    def test_missing_headers(self):
        status, document = self.deprovision(self.base, "id,email\nX3,cyd@example.com\n")
        self.assertEqual((status, document["status"]), (400, "Validation Completed With Errors"))
        self.assertEqual(document["errors"],
                         ["Missing header(s) for deprovision file: first_name, last_name"])
        self.assertEqual((document["dryRun"], document["listOfOperations"]), (True, []))

    def test_a_removed_user_is_gone_from_the_roster(self):
        self.deprovision(self.base, DEPROVISION, "?dryRun=false")
        # What is left to do for the same export: Cyd comes back into a team.
        self.assertEqual(len(self.sync(self.base, USERS, TEAMS)["listOfOperations"]), 1)

    def users(self):
        file = self.write("query.json", json.dumps({"query": "{users{nodes{email isOnAccount "
                                                             "removedOn productIds}}}"}))
        status, document = self.curl(self.base + "/GraphQL",
                                     extra=("-H", "Content-Type: application/json",
                                            "--data-binary", "@" + file))
        self.assertEqual(status, 200)
        return document["data"]["users"]["nodes"]

    BOB = "id,email,first_name,last_name\nX2,bob@example.com,Bob,Ray\n"

    def test_keeping_the_user_takes_privileges_and_license(self):
        document = self.deprovision(self.base, self.BOB, "?dryRun=false&removeUsers=false")[1]
        self.assertEqual(document["status"], "Completed Successfully")
        self.assertEqual(document["listOfOperations"],
                         ['Remove Bob Ray (X2) as manager of team "Cloud" (T2)',
                          "Remove the license of Bob Ray (X2)"])
        bob = [user for user in self.users() if user["email"] == "bob@example.com"][0]
        self.assertEqual((bob["isOnAccount"], bob["productIds"]), (True, []))
        # Bob is to be made manager of T2 again.
        self.assertEqual(len(self.sync(self.base, USERS, TEAMS)["listOfOperations"]), 1)

    def test_who_comes_back_is_a_user_like_others(self):
        self.deprovision(self.base, self.BOB, "?dryRun=false&removeUsers=false")
        for _ in range(3):
            self.deprovision(self.base, self.BOB, "?dryRun=false")
            bob = [user for user in self.users() if user["email"] == "bob@example.com"]
            self.assertEqual([one["isOnAccount"] for one in bob], [False])
            self.sync(self.base, USERS, TEAMS, "?dryRun=false")
            bob = [user for user in self.users() if user["email"] == "bob@example.com"]
            self.assertEqual([(one["isOnAccount"], one["removedOn"]) for one in bob],
                             [(True, None)])
            self.assertEqual(len(bob[0]["productIds"]), 1)
        self.deprovision(self.base, self.BOB, "?dryRun=false")
        report = self.pull(self.base, "--report", "json").json
        self.assertEqual((report["onPlan"], len(report["removed"])), (2, 1))

    def test_a_license_that_was_taken_stays_away_while_its_user_stays(self):
        self.deprovision(self.base, self.BOB, "?dryRun=false&removeUsers=false")
        self.sync(self.base, USERS, TEAMS, "?dryRun=false")
        bob = [user for user in self.users() if user["email"] == "bob@example.com"][0]
        self.assertEqual(bob["productIds"], [])

    def test_retaining_privileges_takes_the_license_alone(self):
        document = self.deprovision(
            self.base, self.BOB, "?dryRun=false&removeUsers=false&retainPrivileges=true")[1]
        self.assertEqual(document["listOfOperations"], ["Remove the license of Bob Ray (X2)"])
        self.assertEqual(self.sync(self.base, USERS, TEAMS)["listOfOperations"], [])

    def test_retain_privileges_alone_is_ignored(self):
        document = self.deprovision(self.base, self.BOB, "?dryRun=false&retainPrivileges=true")[1]
        self.assertEqual(document["listOfOperations"], ["Remove user Bob Ray (X2)"])
        self.assertFalse([user for user in self.users() if user["email"] == "bob@example.com"][0]
                         ["isOnAccount"])

    def test_somebody_who_is_not_there_is_no_error(self):
        content = "id,email,first_name,last_name\nX9,nobody@example.com,No,Body\n"
        status, document = self.deprovision(self.base, content, "?dryRun=false")
        self.assertEqual((status, document["status"]), (200, "Completed Successfully"))


class LongDeprovision(RemoteTest):
    def test_what_takes_long_is_still_processing(self):
        base = self.sandbox("--fault", "job-delay=6000").url
        self.assertEqual(self.deprovision(base, DEPROVISION), (200, {"status": "Processing"}))


class GraphQl(RemoteTest):
    def ask(self, base, query, **variables):
        file = self.write("query.json", json.dumps({"query": query, "variables": variables}))
        return self.curl(base + "/GraphQL", extra=("-H", "Content-Type: application/json",
                                                   "--data-binary", "@" + file))

    def test_pages_end_with_has_next_page(self):
        base = self.sandbox().url
        self.sync(base, USERS, TEAMS, "?dryRun=false")
        query = ("query U($n:Int,$c:String){users(first:$n,after:$c){totalCount "
                 "pageInfo{hasNextPage endCursor} nodes{email}}}")
        emails, cursor, pages = [], None, 0
        while True:
            page = self.ask(base, query, n=2, c=cursor)[1]["data"]["users"]
            emails += [node["email"] for node in page["nodes"]]
            pages += 1
            if not page["pageInfo"]["hasNextPage"]:
                break
            cursor = page["pageInfo"]["endCursor"]
        self.assertEqual((pages, page["totalCount"]), (2, 3))
        self.assertEqual(emails, ["ann@example.com", "bob@example.com", "cyd@example.com"])

    def test_what_is_not_known_is_an_error(self):
        base = self.sandbox().url
        self.sync(base, USERS, TEAMS, "?dryRun=false")
        for query in ("{users{nodes{shoeSize}}}", "{shoes{nodes{size}}}"):
            status, document = self.ask(base, query)
            self.assertEqual((status, len(document["errors"])), (200, 1), query)
        for query in ("", "{", "mutation{removeUser}", "{a{b}}}", "{" * 40, "query($a", "{}"):
            status, document = self.ask(base, query)
            self.assertEqual(status, 400, query)
            self.assertIn("errors", document)

    def test_an_alias_and_a_direct_argument(self):
        base = self.sandbox().url
        self.sync(base, USERS, TEAMS, "?dryRun=false")
        document = self.ask(base, "# who\n{first: users(first: 1) { nodes { mail: email } } }")[1]
        self.assertEqual(document["data"], {"first": {"nodes": [{"mail": "ann@example.com"}]}})


class SparkwiseCalls(RemoteTest):
    MODULE = {"clusterId", "moduleId", "moduleName", "moduleCategory", "moduleThumbnailUrl",
              "moduleDescription", "duration"}
    SESSION = {"id", "remoteUserId", "attended", "sessionScheduledStartAt", "sessionScheduledEndAt",
               "participantFirstVisitedAt", "participantLastVisitedAt", "timeInSessionMins",
               "stepsVisited", "totalSteps", "percentageStepsVisited", "hash"}

    def setUp(self):
        super().setUp()
        self.base = self.sandbox().url
        self.sync(self.base, USERS, TEAMS, "?dryRun=false")

    def call(self, path, body=None):
        extra = ("-H", "X-Api-Key: " + TOKEN)
        if body is not None:
            extra += ("-H", "Content-Type: application/json", "--data-binary", json.dumps(body))
        return self.curl(self.base + path, token=None, extra=extra)

    def test_clusters_come_in_an_envelope(self):
        status, document = self.call("/clusters")
        self.assertEqual((status, set(document), set(document["data"])),
                         (200, {"success", "data"}, {"items", "total"}))
        self.assertIs(document["success"], True)
        items = document["data"]["items"]
        self.assertEqual((len(items), document["data"]["total"]), (2, 2))
        for item in items:
            self.assertEqual(set(item) - {"iframeCode"}, self.MODULE)

    def test_completions_are_an_array(self):
        status, items = self.call("/completions")
        self.assertEqual((status, len(items)), (200, 3))
        for item in items:
            self.assertEqual(set(item), self.MODULE | self.SESSION)
            self.assertLess(item["sessionScheduledStartAt"], item["sessionScheduledEndAt"])
            self.assertEqual(item["participantFirstVisitedAt"] is not None, item["attended"])

    def test_ranges(self):
        for path in ("/clusters", "/completions"):
            for query in ("?from=yesterday", "?to=2024-13-01T00:00:00Z",
                          "?from=2024-02-01T00:00:00Z&to=2024-02-01T00:00:00Z"):
                status, document = self.call(path + query)
                self.assertEqual((status, document["success"], document["data"]),
                                 (400, False, None), path + query)
            moments = sorted(item["sessionScheduledStartAt"]
                             for item in self.call("/completions")[1])
            # From is inclusive, to is exclusive.
            middle = self.call(f"/completions?from={moments[1]}&to={moments[2]}")[1]
            self.assertEqual([item["sessionScheduledStartAt"] for item in middle], moments[1:2])

    def test_users_by_page(self):
        data = self.call("/users?page=1&pageSize=2")[1]["data"]
        self.assertEqual({name: data[name] for name in data if name != "items"},
                         {"page": 1, "size": 2, "next": None, "prev": 0, "totalPages": 2,
                          "total": 3})
        self.assertEqual([user["remoteId"] for user in data["items"]], ["X3"])
        first = self.call("/users?page=0&pageSize=2")[1]["data"]
        self.assertEqual((first["next"], first["prev"]), (1, None))
        for query in ("?page=-1", "?pageSize=0", "?pageSize=201", "?page=x"):
            status, document = self.call("/users" + query)
            self.assertEqual((status, document["success"], document["data"]), (400, False, None))
            self.assertEqual(set(document["error"]), {"message", "metadata"})

    def test_batches_hold_1_to_200(self):
        for path in ("/users/batch", "/users/batch/deactivate"):
            for users in ([], [{"remoteId": f"B{n}"} for n in range(201)]):
                status, document = self.call(path, {"users": users})
                self.assertEqual((status, document["success"]), (400, False))
        status, document = self.call("/users/batch", {"users": [
            {"firstName": "John", "lastName": "Doe", "active": True, "remoteId": "remote-123"},
            {"firstName": "No", "lastName": "Body", "remoteId": "r2", "email": "x@y.invalid"}]})
        self.assertEqual((status, document["success"], document["error"]), (200, True, None))
        done, = document["data"]["success"]
        self.assertRegex(done["id"], "^[0-9a-f]{64}$")
        self.assertEqual({name: done[name] for name in ("firstName", "lastName", "active",
                                                        "remoteId")},
                         {"firstName": "John", "lastName": "Doe", "active": True,
                          "remoteId": "remote-123"})
        failed, = document["data"]["failed"]
        self.assertEqual((failed["user"]["remoteId"], failed["error"]),
                         ("r2", "This user cannot be processed"))


class Lasting(RemoteTest):
    def test_rosters_jobs_and_waiting_files_survive_a_restart(self):
        sandbox = self.sandbox()
        self.sync(sandbox.url, USERS, TEAMS, "?dryRun=false")
        self.send(sandbox.url, "users", USERS)
        url = self.send(sandbox.url, "teams", TEAMS)[1]["statusUrl"]
        end = self.follow(url)
        self.send(sandbox.url, "users", USERS)
        self.assertEqual(sandbox.stop(), (0, b""))
        sandbox.start()
        url = url.replace(url.split("/sync-users")[0], sandbox.url)
        self.assertEqual(self.follow(url), end)
        document = self.send(sandbox.url, "teams", TEAMS)[1]
        self.assertEqual(document["status"], "processing")
        self.assertEqual(self.follow(document["statusUrl"])["listOfOperations"], [])

    def test_a_job_that_was_killed_is_run_once(self):
        sandbox = self.sandbox("--fault", "job-delay=60000")
        self.send(sandbox.url, "teams", TEAMS)
        url = self.send(sandbox.url, "users", USERS, "?dryRun=false")[1]["statusUrl"]
        self.assertEqual(self.curl(url), (200, {"status": "processing", "dryRun": False}))
        sandbox.process.kill()
        sandbox.process.communicate()
        sandbox.arguments = ()
        sandbox.start()
        url = url.replace(url.split("/sync-users")[0], sandbox.url)
        end = self.follow(url)
        self.assertEqual((end["status"], len(end["listOfOperations"])), ("completed", 8))
        self.assertEqual(self.sync(sandbox.url, USERS, TEAMS)["listOfOperations"], [])

    def test_what_a_kill_has_left_is_gone_after_the_next_start(self):
        sandbox = self.sandbox()
        end = self.sync(sandbox.url, USERS, TEAMS, "?dryRun=false")
        self.assertEqual(sandbox.stop(), (0, b""))
        account, = [one for one in os.listdir(self.path("state"))
                    if os.path.isdir(os.path.join(self.path("state"), one))]
        job, = os.listdir(self.path(f"state/{account}/jobs"))
        before = sorted(os.listdir(self.path(f"state/{account}/jobs/{job}")))
        for name in ("spool-0123", "people.json.0123456789abcdef.tmp", "roster.snap.tmp-0123",
                     f"jobs/{job}/users.csv", f"jobs/{job}/roster.next.tmp-0123",
                     "jobs/0123456789abcdef0123456789abcdef/users.csv"):
            self.write(f"state/{account}/{name}", USERS)
        sandbox.start()
        self.assertEqual(os.listdir(self.path(f"state/{account}/jobs")), [job])
        self.assertEqual(sorted(os.listdir(self.path(f"state/{account}/jobs/{job}"))), before)
        self.assertEqual([name for name in os.listdir(self.path(f"state/{account}"))
                          if "spool" in name or ".tmp" in name], [])
        self.assertEqual(len(end["listOfOperations"]), 8)
        self.assertEqual(self.sync(sandbox.url, USERS, TEAMS)["listOfOperations"], [])

    def test_a_job_that_is_put_off_by_the_end_is_run_by_the_next_start(self):
        sandbox = self.sandbox("--fault", "job-delay=600000")
        self.send(sandbox.url, "teams", TEAMS)
        url = self.send(sandbox.url, "users", USERS)[1]["statusUrl"]
        self.assertEqual(sandbox.stop(), (0, b""), "within the minute that stop waits")
        sandbox.arguments = ()
        sandbox.start()
        url = url.replace(url.split("/sync-users")[0], sandbox.url)
        self.assertEqual(self.follow(url)["status"], "completed")

    def test_two_sandboxes_cannot_work_in_one_folder(self):
        self.sandbox()
        second = self.muster("serve", "--state", self.path("state"))
        self.assertEqual((second.code, second.out), (3, ""))

    def test_sigint_ends_it_too(self):
        sandbox = self.sandbox()
        self.assertEqual(sandbox.stop(signal.SIGINT), (0, b""))

    def test_files_of_an_account_are_for_its_user_alone(self):
        self.sync(self.sandbox().url, USERS, TEAMS, "?dryRun=false")
        for folder, _, files in os.walk(self.path("state")):
            self.assertEqual(os.stat(folder).st_mode & 0o077, 0, folder)
            for name in files:
                self.assertEqual(os.stat(os.path.join(folder, name)).st_mode & 0o077, 0, name)
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(TOKEN.encode(), file.read())


class Several(RemoteTest):
    def test_pushes_of_several_tokens_at_once_mix_nothing(self):
        base = self.sandbox().url
        results = {}

        def one(number):
            users = "id,email,first_name,last_name,team_id\n" + "".join(
                f"U{number}-{n},u{n}@t{number}.example,F,L,T{number}\n" for n in range(200))
            teams = f"id,name,manager_ids,parent_team_id\nT{number},Team {number},,\n"
            self.write(f"E{number}/users.csv", users)
            self.write(f"E{number}/teams.csv", teams)
            self.write(f"token{number}", f"token-{number}")
            command = [MUSTER, "push", self.path(f"E{number}"), "--base", base, "--live", "--yes",
                       "--token-file", self.path(f"token{number}"), "--format", "json"]
            done = subprocess.run(command, capture_output=True, env=clean_environment(), timeout=90,
                                  check=False)
            results[number] = (done.returncode, json.loads(done.stdout or b"{}"))

        threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(6):
            code, document = results[number]
            self.assertEqual(code, 0)
            texts = [operation["text"] for operation in document["operations"]]
            self.assertEqual(len(texts), 201)
            self.assertTrue(all(f"(T{number})" in text for text in texts))
            pulled = self.muster("pull", "--base", base, "--token-file",
                                 self.path(f"token{number}"), "--format", "csv", "-o",
                                 self.path(f"P{number}"), "-q")
            self.assertEqual(pulled.code, 0)
            self.assertEqual(self.read(f"P{number}/users.csv"), self.read(f"E{number}/users.csv"))


if __name__ == "__main__":
    unittest.main()
