# One image for the reference system's services; the command says which one.
FROM python:3.13-slim AS build
WORKDIR /app
RUN pip install --no-cache-dir --quiet uv==0.13.9
# Compiled here: where nothing can be written, each start would compile it all again.
ENV UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1
COPY pyproject.toml uv.lock README.md LICENSE ./
# From the lock, without the tools that test it; before the sources, so that these don't bring it all anew.
RUN uv sync --quiet --frozen --no-default-groups --group stubs --no-install-project
COPY src src
# What the package carries besides: see force-include in pyproject.toml.
COPY chaos chaos
RUN uv sync --quiet --frozen --no-default-groups --group stubs --no-editable

# What sends load: Locust and the profiles. Built on request: --target load.
FROM build AS load-build
RUN uv sync --quiet --frozen --no-default-groups --extra load --no-editable

FROM python:3.13-slim AS load
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=load-build /app/.venv .venv
COPY load load
USER 10001:10001
ENTRYPOINT ["locust"]

# The harness itself, with all that it judges by. Built on request: --target trial.
FROM build AS trial-build
RUN uv sync --quiet --frozen --no-default-groups --group stubs --all-extras --no-editable

FROM python:3.13-slim AS trial
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
COPY --from=trial-build /app/.venv .venv
COPY seatrial.toml seatrial.compose.toml ./
COPY stubs stubs
COPY contracts contracts
COPY chaos chaos
COPY load load
COPY docker/trial.py .
RUN python -m compileall -q stubs contracts chaos load
USER 10001:10001
CMD ["python", "trial.py"]

FROM python:3.13-slim
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /app/.venv .venv
COPY stubs stubs
RUN python -m compileall -q stubs
USER 10001:10001
CMD ["python", "-m", "stubs.user"]
