"""The text of a report on a page is the report, byte for byte."""

import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_telemetry.report import Component, Internals, Product, Report, commands
from webapps.report_text import report_text

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
REPORTS = st.builds(
    lambda name, version, counts: Report(
        "8f0e7d52-4f5d-4a3e-9f43-0d6f1f4c1a55",
        Product(name, version, "community", Internals(Component(name, None), None, commands(counts))),
    ),
    TEXTS,
    TEXTS,
    st.dictionaries(TEXTS, st.integers(1, 10**12), max_size=4),
)


def read(marked: str) -> str:
    """What a browser has as the text of these elements."""
    return unescape(re.sub(r"</?span[^>]*>", "", marked))


@given(REPORTS)
def test_the_text_is_the_report_to_the_byte_and_its_tags_fit(report: Report) -> None:
    body = report.to_json()
    marked = report_text(body)
    assert read(marked).encode() == body
    assert marked.count("<span") == marked.count("</span>")
    assert set(re.findall(r"<[^>]*>", marked)) <= {
        "</span>",
        '<span class="colon">',
        '<span class="member">',
        '<span class="members">',
        '<span class="members short">',
        '<span class="name">',
    }


@pytest.mark.parametrize("body", [b"", b"no <b>JSON</b>", b'"open', b'{"a":"\xff"}', b'}{,:"'])
def test_what_is_no_report_is_just_text(body: bytes) -> None:
    marked = report_text(body)
    assert read(marked) == body.decode(errors="replace")
    assert "<b>" not in marked


def test_only_objects_without_objects_are_kept_in_one_line() -> None:
    marked = report_text(json.dumps({"a": {"b": {"c": 1}}, "d": {}}, separators=(",", ":")).encode())
    assert re.findall(r'class="(members[^"]*)"', marked) == ["members", "members", "members short", "members short"]
