"""Our open loop, for the benchmark: the smallest profile there is. A Locust file."""

from seatrial.loads.open_loop import OpenLoopUser
from seatrial.loads.plan import LoadPlan
from seatrial.loads.tally import Ask, Outcome


class Open(OpenLoopUser):
    """Asks for one id."""

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """One."""
        del plan
        return ("u-1",)

    def call(self, ask: Ask) -> Outcome:
        """Ask."""
        response = self.client.get(f"/users/{ask.key}/card", name="card")
        return Outcome("hit", ok=response.status_code == 200)
