"""Holds what the clients noted against what the database and the collector know."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.books import Books, Change, Remainder, Report
from tests.chaos.clients import COMMANDS, Attempt

LAST_MOMENT = 5  # seconds: what was claimed before a no may be on its way
FATES = ("accepted", "refused", "waiting")


@dataclass(frozen=True)
class Switch:
    """A change of the flag, as who asked for it knows it, in seconds since 1970."""

    sent: float
    answered: float


@dataclass(frozen=True)
class Period:
    """From a yes to a no; the last one may still stand."""

    number: int
    on: Switch
    off: Switch | None
    reports: Sequence[Report]

    @property
    def stands(self) -> bool:
        return self.off is None

    def attempted(self, attempts: Iterable[Attempt]) -> Counter[str]:
        """What may have been counted in it."""
        end = math.inf if self.off is None else self.off.answered
        return Counter(a.command for a in attempts if a.ended >= self.on.sent and a.sent <= end)

    def acknowledged(self, attempts: Iterable[Attempt]) -> Counter[str]:
        """What must have been counted in it."""
        end = math.inf if self.off is None else self.off.sent
        return Counter(a.command for a in attempts if a.acknowledged and a.sent >= self.on.answered and a.ended <= end)

    def reported(self, *fates: str) -> Counter[str]:
        """The counts in its reports that ended so."""
        return sum((counts(report) for report in self.reports if report.state in fates), Counter())


def counts(report: Report) -> Counter[str]:
    """The counts of a report, by command; those of a withdrawn one only if the collector has them."""
    if not report.bodies:
        return Counter()
    commands = json.loads(next(iter(report.bodies)))["product"]["internals"]["commands"]
    return Counter({name: entry["count"] for name, entry in commands.items()})


def known(url: str, state_directory: Path, command: str) -> int:
    """How often a command is in any report, or waits for the next one, while no server runs."""
    books = Books(url)
    books.close()
    left = books.remainder(state_directory)
    reported = sum(counts(report)[command] for report in books.reports.values())
    return reported + left.pending.get(command, 0) + left.not_flushed.get(command, 0)


def periods(
    changes: Sequence[Change], switches: Sequence[Switch], reports: Iterable[Report]
) -> tuple[list[Period], list[Report]]:
    """The periods of consent, and the reports that belong to none."""
    belonging: dict[int, list[Report]] = {number: [] for number in range(-1, len(changes))}
    for report in reports:
        before = [n for n, change in enumerate(changes) if change.at <= report.created_at]
        number = before[-1] if before else -1
        if number >= 1 and not changes[number].new and changes[number].at == report.created_at:
            number -= 1  # sealed and switched off within a millisecond
        belonging[number].append(report)
    found = [
        Period(n // 2 + 1, switches[n], switches[n + 1] if n + 1 < len(switches) else None, belonging[n])
        for n, change in enumerate(changes)
        if change.new
    ]
    return found, [report for n, some in belonging.items() if n < 0 or not changes[n].new for report in some]


def violations_of(period: Period, attempts: Sequence[Attempt], remainder: Remainder) -> list[str]:
    """Which of the two inequalities does not hold, for which command."""
    attempted, acknowledged = period.attempted(attempts), period.acknowledged(attempts)
    known = period.reported(*FATES, "withdrawn")
    if period.stands:
        known += Counter(remainder.pending) + Counter(remainder.not_flushed)
    found = [
        f"Period {period.number}: {known[name]} x {name} are known, and only {attempted[name]} were attempted."
        for name in COMMANDS
        if known[name] > attempted[name]
    ]
    lost = [
        f"Period {period.number}: {acknowledged[name]} x {name} were acknowledged, and only {known[name]} are known."
        for name in COMMANDS
        if period.stands and known[name] < acknowledged[name]
    ]
    return found + lost


def violations_of_no(period: Period, last_seen: Mapping[str, float]) -> list[str]:
    """The reports of an ended period that did not end with it."""
    if period.off is None:
        return []
    late = period.off.answered + LAST_MOMENT
    sent = [report.id for report in period.reports if last_seen.get(report.id, 0) > late]
    kept = [report.id for report in period.reports if report.state == "waiting"]
    return [f"Period {period.number}: report {key} was sent after the no." for key in sent] + [
        f"Period {period.number}: report {key} is waiting, although a no came." for key in kept
    ]


def violations_of_wire(
    reports: Mapping[str, Report], bodies: Mapping[str, set[bytes]], recorded: Mapping[str, bytes]
) -> list[str]:
    """What the collector and the database do not agree on."""
    strange = [f"The collector got report {key}, which the database does not know." for key in bodies.keys() - reports]
    several = [
        f"Report {key} has {len(several)} bodies."
        for key, report in reports.items()
        if len(several := report.bodies | bodies.get(key, set())) > 1
    ]
    unknown = [
        f"Report {key} counts as accepted, and the collector did not accept it."
        for key, report in reports.items()
        if report.state == "accepted" and key not in recorded
    ]
    return strange + several + unknown


def table(period: Period, attempts: Sequence[Attempt], remainder: Remainder) -> str:
    """The figures of one period, for people."""
    attempted, acknowledged = period.attempted(attempts), period.acknowledged(attempts)
    columns = {
        "attempted": attempted,
        "acknowledged": acknowledged if period.stands else {},
        **{fate: period.reported(fate) for fate in FATES},
        "pending": remainder.pending if period.stands else {},
        "not flushed": remainder.not_flushed if period.stands else {},
    }
    lines = [f"Consent {period.number}{', which stands' if period.stands else ', which ended'}"]
    lines += [f"  {'':24}" + "".join(f"{title:>14}" for title in columns)]
    for name in COMMANDS:
        lines.append(f"  {name:24}" + "".join(f"{column.get(name, 0):>14}" for column in columns.values()))
    return "\n".join(lines)
