# SPDX-License-Identifier: MIT
"""Large exports: sending takes no more memory than it does for small ones, and the sandbox answers.

    test_upload.py                       as ctest runs it, with 300,000 users
    test_upload.py --users 10000000      the same and how long everything took, on the terminal

MUSTER names the program, MUSTER_GENERATE the one that makes exports (bench/generate). The second
way needs three times the size of the export in $TMPDIR."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import os
import re
import subprocess
import time
import unittest

from support import (AWAITING, MUSTER, TOKEN, Result, RemoteTest, RudeServer, answer,
                     clean_environment, completed)

GENERATE = os.environ.get("MUSTER_GENERATE", "")
SMALL = 1000
LARGE = 300000
ROOT = "ROOT-OF-NOTHING"  # a team without members: with --root the answer stays short
NOISE = 4 << 20  # bytes of memory that two runs of the same may differ by


def memory_of(process):
    """{"VmHWM": bytes, "VmRSS": bytes} of a running process."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return {name: int(size) << 10
                for name, size in re.findall(r"^(VmHWM|VmRSS):\s*(\d+) kB$", file.read(), re.M)}


class Upload(RemoteTest):
    def setUp(self):
        super().setUp()
        if not GENERATE:
            self.skipTest("MUSTER_GENERATE names no program")

    def sanitizers_keep_memory(self):
        with open(MUSTER, "rb") as file:
            if b"__asan_init" in file.read():
                self.skipTest("what is freed stays with the sanitizer")

    def export(self, users):
        folder = self.path(f"export-{users}")
        if not os.path.isdir(folder):
            subprocess.run([GENERATE, "--users", str(users), "-o", folder], check=True,
                           stdout=subprocess.DEVNULL)
            with open(os.path.join(folder, "teams.csv"), "a", encoding="ascii") as file:
                file.write(f"{ROOT},Nothing below,,\n")
        return folder

    def begin(self, *arguments):
        return subprocess.Popen([MUSTER, *arguments, "--token-file", self.token_file, "-q"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=clean_environment(), cwd=self.folder)

    def seen_at_the_end(self, users, *arguments):
        """The memory of a push when it asks for the end of its job: everything has been sent."""
        seen, running = {}, []

        def script(handler, _number):
            if handler.command == "GET":
                seen.update(memory_of(running[0]))
                return completed()
            if "teams.csv" in handler.headers["Content-Disposition"]:
                return AWAITING
            return answer({"status": "processing",
                           "statusUrl": f"{server.url}/sync-users/1/status"})
        server = RudeServer(script)
        self.addCleanup(server.close)
        export = self.export(users)
        process = self.begin("push", export, "--base", server.url, *arguments)
        running.append(process)
        _, err = process.communicate(timeout=600)
        self.assertEqual((process.returncode, err), (0, b""))
        # All of it went out, in the order teams, users.
        sizes = [len(request[3]) for request in server.requests if request[0] == "POST"]
        self.assertEqual(sizes, [os.path.getsize(f"{export}/{kind}.csv")
                                 for kind in ("teams", "users")])
        server.requests.clear()
        return seen

    def test_sending_needs_the_same_memory_for_every_size(self):
        self.sanitizers_keep_memory()
        small = self.seen_at_the_end(SMALL, "--no-check")
        large = self.seen_at_the_end(LARGE, "--no-check")
        self.assertGreater(os.path.getsize(self.export(LARGE) + "/users.csv"), 4 * NOISE)
        self.assertLess(large["VmHWM"], small["VmHWM"] + NOISE, "at its peak")

    def test_what_checking_took_is_given_back_before_sending(self):
        self.sanitizers_keep_memory()
        small = self.seen_at_the_end(SMALL)
        large = self.seen_at_the_end(LARGE)
        self.assertLess(large["VmRSS"], small["VmRSS"] + NOISE, "while it sends and waits")

    def test_the_sandbox_takes_it(self):
        self.compare_times(LARGE)

    def timed(self, *command):
        start = time.monotonic()
        done = subprocess.run(command, capture_output=True, env=clean_environment(), check=False,
                              cwd=self.folder)
        return time.monotonic() - start, Result(done.returncode, done.stdout, done.stderr)

    def post(self, base, kind, export, query=""):
        return self.timed("curl", "-sS", "-T", f"{export}/{kind}.csv", "-X", "POST", "-H",
                          "Authorization: Bearer " + TOKEN, "-H", "Content-Type: text/csv", "-H",
                          f'Content-Disposition: attachment; filename="{kind}.csv"',
                          f"{base}/sync-users?rootTeamIds={ROOT}{query}")

    def compare_times(self, users):
        """Transfer, check, and both; then a push of muster's own, dry and live."""
        export = self.export(users)
        base = self.sandbox("--body-limit", "65536").url
        times = {}
        times["check"], result = self.timed(MUSTER, "check", "-q", export)
        self.assertEqual(result.code, 0, result.err)
        times["transfer"], result = self.post(base, "users", export)
        self.assertEqual(result.json, {"status": "Awaiting teams file"}, result.err)
        # The teams come second and complete the pair; then users once more, behind the teams.
        _, result = self.post(base, "teams", export)
        self.assertEqual(result.json["status"], "processing", result.err)
        self.follow(result.json["statusUrl"])
        self.post(base, "teams", export)
        times["answer"], result = self.post(base, "users", export)
        self.assertEqual(result.json["status"], "processing", result.err)
        self.follow(result.json["statusUrl"])
        for name, flags in (("dry push", ()), ("live push", ("--live", "--yes"))):
            start = time.monotonic()
            process = self.begin("push", export, "--base", base, "--root", ROOT, *flags)
            _, err = process.communicate(timeout=3600)
            times[name] = time.monotonic() - start
            self.assertEqual((process.returncode, err), (0, b""))
        return times


def by_hand(users):
    """One large export; figures on the terminal."""
    test = Upload()
    test.setUp()
    try:
        export = test.export(users)
        sizes = sum(os.path.getsize(f"{export}/{kind}.csv") for kind in ("users", "teams"))
        print(f"{users} users, {sizes >> 20} MiB")
        for name, arguments in (("--no-check", ("--no-check",)), ("checked", ())):
            for count in (SMALL, users):
                seen = test.seen_at_the_end(count, *arguments)
                print(f"push {name}, {count} users: peak {seen['VmHWM'] >> 10} KiB, "
                      f"while it sends and waits {seen['VmRSS'] >> 10} KiB")
        for name, seconds in test.compare_times(users).items():
            print(f"{name}: {seconds:.2f} s")
    finally:
        test.doCleanups()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--users"] and len(sys.argv) == 3:
        by_hand(int(sys.argv[2]))
    else:
        unittest.main()
