"""What people fill in about somebody: names, an e-mail address, a new password; and what is wrong with that."""

from collections.abc import Mapping
from http import HTTPStatus

from engine_telemetry.engine.entities import User
from webapps.visitor import Visitor

LONGEST = 255  # characters of a name or an address


def person_of(visitor: Visitor, user_id: str) -> User:
    """The user as the form describes it; what was left empty is ``None``."""
    first_name, last_name, email = (
        visitor.field(name).strip() or None for name in ("first_name", "last_name", "email")
    )
    return User(user_id, first_name, last_name, email)


def person_errors(person: User) -> dict[str, str]:
    """What is wrong, by the fields of the form."""
    texts = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
    errors = {
        name: f"At most {LONGEST} characters are kept." for name, text in texts.items() if text and len(text) > LONGEST
    }
    if person.email and not all(person.email.partition("@")):
        errors["email"] = "This is no e-mail address. Write it as in ann@example.com."
    return errors


def password_errors(visitor: Visitor) -> dict[str, str]:
    """What is wrong with a new password that was to be typed twice; its length is for the engine to judge."""
    differ = visitor.field("password") != visitor.field("again")
    return {"again": "The two passwords differ."} if differ else {}


def named(thing_id: str, name: str | None) -> str:
    """A user or a group in one line: the name, with the id behind it if that says something else."""
    if not name:
        return thing_id
    return name if name.casefold() == thing_id.casefold() else f"{name} ({thing_id})"


def full_name(person: User) -> str:
    """How somebody is called: first and last name, as far as they are known, or else the id."""
    return " ".join(filter(None, (person.first_name, person.last_name))) or person.id


def form_status(errors: Mapping[str, str]) -> HTTPStatus:
    """The status of a page with a form: 422 if it is shown again because of these."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
