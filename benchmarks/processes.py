"""Process instances: on our engine, each command a transaction of its own, and in SpiffWorkflow alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from lxml import etree
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Topic

_TOPICS = [Topic("t", timedelta(minutes=5))]
_HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://bench" id="d"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">"""
_MODEL = (
    _HEAD
    + """<process id="p" isExecutable="true">
    <startEvent id="start"/><{work}/><exclusiveGateway id="gateway" default="no"/>
    <userTask id="user" name="Decide"/><endEvent id="end"/>
    <sequenceFlow id="in" sourceRef="start" targetRef="work"/>
    <sequenceFlow id="worked" sourceRef="work" targetRef="gateway"/>
    <sequenceFlow id="no" sourceRef="gateway" targetRef="end"/>
    <sequenceFlow id="yes" sourceRef="gateway" targetRef="user">
      <conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression></sequenceFlow>
    <sequenceFlow id="out" sourceRef="user" targetRef="end"/></process></definitions>"""
)
MODEL_OF_P = _MODEL.format(
    work='serviceTask id="work" camunda:type="external" camunda:topic="t"', condition="${amount &gt; 10}"
).encode()
_SPIFFS = _MODEL.format(work='userTask id="work" name="Work"', condition="amount &gt; 10")
_LOOP = (
    _HEAD
    + """<process id="loop" isExecutable="true"><startEvent id="start"/><userTask id="user"/>
    <sequenceFlow id="in" sourceRef="start" targetRef="user"/>
    <sequenceFlow id="again" sourceRef="user" targetRef="user"/></process></definitions>"""
)


@contextmanager
def running_engine(database_url: str, folder: Path) -> Iterator[ProcessEngine]:
    """An engine on an empty database, with both processes deployed."""
    with ProcessEngine(
        database_url=database_url,
        telemetry_state_directory=folder,
        telemetry_reporter_activate=False,
        job_executor_activate=False,
    ) as engine:
        engine.repository_service.deploy({"p.bpmn": MODEL_OF_P, "loop.bpmn": _LOOP.encode()})
        yield engine


def commands_of_one_instance(engine: ProcessEngine) -> Iterator[str]:
    """Run an instance of p from its start to its end; the name of each command when it is done."""
    instance = engine.runtime_service.start_process_instance(key="p", variables={"amount": 20})
    yield "start"
    [work] = engine.external_task_service.fetch_and_lock(worker_id="w", max_tasks=1, topics=_TOPICS)
    yield "fetch"
    engine.external_task_service.complete(work.id, worker_id="w", variables={"worked": True})
    yield "complete the external task"
    [task] = engine.task_service.tasks(instance_id=instance.id)
    yield "find the user task"
    engine.task_service.complete(task.id)
    yield "complete the user task"


def run_one_instance(engine: ProcessEngine) -> None:
    """Run an instance of p from its start to its end."""
    for _ in commands_of_one_instance(engine):
        pass


def run_instances_together(engine: ProcessEngine, number: int) -> None:
    """Run so many instances of p, and fetch and find their tasks together, as workers and task lists do."""
    for _ in range(number):
        engine.runtime_service.start_process_instance(key="p", variables={"amount": 20})
    for work in engine.external_task_service.fetch_and_lock(worker_id="w", max_tasks=number, topics=_TOPICS):
        engine.external_task_service.complete(work.id, worker_id="w", variables={"worked": True})
    for task in engine.task_service.tasks(definition_key="p"):
        engine.task_service.complete(task.id)


def passing(engine: ProcessEngine, passes: int) -> Callable[[], None]:
    """Start an instance of loop, and let it make that many passes; what lets it make one more, in a transaction."""
    instance = engine.runtime_service.start_process_instance(key="loop")

    def make_one_pass() -> None:
        [task] = engine.task_service.tasks(instance_id=instance.id)
        engine.task_service.complete(task.id)

    def make_many_passes(_: object) -> None:
        for _ in range(100):  # in one transaction
            make_one_pass()

    for _ in range(passes // 100):
        engine.executor.execute(make_many_passes)
    return make_one_pass


def spiff_instance() -> Callable[[], None]:
    """What runs an instance of the same shape in SpiffWorkflow, by its own parser, in memory; nothing is saved."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(_SPIFFS))
    spec = parser.get_spec("p")

    def run() -> None:
        workflow = BpmnWorkflow(spec)
        workflow.data["amount"] = 20
        workflow.do_engine_steps()
        for name in ("work", "user"):
            [task] = workflow.get_tasks(state=TaskState.READY, manual=True)
            task.data |= {"amount": 20, name: True}
            task.run()
            workflow.do_engine_steps()
        if not workflow.is_completed():
            raise RuntimeError("SpiffWorkflow has not come to the end.")

    return run
