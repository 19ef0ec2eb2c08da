"""Tasklist: the tabs of a task."""

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import TRAVEL, deploy, plain_model
from tests.integration.webapps.tasklist_pages import JOURNEY, only_task, page_of, plain_task, start_page, text_of

PARALLEL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test">
  <process id="both" name="Both" isExecutable="true"><startEvent id="start" name="Order came"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="fork"/><parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="pack"/><userTask id="pack" name="Pack"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="bill"/><userTask id="bill" name="Bill"/>
  </process></definitions>"""


def test_each_tab_has_an_address_and_carries_on_where_in_the_list_somebody_is(
    engine: ProcessEngine, as_user: Person
) -> None:
    task = plain_task(engine)
    for tab in ("", "/history", "/diagram", "/description"):
        html = as_user.get(page_of(task, f"{tab}?view=all&sort=name"))
        assert f'href="/tasklist/task/{task.id}{tab}?view=all&amp;sort=name" aria-current="page"' in html
        assert f"/tasklist/task/{task.id}/due?view=all&amp;sort=name&amp;tab={tab[1:] or 'form'}" in html


def test_the_history_of_a_task_is_told_in_sentences_the_latest_first(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    with engine.identity_service.acting_as("ann"):
        engine.task_service.set_assignee(task.id, "carol")
        engine.task_service.save(task.id, owner="ann", name="Else")
        engine.task_service.add_group_link(task.id, "clerks")
    steps = [
        ("take-over", {"assignee": "carol"}),
        ("unclaim", {}),
        ("claim", {}),
        ("due", {"new-due": "2030-12-24T18:00"}),
        ("follow-up", {"new-follow-up": "2030-12-01T18:00"}),
        ("follow-up", {"do": "clear"}),
        ("priority", {"new-priority": "90"}),
        ("candidates/remove", {"group": "clerks"}),
        ("assignee", {"assignee": "bob", "new-assignee": "bob"}),
        ("comments", {"new-comment": "Look at page 2.\nAnd 3."}),
        ("", {"do": "save", "assignee": "bob", "variable-0-name": "seat", "variable-0-value": "secret value"}),
    ]
    for action, fields in steps:
        assert as_user.act(page_of(task, f"/{action}".rstrip("/")), fields).status_code == 303
    html = as_user.get(page_of(task, "/history"))
    told = text_of(html[html.index('<ol class="events">') :])
    sentences = [
        "You set the variable seat.",
        "You commented: Look at page 2. And 3.",
        "You removed the candidate clerks.",
        "You changed the priority from 50 to 90.",
        "You removed the follow-up date.",
        "You set the follow-up date to 1 December 2030, 18:00 UTC.",
        "You set the due date to 24 December 2030, 18:00 UTC.",
        "You claimed the task.",
        "You took the assignee away from the task.",
        "You took the task over.",
        "ann added the candidate clerks.",
        "ann set the owner to ann.",
        "ann changed the name from Do it to Else.",
        "ann gave the task to carol.",
        "The task began to wait.",
    ]
    told = told.replace(" .", ".").replace(" :", ":")
    assert [sentence for sentence in sentences if sentence not in told] == []
    places = [told.index(sentence) for sentence in sentences if not sentence.startswith("ann ")]
    assert places == sorted(places)
    assert "secret value" not in told


def test_a_long_history_comes_in_parts(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    with engine.identity_service.acting_as("ann"):
        for number in range(30):
            engine.task_service.save(task.id, priority=number)
    html = as_user.get(page_of(task, "/history?page=1"))
    assert "began to wait" not in html
    assert "1 to 25 of 30" in html
    html = as_user.get(page_of(task, "/history?part=2"))
    assert "The task began to wait" in html
    assert "from 0 to 1" in html


def test_the_diagram_marks_this_task_and_what_is_done_and_leads_to_the_others(
    engine: ProcessEngine, as_user: Person
) -> None:
    deploy(engine, PARALLEL)
    engine.runtime_service.start_process_instance(key="both")
    pack, bill = engine.task_service.tasks(sort_by="name", sort_order="desc")
    html = as_user.get(page_of(pack, "/diagram"))
    for mark in ("start&#34;: [&#34;done", "bill&#34;: [&#34;waiting", "pack&#34;: [&#34;current"):
        assert f"&#34;{mark}&#34;]" in html
    assert html.count(f'href="/tasklist/task/{bill.id}/diagram?view=mine">Bill</a>') == 1
    assert "Done: Order came." in text_of(html)


def test_the_description_tells_of_the_task_the_process_and_the_variables(
    engine: ProcessEngine, as_user: Person
) -> None:
    deploy(engine, TRAVEL, plain_model())
    as_user.act(start_page(engine, "travel"), {**JOURNEY, "business_key": "TR-1"})
    task = only_task(engine)
    told = text_of(as_user.get(page_of(task, "/description")))
    assert "Look at the costs, and decide within a week." in told
    assert "Key and version travel, 1 Business key TR-1 Started" in told
    assert "by bob" in told
    assert f"Instance {task.instance_id} Task in the model approve" in told
    assert "destination String Rome" in told


def test_a_tab_that_is_not_shown_costs_nothing(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, TRAVEL)
    engine.runtime_service.start_process_instance(key="travel", variables={"file": "x" * 100_000})
    task = only_task(engine)
    assert all("xxx" not in as_user.get(page_of(task, tab)) for tab in ("", "/history", "/diagram"))
    assert "xxx" in as_user.get(page_of(task, "/description"))
