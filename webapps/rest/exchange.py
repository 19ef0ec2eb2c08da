"""What a REST resource gets and gives: a request and an answer, whatever web framework carries them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

from engine_telemetry.exceptions import InvalidRequestException

JSON = "application/json"  # without a charset: Camunda's JavaScript client compares the header literally


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to one resource.

    Attributes:
        method: ``GET``, ``POST``, ...
        path: The variable parts of the path, by name.
        query: The query parameters; of one that is given twice, the last.
        content_type: The header, with its parameters; empty if there is none.
        fetch_site: The header ``Sec-Fetch-Site``, which browsers set and pages cannot; empty if there is none.
        origin: The header ``Origin``, likewise; ``None`` if there is none.
        host: The header ``Host``.
        body: The bytes.
        user_id: Who asks; ``None`` if the API does not ask for that.
        base_url: The address of the REST API as the client knows it, without a slash at the end.
    """

    method: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    fetch_site: str = ""
    origin: str | None = None
    host: str = ""
    body: bytes = b""
    user_id: str | None = None
    base_url: str = ""

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    def json(self) -> Any:  # noqa: ANN401 - JSON is any of several types
        """The body as JSON.

        Raises:
            InvalidRequestException: It says it is something else (415), or it is not JSON (400).
        """
        if self.media_type != JSON:
            raise InvalidRequestException(
                f"The content type is {self.content_type or 'missing'!r}; send the body as {JSON!r}.", status=415
            )
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant)
            text = json.dumps(value, ensure_ascii=False)
            text.encode()  # an escaped half of a surrogate pair is not text
        except (ValueError, RecursionError) as exc:
            raise InvalidRequestException(f"The body is not valid JSON: {exc}.") from exc
        if "\\u0000" in text:
            raise InvalidRequestException("The body has the character U+0000, which no database stores in a text.")
        return value

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object, as clients send it with nothing to say.

        Raises:
            InvalidRequestException: It is something else.
        """
        if not self.body:
            return {}
        value = self.json()
        if not isinstance(value, dict):
            raise InvalidRequestException(
                f"The body must be a JSON object, not {shorten(json.dumps(value), width=80)}."
            )
        return value


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of a resource."""

    status: int = 200
    body: bytes = b""
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def ok(value: object) -> Answer:
    """200 with a JSON body."""
    return json_answer(200, value)


def no_content() -> Answer:
    """204, no body."""
    return Answer(status=204)


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A status with a JSON body."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")
    return Answer(status=status, body=body, media_type=JSON, headers=headers or {})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
