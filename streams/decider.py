"""The interface of the decisions: what the moving parts ask of the bank's policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.churn_model import ChurnModel
from schemas.events import Cause, Reason, TierChanged
from schemas.rates import RateTable
from schemas.state import Profile
from streams.rows import LookKind, Rows, Vocabulary, Wanted

NO_DEADLINE: Final = 2**31 - 1
"""The deadline of a customer whom no day will move by itself; a day number no calendar reaches."""


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
    """What a look did: the changes to publish in order, whether any standing moved, the next due day.

    ``moved`` is true for any change of level, grace or hold. ``deadline`` is the earliest day whose close
    moves the customer by itself. ``complete`` is false when a direction was skipped because a later day was already checked.
    ``unknown`` names the schemes in which something unknown may have held the customer at this look.
    """

    changes: list[TierChanged]
    moved: bool
    deadline: int
    complete: bool
    unknown: tuple[str, ...] = ()


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
    words: int
    """64-bit words of a truth mask."""
    relevant: NDArray[np.uint64]
    """The bits of a truth mask that a look's decision may depend on, by kind of look: shape ``(LOOK_KINDS, words)``."""

    def masks(self, rows: Rows, kind: LookKind | None = None) -> NDArray[np.uint64]:
        """Truth of the conditions on every row, shape ``(len(rows), words)``; independent of standings.

        Without ``kind`` all of them, else those that a look of this kind reads where no override begins or ends.
        """
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
        """Decide one row; ``profile.standings`` is changed in place.

        ``settled`` is the mask of an earlier look of this kind that changed nothing, where nothing moved and no deadline
        fell due since: what reads the same in both need not be decided again, and its deadlines are left out.
        """
        ...


class DeciderFactory(Protocol):
    """Compiles policy files (name to TOML text); raises ``PolicyError`` naming all mistakes at once."""

    def __call__(self, files: Mapping[str, str], vocabulary: Vocabulary) -> Decider: ...
