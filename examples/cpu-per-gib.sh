#!/usr/bin/env bash
# CPU seconds that each proxy takes for a GiB, mode beside mode: curl downloads from nginx through the proxy.
#   mvn -q -DskipTests package && examples/cpu-per-gib.sh
# GIB is how much is measured (2), after half as much to warm the JVM up; MODES which modes ("auto copy plain"),
# PROXIES which proxies (all five).
set -euo pipefail

jar="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/target/proxies.jar"
gib="${GIB:-2}"
read -ra modes <<<"${MODES:-auto copy plain}"
dir="$(mktemp -d)"
http=18480 tls=18443 port=18400
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

started=()
clean() {
    kill "${started[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap clean EXIT

truncate -s 512M "$dir/data"
openssl req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=a.example.org \
    -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
cat >"$dir/nginx.conf" <<EOF
daemon off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/error.log;
events { }
http {
    access_log off; sendfile on; root $dir;
    server { listen 127.0.0.1:$http; }
    server {
        listen 127.0.0.1:$tls ssl;
        ssl_certificate $dir/cert.pem; ssl_certificate_key $dir/key.pem;
    }
}
EOF
[[ $EUID -ne 0 ]] || sed -i '1i user root;' "$dir/nginx.conf"
nginx -p "$dir" -c "$dir/nginx.conf" &
started+=($!)

# How to start each proxy, and how curl goes through it.
declare -A options=(
    [tcp-proxy]="--to 127.0.0.1:$http"
    [sni-router]="--route a.example.org=127.0.0.1:$tls"
    [socks5-proxy]=""
    [http-connect-proxy]=""
    [http-reverse-proxy]="--to 127.0.0.1:$http"
)
declare -A through=(
    [tcp-proxy]="http://127.0.0.1:$port/data"
    [sni-router]="-k --resolve a.example.org:$port:127.0.0.1 https://a.example.org:$port/data"
    [socks5-proxy]="--socks5 127.0.0.1:$port http://127.0.0.1:$http/data"
    [http-connect-proxy]="-p -x 127.0.0.1:$port http://127.0.0.1:$http/data"
    [http-reverse-proxy]="http://127.0.0.1:$port/data"
)

download() { # GiB, curl's options...
    local halves=$((2 * $1)) i
    shift
    for ((i = 0; i < halves; i++)); do
        curl -sS -o /dev/null "$@"
    done
}

ticks() { # of a process, user and system: proc(5)
    awk '{ print $14 + $15 }' "/proc/$1/stat"
}

echo "$(nproc) cores, kernel $(uname -r | grep -o '^[0-9]*\.[0-9]*'), $gib GiB each"
for proxy in ${PROXIES:-tcp-proxy sni-router socks5-proxy http-connect-proxy http-reverse-proxy}; do
    line="$proxy:"
    for mode in "${modes[@]}"; do
        # shellcheck disable=SC2086 # each option a word
        : >"$dir/out" # or its last proxy's line is found, before this one has begun
        java -jar "$jar" "$proxy" --listen 127.0.0.1:$port --mode "$mode" ${options[$proxy]} >"$dir/out" &
        pid=$!
        started+=("$pid")
        until grep -q listening "$dir/out"; do sleep 0.1; done
        read -ra curl <<<"${through[$proxy]}"
        download "$(((gib + 1) / 2))" "${curl[@]}"
        before="$(ticks $pid)"
        download "$gib" "${curl[@]}"
        used="$(($(ticks $pid) - before))"
        line+=" $mode $(awk "BEGIN { printf \"%.2f\", $used / $(getconf CLK_TCK) / $gib }")"
        kill "$pid"
        wait "$pid" 2>/dev/null || true
    done
    echo "$line"
done
