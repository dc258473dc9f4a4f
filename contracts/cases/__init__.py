"""The cases of every pair, from which the committed pacts are written."""

from typing import Any

from contracts.cases import marketplace_user
from seatrial.pacts import Case

ALL: tuple[Case[Any], ...] = (*marketplace_user.CASES,)
