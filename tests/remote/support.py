# SPDX-License-Identifier: MIT
"""What the remote tests share: the program, the sandbox, real curl, and a server without manners.

The program is named by MUSTER (its path). Everything stays on loopback, on free ports, and in a
temporary folder."""

import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

MUSTER = os.environ.get("MUSTER", "")
# Of this run alone, so that it can be looked for in all processes.
TOKEN = f"canary-{os.getpid()}-0f9a7c-secret"

USERS = """id,email,first_name,last_name,team_id
X1,ann@example.com,Ann,Lee,T1
X2,bob@example.com,Bob,Ray,T1
X3,cyd@example.com,Cyd,Po,T2
"""
TEAMS = """id,name,manager_ids,parent_team_id
T1,IT,X1,
T2,Cloud,"X1,X2",T1
"""
# The operations that turn nothing into the export above, derived from the contract by hand.
FIRST_KINDS = {"addTeam": 2, "addTeamMember": 3, "addTeamManager": 3}
DEPROVISION = """id,email,first_name,last_name
X3,cyd@example.com,Cyd,Po
"""


def clean_environment():
    """No proxies, no tokens and no colours from outside."""
    wanted = ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "TMPDIR")
    return {name: os.environ[name] for name in wanted if name in os.environ}


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


class Sandbox:
    """muster serve in a process of its own."""

    def __init__(self, state, *arguments):
        self.state, self.arguments = state, arguments
        self.process = None
        self.url = None
        self.start()

    def start(self):
        command = [MUSTER, "serve", "--state", self.state, *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=clean_environment())
        self.url = self.process.stdout.readline().decode().strip()
        if not self.url:
            raise RuntimeError("serve does not start: " + self.process.stderr.read().decode())
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self, with_signal=signal.SIGTERM):
        """End it and return (exit code, everything that it wrote)."""
        if self.process is None:
            return 0, b""
        process, self.process = self.process, None
        process.send_signal(with_signal)
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return process.returncode, out + err


class RemoteTest(unittest.TestCase):
    """A folder, an export in it, a token, and a sandbox where one is asked for."""

    def setUp(self):
        if not MUSTER:
            self.skipTest("MUSTER names no program")
        self.folder = tempfile.mkdtemp(prefix="muster-remote-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.addCleanup(self.token_is_in_no_file)
        self.write("A/users.csv", USERS)
        self.write("A/teams.csv", TEAMS)
        self.write("token", TOKEN + "\n")
        self.token_file = self.path("token")

    def token_is_in_no_file(self):
        """Neither in a receipt nor in a result, in what the sandbox keeps, or in a core."""
        for folder, _, files in os.walk(self.folder):
            for name in files:
                path = os.path.join(folder, name)
                if path == self.token_file or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    self.assertNotIn(TOKEN.encode(), file.read(), path)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)) or ".", exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode()
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def sandbox(self, *arguments, state="state"):
        sandbox = Sandbox(self.path(state), *arguments)
        self.addCleanup(self.ended_well, sandbox)
        return sandbox

    def ended_well(self, sandbox):
        code, wrote = sandbox.stop()
        self.assertEqual((code, wrote), (0, b""))

    def muster(self, *arguments, standard_input=b"", environment=None):
        self.assertNotIn(TOKEN, " ".join(arguments))
        settings = dict(clean_environment(), **(environment or {}))
        done = subprocess.run([MUSTER, *arguments], input=standard_input, capture_output=True,
                              cwd=self.folder, env=settings, timeout=120, check=False)
        out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        self.assertNotIn(TOKEN, out + err)
        self.assertNotIn("Sanitizer", err)
        return Result(done.returncode, out, err)

    def push(self, base, *arguments, export="A", **settings):
        files = [export] if export is not None else []
        return self.muster("push", *files, "--base", base, "--token-file", self.token_file,
                           "--format", "json", *arguments, **settings)

    def pull(self, base, *arguments):
        return self.muster("pull", "--base", base, "--token-file", self.token_file, *arguments)

    def curl(self, url, file=None, kind=None, token=TOKEN, content_type="text/csv", extra=()):
        """As in the full examples of the documents; (HTTP status, document)."""
        command = ["curl", "-s", "-S", "--max-time", "60", "-w", "\n%{http_code}"]
        if file is not None:
            command += ["-T", file, "-X", "POST"]
            command += ["-H", f'Content-Disposition: attachment; filename="{kind}.csv"']
            command += ["-H", "Content-Type: " + content_type]
        if token is not None:
            command += ["-H", "Authorization: Bearer " + token]
        done = subprocess.run([*command, *extra, url], capture_output=True, timeout=90,
                              env=clean_environment(), check=False)
        body, _, status = done.stdout.decode().rpartition("\n")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return int(status), json.loads(body)

    def send(self, base, kind, content, query="", **settings):
        file = self.write("curl/" + kind + ".csv", content)
        return self.curl(base + "/sync-users" + query, file, kind, **settings)

    def deprovision(self, base, content, query="", **settings):
        file = self.write("curl/deprovision.csv", content)
        return self.curl(base + "/deprovision" + query, file, "deprovision", **settings)

    def follow(self, url, token=TOKEN):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            status, document = self.curl(url, token=token)
            self.assertEqual(status, 200)
            if document["status"] != "processing":
                return document
            self.assertEqual(set(document), {"status", "dryRun"})
            time.sleep(0.05)
        self.fail("the job does not end")
        return None

    def sync(self, base, users, teams, query="", token=TOKEN):
        """Both files and the final answer."""
        self.send(base, "teams", teams, query, token=token)
        status, document = self.send(base, "users", users, query, token=token)
        self.assertEqual((status, document["status"]), (200, "processing"))
        return self.follow(document["statusUrl"], token)

    def raw(self, port, request, seconds=15):
        """Send bytes, and return all that comes back until the connection is closed."""
        answer = b""
        with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
            try:
                connection.sendall(request)
                while True:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    answer += piece
            except ConnectionResetError:
                pass
        return answer

    def raw_status(self, port, request):
        answers = re.findall(rb"HTTP/1\.1 (\d+)", self.raw(port, request))
        return [int(status) for status in answers]


