from __future__ import annotations

from pathlib import Path

import pytest

from schemas.settings import SETTINGS, Settings, SettingsError, load_settings

GIVEN = {"TIERLINE_BROKER": "kafka:9092", "TIERLINE_STORE": "redis://store:6379/0"}


def mistakes(env: dict[str, str], overrides: dict[str, str | None] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings({**GIVEN, **env}, overrides)
    return caught.value.mistakes


def test_two_addresses_are_enough_and_all_else_has_a_default() -> None:
    assert load_settings(GIVEN) == Settings(broker="kafka:9092", store="redis://store:6379/0")


def test_defaults_by_text_are_those_of_the_struct() -> None:
    bare = Settings(broker="", store="")
    for setting in SETTINGS:
        if setting.default is not None:
            assert setting.read(setting.default) == getattr(bare, setting.field), setting.name


def test_every_setting_is_read_from_its_variable() -> None:
    env = {
        "TIERLINE_BROKER": "a:1, b:2",
        "TIERLINE_STORE": "rediss://user:secret@store:6380/3",
        "TIERLINE_POLICIES": "rules/2026",
        "TIERLINE_GROUP": "retail",
        "TIERLINE_TOPIC_PREFIX": "test.",
        "TIERLINE_NAMESPACE": "retail:",
        "TIERLINE_TIMEZONE": "Europe/London",
        "TIERLINE_BASE_CURRENCY": "GBP",
        "TIERLINE_CUTOFF": "22:00",
        "TIERLINE_CLOSE_GRACE": "90m",
        "TIERLINE_CLOCK": "log",
        "TIERLINE_WEB_HOST": "0.0.0.0",
        "TIERLINE_WEB_PORT": "8080",
        "TIERLINE_CACHE_BYTES": "512MiB",
        "TIERLINE_SESSION_TIMEOUT": "6s",
        "TIERLINE_OWNER_CAP": "500",
    }
    assert set(env) == {setting.variable for setting in SETTINGS}
    assert load_settings(env) == Settings(
        broker="a:1,b:2",
        store="rediss://user:secret@store:6380/3",
        policies=Path("rules/2026"),
        group="retail",
        topic_prefix="test.",
        namespace="retail:",
        timezone="Europe/London",
        base_currency="GBP",
        cutoff="22:00",
        close_grace_s=5400,
        clock="log",
        web_host="0.0.0.0",
        web_port=8080,
        cache_bytes=512 * 1024**2,
        session_timeout_s=6,
        owner_cap=500,
    )


def test_a_flag_comes_before_the_environment_and_a_flag_not_given_does_not() -> None:
    settings = load_settings({**GIVEN, "TIERLINE_GROUP": "from-env"}, {"BROKER": "flag:1", "GROUP": None})
    assert (settings.broker, settings.group) == ("flag:1", "from-env")


def test_all_mistakes_are_told_at_once_with_name_value_and_what_was_expected() -> None:
    told = mistakes(
        {
            "TIERLINE_WEB_PORT": "65536",
            "TIERLINE_CLOCK": "sun",
            "TIERLINE_TIMEZONE": "Asia/Shangai",
            "TIERLINE_GRUOP": "x",
        },
        {"CUTOFF": "24:00"},
    )
    assert told == [
        "TIERLINE_GRUOP is no setting; did you mean TIERLINE_GROUP? Mend its name or unset it",
        "TIERLINE_TIMEZONE is 'Asia/Shangai'; expected a zone such as Asia/Shanghai; did you mean Asia/Shanghai?",
        "--cutoff is '24:00'; expected HH:MM, 00:00 to 23:59",
        "TIERLINE_CLOCK is 'sun'; expected wall or log",
        "TIERLINE_WEB_PORT is '65536'; expected 1 to 65535; a port is a number from 1 to 65535",
    ]


def test_the_text_of_the_error_has_every_mistake() -> None:
    with pytest.raises(SettingsError, match="3 mistakes in the settings") as caught:
        load_settings({"TIERLINE_CLOCK": "sun"})
    assert all(mistake in str(caught.value) for mistake in caught.value.mistakes)


def test_a_missing_address_names_the_command_that_gives_one() -> None:
    with pytest.raises(SettingsError, match=r"TIERLINE_BROKER is not set.*tierline local up.*--broker"):
        load_settings({"TIERLINE_STORE": "redis://s:1"})


def test_what_a_command_does_not_need_may_be_missing() -> None:
    assert load_settings({}, need=()).broker == ""


def test_a_password_is_not_shown_in_a_mistake() -> None:
    [told] = mistakes({"TIERLINE_STORE": "valkey://user:secret@store:6379/0"})
    assert "secret" not in told
    assert "valkey://***@store:6379/0" in told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BROKER", ""),
        ("BROKER", "kafka"),
        ("BROKER", "kafka:0"),
        ("BROKER", "kafka:65536"),
        ("BROKER", "kafka:9092,"),
        ("BROKER", "kafka://kafka:9092"),
        ("STORE", ""),
        ("STORE", "store:6379"),
        ("STORE", "redis://"),
        ("STORE", "redis://store:"),
        ("STORE", "redis://store:99999"),
        ("STORE", "redis://store:6379/first"),
        ("STORE", "unix://"),
        ("POLICIES", ""),
        ("GROUP", ""),
        ("GROUP", "a b"),
        ("GROUP", "a" * 201),
        ("TOPIC_PREFIX", "a/"),
        ("TOPIC_PREFIX", "a" * 201),
        ("NAMESPACE", "{a}"),
        ("NAMESPACE", "a" * 101),
        ("TIMEZONE", ""),
        ("TIMEZONE", "Asia"),
        ("TIMEZONE", "../etc/passwd"),
        ("BASE_CURRENCY", "cny"),
        ("BASE_CURRENCY", "YUAN"),
        ("CUTOFF", "7:00"),
        ("CUTOFF", "23:60"),
        ("CLOSE_GRACE", "7200"),
        ("CLOSE_GRACE", "-1h"),
        ("CLOSE_GRACE", "604801s"),
        ("CLOCK", "WALL"),
        ("WEB_HOST", "a b"),
        ("WEB_PORT", "0"),
        ("WEB_PORT", "80.5"),
        ("CACHE_BYTES", "1048575"),
        ("CACHE_BYTES", "1GB"),
        ("SESSION_TIMEOUT", "5s"),
        ("SESSION_TIMEOUT", "301s"),
        ("SESSION_TIMEOUT", "30"),
    ],
)
def test_a_wrong_value_is_one_mistake(name: str, text: str) -> None:
    assert len(mistakes({f"TIERLINE_{name}": text})) == 1


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("BROKER", "[::1]:9092", "[::1]:9092"),
        ("STORE", "redis://store", "redis://store"),
        ("STORE", "unix:///run/valkey.sock", "unix:///run/valkey.sock"),
        ("GROUP", "a" * 200, "a" * 200),
        ("CUTOFF", "23:59", "23:59"),
        ("CLOSE_GRACE", "0s", 0),
        ("CLOSE_GRACE", "7d", 604_800),
        ("WEB_PORT", "1", 1),
        ("WEB_PORT", "65535", 65_535),
        ("CACHE_BYTES", "1MiB", 1_048_576),
        ("CACHE_BYTES", " 1048576 ", 1_048_576),
        ("SESSION_TIMEOUT", "6s", 6),
        ("SESSION_TIMEOUT", "5m", 300),
    ],
)
def test_a_value_at_its_bound_is_taken(name: str, text: str, value: object) -> None:
    [setting] = [setting for setting in SETTINGS if setting.name == name]
    assert getattr(load_settings({**GIVEN, setting.variable: text}), setting.field) == value


def test_topics_have_the_prefix() -> None:
    assert Settings(broker="", store="", topic_prefix="test.").topic("journal") == "test.journal"
