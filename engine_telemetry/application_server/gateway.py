"""Follows a gateway callable (``send``, ``receive``, ``start_response``) through wrappers to the code that made it."""

import inspect
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import BuiltinMethodType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any

MAX_DEPTH = 6
MAX_OBJECTS = 60
_GATEWAY_ATTRIBUTES = ("send", "receive", "_send", "_receive", "start_response")


def origins(gateways: Iterable[object]) -> Iterator[list[str]]:
    """The dotted names of the code behind each callable and behind what it wraps, nearest first.

    An object with several names has the most special one first: a class comes before its bases.
    """
    queue = deque((gateway, 0) for gateway in gateways)
    seen: set[int] = set()
    while queue and len(seen) < MAX_OBJECTS:
        thing, depth = queue.popleft()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        names_of, wrapped_by = _reader(thing)
        yield names_of(thing)
        if depth < MAX_DEPTH:
            queue.extend((inner, depth + 1) for inner in wrapped_by(thing) if callable(inner))


def type_names(thing: object) -> list[str]:
    """The dotted names of an object's class and its bases; of itself and its bases if it is a class."""
    cls: Any = thing if issubclass(type(thing), type) else type(thing)
    return [f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__[:-1]]


def _function_names(function: FunctionType) -> list[str]:
    return [f"{function.__module__}.{function.__qualname__}"]


def _method_names(method: MethodType) -> list[str]:
    return type_names(method.__self__)


def _builtin_names(builtin: BuiltinMethodType) -> list[str]:
    if type(builtin.__self__) in {ModuleType, NoneType}:
        return [f"{builtin.__module__ or 'builtins'}.{builtin.__name__}"]
    return type_names(builtin.__self__)


def _partial_names(_: "partial[object]") -> list[str]:
    return []


def _instance_names(thing: object) -> list[str]:
    # fastwsgi's start_response has a type that was never made ready: reading or hashing that crashes the interpreter.
    if "_fastwsgi" in sys.modules or issubclass(type(thing), type):
        return []
    return type_names(thing)


def _wrapped_by_function(function: FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a variable that has no value yet
            continue


def _wrapped_by_method(method: MethodType) -> Iterator[object]:
    yield method.__func__
    for name in _GATEWAY_ATTRIBUTES:
        yield inspect.getattr_static(method.__self__, name, None)


def _wrapped_by_partial(wrapper: "partial[object]") -> Iterator[object]:
    yield from (wrapper.func, *wrapper.args, *wrapper.keywords.values())


def _nothing(_: object) -> Iterator[object]:
    return iter(())


# By exact type: isinstance() would ask a proxy for its __class__, and a subclass may do anything.
_READERS: tuple[tuple[type, Callable[[Any], list[str]], Callable[[Any], Iterator[object]]], ...] = (
    (FunctionType, _function_names, _wrapped_by_function),
    (MethodType, _method_names, _wrapped_by_method),
    (BuiltinMethodType, _builtin_names, _nothing),
    (partial, _partial_names, _wrapped_by_partial),
)


def _reader(thing: object) -> tuple[Callable[[Any], list[str]], Callable[[Any], Iterator[object]]]:
    for kind, names_of, wrapped_by in _READERS:
        if type(thing) is kind:
            return names_of, wrapped_by
    return _instance_names, _nothing
