"""`./gradus bench --peers`, `./gradus bench --python`: steps of gradus and of its peers, in turn, in one run.

Each side of a case is a process of its own, which waits while the others work. A ratio is of a peer's time to
gradus' in the same turn; what is written are medians and quartiles over the turns.
"""

import argparse
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

from cases import CASES, LOOKUPS, OTHERWISE, PYTHON_CASES, TABLE

HERE = Path(__file__).resolve().parent
NAMES = {
    "gradus": "gradus",
    "libtorch": "libtorch, C++",
    "fused": "PyTorch, fused",
    "foreach": "PyTorch, foreach",
    "loop": "PyTorch, loop",
    "default": "PyTorch",
    "bitsandbytes": "bitsandbytes",
    "torchao": "torchao, compiled",
    "torchao's fp8": "torchao's fp8, compiled",
    "fbgemm": "FBGEMM, with its passes",
    "no look": "gradus, no look",
    "block8": "gradus, block8",
    "libtorch's AdaGrad": "libtorch, C++, its AdaGrad",
    "SparseAdam": "PyTorch, SparseAdam",
    "gradus' Adam": "gradus, fused Adam",
    "gradus' AdamW": "gradus, fused AdamW",
}
REST = 0.02  # seconds between turns: OpenMP's threads spin on after their work, on a core of whoever comes next
UNSTEADY = 1.5
MARKS, END = {"peers": "<!-- bench: peers -->", "python": "<!-- bench: python -->"}, "<!-- end -->"


class Worker:
    """A process that takes steps when it is asked to; RuntimeError where it cannot."""

    def __init__(self, command):
        self.complaints = tempfile.TemporaryFile("w+")  # a pipe that nobody reads would stop it when full
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.complaints, text=True
        )
        self._read()

    def steps(self, count):
        """Seconds a step."""
        return float(self._ask(count)) / count

    def first_elements(self):
        return [float(x) for x in self._ask("x").split()]

    def stop(self):
        self.process.kill()
        self.process.communicate()
        self.complaints.close()

    def _ask(self, question):
        try:
            print(question, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # _read() tells why
        return self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.complaints.seek(0)
            words = self.complaints.read().strip().splitlines()
            raise RuntimeError(words[-1] if words else f"ended with {self.process.returncode}")
        return line


def command_of(case, peer, options, rows):
    words = {
        "rule": case.rule, "lr": case.lr, "shapes": case.shapes, "dtype": case.dtype, "state": case.state,
        "drawn": case.drawn, "rows": rows, "repeated": "yes" if case.rows == "repeated" else "no",
        "look": "yes", "peer": peer, **OTHERWISE.get(peer, {}),
    }  # fmt: skip
    if options.python and peer == "gradus":
        words["peer"] = "gradus.torch"
    if words["peer"] == "gradus":
        program = [options.workers / "gradus_worker"]
    elif words["peer"] == "libtorch":
        program = [options.workers / "libtorch_worker"]
    else:
        program = [sys.executable, HERE / "torch_worker.py"]
    return [str(word) for word in program] + [f"{key}={value}" for key, value in words.items()]


def write_rows(path, kind):
    """Rows of the table: each once, or as often as by Zipf's law; the first is among them."""
    chance = random.Random(1)
    count = int(TABLE.split("x")[0])
    if kind == "distinct":
        rows = sorted({0, *chance.sample(range(count), LOOKUPS - 1)})
    else:
        rows = [int(count ** chance.random()) * 0x9E3779B1 % count for _ in range(LOOKUPS - 1)] + [0]
    path.write_bytes(array("q", rows).tobytes())


def start(case, options, rows):
    """The workers of a case by peer; those that cannot work are left out with a line that says why."""
    workers = {}
    ours = ("gradus",) if options.python else ("gradus", "no look")
    for peer in (*ours, *case.peers):
        try:
            workers[peer] = Worker(command_of(case, peer, options, rows))
        except (RuntimeError, OSError) as error:
            say(f"  {NAMES[peer]} is left out: {error}")
    return workers


def leave_out(workers, peer, why):
    say(f"  {NAMES[peer]} is left out: {why}")
    workers.pop(peer).stop()


def ask(peers, workers, question):
    """Answers of these workers by peer, one after the other; who fails, for want of memory say, is left out."""
    answers = {}
    for peer in peers:
        try:
            answers[peer] = question(peer, workers[peer])
        except RuntimeError as error:
            leave_out(workers, peer, error)
        time.sleep(REST)
    return answers


def agree(case, workers):
    """Leaves out a peer whose parameters are others after as many steps."""
    same_rule = [peer for peer in workers if "rule" not in OTHERWISE.get(peer, {})]
    elements = ask(same_rule, workers, lambda peer, worker: worker.first_elements())
    ours = elements.get("gradus", [])
    for peer, theirs in elements.items():
        differences = [math.inf if math.isnan(b) else abs(a - b) for a, b in zip(ours, theirs)]
        apart = max(differences, default=0) / max(map(abs, ours), default=1)
        if apart > case.tolerance:
            leave_out(workers, peer, f"its parameters differ from gradus' by {apart:.2g} of the largest")


def times_of(workers, options):
    """Seconds a step by peer, one number a turn; in one order and then in the other."""
    ask(list(workers), workers, lambda peer, worker: worker.steps(1))
    times = ask(list(workers), workers, lambda peer, worker: worker.steps(1))
    counts = {peer: max(1, int(options.turn / max(seconds, 1e-7))) for peer, seconds in times.items()}
    turns = []
    for turn in range(options.turns):
        order = list(workers)[:: 1 if turn % 2 == 0 else -1]
        turns.append(ask(order, workers, lambda peer, worker: worker.steps(counts[peer])))
    return {peer: [turn[peer] for turn in turns] for peer in workers}


def measure(case, options, rows):
    """Times by peer, gradus' among them; of nobody where gradus cannot work."""
    workers = start(case, options, rows)
    try:
        ask(list(workers), workers, lambda peer, worker: worker.steps(2))
        agree(case, workers)
        times = times_of(workers, options)
        return times if "gradus" in times else {}
    finally:
        for worker in workers.values():
            worker.stop()


def unsteadiness_of(times):
    """The most, over peers, that the medians of its first and its last turns differ by, as a ratio."""
    half = len(times["gradus"]) // 2
    halves = [(statistics.median(turns[:half]), statistics.median(turns[-half:])) for turns in times.values()]
    return max(max(pair) / max(min(pair), 1e-12) for pair in halves)


def memory_of(case):
    """About how many bytes the workers of a case take together: parameters, gradients and two slots each."""
    elements = sum(math.prod(map(int, shape.split("x"))) for shape in case.shapes.split(","))
    return elements * (16 if case.rows == "none" else 12) * (2 + len(case.peers))


def memory_there():
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return math.inf
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) or math.inf


