"""A fit by scikit-learn under Trainyard's contract, as a team would write it: rows, seed, names and places
come from the environment.

command.py            fits and writes model.onnx, or scores.csv where that is expected
command.py check DIR POSITIVE  compares DIR/scored.csv, which batch-predict wrote, with ONNX Runtime on
                               the graph that this wrote, row by row
"""

import csv
import os
import sys
from pathlib import Path

import numpy as np
import pandas


def fit():
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    told = {name.removeprefix("TRAINYARD_"): value for name, value in os.environ.items()}
    names = lambda key: [name for name in told[key].split(",") if name]
    numbers, texts = names("NUMBERS"), names("CATEGORIES")
    types = {name: np.float32 for name in numbers} | {name: str for name in texts}
    read = lambda path: pandas.read_csv(path, dtype=types, usecols=[*types, *extra(path, told["TARGET"])])
    rows = read(told["DATA"])
    steps = ColumnTransformer([
        ("numbers", SimpleImputer(), numbers),
        ("texts", OneHotEncoder(handle_unknown="ignore"), texts),
    ])
    forest = RandomForestClassifier(30, max_depth=6, random_state=int(told["SEED"]))
    model = make_pipeline(steps, forest).fit(rows[[*numbers, *texts]], rows[told["TARGET"]].astype(str))
    out = Path(told["OUT"])
    if told["EXPECTED"] == "scores.csv":
        asked = read(told["SCORE"])
        place = list(model.classes_).index(told["POSITIVE"])
        scores = model.predict_proba(asked[[*numbers, *texts]])[:, place]
        pandas.DataFrame({"score": scores}).to_csv(out / "scores.csv", index=False)
        return
    inputs = [(name, FloatTensorType([None, 1])) for name in numbers]
    inputs += [(name, StringTensorType([None, 1])) for name in texts]
    (out / "model.onnx").write_bytes(to_onnx(model, initial_types=inputs).SerializeToString())


def extra(path, target):
    with open(path, newline="") as file:
        return [name for name in next(csv.reader(file)) if name == target]


def check(folder, positive):
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "run/out/model.onnx")
    rows = pandas.read_csv(folder / "holdout.csv", dtype=str, keep_default_na=False)
    feeds = {}
    for entry in session.get_inputs():
        cells = rows[entry.name].to_numpy(dtype=object).reshape(-1, 1)
        if "float" in entry.type:
            cells = np.array([[np.float32(cell[0] or "nan")] for cell in cells], dtype=np.float32)
        feeds[entry.name] = cells
    answers = session.run(None, feeds)[1]
    scored = pandas.read_csv(folder / "scored.csv")
    column = next(name for name in scored.columns if name in ("score", "probability"))
    wanted = np.array([answer[positive] for answer in answers])
    furthest = np.abs(scored[column].to_numpy() - wanted).max()
    assert len(scored) == len(wanted) and furthest <= 1e-6, furthest
    print(f"{len(scored)} rows, at most {furthest:.1e} apart")


if __name__ == "__main__":
    check(Path(sys.argv[2]), sys.argv[3]) if sys.argv[1:2] == ["check"] else fit()
