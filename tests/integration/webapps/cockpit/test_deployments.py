"""Deploying, and the pages of deployments."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from httpx import Response

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import MARKUP, deploy_decision, model, rows_of, start, text_of
from tests.integration.webapps.people import Person

FILE_NAME = "<b onclick=alert(1)>&'"  # browsers write %22 for a quotation mark in a file's name
DECISION = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://e">
<decision id="discount" name="Discount"><decisionTable id="t"><output id="o" name="rate" typeRef="integer"/>
<rule id="r"><outputEntry id="e"><text>5</text></outputEntry></rule></decisionTable></decision></definitions>"""
WRONG = model().replace(
    b'<userTask id="check" name="Check"/>',
    b'<complexGateway id="check"/>\n    <scriptTask id="odd" scriptFormat="<b>"/>'.replace(b"<b>", b"&lt;b>"),
)


def deploy(as_admin: Person, *files: tuple[str, bytes], **fields: str) -> Response:
    sent: list[tuple[str, Any]] = [("files", file) for file in files]
    return as_admin.act("/cockpit/deployments", fields, files=sent)


def test_files_are_deployed_together_and_lead_to_what_they_made(as_admin: Person, engine: ProcessEngine) -> None:
    response = deploy(as_admin, ("order.bpmn", model()), ("discount.dmn", DECISION), ("note.txt", b"x"), name="All")
    assert response.status_code == 303, text_of(response.text)
    html = as_admin.get(response.headers["location"])
    (definition,) = engine.repository_service.process_definitions()
    text = text_of(html)
    assert "Deployed. This is what it made." in text
    assert "From Cockpit" in text
    assert "Process Order , version 1 (key order) Decision Discount , version 1 (key discount)" in text
    assert f'<a href="/cockpit/process/{definition.id.replace(":", "%3A")}">Order</a>' in html
    assert set(rows_of(html)) == {
        "discount.dmn a model Download discount.dmn",
        "note.txt kept as it is Download note.txt",
        "order.bpmn a model Download order.bpmn",
    }
    assert "All" in rows_of(as_admin.get("/cockpit/deployments"))[0]


def test_a_deployment_has_the_name_of_its_first_file_if_it_gets_none(as_admin: Person, engine: ProcessEngine) -> None:
    deploy(as_admin, (FILE_NAME, b"x"), name=" ")
    (deployment,) = engine.repository_service.deployments()
    assert deployment.name == FILE_NAME
    html = as_admin.get(f"/cockpit/deployment/{deployment.id}")
    assert "<b onclick" not in html
    assert "No process and no decision." in text_of(html)


def test_what_is_refused_says_which_element_in_which_line_and_why(as_admin: Person, engine: ProcessEngine) -> None:
    response = deploy(as_admin, ("wrong.bpmn", WRONG), ("note.txt", b"x"), name="kept")
    assert response.status_code == 422
    text, rows = text_of(response.text), rows_of(response.text)
    assert "Nothing was deployed wrong.bpmn has " in text
    assert "What came after it was not looked at." in text
    line = WRONG[: WRONG.index(b"<complexGateway")].count(b"\n") + 1
    (row,) = [row for row in rows if row.startswith(f"{line} check ")]
    assert row.endswith('<complexGateway id="check"/>')
    assert "<complexGateway" not in response.text
    assert 'value="kept"' in response.text
    assert engine.repository_service.count_deployments() == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.bpmn", b"<definitions>\n<b>", "broken.bpmn has 1 problem"),
        ("binary.bpmn", b"\xff\xfe\0\1", "binary.bpmn has 1 problem"),
        ("empty.bpmn", b"", "empty.bpmn has 1 problem"),
        ("case.cmmn", b"<x/>", "Cases (CMMN) are not supported"),
        (f"{FILE_NAME}.bpmn", b"<x/>", f"{FILE_NAME}.bpmn has 1 problem"),
        ("x" * 300, b"", "has more than 255 characters"),
    ],
)
def test_files_that_are_no_models_are_refused(
    as_admin: Person, engine: ProcessEngine, name: str, content: bytes, said: str
) -> None:
    response = deploy(as_admin, (name, content))
    assert response.status_code == 422
    assert said in text_of(response.text)
    assert "<b onclick" not in response.text
    assert engine.repository_service.count_deployments() == 0


