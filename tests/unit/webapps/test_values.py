from collections.abc import Callable
from datetime import timedelta

import pytest

from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.values import boolean, count, duration, integer, objects, only_true, required, text, texts, value_of


@pytest.mark.parametrize(
    ("convert", "given", "expected"),
    [
        (text, "a", "a"),
        (text, 7, "7"),
        (integer, "-7", -7),
        (integer, 7, 7),
        (count, "0", 0),
        (duration, "1500", timedelta(seconds=1.5)),
        (boolean, "TRUE", True),
        (boolean, False, False),
        (only_true, "false", None),
        (texts, "a, b,,c", ("a", "b", "c")),
        (texts, ["a", "b"], ("a", "b")),
        (texts, [], ()),
        (objects, [{"a": 1}], [{"a": 1}]),
    ],
)
def test_a_value_is_converted(convert: Callable[[object], object], given: object, expected: object) -> None:
    assert value_of({"x": given}, "x", convert) == expected


@pytest.mark.parametrize(
    ("convert", "given"),
    [
        (text, {}),
        (text, True),
        (integer, "one"),
        (integer, 1.5),
        (integer, 2**31),
        (integer, "9" * 5000),
        (count, -1),
        (duration, "-1"),
        (duration, 10**30),
        (boolean, "yes"),
        (boolean, 1),
        (texts, {"a": 1}),
        (texts, [{}]),
        (objects, ["a"]),
        (objects, {}),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(convert: Callable[[object], object], given: object) -> None:
    with pytest.raises(InvalidRequestException, match="'x'") as refused:
        value_of({"x": given}, "x", convert)
    assert refused.value.status == 400


def test_a_missing_and_a_null_value_are_none() -> None:
    assert value_of({}, "x", text) is None
    assert value_of({"x": None}, "x", text) is None


def test_a_required_value_must_be_there() -> None:
    with pytest.raises(InvalidRequestException, match="'x' is missing"):
        required({"x": None}, "x", text)
