"""The OpenAPI document, taken at its word: requests made from it, valid and invalid, find no lie in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCHEMATHESIS = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
EXAMPLES = "100"
"""Of each operation."""


@pytest.mark.slow
def test_service_does_what_its_document_says(start_service, tmp_path):
    service = start_service(workers=2)
    command = [SCHEMATHESIS, "run", f"http://127.0.0.1:{service.port}/openapi.json", "--checks", "all"]
    options = ["--max-examples", EXAMPLES, "--seed", "7", "--suppress-health-check", "all"]
    hooks = {"PYTHONPATH": str(Path(__file__).parent), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"}
    run = subprocess.run(
        [*command, *options], cwd=tmp_path, env=os.environ | hooks, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
