# SPDX-License-Identifier: MIT
"""What each fault of the sandbox does to a client: the documented exit code and words, within the
deadline, and nothing that changes something is sent twice."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import concurrent.futures
import re
import time
import unittest

from support import ClientTest, Counter

# What --fault does to a push: fault, more arguments, then exit code and words for a dry run, and for
# a live one. A code of 0 means that it got through all the same.
FAULTS = (
    ("delay=100", (), 0, "", 0, ""),
    ("delay=60000", ("--timeout", "2"), 7, "the time is over", 7, "nobody knows"),
    # The time may be over between two questions, or in the middle of one.
    ("job-delay=60000", ("--timeout", "5"), 7, "; it can be followed with: muster status http", 7,
     "; it can be followed with: muster status http"),
    ("429=2", (), 0, "", 0, ""),
    ("429", (), 7, "the remote is unavailable: HTTP 429", 7, "unavailable: HTTP 429"),
    ("5xx=2", (), 0, "", 0, ""),
    ("5xx", (), 7, "the remote is unavailable: HTTP 503", 7, "unavailable: HTTP 503"),
    ("cut=1", (), 0, "", 7, "nobody knows whether the remote has carried it out: it is not sent"),
    ("cut", (), 7, "no answer came", 7, "nobody knows whether the remote has carried it out"),
    ("elsewhere", (), 7, "it leads to another place", 7, "it leads to another place"),
    ("broken-json", (), 7, "the answer cannot be understood", 7, "nobody knows"),
    ("short-pages", (), 0, "", 0, ""),
)
# The same for pull: fault, more arguments, exit code, words.
PULL_FAULTS = (
    ("delay=60000", ("--timeout", "2"), 7, "the time is over"),
    ("429=2", (), 0, ""),
    ("429", (), 7, "the remote is unavailable: HTTP 429"),
    ("5xx=2", (), 0, ""),
    ("5xx", (), 7, "the remote is unavailable: HTTP 503"),
    ("cut=2", (), 0, ""),
    ("cut", (), 7, "no answer came"),
    ("broken-json", (), 7, "the answer cannot be understood"),
    ("short-pages", (), 0, ""),
)
DEADLINE = 60  # seconds; every --timeout here is far below


class Faults(ClientTest):
    """Each fault of the sandbox ends as documented, in time, and nothing live is sent twice."""

    def timed(self, command, *arguments):
        start = time.monotonic()
        result = command(*arguments)
        self.assertLess(time.monotonic() - start, DEADLINE)
        return result

    def test_all_faults_are_tried(self):
        usage = self.muster("serve", "--help").out
        usage = usage[usage.index("--fault makes trouble"):usage.index("examples:")]
        named = set(re.findall(r"\b(delay|job-delay|429|5xx|cut|elsewhere|short-pages|broken-json)\b",
                               usage))
        self.assertEqual(named, {fault.split("=")[0] for fault, *_ in FAULTS})

    def one_push(self, fault, more, live, code, words):
        state = f"state-{fault}-{live}"
        sandbox = self.sandbox("--fault", fault, state=state)
        counter = Counter(sandbox.port)
        self.addCleanup(counter.close)
        flags = ("--live", "--yes") if live else ()
        result = self.timed(self.push, counter.url, *flags, *more)
        self.assertEqual((result.code, words in result.err), (code, True),
                         (fault, live, result.err))
        if live:
            for kind in ("teams", "users"):
                # Sent again only where the answer said that nothing had been done.
                for status in counter.posts(kind)[:-1]:
                    self.assertIn(status, (429, 503), (fault, counter.posts(kind)))
        sandbox.stop()

    def one_pull(self, fault, more, code, words):
        sandbox = self.sandbox("--fault", fault, state=f"state-{fault}")
        result = self.timed(self.pull, sandbox.url, *more)
        self.assertEqual((result.code, words in result.err), (code, True), (fault, result.err))
        sandbox.stop()

    def together(self, one, cases):
        """Most of the time all of them only wait."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for result in [pool.submit(one, *case) for case in cases]:
                result.result()

    def test_dry_runs(self):
        self.together(self.one_push, [(fault, more, False, code, words)
                                      for fault, more, code, words, _, _ in FAULTS])

    def test_live_runs(self):
        self.together(self.one_push, [(fault, more, True, code, words)
                                      for fault, more, _, _, code, words in FAULTS])

    def test_pulls(self):
        self.together(self.one_pull, PULL_FAULTS)


if __name__ == "__main__":
    unittest.main()
