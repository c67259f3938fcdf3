#!/usr/bin/env bash
# What the tests need beside the packages: a browser, network namespaces, weights and sources.
# All of it goes under var/test; a second run finds it there and takes a second.
set -euo pipefail
bin=$1
export SOBRIA_DATA_DIR=var/test/data
export SOBRIA_MODEL=${SOBRIA_TEST_MODEL:-qwen2.5-coder-0.5b-instruct-q4_k_m}

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v ip >/dev/null || missing+=(iproute2)
command -v unshare >/dev/null || missing+=(util-linux)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
if ((${#missing[@]})); then
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        echo "Installing ${missing[*]} for the browser and network tests…"
        apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "The browser and network tests need: ${missing[*]}. Install them (on Debian:" \
            "sudo apt install ${missing[*]}); those tests are skipped until then." >&2
    fi
fi

"$bin/sobria" models pull smollm2-135m-instruct-q4_1
"$bin/sobria" setup
