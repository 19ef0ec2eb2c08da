"""Rows of deployments, their files, and the process definitions in them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select

from engine_telemetry.engine.entities import Deployment, ProcessDefinition, Resource
from engine_telemetry.engine.persistence.listings import DEPLOYMENTS, to_definition
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import deployment, process_definition, process_instance, resource
from engine_telemetry.engine.persistence.versions import fits_binding


def insert_deployment(connection: Connection, new: Deployment, resources: Iterable[Mapping[str, object]]) -> None:
    """Store a deployment with its files, given as rows, and its process definitions."""
    connection.execute(
        insert(deployment).values(id=new.id, name=new.name, source=new.source, deployment_time=new.deployment_time)
    )
    connection.execute(insert(resource), [{"deployment_id": new.id, **row} for row in resources])
    if new.process_definitions:
        connection.execute(insert(process_definition), [_row(one) for one in new.process_definitions])


def _row(definition: ProcessDefinition) -> dict[str, object]:
    return {
        "id": definition.id,
        "key": definition.key,
        "version": definition.version,
        "name": definition.name,
        "version_tag": definition.version_tag,
        "deployment_id": definition.deployment_id,
        "resource_name": definition.resource,
        "suspended": definition.suspended,
        "history_time_to_live": definition.history_time_to_live,
        "startable_in_tasklist": definition.startable_in_tasklist,
    }


def latest_digests(connection: Connection, name: str, source: str | None) -> dict[str, str]:
    """The digest of the latest file of each name in the deployments of this name and source."""
    statement = (
        select(resource.c.name, resource.c.digest)
        .join_from(resource, deployment)
        .where(deployment.c.name == name, _same(source))
        .order_by(deployment.c.deployment_time)
    )
    return {row.name: row.digest for row in connection.execute(statement)}


def latest_deployment(connection: Connection, name: str, source: str | None) -> Deployment | None:
    """The latest deployment of this name and source."""
    statement = (
        select(deployment)
        .where(deployment.c.name == name, _same(source))
        .order_by(deployment.c.deployment_time.desc())
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else DEPLOYMENTS.entity(row)


def _same(source: str | None) -> ColumnElement[bool]:
    return deployment.c.source.is_(None) if source is None else deployment.c.source == source


def count_instances(connection: Connection, deployment_id: str) -> int:
    """How many instances the definitions of a deployment have."""
    statement = (
        select(func.count())
        .select_from(process_instance)
        .join(process_definition)
        .where(process_definition.c.deployment_id == deployment_id)
    )
    return connection.execute(statement).scalar_one()


def find_instances(connection: Connection, deployment_id: str) -> list[str]:
    """The instances of the definitions of a deployment."""
    statement = (
        select(process_instance.c.id)
        .join(process_definition)
        .where(process_definition.c.deployment_id == deployment_id)
        .order_by(process_instance.c.id)
    )
    return list(connection.execute(statement).scalars())


def find_keys(connection: Connection, deployment_id: str) -> list[str]:
    """The keys of the process definitions of a deployment."""
    statement = select(process_definition.c.key).where(process_definition.c.deployment_id == deployment_id)
    return list(connection.execute(statement).scalars())


def delete_deployment(connection: Connection, deployment_id: str) -> bool:
    """Delete a deployment with its files and definitions; false if there is none."""
    return connection.execute(delete(deployment).where(deployment.c.id == deployment_id)).rowcount > 0


def find_resources(connection: Connection, deployment_id: str) -> list[Resource]:
    """The files of a deployment, without their content."""
    statement = select(resource.c.id, resource.c.name).where(resource.c.deployment_id == deployment_id)
    return [
        Resource(row.id, row.name, deployment_id) for row in connection.execute(statement.order_by(resource.c.name))
    ]


def read_content(connection: Connection, deployment_id: str, *, resource_id: str) -> bytes | None:
    """The content of a file of a deployment."""
    statement = select(resource.c.content).where(
        resource.c.deployment_id == deployment_id, resource.c.id == resource_id
    )
    return connection.execute(statement).scalar_one_or_none()


def read_model(connection: Connection, definition_id: str) -> bytes | None:
    """The file that a definition came from."""
    statement = (
        select(resource.c.content)
        .join(process_definition, process_definition.c.deployment_id == resource.c.deployment_id)
        .where(process_definition.c.id == definition_id, process_definition.c.resource_name == resource.c.name)
    )
    return connection.execute(statement).scalar_one_or_none()


def find_definition(connection: Connection, definition_id: str) -> ProcessDefinition | None:
    """The process definition with this id."""
    return _definition(connection, _BY_ID, definition_id)


def find_latest_definition(connection: Connection, key: str) -> ProcessDefinition | None:
    """The latest process definition of this key."""
    return _definition(connection, _LATEST, key)


def find_bound_definition(
    connection: Connection, key: str, binding: str, value: str | None, caller_definition_id: str
) -> str | None:
    """The id of the definition that is called: see ``fits_binding``."""
    which = fits_binding(process_definition, key, binding, value, caller_definition_id)
    row = connection.execute(_LATEST_FIRST.where(which)).one_or_none()
    return None if row is None else row.id


_LATEST_FIRST = select(process_definition).order_by(process_definition.c.version.desc()).limit(1)
_BY_ID = Prepared(_LATEST_FIRST.where(process_definition.c.id == bindparam("wanted")))
_LATEST = Prepared(_LATEST_FIRST.where(process_definition.c.key == bindparam("wanted")))


def _definition(connection: Connection, statement: Prepared, wanted: str) -> ProcessDefinition | None:
    row = statement.fetch_one(connection, {"wanted": wanted})
    return None if row is None else to_definition(row)
