"""What people search tasks by: as forms and addresses carry it, and as Camunda's task queries say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from webapps.tasklist.conditions import LONGEST, OPERATORS, Condition, condition_of, pattern_of, text_of_pattern

_ANYWHERE = "text"
_CARD = ("nameLike", "processDefinitionNameLike", "processInstanceBusinessKeyLike")  # what a card is known by
_CONTAINED = {
    "name": ("Name", "nameLike"),
    "assignee": ("Assignee", "assigneeLike"),
    "process": ("Process", "processDefinitionNameLike"),
    "key": ("Business key", "processInstanceBusinessKeyLike"),
}

# Days are those of UTC. What is "after" leaves out the moment itself, and a date without a time is midnight.
_TODAY = "dateTime().withTimeAtStartOfDay()"
_MONDAY = "dateTime().withDayOfWeek(1).withTimeAtStartOfDay()"
_NOW = "${ now() }"
_IN_DAY = {"After": f"${{ {_TODAY}.minusMinutes(1) }}", "Before": "${ dateTime().plusDays(1).withTimeAtStartOfDay() }"}
_IN_WEEK = {
    "After": f"${{ {_MONDAY}.minusMinutes(1) }}",
    "Before": "${ dateTime().plusWeeks(1).withDayOfWeek(1).withTimeAtStartOfDay() }",
}


def _dated(what: str, bounds: Mapping[str, str]) -> dict[str, object]:
    return {f"{what}{side}Expression": moment for side, moment in bounds.items()}


# For each choice: what it is called, and what it asks for.
_Choices = dict[str, tuple[str, dict[str, object]]]
WHOSE: _Choices = {
    "me": ("Mine", {"assigneeExpression": "${ currentUser() }"}),
    "groups": ("For me or my groups to claim", {"candidateUserExpression": "${ currentUser() }"}),
    "nobody": ("Nobody's", {"unassigned": True}),
}
DUE: _Choices = {
    "overdue": ("Overdue", _dated("due", {"Before": _NOW})),
    "today": ("Today", _dated("due", _IN_DAY)),
    "week": ("This week", _dated("due", _IN_WEEK)),
    "none": ("No date", {"withoutDueDate": True}),
}
FOLLOW_UP: _Choices = {
    "overdue": ("Overdue", _dated("followUp", {"Before": _NOW})),
    "today": ("Today", _dated("followUp", _IN_DAY)),
    "week": ("This week", _dated("followUp", _IN_WEEK)),
    "not-later": ("Not set aside", _dated("followUp", {"BeforeOrNotExistent": _NOW})),
    "later": ("Set aside until later", _dated("followUp", {"After": _NOW})),
}
_CHOSEN = {"whose": ("Whose", WHOSE), "due": ("Due", DUE), "follow-up": ("Follow-up", FOLLOW_UP)}
_PRIORITY = "priority"
_FIELDS = (_ANYWHERE, *_CONTAINED, *_CHOSEN, _PRIORITY)

_CONDITION = ("variable", "is", "value")  # three parameters that belong together, several times
_MOST_CONDITIONS = 20


class Sent(Protocol):
    """What a form sends, or an address has."""

    def multi_items(self) -> list[tuple[str, Any]]:
        """All names and values, in order."""
        ...


@dataclass(frozen=True)
class Search:
    """A search.

    Attributes:
        fields: What each field has in it; those with nothing are left out.
        conditions: What variables must be like.
        rest: What else a query says, which the fields cannot; it stays as it is.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    rest: Mapping[str, object] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is searched for."""
        return bool(self.fields or self.conditions or self.rest)

    @property
    def parameters(self) -> dict[str, object]:
        """As addresses carry it."""
        several = zip(*((each.name, each.operator, each.text) for each in self.conditions), strict=True)
        return {**self.fields, **dict(zip(_CONDITION, map(list, several), strict=False))}

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by field; conditions are ``condition-0`` and so on."""
        found = {
            name: f"At most {LONGEST} characters can be searched."
            for name in (_ANYWHERE, *_CONTAINED)
            if len(self.fields.get(name, "")) > LONGEST
        }
        found |= {f"condition-{index}": each.error for index, each in enumerate(self.conditions) if each.error}
        if _PRIORITY in self.fields and not _is_integer(self.fields[_PRIORITY]):
            found[_PRIORITY] = "Enter a whole number."
        return found

    @property
    def query(self) -> dict[str, object]:
        """As a task query of Camunda; there must be no errors."""
        asked = {key: pattern_of(self.fields[name]) for name, (_, key) in _CONTAINED.items() if name in self.fields}
        query: dict[str, object] = {**self.rest, **asked}
        if _ANYWHERE in self.fields:
            others: Any = self.rest.get("orQueries", [])
            query["orQueries"] = [*others, _anywhere(pattern_of(self.fields[_ANYWHERE]))]
        for name, (_, choices) in _CHOSEN.items():
            query |= choices[self.fields[name]][1] if name in self.fields else {}
        if _PRIORITY in self.fields:
            query["minPriority"] = int(self.fields[_PRIORITY])
        if self.conditions:
            others = self.rest.get("processVariables", [])
            query["processVariables"] = [*others, *(each.query for each in self.conditions)]
        return query

    @property
    def criteria(self) -> list[tuple[str, "Search"]]:
        """Each criterion as people read it, with the search without it."""
        return [
            *((_read(name, text), self._without(name)) for name, text in self.fields.items()),
            *(
                (f"{each.name} {OPERATORS[each.operator]} {each.text}", self._without_condition(index))
                for index, each in enumerate(self.conditions)
            ),
        ]

    @property
    def operators(self) -> list[tuple[str, str]]:
        """How a variable can be compared: Camunda's names, and as people read them."""
        return [*OPERATORS.items()]

    def choices(self, name: str) -> list[tuple[str, str]]:
        """What a field offers: values and texts."""
        return [(value, text) for value, (text, _) in _CHOSEN[name][1].items()]

    def rows(self, blank: int) -> list[Condition]:
        """The conditions, and this many empty ones."""
        return [*self.conditions, *[Condition("", "eq", "")] * blank]

    def with_search(self, other: "Search") -> "Search":
        """Both; where they differ, the other one."""
        conditions = (*self.conditions, *(each for each in other.conditions if each not in self.conditions))
        return Search({**self.fields, **other.fields}, conditions, {**self.rest, **other.rest})

    def _without(self, name: str) -> "Search":
        return replace(self, fields={key: text for key, text in self.fields.items() if key != name})

    def _without_condition(self, index: int) -> "Search":
        return replace(self, conditions=self.conditions[:index] + self.conditions[index + 1 :])


