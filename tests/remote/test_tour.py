# SPDX-License-Identifier: MIT
"""The five-minute tour of the README, run as it stands: what is printed there is what comes out.

The file is README.md, or the one that MUSTER_TOUR names. In the blocks marked `console` of the
tour's section, a line that begins with "$ " is a command, lines that begin with ">" continue it,
and what follows is what it prints. What cannot be the same everywhere is put in its place: port
8080 (any free one), the ids of jobs (that of the last one), and `curl` is `curl -sS`, because it
draws a progress bar where no terminal is. `muster serve` is what the first terminal does."""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import MUSTER, clean_environment

HERE = os.path.dirname(os.path.abspath(__file__))
TOUR = os.environ.get("MUSTER_TOUR", os.path.join(HERE, "..", "..", "README.md"))
HEADING = "## The five-minute tour\n"
PORT = "8080"
JOB = re.compile(r"(?<=sync-users/)[0-9a-f]{32}")


def read_tour(text):
    """[[command, what it prints]] of the section of the tour."""
    if HEADING not in text:
        return []
    section = re.split(r"(?m)^## ", text.split(HEADING, 1)[1])[0]
    steps = []
    for block in re.findall(r"(?ms)^```console\n(.*?)^```", section):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], ""])
            elif line.startswith(">"):
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
        os.mkdir(self.path("work"))
        os.mkdir(self.path("bin"))
        with open(self.path("bin/curl"), "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\nexec {shutil.which("curl")} -sS "$@"\n')
        os.chmod(self.path("bin/curl"), 0o755)
        self.environment = dict(clean_environment())
        self.environment["PATH"] = ":".join([self.path("bin"),
                                             os.path.dirname(os.path.abspath(MUSTER)),
                                             self.environment["PATH"]])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.job = None
        self.first_terminal = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_the_commands_print_what_the_readme_says(self):
        with open(TOUR, encoding="utf-8") as file:
            steps = read_tour(file.read())
        self.assertGreater(len(steps), 0, "there is no tour in " + TOUR)
        shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, env=self.environment,
                                 cwd=self.path("work"))
        try:
            for command, wanted in steps:
                run = self.serve if command.startswith("muster serve ") else self.run_step
                self.assertEqual(run(shell, command), JOB.sub("ID", wanted), command)
        finally:
            shell.stdin.close()
            rest = shell.stdout.read().decode()
            shell.wait(timeout=60)
            shell.stdout.close()
            ended = self.end_first_terminal()
        self.assertEqual((rest, ended), ("", (0, "")))

    def serve(self, _shell, command):
        """The first terminal: what it prints when it is ready."""
        self.first_terminal = subprocess.Popen(
            ["bash", "-c", "exec " + command.replace(PORT, self.port)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=self.environment, cwd=self.path("work"))
        return self.first_terminal.stdout.readline().decode().replace(self.port, PORT)

    def end_first_terminal(self):
        """Ctrl-C there: (exit code, what it printed since)."""
        process = self.first_terminal
        if process is None:
            return None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        return process.returncode, out.decode()

    def run_step(self, shell, command):
        """What a command prints, asked again as long as a job is at work."""
        end = time.monotonic() + 60
        while True:
            text = self.run_once(shell, command)
            polled = "/status" in command and '{"status":"processing"' in text
            if not polled or time.monotonic() > end:
                break
            time.sleep(0.1)
        jobs = JOB.findall(text)
        self.job = jobs[-1] if jobs else self.job
        return JOB.sub("ID", text.replace(self.port, PORT))

    def run_once(self, shell, command):
        script = command.replace(PORT, self.port)
        if self.job is not None:
            script = JOB.sub(self.job, script)
        shell.stdin.write((script + "\necho \"~$?~end~\"\n").encode())
        shell.stdin.flush()
        lines = []
        while True:
            line = shell.stdout.readline().decode()
            self.assertTrue(line, "the shell has ended")
            if re.fullmatch(r"~\d+~end~\n", line):
                return "".join(lines)
            lines.append(line)


if __name__ == "__main__":
    unittest.main()
