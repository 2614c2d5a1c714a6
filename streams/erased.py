"""Customers who were erased: known by the hash of their id alone, so that nothing of them comes back.

An erasure that stands in the journal further on counts from the claim on: whoever is erased there is never known again
by a replay, and takes an empty place among the ids, where the first run had put the id before it was erased.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np

from streams.columns import Events
from streams.sealing import hash_of

PLACE_HOLDER = ""
"""Stands among the ids for a customer who was erased: places in a sweep must not shift. No id is empty."""


class Erased:
    """The hashes of one partition: those of the last commit, those since, and those further on in the journal."""

    def __init__(self, stored: Iterable[str], ahead: Iterable[str]) -> None:
        self._stored = set(stored)
        self._added: set[str] = set()
        self._ahead = set(ahead) - self._stored

    def __contains__(self, customer: object) -> bool:
        return customer in self._stored or customer in self._added

    @property
    def ahead(self) -> Collection[str]:
        """Erasures that the journal holds further on, of customers who were not yet met."""
        return self._ahead - self._added

    def is_ahead(self, customer: str) -> bool:
        """Whether this customer's erasure stands further on, and the customer was not yet met."""
        return customer in self._ahead and customer not in self._added

    def add(self, customer: str) -> None:
        """Erased with the commit to come."""
        self._added.add(customer)

    def rollback(self) -> None:
        """Forget what was added since the last commit."""
        self._added.clear()

    def committed(self) -> None:
        """What was added is stored."""
        self._stored |= self._added
        self._ahead -= self._added
        self._added.clear()

    def parts(
        self, events: Events, absent: Callable[[Iterable[str]], list[str]]
    ) -> Iterator[tuple[Events, str | None]]:
        """``events`` without those of erased customers, cut behind each customer met here for the first time whose
        erasure stands further on: that customer's hash comes with the part.

        ``absent`` tells which customers are not cached: who is cached was not erased.
        """
        if not self._stored and not self._added and not self._ahead:
            yield events, None
            return
        doomed = {}
        for customer_id in absent(events.customers):
            customer = hash_of(customer_id)
            if customer in self or customer in self._ahead:
                doomed[customer_id] = customer
        if not doomed:
            yield events, None
            return
        yield from self._cut(events, doomed)

    def _cut(self, events: Events, doomed: dict[str, str]) -> Iterator[tuple[Events, str | None]]:
        kept: list[int] = []
        for index, customer_id in enumerate(events.customers):
            customer = doomed.get(customer_id)
            if customer is None:
                kept.append(index)
            elif self.is_ahead(customer):
                yield events.take(np.array(kept, np.int64)), customer
                kept = []
        yield events.take(np.array(kept, np.int64)), None
