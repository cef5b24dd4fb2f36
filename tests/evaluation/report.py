"""The report as one HTML page beside its pictures: figures, what they mean, and what these data cannot show."""

import html

ARGUMENT = """
<p>Every figure below comes out of the functions that run at a gate: the believable reference offset, the certificate's
correction, sites combined, heat balance, uncertainty budget and rule are imported from <code>edge</code>. The rule is
that of a gate whose rules file <code>make fit</code> wrote and a person signed: k and the spread by site, the weights
of two sites, and one alarm probability that lets 65 of 1,000 healthy people alarm. All of it is fitted on people
without fever. Nothing is regressed on body temperature, so nothing pulls a fever towards 37. What the program ships,
before anything is fitted at the place, stands in the table as <code>as_shipped_before_any_fit</code>.</p>
<p><b>The offset gate.</b> A few shots were taken while the blackbody asked for an offset that no healthy camera needs
(beyond 2 °C, or 1 °C away from the two weeks before). The edge gives no result for them; with every offset believed the
area under the curve falls, as the table shows.</p>
<p><b>The gain.</b> No certificate exists for the cameras of the study. But both saw the same faces, and at all four
sites the line of one camera against the other crosses at the blackbody's 36 °C with a slope of about 1.16: a gain error
about the reference, such as a two-point calibration finds. The steadier camera is taken as the standard and the other
one's gain is corrected by it, as its certificate would, on people without fever and without any oral temperature.
The areas hardly change; what changes is that camera's bias on the febrile, from +0.3 to +0.1 °C
(<code>no_gain_from_the_other_camera</code>). Which of the two is right these data cannot say. Once it is corrected both
cameras need the same k at canthus and face, though k was fitted to each alone.</p>
<p><b>Without the reference</b> the areas fall by .02 to .07 and sensitivity and specificity with them; with an offset
that is only as old as the last person's (minutes) part of it is lost already. The edge does not decide then: it gives
no result and says why.</p>
"""

CANNOT = """
<ul>
<li>There are no thermal pictures with oral temperatures of the same people. So the finding of faces and sites, and the
temperature rule, are each shown on real data, but never both on the same person.</li>
<li>The people of the temperature data are students, seated, indoors at 20-29 °C, at 0.6-0.8 m. A gate outdoors, with
children, old people, sweat, wind or sun, is shown on simulated crowds only, whose physics the edge shares (but for a
mismatch of k that it does not know).</li>
<li>With 46 febrile people one person more or less is two points of sensitivity: its 95 % interval reaches from about
.77 to .95 (in the JSON file). With one folder for fit and data the first rows are the fit set's own; the rows
"fitted on half" are people that the rule had not seen, with half as many to learn from; by days, whole days of weather
and of blackbody are new to it as well.</li>
<li>Three people tried in the recordings that say so, and three recordings show nobody trying: "under 3 %" and
"under 1 %" are no more than "none" there.</li>
<li>Which of the two cameras has the right gain is an assumption: the steadier one is taken as the standard.</li>
<li>The simulated tables tell what the rule does with a model of people, not with people. The published ones name
ranges of air, not all of their scenes: how long people have been inside, and that in summer they bring the heat of
outdoors into a hall, is read from what a fixed threshold does there (science.md 4.4). Beside each row stands what the
plain reference code makes of the same crowd. Forehead in the cold differs from the table by what the edge adds to the
uncertainty below 18 °C (science.md 3.1), which the table leaves out: fewer alarms.</li>
<li>People in the chill of a rising fever have cold skin and are missed more often than here.</li>
<li>Fever screening finds fever, not infection.</li>
</ul>
"""


def page(sections, commands, promises=()):
    """Return the page; `sections` are (title, text table, pictures), `commands` say how to make it again.

    `promises` are rows of what was promised and what was found.
    """
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Evaluation</title><style>",
        "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}",
        "pre{overflow:auto;background:#f4f4f4;padding:1rem;font-size:13px}",
        "img{max-width:100%}figure{margin:1rem 0}table{border-collapse:collapse}td,th{text-align:left;padding:3px 18px",
        " 3px 0;border-top:1px solid #ccc}.kept{color:#0d6b35}.missed{color:#b3121a;font-weight:700}</style>",
        "<h1>What the edge measures, on real people and simulated crowds</h1>",
        *_promised(promises),
        ARGUMENT,
    ]
    for title, table, pictures in sections:
        parts.append(f"<h2>{html.escape(title)}</h2>")
        parts += [_figure(name, text) for name, text in pictures]
        parts.append(f"<pre>{html.escape(table)}</pre>")
    parts += ["<h2>What these data cannot show</h2>", CANNOT, "<h2>Made by</h2>"]
    parts.append(f"<pre>{html.escape(chr(10).join(commands))}</pre></html>\n")
    return "\n".join(parts)


def _promised(promises):
    if not promises:
        return []
    yield "<table><thead><tr><th>real data</th><th>promised</th><th>found</th><th></th></tr></thead><tbody>"
    for row in promises:
        cells = "".join(f"<td>{html.escape(text)}</td>" for text in (row.about, row.promised, row.found))
        word = "kept" if row.kept else "missed"
        yield f'<tr>{cells}<td class="{word}">{word}</td></tr>'
    yield "</tbody></table>"


def _figure(name, text):
    return f'<figure><img src="{html.escape(name)}" alt=""><figcaption>{html.escape(text)}</figcaption></figure>'
