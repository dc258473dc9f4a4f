"""The providers of one test run: given by an address, or started once when first asked for."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from seatrial.errors import UsageError
from seatrial.pacts.failures import NoAnswer
from seatrial.pacts.files import Interaction
from seatrial.pacts.verification import Provider, verify_interaction
from seatrial.system import Process, Session

_DEATH_S = 0.5
"""How long after its connections a process may be seen to have ended."""


class Providers:
    """Finds or starts the provider that an interaction is to be verified against."""

    def __init__(
        self,
        *,
        urls: Mapping[str, str],
        states_urls: Mapping[str, str],
        commands: Mapping[str, Sequence[str]],
    ) -> None:
        """Take what is known of the providers, each by its name.

        Args:
            urls: those that already run; they come before a command of the same name.
            states_urls: the whole addresses that take state changes of those that already run.
            commands: those to start; each must print our line "listening" with `url` and
                `statesUrl`.
        """
        self._urls = urls
        self._states_urls = states_urls
        self._commands = commands
        self._session: Session | None = None
        self._started: dict[str, tuple[Process, Provider] | UsageError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            self._session.close()

    def can_verify(self, interaction: Interaction) -> bool:
        """False when it needs a state that nobody gave an address for."""
        name = interaction.provider
        return not interaction.states or name not in self._urls or name in self._states_urls

    def verify(self, interaction: Interaction) -> None:
        """Hold the provider to an interaction.

        Raises:
            ContractBroken: it breaks it; a provider of ours that ended shows its last lines.
            UsageError: the provider can't be started, or isn't known.
        """
        provider = self._provider(interaction.provider)
        try:
            verify_interaction(interaction, provider)
        except NoAnswer:
            started = self._started.get(provider.name)
            if not isinstance(started, tuple) or started[0].wait(_DEATH_S) is None:
                raise
            process = started[0]
            raise NoAnswer(
                f"{provider.name} ended with status {process.returncode} before it answered "
                f"{interaction.subject!r}",
                process.tail(),
            ) from None

    def _provider(self, name: str) -> Provider:
        if name in self._urls:
            return Provider(name, self._urls[name], self._states_urls.get(name))
        if name not in self._started:
            self._started[name] = self._try_to_start(name)
        started = self._started[name]
        if isinstance(started, UsageError):
            raise started
        return started[1]

    def _try_to_start(self, name: str) -> tuple[Process, Provider] | UsageError:
        """Once is enough: a provider that does not start would not for the next interaction."""
        if name not in self._commands:
            return UsageError(
                f"nothing says how to start {name}; give --pact-provider {name}=URL, or name its "
                "command in the fixture `pact_provider_commands`"
            )
        if self._session is None:
            self._session = Session()
        try:
            # What it keeps in temporary files goes with the session, also after a kill -9.
            temporary = {"TMPDIR": str(self._session.dir)}
            process = self._session.start(name, self._commands[name], env=temporary)
            data = process.wait_listening()
        except UsageError as error:
            return error
        return process, Provider(name, data["url"], data["statesUrl"])
