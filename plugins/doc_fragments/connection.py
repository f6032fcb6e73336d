# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options by which the API is reached: for modules, and with their environment variables for the inventory plugin."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests (Python library) on the host that runs the task, normally the controller
options:
  api_token:
    description:
      - The bearer token of the VPS.org account. Tokens are made in the account under Developers and begin with C(vps_).
      - If unset, the environment variable E(VPS_API_TOKEN) is used. Prefer it to writing the token into a playbook,
        because C(ansible-core) 2.19 and newer print the lines around a failed task.
    type: str
    required: true
  api_url:
    description:
      - The base URL of the API, with or without a trailing slash. It must be C(https), or C(http) to a loopback address.
      - If unset, the environment variable E(VPS_API_URL) is used.
    type: str
    default: https://admin.vps.org/api/v1
  api_timeout:
    description:
      - The limit in seconds for one whole request, from connecting to the last byte.
      - If unset, the environment variable E(VPS_API_TIMEOUT) is used.
    type: float
    default: 30.0
  api_retries:
    description:
      - How often a request that may be repeated is repeated. A write is repeated at most three times, and a request that
        creates a server only if it is proven that the one before created none.
      - If unset, the environment variable E(VPS_API_RETRIES) is used.
    type: int
    default: 5
  api_retry_max_delay:
    description:
      - The longest pause in seconds between two tries. A longer pause that the API itself asks for (C(Retry-After)) is kept
        where the time limit allows it, and is a failure where it does not.
      - If unset, the environment variable E(VPS_API_RETRY_MAX_DELAY) is used.
    type: float
    default: 30.0
  validate_certs:
    description:
      - Whether to check the certificate of the API. Switching it off shows the token to whoever sits in between, and warns every time.
      - If unset, the environment variable E(VPS_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - A file with own certificate authorities in PEM format, or a folder of them.
      - If unset, the environment variables E(VPS_CA_PATH), E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE) and E(SSL_CERT_FILE) are
        used, the first that is set.
    type: path
notes:
  - An environment variable that is empty counts as unset.
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY) and the like). Redirects are never followed, and C(.netrc) is ignored.
"""

    PLUGIN = r"""
requirements:
  - requests (Python library)
options:
  api_token:
    description:
      - The bearer token of the VPS.org account. It may be a template, so that a lookup can give it.
    type: str
    required: true
    env:
      - name: VPS_API_TOKEN
  api_url:
    description:
      - The base URL of the API, with or without a trailing slash. It must be C(https), or C(http) to a loopback address.
    type: str
    default: https://admin.vps.org/api/v1
    env:
      - name: VPS_API_URL
  api_timeout:
    description:
      - The limit in seconds for one whole request, from connecting to the last byte.
    type: float
    default: 30.0
    env:
      - name: VPS_API_TIMEOUT
  api_retries:
    description:
      - How often a request is repeated.
    type: int
    default: 5
    env:
      - name: VPS_API_RETRIES
  api_retry_max_delay:
    description:
      - The longest pause in seconds between two tries. A longer pause that the API itself asks for (C(Retry-After)) is kept
        where the time limit allows it, and is a failure where it does not.
    type: float
    default: 30.0
    env:
      - name: VPS_API_RETRY_MAX_DELAY
  validate_certs:
    description:
      - Whether to check the certificate of the API. Switching it off shows the token to whoever sits in between, and warns every time.
    type: bool
    default: true
    env:
      - name: VPS_VALIDATE_CERTS
  ca_path:
    description:
      - A file with own certificate authorities in PEM format, or a folder of them.
      - If unset, the environment variables E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE) and E(SSL_CERT_FILE) are used, the first that is set.
    type: path
    env:
      - name: VPS_CA_PATH
notes:
  - An environment variable that is empty counts as unset.
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY) and the like). Redirects are never followed, and C(.netrc) is ignored.
"""
