"""Where the REST API may be served without a password."""

import pytest

from engine_telemetry.configuration import Configuration, is_address, refusal


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost"])
def test_the_loopback_address_needs_no_password(host: str) -> None:
    assert refusal(Configuration(), host) is None


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "192.168.1.7", "fe80::1%eth0", "2001:db8::1", "::ffff:10.0.0.1", "engine.example"],  # noqa: S104
)
def test_beyond_it_the_message_names_the_address_the_setting_and_each_way_out(host: str) -> None:
    reason = refusal(Configuration(), host)
    assert reason is not None
    assert repr(host) in reason
    for part in ("restAuthentication is none: default", "ENGINE_REST_AUTHENTICATION=basic", "create-admin NAME"):
        assert part in reason
    assert "127.0.0.1" in reason
    assert "ENGINE_REST_ALLOW_UNAUTHENTICATED=true" in reason


@pytest.mark.parametrize(
    "configuration", [Configuration(rest_authentication="basic"), Configuration(rest_allow_unauthenticated=True)]
)
def test_a_password_or_a_word_opens_all_addresses(configuration: Configuration) -> None:
    assert refusal(configuration, "0.0.0.0") is None  # noqa: S104 - nothing is bound


def test_a_name_is_no_address() -> None:
    assert is_address("10.0.0.1")
    assert is_address("::")
    assert not is_address("10.0.0.1.example")
    assert not is_address("")
