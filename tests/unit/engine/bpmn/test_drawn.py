"""A model as people draw it, with lanes, a collaboration, data and a diagram, through all its ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Play = Callable[..., Any]

ORDER = Path(__file__).parent / "drawn" / "order.bpmn"


@pytest.fixture
def order(play_file: Play) -> Any:
    return play_file(ORDER, items=["cup", "pot"], customer="Ann", clerk="joe", reminders=0)


def test_an_order_is_delivered(order: Any) -> None:
    order.complete("check", good=True)
    assert order.waiting == ["canceled", "late", "pack", "paid"]
    order.fire("pack")
    assert sorted(order.sees("pack", number)["label"] for number in (0, 1)) == ["cup for Ann", "pot for Ann"]
    order.fire("paid")
    order.complete("pack")
    order.complete("pack")
    assert order.ended
    assert order.passed[-2:] == ["fulfil", "delivered"]


def test_an_order_that_is_not_good_is_refused(order: Any) -> None:
    order.complete("check", good=False)
    assert order.ended
    assert order.passed[-1] == "refused"


def test_a_late_order_is_reminded_of_three_times(order: Any) -> None:
    order.complete("check", good=True)
    for number in (1, 2, 3):
        order.later(days=7)
        order.fire("late")
        assert order.variables["reminders"] == number
    assert order.waiting == ["canceled", "pack", "paid"]


def test_an_order_may_be_canceled_at_any_time(order: Any) -> None:
    order.complete("check", good=True)
    order.fire("pack")
    order.fire("canceled")
    assert order.waiting == ["refund"]
    assert order.task("refund").assignee == "joe"
    order.complete("refund")
    assert order.ended
