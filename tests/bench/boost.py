"""What a fit costs: yard-boost, LightGBM and XGBoost in turn on the same tables.

    boost.py FIT_BENCH TRAIN FOLDER [--short] [--repetitions N]

Prints a table of costs, a list of bounds with what was found, and the table of how the costs grow with
rows, columns, bins and threads; draws the latter as FOLDER/boost-scaling.svg. Ends with 1 if a bound is
missed.

Every repetition runs the engines one after the other, so that whatever else the machine does meets all
of them, and swaps who begins; a ratio is the median of the ratios of neighbours. Seconds of CPU can be
had on a machine that does other things too; wall seconds of two threads cannot.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENGINES = ("yard-boost", "lightgbm", "xgboost")
LEAF = {"growth": "leaf", "leaves": 63}
DEPTH = {"growth": "depth", "leaves": 64, "depth": 6, "l2": 1.0}
# Table, what is said of it, settings.
CASES = [
    ("continuous", LEAF | {"rounds": 50, "threads": 1}),
    ("continuous", LEAF | {"rounds": 50, "threads": 2}),
    ("continuous", DEPTH | {"rounds": 50, "threads": 1}),
    ("discrete", LEAF | {"rounds": 100, "threads": 1}),
    ("discrete", LEAF | {"rounds": 100, "threads": 2}),
    ("discrete", DEPTH | {"rounds": 100, "threads": 1}),
    ("flights", LEAF | {"rounds": 50, "threads": 1}),
    ("flights", LEAF | {"rounds": 50, "threads": 2}),
]
# The most that ours may take, as a share of theirs, CPU by table.
CPU = {"continuous": 0.60, "discrete": 0.90, "flights": 1.00}
WALL_OF_TWO = 0.60
MEMORY = 0.50  # of LightGBM's
AUC = 0.001
START = 0.3  # seconds for 1,000 rows
ROUNDS_SHORT = 20
SCALING = {
    "rows": [(f"continuous:{rows}x28", rows, {}) for rows in (62_500, 125_000, 250_000, 500_000, 1_000_000)],
    "columns": [(f"continuous:250000x{columns}", columns, {}) for columns in (14, 28, 42, 56)],
    "bins": [("continuous:250000x28", bins, {"bins": bins}) for bins in (15, 31, 63, 127, 255)],
    "threads": [("continuous", threads, {"threads": threads}) for threads in (1, 2)],
}


class Bench:
    def __init__(self, arguments):
        self.fit_bench = arguments.fit_bench
        self.folder = Path(arguments.folder)
        self.short = arguments.short
        self.repetitions = arguments.repetitions or (3 if self.short else 7)

    def table(self, name):
        path = self.folder / (name.replace(":", "-") + ".bin")
        if not path.exists():
            subprocess.run([self.fit_bench, "write", name, path], check=True)
        return path

    def compare(self, name, settings, repetitions):
        """What each engine took, by repetition."""
        wanted = dict(settings)
        if self.short:
            wanted["rounds"] = min(wanted["rounds"], ROUNDS_SHORT)
        case = ["fit", self.table(name), *(f"{key}={value}" for key, value in wanted.items())]
        commands = {"yard-boost": [self.fit_bench, *case]}
        for peer in ENGINES[1:]:
            commands[peer] = [sys.executable, HERE / "engines.py", "fit", peer, *case[1:]]
        runs = {engine: [] for engine in ENGINES}
        for repetition in range(repetitions):
            for engine in ENGINES if repetition % 2 == 0 else reversed(ENGINES):
                runs[engine].append(measured(commands[engine]))
        return runs


def measured(command):
    # A waiting thread of OpenMP burns a core by default; where cores are shared that is most of the
    # time, and it would be unfair to count it.
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    fields = (field.split("=") for field in output.stdout.split())
    return {name: float(value) for name, value in fields}


def middle(runs, field):
    return statistics.median(run[field] for run in runs)


def ratio(runs, peer, field):
    """Median, least and most of ours to theirs."""
    ratios = [a[field] / max(b[field], 1e-9) for a, b in zip(runs["yard-boost"], runs[peer])]
    return statistics.median(ratios), min(ratios), max(ratios)


class Bounds:
    """What the issue asks, and what was found."""

    def __init__(self):
        self.lines, self.missed = [], 0

    def judge(self, what, found, most, spread=""):
        holds = found <= most
        self.missed += not holds
        self.lines.append(f"| {what} | {found:.3f}{spread} | {most:g} | {'holds' if holds else 'MISSED'} |")
        print(self.lines[-1], file=sys.stderr, flush=True)

    def of_case(self, name, settings, runs):
        threads = settings["threads"]
        growth = settings["growth"]
        where = f"{name}, by {growth}, {threads} thread{'s' * (threads > 1)}"
        for peer in ENGINES[1:]:
            found, least, most = ratio(runs, peer, "cpu_s")
            self.judge(f"{where}: CPU / {peer}", found, CPU[name], f" ({least:.2f} to {most:.2f})")
            behind = middle(runs[peer], "auc") - middle(runs["yard-boost"], "auc")
            self.judge(f"{where}: AUC behind {peer}", behind, AUC)
        if threads == 2:
            found, least, most = ratio(runs, "lightgbm", "wall_s")
            self.judge(f"{where}: wall / lightgbm", found, WALL_OF_TWO, f" ({least:.2f} to {most:.2f})")
        if threads == 1:
            found, least, most = ratio(runs, "lightgbm", "extra_mib")
            self.judge(f"{where}: peak memory / lightgbm", found, MEMORY, f" ({least:.2f} to {most:.2f})")


def start(train, folder, times):
    """Seconds from starting `train` on 1,000 rows to a written model."""
    import random

    chance = random.Random(1)
    names = [f"x{column}" for column in range(12)]
    with open(folder / "small.csv", "w") as file:
        print(*names, "y", sep=",", file=file)
        for _ in range(1000):
            row = [round(chance.gauss(0, 1), 4) for _ in names]
            print(*row, int(row[0] + row[1] * row[2] + chance.gauss(0, 1) > 0), sep=",", file=file)
    (folder / "small.yaml").write_text(
        'task: binary\ntarget: {column: y, positive: "1"}\n'
        f"features: {{numbers: [{', '.join(names)}]}}\n"
        "split: {method: stratified, holdout_share: 0.2}\nalgorithm: gradient-boosting\n"
    )
    command = [train, "--data", folder / "small.csv", "--config", folder / "small.yaml", "--model", folder / "model"]
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def costs(name, settings, runs, rounds):
    lines = []
    for engine in ENGINES:
        own = runs[engine]
        cpu, wall = ("", "") if engine == "yard-boost" else (f"{ratio(runs, engine, f)[0]:.2f}" for f in ("cpu_s", "wall_s"))
        lines.append(
            f"| {name}, {settings['growth']}, {rounds} | {settings['threads']} | {engine} | {middle(own, 'cpu_s'):.2f} "
            f"| {middle(own, 'wall_s'):.2f} | {middle(own, 'extra_mib'):.0f} | {middle(own, 'auc'):.4f} | {cpu} | {wall} |"
        )
    return lines


def scaling(bench):
    """Median seconds by what grows, how far, and engine."""
    found = {}
    for what, points in SCALING.items():
        for name, size, more in points:
            if bench.short and size == 1_000_000:
                continue
            table = "continuous:250000x28" if bench.short and what == "threads" else name
            runs = bench.compare(table, LEAF | {"rounds": 20, "threads": 1} | more, min(bench.repetitions, 3))
            field = "wall_s" if what == "threads" else "cpu_s"
            found[what, size] = {engine: middle(runs[engine], field) for engine in ENGINES}
            print(f"scaling: {what} {size}: {found[what, size]}", file=sys.stderr, flush=True)
    return found


def draw(found, path):
    try:
        import matplotlib
    except ImportError:
        print("SKIPPED: there is no matplotlib (tests/peers.sh bench); the plot is not drawn", file=sys.stderr)
        return
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(SCALING), figsize=(4 * len(SCALING), 3.4), layout="constrained")
    for axis, what in zip(axes, SCALING):
        sizes = [size for (name, size) in found if name == what]
        for engine in ENGINES:
            axis.plot(sizes, [found[what, size][engine] for size in sizes], marker="o", label=engine)
        axis.set_xscale("log", base=2)
        axis.set_yscale("log", base=2)
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=30)
        axis.set_yticks(ticks := axis.get_yticks(), [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel(what)
        axis.set_ylabel("wall seconds" if what == "threads" else "CPU seconds")
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fit_bench")
    parser.add_argument("train")
    parser.add_argument("folder")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--plot", default="boost-scaling.svg")
    arguments = parser.parse_args()
    bench, bounds, lines = Bench(arguments), Bounds(), []
    for name, settings in CASES:
        if bench.short and settings["growth"] == "depth":
            continue
        runs = bench.compare(name, settings, bench.repetitions)
        rounds = min(settings["rounds"], ROUNDS_SHORT) if bench.short else settings["rounds"]
        lines += costs(name, settings, runs, rounds)
        bounds.of_case(name, settings, runs)
    bounds.judge("start to written model, 1,000 rows, seconds", start(arguments.train, bench.folder, 9), START)
    found = scaling(bench)
    draw(found, arguments.plot)

    print("| table, growth, rounds | threads | engine | CPU s | wall s | MiB | AUC | CPU, ours / theirs | wall |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print("\n| what | found | at most | |\n|---|---|---|---|")
    print("\n".join(bounds.lines))
    print("\n| 20 rounds by leaf | yard-boost | LightGBM | XGBoost | |\n|---|---|---|---|---|")
    for (what, size), seconds in found.items():
        unit = "wall s" if what == "threads" else "CPU s"
        print(f"| {size:,} {what} | " + " | ".join(f"{seconds[engine]:.2f}" for engine in ENGINES) + f" | {unit} |")
    print(f"\nPlot: {arguments.plot}")
    sys.exit(1 if bounds.missed else 0)


if __name__ == "__main__":
    main()
