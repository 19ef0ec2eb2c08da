"""Messages and signals: who gets them, and what they start."""

from collections.abc import Callable

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.message import Message
from engine_telemetry.exceptions import (
    BadUserRequestException,
    MismatchingMessageCorrelationException,
    NullValueException,
    ProcessEngineException,
)

HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test">'
EVENTS = '<message id="go" name="go"/><message id="begin" name="begin"/><signal id="all" name="all"/>'

Waits = Callable[[], list[str]]


def model(start: str, wait: str, key: str = "p") -> bytes:
    """A process that begins with this start event and then waits for this."""
    return f"""{HEAD}{EVENTS}<process id="{key}" isExecutable="true"><startEvent id="start">{start}</startEvent>
        <sequenceFlow id="a" sourceRef="start" targetRef="w"/>{wait}<sequenceFlow id="b" sourceRef="w" targetRef="t"/>
        <userTask id="t"/></process></definitions>""".encode()


RECEIVE = '<receiveTask id="w" messageRef="go"/>'
CATCH = '<intermediateCatchEvent id="w"><signalEventDefinition signalRef="all"/></intermediateCatchEvent>'
BEGIN = '<messageEventDefinition messageRef="begin"/>'
ALL = '<signalEventDefinition signalRef="all"/>'


@pytest.fixture
def arrived(engine: ProcessEngine) -> Waits:
    """The ids of the instances that have got behind what they waited for."""
    return lambda: sorted(task.instance_id for task in engine.task_service.tasks())


@pytest.fixture
def waiting(engine: ProcessEngine) -> list[str]:
    """Two instances that wait for the message ``go``, with the business keys 1 and 2, and the same as ``n``."""
    engine.repository_service.deploy({"p.bpmn": model("", RECEIVE)})
    start = engine.runtime_service.start_process_instance
    return [start(key="p", business_key=str(n), variables={"n": n}).id for n in (1, 2)]


@pytest.mark.parametrize(
    "message",
    [
        Message("go", business_key="2"),
        Message("go", correlation_keys={"n": 2}),
        Message("go", business_key="2", correlation_keys={"n": 2}),
    ],
)
def test_a_message_comes_to_the_instance_that_it_describes(
    engine: ProcessEngine, waiting: list[str], arrived: Waits, message: Message
) -> None:
    found = engine.runtime_service.correlate_message(message)
    assert arrived() == [waiting[1]] == [found.instance.id]
    assert found.execution is not None
    assert found.variables["n"].value == 2


def test_a_message_for_an_instance_by_its_id_brings_variables(
    engine: ProcessEngine, waiting: list[str], arrived: Waits
) -> None:
    message = Message("go", instance_id=waiting[0], variables={"paid": True})
    assert engine.runtime_service.correlate_message(message).variables["paid"].value is True
    assert arrived() == [waiting[0]]
    assert engine.runtime_service.variables(waiting[0])["paid"].value is True


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Message("go"), "2 executions match the correlation keys"),
        (Message("go", business_key="3"), "No process definition or execution matches the parameters"),
        (Message("other"), "No process definition or execution matches the parameters"),
    ],
)
def test_a_message_that_is_not_for_exactly_one_is_refused(
    engine: ProcessEngine, waiting: list[str], arrived: Waits, message: Message, reason: str
) -> None:
    with pytest.raises(MismatchingMessageCorrelationException, match=f"Cannot correlate message '.*': {reason}"):
        engine.runtime_service.correlate_message(message)
    assert (arrived(), engine.runtime_service.count_event_subscriptions()) == ([], len(waiting))


def test_a_message_without_a_name_is_refused(engine: ProcessEngine) -> None:
    with pytest.raises(BadUserRequestException, match="No message name supplied"):
        engine.runtime_service.correlate_message(Message(None, business_key="1"))


def test_a_message_for_all_comes_to_all(engine: ProcessEngine, waiting: list[str], arrived: Waits) -> None:
    assert len(engine.runtime_service.correlate_all(Message("go"))) == 2
    assert arrived() == sorted(waiting)
    assert engine.runtime_service.correlate_all(Message("go")) == []


def test_a_message_for_one_execution_comes_there(engine: ProcessEngine, waiting: list[str], arrived: Waits) -> None:
    [execution] = engine.runtime_service.executions(message_name="go", instance_id=waiting[0])
    engine.runtime_service.message_received("go", execution.id)
    assert arrived() == [waiting[0]]
    with pytest.raises(NullValueException, match="does not have a subscription to a message event with name 'go'"):
        engine.runtime_service.message_received("go", execution.id)


def test_a_suspended_instance_gets_no_message(engine: ProcessEngine, waiting: list[str]) -> None:
    engine.runtime_service.suspend_process_instance(waiting[0])
    with pytest.raises(MismatchingMessageCorrelationException):
        engine.runtime_service.correlate_message(Message("go", business_key="1"))
    engine.runtime_service.activate_process_instance(waiting[0])
    engine.runtime_service.correlate_message(Message("go", business_key="1"))


def test_a_message_starts_the_newest_version_of_its_process(engine: ProcessEngine) -> None:
    for _ in range(2):
        deployment = engine.repository_service.deploy({"p.bpmn": model(BEGIN, RECEIVE)})
    [newest] = deployment.process_definitions
    found = engine.runtime_service.correlate_message(Message("begin", business_key="7", variables={"a": 1}))
    assert (found.execution, found.instance.definition_id, found.instance.business_key) == (None, newest.id, "7")
    [instance] = engine.runtime_service.process_instances()
    assert engine.runtime_service.variables(instance.id)["a"].value == 1


def test_correlation_keys_are_of_instances_so_that_they_start_none(engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"p.bpmn": model(BEGIN, RECEIVE)})
    with pytest.raises(MismatchingMessageCorrelationException):
        engine.runtime_service.correlate_message(Message("begin", correlation_keys={"n": 1}))


def test_a_message_cannot_start_two_processes(engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"p.bpmn": model(BEGIN, RECEIVE)})
    with pytest.raises(ProcessEngineException, match="already is a message event subscription for the message with na"):
        engine.repository_service.deploy({"q.bpmn": model(BEGIN, RECEIVE, "q")})
    assert engine.repository_service.count_process_definitions() == 1


def test_a_signal_reaches_all_and_starts_all(engine: ProcessEngine, arrived: Waits) -> None:
    engine.repository_service.deploy({"p.bpmn": model("", CATCH), "q.bpmn": model(ALL, RECEIVE, "q")})
    waits = sorted(engine.runtime_service.start_process_instance(key="p").id for _ in range(2))
    engine.runtime_service.signal_received("all", variables={"a": 1})
    assert arrived() == waits
    [started] = engine.runtime_service.process_instances(definition_key="q")
    assert engine.runtime_service.variables(started.id)["a"].value == 1


def test_a_signal_for_one_execution_reaches_it_alone(engine: ProcessEngine, arrived: Waits) -> None:
    engine.repository_service.deploy({"p.bpmn": model("", CATCH)})
    first, _ = (engine.runtime_service.start_process_instance(key="p").id for _ in range(2))
    [execution] = engine.runtime_service.executions(signal_name="all", instance_id=first)
    engine.runtime_service.signal_received("all", execution_id=execution.id)
    assert arrived() == [first]
    with pytest.raises(NullValueException, match="has not subscribed to a signal event with name 'all'"):
        engine.runtime_service.signal_received("all", execution_id=execution.id)
