# SPDX-License-Identifier: MIT
"""A hostile world: full disks, folders that cannot be written, closed pipes, files that change.

Whoever runs this as root gets another user for the tests about permissions, where setpriv is there;
a small file system wants the right to mount one, alone or in a namespace of one's own.
"""
import os
import resource
import shutil
import signal
import subprocess
import time

import common

NOBODY = 65534


def as_nobody():
    """What to put before a command so that permissions count; None where that cannot be had."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return None
    command = (setpriv, "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups",
               "--inh-caps=-all", "--bounding-set=-all")
    return command if subprocess.run(command + ("true",), check=False).returncode == 0 else None


def refused(tally, how, result, path, *words):
    """The run could not write or read: exit 3, and a message that says what and where."""
    tally.run()
    tally.expect(result.code == common.UNREADABLE, "the exit code is 3", how, result)
    text = result.err.decode("utf-8", "replace")
    tally.expect(str(path) in text, "the message names the place", how, result)
    for word in words:
        tally.expect(word in text, "the message says " + word, how, result)


def writers(scratch, target):
    """Commands that write to `target`."""
    old, new = scratch.inputs / "old", scratch.inputs / "new"
    return {
        "snapshot": ["snapshot", new, "-q", "-o", target],
        "check": ["check", new, "--format", "jsonl", "-o", target],
        "diff": ["diff", old, new, "-q", "-o", target],
        "plan": ["plan", "--from", old, new, "-o", target],
        "leavers": ["leavers", "--from", old, new, "-o", target],
        "records": ["records", scratch.inputs / "odd.csv", "-o", target],
    }


def full_device(tally, scratch):
    for name, arguments in writers(scratch, "/dev/full").items():
        refused(tally, name + " -o /dev/full", scratch.run(arguments), "/dev/full", "No space")
    with open("/dev/full", "wb") as full:
        for arguments in (["check", scratch.inputs / "new"], ["explain"], ["--help"],
                          ["--version"], ["check", "--help"],
                          ["records", scratch.inputs / "odd.csv"]):
            command = [scratch.muster] + [str(part) for part in arguments]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
            tally.run()
            tally.expect(done.returncode == common.UNREADABLE, "a full standard output is told",
                         arguments, done.returncode, done.stderr)


def full_disk(tally, scratch):
    """A file system of 64 KiB, and a result that does not fit."""
    place = scratch.root / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        tally.note("no small file system")
        return
    try:
        common.large(scratch, "many", 3000)
        (place / "result").write_bytes(b"old content")
        for name, arguments in (
                ("snapshot", ["snapshot", scratch.inputs / "many", "-q", "-o", place / "result"]),
                ("check", ["diff", scratch.inputs / "old", scratch.inputs / "many", "--format",
                           "jsonl", "-o", place / "result"]),
                ("fix", ["fix", scratch.inputs / "many", "-o", place / "fixed"])):
            result = scratch.run(arguments)
            refused(tally, name + " to a full disk", result, place, "No space")
            left = sorted(path.name for path in place.rglob("*") if path.is_file())
            tally.expect((place / "result").read_bytes() == b"old content", "the old file stays",
                         name)
            tally.expect(left == ["result"], "nothing else is left", name, left)
    finally:
        subprocess.run(["umount", str(place)], check=False)


def read_only(tally, scratch):
    """A folder that must not be written, a file that must not be read."""
    prefix = as_nobody()
    if prefix is None:
        tally.note("no other user: permissions not tried")
        return
    closed = scratch.root / "closed"
    closed.mkdir()
    (closed / "result").write_bytes(b"old content")
    secret = scratch.write("secret.csv", "id\n")
    for path, mode in ((closed, 0o555), (secret, 0o000), (scratch.root, 0o755),
                       (scratch.inputs, 0o755)):
        path.chmod(mode)
    for folder in (scratch.inputs / "old", scratch.inputs / "new"):
        folder.chmod(0o755)
    for name, arguments in writers(scratch, closed / "result").items():
        refused(tally, name + " to a closed folder", scratch.run(arguments, prefix=prefix), closed,
                "ermission denied")
        tally.expect((closed / "result").read_bytes() == b"old content", "the old file stays", name)
    refused(tally, "fix to a closed folder",
            scratch.run(["fix", scratch.inputs / "new", "-o", closed / "fixed"], prefix=prefix),
            closed, "ermission denied")
    refused(tally, "a secret file", scratch.run(["check", "--users", secret], prefix=prefix),
            secret, "ermission denied")
    refused(tally, "a secret file", scratch.run(["records", secret], prefix=prefix), secret,
            "ermission denied")
    closed.chmod(0o755)
    secret.chmod(0o600)


def strange_inputs(tally, scratch):
    """What is no file: a folder, a device, a pipe without a writer, a socket, nothing."""
    folder = scratch.inputs / "folder"
    folder.mkdir(exist_ok=True)
    fifo = scratch.inputs / "fifo"
    os.mkfifo(fifo)
    loop = scratch.inputs / "loop"
    loop.symlink_to("loop")
    for path in (folder, "/dev/zero", "/dev/null", "/dev/tty", fifo, loop,
                 scratch.inputs / "missing", scratch.inputs / "old.snap" / "x"):
        for arguments in (["check", "--users", path], ["records", path],
                          ["diff", scratch.inputs / "old.snap", path]):
            if arguments[0] == "diff" and path == folder:
                continue
            result = scratch.run(arguments, timeout=20)
            refused(tally, " ".join(map(str, arguments)), result, path)


def standard_input(tally, scratch):
    data = (scratch.inputs / "new" / "users.csv").read_bytes()
    file_run = scratch.run(["records", scratch.inputs / "new" / "users.csv"])
    piped = scratch.run(["records", "-"], stdin=data)
    tally.run(4)
    tally.expect(piped.out == file_run.out and piped.code == file_run.code,
                 "a pipe is read as the file is", piped, file_run)
    with open(scratch.inputs / "new" / "users.csv", "rb") as source:
        again = scratch.run(["records", "-"], stdin=source)
    tally.expect(again.out == file_run.out, "so is a redirected file", again)
    with open(scratch.inputs / "new" / "users.csv", "rb") as source:
        source.seek(len(data.splitlines(True)[0]))
        rest = scratch.run(["records", "-"], stdin=source)
    tally.expect(rest.out == b"".join(file_run.out.splitlines(True)[1:]),
                 "from where it stands", rest)
    # Standard streams that are closed: nothing may be mistaken for them.
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        target = scratch.out / "result"
        scratch.clear()
        script = '"$0" check "$1" --format jsonl -o "$2" ' + closing
        done = subprocess.run(["sh", "-c", script, scratch.muster, str(scratch.inputs / "new"),
                               str(target)], stdin=subprocess.DEVNULL, capture_output=True,
                              check=False)
        tally.run()
        tally.expect(done.returncode == 1, "closed streams do not matter to -o", closing,
                     done.returncode, done.stderr)
        lines = target.read_bytes() if target.exists() else b""
        tally.expect(lines.startswith(b'{"type":"start"') and lines.endswith(b"}\n"),
                     "and the result is whole", closing, lines[:80])
        again = subprocess.run(["sh", "-c", '"$0" check "$1" ' + closing, scratch.muster,
                                str(scratch.inputs / "new")], stdin=subprocess.DEVNULL,
                               capture_output=True, check=False)
        tally.run()
        tally.expect(again.returncode in ((1,) if ">&-" not in closing or closing == "2>&-"
                                          else (common.UNREADABLE,)),
                     "a closed standard output is told", closing, again.returncode, again.stderr)


def without_devices(tally, scratch):
    """A container without /dev, and closed streams: nothing there can take their place."""
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /dev && exec \"$@\" <&-", "sh"]
    if subprocess.run(command + ["true"], check=False, capture_output=True).returncode != 0:
        tally.note("no namespace: /dev was always there")
        return
    new = scratch.inputs / "new"
    healthy = scratch.run(["check", new])
    result = scratch.run(["check", new], prefix=command)
    tally.run(2)
    tally.expect(result.code == healthy.code and result.out == healthy.out,
                 "a closed standard input does not matter without /dev", result)
    refused(tally, "closed, and to be read, without /dev",
            scratch.run(["records", "-"], prefix=command), "standard input")


def closed_pipe(tally, scratch):
    """Whoever reads goes away: the program ends by SIGPIPE, without a word."""
    common.large(scratch, "many", 3000)
    for arguments in (["diff", scratch.inputs / "old", scratch.inputs / "many", "--format",
                       "jsonl"], ["records", scratch.inputs / "many" / "users.csv"],
                      ["diff", scratch.inputs / "old", scratch.inputs / "many", "--format", "jsonl",
                       "-o", "/dev/stdout"]):
        for ignored in (False, True):
            command = [scratch.muster] + [str(part) for part in arguments]
            run = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, restore_signals=False,
                preexec_fn=lambda how=ignored: signal.signal(
                    signal.SIGPIPE, signal.SIG_IGN if how else signal.SIG_DFL))
            run.stdout.read(10)
            run.stdout.close()
            error = run.stderr.read()
            run.stderr.close()
            code = run.wait(timeout=60)
            tally.run()
            tally.expect(code == -signal.SIGPIPE, "SIGPIPE ends it", arguments, code)
            tally.expect(b"annot write" not in error and b"roken" not in error,
                         "without a word about it", arguments, error)


def stopped(scratch, arguments, change, moment):
    """Run, and at `moment` seconds stop the program, change something, and let it go on."""
    command = [scratch.muster] + [str(part) for part in arguments]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(moment)
    run.send_signal(signal.SIGSTOP)
    change()
    run.send_signal(signal.SIGCONT)
    out, error = run.communicate(timeout=120)
    return common.Result(run.returncode, out, error, scratch.files())


def changing_files(tally, scratch, full):
    """A file of megabytes is cut, appended to, or replaced while it is read."""
    common.large(scratch, "wide", 150000)
    path = scratch.inputs / "wide" / "users.csv"
    data = path.read_bytes()
    check = ["check", scratch.inputs / "wide", "--format", "jsonl"]
    snapshot = ["snapshot", scratch.inputs / "wide", "-q", "-o", scratch.out / "result"]
    taken = scratch.run(snapshot).files["result"]
    began = time.monotonic()
    healthy = scratch.run(check)
    duration = time.monotonic() - began
    half = len(data) // 2

    def cut():
        os.truncate(path, half)

    def empty():
        os.truncate(path, 0)

    def append():
        with open(path, "ab") as file:
            file.write(b"X,x@example.com,A,B,\n")

    def overwrite():
        with open(path, "r+b") as file:
            file.seek(half)
            file.write(b"\"" * 4096)

    def replace():
        other = path.with_suffix(".new")
        other.write_bytes(b"id\n")
        os.replace(other, path)

    seen = {}
    count = 60 if full else 9
    for change in (cut, empty, append, overwrite, replace):
        path.write_bytes(data)
        change()
        changed = scratch.run(check)
        scratch.clear({"result": b"old content"})
        taken_after = scratch.run(snapshot).files["result"]
        for step in range(count):
            moment = duration * (step + 1) / (count + 1)
            path.write_bytes(data)
            scratch.clear({"result": b"old content"})
            arguments = check + ["-o", scratch.out / "result"]
            if step % 3 == 2:
                arguments = snapshot
            result = stopped(scratch, arguments, change, moment)
            tally.run()
            how = "%s after %.3f s: %s" % (change.__name__, moment, arguments[0])
            code = common.signal_name(result.code)
            seen[code] = seen.get(code, 0) + 1
            tally.expect(result.code in (0, 1, common.UNREADABLE), "no crash", how, result)
            content = result.files.get("result")
            if result.code == common.UNREADABLE:
                tally.expect(content == b"old content", "the old file stays", how, result.err)
                tally.expect(b"users.csv" in result.err, "the message names the file", how,
                             result)
            elif arguments[0] == "check":
                tally.expect(content in (healthy.out, changed.out),
                             "or it was read wholly before or after", how)
            else:
                tally.expect(content in (taken, taken_after),
                             "or it was read wholly before or after", how)
            tally.expect(set(result.files) == {"result"}, "nothing else is left", how,
                         sorted(result.files))
    path.write_bytes(data)
    tally.note("changed files: " + ", ".join("%d ended with %s" % (count, code)
                                             for code, count in sorted(seen.items())))


def limited(words):
    """What to put before a command so that it runs under a limit of the shell's `ulimit`."""
    return ("sh", "-c", "ulimit " + words + ' && exec "$@"', "sh")


