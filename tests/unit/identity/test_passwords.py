"""Hashes of passwords."""

from argon2 import PasswordHasher, extract_parameters

from engine_telemetry.engine import passwords
from engine_telemetry.engine.commands.identity import CheckPassword, SaveUserCmd


def test_a_password_fits_its_hash_and_no_other_does() -> None:
    stored = passwords.hash_of("correct horse")
    assert passwords.fits("correct horse", stored)
    assert not passwords.fits("Correct horse", stored)
    assert not passwords.fits("", stored)


def test_two_hashes_of_one_password_differ() -> None:
    assert passwords.hash_of("correct horse") != passwords.hash_of("correct horse")


def test_without_a_hash_the_same_work_is_done_and_nothing_fits() -> None:
    real, dummy = extract_parameters(passwords.hash_of("correct horse")), extract_parameters(passwords.NOBODYS)
    assert real == dummy
    assert not passwords.fits("correct horse", None)


def test_a_hash_that_is_none_fits_nothing() -> None:
    assert not passwords.fits("correct horse", "correct horse")


def test_the_parameters_are_not_weaker_than_owasp_has_them() -> None:
    parameters = extract_parameters(passwords.hash_of("correct horse"))
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2
    assert parameters.type == PasswordHasher().type


def test_no_command_shows_a_password_or_its_hash() -> None:
    assert "correct" not in repr(CheckPassword("ann", "correct horse"))
    assert "argon2" not in repr(SaveUserCmd("ann", {"password": passwords.hash_of("correct horse")}, new=True))
