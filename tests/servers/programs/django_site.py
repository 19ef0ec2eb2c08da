"""The application as a Django program: its settings."""

SECRET_KEY = "only for a test"  # noqa: S105  # protects nothing
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "django_urls"
MIDDLEWARE: list[str] = []
WSGI_APPLICATION = "django_urls.application"
