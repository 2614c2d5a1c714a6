"""``customers`` v1: facts about a customer, one JSON object a record, keyed by ``customer_id``."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from schemas.transactions import Id

CustomerKind = Literal["personal", "corporate", "institution"]


class CustomerFacts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of a customer: a partial update, fields that are not named keep what stands.

    ``null`` makes a fact unknown again. Dates are calendar dates of the bank.
    """

    customer_id: Id
    kind: CustomerKind | UnsetType | None = UNSET
    birth_date: dt.date | UnsetType | None = UNSET
    owner_id: Id | UnsetType | None = UNSET
    branch_id: Id | UnsetType | None = UNSET
