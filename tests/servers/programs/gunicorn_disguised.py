"""A gunicorn configuration that hides the server's name wherever it can be set."""

from importlib import import_module

raw_env = ["SERVER_SOFTWARE=nginx/1.0"]
vars(import_module("gunicorn"))["SERVER_SOFTWARE"] = "nginx/1.0"