def file_limit(tally, scratch):
    """A file may not grow as far as it would (ulimit -f): told as a full disk is."""
    common.large(scratch, "many", 3000)
    many, result = scratch.inputs / "many", scratch.out / "result"
    diff = ["diff", scratch.inputs / "old", many, "--format", "jsonl"]
    for name, arguments, path in (
            ("snapshot", ["snapshot", many, "-q", "-o", result], result),
            ("diff", diff + ["-o", result], result),
            ("records", ["records", many / "users.csv", "-o", result], result),
            ("fix", ["fix", many, "-q", "-o", scratch.out], scratch.out / "users.csv")):
        scratch.clear({path.name: b"old content"})
        done = scratch.run(arguments, prefix=limited("-f 8"))
        refused(tally, name + " under ulimit -f", done, path, "too large")
        tally.expect(done.files == {path.name: b"old content"},
                     "the old file stays, and nothing else", name, sorted(done.files))
    with open(result, "wb") as file:
        command = limited("-f 8") + (scratch.muster,) + tuple(str(part) for part in diff)
        done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, check=False)
    tally.run()
    tally.expect(done.returncode == common.UNREADABLE and b"too large" in done.stderr,
                 "and so it is of standard output", done.returncode, done.stderr)


def few_addresses(tally, scratch):
    """Many threads in little address space (ulimit -v), where one thread has plenty."""
    common.large(scratch, "wide", 150000)
    check = ["check", scratch.inputs / "wide", "--format", "jsonl"]
    healthy = scratch.run(check + ["-j", "1"])
    # So many, because it was a matter of chance, at this very limit, whether there were enough.
    for jobs in [1] + [16] * 24:
        result = scratch.run(check + ["-j", jobs], prefix=limited("-v 133120"))
        tally.run()
        tally.expect(result.code == healthy.code and result.out == healthy.out,
                     "130 MiB of addresses are always enough for many threads", jobs,
                     result.code, result.err)


