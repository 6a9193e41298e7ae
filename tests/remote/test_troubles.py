# SPDX-License-Identifier: MIT
"""Remotes without manners, and secrets that must be kept: every trouble has its exit code, in time,
and nothing that changes something is sent twice."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import gzip
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import (AWAITING, MUSTER, TOKEN, USERS, ClientTest, answer, clean_environment,
                     completed, drop)


DEADLINE = 60  # seconds; every --timeout here is far below


class Troubles(ClientTest):
    """Remotes that do what the sandbox does not."""

    def test_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        start = time.monotonic()
        result = self.push(f"http://127.0.0.1:{port}")
        self.assertLess(time.monotonic() - start, DEADLINE)
        self.assertEqual(result.code, 7)
        self.assertIn("the remote cannot be reached", result.err)

    def test_a_remote_that_never_answers(self):
        end = threading.Event()
        self.addCleanup(end.set)

        def silent(handler, _number):
            end.wait(DEADLINE)
            handler.close_connection = True
        for arguments, words in (((), "the time is over"),
                                 (("--live", "--yes"), "nobody knows whether")):
            server = self.rude([silent])
            start = time.monotonic()
            result = self.push(server.url, "--timeout", "2", *arguments)
            self.assertLess(time.monotonic() - start, DEADLINE)
            self.assertEqual(result.code, 7)
            self.assertIn(words, result.err)
            self.assertEqual(len(server.requests), 1)

    def test_a_lost_answer_to_a_live_request_is_not_repeated(self):
        for script in ([drop], [AWAITING, drop], [answer({"error": "broken"}, 500)],
                       [AWAITING, answer({"error": "broken"}, 500)], [answer({"error": "gone"}, 502)],
                       [answer({"error": "late"}, 504)], [answer("not json")],
                       [answer({"status": "Awaiting users file"}, Content_Length="100")]):
            server = self.rude(script)
            receipt = self.path(f"receipt{server.port}")
            result = self.push(server.url, "--live", "--yes", "--receipt", receipt,
                               "--timeout", "20")
            self.assertEqual(result.code, 7, script)
            self.assertIn("nobody knows whether the remote has carried it out: it is not sent again",
                          result.err)
            self.assertEqual(len(server.requests), len(script))
            # Nor by another run with the same receipt.
            again = self.push(server.url, "--live", "--yes", "--receipt", receipt)
            self.assertEqual((again.code, len(server.requests)), (7, len(script)))

    def test_an_answer_that_is_not_http_is_none(self):
        for words in (b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/3 200\r\n\r\n",
                      b"\x15\x03\x03\x00\x02\x02\x28",
                      b"HTTP/1.1 200 OK\r\nX: " + b"x" * 110000 + b"\r\n\r\n"):
            def strange(handler, _number, words=words):
                handler.connection.sendall(words)
                handler.close_connection = True
            server = self.rude([strange])
            live = self.push(server.url, "--live", "--yes")
            self.assertEqual((live.code, len(server.requests)), (7, 1), (words[:20], live.err))
            self.assertIn("nobody knows whether", live.err)
            self.assertEqual(self.push(server.url).code, 7, words[:20])
            self.assertEqual(self.pull(server.url).code, 7, words[:20])

    def test_an_answer_that_cannot_be_decoded_is_none(self):
        packed = gzip.compress(AWAITING[2].encode())
        for body in (packed + b"more", packed[:-4] + b"none", b"\x1f\x8bnonsense", b"nonsense"):
            def pack(handler, _number, body=body):
                handler.connection.sendall(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                    b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
                handler.close_connection = True
            server = self.rude([pack])
            for more in ((), ("--live", "--yes")):
                result = self.push(server.url, *more)
                self.assertEqual(result.code, 7, (body, result.err))
                self.assertIn("POST /sync-users (teams.csv): no answer came: ", result.err)

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
        self.assertEqual(self.push(server.url, "--timeout", "100").code, 7)
        self.assertLess(time.monotonic() - start, DEADLINE)

    def test_redirects_are_not_followed(self):
        other = self.rude([completed()])
        for status in (301, 302, 303, 307, 308):
            server = self.rude([answer({}, status, Location=other.url + "/sync-users")])
            self.assertEqual(self.push(server.url).code, 6)
            # A live one may have been carried out.
            for _ in range(2):
                live = self.push(server.url, "--live", "--yes", "--receipt", f"receipt{status}")
                self.assertEqual((live.code, len(server.requests)), (7, 2), live.err)
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

    def test_a_status_url_that_is_refused_is_cut(self):
        server = self.rude([AWAITING, answer({"status": "processing",
                                              "statusUrl": "http://x/" + "é" * (1 << 19)})])
        result = self.push(server.url)
        self.assertEqual(result.code, 7)
        self.assertIn("is not followed: http://x/" + "é" * 245 + "…: it ", result.err)
        self.assertLess(len(result.err), 2000)

    def test_a_last_word_that_nobody_knows_is_told(self):
        end = answer({"status": "failed\x1b[2J, ann", "dryRun": True, "errors": ["it crashed"]})
        late = "not ended in time"
        for more, words in (((), "last word on the job was: HTTP 200, failed\\x1B[2J, ann\n"),
                            (("--privacy", "counts"), "last word on the job was: HTTP 200\n")):
            result = self.push(self.remote(end).url, "--timeout", "2", *more)
            self.assertEqual(result.code, 7)
            self.assertIn(late, result.err)
            self.assertIn(words, result.err)
        result = self.push(self.remote(answer({"status": "processing"})).url, "--timeout", "2")
        self.assertIn(late, result.err)
        self.assertNotIn("last word", result.err)

        # Also where it is another answer that does not come any more.
        def script(_handler, _number):
            server.script = drop
            return end
        server = self.rude(script)
        result = self.muster("status", server.url + "/sync-users/1/status", "--base", server.url,
                             "--token-file", self.token_file)
        self.assertEqual(result.code, 7)
        self.assertIn("no answer came", result.err)
        self.assertIn("last word on the job was: HTTP 200, failed", result.err)

    def test_a_live_job_that_is_lost_sight_of_is_named(self):
        end = threading.Event()
        self.addCleanup(end.set)

        def silent(handler, _number):
            end.wait(DEADLINE)
            handler.close_connection = True
        processing = answer({"status": "processing"})
        for step, code in ((answer("<html>"), 7), (answer({"error": "gone"}, 404), 6), (silent, 7),
                           (answer({"error": "busy"}, 429, Retry_After="900"), 7), (drop, 7),
                           (answer({"error": "broken"}, 500), 7), (processing, 7)):
            def status(handler, number, step=step):
                if handler.command == "POST":
                    return AWAITING if number == 1 else answer({
                        "status": "processing", "statusUrl": server.url + "/sync-users/1/status"})
                return step(handler, number) if callable(step) else step
            server = self.rude(status)
            job = f"{server.url}/sync-users/1/status --base {server.url}"
            for more, way, again in (((), job, "another push"),
                                     (("--receipt", f"receipt{server.port}"),
                                      f"receipt{server.port}", "--force")):
                server.requests.clear()
                result = self.push(server.url, "--live", "--yes", "--timeout", "2", "-q", *more)
                self.assertEqual(result.code, code, result.err)
                self.assertEqual(result.err.count("muster status "), 1, result.err)
                self.assertIn(f"; it can be followed with: muster status {way}\n", result.err)
                self.assertIn("the remote took the files, and may be at work: look at its results; "
                              f"{again} sends them once more\n", result.err)

    def test_a_reply_without_end(self):
        taken = []

        def endless(handler, _number):
            handler.send_response(200)
            handler.send_header("Content-Length", str(1 << 40))
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b" " * (1 << 20))
                    taken.append(1 << 20)
            except OSError:
                handler.close_connection = True
        server = self.rude([endless])
        result = self.push(server.url, "--timeout", "60")
        self.assertEqual((result.code, len(server.requests)), (7, 1))
        self.assertIn("the answer is larger than 64 MiB", result.err)
        # What the system holds on the way between the two is not much.
        self.assertTrue(60 << 20 < sum(taken) < 96 << 20, sum(taken))

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
        for arguments, words in ((("--token-file", "nowhere"),
                                  "API token is missing: there is no file nowhere\n"),
                                 (("--token-file", "empty"),
                                  "API token is missing: there is nothing in empty\n"),
                                 (("--token-file", "-"),
                                  "API token is missing: there is nothing in standard input\n"),
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

    def test_a_pipe_is_waited_for_as_long_as_somebody_writes(self):
        os.mkfifo(self.path("pipe"))
        self.addCleanup(os.unlink, self.path("pipe"))  # or the token is looked for in it
        for name, words in (("pipe", "cannot read the API token from pipe: No such device or "
                                     "address\nhint: somebody has to be writing to a named pipe"),
                            (".", "cannot read the API token from .: Is a directory")):
            start = time.monotonic()
            result = self.muster("push", "A", "--base", "http://127.0.0.1:1", "--token-file", name)
            self.assertEqual(result.code, 3, name)
            self.assertIn(words, result.err)
            self.assertLess(time.monotonic() - start, 20)

        def write(before, between):
            time.sleep(before)
            with open(self.path("pipe"), "wb", buffering=0) as pipe:
                time.sleep(between)
                pipe.write(TOKEN.encode() + b"\n")
        server = self.remote(completed())
        for pauses in ((0, 0), (0.5, 0), (0, 1.5)):
            writer = threading.Thread(target=write, args=pauses)
            writer.start()
            result = self.muster("push", "A", "--base", server.url, "--token-file", "pipe")
            writer.join()
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
                    if TOKEN.encode() in text:
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

    def test_a_remote_that_repeats_it_does_not_make_it_show(self):
        """muster() and the end of each test look for it in all output and in all files."""
        def echo(handler, number):
            token = handler.headers.get("Authorization", handler.headers.get("X-Api-Key"))
            document = {"status": token, "error": token, "errors": [token], "message": token,
                        "listOfOperations": [token], "success": False}
            return answer(document, (200, 400, 403, 503)[number % 4])
        for command in (("push", "A", "--receipt", "receipt"),
                        ("push", "A", "--target", "sparkwise", "--live"), ("pull",),
                        ("pull", "--target", "sparkwise"), ("pull", "--report", "json")):
            for form in ("text", "json", "jsonl"):
                more = ("--format", form) if command[0] == "push" else ()
                server = self.rude(echo)
                result = self.muster(*command, *more, "--base", server.url, "--token-file",
                                     self.token_file, "--timeout", "3")
                self.assertIn(result.code, (6, 7), (command, result.err))
                self.assertGreater(len(server.requests), 0)
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)
        server = self.rude([answer('{"error":"invalid token %s"}' % escaped, 401)])
        result = self.push(server.url)
        self.assertEqual(result.code, 6)
        self.assertIn("invalid token ****", result.err)
        server = self.rude([completed([TOKEN], [TOKEN])])
        result = self.muster("status", server.url + "/sync-users/1/status", "--base", server.url,
                             "--token-file", self.token_file)
        self.assertEqual(result.code, 8)

    def killed(self, command):
        """End a process by a signal that usually leaves a core; whether it did."""
        def cores_allowed():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        process = subprocess.Popen(command[0], cwd=self.folder, env=clean_environment(),
                                   preexec_fn=cores_allowed, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        with process.stdout:
            command[1](process)
            os.kill(process.pid, signal.SIGSEGV)
            status = os.waitpid(process.pid, 0)[1]
        process.returncode = -signal.SIGSEGV
        return os.WCOREDUMP(status)

    def test_it_is_in_no_core(self):
        if not self.killed((["sleep", "60"], lambda process: time.sleep(0.2))):
            self.skipTest("this machine writes no cores")
        reached, end = threading.Event(), threading.Event()
        self.addCleanup(end.set)

        def silent(handler, _number):
            reached.set()
            end.wait(60)
            handler.close_connection = True
        server = self.rude([silent])
        push = [MUSTER, "push", "A", "--base", server.url, "--token-file", self.token_file]
        self.assertFalse(self.killed((push, lambda process: reached.wait(60))))

        def ask(process):
            base = process.stdout.readline().decode().strip()
            self.send(base, "users", USERS)
        serve = [MUSTER, "serve", "--state", "state"]
        self.assertFalse(self.killed((serve, ask)))

    def test_http_is_for_this_machine_alone(self):
        for base in ("http://example.com", "http://10.0.0.1", "ftp://127.0.0.1", "127.0.0.1",
                     "http://user:pass@127.0.0.1", "http://127.0.0.1/?x=1", "https://",
                     "http://a b",
                     "http://127.0.0.1.example.com", "http://localhost.example.com"):
            result = self.push(base)
            self.assertEqual(result.code, 2, base)

    def test_certificates_are_verified(self):
        if shutil.which("openssl") is None:
            self.skipTest("no openssl to make a certificate with")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
             self.path("key.pem"), "-out", self.path("cert.pem")], capture_output=True, check=True)
        import ssl  # pylint: disable=import-outside-toplevel
        server = self.rude([completed()])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
        result = self.push(f"https://localhost:{server.port}",
                           environment={"SSLKEYLOGFILE": self.path("secrets")})
        self.assertEqual((result.code, server.requests), (7, []))
        self.assertIn("certificate", result.err)
        self.assertFalse(os.path.exists(self.path("secrets")))

    def test_proxies_are_not_asked_for_this_machine(self):
        server = self.remote(completed())
        proxy = self.rude([answer({"error": "no"}, 500)])
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY")
        result = self.push(server.url, environment={name: proxy.url for name in names})
        self.assertEqual((result.code, proxy.requests), (0, []))


if __name__ == "__main__":
    unittest.main()
