"""An EC2 endpoint for tests: moto's application with what a connector meets at AWS and moto leaves out.

    ec2_endpoint.py PORT            serves 127.0.0.1:PORT over HTTP/1.1 with kept-alive connections

Added to moto:
  - Signature Version 4 is checked over the bytes as they came, and for age (5 minutes).
  - RunInstances: MaxCount is honoured, MinCount > MaxCount refused; without subnet or group the default ones.
  - ClientToken: the same call answers the same reservation, other parameters IdempotentParameterMismatch.
  - Public addresses come from 198.18.0.0/15 (benchmarking range, RFC 2544), never the same twice.
  - A region that does not exist is refused.
  - One call runs at a time: moto's models know no lock, and calls that meet in them fail now and then.
  - Errors in EC2's words: <Response><Errors><Error>...</Error></Errors><RequestID>, never an HTML page.

Environment: EC2_BOOT seconds an instance stays pending; EC2_NO_CAPACITY=type,type that are sold out;
EC2_VCPUS quota of virtual processors; EC2_LOG=1 a line a request on standard output; EC2_THREADS (16).
"""
import calendar
import hashlib
import hmac
import io
import ipaddress
import itertools
import os
import re
import sys
import threading
import time
import traceback
import urllib.parse
import uuid

import botocore.session
import waitress
from moto import settings
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import elastic_ip_addresses, elastic_network_interfaces, instances
from moto.ec2.responses.instances import InstanceResponse
from moto.iam import access_control
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

BOOT_SECONDS = float(os.environ.get("EC2_BOOT", 0))
VCPU_QUOTA = int(os.environ.get("EC2_VCPUS", 0))
SOLD_OUT = set(filter(None, os.environ.get("EC2_NO_CAPACITY", "").split(",")))
PENDING = instances.InstanceState("pending", 0)

REGIONS = {name for part in ("aws", "aws-cn", "aws-us-gov")
           for name in botocore.session.get_session().get_available_regions("ec2", part)}

AUTH_FAILURE = (401, "AuthFailure", "AWS was not able to validate the provided access credentials")
BAD_TOKEN = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
BAD_SIGNATURE = (
    403, "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details.")
EXPIRED = (400, "RequestExpired", "Request has expired.")

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})")


def refuse(code, message, status=400):
    error = EC2ClientError(code, message)
    error.status_code = status
    raise error


# --- Instances ---------------------------------------------------------------------------------------------


def patch_addresses():
    pool = (str(a) for a in itertools.islice(ipaddress.ip_network("198.18.0.0/15").hosts(), 256, None))
    elastic_network_interfaces.random_public_ip = lambda: next(pool)
    elastic_ip_addresses.random_ip = lambda: next(pool)


def patch_boot():
    """An instance is `pending` for BOOT_SECONDS after its launch and after each start."""
    instance = instances.Instance
    plain_init, plain_start = instance.__init__, instance.start

    def init(self, *args, **kwargs):
        plain_init(self, *args, **kwargs)
        self.ready_at = time.time() + BOOT_SECONDS

    def start(self):
        self.ready_at = time.time() + BOOT_SECONDS
        return plain_start(self)

    def state(self):
        booting = self._state.name == "running" and time.time() < self.ready_at
        return PENDING if booting else self._state

    instance.__init__, instance.start = init, start
    instance.instance_state = property(state)
    instance.state = property(lambda self: state(self).name)
    instance.state_code = property(lambda self: state(self).code)


def check_quota(backend, type_name, count):
    if not VCPU_QUOTA:
        return

    def vcpus(name):
        return next((t["VCpuInfo"]["DefaultVCpus"] for t in backend.describe_instance_types([name])), 1)

    used = sum(
        vcpus(i.instance_type) for r in backend.all_reservations() for i in r.instances
        if i.state in ("running", "pending"))
    if used + count * vcpus(type_name) > VCPU_QUOTA:
        refuse(
            "VcpuLimitExceeded",
            f"You have requested more vCPU capacity than your current vCPU limit of {VCPU_QUOTA} allows for "
            "the instance bucket that the specified instance type belongs to.")


