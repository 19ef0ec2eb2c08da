"""Installs servers, each into an environment of its own, starts them, and asks the application that they run."""

import json
import os
import platform
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from importlib import metadata
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = HERE / "programs"
CACHE = ROOT / ".venv" / "servers"
DOCUMENT = ROOT / "docs" / "application-servers.md"
DEBIAN_PYTHON = "/usr/bin/python3"
BUILT_FOR_DEBIAN = {"mod_wsgi", "uwsgi"}

NO_HEADERS: dict[str, str] = {}
HOSTILE_HEADERS = dict.fromkeys(
    (
        "Server",
        "Server-Software",
        "SERVER_SOFTWARE",
        "Via",
        "X-Powered-By",
        "X-Forwarded-Server",
        "uwsgi.version",
        "mod_wsgi.version",
        "gunicorn.socket",
        "werkzeug.socket",
        "passenger.hijack",
        "serverless.event",
        "wsgi_environ",
    ),
    "nginx/6.6.6",
)
PATH = "/engine-rest/telemetry/data"
Answer = list[str | None] | None


def server_in(body: bytes | str) -> Answer:
    """The vendor and the version of the application server in a report."""
    server = json.loads(body)["product"]["internals"].get("application-server")
    return server and [server["vendor"], server.get("version")]


@dataclass(frozen=True)
class Case:
    """One way to run the application.

    Attributes:
        title: What the document calls it.
        environment: The name of the requirements file.
        command: What starts it; ``{port}`` and the environment's ``{bin}`` are filled in.
        product: The version text expected; ``{name}`` is the installed version of a distribution.
        variables: Further environment variables.
    """

    title: str
    environment: str
    command: str
    product: str
    variables: Mapping[str, str] = field(default_factory=dict)


class Environment:
    """A virtual environment with one server in it; this project and what it needs are found where the tests find it."""

    def __init__(self, name: str) -> None:
        """Make it, unless it is there already for the requirements file of this name."""
        self.path = CACHE / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
        self.bin = self.path / "bin"
        requirements = HERE / f"{name}.txt"
        stamp = self.path / "installed"
        ours = f"{sysconfig.get_path('purelib')}\n{ROOT}\n"
        wanted = f"{ours}{requirements.read_text()}"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        python = DEBIAN_PYTHON if name in BUILT_FOR_DEBIAN else sys.executable
        run(python, "-m", "venv", "--clear", "--without-pip", str(self.path))
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(self.bin / "python"))
        run(*pip, "install", "--quiet", "--no-compile", "--requirement", str(requirements))
        (self._packages / "ours.pth").write_text(ours)
        stamp.write_text(wanted)

    @property
    def _packages(self) -> Path:
        return next(self.path.glob("lib/python3*/site-packages"))

    def fill(self, product: str) -> str:
        """A version text with the installed versions in it; distributions are named in lower case."""
        found = metadata.distributions(path=[str(self._packages)])
        versions = {distribution.metadata["Name"].lower(): distribution.version for distribution in found}
        return product.format_map(versions | {"python": platform.python_version()})


def needs_debians_python() -> None:
    """Skip the test where the Python that Debian's servers have in them cannot load what was built for this one."""
    version = run(DEBIAN_PYTHON, "-c", "import sys; print(sys.version_info[:2])").strip()
    if version != str(sys.version_info[:2]):
        pytest.skip(f"Debian's servers have another Python, {version}, and these packages are for this one")


