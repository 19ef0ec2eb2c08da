"""The deployment resource."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import IO, Self
from urllib.parse import quote

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Deployment
from engine_telemetry.engine.entities import Resource as DeployedFile
from engine_telemetry.exceptions import InvalidRequestException, NullValueException, RestException
from webapps.rest.decision_definition import DecisionDefinitionDto
from webapps.rest.exchange import Answer, Request
from webapps.rest.links import AtomLink, link_to_self
from webapps.rest.listed import listed
from webapps.rest.process_definition import ProcessDefinitionDto
from webapps.rest.queries import Query
from webapps.rest.resource import MEGABYTE, Operation, Resource
from webapps.rest.values import boolean, date, text, value_of

_FORM = "multipart/form-data"
_SETTINGS = (
    "deployment-name",
    "deployment-source",
    "enable-duplicate-filtering",
    "deploy-changed-only",
    "tenant-id",
    "deployment-activation-time",
)
_QUERY = Query(
    criteria={
        "id": ("deployment_id", text),
        "name": ("name", text),
        "nameLike": ("name_like", text),
        "source": ("source", text),
        "before": ("before", date),
        "after": ("after", date),
    },
    unavailable="tenantIdIn withoutSource",
    orders="id name deploymentTime",
)


@dataclass(frozen=True, kw_only=True)
class DeploymentDto:
    """A deployment."""

    links: tuple[AtomLink, ...] = ()
    id: str
    name: str | None
    source: str | None
    deployment_time: datetime
    tenant_id: str | None = None

    @classmethod
    def of(cls, deployment: Deployment) -> Self:
        """The view of a deployment."""
        return cls(
            id=deployment.id,
            name=deployment.name,
            source=deployment.source,
            deployment_time=deployment.deployment_time,
        )


@dataclass(frozen=True, kw_only=True)
class DeploymentWithDefinitionsDto(DeploymentDto):
    """A deployment and what it made."""

    deployed_process_definitions: Mapping[str, ProcessDefinitionDto] | None
    deployed_case_definitions: Mapping[str, object] | None = None
    deployed_decision_definitions: Mapping[str, DecisionDefinitionDto] | None
    deployed_decision_requirements_definitions: Mapping[str, object] | None = None


@dataclass(frozen=True)
class DeploymentResourceDto:
    """A file of a deployment."""

    id: str
    name: str
    deployment_id: str

    @classmethod
    def of(cls, file: DeployedFile) -> Self:
        """The view of a file."""
        return cls(file.id, file.name, file.deployment_id)


def create(engine: ProcessEngine, request: Request) -> DeploymentWithDefinitionsDto:
    """Deploy the files of a form."""
    settings, files = _form(request)
    _refuse_unavailable(settings)
    if not files:
        raise InvalidRequestException("No deployment resources contained in the form upload.")
    deployment = engine.repository_service.deploy(
        files,
        name=settings.get("deployment-name") or None,
        source=settings.get("deployment-source") or None,
        enable_duplicate_filtering=value_of(settings, "enable-duplicate-filtering", boolean) or False,
        deploy_changed_only=value_of(settings, "deploy-changed-only", boolean) or False,
    )
    definitions = {definition.id: ProcessDefinitionDto.of(definition) for definition in deployment.process_definitions}
    decisions = {decision.id: DecisionDefinitionDto.of(decision) for decision in deployment.decision_definitions}
    view = replace(DeploymentDto.of(deployment), links=link_to_self(request, f"/deployment/{deployment.id}"))
    return DeploymentWithDefinitionsDto(
        **vars(view),
        deployed_process_definitions=definitions or None,
        deployed_decision_definitions=decisions or None,
    )


def get_deployment(engine: ProcessEngine, request: Request) -> DeploymentDto:
    """One deployment."""
    return DeploymentDto.of(_deployment(engine, request))


def delete_deployment(engine: ProcessEngine, request: Request) -> None:
    """Delete a deployment; with ``cascade=true`` the instances of its processes too."""
    deployment = _deployment(engine, request)
    cascade = value_of(request.query, "cascade", boolean) or False
    engine.repository_service.delete_deployment(deployment.id, cascade=cascade)


def list_files(engine: ProcessEngine, request: Request) -> list[DeploymentResourceDto]:
    """The files of a deployment."""
    return [DeploymentResourceDto.of(file) for file in _files(engine, request)]


def get_file(engine: ProcessEngine, request: Request) -> DeploymentResourceDto:
    """One file's name."""
    return DeploymentResourceDto.of(_file(engine, request))


