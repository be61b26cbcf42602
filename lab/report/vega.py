"""Vega-Lite without a browser, for what ./gradus makes of the report's figures:

vega.py bundle FILE    the script that draws figures in a page: Vega, Vega-Lite and Vega-Embed in one
vega.py draw FOLDER    each FIGURE.vl.json in it, as `gradus report` leaves them, as FIGURE.svg beside it
"""

import html
import json
import pathlib
import sys

import vl_convert

VEGA_LITE = "6.4"  # of those that the pinned vl-convert holds
PALETTE = pathlib.Path(__file__).with_name("palette.css")


def bundle(file):
    pathlib.Path(file).write_text(vl_convert.javascript_bundle(vl_version=VEGA_LITE))


def drawing(document):
    """The figure as SVG, with the palette's colours, light and dark, and words for those who cannot see it."""
    svg = vl_convert.vegalite_to_svg(document, vl_version=VEGA_LITE, show_warnings=True, allowed_base_urls=[])
    head, body = svg.split(">", 1)
    description = f"<desc>{html.escape(document['description'])}</desc>"
    return f'{head} role="img">{description}<style>{PALETTE.read_text()}</style>{body}'


def draw(folder):
    for file in sorted(pathlib.Path(folder).glob("*.vl.json")):
        target = file.with_name(file.name.replace(".vl.json", ".svg"))
        target.write_text(drawing(json.loads(file.read_text())))
        print(target)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("bundle", "draw"):
        sys.exit(__doc__)
    {"bundle": bundle, "draw": draw}[sys.argv[1]](sys.argv[2])
