"""Settings, from the environment and from flags of the same name; all mistakes are reported at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from schemas import setting_values as values
from schemas.mistakes import Mistake

PREFIX: Final = "TIERLINE_"
"""How every environment variable of ours begins; one that begins so and is no setting is a mistake."""

Clock = Literal["wall", "log"]


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """How one program of Tierline runs. What each one means is told by ``SETTINGS``."""

    broker: str
    store: str
    policies: Path = Path("policies")
    group: str = "tierline"
    topic_prefix: str = ""
    namespace: str = ""
    timezone: str = "Asia/Shanghai"
    base_currency: str = "CNY"
    cutoff: str = "00:00"
    close_grace_s: int = 7200
    clock: Clock = "wall"
    web_host: str = "127.0.0.1"
    web_port: int = 6066
    cache_bytes: int = 1024**3
    session_timeout_s: int = 30
    owner_cap: int = 800

    def topic(self, name: str) -> str:
        """The broker's name of a topic of the contract."""
        return f"{self.topic_prefix}{name}"


class Setting(NamedTuple):
    """One setting: ``name`` without prefix; ``read`` turns its text into the value, ``ValueError`` if it cannot.

    ``expected`` says what a good value looks like; ``default`` is the text that stands if none is given, None if one must be.
    """

    name: str
    field: str
    read: Callable[[str], Any]
    default: str | None
    expected: str
    help: str

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"{PREFIX}{self.name}"

    @property
    def flag(self) -> str:
        """Its command line flag."""
        return "--" + self.name.lower().replace("_", "-")


SETTINGS: Final = (
    Setting("BROKER", "broker", values.broker, None, "host:port, several parted by commas", "Kafka to connect to."),
    Setting("STORE", "store", values.store, None, "redis://host:port/0 (or rediss://, unix://)", "Redis or Valkey to keep state in."),
    Setting("POLICIES", "policies", values.folder, "policies", "a folder", "Folder of the bank's policy files."),
    Setting("GROUP", "group", values.group, "tierline", "1 to 200 of a-z A-Z 0-9 . _ -", "Consumer group of the workers."),
    Setting("TOPIC_PREFIX", "topic_prefix", values.topic_prefix, "", "at most 200 of a-z A-Z 0-9 . _ -", "Put before every topic's name."),
    Setting("NAMESPACE", "namespace", values.namespace, "", "at most 100 of a-z A-Z 0-9 . _ : -", "Put before every key in the store."),
    Setting("TIMEZONE", "timezone", values.timezone, "Asia/Shanghai", "a zone such as Asia/Shanghai", "The bank's time zone; fixed once used."),
    Setting("BASE_CURRENCY", "base_currency", values.currency, "CNY", "three letters (ISO 4217)", "Currency of all measures; fixed once used."),
    Setting("CUTOFF", "cutoff", values.cutoff, "00:00", "HH:MM, 00:00 to 23:59", "Local time at which a business day begins; fixed once used."),
    Setting("CLOSE_GRACE", "close_grace_s", values.duration_s, "2h", "a duration up to 7d such as 90m, 2h", "How long after its end a day is closed."),
    Setting("CLOCK", "clock", values.clock, "wall", "wall or log", "wall: days also close while nothing arrives; log: by records alone."),
    Setting("WEB_HOST", "web_host", values.host, "127.0.0.1", "a host name or address", "Address that the worker's pages listen on."),
    Setting("WEB_PORT", "web_port", values.port, "6066", "1 to 65535", "Port of the worker's pages."),
    Setting("CACHE_BYTES", "cache_bytes", values.size_bytes, "1GiB", "a size from 1MiB such as 512MiB, 2GiB", "Memory for customers of all partitions of a worker."),
    Setting("SESSION_TIMEOUT", "session_timeout_s", values.session_timeout_s, "30s", "a duration from 6s to 5m", "How long a silent worker keeps its partitions."),
    Setting("OWNER_CAP", "owner_cap", values.owner_cap, "800", "a whole number from 1 to 1000000", "Customers that one owner should look after at most."),
)  # fmt: skip
"""Every setting, in the order of the help pages."""


class SettingsError(Mistake):
    """Settings that cannot be used; ``mistakes`` has one sentence for each, and the text has them all.

    ``readable`` are the values of those without a mistake, by field of ``Settings``.
    """

    def __init__(self, mistakes: list[str], readable: Mapping[str, Any]) -> None:
        self.mistakes = mistakes
        self.readable = readable
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__("\n".join([f"{count} in the settings:", *(f"  {mistake}" for mistake in mistakes)]))


def load_settings(
    env: Mapping[str, str],
    overrides: Mapping[str, str | None] | None = None,
    need: Collection[str] = ("BROKER", "STORE"),
) -> Settings:
    """Settings from ``env``; ``overrides`` (name without prefix to a flag's text, None if not given) come first.

    ``need`` names those without a default that must be given; the others are empty if they are not. Raises
    ``SettingsError`` with every mistake found.
    """
    overrides = overrides or {}
    mistakes = _unknown(env)
    found: dict[str, Any] = {}
    for setting in SETTINGS:
        given = overrides.get(setting.name)
        text, source = (given, setting.flag) if given is not None else (env.get(setting.variable), setting.variable)
        if text is None:
            text = setting.default
        if text is None:
            if setting.name in need:
                mistakes.append(_missing(setting))
            found[setting.field] = ""
            continue
        try:
            found[setting.field] = setting.read(text.strip())
        except ValueError as error:
            mistakes.append(_wrong(setting, source, text, str(error)))
    if mistakes:
        raise SettingsError(mistakes, found)
    return Settings(**found)


def _missing(setting: Setting) -> str:
    return (
        f"{setting.variable} is not set; expected {setting.expected}: run `tierline local up` and take over the lines that it "
        f"prints, or give {setting.flag}"
    )


def _wrong(setting: Setting, source: str, text: str, remedy: str) -> str:
    shown = values.without_password(text) if setting.name == "STORE" else text
    return f"{source} is {shown!r}; expected {setting.expected}" + (f"; {remedy}" if remedy else "")


def _unknown(env: Mapping[str, str]) -> list[str]:
    known = [setting.variable for setting in SETTINGS]
    mistakes = []
    for name in sorted(env):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(known)}."
            mistakes.append(f"{name} is no setting; {hint} Mend its name or unset it")
    return mistakes
