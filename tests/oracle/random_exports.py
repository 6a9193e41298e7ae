# SPDX-License-Identifier: MIT
"""Seeded random exports for the oracle tests: small users, teams and deprovision files, clean or damaged in every way
that the contract names, and later states of an export (joins, leavers, moves, renames, re-keys, reparenting,
deletions) to compare it with. The same random.Random gives the same bytes."""

import copy
import random

HEADERS = {
    "users": [b"id", b"email", b"first_name", b"last_name", b"team_id"],
    "teams": [b"id", b"name", b"manager_ids", b"parent_team_id"],
    "deprovision": [b"id", b"email", b"first_name", b"last_name"],
}
BOM = b"\xef\xbb\xbf"

FIRST = [b"Ann", b"Bob", b"Zo\xc3\xab", b"Jos\xc3\xa9", b"John", b"Li", b"\xe6\x9d\x8e", b"Mary Ann", b"O'Neil", b""]
LAST = [b"Smith", b"M\xc3\xbcller", b"de la Cruz", b"Ng", b"\xe5\xb0\x8f\xe5\xb7\x9d", b"Smith-Jones", b"", b"Brown"]
TEAM_NAMES = [b"Cloud", b"Platform", b"IT", b"Data Lake", b"Support", b"Sales", b"Vertrieb S\xc3\xbcd", b"HR",
              b"Legal & Risk", b"R+D", b"\xf0\x9f\x9a\x80 Launch", b"Ops (Night)", b"cloud"]
STRANGE = [b"=1+1", b"@home", b"a\xc2\xa0b", b"e\xcc\x81", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"null", b"0", b"00", b"-",
           b"\xe2\x80\xa8", b"\\N", b"'", b";", b"\xef\xbf\xbd", b"\xc2\xa0"]


class Model:
    """An export before it is written: rows as dicts from header to value, all bytes."""

    def __init__(self):
        self.users, self.teams = [], []
        self.deprovision = None
        self.numbers = 0

    def fresh(self, style, prefix):
        self.numbers += 1
        number = self.numbers
        text = {0: "%s%d", 1: "%s%04d", 2: "%s-%d"}.get(style)
        if text:
            return (text % (prefix, number)).encode()
        if style == 3:
            return b"%05d" % (number + (500 if prefix == "T" else 0))
        return b"%d" % (number + (500 if prefix == "T" else 0))


class Export:
    """A model and the bytes of its files (None: the file is not there)."""

    def __init__(self, model, files):
        self.model, self.files = model, files

    users = property(lambda self: self.files["users"])
    teams = property(lambda self: self.files["teams"])
    deprovision = property(lambda self: self.files["deprovision"])


def chance(rng, probability):
    return rng.random() < probability


# ---------------------------------------------------------------------------------------------------------------------
# A clean export

def unused_name(model, rng):
    name = rng.choice(TEAM_NAMES)
    used = {team[b"name"] for team in model.teams}
    while name in used:
        name += b" %d" % rng.randrange(1, 100)
    return name


def add_user(model, rng, style):
    user = {b"id": model.fresh(style, "U"), b"first_name": rng.choice(FIRST), b"last_name": rng.choice(LAST)}
    user[b"email"] = b"%s%d@%s" % (rng.choice([b"a", b"Bob.", b"x+y", b"\xc3\xa9"]), model.numbers,
                                   rng.choice([b"x.com", b"mail.example.org", b"X.co"]))
    user[b"team_id"] = rng.choice(model.teams)[b"id"] if model.teams and chance(rng, 0.85) else b""
    model.users.insert(rng.randrange(len(model.users) + 1) if chance(rng, 0.3) else len(model.users), user)
    return user


def add_team(model, rng, style):
    parent = rng.choice(model.teams)[b"id"] if model.teams and chance(rng, 0.7) else b""
    team = {b"id": model.fresh(style, "T"), b"name": unused_name(model, rng), b"parent_team_id": parent,
            b"manager_ids": b""}
    model.teams.append(team)
    return team


def random_managers(model, rng):
    count = rng.choice([0, 1, 1, 1, 2, 3])
    ids = [user[b"id"] for user in rng.sample(model.users, min(count, len(model.users)))]
    return b",".join(ids)


