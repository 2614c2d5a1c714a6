"""JSON Schemas of the contract, made from the structs: ``python -m schemas.generate`` writes them to ``schemas/json``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.dead_letters import DeadLetterHeaders
from schemas.events import ALERT_CLEARED, ALERT_RAISED, TIER_CHANGED, AlertCleared, AlertRaised, TierChanged
from schemas.facts import CustomerFacts
from schemas.interactions import Interaction
from schemas.journal import JournalEntry
from schemas.quality import QUALITY_CLEARED, QUALITY_RAISED, QualityCleared, QualityRaised
from schemas.transactions import Transaction

FOLDER: Final = Path(__file__).with_name("json")
"""Where the schemas are committed; a test fails when they differ from the structs."""

CONTRACT: Final[Mapping[str, type[msgspec.Struct]]] = {
    "transactions.v1": Transaction,
    "customers.v1": CustomerFacts,
    "interactions.v1": Interaction,
    "journal.v1": JournalEntry,
    "dead-letters.v1": DeadLetterHeaders,
    TIER_CHANGED: TierChanged,
    ALERT_RAISED: AlertRaised,
    ALERT_CLEARED: AlertCleared,
    QUALITY_RAISED: QualityRaised,
    QUALITY_CLEARED: QualityCleared,
}
"""Name of a schema to its struct: a topic's value, an event's body by its ``ce_type``, a dead letter's headers."""


def render() -> dict[str, str]:
    """File name to text of every schema; the same text for the same structs, always."""
    return {f"{name}.json": _text(name, struct) for name, struct in CONTRACT.items()}


def main() -> None:
    """Write the schemas, and remove what is no longer one."""
    texts = render()
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(texts)} schemas in {FOLDER}\n")


def _text(name: str, struct: type[msgspec.Struct]) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tierline:schema:{name}",
        **_tidy(msgspec.json.schema(struct)),
    }
    schema["$defs"] = dict(sorted(schema["$defs"].items()))
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _tidy(node: Any) -> Any:
    """The schema with docstrings as running text, without the layout of the source they stand in."""
    if isinstance(node, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _tidy(value)
            for key, value in node.items()
        }
    return [_tidy(item) for item in node] if isinstance(node, list) else node


if __name__ == "__main__":
    main()
