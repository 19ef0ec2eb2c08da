"""The application as mod_wsgi wants it: under the name ``application``."""

from app import wsgi_app as application

__all__ = ["application"]
