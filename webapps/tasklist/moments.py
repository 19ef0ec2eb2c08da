"""Moments on the page of a task: what people enter for a date, and how it is said to them."""

from datetime import UTC, date, datetime, time, timedelta

START_OF_DAY, END_OF_DAY = time(0, 0), time(23, 59)

_MORNING = time(9, 0)


def entered_moment(text: str, otherwise: time) -> datetime | None:
    """A date in ISO 8601; without an offset it is in UTC.

    Args:
        text: As it was sent, with a time of the day or without.
        otherwise: The time of the day, where the text has none.

    Returns:
        With the offset that the text has; ``None`` if it is no date, or none that each database can keep.
    """
    text = text.strip()
    try:
        moment = _whole_day(text, otherwise) or datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment if moment.astimezone(UTC).year >= datetime.fromtimestamp(0, UTC).year else None
    except (ValueError, OverflowError):
        return None


def _whole_day(text: str, otherwise: time) -> datetime | None:
    return datetime.combine(date.fromisoformat(text), otherwise) if len(text) == len("2026-12-24") else None


def moment_ahead(name: str, now: datetime) -> datetime | None:
    """The morning of ``tomorrow``, or of the Monday of the ``next-week``, in UTC; ``None`` for all other names."""
    days = {"tomorrow": 1, "next-week": 7 - now.astimezone(UTC).weekday()}.get(name)
    if days is None:
        return None
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days), _MORNING, UTC)


def told(moment: datetime) -> str:
    """For people, where they entered it: the offset is theirs, and need not be said."""
    text = f"{moment.day} {moment:%B %Y, %H:%M}"
    return f"{text} UTC" if moment.tzinfo is UTC else text
