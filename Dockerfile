# The service, on the CPU. Runs with a read-only root and needs no writable folder: see compose.yaml.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/stance \
    && /opt/stance/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home stance
COPY --from=build /opt/stance /opt/stance
ENV PATH=/opt/stance/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STANCE_HOST=0.0.0.0
USER 10001
WORKDIR /
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["stance"]
CMD ["serve"]
