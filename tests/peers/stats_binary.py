#!/usr/bin/env python3
"""Compares yard-stats with scikit-learn 1.9, scipy and numpy on random tables.

usage: stats_binary.py SCORE_BINARY [CASES]

SCORE_BINARY is the crate's example `score`. Every case is a table with a mix of ties, weights
(zeros among them), rare classes and single-class slices, made from the case's number. Exit code 1
names each number that differs by more than 1e-12 (absolute or relative).
"""
import json
import math
import subprocess
import sys
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics

TOLERANCE = 1e-12
THRESHOLDS = [0.1, 0.25, 0.5, 0.75, 0.9]
BINS = 10


class Differences:
    def __init__(self):
        self.checked = 0
        self.found = []

    def near(self, case, name, ours, theirs, tolerance=TOLERANCE):
        self.checked += 1
        undefined = isinstance(ours, dict) and "undefined" in ours
        if theirs is None or (isinstance(theirs, float) and math.isnan(theirs)):
            same = undefined or ours is None
        else:
            same = isinstance(ours, (int, float)) and abs(ours - theirs) <= tolerance * max(1.0, abs(theirs))
        if not same:
            self.found.append(f"case {case}: {name}: {ours} is not {theirs}")

    def all_near(self, case, name, ours, theirs, tolerance=TOLERANCE):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            self.found.append(f"case {case}: {name}: {ours} is not {list(theirs)}")
            return
        for index, (mine, other) in enumerate(zip(ours, theirs)):
            self.near(case, f"{name}[{index}]", mine, None if other is None else float(other), tolerance)


def table(case):
    random = np.random.default_rng(case)
    rows = int(random.choice([1, 2, 5, 30, 200, 1500, 4000]))
    rate = random.choice([0.0, 1.0, 0.02, 0.1, 0.5], p=[0.05, 0.05, 0.2, 0.3, 0.4])
    label = (random.random(rows) < rate).astype(int)
    signal = random.normal(size=rows) + random.uniform(0, 2) * label
    other = signal + random.normal(size=rows) * random.uniform(0, 1)

    def scores(latent):
        p = 1 / (1 + np.exp(-latent))
        kind = random.integers(5)
        if kind == 0:
            p = np.round(p, 1)  # many ties, some at 0, 1 and the thresholds
        elif kind == 1:
            p = np.round(p, 2)
        elif kind == 2:
            p = p.astype(np.float32).astype(float)
        elif kind == 3 and random.random() < 0.3:
            p = np.full(rows, 0.5)
        return p

    weight = None
    if case % 2:
        weight = random.choice([random.exponential(size=rows), random.integers(0, 4, rows).astype(float)])
        weight[random.random(rows) < 0.05] = 0.0
        weight[0] = 1.0
    return label, scores(signal), scores(other), weight


def ask(binary, label, score, champion, weight):
    columns = {"label": label, "score": score, "champion": champion}
    if weight is not None:
        columns["weight"] = weight
    return ask_columns(binary, columns)


