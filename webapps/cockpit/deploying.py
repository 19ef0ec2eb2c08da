"""The list of deployments, and what somebody adds to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import BadUserRequestException, ParseException, Problem, ProcessEngineException
from webapps.lists import part_of, searched
from webapps.pages import Pages
from webapps.visitor import Visitor, visitor_of

_LONGEST_LINE = 300  # characters that are shown of a line of a file


@dataclass(frozen=True)
class _Refused:
    """Why files were not deployed.

    Attributes:
        resource: The file at fault, if it is one.
        problems: What is wrong with it, each with the line of the file; empty if it is not readable there.
        others: Whether more files were sent, which nobody looked at.
    """

    error: str
    resource: str = ""
    problems: tuple[tuple[Problem, str], ...] = field(default=())
    others: bool = False


def deploying_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page with the list, below Cockpit."""

    def show(request: Request) -> Response:
        return _page(request, None)

    def deploy(request: Request) -> Response:
        visitor = visitor_of(request)
        files: dict[str, bytes] = {}
        try:
            files = _files(visitor)
            made = engine.repository_service.deploy(files, name=_name(visitor, files), source="Cockpit")
        except ProcessEngineException as exc:
            return _page(request, _refused(exc, files))
        return pages.redirect(
            request, visitor.url(f"/cockpit/deployment/{made.id}"), said="Deployed. This is what it made."
        )

    def _page(request: Request, refused: _Refused | None) -> Response:
        text = searched(request, "q")
        part = part_of(request, engine.repository_service.count_deployments(name_containing=text or None))
        found = engine.repository_service.deployments(
            name_containing=text or None,
            sort_by="deploymentTime",
            sort_order="desc",
            first_result=part.first,
            max_results=part.size,
        )
        return pages.render(
            request,
            "cockpit/deployments.html",
            status_code=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
            found=found,
            part=part,
            text=text,
            refused=refused,
            name=visitor_of(request).field("name"),
        )

    return [Route("/deployments", show), Route("/deployments", deploy, methods=["POST"])]


def _files(visitor: Visitor) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for file in visitor.form.getlist("files"):
        if not isinstance(file, UploadFile) or not file.filename:
            continue
        if file.filename in files:
            raise BadUserRequestException(f"There are two files of the name {file.filename!r}.")
        files[file.filename] = file.file.read()
    if not files:
        raise BadUserRequestException("Choose at least one file.")
    return files


def _name(visitor: Visitor, files: Mapping[str, bytes]) -> str:
    return visitor.field("name").strip() or next(iter(files))


def _refused(exc: ProcessEngineException, files: Mapping[str, bytes]) -> _Refused:
    if not isinstance(exc, ParseException):
        return _Refused(str(exc))
    lines = files.get(exc.resource, b"").decode("utf-8", "replace").splitlines()
    problems = tuple((problem, _line(lines, problem.line)) for problem in exc.problems)
    return _Refused("", exc.resource, problems, len(files) > 1)


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1].strip()[:_LONGEST_LINE] if 0 < number <= len(lines) else ""
