"""Compares the engine with ONNX Runtime: on random models of our own writer, and on exports of scikit-learn,
LightGBM and XGBoost.

    python onnxruntime_parity.py EXAMPLES_DIR [SEEDS]

EXAMPLES_DIR holds the built examples `run` and `random_model` (target/release/examples). Needs onnx, onnxruntime,
numpy; with skl2onnx, onnxmltools, scikit-learn, lightgbm and xgboost it compares their exports too.
Margins must be equal bit for bit where leaf values lie on a grid of a power of two, all else within 1e-6 (or
1e-6 of its size).
"""

import csv
import importlib.util
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(4)
EXAMPLES = sys.argv[1]
SEEDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}


def random_rows(session, rows, rng):
    """Values for every input: numbers on and off the grid, missing, infinite; texts known and unknown."""
    feeds = {}
    for port in session.get_inputs():
        width = port.shape[1] if len(port.shape) > 1 else 1
        if port.type == "tensor(string)":
            feeds[port.name] = rng.choice(np.array(["a", "b", "ä", "", "other"], dtype=object), (rows, width))
        elif port.type == "tensor(int64)":
            feeds[port.name] = rng.integers(-2, 5, (rows, width))
        else:
            values = rng.normal(size=(rows, width))
            values = np.where(rng.random((rows, width)) < 0.5, np.round(values * 256) / 256, values)
            values[rng.random((rows, width)) < 0.08] = np.nan
            feeds[port.name] = values.astype(TYPES[port.type])
    return feeds


def ours(path, session, feeds):
    """The engine's outputs by name, as arrays of columns."""
    columns = []
    for port in session.get_inputs():
        values = feeds[port.name].reshape(len(feeds[port.name]), -1)
        columns += [(f"{port.name}.{at}", values[:, at]) for at in range(values.shape[1])]
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", delete=False) as file:
        out = csv.writer(file)
        out.writerow([name for name, _ in columns])
        for row in zip(*[values for _, values in columns]):
            out.writerow([cell if isinstance(cell, str) else "NaN" if cell != cell else repr(cell.item()) for cell in row])
    done = subprocess.run([os.path.join(EXAMPLES, "run"), path, file.name], capture_output=True, text=True)
    os.unlink(file.name)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    table = list(csv.reader(done.stdout.splitlines()))
    result = {}
    for at, name in enumerate(table[0]):
        result.setdefault(name.rsplit(".", 1)[0], []).append([row[at] for row in table[1:]])
    return result


def compare(label, path, feeds=None, rows=300, exact=(), seed=0):
    """The largest difference; fails beyond what is allowed."""
    session = onnxruntime.InferenceSession(path)
    if feeds is None:
        feeds = random_rows(session, rows, np.random.default_rng(seed))
    names = [port.name for port in session.get_outputs()]
    theirs = session.run(names, feeds)
    mine = ours(path, session, feeds)
    worst = 0.0
    for name, expected in zip(names, theirs):
        count = len(next(iter(feeds.values())))
        columns = expected.reshape(count, -1).T
        assert len(columns) == len(mine[name]), f"{label}: {name} has {len(mine[name])} columns"
        for want, got in zip(columns, mine[name]):
            if want.dtype.kind in "OSU":
                assert list(want) == got, f"{label}: {name} differs"
            elif want.dtype.kind in "ib":
                assert [str(cell).lower() for cell in want] == got, f"{label}: {name} differs"
            else:
                got = np.array(got, dtype=want.dtype)
                if name in exact:
                    assert np.array_equal(want, got, equal_nan=True), f"{label}: {name} is not bit-identical"
                assert np.array_equal(np.isnan(want), np.isnan(got)), f"{label}: {name} NaN differ"
                gap = np.nanmax(np.abs(want - got) / np.maximum(1, np.abs(want)), initial=0)
                assert gap <= 1e-6, f"{label}: {name} differs by {gap}"
                worst = max(worst, float(gap))
    print(f"{label:45} ok, largest difference {worst:.1e}")


