"""The printed certificate holds what the standard asks for, in both languages, on every page."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.calibration import CalibrationPoint
from contract.phrases import Phrases
from contract.printing import certificate as printed
from contract.signing import sign
from tests.contract.test_signing import CERTIFICATE, EXPERT

POINTS = tuple(
    CalibrationPoint(reference_c=t, indicated_c=t + 0.42, n=10, sd_c=0.02) for t in (34, 37, 39, 42, 42, 39, 37, 34)
)
LEFT = tuple(point.model_copy(update={"indicated_c": point.reference_c + 0.02}) for point in POINTS)
WHOLE = sign(
    CERTIFICATE.model_copy(
        update={
            "as_found": POINTS,
            "as_left": LEFT,
            "laboratory": "武隆区计量所",
            "model": "FLIR Lepton 3.5",
            "expanded_c": 0.12,
            "mpe_c": 0.4,
            "profile": "china",
            "made_by": "张技师",
            "checked_by": "李专家",
        }
    ),
    EXPERT,
)


def test_the_words_are_complete_in_both_languages() -> None:
    assert Phrases.load(printed.LOCALE).gaps() == []


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], list[str]]:
    """Return the text of each page of a PDF, or skip."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not here")

    def pages(pdf: bytes) -> list[str]:
        path = tmp_path / "certificate.pdf"
        path.write_bytes(pdf)
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        return [page for page in text.split("\f") if page.strip()]

    return pages


def test_the_pdf_says_all_that_the_data_say(read: Callable[[bytes], list[str]]) -> None:
    pages = read(printed.pdf(WHOLE))
    text = "\n".join(pages)
    assert len(pages) == 2
    for number, page in enumerate(pages, 1):
        assert str(WHOLE.id) in page
        assert f"Page {number} of 2" in page
    for needed in (
        "校准证书",
        "Calibration certificate",
        "20233546",
        "+0.420",
        "武隆区计量所",
        "张技师",
        "李专家",
        WHOLE.sha256,
        WHOLE.signer,
        "End of certificate",
        "合格",
        "k=2",
    ):
        assert needed in text, needed


def test_it_prints_in_one_language_alone(read: Callable[[bytes], list[str]]) -> None:
    chinese = "\n".join(read(printed.pdf(WHOLE, "zh")))
    english = "\n".join(read(printed.pdf(WHOLE, "en")))
    assert "校准证书" in chinese
    assert "Calibration certificate" not in chinese
    assert "Calibration certificate" in english
    assert "校准证书" not in english
    assert "武隆区计量所" in english


def test_no_name_is_taken_for_markup(read: Callable[[bytes], list[str]]) -> None:
    odd = WHOLE.model_copy(update={"made_by": "li <b>& 张", "laboratory": "</font>"})
    text = "\n".join(read(printed.pdf(odd)))
    assert "li <b>& 张" in text
    assert "</font>" in text


def test_points_that_were_not_quite_reached_stand_at_the_temperature_that_was_meant(
    read: Callable[[bytes], list[str]],
) -> None:
    near = tuple(point.model_copy(update={"reference_c": point.reference_c - 0.04}) for point in POINTS)
    text = "\n".join(read(printed.pdf(WHOLE.model_copy(update={"as_found": near}))))
    assert [text.count(f"{t} °C") for t in (34, 37, 39, 42)] == [1, 2, 1, 1]  # 37: also in the correction


def test_the_same_data_print_the_same_bytes() -> None:
    assert printed.pdf(WHOLE) == printed.pdf(WHOLE)


def test_an_unsigned_certificate_prints_that_it_must_not_be_used() -> None:
    assert printed.pdf(CERTIFICATE.sealed()) != printed.pdf(sign(CERTIFICATE, EXPERT))
