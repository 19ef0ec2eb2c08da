"""What people write as the values of variables."""

import re
from datetime import UTC, datetime

import pytest

from engine_telemetry.engine.entities import TypedValue
from webapps.cockpit.variable_values import fingerprint_of, value_of

WRITTEN = [
    ("String", " a\nb ", TypedValue("String", " a\nb ")),
    ("Boolean", "True", TypedValue("Boolean", True)),
    ("Integer", " -5 ", TypedValue("Integer", -5)),
    ("Long", "9223372036854775807", TypedValue("Long", 2**63 - 1)),
    ("Short", "7", TypedValue("Short", 7)),
    ("Double", "250.5", TypedValue("Double", 250.5)),
    ("Date", "2026-11-24T08:30", TypedValue("Date", datetime(2026, 11, 24, 8, 30, tzinfo=UTC))),
    ("Json", '{"a": 1}', TypedValue("Json", '{"a": 1}')),
    ("Xml", "<a/>", TypedValue("Xml", "<a/>")),
    ("Null", "no matter what", TypedValue("Null", None)),
]
WRONG = [
    ("Boolean", "yes", "Write true or false."),
    ("Integer", "2147483648", "Write a whole number from -2147483648 to 2147483647."),
    ("Integer", "1.0", "Write a whole number"),
    ("Long", "9" * 30, "Write a whole number"),
    ("Short", "40000", "Write a whole number from -32768 to 32767."),
    ("Double", "nan", "Write a number with a point"),
    ("Date", "24.11.2026", "Write a date as in 2026-11-24T08:30:00Z"),
    ("Date", "0001-01-01T00:00+14:00", "Write a date"),
    ("Json", '{"a": }', "This is no JSON: Expecting value, in line 1, column 7."),
    ("Json", "[" * 100_000, "This JSON cannot be read"),
    ("Object", "x", "Choose one of the types"),
    ("Thing", "x", "Choose one of the types, not 'Thing'."),
]


@pytest.mark.parametrize(("kind", "text", "value"), WRITTEN)
def test_a_value_is_read_as_its_type_says(kind: str, text: str, value: TypedValue) -> None:
    assert value_of(kind, text, None) == value


@pytest.mark.parametrize(("kind", "text", "said"), WRONG)
def test_what_is_no_value_says_what_to_write(kind: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        value_of(kind, text, None)


def test_an_object_can_only_replace_one_and_stays_what_it_is() -> None:
    before = TypedValue("Object", "{}", {"objectTypeName": "Order", "serializationDataFormat": "application/json"})
    assert value_of("Object", "[1]", before) == TypedValue("Object", "[1]", before.value_info)
    with pytest.raises(ValueError, match="This is no JSON"):
        value_of("Object", "{", before)
    with pytest.raises(ValueError, match="Choose one of the types"):
        value_of("Object", "{}", TypedValue("Json", "{}"))


def test_values_that_look_the_same_have_fingerprints_of_their_own() -> None:
    values = (
        TypedValue("String", "1"),
        TypedValue("Integer", 1),
        TypedValue("Json", "1"),
        TypedValue("Bytes", b"1"),
        TypedValue("File", b"1", {"filename": "a"}),
        TypedValue("File", b"1", {"filename": "b"}),
    )
    assert len({fingerprint_of(value) for value in values}) == len(values)
