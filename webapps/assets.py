"""Files for browsers: served with a long life, under addresses that change with their content."""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).with_name("static")

_FOREVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


class Assets(StaticFiles):
    """The files below ``static/``."""

    def __init__(self) -> None:
        """Serve them; look for the folder when the first one is asked for."""
        super().__init__(directory=STATIC, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file; to be kept if it was asked for by the version it has."""
        response = await super().get_response(path, scope)
        version = scope.get("query_string", b"").decode("latin-1")
        kept = response.status_code < 400 and version == f"v={version_of(path)}"  # noqa: PLR2004  of HTTP
        response.headers["Cache-Control"] = _FOREVER if kept else _ASK_FIRST
        return response


def has_asset(path: str) -> bool:
    """Whether there is such a file: those of others are missing where npm was."""
    return (STATIC / path).is_file()


def version_of(path: str) -> str:
    """The beginning of the digest of a file; it is read again when it has changed."""
    file = STATIC / path
    status = file.stat()
    return _digest(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _digest(file: Path, _mtime: int, _size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