def get_file_content(engine: ProcessEngine, request: Request) -> Answer:
    """One file's content, as a download: what somebody deployed is never shown as a page of this server."""
    file = _file(engine, request)
    try:
        content = engine.repository_service.deployment_resource_content(file.deployment_id, file.id)
    except NullValueException as exc:
        raise _no_file(request) from exc
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"}
    return Answer(body=content, media_type="application/octet-stream", headers=headers)


def _form(request: Request) -> tuple[MultiDict[str, str], dict[str, bytes]]:
    if request.media_type != _FORM:
        raise InvalidRequestException(
            f"The content type is {request.content_type or 'missing'!r}; send a deployment as {_FORM!r}.", status=415
        )
    options = parse_options_header(request.content_type)[1]
    parser = FormDataParser(_in_memory, max_form_memory_size=MEGABYTE, max_form_parts=1000, silent=False)
    try:
        _, fields, files = parser.parse(BytesIO(request.body), _FORM, len(request.body), options)
    except RequestEntityTooLarge as exc:
        raise RestException(413, "The form has more than 1000 parts, or more than 1 MB beside its files.") from exc
    except ValueError as exc:
        raise InvalidRequestException(f"The body is no valid multipart form: {exc}.") from exc
    nameless = sorted(set(fields) - set(_SETTINGS))
    if nameless:
        raise InvalidRequestException(
            f"No file name found in the deployment resource of the form field {nameless[0]!r}."
        )
    return fields, _contents(files)


def _in_memory(*_: object, **__: object) -> IO[bytes]:
    return BytesIO()


def _contents(files: MultiDict[str, FileStorage]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    for field, file in files.items(multi=True):
        if not file.filename:
            raise InvalidRequestException(f"No file name found in the deployment resource of the form field {field!r}.")
        if file.filename in contents:
            raise InvalidRequestException(f"The form has two files of the name {file.filename!r}.")
        contents[file.filename] = file.read()
    return contents


def _refuse_unavailable(settings: MultiDict[str, str]) -> None:
    for name in ("tenant-id", "deployment-activation-time"):
        if settings.get(name):
            raise InvalidRequestException(f"This engine has no {name!r} for deployments; leave it out.")


def _deployment(engine: ProcessEngine, request: Request) -> Deployment:
    deployment_id = request.path["deployment_id"]
    found = engine.repository_service.deployments(deployment_id=deployment_id)
    if not found:
        raise InvalidRequestException(f"Deployment with id {deployment_id!r} does not exist.", status=404)
    return found[0]


def _files(engine: ProcessEngine, request: Request) -> list[DeployedFile]:
    deployment_id = request.path["deployment_id"]
    files = engine.repository_service.deployment_resources(deployment_id)
    if not files:
        raise InvalidRequestException(f"Deployment with id {deployment_id!r} has no resources.", status=404)
    return files


def _file(engine: ProcessEngine, request: Request) -> DeployedFile:
    for file in _files(engine, request):
        if file.id == request.path["resource_id"]:
            return file
    raise _no_file(request)


def _no_file(request: Request) -> InvalidRequestException:
    return InvalidRequestException(
        f"Deployment resource {request.path['resource_id']!r} of deployment {request.path['deployment_id']!r}"
        " does not exist.",
        status=404,
    )


_FORM_SCHEMA = {
    "type": "object",
    "properties": {
        "deployment-name": {"type": "string"},
        "deployment-source": {"type": "string"},
        "enable-duplicate-filtering": {"type": "boolean"},
        "deploy-changed-only": {"type": "boolean"},
        "data": {"type": "string", "contentMediaType": "application/octet-stream"},
    },
}
_DELETE_PARAMETERS = dict.fromkeys(("cascade", "skipCustomListeners", "skipIoMappings"), boolean)
RESOURCES = (
    *listed(
        "/deployment",
        _QUERY,
        lambda engine: engine.repository_service.deployments,
        lambda engine: engine.repository_service.count_deployments,
        DeploymentDto,
        methods=("GET",),
    ),
    Resource("/deployment/create", {"POST": Operation(create, takes={_FORM: _FORM_SCHEMA})}, body_limit=10 * MEGABYTE),
    Resource(
        "/deployment/{deployment_id}",
        {"GET": get_deployment, "DELETE": Operation(delete_deployment, parameters=_DELETE_PARAMETERS)},
    ),
    Resource("/deployment/{deployment_id}/resources", {"GET": list_files}),
    Resource("/deployment/{deployment_id}/resources/{resource_id}", {"GET": get_file}),
    Resource(
        "/deployment/{deployment_id}/resources/{resource_id}/data",
        {"GET": Operation(get_file_content, media_type="application/octet-stream")},
    ),
)
