# SPDX-License-Identifier: MIT
"""Many clients at once: nobody's push is lost or mixed with another one's, and slow ones stop
nobody."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import asyncio
import json
import re
import resource
import signal
import socket
import threading
import time
import unittest
from collections import Counter

from support import TEAMS, USERS, RemoteTest

TOKENS = 20
PUSHES = 50  # of each token

OPERATION = re.compile(r'^Add (?:team "Team (\d+)-(\d+)" \(T\1\) at the top level'
                       r'|First V(\d+) \(U(\d+)\) to team "Team (\d+)-(\d+)" \(T\5\))$')


def teams_of(token, version):
    return f"id,name,manager_ids,parent_team_id\nT{token},Team {token}-{version},,\n"


def users_of(token, version):
    return ("id,email,first_name,last_name,team_id\n"
            f"U{token},u{token}@example.com,First,V{version},T{token}\n")


def allow_open_files(test, wanted):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < wanted:
        test.skipTest("this machine allows too few open files")
    if limit[0] < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
        test.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limit)


class Crowd(RemoteTest):
    def setUp(self):
        super().setUp()
        self.port = self.sandbox().port

    async def ask(self, token, method, path, content="", **headers):
        """(HTTP status, document), over a connection of its own as curl makes them. The request
        goes out at once; only the answer is waited for together with others."""
        headers = {"Host": "x", "Authorization": f"Bearer crowd-{token}", **headers}
        if method == "POST":
            headers["Content-Length"] = str(len(content))
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        reply = b""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + content).encode())
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            while piece := await loop.sock_recv(connection, 65536):
                reply += piece
        head, _, body = reply.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 "), (token, path, reply)
        return int(head[9:12]), json.loads(body)

    async def send(self, token, version, kind, query=""):  # pylint: disable=arguments-differ,invalid-overridden-method
        content = (teams_of if kind == "teams" else users_of)(token, version)
        return await self.ask(token, "POST", "/sync-users" + query, content,
                              Content_Type="text/csv",
                              Content_Disposition=f'attachment; filename="{kind}.csv"')

    async def end_of(self, token, url):
        """The answer of a job, as what it was made of: (teams version, users version)."""
        pause = 0.05
        while True:
            status, document = await self.ask(token, "GET", url[url.index("/sync-users"):])
            if document.get("status") != "processing":
                break
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2)
        assert (status, document["status"], document["errors"]) == (200, "completed", []), document
        found = [OPERATION.match(text) for text in document["listOfOperations"]]
        assert len(found) == 2 and all(found), document
        team, user = found[0].groups(), found[1].groups()
        # The token's own data, and both operations about the same team.
        assert team[0] == user[3] == user[4] == str(token), document
        assert team[1] == user[5], document
        return int(team[1]), int(user[2])

    def run_all(self, work, items):
        """work(*item) for all of them at once; the first that fails fails the test."""
        async def together():
            await asyncio.gather(*(work(*item) for item in items))
        asyncio.run(together())

    def test_20_tokens_with_50_pushes_each(self):
        """One after the other within a token, all tokens at once: each push gets just its own
        files back, and what is live at the end is the last one's."""
        ended = Counter()
        query = json.dumps({"query": "{users{nodes{currentSsoIdentifier lastName}} "
                                     "teams{nodes{name}}}"})

        async def pushes(token):
            for version in range(PUSHES):
                live = "?dryRun=false" if version == PUSHES - 1 else ""
                status, document = await self.send(token, version, "teams", live)
                assert (status, document) == (200, {"status": "Awaiting users file"}), document
                status, document = await self.send(token, version, "users", live)
                assert (status, document["status"]) == (200, "processing"), document
                assert await self.end_of(token, document["statusUrl"]) == (version, version)
                ended[token] += 1
            data = (await self.ask(token, "POST", "/GraphQL", query,
                                   Content_Type="application/json"))[1]["data"]
            assert data == {"users": {"nodes": [{"currentSsoIdentifier": f"U{token}",
                                                 "lastName": f"V{PUSHES - 1}"}]},
                            "teams": {"nodes": [{"name": f"Team {token}-{PUSHES - 1}"}]}}, data
        self.run_all(pushes, [(token,) for token in range(TOKENS)])
        self.assertEqual(ended, {token: PUSHES for token in range(TOKENS)})

    def test_1000_pushes_at_the_same_moment(self):
        """All 1,000 at once. Within a token they cut in on each other, and the last file of a kind
        counts; but every file is in one job at most, whole and with one of its own token, and
        every job is told to the request that completed it."""
        answers, jobs = {}, []

        async def push(token, version):
            for kind in ("teams", "users"):
                status, document = await self.send(token, version, kind)
                assert status == 200, document
                answers[token, version, kind] = document["status"]
                if document["status"] == "processing":
                    made_of = await self.end_of(token, document["statusUrl"])
                    assert made_of[kind == "users"] == version, (made_of, version, kind)
                    jobs.append((token, document["statusUrl"], made_of, kind))
        allow_open_files(self, TOKENS * PUSHES + 100)
        self.run_all(push, [(token, version) for version in range(PUSHES)
                            for token in range(TOKENS)])
        self.assertEqual(len(answers), 2 * TOKENS * PUSHES)
        self.assertEqual(len({url for _, url, _, _ in jobs}), len(jobs))
        words = {"processing", "Awaiting users file", "Awaiting teams file"}
        self.assertLessEqual(set(answers.values()), words)
        self.assertEqual(sum(word == "processing" for word in answers.values()), len(jobs))
        used = Counter()
        for token, _, (teams, users), kind in jobs:
            used[token, teams, "teams"] += 1
            used[token, users, "users"] += 1
            partner = (token, users, "users") if kind == "teams" else (token, teams, "teams")
            other = "teams" if partner[2] == "users" else "users"
            self.assertEqual(answers[partner], f"Awaiting {other} file")
        self.assertEqual(max(used.values()), 1)
        self.assertEqual({job[0] for job in jobs}, set(range(TOKENS)))