def clean_model(rng, users=None, teams=None):
    model = Model()
    style = rng.randrange(5)
    model.style = style
    for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 13, 25]) if teams is None else teams):
        add_team(model, rng, style)
    if chance(rng, 0.5):
        rng.shuffle(model.teams)
    for _ in range(rng.choice([1, 1, 2, 3, 5, 10, 20, 60]) if users is None else users):
        add_user(model, rng, style)
    for team in model.teams:
        team[b"manager_ids"] = random_managers(model, rng)
    return model


# ---------------------------------------------------------------------------------------------------------------------
# What can be wrong with the values

def typo(rng, value):
    """Almost that id: other case, blanks around it, leading zeros more or less."""
    return rng.choice([value.lower(), value.upper(), value.swapcase(), b" " + value, value + b" ", b"\t" + value,
                       b"0" + value, value.lstrip(b"0") or b"0", value + b"x"])


def spoil_value(rng, value):
    kind = rng.randrange(16)
    if chance(rng, 0.2):
        # Longer than what is looked at in one piece.
        value += b"k" * rng.randrange(40, 160)
    at = rng.randrange(len(value) + 1)
    if kind == 0:
        return b""
    if kind == 1:
        return rng.choice([b" ", b"\t", b"   ", b" \t "])
    if kind == 2:
        return b" " + value
    if kind == 3:
        return value + rng.choice([b" ", b"\t"])
    if kind == 4:
        return value[:at] + bytes([rng.randrange(1, 32)]) + value[at:]
    if kind == 5:
        return value[:at] + rng.choice([b"\x7f", b"\xc2\x85", b"\xc2\x80", b"\xc2\x9f", b"\xc2\xa0"]) + value[at:]
    if kind == 6:
        return value[:at] + rng.choice([b'"', b",", b"\n", b"\r", b"\r\n", b'""', b'",\n"']) + value[at:]
    if kind == 7:
        return value[:at] + b"\x00" + value[at:]
    if kind == 8:
        return value[:at] + rng.choice([b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                                        b"\xe2\x82", b"\xf0\x9f\x98", b"\x80\x80"]) + value[at:]
    if kind == 9:
        return rng.choice(STRANGE)
    if kind == 10:
        return value.swapcase()
    if kind == 11 and chance(rng, 0.4):
        size = rng.choice([65536, 65537, 65536])
        filler = rng.choice([b"x", b"\xc3\xa9", b'"', b"\n"])
        return (filler * size)[:size - len(value)] + value if len(filler) == 1 else filler * (size // 2)
    if kind == 12:
        return value + value
    if kind == 13:
        return value[:at]
    return value[:at] + rng.choice(STRANGE) + value[at:]


BAD_EMAILS = [b"nobody", b"@x.com", b"a@", b"a@b@c.com", b"a b@x.com", b"a@x", b"a@.com", b"a@com.", b"a@x.", b"a@.",
              b"a@x.y", b"a@b..", b"a@..b", b"@", b"@@", b"a@x.com ", b"\ta@x.com", b"a@x,com", b"a@x y.com", b"a.b@c",
              b"\xc3\xa9@\xc3\xa9.fr", b"a@..", b"a@...", b"a\xc2\xa0b@x.com"]


def spoil_id(model, rng, one, users):
    """A strange id that others go on to refer to."""
    old, new = one[b"id"], rng.choice([spoil_value(rng, one[b"id"]), b"0", b"000", one[b"id"].swapcase()])
    if len(new) < 1000 and b"\x00" not in new and not (users and b"," in new):
        one[b"id"] = new
        change_references(model, old, new, users=users)


def spoil_users(model, rng):
    users = model.users
    if not users:
        return
    user = rng.choice(users)
    kind = rng.randrange(13)
    if kind == 0:
        user[b"id"] = rng.choice(users)[b"id"]
    elif kind == 1:
        user[b"email"] = rng.choice(users)[b"email"]
    elif kind == 2:
        user[b"email"] = rng.choice(users)[b"email"].swapcase()
    elif kind == 3:
        users.insert(rng.randrange(len(users) + 1), dict(user))
    elif kind == 4:
        twin = dict(user)
        twin[b"id"] = user[b"id"].swapcase()
        twin[b"email"] = b"twin%d@x.com" % rng.randrange(1000)
        users.insert(rng.randrange(len(users) + 1), twin)
    elif kind == 5:
        user[b"team_id"] = rng.choice([b"NOPE", b"T99", b"0", b"00", b"  ", b"t1"])
    elif kind == 6 and model.teams:
        user[b"team_id"] = typo(rng, rng.choice(model.teams)[b"id"])
    elif kind == 7:
        user[b"email"] = rng.choice(BAD_EMAILS)
    elif kind == 8:
        user[b"id"] = typo(rng, rng.choice(users)[b"id"])
    elif kind == 9 and len(users) > 1:
        # a record that loses by its e-mail still holds its id
        one, other = rng.sample(users, 2)
        other[b"email"] = one[b"email"].upper()
        users.append({b"id": other[b"id"], b"email": b"third%d@x.com" % rng.randrange(1000), b"first_name": b"T",
                      b"last_name": b"", b"team_id": b""})
    elif kind == 10:
        spoil_id(model, rng, user, True)
    else:
        name = rng.choice(HEADERS["users"])
        user[name] = spoil_value(rng, user[name])


def spoil_teams(model, rng):
    teams = model.teams
    if not teams:
        return
    team = rng.choice(teams)
    kind = rng.randrange(20)
    if kind == 0:
        team[b"id"] = rng.choice(teams)[b"id"]
    elif kind == 1:
        team[b"parent_team_id"] = rng.choice([b"NOPE", b"T99", b" ", team[b"id"], typo(rng, rng.choice(teams)[b"id"])])
    elif kind == 2:
        ring = rng.sample(teams, min(len(teams), rng.choice([1, 2, 2, 3, 4, 9, 25])))
        for place, one in enumerate(ring):
            one[b"parent_team_id"] = ring[(place + 1) % len(ring)][b"id"]
    elif kind == 3:
        team[b"parent_team_id"] = rng.choice(teams)[b"id"]
    elif kind in (4, 5):
        for one in rng.sample(teams, min(len(teams), rng.choice([2, 2, 3]))):
            one[b"name"] = team[b"name"]
    elif kind == 6 and len(teams) > 1:
        # a name that is what another team's name becomes
        one, other = rng.sample(teams, 2)
        one[b"name"] = other[b"name"]
        first = one[b"manager_ids"].split(b",")[0]
        manager = [user for user in model.users if user[b"id"] == first]
        person = b" ".join(part for part in (manager[0][b"first_name"], manager[0][b"last_name"]) if part) \
            if manager else b""
        final = one[b"name"] + (b" (" + person + b" - " + one[b"id"] + b")" if person else b" (" + one[b"id"] + b")")
        rng.choice(teams)[b"name"] = final
    elif kind in (7, 8, 9):
        pieces = team[b"manager_ids"].split(b",")
        for _ in range(rng.randrange(1, 5)):
            extra = [b"", b" ", b"ghost", b" ghost ", b"\tghost2"]
            extra += [user[b"id"] for user in rng.sample(model.users, min(3, len(model.users)))]
            extra += [rng.choice(pieces), b" " + rng.choice(pieces), typo(rng, rng.choice(pieces))]
            pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(extra))
        team[b"manager_ids"] = b",".join(pieces)
    elif kind == 10:
        team[b"name"] = rng.choice([b"x", b"\xc3\xa9", b"\xf0\x9f\x9a\x80", b"xy", b"n" * 200, b"n" * 201,
                                    b"\xc3\xa9" * 200, b"\xc3\xa9" * 201, b"n" * 190])
    elif kind == 11:
        twin = dict(team)
        twin[b"id"] = team[b"id"].swapcase()
        teams.insert(rng.randrange(len(teams) + 1), twin)
    elif kind == 12:
        teams.insert(rng.randrange(len(teams) + 1), dict(team))
    elif kind == 13:
        team[b"parent_team_id"] = typo(rng, rng.choice(teams)[b"id"])
    elif kind == 14:
        spoil_id(model, rng, team, False)
    elif kind == 15:
        # one long branch
        for place, one in enumerate(teams[1:]):
            one[b"parent_team_id"] = teams[place][b"id"]
    elif kind == 16:
        # a shared name whose final form is just within the limit, or just beyond it
        name = rng.choice([b"n", b"\xc3\xa9", b"\xf0\x9f\x9a\x80"]) * rng.choice(range(170, 199))
        for one in rng.sample(teams, min(len(teams), rng.choice([2, 3, 8]))):
            one[b"name"] = name
    else:
        name = rng.choice(HEADERS["teams"])
        team[name] = spoil_value(rng, team[name])


