"""The population lines, read anew from their TOML as names of the language: amounts as they are written."""

from __future__ import annotations

import tomllib


def read_cuts(text: str) -> dict[str, str]:
    """``cut_<name>`` to its amount for each line of ``cuts.toml``; none of an empty text."""
    cuts = tomllib.loads(text, parse_float=str).get("cut", {})
    return {f"cut_{name}": str(written) for name, written in cuts.items()}
