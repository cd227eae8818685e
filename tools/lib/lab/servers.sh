# shellcheck shell=bash
# The three servers of the lab: registry, token server, blob host. Needs processes.sh, LAB_DIR and the LAB_*_PORT.

answers() {
    curl -sS --max-time 5 --noproxy '*' --cacert "$LAB_CA" -o /dev/null "$1"
}

# Refuses at once, with the port's name, what would else show up as a puzzling log line. Bash opens the connection.
require_free_port() {
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
        say "port $1 is taken by another program; set LAB_PORT_BASE to three free ports' first"
        return 4
    fi
}

start_registry() {
    is_running registry && return 0
    require_free_port "$LAB_REGISTRY_PORT" || return
    cat >"$LAB_DIR/registry.yml" <<YAML
version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: $LAB_DIR/storage
  delete:
    enabled: true
  maintenance:
    uploadpurging:
      enabled: false
middleware:
  storage:
    - name: redirect
      options:
        baseurl: https://$LAB_BLOBS/
http:
  addr: 127.0.0.1:$LAB_REGISTRY_PORT
  secret: regtape-lab
  tls:
    certificate: $LAB_DIR/certificates/registry.regtape.test.crt
    key: $LAB_DIR/certificates/registry.regtape.test.key
auth:
  token:
    realm: https://$LAB_AUTH/token
    service: $LAB_SERVICE
    issuer: regtape-lab
    rootcertbundle: $LAB_DIR/certificates/token.crt
YAML
    launch registry docker-registry serve "$LAB_DIR/registry.yml"
    wait_for registry answers "https://$LAB_REGISTRY/v2/"
}

start_auth() {
    is_running auth && return 0
    require_free_port "$LAB_AUTH_PORT" || return
    # Debian's own Python, which is the one that python3-cryptography belongs to.
    LAB_PASSWORD=$LAB_PASSWORD LAB_READER_PASSWORD=$LAB_READER_PASSWORD \
        launch auth /usr/bin/python3 "$LAB_PARTS/token_server.py" --port "$LAB_AUTH_PORT" \
        --certificate "$LAB_DIR/certificates/auth.regtape.test.crt" \
        --certificate-key "$LAB_DIR/certificates/auth.regtape.test.key" --key "$LAB_DIR/certificates/token.key" \
        --issuer regtape-lab --service "$LAB_SERVICE" --life "$LAB_TOKEN_LIFE" \
        --log "$LAB_DIR/logs/auth.access" --secrets "$LAB_DIR/secrets.jsonl"
    wait_for auth answers "https://$LAB_AUTH/"
}

# The blob host serves the registry's storage directory and, like Azure Blob Storage, will not hear of a request that
# still carries Authorization (REGISTRY-FACTS §3.3). Two paths exist for tests of redaction alone:
# /signed/… redirects with a signature in its query, /cookie sets a cookie that reads like a session.
start_blobs() {
    is_running blobs && return 0
    require_free_port "$LAB_BLOBS_PORT" || return
    local user=
    ((EUID != 0)) || user='user root;'
    mkdir -p "$LAB_DIR/nginx"
    cat >"$LAB_DIR/nginx.conf" <<NGINX
daemon off;
$user
worker_processes 1;
pid $LAB_DIR/nginx/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
    log_format exchange escape=json '{"method":"\$request_method","path":"\$request_uri","status":\$status,'
        '"bytes":\$body_bytes_sent,"version":"\$server_protocol","authorization":\$authorized}';
    access_log $LAB_DIR/logs/blobs.access exchange;
    client_body_temp_path $LAB_DIR/nginx/body;
    proxy_temp_path $LAB_DIR/nginx/proxy;
    fastcgi_temp_path $LAB_DIR/nginx/fastcgi;
    uwsgi_temp_path $LAB_DIR/nginx/uwsgi;
    scgi_temp_path $LAB_DIR/nginx/scgi;
    server_tokens off;
    default_type application/octet-stream;
    sendfile on;
    map \$http_authorization \$authorized { "" false; default true; }
    map \$request_id \$guid { "~^(?<a>.{8})(?<b>.{4})(?<c>.{4})(?<d>.{4})(?<e>.{12})$" "\$a-\$b-\$c-\$d-\$e"; }
    server {
        listen 127.0.0.1:$LAB_BLOBS_PORT ssl http2;
        server_name blobs.regtape.test;
        ssl_certificate $LAB_DIR/certificates/blobs.regtape.test.crt;
        ssl_certificate_key $LAB_DIR/certificates/blobs.regtape.test.key;
        root $LAB_DIR/storage;
        error_page 418 = @refused;
        if (\$authorized = true) { return 418; }
        location = /health { return 200 "ok\n"; }
        location = /cookie {
            add_header Set-Cookie "session=$LAB_COOKIE; Secure; HttpOnly" always;
            return 200 "a cookie\n";
        }
        location /signed/ {
            return 307 "https://$LAB_BLOBS/health?sv=2018-03-28&sr=b&sp=r&se=2036-01-01T00%3A00%3A00Z&sig=$LAB_SIGNATURE";
        }
        location @refused {
            internal;
            default_type application/xml;
            add_header x-ms-request-id \$guid always;
            add_header x-ms-version 2018-03-28 always;
            add_header x-ms-error-code InvalidAuthenticationInfo always;
            return 400 '<?xml version="1.0" encoding="utf-8"?><Error><Code>InvalidAuthenticationInfo</Code><Message>Authentication information is not given in the correct format. Check the value of Authorization header.\nRequestId:\$guid\nTime:\$time_iso8601</Message></Error>';
        }
    }
}
NGINX
    launch blobs nginx -c "$LAB_DIR/nginx.conf" -p "$LAB_DIR/nginx/"
    wait_for blobs answers "https://$LAB_BLOBS/health"
}
