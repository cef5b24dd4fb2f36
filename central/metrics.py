"""What central counts, for Prometheus: one registry a process, the names in one place."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
WAITS: Final = (1, 2, 5, 10, 20, 30, 60, 120, 180, 300, 600, 1800, 3600)


class Metrics:
    """The counters of one central process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter(
            "guankou_central_messages",
            "Messages from gates, by kind and what became of them",
            ["kind", "result"],
            registry=self.registry,
        )
        self.refused = Counter(
            "guankou_central_refused_payloads", "Payloads that are no message of ours", registry=self.registry
        )
        self.overflow = Counter(
            "guankou_central_overflow",
            "Messages left unacknowledged because too many waited; the gate sends them again",
            registry=self.registry,
        )
        self.commit_s = Histogram(
            "guankou_central_commit_seconds", "One group commit", buckets=SECONDS, registry=self.registry
        )
        self.commit_works = Histogram(
            "guankou_central_commit_works",
            "Pieces of work in one group commit",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
            registry=self.registry,
        )
        self.commit_failures = Counter(
            "guankou_central_commit_failures", "Group commits that failed", registry=self.registry
        )
        self.to_board_s = Histogram(
            "guankou_central_alert_to_board_seconds",
            "From an alert's last byte received to its event in the board's feed",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.to_acknowledged_s = Histogram(
            "guankou_central_alert_to_acknowledged_seconds",
            "From raised to acknowledged or decided by an officer",
            buckets=WAITS,
            registry=self.registry,
        )
        self.transitions = Counter(
            "guankou_central_alert_transitions", "Rows of the alert journal", ["event"], registry=self.registry
        )
        self.notices = Counter(
            "guankou_central_notices", "Notices that left the screen", ["result"], registry=self.registry
        )
        self.logins = Counter("guankou_central_logins", "Logins by result", ["result"], registry=self.registry)
        self.watchers = Gauge("guankou_central_board_watchers", "Open live boards", registry=self.registry)
        self.broker_up = Gauge("guankou_central_broker_up", "Whether the broker answers", registry=self.registry)
        self.outbox_rows = Gauge(
            "guankou_central_outbox_rows", "Messages that gates have not acknowledged", registry=self.registry
        )
        self.open_alerts = Gauge(
            "guankou_central_open_alerts", "Alerts by state, without the confirmed", ["state"], registry=self.registry
        )

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
