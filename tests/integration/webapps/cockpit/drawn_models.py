"""Models with diagrams: each kind of thing that a process waits for, a call, and a job that fails."""

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.com"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI">'
    '<message id="paid" name="paid"/>'
)
_SIZES = {"startEvent": (36, 36), "endEvent": (36, 36), "intermediateCatchEvent": (36, 36), "parallelGateway": (50, 50)}
_ONCE = (
    "<extensionElements><camunda:failedJobRetryTimeCycle>R1/PT0S</camunda:failedJobRetryTimeCycle></extensionElements>"
)
_TIMER = "<timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition>"


def _drawn(key: str, name: str, nodes: list[tuple[str, str, str, str, int, int]], flows: str) -> bytes:
    """A process of nodes (kind, id, attributes, content, column, row) and flows like ``a-b``."""
    pairs = [flow.split("-") for flow in flows.split()]
    middles = {one[1]: (100 + 170 * one[4], 80 + 110 * one[5]) for one in nodes}
    halves = {one[1]: _SIZES.get(one[0], (110, 76))[0] // 2 for one in nodes}
    process = [f'<{kind} id="{one}" {given}>{inside}</{kind}>' for kind, one, given, inside, _, _ in nodes]
    process += [f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs]
    shapes = [_shape(kind, one, *middles[one]) for kind, one, *_ in nodes]
    edges = [
        _edge(f"{a}_{b}", (middles[a][0] + halves[a], middles[a][1]), (middles[b][0] - halves[b], middles[b][1]))
        for a, b in pairs
    ]
    return (
        f'{_HEAD}<process id="{key}" name="{name}" isExecutable="true">{"".join(process)}</process>'
        f'<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="{key}">{"".join(shapes + edges)}'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"
    ).encode()


def _shape(kind: str, one: str, x: int, y: int) -> str:
    width, height = _SIZES.get(kind, (110, 76))
    bounds = f'<dc:Bounds x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}"/>'
    return f'<bpmndi:BPMNShape id="{one}_di" bpmnElement="{one}">{bounds}</bpmndi:BPMNShape>'


def _edge(flow: str, start: tuple[int, int], end: tuple[int, int]) -> str:
    points = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in (start, end))
    return f'<bpmndi:BPMNEdge id="{flow}_di" bpmnElement="{flow}">{points}</bpmndi:BPMNEdge>'


PURCHASE = _drawn(
    "purchase",
    "Purchase",
    [
        ("startEvent", "ordered", 'name="Ordered"', "", 0, 1),
        ("parallelGateway", "fork", "", "", 1, 1),
        ("userTask", "approve", 'name="Approve invoice" camunda:candidateGroups="accounting"', "", 2, 0),
        ("callActivity", "pay", 'name="Pay" calledElement="payment"', "", 2, 1),
        ("intermediateCatchEvent", "wait", 'name="A week"', _TIMER, 2, 2),
        ("receiveTask", "receipt", 'name="Get the receipt" messageRef="paid"', "", 2, 3),
        ("parallelGateway", "join", "", "", 3, 1),
        (
            "serviceTask",
            "archive",
            'name="Archive invoice" camunda:asyncBefore="true" camunda:expression="${place}"',
            _ONCE,
            4,
            1,
        ),
        ("endEvent", "done", 'name="Done"', "", 5, 1),
    ],
    "ordered-fork fork-approve fork-pay fork-wait fork-receipt approve-join pay-join wait-join receipt-join"
    " join-archive archive-done",
)
PAYMENT = _drawn(
    "payment",
    "Payment",
    [
        ("startEvent", "begun", "", "", 0, 0),
        ("serviceTask", "transfer", 'name="Transfer money" camunda:type="external" camunda:topic="bank"', "", 1, 0),
        ("endEvent", "transferred", 'name="Transferred"', "", 2, 0),
    ],
    "begun-transfer transfer-transferred",
)
ARCHIVE = _drawn(
    "archive",
    "Archive",
    [
        ("startEvent", "asked", "", "", 0, 0),
        (
            "serviceTask",
            "store",
            'name="Archive invoice" camunda:asyncBefore="true" camunda:expression="${place}"',
            _ONCE,
            1,
            0,
        ),
        ("endEvent", "stored", 'name="Stored"', "", 2, 0),
    ],
    "asked-store store-stored",
)
