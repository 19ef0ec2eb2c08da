"""What was reported, to the byte, and who switched telemetry when."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine_telemetry import store
from engine_telemetry.status import rfc3339
from engine_telemetry.store import Change, ReportRecord


@dataclass(frozen=True)
class History:
    """The last reports and the last changes of the flag, each the newest first."""

    reports: tuple[ReportRecord, ...]
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """The history as JSON-ready values; times are RFC 3339 in UTC, a report's body is its very text."""
        return {
            "reports": [_report(record) for record in self.reports],
            "changes": [
                {
                    "at": rfc3339(change.at),
                    "who": change.who,
                    "cause": change.cause,
                    "from": change.old,
                    "to": change.new,
                }
                for change in self.changes
            ],
        }


def read_history(connection: Connection, *, all_changes: bool = False) -> History:
    """The last 30 of each, or all changes.

    Raises:
        ProcessEngineException: The tables are missing, or those of another version.
    """
    store.require_tables(connection)
    return History(tuple(store.history(connection, 30)), tuple(store.changes(connection, None if all_changes else 30)))


def _report(record: ReportRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "cause": record.cause,
        "createdAt": rfc3339(record.created_at),
        "state": record.state,
        "attempts": record.attempts,
        "endpoint": record.endpoint,
        "answer": record.answer,
        "answeredAt": rfc3339(record.answered_at),
        "body": record.body.decode(),
    }
