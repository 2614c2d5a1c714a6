"""The accounts of a customer, row by row, as a look sees them."""

from __future__ import annotations

from typing import NamedTuple

from streams.ledger.accounts import is_open, was_seen
from streams.ledger.ages import months_between
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.balances import balance_at
from streams.ledger.cards import card_at
from streams.ledger.compiled import kernel
from streams.ledger.knots import month_of
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ACCOUNTS,
    BLOCK,
    CARD_ACTIVATED_ON,
    CARD_DAY_SPEND,
    CARD_DAY_USES,
    CARD_SPEND_BY_MONTH,
    CARD_USES_BY_MONTH,
    COUNTS_IN_AUM,
    CUSTOMER_DAYS,
    EVENT_MATURES_ON,
    INDUCED_DAYS,
    LATEST,
    MATURES_ON,
    NONE,
    OPENED_ON,
    PRODUCT,
)
from streams.ledger.newest_days import newest
from streams.ledger.program import ACCOUNT_STEPS, Asked

_OF_BALANCE = ACCOUNT_STEPS.index("account_balance")
_OF_PRODUCT = ACCOUNT_STEPS.index("account_product")
_OF_OPEN = ACCOUNT_STEPS.index("account_open")
_OF_AGE = ACCOUNT_STEPS.index("account_age_months")
_OF_KNOWN = ACCOUNT_STEPS.index("account_known_months")
_OF_KNOWN_SINCE = ACCOUNT_STEPS.index("account_known_since")
_OF_ACTIVITY = ACCOUNT_STEPS.index("account_last_activity_on")
_OF_INDUCED = ACCOUNT_STEPS.index("account_last_induced_on")
_OF_USES = ACCOUNT_STEPS.index("account_card_uses_6m")
_OF_ACTIVATION = ACCOUNT_STEPS.index("account_card_activated_on")
_OF_COUNTED = ACCOUNT_STEPS.index("account_counts_in_aum")
_OF_SPEND = ACCOUNT_STEPS.index("account_card_spend_6m")


class Listing(NamedTuple):
    """The accounts of the customers looked at, account by account; ``filled[0]`` is how many there are."""

    owners: Ints  # (accounts,): the look
    values: Ints  # (columns, accounts)
    places: Ints  # (accounts,): the place among all accounts of the customer
    filled: Ints


@kernel
def list_accounts(a: Arrays, slot: int, as_of: int, ask: Asked, months: Ints, listing: Listing, look: int) -> None:
    """Append a customer's accounts, those opened or seen on or before the day; the caller made sure of their room."""
    first = a.customers[slot, BLOCK]
    month = month_of(months, as_of)
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        account, facts = a.accounts[row], a.account_facts[row]
        if was_seen(account, facts, as_of):
            at = listing.filled[0]
            listing.filled[0] = at + 1
            listing.owners[at] = look
            listing.places[at] = row - first
            for column in range(len(ask.account_steps)):
                value = _of_account(account, facts, as_of, month, ask.account_steps[column], months)
                listing.values[column, at] = value


@kernel
def _of_account(account: Ints, facts: Ints, as_of: int, month: int, step: int, months: Ints) -> int:
    if step == _OF_BALANCE:
        return balance_at(account, as_of) if account[LATEST] != NONE else NONE
    if step == _OF_PRODUCT:
        return int(account[PRODUCT])
    if step == _OF_OPEN:
        return int(is_open(account, facts, as_of))
    if step == _OF_USES:
        return card_at(account, CARD_DAY_USES, CARD_USES_BY_MONTH, as_of, month, months)
    if step == _OF_SPEND:
        return card_at(account, CARD_DAY_SPEND, CARD_SPEND_BY_MONTH, as_of, month, months)
    if step == _OF_COUNTED:
        return int(facts[COUNTS_IN_AUM])
    return _day_of_account(account, facts, as_of, step)


@kernel
def _day_of_account(account: Ints, facts: Ints, as_of: int, step: int) -> int:
    if step == _OF_AGE:
        return months_between(facts[OPENED_ON] if facts[OPENED_ON] != NONE else account[ACCOUNT_DAY], as_of)
    if step == _OF_KNOWN:
        return months_between(account[ACCOUNT_DAY], as_of)
    if step == _OF_KNOWN_SINCE:
        return int(account[ACCOUNT_DAY] if account[ACCOUNT_DAY] <= as_of else NONE)
    if step == _OF_ACTIVITY:
        return newest(account, CUSTOMER_DAYS, as_of)
    if step == _OF_INDUCED:
        return newest(account, INDUCED_DAYS, as_of)
    if step == _OF_ACTIVATION:
        return int(facts[CARD_ACTIVATED_ON])
    return int(facts[MATURES_ON] if facts[MATURES_ON] != NONE else account[EVENT_MATURES_ON])
