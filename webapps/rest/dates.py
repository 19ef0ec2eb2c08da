"""Camunda's form of dates: ``2026-11-23T03:57:55.474+0000``."""

from datetime import UTC, datetime

from engine_telemetry.exceptions import InvalidRequestException

_FORMAT = "%Y-%m-%dT%H:%M:%S.%f%z"


def date_to_json(date: datetime | None) -> str | None:
    """An aware date in UTC and milliseconds, as clients parse it; nothing stays nothing."""
    if date is None:
        return None
    utc = date.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def date_from_json(text: object) -> datetime:
    """An aware date in UTC.

    Raises:
        InvalidRequestException: It has another form, or no offset.
    """
    try:
        return datetime.strptime(str(text), _FORMAT).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidRequestException(
            f"{text!r} is no date. A date has the form '2026-11-23T03:57:55.474+0000'."
        ) from exc
