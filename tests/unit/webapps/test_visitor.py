"""Which addresses are ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from webapps.sessions import Presence
from webapps.visitor import Visitor, local_path


@pytest.mark.parametrize(
    "path", ["/", "/tasklist/", "/tasklist/task/1?page=2&sort=name", "/cockpit/a:1:b", "/x?next=http://elsewhere/"]
)
def test_a_path_on_this_site_leads_on(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tasklist/",
        "//elsewhere.example/",
        "///elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "/\n/elsewhere.example/",
        "/\x00",
        " //elsewhere.example/",
        "https://elsewhere.example/",
        "https:elsewhere.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\u2028/",
    ],
)
def test_what_a_browser_takes_for_another_site_leads_nowhere(text: str) -> None:
    assert local_path(text) is None


@given(st.text(alphabet="/\\:.ah?#@ \t\r\n%", max_size=12))
def test_nothing_that_passes_names_a_host(text: str) -> None:
    path = local_path(text)
    if path is not None:
        stripped = "".join(character for character in path if character not in "\t\r\n").replace("\\", "/")
        assert stripped.startswith("/")
        assert not stripped.startswith("//")


def test_addresses_lie_where_the_web_apps_are_mounted() -> None:
    visitor = Visitor(Presence("token", None), "/my engine", FormData(), "")
    assert visitor.url("/tasklist/") == "/my%20engine/tasklist/"
    assert visitor.url("/x", page=2, sort=None, name="ä&b") == "/my%20engine/x?page=2&name=%C3%A4%26b"
