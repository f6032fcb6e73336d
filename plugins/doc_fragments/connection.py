# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the connection options: for modules and, with environment variables, for the inventory plugin."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - requests >= 2.25.1 (Python library), on the host that runs the task, which is normally the controller
options:
  api_token:
    description:
      - The API token of the VPS.org account. Create tokens in the account under Developers. They begin with C(vps_).
      - If unset, the environment variable E(VPS_API_TOKEN) is used. Use it rather than writing the token into a
        playbook, because C(ansible-core) 2.19 and newer print the lines around a failed task.
    type: str
    required: true
  api_url:
    description:
      - The base URL of the API, with or without a trailing slash. It must be an C(https) URL, or an C(http) URL with a
        loopback address.
      - If unset, the environment variable E(VPS_API_URL) is used.
    type: str
    default: https://admin.vps.org/api/v1
  api_timeout:
    description:
      - The timeout in seconds for an entire request, from connecting to the last byte.
      - If unset, the environment variable E(VPS_API_TIMEOUT) is used.
    type: float
    default: 30.0
  api_retries:
    description:
      - How many times a request is retried, if retrying it is safe. Writes are retried at most three times. A request
        that creates a server is retried only if it is proven that the previous attempt did not create one.
      - If the API says to come back later (429, or 503 with C(Retry-After)), the request is put off within the time
        limit, and this is not counted as a retry.
      - If unset, the environment variable E(VPS_API_RETRIES) is used.
    type: int
    default: 5
  api_retry_max_delay:
    description:
      - The longest pause between two attempts, in seconds. If the API itself asks for a longer pause (C(Retry-After)),
        that pause is respected if the time limit allows it; otherwise, the request fails.
      - If unset, the environment variable E(VPS_API_RETRY_MAX_DELAY) is used.
    type: float
    default: 30.0
  validate_certs:
    description:
      - Whether to validate the API's certificate. If you set this to V(false), anyone who intercepts the connection can
        read the token. Every use of V(false) causes a warning.
      - If unset, the environment variable E(VPS_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - A file with the certificates of custom certificate authorities in PEM format, or a directory of such files.
      - If unset, the first of the environment variables E(VPS_CA_PATH), E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE), and
        E(SSL_CERT_FILE) that is set is used.
    type: path
notes:
  - An empty environment variable counts as unset.
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY), and similar variables). Redirects are never
    followed, and C(.netrc) is ignored.
"""

    PLUGIN = r"""
requirements:
  - requests >= 2.25.1 (Python library)
options:
  api_token:
    description:
      - The API token of the VPS.org account. It can be a template, for example one that uses a lookup.
    type: str
    required: true
    env:
      - name: VPS_API_TOKEN
  api_url:
    description:
      - The base URL of the API, with or without a trailing slash. It must be an C(https) URL, or an C(http) URL with a
        loopback address.
    type: str
    default: https://admin.vps.org/api/v1
    env:
      - name: VPS_API_URL
  api_timeout:
    description:
      - The timeout in seconds for an entire request, from connecting to the last byte.
    type: float
    default: 30.0
    env:
      - name: VPS_API_TIMEOUT
  api_retries:
    description:
      - How many times a request is retried.
    type: int
    default: 5
    env:
      - name: VPS_API_RETRIES
  api_retry_max_delay:
    description:
      - The longest pause between two attempts, in seconds. If the API itself asks for a longer pause (C(Retry-After)),
        that pause is respected if the time limit allows it; otherwise, the request fails.
    type: float
    default: 30.0
    env:
      - name: VPS_API_RETRY_MAX_DELAY
  validate_certs:
    description:
      - Whether to validate the API's certificate. If you set this to V(false), anyone who intercepts the connection can
        read the token. Every use of V(false) causes a warning.
    type: bool
    default: true
    env:
      - name: VPS_VALIDATE_CERTS
  ca_path:
    description:
      - A file with the certificates of custom certificate authorities in PEM format, or a directory of such files.
      - If unset, the first of the environment variables E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE), and E(SSL_CERT_FILE)
        that is set is used.
    type: path
    env:
      - name: VPS_CA_PATH
notes:
  - An empty environment variable counts as unset.
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY), and similar variables). Redirects are never
    followed, and C(.netrc) is ignored.
"""
