"""Customers of whom signals are decided, look by look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np

from agents.policy.compile import compile_policies
from schemas.events import AlertCleared, AlertRaised, Cause, Reason
from schemas.state import Profile
from streams.calendar import number_of
from streams.decider import Decided, Look
from streams.rows import UNKNOWN, AccountRows, LookKind, Vocabulary
from tests.unit.policy.making import DAY, rows_of

CLOSE = LookKind.DAY_CLOSE


def day(text: str) -> int:
    """The day number of an ISO date."""
    return number_of(dt.date.fromisoformat(text))


class Customer:
    """One customer under some policy files; each look is decided in full."""

    def __init__(self, *files: str, accounts: Sequence[str] = ()) -> None:
        texts = {f"f{place}.toml": text for place, text in enumerate(files)}
        self.policies = compile_policies(texts, Vocabulary())
        self.profile = Profile(accounts=[*accounts], facts={"owner_id": "rm-1"})
        self.offset = 0
        self.decided: Decided | None = None
        self.mask: list[int] = []

    def look(
        self,
        as_of: int = DAY,
        kind: LookKind = LookKind.EVENT,
        /,
        *,
        topic: str = "transactions",
        reason: Reason = "event",
        event_day: int | None = None,
        accounts: Sequence[Mapping[str, int | None]] = (),
        **given: object,
    ) -> list[str]:
        """Look once; what comes of it in short, such as ``+rich`` (raised), ``-rich`` (cleared)."""
        self.offset += 1
        rows = rows_of(self.policies, given, as_of=as_of)
        names = self.policies.occasion_columns
        told = [given.get(name) for name in names]
        codes = [self.policies.vocabulary.code(value) if isinstance(value, str) else value for value in told]
        rows.values = np.concatenate(
            [rows.values, np.array([[UNKNOWN if code is None else code] for code in codes], np.int64).reshape(-1, 1)]
        )
        rows.names = (*rows.names, *names)
        rows.accounts = self._accounts(accounts)
        look = Look(
            kind=kind,
            as_of=as_of,
            event_day=event_day,
            reason=reason,
            effective_at="2024-10-04T12:00:00+08:00",
            cause=Cause(topic=topic, partition=0, offset=self.offset),
            customer_id="c1",
        )
        self.mask = self.policies.masks(rows)[0].tolist()
        self.decided = self.policies.decide(look, rows, 0, np.array(self.mask, np.uint64), self.profile)
        return [_short(alert) for alert in self.decided.alerts]

    @property
    def alerts(self) -> list[AlertRaised | AlertCleared]:
        """Those of the latest look."""
        assert self.decided is not None
        return self.decided.alerts

    @property
    def deadline(self) -> int:
        """That of the latest look."""
        assert self.decided is not None
        return self.decided.deadline

    @property
    def restless(self) -> bool:
        """Whether the latest look keeps the next one of its kind from passing the customer over."""
        assert self.decided is not None
        return bool(self.decided.restless)

    @property
    def reopens(self) -> bool:
        """Whether the latest look keeps those of other kinds from passing the customer over."""
        assert self.decided is not None
        return self.decided.reopens

    def _accounts(self, accounts: Sequence[Mapping[str, int | None]]) -> AccountRows:
        names = self.policies.account_columns
        values = [[UNKNOWN if one.get(name) is None else one[name] for one in accounts] for name in names]
        table = np.array(values, np.int64).reshape(len(names), len(accounts))
        return AccountRows(names, np.zeros(len(accounts), np.int64), table)


def _short(alert: AlertRaised | AlertCleared) -> str:
    item = alert.account_id or alert.about
    about = f" {item}" if item else ""
    sign = "-" if isinstance(alert, AlertCleared) else "+"
    return f"{sign}{alert.signal}{about}" + ("" if alert.severity == "medium" else f" {alert.severity}")
