"""Who is logged in: the signed cookies that browsers have, and the tokens of forms.

A cookie is a random token of 256 bits with an HMAC, so that a made-up one costs no look into the database. The token of
a session is known to the browser alone; the database has its digest. The key of the HMACs lies in the database, so
that all workers and nodes share it.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from itsdangerous import BadSignature, Signer, URLSafeSerializer

from engine_telemetry.engine.entities import UserSession
from engine_telemetry.engine.services import IdentityService

SESSION_COOKIE, VISITOR_COOKIE, FLASH_COOKIE = "engine-session", "engine-visitor", "engine-flash"


@dataclass(frozen=True)
class Presence:
    """Who a request comes from, as its cookies say.

    Attributes:
        token: Of the session; without one, of the browser.
        session: ``None`` if nobody is logged in.
        new: Whether the browser is to get a cookie with this token.
    """

    token: str = field(repr=False)
    session: UserSession | None
    new: bool = False


class Sessions:
    """Reads and makes cookies, sessions and tokens. Any thread; it blocks as the engine does.

    Args:
        identities: Has the sessions and the key.
    """

    def __init__(self, identities: IdentityService) -> None:
        """Take the collaborator; read nothing yet."""
        self._identities = identities
        self._known_key = b""

    def find(self, cookies: Mapping[str, str]) -> Presence:
        """Who has these cookies: a session, or else a browser, which is a new one if it has none that fits."""
        token = self._unsigned(SESSION_COOKIE, cookies)
        if token and (session := self._identities.session(token)):
            return Presence(token, session)
        token = self._unsigned(VISITOR_COOKIE, cookies)
        return Presence(token, None) if token else Presence(secrets.token_urlsafe(32), None, new=True)

    def begin(self, user_id: str) -> str:
        """Begin a session of a user whose password was checked; the value of its cookie."""
        return self.cookie(SESSION_COOKIE, self._identities.create_session(user_id))

    def end(self, presence: Presence) -> None:
        """End the session, if it is one."""
        if presence.session is not None:
            self._identities.delete_session(presence.token)

    def cookie(self, name: str, token: str) -> str:
        """The value of a cookie for a token."""
        return self._signer(name).sign(token).decode()

    def form_token(self, presence: Presence) -> str:
        """What a form of this session or browser must have in it."""
        return hmac.digest(self._key, f"form {presence.token}".encode(), sha256).hex()

    def is_form_token(self, presence: Presence, given: str) -> bool:
        """Whether this came out of a form that was made for this session or browser."""
        return hmac.compare_digest(self.form_token(presence).encode(), given.encode(errors="replace"))

    def flash_cookie(self, presence: Presence, messages: Sequence[tuple[str, str]]) -> str:
        """The value of the cookie that carries messages to the next page."""
        return self._serializer(presence).dumps(messages)

    def flashed(self, presence: Presence, cookies: Mapping[str, str]) -> list[tuple[str, str]]:
        """The messages for this page: pairs of kind and text."""
        try:
            return [(kind, text) for kind, text in self._serializer(presence).loads(cookies.get(FLASH_COOKIE, ""))]
        except BadSignature:
            return []

    def _unsigned(self, name: str, cookies: Mapping[str, str]) -> str:
        try:
            return self._signer(name).unsign(cookies.get(name, "")).decode()
        except (BadSignature, UnicodeDecodeError):
            return ""

    def _signer(self, name: str) -> Signer:
        return Signer(self._key, salt=name, digest_method=sha256)

    def _serializer(self, presence: Presence) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._key, salt=f"{FLASH_COOKIE} {presence.token}", signer_kwargs={"digest_method": sha256}
        )

    @property
    def _key(self) -> bytes:
        if not self._known_key:
            self._known_key = self._identities.session_key()
        return self._known_key