def patch_run_instances():
    lock, call, answered = threading.RLock(), threading.local(), {}
    plain_action = InstanceResponse.run_instances
    plain_launch = instances.InstanceBackend.run_instances
    plain_parameter = InstanceResponse._get_param

    def parameter(self, name, if_none=None):
        # One page of DescribeInstances holds 1,000 instances at AWS, 100 reservations at moto.
        return plain_parameter(self, name, 1000 if name == "MaxResults" and if_none == 100 else if_none)

    def action(self):
        with lock:  # calls with one token at the same moment are one call, too
            return run(self)

    def run(self):
        least, most = int(self._get_param("MinCount") or 1), int(self._get_param("MaxCount") or 1)
        type_name = self._get_param("InstanceType") or "m1.small"
        if least > most or least < 1:
            refuse(
                "InvalidParameterValue",
                f"The maximum number of instances ({most}) must be at least the minimum number ({least})")
        token = self._get_param("ClientToken")
        key = (self.current_account, self.region, token)
        words = sorted((k, v) for k, v in self.querystring.items() if not k.startswith("X-"))
        digest = hashlib.sha256(repr(words).encode()).digest()
        if token and key in answered:
            known, reservation = answered[key]
            if known != digest:
                refuse(
                    "IdempotentParameterMismatch",
                    "Arguments on this idempotent request are inconsistent with arguments used in previous "
                    "request(s).")
            return ActionResult(reservation)
        if type_name in SOLD_OUT:
            refuse(
                "InsufficientInstanceCapacity",
                f"We currently do not have sufficient {type_name} capacity in the Availability Zone you "
                "requested.", 500)
        check_quota(self.ec2_backend, type_name, most)
        call.count = most
        call.done = lambda reservation: token and answered.__setitem__(key, (digest, reservation))
        try:
            return plain_action(self)
        finally:
            call.count = None

    # The parameters keep moto's names: spot requests and fleets pass them by name.
    def launch(self, image_id, count, user_data, security_group_names, **rest):
        if getattr(call, "count", None) is None:
            return plain_launch(self, image_id, count, user_data, security_group_names, **rest)
        with lock:  # moto chooses free addresses and ids without one
            if not rest.get("subnet_id") and not rest.get("nics") and not rest.get("launch_template"):
                zone = rest.get("placement")
                subnets = sorted(
                    (s for s in self.describe_subnets()
                     if s.default_for_az and (not zone or s.availability_zone == zone)),
                    key=lambda s: s.availability_zone)
                if subnets:
                    rest["subnet_id"] = subnets[0].id
            if rest.get("subnet_id") and not rest.get("security_group_ids") and not security_group_names:
                vpc = self.get_subnet(rest["subnet_id"]).vpc_id
                rest["security_group_ids"] = [
                    g.id for g in self.describe_security_groups() if g.vpc_id == vpc and g.name == "default"]
            reservation = plain_launch(self, image_id, call.count, user_data, security_group_names, **rest)
            call.done(reservation)
            return reservation

    InstanceResponse._get_param = parameter
    InstanceResponse.run_instances = action
    instances.InstanceBackend.run_instances = launch


# --- Signatures --------------------------------------------------------------------------------------------


def signed_headers(environ):
    headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return headers


def secret_of(key_id, headers):
    words = {}
    if "x-amz-security-token" in headers:
        words["X-Amz-Security-Token"] = headers["x-amz-security-token"]
    return access_control.create_access_key(
        account_id=DEFAULT_ACCOUNT_ID, partition="aws", access_key_id=key_id, headers=words,
    ).create_credentials().secret_key


