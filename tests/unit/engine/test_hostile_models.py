"""Files that mean harm: refused at deployment with a clear message, at once, and nothing in them is executed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine_telemetry.engine.bpmn.process_model import parse_models
from engine_telemetry.engine.decisions import parse_decisions
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.exceptions import ParseException

SECONDS = 10  # one, on a machine with nothing else to do
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
DMN = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="f" name="f" namespace="t">'
Parse = Callable[[str, bytes], object]


def _process(*inside: str, flows: str = "", top: str = "") -> bytes:
    arrows = (
        f'<sequenceFlow id="{flow}" sourceRef="{flow.partition("-")[0]}" targetRef="{flow.partition("-")[2]}"/>'
        for flow in flows.split()
    )
    return "\n".join(
        [f'{HEAD}<process id="p" isExecutable="true">', *inside, *arrows, f"</process>{top}</definitions>"]
    ).encode()


def _around(node: str, top: str = "") -> bytes:
    return _process('<startEvent id="s"/>', node, '<endEvent id="e"/>', flows="s-n n-e", top=top)


def _table(test: str, result: str, expression: str) -> bytes:
    return (
        f'{DMN}\n<decision id="n" name="d"><decisionTable><input><inputExpression><text>{expression}</text>'
        f'</inputExpression></input><output name="o"/><rule id="r"><inputEntry><text>{test}</text></inputEntry>'
        f"<outputEntry><text>{result}</text></outputEntry></rule></decisionTable></decision></definitions>"
    ).encode()


@contextmanager
def _at_once() -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < SECONDS


def _extended(inside: str) -> str:
    return f'<userTask id="n"><extensionElements>{inside}</extensionElements></userTask>'


def _looped(attributes: str, inside: str) -> str:
    loop = f"<multiInstanceLoopCharacteristics {attributes}>{inside}</multiInstanceLoopCharacteristics>"
    return f'<userTask id="n">{loop}</userTask>'


def _catch(kind: str, inside: str) -> str:
    return f'<intermediateCatchEvent id="n"><{kind}>{inside}</{kind}></intermediateCatchEvent>'


FORMAL = 'xsi:type="tFormalExpression"'
CALL = '<callActivity id="n" calledElement="q" {}><extensionElements>{}</extensionElements></callActivity>'

# Everywhere an expression can stand: the model, with a place for it.
PLACES: dict[str, Callable[[str], bytes]] = {
    **{
        f"user task {name}": lambda text, name=name: _around(f'<userTask id="n" camunda:{name}="{text}"/>')  # type: ignore[misc]
        for name in ("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formKey")
    },
    **{
        f"service task {name}": lambda text, name=name: _around(f'<serviceTask id="n" camunda:{name}="{text}"/>')  # type: ignore[misc]
        for name in ("expression", "delegateExpression")
    },
    **{
        f"external task {name}": lambda text, name=name: _around(  # type: ignore[misc]
            f'<serviceTask id="n" camunda:type="external" camunda:topic="t" camunda:{name}="{text}"/>'.replace(
                'camunda:topic="t" camunda:topic', "camunda:topic"
            )
        )
        for name in ("topic", "taskPriority", "jobPriority")
    },
    **{
        f"timer {name}": lambda text, name=name: _around(  # type: ignore[misc]
            _catch("timerEventDefinition", f"<{name} {FORMAL}>{text}</{name}>")
        )
        for name in ("timeDate", "timeDuration")
    },
    "timer start": lambda text: _process(
        f'<startEvent id="n"><timerEventDefinition><timeCycle {FORMAL}>{text}</timeCycle></timerEventDefinition>'
        '</startEvent><endEvent id="e"/>',
        flows="n-e",
    ),
    "name of a user task": lambda text: _around(f'<userTask id="n" name="{text}"/>'),
    "default of a form field": lambda text: _around(
        _extended(
            f'<camunda:formData><camunda:formField id="f" type="string" defaultValue="{text}"/></camunda:formData>'
        )
    ),
    "condition of a flow": lambda text: _process(
        '<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="e"/><sequenceFlow id="n" sourceRef="g"'
        f' targetRef="e"><conditionExpression {FORMAL}>{text}</conditionExpression></sequenceFlow>',
        flows="s-g",
    ),
    "cardinality": lambda text: _around(_looped("", f"<loopCardinality {FORMAL}>{text}</loopCardinality>")),
    "collection": lambda text: _around(_looped(f'camunda:collection="{text}"', "")),
    "completion condition": lambda text: _around(
        _looped('camunda:collection="c"', f"<completionCondition {FORMAL}>{text}</completionCondition>")
    ),
    "conditional event": lambda text: _around(
        _catch("conditionalEventDefinition", f"<condition {FORMAL}>{text}</condition>")
    ),
    "name of a message": lambda text: _around(
        '<receiveTask id="n" messageRef="m"/>', f'<message id="m" name="{text}"/>'
    ),
    "name of a signal": lambda text: _around(
        '<intermediateCatchEvent id="n"><signalEventDefinition signalRef="m"/></intermediateCatchEvent>',
        f'<signal id="m" name="{text}"/>',
    ),
    "called process": lambda text: _around(f'<callActivity id="n" calledElement="{text}"/>'),
    "version of a called process": lambda text: _around(
        CALL.format(f'camunda:calledElementBinding="version" camunda:calledElementVersion="{text}"', "")
    ),
    "variable handed over": lambda text: _around(
        CALL.format("", f'<camunda:in sourceExpression="{text}" target="a"/>')
    ),
    "variable handed back": lambda text: _around(
        CALL.format("", f'<camunda:out sourceExpression="{text}" target="a"/>')
    ),
    "business key handed over": lambda text: _around(CALL.format("", f'<camunda:in businessKey="{text}"/>')),
    **{
        f"{way}put parameter": lambda text, way=way: _around(  # type: ignore[misc]
            _extended(
                f'<camunda:inputOutput><camunda:{way}putParameter name="a">{text}</camunda:{way}putParameter>'
                "</camunda:inputOutput>"
            )
        )
        for way in ("in", "out")
    },
    "list of a parameter": lambda text: _around(
        _extended(
            '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:list><camunda:value>'
            f"{text}</camunda:value></camunda:list></camunda:inputParameter></camunda:inputOutput>"
        )
    ),
    "map of a parameter": lambda text: _around(
        _extended(
            '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:map><camunda:entry key="k">'
            f"{text}</camunda:entry></camunda:map></camunda:inputParameter></camunda:inputOutput>"
        )
    ),
    "execution listener": lambda text: _around(
        _extended(f'<camunda:executionListener event="start" expression="{text}"/>')
    ),
    "task listener": lambda text: _around(_extended(f'<camunda:taskListener event="create" expression="{text}"/>')),
    "delegate of a listener": lambda text: _around(
        _extended(f'<camunda:taskListener event="create" delegateExpression="{text}"/>')
    ),
    "decision": lambda text: _around(f'<businessRuleTask id="n" camunda:decisionRef="{text}"/>'),
    "retries": lambda text: _around(
        _extended(f"<camunda:failedJobRetryTimeCycle>{text}</camunda:failedJobRetryTimeCycle>")
    ),
    "input of a decision": lambda text: _table("-", "1", text),
    "test of a decision": lambda text: _table(text, "1", "x"),
    "output of a decision": lambda text: _table("-", text, "x"),
    "literal decision": lambda text: (
        f'{DMN}<decision id="n"><literalExpression><text>{text}</text></literalExpression></decision></definitions>'
    ).encode(),
}

HARM = {
    "import": "${{__import__('pathlib').Path('{file}').touch()}}",
    "class": "${{''.__class__.__mro__[1].__subclasses__()}}",
    "empty tuple": "#{{().__class__}}",
    "eval": "${{eval('open(1)')}}",
    "reflection": "${{''.getClass().forName('java.lang.Runtime').exec('touch {file}')}}",
    "bean": "${{unregistered.run('{file}')}}",
    "macro": "${{x.map(a, x.map(b, x.map(c, a * b * c)))}}",
    "lambda": "${{lambda: open('{file}', 'w')}}",
    "walrus": "${{(f := open)('{file}', 'w')}}",
    "template": "${{ {{ 7 * 7 }} }}",
    "too deep": "${{" + "(" * 200 + "1" + ")" * 200 + "}}",
    "too long": "${{" + "1 + " * 300 + "1}}",
    "not closed": "${{1",
    "huge number": "${{" + "9" * 400 + "}}",
}
CODE = {
    "import": "__import__('pathlib').Path('{file}').touch()",
    "class": "().__class__.__base__.__subclasses__()",
    "template": "{{{{ cycler.__init__.__globals__.os.popen('touch {file}') }}}}",
    "shell": "$(touch {file}) `touch {file}`",
    "percent": "%({file})s %n",
}


def _parse(content: bytes) -> object:
    parse: Parse = parse_decisions if DMN.encode() in content else parse_models
    return parse("hostile", content)


@pytest.mark.parametrize("place", PLACES)
def test_harm_is_refused_with_element_and_line_wherever_it_stands(place: str, tmp_path: Path) -> None:
    for harm in HARM.values():
        with pytest.raises(ParseException) as caught, _at_once():
            _parse(PLACES[place](harm.format(file=tmp_path / "harm")))
        problem = caught.value.problems[0]
        assert problem.line > 0
        assert problem.element_ids
        assert len(problem.message) <= 500
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", PLACES)
def test_code_that_is_no_expression_is_only_text(place: str, tmp_path: Path) -> None:
    for code in CODE.values():
        with _at_once():
            try:
                _parse(PLACES[place](code.format(file=tmp_path / "harm")))
            except ParseException as exc:
                assert exc.problems[0].line > 0  # noqa: PT017  it need not be raised
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("script_format", ["python", "Python3", "javascript", "groovy", "", "jython", "feel"])
def test_a_script_of_a_format_that_nobody_registered_is_refused(script_format: str, tmp_path: Path) -> None:
    script = f"import pathlib; pathlib.Path({str(tmp_path / 'harm')!r}).touch()"
    inside = f'<camunda:script scriptFormat="{script_format}">{script}</camunda:script>'
    nodes = [
        f'<scriptTask id="n" scriptFormat="{script_format}"><script>{script}</script></scriptTask>',
        _extended(f'<camunda:executionListener event="end">{inside}</camunda:executionListener>'),
        _extended(
            f'<camunda:inputOutput><camunda:inputParameter name="a">{inside}</camunda:inputParameter>'
            "</camunda:inputOutput>"
        ),
        _catch("conditionalEventDefinition", f'<condition {FORMAL} language="{script_format}">{script}</condition>'),
    ]
    registered = Delegates(script_formats={"ruby": lambda *_: None})
    for node in nodes:
        with pytest.raises(ParseException, match="script format"):
            parse_models("a.bpmn", _around(node), registered)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "subprocess.Popen", "pathlib.Path", "__import__"])
def test_a_class_that_python_has_is_not_imported(name: str) -> None:
    with pytest.raises(ParseException, match=f"The class '{name}' is not registered"):
        parse_models("a.bpmn", _around(f'<serviceTask id="n" camunda:class="{name}"/>'))


BOMB = "".join(f'<!ENTITY e{at + 1} "{f"&e{at};" * 10}">' for at in range(12))
FILES: dict[str, bytes] = {
    "an entity bomb": f'<!DOCTYPE d [<!ENTITY e0 "boom">{BOMB}]>'.encode() + _around('<userTask id="n" name="&e12;"/>'),
    "one big entity many times": b'<!DOCTYPE d [<!ENTITY e "' + b"a" * 100_000 + b'">]><d>' + b"&e;" * 50_000 + b"</d>",
    "an entity in itself": b'<!DOCTYPE d [<!ENTITY a "&b;"><!ENTITY b "&a;">]><d>&a;</d>',
    "an external entity": b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + _around('<task name="&e;"/>'),
    "an external parameter entity": b'<!DOCTYPE d [<!ENTITY % e SYSTEM "http://127.0.0.1:9/e.dtd"> %e;]><d/>',
    "an external DTD": b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd">' + _around('<task id="n"/>'),
    "a plain DOCTYPE": b"<!DOCTYPE definitions>" + _around('<task id="n"/>'),
    "six megabytes": _around(f'<task id="n"><documentation>{"a" * 6_000_000}</documentation></task>'),
    "300 nested elements": _process('<subProcess id="n">' * 300, "</subProcess>" * 300),
    "300 nested extensions": _around(_extended("<a>" * 300 + "</a>" * 300)),
    "240 nested sub processes": _process(
        "".join(f'<subProcess id="n{at}"><startEvent id="s{at}"/>' for at in range(240)), "</subProcess>" * 240
    ),
    "nothing": b"",
    "no XML": b"\x00\xff" * 1000,
    "another encoding": _around('<task id="n"/>').decode().encode("utf-16") + b"\x00",
    "an unknown encoding": b'<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-',
    "a name of four megabytes": _around(f"<{'a' * 4_000_000}/>"),
    "an id of four megabytes": _around(f'<task id="{"a" * 4_000_000}"/>'),
    "a name that is too long to store": _around(f'<task id="n" name="{"a" * 256}"/>'),
    "a number that is too big": _around(f'<userTask id="n" camunda:priority="{"9" * 5_000}"/>'),
    "an id that is none": _around('<task id="../../etc/passwd"/>'),
    "XInclude": _around(
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    ),
    "four thousand equal ids": _process('<userTask id="n"/>' * 4_000),
    "four thousand elements that are not executed": _process('<complexGateway id="n"/>' * 4_000),
    "four thousand attributes": _around(
        "<userTask " + " ".join(f'camunda:a{at}="n"' for at in range(4_000)) + ' id="n"/>'
    ),
    "a cron expression of a megabyte": _around(
        _catch("timerEventDefinition", f"<timeCycle {FORMAL}>{'0,' * 500_000}0 * * * * ?</timeCycle>")
    ),
    "a hundred gateways that all lead to each other": _process(
        '<startEvent id="s"/>',
        "".join(f'<exclusiveGateway id="g{at}"/>' for at in range(100)),
        flows=" ".join(f"g{one}-g{other}" for one in range(100) for other in range(100)),
    ),
    "a duration without end": _around(
        _catch("timerEventDefinition", f"<timeDuration {FORMAL}>P{'9' * 5_000}D</timeDuration>")
    ),
    "a cycle without a pause": _around(_catch("timerEventDefinition", f"<timeCycle {FORMAL}>R/PT0S</timeCycle>")),
}  # fmt: skip


@pytest.mark.parametrize("parse", [parse_models, parse_decisions])
@pytest.mark.parametrize("file", FILES)
def test_a_hostile_file_is_refused_at_once(file: str, parse: Parse) -> None:
    with pytest.raises(ParseException) as caught, _at_once():
        parse("hostile", FILES[file])
    assert len(str(caught.value)) < 100_000
    assert "root:" not in str(caught.value)
