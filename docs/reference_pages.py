"""Reference pages, made from the code: `python docs/reference_pages.py` writes docs/reference/.

They are committed, so that they can be read where the repository is; a test compares them.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from seatrial.checks import CHECKS
from seatrial.cli.fault_list import fault_rows
from seatrial.config import Config
from seatrial.reports.schema import result_schema
from seatrial.results import Result
from seatrial.scenarios import load_scenarios

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"


def cli() -> str:
    """Every command with its options, as typer writes them."""
    words = ["-m", "typer", "seatrial.cli.main", "utils", "docs", "--name", "seatrial"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    return done.stdout.replace("# `seatrial`", "# Command line", 1)


def configuration() -> str:
    """`seatrial.toml`, section by section."""
    about = "Every error in it is reported at once, with its line. Times are seconds."
    head = f"# seatrial.toml\n\n{about}\n"
    return head + "".join(sections(Config.model_json_schema()))


def results() -> str:
    """The result of every command."""
    head = "# Results\n\nWhat `--json FILE` writes; its JSON Schema is "
    head += "`seatrial/schema/result.schema.json` in the package.\n"
    assert result_schema()
    return head + "".join(sections(Result.model_json_schema(by_alias=True)))


def check_list() -> str:
    """Every check that a chaos scenario may make."""
    rows = (
        (f"`{check.id}`", check.promise, ", ".join(f"`{one.id}`" for one in check.depends_on))
        for check in CHECKS.values()
    )
    head = "# Checks\n\nEach is a pure function from what was seen on the wire and the declared "
    head += "policy to a verdict. Where the one that it depends on isn't kept, it is undecided.\n\n"
    return head + table(("check", "promise", "depends on"), rows)


def fault_list() -> str:
    """Every fault, as `seatrial chaos list --faults` has it."""
    head = "# Faults\n\nMade by Toxiproxy (network), the tap (http) or signals (process).\n\n"
    return head + table(("fault", "place", "settings (default)", "what happens"), fault_rows())


def scenario_list() -> str:
    """Every scenario of the repository."""
    found = load_scenarios(ROOT / "chaos").values()
    rows = ((f"`{one.name}`", one.title, " ".join(one.tags)) for one in found)
    return "# Scenarios\n\n" + table(("scenario", "what happens", "tags"), rows)


PAGES: Mapping[str, Callable[[], str]] = {
    "cli": cli,
    "configuration": configuration,
    "checks": check_list,
    "faults": fault_list,
    "scenarios": scenario_list,
    "results": results,
}


def sections(schema: Mapping[str, Any]) -> Iterator[str]:
    """A heading and a table of the keys for each object of a JSON Schema."""
    for section in (schema, *schema.get("$defs", {}).values()):
        if "properties" not in section:
            continue
        required = section.get("required", ())
        rows = (
            (
                f"`{name}`",
                kind(value, schema.get("$defs", {})),
                "required" if name in required else f"`{value.get('default', {})}`",
                meaning(value, schema.get("$defs", {})),
            )
            for name, value in section["properties"].items()
        )
        yield f"\n## {section['title']}\n\n{section.get('description', '')}\n\n"
        yield table(("key", "type", "default", "meaning"), rows)


def meaning(value: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a key's description; without one, the first sentence of its section's."""
    if text := str(value.get("description", "")):
        return text.replace("\n", " ")
    for choice in (value, *value.get("anyOf", ()), value.get("additionalProperties")):
        if isinstance(choice, dict) and "$ref" in choice:
            section = known[str(choice["$ref"]).rpartition("/")[2]]
            return str(section.get("description", "")).partition("\n\n")[0].replace("\n", " ")
    return ""


def kind(value: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str:
    """The type of a JSON Schema's value, in a word or a link."""
    if "$ref" in value:
        name = str(value["$ref"]).rpartition("/")[2]
        if "properties" not in known[name]:
            return kind(known[name], known)
        return f"[{name}](#{name.lower()})"
    if "enum" in value or "const" in value:
        return ", ".join(f"`{one}`" for one in value.get("enum", [value.get("const")]))
    if choices := value.get("anyOf") or value.get("oneOf"):
        return " or ".join(kind(choice, known) for choice in choices)
    if value.get("type") == "array" and isinstance(value.get("items"), dict):
        return f"array of {kind(value['items'], known)}"
    for values in (value.get("additionalProperties"), *value.get("patternProperties", {}).values()):
        if isinstance(values, dict):
            return f"table of {kind(values, known)}"
    return str(value.get("type", "anything"))


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar in a cell stays one."""
    lines = [list(titles), ["---" for _ in list(titles)]]
    lines += [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / f"{name}.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
