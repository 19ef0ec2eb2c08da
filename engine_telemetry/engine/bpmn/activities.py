"""Activities: what is done by people, workers, delegates, scripts, decisions, and other processes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.code import Code
from engine_telemetry.engine.bpmn.events import Catching
from engine_telemetry.engine.bpmn.nodes import Element, Listener, Node, run_of
from engine_telemetry.engine.bpmn.timers import parse_due
from engine_telemetry.engine.bpmn.view import View
from engine_telemetry.engine.bpmn.waits import Binding, ExternalTask, UserTask
from engine_telemetry.engine.decisions import map_decision_result

_DEFAULT_PRIORITY = 50


class PassThrough(Node):
    """An activity that nothing is known of but that it is done: a task without a type, a manual task."""

    def execute(self, token: Task) -> bool:  # noqa: ARG002  nothing to do
        """It is done."""
        return True


class UserActivity(Node):
    """A person does something."""

    def __init__(self, spec: BpmnProcessSpec, element: Element, task_listeners: Sequence[Listener]) -> None:
        """Take what was read."""
        super().__init__(spec, element)
        self.task_listeners = task_listeners

    def execute(self, token: Task) -> None:
        """Wait for the person."""
        run, task = run_of(token), self._task(token)
        run.open(token, "task", task)
        changes = self.notify(token, "create", vars(task))
        task = replace(task, **changes)
        run.change_task(task)
        if task.assignee is not None:
            self.notify(token, "assignment", vars(task))

    def notify(self, token: Task, event: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Execute the task listeners for an event; what they change of the task."""
        view = run_of(token).view(token, event)
        task = view.task(dict(attributes))
        for listener in self.task_listeners:
            if listener.event == event:
                listener.code.call(view, task)
        return task.changes

    def occurred(self, token: Task) -> None:
        """The person has done it."""
        self._notify_late(token, "complete")
        token.complete()

    def on_canceled(self, token: Task) -> None:
        """The person need not do it."""
        if "waits" in token.internal_data:
            self._notify_late(token, "delete")
        super().on_canceled(token)

    def _notify_late(self, token: Task, event: str) -> None:
        if any(listener.event == event for listener in self.task_listeners):
            run = run_of(token)
            new = run.opened.get(token.id)  # it has no row yet
            self.notify(token, event, vars(new) if new else run.host.task(token.id))

    def _task(self, token: Task) -> UserTask:
        view, settings = run_of(token).view(token), self.settings
        due, follow_up = (_date(view, settings.get(name)) for name in ("dueDate", "followUpDate"))
        return UserTask(
            id=token.id,
            activity_id=self.bpmn_id,
            name=view.text(self.bpmn_name),
            description=view.text(self.element.documentation),
            assignee=view.text(settings.get("assignee")) or None,
            candidate_users=_names(view, settings.get("candidateUsers")),
            candidate_groups=_names(view, settings.get("candidateGroups")),
            due=due,
            follow_up=follow_up,
            priority=view.integer("priority", settings.get("priority"), _DEFAULT_PRIORITY),
            form_key=view.text(settings.get("formKey")),
        )


def _date(view: View, text: str | None) -> Any:  # noqa: ANN401  a date or nothing
    value = None if text is None else view.value(text)
    return None if value is None else parse_due(value, view.now)


def _names(view: View, text: str | None) -> tuple[str, ...]:
    """Names between commas, each or all of them given by an expression, which may have a list for its value."""
    found: list[str] = []
    for part in split_names(text or ""):
        value = view.value(part)
        names = value if isinstance(value, list) else str(value or "").split(",")
        found += [str(name).strip() for name in names]
    return tuple(name for name in found if name)


def split_names(text: str) -> list[str]:
    """The parts between commas; those within an expression do not count."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if char == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


class ExternalActivity(Node):
    """A worker does something."""

    def execute(self, token: Task) -> None:
        """Wait for the worker."""
        run, view = run_of(token), run_of(token).view(token)
        topic = view.text(self.settings["topic"]) or ""
        priority = view.integer("taskPriority", self.settings.get("taskPriority"), 0)
        run.open(token, "external", ExternalTask(token.id, self.bpmn_id, topic, priority))


class CodeActivity(Node):
    """A delegate, an expression or a script does something."""

    def __init__(self, spec: BpmnProcessSpec, element: Element, code: Code, result: str | None) -> None:
        """Take what was read: what to execute, and the variable for its result."""
        super().__init__(spec, element)
        self.code = code
        self.result = result

    def execute(self, token: Task) -> bool:
        """Do it."""
        view = run_of(token).view(token)
        value = self.code.execute(view)
        if self.result:
            view.set(self.result, value)
        return True


class DecisionActivity(Node):
    """A decision is made."""

    def execute(self, token: Task) -> bool:
        """Decide, and put the result into its variable."""
        run, view = run_of(token), run_of(token).view(token)
        key = view.text(self.settings["decisionRef"]) or ""
        results = run.host.decide(key, read_binding(self.settings, "decisionRef", view), view.names())
        value = map_decision_result(results, self.settings.get("mapDecisionResult"))
        if self.element.outputs:
            view.set_local("decisionResult", results)
        if variable := self.settings.get("resultVariable"):
            view.set(variable, value)
        return True


def read_binding(settings: Mapping[str, str], prefix: str, view: View) -> Binding:
    """Which version of a called process or decision is meant."""
    kind = settings.get(f"{prefix}Binding", "latest")
    names = {"version": f"{prefix}Version", "versionTag": f"{prefix}VersionTag"}
    return Binding(kind, view.text(settings.get(names[kind])) if kind in names else None)


class ReceiveActivity(Catching):
    """A message is waited for."""
