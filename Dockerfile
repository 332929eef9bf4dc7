# Circlekeeper with its database and settings in the volume at /circlekeeper.
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY prompts prompts
RUN python -m venv /opt/circlekeeper \
    && /opt/circlekeeper/bin/pip install --no-cache-dir .

FROM python:3.11-slim
COPY --from=build /opt/circlekeeper /opt/circlekeeper
RUN useradd --system --uid 10001 --create-home --home-dir /circlekeeper circlekeeper
ENV PATH=/opt/circlekeeper/bin:$PATH PYTHONUNBUFFERED=1
USER circlekeeper
# config.toml is looked for here, and data_dir is relative to it.
WORKDIR /circlekeeper
VOLUME /circlekeeper
ENTRYPOINT ["circlekeeper"]
CMD ["run"]
