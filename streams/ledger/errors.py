"""What the ledger refuses, typed by what its caller does next."""

from __future__ import annotations

from schemas.mistakes import Mistake


class CapacityError(Exception):
    """An event would take a figure beyond what 63 bits hold: its record is set aside, the cache is dropped.

    ``customer_id`` and ``offset`` say which event; the ledger's arrays are half changed and must be dropped.
    """

    def __init__(self, customer_id: str, offset: int, limit: int) -> None:
        super().__init__(
            f"the transaction at offset {offset} takes a balance or turnover of customer {customer_id!r} beyond "
            f"{limit} minor units: look for amounts in the wrong unit"
        )
        self.customer_id = customer_id
        self.offset = offset


class RecordUnreadable(Mistake):
    """A stored customer cannot be read by this version: the worker stops, ``tierline rebuild`` makes it anew."""

    def __init__(self, customer_id: str, what: str) -> None:
        super().__init__(
            f"the stored record of customer {customer_id!r} {what}: run `tierline rebuild` to make it anew from the logs"
        )
        self.customer_id = customer_id


class LayoutUnknown(RecordUnreadable):
    """A stored customer has a layout that this version does not know (a newer version wrote it)."""

    def __init__(self, customer_id: str, found: int, known: int) -> None:
        super().__init__(customer_id, f"has layout {found}, this version reads layouts {known} and {known - 1}")
        self.found = found
