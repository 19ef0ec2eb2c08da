import pytest

from tests.integration.webapps.rest_client import MODEL, RestClient


def test_definitions_are_listed_by_criteria(rest: RestClient) -> None:
    rest.deploy()
    rest.deploy(content=MODEL.replace(b'"Order"', b'"Order, again"'))
    assert [found["version"] for found in rest.get("/process-definition", sortBy="version", sortOrder="desc")] == [2, 1]
    assert [found["name"] for found in rest.get("/process-definition", latestVersion="true")] == ["Order, again"]
    assert rest.get("/process-definition/count", keysIn="order,other") == {"count": 2}
    assert rest.get("/process-definition/count", key="other") == {"count": 0}
    assert rest.get("/process-definition/count", version=1, colour="is ignored") == {"count": 1}


@pytest.mark.parametrize("query", ["version=one", "latestVersion=perhaps", "startableBy=me", "sortBy=key"])
def test_a_criterion_that_cannot_be_used_is_a_400(rest: RestClient, query: str) -> None:
    status, kind, message = rest.error("GET", f"/process-definition?{query}")
    assert (status, kind) == (400, "InvalidRequestException")
    assert message


def test_a_definition_is_found_by_id_and_the_latest_by_key(rest: RestClient) -> None:
    rest.deploy()
    [second] = rest.deploy()["deployedProcessDefinitions"].values()
    assert rest.get(f"/process-definition/{second['id']}") == second
    assert rest.get("/process-definition/key/order") == second


def test_the_model_is_as_it_was_deployed(rest: RestClient) -> None:
    [definition] = rest.deploy()["deployedProcessDefinitions"].values()
    expected = {"id": definition["id"], "bpmn20Xml": MODEL.decode()}
    assert rest.get(f"/process-definition/{definition['id']}/xml") == expected
    assert rest.get("/process-definition/key/order/xml") == expected


def test_an_instance_is_started_by_key_or_id(rest: RestClient) -> None:
    [definition] = rest.deploy()["deployedProcessDefinitions"].values()
    by_key = rest.start(businessKey="A-1", variables={"amount": {"value": 5, "type": "Integer"}})
    by_id = rest.post(f"/process-definition/{definition['id']}/start")
    href = f"http://testserver/engine-rest/process-instance/{by_key['id']}"
    assert by_key == {
        "links": [{"method": "GET", "href": href, "rel": "self"}],
        "id": by_key["id"],
        "definitionId": definition["id"],
        "definitionKey": "order",
        "businessKey": "A-1",
        "caseInstanceId": None,
        "ended": False,
        "suspended": False,
        "tenantId": None,
    }
    assert by_id["businessKey"] is None


def test_a_start_without_a_body_is_a_start_without_variables(rest: RestClient) -> None:
    rest.deploy()
    assert rest.http.post("/engine-rest/process-definition/key/order/start").status_code == 200


def test_the_link_of_a_named_engine_stays_in_it(rest: RestClient) -> None:
    rest.deploy()
    started = rest.post("/engine/default/process-definition/key/order/start")
    assert started["links"][0]["href"].startswith("http://testserver/engine-rest/engine/default/process-instance/")


def test_the_variables_are_answered_if_asked_for(rest: RestClient) -> None:
    rest.deploy()
    variables = {"amount": {"value": 5}, "note": {"value": None, "type": "Null"}}
    started = rest.start(variables=variables, withVariablesInReturn=True)
    assert started["variables"] == {
        "amount": {"type": "Integer", "value": 5, "valueInfo": {}},
        "note": {"type": "Null", "value": None, "valueInfo": {}},
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"variables": {"amount": {"value": "much", "type": "Integer"}}}, "amount"),
        ({"variables": []}, "variables"),
        ({"businessKey": {}}, "businessKey"),
        ({"startInstructions": [{"type": "startBeforeActivity"}]}, "startInstructions"),
        ([], "object"),
    ],
)
def test_a_start_that_makes_no_sense_is_a_400_and_starts_nothing(rest: RestClient, body: object, message: str) -> None:
    rest.deploy()
    status, kind, text = rest.error("POST", "/process-definition/key/order/start", body)
    assert (status, kind) == (400, "InvalidRequestException")
    assert message in text
    assert rest.get("/process-instance/count") == {"count": 0}


@pytest.mark.parametrize("path", ["", "/xml", "/start"])
def test_a_definition_that_does_not_exist_is_a_404(rest: RestClient, path: str) -> None:
    method = "POST" if path == "/start" else "GET"
    by_id = rest.error(method, f"/process-definition/unknown{path}", {})
    by_key = rest.error(method, f"/process-definition/key/unknown{path}", {})
    assert by_id == (404, "InvalidRequestException", "No matching definition with id unknown")
    assert by_key == (404, "RestException", "No matching process definition with key: unknown and no tenant-id")
