import pytest

from tests.integration.webapps.rest_client import RestClient

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def instance_id(rest: RestClient) -> str:
    rest.deploy()
    return str(rest.start(businessKey="A-1", variables={"amount": {"value": 5}})["id"])


def test_instances_are_listed_by_parameters_or_by_a_body(rest: RestClient, instance_id: str) -> None:
    other = rest.start(businessKey="B-1")["id"]
    assert {found["id"] for found in rest.get("/process-instance")} == {instance_id, other}
    assert [found["id"] for found in rest.get("/process-instance", businessKey="A-1")] == [instance_id]
    assert [found["id"] for found in rest.post("/process-instance", {"businessKeyLike": "B%"})] == [other]
    assert rest.get("/process-instance/count", processInstanceIds=f"{instance_id},{UNKNOWN}") == {"count": 1}
    assert rest.post("/process-instance/count", {"processInstanceIds": [instance_id, other]}) == {"count": 2}
    assert rest.post("/process-instance/count", {"processDefinitionKey": "other"}) == {"count": 0}


def test_lists_are_ordered_and_paged(rest: RestClient, instance_id: str) -> None:
    rest.start(businessKey="B-1")
    body = {"sorting": [{"sortBy": "businessKey", "sortOrder": "desc"}]}
    assert [found["businessKey"] for found in rest.post("/process-instance", body)] == ["B-1", "A-1"]
    [second] = rest.post("/process-instance", body, firstResult=1, maxResults=1)
    assert second["id"] == instance_id


def test_one_instance_is_found_by_its_id(rest: RestClient, instance_id: str) -> None:
    found = rest.get(f"/process-instance/{instance_id}")
    assert (found["id"], found["businessKey"], found["definitionKey"]) == (instance_id, "A-1", "order")


def test_an_instance_is_deleted(rest: RestClient, instance_id: str) -> None:
    response = rest.http.delete(f"/engine-rest/process-instance/{instance_id}")
    assert (response.status_code, response.content) == (204, b"")
    assert rest.get("/process-instance/count") == {"count": 0}


def test_an_instance_that_does_not_exist_is_a_404_or_a_success_if_asked_so(rest: RestClient) -> None:
    message = f"Process instance with id {UNKNOWN} does not exist"
    for method in ("GET", "DELETE"):
        assert rest.error(method, f"/process-instance/{UNKNOWN}") == (404, "InvalidRequestException", message)
    response = rest.http.delete(f"/engine-rest/process-instance/{UNKNOWN}?failIfNotExists=false")
    assert response.status_code == 204


def test_variables_are_read_set_and_removed(rest: RestClient, instance_id: str) -> None:
    path = f"/process-instance/{instance_id}/variables"
    assert rest.get(path) == {"amount": {"type": "Integer", "value": 5, "valueInfo": {}}}
    put = rest.http.put(f"/engine-rest{path}/note", json={"value": "ä", "type": "String"})
    assert (put.status_code, put.content) == (204, b"")
    assert rest.get(f"{path}/note") == {"type": "String", "value": "ä", "valueInfo": {}}
    rest.post(path, {"modifications": {"amount": {"value": 6}, "new": {"value": True}}, "deletions": ["note"]})
    assert {name: variable["value"] for name, variable in rest.get(path).items()} == {"amount": 6, "new": True}
    assert rest.http.delete(f"/engine-rest{path}/new").status_code == 204
    assert rest.error("GET", f"{path}/new")[:2] == (404, "InvalidRequestException")


def test_every_type_comes_back_as_it_was_sent(rest: RestClient, instance_id: str) -> None:
    path = f"/process-instance/{instance_id}/variables"
    values = {
        "Null": None,
        "Boolean": True,
        "Short": -5,
        "Integer": 2**31 - 1,
        "Long": -(2**63),
        "Double": 1.5,
        "String": "<b>",
        "Date": "2026-11-23T03:57:55.474+0000",
        "Bytes": "AP8=",
        "Json": '{"a": [1]}',
        "Object": "{}",
    }
    info = {"Object": {"objectTypeName": "java.util.Map", "serializationDataFormat": "application/json"}}
    variables = {
        kind: {"type": kind, "value": value, "valueInfo": info.get(kind, {})} for kind, value in values.items()
    }
    rest.post(path, {"modifications": variables, "deletions": ["amount"]})
    assert rest.get(path) == variables


def test_the_bytes_of_a_variable_are_a_download(rest: RestClient, instance_id: str) -> None:
    path = f"/process-instance/{instance_id}/variables"
    rest.post(path, {"modifications": {"file": {"type": "Bytes", "value": "AP8="}}})
    response = rest.http.get(f"/engine-rest{path}/file/data")
    assert (response.content, response.headers["content-type"]) == (b"\x00\xff", "application/octet-stream")
    assert rest.error("GET", f"{path}/amount/data")[0] == 400


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/a"), ("PUT", "/a"), ("DELETE", "/a")]
)
def test_variables_of_an_instance_that_does_not_exist_are_a_404(rest: RestClient, method: str, path: str) -> None:
    status, kind, _ = rest.error(method, f"/process-instance/{UNKNOWN}/variables{path}", {"value": 1})
    assert (status, kind) == (404, "NullValueException")


def test_a_variable_that_cannot_be_stored_is_a_400(rest: RestClient, instance_id: str) -> None:
    path = f"/process-instance/{instance_id}/variables/x"
    assert rest.error("PUT", path, {"value": "x", "type": "Integer"})[:2] == (400, "InvalidRequestException")
    assert rest.error("PUT", path, {"value": 2**70})[0] == 400
