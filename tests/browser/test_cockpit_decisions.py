"""Decisions in a real browser, with and without JavaScript: found, read, tried."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import ADMINISTRATOR, NARROW, Browsing, Site, check_accessibility, check_width, save_picture
from tests.browser.test_cockpit_deployments import FOR_THE_GUIDE

pytestmark = pytest.mark.full

MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://e">
<decision id="net" name="Net price"><variable name="net" typeRef="double"/>
  <literalExpression><text>price * amount</text></literalExpression></decision>
<decision id="discount" name="Discount of an order">
  <informationRequirement><requiredDecision href="#net"/></informationRequirement>
  <decisionTable id="t" hitPolicy="COLLECT">
    <input label="Net price"><inputExpression typeRef="double"><text>net</text></inputExpression></input>
    <input label="Kind of customer"><inputExpression typeRef="string"><text>customer</text></inputExpression></input>
    <output name="rate" label="Rate in percent" typeRef="integer"/><output name="letter" typeRef="string"/>
    <rule id="r1"><description>Large orders of good customers</description>
      <inputEntry><text>&gt;= 1000</text></inputEntry><inputEntry><text>"gold","silver"</text></inputEntry>
      <outputEntry><text>10</text></outputEntry><outputEntry><text>"Thank you"</text></outputEntry></rule>
    <rule id="r2"><inputEntry><text>[500..1500)</text></inputEntry><inputEntry><text>-</text></inputEntry>
      <outputEntry><text>5</text></outputEntry><outputEntry><text></text></outputEntry></rule>
    <rule id="r3"><description>Everybody else</description>
      <inputEntry><text>&lt; 500</text></inputEntry><inputEntry><text></text></inputEntry>
      <outputEntry><text>0</text></outputEntry><outputEntry><text></text></outputEntry></rule>
  </decisionTable>
</decision></definitions>"""


@pytest.fixture(scope="module", autouse=True)
def decisions(site: Site) -> None:
    """Two versions."""
    for rate in ("10", "12"):
        content = MODEL.replace("<text>10</text>", f"<text>{rate}</text>").encode()
        files = {"data": ("discount.dmn", content)}
        answer = site.server.request("POST", "/engine-rest/deployment/create", files=files)
        assert answer.status_code == 200, answer.text


def newest(site: Site, key: str = "discount") -> str:
    (definition,) = site.server.get(f"/decision-definition?latestVersion=true&key={key}")
    return f"/cockpit/decision/{definition['id']}"


def fill_in(page: Page, **values: str) -> None:
    for name, text in values.items():
        page.get_by_role("group", name=name).get_by_label("Value").fill(text)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_decision_is_found_read_and_tried(browse: Browsing, javascript: bool) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    page.goto("/cockpit/")
    page.get_by_role("navigation", name="Cockpit").get_by_role("link", name="Decisions").click()
    page.get_by_label("Name or key has").fill("DISC")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Discount of an order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Discount of an order version 2")
    table = page.get_by_role("table", name="Rules of Discount of an order")
    expect(table.get_by_role("row")).to_have_count(5)
    expect(table.get_by_role("columnheader", name="Kind of customer")).to_contain_text("string")
    expect(table.get_by_role("cell", name="Everybody else")).to_be_visible()
    fill_in(page, price="125", amount="10", customer="gold")
    page.get_by_role("button", name="Evaluate").click()
    expect(page.get_by_text("2 rules match: 1, 2")).to_be_visible()
    expect(table.locator("tr.matching")).to_have_count(2)
    result = page.get_by_role("table", name="The result")
    expect(result.get_by_role("cell")).to_have_text(["12", '"Thank you"', "5", "null"])
    expect(page.get_by_role("group", name="price").get_by_label("Value")).to_have_value("125")
    page.get_by_label("Version", exact=True).select_option(label="1")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Discount of an order version 1")
    page.get_by_role("link", name="Net price").click()
    expect(page.get_by_role("region", name="Text of the expression")).to_have_text("price * amount")


def test_it_is_tried_by_the_keyboard_alone_and_a_wrong_value_is_said(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    page.goto(newest(site, "net"))
    page.get_by_role("group", name="price").get_by_label("Type").focus()
    page.keyboard.type("Number")
    page.keyboard.press("Tab")
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Write a number, as in 12 or 0.5.")).to_be_visible()
    check_accessibility(page)
    fill_in(page, price="2", amount="3.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="The result").get_by_role("cell")).to_have_text("7.0")


def test_the_file_is_looked_at_and_saved(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    page.goto(newest(site))
    with page.expect_download() as download:
        page.get_by_role("link", name="download").click()
    assert download.value.suggested_filename == "discount.dmn"
    page.get_by_role("link", name="discount.dmn").click()
    expect(page.get_by_role("region", name="Content of discount.dmn")).to_contain_text('<decision id="net"')


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_pages_are_accessible_and_fit(browse: Browsing, site: Site) -> None:
    wide, narrow = browse(ADMINISTRATOR, viewport=FOR_THE_GUIDE), browse(ADMINISTRATOR, viewport=NARROW)
    for path in ("/cockpit/decisions", "/cockpit/decisions?q=nothing", newest(site, "net"), newest(site)):
        for page in (wide, narrow):
            page.goto(path)
            check_width(page)
        check_accessibility(wide)
    fill_in(wide, price="125", amount="10", customer="gold")
    wide.get_by_role("button", name="Evaluate").click()
    expect(wide.get_by_text("2 rules match: 1, 2")).to_be_visible()
    check_accessibility(wide)
    wide.evaluate("scrollTo(0, 0)")
    save_picture(wide, "cockpit-decision")
