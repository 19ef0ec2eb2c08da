"""The expressions in queries for user tasks: the user who acts, that user's groups, and dates that move with the time.

``${ currentUser() }``, ``${ currentUserGroups() }``, ``${ now() }``, and ``${ dateTime() }`` with calls behind it, each
of which goes on from the one before: ``.plusDays(7)``, ``.minusHours(1)``, ``.withDayOfWeek(1)`` (Monday) and
``.withTimeAtStartOfDay()``. All in UTC.
"""

import re
from datetime import datetime, timedelta
from typing import Literal

from engine_telemetry.exceptions import BadUserRequestException

Kind = Literal["user", "groups", "date"]

_FUNCTIONS = {"user": "currentUser()", "groups": "currentUserGroups()"}
_BRACES = re.compile(r"[$#]\{\s*(.*?)\s*\}", re.DOTALL)
_DATE_TIME = re.compile(r"dateTime\(\)((?:\s*\.\s*\w+\(\s*\d{0,5}\s*\))*)")
_CALL = re.compile(r"(\w+)\(\s*(\d*)\s*\)")
_MOVES = {
    f"{word}{unit}": timedelta(**{unit.lower(): sign})
    for word, sign in (("plus", 1), ("minus", -1))
    for unit in ("Minutes", "Hours", "Days", "Weeks")
}
_DAYS_OF_A_WEEK = 7
_KNOWN_CALLS = f"after dateTime() any of .{'(n) .'.join(_MOVES)}(n) .withDayOfWeek(1) to (7) .withTimeAtStartOfDay()"


def user_of(name: str, text: str, kind: Literal["user", "groups"], user_id: str | None) -> str:
    """The user that the expression is about.

    Raises:
        BadUserRequestException: It is another expression; or no user is known.
    """
    function = _FUNCTIONS[kind]
    if _within(text) != function:
        raise _unknown(name, text, f"${{ {function} }}")
    if user_id is None:
        raise BadUserRequestException(
            f"{name!r} asks for the user who acts, and nobody does: log in, or use identity_service.acting_as()"
        )
    return user_id


def date_of(name: str, text: str, now: datetime) -> datetime:
    """The date that the expression gives at this time.

    Raises:
        BadUserRequestException: It is another expression, or no date that there is.
    """
    inner = _within(text)
    if inner == "now()":
        return now
    calls = _DATE_TIME.fullmatch(inner)
    if calls is None:
        raise _unknown(name, text, "${ now() } or, for example, ${ dateTime().plusDays(7) }")
    date = now
    for call, number in _CALL.findall(calls[1]):
        try:
            date = _moved(date, call, number)
        except (KeyError, ValueError, OverflowError) as exc:
            raise _unknown(name, text, _KNOWN_CALLS) from exc
    return date


def _moved(date: datetime, call: str, number: str) -> datetime:
    """The date after one call; its own errors say that there is no such call."""
    if call == "withTimeAtStartOfDay" and not number:
        return date.replace(hour=0, minute=0, second=0, microsecond=0)
    if call == "withDayOfWeek" and 1 <= int(number) <= _DAYS_OF_A_WEEK:
        return date + timedelta(days=int(number) - date.isoweekday())
    return date + _MOVES[call] * int(number)


def _within(text: str) -> str:
    found = _BRACES.fullmatch(text.strip())
    return found[1] if found else ""


def _unknown(name: str, text: str, known: str) -> BadUserRequestException:
    return BadUserRequestException(f"The value of {name!r} is {text!r}; expected is {known}.")
