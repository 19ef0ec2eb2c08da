"""A server for developers: Werkzeug's, one process, restarted when a file changes."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.serving import run_simple

from webapps import main

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The web apps. They are made at the first request: the process that watches the files makes none."""
    return main.wsgi_app(environ, start_response)


def serve() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="of 127.0.0.1 (default: %(default)s)")
    run_simple("127.0.0.1", parser.parse_args().port, application, use_reloader=True, threaded=True)


if __name__ == "__main__":
    serve()
