"""Fits the model in scikit-learn and leaves it as ONNX in out/model.onnx; nothing of Trainyard is in here."""

from pathlib import Path

import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

NUMBERS = ["age_years", "vibration", "temperature"]
CATEGORIES = ["site"]

table = pd.read_csv("data/training.csv", dtype=dict.fromkeys(NUMBERS, "float32"))
prepare = ColumnTransformer(
    [
        ("numbers", SimpleImputer(strategy="median"), NUMBERS),
        ("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES),
    ]
)
model = make_pipeline(
    prepare, GradientBoostingClassifier(n_estimators=80, max_depth=3, learning_rate=0.06, random_state=7)
)
model.fit(table[CATEGORIES + NUMBERS], table["failed"])

# One input a column, by its name: what is scored later is found by names, not by order.
inputs = [(name, StringTensorType([None, 1])) for name in CATEGORIES]
inputs += [(name, FloatTensorType([None, 1])) for name in NUMBERS]
graph = to_onnx(model, initial_types=inputs, options={"zipmap": False})
Path("out").mkdir(exist_ok=True)
Path("out/model.onnx").write_bytes(graph.SerializeToString())
