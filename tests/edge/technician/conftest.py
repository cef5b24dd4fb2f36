"""What the bench's tests share."""

from pathlib import Path

import pytest


@pytest.fixture
def bench_toml(tmp_path: Path) -> Path:
    """The gate's file, as far as the commands read it."""
    path = tmp_path / "gate.toml"
    path.write_text(
        '[gate]\nid = "dock"\nname_zh = "码头"\nname_en = "Dock"\nsimulated = true\n'
        '[kiosk]\nlanguage = "en"\n'
        '[[instruments]]\nid = "camera"\ndriver = "gy_mcu90640"\nlink = "camera"\n',
        encoding="utf-8",
    )
    return path
