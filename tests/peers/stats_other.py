#!/usr/bin/env python3
"""Compares yard-stats with scikit-learn 1.9 on random tables of several classes and of regressions.

usage: stats_other.py SCORE_OTHER_BINARY [CASES]

SCORE_OTHER_BINARY is the crate's example `score_other`. Exit code 1 names each number that differs by
more than 1e-12 (absolute or relative).
"""
import sys
import warnings

import numpy as np
from sklearn import metrics

from stats_binary import Differences, ask_columns

AVERAGES = ["micro", "macro", "weighted"]


def weights(random, rows, case):
    if case % 2 == 0:
        return None
    weight = random.choice([random.exponential(size=rows), random.integers(0, 4, rows).astype(float)])
    weight[0] = 1.0
    return weight


def regression(say, case, binary):
    random = np.random.default_rng(case)
    rows = int(random.choice([1, 2, 7, 40, 1000]))
    target = random.normal(size=rows) * random.choice([1.0, 1e3]) + random.choice([0.0, 50.0])
    if case % 5 == 0:
        target = np.round(target)
    guess = target + random.normal(size=rows) * random.uniform(0, 2)
    if case % 7 == 0:
        guess = np.round(guess)
    weight = weights(random, rows, case)
    columns = {"target": target, "prediction": guess}
    if weight is not None:
        columns["weight"] = weight
    ours = ask_columns(binary, columns)
    args = {"sample_weight": weight}
    say.near(case, "mae", ours["mae"], metrics.mean_absolute_error(target, guess, **args))
    say.near(case, "mse", ours["mse"], metrics.mean_squared_error(target, guess, **args))
    say.near(case, "rmse", ours["rmse"], metrics.root_mean_squared_error(target, guess, **args))
    say.near(case, "mape", ours["mape"], metrics.mean_absolute_percentage_error(target, guess, **args))
    say.near(case, "pinball", ours["pinball"], metrics.mean_pinball_loss(target, guess, alpha=0.9, **args))
    say.near(case, "median", ours["median"], metrics.median_absolute_error(target, guess, **args))
    used = np.ones(rows) if weight is None else weight
    varies = len(np.unique(target[used > 0])) > 1
    say.near(case, "r2", ours["r2"], metrics.r2_score(target, guess, **args) if varies else None)
    explained = metrics.explained_variance_score(target, guess, **args) if varies else None
    say.near(case, "explained", ours["explained"], explained)


def classes(say, case, binary):
    random = np.random.default_rng(case)
    rows, count = int(random.choice([5, 30, 500])), int(random.integers(3, 6))
    label = random.integers(0, count, rows)
    if case % 4 == 0:
        label = np.minimum(label, count - 2)  # a class without rows
    latent = random.normal(size=(rows, count))
    latent[np.arange(rows), label] += random.uniform(0, 2)
    p = np.exp(latent) / np.exp(latent).sum(axis=1, keepdims=True)
    weight = weights(random, rows, case)
    columns = {"class": label, **{f"p{k}": p[:, k] for k in range(count)}}
    if weight is not None:
        columns["weight"] = weight
    ours = ask_columns(binary, columns)
    every = list(range(count))
    said = p.argmax(axis=1)
    args = {"sample_weight": weight}
    say.near(case, "log loss", ours["log_loss"], metrics.log_loss(label, p, labels=every, **args))
    brier = metrics.brier_score_loss(label, p, labels=every, sample_weight=weight)
    say.near(case, "brier", ours["brier"], brier)
    say.near(case, "accuracy", ours["accuracy"], metrics.accuracy_score(label, said, **args))
    w = np.ones(rows) if weight is None else weight
    seen = w > 0
    balanced = metrics.balanced_accuracy_score(label[seen], said[seen], sample_weight=w[seen])
    say.near(case, "balanced accuracy", ours["balanced_accuracy"], balanced)
    for index, average in enumerate(AVERAGES):
        kind = {"average": average, "zero_division": 0.0, "sample_weight": w[seen]}
        for name, score in [("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)]:
            say.near(case, f"{name} {average}", ours[name][index], score(label[seen], said[seen], **kind))
    varied = len(np.unique(label[seen])) > 1 and len(np.unique(said[seen])) > 1
    matthews = metrics.matthews_corrcoef(label, said, sample_weight=weight) if varied else None
    say.near(case, "matthews", ours["matthews"], matthews)
    kappa = metrics.cohen_kappa_score(label, said, labels=every, sample_weight=weight)
    say.near(case, "kappa", ours["kappa"], kappa)
    i, j = np.indices((count, count))
    costs = np.where(i == j, 0, 1 + 2 * i + j)
    confusion = metrics.confusion_matrix(label, said, labels=every, sample_weight=weight)
    say.near(case, "expected cost", ours["expected_cost"], (confusion * costs).sum() / w.sum())
    top = metrics.top_k_accuracy_score(label, p, k=2, labels=every, sample_weight=weight)
    say.near(case, "top 2", ours["top_2"], top)
    full = all(w[label == k].sum() > 0 for k in every)
    for index, average in enumerate(["macro", "weighted"]):
        ovr = metrics.roc_auc_score(label, p, multi_class="ovr", average=average, labels=every, sample_weight=weight) if full else None
        say.near(case, f"ovr {average}", ours["ovr"][index], ovr)
        some = full and weight is None
        ovo = metrics.roc_auc_score(label, p, multi_class="ovo", average=average, labels=every) if some else None
        say.near(case, f"ovo {average}", ours["ovo"][index], ovo)


def main():
    binary, cases = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    say = Differences()
    warnings.simplefilter("ignore")
    for case in range(cases):
        regression(say, case, binary)
        classes(say, case, binary)
    for difference in say.found[:50]:
        print(difference)
    print(f"{cases} tables of each kind, {say.checked} numbers, {len(say.found)} differences")
    return 1 if say.found else 0


if __name__ == "__main__":
    sys.exit(main())
