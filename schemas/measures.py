"""The names that conditions may read: measures kept by the ledger and facts told about customers."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

WINDOWS: Final = ("7d", "30d", "90d", "mtd", "qtd", "ytd", "3m", "6m", "12m")
"""``7d 30d 90d``: business days, today included; ``mtd qtd ytd``: from the calendar month's, quarter's, year's
first day; ``3m 6m 12m``: this month to date plus the 2, 5, 11 calendar months before."""

MeasureType = Literal["money", "count", "days", "months", "ratio", "text", "flag", "day"]


class Measure(NamedTuple):
    """One name of the language: ``family`` and ``window`` say which number of the ledger it is.

    ``source`` is ``ledger`` or ``fact``. An average (``averaged``) is an area (minor units x days) whose
    divisor is the number of days of its window.
    """

    name: str
    type: MeasureType
    definition: str
    family: str
    window: str | None = None
    averaged: bool = False
    source: Literal["ledger", "fact"] = "ledger"


_NOW: Final = (
    ("aum", "money", "Deposit plus wealth balances now."),
    ("deposits", "money", "Balances of deposit accounts now."),
    ("wealth", "money", "Balances of wealth accounts now."),
    ("loans", "money", "Amount owed on loan accounts now, as a positive figure."),
    ("margin", "money", "Balances of third-party-custody margin accounts now."),
    ("accounts_open", "count", "Accounts seen on or before the as-of day and not closed."),
    (
        "days_since_activity",
        "days",
        "Days since the customer last initiated a transaction; 0 the same day, unknown if never.",
    ),
    ("days_since_txn", "days", "Days since the last transaction of any initiator; 0 the same day, unknown if never."),
    ("tenure_days", "days", "Days since the earliest day on which any account of the customer was booked."),
    ("days_known", "days", "Days since the as-of day on which the customer was first seen."),
)
_AVERAGES: Final = (
    ("aum_avg", "Time-weighted average of end-of-day deposit plus wealth balances"),
    ("deposits_avg", "Time-weighted average of end-of-day deposit balances"),
    ("loans_avg", "Time-weighted average of end-of-day amounts owed on loans"),
)
_SUMS: Final = (
    ("inflow", "money", "Credits on deposit and wealth accounts"),
    ("outflow", "money", "Debits on deposit and wealth accounts, as a positive figure"),
    ("net_flow", "money", "Credits less debits on deposit and wealth accounts"),
    ("txn_count", "count", "Transactions on deposit and wealth accounts; a reversal counts -1"),
)


def _ledger_measures() -> list[Measure]:
    now = [Measure(name, type_, text, name) for name, type_, text in _NOW]  # type: ignore[arg-type]
    averages = [
        Measure(f"{family}_{window}", "money", f"{text}, window {window}.", family, window, averaged=True)
        for family, text in _AVERAGES
        for window in WINDOWS
    ]
    sums = [
        Measure(f"{family}_{window}", type_, f"{text}, window {window}.", family, window)  # type: ignore[arg-type]
        for family, type_, text in _SUMS
        for window in WINDOWS
    ]
    return now + averages + sums


_FACTS: Final = (
    Measure("kind", "text", "personal, corporate or institution.", "kind", source="fact"),
    Measure("birth_date", "day", "Date of birth.", "birth_date", source="fact"),
    Measure("owner_id", "text", "The staff member who looks after the customer.", "owner_id", source="fact"),
    Measure("branch_id", "text", "The customer's branch.", "branch_id", source="fact"),
)

MEASURES: Final[dict[str, Measure]] = {measure.name: measure for measure in (*_ledger_measures(), *_FACTS)}
"""Every name, in the order of the generated page."""
