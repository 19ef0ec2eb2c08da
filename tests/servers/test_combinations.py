"""Adapters, the middleware of others, decoys, parents and front ends do not change which server is recognised."""

import json

import pytest

from tests.servers.conftest import (
    HOSTILE_HEADERS,
    NO_HEADERS,
    PROGRAMS,
    Case,
    Install,
    Nginx,
    Recognises,
    Serve,
    free_port,
    run,
    server_in,
)

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

GUNICORN = "{bin}/gunicorn --no-control-socket -b 127.0.0.1:{port} "
HYPERCORN = "{bin}/hypercorn -b 127.0.0.1:{port} "
UVICORN = "{bin}/uvicorn --port {port} "
WAITRESS = "{bin}/waitress-serve --listen 127.0.0.1:{port} "
ADAPTERS = [
    Case("uvicorn, WSGI behind a2wsgi", "adapters", UVICORN + "adapters:asgi_by_a2wsgi", "uvicorn/{uvicorn}"),
    Case("uvicorn, WSGI behind asgiref", "adapters", UVICORN + "adapters:asgi_by_asgiref", "uvicorn/{uvicorn}"),
    Case("uvicorn, WSGI behind Starlette", "adapters", UVICORN + "adapters:asgi_by_starlette", "uvicorn/{uvicorn}"),
    Case("hypercorn, WSGI behind a2wsgi", "adapters", HYPERCORN + "adapters:asgi_by_a2wsgi", "hypercorn/{hypercorn}"),
    Case(
        "granian, WSGI behind asgiref",
        "adapters",
        "{bin}/granian --port {port} --interface asgi adapters:asgi_by_asgiref",
        "granian/{granian}",
    ),
    Case(
        "gunicorn, asgi worker, WSGI behind a2wsgi",
        "adapters",
        GUNICORN + "-k asgi adapters:asgi_by_a2wsgi",
        "gunicorn/{gunicorn}",
    ),
    Case("waitress, ASGI behind a2wsgi", "adapters", WAITRESS + "adapters:wsgi_by_a2wsgi", "waitress/{waitress}"),
    Case(
        "gunicorn, gthread worker, ASGI behind a2wsgi",
        "adapters",
        GUNICORN + "-k gthread adapters:wsgi_by_a2wsgi",
        "gunicorn/{gunicorn}",
    ),
]
MIDDLEWARE = [
    *(
        Case(f"uvicorn, behind {name}", "middleware", UVICORN + f"wrapped:{app}", "uvicorn/{uvicorn}")
        for name, app in (
            ("Starlette's CORS", "cors"),
            ("Starlette's GZip", "gzip"),
            ("Starlette's BaseHTTPMiddleware", "base_http"),
            ("OpenTelemetry", "opentelemetry"),
            ("Sentry", "sentry"),
            ("all five", "all_of_them"),
        )
    ),
    Case("hypercorn, behind all five", "middleware", HYPERCORN + "wrapped:all_of_them", "hypercorn/{hypercorn}"),
    Case(
        "gunicorn, asgi worker, behind all five",
        "middleware",
        GUNICORN + "-k asgi wrapped:all_of_them",
        "gunicorn/{gunicorn}",
    ),
    Case(
        "gunicorn, behind OpenTelemetry", "middleware", GUNICORN + "wrapped:wsgi_opentelemetry", "gunicorn/{gunicorn}"
    ),
    Case("gunicorn, behind Sentry", "middleware", GUNICORN + "wrapped:wsgi_sentry", "gunicorn/{gunicorn}"),
]
HIDDEN = [
    Case("daphne, gateway hidden", "daphne", "{bin}/daphne -p {port} hidden:asgi_app", "daphne/{daphne}"),
    Case(
        "gunicorn, asgi worker, gateway hidden", "gunicorn", GUNICORN + "-k asgi hidden:asgi_app", "gunicorn/{gunicorn}"
    ),
    Case("gunicorn, gateway hidden", "gunicorn", GUNICORN + "hidden:wsgi_app", "gunicorn/{gunicorn}"),
    Case(
        "gunicorn, gevent_pywsgi worker, gateway hidden",
        "gevent",
        GUNICORN + "-k gevent_pywsgi hidden:wsgi_app",
        "gunicorn/{gunicorn} (gevent/{gevent})",
    ),
    Case(
        "gunicorn, tornado worker, gateway hidden",
        "tornado",
        GUNICORN + "-k tornado hidden:wsgi_app",
        "gunicorn/{gunicorn} (tornado/{tornado})",
    ),
    Case(
        "gunicorn, uvicorn-worker, gateway hidden",
        "gunicorn",
        GUNICORN + "-k uvicorn_worker.UvicornWorker hidden:asgi_app",
        "gunicorn/{gunicorn} (uvicorn/{uvicorn})",
    ),
    Case(
        "granian, ASGI, gateway hidden",
        "granian",
        "{bin}/granian --port {port} --interface asgi hidden:asgi_app",
        "granian/{granian}",
    ),
    Case(
        "granian, WSGI, gateway hidden",
        "granian",
        "{bin}/granian --port {port} --interface wsgi hidden:wsgi_app",
        "granian/{granian}",
    ),
    Case("hypercorn, gateway hidden", "hypercorn", HYPERCORN + "hidden:asgi_app", "hypercorn/{hypercorn}"),
    Case(
        "hypercorn, trio, gateway hidden", "hypercorn", HYPERCORN + "-k trio hidden:asgi_app", "hypercorn/{hypercorn}"
    ),
    Case("uvicorn, gateway hidden", "uvicorn", UVICORN + "hidden:asgi_app", "uvicorn/{uvicorn}"),
    Case("waitress, gateway hidden", "waitress", WAITRESS + "hidden:wsgi_app", "waitress/{waitress}"),
]
DECOYS = [
    Case("uvicorn, others imported", "adapters", UVICORN + "decoys:asgi_app", "uvicorn/{uvicorn}"),
    Case("hypercorn, others imported", "adapters", HYPERCORN + "decoys:asgi_app", "hypercorn/{hypercorn}"),
    Case("waitress, others imported", "adapters", WAITRESS + "decoys:wsgi_app", "waitress/{waitress}"),
    Case(
        "uvicorn, others imported, gunicorn's environment",
        "adapters",
        UVICORN + "decoys:asgi_app",
        "uvicorn/{uvicorn}",
        {"SERVER_SOFTWARE": "gunicorn/27.0.1"},
    ),
    Case(
        "Werkzeug, gunicorn's environment",
        "flask",
        "{bin}/python -m serve werkzeug {port}",
        "Werkzeug/{werkzeug}",
        {"SERVER_SOFTWARE": "gunicorn/27.0.1"},
    ),
]


