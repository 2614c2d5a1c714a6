"""The shipped policies, with smaller amounts, on histories of small customers: tier changes against the oracle's."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings

from schemas.quality import QUALITY_FILE
from schemas.rates import RATES_FILE
from tests.properties.expected import changes, expected
from tests.properties.handlings import handlings
from tests.properties.histories import RATES, History, histories
from tests.properties.product import Handling, Product
from tests.properties.test_tiers_equal_oracle import due, published

FOLDER = Path(__file__).parents[2] / "policies"
LARGE = 1_000
"""Numbers from here on are amounts, and become that many times smaller: customers of a history hold some 1,000."""
EXAMPLES = max(settings().max_examples // 4, 1)
"""Fewer than of other properties: the oracle takes a second for all these policies."""
WORDS = ("title", "source", "ours")


def made_small(text: str) -> str:
    """A policy without its examples and words, its amounts fit for small customers."""
    rules = text.partition("[[example]]")[0].splitlines()
    return "".join(f"{re.sub(r'[0-9][0-9_]*', _smaller, line)}\n" for line in rules if not line.startswith(WORDS))


def _smaller(found: re.Match[str]) -> str:
    number = int(found[0].replace("_", ""))
    return found[0] if number < LARGE else f"{number / LARGE:f}"


POLICIES = {path.name: made_small(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
SCHEMES = {name: text for name, text in POLICIES.items() if name not in {RATES_FILE, QUALITY_FILE}}


@settings(max_examples=EXAMPLES)
@given(history=histories(), handling=handlings())
def test_tier_changes_of_the_shipped_policies_are_what_whole_history_says(history: History, handling: Handling) -> None:
    steps = expected(history, SCHEMES, measures=False)
    product = Product(history, handling, {**SCHEMES, RATES_FILE: RATES})
    product.run(steps)
    assert published(product.changes) == due(changes(steps))
