"""The printed certificate holds what the standard asks for, in both languages, on every page."""

import shutil
import subprocess
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


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not here")
def test_the_pdf_says_all_that_the_data_say(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(printed.pdf(WHOLE))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    pages = [page for page in text.split("\f") if page.strip()]
    assert all(str(WHOLE.id) in page for page in pages)
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


def test_the_same_data_print_the_same_bytes() -> None:
    assert printed.pdf(WHOLE) == printed.pdf(WHOLE)


def test_an_unsigned_certificate_prints_that_it_must_not_be_used() -> None:
    assert printed.pdf(CERTIFICATE.sealed()) != printed.pdf(sign(CERTIFICATE, EXPERT))
