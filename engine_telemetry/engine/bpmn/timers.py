"""When timers are due: dates and durations by ISO 8601, cycles by ISO 8601 or as a cron expression."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from croniter import croniter
from croniter.croniter import CroniterError

from engine_telemetry.exceptions import ModelExecutionException

_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_CRON_FIELDS = (6, 7)
_MAX_YEARS = 1000
_MAX_LENGTH = 255


@dataclass(frozen=True)
class Duration:
    """An ISO 8601 duration; months have their own length, so they are kept apart."""

    months: int
    rest: timedelta

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one, as in ``P1DT12H``.

        Raises:
            ModelExecutionException: It is none, or longer than a thousand years.
        """
        match = _DURATION.fullmatch(text.strip()) if len(text) <= _MAX_LENGTH else None
        found = {name: float(value) for name, value in match.groupdict().items() if value} if match else {}
        if not found or found.get("years", 0) + found.get("months", 0) / 12 > _MAX_YEARS:
            raise ModelExecutionException(f"{text[:50]!r} is no ISO 8601 duration, as P1DT12H is")
        months = int(found.pop("years", 0) * 12 + found.pop("months", 0))
        try:
            return cls(months, timedelta(**found))
        except OverflowError as exc:
            raise ModelExecutionException(f"The duration {text!r} is too long") from exc

    def after(self, start: datetime, times: int = 1) -> datetime:
        """The time that is this much later, or ``times`` as much.

        Raises:
            ModelExecutionException: No calendar goes that far.
        """
        month = start.month - 1 + self.months * times
        try:
            year, month = start.year + month // 12, month % 12 + 1
            day = min(start.day, monthrange(year, month)[1])
            return start.replace(year=year, month=month, day=day) + self.rest * times
        except (ValueError, OverflowError) as exc:
            raise ModelExecutionException(f"A timer of {times} times {self} after {start} is never due") from exc


@dataclass(frozen=True)
class Cycle:
    """When something happens again and again.

    Attributes:
        times: How often; ``None`` without end.
        start: From when, if it says so.
        period: After how long again; ``None`` for a cron expression.
        cron: In croniter's form.
    """

    times: int | None = None
    start: datetime | None = None
    period: Duration | None = None
    cron: str = ""

    def due(self, start: datetime, now: datetime) -> datetime | None:
        """The first time after now; what was missed is not made up for. ``None`` if there is none any more.

        Args:
            start: When the cycle began.
            now: The time.
        """
        if self.period is None:
            found: datetime = croniter(self.cron, now, second_at_beginning=True).get_next(datetime)
            return found
        start = self.start or start
        if start > now:
            return start
        number = self._number_after(start, now)
        return None if self.times is not None and number > self.times else self.period.after(start, number)

    def _number_after(self, start: datetime, now: datetime) -> int:
        assert self.period is not None  # noqa: S101  for mypy: the caller has looked
        if not self.period.months:
            return max(1, (now - start) // self.period.rest + 1) if self.period.rest else 1
        number = 1
        while self.period.after(start, number) <= now:
            number += 1
        return number


def parse_date(value: object) -> datetime:
    """A date of an expression, or ISO 8601 text; UTC, if it does not say.

    Raises:
        ModelExecutionException: It is none.
    """
    try:
        date = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError as exc:
        raise ModelExecutionException(f"{str(value)[:50]!r} is no ISO 8601 date, as 2030-01-31T12:00:00Z is") from exc
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def parse_due(value: object, now: datetime) -> datetime:
    """A date, or the end of a duration that begins now.

    Raises:
        ModelExecutionException: It is neither.
    """
    if isinstance(value, str) and value.strip().startswith("P"):
        return Duration.parse(value).after(now)
    return parse_date(value)


def parse_cycle(text: str) -> Cycle:
    """A cycle like ``R3/PT10M``, ``R/2030-01-31T12:00:00Z/P1D``, or a cron expression with seconds, ``0 0/5 * * * ?``.

    Raises:
        ModelExecutionException: It is none.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise ModelExecutionException(f"The cycle {text[:50]!r}… has more than {_MAX_LENGTH} characters")
    if not text.startswith("R"):
        return Cycle(cron=_parse_cron(text))
    times, *parts = text[1:].split("/")
    if not re.fullmatch(r"\d{0,9}", times) or len(parts) not in {1, 2}:
        raise ModelExecutionException(f"{text!r} is no cycle, as R3/PT10M or 0 0/5 * * * ? are")
    period = Duration.parse(parts[-1])
    if not period.months and period.rest < timedelta(seconds=1):
        raise ModelExecutionException(f"The cycle {text!r} repeats more often than once a second")
    start = parse_date(parts[0]) if len(parts) > 1 else None
    return Cycle(int(times) if times else None, start, period)


def _parse_cron(text: str) -> str:
    """Quartz counts the days of the week from 1, for Sunday; croniter, like cron, from 0."""
    fields = text.split()
    if len(fields) not in _CRON_FIELDS:
        raise ModelExecutionException(
            f"{text!r} is no cycle; use one like R3/PT10M, or a cron expression of seconds, minutes, hours, day, month,"
            " day of the week, and a year if need be, like 0 0/5 * * * ?"
        )
    fields[5] = re.sub(r"(?<![/#\d])\d", lambda day: str((int(day[0]) - 1) % 7), fields[5])
    cron = " ".join(fields).replace("?", "*")
    try:
        croniter(cron, datetime(2000, 1, 1, tzinfo=UTC), second_at_beginning=True).get_next(datetime)
    except (CroniterError, ValueError, KeyError, TypeError) as exc:
        raise ModelExecutionException(f"The cron expression {text!r} cannot be used: {exc}") from exc
    return cron
