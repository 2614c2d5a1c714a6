"""The list of metrics: name, meaning and unit in one place, on a registry of their own.

Never a customer id in a label. Rates and percentiles are drawn by Grafana from these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.interactions import Verdict
from streams.event_ages import EventAges

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets of durations in seconds: the latency goal of 250 ms is one of their bounds."""

_PARTITION: Final = ("partition",)


class Metrics:
    """Every metric a worker gives, registered on ``registry``."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        self._counters()
        self._durations()
        self._gauges()
        self._quality()

    def _counters(self) -> None:
        new = self.registry
        self.records = Counter("tierline_records", "Transactions records taken in.", _PARTITION, registry=new)
        self.bytes = Counter("tierline_bytes", "Bytes of their values.", _PARTITION, registry=new, unit="bytes")
        self.duplicates = Counter("tierline_duplicates", "Records that were already applied.", registry=new)
        self.facts = Counter("tierline_facts", "Facts records applied.", ("source",), registry=new)
        self.interactions = Counter("tierline_interactions", "Interactions applied.", ("kind",), registry=new)
        self.alert_feedback = Counter(
            "tierline_alert_feedback",
            "Alerts accepted and dismissed, by signal; (unknown) for names that the policies do not have.",
            ("signal", "verdict"),
            registry=new,
        )
        self.dead_letters = Counter("tierline_dead_letters", "Records set aside.", ("stage", "reason"), registry=new)
        self.fences = Counter("tierline_fences", "Refused commits: another owner.", registry=new)
        self.rewinds = Counter("tierline_rewinds", "Refused commits: the store lost its tail.", registry=new)
        self.relay_failures = Counter("tierline_relay_failures", "Relay transactions begun anew.", registry=new)
        self.mirror_failures = Counter(
            "tierline_mirror_failures", "Failed copies of offsets to the group.", registry=new
        )
        self.ledger_events = Counter(
            "tierline_ledger_events", "Oddities met while folding: gaps, unanchored ...", ("what",), registry=new
        )
        self.erased = Counter("tierline_erased", "Customers erased by a tombstone.", registry=new)
        self.erased_dropped = Counter(
            "tierline_erased_dropped", "Records dropped because their customer was erased.", ("topic",), registry=new
        )
        self.unknown = Counter(
            "tierline_unknown", "Looks at which something unknown held a customer.", ("scheme",), registry=new
        )
        self.tier_changes = Counter(
            "tierline_tier_changes", "Tier changes by scheme and direction.", ("scheme", "direction"), registry=new
        )
        self.alerts = Counter(
            "tierline_alerts", "Alerts raised, got worse and cleared, by signal.", ("signal", "action"), registry=new
        )

    def _durations(self) -> None:
        new = self.registry
        self.batch_seconds = Histogram(
            "tierline_batch_seconds", "Time to apply one batch.", buckets=SECONDS, registry=new
        )
        self.commit_seconds = Histogram(
            "tierline_commit_seconds", "Time of one fenced commit.", buckets=SECONDS, registry=new
        )
        self.relay_seconds = Histogram(
            "tierline_relay_seconds", "Time of one relay transaction.", buckets=SECONDS, registry=new
        )
        self.stage_seconds = Counter(
            "tierline_stage_seconds", "CPU-bound time by stage of a batch.", ("stage",), registry=new, unit="seconds"
        )

    def _gauges(self) -> None:
        new = self.registry
        self.lag_records = Gauge("tierline_lag_records", "Records not yet applied.", _PARTITION, registry=new)
        self.lag_seconds = Gauge(
            "tierline_lag_seconds", "Age of the last applied record, 0 at the log's end.", _PARTITION, registry=new
        )
        self.open_day = Gauge("tierline_open_day", "Open day, days since 1970-01-01.", _PARTITION, registry=new)
        self.customers = Gauge("tierline_customers", "Customers ever seen.", _PARTITION, registry=new)
        self.cache_bytes = Gauge("tierline_cache_bytes", "Bytes of cached customers.", _PARTITION, registry=new)
        self.owner_customers = Gauge(
            "tierline_owner_customers", "Owners with at most that many customers.", ("le",), registry=new
        )
        self.owner_customers_max = Gauge(
            "tierline_owner_customers_max", "Customers of the fullest owner.", registry=new
        )
        self.owners_over_cap = Gauge(
            "tierline_owners_over_cap", "Owners with more customers than the cap.", registry=new
        )
        self.unowned_customers = Gauge("tierline_unowned_customers", "Customers without an owner.", registry=new)
        level = ("scheme", "level")
        self.tier_customers = Gauge("tierline_tier_customers", "Customers by level.", level, registry=new)
        self.tier_customers_at_year_start = Gauge(
            "tierline_tier_customers_at_year_start", "The same after the last close of a year.", level, registry=new
        )
        self.cut_share = Gauge(
            "tierline_cut_share", "Part of the total that the first customers hold.", ("scheme", "cut"), registry=new
        )
        self.cut_customers = Gauge(
            "tierline_cut_customers",
            "Customers of the last close by the sign of their measure.",
            ("scheme", "measure", "sign"),
            registry=new,
        )
        self.backlog = Gauge("tierline_relay_backlog", "Commits not yet relayed.", _PARTITION, registry=new)

    def expect_feedback(self, signals: Iterable[str]) -> None:
        """Give the feedback on each of these from 0 on: a counter that begins at 1 hides its first from every rate."""
        for signal in signals:
            for verdict in get_args(Verdict):
                self.alert_feedback.labels(signal, verdict)

    def forget_partition(self, number: int) -> None:
        """Take back the gauges of a partition that this worker does not hold any more: another one tells them."""
        label = {"partition": str(number)}
        for gauge in (
            self.lag_records,
            self.lag_seconds,
            self.open_day,
            self.customers,
            self.cache_bytes,
            self.backlog,
            self.key_information,
        ):
            gauge.remove_by_labels(label)

    def _quality(self) -> None:
        new = self.registry
        self.source_records = Counter(
            "tierline_source_records",
            "Records by source, and what was noticed of them.",
            ("source", "what"),
            registry=new,
        )
        self.event_ages = EventAges(new)
        self.key_information = Gauge(
            "tierline_key_information",
            "Persons at the last close by key fact held.",
            ("partition", "field"),
            registry=new,
        )
        self.quality_alerts = Counter(
            "tierline_quality_alerts", "Alerts about sources.", ("dimension", "action"), registry=new
        )
