"""Our figures on Locust's own page: a tab "Open loop", through its documented extension points."""

import csv
import io
from typing import Any

from flask import Response, render_template, request
from locust.env import Environment

from seatrial.loads.generator.joining import leader_of
from seatrial.loads.stats import Stats

KEY = "open_loop"
CSV_PATH = "/open-loop/csv"
_COLUMNS = {
    "phase": "Phase",
    "outcome": "Outcome",
    "answers": "Answers",
    "share": "Shard of the phase",
    "p50": "p50 ms",
    "p90": "p90 ms",
    "p99": "p99 ms",
    "longest": "Longest ms",
}
_PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "longest": 100.0}


def rows(stats: Stats, counts: dict[str, int]) -> list[dict[str, str]]:
    """Return latencies from when a request was due, by phase and outcome, and the lag."""
    totals: dict[str, int] = {}
    for (phase, _), held in stats.latency.items():
        totals[phase] = totals.get(phase, 0) + held.count
    found = [
        {
            "phase": phase,
            "outcome": outcome,
            "answers": f"{held.count}",
            "share": f"{held.count / totals[phase]:.1%}",
            **{name: f"{held.percentile_ms(at):.2f}" for name, at in _PERCENTILES.items()},
        }
        for (phase, outcome), held in stats.latency.items()
        if held.count
    ]
    lag = {name: f"{stats.lag.percentile_ms(at):.2f}" for name, at in _PERCENTILES.items()}
    listed = ", ".join(f"{count} {name}" for name, count in counts.items())
    return [*found, {"phase": "all", "outcome": "lag of the sending", "answers": listed, **lag}]


def extend_page(environment: Environment) -> None:
    """Add the tab and its figures; nothing where Locust runs without its page."""
    web: Any = environment.web_ui
    if web is None:
        return
    app: Any = web.app

    def shown() -> list[dict[str, str]]:
        leader = leader_of(environment)
        return rows(leader.stats, vars(leader.counts))

    def index() -> Any:
        """Return Locust's own page with the tab; one that asks for a password stays as it is."""
        options: Any = environment.parsed_options
        if request.path != "/" or getattr(options, "web_login", False):
            return None
        web.update_template_args()
        return render_template("index.html", template_args={**web.template_args, **_added()})

    def add_rows(response: Response) -> Response:
        if request.path == "/stats/requests" and response.is_json:
            body = {**response.get_json(), "extended_stats": [{"key": KEY, "data": shown()}]}
            response.set_data(app.json.dumps(body))
        return response

    def as_csv() -> Response:
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS)
        writer.writeheader()
        writer.writerows(shown())
        return Response(text.getvalue(), mimetype="text/csv")

    app.before_request(index)
    app.after_request(add_rows)
    app.add_url_rule(CSV_PATH, "open_loop_csv", as_csv)


def _added() -> dict[str, Any]:
    structure = [{"key": key, "title": title} for key, title in _COLUMNS.items()]
    return {
        "extended_tabs": [{"title": "Open loop", "key": KEY}],
        "extended_tables": [{"key": KEY, "structure": structure}],
        "extended_csv_files": [{"href": CSV_PATH, "title": "Download the open loop's figures"}],
    }
