"""Variables of one process instance by scope: the instance's own, and local ones of what runs in it.

The instance's own scope has its id, every other one the id of its activity instance. A chain of scopes leads from the
innermost one to the instance's.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.exceptions import ModelExecutionException

MAX_WRITTEN = 50_000_000

Key = tuple[str, str]
"""The id of a scope, and the name of a variable in it."""


@dataclass(frozen=True)
class Changes:
    """What must be written, since the variables were read."""

    inserted: dict[Key, TypedValue] = field(default_factory=dict)
    updated: dict[Key, TypedValue] = field(default_factory=dict)
    deleted: set[Key] = field(default_factory=set)


class Scopes:
    """The variables of a process instance.

    Args:
        instance_id: The id of the instance, and of its own scope.
        read: Reads what is stored, by scope and name; called when it is needed first, if ever.
    """

    def __init__(self, instance_id: str, read: Callable[[], Mapping[str, Mapping[str, TypedValue]]] = dict) -> None:
        """Know nothing yet."""
        self.instance_id = instance_id
        self._read = read
        self._stored: dict[Key, TypedValue] | None = None
        self._now: dict[str, dict[str, TypedValue]] = {}
        self._dirty: set[Key] = set()
        self._touched: dict[Key, None] = {}
        self._known: set[Key] = set()
        self._written = 0

    def find(self, chain: Iterable[str], name: str) -> TypedValue | None:
        """The innermost variable of a name."""
        scopes = self._scopes()
        for scope_id in chain:
            if (found := scopes.get(scope_id, {}).get(name)) is not None:
                return found
        return None

    def visible(self, chain: Sequence[str]) -> dict[str, TypedValue]:
        """All variables that can be seen from the beginning of a chain."""
        scopes, found = self._scopes(), dict[str, TypedValue]()
        for scope_id in reversed(chain):
            found |= scopes.get(scope_id, {})
        return found

    def of(self, scope_id: str) -> Mapping[str, TypedValue]:
        """The variables of one scope."""
        return self._scopes().get(scope_id, {})

    def put(self, chain: Sequence[str], name: str, value: TypedValue) -> None:
        """Change the innermost variable of a name; if there is none, make one of the instance."""
        inner = [scope_id for scope_id in chain if scope_id != self.instance_id]
        scopes = self._scopes() if inner else {}
        self.put_local(next((one for one in inner if name in scopes.get(one, {})), self.instance_id), name, value)

    def put_local(self, scope_id: str, name: str, value: TypedValue) -> None:
        """Set a variable of one scope; nothing is read for that.

        Raises:
            ModelExecutionException: One command sets more than 50 million characters: a loop fills the memory.
        """
        self._written += len(value.value) if isinstance(value.value, str | bytes) else 1
        if self._written > MAX_WRITTEN:
            raise ModelExecutionException(
                f"One command sets variables of more than {MAX_WRITTEN} characters in the instance {self.instance_id};"
                f" the last one is {name!r}. Look for a loop that makes them, or hand over less at once"
            )
        self._touch(scope_id, name)
        self._now.setdefault(scope_id, {})[name] = value

    def remove(self, chain: Iterable[str], name: str) -> None:
        """Remove the innermost variable of a name, if there is one."""
        scopes = self._scopes()
        for scope_id in chain:
            if scopes.get(scope_id, {}).pop(name, None) is not None:
                self._touch(scope_id, name)
                return

    def drop(self, scope_id: str) -> None:
        """Forget a scope that has ended."""
        self._dirty |= {(scope_id, name) for name in self._scopes().pop(scope_id, {})}

    def changes(self) -> Changes:
        """What differs from what was read. What was not read may be told as inserted, though it is there already."""
        changes = Changes()
        for scope_id, name in self._dirty:
            key, now = (scope_id, name), self._now.get(scope_id, {}).get(name)
            before = (self._stored or {}).get(key)
            if now is None:
                if before is not None:
                    changes.deleted.add(key)
            elif before is None:
                changes.inserted[key] = now
            elif now != before:
                changes.updated[key] = now
        return changes

    def settled(self) -> None:
        """The changes have been written: begin anew."""
        if self._stored is not None:
            self._stored = self._all()
        self._dirty = set()

    def take_touched(self) -> set[tuple[str, str]]:
        """The names of what changed since the last time, each with ``create``, ``update`` or ``delete``."""
        if not self._touched:
            return set()
        self._scopes()
        now, found = self._all(), set()
        for key in self._touched:
            change = "delete" if key not in now else "update" if key in self._known else "create"
            found.add((key[1], change))
        self._touched, self._known = {}, set(now)
        return found

    def forget_touched(self) -> None:
        """Nobody wants to know what has changed so far."""
        for scope_id, name in self._touched:
            if name in self._now.get(scope_id, {}):
                self._known.add((scope_id, name))
            else:
                self._known.discard((scope_id, name))
        self._touched = {}

    @property
    def is_touched(self) -> bool:
        """Whether anything has changed since the last time."""
        return bool(self._touched)

    def _touch(self, scope_id: str, name: str) -> None:
        self._touched[scope_id, name] = None
        self._dirty.add((scope_id, name))

    def _all(self) -> dict[Key, TypedValue]:
        return {(scope_id, name): value for scope_id, values in self._now.items() for name, value in values.items()}

    def _scopes(self) -> dict[str, dict[str, TypedValue]]:
        if self._stored is None:
            ahead = self._now
            self._now = {scope_id: dict(values) for scope_id, values in self._read().items()}
            self._stored = self._all()
            self._known |= set(self._stored)
            for scope_id, values in ahead.items():
                self._now.setdefault(scope_id, {}).update(values)
        return self._now


def plain(value: TypedValue) -> object:
    """The value as expressions and delegates see it: JSON is parsed, also that of objects that are stored as JSON."""
    if isinstance(value.value, str) and (
        value.type == "Json"
        or (value.type == "Object" and value.value_info.get("serializationDataFormat") == "application/json")
    ):
        return json.loads(value.value)
    return value.value
