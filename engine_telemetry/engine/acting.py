"""Who acts: the user on whose behalf this thread, or this task of an event loop, uses engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_user_id: ContextVar[str | None] = ContextVar("engine_telemetry.acting_user", default=None)


def acting_user() -> str | None:
    """The id of who acts; ``None`` where nobody does, as in workers and in the job executor."""
    return _user_id.get()


@contextmanager
def acting_as(user_id: str | None) -> Iterator[None]:
    """Act on behalf of a user, or of nobody, until the block ends."""
    token = _user_id.set(user_id)
    try:
        yield
    finally:
        _user_id.reset(token)
