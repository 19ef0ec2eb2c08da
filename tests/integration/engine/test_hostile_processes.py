"""Processes that mean harm when they run: stopped with a clear message, soon, and the engine goes on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import ProcessEngineException

SECONDS = 30  # one or two, on a machine with nothing else to do
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
FORMAL = 'xsi:type="tFormalExpression"'


def _process(*nodes: str, flows: str, top: str = "") -> bytes:
    arrows = (
        f'<sequenceFlow id="{flow}" sourceRef="{flow.partition("-")[0]}" targetRef="{flow.partition("-")[2]}"/>'
        for flow in flows.split()
    )
    return (
        f'{HEAD}<process id="p" isExecutable="true"><startEvent id="s"/>{"".join(nodes)}<endEvent id="e"/>'
        f"{''.join(arrows)}</process>{top}</definitions>"
    ).encode()


def _looped(cardinality: str, attributes: str = "") -> bytes:
    count = f"<loopCardinality {FORMAL}>{cardinality}</loopCardinality>" if cardinality else ""
    loop = f"<multiInstanceLoopCharacteristics {attributes}>{count}</multiInstanceLoopCharacteristics>"
    return _process(f'<userTask id="a">{loop}</userTask>', flows="s-a a-e")


def _growing(parameter: str) -> bytes:
    output = f'<camunda:outputParameter name="x">{parameter}</camunda:outputParameter>'
    extensions = f"<extensionElements><camunda:inputOutput>{output}</camunda:inputOutput></extensionElements>"
    return _process(f'<task id="a">{extensions}</task>', flows="s-a a-a")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessEngine]:
    folder = tmp_path_factory.mktemp("engine")
    with ProcessEngine(
        None,
        database_url=f"sqlite:///{folder / 'engine.db'}",
        telemetry_state_directory=folder / "state",
        telemetry_reporter_activate=False,
    ) as engine:
        yield engine


def _start(engine: ProcessEngine, model: bytes, **variables: object) -> None:
    engine.repository_service.deploy({"a.bpmn": model})
    engine.runtime_service.start_process_instance(
        key="p", variables={"x": "text" * 10_000, "y": "text" * 200_000, "i": 0} | variables
    )


STOPPED: dict[str, tuple[bytes, str]] = {
    "a loop without a wait": (
        _process('<task id="a"/><task id="b"/>', flows="s-a a-b b-a"),
        "does not come to rest within 10000 steps",
    ),
    "tokens that double at each pass": (
        _process('<task id="a"/><task id="b"/><task id="c"/>', flows="s-a a-b a-c b-a c-a"),
        "does not come to rest within 10000 steps",
    ),
    "a process that calls itself": (
        _process('<callActivity id="a" calledElement="p"/>', flows="s-a a-e"),
        "starts more than 1000 process instances",
    ),
    "a signal that starts what sends it": (
        _process(
            '<startEvent id="t"><signalEventDefinition signalRef="m"/></startEvent>'
            '<intermediateThrowEvent id="a"><signalEventDefinition signalRef="m"/></intermediateThrowEvent>',
            flows="s-a t-a a-e",
            top='<signal id="m" name="m"/>',
        ),
        "starts more than 1000 process instances",
    ),
    "a text that doubles at each pass": (_growing("${x}${x}"), "at most 1000000 are allowed"),
    "a list that doubles at each pass": (
        _growing("<camunda:list><camunda:value>${x}</camunda:value><camunda:value>${x}</camunda:value></camunda:list>"),
        "more than 1000000 characters and items",
    ),
    "one new variable at each pass": (
        _process(
            '<serviceTask id="a" camunda:expression="${i + 1}" camunda:resultVariable="i"/>'
            """<serviceTask id="b" camunda:expression="${execution.setVariable('v' + i, y + i)}"/>""",
            flows="s-a a-b b-a",
        ),
        "sets variables of more than 50000000 characters",
    ),
    "a million instances at once": (_looped("1000000"), "has 1000000 instances at once"),
    "two milliards of instances at once": (_looped("${2000000000}"), "has 2000000000 instances at once"),
    "a negative number of instances": (_looped("${-1}"), "must be non-negative integer value, but was -1"),
    "a number of instances beyond 32 bits": (_looped("${99999999999}"), "a whole number is expected"),
    "a priority beyond 32 bits": (
        _process('<userTask id="a" camunda:priority="${99999999999}"/>', flows="s-a a-e"),
        "a whole number is expected",
    ),
    "a collection that is none": (_looped("", 'camunda:collection="${x}"'), "is no list"),
    "a variable that is not there": (
        _process('<userTask id="a" camunda:assignee="${nobody}"/>', flows="s-a a-e"),
        "Cannot resolve identifier 'nobody'",
    ),
    "a property of the machinery": (
        _process('<serviceTask id="a" camunda:expression="${execution.variables}"/>', flows="s-a a-e"),
        "has no property 'variables'",
    ),
    "an attribute of a value": (
        _process('<serviceTask id="a" camunda:expression="${x.__class__}"/>', flows="s-a a-e"),
        "a text has no property '__class__'",
    ),
}


SLOWLY = {"tokens that double at each pass", "a signal that starts what sends it"}


@pytest.mark.parametrize(
    "harm", [pytest.param(harm, marks=pytest.mark.full) if harm in SLOWLY else harm for harm in STOPPED]
)
def test_a_hostile_process_is_stopped_and_nothing_of_it_stays(harm: str, engine: ProcessEngine) -> None:
    model, message = STOPPED[harm]
    begin = time.monotonic()
    with pytest.raises(ProcessEngineException, match=message):
        _start(engine, model)
    assert time.monotonic() - begin < SECONDS
    assert engine.runtime_service.count_process_instances() == 0


@pytest.mark.parametrize(
    "code",
    [
        "__import__('pathlib').Path('{file}').touch()",
        "().__class__.__base__.__subclasses__()",
        "{{{{ ().__class__ }}}}",
        "$(touch {file})",
        "%(x)s",
    ],
)
def test_code_that_is_no_expression_is_stored_as_it_is(code: str, engine: ProcessEngine, tmp_path: Path) -> None:
    text = code.format(file=tmp_path / "harm")
    _start(engine, _process(f'<userTask id="a" name="{text}" camunda:assignee="{text}"/>', flows="s-a a-e"), z=text)
    [task] = engine.task_service.tasks()
    assert (task.name, task.assignee) == (text, text)
    engine.task_service.complete(task.id)
    assert not list(tmp_path.iterdir())


def test_a_value_with_code_in_it_is_not_evaluated_again(engine: ProcessEngine) -> None:
    text = "${__import__('os')}"
    model = _process('<userTask id="a" name="${z}" camunda:assignee="${z}"/>', flows="s-a a-e")
    _start(engine, model, z=text)
    [task] = engine.task_service.tasks()
    assert (task.name, task.assignee) == (text, text)
    engine.task_service.complete(task.id)
