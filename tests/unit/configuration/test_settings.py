"""Which source wins, and what each setting accepts."""

import re
from dataclasses import FrozenInstanceError
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from traceback import format_exception

import pytest

from engine_telemetry.configuration import Configuration, do_not_track, settings
from engine_telemetry.exceptions import ConfigurationError


def refusal(**keywords: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Configuration.load(**keywords)
    return str(caught.value)


def test_nothing_given_means_undecided_and_no_endpoint() -> None:
    configuration = Configuration.load()
    assert configuration.initialize_telemetry is None
    assert configuration.telemetry_endpoint is None
    assert configuration.product_version == version("engine-telemetry")
    assert configuration.sources == {}
    assert configuration.source("telemetry_endpoint") == "default"


def test_a_setting_has_camundas_name_in_xml_and_an_upper_case_variable() -> None:
    setting = settings()["telemetry_ca_file"]
    assert (setting.xml_name, setting.variable) == ("telemetryCaFile", "ENGINE_TELEMETRY_CA_FILE")


def test_keyword_beats_environment_beats_file_beats_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "engine.xml"
    path.write_text(
        "<process-engine>\n<properties>\n<property name='productName'>file</property>\n"
        "<property name='productVersion'>file</property>\n<property name='databaseUrl'>file</property>\n"
        "</properties></process-engine>"
    )
    monkeypatch.setenv("ENGINE_PRODUCT_NAME", "environment")
    monkeypatch.setenv("ENGINE_PRODUCT_VERSION", "environment")
    configuration = Configuration.load(config_file=path, product_name="keyword")
    chosen = (configuration.product_name, configuration.product_version, configuration.database_url)
    assert chosen == ("keyword", "environment", "file")
    assert configuration.product_edition == "community"
    assert configuration.sources == {
        "product_name": "keyword",
        "product_version": "ENGINE_PRODUCT_VERSION",
        "database_url": f"{path}, line 5",
    }


def test_the_keyword_config_file_beats_engine_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("first", "second"):
        text = (
            f"<process-engine><properties><property name='productName' value='{name}'/></properties></process-engine>"
        )
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("ENGINE_CONFIG", str(tmp_path / "first"))
    assert Configuration.load().product_name == "first"
    assert Configuration.load(config_file=str(tmp_path / "second")).product_name == "second"


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_counts_as_left_out(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    for name in ("ENGINE_CONFIG", "ENGINE_INITIALIZE_TELEMETRY", "ENGINE_TELEMETRY_ENDPOINT"):
        monkeypatch.setenv(name, empty)
    assert Configuration.load() == Configuration()


def test_a_keyword_that_is_none_counts_as_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_INITIALIZE_TELEMETRY", "true")
    assert Configuration.load(initialize_telemetry=None).initialize_telemetry is True


@pytest.mark.parametrize("text", ["true", "TRUE", " Yes ", "on", "1"])
def test_texts_that_mean_true(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ENGINE_INITIALIZE_TELEMETRY", text)
    assert Configuration.load().initialize_telemetry is True


@pytest.mark.parametrize("text", ["false", "False", "no\n", "OFF", "0"])
def test_texts_that_mean_false(text: str) -> None:
    assert Configuration.load(initialize_telemetry=text).initialize_telemetry is False


@pytest.mark.parametrize("value", ["maybe", "null", "undecided", "2", "y", 1, 0, [], b"yes"])
def test_anything_else_is_no_decision(value: object) -> None:
    assert refusal(initialize_telemetry=value) == (
        f"The keyword initialize_telemetry has the value {value!r}. Accepted: true, yes, on, 1, or false, no, off, 0."
    )


def test_a_refused_variable_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_INITIALIZE_TELEMETRY", "maybe")
    assert refusal().startswith("The environment variable ENGINE_INITIALIZE_TELEMETRY has the value 'maybe'. Accepted:")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("telemetry_reporting_period", 2, timedelta(seconds=2)),
        ("telemetry_reporting_period", "0.5", timedelta(milliseconds=500)),
        ("telemetry_reporting_period", " 86400 ", timedelta(days=1)),
        ("telemetry_reporting_period", 315360000, timedelta(days=3650)),
        ("telemetry_request_timeout", 1500, timedelta(seconds=1.5)),
        ("telemetry_close_timeout", "1", timedelta(milliseconds=1)),
        ("telemetry_flush_interval", timedelta(minutes=5), timedelta(minutes=5)),
    ],
)
def test_a_number_is_in_the_settings_unit(field: str, value: object, expected: timedelta) -> None:
    assert getattr(Configuration.load(**{field: value}), field) == expected


OUT_OF_RANGE = (0, -1, "0", "-1", 315360001, 0.0001, 10**400, "9" * 5000, timedelta(0), timedelta.max)
NO_NUMBERS = ("1_0", "1e3", "nan", "inf", float("nan"), float("-inf"), True, "", "24h", "\u0661")


@pytest.mark.parametrize("value", [*OUT_OF_RANGE, *NO_NUMBERS], ids=range(20))
def test_a_period_out_of_range_is_refused(value: object) -> None:
    expected = "Accepted: seconds from 0.001 to 315360000; as a keyword also a timedelta."
    assert refusal(telemetry_reporting_period=value).endswith(expected)


@pytest.mark.parametrize("field", ["telemetry_flush_interval", "telemetry_request_timeout", "telemetry_close_timeout"])
@pytest.mark.parametrize("value", [0, -1, 10**12, timedelta(days=2)])
def test_other_spans_out_of_range_are_refused(field: str, value: object) -> None:
    assert f"The keyword {field} has the value {value!r}" in refusal(**{field: value})


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (10, 10), ("3", 3)])
def test_retries_are_a_whole_number(value: object, expected: int) -> None:
    assert Configuration.load(telemetry_request_retries=value).telemetry_request_retries == expected


