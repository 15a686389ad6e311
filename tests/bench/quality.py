"""How good the models of yard-boost, LightGBM and XGBoost are, side by side.

    quality.py FIT_BENCH BINARIES [--short] [--data FOLDER] [--out FOLDER]

Prints two tables in Markdown and a verdict a table of data, and ends with 1 if a bound is missed:

- at matched settings (31 leaves, 100 rounds, a rate of 0.1, 255 bins, 20 rows a leaf, categories as
  such) ours is at most 0.001 of AUC, or 0.5 % of RMSE, behind LightGBM's;
- `train` as it stands is better than LightGBM as it stands on at least half of the tables.

One split tells nothing below several thousandths. So each table is divided several times by chance, the
engines fit the same rows, and the differences are averaged. Their standard error counts that the
repetitions share rows (Nadeau and Bengio, Machine Learning 52, 2003): the variance of the mean is that of
one difference times (1 / repetitions + scored / fitted rows). What is divided by time has one
division: the difference on it stands with an interval over the scored rows (DeLong's for AUC, of the
squared errors for RMSE), and what is judged is the mean over fits on nine tenths of the earlier rows,
drawn by chance, with the interval that so many draws leave to it: it tells how much of one difference
is the chance of a fit, not what another year would bring. The synthetic tables are large enough for one
division.

A bound `holds` where the mean is inside it, and is `missed` where it is outside; `surely` is added
where that is so for the whole interval of 95 %.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import engines
import public

MATCHED = {"growth": "leaf", "rounds": 100, "leaves": 31}
SYNTHETIC = {"discrete": "200,000 x 24", "continuous": "1,000,000 x 28"}
AUC_MARGIN, RMSE_MARGIN = 0.001, 0.005


class Bench:
    def __init__(self, arguments):
        self.fit_bench = arguments.fit_bench
        self.binaries = Path(arguments.binaries)
        self.data = arguments.data
        self.short = arguments.short
        self.repetitions = 3 if arguments.short else 10
        self.folder = Path(tempfile.mkdtemp(prefix="quality-", dir=arguments.out))

    def ours(self, table, wanted):
        path, margins = self.folder / "table.bin", self.folder / "margins.bin"
        engines.write(path, table)
        pairs = [f"{key}={value}" for key, value in wanted.items()]
        command = [self.fit_bench, "fit", path, f"train={table.train}", f"margins={margins}", *pairs]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return shaped(np.fromfile(margins, "<f4"), table)

    def peer(self, name, table, wanted):
        fit, score = engines.PEERS[name](table, engines.MATCHED | wanted)
        return score(fit())

    def train(self, read, case, order, fitted, table):
        """Margins of what `train` makes of the table by itself: nothing is configured but columns, task
        and which rows are held out."""
        import pandas as pd

        where = self.folder
        rows = read.iloc[order].reset_index(drop=True)
        rows.insert(0, "side", np.where(np.arange(len(rows)) < fitted, "fit", "score"))
        rows.to_csv(where / "table.csv", index=False)
        numbers = [c for c in read.columns if c not in (case.target, *case.categories)]
        lines = [
            f"task: {task(table)}",
            f"target: {{column: {quoted(case.target)}" + (f", positive: {quoted(case.positive)}" if table.classes == 2 else "") + "}",
            f"features: {{numbers: [{', '.join(map(quoted, numbers))}], categories: [{', '.join(map(quoted, case.categories))}]}}",
            "split: {method: given, column: side, held_out: [score]}",
            "algorithm: gradient-boosting",
        ]
        (where / "train.yaml").write_text("\n".join(lines) + "\n")
        run(self.binaries / "train", "--data", where / "table.csv", "--config", where / "train.yaml",
            "--model", where / "model", "--holdout", where / "holdout.csv", "--split", where / "split.json")
        run(self.binaries / "batch-predict", "--package", where / "model", "--data", where / "holdout.csv",
            "--out", where / "scored.csv", "--report", where / "report.json")
        scored = pd.read_csv(where / "scored.csv")
        return answers(scored, table, read[case.target])


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode} of: {' '.join(map(str, command))}\n{done.stderr}")


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"'


def task(table):
    return "regression" if table.classes == 0 else "binary" if table.classes == 2 else "multiclass"


def shaped(margins, table):
    return margins.reshape(-1, table.classes) if table.classes > 2 else margins


def answers(scored, table, target):
    """The columns of batch-predict as what `engines.quality` takes; probabilities rank as margins do."""
    if table.classes <= 2:
        return scored["prediction" if table.classes == 0 else "probability"].to_numpy()
    levels = sorted(target.astype(str).unique())
    return np.log(np.maximum(scored[[f"probability_{level}" for level in levels]].to_numpy(), 1e-30))


def lead(table, ours, theirs):
    """By how much ours is better: AUC less theirs, or the share of their RMSE that ours saves."""
    (kind, a), (_, b) = engines.quality(table, ours), engines.quality(table, theirs)
    return kind, a, b, a - b if kind == "auc" else 1 - a / b


def half_width(table, ours, theirs):
    """Half of the interval of 95 % that the scored rows leave to the lead."""
    truth = table.y[table.train :]
    if table.classes == 0:
        a, b = [(m.astype(float) - truth) ** 2 for m in (ours, theirs)]
        # The lead is about (b - a) / (2 b), and its error that of this mean.
        return 1.96 * np.std(b - a, ddof=1) / np.sqrt(len(truth)) / (2 * b.mean())
    if table.classes > 2:
        return float("nan")
    return 1.96 * np.sqrt(delong(truth == 1, ours, theirs))


def delong(truth, ours, theirs):
    """Variance of the difference of two AUC (DeLong et al., Biometrics 44, 1988)."""
    from scipy.stats import rankdata

    def placements(scores):
        """The share of negatives below each positive, and of positives below each negative."""
        ranks, positives, negatives = rankdata(scores), rankdata(scores[truth]), rankdata(scores[~truth])
        return (ranks[truth] - positives) / (~truth).sum(), (ranks[~truth] - negatives) / truth.sum()

    pairs = zip(placements(ours), placements(theirs))
    return sum(np.var(a - b, ddof=1) / len(a) for a, b in pairs)


class Leads:
    """What was found of one table, against one engine."""

    def __init__(self):
        self.kind, self.ours, self.theirs, self.leads, self.widths = "", [], [], [], []
        self.shares = 1.0

    def add(self, table, ours, theirs):
        self.kind, a, b, found = lead(table, ours, theirs)
        self.ours.append(a)
        self.theirs.append(b)
        self.leads.append(found)
        self.widths.append(half_width(table, ours, theirs))
        self.shares = (len(table.y) - table.train) / table.train

    def judged(self, timed):
        """Mean lead and half of its interval."""
        leads = self.leads[1:] if timed else self.leads
        if len(leads) < 2:
            return leads[0], self.widths[0]
        from scipy.stats import t

        shares = 0.0 if timed else self.shares
        spread = np.std(leads, ddof=1) * np.sqrt(1 / len(leads) + shares)
        return float(np.mean(leads)), float(t.ppf(0.975, len(leads) - 1) * spread)


def verdict(mean, width, margin):
    if mean >= -margin:
        return "holds, surely" if mean - width >= -margin else "holds"
    return "missed, surely" if mean + width < -margin else "missed"


def unit(kind, value):
    return f"{value:+.4f}" if kind == "auc" else f"{value:+.2%}"


def middle(kind, values):
    return f"{np.mean(values):.4f}" if kind == "auc" else f"{np.mean(values):,.4g}"


def tables(bench):
    """Name, case (none: synthetic), what pandas read, and tables with the order of their rows."""
    for name, case in public.CASES.items():
        read = public.frame(bench.data, case)
        if read is None:
            print(f"SKIPPED: {name}: there is no {bench.data}/{case.file}", file=sys.stderr)
            continue
        x, y, categories = public.arrays(read, case)
        found = public.orders(case, len(y), bench.repetitions)
        yield name, case, read, ((public.ordered(x, y, categories, *order), *order) for order in found)
    for name in SYNTHETIC:
        if bench.short and name == "continuous":
            continue
        path = bench.folder / f"{name}.bin"
        subprocess.run([bench.fit_bench, "write", name, path], check=True)
        table = engines.read(path)
        path.unlink()
        names = [f"c{column}" for column in range(table.x.shape[1])]
        case = public.Case("", "label", positive="1")
        import pandas as pd

        read = pd.DataFrame(table.x, columns=names).assign(label=table.y.astype(int))
        yield name, case, read, iter([(table, np.arange(len(table.y)), table.train)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fit_bench")
    parser.add_argument("binaries")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--only", default="")
    parser.add_argument("--skip-train", action="store_true")
    parser.add_argument("--out", default=None)
    bench = Bench(arguments := parser.parse_args())

    matched, defaults, missed, better = [], [], 0, []
    for name, case, read, cuts in tables(bench):
        if arguments.only and name not in arguments.only.split(","):
            continue
        against = {peer: Leads() for peer in engines.PEERS}
        standing = Leads()
        for table, order, fitted in cuts:
            ours = bench.ours(table, MATCHED)
            for peer, leads in against.items():
                leads.add(table, ours, bench.peer(peer, table, MATCHED))
            if not arguments.skip_train:
                theirs = bench.peer("lightgbm", table, {"rounds": 100, "defaults": True})
                standing.add(table, bench.train(read, case, order, fitted, table), theirs)
        leads = against["lightgbm"]
        kind = leads.kind
        margin = AUC_MARGIN if kind == "auc" else RMSE_MARGIN
        mean, width = leads.judged(case.timed)
        said = verdict(mean, width, margin)
        missed += said.startswith("missed")
        whole = f"; all rows {unit(kind, leads.leads[0])} ± {unit(kind, leads.widths[0])[1:]}" if case.timed else ""
        matched.append(
            f"| {name} ({kind.upper()}, {len(leads.leads)}) | {middle(kind, leads.ours)} | {middle(kind, leads.theirs)} "
            f"| {middle(kind, against['xgboost'].theirs)} | {unit(kind, mean)} ± {unit(kind, width)[1:]}{whole} | {said} |"
        )
        print(matched[-1], file=sys.stderr, flush=True)
        if standing.leads:
            mean, width = standing.judged(case.timed)
            better.append(mean > 0)
            said = ("better" if mean > 0 else "worse") + (", surely" if abs(mean) > width else "")
            defaults.append(
                f"| {name} ({kind.upper()}, {len(standing.leads)}) | {middle(kind, standing.ours)} "
                f"| {middle(kind, standing.theirs)} | {unit(kind, mean)} ± {unit(kind, width)[1:]} | {said} |"
            )
            print(defaults[-1], file=sys.stderr, flush=True)

    print("Matched settings; positive is better than LightGBM:\n")
    print("| table (measure, fits) | ours | LightGBM | XGBoost | lead, 95 % | no more than 0.001 or 0.5 % behind |")
    print("|---|---|---|---|---|---|")
    print("\n".join(matched))
    if defaults:
        print("\nAs they stand, `train` against LightGBM:\n")
        print("| table (measure, fits) | ours | LightGBM | lead, 95 % | |\n|---|---|---|---|---|")
        print("\n".join(defaults))
        enough = 2 * sum(better) >= len(better)
        print(f"\nBetter on {sum(better)} of {len(better)}; half is the bound: {'holds' if enough else 'missed'}.")
        missed += not enough
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