def random_models(folder):
    for seed in range(SEEDS):
        for kind in ["trees", "linear", "trees-int8", "linear-int8"]:
            path = os.path.join(folder, f"{kind}{seed}.onnx")
            subprocess.run([os.path.join(EXAMPLES, "random_model"), str(seed), kind, path], check=True)
            onnx.checker.check_model(onnx.load(path), full_check=True)
            rows = [1, 7, 47, 48, 300, 2048, 5000][seed % 7]
            exact = ["margin"] if kind.startswith("trees") else []
            compare(f"random {kind} {seed} ({rows} rows)", path, rows=rows, exact=exact)


def exports(folder):
    failures = []
    import lightgbm
    import onnxmltools
    import xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as MlFloat
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.datasets import make_classification, make_regression
    from sklearn import ensemble, impute, linear_model, pipeline, preprocessing, tree

    import pandas

    x2, y2 = make_classification(900, 10, n_informative=6, random_state=1)
    x3, y3 = make_classification(900, 10, n_informative=6, n_classes=3, random_state=2)
    xr, yr = make_regression(900, 10, noise=3, random_state=3)
    yr = yr / 100
    x2, x3, xr = (np.round(x * 64).astype(np.float32) / 64 for x in (x2, x3, xr))
    words = np.array(["no", "yes"])

    def check(label, convert, x, feeds=None):
        path = os.path.join(folder, "export.onnx")
        try:
            model = convert()
        except Exception as error:
            print(f"{label:45} not exported: {type(error).__name__}")
            return
        onnx.save(model, path)
        if feeds is None:
            feeds = {model.graph.input[0].name: x}
        try:
            compare(label, path, feeds)
        except (AssertionError, RuntimeError) as error:
            failures.append(label)
            print(f"{label:45} FAILED: {error}")

    def sk(label, model, x, y):
        model.fit(x, y)
        options = {id(model): {"zipmap": False}} if hasattr(model, "classes_") else None
        check(f"skl2onnx {label}", lambda: to_onnx(model, x[:1], options=options, target_opset={"": 17, "ai.onnx.ml": 3}), x)

    sk("logistic, 2 classes", linear_model.LogisticRegression(), x2, y2)
    sk("logistic, 2 text classes", linear_model.LogisticRegression(), x2, words[y2])
    sk("logistic, 3 classes", linear_model.LogisticRegression(), x3, y3)
    sk("ridge", linear_model.Ridge(), xr, yr)
    sk("decision tree, 2 classes", tree.DecisionTreeClassifier(max_depth=6), x2, y2)
    sk("decision tree, 3 text classes", tree.DecisionTreeClassifier(max_depth=6), x3, np.array(["p", "q", "r"])[y3])
    sk("random forest, 2 classes", ensemble.RandomForestClassifier(20, max_depth=7), x2, y2)
    sk("random forest, 3 classes", ensemble.RandomForestClassifier(20, max_depth=7), x3, y3)
    sk("random forest, regression", ensemble.RandomForestRegressor(20, max_depth=7), xr, yr)
    sk("gradient boosting, 2 classes", ensemble.GradientBoostingClassifier(n_estimators=30), x2, y2)
    sk("gradient boosting, 3 classes", ensemble.GradientBoostingClassifier(n_estimators=15), x3, y3)
    sk("gradient boosting, regression", ensemble.GradientBoostingRegressor(n_estimators=30), xr, yr)
    missing = x2.copy()
    missing[::7, 3] = np.nan
    sk("histogram boosting, 2 classes", ensemble.HistGradientBoostingClassifier(max_iter=30), missing, y2)
    sk("histogram boosting, regression", ensemble.HistGradientBoostingRegressor(max_iter=30), xr, yr)
    scaled = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(), linear_model.LogisticRegression())
    scaled.fit(missing, y2)
    options = {id(scaled): {"zipmap": False}}
    check("skl2onnx imputer, scaler, logistic", lambda: to_onnx(scaled, missing[:1], options=options, target_opset=17), missing)
    norm = pipeline.make_pipeline(preprocessing.Normalizer(), preprocessing.Binarizer(threshold=0.1))
    check("skl2onnx normalizer, binarizer", lambda: to_onnx(norm.fit(x2), x2[:1], target_opset=17), x2)
    minmax = pipeline.make_pipeline(preprocessing.MinMaxScaler(clip=True))
    check("skl2onnx min-max, clipped", lambda: to_onnx(minmax.fit(x2), x2[:1], target_opset=17), x2)

    frame = pandas.DataFrame({"a": x2[:, 0], "b": x2[:, 1], "c": np.array(["u", "v", "w"])[np.arange(900) % 3]})
    mixed = pipeline.make_pipeline(
        ColumnTransformer(
            [
                ("n", preprocessing.StandardScaler(), ["a", "b"]),
                ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["c"]),
            ]
        ),
        linear_model.LogisticRegression(),
    ).fit(frame, y2)
    types = [("a", FloatTensorType([None, 1])), ("b", FloatTensorType([None, 1])), ("c", StringTensorType([None, 1]))]
    from skl2onnx import convert_sklearn

    model = convert_sklearn(mixed, initial_types=types, options={id(mixed): {"zipmap": False}}, target_opset=17)
    feeds = {name: frame[[name]].to_numpy() for name in frame}
    feeds["c"] = feeds["c"].astype(object)
    check("skl2onnx one-hot pipeline", lambda: model, None, feeds)

    kinds = [("input", MlFloat([None, 10]))]
    boosted = lightgbm.LGBMClassifier(n_estimators=30, verbose=-1).fit(missing, y2)
    check("onnxmltools LightGBM, 2 classes", lambda: onnxmltools.convert_lightgbm(boosted, initial_types=kinds, zipmap=False), missing)
    boosted = lightgbm.LGBMClassifier(n_estimators=15, verbose=-1).fit(x3, y3)
    check("onnxmltools LightGBM, 3 classes", lambda: onnxmltools.convert_lightgbm(boosted, initial_types=kinds, zipmap=False), x3)
    boosted = lightgbm.LGBMRegressor(n_estimators=30, verbose=-1).fit(xr, yr)
    check("onnxmltools LightGBM, regression", lambda: onnxmltools.convert_lightgbm(boosted, initial_types=kinds), xr)
    coded = x2.copy()
    coded[:, 0] = np.arange(900) % 7
    boosted = lightgbm.LGBMClassifier(n_estimators=30, verbose=-1).fit(coded, (y2 + np.arange(900) // 3) % 2, categorical_feature=[0])
    check("onnxmltools LightGBM, categories", lambda: onnxmltools.convert_lightgbm(boosted, initial_types=kinds, zipmap=False), coded)
    boosted = xgboost.XGBClassifier(n_estimators=30).fit(missing, y2)
    check("onnxmltools XGBoost, 2 classes", lambda: onnxmltools.convert_xgboost(boosted, initial_types=kinds), missing)
    boosted = xgboost.XGBClassifier(n_estimators=15).fit(x3, y3)
    check("onnxmltools XGBoost, 3 classes", lambda: onnxmltools.convert_xgboost(boosted, initial_types=kinds), x3)
    boosted = xgboost.XGBRegressor(n_estimators=30).fit(xr, yr)
    check("onnxmltools XGBoost, regression", lambda: onnxmltools.convert_xgboost(boosted, initial_types=kinds), xr)
    if failures:
        sys.exit(f"{len(failures)} exports differ")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        random_models(folder)
        if all(importlib.util.find_spec(name) for name in ["skl2onnx", "onnxmltools", "lightgbm", "xgboost"]):
            exports(folder)
        else:
            print("skl2onnx, onnxmltools, lightgbm or xgboost is not installed: their exports were not compared")
