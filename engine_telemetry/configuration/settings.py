"""The settings themselves: names, defaults, and which source wins."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from engine_telemetry.configuration import values
from engine_telemetry.configuration.values import Kind
from engine_telemetry.exceptions import ConfigurationError

_KIND = "kind"
_CONFIG_VARIABLE = "ENGINE_CONFIG"
_GUARDED_PREFIX = "ENGINE_TELEMETRY_"
_Given = dict[str, tuple[object, str]]


@dataclass(frozen=True)
class Setting:
    """One row of the settings table.

    Attributes:
        field: The name as a keyword and as an attribute of ``Configuration``.
        kind: What it accepts.
        default: The value that holds when no source has one; ``dataclasses.MISSING`` if that is found out when needed.
    """

    field: str
    kind: Kind
    default: object

    @property
    def xml_name(self) -> str:
        """The name of the XML property."""
        first, *others = self.field.split("_")
        return first + "".join(part.capitalize() for part in others)

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return f"ENGINE_{self.field.upper()}"

    def place(self, source: str) -> str:
        """Where to look for a value that cannot be used."""
        if source == self.variable:
            return f"The environment variable {source}"
        if source in {"default", "keyword"}:
            return f"The keyword {self.field}"
        return f"{source}: the property {self.xml_name}"


def _installed_version() -> str:
    return version("engine-telemetry")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings. Every way to make one checks the values; a number for a ``timedelta`` is in the setting's unit.

    Attributes:
        database_url: SQLAlchemy URL of the engine's database. It may hold a password: no message shows it.
        database_schema_update: Create or migrate the tables at start; otherwise an old schema refuses to start.
        job_executor_activate: Whether this process does jobs: timers and asynchronous continuations.
        history_cleanup_activate: Whether the job executor forgets instances once their ``historyTimeToLive`` is over.
        initialize_telemetry: The flag's first value, used only if nobody has decided in this database.
        telemetry_endpoint: Where reports are posted. Without one, nothing is sent.
        telemetry_reporter_activate: Whether the reporter thread runs at all.
        telemetry_reporting_period: From one report to the next (seconds).
        telemetry_request_timeout: For one whole attempt, name resolution included (milliseconds).
        telemetry_request_retries: Further attempts in one run.
        telemetry_flush_interval: Between writes of the counts, and between looks at the flag (seconds).
        telemetry_close_timeout: What closing may spend on telemetry altogether (milliseconds).
        telemetry_state_directory: Where the counter files lie; ``None`` for the place that suits the database.
        telemetry_allow_insecure_endpoint: Accept plain ``http`` to a host that is not this one.
        telemetry_ca_file: PEM file with the authorities that the endpoint's certificate may come from.
        telemetry_client_certificate: PEM file with a certificate of our own and its key.
        application_server: The operator's own ``vendor`` or ``vendor/version``; wins over recognition.
        rest_authentication: How the REST API learns who asks: ``none`` (it does not) or ``basic`` (RFC 7617).
        rest_allow_unauthenticated: Serve beyond the loopback address with ``none``.
        product_name: What the report calls this engine.
        product_version: Its version; by default the installed version of engine-telemetry.
        product_edition: ``community`` or ``enterprise``.
        sources: Field name to where its value came from: ``keyword``, a variable, or ``path, line n``.

    Raises:
        ConfigurationError: A value cannot be used.
    """

    database_url: str = field(default="sqlite:///engine.db", repr=False, metadata={_KIND: values.DATABASE_URL})
    database_schema_update: bool = field(default=True, metadata={_KIND: values.BOOLEAN})
    job_executor_activate: bool = field(default=True, metadata={_KIND: values.BOOLEAN})
    history_cleanup_activate: bool = field(default=False, metadata={_KIND: values.BOOLEAN})
    initialize_telemetry: bool | None = field(default=None, metadata={_KIND: values.BOOLEAN})
    telemetry_endpoint: str | None = field(default=None, metadata={_KIND: values.ENDPOINT})
    telemetry_reporter_activate: bool = field(default=True, metadata={_KIND: values.BOOLEAN})
    telemetry_reporting_period: timedelta = field(
        default=timedelta(days=1), metadata={_KIND: values.duration("seconds", timedelta(days=3650))}
    )
    telemetry_request_timeout: timedelta = field(
        default=timedelta(seconds=15), metadata={_KIND: values.duration("milliseconds", timedelta(minutes=10))}
    )
    telemetry_request_retries: int = field(default=2, metadata={_KIND: values.whole_number(10)})
    telemetry_flush_interval: timedelta = field(
        default=timedelta(seconds=60), metadata={_KIND: values.duration("seconds", timedelta(days=1))}
    )
    telemetry_close_timeout: timedelta = field(
        default=timedelta(seconds=2), metadata={_KIND: values.duration("milliseconds", timedelta(minutes=10))}
    )
    telemetry_state_directory: Path | None = field(default=None, metadata={_KIND: values.PATH})
    telemetry_allow_insecure_endpoint: bool = field(default=False, metadata={_KIND: values.BOOLEAN})
    telemetry_ca_file: Path | None = field(default=None, metadata={_KIND: values.PATH})
    telemetry_client_certificate: Path | None = field(default=None, metadata={_KIND: values.PATH})
    application_server: str | None = field(default=None, metadata={_KIND: values.SERVER})
    rest_authentication: str = field(default="none", metadata={_KIND: values.AUTHENTICATION})
    rest_allow_unauthenticated: bool = field(default=False, metadata={_KIND: values.BOOLEAN})
    product_name: str = field(default="engine-telemetry Runtime", metadata={_KIND: values.TEXT})
    product_version: str = field(default_factory=_installed_version, metadata={_KIND: values.TEXT})
    product_edition: str = field(default="community", metadata={_KIND: values.EDITION})
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Check every value and give it its type."""
        for setting in settings().values():
            object.__setattr__(self, setting.field, self._read(setting))
        endpoint, insecure = self.telemetry_endpoint, self.telemetry_allow_insecure_endpoint
        if endpoint is not None and not insecure and not values.is_encrypted_or_local(endpoint):
            raise self._error(settings()["telemetry_endpoint"])

    @classmethod
    def load(cls, **settings: object) -> Self:
        """The settings of this process: keyword beats environment beats XML file beats default.

        A keyword that is ``None`` and a variable that is empty count as left out.

        Args:
            **settings: The fields of this class, but for ``sources``; and ``config_file``, the path of the XML file,
                by default the one that the environment variable ``ENGINE_CONFIG`` names.

        Raises:
            ConfigurationError: A name is unknown, a value cannot be used, or the file cannot be read.
        """
        config_file = settings.pop("config_file", None)
        given = _from_file(config_file) | _from_environment(os.environ) | _from_keywords(settings)
        chosen: dict[str, Any] = {name: value for name, (value, _) in given.items()}
        return cls(**chosen, sources={name: source for name, (_, source) in given.items()})

    def source(self, field: str) -> str:
        """Where the value of this field came from; ``default`` if from nowhere."""
        return self.sources.get(field, "default")

    def _read(self, setting: Setting) -> object:
        value = getattr(self, setting.field)
        if value is None and setting.default is None:
            return None
        try:
            return setting.kind.read(value)
        except ValueError:
            raise self._error(setting) from None  # the cause may show a password

    def _error(self, setting: Setting) -> ConfigurationError:
        place = setting.place(self.source(setting.field))
        shown = setting.kind.shown(getattr(self, setting.field))
        return ConfigurationError(f"{place} has {shown}. Accepted: {setting.kind.accepted}.")


@cache
def settings() -> Mapping[str, Setting]:
    """The settings table, by field name, in the order of the fields."""
    rows = [one for one in fields(Configuration) if _KIND in one.metadata]
    return MappingProxyType({one.name: Setting(one.name, one.metadata[_KIND], one.default) for one in rows})


def do_not_track(environ: Mapping[str, str]) -> bool:
    """Whether ``DO_NOT_TRACK`` forbids telemetry: set, and not empty, 0, false, no, off.

    See https://consoledonottrack.com.
    """
    return environ.get("DO_NOT_TRACK", "").strip().lower() not in {"", "0", "false", "no", "off"}


def _from_keywords(keywords: Mapping[str, object]) -> _Given:
    for name in keywords:
        if name not in settings():
            nearest = _nearest(name, [*settings(), "config_file"])
            raise ConfigurationError(f"There is no setting {name!r} (keyword). {nearest}")
    return {name: (value, "keyword") for name, value in keywords.items() if value is not None}


def _from_environment(environ: Mapping[str, str]) -> _Given:
    known = {setting.variable: name for name, setting in settings().items()}
    given = {name: text for name, text in environ.items() if text.strip()}
    for name in given:
        if name.startswith(_GUARDED_PREFIX) and name not in known:
            raise ConfigurationError(f"There is no setting {name!r} (environment variable). {_nearest(name, known)}")
    return {known[name]: (text, name) for name, text in given.items() if name in known}


def _from_file(config_file: object) -> _Given:
    path = _config_file(config_file)
    if path is None:
        return {}
    known = {setting.xml_name: name for name, setting in settings().items()}
    given: _Given = {}
    for name, (text, place) in _read_properties(path).items():
        if name not in known:
            raise ConfigurationError(f"{place}: there is no property {name!r}. {_nearest(name, known)}")
        given[known[name]] = (text, place)
    return given


def _config_file(keyword: object) -> Path | None:
    named = os.environ.get(_CONFIG_VARIABLE, "").strip() or None if keyword is None else keyword
    try:
        return None if named is None else values.read_path(named)
    except ValueError as exc:
        raise ConfigurationError(f"The keyword config_file has the value {keyword!r}. Accepted: a path.") from exc


def _read_properties(path: Path) -> dict[str, tuple[str, str]]:
    try:
        from engine_telemetry.configuration import platform_file  # noqa: PLC0415 - only who names a file needs lxml
    except ImportError as exc:
        raise ConfigurationError(
            f"The configuration file {str(path)!r} needs lxml. Install it: pip install 'engine-telemetry[engine]'"
        ) from exc
    return platform_file.read_properties(path)


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(sorted(known))}."
