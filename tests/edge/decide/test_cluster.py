from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edge.decide.cluster import Cluster, critical

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("rate", "count"), [(0.07, 10), (0.05, 8), (0.02, 6)])
def test_counts_of_the_published_rule(rate, count):
    assert critical(rate) == count


def test_a_rate_of_one_never_alerts():
    assert critical(1.0) == 31


def test_a_new_station_alerts_at_ten_alarms_in_thirty():
    cluster = Cluster()
    for index in range(20):
        assert not cluster.take(START + timedelta(seconds=index), alarmed=False)
    states = [cluster.take(START + timedelta(seconds=20 + index), alarmed=True) for index in range(12)]
    assert states.index(True) == 9


def test_an_alert_ends_when_half_the_count_is_gone_and_leaves_the_rate_alone():
    cluster = Cluster()
    before = cluster.rate(START)
    for index in range(12):
        cluster.take(START + timedelta(seconds=index), alarmed=True)
    assert cluster.active
    assert cluster.rate(START) == before
    for index in range(60):
        cluster.take(START + timedelta(seconds=12 + index), alarmed=False)
    assert not cluster.active
    assert cluster.rate(START + timedelta(days=9)) == before


def test_the_baseline_is_free_again_before_the_alert_has_ended():
    cluster = Cluster()
    for index in range(12):
        cluster.take(START + timedelta(seconds=index), alarmed=True)
    assert cluster.freezes
    free = 0
    for index in range(60):
        cluster.take(START + timedelta(seconds=12 + index), alarmed=False)
        free += cluster.active and not cluster.freezes
    assert free > 0
    assert not cluster.freezes


def test_false_alerts_are_rare_at_three_thousand_a_day():
    rng = np.random.default_rng(5)
    cluster = Cluster()
    begun = 0
    days = 60
    for day in range(days):
        for person, alarmed in enumerate(rng.random(3000) < 0.05):
            was = cluster.active
            begun += cluster.take(START + timedelta(days=day, seconds=10 * person), alarmed=bool(alarmed)) and not was
    assert begun / days <= 0.1


def test_a_febrile_bus_is_found():
    rng = np.random.default_rng(6)
    found = 0
    for _ in range(100):
        cluster = Cluster()
        for person in range(3000):
            cluster.take(START + timedelta(seconds=10 * person), alarmed=bool(rng.random() < 0.05))
        febrile = rng.random(40) < 0.3
        alarmed = np.where(febrile, rng.random(40) < 0.9, rng.random(40) < 0.05)
        later = START + timedelta(hours=9)
        found += any(cluster.take(later + timedelta(seconds=6 * i), alarmed=bool(a)) for i, a in enumerate(alarmed))
    assert found / 100 > 0.7
