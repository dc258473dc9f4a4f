"""The provider as an application."""

from tests.defects.asgi import application
from tests.defects.provider import answer

app = application(answer)
