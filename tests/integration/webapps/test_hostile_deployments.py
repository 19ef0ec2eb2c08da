"""Files that mean harm, sent to the REST API: refused with a reason, and the server goes on."""

import time

from tests.integration.webapps.rest_client import MODEL, RestClient

DMN = (
    b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="f" name="f" namespace="t"><decision id="d">'
    b"<literalExpression><text>__import__(1)</text></literalExpression></decision></definitions>"
)
BOMB = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY a%d "%s">' % (at, b"&a;" * 10) for at in range(10)
)
FILES = {
    "bomb.bpmn": BOMB + b"]>" + MODEL.partition(b"?>")[2],
    "entity.bpmn": b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><d>&e;</d>',
    "large.bpmn": MODEL.replace(b"</process>", b"<!-- " + b"x" * 6_000_000 + b" --></process>"),
    "deep.bpmn": b"<a>" * 300 + b"</a>" * 300,
    "python.bpmn": MODEL.replace(b'name="Check"', b"name=\"${__import__('os').system('id')}\""),
    "macro.bpmn": MODEL.replace(b'name="Check"', b'name="${x.map(a, x.map(b, a * b))}"'),
    "include.bpmn": MODEL.replace(b"</process>", b'<i:include xmlns:i="urn:i" href="/etc/passwd"/></process>'),
    "noise.bpmn": bytes(range(256)) * 100,
    "python.dmn": DMN,
    "noise.dmn": bytes(range(256)) * 100,
}


def test_each_is_a_400_that_names_the_file_and_the_server_goes_on(rest: RestClient) -> None:
    for name, content in FILES.items():
        begin = time.monotonic()
        response = rest.http.post("/engine-rest/deployment/create", files={"data": (name, content)})
        assert time.monotonic() - begin < 5
        assert (response.status_code, response.json()["type"]) == (400, "ParseException"), response.text
        assert response.json()["details"][name]["errors"]
        assert "root:" not in response.text
    assert rest.get("/deployment/count") == {"count": 0}
    rest.deploy()
    rest.start()


def test_a_process_that_never_rests_is_an_error_and_the_server_goes_on(rest: RestClient) -> None:
    endless = MODEL.replace(b'targetRef="charge"', b'targetRef="loop"').replace(
        b"</process>", b'<task id="loop"/><sequenceFlow id="f4" sourceRef="loop" targetRef="loop"/></process>'
    )
    rest.deploy(content=endless)
    status, kind, message = rest.error("POST", "/process-definition/key/order/start", {})
    assert (status, kind) == (400, "ProcessEngineException")
    assert "does not come to rest within 10000 steps" in message
    assert rest.get("/process-instance/count") == {"count": 0}
