"""The shipped policies, with smaller amounts, on histories of small customers: tier changes and alerts against the oracle's."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings

from agents.policy.loading import TABLES
from schemas.churn_model import CHURN_FILE
from schemas.cuts import CUTS_FILE
from schemas.rates import RATES_FILE
from tests.properties.expected import alerts, changes, expected
from tests.properties.handlings import handlings
from tests.properties.histories import CHURN, RATES, SIGNALLED, History, histories
from tests.properties.product import Handling, Product
from tests.properties.test_signals_equal_oracle import expected_of, sent
from tests.properties.test_tiers_equal_oracle import due, published

FOLDER = Path(__file__).parents[2] / "policies"
LARGE = 1_000
"""Numbers from here on are amounts, and become that many times smaller: customers of a history hold some 1,000."""
EXAMPLES = max(settings().max_examples // 4, 1)
"""Fewer than of other properties: the oracle takes a second for all these policies."""
WORDS = ("source", "ours")
NUMBER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|([0-9][0-9_]*)")
"""A date, or a number as its group."""


def made_small(text: str) -> str:
    """A policy without its examples and words, its amounts fit for small customers."""
    rules = text.partition("[[example]]")[0].splitlines()
    return "".join(f"{NUMBER.sub(_smaller, line)}\n" for line in rules if not line.startswith(WORDS))


def _smaller(found: re.Match[str]) -> str:
    number = int(found[1].replace("_", "")) if found[1] else 0
    return found[0] if number < LARGE else f"{number / LARGE:f}"


POLICIES = {
    path.name: made_small(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.toml"))
    if path.name not in TABLES
} | {CUTS_FILE: "[cut]\nprofit_top_2 = 0.75\n"}
"""A year's profit of customers who hold some 1,000 is a few units."""


@settings(max_examples=EXAMPLES)
@given(history=histories(SIGNALLED), handling=handlings())
def test_tiers_and_alerts_of_the_shipped_policies_are_what_whole_history_says(
    history: History, handling: Handling
) -> None:
    steps = expected(history, POLICIES, measures=False)
    product = Product(history, handling, {**POLICIES, RATES_FILE: RATES, CHURN_FILE: CHURN})
    product.run(steps)
    assert published(product.changes) == due(changes(steps))
    assert sent(product.alerts) == expected_of(alerts(steps))
