#!/usr/bin/env bash
# The training of this project, which the job `train` runs in the place of ours, with the tools on PATH.
# What it leaves is the contract: out/model/ and out/holdout.csv.
set -euo pipefail

python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
.venv/bin/python train.py
train adopt out/model.onnx --data out/fitted.csv --target churned --positive 1 --exclude customer_id --exclude signed_up \
  --model out/model
