"""An issuer of OpenID Connect for tests, on the loopback address.

    oidc_issuer.py PORT

  GET  /.well-known/openid-configuration, /jwks, /userinfo    as an issuer has them
  POST /token     JSON {"alg": "RS256" or "ES256", "claims": {...}}: a signed token; claims that are null are left out
  POST /rotate    other keys under other names from now on; tokens of the old ones are not known any more
"""
import http.server
import json
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PORT = int(sys.argv[1])
URL = f"http://127.0.0.1:{PORT}/realm"


class Keys:
    def __init__(self, number):
        self.number = number
        self.keys = {
            "RS256": (rsa.generate_private_key(public_exponent=65537, key_size=2048), RSAAlgorithm),
            "ES256": (ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
        }

    def public(self):
        keys = []
        for name, (key, algorithm) in self.keys.items():
            public = json.loads(algorithm.to_jwk(key.public_key()))
            # Some issuers tell the algorithm of their keys, some do not.
            if name == "RS256":
                public["alg"] = name
            keys.append({**public, "use": "sig", "kid": f"{name}-{self.number}"})
        return {"keys": keys}

    def sign(self, name, claims):
        now = int(time.time())
        claims = {
            "iss": URL, "sub": "u1", "aud": "gantry", "iat": now, "exp": now + 600, "preferred_username": "ada",
            **claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, self.keys[name][0], algorithm=name, headers={"kid": f"{name}-{self.number}"})


keys = Keys(1)


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, value, status=200):
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(value, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.removeprefix("/realm")
        if path == "/.well-known/openid-configuration":
            self.answer({
                "issuer": URL, "jwks_uri": URL + "/jwks", "userinfo_endpoint": URL + "/userinfo",
                "authorization_endpoint": URL + "/authorize", "token_endpoint": URL + "/token",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            })
        elif path == "/jwks":
            self.answer(keys.public())
        elif path == "/userinfo":
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            subject = jwt.decode(token, options={"verify_signature": False})["sub"]
            self.answer({"sub": subject, "preferred_username": "info-" + subject, "groups": ["admins"]})
        else:
            self.answer("no such page", 404)

    def do_POST(self):
        global keys
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/realm/token":
            self.answer(keys.sign(body["alg"], body.get("claims", {})))
        elif self.path == "/realm/rotate":
            keys = Keys(keys.number + 1)
            self.answer("")
        else:
            self.answer("no such page", 404)

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
