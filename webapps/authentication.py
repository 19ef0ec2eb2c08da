"""Who asks: HTTP Basic (RFC 7617) for the users of the engine."""

import binascii
import hashlib
import hmac
import secrets
import time
from base64 import b64decode
from collections.abc import Callable

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import AuthenticationException

REMEMBERED_SECONDS = 30.0
_LARGEST = 1024  # credentials


class Authentication:
    """Finds the user behind the header ``Authorization``. Any thread.

    Credentials that were right are remembered for some seconds as a keyed digest, so that not every request pays for a
    password hash. Nothing that could be read back is kept.

    Args:
        engine: Its users; and the setting ``restAuthentication``.
        clock: Monotonic seconds.
    """

    def __init__(self, engine: ProcessEngine, clock: Callable[[], float] = time.monotonic) -> None:
        """Know nobody yet."""
        self.required = engine.configuration.rest_authentication == "basic"
        self._engine = engine
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, float] = {}
        self._challenge = f'Basic realm="{engine.name}", charset="UTF-8"'

    def user(self, authorization: str) -> str | None:
        """The id of the user; ``None`` if the API asks nobody. It blocks as the engine does.

        Args:
            authorization: The header; empty if there is none.

        Raises:
            AuthenticationException: It names nobody, or the password is not the user's.
            TooManyFailedChecksException: The password was not checked.
        """
        if not self.required:
            return None
        user_id, digest, password = self._asked(authorization)
        if not self._remembers(digest):
            if not self._engine.identity_service.check_password(user_id, password):
                raise AuthenticationException("User or password is wrong.", self._challenge)
            self._remember(digest)
        return user_id

    def remembered_user(self, authorization: str) -> str | None:
        """The same, if these credentials were right a moment ago; else ``None``. It never blocks.

        Raises:
            AuthenticationException: They are none.
        """
        user_id, digest, _ = self._asked(authorization)
        return user_id if self._remembers(digest) else None

    def _asked(self, authorization: str) -> tuple[str, bytes, str]:
        user_id, password = self._credentials(authorization)
        digest = hmac.digest(self._key, f"{user_id}\0{password}".encode(), hashlib.sha256)
        return user_id, digest, password

    def _remembers(self, digest: bytes) -> bool:
        return self._known.get(digest, 0.0) > self._clock()

    def _credentials(self, authorization: str) -> tuple[str, str]:
        """User and password of the header; RFC 7617, section 2."""
        scheme, _, encoded = authorization.strip().partition(" ")
        if scheme.lower() != "basic":
            raise AuthenticationException("This API asks for a user and a password (HTTP Basic).", self._challenge)
        try:
            user_id, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            colon = ""
        if not colon:
            raise AuthenticationException("The header Authorization is not as RFC 7617 has it.", self._challenge)
        return user_id, password

    def _remember(self, digest: bytes) -> None:
        if len(self._known) >= _LARGEST:
            for oldest in list(self._known)[: _LARGEST // 2]:
                self._known.pop(oldest, None)
        self._known[digest] = self._clock() + REMEMBERED_SECONDS
