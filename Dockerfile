# Sunlight for a browser on this machine, or on others behind a password.
#
#     docker build -t sunlight .
#     docker run -p 127.0.0.1:8501:8501 -v sunlight:/app/data \
#         -v "$PWD/secrets.toml:/app/.streamlit/secrets.toml:ro" sunlight
#
# What listens for other machines asks for a password, or for a login: without one in secrets.toml
# (`python -m core password`) it shows nothing but how to set it.
ARG BASE=docker.io/library/python:3.11-slim
FROM ${BASE}

# Without this index the same torch draws gigabytes of CUDA packages.
ARG PIP_OPTIONS="--extra-index-url https://download.pytorch.org/whl/cpu"

WORKDIR /app
COPY requirements.txt requirements.lock ./
RUN python3 -m venv /venv && \
    /venv/bin/pip install --no-cache-dir ${PIP_OPTIONS} -r requirements.txt -c requirements.lock
COPY . .

ENV PATH="/venv/bin:$PATH"
# All workspaces; a new volume begins with the sample.
VOLUME /app/data
EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.address", "0.0.0.0", "--server.headless", "true"]
