"""Makes training.csv and holdout.csv, pumps that nobody owns: `python data/make.py` in this folder's parent."""

import math
import random
from pathlib import Path

ROWS = {"training.csv": 1600, "holdout.csv": 900}
SITES = {"harbour": 0.5, "quarry": 0.9, "works": 0.0}


def pump(number, draw):
    site = draw.choice(sorted(SITES))
    age = draw.randint(0, 20)
    vibration = round(draw.lognormvariate(0.4 + 0.03 * age, 0.45), 2)
    temperature = round(draw.gauss(58 + 6 * (site == "quarry"), 7), 1)
    odds = -4.4 + SITES[site] + 0.09 * age + 0.55 * vibration + 0.05 * max(temperature - 62, 0)
    failed = int(draw.random() < 1 / (1 + math.exp(-odds)))
    # A sensor that is out of order tells nothing.
    shown = "" if draw.random() < 0.04 else temperature
    return f"P{number:05d},{site},{age},{vibration},{shown},{failed}\n"


def main():
    draw = random.Random(20)
    number = 0
    for name, rows in ROWS.items():
        with open(Path(__file__).parent / name, "w", encoding="utf-8", newline="\n") as file:
            file.write("pump,site,age_years,vibration,temperature,failed\n")
            for _ in range(rows):
                number += 1
                file.write(pump(number, draw))


if __name__ == "__main__":
    main()
