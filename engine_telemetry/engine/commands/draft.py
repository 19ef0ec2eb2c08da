"""Commands for drafts: what a user has entered in the form of a task, and not sent yet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine_telemetry.engine.commands.task import MAX_TEXT_LENGTH, locked
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.persistence import drafts
from engine_telemetry.engine.tasklist_entities import Draft
from engine_telemetry.exceptions import BadUserRequestException

LARGEST_DRAFT = 64 * 1024  # bytes of JSON


@dataclass(frozen=True)
class SaveDraftCmd:
    """Keep what a user has entered."""

    task_id: str
    user_id: str
    fields: Mapping[str, str] = field(repr=False)

    def __call__(self, context: CommandContext) -> None:
        """Keep it until the task is over, in place of what was kept before."""
        if not 0 < len(self.user_id) <= MAX_TEXT_LENGTH:
            raise BadUserRequestException(
                f"The id of a user has 1 to {MAX_TEXT_LENGTH} characters, not {len(self.user_id)}"
            )
        text = json.dumps(dict(self.fields), ensure_ascii=False)
        if (size := len(text.encode())) > LARGEST_DRAFT:
            raise BadUserRequestException(
                f"The draft takes {size} bytes; {LARGEST_DRAFT} fit. Shorten a text, or complete the task."
            )
        locked(context, self.task_id)
        drafts.save_draft(context.connection, self.task_id, self.user_id, text, context.clock())


@dataclass(frozen=True)
class GetDraftCmd(ReadOnly):
    """Read what a user had entered."""

    task_id: str
    user_id: str

    def __call__(self, context: CommandContext) -> Draft | None:
        """It; ``None`` if nothing was kept."""
        return drafts.find_draft(context.connection, self.task_id, self.user_id)


@dataclass(frozen=True)
class DeleteDraftCmd:
    """Forget what a user had entered."""

    task_id: str
    user_id: str

    def __call__(self, context: CommandContext) -> None:
        """Forget it; what is not there is no error."""
        drafts.delete_draft(context.connection, self.task_id, self.user_id)