@pytest.mark.parametrize("case", ADAPTERS + MIDDLEWARE + HIDDEN + DECOYS, ids=lambda case: case.title)
def test_a_server_is_recognised(case: Case, recognises: Recognises) -> None:
    recognises(case)


def test_a_child_of_a_gunicorn_worker_is_what_it_is_itself(install: Install, serve: Serve) -> None:
    environment = install("gunicorn")
    port = free_port()
    command = (
        f"{environment.bin}/gunicorn --no-control-socket -b 127.0.0.1:{{port}} -c python:gunicorn_parent app:wsgi_app"
    )
    with serve(command, CHILD_PORT=str(port)) as site:
        site.wait_for(port)
        child = environment.fill("uvicorn/{uvicorn}")
        parent = environment.fill("gunicorn/{gunicorn}")
        assert site.ask(NO_HEADERS, port=port) == ["uvicorn", child]
        assert site.ask(NO_HEADERS) == ["gunicorn", parent]


def test_a_reverse_proxy_in_front_is_not_the_server(install: Install, serve: Serve, nginx: Nginx) -> None:
    environment = install("uvicorn")
    backend = free_port()
    product = environment.fill("uvicorn/{uvicorn}")
    command, port = nginx(f"proxy_pass http://127.0.0.1:{backend}; proxy_set_header Server-Software nginx/6.6.6;")
    with (
        serve(f"{environment.bin}/uvicorn --port {{port}} app:asgi_app", port=backend),
        serve(command, port=port) as site,
    ):
        assert site.ask(HOSTILE_HEADERS) == ["uvicorn", product]
        assert site.ask(NO_HEADERS) == ["uvicorn", product]


def test_http_2_shows_the_same_server(install: Install, serve: Serve, document: dict[str, str]) -> None:
    environment = install("hypercorn")
    with serve(f"{environment.bin}/hypercorn -b 127.0.0.1:{{port}} app:asgi_app") as site:
        product = environment.fill("hypercorn/{hypercorn}")
        client = (str(environment.bin / "python"), str(PROGRAMS / "http_2_client.py"))
        assert server_in(run(*client, str(site.port), json.dumps(HOSTILE_HEADERS))) == ["hypercorn", product]
    document["hypercorn, HTTP/2"] = product
