"""figures_test.py PROGRAM VEGA: compiles and draws, with the real Vega-Lite, every figure of every race that
PROGRAM (figure_documents) writes. VEGA is lab/report/vega.py. Exits with 77, for `skipped`, without vl-convert."""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, VEGA = sys.argv[1:3]

try:
    import vl_convert
except ImportError:
    print("skipped: no vl-convert here; ./gradus installs it into build/figures")
    sys.exit(77)

loader = importlib.util.spec_from_file_location("vega", VEGA)
vega = importlib.util.module_from_spec(loader)
loader.loader.exec_module(vega)


def marks(scene, role="mark"):
    """Every mark of data in a scene graph, as Vega names its groups' contents."""
    for item in scene.get("items", []):
        yield from marks(item, role)
    if scene.get("role") == role and scene.get("marktype") in ("line", "symbol", "area", "rule"):
        yield scene


def labels(scene, role):
    for item in scene.get("items", []):
        yield from labels(item, role)
    if scene.get("role") == role:
        yield from (item["text"] for item in scene["items"])


def name_of(file):
    return ".".join(file.name.split(".")[:2])


def scene_of(document):
    return vl_convert.vegalite_to_scenegraph(document, vl_version=vega.VEGA_LITE)["scenegraph"]


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, folder], check=True)
            drawing = [sys.executable, VEGA, "draw", folder]
            cls.complaints = subprocess.run(drawing, capture_output=True, text=True, check=True).stderr
            cls.documents = {name_of(f): json.loads(f.read_text()) for f in pathlib.Path(folder).glob("*.vl.json")}
            cls.drawings = {name_of(f): f.read_text() for f in pathlib.Path(folder).glob("*.svg")}

    def test_every_figure_of_every_race_is_drawn_without_a_warning(self):
        self.assertEqual(self.complaints, "")
        self.assertEqual(len(self.documents), 6 * 6 - 1)
        self.assertEqual(self.documents.keys(), self.drawings.keys())

    def test_drawings_are_in_finite_numbers_and_the_palette_s_colours(self):
        for name, svg in self.drawings.items():
            with self.subTest(name):
                for wrong in ("NaN", "Infinity", "undefined", "[object", "rgb(", "<script"):
                    self.assertNotIn(wrong, svg)
                self.assertIn("var(--series-", svg)

    def test_every_rule_has_its_line_and_points(self):
        panels = {"training-loss": 1, "test-metric": 1, "sensitivity": 1, "effective-rates": 2, "update-ratios": 2}
        for name, rules in ("one", 1), ("fifteen", 15):
            for figure, count in panels.items():
                with self.subTest(name, figure=figure):
                    found = list(marks(scene_of(self.documents[f"{name}.{figure}"])))
                    lines = [mark for mark in found if mark["marktype"] == "line"]
                    self.assertEqual(len(lines), count * rules)
                    points = sum(len(m.get("items", [])) for m in found if m["marktype"] == "symbol")
                    self.assertGreaterEqual(points, 2 * count * rules)

    def test_no_name_hides_a_rule(self):
        for figure, lines in ("training-loss", 6), ("effective-rates", 6 * 2):
            found = marks(scene_of(self.documents[f"hostile.{figure}"]))
            self.assertEqual(sum(mark["marktype"] == "line" for mark in found), lines, figure)

    def test_every_rule_has_its_place_in_the_legend(self):
        for name, document in self.documents.items():
            with self.subTest(name):
                rules = next(p["value"] for p in document["params"] if p["name"] == "rules")
                if name.endswith(".differences"):  # which name rules beside their marks
                    rivals = [row["rule"] for row in document["datasets"]["differences"]]
                    self.assertLessEqual(set(rivals), set(labels(scene_of(document), "axis-label")))
                else:
                    self.assertEqual(list(labels(scene_of(document), "legend-label")), rules)

    def test_what_diverged_is_marked_at_the_edge(self):
        crosses = {"training-loss": 1, "sensitivity": 2}
        for figure, count in crosses.items():
            found = marks(scene_of(self.documents[f"diverged.{figure}"]))
            shapes = [item.get("shape", "") for mark in found for item in mark.get("items", [])]
            self.assertEqual(sum(str(shape).startswith("M-.7") for shape in shapes), count, figure)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
