"""The web apps for servers that look at a module's own names only (hypercorn, uWSGI)."""

from webapps.main import create_app, create_wsgi_app

app = create_app()
wsgi_app = create_wsgi_app()
