"""Two years of a bank, replayed: what the product publishes under the shipped policies against the oracle."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Final, NamedTuple

from deploy.bank import Bank
from schemas.churn_model import CHURN_FILE
from schemas.rates import RATES_FILE
from tests.oracle.partition import Entry
from tests.properties.expected import changes, expected
from tests.properties.histories import CHURN, RATES, History
from tests.properties.product import Handling, Product
from tests.properties.test_tiers_equal_oracle import due, published

FOLDER: Final = Path(__file__).parents[2] / "policies"

START: Final = dt.date(2027, 9, 1)
"""A leap day, two ends of a year and four changes of London's clocks lie within two years of it."""
DAYS: Final = 760

BATCH: Final = 97
"""Records a batch: a number that has nothing to do with days or customers."""


class Replayed(NamedTuple):
    """What came of a replay: outputs due, outputs that differ, each in words."""

    due: int
    differing: list[str]


def replay(timezone: str, customers: int, transactions: int, seed: int) -> Replayed:
    """Replay the bank made from ``seed`` in one zone."""
    bank = Bank(seed, customers, DAYS, transactions, START, timezone)
    entries: list[Entry] = [("facts", json.loads(value), bank.start_ms) for _, value in bank.facts()]
    for offset, (timestamp_ms, _, value) in enumerate(bank.transactions()):
        entries.append(("txn", offset, timestamp_ms, json.loads(value)))
    policies = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}
    schemes = {name: text for name, text in policies.items() if text.startswith("scheme =")}
    history = History(timezone=timezone, cutoff="00:00", entries=entries)
    steps = expected(history, schemes, measures=False)
    product = Product(history, Handling(batches=(BATCH,)), {**schemes, RATES_FILE: RATES, CHURN_FILE: CHURN})
    product.run(steps)
    found, wanted = published(product.changes), due(changes(steps))
    pairs = zip(found, wanted, strict=False)
    differing = [f"published {one}, due {other}" for one, other in pairs if one != other]
    if len(found) != len(wanted):
        differing.append(f"published {len(found)} changes, due {len(wanted)}")
    return Replayed(len(wanted), differing)
