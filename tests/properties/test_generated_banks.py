"""The bank that is made up brings about what the shipped signals wait for, so that comparing it with the oracle says something of each."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any, Final

from deploy.bank import Bank
from deploy.bank.forgotten import Forgotten
from schemas.events import AlertCleared
from tests.oracle.judge import Change
from tests.oracle.partition import Partition
from tests.properties.expected import followed
from tests.properties.histories import History
from tests.properties.product import Handling, Product
from tests.verify.cast import laid_out
from tests.verify.replay import told_by_bank

FOLDER: Final = Path(__file__).parents[2] / "policies"
ZONE: Final = "Asia/Shanghai"
SEEDS: Final = (1, 2)
START: Final = dt.date(2023, 10, 1)
"""Four months before a holiday, and five before a leap day."""
DAYS: Final = 245

LATE: Final = {"inoperative_account", "nearing_inoperative", "lapsed_customer", "woken_again"}
"""They wait for more than these months: made to happen in the long replay, as are those of the rich, of whom small banks have too few."""
RICH: Final = {"idle_cash", "idle_cash_elsewhere", "large_foreign_deposits", "value_concentration"}
OF_FACTS: Final = {
    "account_closed",
    "bad_credit",
    "key_information_missing",
    "lost_contact",
    "maturity",
    "overdraft_evasion",
    "owner_about_to_leave",
    "risk_level",
    "risk_threshold",
}


class Clock(Partition):
    """The oracle without its judgement: it tells how the log is taken, and looks at nobody."""

    def _look(self, *_: Any, **__: Any) -> list[Change]:
        return []


def alerted(seed: int) -> set[tuple[str, bool]]:
    """The signals of which a bank had an alert, each with whether it was a clearing."""
    bank, forgotten = Bank(seed, 60, DAYS, 10_000, START, ZONE, turns=600), Forgotten(seed, 60, 6, START, ZONE)
    history = History(ZONE, "00:00", laid_out([*told_by_bank(forgotten), *told_by_bank(bank)]))
    policies = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}
    product = Product(history, Handling(batches=(500,)), policies)
    product.run(followed(Clock({}, timezone=ZONE), history, measures=False))
    return {(alert.signal, isinstance(alert, AlertCleared)) for alert in product.alerts}


def test_made_up_banks_raise_every_shipped_signal_that_waits_for_no_years_and_for_no_riches_and_what_facts_raise_they_clear() -> (
    None
):
    seen = {told for seed in SEEDS for told in alerted(seed)}
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")]
    shipped = {signal["name"] for table in tables for signal in table.get("signal", ())}
    assert shipped - {signal for signal, cleared in seen if not cleared} == LATE | RICH
    assert OF_FACTS - {signal for signal, cleared in seen if cleared} == set()