def test_nothing_and_twins_are_refused(as_admin: Person, engine: ProcessEngine) -> None:
    response = as_admin.act("/cockpit/deployments", {"files": "x"})
    assert "Choose at least one file." in text_of(response.text)
    response = deploy(as_admin, ("a.txt", b"1"), ("a.txt", b"2"))
    assert "There are two files of the name 'a.txt'." in text_of(response.text)
    assert engine.repository_service.count_deployments() == 0


def test_deployments_are_listed_newest_first_in_parts(as_admin: Person, engine: ProcessEngine) -> None:
    assert "Nothing is deployed yet." in text_of(as_admin.get("/cockpit/deployments"))
    for number in range(26):
        engine.repository_service.deploy({"a.txt": b"x"}, name=f"D{number}")
    rows = rows_of(as_admin.get("/cockpit/deployments"))
    assert [row.split()[0] for row in rows] == [f"D{number}" for number in range(25, 0, -1)]
    assert rows_of(as_admin.get("/cockpit/deployments?page=2"))[0].startswith("D0 ")


def test_files_are_shown_as_text_and_saved_as_files(as_admin: Person, engine: ProcessEngine) -> None:
    files = {"dir/a.html": f"<script>{MARKUP}".encode(), "b.png": b"\x89PNG\0\xff", "ü\r\n.txt": b"\0"}
    deployment = engine.repository_service.deploy(files)
    for resource in engine.repository_service.deployment_resources(deployment.id):
        address = f"/cockpit/deployment/{deployment.id}/file/{resource.id}"
        page, response = as_admin.get(address), as_admin.http.get(f"{address}/download")
        assert "<b onclick" not in page
        assert (MARKUP if resource.name == "dir/a.html" else "This file is no text.") in text_of(page)
        assert response.content == files[resource.name]
        assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w.%-]+", response.headers["content-disposition"])
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["x-content-type-options"] == "nosniff"
        as_admin.get(f"{address}x", status=404)


def test_a_file_is_shown_with_the_numbers_of_its_lines_and_no_more_than_a_page_can_bear(
    as_admin: Person, engine: ProcessEngine
) -> None:
    files = {"short.txt": b"one\r\n\n  three\n", "long.txt": b"x\n" * 5001}
    deployment = engine.repository_service.deploy(files)
    pages = {
        file.name: as_admin.get(f"/cockpit/deployment/{deployment.id}/file/{file.id}")
        for file in engine.repository_service.deployment_resources(deployment.id)
    }
    assert (
        '<code><span id="L1">one\n</span><span id="L2">\n</span><span id="L3">  three\n</span></code>'
        in pages["short.txt"]
    )
    assert "These are the first 5000 of 5001 lines. Download the file to see all of it." in text_of(pages["long.txt"])
    assert 'id="L5000"' in pages["long.txt"]
    assert 'id="L5001"' not in pages["long.txt"]


def test_deployments_are_found_by_a_part_of_their_name(as_admin: Person, engine: ProcessEngine) -> None:
    for name in ("Invoices", "100% orders"):
        engine.repository_service.deploy({"a.txt": b"x"}, name=name)
    assert [row.partition(" 2")[0] for row in rows_of(as_admin.get("/cockpit/deployments?q=VOICE"))] == ["Invoices"]
    assert [row.partition(" 2")[0] for row in rows_of(as_admin.get("/cockpit/deployments?q=0%25"))] == ["100% orders"]
    assert "No deployment has “x” in its name." in text_of(as_admin.get("/cockpit/deployments?q=x"))


