# SPDX-License-Identifier: MIT
"""System calls of the network fail in the client and in the sandbox, one after the other (strace
makes them).

A run then ends as usual, or says that the remote could not be reached or that it is not known
what came of it; nothing of a live run is sent twice, and no token is told. MUSTER_ALL_CALLS=1 fails
every call, not some of each kind.
"""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import contextlib
import os
import re
import shutil
import signal
import subprocess
import unittest

from support import MUSTER, TOKEN, ClientTest, Counter, clean_environment

FAULTS = {
    "socket": ("EMFILE", "EACCES", "ENOBUFS"),
    "connect": ("ECONNREFUSED", "ENETUNREACH", "EINTR"),
    "sendto": ("ECONNRESET", "EPIPE", "EAGAIN", "EINTR"),
    "recvfrom": ("ECONNRESET", "EAGAIN", "EINTR"),
    "poll": ("EINTR", "ENOMEM"),
    "setsockopt": ("EINVAL",),
    "getsockopt": ("EINVAL",),
    "getsockname": ("ENOBUFS",),
    "getpeername": ("ENOTCONN",),
    "fcntl": ("EINVAL",),
    "socketpair": ("EMFILE",),
}
SERVER_FAULTS = {
    "accept4": ("EMFILE", "ECONNABORTED", "EAGAIN"),
    "recvfrom": ("ECONNRESET", "EAGAIN", "EINTR"),
    "sendmsg": ("ECONNRESET", "EPIPE", "EAGAIN"),
    "epoll_wait": ("EINTR",),
    "epoll_ctl": ("ENOMEM",),
    "setsockopt": ("EINVAL",),
    "shutdown": ("ENOTCONN",),
    "clone3": ("EAGAIN",),
}
# What the kernel says of a call that is to be made again.
HARMLESS = {("sendto", "EAGAIN"), ("recvfrom", "EAGAIN"), ("poll", "EINTR")}
CALL = re.compile(r"^\d+ +(\w+)\(", re.MULTILINE)
# Without these nothing goes over the net.
STICKY = ("socket", "connect", "sendto", "recvfrom")
UNREADABLE, UNAVAILABLE, REMOTE_ERRORS, INTERNAL = 3, 7, 8, 70
PLACES = 4
ALL = "MUSTER_ALL_CALLS" in os.environ


def places(count):
    """The calls to fail: all, or some, those at both ends among them."""
    if ALL or count <= PLACES:
        return range(1, count + 1)
    return sorted({1 + round((count - 1) * step / (PLACES - 1)) for step in range(PLACES)})


class TracedTest(ClientTest):
    def setUp(self):
        super().setUp()
        self.environment = dict(clean_environment(), ASAN_OPTIONS="detect_leaks=0")
        probe = ["strace", "-o", "/dev/null", "true"]
        if shutil.which("strace") is None or subprocess.run(probe, check=False).returncode != 0:
            self.skipTest("strace cannot run here: no call has failed")

    def faults_of(self, kinds):
        """All or some of the faults of the calls in the last trace."""
        calls = CALL.findall(self.read("trace").decode())
        return [(call, error, str(at)) for call, errors in kinds.items() for error in errors
                for at in places(calls.count(call))]


