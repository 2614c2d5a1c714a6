"""What the made-up bank's systems know of their customers: core banking of all, the card system of card holders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec
import numpy as np

from deploy.bank.bookings import DAY_US, Span
from deploy.bank.people import CARD, KINDS, Accounts, Customers
from schemas.facts import AccountFacts, AdminLevel, CustomerFacts
from schemas.transactions import PRODUCTS, Product

_BRANCHES: Final = 24
_REGIONS: Final = ("guangzhou", "shenzhen", "shanghai", "beijing", "chengdu", "xian")
_CUSTOMERS_PER_OWNER: Final = 400
"""Customers whom one staff member looks after, about."""
_OCCUPATIONS: Final = (
    "worker", "clerk", "engineer", "teacher", "civil_servant", "manager", "self_employed", "retired", "student",
)  # fmt: skip
_ADMIN_LEVELS: Final = ("ministry", "province", "city", "county", "township", "village")
_RATINGS: Final = ("AAA", "AA", "A", "BBB", "BB", "B")
_LOAN_CLASSES: Final = ("quality", "ordinary", "target")
_CARD_LEVELS: Final = ((5_000_000, "diamond"), (1_000_000, "platinum"), (100_000, "gold"), (0, "classic"))
"""From which base, in CNY, a customer was once given which card."""
_TURNS: Final[tuple[tuple[str, tuple[Any, ...]], ...]] = (
    ("risk_score", (300, 549, 550, 599, 600, 799, 800, None)),
    ("labels", tuple({"risk_level": level} for level in ("low", "medium", "high", "critical", None))),
    ("bad_credit_records", (0, 1, 2, 3, None)),
    ("overdraft_or_evasion", (True, False, None)),
    ("owner_leaving", (True, False, None)),
    ("lost_contact", (True, False, None)),
    ("has_phone", (True, False, None)),
    ("closed_on", (0, 0, 0, None)),
    ("matures_on", (0, 1, 30, 31, None)),
    ("branch_id", ("branch-01", "branch-02", None)),
)
"""What turns in a bank's life, and to what: around the bounds of the shipped signals; of an account days from the one on which it is told."""
_OF_ACCOUNTS: Final = ("closed_on", "matures_on", "branch_id")
_encode = msgspec.json.Encoder().encode


def customer_id(index: int) -> str:
    """The id of a customer."""
    return f"C{index + 1:08d}"


def branch_id(index: int) -> str:
    """The branch of a customer."""
    return f"branch-{index % _BRANCHES + 1:02d}"


