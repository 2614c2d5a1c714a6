"""Alerts are those of the oracle, however the log is cut, cached and taken over."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final, NamedTuple
from unittest.mock import ANY

from hypothesis import given, settings

from schemas.events import AlertCleared, AlertRaised
from streams.calendar import date_of
from tests.oracle.conditions import Value
from tests.oracle.partition import Alert
from tests.oracle.tier_alerts import NEAR, RISK, SECURED
from tests.oracle.told import UNTOLD
from tests.properties.expected import alerts, changes, expected
from tests.properties.handlings import handlings
from tests.properties.histories import SIGNALLED, SWINGS, YEARS, History, histories
from tests.properties.policies import NAMED, graced, policy_files_with_signals, yearly
from tests.properties.product import Handling, Product
from tests.properties.test_tiers_equal_oracle import due, published

YEARS_EXAMPLES = max(settings().max_examples // 5, 1)
"""Fewer than of other properties: the oracle takes half a second for the closes of years."""

NUMBER: Final = re.compile(r"-?[0-9]+([./][0-9]+)?")
"""A number that evidence writes as text: with more than two decimals, or a fraction."""
FAILING: Final = "failing"
"""The words of ``tier.at_risk`` for which parts of a condition do not hold."""
Written = str | bool | None


class Told(NamedTuple):
    """An alert as both sides can tell it.

    Words for people are left out, since to tell them is to write them a second time: ``condition``, what fails of a level at risk, and the
    ``advice`` of tiers. Of the condition of a severity it is told whether there is one. So is left out what
    says where it comes from, which other tests are about: ``alert_id`` (but that it stays the same), ``policy_version`` and ``cause``.
    """

    customer_id: str
    signal: str
    item: str
    action: str
    severity: str
    value: object
    due_on: str | None
    effective_at: str
    evidence: dict[str, Written]
    reasons: list[str]
    owner_id: str | None
    branch_id: str | None
    roles: list[str]
    advice: str | None
    graded: bool


def sent(told: Sequence[AlertRaised | AlertCleared]) -> list[Told]:
    """What was published; each alert is raised once, may get worse, and is cleared once at most."""
    found, known = [], set()
    for one in told:
        action = "cleared" if isinstance(one, AlertCleared) else "worse" if one.alert_id in known else "raised"
        assert (action == "raised") is (one.alert_id not in known)
        if action == "raised":
            known.add(one.alert_id)
        found.append(
            Told(
                one.customer_id,
                one.signal,
                one.account_id or one.about or "",
                action,
                one.severity,
                None if one.value_at_stake is None else Fraction(str(one.value_at_stake)),
                one.due_on,
                one.effective_at,
                {name: _read(value) for name, value in one.evidence.items() if name != FAILING},
                one.reasons,
                one.owner_id,
                one.branch_id,
                one.recommended_roles,
                None if one.signal in (RISK, NEAR, SECURED) else one.advice,
                one.severity_condition is not None,
            )
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
            ANY if said.value == UNTOLD else said.value,
            None if one.due_on is None else date_of(one.due_on).isoformat(),
            alert.effective_at,
            {name: _written(value) for name, value in said.evidence.items()},
            list(said.reasons),
            alert.owner_id,
            alert.branch_id,
            list(one.roles),
            said.advice,
            said.because is not None,
        )
        for alert in told
        for one, said in [(alert.told, alert.told.said)]
    ]


def check_severities(told: Sequence[AlertRaised | AlertCleared], due: Sequence[Alert]) -> None:
    """A condition of a severity that needs no name of ``[let]`` is told as written."""
    for one, other in zip(told, due, strict=True):
        text = other.told.said.because
        assert text is None or text in NAMED or one.severity_condition == text


def _written(value: Value) -> Written:
    """A value as evidence has it, numbers as the texts of fractions."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Fraction) else value


def _read(value: float | str | None) -> Written:
    """A value of evidence, numbers as the texts of fractions."""
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    return str(Fraction(text)) if isinstance(value, int | float) or NUMBER.fullmatch(text) else text


@given(history=histories(SIGNALLED), policies=policy_files_with_signals(), handling=handlings())
def test_alerts_are_what_whole_history_says(history: History, policies: dict[str, str], handling: Handling) -> None:
    steps = expected(history, policies, measures=False)
    product = Product(history, handling, policies)
    product.run(steps)
    assert published(product.changes) == due(changes(steps))
    assert sent(product.alerts) == expected_of(alerts(steps))
    check_severities(product.alerts, alerts(steps))


@given(history=histories([SWINGS]), policies=graced(), handling=handlings())
def test_what_saves_a_level_and_reaches_the_next_one_is_what_a_deposit_would_bring(
    history: History, policies: dict[str, str], handling: Handling
) -> None:
    steps = expected(history, policies, measures=False)
    product = Product(history, handling, policies)
    product.run(steps)
    assert sent(product.alerts) == expected_of(alerts(steps))


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
