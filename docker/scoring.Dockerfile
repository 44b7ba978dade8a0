# The scoring runtime and nothing else. The base is an argument, so that it builds without a
# public registry; it has to bring Python 3.11 and pip.
ARG BASE_IMAGE=python:3.11-slim
FROM ${BASE_IMAGE}

# onnx: models converted to ONNX, the small image. skops: also those kept as scikit-learn pipelines.
ARG RUNTIME=onnx

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1
WORKDIR /app
COPY docker/scoring-requirements.txt docker/scoring-requirements-skops.txt ./
RUN if [ "$RUNTIME" = skops ]; then extra="-r scoring-requirements-skops.txt"; fi; \
    python3 -m pip install --no-cache-dir -r scoring-requirements.txt $extra
COPY scoring ./scoring

# The state (control socket, spool) is the only thing that is written: /state is a volume, the
# root can be read-only. The server makes it private to its user.
RUN mkdir /state && chown 10001:10001 /state
USER 10001:10001
VOLUME /state
ENTRYPOINT ["python3", "-m", "scoring"]
CMD ["/config/scoring.json"]