def signals(tally, scratch):
    """Ended by a signal in mid-writing, the program takes its temporary file with it."""
    common.large(scratch, "wide", 150000)
    target = scratch.out / "result"
    diff = ["diff", scratch.inputs / "old", scratch.inputs / "wide", "--format", "jsonl"]
    for arguments in (diff, ["snapshot", scratch.inputs / "wide", "-q"]):
        command = [scratch.muster] + [str(part) for part in arguments + ["-o", target]]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=False, timeout=120)
        whole = target.read_bytes()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                       signal.SIGALRM, signal.SIGXCPU, signal.SIGUSR1, signal.SIGUSR2):
            for moment in (0, 0.01, 0.03):
                signals_try(tally, scratch, command, (number, moment, whole))


def signals_try(tally, scratch, command, case):
    """Wait until there is a temporary file, and a moment more; then send the signal."""
    number, moment, whole = case
    scratch.clear({"result": b"old content"})
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, preexec_fn=no_core)
    while run.poll() is None and len(os.listdir(scratch.out)) < 2:
        time.sleep(0.0005)
    time.sleep(moment)
    run.send_signal(number)
    code = run.wait(timeout=60)
    left = scratch.files()
    how = (command[1], signal.Signals(number).name, moment)
    tally.run()
    tally.expect(code in (-number, 1, 0), "the signal ends it", how, code)
    tally.expect(sorted(left) == ["result"], "no temporary file is left", how, sorted(left))
    # The signal may come when the result is in its place, and the program nearly gone.
    tally.expect(left["result"] in (whole, b"old content"),
                 "there is the old file or the whole new one", how)


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(scratch, options):
    tally = common.Tally("world")
    full_device(tally, scratch)
    full_disk(tally, scratch)
    read_only(tally, scratch)
    strange_inputs(tally, scratch)
    standard_input(tally, scratch)
    without_devices(tally, scratch)
    closed_pipe(tally, scratch)
    changing_files(tally, scratch, options.full)
    signals(tally, scratch)
    file_limit(tally, scratch)
    few_addresses(tally, scratch)
    return tally
