"""The telemetry resource alone as a small WSGI application, to be mounted in a Flask or Django program.

app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/engine-rest/telemetry": telemetry_app(engine)})
"""

from wsgiref.types import WSGIApplication

from werkzeug.exceptions import NotFound, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import ProcessEngineException, RestException
from webapps.authentication import Authentication
from webapps.exposure import refuse_strangers
from webapps.rest.errors import answer_error, no_resource
from webapps.rest.exchange import Answer, Request
from webapps.rest.resource import perform
from webapps.rest.telemetry import RESOURCES

_URLS = Map(
    [Rule(resource.path.removeprefix("/telemetry"), endpoint=resource) for resource in RESOURCES],
    strict_slashes=False,
    merge_slashes=False,
)


def telemetry_app(engine: ProcessEngine, authentication: Authentication | None = None) -> WSGIApplication:
    """The application, to be mounted where the resource shall lie, for example at ``/engine-rest/telemetry``.

    Args:
        engine: Its telemetry, and its users if ``restAuthentication`` asks for them.
        authentication: One to share with another application about this engine.
    """
    known = authentication or Authentication(engine)

    @HttpRequest.application
    def app(http_request: HttpRequest) -> Response:
        return _response(_answer(engine, known, http_request))

    return app


def _answer(engine: ProcessEngine, authentication: Authentication, http_request: HttpRequest) -> Answer:
    try:
        refuse_strangers(engine, http_request.environ["SERVER_NAME"])
        user_id = authentication.user(http_request.headers.get("Authorization", ""))
        resource, _ = _URLS.bind_to_environ(http_request).match(return_rule=False)
        http_request.max_content_length = resource.body_limit
        request = _plain_request(http_request, user_id)
    except NotFound:
        return no_resource(http_request.method, http_request.root_path + http_request.path)
    except ProcessEngineException as exc:
        return answer_error(exc)
    except RequestEntityTooLarge:
        return answer_error(RestException(413, f"The body is larger than {http_request.max_content_length} bytes."))
    return perform(engine, resource, request)


def _plain_request(request: HttpRequest, user_id: str | None) -> Request:
    return Request(
        method=request.method,
        content_type=request.headers.get("Content-Type", ""),
        fetch_site=request.headers.get("Sec-Fetch-Site", ""),
        origin=request.headers.get("Origin"),
        host=request.headers.get("Host", ""),
        body=request.get_data(),
        user_id=user_id,
    )


def _response(answer: Answer) -> Response:
    response = Response([answer.body], answer.status, {**answer.headers, "X-Content-Type-Options": "nosniff"})
    if answer.media_type is None:
        del response.headers["Content-Type"]
    else:
        response.headers["Content-Type"] = answer.media_type
    return response
