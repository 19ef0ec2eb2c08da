"""Turns a query, by parameters (GET) or by a JSON body (POST), into the keywords of a service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.exchange import Request
from webapps.rest.values import Converter, count, objects, required, text, value_of

Criterion = tuple[str, Converter]


@dataclass(frozen=True)
class Query:
    """What one resource can be asked for.

    Attributes:
        criteria: The service's keyword and the converter of each parameter.
        unavailable: Camunda's further criteria, separated by spaces. They are refused: to ignore one would
            answer with too much. Parameters that Camunda does not know either are ignored, as Camunda does.
        orders: What it can be sorted by, separated by spaces.
    """

    criteria: Mapping[str, Criterion]
    unavailable: str = ""
    orders: str = ""

    def criteria_of(self, request: Request) -> dict[str, Any]:
        """The keywords for counting.

        Raises:
            InvalidRequestException: A value cannot be used, or a criterion is unavailable.
        """
        values = _values(request)
        for name in self.unavailable.split():
            if values.get(name) not in (None, False, "", "false", [], {}):
                raise InvalidRequestException(f"This engine cannot search by {name!r}; leave it out.")
        found = [(keyword, value_of(values, name, convert)) for name, (keyword, convert) in self.criteria.items()]
        return {keyword: value for keyword, value in found if value is not None}

    def search_of(self, request: Request) -> dict[str, Any]:
        """The keywords for listing: criteria, order and page.

        Raises:
            InvalidRequestException: As above, or the order is incomplete.
        """
        return {**self.criteria_of(request), **_order(_values(request)), **_page(request.query)}


def _values(request: Request) -> Mapping[str, object]:
    return request.json_object() if request.method == "POST" else request.query


def _order(values: Mapping[str, object]) -> dict[str, str]:
    orders = value_of(values, "sorting", objects) or []
    if len(orders) > 1:
        raise InvalidRequestException("This engine sorts by one criterion; 'sorting' has several.")
    order = orders[0] if orders else values
    sort_by, sort_order = value_of(order, "sortBy", text), value_of(order, "sortOrder", text)
    if sort_by is None and sort_order is None:
        return {}
    if required(order, "sortOrder", text) not in {"asc", "desc"}:
        raise InvalidRequestException(f"The value of 'sortOrder' is {sort_order!r}; expected is 'asc' or 'desc'.")
    return {"sort_by": required(order, "sortBy", text), "sort_order": str(sort_order)}


def _page(parameters: Mapping[str, object]) -> dict[str, int]:
    names = {"firstResult": "first_result", "maxResults": "max_results"}
    found = {keyword: value_of(parameters, name, count) for name, keyword in names.items()}
    return {keyword: value for keyword, value in found.items() if value is not None}
