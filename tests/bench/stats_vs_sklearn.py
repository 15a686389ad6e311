#!/usr/bin/env python3
"""CPU time and memory of yard-stats against scikit-learn and numpy on the same rows.

usage: stats_vs_sklearn.py STATS_BENCH_BINARY [ROWS [REPLICATES [ROUNDS]]]

Both sides compute, for two models: AUC, average precision, KS, log-loss, Brier, accuracy, F1, Matthews
and the calibration error at ten bins; DeLong's paired test; and a stratified paired bootstrap of all of
these. Ours runs in whole, in a process of its own, calibration fits and the generation of the table
included. Theirs runs the metrics and DeLong in whole; of the bootstrap it runs a few replicates and the
rest is scaled from them (a replicate costs the same as the next), in two ways:

  plain   each replicate resamples rows and calls scikit-learn's metrics, as everybody writes it
  tuned   rows are sorted once; a replicate is a vector of counts, and metrics are cumulative sums in numpy

Rounds alternate between the two sides. CPU seconds are user + system. Ends with 1 where ours needs more
than a twentieth of the plain way's CPU in any round, or more than 10 bytes of memory a row and column (of
labels and both scores), the process itself included. The latter is a promise for a million rows: of fewer,
the process itself is the most, so memory is shown and not judged.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402
from sklearn import metrics  # noqa: E402

THRESHOLD, BINS = 0.1, 10
TIMES, BYTES, JUDGED_FROM = 20, 10, 1_000_000
FEW = {"plain": 2, "tuned": 5}


def ours(binary, rows, replicates, path=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    arguments = [binary, str(rows), str(replicates)] + ([path] if path else [])
    report = json.loads(subprocess.run(arguments, capture_output=True, check=True).stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return report, spent


def read(path, rows):
    raw = np.fromfile(path, dtype=np.uint8)
    label = raw[:rows].astype(int)
    columns = np.frombuffer(raw[rows:].tobytes(), dtype="<f8")
    return label, columns[:rows], columns[rows:]


def calibration_error(label, score):
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], score)
    found = np.bincount(bins, label, BINS)
    expected = np.bincount(bins, score, BINS)
    return np.abs(found - expected).sum() / len(label)


def every_metric(label, score):
    said = (score >= THRESHOLD).astype(int)
    fpr, tpr, _ = metrics.roc_curve(label, score, drop_intermediate=False)
    return [
        metrics.roc_auc_score(label, score),
        metrics.average_precision_score(label, score),
        np.abs(tpr - fpr).max(),
        metrics.log_loss(label, score),
        metrics.brier_score_loss(label, score),
        metrics.accuracy_score(label, said),
        metrics.f1_score(label, said),
        metrics.matthews_corrcoef(label, said),
        calibration_error(label, score),
    ]


def delong(label, scores):
    """The mid-rank form of Sun and Xu."""
    positive, negative = label == 1, label == 0
    p, n = positive.sum(), negative.sum()
    over, under = [], []
    for score in scores:
        whole = stats.rankdata(score)
        over.append((whole[positive] - stats.rankdata(score[positive])) / n)
        under.append(1 - (whole[negative] - stats.rankdata(score[negative])) / p)
    cov = np.cov(over) / p + np.cov(under) / n
    return over[0].mean() - over[1].mean(), np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])


def strata(label):
    return [np.flatnonzero(label == k) for k in (0, 1)]


def plain(random, label, scores, classes):
    rows = np.concatenate([random.choice(of, len(of)) for of in classes])
    return [every_metric(label[rows], score[rows]) for score in scores]


def prepare(label, score):
    order = np.argsort(-score, kind="stable")
    p = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
    return {
        "order": order,
        "label": label[order].astype(float),
        "last": np.append(np.diff(score[order]) != 0, True),
        "loss": -np.where(label == 1, np.log(p), np.log1p(-p)),
        "square": (label - score) ** 2,
        "cut": int((score >= THRESHOLD).sum()),
        "bins": np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], score),
        "gap": label - score,
    }


def tuned(random, label, prepared, classes):
    counts = np.zeros(len(label))
    for of in classes:
        counts[of] = np.bincount(random.integers(0, len(of), len(of)), minlength=len(of))
    found = []
    for of in prepared:
        weight = counts[of["order"]]
        true = np.cumsum(weight * of["label"])
        false = np.cumsum(weight) - true
        tp, fp = true[of["last"]], false[of["last"]]
        tpr, fpr = tp / tp[-1], fp / fp[-1]
        area = np.trapezoid(tpr, fpr)
        precision = tp / np.maximum(tp + fp, 1e-300)
        average = (np.diff(tp, prepend=0) * precision).sum() / tp[-1]
        a, b = true[of["cut"] - 1], false[of["cut"] - 1]
        c, d = tp[-1] - a, fp[-1] - b
        matthews = (a * d - b * c) / np.sqrt((a + b) * (a + c) * (d + b) * (d + c))
        error = np.abs(np.bincount(of["bins"], counts * of["gap"], BINS)).sum() / len(label)
        losses = [counts @ of["loss"] / len(label), counts @ of["square"] / len(label)]
        found.append([area, average, np.abs(tpr - fpr).max(), *losses, (a + d) / len(label), 2 * a / (2 * a + b + c), matthews, error])
    return found


def theirs(label, scores, replicates):
    start = time.process_time()
    found = [every_metric(label, score) for score in scores]
    test = delong(label, scores)
    once = time.process_time() - start
    random, classes, spent = np.random.default_rng(1), strata(label), {}
    start = time.process_time()
    for _ in range(FEW["plain"]):
        plain(random, label, scores, classes)
    spent["plain"] = once + (time.process_time() - start) / FEW["plain"] * replicates
    start = time.process_time()
    prepared = [prepare(label, score) for score in scores]
    ready = time.process_time() - start
    start = time.process_time()
    for _ in range(FEW["tuned"]):
        tuned(random, label, prepared, classes)
    spent["tuned"] = once + ready + (time.process_time() - start) / FEW["tuned"] * replicates
    return found, test, once, spent


def main():
    binary = sys.argv[1]
    rows, replicates, rounds = [int(value) for value in sys.argv[2:5]] + [1_000_000, 1000, 3][len(sys.argv) - 2 :]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table")
        ours(binary, rows, 1, path)
        label, *scores = read(path, rows)
    ratios, worst = {"plain": [], "tuned": []}, 0
    for turn in range(rounds):
        report, spent = ours(binary, rows, replicates)
        found, test, once, other = theirs(label, scores, replicates)
        for mine, peer in zip(report["metrics"], found):
            assert np.allclose(mine, peer, rtol=1e-10, atol=1e-12), (mine, peer)
        assert np.allclose(report["delong"], test, rtol=1e-8), (report["delong"], test)
        per_cell = report["peak_bytes"] / rows / 3
        worst = max(worst, per_cell)
        print(f"round {turn + 1}: ours {spent:.2f} CPU s, {per_cell:.2f} bytes a row and column at peak")
        print(f"         theirs {once:.2f} s for metrics and DeLong; with the bootstrap plain {other['plain']:.0f} s, tuned {other['tuned']:.0f} s")
        for way, seconds in other.items():
            ratios[way].append(seconds / spent)
    for way, values in ratios.items():
        print(f"ratio to {way}: median {np.median(values):.1f} ({min(values):.1f} to {max(values):.1f})")
    bounds = [(min(ratios["plain"]) >= TIMES, f"at least {TIMES} times less CPU than the plain way: {min(ratios['plain']):.1f}")]
    memory = f"at most {BYTES} bytes of memory a row and column: {worst:.2f}"
    if rows >= JUDGED_FROM:
        bounds.append((worst <= BYTES, memory))
    else:
        print(f"not judged below {JUDGED_FROM:,} rows: {memory}")
    for holds, bound in bounds:
        print(f"{'holds' if holds else 'BROKEN'}: {bound}")
    return 0 if all(holds for holds, _ in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
