"""Gateways: where a path splits, and where paths meet."""

from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.nodes import Flow, Node, holds, run_of
from engine_telemetry.engine.bpmn.tree import is_going_on, is_pending


class ExclusiveGateway(Node):
    """One way: the first whose condition holds."""

    def execute(self, token: Task) -> bool:  # noqa: ARG002  no need to look at it
        """There is nothing to do but to choose."""
        return True

    def choose(self, token: Task) -> list[Flow]:
        """The first flow whose condition holds, else the default."""
        default, view = self.settings.get("default"), run_of(token).view(token)
        chosen = (flow for flow in self.flows if flow.id != default and holds(flow.condition, view))
        return [flow for flow in (next(chosen, None),) if flow] or self.default_flow()


class ParallelGateway(Node):
    """All ways, when as many tokens have come as there are ways in. As in Camunda, tokens are counted, not ways."""

    def execute(self, token: Task) -> bool | None:
        """Wait for the others."""
        if self.incoming <= 1:
            return True
        others = _others(token)
        if len(others) + 1 < self.incoming:
            return None
        _merge(others[: self.incoming - 1])
        return True

    def choose(self, token: Task) -> list[Flow]:  # noqa: ARG002  conditions do not count here
        """All."""
        return self.flows


class InclusiveGateway(Node):
    """The ways whose condition holds, when no token that could still come here is left in the same scope."""

    joins_at_rest = True

    def execute(self, token: Task) -> bool | None:  # noqa: ARG002  whatever it is
        """Wait for the others, unless there is only one way in."""
        return True if self.incoming <= 1 else None

    def join_at_rest(self, token: Task) -> None:
        """Go on if nothing else can come; everything else is at rest."""
        here = [token, *_others(token)]
        elsewhere = [one for one in token.parent.children if one not in here and not is_pending(one)]
        if not any(self is one.task_spec or self in one.task_spec.reach for one in elsewhere):
            _merge(here[1:])
            token.complete()


class EventBasedGateway(Node):
    """The way of the event that occurs first."""

    def execute(self, token: Task) -> None:
        """Wait for each of the events that follow."""
        for flow in self.flows:
            flow.target.wait_on(token)

    def chosen(self, token: Task, node: Node) -> None:
        """One of the events has occurred."""
        run, scope = run_of(token), token.parent
        self.end(token)
        run.discard(token)
        run.enter(node, scope, fired=True)


def _others(token: Task) -> list[Task]:
    here = [one for one in token.parent.children if one.task_spec is token.task_spec and one is not token]
    return [one for one in here if is_going_on(one)]


def _merge(tokens: list[Task]) -> None:
    for token in tokens:
        token.task_spec.end(token)
        run_of(token).discard(token)
