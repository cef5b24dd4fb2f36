"""Central's configuration: the example is whole, typing errors stop the start, the command line has the last word."""

import doctest
from pathlib import Path

import pytest

from central.board import figures
from central.config import ConfigRefused, Section, Settings, load

EXAMPLE = Path(__file__).parents[2] / "configs" / "central.example.toml"


def test_the_example_is_read_and_says_the_defaults() -> None:
    example, plain = load(EXAMPLE), Settings()
    for section in ("web", "mqtt", "database", "alerts", "access", "retention", "notify"):
        assert getattr(example, section) == getattr(plain, section), section
    assert example.clinics[0].phone


def test_the_example_names_every_key() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    sections = [value for _, value in Settings() if isinstance(value, Section)] + [load(EXAMPLE).clinics[0]]
    for section in sections:
        for key in type(section).model_fields:
            assert f"\n{key} =" in text or f"\n# {key} =" in text, f"{type(section).__name__}.{key}"


def test_the_command_line_goes_over_the_file_and_the_environment_over_both(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[web]\nport = 1\nlanguage = 'en'\n")
    settings = load(file, {"web": {"port": 2}})
    assert (settings.web.port, settings.web.language) == (2, "en")
    monkeypatch.setenv("GUANKOU_CENTRAL__DATABASE__URL", "postgresql+psycopg://x")
    assert load(file).database.url == "postgresql+psycopg://x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web]\nport = 70000", "web.port"),
        ("[wep]\n", "wep"),
        ("[web]\ncertificate = 'a.pem'", "certificate and key belong together"),
        ("[access]\nidle_min = 600", "access.idle_min"),
        ("[retention]\nmeasurements_d = 1", "retention.measurements_d"),
        ("[[clinics]]\nname_zh = 'x'", "clinics.0.name_en"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(ConfigRefused, match=said):
        load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="No such file"):
        load(tmp_path / "none.toml")


def test_others_are_served_only_with_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="can be reached by others"):
        load(None, {"web": {"host": "192.0.2.1"}})
    web = {"host": "192.0.2.1", "certificate": tmp_path / "c.pem", "key": tmp_path / "k.pem"}
    assert load(None, {"web": web}).web.host == "192.0.2.1"


def test_figures_are_as_their_examples_say() -> None:
    tested = doctest.testmod(figures)
    assert tested.attempted > 5
    assert tested.failed == 0
