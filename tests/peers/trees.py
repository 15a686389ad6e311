"""Do the verifiers of others accept the trees that we sign, and refuse what was changed in them?

    trees.py WORLD [--cut] [--golden FOLDER]

WORLD holds `team.key.pub`; below `trees`, unpacked and signed packages; below `sealed`, the signed
statement over each one's archive. With `--cut` there has to be no network, which is tried first.
`--golden` is a folder with the official JSON Schemas of model signing and of CycloneDX.
"""

import argparse
import base64
import hashlib
import json
import os
import socket
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from model_signing import hashing, verifying
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SecureError
from securesystemslib.signer import SSlibKey

SIGNATURE = "model.sig"


def assert_cut():
    """Not even this machine can be reached: the loopback device is down too."""
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        socket.create_connection(listener.getsockname(), timeout=5).close()
    except OSError:
        return
    sys.exit("there is a network, although it should be cut")


def by_reference_client(folder, public):
    """Verifies as `model_signing verify key` does."""
    beside = hashing.Config().set_ignored_paths(
        paths=[folder / SIGNATURE], ignore_git_paths=True
    )
    client = verifying.Config().use_elliptic_key_verifier(public_key=public)
    client.set_hashing_config(beside)
    client.verify(folder, folder / SIGNATURE)


def by_envelope(folder, key):
    """Verifies the envelope with securesystemslib, and holds the tree against what was signed."""
    envelope = Envelope.from_dict(json.loads((folder / SIGNATURE).read_bytes())["dsseEnvelope"])
    if list(envelope.verify([key], 1)) != [key.keyid]:
        raise ValueError("signed by somebody else")
    listed = json.loads(envelope.payload)["predicate"]["resources"]
    signed = {resource["name"]: resource["digest"] for resource in listed}
    if signed != digests(folder):
        raise ValueError("the tree is not what was signed")


def digests(folder):
    """Path and digest of every file but the signature."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise ValueError(f"{path} is a link")
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != SIGNATURE:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def refused(verify, what):
    """Refused, and by an error that says so rather than by a defect."""
    try:
        verify()
    except (ValueError, OSError, InvalidSignature, SecureError):
        return 1
    sys.exit(f"{what} was accepted")


def tampered(folder):
    """The tree in every way in which it can be another one; as it was again after each."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [path for path in files if path.name != SIGNATURE]
    first, last = files[0], files[-1]
    one, other = first.read_bytes(), last.read_bytes()
    assert one != other, folder

    longest = max(files, key=lambda path: path.stat().st_size)
    whole = longest.read_bytes()
    changed = bytearray(whole)
    changed[len(changed) // 2] ^= 1
    longest.write_bytes(changed)
    yield "a flipped bit"
    longest.write_bytes(whole[:-1])
    yield "a file without its last byte"
    longest.write_bytes(whole)

    last.unlink()
    yield "a missing file"
    last.symlink_to(first)
    yield "a link instead of a file"
    last.unlink()
    last.write_bytes(other)

    stray = folder / "stray.bin"
    stray.write_bytes(b"")
    yield "a stray file"
    stray.unlink()

    last.rename(stray)
    yield "a renamed file"
    stray.rename(last)

    first.write_bytes(other), last.write_bytes(one)
    yield "two files in each other's place"
    first.write_bytes(one), last.write_bytes(other)


def forged(folder, others):
    """The signature in every way in which it can be another one."""
    place = folder / SIGNATURE
    honest = place.read_bytes()
    for name in ("payload", "sig"):
        bundle = json.loads(honest)
        envelope = bundle["dsseEnvelope"]
        holder = envelope if name == "payload" else envelope["signatures"][0]
        text = bytearray(base64.b64decode(holder[name]))
        text[len(text) // 2] ^= 1
        holder[name] = base64.b64encode(text).decode()
        place.write_text(json.dumps(bundle))
        yield f"a changed {name}"
    place.write_bytes(others)
    yield "the signature of another tree"
    place.write_bytes(honest)


def validators(golden):
    """Checkers by the official schemas: of a bundle's layers, and of a bill of materials."""
    from jsonschema import Draft7Validator
    from jsonschema.validators import validator_for
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    def read(path):
        return json.loads(path.read_bytes())

    # Schemas refer to each other by their names, which nobody may have to look up.
    registry = Registry()
    oms, cyclonedx = golden / "oms/schemas/v1.0", golden / "cyclonedx"
    for path in [*oms.glob("*.json"), *cyclonedx.glob("*.json")]:
        schema = read(path)
        resource = Resource.from_contents(schema, default_specification=DRAFT7)
        registry = registry.with_resource(schema.get("$id", path.name), resource)

    def checker(path):
        schema = read(path)
        return validator_for(schema, default=Draft7Validator)(schema, registry=registry)

    layers = {path.name.split(".")[0]: checker(path) for path in oms.glob("*.schema.json")}
    assert sorted(layers) == ["bundle", "envelope", "predicate", "statement"], layers
    return layers, checker(cyclonedx / "bom-1.6.schema.json")


def conforms(folder, layers, bom):
    """Our files by the official schemas."""
    bundle = json.loads((folder / SIGNATURE).read_bytes())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    layers["bundle"].validate(bundle)
    layers["envelope"].validate(bundle["dsseEnvelope"])
    layers["statement"].validate(statement)
    layers["predicate"].validate(statement["predicate"])
    bom.validate(json.loads((folder / "bom.cdx.json").read_bytes()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("world", type=Path)
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--golden", type=Path)
    arguments = parser.parse_args()
    if arguments.cut:
        assert_cut()
    # The reference client takes relative paths for paths within the tree.
    world = arguments.world.resolve()
    public = world / "team.key.pub"
    key = SSlibKey.from_crypto(load_pem_public_key(public.read_bytes()))
    schemas = validators(arguments.golden) if arguments.golden else None

    trees = sorted(path for path in (world / "trees").iterdir())
    refusals = 0
    for position, folder in enumerate(trees):
        verifiers = (
            lambda: by_reference_client(folder, public),
            lambda: by_envelope(folder, key),
        )
        for verify in verifiers:
            verify()
        sealed = json.loads((world / "sealed" / f"{folder.name}.json").read_bytes())
        assert list(Envelope.from_dict(sealed["dsseEnvelope"]).verify([key], 1)) == [key.keyid]
        if schemas:
            conforms(folder, *schemas)
        others = (trees[position - 1] / SIGNATURE).read_bytes()
        for changes in (tampered(folder), forged(folder, others)):
            for what in changes:
                for verify in verifiers:
                    refusals += refused(verify, f"{folder.name}: {what}")
        for verify in verifiers:
            verify()
    files = sum(1 for _, _, names in os.walk(world / "trees") for _ in names)
    print(f"{len(trees)} trees with {files} files accepted, {refusals} changed ones refused", end="")
    print(", by the official schemas too" if schemas else "")


main()
