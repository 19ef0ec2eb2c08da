from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.dates import date_from_json, date_to_json


def test_a_date_is_written_in_utc_with_milliseconds_and_an_offset_without_colon() -> None:
    berlin = timezone(timedelta(hours=1))
    assert date_to_json(datetime(2026, 11, 23, 4, 57, 55, 474999, berlin)) == "2026-11-23T03:57:55.474+0000"


def test_the_milliseconds_are_there_when_they_are_zero() -> None:
    assert date_to_json(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00.000+0000"


def test_no_date_is_null() -> None:
    assert date_to_json(None) is None


def test_a_date_with_an_offset_is_read_as_utc() -> None:
    assert date_from_json("2026-11-23T04:57:55.474+0100") == datetime(2026, 11, 23, 3, 57, 55, 474000, UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-23", "2026-11-23T03:57:55.474", "0001-01-01T00:00:00.000+0100"]
)
def test_other_forms_of_dates_are_refused_with_the_right_form_in_the_message(text: str) -> None:
    with pytest.raises(InvalidRequestException, match=r"2026-11-23T03:57:55.474\+0000"):
        date_from_json(text)
