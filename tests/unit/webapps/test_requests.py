import pytest

from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.exchange import Request


def request(body: bytes, content_type: str = "application/json") -> Request:
    return Request(method="POST", content_type=content_type, body=body)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_a_json_body_is_read(content_type: str) -> None:
    assert request(b'{"a": "\xc3\xa4"}', content_type).json() == {"a": "ä"}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_body_of_another_content_type_is_refused_with_415(content_type: str) -> None:
    with pytest.raises(InvalidRequestException) as refused:
        request(b"{}", content_type).json()
    assert refused.value.status == 415


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff", b"[" * 100_000, b'"\\ud800"', b"1" * 5000]
)
def test_a_body_that_is_not_json_is_refused_with_400(body: bytes) -> None:
    with pytest.raises(InvalidRequestException) as refused:
        request(body).json()
    assert refused.value.status == 400


def test_an_empty_body_is_an_empty_object_whatever_its_content_type() -> None:
    assert request(b"", "").json_object() == {}


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequestException, match="object"):
        request(body).json_object()
