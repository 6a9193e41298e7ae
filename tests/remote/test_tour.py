# SPDX-License-Identifier: MIT
"""The five-minute tour of the README, run as it stands: what is printed there is what comes out.

The file is README.md, or the one that MUSTER_TOUR names. In its blocks marked `console`, below the
heading of the tour, a line that begins with "$ " is a command and what follows is what it prints;
a line that ends with a backslash, or opens a document with <<, goes on with "> "."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import MUSTER, clean_environment

HERE = os.path.dirname(os.path.abspath(__file__))
TOUR = os.environ.get("MUSTER_TOUR", os.path.join(HERE, "..", "..", "README.md"))
HEADING = "five-minute tour"
PORT = "8080"


def read_tour(text):
    """[(command, what it prints)] of the section of the tour."""
    section = re.split(r"(?m)^#+ .*$", text)
    headings = re.findall(r"(?m)^#+ .*$", text)
    wanted = [body for heading, body in zip(headings, section[1:]) if HEADING in heading]
    steps = []
    for block in re.findall(r"(?ms)^```console\n(.*?)^```", "".join(wanted)):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], ""])
            elif line.startswith("> ") or line == ">":
                steps[-1][0] += "\n" + line[2:]
            else:
                steps[-1][1] += line + "\n"
    return steps


class Tour(unittest.TestCase):
    def setUp(self):
        if not MUSTER:
            self.skipTest("MUSTER names no program")
        self.folder = tempfile.mkdtemp(prefix="muster-tour-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        os.mkdir(os.path.join(self.folder, "bin"))
        os.symlink(os.path.abspath(MUSTER), os.path.join(self.folder, "bin", "muster"))
        os.mkdir(os.path.join(self.folder, "work"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])

    def test_the_commands_print_what_the_readme_says(self):
        with open(TOUR, encoding="utf-8") as file:
            steps = read_tour(file.read())
        if not steps:
            self.skipTest("there is no tour in " + TOUR)
        environment = dict(clean_environment(), NO_COLOR="1")
        environment["PATH"] = os.path.join(self.folder, "bin") + ":" + environment["PATH"]
        shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, env=environment,
                                 cwd=os.path.join(self.folder, "work"))
        try:
            for command, wanted in steps:
                self.assertEqual(self.run_step(shell, command), wanted, command)
        finally:
            shell.stdin.write(b"\nkill %1 2> /dev/null; wait\n")
            shell.stdin.close()
            self.assertEqual(shell.stdout.read().decode(), "")
            shell.wait(timeout=60)
            shell.stdout.close()

    def run_step(self, shell, command):
        """What a command prints, as if the sandbox had its usual port and jobs had one name."""
        script = command.replace(PORT, self.port) + "\necho \"~$?~end~\"\n"
        shell.stdin.write(script.encode())
        shell.stdin.flush()
        lines = []
        while True:
            line = shell.stdout.readline().decode()
            self.assertTrue(line, "the shell has ended")
            if re.fullmatch(r"~\d+~end~\n", line):
                break
            lines.append(line)
        text = "".join(lines).replace(self.port, PORT)
        return re.sub(r"(?<=sync-users/)[0-9a-f]{32}", "ID", text)


if __name__ == "__main__":
    unittest.main()
