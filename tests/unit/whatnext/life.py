"""A customer who lives day by day: bookings in order, a look after each, every close decided, nothing looked up ahead."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from agents.policy.compiled import mask_bits
from agents.policy.decider import CompiledPolicies
from agents.tiers import Ladder, Move, TierScheme, decide_scheme
from agents.whatnext.horizon import Horizon, horizon
from schemas.events import Cause
from schemas.state import Standing
from streams.calendar import BusinessCalendar, date_of
from streams.decider import Look
from streams.ledger.ledger import Ledger
from streams.rows import LookKind, Rows, Wanted
from tests.unit.ledger.book import PLENTY, Book, Event, day
from tests.unit.policy.making import compiled

CALENDARS: Final = (("Asia/Shanghai", "00:00"), ("Europe/London", "22:00"))
DATES: Final = ("2024-01-30", "2024-02-28", "2024-02-29", "2024-12-31", "2025-01-31", "2025-03-15")
CHECKS: Final = ("event", "day_close", "month_close", "quarter_close", "year_close", "anniversary")
CAUSE: Final = Cause(topic="transactions", partition=0, offset=0, transaction_id=None)
FALLS: Final = ("", "grace_days = 10", "grace_months = 2", "hold_months = 6", "hold_days = 20\ngrace_days = 40")
EXTRAS: Final = ("", "", " and days_known >= 120", " or days_known >= 620", " and tenure_days <= 560")
"""Parts that no booking changes, but time does."""
MEASURES: Final = (
    "aum", "deposits", "deposits_avg_7d", "aum_avg_30d", "deposits_avg_90d", "aum_avg_mtd", "deposits_avg_qtd",
    "aum_avg_ytd", "aum_avg_3m", "deposits_avg_6m", "aum_avg_12m",
)  # fmt: skip


GRACES: Final = ("grace_days = 60", "grace_months = 2")
"""Long enough that one which began lasts."""


def scheme(chance: random.Random, falls: Sequence[str], checks: Sequence[str]) -> CompiledPolicies:
    """A scheme of two levels on a balance or an average, with any steps."""
    measure, strict, extra = chance.choice(MEASURES), chance.choice([">", ">="]), chance.choice(EXTRAS)
    other = chance.choice(["", f" and {chance.choice(MEASURES)} >= 500"])
    return compiled(
        f"""
scheme = "s"
base = "low"
[[level]]
name = "mid"
enter = "{measure} {strict} 10_000.01{extra}"
stay = "{measure} {strict} 9_000{extra}"
[[level]]
name = "high"
enter = "{measure} {strict} 30_000{other}"
stay = "{measure} {strict} 27_500.55{other}"
[upgrade]
check = "{chance.choice(checks)}"
[downgrade]
check = "{chance.choice(checks)}"
steps = "{chance.choice(["balance", "one"])}"
{chance.choice(falls)}
"""
    )


def story(chance: random.Random, on: int) -> dict[int, int]:
    """Deposits and withdrawals by day of the 400 days before ``on``."""
    days = chance.sample(range(on - 400, on), 8)
    return {one: chance.randint(-1_500_007, 2_500_003) for one in days}


class Life:
    """One customer in the only scheme of some policies."""

    def __init__(self, policies: CompiledPolicies, zone: tuple[str, str], bookings: dict[int, int], until: int) -> None:
        self.policies = policies
        self.tiers = policies.schemes[0].tiers
        self.book = Book()
        self.book.calendar = BusinessCalendar(*zone)
        self.book.ledger = Ledger(self.book.calendar, policies.vocabulary, PLENTY)
        columns = tuple(dict.fromkeys([*policies.columns, "aum", "deposits"]))
        self.book.ledger.set_policy(columns, policies.words, 1, policies.account_columns)
        self.standing = Standing()
        self.day = min(bookings)
        self.truths: dict[int, int] = {}
        self.recovered: list[int] = []
        self.live(bookings, until)

    def live(self, bookings: dict[int, int], until: int) -> list[tuple[int, Move]]:
        """Every day up to the one before ``until``; the moves by day."""
        moves = []
        for today in range(self.day, until):
            self.day = today
            if amount := bookings.get(self.day):
                date = date_of(self.day).isoformat()
                rows = self.book.fold(Event(at=f"{date}T12:00:00", amount=amount), open_day=date)
                moves += self._decide(LookKind.EVENT, rows)
            rows = self.book.ledger.rows(self.slots, self.day)
            moves += self._decide(self.book.calendar.close_kind(self.day), rows)
        self.day = until
        return moves

    @property
    def balance(self) -> int:
        return int(self.book.ledger.rows(self.slots, self.day, wanted=Wanted(("aum",))).values[0, 0])

    @property
    def slots(self) -> NDArray[np.int64]:
        return self.book.ledger.slots(["ada"])

    def ahead(self) -> Horizon:
        return horizon(self.book.ledger, int(self.slots[0]), self.book.calendar, self.policies, self.day)

    def held(self) -> Standing:
        return msgspec.structs.replace(self.standing)

    def position(self) -> int:
        return self.tiers.positions.get(self.standing.level or "low", 0)

    def _decide(self, kind: LookKind, rows: Rows) -> list[tuple[int, Move]]:
        bits = mask_bits(self.policies.masks(rows)[0])
        seen = int(self.book.ledger.event_day[self.slots[0]])
        look = Look(kind, self.day, seen, "event" if kind == LookKind.EVENT else "day_close", "", CAUSE)
        outcome = decide_scheme(self.tiers, look, bits, self.standing)
        self.truths[self.day] = bits
        self.recovered += [self.day] if outcome.grace == "cleared" else []
        return [] if outcome.move is None else [(self.day, outcome.move)]


def ladder(life: Life) -> Ladder:
    """The levels of a life's scheme."""
    assert isinstance(life.tiers, TierScheme)
    return life.tiers.ladder


def lived(seed: str, on: str, zone: tuple[str, str], *, emptied: bool = False) -> Life:
    """A random life up to the morning of ``on``; ``emptied``: rich for months, and almost everything gone days ago."""
    chance = random.Random(f"{seed} {on}")
    if not emptied:
        policies, bookings = scheme(chance, FALLS, CHECKS), story(chance, day(on))
    else:
        policies = scheme(chance, GRACES, CHECKS[:3])
        bookings = {day(on) - 380: 5_000_000, day(on) - chance.randint(3, 40): chance.randint(-5_000_000, -4_000_000)}
    return Life(policies, zone, bookings, day(on))
