"""What does MLflow's own client see of what we published?

    mlflow_registry.py URI NAME VERSION ALIAS FOLDER

URI is a running MLflow server, NAME, VERSION and ALIAS what was published and promoted there, and
FOLDER the same release as our own client fetched it. Whatever is not as it should be ends it.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient

uri, name, version, alias, folder = sys.argv[1:]
mlflow.set_tracking_uri(uri)
client = MlflowClient(tracking_uri=uri, registry_uri=uri)

found = [
    model_version
    for model_version in client.search_model_versions(f"name = '{name}'")
    if model_version.tags.get("trainyard.version") == version
]
assert len(found) == 1, found
assert found[0].status == "READY", found

champion = client.get_model_version_by_alias(name, alias)
assert champion.version == found[0].version, (champion, found)
assert champion.tags["trainyard.version"] == version

run = client.get_run(champion.run_id)
assert run.info.status == "FINISHED", run
assert run.info.start_time > 0 and run.info.end_time >= run.info.start_time, run
listed = {entry.path: entry.file_size for entry in client.list_artifacts(champion.run_id)}

with tempfile.TemporaryDirectory() as place:
    # As anybody would who has heard of the champion only.
    here = Path(mlflow.artifacts.download_artifacts(f"models:/{name}@{alias}", dst_path=place))
    manifest = json.loads((here / "manifest.json").read_bytes())
    assert (manifest["name"], manifest["package_version"]) == (name, version), manifest
    names = {entry["path"] for entry in manifest["files"]}
    assert set(listed) == names | {"manifest.json"}, (listed, names)
    for entry in manifest["files"]:
        content = (here / entry["path"]).read_bytes()
        assert listed[entry["path"]] == entry["size"] == len(content), entry
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry
        claimed = run.data.params["sha256/" + entry["path"].replace("+", ":")]
        assert claimed.split()[0] == entry["sha256"], claimed
    archive = f"{name}-{version}.tar.gz"
    assert (here / archive).read_bytes() == (Path(folder) / archive).read_bytes()

print(f"{len(names)} files of {name} {version}, which is {alias} and model version {champion.version}")
