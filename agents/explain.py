"""What is known of a customer and why the tier is what it is: from the store alone, no worker needed.

Every partition is asked, since a customer lives where its records arrive. Measures are as of the partition's open
day, under the policies that are active there, whatever the folder says now.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from agents.days import iso
from agents.explain_next import NextView, next_view, plain_number
from agents.figures import Figure
from agents.policy.compile import compile_policies
from agents.policy.decider import CompiledPolicies
from agents.policy.distance import Distance
from agents.policy.evidence import Evidence
from agents.policy.exact import ExactRow
from agents.policy.nodes import UNITS, Column
from agents.policy.views import StandingView, all_benefits, leading_roles, standing_views
from agents.raised import SignalView, Tasks, signals_of
from agents.tiers.override import words_of
from agents.whatnext.horizon import horizon
from agents.whatnext.outlook import Outlook, outlooks
from schemas.journal import PolicyActivated
from schemas.measures import MEASURES, measure_named
from schemas.partition import PartitionState
from schemas.state import Profile
from streams.calendar import BusinessCalendar
from streams.ledger.ahead import AHEAD
from streams.ledger.ledger import Ledger
from streams.ports import Claimed
from streams.rows import Rows, Vocabulary

CACHE_BYTES: Final = 1 << 20
"""Cache of the ledger in which customers are unpacked: thrown away after each answer."""

_COLUMNS: Final = tuple(MEASURES)
_decode_policy = msgspec.json.Decoder(PolicyActivated).decode


class ReadStore(Protocol):
    """What an explanation reads of the store."""

    async def peek(self, partition: int) -> Claimed | None:
        """Where a partition stands; None if it was never committed."""
        ...

    async def customers(self, partition: int, ids: Sequence[str]) -> list[bytes | None]:
        """Packed records; None for a customer never seen."""
        ...


class Gap(msgspec.Struct, kw_only=True, frozen=True):
    """An ``amount`` of one measure, major units. ``strict``: of what is missing, more than it is needed; of a margin,
    that much less is enough to fall."""

    measure: str
    amount: float | int
    strict: bool


OUTSIDE: Final = "outside: "
"""How the note of a scheme begins that does not mean the customer."""


class SchemeView(msgspec.Struct, kw_only=True):
    """A customer in one scheme; dates are ISO. ``level`` is null while out of scope or not yet placed.

    ``missing`` is the money that leads to ``next_level``, null if money alone does not; ``margin`` how far money may fall
    before ``stay_condition`` fails. During a grace that began on ``failing_since`` the close of ``falls_on`` takes the level
    unless measures are higher then by ``saving`` (null: money alone does not save it; empty: it holds by then); none begins
    before the close of ``held_until``. ``near``: what is missing is within the scheme's percentage. Of ``classes`` none is above
    another; ``axes`` are the levels on the sides of a matrix. ``benefits`` come with the level. A ``primary`` scheme leads
    routing. ``override`` says by whom, until when and why the level is held against the rules. ``evidence`` holds what the
    conditions read, not rounded. ``next`` is what may be done, and what comes if nothing is.
    """

    title: str | None
    level: str | None
    since: str | None
    level_title: str | None = None
    roles: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    next_level: str | None = None
    next_condition: str | None = None
    missing: list[Gap] | None = None
    stay_condition: str | None = None
    margin: list[Gap] | None = None
    failing_since: str | None = None
    falls_on: str | None = None
    saving: list[Gap] | None = None
    held_until: str | None = None
    near: bool = False
    at_base: bool = False
    classes: bool = False
    axes: dict[str, str] = {}
    benefits: tuple[str, ...] = ()
    primary: bool = False
    evidence: Evidence = {}
    note: str | None = None
    override: str | None = None
    next: NextView = NextView()


class Explanation(msgspec.Struct, kw_only=True):
    """Everything known of a customer, as of the open day ``as_of`` (null before the partition's first record).

    ``sources`` gives the newest day for which each source told facts. ``roles`` are those of the primary scheme in which the
    customer stands; ``benefits`` come from all schemes.
    """

    customer_id: str
    as_of: str | None
    partition: int
    policy_version: str | None
    measures: dict[str, Figure]
    schemes: dict[str, SchemeView]
    sources: dict[str, str] = {}
    roles: list[str] = []
    benefits: list[str] = []
    signals: list[SignalView] = []


class Explainer:
    """Answers for any customer of a store; keeps compiled policies between answers.

    An answer looks 400 closes ahead, which would hold up the leases on the loop: it is made in a thread, one at a time. Its policies
    are compiled apart from the engine's, with words of their own, since a vocabulary is for one thread.
    """

    def __init__(self, store: ReadStore, partitions: int) -> None:
        self._store = store
        self._partitions = partitions
        self._alone = threading.Lock()
        self._vocabulary = Vocabulary()
        self._ledger: Ledger | None = None
        self._calendar: BusinessCalendar | None = None
        self._policies: dict[str, CompiledPolicies] = {}

    async def explain(self, customer_id: str) -> Explanation | None:
        """Everything known of a customer; None if no partition has seen this id."""
        for partition in range(self._partitions):
            # The state first: a record may be newer than it by a commit, never older.
            claimed = await self._store.peek(partition)
            if claimed is None or claimed.state is None:
                continue
            (packed,) = await self._store.customers(partition, [customer_id])
            if packed is not None:
                policy = _decode_policy(claimed.policy) if claimed.policy else None
                return await asyncio.to_thread(
                    self._explain_alone, customer_id, partition, packed, claimed.state, policy
                )
        return None

    def _explain_alone(
        self, customer_id: str, partition: int, packed: bytes, state: PartitionState, policy: PolicyActivated | None
    ) -> Explanation:
        """One answer; who asked may be gone by then, so it is the thread that holds the lock."""
        with self._alone:
            return self._explanation(customer_id, partition, packed, state, policy)

    def _explanation(
        self, customer_id: str, partition: int, packed: bytes, state: PartitionState, policy: PolicyActivated | None
    ) -> Explanation:
        compiled = None if policy is None else self._compiled(policy)
        profile, rows = self._unpack(customer_id, packed, state, compiled)
        explanation = Explanation(
            customer_id=customer_id,
            as_of=None if state.open_day is None else iso(state.open_day),
            partition=partition,
            policy_version=None if policy is None else policy.version,
            measures={},
            schemes={},
            sources={source: iso(day) for source, day in profile.sources.items()},
            signals=signals_of(profile),
        )
        if rows is not None:
            row = ExactRow(rows, 0, self._vocabulary)
            explanation.measures = {name: _figure(row, name) for name in rows.names if AHEAD not in name}
            if compiled is not None:
                views = standing_views(compiled, rows, 0, profile)
                explanation.schemes = {view.scheme: _scheme(compiled, view, row) for view in views}
                for name, outlook in self._outlooks(customer_id, state, compiled, profile).items():
                    _look_ahead(explanation.schemes[name], outlook)
                explanation.roles = leading_roles(views)
                explanation.benefits = all_benefits(views)
                explanation.signals = signals_of(profile, Tasks(compiled, rows, profile))
        for scheme, override in profile.overrides.items():
            if scheme in explanation.schemes:
                explanation.schemes[scheme].override = words_of(override)
        return explanation

    def _outlooks(
        self, customer_id: str, state: PartitionState, policies: CompiledPolicies, profile: Profile
    ) -> dict[str, Outlook]:
        """What comes next in each scheme for the customer who was unpacked last, once a day is open."""
        if self._ledger is None or self._calendar is None or state.open_day is None:
            return {}
        slot = int(self._ledger.slots([customer_id])[0])
        return outlooks(policies, horizon(self._ledger, slot, self._calendar, policies, state.open_day), profile)

    def _unpack(
        self, customer_id: str, packed: bytes, state: PartitionState, policies: CompiledPolicies | None
    ) -> tuple[Profile, Rows | None]:
        """The profile and, once a day is open, a row of all measures and of what the policies read besides."""
        if self._ledger is None:
            # The zone and cut-off that the state was computed with, whatever this process's settings say.
            self._calendar = BusinessCalendar(state.timezone, state.cutoff)
            self._ledger = Ledger(self._calendar, self._vocabulary, CACHE_BYTES)
        self._ledger.drop()
        if policies is None:
            self._ledger.set_policy(_COLUMNS, 1, 0)
        else:
            columns = tuple(dict.fromkeys([*_COLUMNS, *policies.columns]))
            self._ledger.set_policy(
                columns, policies.words, 0, policies.account_columns, policies.rates, churn=policies.churn
            )
        self._ledger.load([customer_id], [packed])
        slots = self._ledger.slots([customer_id])
        rows = None if state.open_day is None else self._ledger.rows(slots, state.open_day)
        return self._ledger.profile(int(slots[0])), rows

    def _compiled(self, policy: PolicyActivated) -> CompiledPolicies:
        if policy.version not in self._policies:
            self._policies[policy.version] = compile_policies(policy.files, self._vocabulary)
        return self._policies[policy.version]


def _scheme(policies: CompiledPolicies, view: StandingView, row: ExactRow) -> SchemeView:
    compiled = next(scheme for scheme in policies.schemes if scheme.tiers.name == view.scheme)
    scope = compiled.rules.applies_to
    note = None
    if view.level is None:
        meant = scope is None or row.value(scope.node) is True
        note = "not placed yet" if meant or scope is None else f"{OUTSIDE}{scope.spelled} does not hold"
    return SchemeView(
        title=view.title,
        level=view.level,
        since=None if view.since is None else iso(view.since),
        level_title=view.level_title,
        roles=view.roles,
        reasons=view.reasons,
        next_level=view.next_level,
        next_condition=view.next_condition,
        missing=_gaps(view.missing),
        stay_condition=view.stay_condition,
        margin=_gaps(view.margin),
        failing_since=None if view.failing_since is None else iso(view.failing_since),
        falls_on=None if view.falls_on is None else iso(view.falls_on),
        held_until=None if view.held_until is None else iso(view.held_until),
        near=view.near,
        at_base=view.at_base,
        classes=view.classes,
        axes=dict(view.axes),
        benefits=view.benefits,
        primary=view.primary,
        evidence=view.evidence,
        note=note,
    )


def _look_ahead(view: SchemeView, outlook: Outlook) -> None:
    """Add what comes next, and of a grace the very close that takes the level with what will be missing then."""
    view.next = next_view(outlook)
    if outlook.threat is not None:
        view.falls_on = iso(outlook.threat.day)
        view.saving = _gaps(outlook.threat.missing)


def _gaps(distances: Sequence[Distance] | None) -> list[Gap] | None:
    if distances is None:
        return None
    return [
        Gap(measure=distance.measure, amount=plain_number(distance.amount), strict=distance.strict)
        for distance in distances
    ]


def _figure(row: ExactRow, name: str) -> Figure:
    measure = measure_named(name)
    if measure is None:
        raise KeyError(name)
    column = Column.of(measure)
    if measure.type == "text":
        return row.text(column)
    value = row.column(column)
    if value is None or isinstance(value, bool):
        return value
    if measure.type == "day":
        return iso(int(value))
    return plain_number(value / UNITS.get(measure.type, 1))
