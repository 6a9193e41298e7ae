# SPDX-License-Identifier: MIT
"""What works offline opens no socket: system calls are watched, for all threads."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import re
import subprocess
import unittest

from support import MUSTER, RemoteTest, clean_environment

CALLS = re.compile(r"\b(socket|socketpair|connect|bind|listen|accept4?|send(?:to|msg|mmsg)"
                   r"|recv(?:from|msg|mmsg))\(")


class Offline(RemoteTest):
    def setUp(self):
        super().setUp()
        if not self.traced("true")[0]:
            self.skipTest("strace cannot run here: nobody has looked for sockets")

    def traced(self, *command):
        """(whether strace ran, exit code, calls about the network)"""
        log = self.path("strace")
        # The leak checker of a sanitized build cannot work beside strace.
        environment = dict(clean_environment(), ASAN_OPTIONS="detect_leaks=0")
        try:
            done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=network", "-o", log,
                                   *command], cwd=self.folder, env=environment,
                                  capture_output=True, timeout=120, check=False)
        except FileNotFoundError:
            return False, None, []
        ran = b"strace: " not in done.stderr
        text = self.read("strace").decode("utf-8", "replace") if ran else ""
        return ran, done.returncode, CALLS.findall(text)

    def test_offline_commands_open_no_socket(self):
        self.write("B/users.csv", self.read("A/users.csv").replace(b"Bob,Ray,T1", b"Bob,Ray,T2"))
        self.write("B/teams.csv", self.read("A/teams.csv"))
        for command in (("snapshot", "A", "-o", "A.snap"), ("check", "A"), ("check", "-j", "4", "A"),
                        ("plan", "--from", "A.snap", "B"), ("plan", "--from", "A", "B"),
                        ("diff", "A", "B"), ("leavers", "--from", "A.snap", "B", "-o", "d.csv"),
                        ("fix", "A", "-o", "fixed"), ("records", "A/users.csv"), ("explain",)):
            _, code, calls = self.traced(MUSTER, *command)
            self.assertEqual((code, calls), (0, []), command)

    def test_a_socket_would_be_seen(self):
        _, code, calls = self.traced(MUSTER, "push", "A", "--base", "http://127.0.0.1:1",
                                     "--token-file", self.token_file)
        self.assertEqual(code, 7)
        self.assertIn("connect", calls)


if __name__ == "__main__":
    unittest.main()
