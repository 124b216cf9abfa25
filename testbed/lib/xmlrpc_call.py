"""xmlrpc_call.py URL METHOD PARAMETERS: one call by Python's own client; prints what came of it as JSON.

PARAMETERS is a JSON array. Prints {"result": ...}, {"fault": [code, text]} or {"http": status}.
"""
import json
import sys
import xmlrpc.client


def main(url, method, parameters):
    server = xmlrpc.client.ServerProxy(url, allow_none=True)
    try:
        outcome = {"result": getattr(server, method)(*json.loads(parameters))}
    except xmlrpc.client.Fault as fault:
        outcome = {"fault": [fault.faultCode, fault.faultString]}
    except xmlrpc.client.ProtocolError as error:
        outcome = {"http": error.errcode}
    print(json.dumps(outcome, sort_keys=True, separators=(",", ":")))


main(*sys.argv[1:])
