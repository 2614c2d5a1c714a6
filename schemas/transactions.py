"""``transactions`` v1: what core systems publish, one JSON object a record, keyed by ``customer_id``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal, get_args

import msgspec

from schemas.limits import AMOUNT_MAX, ID_LENGTH_MAX

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_LENGTH_MAX)]
Money = Annotated[int, msgspec.Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
"""Integer minor units; credit is positive."""
Instant = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339 with an offset; parsed in bulk, see ``streams.decode``."""
Currency = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": "^[A-Z]{3}$"})]
"""ISO 4217 code; compared with the list of active codes, see ``streams.decode``."""

UNNAMED: Final = "transactions"
"""The source of a record whose headers name none."""

Product = Literal["deposit", "wealth", "loan", "margin", "card"]
Kind = Literal[
    "opening", "transfer", "purchase", "cash", "salary", "interest",
    "fee", "repayment", "rollover", "maturity", "adjustment", "other",
]  # fmt: skip
Channel = Literal["counter", "online", "mobile", "atm", "pos", "branch_visit", "other"]
Initiator = Literal["customer", "third_party", "bank", "mandate"]
Counterparty = Literal["own", "internal", "other_bank"]
Form = Literal["demand", "time"]

PRODUCTS: tuple[str, ...] = get_args(Product)
KINDS: tuple[str, ...] = get_args(Kind)
CHANNELS: tuple[str, ...] = get_args(Channel)
INITIATORS: tuple[str, ...] = get_args(Initiator)
COUNTERPARTIES: tuple[str, ...] = get_args(Counterparty)
FORMS: tuple[str, ...] = get_args(Form)


class Transaction(msgspec.Struct, kw_only=True, gc=False):
    """One booking on one account. Unknown extra fields are allowed and ignored.

    Amounts are integer minor units of ``currency``, credit positive; a loan's balance is negative (money owed).
    A booking in another currency than the bank's carries ``amount_base`` (and ``balance_base``) in the base
    currency. ``kind = "opening"`` tells a balance (amount 0, ``balance_after`` required) and is no flow. A reversal names what it
    takes back in ``reverses`` and that booking's instant in ``reverses_booked_at``. ``variable_cost`` is what serving this booking cost
    the bank, in minor units of the base currency.
    """

    transaction_id: Id
    customer_id: Id
    account_id: Id
    booked_at: Instant
    amount: Money
    currency: Currency
    product: Product
    kind: Kind
    channel: Channel
    initiator: Initiator
    balance_after: Money | None = None
    amount_base: Money | None = None
    balance_base: Money | None = None
    value_date: str | None = None
    reverses: Id | None = None
    reverses_booked_at: Instant | None = None
    branch_id: str | None = None
    counterparty: Counterparty | None = None
    matures_on: dt.date | None = None
    form: Form | None = None
    category: str | None = None
    variable_cost: Money | None = None