def spoil_deprovision(model, rng):
    rows = model.deprovision
    if not rows:
        return
    row = rng.choice(rows)
    if chance(rng, 0.1):
        row[rng.choice(HEADERS["deprovision"])] = b"x" * rng.choice([65536, 65537])
    elif chance(rng, 0.3):
        rows.append(dict(rng.choice(rows)))
    elif chance(rng, 0.3):
        rows.append(dict(row))
        rows[-1][b"id"] = row[b"id"].swapcase()
    else:
        name = rng.choice(HEADERS["deprovision"])
        row[name] = spoil_value(rng, row[name])


def make_deprovision(model, rng, before=()):
    """before: users of an earlier state, who may have left or have another id by now"""
    rows = []
    people = model.users + list(before)
    for user in rng.sample(people, min(len(people), rng.randrange(0, 6))):
        rows.append({name: user[name] for name in HEADERS["deprovision"]})
    if rows and chance(rng, 0.2):
        rng.choice(rows)[b"id"] = b"stranger"                    # known by the address, if at all
    if chance(rng, 0.3):
        rows.append({b"id": b"gone", b"email": b"gone@x.com", b"first_name": b"", b"last_name": b""})
    model.deprovision = rows


# ---------------------------------------------------------------------------------------------------------------------
# Writing: line ends, quoting, columns, broken records

