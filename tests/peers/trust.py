"""Are our signatures and statements what others take them for?

    trust.py FOLDER KEY.pub SEALED

FOLDER is an unpacked, signed package, SEALED the signed statement over its archive. The reference
client of OpenSSF model signing, securesystemslib, in-toto's and CycloneDX's own libraries look at
them.
"""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from model_signing import hashing, verifying
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

# The reference client takes relative paths for paths within the tree.
folder, public, sealed = (Path(argument).resolve() for argument in sys.argv[1:])

# The reference client: as it is, and with one byte more.
beside = hashing.Config().set_ignored_paths(
    paths=[folder / "model.sig"], ignore_git_paths=True
)
client = verifying.Config().use_elliptic_key_verifier(public_key=public)
client.set_hashing_config(beside)
client.verify(folder, folder / "model.sig")
stray = folder / "stray.bin"
stray.write_bytes(b"x")
try:
    client.verify(folder, folder / "model.sig")
except ValueError:
    stray.unlink()
else:
    sys.exit("a stray file was accepted")

# securesystemslib computes the key's id itself.
key = SSlibKey.from_crypto(load_pem_public_key(public.read_bytes()))
for bundle in (folder / "model.sig", sealed):
    envelope = Envelope.from_dict(json.loads(bundle.read_bytes())["dsseEnvelope"])
    assert list(envelope.verify([key], 1)) == [key.keyid], bundle

said = json.loads((folder / "provenance.json").read_bytes())
statement = Statement.copy_from_pb(json_format.ParseDict(said, statement_pb2.Statement()))
statement.validate()
json_format.ParseDict(said["predicate"], provenance_pb2.Provenance())

validator = JsonStrictValidator(SchemaVersion.V1_6)
flaw = validator.validate_str((folder / "bom.cdx.json").read_text())
assert flaw is None, flaw

print("model-signing, securesystemslib, in-toto and CycloneDX accept it")
