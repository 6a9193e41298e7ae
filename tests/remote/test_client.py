# SPDX-License-Identifier: MIT
"""push, status and pull against the sandbox and against servers without manners."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import json
import os
import socket
import subprocess
import threading
import time
import unittest
from urllib.parse import parse_qs, urlsplit

from support import (DEPROVISION, FIRST_KINDS, MUSTER, TEAMS, TOKEN, USERS, RemoteTest, RudeServer,
                     answer, clean_environment, drop)

AWAITING = answer({"status": "Awaiting users file"})


def completed(operations=(), errors=(), dry=True):
    return answer({"status": "completedWithErrors" if errors else "completed", "dryRun": dry,
                   "listOfOperations": list(operations), "errors": list(errors)})


class ClientTest(RemoteTest):
    def rude(self, script):
        server = RudeServer(script)
        self.addCleanup(server.close)
        return server

    def remote(self, end, *before):
        """A well-behaved remote whose job ends with `end`."""
        def script(handler, _number):
            if handler.command == "GET":
                return end
            if "users.csv" in handler.headers["Content-Disposition"]:
                return answer({"status": "processing", "statusUrl":
                               f"{server.url}/sync-users/0123abcd/status"})
            return AWAITING
        steps = list(before)

        def with_steps(handler, number):
            return steps.pop(0) if steps else script(handler, number)
        server = self.rude(with_steps)
        return server


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

    def test_a_dry_run_that_was_none_is_told(self):
        self.assertEqual(self.push(self.remote(completed(dry=False)).url).code, 8)

    def test_what_cannot_pass_is_not_sent(self):
        server = self.remote(completed())
        self.write("B/users.csv", "id,email\nX1,a@b.example\n")
        self.write("B/teams.csv", TEAMS)
        result = self.push(server.url, export="B")
        self.assertEqual((result.code, result.out, server.requests), (1, "", []))
        self.write("B/users.csv", USERS + "X1,b@b.example,A,B,T1\n")
        self.assertEqual(self.push(server.url, "--strict", export="B").code, 1)
        self.assertEqual(server.requests, [])
        self.assertEqual(self.push(server.url, "--strict", "--force", export="B").code, 0)
        self.assertEqual(self.push(server.url, export="B").code, 0)

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
        words = "\x1b]0;owned\x07\x1b[2J \u009b31m \u202egnp.exe"
        server = self.remote(completed([words], [words]))
        for form in ("text", "json", "jsonl", "sync"):
            result = self.muster("push", "A", "--base", server.url, "--token-file",
                                 self.token_file, "--format", form)
            self.assertEqual(result.code, 8)
            for bad in ("\x1b", "\x07", "\u009b", "\u202e"):
                self.assertNotIn(bad, result.out + result.err, form)
        server = self.remote(completed(), answer({"error": words}, 403))
        result = self.push(server.url)
        self.assertEqual(result.code, 6)
        self.assertNotIn("\x1b", result.err)

    def test_unknown_status_words_are_waited_out(self):
        server = self.remote(answer({"status": "thinking"}))
        start = time.monotonic()
        self.assertEqual(self.push(server.url, "--timeout", "2").code, 7)
        self.assertLess(time.monotonic() - start, 5)
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


class Troubles(ClientTest):
    """Each fault has its exit code, in time, and nothing live is sent twice."""

    def faulty(self, *faults):
        return self.sandbox(*[word for fault in faults for word in ("--fault", fault)]).url

    def timed(self, seconds, *arguments):
        start = time.monotonic()
        result = self.push(*arguments)
        self.assertLess(time.monotonic() - start, seconds)
        return result

    def test_delay(self):
        self.assertEqual(self.timed(10, self.faulty("delay=200")).code, 0)

    def test_a_delay_beyond_the_timeout(self):
        result = self.timed(8, self.faulty("delay=5000"), "--timeout", "1")
        self.assertEqual(result.code, 7)

    def test_too_many_requests_twice(self):
        self.assertEqual(self.timed(15, self.faulty("429=2")).code, 0)

    def test_too_many_requests_for_ever(self):
        self.assertEqual(self.timed(15, self.faulty("429")).code, 7)

    def test_server_errors_twice_and_for_ever(self):
        self.assertEqual(self.timed(15, self.faulty("5xx=2")).code, 0)

    def test_server_errors_for_ever(self):
        self.assertEqual(self.timed(15, self.faulty("5xx")).code, 7)

    def test_a_cut_reply_to_a_dry_run_is_asked_for_again(self):
        self.assertEqual(self.timed(15, self.faulty("cut=1")).code, 0)

    def test_cut_replies(self):
        self.assertEqual(self.timed(15, self.faulty("cut"), "--live", "--yes").code, 7)

    def test_a_status_url_at_another_origin(self):
        result = self.timed(15, self.faulty("elsewhere"))
        self.assertEqual(result.code, 7)
        self.assertIn("another place", result.err)

    def test_broken_json(self):
        base = self.faulty("broken-json")
        self.assertEqual(self.timed(15, base).code, 7)
        self.assertEqual(self.pull(base).code, 7)

    def test_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        result = self.timed(10, f"http://127.0.0.1:{port}")
        self.assertEqual(result.code, 7)

    def test_a_lost_answer_to_a_live_request_is_not_repeated(self):
        for script in ([drop], [AWAITING, drop], [answer({"error": "gone"}, 502)],
                       [answer({"error": "late"}, 504)], [answer("not json")],
                       [answer({"status": "Awaiting users file"}, Content_Length="100")]):
            server = self.rude(script)
            receipt = self.path(f"receipt{server.port}")
            result = self.push(server.url, "--live", "--yes", "--receipt", receipt,
                               "--timeout", "5")
            self.assertEqual(result.code, 7, script)
            self.assertEqual(len(server.requests), len(script))
            # Nor by another run with the same receipt.
            again = self.push(server.url, "--live", "--yes", "--receipt", receipt)
            self.assertEqual((again.code, len(server.requests)), (7, len(script)))

    def test_a_lost_answer_to_a_dry_run_is_repeated(self):
        server = self.rude([drop])
        self.assertEqual(self.push(server.url).code, 7)
        self.assertEqual(len(server.requests), 3)

    def test_a_live_request_that_was_put_off_is_repeated(self):
        server = self.remote(completed(dry=False), answer({}, 429, Retry_After="0"),
                             answer({}, 503))
        self.assertEqual(self.push(server.url, "--live", "--yes").code, 0)
        self.assertEqual(server.count("POST"), 4)

    def test_retry_after_is_waited_for(self):
        server = self.remote(completed(), answer({}, 429, Retry_After="1"))
        start = time.monotonic()
        self.assertEqual(self.push(server.url).code, 0)
        self.assertGreater(time.monotonic() - start, 1)

    def test_retry_after_as_a_date(self):
        moment = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
        server = self.remote(completed(), answer({}, 503, Retry_After=moment))
        start = time.monotonic()
        self.assertEqual(self.push(server.url).code, 0)
        self.assertGreater(time.monotonic() - start, 0.9)

    def test_a_retry_after_beyond_the_timeout_is_not_waited_for(self):
        server = self.rude([answer({}, 429, Retry_After="3600")])
        start = time.monotonic()
        self.assertEqual(self.push(server.url, "--timeout", "30").code, 7)
        self.assertLess(time.monotonic() - start, 5)

    def test_redirects_are_not_followed(self):
        other = self.rude([completed()])
        for status in (301, 302, 303, 307, 308):
            server = self.rude([answer({}, status, Location=other.url + "/sync-users")])
            self.assertEqual(self.push(server.url).code, 6)
        self.assertEqual(other.requests, [])

    def test_status_urls_that_lead_away(self):
        other = self.rude([completed()])
        for url in (other.url + "/sync-users/1/status",
                    "{base}@127.0.0.1:%d/sync-users/1/status" % other.port,
                    "http://user@127.0.0.1:{port}/sync-users/1/status",
                    "http://127.0.0.1:{port}/sync-users/1/status?x=1",
                    "http://127.0.0.1:{port}/sync-users/1/status#x",
                    "http://127.0.0.1:{port}/sync-users/../x/status",
                    "http://127.0.0.1:{port}/sync-users/%2e%2e/status",
                    "http://127.0.0.1:{port}/sync-users//status",
                    "http://127.0.0.1:{port}/sync-users/1/status/",
                    "http://127.0.0.1:{port}/deprovision",
                    "http://localhost:{port}/sync-users/1/status",
                    "https://127.0.0.1:{port}/sync-users/1/status",
                    "file:///etc/passwd", "//127.0.0.1:{port}/sync-users/1/status", "", "x", None):
            server = self.rude(lambda handler, number, url=url: AWAITING if number == 1 else answer(
                {"status": "processing", "statusUrl": url and url.replace(
                    "{base}", server.url).replace("{port}", str(server.port))}))
            self.assertEqual(self.push(server.url).code, 7, url)
            self.assertEqual(server.count("GET"), 0, url)
        self.assertEqual(other.requests, [])

    def test_a_reply_without_end(self):
        def endless(handler, _number):
            handler.send_response(200)
            handler.send_header("Content-Length", str(1 << 40))
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b" " * (1 << 20))
            except OSError:
                handler.close_connection = True
        server = self.rude([endless])
        self.assertEqual(self.push(server.url, "--timeout", "60").code, 7)
        self.assertEqual(len(server.requests), 1)

    def test_a_file_that_changes_while_it_is_sent(self):
        rows = "".join(f"U{n},user{n}@example.com,Ann,Lee,T1\n" for n in range(200000))
        self.write("A/users.csv", USERS + rows)
        reached = threading.Event()
        received = []

        def listen(listener):
            for number in range(2):
                connection, _ = listener.accept()
                with connection:
                    data = b""
                    while b"\r\n\r\n" not in data:
                        data += connection.recv(4096)
                    if number == 0:
                        body = AWAITING[2].encode()
                        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                           b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                        continue
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    reached.set()
                    time.sleep(0.5)
                    while piece := connection.recv(1 << 20):
                        received.append(len(piece))

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=listen, args=(listener,))
            thread.start()

            def change():
                reached.wait(30)
                with open(self.path("A/users.csv"), "r+b") as file:
                    file.seek(100)
                    file.write(b"!")
            changer = threading.Thread(target=change)
            changer.start()
            result = self.push("http://127.0.0.1:%d" % listener.getsockname()[1])
            changer.join()
            thread.join()
        self.assertEqual(result.code, 3, result.err)
        self.assertLess(sum(received), os.path.getsize(self.path("A/users.csv")))


class Secrets(ClientTest):
    def test_a_missing_token(self):
        self.write("empty", " \n")
        self.write("broken", "two words\n")
        for arguments, words in ((("--token-file", "nowhere"), "API token is missing"),
                                 (("--token-file", "empty"), "API token is missing"),
                                 (("--token-file", "-"), "API token is missing"),
                                 ((), "API token is missing"),
                                 (("--token-file", "broken"), "API token")):
            result = self.muster("push", "A", "--base", "http://127.0.0.1:1", *arguments)
            self.assertEqual(result.code, 2, arguments)
            self.assertIn(words, result.err)

    def test_where_a_token_may_come_from(self):
        server = self.remote(completed())
        for arguments, settings in ((("--token-file", "-"), {"standard_input": TOKEN.encode()}),
                                    ((), {"environment": {"MUSTER_TOKEN_FILE": self.token_file}})):
            result = self.muster("push", "A", "--base", server.url, *arguments, **settings)
            self.assertEqual(result.code, 0, result.err)
            self.assertEqual(server.requests[-1][2]["Authorization"], "Bearer " + TOKEN)

    def test_it_shows_nowhere(self):
        seen = []

        def look(handler, _number):
            for name in os.listdir("/proc"):
                for what in ("cmdline", "environ"):
                    try:
                        with open(f"/proc/{name}/{what}", "rb") as file:
                            text = file.read()
                    except OSError:
                        continue
                    if b"muster" in text and TOKEN.encode() in text:
                        seen.append((name, what))
            return None
        server = self.remote(completed())
        inner = server.script
        server.script = lambda handler, number: look(handler, number) or inner(handler, number)
        receipt = self.path("receipt")
        self.assertEqual(self.push(server.url, "--receipt", receipt, "-v").code, 0)
        self.assertEqual(seen, [])
        self.assertNotIn(TOKEN.encode(), self.read("receipt"))
        self.assertEqual(self.push("http://127.0.0.1:1", "-v").code, 7)

    def test_http_is_for_this_machine_alone(self):
        for base in ("http://example.com", "http://10.0.0.1", "ftp://127.0.0.1", "127.0.0.1",
                     "http://user:pass@127.0.0.1", "http://127.0.0.1/?x=1", "https://",
                     "http://a b",
                     "http://127.0.0.1.example.com", "http://localhost.example.com"):
            result = self.push(base)
            self.assertEqual(result.code, 2, base)

    def test_certificates_are_verified(self):
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
             self.path("key.pem"), "-out", self.path("cert.pem")], capture_output=True, check=False)
        if made.returncode != 0:
            self.skipTest("no openssl to make a certificate with")
        import ssl  # pylint: disable=import-outside-toplevel
        server = self.rude([completed()])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
        result = self.push(f"https://localhost:{server.port}")
        self.assertEqual((result.code, server.requests), (7, []))
        self.assertIn("certificate", result.err)

    def test_proxies_are_not_asked_for_this_machine(self):
        server = self.remote(completed())
        proxy = self.rude([answer({"error": "no"}, 500)])
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY")
        result = self.push(server.url, environment={name: proxy.url for name in names})
        self.assertEqual((result.code, proxy.requests), (0, []))


class Receipts(ClientTest):
    def test_what_it_holds(self):
        server = self.remote(completed(["addTeam"]))
        result = self.push(server.url, "--receipt", "receipt")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(os.stat(self.path("receipt")).st_mode & 0o777, 0o600)
        run = json.loads(self.read("receipt"))["sync"]
        self.assertEqual(run["state"], "finished")
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
        self.assertEqual(json.loads(self.read("receipt"))["sync"]["state"], "finished")

    def test_status_by_address(self):
        sandbox = self.sandbox("--fault", "job-delay=300")
        self.send(sandbox.url, "teams", TEAMS)
        url = self.send(sandbox.url, "users", USERS)[1]["statusUrl"]
        once = self.muster("status", url, "--once", "--token-file", self.token_file)
        self.assertEqual(once.code, 0)
        self.assertIn("processing", once.out)
        result = self.muster("status", url, "--token-file", self.token_file)
        self.assertEqual(result.code, 0)
        self.assertIn("8 operations", result.out)
        for job, code in ((url[:-5], 2), (url.replace(url.split("/")[-2], "0" * 32), 6),
                          ("nowhere", 3), ("http://example.com/sync-users/1/status", 2)):
            self.assertEqual(
                self.muster("status", job, "--token-file", self.token_file).code, code, job)

    def test_a_file_that_is_no_receipt(self):
        self.write("receipt", "{}")
        self.assertEqual(self.push("http://127.0.0.1:1", "--receipt", "receipt").code, 3)
        self.assertEqual(self.read("receipt"), b"{}")

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
        server = self.rude([answer({"error": "AuthenticationError: Invalid API Key"}, 401)])
        self.assertEqual(self.pull(server.url).code, 6)

    def test_broken_replies(self):
        for body in ("", "[]", "{", "null", '{"data":null}', '{"data":{"users":[]}}'):
            self.assertEqual(self.pull(self.rude([answer(body)]).url).code, 7, body)


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
        self.assertEqual(result.out, "2 of 3 users created or updated\n1 of 1 users deactivated\n"
                         "Not processed: X4: This user cannot be processed\n")
        rows = [row.split(",")[1:] for row in self.spark("pull", base).out.splitlines()[1:]]
        self.assertEqual(rows, [["X1", "ann@example.com", "Anne", "Lee", "true"],
                                ["X2", "bob@example.com", "Bob", "Ray", "true"],
                                ["X3", "cyd@example.com", "Cyd", "Po", "false"],
                                ["X5", "eve@example.com", "Eve", "Fo", "true"]])

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

    def test_pages_without_end(self):
        server = self.rude(lambda handler, number: answer({"success": True, "data": {
            "items": [{"remoteId": "x"}], "page": 0, "next": 1}}))
        self.assertEqual(self.spark("pull", server.url).code, 7)
        self.assertEqual(len(server.requests), 2)


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

    def test_wrong_usage(self):
        for arguments in (("push", "--timeout", "0", "A"), ("push", "--target", "moon", "A"),
                          ("status",), ("status", "a", "b"), ("pull", "file"), ("serve",),
                          ("pull", "--format", "csv"), ("pull", "--deprovision-out", "x"),
                          ("pull", "--inactive-since", "yesterday"), ("pull", "--what", "clusters"),
                          ("pull", "--page-size", "1001"),
                          ("pull", "--target", "sparkwise", "--page-size", "201"),
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


if __name__ == "__main__":
    unittest.main()
