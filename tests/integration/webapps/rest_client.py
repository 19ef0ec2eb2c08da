"""Speaks to the REST API as Camunda's clients do."""

import warnings
from collections.abc import Mapping
from typing import Any

from tests.integration.webapps.conformity import check

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers a successor of httpx, which this project does not need
    from starlette.testclient import TestClient as TestClient  # noqa: PLC0414 - for the tests to import

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
             targetNamespace="http://example.com">
  <process id="order" name="Order" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="charge"/>
    <serviceTask id="charge" name="Charge" camunda:type="external" camunda:topic="charging"/>
    <sequenceFlow id="f2" sourceRef="charge" targetRef="check"/>
    <userTask id="check" name="Check"/>
    <sequenceFlow id="f3" sourceRef="check" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>
"""


class RestClient:
    """Camunda's calls, each with the status that it must have; all answers are held against the OpenAPI document."""

    def __init__(self, http: TestClient) -> None:
        self.http = http

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        response = self.http.request(method, f"/engine-rest{path}", **arguments)
        media_type = response.headers.get("Content-Type", "")
        check(method, path, response.status_code, media_type, response.content)
        return response

    def get(self, path: str, **parameters: str | int) -> Any:
        response = self.request("GET", path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: object = None, **parameters: str | int) -> Any:
        return self.send("POST", path, {} if body is None else body, **parameters)

    def put(self, path: str, body: object) -> Any:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> None:
        response = self.request("DELETE", path)
        assert response.status_code == 204, response.text

    def send(self, method: str, path: str, body: object, **parameters: str | int) -> Any:
        response = self.request(method, path, json=body, params=parameters)
        assert response.status_code in {200, 204}, response.text
        return response.json() if response.content else None

    def error(self, method: str, path: str, body: object = None) -> tuple[int, str, str]:
        """Status, type and message of an answer that has Camunda's error body."""
        response = self.request(method, path, json=body)
        answer: Mapping[str, Any] = response.json()
        assert {"type", "message", "code"} <= answer.keys()
        return response.status_code, answer["type"], answer["message"]

    def deploy(self, fields: Mapping[str, str] | None = None, content: bytes = MODEL) -> Any:
        response = self.request("POST", "/deployment/create", data=fields, files={"data": ("order.bpmn", content)})
        assert response.status_code == 200, response.text
        return response.json()

    def start(self, **body: object) -> Any:
        return self.post("/process-definition/key/order/start", body)

    def lock(self, worker: str = "worker", **topic: object) -> Any:
        topics = [{"topicName": "charging", "lockDuration": 60_000, **topic}]
        return self.post("/external-task/fetchAndLock", {"workerId": worker, "maxTasks": 10, "topics": topics})

    def start_to_user_task(self, **body: object) -> Any:
        instance = self.start(**body)
        for task in self.lock():
            self.post(f"/external-task/{task['id']}/complete", {"workerId": "worker"})
        return instance
