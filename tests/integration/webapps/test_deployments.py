import re
import uuid

import pytest

from tests.integration.webapps.rest_client import MODEL, RestClient, TestClient

DEFINITION_MEMBERS = {
    "id",
    "key",
    "category",
    "description",
    "name",
    "version",
    "resource",
    "deploymentId",
    "diagram",
    "suspended",
    "tenantId",
    "versionTag",
    "historyTimeToLive",
    "startableInTasklist",
}

# What a browser sends for a file input that nothing was chosen in.
EMPTY_FILE_INPUT = (
    b'--y\r\nContent-Disposition: form-data; name="data"; filename=""\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\r\n--y--\r\n"
)


def test_a_deployment_is_answered_with_what_it_made(rest: RestClient) -> None:
    answer = rest.deploy({"deployment-name": "orders", "deployment-source": "a test"})
    assert str(uuid.UUID(answer["id"])) == answer["id"]
    assert (answer["name"], answer["source"], answer["tenantId"]) == ("orders", "a test", None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", answer["deploymentTime"])
    [(definition_id, definition)] = answer["deployedProcessDefinitions"].items()
    assert definition.keys() == DEFINITION_MEMBERS
    assert definition_id == definition["id"]
    assert definition_id.startswith("order:1:")
    assert answer["deployedCaseDefinitions"] is None
    href = f"http://testserver/engine-rest/deployment/{answer['id']}"
    assert answer["links"] == [{"method": "GET", "href": href, "rel": "self"}]


@pytest.mark.parametrize("field", ["data", "data_0", "order.bpmn", "*"])
def test_the_name_of_the_form_field_is_free(http: TestClient, field: str) -> None:
    response = http.post("/engine-rest/deployment/create", files={field: ("order.bpmn", MODEL)})
    assert response.status_code == 200
    assert len(response.json()["deployedProcessDefinitions"]) == 1


def test_several_files_are_one_deployment(rest: RestClient) -> None:
    files = [("data", ("order.bpmn", MODEL)), ("data", ("read.me", b"hello"))]
    answer = rest.http.post("/engine-rest/deployment/create", files=files).json()
    names = {file["name"] for file in rest.get(f"/deployment/{answer['id']}/resources")}
    assert names == {"order.bpmn", "read.me"}


def test_the_same_files_are_deployed_once_if_asked_so(rest: RestClient) -> None:
    fields = {"deployment-name": "orders", "enable-duplicate-filtering": "true"}
    first, second = rest.deploy(fields), rest.deploy(fields)
    assert first["id"] == second["id"]
    assert second["deployedProcessDefinitions"] is None
    assert rest.get("/process-definition/count") == {"count": 1}


def test_a_model_that_cannot_be_run_is_a_400_with_the_place_and_nothing_is_deployed(rest: RestClient) -> None:
    model = MODEL.replace(b'camunda:type="external" camunda:topic="charging"', b"")
    files = {"data": ("order.bpmn", model)}
    response = rest.http.post("/engine-rest/deployment/create", files=files)
    assert response.status_code == 400
    assert response.json()["type"] == "ParseException"
    [error] = response.json()["details"]["order.bpmn"]["errors"]
    assert error["mainElementId"] == "charge"
    assert error["line"] == 7
    assert rest.get("/deployment/count") == {"count": 0}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"files": {"deployment-name": (None, "a")}}, "No deployment resources"),
        ({"files": {"data": (None, "a")}}, "No file name"),
        ({"content": EMPTY_FILE_INPUT, "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, "No file name"),
        ({"files": [("a", ("x.txt", b"1")), ("b", ("x.txt", b"2"))]}, "two files"),
        ({"files": {"data": ("x.txt", b"1")}, "data": {"tenant-id": "one"}}, "'tenant-id'"),
        ({"files": {"data": ("x.txt", b"1")}, "data": {"deploy-changed-only": "maybe"}}, "'deploy-changed-only'"),
        ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, "multipart"),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, "boundary"),
    ],
)
def test_a_form_that_makes_no_sense_is_a_400(http: TestClient, form: dict[str, object], message: str) -> None:
    response = http.post("/engine-rest/deployment/create", **form)
    assert (response.status_code, response.json()["type"]) == (400, "InvalidRequestException")
    assert message in response.json()["message"]


