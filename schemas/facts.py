"""``customers`` v1: facts about a customer, one JSON object a record, keyed by ``customer_id``.

A record without a value (a tombstone) erases the customer.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.limits import AMOUNT_MAX
from schemas.transactions import Id, Product

CustomerKind = Literal["personal", "corporate", "institution"]
Sex = Literal["female", "male"]
AdminLevel = Literal[
    "ministry", "province", "municipality", "prefecture", "city", "district", "county", "township", "village",
]  # fmt: skip

Word = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,47}$")]
"""A name that policies can speak of: of a source, a tag, a label, a date in the family."""
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Sum = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
"""Integer minor units of the base currency."""
Share = Annotated[float, Meta(ge=0, le=1)]
"""A part of the whole, from 0 to 1; kept in millionths."""
Count = Annotated[int, Meta(ge=0, le=1_000_000)]

CORE: Final = "core"
"""The source of a record that names none."""


class AccountFacts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of one account beside its transactions; the product that was told first stays.

    As of ``closed_on`` the account is no longer open. ``branch_id`` is where the account is kept. ``counts_in_aum`` is read by
    conditions on accounts alone: ``aum`` and its averages count every deposit and wealth account.
    """

    account_id: Id
    product: Product
    opened_on: dt.date | UnsetType | None = UNSET
    closed_on: dt.date | UnsetType | None = UNSET
    matures_on: dt.date | UnsetType | None = UNSET
    card_activated_on: dt.date | UnsetType | None = UNSET
    counts_in_aum: bool | UnsetType | None = UNSET
    branch_id: Id | UnsetType | None = UNSET


class OverrideFacts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A person sets a customer's level: ``by`` whom, why, and until the close of which day.

    ``level`` null lifts the override that stands.
    """

    scheme: Word
    level: Word | None
    reason: Text
    until: dt.date
    by: Id


class CustomerFacts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a source knows of a customer: a partial update, fields that are not named keep what stands.

    ``null`` makes a fact unknown again. Dates are calendar dates of the bank, money is integer minor units. Of several
    sources that tell the same fact the last one counts. ``as_of`` is the day on which the source knew it so (left out: the
    record's own day). ``accounts``, ``labels`` and ``family_dates`` change what they name; ``tags`` are the source's own
    list, whole each time. The first ``owner_id`` is kept as ``initial_owner_id`` where that is not told.
    """

    customer_id: Id
    source: Word = CORE
    as_of: dt.date | UnsetType = UNSET

    kind: CustomerKind | UnsetType | None = UNSET
    sex: Sex | UnsetType | None = UNSET
    birth_date: dt.date | UnsetType | None = UNSET
    occupation: Text | UnsetType | None = UNSET
    region: Text | UnsetType | None = UNSET
    county: Text | UnsetType | None = UNSET
    opened_on: dt.date | UnsetType | None = UNSET

    owner_id: Id | UnsetType | None = UNSET
    initial_owner_id: Id | UnsetType | None = UNSET
    branch_id: Id | UnsetType | None = UNSET
    owner_leaving: bool | UnsetType | None = UNSET
    lost_contact: bool | UnsetType | None = UNSET
    has_address: bool | UnsetType | None = UNSET
    has_phone: bool | UnsetType | None = UNSET
    has_employer: bool | UnsetType | None = UNSET

    card_level: Text | UnsetType | None = UNSET
    total_assets: Sum | UnsetType | None = UNSET
    registered_capital: Sum | UnsetType | None = UNSET
    admin_level: AdminLevel | UnsetType | None = UNSET
    firm_owner: bool | UnsetType | None = UNSET
    settlement_share: Share | UnsetType | None = UNSET
    affiliate_share: Share | UnsetType | None = UNSET

    has_credit: bool | UnsetType | None = UNSET
    target_credit: Sum | UnsetType | None = UNSET
    credit_rating: Text | UnsetType | None = UNSET
    risk_score: Count | UnsetType | None = UNSET
    bad_credit_records: Count | UnsetType | None = UNSET
    overdraft_or_evasion: bool | UnsetType | None = UNSET
    guarantor_of_loan: bool | UnsetType | None = UNSET
    litigation: bool | UnsetType | None = UNSET

    accounts: list[AccountFacts] | UnsetType = UNSET
    family_dates: dict[Word, dt.date | None] | UnsetType = UNSET
    labels: dict[Word, Text | None] | UnsetType = UNSET
    tags: list[Word] | UnsetType | None = UNSET
    override: OverrideFacts | UnsetType = UNSET
