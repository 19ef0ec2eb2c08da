"""What a process instance waits for after what failed in it got another try, for who asked for that."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_entities import Incident
from webapps.cockpit.waiting_words import found_instance, named

_MOST = 3  # that are named


@dataclass(frozen=True)
class Failed:
    """A job or an external task that failed for good.

    Attributes:
        incident: In the instance that is looked at.
        kind: As incidents have it.
        its_id: Of the job, or of the external task.
        called: The id of the instance in which it failed, if that is another.
    """

    incident: Incident
    kind: str
    its_id: str
    called: str | None


def tried_again(engine: ProcessEngine, failed: Sequence[Failed]) -> str:
    """Some sentences: what each of them waits for now, so that nobody takes it for done."""
    shown = failed[:_MOST]
    definition_id = shown[0].incident.definition_id
    model = engine.repository_service.model_activities(definition_id) if definition_id else {}
    names = {key: one.name or key for key, one in model.items()}
    ids = [one.its_id for one in shown if one.kind == "failedExternalTask"]
    tasks = engine.external_task_service.external_tasks(external_task_ids=ids) if ids else []
    topics = {task.id: task.topic_name for task in tasks}
    said = list(dict.fromkeys(_sentence(engine, one, names, topics.get(one.its_id)) for one in shown))
    more = len(failed) - len(said)
    return " ".join(said) + (f" So {'is' if more == 1 else 'are'} {more} more." if more else "")


def _sentence(engine: ProcessEngine, one: Failed, names: dict[str, str], topic: str | None) -> str:
    place = one.incident.activity_id or "An activity"
    who = f"its {named(found_instance(engine, one.called))}" if one.called else "it"
    whom = f"a worker of topic {topic}" if topic else "the engine, which tries it as soon as it can"
    return f"{names.get(place, place)} is tried again: {who} waits for {whom}."
