"""S16: a poisoned baseline. Must: the first person is no exception; neither a bus nor the cold bends it."""

import numpy as np

from contract.vocabulary import Reason, VerdictKind
from simulators.scene import Enter
from tests.edge.scenarios.passers import Passers
from tests.edge.scenarios.rig import Rig, kinds, stage


def test_the_first_person_of_a_session_alarms_if_febrile():
    assert kinds(Rig(stage([Enter("first", 38.8)])).play(33)) == [VerdictKind.ALARM]


def test_a_febrile_bus_does_not_hide_one_and_a_half_degrees():
    rng = np.random.default_rng(4)
    passers = Passers()
    passers.go(36.8 + 0.4 * rng.standard_normal(60), every_s=18)
    bus = passers.go([38.3 if seat % 10 < 4 else 36.8 for seat in range(40)], every_s=6)
    assert all((verdict.kind is VerdictKind.ALARM) == (seat % 10 < 4) for seat, verdict in enumerate(bus))
    after = passers.go([38.3, 36.8], every_s=18)
    assert [verdict.kind for verdict in after] == [VerdictKind.ALARM, VerdictKind.PASS]
    assert abs(passers.baseline_c) <= 0.12


def test_a_cluster_freezes_the_baseline():
    passers = Passers()
    passers.go([36.8] * 60, every_s=18)
    before = passers.baseline_c
    cluster = passers.go([38.5] * 200, every_s=18)
    assert passers.station.cluster
    assert Reason.CLUSTER in cluster[-1].reasons  # each alert of it says so to the duty room
    assert abs(passers.baseline_c - before) < 0.05
    assert passers.go([38.5], every_s=18)[0].kind is VerdictKind.ALARM


def test_a_cold_crowd_does_not_make_the_healthy_staff_alarm():
    rng = np.random.default_rng(5)
    passers = Passers()
    passers.go(36.8 + 0.3 * rng.standard_normal(60), every_s=18)
    crowd = passers.go(35.6 + 0.3 * rng.standard_normal(40), every_s=6)
    assert Reason.GROUP_COLD in crowd[-1].reasons
    assert VerdictKind.PASS not in {verdict.kind for verdict in crowd[-10:]}
    assert passers.go([36.9], every_s=1200)[0].kind is VerdictKind.PASS


def test_however_long_the_poisoning_lasts_the_baseline_stays_within_its_clamp():
    passers = Passers()
    passers.go([37.7] * 1500, every_s=30)
    assert passers.baseline_c <= 0.6
    assert passers.go([38.7], every_s=30)[0].kind is VerdictKind.ALARM