def read_search(sent: Sent) -> Search:
    """What a form or an address asks for; choices that there are not are left out."""
    items = [(name, text.replace("\0", "").strip()) for name, text in sent.multi_items() if isinstance(text, str)]
    fields = {name: text for name, text in items if name in _FIELDS and text}
    for name, (_, choices) in _CHOSEN.items():
        if fields.get(name) not in choices:
            fields.pop(name, None)
    parts = ([text for name, text in items if name == part][:_MOST_CONDITIONS] for part in _CONDITION)
    conditions = (Condition(*row) for row in zip(*parts, strict=False))
    return Search(
        {name: fields[name] for name in _FIELDS if name in fields},
        tuple(each for each in conditions if each.operator in OPERATORS and (each.name or each.text)),
    )


def search_of(query: Mapping[str, object]) -> Search:
    """What a task query of Camunda asks for, in fields as far as they can say it."""
    rest, fields = _search_anywhere(query)
    for name, (_, key) in _CONTAINED.items():
        if "%" in str(rest.get(key)):
            fields[name] = text_of_pattern(str(rest.pop(key)))
    for name, (_, choices) in _CHOSEN.items():
        keys = {key for _, asked in choices.values() for key in asked}
        said = {key: value for key, value in rest.items() if key in keys}
        for choice, (_, asked) in choices.items():
            if said == asked:
                fields[name] = choice
                rest = {key: value for key, value in rest.items() if key not in asked}
    if isinstance(rest.get("minPriority"), int):
        fields[_PRIORITY] = str(rest.pop("minPriority"))
    conditions, others = _conditions_of(rest.pop("processVariables", []))
    return Search(fields, tuple(conditions), {**rest, **({"processVariables": others} if others else {})})


def _anywhere(pattern: str) -> dict[str, object]:
    return dict.fromkeys(_CARD, pattern)


def _search_anywhere(query: Mapping[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """A query without the last of its alternatives, and the field that says it, if there is one that does."""
    alternatives: Any = query.get("orQueries") or [{}]
    pattern = str(alternatives[-1].get(_CARD[0]))
    if "%" not in pattern or alternatives[-1] != _anywhere(pattern):
        return dict(query), {}
    others = {"orQueries": alternatives[:-1]} if alternatives[1:] else {}
    return {**{k: v for k, v in query.items() if k != "orQueries"}, **others}, {_ANYWHERE: text_of_pattern(pattern)}


def _conditions_of(asked: object) -> tuple[list[Condition], list[object]]:
    """What rows can say, and what they cannot."""
    conditions, others = [], []
    for each in asked if isinstance(asked, Iterable) else []:
        if condition := condition_of(each):
            conditions.append(condition)
        else:
            others.append(each)
    return conditions, others


def _read(name: str, text: str) -> str:
    if name == _ANYWHERE:
        return f"\u201c{text}\u201d"
    if name == _PRIORITY:
        return f"Priority: {text} or more"
    if name in _CHOSEN:
        label, choices = _CHOSEN[name]
        return f"{label}: {choices[text][0].lower()}"
    return f"{_CONTAINED[name][0]}: {text}"


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < len(str(10**9))