def quoted(value):
    return b'"' + value.replace(b'"', b'""') + b'"'


def needs_quotes(value):
    return any(byte in b'",\r\n' for byte in value)


def write_field(rng, value, quoting):
    if needs_quotes(value) or quoting == "all" or quoting == "some" and chance(rng, 0.3):
        return quoted(value)
    return value


HEADER_TYPOS = {
    b"id": [b"ID", b"Id", b"user_id"], b"email": [b"Email", b"e-mail", b"E_Mail"],
    b"first_name": [b"First Name", b"first-name", b"firstName", b"FIRST_NAME"],
    b"last_name": [b"last name", b"LastName"],
    b"team_id": [b"Team ID", b"team-id", b"teamid"], b"name": [b"Name", b"NAME"],
    b"manager_ids": [b"manager ids", b"manager_id", b"Manager-IDs"],
    b"parent_team_id": [b"parent team id", b"parent_id"],
}


def render(kind, rows, rng, damage=0.0, fatal=0.0):
    """damage: how likely single records are broken; fatal: how likely something is done to the whole file."""
    columns = list(HEADERS[kind])
    if chance(rng, 0.4):
        rng.shuffle(columns)
    extra = []
    if chance(rng, 0.2):
        for _ in range(rng.randrange(1, 3)):
            name = rng.choice([b"note", b"Email", b"", b"Team ID", b"note", b"cost center", b"caf\xe9", b"first-name",
                               b"\xef\xbb\xbfid", b"ID", b'a "b", c', b"team_id2"])
            columns.insert(rng.randrange(len(columns) + 1), name)
            extra.append(name)
    titles = list(columns)
    if chance(rng, fatal * 0.4):
        place = rng.randrange(len(titles))
        how = rng.randrange(4)
        if how == 0:
            titles[place] = rng.choice(HEADER_TYPOS.get(titles[place], [b"x"]))
        elif how == 1:
            titles[place] = rng.choice(titles)
        elif how == 2:
            titles.append(rng.choice(titles))
            columns.append(b"again")
        else:
            del titles[place], columns[place]
    if chance(rng, 0.1):
        titles = [rng.choice([b" ", b"\t", b""]) + title + rng.choice([b" ", b"\t", b""]) for title in titles]

    quoting = rng.choice(["least", "least", "all", "some"])
    line_ends = rng.choice([[b"\n"], [b"\n"], [b"\r\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n", b"\r"],
                            [b"\n", b"\n\n", b"\r\n", b"\r\n\r\n", b"\r\r", b"\n\r", b"\n\n\r\n"]])
    records = [[write_field(rng, title, quoting) for title in titles]]
    for row in rows:
        values = [row.get(name, b"") if name in row else rng.choice([b"", b"x", b"a note", b"1"]) for name in columns]
        if extra and chance(rng, damage):
            values[rng.randrange(len(values))] = spoil_value(rng, b"value")
        records.append([write_field(rng, value, quoting) for value in values])

    lines = []
    for number, record in enumerate(records):
        if number > 0 and chance(rng, damage) or number == 0 and chance(rng, fatal * 0.08):
            record = broken_record(rng, record)
        lines.append(b",".join(record))
    data = b""
    if chance(rng, 0.08):
        data += rng.choice(line_ends)
    for line in lines:
        data += line + rng.choice(line_ends)
    if chance(rng, 0.25):
        data = data.rstrip(b"\r\n")
    elif chance(rng, 0.1):
        data += rng.choice([b"\n", b"\r\n\r\n", b" ", b" \n"])
    if chance(rng, 0.15):
        data = BOM + data
    if chance(rng, fatal * 0.5):
        data = ruin(rng, data)
    return data


