import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integration.webapps.conformity import api

DOCS = Path(__file__).parents[3] / "docs" / "rest.md"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in api()["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def test_each_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    assert not [path for path, _, operation in operations() if not operation["summary"].endswith(".")]


def test_each_variable_part_of_a_path_is_a_parameter() -> None:
    for path, item in api()["paths"].items():
        assert re.findall(r"\{(\w+)\}", path) == [parameter["name"] for parameter in item.get("parameters", [])]


def test_each_schema_is_one_and_each_reference_leads_somewhere() -> None:
    components = api()["components"]
    for schema in components["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for kind, name in re.findall(r"#/components/(\w+)/([\w.]+)", str(api())):
        assert name in components[kind]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/task/{task_id}/complete", "post", {"200", "204"}), ("/task/{task_id}/claim", "post", {"204"})],
)
def test_the_answers_are_those_that_there_are(path: str, method: str, status: set[str]) -> None:
    responses = api()["paths"][path][method]["responses"]
    assert {code for code in responses if code < "300"} == status
    assert {"400", "401", "403", "404", "409", "413", "415", "429", "500"} <= responses.keys()


def test_a_body_says_what_must_be_there_and_what_may_be_null() -> None:
    schema = api()["components"]["schemas"]["CompleteExternalTaskDto"]
    assert schema["required"] == ["workerId"]
    assert {"type": "null"} in schema["properties"]["variables"]["anyOf"]


def test_the_page_about_the_api_names_each_resource() -> None:
    text = DOCS.read_text()
    for path in api()["paths"]:
        first = "/" + path.split("/")[1]
        assert f"`{first}" in text, first
