# SPDX-License-Identifier: MIT
"""Memory that runs out in the client and in the sandbox: each of many allocations fails."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import json
import os
import re
import shutil
import subprocess
import unittest

from support import DEPROVISION, ClientTest, answer, clean_environment

SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults", "fail_alloc.c")
FIRST, SPREAD, ROUNDS = 60, 40, 80
UNREADABLE, REFUSED, UNAVAILABLE, REMOTE_ERRORS, INTERNAL = 3, 6, 7, 8, 70


class MemoryTest(ClientTest):
    def setUp(self):
        super().setUp()
        compiler = shutil.which(os.environ.get("CC", "cc"))
        with open(os.environ["MUSTER"], "rb") as file:
            sanitized = re.search(rb"__[at]san_init", file.read())
        if compiler is None or sanitized:
            self.skipTest("no compiler, or a sanitizer that has allocations of its own")
        self.shim, self.ledger = self.path("fail_alloc.so"), self.path("ledger")
        subprocess.run([compiler, "-std=c11", "-O1", "-shared", "-fPIC", SHIM, "-o", self.shim,
                        "-ldl"], check=True)

    def faults(self, at, sticky=False):
        return {"LD_PRELOAD": self.shim, "FAULT_AT": str(at), "FAULT_STICKY": str(int(sticky)),
                "FAULT_REPORT": self.ledger}


class Client(MemoryTest):
    def setUp(self):
        super().setUp()
        self.base = self.sandbox().url
        self.assertEqual(self.push(self.base, "--live", "--yes").code, 0)

    def failing(self, arguments, at=0, sticky=False):
        return self.muster(*arguments, environment=self.faults(at, sticky))

    def all_fail(self, *arguments):
        """A run ends as one with memory does, or says that it had none; where memory is wanted by
        libcurl, all that is known is that nothing came."""
        arguments = [*arguments, "--base", self.base, "--token-file", self.token_file]
        healthy = self.failing(arguments)
        self.assertIn(healthy.code, (0, 1), healthy.err)
        count = int(self.read("ledger").split()[-2])
        wanted = {*range(1, min(FIRST, count) + 1), *range(FIRST, count + 1, count // SPREAD + 1)}
        failed, bad = 0, []
        for at in sorted(wanted):
            for sticky in (False, True):
                result = self.failing(arguments, at, sticky)
                told = (*arguments[:5], at, sticky, result.code, result.err)
                said = result.code in (INTERNAL, UNREADABLE) and "memory" in result.err.lower()
                # What a pull prints is the same each time, so nothing may be missing from it
                # without a word.
                if (arguments[0] == "pull" and
                        (result.code, result.err) == (healthy.code, healthy.err)):
                    self.assertEqual(result.out, healthy.out, told)
                if not said and result.code not in (healthy.code, UNAVAILABLE):
                    bad.append(told)
                failed += result.code != healthy.code
        self.assertEqual(bad, [], "\n".join(map(str, bad)))
        self.assertGreater(failed, 0)

    def test_push(self):
        self.all_fail("push", "A")
        self.all_fail("push", "A", "--from", "A", "--format", "json")

    def test_push_of_a_deprovision_file(self):
        self.write("deprovision.csv", DEPROVISION)
        self.all_fail("push", "deprovision.csv")

    def test_pull(self):
        self.all_fail("pull", "-o", "live.snap", "--from", "A")
        self.all_fail("pull", "--report", "json", "--inactive-since", "2024-12-31",
                      "--deprovision-out", "gone.csv")

    def test_pull_of_the_other_target(self):
        self.all_fail("pull", "--target", "sparkwise")
        self.all_fail("pull", "--target", "sparkwise", "--what", "completions")

    def test_push_to_the_other_target(self):
        self.all_fail("push", "A", "--target", "sparkwise", "--live")

    def test_a_batch_that_was_sent_was_not_refused(self):
        """Whatever part of the answer there is no memory for: it may have been carried out."""
        def script(_handler, _number):
            users = json.loads(server.requests[-1][3])["users"]
            done = json.dumps({"success": True, "data": {"success": users, "failed": []}})
            return answer(done + " " * (1 << 18))  # room is made for it again and again
        server = self.rude(script)
        arguments = ("push", "A", "--target", "sparkwise", "--live", "--base", server.url,
                     "--token-file", self.token_file)
        self.assertEqual(self.failing(arguments).code, 0)
        unknown = 0
        for at in range(int(self.read("ledger").split()[-2]), 0, -2):
            server.requests.clear()
            result = self.failing(arguments, at)
            if not server.requests:
                break
            self.assertNotIn("refused, or not sent any more", result.out, (at, result.err))
            unknown += "It is not known whether 3 users were processed" in result.out
        self.assertGreater(unknown, 0)


class Server(MemoryTest):
    def tour(self, at):
        """The exit codes of a client that calls everything, and how the sandbox ended."""
        state = self.path("state")
        shutil.rmtree(state, ignore_errors=True)
        process = subprocess.Popen([os.environ["MUSTER"], "serve", "--state", state],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={**clean_environment(), **self.faults(at)})
        url, codes = process.stdout.readline().decode().strip(), []
        if url:
            codes.append(self.push(url, "--live", "--yes", "--timeout", "5").code)
            codes.append(self.push(url, "--timeout", "5", export="deprovision.csv").code)
            codes.append(self.pull(url, "--timeout", "5").code)
            for command in (("pull",), ("push", "A", "--live"), ("pull", "--what", "clusters"),
                            ("pull", "--what", "completions")):
                codes.append(self.pull_other(url, *command).code)
            process.terminate()
        err = process.communicate(timeout=60)[1].decode()
        return codes, process.returncode, err

    def pull_other(self, url, command, *arguments):
        return self.muster(command, *arguments, "--target", "sparkwise", "--base", url,
                           "--token-file", self.token_file, "--timeout", "5")

    def test_a_sandbox_goes_on_without_memory_for_a_moment(self):
        """One allocation fails: the sandbox does not start and says so, or one request is refused,
        and the next ones are served; the end is an orderly one."""
        self.write("deprovision.csv", DEPROVISION)
        healthy, code, _ = self.tour(0)
        self.assertEqual((set(healthy), code), ({0}, 0))
        count, bad = int(self.read("ledger").split()[-2]), []
        for at in (*range(1, 30), *range(30, count, max(1, count // ROUNDS))):
            codes, ended, err = self.tour(at)
            if not codes:
                fine = ended in (UNREADABLE, INTERNAL) and err.startswith("muster: ")
            else:
                # What is refused is said to be the server's fault, or nothing came.
                fine = (ended == 0 and set(codes) <= {0, REFUSED, UNAVAILABLE, REMOTE_ERRORS} and
                        sum(code != 0 for code in codes) <= 2)
            if not fine:
                bad.append((at, codes, ended, err))
        self.assertEqual(bad, [], "\n".join(map(str, bad)))


if __name__ == "__main__":
    unittest.main()
