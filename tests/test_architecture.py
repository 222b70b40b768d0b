"""The arrows of DESIGN.md: which package may import which, and what may be heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "models": {"models"},
    "training": {"training", "models"},
    "evals": {"evals", "models"},
    "serve": {"serve", "models"},
}
HEAVY = {"torch", "transformers", "datasets", "sklearn", "accelerate"}
MAY_BE_HEAVY = {"models/network.py"}
FILES = sorted(path.relative_to(ROOT).as_posix() for package in ALLOWED for path in (ROOT / package).rglob("*.py"))


def find_imports(source: str, package: str) -> Iterator[tuple[str, bool]]:
    """Every imported module, by its full name, and whether importing the file imports it (not inside a function)."""
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(source), True)]
    while waiting:
        node, at_import = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_import) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = package if node.level else node.module or ""
            yield from ((f"{module}.{alias.name}", at_import) for alias in node.names)
        in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        only_for_types = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        waiting += [
            (child, at_import and not in_function and not only_for_types) for child in ast.iter_child_nodes(node)
        ]


def find_broken_arrows(file: str, source: str) -> list[str]:
    package = file.split("/")[0]
    broken = []
    for module, at_import in find_imports(source, package):
        imported = module.split(".")[0]
        is_subcommand = file == "serve/cli.py" and not at_import and imported in ("training", "evals")
        if imported in ALLOWED and imported not in ALLOWED[package] and not is_subcommand:
            broken.append(f"{file} imports {module}")
        is_heavy = imported in HEAVY or module.startswith("models.network")
        if is_heavy and at_import and package in ("models", "serve") and file not in MAY_BE_HEAVY:
            broken.append(f"{file} imports {module} outside a function")
    return sorted(broken)


@pytest.mark.parametrize("file", FILES)
def test_imports_follow_the_arrows(file: str) -> None:
    assert find_broken_arrows(file, (ROOT / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("models/labeller.py", "import training"),
        ("models/labeller.py", "def load():\n    from evals.statistics import resample"),
        ("models/labeller.py", "import torch"),
        ("models/labeller.py", "from models.network import StanceNetwork"),
        ("models/labeller.py", "try:\n    import transformers\nexcept ImportError:\n    pass"),
        ("training/train.py", "from serve import cli"),
        ("training/train.py", "import evals.report"),
        ("evals/report.py", "import training.corpus"),
        ("serve/cli.py", "from training.train import train"),
        ("serve/batch.py", "def run():\n    import training.train"),
        ("serve/app.py", "class App:\n    import torch"),
    ],
)
def test_broken_arrow_is_found(file: str, source: str) -> None:
    assert len(find_broken_arrows(file, source)) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("models/network.py", "import torch"),
        ("models/labeller.py", "def load():\n    import torch"),
        ("models/labeller.py", "if TYPE_CHECKING:\n    from torch import Tensor"),
        ("training/train.py", "import torch\nfrom models.network import StanceNetwork\nfrom . import loss"),
        ("serve/cli.py", "def train():\n    from training.train import train\n    import evals.report"),
    ],
)
def test_arrow_that_is_drawn_is_allowed(file: str, source: str) -> None:
    assert find_broken_arrows(file, source) == []


def test_importing_models_loads_nothing_heavy() -> None:
    imports = "sys, models, models.schema, models.sentences, models.checkpoint"
    code = f"import {imports}; print(*({HEAVY!r} & {{*sys.modules}}))"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""
