"""The page ``docs/measures.md``, made from the names themselves: ``python -m schemas.measures_page`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from schemas.fact_names import FACT_NAMES
from schemas.ledger_names import ACCOUNT, AVERAGES, NOW, PRIOR, SUMS, Family
from schemas.measures import WINDOWS
from schemas.occasion_names import CYCLE, DUTY, INTERACTION, RELATIVE, TIER_CHANGE, TRANSACTION, Names

PAGE: Final = Path(__file__).parents[1] / "docs" / "measures.md"
"""Where the page is committed; a test fails when it differs from the names."""

_UNITS: Final = {
    "money": "base currency, major units",
    "count": "whole number",
    "days": "days",
    "months": "whole months",
    "ratio": "share of one, six decimals",
    "text": "text",
    "flag": "true or false",
    "day": "date",
}
_HEAD: Final = """# Measures and facts

Every name that a condition may read, with its unit, its exact definition and the fields it comes from.
This page is generated from the code (`make schemas`).

* Figures are as of the end of the business day being looked at, or as of the event within it; today's balance is the balance now.
* A transaction in another currency without `amount_base` is in none of them, and its account is not known by it.
* A transaction takes the product of its account's first record. An opening tells a balance and is in no sum.
* An end-of-day balance is what had stood before the account's first booking and all that moved it since; a told balance is the truth.
* A **reversal** takes its amount and count out of the sums of the day that it names (its own, if it names a later one), by its own kind and counterparty.
  It takes no active day and no business type away.
* A booking that arrives late counts on its own day, however old. Only `active_days` does not: a booking 94 days or more older than the newest one makes no day active.
* **Unknown** moves nobody; see [writing policies](policies.md#what-is-unknown).
* Money is exact. Averages, `contribution_<w>`, `profit_<w>` and `typical_purchase` are exact quotients, never rounded; a contribution or profit that needs more than 63 bits is unknown.
* A ratio is rounded to millionths, half to even, and at most 1,000,000 of either sign.

Windows, for `<w>`:

| window | days in it |
|---|---|
| `7d` `30d` `90d` | that many business days, today included |
| `mtd` `qtd` `ytd` | since the first day of the month, quarter, year |
| `3m` `6m` `12m` | this month to date and the 2, 5, 11 calendar months before |
| `prior_3m` | the three whole calendar months before those of `3m`; kept of some sums only |
"""
_RATES: Final = """
## Rates

`contribution_<w>`, `profit_<w>` and `variable_cost_<w>` read the bank's rates from `rates.toml` in the folder of policies.
The file is part of the policies' version: like them it is written to the journal, and a replay uses the rates of then.
Each table `[[rates]]` holds from the first day of a month on:

| key | meaning |
|---|---|
| `from` | first day on which it holds, the first of a month |
| `transfer_price` | what a unit of money costs inside the bank, a year |
| `deposit_rate` | paid on deposits on average, a year |
| `loan_rate` | earned on loans, weighted average, a year |
| `cost_per_transaction` | variable cost of a booking on a deposit or wealth account; 0 if left out |

A year has 360 days. A deposit of 200,000 at a transfer price of 2.5 % and a rate of 1.5 % contributes 200,000 x 0.01 / 360 x 30 = 166.67 in 30 days; a loan of
300,000 at 4.5 % contributes 300,000 x 0.02 / 360 x 30 = 500.00. Either may be below zero.
"""
_EXPECTED: Final = """
## Expected activity

`expected_activity_30d` reads the bank's model from `churn_model.toml` in the folder of policies, part of their version like the rates; `tierline fit-churn`
writes it from the bank's own history. The model is BG/NBD: a customer is active at a steady rate of its own while it lasts, and after each active day may be gone for good.
What it knows of a customer begins on the later of the first booking's day and the first day of `12m`: how many days were active since (the first of them not counted),
how long after the beginning the last one was, and how long ago the beginning is. An active day is one of `active_days`.

| key | meaning |
|---|---|
| `model` | `bg_nbd` |
| `unit` | `day` |
| `r` | shape of the rates: small where customers differ much |
| `alpha` | scale of the rates, in days: `r` / `alpha` is the average active days a day |
| `a` | with `b`, the chance of being gone after an active day: `a` / (`a` + `b`) on average |
| `b` | see `a` |
| `fitted_on` | words: on whose history, until when |

It is at most 30, and rounded half to even to thousandths of a day. [Silence](signals.md#silence-the-model-and-its-scoreboard) tells how well it does.
"""

_DAYS: Final = """
## The day

| name | unit | definition |
|---|---|---|
| `today` | date | The business day being looked at: of a close the day that is closed; of an event its own day, the open day or the latest looked at before, whichever is last. |
| `next_<name>` | date | The first date of the file's `[calendar]` list `<name>` that is today or later; unknown after the last. |
"""
_OCCASIONS: Final = (
    ("Of a transaction", 'signals with `on = "transaction"`', TRANSACTION),
    ("Of an interaction", 'signals with `on = "interaction"`', INTERACTION),
    ("Of a change of tier", 'signals with `on = "tier_change"`', TIER_CHANGE),
    ("Of a date in the family", 'signals with `each = "relative"`', RELATIVE),
    ("Of a contact duty", 'signals with `each = "duty"`, a role that owes the customer contacts', DUTY),
    ("Of a cycle of purchases", 'signals with `each = "cycle"`, a category in which the customer buys', CYCLE),
)
"""Names of occasions and items: heading, who may read them, the names."""


def render() -> str:
    """The page; the same text for the same names, always."""
    windows = " ".join(f"`{window}`" for window in WINDOWS)
    prior = ", ".join(f"`{name}_prior_3m`" for name in PRIOR)
    parts = [
        _HEAD,
        "\n## Now\n\n",
        *_rows(NOW, ""),
        f"\n## Averages\n\nOver the days of a window: {windows}.\n\n",
        *_rows(AVERAGES, "_<w>"),
        f"\n## Sums\n\nOver a window, of some also over the one before: {prior}.\n\n",
        *_rows(SUMS, "_<w>"),
        "\n## Of one account\n\nFor conditions on any or every account: those opened or booked on or before the day, closed ones too.\n\n",
        *_rows(ACCOUNT, "", "account_"),
        _DAYS,
        *(part for heading, who, names in _OCCASIONS for part in _occasion(heading, who, names)),
        _RATES,
        _EXPECTED,
        "\n## Facts\n\nWhat the topic `customers` tells; unknown until told. `label_<key>` is a text given from outside, `tag_<key>` whether a source gives the tag.\n\n",
        "| name | unit | definition |\n|---|---|---|\n",
        *(f"| `{name}` | {_UNITS[type_]} | {_cell(text)} |\n" for name, type_, text in FACT_NAMES),
    ]
    return "".join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")


def _rows(families: Iterable[Family], behind: str, before: str = "") -> Iterator[str]:
    yield "| name | unit | definition | from |\n|---|---|---|---|\n"
    for family in families:
        text = family.definition.rstrip(".") + "."
        yield f"| `{before}{family.name}{behind}` | {_UNITS[family.type]} | {_cell(text)} | {_cell(family.origin)} |\n"


def _occasion(heading: str, who: str, names: Names) -> Iterator[str]:
    yield f"\n## {heading}\n\nFor {who}; unknown at any other look.\n\n| name | unit | definition |\n|---|---|---|\n"
    for measure in names.values():
        yield f"| `{measure.name}` | {_UNITS[measure.type]} | {_cell(measure.definition)} |\n"


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    main()