def run(*command: str) -> str:
    """Run a command to its end; its output.

    Raises:
        RuntimeError: It failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)} failed: {done.stderr.strip()[-500:] or done.stdout[-500:]}")
    return done.stdout


class Site:
    """A server that listens."""

    def __init__(self, port: int, log: Path, process: subprocess.Popen[bytes]) -> None:
        """Know where it listens, what it says, and what runs it."""
        self.port = port
        self._log = log
        self._process = process

    def ask(self, headers: Mapping[str, str], *, port: int | None = None) -> Answer:
        """What the application knows about its server: vendor and version.

        A version that is looked up in the background is waited for.
        """
        for _ in range(40):
            answer = self._ask_once(headers, port or self.port)
            if answer is not None:
                return answer
            time.sleep(0.1)
        return None

    def _ask_once(self, headers: Mapping[str, str], port: int) -> Answer:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", PATH, headers=dict(headers))
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as exc:
            raise AssertionError(f"The server does not answer: {exc!r}\n{self.log()}") from exc
        finally:
            connection.close()
        assert response.status == 200, f"{response.status} {body!r}\n{self.log()}"
        return server_in(body)

    def log(self) -> str:
        """The end of what the server said."""
        return self._log.read_text(errors="replace")[-3000:]

    def wait_for(self, port: int) -> None:
        """Return when something listens on the port."""
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, f"The server ended:\n{self.log()}"
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"Nothing listens on port {port}:\n{self.log()}")


Nginx = Callable[[str], tuple[str, int]]
Recognises = Callable[[Case], str]
Serve = Callable[..., AbstractContextManager[Site]]
Install = Callable[[str], Environment]


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a command line, in a process group of its own, until the end of the block."""

    @contextmanager
    def start(command: str, *, port: int | None = None, **variables: str) -> Iterator[Site]:
        port = port or free_port()
        log = tmp_path / f"{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                shlex.split(command.format(port=port)),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=tmp_path,
                env=base_environment(tmp_path) | variables,
                start_new_session=True,
            )
            try:
                site = Site(port, log, process)
                site.wait_for(port)
                yield site
            finally:
                _stop(process)

    return start


@pytest.fixture
def recognises(install: Install, serve: Serve) -> Recognises:
    """Start a case and check what it says, to a client that lies and to one that does not; the version text."""

    def check(case: Case) -> str:
        environment = install(case.environment)
        product = environment.fill(case.product)
        with serve(case.command.replace("{bin}", str(environment.bin)), **case.variables) as site:
            assert site.ask(HOSTILE_HEADERS) == [product.partition("/")[0], product]
            assert site.ask(NO_HEADERS) == [product.partition("/")[0], product]
        return product

    return check


@pytest.fixture
def nginx(tmp_path: Path) -> Nginx:
    """The command and the port of an nginx that does what a configuration text for ``location /`` says."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx")

    def configure(location: str) -> tuple[str, int]:
        port = free_port()
        folders = "".join(
            f"{name}_temp_path {tmp_path};" for name in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {folders}\nserver {{ listen 127.0.0.1:{port}; location / {{ {location} }} }} }}\n"
        )
        return f"{program} -p {tmp_path} -c {tmp_path}/nginx.conf", port

    return configure


def base_environment(home: Path) -> dict[str, str]:
    """The environment variables of a program under test."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(PROGRAMS), "PYTHONUNBUFFERED": "1"}


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=3)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
    process.wait()


@pytest.fixture(scope="session")
def install(request: pytest.FixtureRequest) -> Iterator[Install]:
    """The environment of a name; all that the session needs are made in the background, two at a time."""
    names = {case.environment: None for case in map(_case, request.session.items) if case}
    with ThreadPoolExecutor(2) as pool:
        made = {name: pool.submit(Environment, name) for name in names}

        def wait_for(name: str) -> Environment:
            if name not in made:
                made[name] = pool.submit(Environment, name)
            try:
                return made[name].result()
            except RuntimeError as exc:
                pytest.skip(f"{name} cannot be installed: {exc}")

        yield wait_for


def _case(item: pytest.Item) -> Case | None:
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    case = parameters.get("case")
    return case if isinstance(case, Case) else None


@pytest.fixture(scope="session")
def document() -> Iterator[dict[str, str]]:
    """The rows of the document: what was seen, by title. Those of this session are written at its end."""
    seen: dict[str, str] = {}
    yield seen
    if not seen:
        return
    text = DOCUMENT.read_text()
    rows = dict(re.findall(r"^\| (.+?) \| `(.+?)` \|$", text, re.MULTILINE)) | seen
    table = "".join(
        f"| {title} | `{version}` |\n" for title, version in sorted(rows.items(), key=lambda row: row[0].lower())
    )
    before, after = re.split(r"(?:^\| .+ \| `.+` \|\n)+", text, maxsplit=1, flags=re.MULTILINE)
    DOCUMENT.write_text(before + table + after)
