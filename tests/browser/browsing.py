"""Pages in a real browser: opened, logged in, looked at by axe, and kept as pictures for the guides."""

import os
import re
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.acceptance.servers import PROJECT, Server

ADMINISTRATOR, USER, PASSWORD = "ann", "bob", "correct horse"
NARROW, WIDE = ViewportSize(width=360, height=740), ViewportSize(width=1600, height=900)
IMAGES = PROJECT / "docs" / "images"
CHROMIUM = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_A_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Site:
    """The web apps under gunicorn."""

    server: Server

    @property
    def url(self) -> str:
        return self.server.url


class Browsing:
    """Opens pages in browser windows of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self._complaints: list[str] = []

    def __call__(
        self,
        user: str | None = None,
        *,
        javascript: bool = True,
        color_scheme: Literal["light", "dark"] = "light",
        viewport: ViewportSize = WIDE,
    ) -> Page:
        """A page of a new window; with a user, who is logged in and on the start page."""
        context = self._browser.new_context(
            base_url=self._url, java_script_enabled=javascript, color_scheme=color_scheme, viewport=viewport
        )
        context.set_default_timeout(10_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        if user is not None:
            log_in(page, user)
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not _A_STATUS.match(text):
            self._complaints.append(text)

    def close(self) -> None:
        """Close all windows; fails if a script failed or the page's policy was broken."""
        for context in self._contexts:
            context.close()
        assert self._complaints == []


def log_in(page: Page, user: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("User").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def check_accessibility(page: Page) -> None:
    """Fails with what axe-core has against the page, in both themes; the page needs JavaScript."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
        violations = [_violation(each) for each in found.response["violations"]]
        assert violations == [], f"{page.url}, {scheme}: {violations}"


def _violation(found: dict[str, Any]) -> str:
    return f"{found['id']}: {found['help']}: {[node['html'] for node in found['nodes']]}"


def check_width(page: Page) -> None:
    """Fails if the page has to be scrolled sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def save_picture(page: Page, name: str) -> None:
    """Keep the page as docs/images/NAME-light.png and -dark.png, if the variable SAVE_IMAGES is set."""
    if not os.environ.get("SAVE_IMAGES"):
        return
    IMAGES.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=IMAGES / f"{name}-{scheme}.png")
