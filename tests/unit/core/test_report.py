"""The document: its bytes, what it leaves out, and its schema."""

import copy
import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from engine_telemetry.counters import MAX_NAME_BYTES, MAX_NAMES
from engine_telemetry.report import Component, Edition, Internals, Product, Report, commands, json_schema

INSTALLATION = "8343cc7a-8ad1-42d4-97d2-43452c0bdfa3"
WILDFLY = "WildFly Full 19.0.0.Final (WildFly Core 11.0.0.Final) - 2.0.30.Final"
LONGEST_REQUEST = 64 * 1024


def make_report(
    counts: dict[str, int],
    *,
    database: Component | None = None,
    server: Component | None = None,
    name: str = "Camunda BPM Runtime",
) -> Report:
    internals = Internals(database, server, commands(counts))
    return Report(INSTALLATION, Product(name, "7.13.0", "community", internals))


def page_example() -> Report:
    return make_report(
        {"StartProcessInstanceCmd": 40, "FetchExternalTasksCmd": 100},
        database=Component("h2", "1.4.190 (2015-10-11)"),
        server=Component("Wildfly", WILDFLY),
    )


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema(), format_checker=FormatChecker())


def validate(document: object) -> None:
    validator().validate(document)


def test_the_pages_example_has_exactly_these_bytes() -> None:
    assert page_example().to_json() == (
        b'{"installation":"8343cc7a-8ad1-42d4-97d2-43452c0bdfa3","product":{"name":"Camunda BPM Runtime",'
        b'"version":"7.13.0","edition":"community","internals":{"database":{"vendor":"h2",'
        b'"version":"1.4.190 (2015-10-11)"},"application-server":{"vendor":"Wildfly","version":"WildFly Full'
        b' 19.0.0.Final (WildFly Core 11.0.0.Final) - 2.0.30.Final"},"commands":{"FetchExternalTasksCmd":'
        b'{"count":100},"StartProcessInstanceCmd":{"count":40}}}}}'
    )


def test_the_bytes_are_the_document() -> None:
    assert json.loads(page_example().to_json()) == page_example().to_dict()


def test_what_is_not_known_is_left_out_and_never_null() -> None:
    report = make_report({}, database=Component("SQLite", None))
    assert report.to_dict()["product"]["internals"] == {"database": {"vendor": "SQLite"}, "commands": {}}
    assert make_report({}).to_dict()["product"]["internals"] == {"commands": {}}
    assert b"null" not in make_report({}).to_json()


def test_commands_are_sorted_and_only_those_that_ran_are_listed() -> None:
    counts = commands({"b": 2, "a": 1, "never": 0})
    assert [(name, count.count) for name, count in counts.items()] == [("a", 1), ("b", 2)]


def test_the_order_of_counting_does_not_show_in_the_bytes() -> None:
    assert make_report({"a": 1, "b": 2}).to_json() == make_report({"b": 2, "a": 1}).to_json()


def test_texts_are_utf_8_and_what_cannot_be_encoded_is_replaced() -> None:
    body = make_report({}, name="Bücher \ud800").to_json()
    assert json.loads(body.decode("utf-8"))["product"]["name"] == "Bücher ?"


def test_a_report_of_the_largest_size_can_be_sent() -> None:
    names = {f"{number:0{MAX_NAME_BYTES}}": 2**64 - 1 for number in range(MAX_NAMES)}
    longest = "\N{PILE OF POO}" * 200
    body = make_report(names, database=Component("SQLite", "3"), server=Component("v" * 500, "v" * 500), name=longest)
    assert len(body.to_json()) <= LONGEST_REQUEST


# -- the schema -------------------------------------------------------------------------------------------------------


def test_the_schema_is_one_and_the_pages_example_satisfies_it() -> None:
    Draft202012Validator.check_schema(json_schema())
    validate(page_example().to_dict())
    validate(make_report({}).to_dict())


@given(
    counts=st.dictionaries(st.text(min_size=1), st.integers(1, 2**64 - 1), max_size=5),
    versions=st.tuples(st.none() | st.text(min_size=1), st.none() | st.text(min_size=1)),
    edition=st.sampled_from(["community", "enterprise"]),
)
def test_every_report_satisfies_the_schema(
    counts: dict[str, int], versions: tuple[str | None, str | None], edition: Edition
) -> None:
    database, server = (Component("vendor", version) for version in versions)
    report = Report(INSTALLATION, Product("name", "1", edition, Internals(database, server, commands(counts))))
    validate(report.to_dict())
    assert report.to_json() == report.to_json()


PLACES = [
    (),
    ("product",),
    ("product", "internals"),
    ("product", "internals", "database"),
    ("product", "internals", "application-server"),
    ("product", "internals", "commands", "StartProcessInstanceCmd"),
]


def inside(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for step in path:
        document = document[step]
    return document


@pytest.mark.parametrize("path", PLACES, ids="/".join)
def test_the_schema_refuses_anything_more(path: tuple[str, ...]) -> None:
    document = copy.deepcopy(page_example().to_dict())
    inside(document, path)["more"] = "x"
    with pytest.raises(ValidationError, match="Additional properties are not allowed"):
        validate(document)


MEMBERS = [
    (("installation",), "not-a-uuid"),
    (("installation",), None),
    (("product",), None),
    (("product", "name"), ""),
    (("product", "version"), None),
    (("product", "edition"), "trial"),
    (("product", "internals", "database"), None),
    (("product", "internals", "database", "version"), None),
    (("product", "internals", "application-server", "vendor"), ""),
    (("product", "internals", "commands"), None),
    (("product", "internals", "commands", "StartProcessInstanceCmd", "count"), 0),
    (("product", "internals", "commands", "StartProcessInstanceCmd", "count"), "40"),
]


@pytest.mark.parametrize(("path", "value"), MEMBERS)
def test_the_schema_refuses_a_member_of_another_kind(path: tuple[str, ...], value: object) -> None:
    document = copy.deepcopy(page_example().to_dict())
    inside(document, path[:-1])[path[-1]] = value
    with pytest.raises(ValidationError):
        validate(document)


OPTIONAL = {
    ("product", "internals", "database"),
    ("product", "internals", "database", "version"),
    ("product", "internals", "application-server"),
    ("product", "internals", "application-server", "version"),
}


@pytest.mark.parametrize("path", sorted({path for path, _ in MEMBERS} | OPTIONAL), ids="/".join)
def test_only_what_may_be_unknown_may_be_absent(path: tuple[str, ...]) -> None:
    document = copy.deepcopy(page_example().to_dict())
    del inside(document, path[:-1])[path[-1]]
    if path in OPTIONAL:
        validate(document)
    else:
        with pytest.raises(ValidationError, match="is a required property"):
            validate(document)


def test_the_published_schema_is_the_one_that_the_types_give() -> None:
    published = files("engine_telemetry").joinpath("report.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(json_schema(), indent=2) + "\n"
