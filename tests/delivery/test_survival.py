"""Every row that a gate commits is in the duty room's table exactly once, whoever dies and however the line breaks.

`make chaos` plays the same stage at random for as long as one likes.
"""

import random
import time

from tests.delivery.stage import Stage

ROWS = 200


def test_kill_nine_of_any_part_loses_nothing_and_doubles_nothing(tmp_path):
    rng = random.Random(17)
    victims = ["gate", "broker", "duty_room"] * 2
    rng.shuffle(victims)
    with Stage(tmp_path, ROWS) as stage:
        for number, victim in enumerate(victims):
            stage.until_made(round(ROWS * (number + rng.uniform(0.2, 0.8)) / len(victims)))
            stage.kill(victim)
            if victim != "broker":
                time.sleep(rng.uniform(0, 0.2))
                stage.start(victim)
        stage.until_finished()
        account = stage.account()
        assert stage.broker.restarts == 2
    assert account.is_good(), account


def test_a_line_cut_twice_loses_nothing_and_keeps_the_order_of_time(tmp_path):
    with Stage(tmp_path, ROWS) as stage:
        for share in (0.2, 0.6):
            stage.until_made(round(ROWS * share))
            stage.line.cut()
            time.sleep(0.5)
            stage.line.mend()
        stage.until_finished()
        account = stage.account()
    assert account.is_good(), account


def test_the_death_of_the_whole_central_machine_loses_nothing(tmp_path):
    with Stage(tmp_path, ROWS) as stage:
        stage.until_made(ROWS // 3)
        stage.kill("duty_room")
        stage.kill("broker")
        stage.until_made(2 * ROWS // 3)
        stage.start("duty_room")
        stage.until_finished()
        account = stage.account()
    assert account.is_good(), account
