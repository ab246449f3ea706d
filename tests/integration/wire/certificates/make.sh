#!/bin/sh
# Makes the certificates of the tests: an authority of their own, and servers that it vouches for (or not).
# Run it in this folder; it needs OpenSSL 1.1.1 or newer. The authority's own key is thrown away.
# Each .pem holds a certificate and its key. They open nothing outside these tests.
set -eu
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > ca.cnf <<'CONFIG'
[ca]
default_ca = own
[own]
dir = .
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
x509_extensions = leaf
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
commonName = tests
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
subjectAltName = DNS:localhost, IP:127.0.0.1
[elsewhere]
basicConstraints = critical, CA:false
subjectAltName = DNS:elsewhere.example
CONFIG
: > index.txt
echo 01 > serial

key() { openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"; }
ask() { key "$1"; openssl req -new -config ca.cnf -key "$1.key" -subj "/CN=$1" -out "$1.csr"; }
sign() { # name, extensions, from, to, who signs
    openssl ca -batch -notext -config ca.cnf -in "$1.csr" -extensions "$2" -startdate "$3" -enddate "$4" $5 -out "$1.crt"
    cat "$1.crt" "$1.key" > "$here/$1.pem"
}
by_authority="-cert authority.crt -keyfile authority.key"

ask authority
sign authority root 20200101000000Z 21200101000000Z "-selfsign -keyfile authority.key"
cp authority.crt "$here/authority.pem"
ask good
sign good leaf 20200101000000Z 21200101000000Z "$by_authority"
ask elsewhere
sign elsewhere elsewhere 20200101000000Z 21200101000000Z "$by_authority"
ask expired
sign expired leaf 20200101000000Z 20200201000000Z "$by_authority"
ask selfsigned
sign selfsigned leaf 20200101000000Z 21200101000000Z "-selfsign -keyfile selfsigned.key"
