"""A sighting becomes a name and a version."""

from importlib import metadata

import pytest

from engine_telemetry.application_server import ApplicationServer, Sighting, identify

UVICORN = metadata.version("uvicorn")


@pytest.mark.parametrize(
    ("sighting", "server"),
    [
        (Sighting("gunicorn", "27.0.1"), ApplicationServer("gunicorn", "gunicorn/27.0.1")),
        (Sighting("AWS Lambda"), ApplicationServer("AWS Lambda")),
        (
            Sighting("gunicorn", "27.0.1", worker=Sighting("uvicorn", "0.54.0")),
            ApplicationServer("gunicorn", "gunicorn/27.0.1 (uvicorn/0.54.0)"),
        ),
        (
            Sighting("gunicorn", "27.0.1", worker=Sighting("meinheld")),
            ApplicationServer("gunicorn", "gunicorn/27.0.1 (meinheld)"),
        ),
    ],
)
def test_a_complete_sighting_needs_no_distribution(sighting: Sighting, server: ApplicationServer) -> None:
    assert sighting.complete
    assert identify(sighting) == server


@pytest.mark.parametrize(
    ("sighting", "server"),
    [
        (Sighting("uvicorn", distribution="uvicorn"), ApplicationServer("uvicorn", f"uvicorn/{UVICORN}")),
        (Sighting("waitress", distribution="engine-telemetry-absent"), ApplicationServer("waitress")),
        (
            Sighting("gunicorn", "27.0.1", worker=Sighting("uvicorn", distribution="uvicorn")),
            ApplicationServer("gunicorn", f"gunicorn/27.0.1 (uvicorn/{UVICORN})"),
        ),
        (
            Sighting("gunicorn", distribution="engine-telemetry-absent", worker=Sighting("uvicorn", UVICORN)),
            ApplicationServer("gunicorn"),
        ),
        (Sighting(module="uvicorn.server"), ApplicationServer("uvicorn", f"uvicorn/{UVICORN}")),
        (Sighting(module="json", otherwise=Sighting("nginx", "1.22.1")), ApplicationServer("nginx", "nginx/1.22.1")),
        (Sighting(module="json"), None),
    ],
)
def test_an_incomplete_sighting_is_completed_from_the_distributions(
    sighting: Sighting, server: ApplicationServer | None
) -> None:
    assert not sighting.complete
    assert identify(sighting) == server
