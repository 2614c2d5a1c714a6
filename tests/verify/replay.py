"""Two years of a bank, replayed: what the product publishes under the shipped policies against the oracle."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple

from agents.policy.loading import TABLES
from deploy.bank import Bank
from deploy.bank.forgotten import Forgotten
from schemas.churn_model import CHURN_FILE
from schemas.cuts import CUTS_FILE
from schemas.rates import RATES_FILE
from tests.oracle.tier_alerts import NEAR, RISK
from tests.properties.expected import alerts, changes, expected
from tests.properties.histories import History
from tests.properties.product import Handling, Product
from tests.properties.test_signals_equal_oracle import Told, expected_of, sent
from tests.properties.test_tiers_equal_oracle import due, published
from tests.verify.bounds import BOUNDS, fired, told_by_twins
from tests.verify.cast import Record, laid_out, told_by_cast
from tests.verify.ends import ENDS, ended, told_by_ends
from tests.verify.places import Place, entered, places, told_by_places

FOLDER: Final = Path(__file__).parents[2] / "policies"

START: Final = dt.date(2023, 9, 1)
"""A leap day, two ends of a year and four changes of London's clocks lie within two years of it."""
DAYS: Final = 760

TURNS: Final = 20
"""Facts of a customer that turn within the time: about one in five weeks."""

BATCH: Final = 97
"""Records a batch: a number that has nothing to do with days or customers."""


class Fired(NamedTuple):
    """How often a signal was raised, got worse and was cleared; ``lasts`` tells whether it is one that ends."""

    raised: int
    worse: int
    cleared: int
    lasts: bool

    @property
    def whole(self) -> bool:
        """Whether it began, and ended if it is one that does."""
        return self.raised > 0 and (self.cleared > 0 or not self.lasts)


class Replayed(NamedTuple):
    """What came of a replay: outputs due, what differs from them or from what customers are made for, each in words, and what became of
    each signal and place.
    """

    due: int
    differing: list[str]
    signals: dict[str, Fired]
    places: dict[Place, int]
    """How often customers came to each level and class of each scheme, and out of it."""


def replay(timezone: str, customers: int, transactions: int, seed: int) -> Replayed:
    """Replay the bank made from ``seed`` in one zone, hand-made customers among its own."""
    bank = Bank(seed, customers, DAYS, transactions, START, timezone, turns=TURNS * customers)
    cast = (*told_by_cast(timezone), *told_by_places(timezone), *told_by_twins(timezone), *told_by_ends(timezone))
    entries = laid_out([*told_by_bank(bank), *cast])
    policies = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}
    rules = {name: text for name, text in policies.items() if name not in TABLES or name == CUTS_FILE}
    history = History(timezone=timezone, cutoff="00:00", entries=entries)
    steps = expected(history, rules, measures=False, rates=policies[RATES_FILE], churn=policies[CHURN_FILE])
    product = Product(history, Handling(batches=(BATCH,)), policies)
    product.run(steps)
    moves, told = due(changes(steps)), expected_of(alerts(steps))
    differing = [*_differing("changes", published(product.changes), moves)]
    differing += _differing("alerts", sent(product.alerts), told)
    differing += _astray(told)
    came = entered(product.changes)
    reached = {place: came[place] for place in sorted(places(rules.values()), key=str)}
    return Replayed(len(moves) + len(told), differing, _fired(rules, told), reached)


def told_by_bank(bank: Bank | Forgotten) -> Iterator[Record]:
    """Everything that the made-up bank publishes."""
    for _, value in bank.facts():
        yield bank.start_ms, "facts", json.loads(value)
    for what, records in (("facts", bank.turns()), ("txn", bank.transactions()), ("talk", bank.interactions())):
        for timestamp_ms, _, value in records:
            yield timestamp_ms, what, json.loads(value)


def _differing(what: str, found: Sequence[Any], wanted: Sequence[Any]) -> Iterator[str]:
    for one, other in zip_longest(found, wanted):
        if one != other:
            yield f"published {one}, due {other}"
    if len(found) != len(wanted):
        yield f"published {len(found)} {what}, due {len(wanted)}"


def _astray(told: Sequence[Told]) -> Iterator[str]:
    """The customers at a bound, or at an end, of whom something else came than they were made for."""
    found, wanted = fired(told) | ended(told), BOUNDS | ENDS
    for name, one in wanted.items():
        if found[name] != one:
            yield f"{name} came to {found[name]}, made for {one}"


def _fired(rules: Mapping[str, str], told: Sequence[Told]) -> dict[str, Fired]:
    """What became of each signal that the policies have, and of those of tiers."""
    counts = Counter((one.signal, one.action) for one in told)
    tables = [signal for text in rules.values() for signal in tomllib.loads(text).get("signal", ())]
    lasts = {RISK: True, NEAR: True} | {signal["name"]: "on" not in signal for signal in tables}
    return {
        name: Fired(counts[name, "raised"], counts[name, "worse"], counts[name, "cleared"], lasts[name])
        for name in sorted(lasts)
    }
