"""What people can search running instances by, and what that asks of the engine."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.runtime_criteria import ProcessInstanceCriteria

FIELDS = ("business_key", "process", "instance", "activity", "variable", "value", "from", "to", "incidents")

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_LONGEST_VALUE = 255  # of what the engine finds variables by
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class InstanceSearch:
    """A search as people fill it in.

    Attributes:
        fields: The text of each field; empty if nothing is asked.
    """

    fields: dict[str, str]

    @property
    def detailed(self) -> bool:
        """Whether something is asked that is seldom asked."""
        return any(self.fields[name] for name in ("activity", "variable", "value", "from", "to"))

    @property
    def empty(self) -> bool:
        """Whether nothing is asked."""
        return not any(self.fields.values())

    def criteria(self) -> tuple[ProcessInstanceCriteria, dict[str, str]]:
        """What is asked of the engine, and what is wrong with which field."""
        asked, errors = self.fields, {}
        days = {}
        for name in ("from", "to"):
            try:
                days[name] = _day(asked[name])
            except ValueError:
                errors[name] = "This is no date. Write year-month-day, as in 2026-11-24."
        if asked["value"] and not asked["variable"]:
            errors["variable"] = "Say which variable has this value."
        if len(asked["value"]) > _LONGEST_VALUE:
            errors["value"] = f"Values of more than {_LONGEST_VALUE} characters cannot be searched."
        return ({} if errors else self._criteria(days)), errors

    def _criteria(self, days: dict[str, datetime | None]) -> ProcessInstanceCriteria:
        asked = {name: text or None for name, text in self.fields.items()}
        begin, end = days["from"], days["to"]
        return {
            "business_key_containing": asked["business_key"],
            "instance_id": asked["instance"],
            "definition_key": asked["process"],
            "activity_ids": [asked["activity"]] if asked["activity"] else None,
            "any_variable": self._conditions() if asked["variable"] else None,
            "started_after": begin - _MOMENT if begin else None,
            "started_before": end + timedelta(days=1) if end else None,
            "with_incidents": True if asked["incidents"] else None,
        }

    def _conditions(self) -> list[VariableCondition]:
        """What is written may be a text, a number or another value; without a value, any will do."""
        name, text = self.fields["variable"], self.fields["value"]
        if not text:
            return [VariableCondition(name, operator, None) for operator in ("eq", "neq")]
        meant: list[object] = [text]
        if _NUMBER.fullmatch(text):
            meant.append(float(text) if "." in text else int(text))
        if text in _WORDS:
            meant.append(_WORDS[text])
        return [VariableCondition(name, "eq", value) for value in meant]


def _day(text: str) -> datetime | None:
    """The beginning of a day, in UTC.

    Raises:
        ValueError: The text is no date, or one at the end of time.
    """
    day = date.fromisoformat(text) if text else None
    if day is not None and not date.min < day < date.max:
        raise ValueError(text)
    return datetime.combine(day, time(), UTC) if day else None
