"""Holds answers against the API's own OpenAPI document."""

import json
import re
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from webapps.rest.openapi import document
from webapps.rest.resources import OF_ALL_ENGINES, OF_AN_ENGINE

NOT_DESCRIBED = {405, 404}  # a method or a path that the document does not have


@lru_cache
def api() -> dict[str, Any]:
    return document((*OF_ALL_ENGINES, *OF_AN_ENGINE), "1")


@lru_cache
def _paths() -> list[tuple[str, "re.Pattern[str]"]]:
    by_variables = sorted(api()["paths"], key=lambda path: path.count("{"))
    return [(path, re.compile(re.sub(r"\{\w+\}", "[^/]+", path))) for path in by_variables]


@lru_cache
def _validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(reference), "components": api()["components"]})


def check(method: str, path: str, status: int, media_type: str, content: bytes) -> None:
    """Complain if the document does not say that this operation may be answered like this."""
    bare = path.partition("?")[0].removeprefix("/engine/default").rstrip("/")
    template = next((template for template, pattern in _paths() if pattern.fullmatch(bare)), None)
    operation = api()["paths"].get(template, {}).get(method.lower())
    if operation is None:
        assert status in NOT_DESCRIBED, (method, path, status)
        return
    assert str(status) in operation["responses"], (method, path, status, content)
    described = operation["responses"][str(status)]
    if "$ref" in described:
        described = api()["components"]["responses"][described["$ref"].rpartition("/")[2]]
    contents = described.get("content", {})
    if not contents:
        assert content == b"", (method, path, content)
    elif "application/json" in contents:
        assert media_type == "application/json"
        schema = contents["application/json"]["schema"]
        _validator(json.dumps(schema)).validate(json.loads(content))
