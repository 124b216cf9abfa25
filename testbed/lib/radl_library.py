"""Reads RADL documents with IM's library, for the integration tests.

    radl_library.py FILE

FILE holds a JSON array of texts. Prints a JSON array: for each text {"json": …} (its JSON form) or {"refused": …}.
"""
import json
import logging
import sys

from radl import radl_json, radl_parse

logging.disable(logging.CRITICAL)


def read(text):
    try:
        return {"json": json.loads(radl_json.dump_radl(radl_parse.parse_radl(text)))}
    except Exception as error:  # the library fails in many ways
        return {"refused": f"{type(error).__name__}: {error}"}


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([read(text) for text in json.load(file)]))