@pytest.mark.parametrize("value", [-1, 11, 2.0, "2.5", "two", True])
def test_other_retries_are_refused(value: object) -> None:
    assert "Accepted: a whole number from 0 to 10." in refusal(telemetry_request_retries=value)


@pytest.mark.parametrize(
    "url",
    [
        "https://collector.example/reports?tenant=1",
        "HTTPS://[2001:db8::1]:8443",
        "https://bücher.example/",
        "http://127.0.0.1:8089/",
        "http://127.9.9.9",
        "http://[::1]:8089/x",
        "http://LOCALHOST",
    ],
)
def test_an_endpoint_is_https_or_local(url: str) -> None:
    assert Configuration.load(telemetry_endpoint=f" {url} ").telemetry_endpoint == url


@pytest.mark.parametrize(
    "url",
    [
        "collector.example/reports",
        "//collector.example",
        "ftp://collector.example",
        "ftp://127.0.0.1",
        "https://",
        "https:///path",
        "https://:443/",
        "https://collector.example:0",
        "https://collector.example:99999",
        "https://collector.example/#",
        "https://collector.example/#part",
        "https://a..example",
        "https://[::1",
        "https://good.example\\bad.example",
        "https://collector.example/a b",
        "https://collector\n.example",
        "https://collector.example/" + "x" * 2000,
        "http://collector.example",
        "http://128.0.0.1",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0",
    ],
)
def test_other_endpoints_are_refused_by_name(url: str) -> None:
    message = refusal(telemetry_endpoint=url)
    assert message.startswith(f"The keyword telemetry_endpoint has the value {url!r}. Accepted: an https URL")


def test_plain_http_is_accepted_on_demand() -> None:
    configuration = Configuration.load(telemetry_endpoint="http://inside", telemetry_allow_insecure_endpoint="yes")
    assert configuration.telemetry_endpoint == "http://inside"


@pytest.mark.parametrize("url", ["https://ann:secret@collector.example", "https://ann:sec/ret@c", "ann:secret@c"])
def test_an_endpoint_with_a_password_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Configuration.load(telemetry_endpoint=url)
    assert "as it may hold a password" in str(caught.value)
    assert not {"ann", "sec", "secret"} & set(re.split(r"\W+", "".join(format_exception(caught.value))))


