"""The pages about telemetry: what holds and why, what the next report says, what became of the last ones, who decided.

It is the one place where people see that, and where they change it. Reports are shown as they are, to the byte.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine_telemetry.consent import WEB_APPS
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.services import ManagementService
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException, ReportNotSentException
from engine_telemetry.exporter import NOT_ARRIVING
from engine_telemetry.history import History
from engine_telemetry.reporter import Clock, utc_now
from engine_telemetry.status import Status
from engine_telemetry.store import Change, Fate, ReportRecord
from webapps.cockpit.downloads import download
from webapps.cockpit.telemetry_counts import GAP, HEIGHT, MOST_SHOWN, STEP, counts_of, windows_of
from webapps.cockpit.telemetry_days import quiet_spans
from webapps.cockpit.telemetry_files import reports_as_csv, reports_as_json
from webapps.pages import Pages
from webapps.report_text import report_text
from webapps.visitor import visitor_of

_ADDRESS = "/cockpit/telemetry"
_CHANGES_SHOWN = 30
_JSON, _CSV = "application/json", "text/csv; charset=utf-8; header=present"  # RFC 8259, RFC 7111
_WAYS_OUT = {
    "Nothing is sent: no telemetryEndpoint": "Whoever runs the server sets telemetryEndpoint, or"
    " ENGINE_TELEMETRY_ENDPOINT, and restarts it. What is counted until then is in the first report.",
    NOT_ARRIVING: "See that this server reaches the endpoint, and what the endpoint's own log says. Then wait, or try"
    " it again below.",
    "Telemetry cannot use the database": "It is tried again by itself. If it stays, the log of the server says more.",
    "Not counting": "See that the state directory (telemetryStateDirectory) belongs to the user that runs the server,"
    " and has room. Then restart the server.",
}
_SWITCHED = {
    True: "Usage telemetry is switched on. It can be switched off at any time.",
    False: "Usage telemetry is switched off. What was counted and not sent is dropped.",
}


def telemetry_routes(engine: ProcessEngine, pages: Pages) -> list[Route]:
    """The pages and actions, below Cockpit."""
    shown, actions = TelemetryPages(engine, pages), TelemetryActions(engine.management_service, pages)
    return [
        Route("/telemetry", shown.show),
        Route("/telemetry/next.json", shown.download_next),
        Route("/telemetry/reports.json", shown.download_as_json),
        Route("/telemetry/reports.csv", shown.download_as_csv),
        Route("/telemetry/report/{id}", shown.show_report),
        Route("/telemetry/report/{id}/bytes.json", shown.download_report),
        Route("/telemetry/delete-history", shown.ask_to_delete),
        Route("/telemetry/delete-history", actions.delete_history, methods=["POST"]),
        Route("/telemetry/switch", actions.switch, methods=["POST"]),
        Route("/telemetry/send-again", actions.send_again, methods=["POST"]),
    ]


@dataclass(frozen=True)
class TelemetryPages:
    """What is shown and downloaded."""

    engine: ProcessEngine
    pages: Pages
    clock: Clock = utc_now

    @property
    def _management(self) -> ManagementService:
        return self.engine.management_service

    def show(self, request: Request) -> Response:
        """The page about all of it."""
        all_changes = request.query_params.get("changes") == "all"
        status = self._management.get_telemetry_status()
        is_usable = status.installation is not None
        known = self._known(request, all_changes=all_changes) if is_usable else {}
        values = {"status": status, "is_usable": is_usable, "now": self.clock(), **known}
        values["problems"] = _problems(status)
        values["reason"], values["switched_at"] = _reason(status, known.get("changes", ()))
        return self.pages.render(request, "telemetry/page.html", **values, commands=self._commands(request))

    def _known(self, request: Request, *, all_changes: bool) -> dict[str, Any]:
        history = self._management.get_telemetry_history(all_changes=True)
        body = self._management.get_telemetry_data().to_json()
        is_refresh = "HX-Request" in request.headers  # of the other parts: what is chosen in the charts stays
        sent = [report for report in history.reports if report.state in {"accepted", "refused"}]
        return {
            "report": report_text(body),
            "size": len(body),
            "reports": history.reports,
            "quiet": quiet_spans(history),
            "was_ever_on": any(change.new for change in history.changes),
            "ended": sum(report.state != "waiting" for report in history.reports),
            "last_sent": max(sent, key=lambda report: report.answered_at or report.created_at, default=None),
            **({"counts": None} if is_refresh else _counts(request, history)),
            "changes": history.changes if all_changes else history.changes[:_CHANGES_SHOWN],
            "may_be_more": not all_changes and len(history.changes) > _CHANGES_SHOWN,
        }

    def _commands(self, request: Request) -> dict[str, str]:
        root = f"{request.url.scheme}://{request.url.netloc}{visitor_of(request).url('')}"
        user = "" if self.engine.configuration.rest_authentication == "none" else "-u NAME "
        return {state: _curl(root, user, on=state == "on") for state in ("on", "off")}

    def download_next(self, _: Request) -> Response:
        """The bytes of the next report, as they would be now."""
        body = self._management.get_telemetry_data().to_json()
        return download(body, "telemetry-next-report.json", _JSON)

    def download_as_json(self, _: Request) -> Response:
        """All reports that are kept, each with its very text."""
        body = reports_as_json(self._management.get_telemetry_history())
        return download(body, "telemetry-reports.json", _JSON)

    def download_as_csv(self, _: Request) -> Response:
        """The counts of all reports that are kept."""
        history = self._management.get_telemetry_history(all_changes=True)
        return download(reports_as_csv(windows_of(history)), "telemetry-reports.csv", _CSV)

    def show_report(self, request: Request) -> Response:
        """One report of the history, to the byte."""
        report = self._report(request)
        return self.pages.render(request, "telemetry/report.html", report=report, text=report_text(report.body))

    def download_report(self, request: Request) -> Response:
        """Its very bytes."""
        report = self._report(request)
        return download(report.body, f"telemetry-report-{report.id}.json", _JSON)

    def _report(self, request: Request) -> ReportRecord:
        report_id = request.path_params["id"]
        history: History = self._management.get_telemetry_history()
        found = next((report for report in history.reports if report.id == report_id), None)
        if found is None:
            raise NotFoundException("There is no such report. The last 30 are kept, until somebody deletes them.")
        return found

    def ask_to_delete(self, request: Request) -> Response:
        """Ask whether the history is to be deleted."""
        reports = self._management.get_telemetry_history().reports
        ended = sum(report.state != "waiting" for report in reports)
        return self.pages.render(request, "telemetry/delete.html", ended=ended, waits=len(reports) > ended)


@dataclass(frozen=True)
class TelemetryActions:
    """What is done."""

    management: ManagementService
    pages: Pages

    def switch(self, request: Request) -> Response:
        """Switch telemetry on or off."""
        visitor = visitor_of(request)
        wanted = {"on": True, "off": False}.get(visitor.field("to"))
        if wanted is None:
            raise BadUserRequestException(f"Telemetry cannot be switched {visitor.field('to')!r}. Accepted: on, off.")
        self.management.toggle_telemetry(wanted, user_id=visitor.user_id, cause=WEB_APPS)
        return self._back(request, _SWITCHED[wanted])

    def send_again(self, request: Request) -> Response:
        """Try once more to send the report that waits, and say what the endpoint answered."""
        try:
            fate = self.management.send_waiting_telemetry_report(user_id=visitor_of(request).user_id)
        except ReportNotSentException as exc:
            return self._back(request, str(exc), kind="alert")
        return self._back(request, *_outcome(fate))

    def delete_history(self, request: Request) -> Response:
        """Delete the reports that came to their end."""
        count = self.management.delete_telemetry_history()
        return self._back(request, "1 report was deleted." if count == 1 else f"{count} reports were deleted.")

    def _back(self, request: Request, said: str, kind: str = "status") -> Response:
        return self.pages.redirect(request, visitor_of(request).url(_ADDRESS), said=said, kind=kind)


def _outcome(fate: Fate | None) -> tuple[str, str]:
    if fate is None:
        return "The endpoint has not answered yet. What comes of it will be shown here.", "alert"
    if fate.state == "accepted":
        return f"The endpoint has accepted the report: {fate.answer}.", "status"
    if fate.state == "refused":
        return f"The endpoint has refused the report for good: {fate.answer}. Its counts are not sent again.", "alert"
    return f"The report was not delivered: {fate.answer}. It is kept, and tried again by itself.", "alert"


def _counts(request: Request, history: History) -> dict[str, Any]:
    asked = request.query_params.getlist("command")
    return {
        "counts": counts_of(windows_of(history), asked),
        "columns": {"height": HEIGHT, "wide": STEP - GAP},
        "asked_commands": asked,
        "most_commands": MOST_SHOWN,
    }


def _reason(status: Status, changes: Sequence[Change]) -> tuple[str, datetime | None]:
    """Why it is as the headline says; and when it was switched, if that is to stand at the end of the sentence."""
    _, _, reason = status.reason.partition(": ")
    reason = reason[:1].upper() + reason[1:]
    for change in changes[:1]:
        before = reason.removesuffix(f"{change.at:%Y-%m-%d %H:%M} UTC.")
        if before != reason:
            return before, change.at
    return reason, None


def _problems(status: Status) -> list[tuple[str, str]]:
    """The problems, each with the way out."""
    ways = _WAYS_OUT.items()
    return [
        (problem, next((way for beginning, way in ways if problem.startswith(beginning)), ""))
        for problem in status.problems
    ]


def _curl(root: str, user: str, *, on: bool) -> str:
    body = json.dumps({"enableTelemetry": on})
    url = f"{root}/engine-rest/telemetry/configuration"
    return f"curl {user}-X POST -H 'Content-Type: application/json' \\\n  -d '{body}' \\\n  {quote(url)}"