class SlowClients(RemoteTest):
    HEAD = (b"POST /sync-users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer slow\r\n"
            b"Content-Type: text/csv\r\nContent-Length: 1000\r\n"
            b'Content-Disposition: attachment; filename="users.csv"\r\n\r\n')

    def test_64_slow_connections_do_not_stop_a_normal_client(self):
        """Half of them dawdle over a body, half over a head, a byte now and then."""
        sandbox = self.sandbox()
        slow = []
        for number in range(64):
            connection = socket.create_connection(("127.0.0.1", sandbox.port), timeout=15)
            connection.sendall(self.HEAD if number % 2 else b"GET /users HTTP/1.1\r\nX: ")
            slow.append(connection)
        done = threading.Event()
        alive, took = [], None

        def dawdle():
            while not done.wait(0.2):
                for connection in slow:
                    try:
                        connection.sendall(b"i")
                    except OSError:
                        pass
        thread = threading.Thread(target=dawdle)
        thread.start()
        start = time.monotonic()
        try:
            for _ in range(3):
                self.assertEqual(self.sync(sandbox.url, USERS, TEAMS)["status"], "completed")
                alive.append(sum(self.is_open(connection) for connection in slow))
                took = took or time.monotonic() - start
        finally:
            done.set()
            thread.join()
            for connection in slow:
                connection.close()
        # They were there meanwhile, unless the machine was so slow that their time was over.
        self.assertTrue(alive[0] == 64 or took > 4, (alive, took))

    def test_more_clients_than_are_served_at_a_time_wait_for_each_other(self):
        """2,300 requests whose bodies never come; behind them a normal client gets its turn."""
        wanted = 2300
        allow_open_files(self, wanted + 100)
        sandbox = self.sandbox()
        slow = []
        for _ in range(wanted):
            connection = socket.create_connection(("127.0.0.1", sandbox.port), timeout=60)
            connection.sendall(self.HEAD)
            slow.append(connection)
        try:
            self.assertEqual(self.sync(sandbox.url, USERS, TEAMS)["status"], "completed")
        finally:
            for connection in slow:
                connection.close()

    def test_a_crowd_that_is_there_before_the_door_opens_costs_nobody_the_answer(self):
        """The sandbox is held up until there are more connections than it lets in at a time. The
        last has a whole request; closing it unread would reset it."""
        wanted = 2300
        allow_open_files(self, wanted + 100)
        with open("/proc/sys/net/core/somaxconn", encoding="ascii") as file:
            if int(file.read()) <= wanted:
                self.skipTest("this machine keeps too few connections waiting")
        sandbox = self.sandbox()
        crowd = []
        sandbox.process.send_signal(signal.SIGSTOP)
        try:
            for _ in range(wanted):
                crowd.append(socket.create_connection(("127.0.0.1", sandbox.port), timeout=60))
                crowd[-1].sendall(self.HEAD)
            last = socket.create_connection(("127.0.0.1", sandbox.port), timeout=60)
            crowd.append(last)
            last.sendall(b"GET /sync-users/none/status HTTP/1.1\r\nHost: x\r\n"
                         b"Authorization: Bearer slow\r\n\r\n")
            sandbox.process.send_signal(signal.SIGCONT)
            self.assertTrue(last.recv(100).startswith(b"HTTP/1.1 404 "))
        finally:
            sandbox.process.send_signal(signal.SIGCONT)
            for connection in crowd:
                connection.close()

    def test_an_end_in_the_middle_of_many_uploads_is_an_orderly_one(self):
        for _ in range(3):
            sandbox = self.sandbox()
            crowd = []
            for _ in range(200):
                connection = socket.create_connection(("127.0.0.1", sandbox.port), timeout=60)
                connection.sendall(self.HEAD + b"x" * 999)
                crowd.append(connection)
            for connection in crowd:
                connection.sendall(b"x")
            self.assertEqual(sandbox.stop(), (0, b""))
            for connection in crowd:
                connection.close()

    def is_open(self, connection):
        connection.setblocking(False)
        try:
            return connection.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            connection.setblocking(True)


if __name__ == "__main__":
    unittest.main()