def test_the_database_url_is_never_shown() -> None:
    configuration = Configuration.load(database_url="postgresql://ann:secret@host/name")
    assert "secret" not in repr(configuration)
    assert "as it may hold a password. Accepted: a SQLAlchemy URL." in refusal(database_url=["secret"])
    assert "secret" not in refusal(database_url=["secret"])


@pytest.mark.parametrize("value", ["gunicorn", "gunicorn/27.0.1 (uvicorn/0.54.0)", "My Server/1"])
def test_an_application_server_is_a_vendor_with_or_without_version(value: str) -> None:
    assert Configuration.load(application_server=value).application_server == value


@pytest.mark.parametrize("value", ["", "/1", "vendor/", "a\nb", "x" * 121])
def test_other_application_servers_are_refused(value: str) -> None:
    assert "Accepted: vendor or vendor/version" in refusal(application_server=value)


@pytest.mark.parametrize("field", ["product_name", "product_version"])
@pytest.mark.parametrize("value", ["", " ", "x" * 201, "a\x00", 7])
def test_a_product_text_is_printable_and_short(field: str, value: object) -> None:
    assert "Accepted: a printable text of 1 to 200 characters." in refusal(**{field: value})


def test_there_are_two_editions() -> None:
    assert Configuration.load(product_edition="enterprise").product_edition == "enterprise"
    assert "Accepted: community or enterprise." in refusal(product_edition="Enterprise")


def test_paths_are_texts_or_paths() -> None:
    configuration = Configuration.load(telemetry_state_directory="state", telemetry_ca_file=Path("ca.pem"))
    assert configuration.telemetry_state_directory == Path("state")
    assert configuration.telemetry_ca_file == Path("ca.pem")
    assert "Accepted: a path." in refusal(telemetry_state_directory=7)
    assert "Accepted: a path." in refusal(telemetry_client_certificate="a\0b")


@pytest.mark.parametrize("value", [7, "", "a\0b"])
def test_a_config_file_that_is_no_path_is_refused(value: object) -> None:
    assert f"The keyword config_file has the value {value!r}. Accepted: a path." in refusal(config_file=value)


def test_an_unknown_keyword_is_answered_with_the_nearest_name() -> None:
    assert refusal(telemetry_endpiont="x") == (
        "There is no setting 'telemetry_endpiont' (keyword). Did you mean 'telemetry_endpoint'?"
    )
    assert "Did you mean 'config_file'?" in refusal(configfile="x")
    assert "Known are: application_server, config_file, database_schema_update" in refusal(zzz=1)
    assert "There is no setting 'sources'" in refusal(sources={})


def test_an_unknown_telemetry_variable_is_answered_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_TELEMETRY_ENDPIONT", "x")
    assert refusal() == (
        "There is no setting 'ENGINE_TELEMETRY_ENDPIONT' (environment variable)."
        " Did you mean 'ENGINE_TELEMETRY_ENDPOINT'?"
    )


def test_other_engine_variables_belong_to_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_ROOM", "x")
    assert Configuration.load() == Configuration()


def test_a_configuration_made_without_load_is_checked_too() -> None:
    with pytest.raises(ConfigurationError, match="keyword telemetry_flush_interval"):
        Configuration(telemetry_flush_interval=timedelta(0))
    with pytest.raises(ConfigurationError, match="keyword product_version has the value None"):
        Configuration(product_version=None)  # type: ignore[arg-type] # what a caller without types may do


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Configuration().product_name = "other"  # type: ignore[misc] # this is what must fail


@pytest.mark.parametrize("value", ["1", "true", "yes", " anything "])
def test_do_not_track_forbids(value: str) -> None:
    assert do_not_track({"DO_NOT_TRACK": value})


@pytest.mark.parametrize("environ", [{}] + [{"DO_NOT_TRACK": text} for text in ("", " ", "0", "False", "no", "OFF")])
def test_do_not_track_does_not_forbid(environ: dict[str, str]) -> None:
    assert not do_not_track(environ)