def verify(environ, body):
    """None when the request is signed as it must be, else (status, code, text).

    moto's own check looks at decoded addresses and refuses every GET; it is switched off.
    """
    headers = signed_headers(environ)
    match = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if not match:
        return AUTH_FAILURE
    key_id, day, region, service, names, signature = match.groups()
    try:
        secret = secret_of(key_id, headers)
    except access_control.CreateAccessKeyFailure:
        return AUTH_FAILURE if service == "ec2" else BAD_TOKEN
    date = headers.get("x-amz-date", "")
    try:
        when = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return AUTH_FAILURE
    if abs(time.time() - when) > 300 or date[:8] != day:
        return EXPIRED
    if "host" not in names.split(";"):
        return AUTH_FAILURE

    path, _, query = environ["REQUEST_URI"].partition("?")
    if "://" in path:
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    if service != "s3":
        path = urllib.parse.quote(path, safe="/~-_.")
    query = "&".join(sorted(x if "=" in x else x + "=" for x in query.split("&"))) if query else ""
    digest = hashlib.sha256(body).hexdigest()
    if service == "s3":
        digest = headers.get("x-amz-content-sha256") or digest
    canonical = "\n".join([
        environ["REQUEST_METHOD"], path or "/", query,
        *(f"{n}:{' '.join(headers.get(n, '').split())}" for n in names.split(";")),
        "", names, digest])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature):
        if service == "ec2" and region not in REGIONS:
            return (401, "AuthFailure", f"Credential should be scoped to a valid region, not '{region}'.")
        return None
    print("signature differs; canonical request wanted:\n" + canonical, flush=True)
    return AUTH_FAILURE if service == "ec2" else BAD_SIGNATURE


# --- The application around moto's -------------------------------------------------------------------------


def error_document(code, text, service="ec2"):
    inner, request = f"<Code>{code}</Code><Message>{text}</Message>", uuid.uuid4()
    if service == "ec2":
        body = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request}</RequestID></Response>"
    else:
        body = (f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>"
                f"<RequestId>{request}</RequestId></ErrorResponse>")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode()


ONE_CALL = threading.Lock()


def call_moto(app, environ):
    """Status, headers and body of moto's answer; what it raises is a status of 500 and stands in the log."""
    got = []
    with ONE_CALL:
        try:
            body = b"".join(app(environ, lambda status, headers, info=None: got.append((status, headers))))
        except Exception:
            traceback.print_exc()
            return "500 Internal Server Error", [], b""
    return *got[0], body


def answer_ec2(app, environ):
    """moto's answer with EC2's error document, namespace and request id."""
    status, headers, body = call_moto(app, environ)
    if status[0] in "45":
        found = re.search(rb"<Code>(.*?)</Code><Message>(.*?)</Message>", body, re.S)
        code, text = ("InternalError", "An internal error has occurred")
        if found:
            code, text = found[1].decode(), found[2].decode()
        else:
            print(f"moto answered {status}: {body[:2000]!r}", flush=True)
        if code == "InsufficientInstanceCapacity" or not found:
            status = "500 Internal Server Error"
        return status, [("Content-Type", "text/xml;charset=UTF-8")], error_document(code, text)
    body = body.replace(b'doc/2016-11-15">', b'doc/2016-11-15/">', 1)
    return status, headers, body.replace(b">request-id<", b">%s<" % str(uuid.uuid4()).encode(), 1)


def guarded(app):
    def wrapped(environ, start):
        if environ["PATH_INFO"].startswith("/moto-api"):
            return app(environ, start)
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        scope = re.search(
            r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        service = scope[1] if scope else "ec2"
        bad = verify(environ, body) if settings.INITIAL_NO_AUTH_ACTION_COUNT == 0 else None
        if bad:
            status, headers = f"{bad[0]} Error", [("Content-Type", "text/xml;charset=UTF-8")]
            out = error_document(*bad[1:], service)
        elif service != "ec2":
            status, headers, out = call_moto(app, environ)
        else:
            status, headers, out = answer_ec2(app, environ)
        headers = [h for h in headers if h[0].lower() != "content-length"]
        start(status, headers + [("Content-Length", str(len(out)))])
        return [out]
    return wrapped


def logged(app):
    def wrapped(environ, start):
        began = time.time()

        def starting(status, *rest):
            print(f"{time.time() - began:.4f} {status[:3]} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
                  flush=True)
            return start(status, *rest)
        return app(environ, starting)
    return wrapped


def main():
    port = sys.argv[1]
    os.environ.setdefault("MOTO_PORT", port)
    patch_addresses()
    patch_boot()
    patch_run_instances()
    access_control.IAMRequestBase.check_signature = lambda self: None
    app = guarded(DomainDispatcherApplication(create_backend_app))
    waitress.serve(
        logged(app) if os.environ.get("EC2_LOG") == "1" else app, host="127.0.0.1", port=int(port),
        threads=int(os.environ.get("EC2_THREADS", 16)), ident="AmazonEC2", connection_limit=2000, backlog=2048)


if __name__ == "__main__":
    main()
