"""Alerts are those of the oracle, however the log is cut, cached and taken over."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from hypothesis import given, settings

from schemas.events import AlertCleared, AlertRaised
from streams.calendar import date_of
from tests.oracle.partition import Alert
from tests.oracle.tier_alerts import RISK
from tests.properties.expected import alerts, changes, expected
from tests.properties.handlings import handlings
from tests.properties.histories import SIGNALLED, YEARS, History, histories
from tests.properties.policies import NAMED, policy_files_with_signals, yearly
from tests.properties.product import Handling, Product
from tests.properties.test_tiers_equal_oracle import due, published

YEARS_EXAMPLES = max(settings().max_examples // 5, 1)
"""Fewer than of other properties: the oracle takes half a second for the closes of years."""
FUNCTIONS = {"days_since", "days_until", "known"}
"""Names in conditions that are no measures."""


class Told(NamedTuple):
    """An alert as both sides can tell it; the money that saves a level is the product's own matter, and so are the words of a condition:
    ``graded`` is whether one of them gave the severity."""

    customer_id: str
    signal: str
    item: str
    action: str
    severity: str
    value: Fraction | None
    due_on: str | None
    effective_at: str
    graded: bool


def sent(told: Sequence[AlertRaised | AlertCleared]) -> list[Told]:
    """What was published; each alert is raised once, may get worse, and is cleared once at most."""
    found, known = [], set()
    for one in told:
        action = "cleared" if isinstance(one, AlertCleared) else "worse" if one.alert_id in known else "raised"
        assert (action == "raised") is (one.alert_id not in known)
        if action == "raised":
            known.add(one.alert_id)
        value = None if one.value_at_stake is None or one.signal == RISK else Fraction(str(one.value_at_stake))
        if one.signal.startswith("tier.") and action == "cleared":
            value = None
        item = one.account_id or one.about or ""
        graded = one.severity_condition is not None
        found.append(
            Told(one.customer_id, one.signal, item, action, one.severity, value, one.due_on, one.effective_at, graded)
        )
    return found


def expected_of(told: Sequence[Alert]) -> list[Told]:
    """What the oracle says."""
    return [
        Told(
            alert.customer_id,
            one.signal,
            one.item,
            one.action,
            one.severity,
            one.value,
            None if one.due_on is None else date_of(one.due_on).isoformat(),
            alert.effective_at,
            one.because is not None,
        )
        for alert in told
        for one in [alert.told]
    ]


def check_why(told: Sequence[AlertRaised | AlertCleared], due: Sequence[Alert]) -> None:
    """A condition of a severity that needs no name of ``[let]`` is told as written, and what it reads is evidence."""
    for one, other in zip(told, due, strict=True):
        text = other.told.because
        if text is not None and text not in NAMED:
            assert one.severity_condition == text
            named = {part.id for part in ast.walk(ast.parse(text, mode="eval")) if isinstance(part, ast.Name)}
            assert named - FUNCTIONS <= one.evidence.keys()


@given(history=histories(SIGNALLED), policies=policy_files_with_signals(), handling=handlings())
def test_alerts_are_what_whole_history_says(history: History, policies: dict[str, str], handling: Handling) -> None:
    steps = expected(history, policies, measures=False)
    product = Product(history, handling, policies)
    product.run(steps)
    assert published(product.changes) == due(changes(steps))
    assert sent(product.alerts) == expected_of(alerts(steps))
    check_why(product.alerts, alerts(steps))


@given(history=histories(SIGNALLED), policies=policy_files_with_signals(), handling=handlings())
def test_skipping_settled_rows_changes_no_alert_and_nothing_that_is_kept_of_signals(
    history: History, policies: dict[str, str], handling: Handling
) -> None:
    steps = expected(history, policies, measures=False)
    skipping = Product(history, handling, policies)
    skipping.run(steps)
    deciding = Product(history, replace(handling, skip_settled=False), policies)
    deciding.run(steps)
    assert skipping.alerts == deciding.alerts
    assert skipping.signals() == deciding.signals()
    assert skipping.standings() == deciding.standings()


@settings(max_examples=YEARS_EXAMPLES)
@given(history=histories([YEARS]), policies=policy_files_with_signals().map(yearly), handling=handlings())
def test_alerts_of_anniversaries_are_what_whole_history_says_and_no_skipped_row_has_one(
    history: History, policies: dict[str, str], handling: Handling
) -> None:
    steps = expected(history, policies, measures=False)
    skipping = Product(history, handling, policies)
    skipping.run(steps)
    assert sent(skipping.alerts) == expected_of(alerts(steps))
    deciding = Product(history, replace(handling, skip_settled=False), policies)
    deciding.run(steps)
    assert skipping.alerts == deciding.alerts
    assert skipping.signals() == deciding.signals()