class RudeServer:
    """Answers each request with what the next step of its script says, and counts them.

    A step is a function (handler, number of the request) or a tuple (status, headers, body)."""

    def __init__(self, script):
        self.script, self.requests = script, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                server.requests.append((self.command, self.path, dict(self.headers), body))
                step = server.script
                if not callable(step):
                    step = step[min(len(server.requests), len(step)) - 1]
                if callable(step):
                    step = step(self, len(server.requests))
                if step is not None:
                    self.answer(*step)

            def answer(self, status, headers, body):
                data = body if isinstance(body, bytes) else body.encode()
                self.send_response(status)
                for name, value in dict({"Content-Length": str(len(data))}, **headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_any

            def log_message(self, format, *arguments):  # pylint: disable=redefined-builtin
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                """Clients that go away are what this is about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,),
                                       daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def count(self, method, path=None):
        return sum(1 for one in self.requests
                   if one[0] == method and (path is None or one[1].split("?")[0] == path))


class Counter:
    """Stands between a client and a server, passes everything on, and keeps what went through: a
    request (its bytes) and the status of its answer (None: there was none) for each connection."""

    def __init__(self, port):
        self.target, self.requests, self.lock = port, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client):
        sent, answered = [], []
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=self.pump, args=(server, client, answered))
            back.start()
            self.pump(client, server, sent)
            back.join()
        found = re.findall(rb"HTTP/1\.1 (\d+)", b"".join(answered))
        statuses = [int(status) for status in found if status != b"100"]
        with self.lock:
            self.requests.append((b"".join(sent), statuses[0] if statuses else None))

    @staticmethod
    def pump(source, sink, seen):
        try:
            while piece := source.recv(65536):
                seen.append(piece)
                sink.sendall(piece)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def posts(self, kind):
        """[status] of the requests that brought this file."""
        name = f'filename="{kind}.csv"'.encode()
        with self.lock:
            return [status for request, status in self.requests
                    if request.startswith(b"POST ") and name in request]

    def close(self):
        self.listener.close()


def drop(handler, _number):
    """Close the connection without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def answer(document, status=200, **headers):
    body = document if isinstance(document, (str, bytes)) else json.dumps(document)
    return (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


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


if __name__ == "__main__":
    sys.exit("run the test_*.py files beside this one")
