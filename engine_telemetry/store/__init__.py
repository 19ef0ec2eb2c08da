"""Consent, counts not yet sent, reports and their fate, in the engine's own database.

Theory of operation
-------------------

Every function takes a ``Connection`` with an open transaction; nothing here commits, and no network is used inside. A
step that changes something first takes the one row of ``telemetry_state`` (``lock``), and that is the only lock, so all
steps of all processes and nodes are in one order. Each step may be repeated: a process that was killed before the
commit has done nothing, one that was killed after it is overtaken by the next flush.

* **flush**: the totals of a source (one counter file) are read *inside* the lock. If the database remembers what it
  had moved of this source, the difference becomes pending. If not, the source is *rebased*: remembered as it is, and
  nothing becomes pending. A new file, and one that missed any number of changes of consent, are thus the same case.
* **change of consent**: pending is emptied, a waiting report is withdrawn and its bytes are erased, every remembered
  total is forgotten. What was not sent under a yes is never sent.
* **seal**: what is pending becomes the bytes of a new waiting report. At most one is waiting; while one is, nothing is
  sealed.
* **claim**: looks at the flag and at the report again, under the lock; only what is claimed is sent. The bytes are
  never built again.
* **answer**: changes the report with this id, if it is still waiting, and no other. An endpoint that said that it is
  gone for good is remembered until the next change of consent; whoever reports seals and claims nothing for it.

Known races, and the verdict on each: an attempt that was claimed before a *no* may arrive after it, within the request
timeout; its answer is noted, nothing is revived. A wall clock that jumps forward makes one report early; one that jumps
back makes the next late by at most a period, because a due time that is later than now + period is pulled back.

Times are integers, milliseconds since 1970 in UTC: MariaDB's DATETIME drops microseconds.
"""

from engine_telemetry.store.consent import Change, change_flag, changes
from engine_telemetry.store.counts import Source, flush, preview
from engine_telemetry.store.reports import (
    Cause,
    Claim,
    Fate,
    ReportRecord,
    ReportState,
    answer,
    claim,
    delete_ended,
    history,
    named_server,
    seal,
    waiting,
)
from engine_telemetry.store.state import State, lock, read
from engine_telemetry.store.tables import SCHEMA, create_tables, require_tables, schema_number, table_problem

__all__ = [
    "SCHEMA",
    "Cause",
    "Change",
    "Claim",
    "Fate",
    "ReportRecord",
    "ReportState",
    "Source",
    "State",
    "answer",
    "change_flag",
    "changes",
    "claim",
    "create_tables",
    "delete_ended",
    "flush",
    "history",
    "lock",
    "named_server",
    "preview",
    "read",
    "require_tables",
    "schema_number",
    "seal",
    "table_problem",
    "waiting",
]
