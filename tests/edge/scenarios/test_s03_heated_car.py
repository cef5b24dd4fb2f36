"""S3: out of a heated car with a hot forehead. Must: retry after a delay; the second site is less deceived."""

from contract.vocabulary import Site, VerdictKind
from edge.measure.body import SITES, body
from simulators.people import Person
from simulators.scene import Enter
from simulators.skin import site_c
from tests.edge.scenarios.rig import Rig, stage


def test_after_the_delay_the_same_passage_passes_with_both_attempts_known():
    entries = [
        Enter("out of the car", 36.8, person=Person(sun_c=1.8, minutes_inside=0.3)),
        Enter("ten minutes later", 36.8, person=Person(sun_c=1.8, minutes_inside=12.0)),
    ]
    rig = Rig(stage(entries, gap_s=60.0))
    first = rig.play(50)[0]
    rig.lane.remeasure(first.passage)
    second = rig.play(95)[0]
    assert first.verdict.kind in {VerdictKind.ALARM, VerdictKind.AMBER}
    assert second.verdict.kind is VerdictKind.PASS
    assert (first.measurement.attempt, second.measurement.attempt) == (1, 2)
    assert second.passage == first.passage


def test_the_canthus_is_deceived_least():
    errors = {
        site: body(site_c(site, 36.8, 23.0, sun_c=1.8), 23.0, SITES[site].k) - 36.8
        for site in (Site.CANTHUS, Site.FACE_MAX, Site.FOREHEAD_MAX, Site.FOREHEAD_SPOT)
    }
    assert errors[Site.CANTHUS] < 0.75
    assert errors[Site.CANTHUS] < errors[Site.FACE_MAX] < errors[Site.FOREHEAD_MAX] < errors[Site.FOREHEAD_SPOT]
    assert errors[Site.FOREHEAD_SPOT] > 2.0