def broken_record(rng, record):
    record = list(record)
    place = rng.randrange(len(record)) if record else 0
    kind = rng.randrange(11)
    if kind == 0 and len(record) > 1:
        del record[place]
    elif kind == 1:
        record.insert(place, b"more")
    elif kind == 2:
        record[place] = record[place] + b'"'
    elif kind == 3:
        record[place] = b'a"b'
    elif kind == 4:
        record[place] = quoted(record[place].strip(b'"')) + rng.choice([b"x", b" ", b" x", b' "', b'"x', b"\t"])
    elif kind == 5:
        record[place] = rng.choice([b" ", b"\t"]) + quoted(record[place].strip(b'"'))
    elif kind == 6:
        record[place] = quoted(b"line\nbreak\r\nhere") + b"x"
    elif kind == 7:
        record[place] = b'"' + record[place].strip(b'"')       # runs on to the next quotation mark
    elif kind == 8:
        record = [b"", b" "][:rng.randrange(3)]
    elif kind == 9:
        record[place] = record[place] + bytes([rng.choice([0, 1, 0x1B, 0x7F, 0x80, 0xFF, 0xC3])])
    else:
        record[-1] = record[-1] + rng.choice([b",", b",,", b', '])
    return record


def ruin(rng, data):
    """Damage to the whole file, mostly fatal."""
    kind = rng.randrange(13)
    at = rng.randrange(len(data) + 1)
    if kind == 0:
        return rng.choice([b"", BOM, b"\n", b"\r\n\r\n", BOM + b"\r\n", b" ", b"\n\n \n", b'"', b'""', b'"\n', b"id",
                           BOM + BOM, b","])
    if kind in (1, 2):
        text = data.decode("utf-8", "replace") + " " * 64
        return text.encode(rng.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]))
    if kind == 3:
        return BOM + BOM + data
    if kind in (4, 5):
        return data + rng.choice([b'"', b'\n"abc', b'x,"', b'\n"a\nb\n"",', b',"a""', b'\r\n\r\n"q\r\nr'])
    if kind == 6:
        return data[:at]
    if kind == 7:
        return data[:at] + b'"' + data[at:]
    if kind == 8:
        marks = [place for place, byte in enumerate(data) if byte == 0x22]
        if not marks:
            return data[:at] + b'"' + data[at:]
        gone = rng.choice(marks)
        return data[:gone] + data[gone + 1:]
    if kind == 9:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]
    if kind == 10:
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data) + 1)
            data = data[:at] + rng.choice([b'"', b",", b"\r", b"\n", b" ", b"\x00", b"\xff", b'""']) + data[at:]
        return data
    if kind == 11:
        return data[at:]
    return data.replace(b"\n", b"\r") if chance(rng, 0.5) else b'"' + data


# ---------------------------------------------------------------------------------------------------------------------
# Exports to check

def render_export(model, rng, damage=0.0, fatal=0.0, kinds=("users", "teams")):
    rows = {"users": model.users, "teams": model.teams, "deprovision": model.deprovision or []}
    files = {kind: render(kind, rows[kind], rng, damage, fatal) if kind in kinds else None
             for kind in ("users", "teams", "deprovision")}
    return Export(model, files)


