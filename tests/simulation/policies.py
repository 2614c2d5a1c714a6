"""Small policies that move customers often: each kind of check, grace and step, and a scope."""

from __future__ import annotations

from tests.simulation.quality import QUALITY_FILE

ASSETS = """
scheme = "assets"
title = "Assets now, looked at on every event, with grace, one step at a time"
base = "plain"

[[level]]
name = "silver"
enter = "aum >= 1_000"
stay = "aum >= 900"

[[level]]
name = "gold"
enter = "aum >= 3_000"
stay = "aum >= 2_500"

[upgrade]
check = "event"

[downgrade]
check = "event"
grace_days = 2
steps = "one"
"""

AVERAGE = """
scheme = "average"
title = "A week's average of deposits, at closes"
base = "low"

[[level]]
name = "middle"
enter = "deposits_avg_7d >= 800"
stay = "deposits_avg_7d >= 700"

[[level]]
name = "high"
enter = "deposits_avg_7d >= 2_000 or wealth > 1_500"

[upgrade]
check = "day_close"

[downgrade]
check = "day_close"
grace_days = 1
steps = "balance"
"""

MONTHLY = """
scheme = "monthly"
title = "Persons by what came in, falling at month ends only"
applies_to = "kind == 'personal'"
base = "out_of_it"

[[level]]
name = "in_it"
enter = "inflow_mtd >= 500 or txn_count_30d >= 4"
stay = "inflow_mtd >= 400"

[upgrade]
check = "event"

[downgrade]
check = "month_close"
"""

QUIET = """
scheme = "quiet"
title = "Silence alone moves these: no transaction tells of it"
base = "quiet"

[[level]]
name = "awake"
enter = "coalesce(days_since_activity, 99) <= 1"
stay = "coalesce(days_since_activity, 99) <= 2"

[upgrade]
check = "event"

[downgrade]
check = "day_close"
"""

QUALITY = """
minimum_records = 3
rejected_percent = 10
late_percent = 15
late_days = 1
"""
"""What an erasure changes (gaps, key information) is not judged: a clean replay knows nothing of the erased."""

POLICIES = {
    "assets.toml": ASSETS,
    "average.toml": AVERAGE,
    "monthly.toml": MONTHLY,
    "quiet.toml": QUIET,
    QUALITY_FILE: QUALITY,
}

POLICIES_NEXT = {
    **POLICIES,
    "assets.toml": ASSETS.replace("1_000", "1_200").replace("2_500", "2_800"),
    "quiet.toml": QUIET.replace("<= 2", "<= 3"),
    QUALITY_FILE: QUALITY.replace("rejected_percent = 10", "rejected_percent = 25").replace(
        "late_days = 1", "late_days = 2"
    ),
}
"""The next version: other bounds, same names."""
