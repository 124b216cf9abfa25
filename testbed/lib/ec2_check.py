"""Shows that an EC2 endpoint behaves as the tests rely on. Reads AWS_* from the environment."""
import os
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

quick = Config(retries={"max_attempts": 0}, read_timeout=20)


def client(**extra):
    return boto3.client("ec2", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1",
                        config=quick, **extra)


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "accepted"


def check(name, found, wanted):
    print(f"{'ok  ' if found == wanted else 'FAIL'} {name}: {found}")
    return found == wanted


ec2 = client()
image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
token = str(uuid.uuid4())
launch = dict(ImageId=image, InstanceType="t3.micro", MinCount=3, MaxCount=3, ClientToken=token)
first = [i["InstanceId"] for i in ec2.run_instances(**launch)["Instances"]]
again = [i["InstanceId"] for i in ec2.run_instances(**launch)["Instances"]]
results = [
    check("wrong secret", code_of(client(aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
                                         aws_secret_access_key="wrong").describe_instances), "AuthFailure"),
    check("unknown key", code_of(client(aws_access_key_id="AKIANOBODY",
                                        aws_secret_access_key="x").describe_instances), "AuthFailure"),
    check("three instances in one call", len(first), 3),
    check("same token, same instances", again == first, True),
    check("same token, other parameters", code_of(ec2.run_instances, **{**launch, "MaxCount": 4}),
          "IdempotentParameterMismatch"),
    check("unknown image", code_of(ec2.run_instances, ImageId="ami-00000000", MinCount=1, MaxCount=1),
          "InvalidAMIID.NotFound"),
    check("default group", {g["GroupName"] for r in ec2.describe_instances(InstanceIds=first)["Reservations"]
                            for i in r["Instances"] for g in i["SecurityGroups"]}, {"default"}),
]
ec2.terminate_instances(InstanceIds=first)
results.append(check("terminated", {i["State"]["Name"] for r in ec2.describe_instances(
    InstanceIds=first)["Reservations"] for i in r["Instances"]}, {"terminated"}))
print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
raise SystemExit(not all(results))
