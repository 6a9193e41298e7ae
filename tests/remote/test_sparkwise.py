# SPDX-License-Identifier: MIT
"""Sparkwise: pages that are no lists of users."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import os
import unittest

from support import ClientTest, answer


def user(number, **more):
    return {"id": f"i{number}", "remoteId": f"X{number}", "email": f"u{number}@example.com",
            "firstName": "F", "lastName": "L", "active": True, **more}


class SparkwiseTest(ClientTest):
    def spark(self, command, base, *arguments):
        return self.muster(command, "--target", "sparkwise", "--base", base, "--token-file",
                           self.token_file, *arguments)


class Pull(SparkwiseTest):
    def pages(self, *pages):
        """Pull users from these pages."""
        steps = [answer({"success": True, "data": {
            "items": items, "page": number,
            "next": number + 1 if number + 1 < len(pages) else None}})
                 for number, items in enumerate(pages)]
        return self.spark("pull", self.rude(steps).url, "-o", "users.csv")

    def test_who_lacks_what_every_user_has_is_no_user(self):
        without_id = {key: value for key, value in user(2).items() if key != "id"}
        for wrong, lacking in ((None, "id"), ({}, "id"), ([], "id"), ("i2", "id"),
                               (without_id, "id"), (user(2, id=None), "id"), (user(2, id=""), "id"),
                               (user(2, active=None), "active"), (user(2, active=1), "active")):
            for pages in (([user(1), wrong],), ([user(1)], [wrong])):
                result = self.pages(*pages)
                self.assertEqual(result.code, 7, wrong)
                self.assertIn(f"page {len(pages) - 1} has a user without {lacking}", result.err)
                self.assertFalse(os.path.exists(self.path("users.csv")))

    def test_what_a_user_need_not_have_stays_empty(self):
        result = self.pages([{"id": "i1", "active": False}, {"id": 7, "active": True}])
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertEqual(self.read("users.csv").decode().splitlines()[1:],
                         ["i1,,,,,false", "7,,,,,true"])

    def test_of_users_that_come_twice_the_first_is_kept(self):
        again = user(1, email="other@example.com")
        for pages, told in ((([user(1), again, user(2)],), "1 user"),
                            (([user(1), user(2)], [user(2), user(1), user(3)]), "2 users")):
            result = self.pages(*pages)
            self.assertEqual(result.code, 0, result.err)
            self.assertIn(f"the remote's pages have {told} more than once: of each the first",
                          result.err)
            rows = self.read("users.csv").decode().splitlines()[1:]
            self.assertEqual(rows, [f"i{n},X{n},u{n}@example.com,F,L,true"
                                    for n in range(1, len(rows) + 1)])

    def test_entries_of_other_lists_have_names(self):
        for what, wrap in (("clusters", lambda items: {"success": True, "data": {"items": items}}),
                           ("completions", lambda items: items)):
            for wrong in (None, {}, "x", {"moduleName": "M"}):
                result = self.spark("pull", self.rude([answer(wrap([wrong]))]).url, "--what", what)
                self.assertEqual((result.code, result.out), (7, ""), wrong)
                self.assertIn("the answer cannot be understood", result.err)


if __name__ == "__main__":
    unittest.main()
