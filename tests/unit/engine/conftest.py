"""Makes small BPMN models."""

from collections.abc import Callable

import pytest

Model = Callable[..., bytes]

START = '<startEvent id="start"/>'
END = '<endEvent id="end"/>'


def make_model(
    *nodes: str, flows: str = "", key: str = "p", process: str = 'isExecutable="true"', top: str = ""
) -> bytes:
    """One process: a start and an end event, these nodes, and flows like ``start-a a-end``, each on a line."""
    lines = [
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"',
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:activiti="http://activiti.org/bpmn"',
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
        f'<process id="{key}" {process}>',
        *(START, END),
        *nodes,
        *(
            f'<sequenceFlow id="{source}-{target}-{at}" sourceRef="{source}" targetRef="{target}"/>'
            for at, (source, target) in enumerate(flow.split("-") for flow in flows.split())
        ),
        f"</process>{top}</definitions>",
    ]
    return "\n".join(lines).encode()


@pytest.fixture
def model() -> Model:
    return make_model
