from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from schemas.generate import FOLDER, render


def test_the_committed_schemas_are_those_of_the_structs() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == render(), "the contract changed: run `make schemas`, and look at what it did"


def test_another_process_makes_the_same_text() -> None:
    """Sets and hashes differ from process to process; the schemas must not."""
    code = "import json; from schemas.generate import render; print(json.dumps(render()))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(other) == render()


def test_every_field_is_there_by_its_name_on_the_wire() -> None:
    changed = definition("tierline.tier.changed.v1", "TierChanged")
    assert "from" in changed["properties"]
    assert "from_" not in changed["properties"]
    letters = definition("dead-letters.v1", "DeadLetterHeaders")
    assert sorted(letters["required"]) == [
        f"tierline-error-{name}" for name in ("offset", "partition", "reason", "stage", "topic")
    ]


def test_a_transaction_needs_what_the_contract_needs_and_takes_more() -> None:
    transaction = definition("transactions.v1", "Transaction")
    needed = "transaction_id customer_id account_id booked_at amount currency product kind channel initiator"
    assert sorted(transaction["required"]) == sorted(needed.split())
    assert transaction.get("additionalProperties", True) is True


def definition(schema: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render()[f"{schema}.json"])["$defs"][name]
    return found
