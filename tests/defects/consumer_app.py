"""The consumer as an application, imported again for each defect."""

import os

from tests.defects.asgi import application
from tests.defects.consumer import Consumer

app = application(Consumer.at(os.environ["THINGS_URL"]).answer)
