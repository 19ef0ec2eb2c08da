"""What process instances do to each other, and what is stored of that."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.bpmn.journal import ActivityInstance
from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.delegates import DelegateExecution, Delegates
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence.tables import process_instance
from engine_telemetry.exceptions import (
    BpmnError,
    NullValueException,
    ProcessEngineException,
    SuspendedEntityInteractionException,
)

Model = Callable[..., bytes]
NewEngine = Callable[..., ProcessEngine]

TOP = '<error id="e" errorCode="E"/><escalation id="x" escalationCode="X"/><signal id="s" name="go"/>'
CALL = (
    '<callActivity id="call" calledElement="called"><extensionElements><camunda:in source="amount" target="amount"/>'
    '<camunda:in businessKey="#{execution.processBusinessKey}"/><camunda:out source="result" target="result"/>'
    "</extensionElements></callActivity>"
)
TASK = '<userTask id="inner"/>'


def with_top(content: bytes) -> bytes:
    return content.replace(b"</definitions>", TOP.encode() + b"</definitions>")


@pytest.fixture
def deploy(engine: ProcessEngine, model: Model) -> Callable[..., None]:
    def deploy_two(
        caller: str, called: str, *, flows: str = "start-call call-end", inner: str = "start-inner inner-end"
    ) -> None:
        engine.repository_service.deploy(
            {
                "caller.bpmn": with_top(model(caller, flows=flows, key="caller")),
                "called.bpmn": with_top(model(called, flows=inner, key="called")),
            }
        )

    return deploy_two


def start(engine: ProcessEngine, key: str = "caller", **variables: object) -> str:
    return engine.runtime_service.start_process_instance(key=key, variables=variables, business_key="b").id


def waiting(engine: ProcessEngine) -> list[str]:
    return sorted(task.task_definition_key for task in engine.task_service.tasks())


def complete(engine: ProcessEngine, activity: str, **variables: object) -> None:
    task = next(one for one in engine.task_service.tasks() if one.task_definition_key == activity)
    engine.task_service.complete(task.id, variables=variables)


def running(engine: ProcessEngine) -> int:
    return engine.runtime_service.count_process_instances()


def boundary(event: str, *, interrupting: bool = True) -> str:
    return (
        f'<boundaryEvent id="b" attachedToRef="call" cancelActivity="{str(interrupting).lower()}">{event}'
        "</boundaryEvent>"
        '<userTask id="after"/>'
    )


BOUNDARY_FLOWS = "start-call call-end b-after after-end"


def test_a_called_process_gets_variables_and_gives_some_back(
    engine: ProcessEngine, deploy: Callable[..., None]
) -> None:
    deploy(f"{CALL}<userTask id='after'/>", TASK, flows="start-call call-after after-end")
    caller = start(engine, amount=5, secret=1)
    [called] = engine.runtime_service.process_instances(definition_key="called")
    assert (called.business_key, called.super_instance_id, called.root_id) == ("b", caller, caller)
    assert {name: one.value for name, one in engine.runtime_service.variables(called.id).items()} == {"amount": 5}
    complete(engine, "inner", result=7)
    assert waiting(engine) == ["after"]
    assert engine.runtime_service.variables(caller)["result"].value == 7
    complete(engine, "after")
    assert running(engine) == 0
    called_activity = engine.history_service.activity_instances(activity_id="call")[0]
    assert called_activity.called_instance_id == called.id


def test_a_called_process_that_ends_at_once_lets_its_caller_go_on(
    engine: ProcessEngine, deploy: Callable[..., None]
) -> None:
    deploy(CALL, "", inner="start-end")
    assert engine.runtime_service.start_process_instance(key="caller").ended
    assert engine.history_service.count_process_instances(finished=True) == 2


def test_the_latest_version_is_called_and_stays(
    engine: ProcessEngine, deploy: Callable[..., None], model: Model
) -> None:
    deploy(CALL, TASK)
    start(engine)
    engine.repository_service.deploy(
        {"called.bpmn": model('<userTask id="new"/>', flows="start-new new-end", key="called")}
    )
    start(engine)
    assert waiting(engine) == ["inner", "new"]


def test_a_process_that_is_not_there_cannot_be_called(engine: ProcessEngine, model: Model) -> None:
    engine.repository_service.deploy({"caller.bpmn": model(CALL, flows="start-call call-end", key="caller")})
    with pytest.raises(NullValueException, match="no processes deployed with key 'called', as 'call' calls it"):
        start(engine)
    assert running(engine) == 0


def test_a_process_that_calls_itself_without_end_is_stopped(engine: ProcessEngine, model: Model) -> None:
    engine.repository_service.deploy(
        {"p.bpmn": model('<callActivity id="call" calledElement="p"/>', flows="start-call call-end")}
    )
    with pytest.raises(ProcessEngineException, match="One command starts more than 1000 process instances"):
        start(engine, "p")
    assert running(engine) == 0


def test_an_error_of_a_called_process_comes_to_its_caller(engine: ProcessEngine, deploy: Callable[..., None]) -> None:
    thrown = f'{TASK}<endEvent id="t"><errorEventDefinition errorRef="e"/></endEvent>'
    deploy(
        CALL + boundary('<errorEventDefinition errorRef="e"/>'),
        thrown,
        flows=BOUNDARY_FLOWS,
        inner="start-inner inner-t",
    )
    start(engine)
    complete(engine, "inner")
    assert waiting(engine) == ["after"]
    assert running(engine) == 1


def test_an_error_goes_through_several_callers(
    engine: ProcessEngine, deploy: Callable[..., None], model: Model
) -> None:
    thrown = f'{TASK}<endEvent id="t"><errorEventDefinition errorRef="e"/></endEvent>'
    engine.repository_service.deploy({"deep.bpmn": with_top(model(thrown, flows="start-inner inner-t", key="deep"))})
    deploy(
        CALL + boundary('<errorEventDefinition errorRef="e"/>'),
        '<callActivity id="deeper" calledElement="deep"/>',
        flows=BOUNDARY_FLOWS,
        inner="start-deeper deeper-end",
    )
    start(engine)
    assert running(engine) == 3
    complete(engine, "inner")
    assert (waiting(engine), running(engine)) == (["after"], 1)


def test_an_error_that_no_caller_catches_ends_the_path_only(engine: ProcessEngine, deploy: Callable[..., None]) -> None:
    thrown = f'{TASK}<endEvent id="t"><errorEventDefinition errorRef="e"/></endEvent>'
    deploy(
        f"{CALL}<userTask id='after'/>", thrown, flows="start-call call-after after-end", inner="start-inner inner-t"
    )
    start(engine)
    complete(engine, "inner")
    assert waiting(engine) == ["after"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_of_a_called_process_comes_to_its_caller(
    engine: ProcessEngine, deploy: Callable[..., None], *, interrupting: bool
) -> None:
    thrown = (
        f'{TASK}<intermediateThrowEvent id="t"><escalationEventDefinition escalationRef="x"/></intermediateThrowEvent>'
    )
    deploy(
        CALL + boundary('<escalationEventDefinition escalationRef="x"/>', interrupting=interrupting),
        thrown,
        flows=BOUNDARY_FLOWS,
        inner="start-t t-inner inner-end",
    )
    start(engine)
    assert waiting(engine) == (["after"] if interrupting else ["after", "inner"])
    assert running(engine) == (1 if interrupting else 2)


def test_who_cancels_the_call_cancels_what_was_called(engine: ProcessEngine, deploy: Callable[..., None]) -> None:
    deploy(CALL + boundary('<signalEventDefinition signalRef="s"/>'), TASK, flows=BOUNDARY_FLOWS)
    start(engine)
    engine.runtime_service.signal_received("go")
    assert (waiting(engine), running(engine)) == (["after"], 1)
    [called] = engine.history_service.process_instances(definition_key="called")
    assert called.state == "INTERNALLY_TERMINATED"


def test_deleting_an_instance_deletes_those_that_it_has_called(
    engine: ProcessEngine, deploy: Callable[..., None]
) -> None:
    deploy(CALL, TASK)
    engine.runtime_service.delete_process_instance(start(engine), reason="enough")
    assert (running(engine), waiting(engine)) == (0, [])
    [caller] = engine.history_service.process_instances(definition_key="caller")
    assert (caller.state, caller.delete_reason) == ("EXTERNALLY_TERMINATED", "enough")


def test_deleting_a_called_instance_cancels_the_call(engine: ProcessEngine, deploy: Callable[..., None]) -> None:
    deploy(
        f"{CALL}<userTask id='other'/><parallelGateway id='g'/>",
        TASK,
        flows="start-g g-call g-other call-end other-end",
    )
    start(engine)
    [called] = engine.runtime_service.process_instances(definition_key="called")
    engine.runtime_service.delete_process_instance(called.id, reason="enough")
    assert (running(engine), waiting(engine)) == (1, ["other"])
    complete(engine, "other")
    assert running(engine) == 0


def test_deleting_a_called_instance_ends_a_caller_that_nothing_is_left_of(
    engine: ProcessEngine, deploy: Callable[..., None]
) -> None:
    deploy(CALL, TASK)
    start(engine)
    [called] = engine.runtime_service.process_instances(definition_key="called")
    engine.runtime_service.delete_process_instance(called.id, reason="enough")
    assert running(engine) == 0
    [caller] = engine.history_service.process_instances(definition_key="caller")
    assert (caller.state, caller.delete_reason) == ("INTERNALLY_TERMINATED", "enough")


def test_a_signal_reaches_everybody_who_waits_and_starts_what_it_starts(engine: ProcessEngine, model: Model) -> None:
    catch = (
        '<intermediateCatchEvent id="c"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>'
        '<userTask id="got"/>'
    )
    started = '<startEvent id="s1"><signalEventDefinition signalRef="s"/></startEvent><userTask id="new"/>'
    throw = '<intermediateThrowEvent id="t"><signalEventDefinition signalRef="s"/></intermediateThrowEvent>'
    engine.repository_service.deploy(
        {
            "catch.bpmn": with_top(model(catch, flows="start-c c-got got-end", key="catch")),
            "started.bpmn": with_top(model(started, flows="start-end s1-new new-end", key="started")),
            "throw.bpmn": with_top(model(throw, flows="start-t t-end", key="throw")),
        }
    )
    start(engine, "catch")
    start(engine, "catch")
    assert engine.runtime_service.start_process_instance(key="throw").ended
    assert waiting(engine) == ["got", "got", "new"]


def test_a_signal_reaches_the_instance_that_sends_it(engine: ProcessEngine, model: Model) -> None:
    nodes = (
        '<parallelGateway id="g"/><intermediateCatchEvent id="c"><signalEventDefinition signalRef="s"/>'
        '</intermediateCatchEvent><userTask id="got"/>'
        '<intermediateThrowEvent id="t"><signalEventDefinition signalRef="s"/></intermediateThrowEvent>'
    )
    engine.repository_service.deploy({"p.bpmn": with_top(model(nodes, flows="start-g g-c g-t c-got got-end t-end"))})
    start(engine, "p")
    assert waiting(engine) == ["got"]


def test_variables_that_are_set_from_outside_may_meet_a_condition(engine: ProcessEngine, model: Model) -> None:
    nodes = (
        '<intermediateCatchEvent id="c"><conditionalEventDefinition><condition xsi:type="tFormalExpression"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${x &gt; 1}</condition></conditionalEventDefinition>'
        '</intermediateCatchEvent><userTask id="got"/>'
    )
    engine.repository_service.deploy({"p.bpmn": model(nodes, flows="start-c c-got got-end")})
    instance = start(engine, "p", x=0)
    engine.runtime_service.set_variables(instance, {"x": 1})
    assert waiting(engine) == []
    engine.runtime_service.set_variables(instance, {"x": 2})
    assert waiting(engine) == ["got"]


def test_local_variables_of_a_task_go_with_it(engine: ProcessEngine, user_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    instance = start(engine, "p")
    [task] = engine.task_service.tasks()

    def set_local(context: CommandContext) -> None:
        row = progress.lock(context, instance)
        assert row is not None
        progress.set_variables(context, row, task.id, {"x": TypedValue("Integer", 1)})

    engine.executor.execute(set_local)
    assert engine.runtime_service.count_variable_instances() == 1
    engine.task_service.complete(task.id)
    assert running(engine) == 0


def test_a_suspended_instance_does_not_go_on(engine: ProcessEngine, user_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    start(engine, "p")
    [task] = engine.task_service.tasks()
    suspend = update(process_instance).values(suspended=True)
    engine.executor.execute(lambda context: context.connection.execute(suspend))
    with pytest.raises(SuspendedEntityInteractionException, match="is suspended"):
        engine.task_service.complete(task.id)


def test_a_process_says_who_started_it(engine: ProcessEngine, model: Model) -> None:
    content = model('<userTask id="a"/>', flows="start-a a-end").replace(
        b'<startEvent id="start"/>', b'<startEvent id="start" camunda:initiator="boss"/>'
    )
    engine.repository_service.deploy({"p.bpmn": content})
    [definition] = engine.repository_service.process_definitions()
    started = engine.executor.execute(lambda context: progress.start(context, definition.id, {}, start_user="joe"))
    assert started.variables["boss"].value == "joe"
    [row] = engine.history_service.process_instances()
    assert (row.start_user_id, row.start_activity_id) == ("joe", "start")


def test_a_delegate_may_use_the_engine_in_the_same_transaction(new_engine: NewEngine, model: Model) -> None:
    engines: list[ProcessEngine] = []

    def delegate(execution: DelegateExecution) -> None:
        engines[0].runtime_service.start_process_instance(key="other", business_key=execution.process_instance_id)
        if execution.variables.get("fail"):
            raise BpmnError("E")

    engines.append(new_engine(delegates=Delegates({"D": delegate})))
    engine = engines[0]
    engine.repository_service.deploy(
        {
            "p.bpmn": model('<serviceTask id="a" camunda:class="D"/><userTask id="b"/>', flows="start-a a-b b-end"),
            "other.bpmn": model('<userTask id="c"/>', flows="start-c c-end", key="other"),
        }
    )
    instance = start(engine, "p")
    assert waiting(engine) == ["b", "c"]
    assert engine.runtime_service.process_instances(definition_key="other")[0].business_key == instance
    assert engine.runtime_service.start_process_instance(key="p", variables={"fail": True}).ended


def test_a_delegate_that_fails_undoes_everything(new_engine: NewEngine, model: Model) -> None:
    def delegate(_: DelegateExecution) -> None:
        raise ValueError("broken")

    engine = new_engine(delegates=Delegates({"D": delegate}))
    nodes = '<userTask id="a"/><serviceTask id="b" camunda:class="D"/>'
    engine.repository_service.deploy({"p.bpmn": model(nodes, flows="start-a a-b b-end")})
    start(engine, "p")
    with pytest.raises(ValueError, match="broken"):
        complete(engine, "a", x=1)
    assert waiting(engine) == ["a"]
    assert engine.runtime_service.count_variable_instances() == 0


def test_the_history_tells_what_happened_in_order(engine: ProcessEngine, model: Model) -> None:
    engine.repository_service.deploy({"p.bpmn": model('<userTask id="a" name="Do it"/>', flows="start-a a-end")})
    instance = start(engine, "p")
    complete(engine, "a")
    found = engine.history_service.activity_instances(instance_id=instance)
    assert sorted(one.activity_id for one in found) == ["a", "end", "start"]
    assert all(one.end_time is not None and one.end_time <= datetime.now(UTC) for one in found)
    [task] = engine.history_service.task_instances()
    assert (task.name, task.delete_reason) == ("Do it", "completed")
    [row] = engine.history_service.process_instances()
    assert (row.state, row.end_activity_id) == ("COMPLETED", "end")


def test_the_activity_tree_of_an_instance_can_be_read(engine: ProcessEngine, user_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    instance = start(engine, "p")
    [task] = engine.task_service.tasks()

    def read(context: CommandContext) -> tuple[ActivityInstance, tuple[str, ...]]:
        row = progress.read(context, instance)
        assert row is not None
        return progress.activity_tree(context, row), progress.scope_chain(context, row, task.id)

    tree, chain = engine.executor.execute(read)
    assert (tree.id, [one.id for one in tree.children], chain) == (instance, [task.id], (task.id, instance))
