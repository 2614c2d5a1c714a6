"""What comes of one look at a customer: the tier changes and the alerts, by the policies in force.

* The changes of one look come in the order of the policy files' names.
* Alerts of tiers come behind all tier changes of a look, in the same order, then those of signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.oracle.account_rows import account_rows, seen_accounts
from tests.oracle.churn import Model
from tests.oracle.conditions import Value, truth
from tests.oracle.customer import Customer
from tests.oracle.cuts import read_cuts
from tests.oracle.days import date_of
from tests.oracle.measures import Measures
from tests.oracle.names import AccountNames, Names
from tests.oracle.occasions import Cause, occasion
from tests.oracle.overrides import decide
from tests.oracle.rates import Rate
from tests.oracle.schemes import Classes, Scheme
from tests.oracle.signals import Family, Signals, is_family
from tests.oracle.tier_alerts import Decided, copied
from tests.oracle.tiers import Look, Standing
from tests.oracle.told import Told

NOTHING = Cause()
"""Of a look that no transaction and no interaction led to."""
CUTS = "cuts.toml"
"""The one of the policy files that holds amounts, by which both schemes and signals decide."""


@dataclass(frozen=True, slots=True)
class Change:
    """A tier change as it should be published; ``offset`` and ``transaction_id`` name the transaction that led to it."""

    customer_id: str
    scheme: str
    came_from: str
    to: str | None
    direction: str
    reason: str
    effective_at: str
    as_of: int
    offset: int | None = None
    transaction_id: str | None = None


class Judge:
    """The policies in force, with what else decides beside what is known of a customer."""

    def __init__(
        self, policies: Mapping[str, str], base_currency: str, rates: Sequence[Rate], churn: Model | None
    ) -> None:
        self._base_currency = base_currency
        self._rates = rates
        self._churn = churn
        self._use(policies)

    def _use(self, policies: Mapping[str, str]) -> None:
        cuts = read_cuts(policies.get(CUTS, ""))
        rules = {name: text for name, text in sorted(policies.items()) if name != CUTS}
        families = [Family.read(text) for text in rules.values() if is_family(text)]
        self._schemes = [Scheme.read(text) for text in rules.values() if not is_family(text)]
        for one in (*self._schemes, *families):
            one.lets.update(cuts)
        self._signals = Signals(families)

    def renew(self, policies: Mapping[str, str], customers: Iterable[Customer]) -> None:
        """Decide by these files from now on; where customers stand is told in their words."""
        before = {scheme.name: scheme for scheme in self._schemes}
        self._use(policies)
        for customer in customers:
            for scheme in self._schemes:
                known = [customer.standings.get(scheme.name)]
                known += [customer.overrides[scheme.name].before] if scheme.name in customer.overrides else []
                for standing in known:
                    if standing is not None and scheme.name in before:
                        standing.renew(before[scheme.name], scheme)

    def measures(self, customer: Customer, as_of: int) -> Measures:
        """The measures of a customer as of a day."""
        return Measures(
            customer.bookings,
            customer.first_seen,
            as_of,
            self._rates,
            customer.accounts,
            customer.facts.get("branch_id"),
            self._churn,
        )

    def look(
        self, customer_id: str, customer: Customer, look: Look, effective_at: str, cause: Cause, offset: int | None
    ) -> tuple[list[Change], list[Told]]:
        """Look at a customer once: what changes, and what is told of it; ``offset`` is the transaction's that led to it."""
        names = Names(self.measures(customer, look.as_of), customer.fact)
        rows = account_rows(customer.bookings, look.as_of, customer.accounts)
        names.accounts = [AccountNames(names, account) for account in rows]
        changes = []
        told: list[Told] = []
        today = date_of(look.as_of)
        for scheme in self._schemes:
            before, override = _before(scheme, customer), customer.overrides.get(scheme.name)
            move = decide(
                scheme,
                look,
                lambda text, lets=scheme.lets: truth(text, names, lets, today),  # type: ignore[misc]
                customer.standings,
                customer.overrides,
            )
            if move is not None:
                changes.append(
                    Change(
                        customer_id=customer_id,
                        scheme=scheme.name,
                        came_from=move.came_from,
                        to=move.to,
                        direction=move.direction,
                        reason=move.reason,
                        effective_at=effective_at,
                        as_of=look.as_of,
                        offset=offset,
                        transaction_id=None if cause.txn is None else cause.txn["transaction_id"],
                    )
                )
            if isinstance(scheme, Scheme):
                after, held = customer.standings[scheme.name], scheme.name in customer.overrides
                word = (
                    override is not None and override.before is not None and before.name(scheme) != after.name(scheme)
                )
                decided = Decided(scheme, before, after, move, look, names, held=held, by_person=word)
                told += decided.tell(customer.signals)
        accounts = [*seen_accounts(customer.bookings, look.as_of, customer.accounts)]
        moved = [(change.scheme, _words(change)) for change in changes]
        about = occasion(customer, self._schemes, names, accounts, look, moved, cause, self._base_currency)
        told += self._signals.decide(customer.signals, about)
        return changes, told


def _before(scheme: Scheme | Classes, customer: Customer) -> Standing:
    """How the customer stands in a scheme before a look; events under an override count as looks."""
    standing = copied(customer.standings.get(scheme.name, Standing()))
    if scheme.name in customer.overrides:
        standing.looked(scheme, customer.overrides[scheme.name].event)
    return standing


def _words(change: Change) -> dict[str, Value]:
    """What one-shots read of a tier change."""
    return {
        "tier_scheme": change.scheme,
        "tier_from": change.came_from,
        "tier_to": change.to,
        "tier_direction": change.direction,
        "tier_reason": change.reason,
    }
