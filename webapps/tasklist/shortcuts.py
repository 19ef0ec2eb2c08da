"""Keyboard shortcuts: which there are, and the page that explains them and switches them on and off."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.pages import Pages
from webapps.visitor import local_path, visitor_of

_SETTING = "tasklist.shortcuts"  # of a user; WCAG 2.2, 2.1.4: single keys can be turned off
_OFF = "off"

LIST_KEYS = [
    ("j", "Select the next task"),
    ("k", "Select the task before it"),
    ("Enter", "Open the selected task"),
    ("/", "Search"),
    ("s", "Choose the order of the list"),
]
TASK_KEYS = [
    ("c", "Claim the task, or give it up"),
    ("f", "Go to the first field"),
    ("r", "Reassign or delegate the task"),
    ("m", "Add a comment"),
    ("o f", "Show the Form tab"),
    ("o h", "Show the History tab"),
    ("o d", "Show the Diagram tab"),
    ("o i", "Show the Description tab"),
    ("u", "Go back to the list"),
]
OTHER_KEYS = [
    ("g m", "Go to my tasks"),
    ("g g", "Go to my groups' tasks"),
    ("g a", "Go to all tasks"),
    ("g s", "Start a process"),
    ("?", "Show these shortcuts"),
    ("Esc", "Close what has opened over the page"),
]
KEYS = [("The list", LIST_KEYS), ("A task", TASK_KEYS), ("Lists and tasks", OTHER_KEYS)]


def has_shortcuts(engine: ProcessEngine, user_id: str) -> bool:
    """Whether a user wants shortcuts; who has not said so does."""
    return engine.identity_service.user_info(user_id, _SETTING) != _OFF


def shortcut_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page of the shortcuts, below Tasklist."""

    def show(request: Request) -> Response:
        on = has_shortcuts(engine, visitor_of(request).user_id)
        return pages.render(request, "tasklist/shortcuts.html", keys=KEYS, on=on, next="/tasklist/shortcuts")

    def switch(request: Request) -> Response:
        visitor = visitor_of(request)
        if visitor.field("wanted") == _OFF:
            engine.identity_service.set_user_info(visitor.user_id, _SETTING, _OFF)
        else:
            engine.identity_service.delete_user_info(visitor.user_id, _SETTING)
        target = visitor.url(local_path(visitor.field("next")) or "/tasklist/shortcuts")
        state = "off" if visitor.field("wanted") == _OFF else "on"
        return pages.redirect(request, target, said=f"Keyboard shortcuts are {state}.")

    return [Route("/shortcuts", show), Route("/shortcuts", switch, methods=["POST"])]
