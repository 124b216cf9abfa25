"""Makes an administrator's access key at an EC2 endpoint, then switches the checking of signatures on.

    ec2_key.py URL FILE       writes shell assignments of AWS_* to FILE (mode 0600)
"""
import json
import os
import sys
import urllib.request

os.environ.update(AWS_ACCESS_KEY_ID="setup", AWS_SECRET_ACCESS_KEY="setup", AWS_EC2_METADATA_DISABLED="true")
import boto3  # noqa: E402  (reads the environment)

url, file = sys.argv[1:]


def check_signatures_after(requests):
    # text/plain: the body of a form would reach moto empty.
    urllib.request.urlopen(urllib.request.Request(
        url + "/moto-api/reset-auth", requests, {"Content-Type": "text/plain"}, method="POST"))


check_signatures_after(b"Infinity")
iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
iam.create_user(UserName="tester")
iam.put_user_policy(UserName="tester", PolicyName="all", PolicyDocument=json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
key = iam.create_access_key(UserName="tester")["AccessKey"]
with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
    out.write(
        f"export AWS_ENDPOINT_URL={url} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n"
        f"export AWS_ACCESS_KEY_ID={key['AccessKeyId']} AWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}\n")
check_signatures_after(b"0")