def spoil(model, rng, times):
    for _ in range(times):
        how = rng.random()
        if how < 0.45:
            spoil_users(model, rng)
        elif how < 0.92:
            spoil_teams(model, rng)
        else:
            spoil_deprovision(model, rng)


def random_export(rng):
    """One export to check, with any damage."""
    model = clean_model(rng)
    kinds = rng.choice([("users", "teams")] * 12 + [("users",), ("teams",), ("deprovision",),
                                                    ("users", "deprovision"), ("teams", "deprovision")]
                       + [("users", "teams", "deprovision")] * 4)
    if "deprovision" in kinds:
        make_deprovision(model, rng)
    level = rng.random()
    if level < 0.15:
        return render_export(model, rng, kinds=kinds)
    spoil(model, rng, rng.choice([1, 2, 3, 5, 8, 13]))
    if level < 0.5:
        return render_export(model, rng, kinds=kinds)
    if level < 0.8:
        return render_export(model, rng, damage=rng.choice([0.05, 0.2, 0.5]), kinds=kinds)
    return render_export(model, rng, damage=rng.choice([0, 0.1]), fatal=1.0, kinds=kinds)


def random_roots(model, rng):
    """Ids for --root: mostly none; known and unknown ones."""
    if chance(rng, 0.75):
        return []
    return some_roots(model, rng)


def some_roots(model, rng):
    roots = []
    for _ in range(rng.randrange(1, 4)):
        known = [team[b"id"] for team in model.teams] or [b"T1"]
        value = rng.choice(known)
        if chance(rng, 0.4):
            value = rng.choice([b"NOPE", value + b"x", value.swapcase()])
        if value and value.isalnum() and value.isascii() and value.decode() not in roots:
            roots.append(value.decode())
    return roots


LIMITED = ["deleteTeam", "removeTeamMember", "removeTeamManager", "moveTeamMember"]


def random_limits(rng):
    """For --limit and for --limit-subtree: dicts from kind to N or P%."""
    limits, subtrees = {}, {}
    if chance(rng, 0.3):
        for _ in range(rng.randrange(1, 4)):
            percent = chance(rng, 0.5)
            kind = rng.choice(LIMITED if percent else LIMITED + ["addTeam", "rekeyUser", "moveTeam", "renameTeam"])
            limits[kind] = "%d%%" % rng.choice([0, 1, 5, 20, 50, 100]) if percent else str(rng.choice([0, 1, 2, 5, 30]))
    if chance(rng, 0.2):
        for kind in rng.sample(LIMITED, rng.randrange(1, 4)):
            subtrees[kind] = "%d%%" % rng.choice([0, 1, 5, 10, 20, 50, 100])
    return limits, subtrees


def random_grades(rng):
    """For --ignore and --severity: a dict from code to None or a severity."""
    codes = ["extra-header", "stray-quote", "field-count", "missing-value", "duplicate-user-id", "duplicate-email",
             "duplicate-team-id", "unknown-parent-team", "team-cycle", "removed-parent-team", "unknown-team",
             "removed-team", "unknown-manager", "unknown-root-team", "duplicate-team-name", "team-name-collision",
             "team-name-length", "invalid-email", "surrounding-space", "control-character", "case-collision",
             "special-character", "nul-byte", "invalid-utf8", "field-too-long"]
    return {code: rng.choice([None, "error", "warning", "info"])
            for code in rng.sample(codes, rng.choice([1, 2, 5, 12, 25]))}


def random_bytes(rng):
    """Any bytes for the CSV reader alone."""
    how = rng.random()
    if how < 0.5:
        alphabet = rng.choice([b'a,"\n', b'a," \n\r', b'a,"\r\n\t\x00\xff', b'ab,,""\r\n  ', b'"\r\n',
                               b'x,\r"\n\xc3\xa9'])
        data = bytes(rng.choice(alphabet) for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 20, 60, 200])))
        return BOM + data if chance(rng, 0.1) else data
    export = random_export(rng)
    return rng.choice([data for data in export.files.values() if data is not None])


# ---------------------------------------------------------------------------------------------------------------------
# A later state of an export

