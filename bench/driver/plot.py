"""A small SVG writer: lines through points, axes linear or logarithmic, a legend. Nothing else."""
import html
import math

from driver import statistics

WIDTH, HEIGHT = 800, 440
LEFT, RIGHT, TOP, BOTTOM = 84, 230, 44, 60
COLOURS = ["#0b66c3", "#d1481b", "#1d8348", "#8e44ad", "#b7950b", "#117a8b", "#c0397b", "#555555"]


class Axis:
    def __init__(self, values, start, end, logarithmic):
        self.start, self.end, self.logarithmic = start, end, logarithmic
        low, high = min(values), max(values)
        if logarithmic:
            self.low = math.floor(math.log10(low) + 1e-9)
            self.high = max(math.ceil(math.log10(high) - 1e-9), self.low + 1)
        else:
            self.low, self.high = min(0, low), high if high > low else low + 1

    def place(self, value):
        value = math.log10(value) if self.logarithmic else value
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        if self.logarithmic:
            return [10.0**power for power in range(self.low, self.high + 1)]
        span = self.high - self.low
        step = 10 ** math.floor(math.log10(span / 4))
        step *= next((m for m in (1, 2, 5) if span / (step * m) <= 6), 10)
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def short(value):
    """1234567 as 1.2M: what a tick says."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:g}{letter}" if value / factor < 100 else f"{value / factor:.0f}{letter}"
    return f"{value:g}"


def _text(x, y, words, size=12, anchor="middle", extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {extra}>'
            f"{html.escape(words)}</text>")


def _axes(x_axis, y_axis, x_label, y_label):
    parts = []
    for tick in y_axis.ticks():
        y = y_axis.place(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, y + 4, short(tick), 11, "end"))
    for tick in x_axis.ticks():
        x = x_axis.place(tick)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eee"/>')
        parts.append(_text(x, HEIGHT - BOTTOM + 18, short(tick), 11))
    parts.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#333"/>')
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, x_label))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(_text(18, middle, y_label, extra=f'transform="rotate(-90 18 {middle})"'))
    return parts


def _legend(name, points, grows):
    exponent = statistics.exponent(points) if grows else None
    return name if exponent is None else f"{name}, n^{exponent:.2f}"


def lines(path, title, x_label, y_label, series, log_x=False, log_y=False, dots=True):
    """Writes a plot; `series` maps a name to its points (x, y). Points that a logarithm cannot show
    are left out; without any point nothing is written and False is returned. The legend says with
    which exponent each series grows. Without dots it is a distribution: shares of 1, and no exponent."""
    shown = {}
    for name, points in series.items():
        kept = [(x, y) for x, y in points if (x > 0 or not log_x) and (y > 0 or not log_y)]
        if kept:
            shown[name] = sorted(kept)
    if not shown:
        return False
    every = [point for points in shown.values() for point in points]
    x_axis = Axis([x for x, _ in every], LEFT, WIDTH - RIGHT, log_x)
    y_axis = Axis([y for _, y in every] if dots else [0, 1], HEIGHT - BOTTOM, TOP, log_y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 24, title, 15, "start", 'font-weight="bold"'),
        *_axes(x_axis, y_axis, x_label, y_label),
    ]
    for index, (name, points) in enumerate(shown.items()):
        colour = COLOURS[index % len(COLOURS)]
        dash = ' stroke-dasharray="6 3"' if index >= len(COLOURS) else ""
        at = [(x_axis.place(x), y_axis.place(y)) for x, y in points]
        route = "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
        parts.append(f'<path d="M{route}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        if dots:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
        y = TOP + 12 + 18 * index
        parts.append(f'<path d="M{WIDTH - RIGHT + 12} {y}h18" stroke="{colour}" stroke-width="3"{dash}/>')
        parts.append(_text(WIDTH - RIGHT + 36, y + 4, _legend(name, points, dots), 12, "start"))
    parts.append("</svg>\n")
    path.write_text("\n".join(parts), encoding="utf-8")
    return True
