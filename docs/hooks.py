"""The site's navigation: the decisions, in their order."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

_DECISIONS = Path(__file__).parent / "adr"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the decisions into the navigation."""
    decisions = sorted(path.name for path in _DECISIONS.glob("0*.md"))
    config.nav = [*(config.nav or []), {"Decisions": [f"adr/{name}" for name in decisions]}]
    return config