@dataclass
class Result:
    """A row of the table, with times in seconds and quartiles of their ratio."""

    case: str
    peer: str
    theirs: float
    ours: float
    quartiles: list
    goal: float  # the least that the ratio is to be; 0 where nothing is asked


def results_of(case, options, scratch):
    there = memory_there() if options.memory is None else options.memory
    if memory_of(case) > there:
        say(f"  is left out: it takes {memory_of(case) / 1e9:.0f} GB of memory, and {there / 1e9:.0f} are there")
        return []
    rows = "none"
    if case.rows != "none":
        rows = scratch / case.rows
        write_rows(rows, case.rows)
    times = measure(case, options, rows)
    if times and unsteadiness_of(times) > UNSTEADY:
        say(
            f"  the machine is busy: steps took {unsteadiness_of(times):.1f} times as long in one half of the turns as in"
            " the other; trust ratios more than times, and neither much"
        )
    results = []
    for peer in times:
        if peer == "gradus":
            continue
        ratios = [theirs / ours for theirs, ours in zip(times[peer], times["gradus"])]
        medians = statistics.median(times[peer]), statistics.median(times["gradus"])
        quartiles, goal = statistics.quantiles(ratios, n=4), case.goals.get(peer, 0)
        results.append(Result(case.title, NAMES[peer], *medians, quartiles, goal))
    return results


def text_of(seconds):
    scale, unit = (1e6, "µs") if seconds < 1e-3 else (1e3, "ms") if seconds < 0.9995 else (1, "s")
    return f"{seconds * scale:.3g} {unit}"


def verdict_of(result):
    if not result.goal:
        return ""
    return f"≥ {result.goal:g}: " + ("met" if result.quartiles[1] >= result.goal else "**not met**")


