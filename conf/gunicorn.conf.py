"""gunicorn's configuration for the web apps: ``gunicorn --config conf/gunicorn.conf.py``."""
# ruff: noqa: ERA001 - the settings below are there to be uncommented

from engine_telemetry.integrations.gunicorn import on_exit, post_worker_init, worker_exit
from engine_telemetry.integrations.gunicorn import on_starting_rest_api as on_starting

__all__ = ["on_exit", "on_starting", "post_worker_init", "worker_exit"]

wsgi_app = "webapps.main:app"
bind = "127.0.0.1:8080"
workers = 2
worker_class = "asgi"
graceful_timeout = 5  # seconds that open requests have at a stop

# Both loggers of the engine appear on stderr, beside gunicorn's own. DEBUG shows what is sent.
logconfig_dict = {
    "disable_existing_loggers": False,
    "root": {"level": "WARNING", "handlers": ["error_console"]},
    "loggers": {
        "engine_telemetry.telemetry": {"level": "INFO"},
        "engine_telemetry.engine": {"level": "INFO"},
    },
}

# The settings of the engine, each with its default, or an example where it is unset; docs/configuration.md has more.
# A line without its "#" wins over the environment in which gunicorn is started.
raw_env: list[str] = [
    # "ENGINE_CONFIG=conf/engine.xml",  # unset; settings in an XML file
    # "ENGINE_DATABASE_URL=sqlite:///engine.db",
    # "ENGINE_DATABASE_SCHEMA_UPDATE=true",
    # "ENGINE_JOB_EXECUTOR_ACTIVATE=true",
    # "ENGINE_HISTORY_CLEANUP_ACTIVATE=false",
    # "ENGINE_INITIALIZE_TELEMETRY=true",  # unset
    # "ENGINE_TELEMETRY_ENDPOINT=https://collector.example/reports",  # unset
    # "ENGINE_TELEMETRY_REPORTER_ACTIVATE=true",
    # "ENGINE_TELEMETRY_REPORTING_PERIOD=86400",  # seconds
    # "ENGINE_TELEMETRY_REQUEST_TIMEOUT=15000",  # milliseconds
    # "ENGINE_TELEMETRY_REQUEST_RETRIES=2",
    # "ENGINE_TELEMETRY_FLUSH_INTERVAL=60",  # seconds
    # "ENGINE_TELEMETRY_CLOSE_TIMEOUT=2000",  # milliseconds
    # "ENGINE_TELEMETRY_STATE_DIRECTORY=/var/lib/engine",  # unset
    # "ENGINE_TELEMETRY_ALLOW_INSECURE_ENDPOINT=false",
    # "ENGINE_TELEMETRY_CA_FILE=/etc/engine/ca.pem",  # unset
    # "ENGINE_TELEMETRY_CLIENT_CERTIFICATE=/etc/engine/client.pem",  # unset
    # "ENGINE_APPLICATION_SERVER=gunicorn/27.0.1",  # unset
    # "ENGINE_REST_AUTHENTICATION=none",
    # "ENGINE_REST_ALLOW_UNAUTHENTICATED=false",
    # "ENGINE_PRODUCT_NAME=engine-telemetry Runtime",
    # "ENGINE_PRODUCT_VERSION=1.0.0",  # the installed version
    # "ENGINE_PRODUCT_EDITION=community",
]
