"""The pages of decisions: the list, the table of one, and trying it."""

import re

import pytest
from httpx import Response

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import DECISION, MARKUP, deploy_decision, rows_of, text_of
from tests.integration.webapps.people import Person


@pytest.fixture
def decision(engine: ProcessEngine) -> str:
    """The address of the page of ``discount``."""
    return f"/cockpit/decision/{deploy_decision(engine)}"


def evaluate(as_admin: Person, page: str, *rows: tuple[str, str, str]) -> Response:
    """Names, types and values."""
    names, types, values = zip(*rows, strict=True)
    return as_admin.act(page, {"name": names, "type": types, "value": values})


def test_decisions_are_listed_in_their_newest_version_and_searched(as_admin: Person, engine: ProcessEngine) -> None:
    assert "No decision is deployed yet." in text_of(as_admin.get("/cockpit/decisions"))
    for _ in range(2):
        deploy_decision(engine)
    assert rows_of(as_admin.get("/cockpit/decisions")) == [
        "Discount discount 2 none discount.dmn",
        "Net net 2 none discount.dmn",
    ]
    assert rows_of(as_admin.get("/cockpit/decisions?sort=key&order=desc"))[0].startswith("Net")
    assert len(rows_of(as_admin.get("/cockpit/decisions?q=DISC"))) == 1
    assert "No decision has “100%” in its name or key." in text_of(as_admin.get("/cockpit/decisions?q=100%25"))


def test_the_list_comes_in_parts(as_admin: Person, engine: ProcessEngine) -> None:
    files = {
        f"{number}.dmn": re.sub(rb'"(net|discount)"', rb'"\1-%d"' % number, DECISION).replace(
            b"#net", b"#net-%d" % number
        )
        for number in range(14)
    }
    engine.repository_service.deploy(files)
    assert "1 to 25 of 28" in text_of(as_admin.get("/cockpit/decisions"))
    assert len(rows_of(as_admin.get("/cockpit/decisions?page=2"))) == 3


def test_a_table_is_shown_as_it_is_written(as_admin: Person, decision: str) -> None:
    html = as_admin.get(decision)
    assert "Hit policy RULE ORDER : all rules that match count, in this order." in text_of(html)
    assert re.findall(r'<th scope="colgroup" colspan="(\d)"', html) == ["2", "1"]
    assert "Net price net double Kind kind string Rate rate integer" in text_of(html)
    assert rows_of(html) == ["1 >= 1000 any 10 Large orders", '2 any "gold" 5']
    assert text_of(html).count("Requires Net") == 1


def test_a_literal_expression_is_shown_as_text(as_admin: Person, decision: str) -> None:
    html = as_admin.get(decision)
    found = re.search(r'<dt>Requires</dt><dd><a href="([^"]+)">Net</a>', html)
    assert found is not None
    text = text_of(as_admin.get(found.group(1)))
    assert "The value is called net and is of the type double." in text
    assert "price * amount" in text
    assert "Requires no other decision" in text
    assert "It runs the command EvaluateDecisionCmd ," in text


def test_older_versions_are_chosen_and_another_one_is_not_there(as_admin: Person, engine: ProcessEngine) -> None:
    first, second = deploy_decision(engine), deploy_decision(engine, DECISION.replace(b">10<", b">12<"))
    assert "Version 2, the newest" in text_of(as_admin.get(f"/cockpit/decision/{second}"))
    html = as_admin.get(f"/cockpit/decision/{first}")
    assert f'<option value="{second}">2 (newest)</option>' in html
    response = as_admin.http.get(f"/cockpit/decision?version={second}")
    assert response.headers["location"] == f"/cockpit/decision/{second.replace(':', '%3A')}"
    assert "12" in rows_of(as_admin.get(response.headers["location"]))[0]
    as_admin.get("/cockpit/decision/nothing", status=404)


def test_the_file_is_shown_and_saved(as_admin: Person, decision: str) -> None:
    html = as_admin.get(decision)
    found = re.search(r'<a href="(/cockpit/deployment/[^"]+/file/[^"]+)">discount.dmn</a>', html)
    assert found is not None
    assert "<decision id=" in text_of(as_admin.get(found.group(1)))
    response = as_admin.http.get(f"{decision}/model")
    assert response.content == DECISION
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''discount.dmn"


