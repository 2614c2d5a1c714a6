"""Hearing: what an interaction changes in a customer's profile."""

from __future__ import annotations

from typing import Final, cast

from xxhash import xxh3_64_intdigest

from schemas.facts import AccountFacts
from schemas.interactions import Interaction
from schemas.state import Profile
from schemas.transactions import PRODUCTS, Product
from streams.calendar import date_of, month_of
from streams.ledger.learn import learn_account

IDS_KEPT: Final = 16
"""Interactions of which a repeat is known for one: a producer that sends again does so soon."""

COMPLAINTS_KEPT: Final = 16
"""Open complaints kept of a customer: a further one changes nothing before one of them is resolved."""

MONTHS_KEPT: Final = 2
"""Calendar months of which contacts are counted: a month's last close comes when the next month has begun."""

ROLES_KEPT: Final = 24
"""Roles whose contacts are counted, the latest in contact: more than any bank has people for one customer."""

_CARD: Final = "card"


def known(profile: Profile, told: Interaction) -> bool:
    """Whether ``told`` was applied before, as far as the last ``IDS_KEPT`` tell; if not, it is from now on."""
    hash_ = xxh3_64_intdigest(told.interaction_id.encode())
    if hash_ in profile.interactions:
        return True
    profile.interactions = [*profile.interactions[1 - IDS_KEPT :], hash_]
    return False


def hear(profile: Profile, told: Interaction, on: int) -> list[AccountFacts]:
    """Take over what passed on day ``on``; the accounts that it tells of are returned.

    In log order: a resolution that comes before its complaint resolves nothing. An account that nobody told of before
    is of the product that a card activation names, else a card.
    """
    match told.kind:
        case "contact":
            _contact(profile, told.role, on)
        case "complaint":
            _complaint(profile, told.complaint_id or "", on)
        case "resolution":
            profile.complaints.pop(told.complaint_id or "", None)
            profile.complaints.pop("", None)
            _tell_complaints(profile)
        case "enquiry":
            _enquiry(profile, told.product, on)
        case "card_activation" if told.account_id is not None:
            product = told.product if told.product in PRODUCTS else _CARD
            account = AccountFacts(
                account_id=told.account_id, product=cast("Product", product), card_activated_on=date_of(on)
            )
            learn_account(profile, account)
            return [account]
    return []


def _contact(profile: Profile, role: str | None, on: int) -> None:
    _latest(profile, "last_contact_on", on)
    if role is None:
        return
    contacts, month = profile.contacts, month_of(on)
    counts = contacts.setdefault(role, {})
    counts[month] = counts.get(month, 0) + 1
    if len(counts) > MONTHS_KEPT:
        del counts[min(counts)]
    if len(contacts) > ROLES_KEPT:
        del contacts[min(contacts, key=lambda name: (max(contacts[name]), name))]


def _complaint(profile: Profile, complaint_id: str, on: int) -> None:
    complaints = profile.complaints
    if complaint_id in complaints or len(complaints) < COMPLAINTS_KEPT:
        complaints[complaint_id] = min(on, complaints.get(complaint_id, on))
    _tell_complaints(profile)


def _tell_complaints(profile: Profile) -> None:
    if profile.complaints:
        profile.facts["complaint_open_since"] = date_of(min(profile.complaints.values())).isoformat()
    else:
        profile.facts.pop("complaint_open_since", None)


def _enquiry(profile: Profile, product: str | None, on: int) -> None:
    """The latest enquiry counts, of several of a day the last in log order."""
    if not _latest(profile, "enquired_on", on):
        return
    if product is None:
        profile.facts.pop("enquired_product", None)
    else:
        profile.facts["enquired_product"] = product


def _latest(profile: Profile, name: str, on: int) -> bool:
    """Keep the later day under ``name``; whether ``on`` is it."""
    text = date_of(on).isoformat()
    before = str(profile.facts.get(name, text))
    profile.facts[name] = max(before, text)
    return text >= before
