"""The page of a process instance."""

import re
from datetime import UTC, datetime
from html import unescape
from json import loads
from typing import Any
from urllib.parse import quote

import pytest
from httpx import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from tests.integration.webapps.cockpit.samples import (
    MARKUP,
    deploy,
    deploy_loop,
    fail,
    go_on,
    lock,
    rows_of,
    start,
    text_of,
)
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


def test_variables_are_shown_with_type_and_value(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine, **{name: value for name, (value, _) in VALUES.items()})
    html = as_admin.get(f"/cockpit/instance/{instance.id}")
    assert set(rows_of(html)[1:]) == {said for _, said in VALUES.values()}
    assert "<b onclick" not in html


def test_a_long_value_is_cut_and_can_be_seen_whole(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    text = MARKUP + "x" * 10_000
    instance = start(engine, long=text)
    html = as_admin.get(f"/cockpit/instance/{instance.id}")
    assert len(rows_of(html)[1]) < 200
    (address,) = re.findall(r'href="([^"]*/variable/[^"]*)"', html)
    whole = as_admin.get(address)
    assert "<b onclick" not in whole
    assert unescape(re.findall(r"<pre[^>]*><code>(.*)</code></pre>", whole)[0]) == text
    assert as_admin.http.get(f"{address}/download").content == text.encode()


def test_half_a_character_is_shown_as_what_can_be_shown(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    instance = start(engine, half="x\ud800\0y")
    assert rows_of(as_admin.get(f"/cockpit/instance/{instance.id}"))[1] == "half String x?\0y"


@pytest.mark.parametrize(
    ("value", "content", "ending"),
    [
        (b"\0\xff<script>", b"\0\xff<script>", "bin"),
        (TypedValue("Json", "[1]"), b"[1]", "json"),
        ("<script>ä", "<script>ä".encode(), "txt"),
        (1.5, b"1.5", "txt"),
    ],
)
def test_values_are_downloads_that_no_browser_shows(
    as_admin: Person, engine: ProcessEngine, definition_id: str, value: object, content: bytes, ending: str
) -> None:
    assert definition_id
    variables: dict[str, Any] = {'a/"b': value}
    instance = start(engine, **variables)
    variable = engine.runtime_service.variable_instances(instance_ids=[instance.id])[0]
    response = as_admin.http.get(f"/cockpit/instance/{instance.id}/variable/{variable.id}/download")
    assert response.content == content
    assert response.headers["content-disposition"] == f"attachment; filename*=UTF-8''%22b.{ending}"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_variable_is_found_only_in_its_instance(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    one, other = start(engine, a=1), start(engine)
    variable = engine.runtime_service.variable_instances(instance_ids=[one.id])[0]
    as_admin.get(f"/cockpit/instance/{other.id}/variable/{variable.id}", status=404)
    as_admin.get(f"/cockpit/instance/{one.id}/variable/{variable.id}x", status=404)


def test_local_variables_say_where(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine, amount=1)
    go_on(engine)
    (task,) = engine.task_service.tasks()
    engine.task_service.set_variables(task.id, {"note": "x"}, local=True)
    rows = rows_of(as_admin.get(f"/cockpit/instance/{instance.id}"))
    assert rows[1:] == ["amount Integer 1", "note only in Check String x"]


def test_it_says_where_it_stands(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    instance = start(engine, "A-1")
    html = as_admin.get(f"/cockpit/instance/{instance.id}")
    assert rows_of(html)[0].startswith("Charge service task 1 ")
    assert loads(unescape(re.findall(r'data-marks="([^"]*)"', html)[0])) == {"charge": ["current"]}
    assert f'data-diagram="/cockpit/process/{quote(definition_id, safe="")}/model"' in html
    fail(engine)
    html = as_admin.get(f"/cockpit/instance/{instance.id}")
    assert "Charge 1 incident service task 1 " in rows_of(html)[0]
    assert loads(unescape(re.findall(r'data-marks="([^"]*)"', html)[0])) == {"charge": ["trouble"]}
    assert loads(unescape(re.findall(r'data-badges="([^"]*)"', html)[0]))["charge"][0]["title"] == "1 incident"


def test_what_goes_on_more_than_once_is_counted_and_what_is_around_it_is_not_marked(
    as_admin: Person, engine: ProcessEngine
) -> None:
    definition_id = deploy_loop(engine)
    instance = start(engine, key="loop")
    html = as_admin.get(f"/cockpit/instance/{instance.id}")
    assert loads(unescape(re.findall(r'data-marks="([^"]*)"', html)[0])) == {"each": ["current"]}
    badges = loads(unescape(re.findall(r'data-badges="([^"]*)"', html)[0]))
    assert badges == {"each": [{"text": "3", "title": "3 going on"}]}
    assert [row for row in rows_of(html) if row.startswith("Each user task 3 ")]
    assert rows_of(as_admin.get(f"/cockpit/process/{definition_id}"))[:2] == ["Each each 3 0", "Part part 1 0"]


def test_what_waits_has_tabs(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine, "A-1")
    lock(engine)
    page = f"/cockpit/instance/{instance.id}"
    html = as_admin.get(f"{page}?show=external-tasks")
    assert rows_of(html)[1].startswith("Charge charging w ")
    assert rows_of(html)[1].endswith("not failed yet")
    (task,) = engine.external_task_service.external_tasks()
    engine.external_task_service.fail(task.id, worker_id="w", error_message=MARKUP, retries=0)
    assert f"0 {MARKUP}" in rows_of(as_admin.get(f"{page}?show=external-tasks"))[1]
    assert f"charge failedExternalTask {MARKUP} " in rows_of(as_admin.get(f"{page}?show=incidents"))[1]
    engine.external_task_service.set_retries(task.id, 1)
    go_on(engine)
    (waiting,) = engine.task_service.tasks()
    engine.task_service.set_assignee(waiting.id, MARKUP)
    html = as_admin.get(f"{page}?show=tasks")
    assert rows_of(html)[1].startswith(f"Check {MARKUP} ")
    assert "<b onclick" not in html
    assert "This instance has none." in text_of(as_admin.get(f"{page}?show=jobs"))
    assert as_admin.get(f"{page}?show=nothing").count('aria-current="page">Variables') == 1


def test_callers_and_called_lead_to_each_other(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    deploy(engine, "caller", "Caller", calls="order")
    caller = start(engine, "C-1", key="caller")
    (called,) = engine.runtime_service.process_instances(super_instance_id=caller.id)
    html = as_admin.get(f"/cockpit/instance/{caller.id}?show=called")
    assert f'<a href="/cockpit/instance/{called.id}">' in html
    html = as_admin.get(f"/cockpit/instance/{called.id}")
    assert f'<a href="/cockpit/instance/{caller.id}">C-1</a> (caller)' in html
    assert "the 1 instance that it called" in text_of(as_admin.get(f"/cockpit/instance/{caller.id}/cancel"))
    assert "Another instance called it." in text_of(as_admin.get(f"/cockpit/instance/{called.id}/cancel"))


def test_an_instance_is_cancelled_after_a_question(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine, "A-1")
    page = f"/cockpit/instance/{instance.id}"
    assert "Cancel this instance? Order , A-1, started " in text_of(as_admin.get(f"{page}/cancel"))
    assert engine.runtime_service.count_process_instances() == 1
    response = as_admin.act(f"{page}/cancel", {"reason": f" {MARKUP} "})
    assert response.headers["location"] == "/cockpit/instances"
    assert "The instance was cancelled." in text_of(as_admin.get("/cockpit/instances"))
    assert engine.runtime_service.count_process_instances() == 0
    html = as_admin.get(page)
    assert f"How it ended cancelled Reason {MARKUP} " in text_of(html)
    assert "<b onclick" not in html


def test_an_instance_that_has_ended_meanwhile_is_not_cancelled(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    instance = start(engine, "A-1")
    go_on(engine)
    engine.task_service.complete(engine.task_service.tasks()[0].id)
    page = f"/cockpit/instance/{instance.id}"
    for act in (as_admin.http.get, as_admin.act):
        response: Response = act(f"{page}/cancel")
        assert response.headers["location"] == page
        text = text_of(as_admin.get(page))
        assert "Instances A-1 It does not run any more. Order" in text
        assert "How it ended completed" in text


def test_without_a_reason_the_history_says_who_cancelled(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    instance = start(engine)
    as_admin.act(f"/cockpit/instance/{instance.id}/cancel", {"reason": " "})
    (ended,) = engine.history_service.process_instances(instance_id=instance.id)
    assert ended.delete_reason == "Cancelled by ann in Cockpit"


def test_many_variables_are_shown_in_parts(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    variables: dict[str, Any] = {f"v{number:02}": number for number in range(30)}
    instance = start(engine, **variables)
    html = as_admin.get(f"/cockpit/instance/{instance.id}?show=variables&page=2")
    assert [row.split()[0] for row in rows_of(html)[1:]] == [f"v{number}" for number in range(25, 30)]
