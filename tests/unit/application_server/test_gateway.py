"""Gateway callables are followed to the code that made them."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial, wraps
from importlib import import_module
from types import MethodType, ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.h11_impl import RequestResponseCycle
from werkzeug.local import LocalProxy

from engine_telemetry.application_server.gateway import MAX_DEPTH, MAX_OBJECTS, origins, type_names

Response: Any = import_module("gunicorn.http.wsgi").Response
Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
CYCLE = "uvicorn.protocols.http.h11_impl.RequestResponseCycle"


@pytest.fixture
def send() -> Send:
    """What uvicorn hands to an application; it is never called."""
    return object.__new__(RequestResponseCycle).send  # type: ignore[return-value]  # uvicorn's own event types


def found(*gateways: object) -> list[str]:
    return [name for names in origins(gateways) for name in names]


def in_closure(send: Send) -> Send:
    async def send_too(message: Message) -> None:
        await send(message)

    return send_too


def in_decorator(send: Send) -> Send:
    @wraps(send)
    async def send_too(message: Message) -> None:
        await send(message)

    return send_too


class Wrapper:
    def __init__(self, send: Send) -> None:
        self.send = send

    async def send_too(self, message: Message) -> None:
        await self.send(message)


def test_a_bound_method_is_named_by_the_class_of_its_object() -> None:
    assert found(object.__new__(Response).start_response)[0] == "gunicorn.http.wsgi.Response"


def test_a_subclass_comes_before_its_bases() -> None:
    special: Any = type("Special", (Response,), {})
    names = found(object.__new__(special).start_response)
    assert names[:2] == [f"{__name__}.Special", "gunicorn.http.wsgi.Response"]


def test_a_closure_is_named_by_its_module(send: Send) -> None:
    assert found(in_closure(send))[0] == f"{__name__}.in_closure.<locals>.send_too"


def test_a_builtin_method_is_named_by_the_class_of_its_object() -> None:
    assert found([].append) == ["builtins.list"]


def test_a_builtin_function_is_named_by_its_module() -> None:
    assert found(len) == ["builtins.len"]


def test_a_callable_object_is_named_by_its_class() -> None:
    assert found(LocalProxy(ContextVar("unbound")))[0] == "werkzeug.local.LocalProxy"


@pytest.mark.parametrize(
    "wrap",
    [
        in_closure,
        in_decorator,
        lambda send: Wrapper(send).send_too,
        lambda send: partial(send, {}),
        lambda send: partial(asyncio.ensure_future, send=send),
        lambda send: in_closure(partial(Wrapper(in_decorator(send)).send_too)),
    ],
    ids=["closure", "decorator", "bound method", "partial", "keyword of a partial", "all of them"],
)
def test_a_wrapped_gateway_is_found(wrap: Callable[[Send], object], send: Send) -> None:
    assert CYCLE in found(wrap(send))


def test_the_nearest_comes_first(send: Send) -> None:
    farther = in_closure(object.__new__(Response).start_response)
    for gateways in ((send, farther), (farther, send)):
        names = found(*gateways)
        assert names.index(CYCLE) < names.index("gunicorn.http.wsgi.Response")


@given(depth=st.integers(0, 2 * MAX_DEPTH))
def test_the_search_ends_at_its_greatest_depth(depth: int) -> None:
    send: Any = object.__new__(RequestResponseCycle).send
    for _ in range(depth):
        send = in_closure(send)
    assert (CYCLE in found(send)) == (depth <= MAX_DEPTH)


def test_the_search_ends_after_its_greatest_number_of_objects(send: Send) -> None:
    crowd = [in_closure(send) for _ in range(2 * MAX_OBJECTS)]
    assert len(list(origins([partial(print, *crowd)]))) == MAX_OBJECTS


def test_a_circle_is_walked_once() -> None:
    wrapper = object.__new__(Wrapper)
    wrapper.send = wrapper.send_too
    assert len(list(origins([wrapper.send]))) == 2


def test_a_variable_without_a_value_is_passed_over() -> None:
    def send() -> object:
        return later

    names = found(send)
    later = names
    assert names == [f"{__name__}.{send.__qualname__}"]


class Untouchable:
    """An object that must not be asked for anything."""

    def __getattribute__(self, name: str) -> object:
        raise RuntimeError(f"Asked for {name!r}")

    def __call__(self) -> None:
        raise RuntimeError("Called")


@pytest.mark.parametrize(
    "make",
    [
        Untouchable,
        lambda: partial(print, Untouchable()),
        lambda: MethodType(print, Untouchable()),
        lambda: LocalProxy(ContextVar("unbound")),
    ],
    ids=["itself", "in a partial", "bound", "proxied"],
)
def test_of_other_objects_nothing_but_the_type_is_read(make: Callable[[], object]) -> None:
    assert found(make())


def test_beside_fastwsgi_no_objects_type_is_read(monkeypatch: pytest.MonkeyPatch, send: Send) -> None:
    monkeypatch.setitem(sys.modules, "_fastwsgi", ModuleType("_fastwsgi"))
    assert found(Untouchable(), partial(Untouchable())) == []
    assert found(send)[0] == CYCLE


def test_a_class_is_named_as_it_is_called() -> None:
    assert type_names(Response) == type_names(object.__new__(Response)) == ["gunicorn.http.wsgi.Response"]
