"""A session that all workers know."""

import re
from pathlib import Path

import httpx
import pytest

from engine_telemetry.engine import ProcessEngine
from tests.acceptance.servers import Serve, wait_until

PASSWORD = "correct horse"  # noqa: S105 - of a user that lives for one test

pytestmark = pytest.mark.full


def test_who_logs_in_at_one_worker_is_known_to_the_other(serve: Serve, tmp_path: Path) -> None:
    with ProcessEngine(database_url=f"sqlite:///{tmp_path}/engine.db", telemetry_reporter_activate=False) as engine:
        engine.identity_service.create_user("ann", PASSWORD, groups=["camunda-admin"])
    server = serve("--access-logfile", "-", "--access-logformat", "worker %(p)s: %(r)s %(s)s")
    with httpx.Client(base_url=server.url, limits=httpx.Limits(max_keepalive_connections=0)) as http:
        token = re.findall(r'name="csrf_token" value="(\w+)"', http.get("/login").text)[0]
        entered = http.post("/login", data={"csrf_token": token, "user": "ann", "password": PASSWORD})
        assert entered.headers["Location"] == "/"

        def workers() -> bool:
            assert http.get("/cockpit/").status_code == 200
            seen = re.findall(r"worker <?(\d+)>?: GET /cockpit/ HTTP/1.1 200", server.log)
            return len(set(seen)) == 2

        wait_until(workers)
        token = re.findall(r'name="csrf_token" value="(\w+)"', http.get("/").text)[0]
        http.post("/logout", data={"csrf_token": token})
        assert {http.get("/cockpit/").status_code for _ in range(8)} == {303}
    assert PASSWORD not in server.log
    assert "User 'ann' logged in" in server.log
