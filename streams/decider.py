"""The interface of the decisions: what the moving parts ask of the bank's policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.churn_model import ChurnModel
from schemas.events import AlertCleared, AlertRaised, Cause, Published, Reason, TierChanged
from schemas.population import Cut
from schemas.rates import RateTable
from schemas.state import Profile
from streams.rows import LookKind, Rows, Vocabulary, Wanted

NO_DEADLINE: Final = 2**31 - 1
"""The deadline of a customer whom no day will move by itself; a day number no calendar reaches."""


MASK_LAYOUT: Final = 1
"""Version of what the bits and words of a truth mask stand for under the same policies. Whoever lays masks out otherwise raises it: what a
customer was settled on before is another mask then, and is not compared."""


@dataclass(slots=True)
class Look:
    """One look at one customer: everything a decision may read besides the row and the profile.

    ``as_of`` is a day number. ``event_day`` is the latest day as of which an event of this customer was
    evaluated before this look (None if none): a close of an earlier day skips the directions checked there. ``reason``
    is what a change of this look is called unless it is a placement or a change of scope. ``customer_id`` names whom
    a change is about.
    """

    kind: LookKind
    as_of: int
    event_day: int | None
    reason: Reason
    effective_at: str
    cause: Cause
    customer_id: str = ""


class Decided(NamedTuple):
    """What a look did: the changes and alerts to publish in order, which standings moved, the next due day.

    ``moves`` has a bit for each scheme, by its place, in which a level, grace or hold changed; ``unrest`` those of them that
    may move again at the next look of this kind, the mask unchanged. ``stirred`` tells that something kept of a signal changed,
    or a standing that signals follow: nothing is settled any more. ``restless`` are bits of a mask that stand for what must be
    decided at the next look of this kind whatever it reads; with ``reopens`` looks of the other kinds decide everything. ``deadline`` is the earliest day whose close
    moves the customer by itself. ``complete`` is false when a direction was skipped because a later day was already checked.
    ``unknown`` names the schemes in which something unknown may have held the customer at this look. ``stood`` gives the
    schemes in which the level is another now, with the level before and after; None is out of scope or not placed. ``worse``
    are the ids of alerts that were raised before and got worse.
    """

    changes: list[Published]
    moves: int
    deadline: int
    complete: bool
    unknown: tuple[str, ...] = ()
    stood: tuple[tuple[str, str | None, str | None], ...] = ()
    unrest: int = 0
    worse: tuple[str, ...] = ()
    stirred: bool = False
    restless: int = 0
    reopens: bool = False

    @property
    def moved(self) -> bool:
        """Whether anything kept of standings or signals changed."""
        return self.moves != 0 or self.stirred

    @property
    def tier_changes(self) -> list[TierChanged]:
        """The changes of tiers among them."""
        return [change for change in self.changes if isinstance(change, TierChanged)]

    @property
    def alerts(self) -> list[AlertRaised | AlertCleared]:
        """The alerts among them."""
        return [change for change in self.changes if not isinstance(change, TierChanged)]


class Decider(Protocol):
    """The compiled policies of one version. Pure: no I/O, no clock, no randomness."""

    version: str
    columns: tuple[str, ...]
    """Measures and facts that the conditions read."""
    account_columns: tuple[str, ...]
    """Measures of accounts that they read; none: the rows need no accounts."""
    wanted: tuple[Wanted, ...]
    """What the conditions of a look read that decide, and what its changes carry, by kind of look."""
    rates: RateTable
    """What money costs and earns the bank, behind contributions and costs."""
    churn: ChurnModel | None
    """When customers are active, behind what is expected of them; None: nothing is expected."""
    cycles: bool
    """Whether anything reads cycles of purchases: else none are kept."""
    words: int
    """64-bit words of a truth mask."""
    relevant: NDArray[np.uint64]
    """The bits of a truth mask that a look's decision may depend on, by kind of look: shape ``(LOOK_KINDS, words)``."""
    fires: NDArray[np.uint64]
    """The bits of one-shots, by word: an event look with any of them set is decided, whatever the customer is settled on."""
    occasion_columns: tuple[str, ...]
    """What one-shots read of a look's transaction or interaction."""

    def masks(self, rows: Rows, kind: LookKind | None = None) -> NDArray[np.uint64]:
        """Truth of the conditions on every row, shape ``(len(rows), words)``; independent of standings.

        Without ``kind`` all of them, else those that a look of this kind reads where no override begins or ends.
        """
        ...

    def cuts(self, rows: Rows, masks: NDArray[np.uint64]) -> list[Cut]:
        """What the customers of ``rows``, a close's, add to each population figure of the policies."""
        ...

    def decide(
        self,
        look: Look,
        rows: Rows,
        row: int,
        mask: NDArray[np.uint64],
        profile: Profile,
        settled: NDArray[np.uint64] | None = None,
    ) -> Decided:
        """Decide one row; ``profile.standings`` and ``profile.signals`` are changed in place.

        ``settled`` is the mask of an earlier look of this kind that changed nothing, where nothing moved and no deadline
        fell due since: what reads the same in both need not be decided again, and its deadlines are left out.
        """
        ...

    def mark(self, settled: NDArray[np.uint64], restless: int) -> NDArray[np.uint64]:
        """``settled`` with the bits ``Decided.restless``, so that no mask is the same."""
        ...

    def unsettle(self, kind: LookKind, moves: int, settled: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The mask of a settled customer after ``moves``: marked so that those schemes alone count as reading another.

        The mark is a pair of bits that no truth mask has.
        """
        ...


class DeciderFactory(Protocol):
    """Compiles policy files (name to TOML text); raises ``PolicyError`` naming all mistakes at once."""

    def __call__(self, files: Mapping[str, str], vocabulary: Vocabulary) -> Decider: ...
