"""Turns a query, by parameters (GET) or by a JSON body (POST), into the keywords of a service."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.exchange import Request
from webapps.rest.values import Converter, count, objects, required, text, value_of

Criterion = tuple[str, Converter]

_MOST_QUERIES = 20
_MOST_ORDERS = 10


@dataclass(frozen=True)
class Query:
    """What one resource can be asked for.

    Attributes:
        criteria: The service's keyword and the converter of each parameter.
        unavailable: Camunda's further criteria, separated by spaces. They are refused: to ignore one would
            answer with too much. Parameters that Camunda does not know either are ignored, as Camunda does.
        orders: What it can be sorted by, separated by spaces.
        or_queries: Whether a body may have ``orQueries``: of each, one criterion must be met.
    """

    criteria: Mapping[str, Criterion]
    unavailable: str = ""
    orders: str = ""
    or_queries: bool = False

    def criteria_of(self, request: Request) -> dict[str, Any]:
        """The keywords for counting.

        Raises:
            InvalidRequestException: A value cannot be used, or a criterion is unavailable.
        """
        return self.criteria_in(_values(request))

    def criteria_in(self, values: Mapping[str, object]) -> dict[str, Any]:
        """The same of a query that is part of a body."""
        for name in self.unavailable.split():
            if values.get(name) not in (None, False, "", "false", [], {}):
                raise InvalidRequestException(f"This engine cannot search by {name!r}; leave it out.")
        found = [(keyword, value_of(values, name, convert)) for name, (keyword, convert) in self.criteria.items()]
        if self.or_queries:
            found.append(("any_of", self._any_of(values)))
        return {keyword: value for keyword, value in found if value is not None}

    def _any_of(self, values: Mapping[str, object]) -> list[dict[str, Any]] | None:
        queries = value_of(values, "orQueries", objects)
        if queries and len(queries) > _MOST_QUERIES:
            raise InvalidRequestException(f"The value of 'orQueries' has more than {_MOST_QUERIES} queries.")
        one = replace(self, or_queries=False, unavailable=f"{self.unavailable} orQueries")
        return [one.criteria_in(query) for query in queries] if queries else None

    def search_of(self, request: Request) -> dict[str, Any]:
        """The keywords for listing: criteria, order and page.

        Raises:
            InvalidRequestException: As above, or the order is incomplete.
        """
        return {**self.criteria_of(request), **_order(_values(request)), **_page(request.query)}


def _values(request: Request) -> Mapping[str, object]:
    return request.json_object() if request.method == "POST" else request.query


def _order(values: Mapping[str, object]) -> dict[str, Any]:
    orders = value_of(values, "sorting", objects) or []
    if len(orders) > _MOST_ORDERS:
        raise InvalidRequestException(f"The value of 'sorting' has more than {_MOST_ORDERS} criteria.")
    if orders:
        return {"sorting": tuple(_one_order(order) for order in orders)}
    if values.get("sortBy") is None and values.get("sortOrder") is None:
        return {}
    return {"sorting": (_one_order(values),)}


def _one_order(values: Mapping[str, object]) -> tuple[str, str]:
    sort_order = required(values, "sortOrder", text)
    if sort_order not in {"asc", "desc"}:
        raise InvalidRequestException(f"The value of 'sortOrder' is {sort_order!r}; expected is 'asc' or 'desc'.")
    return required(values, "sortBy", text), sort_order


def _page(parameters: Mapping[str, object]) -> dict[str, int]:
    names = {"firstResult": "first_result", "maxResults": "max_results"}
    found = {keyword: value_of(parameters, name, count) for name, keyword in names.items()}
    return {keyword: value for keyword, value in found.items() if value is not None}