class Client(TracedTest):
    def setUp(self):
        super().setUp()
        self.port = int(self.sandbox().url.rsplit(":", 1)[1])

    def traced(self, options, arguments):
        """(exit code, output, message, what went over the net)"""
        between = Counter(self.port)
        done = subprocess.run(["strace", "-f", "-qq", "-o", self.path("trace"), *options, MUSTER,
                               *arguments, "--base", between.url, "--token-file", self.token_file,
                               "--timeout", "5"], cwd=self.folder, env=self.environment,
                              capture_output=True, timeout=120, check=False)
        between.close()
        out, err = done.stdout.decode(), done.stderr.decode()
        self.assertNotIn("Bearer", out + err)
        self.assertNotIn(TOKEN, out + err)
        return done.returncode, out, err, between

    def failed(self, arguments, healthy, fault):
        """Whether a run with a fault did not end as the healthy one, which had this output."""
        call, error, at = fault
        code, out, err, between = self.traced(["-e", "trace=" + call, "-e",
                                               f"inject={call}:error={error}:when={at}"], arguments)
        told = (*arguments[:2], *fault, code, err)
        again = (call, error) in HARMLESS and not at.endswith("+")
        self.assertIn(code, {0} if again else {0, UNAVAILABLE, REMOTE_ERRORS, INTERNAL}, told)
        if code == 0:
            self.assertEqual(out, healthy, told)
        else:
            self.assertNotEqual(err.strip(), "", told)
        if "--live" in arguments:
            for kind in ("users", "teams"):
                self.assertLessEqual(len(between.posts(kind)), 1, told)
        return code != 0

    def fail_in_turn(self, *arguments):
        """Each alone; of a live run and on request also with all that follow."""
        watched = ["-e", "trace=" + ",".join(FAULTS)]
        self.traced(watched, arguments)  # a live run finds something to do only once
        code, healthy, err, _ = self.traced(watched, arguments)
        self.assertEqual(code, 0, err)
        faults = self.faults_of(FAULTS)
        if ALL or "--live" in arguments:
            faults += [(call, FAULTS[call][0], "1+") for call in STICKY]
        failed = sum(self.failed(arguments, healthy, fault) for fault in faults)
        print(len(faults), "runs with a fault")
        self.assertGreater(len(faults), 40)
        if ALL or "--live" in arguments:
            self.assertGreaterEqual(failed, len(STICKY))

    def test_a_live_push(self):
        self.fail_in_turn("push", "A", "--live", "--yes", "--format", "json")

    def test_a_dry_run(self):
        self.fail_in_turn("push", "A")

    def test_a_pull(self):
        self.assertEqual(self.push(f"http://127.0.0.1:{self.port}", "--live", "--yes").code, 0)
        self.fail_in_turn("pull", "--report", "json")


class Server(TracedTest):
    def tour(self, options):
        """The exit codes of two pushes, and how the sandbox ended."""
        process = subprocess.Popen(["strace", "-f", "-qq", "-o", self.path("trace"), *options,
                                    MUSTER, "serve", "--state", self.path("state")],
                                   cwd=self.folder, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        url = process.stdout.readline().decode().strip()
        codes = [self.push(url, "--timeout", "5").code for _ in range(2)] if url else []
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            for child in file.read().split():
                with contextlib.suppress(ProcessLookupError):  # one that does not start is gone
                    os.kill(int(child), signal.SIGTERM)
        err = process.communicate(timeout=60)[1].decode()
        return codes, process.returncode, err

    def test_a_sandbox_goes_on(self):
        """One client may get no answer; the next one does."""
        self.assertEqual(self.tour([]), ([0, 0], 0, ""))
        faults = self.faults_of(SERVER_FAULTS)
        for call, error, at in faults:
            codes, ended, err = self.tour(["-e", "trace=" + call, "-e",
                                           f"inject={call}:error={error}:when={at}"])
            told = (call, error, at, codes, ended, err)
            if not codes:
                self.assertIn(ended, (UNREADABLE, INTERNAL), told)
                self.assertNotEqual(err.strip(), "", told)
                continue
            self.assertIn(codes[0], {0, UNAVAILABLE, REMOTE_ERRORS}, told)
            self.assertIn(codes[1], {0} if codes[0] else {0, UNAVAILABLE, REMOTE_ERRORS}, told)
            self.assertEqual(ended, 0, told)
            self.assertNotIn("Sanitizer", err, told)
        print(len(faults), "runs with a fault")
        self.assertGreater(len(faults), 40)


if __name__ == "__main__":
    unittest.main()
