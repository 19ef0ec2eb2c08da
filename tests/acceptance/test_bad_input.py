"""Input that makes no sense is refused in clear words, and changes nothing."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.servers import MODEL, PROJECT, Serve, Server, free_port

BODIES: list[tuple[bytes, str, int]] = [
    (b"{}", "application/json", 400),
    (b"null", "application/json", 400),
    (b"[]", "application/json", 400),
    (b'"x"', "application/json", 400),
    (b'{"enableTelemetry": "yes"}', "application/json", 400),
    (b'{"enableTelemetry": null}', "application/json", 400),
    (b'{"enableTelemetry": 1}', "application/json", 400),
    (b'{"enableTelemetry": tru', "application/json", 400),
    (b"", "application/json", 400),
    (b"\xff", "application/json", 400),
    (b'{"enableTelemetry": true}', "text/plain", 415),
    (b"enableTelemetry=true", "application/x-www-form-urlencoded", 415),
]
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "e">]>' + MODEL.read_bytes().split(b"?>", 1)[1]
CONDITION = MODEL.read_bytes().replace(
    b'<bpmn:sequenceFlow id="to-end" sourceRef="join" targetRef="done"/>',
    b'<bpmn:sequenceFlow id="to-end" sourceRef="join" targetRef="done">'
    b"<bpmn:conditionExpression>__import__('os')</bpmn:conditionExpression></bpmn:sequenceFlow>",
)
SCRIPT = MODEL.read_bytes().replace(
    b'<bpmn:userTask id="approve" name="Approve the order" camunda:assignee="demo"/>',
    b'<bpmn:scriptTask id="approve" scriptFormat="python"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>',
)


def deploy(server: Server, model: bytes) -> Any:
    return server.request("POST", "/engine-rest/deployment/create", files={"m.bpmn": ("m.bpmn", model)})


def test_rest_refuses_what_is_no_yes_and_no_no_and_models_that_it_cannot_run(serve: Serve) -> None:
    server = serve()
    for body, content_type, status in BODIES:
        answer = server.request(
            "POST",
            "/engine-rest/telemetry/configuration",
            content=body,
            headers={"Content-Type": content_type},
        )
        assert answer.status_code == status, (body, answer.text)
        assert answer.headers["Content-Type"] == "application/json"
        assert set(answer.json()) == {"type", "message", "code"}
        assert answer.json()["message"]
    assert server.get("/telemetry/configuration") == {"enableTelemetry": None}

    for model, named in ((DOCTYPE, "DOCTYPE"), (CONDITION, "to-end"), (SCRIPT, "approve"), (b"no xml", "m.bpmn")):
        answer = deploy(server, model)
        assert answer.status_code == 400, answer.text
        assert answer.json()["type"] == "ParseException"
        assert named in answer.text
        (errors,) = [details["errors"] for details in answer.json()["details"].values()]
        assert all(error["message"] and error["line"] >= 0 for error in errors)
    assert server.get("/deployment/count") == {"count": 0}
    assert server.get("/process-definition/count") == {"count": 0}


def start_with(environment: Mapping[str, str], folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "gunicorn", "--config", str(PROJECT / "conf" / "gunicorn.conf.py")]
    settings = {"HOME": str(folder), "ENGINE_DATABASE_URL": f"sqlite:///{folder}/engine.db", **environment}
    return subprocess.run(
        [*command, "--bind", f"127.0.0.1:{free_port()}"],
        cwd=PROJECT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ENGINE_INITIALIZE_TELEMETRY": "maybe"}, ["ENGINE_INITIALIZE_TELEMETRY", "'maybe'", "true"]),
        ({"ENGINE_TELEMETRY_ENDPOINT": "collector.example"}, ["ENGINE_TELEMETRY_ENDPOINT", "'collector.example'"]),
        ({"ENGINE_TELEMETRY_ENDPIONT": "x"}, ["ENGINE_TELEMETRY_ENDPIONT", "ENGINE_TELEMETRY_ENDPOINT"]),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_start_and_names_the_place(
    tmp_path: Path, environment: dict[str, str], expected: list[str]
) -> None:
    done = start_with(environment, tmp_path)
    assert done.returncode != 0
    assert all(text in done.stderr for text in expected), done.stderr
    assert not (tmp_path / "engine.db").exists()


def test_an_unknown_property_in_the_file_ends_the_start_and_names_the_line(tmp_path: Path) -> None:
    text = (PROJECT / "conf" / "engine.xml").read_text()
    (tmp_path / "engine.xml").write_text(text.replace('name="initializeTelemetry"', 'name="initialiseTelemetry"'))
    done = start_with({"ENGINE_CONFIG": str(tmp_path / "engine.xml")}, tmp_path)
    assert done.returncode != 0
    assert "initialiseTelemetry" in done.stderr
    assert "'initializeTelemetry'" in done.stderr
    assert "engine.xml, line" in done.stderr
