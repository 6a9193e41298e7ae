# SPDX-License-Identifier: MIT
"""Seconds against size, both logarithmic, as an SVG that reads on light and on dark."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 430
LEFT, RIGHT, TOP, BOTTOM = 58, 196, 40, 44
LABEL_HEIGHT = 14

# Chosen to stand apart on white and on near-black alike.
COLOURS = ["#e5484d", "#3b82f6", "#12a594", "#c98a00", "#8e4ec6", "#d6409f", "#6b8e23", "#0091a8",
           "#a1664a", "#7c8794"]

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #444 }
.title { font-size: 14px; font-weight: 600 }
.grid { stroke: #8885; stroke-width: 1 }
.line { fill: none; stroke-width: 1.8 }
.ours { stroke-width: 3.2 }
@media (prefers-color-scheme: dark) { text { fill: #c9ccd1 } }
"""


def size_words(users):
    if users >= 1_000_000:
        return f"{users / 1_000_000:g} M"
    return f"{users / 1000:g} k"


def seconds_words(seconds):
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


class Scale:
    """From a number to a place, logarithmic."""

    def __init__(self, low, high, start, end):
        self.low, self.high = math.log10(low), math.log10(high)
        self.start, self.end = start, end

    def __call__(self, value):
        share = (math.log10(value) - self.low) / ((self.high - self.low) or 1)
        return self.start + share * (self.end - self.start)


def spread(places):
    """Move labels apart so that none covers another; keeps their order."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    for before, index in zip(order, order[1:]):
        moved[index] = max(moved[index], moved[before] + LABEL_HEIGHT)
    over = max([moved[index] for index in order] or [0]) - (HEIGHT - BOTTOM + 6)
    for index in reversed(order):
        if over <= 0:
            break
        moved[index] -= over
        below = [moved[other] for other in order if moved[other] < moved[index] + over]
        over = max([place + LABEL_HEIGHT - moved[index] for place in below] or [0])
    return moved


def axes(x, y, sizes, low, high):
    parts = []
    for decade in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        place = y(10.0**decade)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" '
                     f'y1="{place:.1f}" y2="{place:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">'
                     f"{seconds_words(10.0**decade)}</text>")
    for size in sizes:
        parts.append(f'<line class="grid" x1="{x(size):.1f}" x2="{x(size):.1f}" y1="{TOP}" '
                     f'y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
                     f"{size_words(size)}</text>")
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" '
                 'text-anchor="middle">users</text>')
    return parts


def draw(title, series):
    """`series`: (name, ours, [(users, seconds)...]), drawn in that order."""
    series = [one for one in series if one[2]]
    points = [point for _, _, line in series for point in line]
    if not points:
        return ""
    sizes = sorted({users for users, _ in points})
    low = 10.0 ** math.floor(math.log10(min(seconds for _, seconds in points)))
    high = 10.0 ** math.ceil(math.log10(max(seconds for _, seconds in points)))
    x = Scale(sizes[0], sizes[-1], LEFT + 14, WIDTH - RIGHT - 14)
    y = Scale(low, high, HEIGHT - BOTTOM, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             f'role="img" aria-label="{escape(title)}">',
             f"<style>{STYLE}</style>",
             f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>',
             *axes(x, y, sizes, low, high)]
    labels = spread([y(line[-1][1]) for _, _, line in series])
    for index, (name, ours, line) in enumerate(series):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{x(users):.1f},{y(seconds):.1f}" for users, seconds in line)
        kind = "line ours" if ours else "line"
        parts.append(f'<polyline class="{kind}" stroke="{colour}" points="{path}"/>')
        for users, seconds in line:
            parts.append(f'<circle cx="{x(users):.1f}" cy="{y(seconds):.1f}" r="3" '
                         f'fill="{colour}"/>')
        at_x, at_y = x(line[-1][0]), y(line[-1][1])
        edge = WIDTH - RIGHT + 6
        parts.append(f'<line stroke="{colour}" stroke-dasharray="2 4" x1="{at_x + 4:.1f}" '
                     f'y1="{at_y:.1f}" x2="{edge}" y2="{labels[index]:.1f}"/>')
        weight = ' font-weight="600"' if ours else ""
        parts.append(f'<text x="{edge + 5}" y="{labels[index] + 4:.1f}"{weight}>'
                     f"{escape(name)}</text>")
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