def below(model, team):
    """The ids of a team and all teams under it."""
    inside = {team[b"id"]}
    grown = True
    while grown:
        grown = False
        for one in model.teams:
            if one[b"parent_team_id"] in inside and one[b"id"] not in inside:
                inside.add(one[b"id"])
                grown = True
    return inside


def change_references(model, old, new, users=False):
    for user in model.users:
        if not users and user[b"team_id"] == old:
            user[b"team_id"] = new
    for team in model.teams:
        if users:
            pieces = team[b"manager_ids"].split(b",")
            team[b"manager_ids"] = b",".join(new if piece.strip(b" \t") == old else piece for piece in pieces)
        elif team[b"parent_team_id"] == old:
            team[b"parent_team_id"] = new


def mutate_users(model, rng):
    users = model.users
    kind = rng.randrange(11)
    if kind == 0 or not users:
        add_user(model, rng, model.style)
        return
    user = rng.choice(users)
    if kind == 1:
        users.remove(user)
    elif kind in (2, 3):
        user[b"team_id"] = rng.choice(model.teams)[b"id"] if model.teams and chance(rng, 0.8) else b""
    elif kind == 4:
        user[rng.choice([b"first_name", b"last_name"])] = rng.choice(FIRST + LAST)
    elif kind == 5:
        user[b"email"] = rng.choice([user[b"email"].swapcase(), b"new%d@x.com" % rng.randrange(10000)])
    elif kind in (6, 7):
        old = user[b"id"]
        user[b"id"] = model.fresh(model.style, rng.choice(["U", "N"]))
        if chance(rng, 0.3):
            user[b"email"] = user[b"email"].swapcase()
        if chance(rng, 0.85):
            change_references(model, old, user[b"id"], users=True)
        if chance(rng, 0.2) and model.teams:
            user[b"team_id"] = rng.choice(model.teams)[b"id"]
    elif kind == 8 and len(users) > 1:
        one, other = rng.sample(users, 2)
        name = rng.choice([b"email", b"id", b"team_id"])
        one[name], other[name] = other[name], one[name]
    elif kind == 9:
        # one leaves, another joins with the same address or the same id
        users.remove(user)
        joined = add_user(model, rng, model.style)
        name = rng.choice([b"email", b"id"])
        joined[name] = user[name]
    else:
        rng.shuffle(users)


def mutate_teams(model, rng):
    teams = model.teams
    kind = rng.randrange(19)
    if kind == 0 or not teams:
        add_team(model, rng, model.style)[b"manager_ids"] = random_managers(model, rng)
        return
    team = rng.choice(teams)
    if kind == 1:
        team[b"name"] = unused_name(model, rng)
    elif kind in (2, 3):
        # a swap, a rotation, or a chain of names
        ring = rng.sample(teams, min(len(teams), rng.choice([2, 2, 3, 4, 6])))
        names = [one[b"name"] for one in ring]
        names = names[1:] + ([names[0]] if chance(rng, 0.7) else [unused_name(model, rng)])
        for one, name in zip(ring, names):
            one[b"name"] = name
    elif kind in (4, 5):
        old = team[b"id"]
        team[b"id"] = model.fresh(model.style, rng.choice(["T", "S"]))
        change_references(model, old, team[b"id"])
        if chance(rng, 0.15):
            team[b"name"] = unused_name(model, rng)
    elif kind == 6:
        inside = below(model, team)
        free = [one[b"id"] for one in teams if one[b"id"] not in inside] + [b""]
        team[b"parent_team_id"] = rng.choice(free)
    elif kind in (7, 8):
        # turns a parent and one of its children round
        children = [one for one in teams if one[b"parent_team_id"] == team[b"id"] and one is not team]
        if children:
            child = rng.choice(children)
            child[b"parent_team_id"], team[b"parent_team_id"] = team[b"parent_team_id"], child[b"id"]
            if chance(rng, 0.5):
                for one in children:
                    if one is not child and chance(rng, 0.5):
                        one[b"parent_team_id"] = child[b"id"]
    elif kind in (9, 10, 11):
        # a team goes: its people and the teams below it go up, elsewhere, or away with it
        teams.remove(team)
        elsewhere = rng.choice(teams)[b"id"] if teams else b""
        if elsewhere in below(model, team) or chance(rng, 0.5):
            elsewhere = team[b"parent_team_id"]
        change_references(model, team[b"id"], elsewhere)
        if kind == 10:
            add_team(model, rng, model.style)[b"name"] = team[b"name"]
            if chance(rng, 0.5):
                model.teams[-1][b"manager_ids"] = team[b"manager_ids"]
        elif kind == 11 and teams:
            rng.choice(teams)[b"name"] = team[b"name"]
    elif kind == 12:
        inside = below(model, team)
        model.teams = [one for one in teams if one[b"id"] not in inside]
        for user in model.users:
            if user[b"team_id"] in inside:
                user[b"team_id"] = b""
    elif kind in (13, 14):
        pieces = [piece for piece in team[b"manager_ids"].split(b",") if piece]
        how = rng.randrange(4)
        if how == 0 and pieces:
            pieces.remove(rng.choice(pieces))
        elif how == 1:
            rng.shuffle(pieces)
        elif model.users:
            pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(model.users)[b"id"])
        team[b"manager_ids"] = b",".join(pieces)
    elif kind == 15:
        team[b"name"] = rng.choice(teams)[b"name"]              # now (or still) shared
    elif kind == 16 and len(teams) > 1:
        one, other = rng.sample(teams, 2)
        # the same two nodes change places in the tree
        name = rng.choice([b"id", b"manager_ids"])
        one[name], other[name] = other[name], one[name]
    elif kind == 17:
        # a whole tree turned upside down: a path from a leaf to the top is reversed
        path, step = [], team
        known = {one[b"id"]: one for one in teams}
        while step is not None and step not in path:
            path.append(step)
            step = known.get(step[b"parent_team_id"])
        if step is None:
            parents = [b""] + [one[b"id"] for one in path[:-1]]
            for one, parent in zip(path, parents):
                one[b"parent_team_id"] = parent
    else:
        rng.shuffle(teams)


