"""The OpenAPI 3.1 document of the REST API, made of its resources."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from itertools import chain

from webapps.rest.exchange import JSON
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.schemas import Schema, Schemas
from webapps.rest.values import count, objects

_ERROR = {"$ref": "#/components/schemas/Error"}
_ERROR_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "description": "The simple name of the exception, as Camunda has it."},
        "message": {"type": "string"},
        "code": {"type": ["integer", "null"]},
        "details": {"type": "object", "description": "Of a ParseException: by file, what is wrong and where."},
    },
    "required": ["type", "message", "code"],
}
_ERRORS = {
    400: "The request cannot be understood, or makes no sense.",
    401: "The API asks for a user and a password.",
    403: "This user, or a page of this site, may not do that.",
    404: "There is no such thing.",
    409: "It is in another state, for example suspended, or somebody else was faster.",
    413: "The body is too large.",
    415: "The body has another media type.",
    429: "Too many wrong passwords for this user, or too many requests that wait for work.",
    500: "The server has failed. Its log has the details.",
}
_ONLY_WITH_BODY = frozenset({413, 415})
_TEXT = {"type": "string"}


def document(resources: Iterable[Resource], version: str) -> Schema:
    """The document.

    Args:
        resources: All that there is.
        version: Of the product.
    """
    schemas = Schemas({"Error": _ERROR_SCHEMA})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "engine-telemetry REST API",
            "version": version,
            "description": "The part of Camunda 7's REST API that this engine has, and its telemetry.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/engine-rest"}, {"url": "/engine-rest/engine/default"}],
        "security": [{}, {"basic": []}],
        "paths": {resource.path: _path(resource, schemas) for resource in resources},
        "components": {
            "schemas": schemas.named,
            "responses": {
                str(status): {"description": text, "content": {JSON: {"schema": _ERROR}}}
                for status, text in _ERRORS.items()
            },
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
        },
    }


def _path(resource: Resource, schemas: Schemas) -> Schema:
    variables = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT}
        for name in re.findall(r"\{(\w+)\}", resource.path)
    ]
    operations = {
        method.lower(): _operation(resource, method, operation, schemas)
        for method, operation in resource.by_method.items()
    }
    return {"parameters": variables, **operations} if variables else operations


def _operation(resource: Resource, method: str, operation: Operation, schemas: Schemas) -> Schema:
    body = _body(method, operation, schemas)
    described = {
        "operationId": _operation_id(resource.path, method),
        "tags": [resource.path.split("/")[1].removesuffix(".json")],
        "summary": operation.summary or (operation.handle.__doc__ or "").partition("\n")[0],
        "parameters": list(_parameters(method, operation, schemas)),
        "responses": {**_success(operation, schemas), **_errors(resource, method, operation, body)},
    }
    return described if body is None else {**described, "requestBody": body}


def _operation_id(path: str, method: str) -> str:
    parts = re.findall(r"[A-Za-z0-9]+", path)
    return method.lower() + "".join(part[:1].upper() + part[1:] for part in parts)


def _parameters(method: str, operation: Operation, schemas: Schemas) -> Iterable[Schema]:
    own = ((name, schemas.of_converter(convert)) for name, convert in operation.parameters.items())
    query = operation.query
    criteria = [
        (name, schemas.of_parameter(convert))
        for name, (_, convert) in (query.criteria.items() if query is not None and method == "GET" else ())
    ]
    order = _order(query).items() if query is not None and operation.pages and method == "GET" else ()
    page = ((name, schemas.of_converter(count)) for name in ("firstResult", "maxResults")) if operation.pages else ()
    for name, schema in chain(own, criteria, order, page):
        parameter = {"name": name, "in": "query", "schema": schema}
        yield {**parameter, "explode": False} if schema.get("type") == "array" else parameter


def _criteria(query: Query, schemas: Schemas) -> dict[str, Schema]:
    criteria = {name: schemas.of_converter(convert) for name, (_, convert) in query.criteria.items()}
    return {**criteria, "orQueries": schemas.of_converter(objects)} if query.or_queries else criteria


def _order(query: Query) -> dict[str, Schema]:
    return {"sortBy": {"enum": query.orders.split()}, "sortOrder": {"enum": ["asc", "desc"]}}


def _body(method: str, operation: Operation, schemas: Schemas) -> Schema | None:
    if operation.takes:
        content = {media_type: {"schema": schema} for media_type, schema in operation.takes.items()}
        return {"required": True, "content": content}
    if operation.body is not None:
        return {"content": {JSON: {"schema": schemas.of_body(operation.body)}}}
    if operation.query is not None and method == "POST":
        return {"content": {JSON: {"schema": _query_body(operation, operation.query, schemas)}}}
    return None


def _query_body(operation: Operation, query: Query, schemas: Schemas) -> Schema:
    properties: Schema = {
        name: {"anyOf": [schema, {"type": "null"}]} for name, schema in _criteria(query, schemas).items()
    }
    if operation.pages:
        order = {"type": "object", "properties": _order(query), "required": ["sortBy", "sortOrder"]}
        properties["sorting"] = {"type": ["array", "null"], "items": order}
    return {"type": "object", "properties": properties}


def _success(operation: Operation, schemas: Schemas) -> dict[str, Schema]:
    result, media_type = operation.result, operation.media_type
    if media_type is not None:
        return {"200": {"description": "Done.", "content": {media_type: {}}}} | _also_nothing(operation)
    if result is None:
        return {"204": {"description": "Done."}}
    content = {JSON: {"schema": schemas.of_answer(result)}}
    return {"200": {"description": "Done.", "content": content}} | _also_nothing(operation)


def _also_nothing(operation: Operation) -> dict[str, Schema]:
    return {"204": {"description": "Done; there is nothing to answer."}} if operation.may_be_empty else {}


def _errors(resource: Resource, method: str, operation: Operation, body: Schema | None) -> dict[str, Schema]:
    reads = method == "GET" or operation.query is not None
    impossible = {
        *(_ONLY_WITH_BODY if body is None else ()),
        *({HTTPStatus.CONFLICT} if reads else ()),
        *({HTTPStatus.NOT_FOUND} if reads and "{" not in resource.path else ()),
    }
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in _ERRORS if status not in impossible}