def ask_columns(binary, columns):
    lines = [",".join(columns)]
    lines += [",".join(repr(value.item()) for value in row) for row in zip(*columns.values())]
    done = subprocess.run([binary], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{binary}: {done.stderr}")
    return json.loads(done.stdout)


def ranking(say, case, ours, label, score, weight):
    w = np.ones(len(label)) if weight is None else weight
    both = w[label == 1].sum() > 0 and w[label == 0].sum() > 0
    some = w[label == 1].sum() > 0
    auc = metrics.roc_auc_score(label, score, sample_weight=weight) if both else None
    say.near(case, "auc", ours["auc"], auc)
    say.near(case, "gini", ours["gini"], 2 * auc - 1 if both else None)
    ap = metrics.average_precision_score(label, score, sample_weight=weight) if some else None
    say.near(case, "average precision", ours["average_precision"], ap)
    if both:
        fpr, tpr, at = metrics.roc_curve(label, score, sample_weight=weight, drop_intermediate=False)
        mine = list(map(list, zip(*ours["roc"])))
        say.all_near(case, "fpr", mine[0], fpr)
        say.all_near(case, "tpr", mine[1], tpr)
        say.all_near(case, "roc threshold", mine[2], [None, *at[1:]])
        say.near(case, "ks", ours["ks"]["statistic"], float(np.abs(tpr - fpr).max()))
        # scikit-learn's collinear points are dropped for drawing only: the area is the same.
    else:
        say.near(case, "ks", ours["ks"], None)
        say.near(case, "roc", ours["roc"], None)
    if some:
        precision, recall, at = metrics.precision_recall_curve(label, score, sample_weight=weight)
        mine = list(map(list, zip(*ours["pr"])))
        say.all_near(case, "recall", mine[0], recall[:-1][::-1])
        say.all_near(case, "precision", mine[1], precision[:-1][::-1])
        say.all_near(case, "pr threshold", mine[2], at[::-1])
        gains(say, case, ours["gains"], label, score, w)


def gains(say, case, ours, label, score, w):
    """Cumulative curves by distinct score, interpolated: ties pro rata."""
    order = np.unique(score)[::-1]
    depth = np.array([0.0] + [w[score >= s].sum() for s in order])
    found = np.array([0.0] + [w[(score >= s) & (label == 1)].sum() for s in order])
    rate = found[-1] / depth[-1]
    for step, mine in enumerate(ours, start=1):
        target = depth[-1] * (step / BINS)
        captured = np.interp(target, depth, found)
        say.all_near(
            case, f"gains {step}", mine, [step / BINS, captured / found[-1], captured / target, captured / target / rate], 1e-11
        )


def cheapest(say, case, ours, label, score, weight):
    """Every distinct score as the threshold, and none; a miss costs five false alarms."""
    w = np.ones(len(label)) if weight is None else weight
    costs = [(w[label == 1].sum() * 5.0, None)]
    for at in np.unique(score)[::-1]:
        said = score >= at
        costs.append((w[said & (label == 0)].sum() + 5.0 * w[~said & (label == 1)].sum(), at))
    say.near(case, "lowest cost", ours[1], float(min(costs, key=lambda of: of[0])[0] / w.sum()))
    said = score >= (np.inf if ours[0] is None else ours[0])
    there = w[said & (label == 0)].sum() + 5.0 * w[~said & (label == 1)].sum()
    say.near(case, "cost at the threshold", ours[1], float(there / w.sum()))


def decisions(say, case, ours, label, score, weight):
    for mine, threshold in zip(ours, THRESHOLDS):
        said = (score >= threshold).astype(int)
        args = {"sample_weight": weight}
        tn, fp, fn, tp = metrics.confusion_matrix(label, said, labels=[0, 1], **args).ravel()
        name = f"at {threshold} "
        say.all_near(case, name + "table", mine["table"], [tn, fp, fn, tp])
        say.all_near(case, name + "table without sorting", mine["table_without_sorting"], [tn, fp, fn, tp])
        say.near(case, name + "accuracy", mine["accuracy"], metrics.accuracy_score(label, said, **args))
        args["zero_division"] = np.nan
        say.near(case, name + "precision", mine["precision"], metrics.precision_score(label, said, **args))
        say.near(case, name + "recall", mine["recall"], metrics.recall_score(label, said, **args))
        say.near(case, name + "specificity", mine["specificity"], metrics.recall_score(label, said, pos_label=0, **args))
        say.near(case, name + "f1", mine["f1"], metrics.f1_score(label, said, **args))
        say.near(case, name + "f2", mine["f2"], metrics.fbeta_score(label, said, beta=2, **args))
        # scikit-learn averages over the classes that are there, and answers 0 for a degenerate
        # correlation: both are undefined here.
        both = tp + fn > 0 and tn + fp > 0
        balanced = metrics.balanced_accuracy_score(label, said, sample_weight=weight) if both else None
        say.near(case, name + "balanced accuracy", mine["balanced_accuracy"], balanced)
        full = both and tp + fp > 0 and tn + fn > 0
        matthews = metrics.matthews_corrcoef(label, said, sample_weight=weight) if full else None
        say.near(case, name + "matthews", mine["matthews"], matthews)
        kappa = metrics.cohen_kappa_score(label, said, labels=[0, 1], sample_weight=weight)
        say.near(case, name + "kappa", mine["kappa"], kappa)


def probabilities(say, case, ours, label, score, weight):
    w = np.ones(len(label)) if weight is None else weight
    say.near(case, "log loss", ours["log_loss"], metrics.log_loss(label, score, sample_weight=weight, labels=[0, 1]))
    say.near(case, "brier", ours["brier"], metrics.brier_score_loss(label, score, sample_weight=weight, pos_label=1))
    ids = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], score)
    error = 0.0
    for index, (rows, weight_in, mean, rate) in enumerate(ours["reliability"]["bins"]):
        inside = (ids == index) & (w > 0)
        total = w[inside].sum()
        say.near(case, f"bin {index} rows", rows, int(inside.sum()))
        say.near(case, f"bin {index} weight", weight_in, float(total))
        if total > 0:
            confidence = (w * score)[inside].sum() / total
            frequency = (w * label)[inside].sum() / total
            say.near(case, f"bin {index} mean", mean, float(confidence))
            say.near(case, f"bin {index} rate", rate, float(frequency))
            error += total * abs(confidence - frequency)
    say.near(case, "ece", ours["reliability"]["expected_error"], float(error / w.sum()))
    spread = (w * (1 - 2 * score) ** 2 * score * (1 - score)).sum()
    z = (w * (label - score) * (1 - 2 * score)).sum() / np.sqrt(spread) if spread > 0 else None
    say.near(case, "spiegelhalter", ours["spiegelhalter"], z, 1e-11)
    if "undefined" not in ours["calibration"]:
        line(say, case, ours["calibration"], label, score, w)


