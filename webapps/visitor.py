"""Who asks for a page, what they sent with it, and which addresses are ours."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request

from engine_telemetry.engine.entities import User
from webapps.sessions import Presence

THEMES = ("light", "dark")
THEME_COOKIE = "engine-theme"

_KEY = "engine_telemetry.visitor"  # in the scope


@dataclass(frozen=True)
class Visitor:
    """Who asks for a page. The guard makes one for each request.

    Attributes:
        presence: The session, or the browser.
        root: Where the web apps are mounted, as ``/engine``; empty at the root of the host.
        form: The fields and files that were sent, read to the end; empty if nothing was.
        form_token: What each form on the page must have in it.
        messages: For this page, from the action before: pairs of kind (``status`` or ``alert``) and text.
    """

    presence: Presence
    root: str
    form: FormData
    form_token: str
    messages: tuple[tuple[str, str], ...] = ()

    @property
    def user(self) -> User | None:
        """Who is logged in; never ``None`` behind the log-in."""
        return self.presence.session.user if self.presence.session else None

    @property
    def user_id(self) -> str:
        """The id of who is logged in; empty if nobody is, which does not happen behind the log-in."""
        return self.presence.session.user.id if self.presence.session else ""

    @property
    def administrator(self) -> bool:
        """Whether an administrator is logged in."""
        return self.presence.session is not None and self.presence.session.administrator

    def field(self, name: str) -> str:
        """A text field of the form; empty if it was not sent, or is a file."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def url(self, path: str, **query: object) -> str:
        """The address of a page or an action, with the parameters that are not ``None``."""
        given = {name: value for name, value in query.items() if value is not None}
        return quote(self.root, safe="/") + path + (f"?{urlencode(given, doseq=True)}" if given else "")


def announce(request: Request, visitor: Visitor) -> None:
    """Let all that see this request know who asks; also what is called for an error outside of the guard."""
    request.scope[_KEY] = visitor


def visitor_of(request: Request) -> Visitor:
    """Who asks for this page."""
    visitor: Visitor = request.scope[_KEY]
    return visitor


def has_visitor(request: Request) -> bool:
    """Whether the guard let the request through: not for static files and the REST API."""
    return _KEY in request.scope


def theme_of(request: Request) -> str | None:
    """The theme that this browser was told to use; ``None`` for the one of its system."""
    theme = request.cookies.get(THEME_COOKIE)
    return theme if theme in THEMES else None


def local_path(text: str) -> str | None:
    r"""The text, if it is a path on this site that browsers read as one; ``None`` for all else.

    Browsers take ``//host``, ``/\host`` and ``/<tab>/host`` for other sites (URL Standard, "basic URL parser").
    """
    if not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isascii():
        return None
    if any(character <= " " or character == "\x7f" for character in text):
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc else text


def own_path(request: Request) -> str:
    """Path and query of the request, below where the web apps are mounted, as ``local_path`` takes it."""
    path = request.scope["path"].removeprefix(visitor_of(request).root)
    query = request.scope.get("query_string", b"").decode("ascii", "replace")
    return quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
