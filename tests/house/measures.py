"""What a revision of the repository looks like, read from git: nothing is checked out."""

import ast
import io
import re
import subprocess
import tarfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.house.words import WORDS

ROOT = Path(__file__).parents[2]
SOURCE = "src/"
_READ = ("src", "stubs", "contracts", "chaos", "load", "tests", "benchmarks", "docs")
_OWN = "tests/house/"
"""Holds the old words themselves."""


@dataclass(frozen=True)
class House:
    """A revision's files, by path."""

    files: Mapping[str, str]

    @property
    def modules(self) -> dict[str, str]:
        """The package's own modules."""
        return {
            path: text
            for path, text in self.files.items()
            if path.startswith(SOURCE) and path.endswith(".py")
        }

    @property
    def lines(self) -> int:
        """Lines of the package's modules."""
        return sum(text.count("\n") for text in self.modules.values())

    def homonyms(self) -> dict[str, list[str]]:
        """Return public class names that several modules define, with these modules."""
        defined = defaultdict(list)
        for path, text in self.modules.items():
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    defined[node.name].append(path)
        return {name: paths for name, paths in sorted(defined.items()) if len(paths) > 1}

    def old_words(self) -> dict[str, int]:
        """Count what is left of each word that the glossary replaced, by the word used now."""
        texts = [text for path, text in self.files.items() if not path.startswith(_OWN)]
        return {
            word: sum(len(re.findall(pattern, text)) for text in texts)
            for word, pattern in WORDS.items()
        }


def house_at(revision: str) -> House:
    """Read a revision from git.

    Raises:
        subprocess.CalledProcessError: there is no such revision.
    """
    listed = _git("ls-tree", "--name-only", revision).decode().split()
    archive = _git("archive", revision, *(name for name in _READ if name in listed))
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith((".py", ".md", ".toml", ".jinja")):
                stream = tar.extractfile(member)
                assert stream is not None
                files[member.name] = stream.read().decode("utf-8")
    return House(files)


def house_here() -> House:
    """Read the files as they are now."""
    paths = _git("ls-files", "--cached", *_READ).decode().splitlines()
    return House(
        {
            path: (ROOT / path).read_text("utf-8")
            for path in paths
            if path.endswith((".py", ".md", ".toml", ".jinja")) and (ROOT / path).is_file()
        }
    )


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S607 - git from PATH
