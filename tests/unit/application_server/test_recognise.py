"""The evidence of one call decides the vendor, in a fixed order, and nothing that a client sends has a say."""

import socket
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from a2wsgi.wsgi import WSGIResponder
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from engine_telemetry.application_server import Call, Sighting, find

HOSTILE_NAMES = ("SERVER_SOFTWARE", "SERVER", "UWSGI.VERSION", "MOD_WSGI.VERSION", "GUNICORN.SOCKET", "VIA")
GUNICORN = object.__new__(import_module("gunicorn.http.wsgi").Response).start_response
Make = Callable[[str, str], object]
UVICORN = object.__new__(RequestResponseCycle).send


def vendor(sighting: Sighting | None) -> str | None:
    return sighting.vendor if sighting else None


def see(*gateways: object, **environ: Any) -> str | None:
    return vendor(find(Call(gateways, {name.replace("__", "."): value for name, value in environ.items()})))


def function_of(module: str, qualname: str) -> object:
    """A function as another package would define it."""

    def start_response() -> None: ...

    start_response.__module__, start_response.__qualname__ = module, qualname
    return start_response


def instance_of(module: str, name: str) -> Any:
    """A callable object of a class as another package would define it."""
    methods = {"start_response": lambda _: None, "__call__": lambda _: None}
    return type(name, (), {"__module__": module, **methods})()


def method_of(module: str, name: str) -> object:
    """A bound method of such an object."""
    return instance_of(module, name).start_response


@pytest.mark.parametrize(
    ("make", "module", "name", "expected"),
    [
        (function_of, "azure.functions._http_wsgi", "WsgiResponse._start_response", "Azure Functions"),
        (function_of, "builtins", "uwsgi_spit", "uWSGI"),
        (function_of, "flipflop", "WSGIServer.handler.<locals>.start_response", "flipflop"),
        (function_of, "gunicorn.asgi.protocol", "ASGIProtocol._handle_http_request.<locals>.send", "gunicorn"),
        (function_of, "hypercorn.app_wrappers", "WSGIWrapper.run_app.<locals>.start_response", "hypercorn"),
        (function_of, "tornado.wsgi", "WSGIContainer.handle_request.<locals>.start_response", "tornado"),
        (function_of, "waitress.task", "WSGITask.execute.<locals>.start_response", "waitress"),
        (function_of, "werkzeug.serving", "WSGIRequestHandler.run_wsgi.<locals>.start_response", "Werkzeug"),
        (instance_of, "granian.wsgi", "Response", "granian"),
        (instance_of, "meinheld", "start_response", "meinheld"),
        (method_of, "apig_wsgi", "V2Response", "AWS Lambda"),
        (method_of, "daphne.server", "Server", "daphne"),
        (method_of, "django.core.servers.basehttp", "ServerHandler", "django"),
        (method_of, "flup.server.fcgi_base", "Request", "flup"),
        (method_of, "gevent.pywsgi", "WSGIHandler", "gevent"),
        (method_of, "granian._granian", "ASGIHTTPProtocol", "granian"),
        (method_of, "gunicorn.http.wsgi", "Response", "gunicorn"),
        (method_of, "gunicorn.http2.response", "HTTP2Response", "gunicorn"),
        (method_of, "gunicorn.workers.ggevent", "PyWSGIHandler", "gunicorn"),
        (method_of, "hypercorn.protocol.http_stream", "HTTPStream", "hypercorn"),
        (method_of, "hypercorn.trio.lifespan", "Lifespan", "hypercorn"),
        (method_of, "mangum.protocols.http", "HTTPCycle", "AWS Lambda"),
        (method_of, "mod_wsgi", "Adapter", "mod_wsgi"),
        (method_of, "unit", "_asgi_http", "unit"),
        (method_of, "unit", "_input", "unit"),
        (method_of, "uvicorn.lifespan.on", "LifespanOn", "uvicorn"),
        (method_of, "uvicorn.protocols.websockets.wsproto_impl", "WSProtocol", "uvicorn"),
        (method_of, "wsgiref.simple_server", "ServerHandler", "wsgiref"),
    ],
)
def test_the_object_behind_the_gateway_decides(make: Make, module: str, name: str, expected: str) -> None:
    assert see(make(module, name)) == expected
    assert see(make(module, name), SERVER_SOFTWARE="nginx/1.22.1") == expected


