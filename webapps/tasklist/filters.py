"""The pages of saved filters: making one, also out of a search, changing it, and deleting it.

Everybody makes filters of their own. Those that are everybody's are made, changed and deleted by administrators.
"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.filter import FilterChange
from engine_telemetry.engine.tasklist_entities import Filter
from engine_telemetry.exceptions import BadUserRequestException
from webapps.pages import Pages
from webapps.tasklist.filter_form import FilterForm, filled_form, form_of
from webapps.tasklist.orders import USUAL
from webapps.tasklist.place import Place, may_change, may_see, place_of, query_of
from webapps.tasklist.search import search_of
from webapps.visitor import Visitor, visitor_of


class FilterPages:
    """The pages of saved filters, below Tasklist."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Keep filters in this engine."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """A new filter, and one that there is."""
        return [
            Route("/filter/new", self._new),
            Route("/filter/new", self._create, methods=["POST"]),
            Route("/filter/{id}", self._edit),
            Route("/filter/{id}", self._save, methods=["POST"]),
            Route("/filter/{id}/delete", self._ask_to_delete),
            Route("/filter/{id}/delete", self._delete, methods=["POST"]),
        ]

    def _new(self, request: Request) -> Response:
        return self._page(request, self._begun(place_of(request)))

    def _create(self, request: Request) -> Response:
        return self._submit(request, filled_form(self._begun(place_of(request)), visitor_of(request)))

    def _edit(self, request: Request) -> Response:
        found = self._changeable(request)
        return self._page(request, form_of(found), found)

    def _save(self, request: Request) -> Response:
        found = self._changeable(request)
        return self._submit(request, filled_form(form_of(found), visitor_of(request)), found)

    def _ask_to_delete(self, request: Request) -> Response:
        found = self._changeable(request)
        back = Place(visitor_of(request)).at(filter_id=found.id).address()
        return self._pages.render(request, "tasklist/filter-delete.html", filter=found, back=back)

    def _delete(self, request: Request) -> Response:
        found = self._changeable(request)
        self._engine.filter_service.delete(found.id)
        said = f"Deleted the filter {found.name}."
        return self._pages.redirect(request, visitor_of(request).url("/tasklist/"), said=said)

    def _begun(self, place: Place) -> FilterForm:
        """A new filter that finds what is searched for at a place."""
        base = FilterForm(search=search_of(query_of(place.view, place.search)))
        if place.filter_id:
            base = form_of(self._visible(place.visitor, place.filter_id))
        search = base.search.with_search(place.search)
        return FilterForm(order=place.order or base.order or USUAL, search=search)

    def _submit(self, request: Request, form: FilterForm, found: Filter | None = None) -> Response:
        visitor = visitor_of(request)
        if visitor.field("do") == "another":
            return self._page(request, form, found, blank=2)
        if form.errors:
            return self._page(request, form, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            filter_id = self._keep(form, None if form.shared else visitor.user_id, found)
        except BadUserRequestException as exc:
            return self._page(request, form, found, status=HTTPStatus.UNPROCESSABLE_ENTITY, refusal=str(exc))
        address = Place(visitor).at(filter_id=filter_id).address()
        return self._pages.redirect(request, address, said=f"Saved the filter {form.name}.")

    def _keep(self, form: FilterForm, owner: str | None, found: Filter | None) -> str:
        kept: FilterChange = {"name": form.name, "query": form.query, "properties": form.properties, "owner": owner}
        if found is None:
            return self._engine.filter_service.create(**kept).id
        self._engine.filter_service.save(found.id, **kept)
        return found.id

    def _page(
        self,
        request: Request,
        form: FilterForm,
        found: Filter | None = None,
        *,
        blank: int = 1,
        status: HTTPStatus = HTTPStatus.OK,
        refusal: str = "",
    ) -> Response:
        place = place_of(request)
        return self._pages.render(
            request,
            "tasklist/filter.html",
            status_code=status,
            form=form,
            filter=found,
            errors=form.errors if status == HTTPStatus.UNPROCESSABLE_ENTITY else {},
            blank=blank,
            refusal=refusal,
            back=Place(place.visitor).at(filter_id=found.id).address() if found else place.address(),
        )

    def _changeable(self, request: Request) -> Filter:
        visitor = visitor_of(request)
        found = self._visible(visitor, request.path_params["id"])
        if not may_change(visitor, found):
            raise HTTPException(HTTPStatus.FORBIDDEN, "Only administrators change filters that are shared.")
        return found

    def _visible(self, visitor: Visitor, filter_id: str) -> Filter:
        found = self._engine.filter_service.filter(filter_id)
        if not may_see(visitor, found):
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such filter.")
        return found
