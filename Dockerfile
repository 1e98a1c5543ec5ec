# The service, laid out as a checkout is. Needs to write only to /var/lib/legwork and /tmp: run it with a read-only root.
#
#     docker build --tag legwork .
#     docker run --rm --read-only --tmpfs /tmp --volume legwork:/var/lib/legwork --publish 127.0.0.1:8000:8000 \
#         --env LEGWORK_ALLOW_UNAUTHENTICATED=true --env LEGWORK_PUBLIC_URL=http://127.0.0.1:8000 legwork
#
# LEGWORK_ALLOW_UNAUTHENTICATED is for trying it out; docs/operating.md says what production needs. Cards link to
# LEGWORK_PUBLIC_URL; without it they would to the address that is listened on in the container.

FROM docker.io/library/python:3.11-slim-bookworm AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /opt/legwork
# The image needs no pip of its own: the builder's installs into it.
RUN python -m venv --without-pip .venv
# A step of its own: it is done again only when the lock has changed.
COPY requirements.lock ./
RUN python -m pip --python .venv/bin/python install --require-hashes --only-binary=:all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY cards cards
COPY fixtures/patients fixtures/patients
# `chmod`: the service's user must read it, whatever the checkout's file modes.
RUN python -m pip --python .venv/bin/python install --no-deps --no-build-isolation --no-index --editable . \
    && .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash app \
    && chmod -R a+rX .


FROM docker.io/library/python:3.11-slim-bookworm
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Legwork" \
      org.opencontainers.image.description="CDS Hooks service for leg weakness" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.documentation="docs/operating.md"
# The second folder is for secrets that are shared with other containers, as docker-compose.yml does.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/legwork && install -d -o 10001 -g 10001 -m 0755 /run/legwork
COPY --from=builder /opt/legwork /opt/legwork
ENV PATH=/opt/legwork/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LEGWORK_HOST=0.0.0.0 \
    LEGWORK_CARDS_DIR=/opt/legwork/cards \
    LEGWORK_DATA_DIR=/var/lib/legwork
WORKDIR /opt/legwork
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
VOLUME /var/lib/legwork
EXPOSE 8000
STOPSIGNAL SIGTERM
# Not urllib, which would ask a proxy of the environment.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, sys; from http.client import HTTPConnection; service = HTTPConnection('127.0.0.1', int(os.environ.get('LEGWORK_PORT', 8000)), timeout=4); service.request('GET', '/livez'); sys.exit(service.getresponse().status != 200)"]
# No shell in between: signals reach the service itself.
ENTRYPOINT ["legwork"]
CMD ["serve"]
