"""An object store that checks signatures (moto's), with one bucket and one key: says where it is as a
line of JSON, and serves until its input ends."""

import json
import sys

import boto3
import requests
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
BUCKET = "kept"

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://{host}:{port}"


def client(kind, key, secret):
    return boto3.client(
        kind,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


# Before the store begins to check, anybody may make users.
where = {"LocationConstraint": REGION}
client("s3", "any", "any").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
iam = client("iam", "any", "any")
iam.create_user(UserName="train")
statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
policy = {"Version": "2012-10-17", "Statement": [statement]}
iam.put_user_policy(UserName="train", PolicyName="all", PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName="train")["AccessKey"]
requests.post(f"{url}/moto-api/reset-auth", data=b"0", timeout=60).raise_for_status()
ours = client("s3", key["AccessKeyId"], key["SecretAccessKey"])

print(json.dumps({"url": url, "id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
# Each line of input asks what is in the bucket.
for _ in sys.stdin:
    names = [found["Key"] for found in ours.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    print(json.dumps(names), flush=True)
