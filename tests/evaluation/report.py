"""The report as one HTML page beside its pictures: figures, what they mean, and what these data cannot show."""

import html

ARGUMENT = """
<p>Every figure below comes out of the functions that run at a gate: the believable reference offset, the certificate's
correction, sites combined, heat balance, uncertainty budget, baseline and rule are imported from <code>edge</code>.
Fitted were only k and the spread by site, the weights of two sites and the alarm probability for a budget of 65 alarms
in 1,000 healthy people, all on people without fever; and one camera's gain by the other camera, without any oral
temperature. Nothing was regressed on body temperature, so nothing pulls a fever towards 37.</p>
<p><b>The offset gate.</b> A few shots were taken while the blackbody asked for an offset that no healthy camera needs
(beyond 2 °C, or 1 °C away from the two weeks before). The edge gives no result for them; with every offset believed the
area under the curve falls, as the table shows.</p>
<p><b>The gain.</b> At all four sites the line of one camera against the other crosses at the blackbody's 36 °C with a
slope of about 1.16. That is a gain error about the reference, such as a two-point calibration finds. Once it is
corrected both cameras need the same k at canthus and face, though k was fitted to each alone.</p>
<p><b>Without the reference</b> the areas fall by .02 to .07 and sensitivity and specificity with them. The edge does
not decide then: it gives no result and says why.</p>
"""

CANNOT = """
<ul>
<li>There are no thermal pictures with oral temperatures of the same people. So the finding of faces and sites, and the
temperature rule, are each shown on real data, but never both on the same person.</li>
<li>The people of the temperature data are students, seated, indoors at 20-24 °C, at 0.6-0.8 m. A gate outdoors, with
children, old people, sweat, wind or sun, is shown on simulated crowds only, whose physics the edge shares (but for a
mismatch of k that it does not know).</li>
<li>With 46 febrile people one person more or less is two points of sensitivity; the intervals are in the JSON
file.</li>
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


def page(sections, commands):
    """Return the page; `sections` are (title, text table, pictures), `commands` say how to make it again."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Evaluation</title><style>",
        "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}",
        "pre{overflow:auto;background:#f4f4f4;padding:1rem;font-size:13px}",
        "img{max-width:100%}figure{margin:1rem 0}</style>",
        "<h1>What the edge measures, on real people and simulated crowds</h1>",
        ARGUMENT,
    ]
    for title, table, pictures in sections:
        parts.append(f"<h2>{html.escape(title)}</h2>")
        parts += [_figure(name, text) for name, text in pictures]
        parts.append(f"<pre>{html.escape(table)}</pre>")
    parts += ["<h2>What these data cannot show</h2>", CANNOT, "<h2>Made by</h2>"]
    parts.append(f"<pre>{html.escape(chr(10).join(commands))}</pre></html>\n")
    return "\n".join(parts)


def _figure(name, text):
    return f'<figure><img src="{html.escape(name)}" alt=""><figcaption>{html.escape(text)}</figcaption></figure>'
