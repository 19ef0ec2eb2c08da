"""Every server, started for real, is recognised with its version, whatever a client says."""

import pytest

from tests.servers.conftest import Case, Recognises

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

GUNICORN = "{bin}/gunicorn --no-control-socket -b 127.0.0.1:{port}"
UVICORN = "{bin}/uvicorn --port {port}"
ASGI = [
    Case("daphne", "daphne", "{bin}/daphne -b 127.0.0.1 -p {port} app:asgi_app", "daphne/{daphne}"),
    Case(
        "granian, ASGI, 2 workers",
        "granian",
        "{bin}/granian --port {port} --interface asgi --workers 2 app:asgi_app",
        "granian/{granian}",
    ),
    Case("gunicorn, asgi worker", "gunicorn", GUNICORN + " -k asgi app:asgi_app", "gunicorn/{gunicorn}"),
    Case(
        "gunicorn, uvicorn-worker",
        "gunicorn",
        GUNICORN + " -k uvicorn_worker.UvicornWorker -w 2 app:asgi_app",
        "gunicorn/{gunicorn} (uvicorn/{uvicorn})",
    ),
    Case(
        "hypercorn, asyncio", "hypercorn", "{bin}/hypercorn -b 127.0.0.1:{port} app:asgi_app", "hypercorn/{hypercorn}"
    ),
    Case(
        "hypercorn, trio",
        "hypercorn",
        "{bin}/hypercorn -k trio -b 127.0.0.1:{port} app:asgi_app",
        "hypercorn/{hypercorn}",
    ),
    Case("uvicorn, h11", "uvicorn", UVICORN + " --http h11 app:asgi_app", "uvicorn/{uvicorn}"),
    Case("uvicorn, httptools", "uvicorn", UVICORN + " --http httptools app:asgi_app", "uvicorn/{uvicorn}"),
    Case("uvicorn, WSGI interface", "uvicorn", UVICORN + " --interface wsgi app:wsgi_app", "uvicorn/{uvicorn}"),
    Case("uvicorn, reloader", "uvicorn", UVICORN + " --reload app:asgi_app", "uvicorn/{uvicorn}"),
    Case("uvicorn, 2 workers", "uvicorn", UVICORN + " --workers 2 app:asgi_app", "uvicorn/{uvicorn}"),
    Case("uvicorn, started by a program", "uvicorn", "{bin}/python -m serve uvicorn {port}", "uvicorn/{uvicorn}"),
]
WSGI = [
    Case("bjoern", "bjoern", "{bin}/python -m serve bjoern {port}", "bjoern/{bjoern}"),
    Case("cheroot", "cheroot", "{bin}/python -m serve cheroot {port}", "cheroot/{cheroot}"),
    Case(
        "Django's runserver",
        "django",
        "{bin}/django-admin runserver --settings django_site --noreload {port}",
        "django/{django}",
    ),
    Case(
        "Django's runserver, reloader",
        "django",
        "{bin}/django-admin runserver --settings django_site {port}",
        "django/{django}",
    ),
    Case("fastwsgi", "fastwsgi", "{bin}/python -m serve fastwsgi {port}", "fastwsgi/{fastwsgi}"),
    Case("flask run", "flask", "{bin}/flask --app flask_site run --port {port}", "Werkzeug/{werkzeug}"),
    Case(
        "flask run, reloader", "flask", "{bin}/flask --app flask_site run --reload --port {port}", "Werkzeug/{werkzeug}"
    ),
    Case("gevent", "gevent", "{bin}/python -m serve gevent {port}", "gevent/{gevent}"),
    Case(
        "granian, WSGI",
        "granian",
        "{bin}/granian --port {port} --interface wsgi app:wsgi_app",
        "granian/{granian}",
    ),
    Case("gunicorn, sync worker", "gunicorn", GUNICORN + " app:wsgi_app", "gunicorn/{gunicorn}"),
    Case(
        "gunicorn, gthread worker, application preloaded",
        "gunicorn",
        GUNICORN + " -k gthread -w 2 --preload app:wsgi_app",
        "gunicorn/{gunicorn}",
    ),
    Case("gunicorn, gevent worker", "gevent", GUNICORN + " -k gevent app:wsgi_app", "gunicorn/{gunicorn}"),
    Case(
        "gunicorn, gevent_pywsgi worker", "gevent", GUNICORN + " -k gevent_pywsgi app:wsgi_app", "gunicorn/{gunicorn}"
    ),
    Case(
        "gunicorn, tornado worker",
        "tornado",
        GUNICORN + " -k tornado app:wsgi_app",
        "gunicorn/{gunicorn} (tornado/{tornado})",
    ),
    Case(
        "gunicorn, under another name",
        "gunicorn",
        GUNICORN + " -c python:gunicorn_disguised app:wsgi_app",
        "gunicorn/{gunicorn}",
    ),
    Case("tornado's WSGI container", "tornado", "{bin}/python -m serve tornado {port}", "tornado/{tornado}"),
    Case(
        "uWSGI, from PyPI",
        "pyuwsgi",
        "{bin}/uwsgi --http-socket 127.0.0.1:{port} --virtualenv {bin}/.. --module app:wsgi_app --die-on-term",
        "uWSGI/2.0.30",
    ),
    Case("waitress", "waitress", "{bin}/waitress-serve --listen 127.0.0.1:{port} app:wsgi_app", "waitress/{waitress}"),
    Case("waitress, under another name", "waitress", "{bin}/python -m serve waitress {port}", "waitress/{waitress}"),
    Case("Werkzeug", "flask", "{bin}/python -m serve werkzeug {port}", "Werkzeug/{werkzeug}"),
    Case("wsgiref", "waitress", "{bin}/python -m serve wsgiref {port}", "wsgiref/{python}"),
]


@pytest.mark.parametrize("case", ASGI + WSGI, ids=lambda case: case.title)
def test_a_server_is_recognised(case: Case, recognises: Recognises, document: dict[str, str]) -> None:
    document[case.title] = recognises(case)
