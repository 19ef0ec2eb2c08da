"""Servers that come as Debian packages: uWSGI, by itself and behind nginx, and Apache with mod_wsgi."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.conftest import (
    HOSTILE_HEADERS,
    NO_HEADERS,
    PROGRAMS,
    Environment,
    Install,
    Nginx,
    Serve,
    free_port,
    needs_debians_python,
    run,
)

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

MODULES = Path("/usr/lib/apache2/modules")
APACHE = "apache2, libapache2-mod-wsgi-py3"
UWSGI = "uwsgi-core, uwsgi-plugin-python3"


def needs(*paths: str, packages: str) -> None:
    missing = [path for path in paths if not Path(path).exists()]
    if missing:
        pytest.skip(f"{missing[0]} is missing: apt-get install {packages.replace(',', '')}")
    needs_debians_python()


def needs_others_to_read(path: Path) -> None:
    closed = [folder for folder in (path, *path.parents) if not folder.stat().st_mode & 0o001]
    if closed:
        pytest.skip(f"Apache's user may not look into {closed[-1]}")


@pytest.fixture
def uwsgi(install: Install) -> str:
    """The command of a uWSGI that needs a socket yet."""
    needs("/usr/bin/uwsgi", "/usr/lib/uwsgi/plugins/python3_plugin.so", packages=UWSGI)
    path = install("uwsgi").path
    python = f"--plugin python3 --virtualenv {path} --pythonpath {PROGRAMS} --module app:wsgi_app"
    return f"/usr/bin/uwsgi {python} --die-on-term"


def test_uwsgi_is_recognised(uwsgi: str, serve: Serve, document: dict[str, str]) -> None:
    product = f"uWSGI/{run('/usr/bin/uwsgi', '--version').strip()}"
    with serve(f"{uwsgi} --master --processes 2 --http-socket 127.0.0.1:{{port}}") as site:
        assert site.ask(HOSTILE_HEADERS) == ["uWSGI", product]
        assert site.ask(NO_HEADERS) == ["uWSGI", product]
    document["uWSGI, http-socket"] = product


def test_uwsgi_is_recognised_behind_an_nginx_that_sets_the_names_of_others(
    uwsgi: str, serve: Serve, nginx: Nginx, document: dict[str, str]
) -> None:
    backend = free_port()
    lies = ("SERVER_SOFTWARE", "gunicorn.socket", "werkzeug.socket", "mod_wsgi.version", "uwsgi.version")
    parameters = " ".join(f"uwsgi_param {name} nginx/6.6.6;" for name in lies)
    command, port = nginx(f"include /etc/nginx/uwsgi_params; {parameters} uwsgi_pass 127.0.0.1:{backend};")
    product = f"uWSGI/{run('/usr/bin/uwsgi', '--version').strip()}"
    with serve(f"{uwsgi} --socket 127.0.0.1:{{port}}", port=backend), serve(command, port=port) as site:
        assert site.ask(HOSTILE_HEADERS) == ["uWSGI", product]
        assert site.ask(NO_HEADERS) == ["uWSGI", product]
    document["uWSGI, behind nginx"] = product


@pytest.fixture
def run_folder() -> Iterator[Path]:
    """A folder that Apache's own user may look into."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def configuration(environment: Environment, folder: Path, *lines: str) -> str:
    modules = (("mpm_event", "mpm_event"), ("authz_core", "authz_core"), ("wsgi", "wsgi"))
    return "\n".join(
        [
            f"ServerRoot {folder}",
            f"PidFile {folder}/apache.pid",
            "ServerName localhost",
            "ErrorLog /dev/stderr",
            *(f"LoadModule {name}_module {MODULES}/mod_{file}.so" for name, file in modules),
            "User www-data",
            "Group www-data",
            f"WSGIPythonHome {environment.path}",
            f"WSGISocketPrefix {folder}/wsgi",
            f"WSGIScriptAlias / {PROGRAMS}/mod_wsgi_site.py",
            f"<Directory {PROGRAMS}>\nRequire all granted\n</Directory>",
            *lines,
        ]
    )


@pytest.mark.parametrize("tokens", ["Full", "Prod"])
@pytest.mark.parametrize(
    ("mode", "lines"),
    [
        ("embedded", (f"WSGIPythonPath {PROGRAMS}",)),
        ("daemon", (f"WSGIDaemonProcess site python-path={PROGRAMS}", "WSGIProcessGroup site")),
    ],
)
def test_mod_wsgi_is_recognised(
    mode: str,
    lines: tuple[str, ...],
    tokens: str,
    install: Install,
    serve: Serve,
    run_folder: Path,
    document: dict[str, str],
) -> None:
    needs("/usr/sbin/apache2", f"{MODULES}/mod_wsgi.so", packages=APACHE)
    needs_others_to_read(PROGRAMS)
    port = free_port()
    listen = (f"Listen 127.0.0.1:{port}", f"ServerTokens {tokens}")
    text = configuration(install("mod_wsgi"), run_folder, *lines, *listen)
    (run_folder / "apache.conf").write_text(text)
    version = run("dpkg-query", "--show", "--showformat=${Version}", "libapache2-mod-wsgi-py3").partition("-")[0]
    with serve(f"/usr/sbin/apache2 -d {run_folder} -f apache.conf -DFOREGROUND", port=port) as site:
        assert site.ask(HOSTILE_HEADERS) == ["mod_wsgi", f"mod_wsgi/{version}"]
        assert site.ask(NO_HEADERS) == ["mod_wsgi", f"mod_wsgi/{version}"]
    document[f"Apache with mod_wsgi, {mode} mode"] = f"mod_wsgi/{version}"
