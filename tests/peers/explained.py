"""scikit-learn and shap explain a model of ours as we do.

    explained.py DIR    DIR/NAME.json an explanation, DIR/NAME the model's folder, DIR/NAME.csv the rows,
                        DIR/NAME.xgboost.json the trees, where `shap` is to explain them, and
                        DIR/NAME.legend what their columns are

The model is asked through ONNX Runtime. Shuffles are drawn by another generator, so their means agree
within five standard errors; curves agree within 1e-6 * max(1, |answer|), and the mean sizes of Shapley
values within 1e-5 of the largest. Prints a line a comparison.
"""

import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import shap
import xgboost
from scipy.stats import f as f_distribution
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance

REPEATS = 60
# scikit-learn warns of probabilities that add up to one in single precision only.
warnings.simplefilter("ignore")


class Asked(BaseEstimator):
    """A model's graph as an estimator."""

    def __init__(self, folder):
        self.folder = folder
        signature = json.loads((folder / "signature.json").read_text())
        self.features = signature["features"]
        self.answer = signature["answer"]
        self.target = signature["target"]
        self.is_fitted_ = True

    def fit(self, x, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def ask(self, x):
        feed = {}
        for feature in self.features:
            cells = x[feature["name"]]
            if feature["type"] == "number":
                cells = cells.to_numpy(np.float32)
            else:
                cells = cells.fillna("").to_numpy(object)
            feed[feature["name"]] = cells.reshape(-1, 1)
        output = self.answer.get("probabilities") or self.answer["value"]
        return session_of(self.folder).run([output], feed)[0].astype(float)


class Classifier(ClassifierMixin, Asked):
    def __init__(self, folder):
        super().__init__(folder)
        classes = self.answer["classes"]
        self.classes_ = np.array([classes["negative"], classes["positive"]] if isinstance(classes, dict) else classes)

    def predict_proba(self, x):
        return self.ask(x)

    def predict(self, x):
        return self.classes_[self.ask(x).argmax(axis=1)]


class Regressor(RegressorMixin, Asked):
    def predict(self, x):
        return self.ask(x)[:, 0]


def main(folder):
    folder = Path(folder)
    for path in sorted(folder.glob("*.explanation.json")):
        name = path.name.removesuffix(".explanation.json")
        explanation = json.loads(path.read_text())
        signature = json.loads((folder / name / "signature.json").read_text())
        types = {f["name"]: float if f["type"] == "number" else str for f in signature["features"]}
        is_class = signature["answer"]["task"] != "regression"
        types[signature["target"]] = str if is_class else float
        rows = pd.read_csv(folder / f"{name}.csv", dtype=types, keep_default_na=False, na_values=[""])
        assert explanation["rows"]["used"] == len(rows)
        model = (Classifier if is_class else Regressor)(folder / name)
        x, y = rows[[f["name"] for f in signature["features"]]], rows[signature["target"]]
        permuted(name, model, x, y, explanation["permutation"])
        followed(name, model, x, explanation)
        if (folder / f"{name}.xgboost.json").exists():
            added(name, folder, x, explanation["contributions"])


def session_of(folder):
    """One session a model: it is asked thousands of times."""
    if folder not in SESSIONS:
        SESSIONS[folder] = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return SESSIONS[folder]


SESSIONS = {}


def permuted(name, model, x, y, ours):
    scorers = {
        "log_loss": "neg_log_loss",
        "rmse": "neg_root_mean_squared_error",
        "auc": "roc_auc",
        "accuracy": "accuracy",
        "r2": "r2",
    }
    metrics = {"loss": scorers[ours["loss"]], "score": scorers[ours["score"]]}
    found = permutation_importance(model, x, y, scoring=list(metrics.values()), n_repeats=REPEATS, random_state=0)
    for kind, scorer in metrics.items():
        theirs = found[scorer]
        for place, feature in enumerate(x.columns):
            own = next(f for f in ours["features"] if f["feature"] == feature)[kind]
            spread = theirs.importances[place].std(ddof=1)
            error = math.sqrt(own["sd"] ** 2 / ours["repeats"] + spread**2 / REPEATS)
            gap = abs(own["mean"] - theirs.importances_mean[place])
            assert gap <= 5 * error + 1e-9, f"{name}: {feature}: {kind} {own} and {theirs.importances_mean[place]} ± {spread}"
            # The spreads, by the F distribution: one of a million such ratios of variances is larger.
            most = math.sqrt(f_distribution.ppf(1 - 1e-6, ours["repeats"] - 1, REPEATS - 1))
            low, high = sorted([own["sd"], spread])
            assert high <= most * low + 1e-12, f"{name}: {feature}: {kind} ± {own['sd']} and ± {spread}"
        print(f"{name}: permutation importance by {scorer}")


def followed(name, model, x, explanation):
    count = len(explanation["answers"])
    for curve in explanation["dependence"]:
        feature = curve["feature"]
        known = [point for point in curve["points"] if point["value"] is not None]
        for point in curve["points"]:
            same = x.assign(**{feature: point["value"]})
            if point["value"] is None:
                same[feature] = np.nan
            if x[feature].dtype == float:
                same[feature] = same[feature].astype(float)
            answers = model.ask(same)
            answers = answers[:, 1:] if answers.shape[1] == 2 else answers
            for place, own in enumerate(point["answers"]):
                column = answers[:, place]
                near(own["mean"], column.mean(), f"{name}: {feature} at {point['value']}")
                near(own["low"], np.quantile(column, 0.1), f"{name}: {feature}: low")
                near(own["high"], np.quantile(column, 0.9), f"{name}: {feature}: high")
        if not known:
            continue
        values = np.array([point["value"] for point in known], dtype=object if x[feature].dtype != float else float)
        theirs = partial_dependence(
            model,
            x,
            [feature],
            kind="average",
            method="brute",
            custom_values={feature: values},
            categorical_features=None if x[feature].dtype == float else [feature],
        )
        means = np.array([[answer["mean"] for answer in point["answers"]] for point in known]).T
        average = theirs["average"]
        assert average.shape == (count, len(known)), f"{name}: {feature}: {average.shape}"
        for own, their in zip(means.ravel(), average.ravel()):
            near(own, their, f"{name}: {feature}: scikit-learn")
        print(f"{name}: partial dependence on {feature}")


def near(own, their, what):
    assert abs(own - their) <= 1e-6 * max(1, abs(their)), f"{what}: {own} and {their}"


def added(name, folder, x, ours):
    legend = json.loads((folder / f"{name}.legend").read_text())
    columns = []
    for column in legend["columns"]:
        cells = x[column["name"]]
        if column["kind"] == "rank":
            cells = cells.map(column["codes"])
        else:
            assert column["kind"] == "number", column
        columns.append(cells.to_numpy(np.float32))
    table = np.array(columns).T
    booster = xgboost.Booster(model_file=folder / f"{name}.xgboost.json")
    values = np.asarray(shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent").shap_values(table))
    # Rows, columns and, of several classes, classes.
    sizes = abs(values).mean(axis=0).reshape(len(columns), -1)
    largest = sizes.max()
    for place, column in enumerate(legend["columns"]):
        own = next(f for f in ours["features"] if f["feature"] == column["name"])["mean_absolute"]
        gap = abs(np.array(own) - sizes[place]).max()
        assert gap <= 1e-5 * max(1, largest), f"{name}: {column['name']}: {own} and {sizes[place]}"
    print(f"{name}: mean sizes of shap's values")


main(sys.argv[1])
