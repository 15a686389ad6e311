"""Models that scikit-learn fits and its exporter writes, and what ONNX Runtime answers with them.

adopt.py make DIR      writes NAME.onnx, NAME.csv (the table) and NAME.args (how to adopt it)
adopt.py check DIR     compares NAME.scored.csv, which batch-predict wrote, row by row
"""

import csv
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROWS = 600


def draw():
    rng = np.random.default_rng(7)
    numbers = rng.normal(size=(ROWS, 4)).astype(np.float32)
    text = rng.choice(["north", "south", "east"], size=ROWS)
    margin = numbers[:, 0] * 1.5 - numbers[:, 1] + (text == "south") + rng.normal(size=ROWS)
    return numbers, text, margin


def table(path, columns):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def make(folder):
    numbers, text, margin = draw()
    shown = {f"x{i}": [repr(float(v)) for v in numbers[:, i]] for i in range(4)}

    # A pipeline on named columns, texts among them; the exporter ends it with a map.
    label = np.where(margin > 0.5, "yes", "no")
    frame = pandas.DataFrame({**{f"x{i}": numbers[:, i] for i in range(4)}, "region": text})
    steps = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["x0", "x1", "x2", "x3"]),
        ("texts", OneHotEncoder(handle_unknown="ignore"), ["region"]),
    ])
    pipeline = make_pipeline(steps, LogisticRegression()).fit(frame, label)
    types = [(f"x{i}", FloatTensorType([None, 1])) for i in range(4)]
    types.append(("region", StringTensorType([None, 1])))
    write(folder, "pipeline", to_onnx(pipeline, initial_types=types), {**shown, "region": text, "left": label},
          "--target left --positive yes")
    # The positive class stands first in the graph.
    write(folder, "turned", to_onnx(pipeline, initial_types=types), {**shown, "region": text, "left": label},
          "--target left --positive no")

    # One input that takes all columns side by side, three classes.
    kind = np.digitize(margin, [-0.5, 1.0])
    forest = RandomForestClassifier(20, max_depth=5, random_state=0).fit(numbers, kind)
    write(folder, "forest", to_onnx(forest, numbers[:1]), {**shown, "kind": kind}, "--target kind")

    # A number.
    boosted = GradientBoostingRegressor(n_estimators=40, random_state=0).fit(numbers, margin)
    write(folder, "boosted", to_onnx(boosted, numbers[:1]), {**shown, "id": range(ROWS), "margin": margin},
          "--target margin --exclude id")

    # Whole numbers.
    counts = np.rint(numbers * 10).astype(np.int64)
    linear = LogisticRegression(max_iter=1000).fit(counts, margin > 0)
    onnx = to_onnx(linear, initial_types=[("X", Int64TensorType([None, 4]))])
    write(folder, "counts", onnx, {**{f"x{i}": counts[:, i] for i in range(4)}, "left": (margin > 0).astype(int)},
          "--target left --positive 1")


def write(folder, name, onnx, columns, arguments):
    (folder / f"{name}.onnx").write_bytes(onnx.SerializeToString())
    table(folder / f"{name}.csv", columns)
    (folder / f"{name}.args").write_text(arguments)


def answers(folder, name):
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
    with (folder / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    cell = lambda row, name: row[name] or "nan"
    feed = {}
    for wanted in session.get_inputs():
        kind = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": object}[wanted.type]
        if wanted.name in rows[0]:
            feed[wanted.name] = np.array([[cell(row, wanted.name)] for row in rows]).astype(kind)
        else:
            feed[wanted.name] = np.array([[cell(row, f"x{i}") for i in range(4)] for row in rows]).astype(kind)
    return session.run(None, feed)


def check(folder):
    for path in sorted(folder.glob("*.args")):
        name = path.stem
        outputs = answers(folder, name)
        with (folder / f"{name}.scored.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == ROWS, name
        if len(outputs) == 1:
            wanted = outputs[0].reshape(-1)
            met = np.array([float(row["prediction"]) for row in rows])
        else:
            # A map from class to probability a row, or the probabilities of classes that are counted.
            named = isinstance(outputs[1], list)
            maps = outputs[1] if named else [dict(enumerate(row)) for row in outputs[1]]
            classes = list(maps[0])
            arguments = (folder / f"{name}.args").read_text().split()
            if len(classes) == 2:
                positive = arguments[arguments.index("--positive") + 1]
                classes = [c for c in classes if str(c) == positive]
            wanted = np.array([[row[c] for c in classes] for row in maps])
            column = "probability" if len(classes) == 1 else "probability_{}"
            met = np.array([[float(row[column.format(c)]) for c in classes] for row in rows])
        far = np.abs(met - wanted).max() / max(1.0, np.abs(wanted).max())
        assert far <= 1e-6, (name, far)
        print(f"{name}: {far:.2g}")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](Path(sys.argv[2]))
