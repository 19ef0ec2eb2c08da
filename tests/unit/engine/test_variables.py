"""Variables: types for plain values, checks, and the text that is stored."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.variables import decode, encode, typed_variables
from engine_telemetry.exceptions import BadUserRequestException

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, TypedValue("Null", None)),
        (True, TypedValue("Boolean", value=True)),
        (2**31 - 1, TypedValue("Integer", 2**31 - 1)),
        (2**31, TypedValue("Long", 2**31)),
        (-(2**63), TypedValue("Long", -(2**63))),
        (1.5, TypedValue("Double", 1.5)),
        ("text \x00 ü", TypedValue("String", "text \x00 ü")),
        (NOON, TypedValue("Date", NOON)),
        (b"\x00\xff", TypedValue("Bytes", b"\x00\xff")),
        ({"a": [1]}, TypedValue("Json", '{"a": [1]}')),
        ([], TypedValue("Json", "[]")),
        (TypedValue("Short", 7), TypedValue("Short", 7)),
        (TypedValue("Double", 7), TypedValue("Double", 7.0)),
        (TypedValue("String", None), TypedValue("String", None)),
        (
            TypedValue("Object", "<a/>", {"objectTypeName": "A"}),
            TypedValue("Object", "<a/>", {"objectTypeName": "A"}),
        ),
    ],
)
def test_a_value_gets_its_type_and_comes_back_from_its_row_as_it_was(value: object, expected: TypedValue) -> None:
    typed = typed_variables({"v": value})["v"]
    assert typed == expected
    assert type(typed.value) is type(expected.value)
    row = encode(typed)
    assert decode(row["type"], row["value"], row["value_info"]) == expected


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (object(), "'v' is a object, which cannot be stored"),
        (2**63, "'v' is no Long"),
        (float("nan"), "'v' is no Double: nan"),
        (datetime(2026, 1, 1), "'v' is no Date"),  # noqa: DTZ001  that is what is refused
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "'v' is no Date"),  # the year 0 in UTC
        ({"a": object()}, "'v' is no JSON"),
        ([float("inf")], "'v' is no JSON"),
        (TypedValue("Integer", 2**31), "'v' is no Integer"),
        (TypedValue("Integer", value=True), "'v' is no Integer: True"),
        (TypedValue("Integer", "5"), "'v' is no Integer: '5'"),
        (TypedValue("Boolean", 1), "'v' is no Boolean"),
        (TypedValue("Null", 1), "'v' is no Null"),
        (TypedValue("Json", "{"), "'v' is no Json"),
        (TypedValue("Json", {}), "'v' is no Json"),
        (TypedValue("String", 1), "'v' is no String"),
        (TypedValue("Image", "x"), "The type of variable 'v' is 'Image'; use one of Null, Boolean"),
        (TypedValue("File", "x"), "'v' is no File: 'x'"),
        (TypedValue("Json", "[" * 100_000 + "]" * 100_000), "'v' is no Json"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused_by_name(value: object, says: str) -> None:
    with pytest.raises(BadUserRequestException, match=says):
        typed_variables({"v": value})


def test_a_long_value_is_not_repeated_in_full() -> None:
    with pytest.raises(BadUserRequestException) as caught:
        typed_variables({"v": TypedValue("Integer", "x" * 10_000)})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["", "n" * 256])
def test_a_name_that_cannot_be_stored_is_refused(name: str) -> None:
    with pytest.raises(BadUserRequestException, match="a name has between 1 and 255 characters"):
        typed_variables({name: 1})


def test_a_date_is_the_same_moment_in_any_zone() -> None:
    row = encode(TypedValue("Date", NOON))
    assert decode(row["type"], row["value"], row["value_info"]).value == NOON.astimezone(UTC)
