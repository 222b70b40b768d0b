"""The README's commands do what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if "stance label" in line
]


def test_readme_is_short_and_its_first_command_is_near_the_top():
    lines = README.splitlines()
    assert len(lines) <= 120
    assert lines.index("```sh") < 25


def test_readme_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


@pytest.mark.skipif(not (ROOT / "models" / "checkpoint").is_dir(), reason="there is no checkpoint yet")
@pytest.mark.parametrize("command", COMMANDS)
def test_readme_command_labels_the_example(command, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    answer = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    written = tmp_path / "labels.jsonl"
    assert '"country": "KEN"' in (written.read_text(encoding="utf-8") if written.exists() else answer.stdout)
