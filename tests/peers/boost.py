"""LightGBM, XGBoost and shap answer for forests that yard-boost grew.

    boost.py EXPORT_CASE FOLDER

For every objective, on tables with missing values, ids and ties, half of whose rows were not trained
on: margins from the exported files equal ours bit for bit, and contributions equal LightGBM's,
XGBoost's (missing categories too) and shap's. Prints a line a case.
"""

import subprocess
import sys
from pathlib import Path

import lightgbm
import numpy as np
import shap
import xgboost

ROWS = 4000


def table(seed, objective, with_categories):
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(3, ROWS))
    numbers[1] = np.round(numbers[1] * 4) / 4
    numbers[2][random.random(ROWS) < 0.1] = np.nan
    columns, mask = [*numbers], 0
    margin = numbers[0] + np.abs(numbers[1]) - 0.8 * np.nan_to_num(numbers[2], nan=2)
    if with_categories:
        for levels in (3, 40, 900):
            codes = (random.random(ROWS) ** 2 * levels).astype(int) * 3 + 5
            margin += random.normal(size=codes.max() + 1)[codes]
            mask |= 1 << len(columns)
            codes = codes.astype(float)
            if with_categories == "missing":
                codes[random.random(ROWS) < 0.05] = np.nan
            columns.append(codes)
    noise = random.logistic(size=ROWS)
    labels = {
        "logistic": margin + noise > 0,
        "softmax": np.digitize(margin + noise, [-0.5, 1.0]),
        "squared": margin + noise,
        "absolute": margin * 1e5 + noise,
        "poisson": random.poisson(np.exp(np.clip(margin, -4, 4))),
    }[objective]
    return np.array([*columns, labels], dtype="<f4"), mask


def main(export_case, folder):
    for seed, objective in enumerate(["logistic", "softmax", "squared", "absolute", "poisson"]):
        for kinds in (None, "known", "missing"):
            case = Path(folder) / f"{objective}-{kinds}"
            case.mkdir(parents=True)
            columns, mask = table(seed, objective, kinds)
            with open(case / "table.bin", "wb") as file:
                np.array([ROWS, len(columns)], dtype="<u4").tofile(file)
                np.array([mask], dtype="<u8").tofile(file)
                columns.tofile(file)
            subprocess.run([export_case, case / "table.bin", objective, case], check=True)
            compare(case, columns[:-1], mask)


def compare(case, columns, mask):
    x = np.ascontiguousarray(columns.T)
    ours = np.fromfile(case / "margins.bin", "<f4").reshape(ROWS, -1)
    outputs = ours.shape[1]

    kinds = ["c" if mask >> c & 1 else "q" for c in range(x.shape[1])]
    booster = xgboost.Booster(model_file=case / "xgboost.json")
    matrix = xgboost.DMatrix(x, feature_types=kinds, enable_categorical=True)
    found = booster.predict(matrix, output_margin=True).reshape(ROWS, -1)
    assert np.array_equal(found, ours), f"{case.name}: XGBoost differs by {abs(found - ours).max()}"

    contributions = np.fromfile(case / "contributions.bin", "<f8")
    contributions = contributions.reshape(100, outputs, -1)
    sums = contributions.sum(axis=2)
    assert abs(sums - ours[:100]).max() < 1e-5 * max(1, abs(ours).max()), f"{case.name}: sums"
    said = [case.name, "XGBoost margins"]
    if case.name.startswith(("squared", "absolute")):
        # XGBoost's sets of columns are means by hessian, ours and LightGBM's by rows: the same where a
        # row's hessian is 1. It is the one peer that takes missing categories.
        first = xgboost.DMatrix(x[:100], feature_types=kinds, enable_categorical=True)
        theirs = booster.predict(first, pred_contribs=True).reshape(100, outputs, -1)
        scale = max(1, abs(ours).max())
        assert np.allclose(theirs, contributions, rtol=1e-5, atol=1e-6 * scale), f"{case.name}: XGBoost contributions"
        said.append("XGBoost contributions")
    if (case / "lightgbm.txt").exists():
        booster = lightgbm.Booster(model_file=case / "lightgbm.txt")
        found = booster.predict(x, raw_score=True).reshape(ROWS, -1)
        assert np.array_equal(found, ours), f"{case.name}: LightGBM differs"
        close = dict(rtol=1e-9, atol=1e-9 * max(1, abs(ours).max()))
        theirs = booster.predict(x[:100], pred_contrib=True).reshape(100, outputs, -1)
        assert np.allclose(theirs, contributions, **close), f"{case.name}: contributions"
        said += ["LightGBM margins", "LightGBM contributions"]
        if not mask:
            explainer = shap.TreeExplainer(booster)
            if outputs == 1:
                # Otherwise it would ask LightGBM, which has been asked. Its own walk knows neither
                # categories nor several outputs, and that a tree of one leaf counts no rows.
                explainer.model.model_type, explainer.model.fully_defined_weighting = "internal", True
            theirs = explainer.shap_values(x[:100])
            theirs = theirs.reshape(100, -1, outputs) if outputs > 1 else theirs[..., None]
            ours = contributions[:, :, :-1].transpose(0, 2, 1)
            scale = max(1, abs(ours).max())
            assert np.allclose(theirs, ours, rtol=1e-5, atol=1e-5 * scale), f"{case.name}: shap"
            said.append("shap values")
    print(": ".join([said[0], ", ".join(said[1:])]))


main(*sys.argv[1:])
