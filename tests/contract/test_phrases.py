import re
from enum import StrEnum

import pytest

from contract import vocabulary
from contract.phrases import LANGUAGES, Phrases, PhrasesRefused, choose_language, key_of
from contract.vocabulary import Decision, HealthFlag, Reason, VerdictKind

LISTS = [
    value
    for value in vars(vocabulary).values()
    if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
]
CODES = [code for codes in LISTS for code in codes]
WITH_INSTRUCTIONS = (Reason, VerdictKind, Decision, HealthFlag)
WITH_SIGNS = (Reason, VerdictKind)


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return Phrases.load()


def test_every_code_has_its_words_in_both_languages(phrases):
    needed = [key_of(code) for code in CODES]
    needed += [f"{key_of(code)}.staff" for code in CODES if isinstance(code, WITH_INSTRUCTIONS)]
    needed += [f"{key_of(code)}.visitor" for code in CODES if isinstance(code, WITH_SIGNS)]
    assert phrases.gaps(needed) == []


def test_no_phrase_is_without_its_code(phrases):
    known = {key_of(code) for code in CODES} | {"language.zh", "language.en", "simulated"}
    strangers = {key for key in phrases.keys("zh") if re.sub(r"\.(staff|visitor)$", "", key) not in known}
    assert strangers == set()


@pytest.mark.parametrize("codes", LISTS, ids=lambda codes: codes.__name__)
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_codes_of_a_list_never_share_a_name(phrases, codes, language):
    names = [phrases.word(code, language) for code in codes]
    assert len(set(names)) == len(names)


def test_chinese_is_chinese_and_english_is_not(phrases):
    for key in phrases.keys("zh") - {"language.en"}:
        assert re.search(r"[\u4e00-\u9fff]", phrases.text(key, "zh")), key
    for key in phrases.keys("en") - {"language.zh"}:
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", phrases.text(key, "en")), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_for_visitors_is_short(phrases, language):
    longest = {"zh": 16, "en": 40}[language]
    long = [
        key for key in phrases.keys(language) if key.endswith(".visitor") and len(phrases.text(key, language)) > longest
    ]
    assert long == []


def test_no_result_is_never_called_normal(phrases):
    assert "不是“正常”" in phrases.staff(VerdictKind.NO_RESULT, "zh")
    assert "not mean normal" in phrases.staff(VerdictKind.NO_RESULT, "en")


def test_an_unknown_decision_says_call_the_duty_officer(phrases):
    assert phrases.word(Decision("isolate_at_home"), "en") == "Call the duty officer"
    assert "值班员" in phrases.word(Decision.UNKNOWN)


def test_values_are_filled_in(tmp_path):
    phrases = Phrases.load(
        catalogues(tmp_path, zh={"outbox.waiting": "还有 {n} 条未送达"}, en={"outbox.waiting": "{n} waiting"})
    )
    assert phrases.text("outbox.waiting", "zh", n=3) == "还有 3 条未送达"
    assert phrases.text("outbox.waiting", "en", n=3) == "3 waiting"


def test_a_phrase_missing_in_one_language_is_a_gap_and_shows_the_other(tmp_path):
    phrases = Phrases.load(catalogues(tmp_path, zh={"a": "甲", "b": "{n} 人"}, en={"b": "{count} people"}))
    assert phrases.gaps() == ["a: no en", "b: zh fills in ['n'], en ['count']"]
    assert phrases.text("a", "en") == "甲"
    assert phrases.text("nowhere", "en") == "nowhere"


def test_two_catalogues_may_not_claim_one_key(tmp_path):
    claimed = {"verdict.pass": "走"}
    with pytest.raises(PhrasesRefused, match=r"verdict\.pass"):
        Phrases.load(catalogues(tmp_path, zh=claimed, en=claimed))


def test_a_folder_without_a_language_is_refused(tmp_path):
    folder = catalogues(tmp_path, zh={"a": "甲"}, en={"a": "a"})
    (folder / "en" / "LC_MESSAGES" / "page.po").unlink()
    with pytest.raises(PhrasesRefused, match="no catalogue en"):
        Phrases.load(folder)


def test_a_broken_catalogue_is_refused_by_name(tmp_path):
    folder = catalogues(tmp_path, zh={"a": "甲"}, en={"a": "a"})
    (folder / "en" / "LC_MESSAGES" / "page.po").write_text('msgid "a\n')
    with pytest.raises(PhrasesRefused, match=r"page\.po"):
        Phrases.load(folder)


@pytest.mark.parametrize(
    ("wishes", "chosen"), [(("en",), "en"), ((None, "zh"), "zh"), (("fr", ""), "zh"), ((), "zh"), (("EN", "en"), "en")]
)
def test_a_language_that_we_do_not_speak_is_passed_over(wishes, chosen):
    assert choose_language(*wishes) == chosen


def catalogues(folder, **languages):
    for language, texts in languages.items():
        file = folder / language / "LC_MESSAGES" / "page.po"
        file.parent.mkdir(parents=True)
        entries = [f'msgid "{key}"\nmsgstr "{text}"\n' for key, text in texts.items()]
        head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        file.write_text("\n".join([head, *entries]), encoding="utf-8")
    return folder
