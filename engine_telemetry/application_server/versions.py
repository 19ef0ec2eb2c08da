"""Finds the version of a server whose vendor is known.

The sources differ in cost. What the running server shows in its modules or in the environ is read at once; the metadata
of installed distributions lie on disk, and reading them takes from one to some hundred milliseconds.
"""

import platform
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

Environ = Mapping[str, Any]
Source = Callable[[Environ], str | None]

_COMMENT = re.compile(r"\([^()]*\)")
_PRODUCT = re.compile(r"(?<!\S)([A-Za-z][\w.+-]{0,63})(?:/([\w.+~-]{1,64}))?(?!\S)", re.ASCII)


def attribute(module: str, name: str) -> Source:
    """The version that a module of the running server carries."""

    def read(_: Environ) -> str | None:
        return _text(vars(sys.modules[module]).get(name)) if module in sys.modules else None

    return read


def entry(key: str, kind: type) -> Source:
    """The version that the server itself puts into the environ: as no text, which a front end could have set."""

    def read(environ: Environ) -> str | None:
        value = environ.get(key)
        return _text(value) if type(value) is kind else None

    return read


def product(name: str) -> Source:
    """The version of one product in ``SERVER_SOFTWARE``."""

    def read(environ: Environ) -> str | None:
        return dict(products(environ)).get(name)

    return read


def interpreter(_: Environ) -> str:
    """Python's own version, for servers of its standard library."""
    return platform.python_version()


def unknown(_: Environ) -> None:
    """A server that does not tell while it runs."""


def products(environ: Environ) -> list[tuple[str, str | None]]:
    """The products of ``SERVER_SOFTWARE`` with their versions (RFC 3875, section 4.1.17)."""
    software = environ.get("SERVER_SOFTWARE")
    if type(software) is not str:
        return []
    return [(name, version or None) for name, version in _PRODUCT.findall(_COMMENT.sub(" ", software[:256]))]


def installed(distribution: str) -> str | None:
    """The version of an installed distribution. Slow."""
    from importlib import metadata  # noqa: PLC0415  # costs 50 ms, and most servers tell their version themselves

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def distribution_of(module: str) -> tuple[str, str] | None:
    """The name and version of the installed distribution that a loaded module comes from. Slow."""
    from importlib import metadata  # noqa: PLC0415  # see above

    names = set(metadata.packages_distributions().get(module.partition(".")[0], ()))
    found = [metadata.distribution(name) for name in sorted(names)]
    if len(found) > 1:  # a namespace package
        found = [distribution for distribution in found if _has_file_of(distribution.files or (), module)]
    return (found[0].metadata["Name"], found[0].version) if len(found) == 1 else None


def _has_file_of(files: "list[Any] | tuple[()]", module: str) -> bool:
    path = module.replace(".", "/")
    return any(str(file).partition(".")[0] in {path, f"{path}/__init__"} for file in files)


def _text(value: object) -> str | None:
    match value:
        case str():
            return value
        case bytes():
            return value.decode("ascii", "replace")
        case tuple():
            return ".".join(map(str, value))
        case _:
            return None
