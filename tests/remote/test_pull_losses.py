# SPDX-License-Identifier: MIT
"""What a pull cannot keep of the live lists: it is told, counted, and never repaired in silence."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import unittest

from support import ClientTest, answer


def team(name, parent=None):
    return {"id": name, "name": "Team " + name, "parentTeamId": parent}


def user(number, *teams, **more):
    edges = [{"isDirect": True, "node": {"id": name}} for name in teams]
    return {"psUserId": f"p{number}", "email": f"u{number}@example.com", "isOnAccount": True,
            "currentSsoIdentifier": f"X{number}", "firstName": "F", "lastName": "L",
            "lastLogin": "2024-06-01T00:00:00Z", "productIds": [], "additionalEmails": [],
            "teams": {"edges": edges}, **more}


def place(number, name):
    return {"psUserId": f"p{number}", "teamId": name}


NOTHING = {"managersNotOnPlan": 0, "managersWithComma": 0, "managersOfUnlistedTeams": 0,
           "unlistedParents": 0, "unlistedTeams": 0, "unclearTeams": 0, "severalTeams": 0,
           "usersTwice": 0, "teamsTwice": 0}
WHOLE = {"users": [user(1, "t1"), user(2, "t2")], "teams": [team("t1"), team("t2", "t1")],
         "teamManagers": [place(1, "t1"), place(2, "t2")]}


class Losses(ClientTest):
    def remote_of(self, lists):
        server = self.rude(lambda handler, number: answer({"data": {
            name: {"pageInfo": {"hasNextPage": False}, "nodes": lists.get(name, []),
                   "products": []}
            for name in ("users", "teams", "teamManagers", "planAdmins", "planInfo")}}))
        return server.url

    def expect(self, lists, counts, unresolved, reason):
        """The counts of the report, the complaint, and the reason beside it, also with -q."""
        url = self.remote_of(dict(WHOLE, **lists))
        result = self.pull(url, "--report", "json")
        self.assertEqual((result.code, result.json["leftOut"]), (0, dict(NOTHING, **counts)))
        quiet = self.pull(url, "--format", "csv", "-o", "live", "-q")
        self.assertEqual((quiet.code, quiet.out), (0, ""), quiet.err)
        for told in (result, quiet):
            self.assertEqual("cannot be resolved" in told.err, unresolved > 0, told.err)
            if unresolved:
                entries = "1 entry" if unresolved == 1 else f"{unresolved} entries"
                self.assertIn(f"muster: {entries} of the remote's lists cannot be", told.err)
        self.assertEqual(quiet.err.count("\n"), (unresolved > 0) + (reason is not None))
        if reason:
            self.assertIn(reason + "\n", quiet.err)
        return url

    def test_nothing_is_told_of_whole_lists(self):
        self.assertNotIn("Not kept", self.pull(self.expect({}, {}, 0, None)).out)
        url = self.expect({"users": [*WHOLE["users"], user(3, "t9", isOnAccount=False),
                                        user(4, isOnAccount=False, teams=None)]}, {}, 0, None)
        self.assertNotIn("Not kept", self.pull(url).out)

    def test_a_team_below_one_that_is_not_listed(self):
        for parent in ("t77", 5, True):
            url = self.expect({"teams": [team("t1"), team("t2", parent)]}, {"unlistedParents": 1},
                              1, "1 team is below a team that is not listed: put at the top level")
            self.assertRegex(self.pull(url).out,
                             "Not kept in a roster\n  unlisted parent teams +1\n")
        self.assertIn("t2,Team t2,X2,\n", self.read("live/teams.csv").decode())

    def test_a_user_of_a_team_that_is_not_listed(self):
        self.expect({"users": [user(1, "t9"), user(2, "t8")]}, {"unlistedTeams": 2}, 2,
                    "2 users are in a team that is not listed: kept without a team")

    def test_a_user_of_whom_no_team_is_said(self):
        bare = {key: value for key, value in user(2).items() if key != "teams"}
        node = {"node": {"id": "t1"}}
        for wrong in (bare, dict(bare, teams=None), dict(bare, teams={}),
                      *(dict(bare, teams={"edges": [edge]}) for edge in
                        (None, node, dict(node, isDirect=None), dict(node, isDirect="true"),
                         {"isDirect": True}, {"isDirect": True, "node": {"id": 1}}))):
            self.expect({"users": [user(1, "t1"), wrong]}, {"unclearTeams": 1}, 1,
                        "it is not said in which teams 1 user is: only what is clear is kept")

    def test_several_teams_can_be_resolved(self):
        above = {"teams": {"edges": [{"isDirect": False, "node": {"id": "t1"}},
                                     {"isDirect": True, "node": {"id": "t2"}}]}}
        self.expect({"users": [user(1, "t1", "t2"), user(2, **above)]}, {"severalTeams": 1}, 0,
                    "1 user is in several teams: only the first of them is kept")

    def test_a_manager_of_a_team_that_is_not_listed_is_no_stranger(self):
        self.expect({"teamManagers": [place(1, "t1"), place(1, "t99")]},
                    {"managersOfUnlistedTeams": 1}, 1,
                    "left out: 1 manager place in a team that is not listed")
        for stranger in (place(9, "t1"), place(9, "t99"), place(3, "t1"), place(3, "t99")):
            self.expect({"users": [*WHOLE["users"], user(3, isOnAccount=False)],
                         "teamManagers": [stranger]}, {"managersNotOnPlan": 1}, 0,
                        "left out: 1 manager place of people who are not users of the plan")

    def test_a_user_who_comes_twice_with_other_data(self):
        users = WHOLE["users"]
        for other in ({"email": "x@example.com"}, {"currentSsoIdentifier": "X9"},
                      {"firstName": None}, {"lastName": "M"}, {"isOnAccount": False},
                      {"lastLogin": None}, {"additionalEmails": ["y@example.com"]},
                      {"productIds": ["p"]}, {"teams": user(2, "t1")["teams"]},
                      {"removedOn": "2024-01-01T00:00:00Z"}, {"teams": {"edges": []}}):
            self.expect({"users": [*users, dict(users[1], **other)]}, {"usersTwice": 1}, 1,
                        "1 user came again with other data: what came first is kept")
            self.assertEqual(self.read("live/users.csv").decode().splitlines()[1:],
                             ["X1,u1@example.com,F,L,t1", "X2,u2@example.com,F,L,t2"])
        # The same again is a page that was shifted; who is not on the plan is in no roster.
        gone = user(3, isOnAccount=False)
        self.expect({"users": [*users * 3, gone, dict(gone, email="")]}, {}, 0, None)

    def test_a_team_that_comes_twice_with_other_data(self):
        teams = WHOLE["teams"]
        for other in (team("t2"), dict(teams[1], name="Other"), team("t2", 5)):
            self.expect({"teams": [*teams, other, other]}, {"teamsTwice": 2}, 2,
                        "2 teams came again with other data: what came first is kept")
            self.assertIn("t2,Team t2,X2,t1\n", self.read("live/teams.csv").decode())
        self.expect({"teams": teams * 3}, {}, 0, None)


if __name__ == "__main__":
    unittest.main()
