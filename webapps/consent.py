"""Asks an administrator whether usage telemetry may be on, as long as nobody has decided.

With JavaScript the question is a dialog on the page that the administrator came for; without it, a page of its own. Who
closes it without an answer, or says "not now", has decided nothing, and is asked again in a week.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine_telemetry.consent import WEB_APPS
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import BadUserRequestException, ProcessEngineException
from webapps.pages import Pages
from webapps.report_text import report_text
from webapps.visitor import Visitor, local_path, own_path, visitor_of

PUT_OFF = "telemetry-not-now"  # what it is called among the settings of a user
ASKED_AGAIN_AFTER = timedelta(days=7)

logger = logging.getLogger("engine_telemetry.telemetry")

_ADDRESS = "/cockpit/consent"
_NOT_ON = (_ADDRESS, "/cockpit/telemetry")  # there it is answered anyway
_DONE = {
    True: "Usage telemetry is on. You can change that at any time in Cockpit, under Telemetry.",
    False: "Usage telemetry stays off. You can change that at any time in Cockpit, under Telemetry.",
}


@dataclass(frozen=True)
class Question:
    """What a page asks.

    Attributes:
        report: The text of the report that would be sent now, marked up.
        endpoint: Where it would go; ``None`` if nowhere.
        period: How long it is from one report to the next, in words.
        target: The path that the answer leads on to.
    """

    report: Markup
    endpoint: str | None
    period: str
    target: str


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Consent:
    """Knows whom to ask. Any thread.

    Args:
        engine: Its telemetry, and the settings of its users.
        clock: Aware UTC.
    """

    def __init__(self, engine: ProcessEngine, clock: Callable[[], datetime] = _utc_now) -> None:
        """Take the collaborators; ask nothing yet."""
        self._engine = engine
        self._clock = clock
        self._settled = False

    def question(self, request: Request) -> Question | None:
        """What a page that is to be shown asks as well; mostly ``None``: nothing."""
        path = own_path(request)
        if request.method != "GET" or request.headers.get("HX-Request") or path.startswith(_NOT_ON):
            return None
        visitor = visitor_of(request)
        try:
            if visitor.administrator and not self.settled and not self._is_put_off(visitor.user_id):
                return self.new_question(path)
        except ProcessEngineException as exc:  # the page is for something else, and must not fail because of this
            logger.debug("Not asking about telemetry: %s", exc)
        return None

    def new_question(self, target: str) -> Question:
        """The question, to whoever it is put; the answer leads on to this path."""
        report, settings = self._engine.management_service.get_telemetry_data(), self._engine.configuration
        period = _in_words(settings.telemetry_reporting_period)
        return Question(report_text(report.to_json()), settings.telemetry_endpoint, period, target)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to ask: somebody has decided, or the environment has. That remains so."""
        if not self._settled:
            decided_by = self._engine.management_service.get_telemetry_status().decided_by
            if decided_by == "tables":
                return True
            self._settled = decided_by != "nobody"
        return self._settled

    def _is_put_off(self, user_id: str) -> bool:
        said = self._engine.identity_service.user_info(user_id, PUT_OFF)
        if said is None:
            return False
        return abs(self._clock() - datetime.fromisoformat(said)) < ASKED_AGAIN_AFTER

    def put_off(self, user_id: str) -> None:
        """Ask this user again in a week."""
        self._engine.identity_service.set_user_info(user_id, PUT_OFF, self._clock().isoformat())

    def decide(self, user_id: str, *, enabled: bool) -> bool:
        """Store the answer, if nobody else was faster; whether it was stored."""
        return self._engine.management_service.decide_telemetry(enabled=enabled, user_id=user_id, cause=WEB_APPS)


def consent_routes(consent: Consent, pages: Pages) -> list[Route]:
    """The page that asks, and where the answer goes, below Cockpit."""

    def ask(request: Request) -> Response:
        visitor = visitor_of(request)
        if consent.settled:
            return pages.redirect(request, visitor.url("/cockpit/telemetry"))
        target = _target(request.query_params.get("next", ""))
        return pages.render(request, "telemetry/consent.html", asked=consent.new_question(target))

    def answer(request: Request) -> Response:
        visitor = visitor_of(request)
        given = visitor.field("answer")
        if given not in {"yes", "no", "later"}:
            raise BadUserRequestException(f"The answer {given!r} is none. Accepted: yes, no, later.")
        target = visitor.url(_target(visitor.field("next")))
        if given == "later":
            consent.put_off(visitor.user_id)
            return pages.redirect(request, target, said="Nothing was decided. You will be asked again in a week.")
        if consent.decide(visitor.user_id, enabled=given == "yes"):
            return pages.redirect(request, target, said=_DONE[given == "yes"])
        return _decided_by_others(request, visitor)

    def _decided_by_others(request: Request, visitor: Visitor) -> Response:
        said = "Somebody else has decided meanwhile, so your answer was not stored. You can change it here."
        return pages.redirect(request, visitor.url("/cockpit/telemetry"), said=said, kind="alert")

    path = _ADDRESS.removeprefix("/cockpit")
    return [Route(path, ask), Route(path, answer, methods=["POST"])]


def _in_words(period: timedelta) -> str:
    """A time in the largest unit that fits, such as ``24 hours``."""
    seconds = round(period.total_seconds())
    units = ((3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in units if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _target(text: str) -> str:
    return local_path(text) or "/"
