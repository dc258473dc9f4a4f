"""The providers of one test run: given by an address, or started once when first asked for."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from seatrial.errors import UsageError
from seatrial.pacts.failures import ContractBroken, NoAnswer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.verification import Provider, lacks, verify_interaction
from seatrial.system import Process, Session

T = TypeVar("T")
_START_S = 60.0
"""A provider must listen within this; they start together, on a machine that may be busy."""
_DEATH_S = 0.5
"""A process may be seen to have ended this long after its connections."""
_PATIENCE = 3
"""After as many times in a row without an answer a provider isn't asked again: each takes long."""


class Providers:
    """Finds or starts the provider that an interaction is to be verified against."""

    def __init__(
        self,
        *,
        urls: Mapping[str, str],
        states_urls: Mapping[str, str],
        messages_urls: Mapping[str, str] | None = None,
        commands: Mapping[str, Sequence[str]],
    ) -> None:
        """Take what is known of the providers, each by its name.

        Args:
            urls: those that already run; they come before a command of the same name.
            states_urls: the whole addresses that take state changes of those that already run.
            messages_urls: the whole addresses that make those that already run send a message.
            commands: those to start; each must print our line "listening" with `url`, and with
                `statesUrl` and `messagesUrl` where it has them.
        """
        self._urls = urls
        self._states_urls = states_urls
        self._messages_urls = messages_urls or {}
        self._commands = commands
        self._session: Session | None = None
        self._unanswered: Counter[str] = Counter()
        self._begun: dict[str, Process | UsageError] = {}
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
            for process in self._begun.values():
                if isinstance(process, Process):
                    process.terminate()  # side by side; the session waits for one after the other
            self._session.close()

    def begin(self, names: Iterable[str]) -> None:
        """Start these side by side, but for those that run elsewhere; nobody waits for them yet."""
        for name in names:
            if name not in self._urls and name not in self._begun:
                self._begun[name] = self._begin(name)

    def lacks(self, interaction: Interaction) -> str | None:
        """Say what an interaction needs of a provider that runs elsewhere and nobody gave."""
        name = interaction.provider
        return lacks(interaction, self._elsewhere(name)) if name in self._urls else None

    def verify(self, interaction: Interaction) -> None:
        """Hold the provider to an interaction.

        Raises:
            ContractBroken: it breaks it; a provider of ours that ended shows its last lines.
            UsageError: the provider can't be started, or isn't known.
        """
        self.ask(interaction, verify_interaction)

    def ask(self, interaction: Interaction, how: Callable[[Interaction, Provider], T]) -> T:
        """Ask the provider of an interaction in some way, unless it has stopped answering.

        Raises:
            ContractBroken: as `how` does; a provider of ours that ended shows its last lines.
            UsageError: the provider can't be started, or isn't known.
        """
        name = interaction.provider
        provider = self._provider(name)
        if self._unanswered[name] >= _PATIENCE:
            raise NoAnswer(
                f"{name} was not asked for {interaction.subject!r}: it had given no answer "
                f"{_PATIENCE} times in a row"
            )
        try:
            answer = how(interaction, provider)
        except NoAnswer:
            self._unanswered[name] += 1
            self._tell_of_death(interaction)
            raise
        except ContractBroken:
            self._unanswered[name] = 0
            raise
        self._unanswered[name] = 0
        return answer

    def _tell_of_death(self, interaction: Interaction) -> None:
        """Say that a process of ours ended, if that is why it gave no answer."""
        started = self._started.get(interaction.provider)
        if not isinstance(started, tuple) or started[0].wait(_DEATH_S) is None:
            return
        raise NoAnswer(
            f"{interaction.provider} ended with status {started[0].returncode} before it answered "
            f"{interaction.subject!r}",
            started[0].tail(),
        ) from None

    def _provider(self, name: str) -> Provider:
        if name in self._urls:
            return self._elsewhere(name)
        if name not in self._started:
            self._started[name] = self._try_to_start(name)
        started = self._started[name]
        if isinstance(started, UsageError):
            raise started
        return started[1]

    def _elsewhere(self, name: str) -> Provider:
        return Provider(
            name,
            self._urls[name],
            self._states_urls.get(name),
            messages_url=self._messages_urls.get(name),
        )

    def _try_to_start(self, name: str) -> tuple[Process, Provider] | UsageError:
        """Once is enough: a provider that does not start would not for the next interaction."""
        self.begin([name])
        process = self._begun[name]
        if isinstance(process, UsageError):
            return process
        try:
            data = process.wait_listening(_START_S)
        except UsageError as error:
            return error
        return process, Provider(
            name, data["url"], data.get("statesUrl"), messages_url=data.get("messagesUrl")
        )

    def _begin(self, name: str) -> Process | UsageError:
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
            return self._session.start(name, self._commands[name], env=temporary)
        except UsageError as error:
            return error
