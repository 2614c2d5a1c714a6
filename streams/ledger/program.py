"""Columns that policies ask for, compiled to the steps that kernels run for every look: what is not asked for costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.churn_model import ChurnModel
from schemas.measures import ACCOUNT_MEASURES, MEASURES, PRIOR_3M, Measure, measure_named
from schemas.rates import RateTable
from streams.calendar import BusinessCalendar
from streams.ledger.ahead import AHEAD, known_area, starts_ahead
from streams.ledger.arrays import Ints
from streams.ledger.layout import (
    ACTIVE_DAYS,
    ACTIVITY_DAYS,
    CARD_SPEND,
    CARD_USES,
    DEPOSIT,
    EARLIEST,
    FEES,
    FIRST_DAY,
    INFLOW,
    LOAN,
    MARGIN,
    OTHER_BANK_INFLOW,
    OTHER_BANK_OUTFLOW,
    OUTFLOW,
    SALARY_DAYS,
    SALARY_INFLOW,
    TXN_COUNT,
    TXN_DAYS,
    WEALTH,
)

FACTS: Final = tuple(measure for measure in MEASURES.values() if measure.source == "fact")
"""Facts in the order of the columns of ``Arrays.facts``."""

# What a step does: carried out by ``measures`` (the frequent ones), and from DEMAND_NOW on by ``figures``.
BALANCE_NOW, AREA, FLOW, ACCOUNTS_OPEN, SINCE, MONTHS_SINCE, AGE, FACT, YEARS, DIVISOR = range(10)
DEMAND_NOW, DEMAND_SHARE, WEALTH_SHARE = range(10, 13)
FOREIGN_NOW, LOWEST, EVER, HELD, AWAY = range(13, 18)  # of single accounts
CONTRIBUTION, COST, PROFIT, SPREAD, KINDS, DEMAND_LOWEST = range(18, 24)  # of the days of a window
SALARY_MONTHS, SLOPE, OUTLIER, TYPICAL = range(24, 28)  # over calendar months
EXPECTED: Final = 28  # by the model of churn

# Numbers of a step.
OPERATION: Final = 0
SERIES: Final = 1  # column that it reads
OTHER: Final = 2  # second column; -1 for none
SIGN: Final = 3
WINDOW: Final = 4  # window that it looks at
UNTIL: Final = 5  # window before which it ends; -1 for the as-of day
FIRST_MONTH: Final = 6  # first of the windows of MONTH_STARTS; -1 for none
STEP_NUMBERS: Final = 7
_NONE: Final = -1

_MONTHS_BACK: Final = range(-1, 13)
MONTH_STARTS: Final = tuple(f"month{-back:+d}" for back in _MONTHS_BACK)
"""Windows that begin with the next calendar month, this one and each of the 12 before: statistics over months."""
_NEEDS_MONTHS: Final = frozenset({SALARY_MONTHS, SLOPE, OUTLIER, TYPICAL})
_AT_WINDOW: Final = {
    "wealth_share_3m_ago": "3m",
    "demand_lowest_30d": "30d",
    "balance_cv_90d": "90d",
    "outflow_z_30d": "30d",
    "expected_activity_30d": "12m",
}
"""Measures without a window in their name, and the one that they look at."""

_STEPS: Final[dict[str, tuple[int, int, int, int]]] = {
    "aum": (BALANCE_NOW, DEPOSIT, WEALTH, 1),
    "deposits": (BALANCE_NOW, DEPOSIT, _NONE, 1),
    "wealth": (BALANCE_NOW, WEALTH, _NONE, 1),
    "loans": (BALANCE_NOW, LOAN, _NONE, -1),
    "margin": (BALANCE_NOW, MARGIN, _NONE, 1),
    "demand": (DEMAND_NOW, _NONE, _NONE, 1),
    "demand_lowest_30d": (DEMAND_LOWEST, _NONE, _NONE, 1),
    "demand_share": (DEMAND_SHARE, _NONE, _NONE, 1),
    "foreign_deposits": (FOREIGN_NOW, _NONE, _NONE, 1),
    "wealth_share": (WEALTH_SHARE, _NONE, _NONE, 1),
    "wealth_share_3m_ago": (WEALTH_SHARE, _NONE, _NONE, 1),
    "lowest_account_balance": (LOWEST, _NONE, _NONE, 1),
    "accounts_open": (ACCOUNTS_OPEN, _NONE, _NONE, 1),
    "accounts_ever": (EVER, _NONE, _NONE, 1),
    "products_held": (HELD, _NONE, _NONE, 1),
    "aum_avg": (AREA, DEPOSIT, WEALTH, 1),
    "deposits_avg": (AREA, DEPOSIT, _NONE, 1),
    "loans_avg": (AREA, LOAN, _NONE, -1),
    "inflow": (FLOW, INFLOW, _NONE, 1),
    "outflow": (FLOW, OUTFLOW, _NONE, 1),
    "net_flow": (FLOW, INFLOW, OUTFLOW, 1),
    "txn_count": (FLOW, TXN_COUNT, _NONE, 1),
    "card_spend": (FLOW, CARD_SPEND, _NONE, 1),
    "card_uses": (FLOW, CARD_USES, _NONE, 1),
    "fees": (FLOW, FEES, _NONE, 1),
    "other_bank_outflow": (FLOW, OTHER_BANK_OUTFLOW, _NONE, 1),
    "other_bank_inflow": (FLOW, OTHER_BANK_INFLOW, _NONE, 1),
    "salary_inflow": (FLOW, SALARY_INFLOW, _NONE, 1),
    "active_days": (FLOW, ACTIVE_DAYS, _NONE, 1),
    "business_types": (KINDS, _NONE, _NONE, 1),
    "contribution": (CONTRIBUTION, _NONE, _NONE, 1),
    "variable_cost": (COST, _NONE, _NONE, 1),
    "profit": (PROFIT, _NONE, _NONE, 1),
    "days_since_activity": (SINCE, ACTIVITY_DAYS, _NONE, 1),
    "months_since_activity": (MONTHS_SINCE, ACTIVITY_DAYS, _NONE, 1),
    "days_since_txn": (SINCE, TXN_DAYS, _NONE, 1),
    "days_since_salary": (SINCE, SALARY_DAYS, _NONE, 1),
    "salary_months_prior_6m": (SALARY_MONTHS, _NONE, _NONE, 1),
    "balance_cv_90d": (SPREAD, _NONE, _NONE, 1),
    "deposit_slope_6m": (SLOPE, _NONE, _NONE, 1),
    "outflow_z_30d": (OUTLIER, _NONE, _NONE, 1),
    "typical_purchase": (TYPICAL, _NONE, _NONE, 1),
    "expected_activity_30d": (EXPECTED, _NONE, _NONE, 1),
    "tenure_days": (AGE, EARLIEST, _NONE, 1),
    "days_known": (AGE, FIRST_DAY, _NONE, 1),
}
"""Family of a measure to its step."""

ACCOUNT_STEPS: Final = tuple(ACCOUNT_MEASURES)
"""Columns of accounts; a step of theirs is the place in this tuple."""


class Program(NamedTuple):
    """Columns asked for, as steps of the kernels, and the windows that they need."""

    names: tuple[str, ...]
    steps: Ints  # (columns and divisors, STEP_NUMBERS)
    windows: tuple[str, ...]
    averaged: tuple[tuple[str, int], ...]
    """Averaged columns with the index of their window."""
    divided: tuple[tuple[str, int], ...]
    """Quotients with the step that gives their divisor; -1 where it is that of the rates."""
    account_names: tuple[str, ...]
    account_steps: Ints


class Asked(NamedTuple):
    """A program as kernels take it, with the rates, the model and the scratch that its steps need."""

    steps: Ints
    account_steps: Ints
    rates: Ints  # (periods, RATE_NUMBERS)
    divisor: int
    marks: Ints  # scratch, an entry a window
    scratch: Ints  # (2, SCRATCH)
    churn: NDArray[np.float64]  # parameters of the model of churn; none without one


RATE_FROM, RATE_DEPOSIT, RATE_LOAN, RATE_COST, RATE_NUMBERS = range(5)
SCRATCH: Final = 12
"""Months that a statistic looks at, at most."""


def compile_program(
    names: Sequence[str], fact_column: Callable[[str], int], account_names: Sequence[str] = ()
) -> Program:
    """The program for columns ``names``; ``fact_column`` tells where a fact stands in ``Arrays.facts``.

    ``ValueError`` for a name that is neither a measure nor a fact.
    """
    measures = [_measure(name) for name in names]
    windows: dict[str, int] = {}
    steps = [_step(measure, fact_column, windows) for measure in measures]
    divided = []
    for measure, step in zip(measures, tuple(steps), strict=True):
        if step[OPERATION] == TYPICAL:
            divided.append((measure.name, len(steps)))
            step[OTHER] = len(steps)
            steps.append([DIVISOR, *[_NONE] * (STEP_NUMBERS - 1)])
        elif measure.divided:
            divided.append((measure.name, _NONE))
    return Program(
        names=tuple(names),
        steps=np.array(steps, np.int64).reshape(len(steps), STEP_NUMBERS),
        windows=tuple(windows),
        averaged=tuple((m.name, windows[m.window]) for m in measures if m.averaged and m.window is not None),
        divided=tuple(divided),
        account_names=tuple(account_names),
        account_steps=np.array([_account_step(name) for name in account_names], np.int64),
    )


def asked(program: Program, rates: RateTable, churn: ChurnModel | None) -> Asked:
    """The program as kernels take it."""
    return Asked(
        steps=program.steps,
        account_steps=program.account_steps,
        rates=np.array(rates.periods, np.int64).reshape(len(rates.periods), RATE_NUMBERS),
        divisor=rates.divisor,
        marks=np.empty(len(program.windows), np.int64),
        scratch=np.empty((2, SCRATCH), np.int64),
        churn=np.array(churn or (), np.float64),
    )


def window_starts(windows: Sequence[str], calendar: BusinessCalendar, days: Ints) -> Ints:
    """The first day of each window that ends on each of ``days``: (days, windows)."""
    starts = np.empty((len(days), len(windows)), np.int64)
    tables = calendar.tables
    for index, window in enumerate(windows):
        if window in MONTH_STARTS:
            back = _MONTHS_BACK[MONTH_STARTS.index(window)]
            starts[:, index] = tables.month_first[tables.month_of[days - tables.first_day] - back]
        elif AHEAD in window:
            starts[:, index] = starts_ahead(window, calendar, days)
        else:
            starts[:, index] = calendar.window_start(window, days)
    return starts


def _measure(name: str) -> Measure:
    measure = known_area(name) if AHEAD in name else measure_named(name)
    if measure is None:
        msg = f"{name!r} is neither a measure nor a fact"
        raise ValueError(msg)
    return measure


def _account_step(name: str) -> int:
    if name not in ACCOUNT_STEPS:
        msg = f"{name!r} is no measure of accounts"
        raise ValueError(msg)
    return ACCOUNT_STEPS.index(name)


def _step(measure: Measure, fact_column: Callable[[str], int], windows: dict[str, int]) -> list[int]:
    """The numbers of a step; windows that it needs are added."""
    if measure.source == "fact":
        return [FACT, fact_column(measure.name), _NONE, 1, _NONE, _NONE, _NONE]
    if measure.family == "age":
        return [YEARS, fact_column("birth_date"), _NONE, 1, _NONE, _NONE, _NONE]
    if measure.family == "demand_away_from_owner":
        return [AWAY, fact_column("branch_id"), _NONE, 1, _NONE, _NONE, _NONE]
    step = _STEPS[measure.family]
    window, until, months = measure.window or _AT_WINDOW.get(measure.family), _NONE, _NONE
    if window == PRIOR_3M:
        window, until = "6m", windows.setdefault("3m", len(windows))
    if step[OPERATION] in _NEEDS_MONTHS:
        months = min(windows.setdefault(name, len(windows)) for name in MONTH_STARTS)
    at = _NONE if window is None else windows.setdefault(window, len(windows))
    return [*step, at, until, months]