def test_trying_it_says_which_rules_match_and_what_comes_out(
    as_admin: Person, engine: ProcessEngine, decision: str
) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    html = as_admin.get(decision)
    assert re.findall(r'name="name" value="([^"]*)"', html) == ["price", "amount", "kind", "", ""]
    assert "It runs the command EvaluateDecisionTableCmd , which telemetry counts" in text_of(html)
    response = evaluate(as_admin, decision, ("price", "", "100"), ("amount", "number", "12"), ("kind", "text", "gold"))
    assert response.status_code == 200
    assert "2 rules match: 1, 2" in text_of(response.text)
    assert re.findall(r'<tr class="matching">\s*<th scope="row">(\d)', response.text) == ["1", "2"]
    assert rows_of(response.text) == ["10", "5"]
    counted = engine.management_service.get_telemetry_data().to_dict()["product"]["internals"]["commands"]
    assert counted["EvaluateDecisionTableCmd"] == {"count": 1}
    assert "EvaluateDecisionCmd" not in counted


def test_what_was_filled_in_stays_and_no_match_is_said(as_admin: Person, decision: str) -> None:
    response = evaluate(
        as_admin, decision, ("net", "number", "5.5"), ("price", "", "1"), ("amount", "", "1"), ("kind", "", "")
    )
    assert "No rule matches." in text_of(response.text)
    assert re.findall(r'name="value" value="([^"]*)"', response.text) == ["5.5", "1", "1", "", "", ""]
    assert response.text.count('<option value="number" selected>') == 1


def test_values_and_results_with_markup_are_text(as_admin: Person, engine: ProcessEngine) -> None:
    content = (
        DECISION.replace(b"price * amount", b"price").replace(b' typeRef="double"', b"").replace(b">10<", b">net<")
    )
    content = (
        content.replace(b"Large orders", b"&lt;b onclick=alert(1)>")
        .replace(b"&gt;= 1000", b"-")
        .replace(b' typeRef="integer"', b"")
    )
    page = f"/cockpit/decision/{deploy_decision(engine, content)}"
    response = evaluate(as_admin, page, ("price", "text", MARKUP), ("kind", "text", MARKUP))
    assert response.status_code == 200
    assert MARKUP.replace('"', '\\"') in text_of(response.text)
    assert "<b onclick" not in response.text


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("number", "twelve", "Write a number"),
        ("number", "1e999", "Write a number"),
        ("boolean", "perhaps", "Write yes or no."),
        ("date", "tomorrow", "Write a date"),
    ],
)
def test_values_that_are_none_are_said_at_their_field(
    as_admin: Person, decision: str, kind: str, text: str, said: str
) -> None:
    response = evaluate(as_admin, decision, ("price", "", "1"), ("amount", kind, text))
    assert response.status_code == 422
    assert f'id="value-2-error">{said}' in response.text
    assert "rules match" not in response.text


def test_what_the_engine_cannot_evaluate_is_said(as_admin: Person, decision: str) -> None:
    response = evaluate(as_admin, decision, ("price", "text", "x"), ("amount", "number", "1"))
    assert response.status_code == 422
    assert "Unable to evaluate decision &#39;net&#39;" in response.text
    response = evaluate(as_admin, decision, ("kind", "text", "gold"))
    assert (response.status_code, "Unable to evaluate decision" in response.text) == (422, True)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("", "12", "12"),
        ("", "-1.5", "-1.5"),
        ("", "true", "true"),
        ("", "truly", '"truly"'),
        ("", "", "null"),
        ("text", "12", '"12"'),
        ("text", "", '""'),
        ("boolean", "Yes", "true"),
        ("number", " 7 ", "7"),
        ("date", "2026-12-24T18:00:00+00:00", '"2026-12-24'),
    ],
)
def test_values_are_of_the_type_that_was_chosen(
    as_admin: Person, engine: ProcessEngine, kind: str, text: str, expected: str
) -> None:
    content = DECISION.replace(b"price * amount", b"price").replace(b' typeRef="double"', b"")
    deploy_decision(engine, content)
    (net,) = engine.repository_service.decision_definitions(key="net")
    response = evaluate(as_admin, f"/cockpit/decision/{net.id}", ("price", kind, text))
    assert response.status_code == 200, text_of(response.text)
    assert rows_of(response.text)[0].startswith(expected)
