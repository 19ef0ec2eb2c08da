"""Forms: how they are read, what they refuse to be, and which values they accept."""

from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine_telemetry.engine.bpmn.document import read_document
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.expressions import evaluate
from engine_telemetry.engine.form_data import find_form_problems, read_form
from engine_telemetry.engine.forms import Form, FormField
from engine_telemetry.exceptions import FormFieldValidationException

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
CHRISTMAS = datetime(2026, 12, 24, tzinfo=UTC)


def _read(form_data: str, attributes: str = "") -> Form:
    content = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t" xmlns:camunda='
        f'"{CAMUNDA}"><process id="p"><startEvent id="timed"><timerEventDefinition/></startEvent><startEvent id="s" '
        f"{attributes}><extensionElements>{form_data}</extensionElements></startEvent></process></definitions>"
    )
    return read_form(read_document("a.bpmn", content.encode()), "p")


def _accept(field: FormField, value: object, **variables: TypedValue) -> object:
    accepted = Form(fields=(field,)).accept({field.id: value}, variables)[field.id]
    assert isinstance(accepted, TypedValue)
    return accepted.value


def test_a_form_is_read_from_the_start_event_without_a_trigger() -> None:
    form = _read(
        """<camunda:formData businessKey="size"><camunda:formField id="size" label="Size" type="enum" defaultValue="m">
        <camunda:properties><camunda:property id="hint" value="as drawn"/></camunda:properties>
        <camunda:validation><camunda:constraint name="required"/><camunda:constraint name="maxlength" config="3"/>
        </camunda:validation><camunda:value id="m" name="Medium"/><camunda:value id="l"/></camunda:formField>
        <camunda:formField id="day" type="date" datePattern="yyyy-MM-dd HH:mm"/></camunda:formData>""",
        'camunda:formKey="embedded:app:a.html"',
    )
    size = FormField(
        "size",
        "enum",
        label="Size",
        default="m",
        values={"m": "Medium", "l": "l"},
        constraints={"required": "", "maxlength": "3"},
        properties={"hint": "as drawn"},
    )
    day = FormField("day", "date", date_pattern="yyyy-MM-dd HH:mm")
    assert form == Form("embedded:app:a.html", (size, day), "size")
    assert form.fields[0].required
    assert not form.fields[0].readonly


def test_an_activity_without_a_form_has_an_empty_one() -> None:
    assert _read("") == Form()
    assert read_form(etree.fromstring(b"<a/>"), "nowhere") == Form()


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (FormField("f", "string"), "text ", "text "),
        (FormField("f", "string"), 5, "5"),
        (FormField("f", "string"), "", ""),
        (FormField("f", "long"), " 5 ", 5),
        (FormField("f", "long"), "-9223372036854775808", -(2**63)),
        (FormField("f", "long"), 5.0, 5),
        (FormField("f", "long"), "", None),
        (FormField("f", "boolean"), "True", True),
        (FormField("f", "boolean"), False, False),
        (FormField("f", "date"), "24/12/2026", CHRISTMAS),
        (FormField("f", "date"), "2026-12-24", CHRISTMAS),
        (FormField("f", "date"), "2026-12-24T01:00:00.000+0100", CHRISTMAS),
        (FormField("f", "date"), CHRISTMAS, CHRISTMAS),
        (FormField("f", "date", date_pattern="MM-dd yyyy"), "12-24 2026", CHRISTMAS),
        (FormField("f", "enum", values={"a": "A"}), "a", "a"),
        (FormField("f", "enum", values={"a": "A"}), None, None),
    ],
)
def test_a_value_becomes_one_of_its_fields_type(field: FormField, value: object, expected: object) -> None:
    accepted = _accept(field, value)
    assert accepted == expected
    assert type(accepted) is type(expected)
    typed = TypedValue("String" if isinstance(value, str) else "Object", value)
    assert _accept(field, typed) == expected


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (FormField("f", "string"), [1], "is no string"),
        (FormField("f", "long"), "5.5", "'5.5' is no long"),
        (FormField("f", "long"), 2**63, "is no long"),
        (FormField("f", "long"), True, "is no long"),
        (FormField("f", "boolean"), "yes", "'yes' is no boolean"),
        (FormField("f", "boolean"), 1, "is no boolean"),
        (FormField("f", "date"), "12/24/2026", "is no date in the form dd/MM/yyyy or ISO 8601"),
        (FormField("f", "enum", values={"a": "A", "b": "B"}), "c", "'c' is no enum; use one of a, b"),
        (FormField("f", "string", constraints={"required": ""}), "", "validation of required() failed"),
        (FormField("f", "long", constraints={"required": ""}), None, "validation of required() failed"),
        (FormField("f", "string", constraints={"readonly": ""}), "a", "validation of readonly() failed"),
        (FormField("f", "string", constraints={"minlength": "2"}), "a", "validation of minlength(2) failed"),
        (FormField("f", "string", constraints={"maxlength": "2"}), "abc", "validation of maxlength(2) failed"),
        (FormField("f", "long", constraints={"min": "2"}), "1", "validation of min(2) failed"),
        (FormField("f", "long", constraints={"max": "2"}), 3, "validation of max(2) failed"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_with_field_and_rule(
    field: FormField, value: object, reason: str
) -> None:
    with pytest.raises(FormFieldValidationException) as caught:
        _accept(field, value)
    assert "form field 'f'" in str(caught.value)
    assert reason in str(caught.value)


@pytest.mark.parametrize(("name", "setting"), [("min", "2"), ("max", "2"), ("minlength", "1"), ("maxlength", "1")])
def test_no_value_keeps_every_limit(name: str, setting: str) -> None:
    kind = "long" if len(name) == 3 else "string"
    assert _accept(FormField("f", kind, constraints={name: setting}), None) is None


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [("min", "long", 2), ("max", "long", 2), ("minlength", "string", "ab"), ("maxlength", "enum", "ab")],
)
def test_a_limit_itself_is_accepted(name: str, kind: str, value: object) -> None:
    assert _accept(FormField("f", kind, constraints={name: "2"}, values={"ab": "AB"}), value) == value


