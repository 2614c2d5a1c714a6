"""The measures of single accounts, recomputed from all bookings of their customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.oracle.accounts import Account, Booking, ToldAccount, accounts_of, is_closed, is_seen
from tests.oracle.days import date_of, months_between, window_start
from tests.oracle.flows import flows

AccountValue = int | str | bool | None
"""Money in minor units, counts and months as they are, a day as its number, None where unknown."""


def seen_accounts(bookings: Sequence[Booking], as_of: int, facts: Mapping[str, ToldAccount]) -> dict[str, Account]:
    """The accounts seen on or before the day by id, in the order first seen."""
    known = accounts_of(bookings, facts).items()
    return {name: account for name, account in known if is_seen(name, account, facts, as_of)}


def account_rows(
    bookings: Sequence[Booking], as_of: int, facts: Mapping[str, ToldAccount] | None = None
) -> list[dict[str, AccountValue]]:
    """One row for each account seen on or before the day, in the order first seen."""
    known = facts or {}
    rows: list[dict[str, AccountValue]] = []
    for account_id, account in seen_accounts(bookings, as_of, known).items():
        opened = known[account_id].date("opened_on") if account_id in known else None
        opened = account.first_day if opened is None else opened
        watched = None if account.first_day > as_of else months_between(date_of(account.first_day), date_of(as_of))
        matures = known[account_id].date("matures_on") if account_id in known else None
        activated = known[account_id].date("card_activated_on") if account_id in known else None
        own = [booking for booking in bookings if booking.account == account_id]
        moved = [booking for booking in own if booking.kind != "opening" and booking.day <= as_of]
        recent = [flow for flow in flows(own, {account_id: account.product}) if _recent(flow.day, as_of)]
        told = [booking.matures_on for booking in own if booking.matures_on is not None]
        rows.append(
            {
                "account_balance": None if account.latest is None else account.balance_at(as_of),
                "account_product": account.product,
                "account_open": not is_closed(account_id, known, as_of),
                "account_age_months": None if opened > as_of else months_between(date_of(opened), date_of(as_of)),
                "account_known_months": watched,
                "account_known_since": None if watched is None else account.first_day,
                "account_last_activity_on": max((b.day for b in moved if b.initiator == "customer"), default=None),
                "account_last_induced_on": max((b.day for b in moved if b.initiator != "bank"), default=None),
                "account_card_uses_6m": sum(flow.size for flow in recent if flow.family == "card_uses"),
                "account_card_spend_6m": sum(flow.size for flow in recent if flow.family == "card_spend"),
                "account_matures_on": matures if matures is not None else told[-1] if told else None,
                "account_card_activated_on": activated,
                "account_counts_in_aum": known[account_id].facts.get("counts_in_aum") if account_id in known else None,
            }
        )
    return rows


def _recent(day: int, as_of: int) -> bool:
    return window_start("6m", as_of) <= day <= as_of
