"""Starts a server that has no command line of its own: ``python serve.py SERVER PORT``."""

import asyncio
import sys
from collections.abc import Callable
from importlib import import_module

from app import asgi_app, wsgi_app


def bjoern(port: int) -> None:
    """Serve with bjoern."""
    import_module("bjoern").run(wsgi_app, "127.0.0.1", port)


def cheroot(port: int) -> None:
    """Serve with cheroot."""
    import_module("cheroot.wsgi").Server(("127.0.0.1", port), wsgi_app).start()


def fastwsgi(port: int) -> None:
    """Serve with fastwsgi."""
    import_module("fastwsgi").run(wsgi_app, host="127.0.0.1", port=port)


def gevent(port: int) -> None:
    """Serve with gevent's own server."""
    import_module("gevent.pywsgi").WSGIServer(("127.0.0.1", port), wsgi_app, log=None).serve_forever()


def tornado(port: int) -> None:
    """Serve with tornado's container."""

    async def run() -> None:
        container = import_module("tornado.wsgi").WSGIContainer(wsgi_app)
        import_module("tornado.httpserver").HTTPServer(container).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(run())


def unheard_of(port: int) -> None:
    """Serve with the server that the tests bring along."""
    import_module("quietly_serving").serve(wsgi_app, port)


def uvicorn(port: int) -> None:
    """Serve with uvicorn, started by a program."""
    import_module("uvicorn").run(asgi_app, port=port)


def waitress(port: int) -> None:
    """Serve with waitress, under another name."""
    import_module("waitress").serve(wsgi_app, host="127.0.0.1", port=port, ident="nginx/1.0")


def werkzeug(port: int) -> None:
    """Serve with Werkzeug's development server."""
    import_module("werkzeug.serving").run_simple("127.0.0.1", port, wsgi_app, threaded=True)


def wsgiref(port: int) -> None:
    """Serve with the standard library's server."""
    import_module("wsgiref.simple_server").make_server("127.0.0.1", port, wsgi_app).serve_forever()


SERVERS: dict[str, Callable[[int], None]] = {
    serve.__name__: serve
    for serve in (bjoern, cheroot, fastwsgi, gevent, tornado, unheard_of, uvicorn, waitress, werkzeug, wsgiref)
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](int(sys.argv[2]))