@pytest.mark.parametrize(
    ("make", "module", "name"),
    [
        (function_of, "httpx._transports.asgi", "ASGITransport.handle_async_request.<locals>.send"),
        (function_of, "starlette.testclient", "_TestClientTransport.handle_request.<locals>.send"),
        (function_of, "webtest.lint", "middleware.<locals>.start_response_wrapper"),
        (function_of, "werkzeug.test", "run_wsgi_app.<locals>.start_response"),
        (method_of, "asgiref.testing", "ApplicationCommunicator"),
        (method_of, "django.test.client", "FakePayload"),
    ],
)
def test_a_test_client_ends_the_search(make: Make, module: str, name: str) -> None:
    with socket.socket() as connection:
        assert see(make(module, name), SERVER_SOFTWARE="nginx/1.22.1", gunicorn__socket=connection) is None


def test_a_name_that_could_be_anybodys_needs_the_servers_module() -> None:
    assert see(function_of("builtins", "start_response")) is None


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("uwsgi__version", b"2.0.31", "uWSGI"),
        ("mod_wsgi__version", (4, 9, 4), "mod_wsgi"),
        ("passenger__hijack", print, "Phusion Passenger"),
        ("serverless__event", {}, "AWS Lambda"),
        ("wsgi__input", instance_of("gunicorn.http.body", "Body"), "gunicorn"),
        ("wsgi__file_wrapper", type("ReadOnlyFileBasedBuffer", (), {"__module__": "waitress.buffers"}), "waitress"),
    ],
)
def test_entries_of_the_environ_count_by_their_types(key: str, value: object, expected: str) -> None:
    assert see(**{key: value}) == expected
    assert see(**{key: "nginx/6.6.6"}) is None


@pytest.mark.parametrize("key", ["gunicorn__socket", "werkzeug__socket"])
def test_a_socket_in_the_environ_counts_and_a_text_does_not(key: str) -> None:
    with socket.socket() as connection:
        assert see(**{key: connection}) in {"gunicorn", "Werkzeug"}
    assert see(**{key: "<socket>"}) is None


def test_a_lambda_event_counts_more_than_the_test_client_that_brings_it() -> None:
    assert see(function_of("werkzeug.test", "start_response"), serverless__event={}) == "AWS Lambda"


def test_what_the_lifespan_showed_counts_where_a_request_shows_nothing() -> None:
    remembered = Sighting("hypercorn")
    assert find(Call((print,), remembered=remembered)) is remembered
    assert vendor(find(Call((UVICORN,), remembered=remembered))) == "uvicorn"


@pytest.mark.parametrize(
    ("software", "expected"),
    [
        ("nginx/1.22.1", "nginx"),
        ("gevent/26.9.0 gunicorn/27.0.1", "gunicorn"),
        ("Werkzeug/3.1.9 gunicorn/27.0.1", "gunicorn"),
        ("Apache/2.4.71 (Debian) Phusion_Passenger/6.0.17", "Phusion Passenger"),
        ("waitress", None),
        ("WSGIServer/0.2 CPython/3.11.7", None),
        ("", None),
        (None, None),
        (object(), None),
    ],
)
def test_server_software_is_the_last_resort_and_must_fit_what_is_loaded(software: object, expected: str | None) -> None:
    assert see(SERVER_SOFTWARE=software) == expected


@pytest.mark.parametrize("name", ["CGIHandler", "IISCGIHandler"])
def test_under_cgi_the_host_is_who_set_server_software(name: str) -> None:
    assert see(method_of("wsgiref.handlers", name), SERVER_SOFTWARE="lighttpd/1.4.69") == "lighttpd"


def test_an_adapter_is_no_server() -> None:
    assert see(object.__new__(WSGIResponder).start_response) is None


def test_the_environment_of_a_parent_is_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "gunicorn/27.0.1")
    assert see(print) is None
    assert see(UVICORN) == "uvicorn"


@given(st.dictionaries(st.sampled_from(HOSTILE_NAMES), st.text()))
def test_no_header_changes_anything(headers: dict[str, str]) -> None:
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    assert see(print, **environ) is None
    assert see(GUNICORN, **environ) == "gunicorn"
