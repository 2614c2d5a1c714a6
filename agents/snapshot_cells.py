"""The cells of a bank's snapshot as values of the contract; what cannot be read is told in words without the value.

Without it, so that equal mistakes of many lines are counted together; the value stands in the line itself.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final, get_args

from schemas.fact_names import FACT_NAMES, OF_INTERACTIONS
from schemas.facts import AdminLevel, CustomerKind, Sex
from schemas.limits import AMOUNT_MAX, ID_LENGTH_MAX
from schemas.transactions import FORMS, PRODUCTS
from streams.currencies import CURRENCIES

DECIMALS: Final = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
        ),
        0,
    ),
    "XPF": 0,
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Decimals of an amount by currency (ISO 4217), where they are not two."""

FACT_TEXT_MAX: Final = 200
COUNT_MAX: Final = 1_000_000

_AMOUNT: Final = re.compile(r"([+-]?)(\d{1,15})(?:\.(\d*))?", re.ASCII)
_FLAGS: Final = {**dict.fromkeys(("true", "1", "yes", "y"), True), **dict.fromkeys(("false", "0", "no", "n"), False)}
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_dates: dict[str, dt.date] = {}


class Unreadable(ValueError):
    """A cell cannot be read; the text says what was expected."""


Read = Callable[[str], Any]
"""Reads a cell that is not empty; ``Unreadable`` if it cannot."""


def identity(text: str) -> str:
    """An id."""
    if not 0 < len(text) <= ID_LENGTH_MAX:
        raise Unreadable(f"expected an id of 1 to {ID_LENGTH_MAX} characters")
    return text


def date(text: str) -> dt.date:
    """A calendar date."""
    found = _dates.get(text)
    if found is None:
        try:
            found = dt.date.fromisoformat(text)
        except ValueError:
            raise Unreadable("expected a date such as 2026-03-31") from None
        if len(_dates) < 100_000:  # those of a century and a half, and room for some in another form
            _dates[text] = found
    return found


def minor_units(text: str, decimals: int) -> int:
    """An amount in major units as an integer count of minor ones; never rounded."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Unreadable("expected an amount in major units such as 1234.56, without separators")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            raise Unreadable(f"expected at most {decimals} decimals in this currency")
        fraction = fraction[:decimals]
    amount = int(whole + fraction.ljust(decimals, "0"))
    if amount > AMOUNT_MAX:
        raise Unreadable(f"expected at most {AMOUNT_MAX:,} minor units")
    return -amount if sign == "-" else amount


def currency(text: str) -> str:
    """An active currency code."""
    if text not in CURRENCIES:
        raise Unreadable("expected an ISO 4217 code such as CNY")
    return text


def one_of(words: tuple[str, ...]) -> Read:
    """One of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise Unreadable(f"expected one of {', '.join(words)}")
        return text

    return read


def text(cell: str) -> str:
    """A text of the bank's own."""
    if len(cell) > FACT_TEXT_MAX:
        raise Unreadable(f"expected at most {FACT_TEXT_MAX} characters")
    return cell


def flag(cell: str) -> bool:
    """Yes or no."""
    found = _FLAGS.get(cell.lower())
    if found is None:
        raise Unreadable("expected true or false")
    return found


def tags(cell: str) -> list[str]:
    """Tags, parted by semicolons."""
    found = [tag.strip() for tag in cell.split(";") if tag.strip()]
    if not all(_WORD.fullmatch(tag) for tag in found):
        raise Unreadable("expected tags such as likes_funds;night_owl: small letters, digits and _")
    return found


def _sum(cell: str) -> int:
    amount = minor_units(cell, 2)  # of the base currency, which policies count in hundredths
    if amount < 0:
        raise Unreadable("expected an amount of 0 or more")
    return amount


def _share(cell: str) -> float:
    try:
        share = float(cell)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise Unreadable("expected a part of the whole from 0 to 1, such as 0.6")
    return share


def _count(cell: str) -> int:
    if not re.fullmatch(r"\d{1,7}", cell, re.ASCII) or int(cell) > COUNT_MAX:
        raise Unreadable(f"expected a whole number from 0 to {COUNT_MAX:,}")
    return int(cell)


_BY_TYPE: Final[dict[str, Read]] = {
    "text": text, "day": date, "flag": flag, "money": _sum, "ratio": _share, "count": _count,
}  # fmt: skip

CUSTOMER_CELLS: Final[dict[str, Read]] = {
    **{name: _BY_TYPE[kind] for name, kind, _ in FACT_NAMES if name not in OF_INTERACTIONS | {"opened_on"}},
    "kind": one_of(get_args(CustomerKind)),
    "sex": one_of(get_args(Sex)),
    "admin_level": one_of(get_args(AdminLevel)),
    "owner_id": identity,
    "initial_owner_id": identity,
    "branch_id": identity,
    "tags": tags,
    "customer_opened_on": date,
}
"""Columns that tell of the customer: the facts by name; ``opened_on`` is the account's, so the customer's has a name of its own."""

ACCOUNT_CELLS: Final[dict[str, Read]] = {
    "opened_on": date,
    "closed_on": date,
    "matures_on": date,
    "card_activated_on": date,
    "counts_in_aum": flag,
    "account_branch_id": identity,
}
"""Columns of facts of the account; ``branch_id`` is the customer's, so the account's has a name of its own."""

PRODUCT: Final = one_of(PRODUCTS)
FORM: Final = one_of(FORMS)
