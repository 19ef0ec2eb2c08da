"""What each kind of setting accepts, and how its value is made of a text or of a Python value."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_LONGEST_URL = 2000
# The database keeps times in milliseconds: a shorter period would be none.
_SHORTEST = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Kind:
    """The values that a setting accepts.

    Attributes:
        accepted: In words, for messages and documentation.
        read: Makes the value of a text or of a Python value, and raises ``ValueError`` for what is not accepted. It
            accepts what it returns.
        unit: Of a plain number, for example ``seconds``; empty if there is none.
        hidden_if: A value that contains this text may hold a password, and no message shows it. The empty text hides
            all values.
    """

    accepted: str
    read: Callable[[object], object]
    unit: str = ""
    hidden_if: str | None = None

    def shown(self, value: object) -> str:
        """The value as messages show it."""
        if self.hidden_if is not None and self.hidden_if in str(value):
            return "a value that is not shown, as it may hold a password"
        return f"the value {value!r}"


def is_encrypted_or_local(url: str) -> bool:
    """Whether what is posted to this URL cannot be read on the network: ``https``, or a loopback host."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def read_path(value: object) -> Path:
    """The path that a text or a ``Path`` names; raises ``ValueError`` for anything else."""
    text = _text(str(value) if isinstance(value, Path) else value)
    _require("\0" not in text)
    return Path(text)


def _require(condition: object) -> None:
    if not condition:
        raise ValueError


def _text(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    _require(text)
    return text


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = _text(value).lower()
    _require(word in _WORDS)
    return _WORDS[word]


def _number(value: object) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = _text(value)
    _require(_NUMBER.fullmatch(text))
    return float(text) if "." in text else int(text)


def _url(value: object) -> str:
    text = _text(value)
    _require(len(text) <= _LONGEST_URL and text.isprintable())
    _require(not set(" #\\") & set(text))
    parts = urlsplit(text)
    _require(parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc and parts.port != 0)
    (parts.hostname or "").encode("idna")
    return text


def _server(value: object) -> str:
    text = _printable(value, 120)
    vendor, slash, version = text.partition("/")
    _require(vendor.strip() and bool(version.strip()) == bool(slash))
    return text


def _printable(value: object, longest: int) -> str:
    text = _text(value)
    _require(len(text) <= longest and text.isprintable())
    return text


def _one_of(*words: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = _text(value)
        _require(text in words)
        return text

    return read


def duration(unit: str, longest: timedelta) -> Kind:
    """A span of time; a plain number is in this unit, one of ``timedelta``'s keywords."""
    one = timedelta(**{unit: 1})

    def read(value: object) -> timedelta:
        if not isinstance(value, timedelta):
            number = _number(value)
            _require(0 <= number <= longest / one)
            value = number * one
        _require(_SHORTEST <= value <= longest)
        return value

    return Kind(f"{unit} from {_SHORTEST / one:g} to {longest // one}; as a keyword also a timedelta", read, unit)


def whole_number(highest: int) -> Kind:
    """A number from 0 to ``highest``."""

    def read(value: object) -> int:
        number = _number(value)
        _require(isinstance(number, int) and 0 <= number <= highest)
        return int(number)

    return Kind(f"a whole number from 0 to {highest}", read)


AUTHENTICATION = Kind("none or basic", _one_of("none", "basic"))
BOOLEAN = Kind("true, yes, on, 1, or false, no, off, 0", _boolean)
DATABASE_URL = Kind("a SQLAlchemy URL", _text, hidden_if="")
EDITION = Kind("community or enterprise", _one_of("community", "enterprise"))
ENDPOINT = Kind(
    "an https URL with a host and without user, password and fragment; an http URL if the host is a loopback address"
    " or telemetryAllowInsecureEndpoint is true",
    _url,
    hidden_if="@",
)
PATH = Kind("a path", read_path)
SERVER = Kind("vendor or vendor/version, printable, at most 120 characters", _server)
TEXT = Kind("a printable text of 1 to 200 characters", lambda value: _printable(value, 200))
