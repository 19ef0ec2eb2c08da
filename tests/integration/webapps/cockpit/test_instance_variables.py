"""The variables of a process instance: shown, saved, added, changed and deleted."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from tests.integration.webapps.cockpit.samples import MARKUP, go_on, rows_of, start, text_of
from tests.integration.webapps.people import Person

VALUES: dict[str, Any] = {
    "text": (MARKUP, f"text String {MARKUP}"),
    "number": (5, "number Integer 5"),
    "yes": (True, "yes Boolean true"),
    "nothing": (None, "nothing Null null"),
    "day": (datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "day Date 24 November 2026, 08:30 UTC"),
    "json": (TypedValue("Json", '{"a": [1, "ä"]}'), 'json Json {"a": [1, "ä"]}'),
    "object": (
        TypedValue("Object", "rO0AB", {"objectTypeName": "com.example.Order"}),
        "object Object com.example.Order rO0AB",
    ),
    "bytes": (b"\0\xff<", "bytes Bytes 3 bytes, download bytes"),
    MARKUP: ("x", f"{MARKUP} String x"),
}
Started = Callable[..., str]


@pytest.fixture
def started(engine: ProcessEngine, definition_id: str) -> Started:
    """Starts an instance with variables; returns the path of its page."""
    assert definition_id
    return lambda **variables: f"/cockpit/instance/{start(engine, **variables).id}"


def variable_of(engine: ProcessEngine, page: str, name: str) -> Any:
    """A variable of the instance; ``None`` if it has none."""
    return engine.runtime_service.variable(page.rpartition("/")[2], name)


def form_of(person: Person, engine: ProcessEngine, page: str, action: str, name: str) -> tuple[str, dict[str, str]]:
    """The address of the form of a variable, and the fields that tell what was seen."""
    found = engine.runtime_service.variable_instances(instance_ids=[page.rpartition("/")[2]], name=name)
    address = f"{page}/variable/{found[0].id}/{action}"
    seen = re.findall(r'name="seen" value="([^"]*)"', person.get(address))
    return address, {"seen": seen[0]}


def test_variables_are_shown_with_type_and_value(as_admin: Person, started: Started) -> None:
    html = as_admin.get(started(**{name: value for name, (value, _) in VALUES.items()}))
    expected = {f"{said} instance Edit {name} Delete {name}" for name, (_, said) in VALUES.items()}
    assert set(rows_of(html)) == expected
    assert "<b onclick" not in html


def test_a_long_value_is_cut_and_can_be_seen_whole(as_admin: Person, started: Started) -> None:
    text = MARKUP + "x" * 10_000
    html = as_admin.get(started(long=text))
    assert len(rows_of(html)[0]) < 250
    (address,) = re.findall(r'href="([^"]*)">show all', html)
    whole = as_admin.get(address)
    assert "<b onclick" not in whole
    assert unescape(re.findall(r"<pre[^>]*><code>(.*)</code></pre>", whole)[0]) == text
    assert as_admin.http.get(f"{address}/download").content == text.encode()


def test_half_a_character_is_shown_as_what_can_be_shown(as_admin: Person, started: Started) -> None:
    assert rows_of(as_admin.get(started(half="x\ud800\0y")))[0].startswith("half String x?\0y ")


@pytest.mark.parametrize(
    ("value", "content", "name"),
    [
        (b"\0\xff<script>", b"\0\xff<script>", "%22b.bin"),
        (TypedValue("File", b"<script>", {"filename": "../x.html"}), b"<script>", "x.html"),
        (TypedValue("Json", "[1]"), b"[1]", "%22b.json"),
        ("<script>ä", "<script>ä".encode(), "%22b.txt"),
        (1.5, b"1.5", "%22b.txt"),
    ],
)
def test_values_are_downloads_that_no_browser_shows(
    as_admin: Person, engine: ProcessEngine, started: Started, value: object, content: bytes, name: str
) -> None:
    page = started(**{'a/"b': value})
    variable = engine.runtime_service.variable_instances(instance_ids=[page.rpartition("/")[2]])[0]
    response = as_admin.http.get(f"{page}/variable/{variable.id}/download")
    assert response.content == content
    assert response.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_variable_is_found_only_in_its_instance(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    one, other = started(a=1), started()
    variable = engine.runtime_service.variable_instances(instance_ids=[one.rpartition("/")[2]])[0]
    as_admin.get(f"{other}/variable/{variable.id}", status=404)
    as_admin.get(f"{one}/variable/{variable.id}x", status=404)


def test_many_variables_are_shown_in_parts(as_admin: Person, started: Started) -> None:
    page = started(**{f"v{number:02}": number for number in range(30)})
    html = as_admin.get(f"{page}?show=variables&page=2")
    assert [row.split()[0] for row in rows_of(html)] == [f"v{number}" for number in range(25, 30)]


def test_a_variable_is_added(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    page = started()
    response = as_admin.act(f"{page}/variable/new", {"name": " new ", "type": "String", "text": "a\r\nb"})
    assert response.headers["location"] == f"{page}#shown"
    assert "The variable new was added." in text_of(as_admin.get(page))
    assert variable_of(engine, page, "new") == TypedValue("String", "a\nb")


def test_what_is_no_value_is_refused_and_said_why(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    page = started()
    for kind, text, said in (
        ("Json", '{"a": }', "This is no JSON: Expecting value, in line 1, column 7."),
        ("Bytes", "x", "Choose the file with the value."),
    ):
        response = as_admin.act(f"{page}/variable/new", {"name": "new", "type": kind, "text": text})
        assert response.status_code == 422
        assert said in text_of(response.text)
        assert variable_of(engine, page, "new") is None


def test_a_file_is_added(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    page = started()
    files = {"file": ("a.txt", b"\0abc", "text/plain")}
    for kind in ("File", "Bytes"):
        as_admin.act(f"{page}/variable/new", {"name": kind, "type": kind, "text": ""}, files=files)
    assert variable_of(engine, page, "File") == TypedValue(
        "File", b"\0abc", {"filename": "a.txt", "mimetype": "text/plain"}
    )
    assert variable_of(engine, page, "Bytes") == TypedValue("Bytes", b"\0abc")


def test_a_name_is_needed_that_is_free(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    page = started(a=1)
    for name, said in (("", "Write a name of 1 to 255"), ("x" * 256, "Write a name"), ("a", "edit that one")):
        response = as_admin.act(f"{page}/variable/new", {"name": name, "type": "String", "text": "x"})
        assert response.status_code == 422
        assert said in text_of(response.text)
    assert variable_of(engine, page, "a") == TypedValue("Integer", 1)


def test_a_variable_is_changed_also_in_its_type(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    page = started(a="old\nvalue")
    address, seen = form_of(as_admin, engine, page, "edit", "a")
    assert ">\nold\nvalue</textarea>" in as_admin.get(address)
    as_admin.act(address, {**seen, "type": "Integer", "text": "7"})
    assert variable_of(engine, page, "a") == TypedValue("Integer", 7)


def test_an_object_keeps_what_it_is(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    info = {"objectTypeName": "Order", "serializationDataFormat": "application/json"}
    page = started(a=TypedValue("Object", "{}", info))
    address, seen = form_of(as_admin, engine, page, "edit", "a")
    assert as_admin.act(address, {**seen, "type": "Object", "text": "{"}).status_code == 422
    as_admin.act(address, {**seen, "type": "Object", "text": "[1]"})
    assert variable_of(engine, page, "a") == TypedValue("Object", "[1]", info)


def test_what_somebody_else_changed_meanwhile_is_noticed(
    as_admin: Person, engine: ProcessEngine, started: Started
) -> None:
    page = started(a="first")
    address, seen = form_of(as_admin, engine, page, "edit", "a")
    engine.runtime_service.set_variables(page.rpartition("/")[2], {"a": "second"})
    response = as_admin.act(address, {**seen, "type": "String", "text": "mine"})
    assert response.status_code == 409
    assert "Somebody else has changed it meanwhile. It is now: second (String)" in text_of(response.text)
    assert "mine</textarea>" in response.text
    assert variable_of(engine, page, "a") == TypedValue("String", "second")
    now = {"seen": re.findall(r'name="seen" value="([^"]*)"', response.text)[0]}
    as_admin.act(address, {**now, "type": "String", "text": "mine"})
    assert variable_of(engine, page, "a") == TypedValue("String", "mine")


def test_a_variable_is_deleted_after_a_question(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    page = started(a=1)
    address, seen = form_of(as_admin, engine, page, "delete", "a")
    assert "Delete the variable a? Its value is 1" in text_of(as_admin.get(address))
    engine.runtime_service.set_variables(page.rpartition("/")[2], {"a": 2})
    response = as_admin.act(address, seen)
    assert response.status_code == 409
    assert "Its value is 2" in text_of(response.text)
    address, seen = form_of(as_admin, engine, page, "delete", "a")
    assert as_admin.act(address, seen).headers["location"] == f"{page}#shown"
    assert variable_of(engine, page, "a") is None
    as_admin.act(address, seen)
    assert "The variable is not there any more." in text_of(as_admin.get(page))


def test_a_local_variable_says_where_it_is_and_stays_there(
    as_admin: Person, engine: ProcessEngine, started: Started
) -> None:
    page = started(note="of all")
    go_on(engine)
    (task,) = engine.task_service.tasks()
    engine.task_service.set_variables(task.id, {"local": "x"}, local=True)
    assert rows_of(as_admin.get(page))[0].startswith("local String x Check ")
    address, seen = form_of(as_admin, engine, page, "edit", "local")
    as_admin.act(address, {**seen, "type": "String", "text": "y"})
    assert engine.task_service.variables(task.id, local=True) == {"local": TypedValue("String", "y")}
    address, seen = form_of(as_admin, engine, page, "delete", "local")
    as_admin.act(address, seen)
    assert engine.task_service.variables(task.id, local=True) == {}
    assert variable_of(engine, page, "note") == TypedValue("String", "of all")


def test_what_has_ended_is_not_changed(as_admin: Person, engine: ProcessEngine, started: Started) -> None:
    page = started(a=1)
    address, seen = form_of(as_admin, engine, page, "edit", "a")
    engine.runtime_service.delete_process_instance(page.rpartition("/")[2])
    assert as_admin.act(address, {**seen, "type": "String", "text": "x"}).headers["location"] == f"{page}#shown"
    as_admin.act(f"{page}/variable/new", {"name": "b", "type": "String", "text": "x"})
    assert "The instance does not run any more." in text_of(as_admin.get(page))
    assert as_admin.http.get(address.replace("/edit", "/download")).content == b"1"
