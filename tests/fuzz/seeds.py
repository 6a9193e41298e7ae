#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make starting points for the fuzz targets out of the corpora.

    seeds.py TARGET FOLDER [MUSTER]

Files of one case are joined by the separator of fuzz.h, and a byte of choices is put behind them.
MUSTER is the program, which makes the snapshots for the target of that name.
"""
import pathlib
import subprocess
import sys
import tempfile

SEPARATOR = b"\x1e"
SIZE_MAX = 16384
CORPORA = pathlib.Path(__file__).resolve().parents[2] / "corpora"
NAMES = ("users.csv", "teams.csv", "deprovision.csv")


def read(path):
    data = path.read_bytes() if path.is_file() else b""
    return data if len(data) <= SIZE_MAX else b""


def exports():
    for kind in ("valid", "broken", "hostile"):
        for folder in sorted((CORPORA / kind).iterdir()):
            files = [read(folder / name) for name in NAMES]
            while files and not files[-1]:
                files.pop()
            if files:
                yield folder.name, SEPARATOR.join(files)


def pairs():
    for folder in sorted((CORPORA / "pairs").iterdir()):
        old = [read(folder / "old" / name) for name in NAMES[:2]]
        new = [read(folder / "new" / name) for name in NAMES]
        if not new[2]:
            new.pop()
        yield folder.name, SEPARATOR.join(old + new)


def snapshots(program):
    for kind in ("valid", "pairs"):
        for folder in sorted((CORPORA / kind).iterdir()):
            source = folder if kind == "valid" else folder / "old"
            if not (source / "users.csv").is_file() or not (source / "teams.csv").is_file():
                continue
            with tempfile.TemporaryDirectory() as scratch:
                path = pathlib.Path(scratch) / "seed.snap"
                subprocess.run([program, "snapshot", str(source), "-q", "-o", str(path)],
                               stderr=subprocess.DEVNULL, check=False)
                if path.is_file() and path.stat().st_size <= SIZE_MAX:
                    yield folder.name, path.read_bytes()


def singles():
    for kind in ("valid", "broken", "hostile", "seeds"):
        for path in sorted((CORPORA / kind).rglob("*")):
            data = read(path)
            if data:
                yield "-".join(path.relative_to(CORPORA).parts), data


def replies():
    """What remotes answer, by run of the target: the documented shapes, and some that are not."""
    waiting = b'{"status":"Awaiting users file"}'
    begun = (b'{"status":"processing","statusUrl":'
             b'"http://127.0.0.1:9/base/sync-users/0123456789abcdef/status"}')
    ended = (b'{"status":"completed","dryRun":false,"listOfOperations":'
             b'["Add team \\"Cloud\\" (T2)","Move team \\"A\\" to \\"B\\"",7],"errors":[]}')
    errors = b'{"status":"completedWithErrors","dryRun":true,"errors":["line 2: \\u001b[2J"]}'
    for run in (0, 1):
        yield "sync-%d" % run, run, (waiting, begun, ended)
        yield "sync-errors-%d" % run, run, (waiting, begun, begun, errors)
        yield "sync-invalid-%d" % run, run, (b'A{"status":"Invalid data","errors":["x"]}',)
        yield "sync-elsewhere-%d" % run, run, (waiting, begun.replace(b"127", b"128"))
        yield "sync-busy-%d" % run, run, (b"B{}", b"Bno json", b"C{}", b"F", b"G", b"H")
    for word in (b"No files", b"Processing", b"Validation Completed With Errors",
                 b"Completed With Errors", b"Completed Successfully"):
        yield "deprovision-" + word.decode().replace(" ", "-"), 2, (
            b'{"status":"' + word + b'","listOfOperations":["Remove user X1"],"errors":[{}]}',)
    yield "upsert", 3, (b'{"success":true,"data":{"success":[{"id":"1"}],"failed":[{"user":'
                        b'{"remoteId":"X2"},"error":"no"}]},"error":null}',)
    page = b'"pageInfo":{"hasNextPage":%s,"endCursor":"c%d"}'
    plan = b'{"data":{"planInfo":{"products":[{"id":"p","name":"Skills","purchasedLicenseCount":5}]}}}'
    users = (b'{"data":{"users":{' + page % (b"false", 1) + b',"nodes":[{"psUserId":"u1","email":'
             b'"ann@example.com","additionalEmails":["a@b.c"],"firstName":"Ann","lastName":"Lee",'
             b'"currentSsoIdentifier":null,"isOnAccount":true,"removedOn":null,"lastLogin":'
             b'"2023-05-01T12:00:00Z","productIds":["p"],"teams":{"edges":[{"isDirect":true,"node":'
             b'{"id":"T2"}}]}}]}}}')
    teams = (b'{"data":{"teams":{' + page % (b"false", 2) + b',"nodes":[{"id":"T1","name":"IT",'
             b'"parentTeamId":null},{"id":"T2","name":"Cloud (Ann Lee - T2)","parentTeamId":"T1"}]}}}')
    managers = (b'{"data":{"teamManagers":{' + page % (b"false", 3) + b',"nodes":[{"psUserId":"u1",'
                b'"teamId":"T2"}]}}}')
    admins = b'{"data":{"planAdmins":{' + page % (b"false", 4) + b',"nodes":[{"psUserId":"u1"}]}}}'
    for run in (4, 5):
        yield "pull-%d" % run, run, (users, teams, managers, admins, plan)
        yield "pull-pages-%d" % run, run, (users.replace(b"false", b"true", 1), users, teams,
                                           managers, b'{"errors":[{"message":"no"}]}', plan)
        yield "pull-circle-%d" % run, run, (users.replace(b"false", b"true", 1),) * 2
    item = b'{"id":"1","remoteId":"X1","email":"=1","firstName":"A","active":true}'
    yield "members", 6, (b'{"success":true,"data":{"items":[' + item + b'],"page":0,"next":1}}',
                         b'{"success":true,"data":{"items":[],"page":1,"next":null}}')
    yield "clusters", 7, (b'{"success":true,"data":{"items":[{"clusterId":"c","duration":1.5}]}}',)
    yield "completions", 8, (b'[{"id":"x","attended":true,"percentageStepsVisited":0.25}]',)
    yield "refused", 8, (b'A{"success":false,"error":{"message":"no","metadata":{}},"data":null}',)
    yield "status", 9, (b'{"status":"processing"}',)
    yield "status-ended", 9, (ended,)


def requests():
    """Requests to the sandbox, and bodies alone."""
    host = b"Host: 127.0.0.1:9\r\n"
    query = (b'{"query":"query U($n:Int,$c:String){a:users(first:$n,after:$c){pageInfo{hasNextPage '
             b'endCursor} nodes{psUserId email teams{edges{isDirect node{id}}}}}}",'
             b'"variables":{"n":2,"c":"at-1"}}')
    upsert = (b'{"users":[{"remoteId":"X9","email":"x@y.z","firstName":"A","lastName":"B"},'
              b'{"remoteId":"X1","email":"a@b.invalid"},7]}')
    for number, (line, fields, body) in enumerate((
            (b"POST /GraphQL HTTP/1.1", b"Content-Type: application/json\r\n", query),
            (b"POST /users/batch HTTP/1.1", b"Content-Type: application/json\r\n", upsert),
            (b"POST /users/batch/deactivate HTTP/1.1", b"X-Api-Key: k\r\n", upsert),
            (b"GET /users?page=0&pageSize=2 HTTP/1.1", b"Authorization: Basic OmtleQ==\r\n", b""),
            (b"GET /clusters?from=2024-01-01T00:00:00Z HTTP/1.1", b"", b""),
            (b"GET /completions?to=2030-01-01T00:00:00Z HTTP/1.0", b"", b""),
            (b"GET /sync-users/0123456789abcdef0123456789abcdef/status HTTP/1.1",
             b"Authorization: Bearer key\r\n", b""),
            (b"POST /sync-users?dryRun=true HTTP/1.1", b"Content-Type: text/csv\r\n"
             b"Content-Disposition: attachment; filename=\"users.csv\"\r\n", b"id\n"),
            (b"GET /%00 HTTP/1.1", b"", b""), (b"GET / HTTP/1.1", b" folded: x\r\n", b""),
            (b"GET /../x HTTP/1.1", b"Host: y\r\n", b""),
            (b"POST /deprovision HTTP/1.1", b"Transfer-Encoding: chunked\r\n"
             b"Content-Length: 4\r\n", b""))):
        yield "request-%d" % number, line + b"\r\n" + host + fields + b"\r\n" + body
    yield "query", query
    yield "upsert", upsert
    yield "fields", b'{"query":"{planInfo{products{name}} planAdmins{nodes{email}} teams{nodes{id}}}"}'


def main(target, folder, program=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if target == "replies":
        for name, run, parts in replies():
            (folder / name).write_bytes(SEPARATOR.join(parts) + bytes([run]))
        return
    if target == "requests":
        for name, data in requests():
            (folder / name).write_bytes(data)
        return
    if target == "plan":
        inputs, choices = list(pairs()), (0x08, 0x0B, 0x30)
    elif target == "scan":
        for number, (name, data) in enumerate(singles()):
            (folder / name).write_bytes(bytes([number % 64, number * 37 % 256]) + data)
        return
    elif target in ("reader", "output", "writers"):
        inputs, choices = list(singles()), (0x0A, 0x0B)
    elif target == "snapshot" and program is not None:
        inputs, choices = list(snapshots(program)), (0x01, 0x03)
        for name, data in exports():
            (folder / ("export-" + name)).write_bytes(data + b"\x0a")
    else:
        inputs, choices = list(exports()), (0x18, 0x0D, 0x3A)
    for name, data in inputs:
        for choice in choices:
            (folder / ("%s-%02x" % (name, choice))).write_bytes(data + bytes([choice]))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
