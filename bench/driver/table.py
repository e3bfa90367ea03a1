"""Markdown tables, and figures as people read them."""
from driver import statistics


def quantity(value):
    """Three digits that matter: 1234567 as 1,234,567; 12.345 as 12.3; None as nothing."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def cell(values, digits=None, spread=True):
    """The median, with the least and the greatest in brackets."""
    if not values:
        return ""

    def show(value):
        return quantity(value) if digits is None else f"{value:.{digits}f}"

    middle = show(statistics.median(values))
    if not spread or len(values) == 1:
        return middle
    return f"{middle} [{show(min(values))} to {show(max(values))}]"


def table(header, rows):
    def line(cells):
        return "| " + " | ".join(str(part) for part in cells) + " |"

    return [line(header), line(["---"] + ["---:"] * (len(header) - 1)), *[line(row) for row in rows], ""]
