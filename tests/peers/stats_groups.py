#!/usr/bin/env python3
"""Compares yard-stats with fairlearn's MetricFrame and with statsmodels' mcnemar on random tables.

usage: stats_groups.py SCORE_BINARY [CASES]

SCORE_BINARY is the crate's example `score`; decisions are made at one half. Every case is made from its
own number. Exit code 1 names each number that differs by more than 1e-12 (absolute or relative).
"""
import sys
import warnings

import numpy as np
import pandas as pd
from fairlearn import metrics as fair
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar

from stats_binary import Differences, ask_columns, table

METHODS = ["between_groups", "to_overall"]


def no_division(metric):
    """NaN where the denominator is empty, as a group that cannot be judged is undefined in ours."""
    return lambda *columns, sample_weight=None: metric(*columns, sample_weight=sample_weight, zero_division=np.nan)


def false_positive_rate(label, said, sample_weight=None):
    return 1 - metrics.recall_score(label, said, pos_label=0, sample_weight=sample_weight, zero_division=np.nan)


RATES = {
    "accuracy": metrics.accuracy_score,
    "precision": no_division(metrics.precision_score),
    "recall": no_division(metrics.recall_score),
    "false_positive_rate": false_positive_rate,
    "selection_rate": fair.selection_rate,
}


def groups(say, case, ours, label, said, group, weight):
    for name, rate in RATES.items():
        params = {} if weight is None else {"sample_weight": weight}
        frame = fair.MetricFrame(metrics=rate, y_true=label, y_pred=said, sensitive_features=group, sample_params=params)
        by_group = frame.by_group.to_numpy(dtype=float)
        undefined = np.isnan(by_group).any()
        for index, method in enumerate(METHODS):
            difference = None if undefined else frame.difference(method=method)
            say.near(case, f"{name} difference {method}", ours[name]["difference"][index], difference)
            ratio = None if undefined else frame.ratio(method=method)
            # 0/0: theirs is NaN (or infinite against 0), ours says that equal rates are in the ratio 1.
            if ratio is None or by_group.min() > 0:
                say.near(case, f"{name} ratio {method}", ours[name]["ratio"][index], ratio)
    args = {"y_true": label, "y_pred": said, "sensitive_features": group, "sample_weight": weight}
    for index, method in enumerate(METHODS):
        args["method"] = method
        difference = fair.demographic_parity_difference(**args)
        say.near(case, f"demographic parity {method}", ours["demographic_parity"][index], difference)
        judged = all(0 < label[(group == k) & (w_of(weight, group) > 0)].mean() < 1 for k in np.unique(group))
        odds = fair.equalized_odds_difference(**args) if judged else None
        say.near(case, f"equalised odds {method}", ours["equalized_odds"][index], odds)


def w_of(weight, group):
    return np.ones(len(group)) if weight is None else weight


def decisions(say, case, ours, label, score, champion):
    right = [(column >= 0.5) == (label == 1) for column in (score, champion)]
    cells = [[(one & other).sum() for other in (right[1], ~right[1])] for one in (right[0], ~right[0])]
    say.near(case, "challenger only", ours["challenger_only"], int(cells[0][1]))
    say.near(case, "champion only", ours["champion_only"], int(cells[1][0]))
    say.near(case, "exact", ours["exact"], float(mcnemar(cells, exact=True).pvalue))
    if cells[0][1] + cells[1][0] > 0:
        corrected = mcnemar(cells, exact=False, correction=True).pvalue
        say.near(case, "corrected", ours["corrected"], float(corrected))


def main():
    binary, cases = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    say = Differences()
    warnings.simplefilter("ignore")
    for case in range(cases):
        label, score, champion, weight = table(case)
        random = np.random.default_rng(case)
        count = int(min(len(label), random.integers(1, 5)))
        group = np.concatenate([np.arange(count), random.integers(0, count, len(label) - count)])
        columns = {"label": label, "score": score, "champion": champion, "group": group}
        if weight is not None:
            weight[:count] += 1.0  # a group without weight has no rates; here each has some
            columns["weight"] = weight
        ours, group = ask_columns(binary, columns), pd.Series(group, name="group")
        groups(say, case, ours["groups"], label, (score >= 0.5).astype(int), group, weight)
        if weight is None:
            decisions(say, case, ours["decisions"], label, score, champion)
    for difference in say.found[:50]:
        print(difference)
    print(f"{cases} tables, {say.checked} numbers, {len(say.found)} differences")
    return 1 if say.found else 0


if __name__ == "__main__":
    sys.exit(main())
