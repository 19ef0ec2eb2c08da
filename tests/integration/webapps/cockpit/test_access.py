"""Who may see Cockpit's pages and do what they offer."""

import pytest
from starlette.routing import Route

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import deploy_decision, fail, start
from tests.integration.webapps.people import Person, make_user
from webapps.cockpit import cockpit_routes
from webapps.pages import Pages
from webapps.sessions import Sessions


@pytest.fixture
def addresses(engine: ProcessEngine, definition_id: str, deployment_id: str) -> list[tuple[str, str]]:
    """Method and address of each page and action, with ids that there are."""
    instance = start(engine, amount=1)
    ids = {"process": definition_id, "instance": instance.id, "deployment": deployment_id}
    ids |= {"decision": deploy_decision(engine), "user": "cara", "group": "staff"}
    make_user(engine, "cara")
    engine.identity_service.create_group("staff")
    fail(engine)
    batch = engine.management_service.create_batch(
        "instance-update-suspension-state", ids=[instance.id], suspended=False
    )
    ids |= {"incident": engine.runtime_service.incidents()[0].id, "batch": batch.id}
    others = {
        "variable_id": engine.runtime_service.variable_instances()[0].id,
        "item": engine.external_task_service.external_tasks()[0].id,
        "file_id": engine.repository_service.deployment_resources(deployment_id)[0].id,
    }
    pages = Pages(engine.configuration, Sessions(engine.identity_service))
    routes = [route for route in cockpit_routes(engine, pages) if isinstance(route, Route)]
    return [
        (method, "/cockpit" + route.path.format(id=ids.get(route.path.split("/")[1]), **others))
        for route in routes
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def test_ordinary_users_get_403_for_all_of_it(
    as_user: Person, engine: ProcessEngine, addresses: list[tuple[str, str]]
) -> None:
    token = as_user.token()
    assert len(addresses) >= 18
    for method, address in addresses:
        response = as_user.http.request(method, address, data={"csrf_token": token} if method == "POST" else None)
        assert (response.status_code, "This is not for you" in response.text) == (403, True), f"{method} {address}"
    assert engine.runtime_service.count_process_instances() == 1
    assert engine.repository_service.count_deployments() == 2
    assert engine.identity_service.count_users() == 2


def test_administrators_see_each_page(as_admin: Person, addresses: list[tuple[str, str]]) -> None:
    elsewhere = ("/cockpit/telemetry", "/cockpit/consent")
    gets = [address for method, address in addresses if method == "GET" and not address.startswith(elsewhere)]
    pages = [address for address in gets if address != "/cockpit/instances/batch"]  # it must be asked about instances
    assert [address for address in pages if as_admin.http.get(address).status_code not in {200, 303}] == []


def test_actions_without_the_token_of_the_session_do_nothing(
    as_admin: Person, engine: ProcessEngine, addresses: list[tuple[str, str]]
) -> None:
    for address in [address for method, address in addresses if method == "POST"]:
        for token in ("", "x"):
            response = as_admin.http.post(address, data={"csrf_token": token, "cascade": "true"})
            assert (response.status_code, address) == (403, address)
    assert engine.runtime_service.count_process_instances() == 1
    assert engine.repository_service.count_deployments() == 2
    assert engine.identity_service.count_users() == 2


def test_what_there_is_not_is_404(as_admin: Person, addresses: list[tuple[str, str]]) -> None:
    for method, address in addresses:
        parts = address.split("/")
        if len(parts) > 3 and parts[2] in {
            "process",
            "instance",
            "deployment",
            "decision",
            "user",
            "group",
            "incident",
            "batch",
        }:
            path = "/".join([*parts[:3], "nothing", *parts[4:]])
            response = as_admin.http.get(path, follow_redirects=True) if method == "GET" else as_admin.act(path)
            if method == "POST" and response.status_code == 303:
                response = as_admin.http.get(response.headers["location"])
            assert (response.status_code, path) == (404, path)
