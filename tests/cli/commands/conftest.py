"""What the tests of several commands share."""

from __future__ import annotations

import os

import pytest

sends_ctrl_c = pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
