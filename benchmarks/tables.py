"""The table of what was measured: its figures, its verdicts, and its place in a page of the documentation."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

_BEGIN, _END = "<!-- measured -->", "<!-- end of measured -->"
_HEAD = ("measure", "median", "p10", "p90", "in", "target", "met", "")
_RESAMPLES = 2000
_WIDEST = 0.06  # 3 % on each side

YES, NO = "yes", "**no**"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        measure: What was measured.
        figures: Median, p10 and p90 of the rounds.
        unit: What the figures are multiples of.
        target: What they should be; empty if they are only shown.
        met: Whether they are: yes, no, not resolved; empty without a target.
        remark: What else is to be said.
    """

    measure: str
    figures: tuple[float, float, float]
    unit: str
    target: str = ""
    met: str = ""
    remark: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line's texts, as many as the head has."""
        figures = tuple(_three_digits(figure) for figure in self.figures)
        return (self.measure, *figures, self.unit, self.target or "shown", self.met, self.remark)


def shown(measure: str, values: Sequence[float], unit: str, remark: str = "") -> Row:
    """A line without a target."""
    return Row(measure, spread(values), unit, remark=remark)


def at_most(limit: float, measure: str, values: Sequence[float], unit: str, reason: str) -> Row:
    """A line whose median should be no more than this; if it is more, the line gives the reason."""
    figures = spread(values)
    met = figures[0] <= limit
    return Row(measure, figures, unit, f"<= {limit:g}", YES if met else NO, "" if met else reason)


def at_least(limit: float, measure: str, values: Sequence[float], unit: str, reason: str) -> Row:
    """A line whose median should be no less than this; if it is less, the line gives the reason."""
    figures = spread(values)
    met = figures[0] >= limit
    return Row(measure, figures, unit, f">= {limit:g}", YES if met else NO, "" if met else reason)


def holds_one(measure: str, groups: Sequence[Sequence[float]], unit: str, remark: str) -> Row:
    """A line of ratios whose 95 % interval should hold 1; one that is wide does so whatever the truth is."""
    low, high = interval(groups)
    target = f"95 % interval ({low:.3f} to {high:.3f}) holds 1"
    met = NO if not low <= 1 <= high else YES if high - low <= _WIDEST else "not resolved: too wide"
    return Row(measure, spread(_flat(groups)), unit, target, met, remark)


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, p10 and p90."""
    tenths = quantiles(values, n=10, method="inclusive")
    return median(values), tenths[0], tenths[-1]


def interval(groups: Sequence[Sequence[float]], seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of the median, by bootstrap.

    Args:
        groups: What belongs together, as what was measured after one start of the servers: whole groups are drawn
            first, and then values within them, because values of one group are more alike than others.
        seed: Of the drawing.
    """
    chance = random.Random(seed)  # noqa: S311 - it keeps no secret
    medians = sorted(median(_drawn(groups, chance)) for _ in range(_RESAMPLES))
    return medians[_RESAMPLES // 40], medians[-_RESAMPLES // 40]


def _drawn(groups: Sequence[Sequence[float]], chance: random.Random) -> list[float]:
    return _flat([chance.choices(group, k=len(group)) for group in chance.choices(groups, k=len(groups))])


def _flat(groups: Iterable[Sequence[float]]) -> list[float]:
    return [value for group in groups for value in group]


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [_HEAD, ("---", "---:", "---:", "---:", *["---"] * 4), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def put_into(page: str, measured: str) -> str:
    """The page with this between its two marks instead of what was there.

    Raises:
        ValueError: The page lacks a mark.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"The page has no place for the table: it needs the lines {_BEGIN!r} and {_END!r}.")
    return f"{before}{_BEGIN}\n\n{measured}\n{_END}{after}"


def _three_digits(figure: float) -> str:
    return f"{figure:.0f}" if abs(figure) >= 100 else f"{figure:.3g}"  # noqa: PLR2004 - three digits
