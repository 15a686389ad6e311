"""Fits the model in scikit-learn; nothing of Trainyard is in here.

Leaves out/model.onnx, the rows it was fitted on in out/fitted.csv, and the others in out/holdout.csv.
"""

from pathlib import Path

import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["months", "monthly_fee", "support_calls", "late_payments"]
CATEGORIES = ["plan", "region"]

table = pandas.read_csv("data/training.csv")
fitted, holdout = train_test_split(table, test_size=0.3, stratify=table["churned"], random_state=7)
out = Path("out")
out.mkdir(exist_ok=True)
fitted.to_csv(out / "fitted.csv", index=False)
holdout.to_csv(out / "holdout.csv", index=False)

prepare = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
        ("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES),
    ]
)
model = make_pipeline(prepare, LogisticRegression(max_iter=1000))
features = fitted[NUMBERS + CATEGORIES].astype(dict.fromkeys(NUMBERS, "float32"))
model.fit(features, fitted["churned"])

# One input a column, by its name: what is scored later is found by names, not by order.
inputs = [(name, FloatTensorType([None, 1])) for name in NUMBERS]
inputs += [(name, StringTensorType([None, 1])) for name in CATEGORIES]
graph = to_onnx(model, initial_types=inputs, options={"zipmap": False})
(out / "model.onnx").write_bytes(graph.SerializeToString())
