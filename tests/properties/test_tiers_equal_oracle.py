"""Tier changes of the product's ledger and decider against the oracle's, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import TierChanged
from tests.oracle.judge import Change
from tests.properties.expected import changes, expected
from tests.properties.handlings import handlings
from tests.properties.histories import SWINGING, History, histories
from tests.properties.policies import policy_files, renewals
from tests.properties.product import Handling, Product


class Told(NamedTuple):
    """A tier change as both sides can tell it."""

    customer_id: str
    scheme: str
    came_from: str | None
    to: str | None
    direction: str
    reason: str
    effective_at: str
    transaction_id: str | None


def published(moved: Sequence[TierChanged]) -> list[Told]:
    return [
        Told(c.customer_id, c.scheme, c.from_, c.to, c.direction, c.reason, c.effective_at, c.cause.transaction_id)
        for c in moved
    ]


def due(moved: Sequence[Change]) -> list[Told]:
    return [
        Told(c.customer_id, c.scheme, c.came_from, c.to, c.direction, c.reason, c.effective_at, c.transaction_id)
        for c in moved
    ]


@given(data=st.data(), history=histories(SWINGING), policies=policy_files(), handling=handlings())
def test_a_new_version_takes_over_the_customers_of_levels_that_are_no_more(
    data: st.DataObject, history: History, policies: dict[str, str], handling: Handling
) -> None:
    renewal = data.draw(renewals(policies))
    steps = expected(history, policies, measures=False, renewal=renewal)
    product = Product(history, handling, policies)
    product.run(steps)
    assert published(product.changes) == due(changes(steps))


@given(history=histories(SWINGING), policies=policy_files(), handling=handlings())
def test_tier_changes_are_what_whole_history_says(
    history: History, policies: dict[str, str], handling: Handling
) -> None:
    steps = expected(history, policies, measures=False)
    product = Product(history, handling, policies)
    product.run(steps)
    assert published(product.changes) == due(changes(steps))


@given(history=histories(SWINGING), policies=policy_files(), handling=handlings())
def test_skipping_settled_rows_changes_no_output_and_no_standing(
    history: History, policies: dict[str, str], handling: Handling
) -> None:
    steps = expected(history, policies, measures=False)
    skipping = Product(history, handling, policies)
    skipping.run(steps)
    deciding = Product(history, replace(handling, skip_settled=False), policies)
    deciding.run(steps)
    assert skipping.changes == deciding.changes
    assert skipping.standings() == deciding.standings()
