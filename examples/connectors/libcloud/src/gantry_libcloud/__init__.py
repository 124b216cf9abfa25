"""Gives Gantry the clouds that Apache Libcloud drives."""

from __future__ import annotations

import os
import sys

import gantry_connector as gantry

from .bridge import connector_for


def main() -> None:
    """``connector-libcloud`` serves every driver; ``connector-libcloud-DRIVER``, a link to it, serves that one."""
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    _, _, driver = name.partition("connector-libcloud-")
    try:
        connector = connector_for(driver.replace("-", "_") or None)
    except ValueError as error:
        sys.exit(f"{name}: {error}")
    gantry.serve(connector)