def test_a_field_that_must_have_a_value_may_have_it_already() -> None:
    form = Form(fields=(FormField("f", "string", constraints={"required": ""}),))
    assert form.accept({}, {"f": TypedValue("String", "old")}) == {}
    for variables in ({}, {"f": TypedValue("Null", None)}):
        with pytest.raises(FormFieldValidationException):
            form.accept({}, variables)


def test_further_variables_are_kept_as_they_are() -> None:
    assert Form().accept({"x": [1], "y": TypedValue("Short", 1)}, {}) == {"x": [1], "y": TypedValue("Short", 1)}


def test_a_form_shows_variables_and_else_defaults_and_submits_the_defaults_only() -> None:
    fields = (
        FormField("a", "long", default="${b + 1}"),
        FormField("b", "long", default="9"),
        FormField("c", "boolean", default="true"),
        FormField("d", "string"),
        FormField("e", "date", default="${now()}"),
        FormField("f", "long"),
    )
    variables = {"b": TypedValue("Integer", 1), "d": TypedValue("Null", None), "f": TypedValue("String", "odd")}
    names = {name: value.value for name, value in variables.items()}
    form = Form("${'key' + b}", fields).filled(variables, partial(evaluate, names=names, now=CHRISTMAS))
    assert form.key == "key1"
    assert [one.value for one in form.fields] == [2, 1, True, None, CHRISTMAS, "odd"]
    assert [one.text for one in form.fields] == ["2", "1", "true", "", "24/12/2026", "odd"]
    assert form.accept({}, variables) == {
        "a": TypedValue("Long", 2),
        "c": TypedValue("Boolean", value=True),
        "e": TypedValue("Date", CHRISTMAS),
    }


def test_a_date_is_shown_in_utc_as_it_is_read() -> None:
    west = CHRISTMAS.astimezone(timezone(timedelta(hours=-8)))
    field = FormField("f", "date", date_pattern="dd.MM.yyyy HH:mm:ss 100%", value=west)
    assert field.text == "24.12.2026 00:00:00 100%"
    assert _accept(field, field.text) == CHRISTMAS


@pytest.mark.parametrize(
    ("attributes", "inside", "reason"),
    [
        ('type="long"', "", "it needs an id"),
        (f'id="{"a" * 256}" type="long"', "", "it needs an id of at most 255 characters"),
        ('id="a"', "", "its type is None; use one of boolean, date, enum, long, string"),
        ('id="a" type="address"', "", "its type is 'address'"),
        ('id="a" type="date" datePattern="EEE dd"', "", "'EEE' in the date pattern 'EEE dd' is not supported"),
        ('id="a" type="long" defaultValue="five"', "", "its default cannot be used: Invalid value"),
        ('id="a" type="long" defaultValue="${__import__(0)}"', "", "there is no function '__import__'"),
        ('id="a" type="long" defaultValue="${bean.run()}"', "", "no bean 'bean' is registered"),
        ('id="a" type="string"', 'name="validator" config="A"', "the constraint 'validator' is unknown"),
        ('id="a" type="string"', 'name="required" config="false"', "'required' takes no setting"),
        ('id="a" type="string"', 'name="min" config="1"', "'min' is for fields of type long"),
        ('id="a" type="long"', 'name="min" config="${x}"', "'min' needs a whole number, and has '${x}'"),
        ('id="a" type="enum"', "<camunda:value name='A'/>", "each of its values needs an id"),
        ('id="a" type="long"', "<camunda:script/>", "Element 'script' is not supported in a form"),
    ],
)
def test_what_cannot_work_is_a_problem_with_its_element_and_line(attributes: str, inside: str, reason: str) -> None:
    if inside.startswith("name"):
        inside = f"<camunda:validation><camunda:constraint {inside}/></camunda:validation>"
    data = etree.fromstring(
        f'<task id="t" xmlns:camunda="{CAMUNDA}">\n<camunda:formData>\n'
        f"<camunda:formField {attributes}>{inside}</camunda:formField></camunda:formData></task>"
    )[0]
    [problem] = find_form_problems(data)
    assert reason in problem.message
    assert problem.line == 3
    assert list(find_form_problems(data, {"bean"})) == ([] if "bean" in reason else [problem])


def test_fields_have_different_ids_and_the_business_key_is_one_of_them() -> None:
    data = etree.fromstring(
        f'<c:formData xmlns:c="{CAMUNDA}" businessKey="k"><c:formField id="a" type="long"/>'
        '<c:formField id="a" type="long"/></c:formData>'
    )
    messages = [problem.message for problem in find_form_problems(data)]
    assert messages == ["There are two form fields 'a'", "The business key 'k' is no field of the form"]


@settings(deadline=None)
@given(
    st.sampled_from(["string", "long", "boolean", "date", "enum"]),
    st.text() | st.integers() | st.floats() | st.lists(st.none()),
)
def test_no_value_raises_another_error(kind: str, value: object) -> None:
    try:
        _accept(FormField("f", kind, values={"a": "A"}, constraints={"required": "", "maxlength": "5"}), value)
    except FormFieldValidationException:
        return
