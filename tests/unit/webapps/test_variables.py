from datetime import UTC, datetime

import pytest

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.variables import variable_from_json, variable_to_json, variables_from_json


def test_a_variable_has_type_value_and_value_info_even_when_there_is_none() -> None:
    assert variable_to_json(TypedValue("Null", None)) == {"type": "Null", "value": None, "valueInfo": {}}


def test_a_date_is_written_in_camundas_form() -> None:
    moment = datetime(2026, 11, 23, 3, 57, 55, 474000, UTC)
    assert variable_to_json(TypedValue("Date", moment))["value"] == "2026-11-23T03:57:55.474+0000"


def test_bytes_are_written_and_read_in_base64() -> None:
    assert variable_to_json(TypedValue("Bytes", b"\x00\xff"))["value"] == "AP8="
    assert variable_from_json("x", {"type": "Bytes", "value": "AP8="}) == TypedValue("Bytes", b"\x00\xff")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("Boolean", True, True),
        ("Boolean", "true", True),
        ("Short", -32768, -32768),
        ("Integer", "5", 5),
        ("Long", 2**63 - 1, 2**63 - 1),
        ("Double", 5, 5.0),
        ("Double", "1.5", 1.5),
        ("String", "a", "a"),
        ("String", 5, "5"),
        ("String", True, "true"),
        ("Date", "2026-11-23T03:57:55.474+0000", datetime(2026, 11, 23, 3, 57, 55, 474000, UTC)),
        ("Json", '{"a": 1}', '{"a": 1}'),
        ("Null", None, None),
        ("Integer", None, None),
    ],
)
def test_a_typed_value_is_read(kind: str, value: object, expected: object) -> None:
    assert variable_from_json("x", {"type": kind, "value": value}) == TypedValue(kind, expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Null", 0),
        ("Boolean", "yes"),
        ("Short", 32768),
        ("Integer", 2**31),
        ("Integer", 5.0),
        ("Integer", True),
        ("Long", 2**63),
        ("Double", "much"),
        ("Double", "inf"),
        ("String", {}),
        ("Date", "today"),
        ("Bytes", "not base64"),
        ("Bytes", "AP8=*"),
        ("Json", {"a": 1}),
        ("Money", 5),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused_with_both_named(kind: str, value: object) -> None:
    with pytest.raises(InvalidRequestException, match=kind) as refused:
        variable_from_json("amount", {"type": kind, "value": value})
    assert "'amount'" in str(refused.value)


def test_the_first_letter_of_a_type_may_be_small() -> None:
    assert variable_from_json("x", {"type": "integer", "value": 1}) == TypedValue("Integer", 1)


def test_a_value_without_a_type_stays_as_it_is() -> None:
    assert variable_from_json("x", {"value": 5, "type": None}) == 5


def test_the_value_info_is_kept() -> None:
    info = {"objectTypeName": "java.util.Map", "serializationDataFormat": "application/json"}
    read = variable_from_json("x", {"type": "Object", "value": "{}", "valueInfo": info})
    assert read == TypedValue("Object", "{}", info)


def test_no_variables_are_an_empty_object_or_null() -> None:
    assert variables_from_json({}) == {}
    assert variables_from_json({"variables": None}) == {}


@pytest.mark.parametrize("variables", [[], "x", {"a": 5}, {"a": None}])
def test_variables_of_another_form_are_refused(variables: object) -> None:
    with pytest.raises(InvalidRequestException):
        variables_from_json({"variables": variables})