def test_a_deployment_that_is_no_form_is_a_415(rest: RestClient) -> None:
    assert rest.error("POST", "/deployment/create", {})[:2] == (415, "InvalidRequestException")


def test_a_form_of_more_than_ten_megabytes_is_a_413(http: TestClient) -> None:
    files = {"data": ("x.txt", b"x" * 10 * 1024 * 1024)}
    assert http.post("/engine-rest/deployment/create", files=files).status_code == 413


def test_a_form_field_of_more_than_a_megabyte_is_a_413(http: TestClient) -> None:
    fields = {"deployment-name": "x" * 1024 * 1024 + "x"}
    response = http.post("/engine-rest/deployment/create", data=fields, files={"data": ("x.txt", b"x")})
    assert response.status_code == 413


def test_deployments_are_listed_by_criteria(rest: RestClient) -> None:
    first, _ = rest.deploy({"deployment-name": "first"}), rest.deploy({"deployment-name": "second"})
    assert len(rest.get("/deployment")) == 2
    assert [found["id"] for found in rest.get("/deployment", name="first")] == [first["id"]]
    names = [found["name"] for found in rest.get("/deployment", sortBy="name", sortOrder="desc", maxResults=1)]
    assert names == ["second"]
    assert rest.get("/deployment/count", nameLike="sec%") == {"count": 1}
    assert rest.get("/deployment/count", before="2020-01-01T00:00:00.000+0000") == {"count": 0}


def test_an_order_that_does_not_exist_is_a_400(rest: RestClient) -> None:
    status, _, message = rest.error("GET", "/deployment?sortBy=colour&sortOrder=asc")
    assert status == 400
    assert "colour" in message


def test_a_deployed_file_is_a_download_and_never_a_page(rest: RestClient) -> None:
    files = {"data": ("ä <b>.html", b"<script>alert(1)</script>")}
    deployment = rest.http.post("/engine-rest/deployment/create", files=files).json()
    [file] = rest.get(f"/deployment/{deployment['id']}/resources")
    path = f"/deployment/{deployment['id']}/resources/{file['id']}"
    assert rest.get(path) == {"id": file["id"], "name": "ä <b>.html", "deploymentId": deployment["id"]}
    response = rest.http.get(f"/engine-rest{path}/data")
    assert response.content == b"<script>alert(1)</script>"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A4%20%3Cb%3E.html"


def test_a_deployment_is_deleted_with_its_instances_if_asked_so(rest: RestClient) -> None:
    deployment = rest.deploy()
    rest.start()
    assert rest.error("DELETE", f"/deployment/{deployment['id']}")[:2] == (409, "ProcessEngineException")
    response = rest.http.delete(f"/engine-rest/deployment/{deployment['id']}?cascade=true")
    assert (response.status_code, response.content) == (204, b"")
    assert rest.get("/process-instance/count") == {"count": 0}


@pytest.mark.parametrize(("method", "rest_of_path"), [("GET", ""), ("DELETE", ""), ("GET", "/resources")])
def test_a_deployment_that_does_not_exist_is_a_404(rest: RestClient, method: str, rest_of_path: str) -> None:
    status, kind, message = rest.error(method, f"/deployment/unknown{rest_of_path}")
    assert (status, kind) == (404, "InvalidRequestException")
    assert "unknown" in message


def test_a_file_that_does_not_exist_is_a_404(rest: RestClient) -> None:
    deployment = rest.deploy()
    for path in ("", "/data"):
        assert rest.error("GET", f"/deployment/{deployment['id']}/resources/unknown{path}")[0] == 404
