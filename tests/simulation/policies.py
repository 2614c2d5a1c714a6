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

[near]
percent = 20

[[cut]]
name = "first"
measure = "net_flow_30d"
top_percent = 20
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

[[cut]]
name = "half"
measure = "deposits_avg_7d"
top_percent = 50
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

TALKED = """
scheme = "talked"
title = "What the bank's people know moves these, and the days since"
base = "strange"

[[level]]
name = "known_to_us"
contacts_per_month = { manager = 2, president = 1 }
enter = "days_since(last_contact_on) <= 2 or enquired_product == 'mortgage'"

[[level]]
name = "cross"
enter = "days_since(complaint_open_since) >= 1 or days_since(enquired_on) <= 1"

[upgrade]
check = "event"

[downgrade]
check = "day_close"
"""

SIGNALS = """
signals = "talks"

[[signal]]
name = "enquired"
title = "An enquiry came in"
on = "interaction"
when = "interaction_kind == 'enquiry'"

[[signal]]
name = "left_alone"
title = "Contacts of the month are missing"
each = "duty"
check = "day_close"
when = "duty_missing >= 1"

[[signal]]
name = "runs_out"
title = "What is bought again and again is due"
each = "cycle"
check = "day_close"
when = "cycle_count >= 3 and days_until(cycle_next_on) <= 1"
"""

ALERTS = """
signals = "moods"

[[signal]]
name = "poor"
title = "Little is left"
when = "aum < 500"
clear = "aum >= 800"
severity = { high = "aum < 0", otherwise = "low" }
value = "aum"

[[signal]]
name = "quiet_account"
title = "Nothing happens on an account"
each = "account"
where = "account_open"
when = "days_since(account_last_activity_on) >= 2"
cooldown_days = 3
value = "account_balance"

[[signal]]
name = "drifting"
title = "The week's average is low"
check = "day_close"
when = "deposits_avg_7d < 900"
inhibited_by = ["poor"]
for_levels = { assets = ["silver", "gold"] }

[[signal]]
name = "birthday"
title = "A birthday is near"
due_on = "next_anniversary(birth_date)"
lead_days = 366

[[signal]]
name = "large"
title = "A large transaction"
on = "transaction"
when = "txn_amount >= 1_000"
value = "txn_amount"
cooldown_days = 1

[[signal]]
name = "rose"
title = "A level was reached"
on = "tier_change"
when = "tier_direction == 'up'"
"""

SCHEMES = {
    "assets.toml": ASSETS,
    "average.toml": AVERAGE,
    "monthly.toml": MONTHLY,
    "quiet.toml": QUIET,
    "talked.toml": TALKED,
}

JUDGED = {**SCHEMES, "alerts.toml": ALERTS, "talks.toml": SIGNALS}
"""What the oracle judges."""

POLICIES = {**JUDGED, QUALITY_FILE: QUALITY}

POLICIES_NEXT = {
    **POLICIES,
    "assets.toml": ASSETS.replace("1_000", "1_200").replace("2_500", "2_800"),
    "quiet.toml": QUIET.replace("<= 2", "<= 3"),
    QUALITY_FILE: QUALITY.replace("rejected_percent = 10", "rejected_percent = 25").replace(
        "late_days = 1", "late_days = 2"
    ),
}
"""The next version: other bounds, same names."""