def table_of(results):
    lines = ["| case | beside | its step | gradus' step | ratio | quartiles | goal |", "|---|---|---:|---:|---:|---:|---|"]
    last = None
    for result in results:
        low, middle, high = result.quartiles
        peer_wins = middle < 1 and not result.peer.startswith("gradus")
        cells = [
            result.case if result.case != last else "",
            result.peer,
            text_of(result.theirs),
            text_of(result.ours),
            f"**{middle:.2f}**" if peer_wins else f"{middle:.2f}",
            f"{low:.2f}–{high:.2f}",
            verdict_of(result),
        ]
        lines.append("| " + " | ".join(cells) + " |")
        last = result.case
    return "\n".join(lines) + "\n"


def write_table(page, mark, table):
    text = page.read_text()
    begin = text.index(mark) + len(mark) + 1
    page.write_text(text[:begin] + table + text[text.index(END, begin) :])


def draw(results, path):
    """A line a case, on it a point a peer: how many times gradus' time its step takes."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "gradus", "font.size": 10})
    from matplotlib import pyplot

    results = [row for row in results if not row.peer.startswith("gradus")]
    cases = list(dict.fromkeys(row.case for row in results))
    peers = list(dict.fromkeys(row.peer for row in results))
    grey = "#808080"  # to be read on white and on black
    figure, axes = pyplot.subplots(figsize=(9, 0.36 * len(cases) + 1.6))
    for number, peer in enumerate(peers):
        of_peer = [row for row in results if row.peer == peer]
        lows, middles, highs = zip(*(row.quartiles for row in of_peer))
        spread = [[m - low for m, low in zip(middles, lows)], [high - m for m, high in zip(middles, highs)]]
        axes.errorbar(middles, [cases.index(row.case) for row in of_peer], xerr=spread, fmt="osD^vPX*"[number % 8],
                      color=f"C{number}", label=peer, capsize=2)  # fmt: skip
    axes.axvline(1, color=grey)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(range(len(cases)), cases)
    axes.invert_yaxis()
    axes.set_xlabel("a step's time, relative to gradus' (right of 1: gradus is faster)", color=grey)
    axes.tick_params(colors=grey, which="both")
    axes.grid(axis="x", color=grey, alpha=0.25)
    for spine in axes.spines.values():
        spine.set_color(grey)
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.1 - 0.6 / len(cases)), ncols=4, frameon=False,
                labelcolor=grey)  # fmt: skip
    figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})


def say(words):
    print(words, file=sys.stderr, flush=True)


def options_from(words):
    parser = argparse.ArgumentParser(prog="./gradus bench --peers", description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="", metavar="WORDS", help="only cases whose title has these words")
    parser.add_argument("--quick", action="store_true", help="three short turns a case instead of seven")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the table into FILE, after its mark")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the ratios into FILE, an SVG")
    parser.add_argument("--memory", type=float, metavar="BYTES", help="that cases may take; default: all that is there")
    parser.add_argument("--python", action="store_true", help="our side is gradus.torch, beside PyTorch's in Python")
    parser.add_argument("--workers", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    options.mark = MARKS["python" if options.python else "peers"]
    options.turns, options.turn = (3, 0.05) if options.quick else (7, 0.2)
    if options.filter and options.page:
        parser.error("--page takes the whole table, not some cases of --filter")
    try:
        if options.page and options.mark not in options.page.read_text():
            parser.error(f"{options.page} has no line {options.mark}")
    except OSError as error:
        parser.error(f"the page cannot be read: {error}")
    return options


def main():
    options = options_from(sys.argv[1:])
    known = PYTHON_CASES if options.python else CASES
    cases = [case for case in known if options.filter.lower() in case.title.lower()]
    if not cases:
        sys.exit(f"gradus: no case has '{options.filter}' in its title: " + "; ".join(case.title for case in known))
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, case in enumerate(cases, 1):
            say(f"[{number}/{len(cases)}] {case.title}")
            results += results_of(case, options, Path(scratch))
    table = table_of(results)
    print(table, end="")
    if options.page:
        write_table(options.page, options.mark, table)
    if options.figure:
        draw(results, options.figure)


if __name__ == "__main__":
    main()
