# shellcheck shell=bash
# The lab's own certificate authority, one certificate per host name, and the key that signs tokens. Needs LAB_DIR.

LAB_HOSTS=(registry.regtape.test auth.regtape.test blobs.regtape.test)

make_certificates() {
    local directory=$LAB_DIR/certificates host
    # A certificate made long ago is made anew, so that no test fails in ten years' time.
    if [[ -e $directory/complete ]] && openssl x509 -noout -checkend 604800 -in "$directory/ca.crt" >/dev/null; then
        return 0
    fi
    say "making a certificate authority and certificates in $directory"
    rm -rf "$directory"
    mkdir -p "$directory"
    (
        umask 077
        cd "$directory" || exit 1
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
            -subj "/O=regtape lab/CN=regtape lab CA" -addext "basicConstraints=critical,CA:TRUE" \
            -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.crt || exit 1
        for host in "${LAB_HOSTS[@]}"; do
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$host" \
                -keyout "$host.key" -out "$host.csr" || exit 1
            openssl x509 -req -in "$host.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$host.crt" \
                -extfile <(printf '%s\n' "subjectAltName=DNS:$host" "basicConstraints=CA:FALSE" \
                    "extendedKeyUsage=serverAuth") || exit 1
        done
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
            -subj "/O=regtape lab/CN=regtape lab tokens" -keyout token.key -out token.crt || exit 1
        touch complete
    ) 2>"$LAB_DIR/logs/certificates.log" || {
        tail -n 5 "$LAB_DIR/logs/certificates.log" >&2
        say "openssl could not make the certificates; see above"
        return 1
    }
}
