"""Server-rendered pages: Jinja templates with everything escaped, words from the catalogues, a language per browser."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from contract.phrases import DEFAULT_LANGUAGE, LANGUAGES, Language, Phrases, choose_language

LANGUAGE_COOKIE: Final = "lang"
YEAR_S: Final = 365 * 24 * 3600
HTML_LANGUAGE: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}


class Pages:
    """The templates of one end.

    In a template: `t("key", name=value)`, `word(code)`, `staff(code)`, `visitor(code)` in the browser's language,
    `language`, `html_language`, `languages`, and the filters `clock` (21:05:09) and `moment` (2026-11-23 21:05:09) for
    UTC-aware times in the zone of the place.
    """

    def __init__(
        self,
        templates: Path | Sequence[Path],
        phrases: Phrases,
        *,
        default: Language = DEFAULT_LANGUAGE,
        zone: tzinfo | None = None,
        **constants: object,
    ) -> None:
        """Make the environment; `zone` None is the machine's own, `constants` are known in every template."""
        self._phrases = phrases
        self._default = default
        self._jinja = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals.update(constants)
        self._jinja.filters["clock"] = lambda at: _local(at, zone).strftime("%H:%M:%S")
        self._jinja.filters["moment"] = lambda at: _local(at, zone).strftime("%Y-%m-%d %H:%M:%S")

    def language(self, request: Request) -> Language:
        """Return the browser's language: `?lang=`, then the cookie, then the configured one."""
        wishes = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
        return choose_language(*wishes, default=self._default)

    def page(self, request: Request, template: str, *, status_code: int = 200, **context: object) -> HTMLResponse:
        """Answer with a whole page in the browser's language; a language chosen by `?lang=` is remembered."""
        language = self.language(request)
        html = self.fragment(template, language, request=request, **context)
        response = HTMLResponse(html, status_code, headers={"cache-control": "no-store", "vary": "cookie"})
        if request.query_params.get("lang") == language:
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="lax", httponly=True)
        return response

    def fragment(self, template: str, language: Language, **context: object) -> str:
        """Return a template's text in one language, for a page or for an event of the feed."""
        phrases = self._phrases
        return self._jinja.get_template(template).render(
            context,
            t=partial(phrases.text, language=language),
            word=partial(phrases.word, language=language),
            staff=partial(phrases.staff, language=language),
            visitor=partial(phrases.visitor, language=language),
            language=language,
            html_language=HTML_LANGUAGE[language],
            languages=LANGUAGES,
        )


def _local(at: datetime, zone: tzinfo | None) -> datetime:
    if at.tzinfo is None:
        raise ValueError("times are UTC-aware in this house; this one has no zone")
    return at.astimezone(zone)
