"""Ids for rows: texts of UUIDs in the order of time, so that new rows stand side by side in each index."""

import os
import time
from random import Random

_MILLISECOND = 1_000_000  # nanoseconds
_VARIANT = 1 << 63

_random = Random()  # noqa: S311  ids are no secrets, and the random numbers of the system take longer than the rest
os.register_at_fork(after_in_child=_random.seed)


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): milliseconds since 1970, the 4096 parts of one, and 62 random bits."""
    milliseconds, rest = divmod(time.time_ns(), _MILLISECOND)
    moment, random = f"{milliseconds:012x}", f"{_random.getrandbits(62) | _VARIANT:016x}"
    return f"{moment[:8]}-{moment[8:]}-7{rest * 4096 // _MILLISECOND:03x}-{random[:4]}-{random[4:]}"
