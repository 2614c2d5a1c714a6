"""Signals made by hand for the tests of policies."""

from __future__ import annotations

from agents.policy.loading import load_policies
from agents.policy.mistakes import PolicyError
from agents.policy.signals import Signal


def file_of(signals: str, head: str = "", name: str = "family") -> str:
    return f'signals = "{name}"\n{head}\n{signals}\n'


def signal(when: str | None = "aum >= 100", name: str = "rich", **more: str) -> str:
    """One signal; ``more`` are further keys, written as TOML."""
    lines = [f'name = "{name}"', 'title = "T"', *(f"{key} = {value}" for key, value in more.items())]
    if when is not None:
        lines.append(f'when = """{when}"""')
    return "\n".join(["[[signal]]", *lines, ""])


def told(*texts: str) -> list[str]:
    """The mistakes of files, without the names of files where there is one."""
    try:
        load_policies({f"f{place}.toml": text for place, text in enumerate(texts)})
    except PolicyError as error:
        return [str(one).removeprefix("f0.toml: ") if len(texts) == 1 else str(one) for one in error.mistakes]
    return []


def only(text: str) -> Signal:
    """The one signal of a file."""
    (one,) = load_policies({"f.toml": text}).signals
    return one