def owners_of(customers: int) -> int:
    """How many staff members look after so many customers."""
    return max(1, customers // _CUSTOMERS_PER_OWNER)


def staff_id(number: int) -> str:
    """The id of a staff member, counted from 0."""
    return f"rm-{number + 1:04d}"


def facts_records(
    rng: np.random.Generator, customers: Customers, accounts: Accounts, start: dt.date
) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of ``customers`` records: one of each customer, one more of each card holder.

    ``start`` is the first date told of.
    """
    owners = owners_of(len(customers))
    cards = _cards(accounts)
    for index, kind in enumerate(customers.kind.tolist()):
        chance = np.random.Generator(np.random.PCG64(rng.integers(2**63)))
        told: dict[str, Any] = {
            "kind": KINDS[kind],
            "branch_id": branch_id(index),
            "region": _REGIONS[index % _BRANCHES % len(_REGIONS)],
            "opened_on": _before(chance, start, 15),
            **(_person(chance, start), _firm(chance), _institution(chance))[kind],
        }
        if chance.random() < 0.8:
            told["owner_id"] = staff_id(int(chance.integers(owners)))
            told["owner_leaving"] = bool(chance.random() < 0.005)
        yield _record(index, told)
        if index in cards:
            yield _record(index, _card_holder(chance, customers.base[index], cards[index], index, start))


def facts_count(customers: Customers, accounts: Accounts) -> int:
    """How many records ``facts_records`` gives."""
    return len(customers) + len(_cards(accounts))


def turned_records(
    rng: np.random.Generator, accounts: Accounts, span: Span, count: int
) -> Iterator[tuple[int, bytes, bytes]]:
    """Timestamp in milliseconds, key and value of ``count`` ``customers`` records, oldest first: a fact is another one, is again what it was, or
    is known no more."""
    first = cast("dt.date", span.first_date.item())
    for at in np.sort(rng.integers(span.start_us, span.end_us, count)).tolist():
        account, turn = int(rng.integers(len(accounts))), int(rng.integers(len(_TURNS)))
        name, values = _TURNS[turn]
        value, owner = values[int(rng.integers(len(values)))], int(accounts.owner[account])
        if name not in _OF_ACCOUNTS:
            yield at // 1000, *_record(owner, {name: value})
            continue
        if isinstance(value, int):
            value = first + dt.timedelta(days=(at - span.start_us) // DAY_US + value)
        told: dict[str, Any] = {name: value}
        product = cast("Product", PRODUCTS[accounts.product[account]])
        facts = AccountFacts(account_id=f"{customer_id(owner)}-{accounts.number[account]}", product=product, **told)
        yield at // 1000, *_record(owner, {"accounts": [facts]})


def _record(index: int, told: dict[str, Any]) -> tuple[bytes, bytes]:
    facts = CustomerFacts(customer_id=customer_id(index), **told)
    return facts.customer_id.encode(), _encode(facts)


def _cards(accounts: Accounts) -> dict[int, int]:
    """Holders of a card account, each with its number."""
    held = np.flatnonzero(accounts.product == CARD)
    return dict(zip(accounts.owner[held].tolist(), accounts.number[held].tolist(), strict=True))


def _before(chance: np.random.Generator, start: dt.date, years: int) -> dt.date:
    return start - dt.timedelta(days=int(chance.integers(1, years * 365)))


def _person(chance: np.random.Generator, start: dt.date) -> dict[str, Any]:
    year = start.year - int(chance.integers(16, 86))
    age = start.year - year
    born = dt.date(year, int(chance.integers(1, 13)), int(chance.integers(1, 29)))
    told: dict[str, Any] = {
        "birth_date": born,
        "sex": "female" if chance.random() < 0.5 else "male",
        "occupation": "retired" if age > 62 else "student" if age < 20 else str(chance.choice(_OCCUPATIONS[:7])),
        "has_address": bool(chance.random() < 0.9),
        "has_phone": bool(chance.random() < 0.95),
        "has_employer": bool(chance.random() < 0.75),
        "lost_contact": bool(chance.random() < 0.01),
        "firm_owner": bool(chance.random() < 0.06),
        "guarantor_of_loan": bool(chance.random() < 0.02),
        "bad_credit_records": int(chance.choice(4, p=(0.95, 0.03, 0.015, 0.005))),
        "overdraft_or_evasion": bool(chance.random() < 0.003),
        "risk_score": int(chance.integers(300, 850)),
    }
    if age > 25 and chance.random() < 0.6:
        told["family_dates"] = {"spouse_birthday": _before(chance, born, 5), "wedding": _before(chance, start, 20)}
    if chance.random() < 0.1:
        told["tags"] = sorted({str(tag) for tag in chance.choice(("traveller", "investor", "parent", "pensioner"), 2)})
    return told


def _firm(chance: np.random.Generator) -> dict[str, Any]:
    assets = int(5e9 * np.exp(2.5 * chance.standard_normal()))  # a median of fifty million yuan
    told: dict[str, Any] = {
        "registered_capital": min(assets // 5, 10**14),
        "settlement_share": round(float(chance.beta(2, 2)), 3),
        "affiliate_share": round(float(chance.beta(2, 3)), 3),
        "litigation": bool(chance.random() < 0.03),
        "has_credit": bool(chance.random() < 0.6),
    }
    if told["has_credit"]:
        told["total_assets"] = min(assets, 10**14)
        told["target_credit"] = told["total_assets"] // 3
        told["credit_rating"] = str(chance.choice(_RATINGS))
        told["labels"] = {"loan_class": str(chance.choice(_LOAN_CLASSES))}
    if chance.random() < 0.05:
        told["tags"] = ["listed", "top_500"]
    return told


def _institution(chance: np.random.Generator) -> dict[str, Any]:
    return {"admin_level": cast("AdminLevel", str(chance.choice(_ADMIN_LEVELS))), "has_credit": False}


def _card_holder(chance: np.random.Generator, base: float, number: int, index: int, start: dt.date) -> dict[str, Any]:
    opened = _before(chance, start, 6)
    account = AccountFacts(account_id=f"{customer_id(index)}-{number}", product="card", opened_on=opened)
    if chance.random() < 0.95:
        account.card_activated_on = min(start, opened + dt.timedelta(days=int(chance.integers(60))))
    level = next(name for least, name in _CARD_LEVELS if base >= least)
    return {"source": "cards", "as_of": start, "card_level": level, "accounts": [account]}
