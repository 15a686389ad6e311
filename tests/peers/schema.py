"""Validates JSON files against JSON Schemas with the reference implementation of Python.

usage: schema.py SCHEMA FILE [SCHEMA FILE]...
"""

import json
import sys

import jsonschema


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    paths = sys.argv[1:]
    wrong = 0
    for schema_path, path in zip(paths[::2], paths[1::2]):
        schema = load(schema_path)
        jsonschema.Draft202012Validator.check_schema(schema)
        for error in jsonschema.Draft202012Validator(schema).iter_errors(load(path)):
            wrong += 1
            print(f"{path}: {error.json_path}: {error.message}")
    if wrong:
        return 1
    print(f"{len(paths) // 2} files are valid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
