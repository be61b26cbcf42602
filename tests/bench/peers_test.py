"""bench/peers/compare.py among workers that only pretend to work; it gets no torch."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PEERS = Path(sys.argv.pop())
WORKER = """#!{python}
import sys
print("ready", flush=True)
for line in sys.stdin:
    print("{x}" if line == "x\\n" else {seconds} * int(line), flush=True)
"""


class Compare(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.page = self.folder / "page.md"
        self.page.write_text("before\n<!-- bench: peers -->\nold\n<!-- end -->\nafter\n")
        self.write("gradus", 0.001)
        (self.folder / "torch.py").write_text("raise ImportError('no torch for this test')")

    def write(self, name, seconds, x="1 2 3"):
        path = self.folder / f"{name}_worker"
        path.write_text(WORKER.format(python=sys.executable, seconds=seconds, x=x))
        path.chmod(0o755)

    def run_it(self, *words):
        command = [sys.executable, PEERS / "compare.py", "--quick", "--memory", "inf", "--workers", self.folder, *words]
        nowhere = {**os.environ, "PYTHONPATH": str(self.folder)}
        return subprocess.run(command, capture_output=True, text=True, env=nowhere)

    def test_has_its_options_in_the_help_that_installs_and_builds_nothing(self):
        script = self.folder / "gradus"
        script.write_text((PEERS.parents[1] / "gradus").read_text())
        for words in (["bench", "--help"], ["bench", "--peers", "--quick", "-h"]):
            run = subprocess.run(["bash", script, *words], capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertFalse((self.folder / "build").exists())
            for option in ("--peers", *re.findall(r"--[a-z]+", self.run_it("--help").stdout.split("options:")[1])):
                self.assertTrue(option == "--help" or option in run.stdout, option)
            self.assertIn("./gradus bench [OPTIONS]", run.stdout)

    def test_writes_ratios_between_its_marks(self):
        self.write("libtorch", 0.004)
        run = self.run_it("--page", self.page)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("|  | libtorch, C++ | 4 ms | 1 ms | 4.00 | 4.00–4.00 |  |", run.stdout)
        self.assertRegex(self.page.read_text(), r"(?s)^before\n<!-- bench: peers -->\n\| case .*\|\n<!-- end -->\nafter\n$")
        self.assertIn("libtorch, C++", self.page.read_text())
        self.assertNotIn("old", self.page.read_text())

    def test_counts_long_steps_in_seconds(self):
        self.write("libtorch", 2.236)
        self.assertIn("|  | libtorch, C++ | 2.24 s | 1 ms | 2236.00 |", self.run_it("--filter", "6 tensors").stdout)

    def test_says_which_goals_are_met(self):
        self.write("libtorch", 0.0035)
        self.assertIn("| 3.50–3.50 | ≥ 4: **not met** |", self.run_it("--filter", "resnet").stdout)

    def test_sets_another_rule_beside_ours_without_comparing_parameters(self):
        self.write("libtorch", 0.003, x="7 8 9")
        run = self.run_it("--filter", "adam, rows")
        self.assertIn("|  | libtorch, C++, its AdaGrad | 3 ms | 1 ms | 3.00 | 3.00–3.00 | ≥ 2.5: met |", run.stdout)

    def test_shows_where_a_peer_wins(self):
        self.write("libtorch", 0.0005)
        self.assertIn("| **0.50** |", self.run_it("--filter", "6 tensors").stdout)

    def test_leaves_out_who_computes_something_else(self):
        self.write("libtorch", 0.001, x="1 2 4")
        run = self.run_it("--filter", "6 tensors")
        self.assertNotIn("libtorch", run.stdout)
        self.assertIn("libtorch, C++ is left out: its parameters differ from gradus' by 0.33", run.stderr)

    def test_leaves_out_who_is_not_there(self):
        run = self.run_it("--filter", "6 tensors")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("libtorch, C++ is left out: ", run.stderr)

    def test_leaves_out_who_dies_at_work(self):
        path = self.folder / "libtorch_worker"
        path.write_text(f"#!{sys.executable}\nprint('ready', flush=True)\ninput()\nraise SystemExit('no more memory')\n")
        path.chmod(0o755)
        run = self.run_it("--filter", "6 tensors")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("libtorch, C++ is left out: no more memory", run.stderr)
        self.assertIn("gradus, no look", run.stdout)

    def test_leaves_out_who_computes_nan(self):
        self.write("libtorch", 0.001, x="1 nan 3")
        self.assertIn("libtorch, C++ is left out: ", self.run_it("--filter", "6 tensors").stderr)

    def test_says_that_the_machine_is_busy(self):
        busy = "the machine is busy: steps took 3.0 times as long in one half of the turns"
        self.assertNotIn("busy", self.run_it("--filter", "6 tensors").stderr)
        slower = WORKER.replace("for line", "asked = 0\nfor line").replace("    print", "    asked += 1\n    print", 1)
        path = self.folder / "gradus_worker"
        path.write_text(slower.format(python=sys.executable, seconds="(0.001, 0.003)[asked > 6]", x="1 2 3"))
        self.assertIn(busy, self.run_it("--filter", "6 tensors").stderr)

    def test_refuses_what_it_cannot_do(self):
        run = self.run_it("--filter", "nonsense")
        self.assertEqual(run.returncode, 1)
        self.assertIn("no case has 'nonsense' in its title: AdamW, 64M; ", run.stderr)
        self.assertIn("not some cases of --filter", self.run_it("--filter", "rows", "--page", self.page).stderr)
        self.page.write_text("no marks")
        self.assertIn("has no line <!-- bench: peers -->", self.run_it("--page", self.page).stderr)
        self.page.unlink()
        self.assertIn("the page cannot be read: ", self.run_it("--page", self.page).stderr)


if __name__ == "__main__":
    unittest.main()
