"""Our open loop, for the benchmark: the smallest profile there is. A Locust file."""

from seatrial.loads import LoadPlan, OpenLoopUser, Outcome, Task


class Open(OpenLoopUser):
    """Asks for one id."""

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """One."""
        del plan
        return ("u-1",)

    def call(self, task: Task) -> Outcome:
        """Task."""
        response = self.client.get(f"/users/{task.key}/card", name="card")
        return Outcome("hit", ok=response.status_code == 200)
