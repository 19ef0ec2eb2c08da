"""A browser, and on each database a site with two workers, an administrator and an ordinary user, all for a module."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from engine_telemetry.engine import ProcessEngine
from tests.acceptance.servers import kill_server, start_server
from tests.browser.browsing import ADMINISTRATOR, CHROMIUM, PASSWORD, USER, Browsing, Site
from tests.faults.conftest import postgresql
from tests.faults.databases import DatabaseServer

__all__ = ["postgresql"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is shown already: a page without JavaScript asks a database for the same as with it."""
    items[:] = [item for item in items if not _is_shown_already(item)]


def _is_shown_already(item: pytest.Item) -> bool:
    values = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return values.get("database_url") == "postgresql" and values.get("javascript") is False


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database')}/engine.db"
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server.new_database()


@pytest.fixture(scope="module")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """gunicorn with two workers; its REST API asks nobody who they are, so that tests can prepare by it."""
    folder = tmp_path_factory.mktemp("site")
    with ProcessEngine(
        database_url=database_url,
        telemetry_state_directory=folder / "state",
        telemetry_reporter_activate=False,
    ) as engine:
        engine.identity_service.create_user(ADMINISTRATOR, PASSWORD, first_name="Ann", groups=["camunda-admin"])
        engine.identity_service.create_user(USER, PASSWORD, first_name="Bob", last_name="Builder")
        engine.management_service.toggle_telemetry(enabled=False)  # else a dialog about it would stand before each page
    environment = {name: value for name, value in os.environ.items() if name == "DO_NOT_TRACK"}
    server = start_server(folder, environment={**environment, "ENGINE_DATABASE_URL": database_url})
    yield Site(server)
    kill_server(server)


@pytest.fixture
def browse(browser: Browser, site: Site) -> Iterator[Browsing]:
    """Opens pages, and looks that the browser found nothing to complain about."""
    browsing = Browsing(browser, site.url)
    yield browsing
    browsing.close()


@pytest.fixture
def page_as_admin(browse: Browsing) -> Page:
    """A wide page with JavaScript, on which the administrator is logged in."""
    return browse(ADMINISTRATOR)


@pytest.fixture
def page_as_user(browse: Browsing) -> Page:
    """A wide page with JavaScript, on which the ordinary user is logged in."""
    return browse(USER)
