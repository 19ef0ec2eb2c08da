"""Reads the call stacks: the modules whose code is running below the application.

The frames of another thread are walked without garbage collection. ``f_back`` allocates; a collection in its midst runs
finalizers, which let the other thread go on and leave the very frame that is looked at: CPython 3.11 crashes then.
"""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_no_collection_lock = threading.Lock()
_PROGRAM = frozenset({"__main__", "__mp_main__", "runpy"})


def stacks() -> tuple[list[str], ...]:
    """The modules of this thread's frames, and of the main thread's if that is another; innermost first."""
    main = threading.main_thread().ident
    current = list(_modules(sys._getframe(1)))  # noqa: SLF001  # the documented way to the stack
    if main is None or main == threading.get_ident():
        return (current,)
    with _no_collection():
        return current, list(_modules(sys._current_frames().get(main)))  # noqa: SLF001  # as above


def reaches_the_program(stack: list[str]) -> bool:
    """Whether a stack begins where Python began: a greenlet's begins at the greenlet."""
    return bool(stack) and stack[-1] in _PROGRAM


def _modules(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield str(frame.f_globals.get("__name__"))
        frame = frame.f_back


@contextmanager
def _no_collection() -> Iterator[None]:
    with _no_collection_lock:
        enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if enabled:
                gc.enable()