def line(say, case, ours, label, score, w):
    """The score equations at the fit are zero, and the errors are the inverse information's."""
    p = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
    x = np.log(p) - np.log1p(-p)
    (a, a_error), (b, b_error), (c, c_error) = ours["intercept"], ours["slope"], ours["in_the_large"]
    q = 1 / (1 + np.exp(-(a + b * x)))
    size = (w * (1 + np.abs(x))).sum()
    say.near(case, "score equation of the intercept", float((w * (q - label)).sum() / size), 0.0)
    say.near(case, "score equation of the slope", float((w * (q - label) * x).sum() / size), 0.0)
    v = w * q * (1 - q)
    information = np.array([[v.sum(), (v * x).sum()], [(v * x).sum(), (v * x * x).sum()]])
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    say.near(case, "error of the intercept", a_error, float(errors[0]), 1e-7)
    say.near(case, "error of the slope", b_error, float(errors[1]), 1e-7)
    q = 1 / (1 + np.exp(-(c + x)))
    say.near(case, "score equation in the large", float((w * (q - label)).sum() / size), 0.0)
    say.near(case, "error in the large", c_error, float(1 / np.sqrt((w * q * (1 - q)).sum())), 1e-9)


def delong(say, case, ours, label, score, champion, weight):
    """By the definition: placements from every pair, then numpy's covariances."""
    positive, negative = label == 1, label == 0
    if weight is not None or positive.sum() < 2 or negative.sum() < 2:
        say.near(case, "delong", ours["delong"], None)
        say.near(case, "paired", ours["paired"], None)
        return
    over, under = [], []
    for column in (score, champion):
        gap = column[positive][:, None] - column[negative][None, :]
        wins = (gap > 0) + 0.5 * (gap == 0)
        over.append(wins.mean(axis=1))
        under.append(wins.mean(axis=0))
    cov = np.cov(over) / positive.sum() + np.cov(under) / negative.sum()
    mine = ours["paired"]
    say.near(case, "variance", ours["delong"]["variance"], cov[0, 0])
    say.near(case, "champion variance", mine["champion"]["variance"], cov[1, 1])
    say.near(case, "covariance", mine["covariance"], cov[0, 1])
    difference = over[0].mean() - over[1].mean()
    error = np.sqrt(max(0.0, cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]))
    say.near(case, "difference", mine["difference"], difference)
    if mine["standard_error"] == 0.0:
        say.near(case, "z", mine["z"], None)
        return
    say.near(case, "standard error", mine["standard_error"], error)
    say.near(case, "z", mine["z"], difference / error, 1e-9)
    say.near(case, "p", mine["p"], 2 * stats.norm.sf(abs(difference / error)), 1e-9)
    ends = difference + np.array([-1, 1]) * stats.norm.ppf(0.975) * error
    say.all_near(case, "interval", mine["interval"], np.clip(ends, -1, 1))


def distance(say, case, ours, label, score):
    if ours is not None:
        test = stats.ks_2samp(score[label == 0], score[label == 1], method="asymp")
        say.near(case, "ks distance", ours["statistic"], float(test.statistic))
        en = (label == 0).sum() * (label == 1).sum() / len(label)
        say.near(case, "ks p", ours["p"], float(stats.kstwobign.sf(np.sqrt(en) * test.statistic)))


def main():
    binary, cases = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    say = Differences()
    warnings.simplefilter("ignore")
    for case in range(cases):
        label, score, champion, weight = table(case)
        ours = ask(binary, label, score, champion, weight)
        ranking(say, case, ours, label, score, weight)
        cheapest(say, case, ours["cheapest"], label, score, weight)
        decisions(say, case, ours["thresholds"], label, score, weight)
        probabilities(say, case, ours, label, score, weight)
        delong(say, case, ours, label, score, champion, weight)
        distance(say, case, ours["class_distance"], label, score)
    for difference in say.found[:50]:
        print(difference)
    print(f"{cases} tables, {say.checked} numbers, {len(say.found)} differences")
    return 1 if say.found else 0


if __name__ == "__main__":
    sys.exit(main())
