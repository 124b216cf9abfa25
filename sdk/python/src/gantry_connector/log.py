"""The connector's log; its records reach the host over standard error."""

from __future__ import annotations

import logging

logger = logging.getLogger("gantry_connector")