def mutate(export, rng, damage=0.0, fatal=0.0, kinds=("users", "teams")):
    """A later state of an export, written anew."""
    model = copy.deepcopy(export.model)
    for _ in range(rng.choice([0, 1, 1, 2, 3, 5, 8, 20, 50])):
        if chance(rng, 0.5):
            mutate_users(model, rng)
        else:
            mutate_teams(model, rng)
    if chance(rng, 0.03):
        model.users = []
        if chance(rng, 0.7):
            model.teams = []
    if chance(rng, 0.1) and model.users:
        for user in list(model.users):
            if chance(rng, 0.3):
                model.users.remove(user)
    if chance(rng, 0.06) and model.teams:
        for user in model.users:                                 # a reorganisation: nearly everybody moves
            if chance(rng, 0.9):
                user[b"team_id"] = rng.choice(model.teams)[b"id"]
    if chance(rng, 0.06):
        for team in model.teams:                                 # every team under a new id
            old = team[b"id"]
            team[b"id"] = b"R" + old
            change_references(model, old, team[b"id"])
    if damage or fatal:
        spoil(model, rng, rng.choice([0, 1, 2, 4]))
    if "deprovision" in kinds:
        make_deprovision(model, rng, [user for user in export.model.users if chance(rng, 0.5)])
    return render_export(model, rng, damage * 0.2, fatal, kinds)


def random_pair(rng):
    """(old, new): the old one has no fatal finding by intention."""
    if chance(rng, 0.08):
        model = clean_model(rng, users=rng.choice([99, 100, 130, 200]), teams=rng.choice([3, 30, 110]))
    else:
        model = clean_model(rng)
    if chance(rng, 0.3):
        for _ in range(rng.randrange(1, 6)):
            rng.choice([spoil_users, spoil_teams])(model, rng)
    old = render_export(model, rng)
    kinds = ("users", "teams", "deprovision") if chance(rng, 0.12) else ("users", "teams")
    new = mutate(old, rng, damage=0.2 if chance(rng, 0.25) else 0.0, fatal=0.3 if chance(rng, 0.08) else 0.0,
                 kinds=kinds)
    return old, new


if __name__ == "__main__":
    import sys
    sample = random_export(random.Random(sys.argv[1] if len(sys.argv) > 1 else "1"))
    for kind, data in sample.files.items():
        if data is not None:
            sys.stdout.write("--- %s.csv\n%s\n" % (kind, data.decode("utf-8", "backslashreplace")))
