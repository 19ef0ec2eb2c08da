"""Which form there is, of a task or of a start event."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FormDto:
    """Which form there is."""

    key: str | None
    camunda_form_ref: str | None = None
    context_path: str | None = None
