"""Through the gateway: users and jobs as a client from outside sees them, at /api.

The gateway is the target; users and jobs are made directly, at the addresses that
SEATRIAL_USER_SERVICE_URL and SEATRIAL_MARKETPLACE_SERVICE_URL name.
"""

import os

from load.system import MARKETPLACE, USERS, job_of, make_user, needed, send
from seatrial.loads import Limits, LoadPlan, OpenLoopUser, Outcome, Phase, Profile, Task

_HOST = os.environ.get("SEATRIAL_GATEWAY_HOST", "api.blytz.work")
_PAIRS = 20


class ThroughGateway(OpenLoopUser):
    """Looks at users and jobs."""

    profile = Profile(
        title="Users and jobs through the gateway",
        phases=(Phase("steady", 8, 50),),
        target="gateway",
        entities=_PAIRS,
        mix={"user": 0.5, "job": 0.5},
        limits=Limits(error_ratio_max=0.0, goodput_min=0.99, deadline_s=2.0),
    )

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """Make pairs of a company and a job of it."""
        users, marketplace = needed(plan, USERS, MARKETPLACE)
        found = []
        for _ in range(_PAIRS):
            company = make_user(users, "company")
            job, _ = send("POST", f"{marketplace}/jobs", job_of(company))
            found.append(f"{company} {job['id']}")
        return tuple(found)

    def call(self, task: Task) -> Outcome:
        """Get one of the two."""
        company, job = task.key.split(" ")
        if task.kind == "user":
            return self._get("/api/users/", company)
        return self._get("/api/jobs/", job)

    def _get(self, route: str, key: str) -> Outcome:
        headers = {"host": _HOST}
        with self.client.get(
            f"{route}{key}", name=f"{route}{{id}}", headers=headers, catch_response=True
        ) as response:
            good = response.status_code == 200 and response.json().get("id") == key
            if not good:
                response.failure(f"http-{response.status_code}")
            status = response.status_code or "no-answer"
            return Outcome("answered" if good else f"http-{status}", ok=good)
