# Stage 1: what is installed from the locks
FROM node:22-slim AS node
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
COPY --from=node /app/node_modules node_modules
ENV PATH=/venv/bin:$PATH VAR_DIR=/var/lib/cs-platform
RUN SECRET_KEY=build python manage.py messages --compile \
    && SECRET_KEY=build python manage.py collectstatic --noinput --verbosity=0 \
    && python -m compileall -q .

# Stage 2: what runs
FROM python:3.12-slim
# Pango sets reports as PDF, in Japanese too.
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends fontconfig fonts-noto-cjk \
        libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /nonexistent cs
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build --chown=cs /var/lib/cs-platform /var/lib/cs-platform
WORKDIR /app
ENV PATH=/venv/bin:$PATH VAR_DIR=/var/lib/cs-platform PYTHONUNBUFFERED=1
USER cs
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/accounts/login/', headers={'X-Forwarded-Proto': 'https'}), timeout=4)"]
# Threads: a browser opens connections ahead of need, and an idle one must not hold a whole process.
CMD ["gunicorn", "cs_platform.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", \
    "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
