"""How often a job that failed is tried again, and when: the model's ``failedJobRetryTimeCycle``."""

import logging
import re
from datetime import datetime

from engine_telemetry.engine.bpmn.timers import Duration
from engine_telemetry.exceptions import ProcessEngineException

logger = logging.getLogger("engine_telemetry.engine")


def next_try(cycle: str | None, retries: int, now: datetime, *, first: bool) -> tuple[int, datetime | None]:
    """How often a job is still tried after this failure, and when next; ``None`` for at once.

    Args:
        cycle: As ``R5/PT5M``, four times more, five minutes apart, or ``PT1M,PT10M``, twice more, after these pauses.
            Without one, or if it is none, it is tried at once until there are no retries left.
        retries: How often the job could be tried before this failure.
        now: The time.
        first: Whether it is its first failure.
    """
    try:
        times, pauses = _parse(cycle) if cycle else (retries, [])
    except ProcessEngineException as exc:
        logger.warning("The job is tried again at once: its retry time cycle %r cannot be used: %s", cycle, exc)
        times, pauses = retries, []
    before = times if first else retries
    left = max(before - 1, 0)
    if not pauses:
        return left, None
    return left, pauses[max(0, min(len(pauses) - 1, len(pauses) - left))].after(now)


def _parse(cycle: str) -> tuple[int, list[Duration]]:
    repeated = re.fullmatch(r"R(\d{1,6})/(P[^,]+)", cycle.strip())
    if repeated:
        return int(repeated[1]), [Duration.parse(repeated[2])]
    pauses = [Duration.parse(one) for one in cycle.split(",")]
    return len(pauses) + 1, pauses
