# One image for the reference system's services; the command says which one.
FROM python:3.13-slim

WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN pip install --no-cache-dir --quiet uv==0.13.9
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY src src
# From the lock, without the tools that test it.
RUN UV_PYTHON_DOWNLOADS=never uv sync --quiet --frozen --no-cache --no-default-groups --group stubs
COPY stubs stubs
USER 10001:10001
CMD ["python", "-m", "stubs.user"]
