# SPDX-License-Identifier: MIT
"""Random pairs of exports through the whole way: what is pushed is what is planned, and what is
pulled back is what was pushed."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import json
import os
import random
import unittest

from support import RemoteTest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import random_exports

PAIR_COUNT = int(os.environ.get("MUSTER_PAIRS", "12"))


class Pairs(RemoteTest):
    def put(self, folder, export):
        for kind in ("users", "teams"):
            self.write(f"{folder}/{kind}.csv", export.files[kind])

    def texts(self, result):
        return [json.loads(line)["text"] for line in result.out.splitlines()
                if json.loads(line)["type"] == "operation"]

    def test_random_pairs(self):
        base = self.sandbox().url
        tried = 0
        for seed in range(10 * PAIR_COUNT):
            if tried == PAIR_COUNT:
                break
            old, new = random_exports.random_pair(random.Random(seed))
            self.put("A", old)
            self.put("B", new)
            if any(self.muster("check", folder, "--fail-on", "never", "--format",
                               "sync").out.startswith('{"status":"Invalid') for folder in "AB"):
                continue
            tried += 1
            self.write("token", f"pair-{seed}")
            self.one_pair(base, seed)
        self.assertEqual(tried, PAIR_COUNT)

    def one_pair(self, base, seed):
        first = self.push(base, "--live", "--yes", "-q", export="A")
        self.assertIn(first.code, (0, 8), (seed, first.err))
        self.assertEqual(self.muster("snapshot", "A", "-o", "A.snap", "-q").code,
                         1 if first.code == 8 else 0)
        planned = self.muster("plan", "--from", "A.snap", "B", "--format", "jsonl")
        self.assertIn(planned.code, (0, 1, 4), (seed, planned.err))
        dry = self.push(base, "--format", "jsonl", "--from", "A.snap", "--force", "-q", export="B")
        self.assertEqual(self.texts(dry), self.texts(planned), seed)
        summary = json.loads(dry.out.splitlines()[-1])
        self.assertEqual(summary["operations"], summary["plan"], seed)
        live = self.push(base, "--format", "jsonl", "--live", "--yes", "-q", export="B")
        self.assertEqual(self.texts(live), self.texts(planned), seed)
        again = self.push(base, "--format", "jsonl", "-q", export="B")
        self.assertEqual(self.texts(again), [], seed)
        self.assertEqual(self.pull(base, "-o", "live.snap", "-q").code, 0, seed)
        self.assertEqual(self.muster("snapshot", "B", "-o", "B.snap", "-q").code, live.code // 8)
        same = self.muster("diff", "B.snap", "live.snap", "--exit-code")
        self.assertEqual(same.code, 0, (seed, same.out))


if __name__ == "__main__":
    unittest.main()