def question(as_admin: Person, deployment_id: str) -> tuple[str, dict[str, str]]:
    """What is asked before a deployment is deleted, and the fields of the form that are not shown."""
    html = as_admin.get(f"/cockpit/deployment/{deployment_id}/delete")
    return html, dict(re.findall(r'type="hidden" name="(cascade|running)" value="(\w+)"', html))


def delete(as_admin: Person, deployment_id: str, fields: Mapping[str, str]) -> Response:
    return as_admin.act(f"/cockpit/deployment/{deployment_id}/delete", fields)


def test_a_deployment_without_instances_is_deleted_after_a_question(
    as_admin: Person, engine: ProcessEngine, deployment_id: str
) -> None:
    html, fields = question(as_admin, deployment_id)
    assert "This goes with it: 1 file the process Order , version 1" in text_of(html)
    assert "No instance runs, and none has ended. This cannot be undone." in text_of(html)
    assert fields == {"running": "0"}
    assert engine.repository_service.count_deployments() == 1
    response = delete(as_admin, deployment_id, fields)
    assert response.headers["location"] == "/cockpit/deployments"
    assert "The deployment was deleted." in text_of(as_admin.get("/cockpit/deployments"))
    assert engine.repository_service.count_deployments() == 0
    assert delete(as_admin, deployment_id, fields).status_code == 404


def test_a_deployment_with_instances_says_so_and_takes_them_along(
    as_admin: Person, engine: ProcessEngine, deployment_id: str
) -> None:
    _, fields = question(as_admin, deployment_id)
    start(engine)
    ended = start(engine)
    engine.runtime_service.delete_process_instance(ended.id)
    response = delete(as_admin, deployment_id, fields)  # of the page that was loaded before they were started
    assert response.status_code == 409
    assert "have 1 running instances" in text_of(response.text)
    html, fields = question(as_admin, deployment_id)
    assert '<a href="/cockpit/instances?process=order&amp;version=1">1 running instance</a>' in html
    assert '<a href="/cockpit/instances?process=order&amp;version=1&amp;state=ended">those that have ended</a>' in html
    assert "the history of all instances of these processes, 1 that has ended among them" in text_of(html)
    assert fields == {"running": "1", "cascade": "true"}
    start(engine)
    response = delete(as_admin, deployment_id, fields)
    assert (response.status_code, engine.runtime_service.count_process_instances()) == (409, 2)
    assert "More instances run than when you were asked, so nothing was deleted." in text_of(response.text)
    assert delete(as_admin, deployment_id, fields | {"running": "2"}).status_code == 303
    assert engine.runtime_service.count_process_instances() == 0
    assert engine.history_service.count_process_instances() == 0
    assert engine.repository_service.count_deployments() == 0


@pytest.mark.parametrize("wanted", [True, False])
def test_the_history_of_what_has_ended_goes_along_if_somebody_wants_that(
    as_admin: Person, engine: ProcessEngine, deployment_id: str, wanted: bool
) -> None:
    engine.runtime_service.delete_process_instance(start(engine).id)
    html, fields = question(as_admin, deployment_id)
    assert "Delete the history of 1 ended instance, too Otherwise it stays." in text_of(html)
    assert fields == {"running": "0"}
    assert delete(as_admin, deployment_id, fields | ({"cascade": "true"} if wanted else {})).status_code == 303
    assert engine.history_service.count_process_instances() == (0 if wanted else 1)


def test_what_goes_along_is_linked_for_decisions_too(as_admin: Person, engine: ProcessEngine) -> None:
    decision = engine.repository_service.decision_definition(deploy_decision(engine))
    html, fields = question(as_admin, decision.deployment_id)
    assert "1 file the decision Discount , version 1 the decision Net , version 1" in text_of(html)
    assert f'<a href="/cockpit/decision/{decision.id.replace(":", "%3A")}">Discount</a>' in html
    assert delete(as_admin, decision.deployment_id, fields).status_code == 303
    assert engine.repository_service.count_decision_definitions() == 0
