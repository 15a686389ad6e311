#!/usr/bin/env bash
# The training of this project, which the job `train` runs in the place of ours, with the tools on PATH.
# What it leaves is the contract: out/model/ and out/holdout.csv.
set -euo pipefail

python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
.venv/bin/python train.py
train adopt out/model.onnx --data data/training.csv --target failed --positive 1 --exclude pump --model out/model
cp data/holdout.csv out/holdout.csv
