"""Ids: UUIDs in the order of time."""

from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from engine_telemetry.engine.ids import new_id
from engine_telemetry.engine.persistence.variables import row_id


def test_ids_are_uuids_of_version_7() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {(UUID(one).version, UUID(one).variant, str(UUID(one)) in ids) for one in ids} == {
        (7, "specified in RFC 4122", True)
    }


def test_the_id_of_a_variable_stands_beside_its_scope() -> None:
    scope = new_id()
    first, second = (row_id(scope, name) for name in ("first", "second"))
    assert first != second
    assert first == row_id(scope, "first")
    assert first[:13] == scope[:13]
    assert UUID(first).version == 8


def test_a_variable_of_an_older_scope_keeps_its_id() -> None:
    scope = str(uuid4())
    assert row_id(scope, "name") == str(uuid5(NAMESPACE_OID, f"{scope}/name"))
