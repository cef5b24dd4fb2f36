"""`make chaos`: kill and cut everything at random and count what is lost.

Each round is a fresh gate, broker and duty room with a seed of its own; the table says what happened in it.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import structlog

from tests.delivery.stage import Stage

BLOWS: Final = ("gate", "broker", "duty_room", "cut", "dead line", "central machine")


def strike(stage: Stage, blow: str, rng: random.Random) -> None:
    """Let one thing go wrong, and be put right after a while."""
    pause_s = rng.choice((0.0, 0.1, 0.5, 2.0))
    if blow in ("gate", "duty_room"):
        stage.kill(blow)
        time.sleep(pause_s)
        stage.start(blow)
    elif blow == "broker":
        stage.kill(blow)
    elif blow == "central machine":
        stage.kill("duty_room")
        stage.kill("broker")
        time.sleep(pause_s)
        stage.start("duty_room")
    else:
        (stage.line.cut if blow == "cut" else stage.line.die)()
        time.sleep(pause_s)
        stage.line.mend()


def play(seed: int, rows: int, interval_s: float) -> bool:
    """Play one round; say whether the account was good."""
    rng = random.Random(seed)
    blows: Counter[str] = Counter()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="guankou-chaos-") as folder:
        with Stage(Path(folder), rows, interval_s) as stage:
            until_s = began_s + rows * interval_s + 5
            while time.monotonic() < until_s:
                time.sleep(rng.expovariate(1.0))
                blow = rng.choice(BLOWS)
                blows[blow] += 1
                strike(stage, blow, rng)
            stage.start("gate") if stage.kill("gate") is None else None
            stage.until_finished(120)
            account = stage.account()
        told = ", ".join(f"{count} x {blow}" for blow, count in sorted(blows.items()))
        print(
            f"seed {seed:6d}  made {account.made:6d}  received {account.received:6d}  lost {account.lost}  "
            f"twice {account.twice}  left {account.left_in_outbox}  order {'kept' if account.in_order else 'BROKEN'}  "
            f"repeated {account.repeated:5d}  {time.monotonic() - began_s:5.1f} s  ({told})",
            flush=True,
        )
    return account.is_good()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--rows", type=int, default=2000, help="rows that the gate makes in a round")
    parser.add_argument("--interval-s", type=float, default=0.005)
    parser.add_argument("--seed", type=int, default=1, help="seed of the first round")
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    bad = [
        seed
        for seed in range(options.seed, options.seed + options.rounds)
        if not play(seed, options.rows, options.interval_s)
    ]
    print(f"{options.rounds - len(bad)} of {options.rounds} rounds without a loss" + (f"; bad seeds {bad}" * bool(bad)))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
