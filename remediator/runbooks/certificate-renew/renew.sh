# Renews one certificate with the tool that made it, then tests the web servers that run and has them read it. Nothing to do while it is good for long.
aw_need openssl timeout
name=$AW_INPUT_NAME
certbot=''
for candidate in /usr/bin/certbot /snap/bin/certbot /usr/local/bin/certbot; do
  if [ -x "$candidate" ]; then certbot=$candidate; break; fi
done
tool='' file=''
if [ -f "/etc/letsencrypt/renewal/$name.conf" ] && [ -n "$certbot" ]; then
  tool=certbot file=/etc/letsencrypt/live/$name/cert.pem
elif [ -x /root/.acme.sh/acme.sh ] && [ -f "/root/.acme.sh/${name}_ecc/$name.cer" ]; then
  tool=acme-ecc file=/root/.acme.sh/${name}_ecc/$name.cer
elif [ -x /root/.acme.sh/acme.sh ] && [ -f "/root/.acme.sh/$name/$name.cer" ]; then
  tool=acme file=/root/.acme.sh/$name/$name.cer
elif [ -f "/etc/step/certs/$name.crt" ]; then
  tool=step file=/etc/step/certs/$name.crt
else
  aw_refuse certificate_unknown 'neither certbot, acme.sh nor step keeps a certificate of that name here'
fi
timeout 10 openssl x509 -in "$file" -noout 2>/dev/null || aw_refuse no_certificate "$file holds no certificate that can be read"
if timeout 10 openssl x509 -in "$file" -noout -checkend $((AW_INPUT_WITHIN_DAYS * 86400)) >/dev/null 2>&1; then
  aw_ok "the certificate is good for more than $AW_INPUT_WITHIN_DAYS days; nothing was changed"
fi
for process in /proc/[0-9]*; do
  case $(head -c 60 "$process/comm" 2>/dev/null) in certbot | acme.sh) aw_refuse renewal_running 'a renewal is running already' ;; esac
done

# Web servers that run now; a configuration that does not load would be found out only at the reload, so it is looked at before anything is changed.
servers=''
for server in nginx apache2 httpd haproxy; do
  if [ "$(timeout 10 systemctl is-active -- "$server.service" 2>/dev/null)" = active ]; then servers="$servers $server"; fi
done
loads() {
  case $1 in
    nginx) timeout 60 nginx -t -q ;;
    apache2) timeout 60 apache2ctl -t ;;
    httpd) timeout 60 httpd -t ;;
    haproxy) timeout 60 haproxy -c -q -f /etc/haproxy/haproxy.cfg ;;
  esac >/dev/null 2>&1
}
for server in $servers; do
  loads "$server" || aw_refuse configuration_invalid "the configuration of $server does not load; it could not take the new certificate"
done

before=$(timeout 10 openssl x509 -in "$file" -noout -serial)
failed=''
case $tool in
  certbot) timeout 300 "$certbot" renew --non-interactive --no-random-sleep-on-renew --cert-name "$name" >/dev/null 2>&1 || failed=yes ;;
  acme-ecc) timeout 300 /root/.acme.sh/acme.sh --renew --ecc --home /root/.acme.sh -d "$name" >/dev/null 2>&1 || failed=yes ;;
  acme) timeout 300 /root/.acme.sh/acme.sh --renew --home /root/.acme.sh -d "$name" >/dev/null 2>&1 || failed=yes ;;
  step)
    aw_unit_read "cert-renewer@$name.service"
    timeout 300 systemctl --no-ask-password start -- "$AW_UNIT" >/dev/null 2>&1 || failed=yes ;;
esac
after=$(timeout 10 openssl x509 -in "$file" -noout -serial 2>/dev/null) || aw_fail certificate_lost "$file cannot be read after the renewal"
if [ "$before" != "$after" ]; then aw_changed "renewed $file ($before, now $after)"; fi
[ -z "$failed" ] || aw_fail renewal_failed 'the tool could not renew the certificate; its own log says why'
[ "$before" != "$after" ] || aw_fail not_renewed 'the tool said that all is well, but the certificate is the same'
for server in $servers; do
  loads "$server" || aw_fail configuration_invalid "the certificate is new, but the configuration of $server does not load now; it was not reloaded"
  timeout 60 systemctl --no-ask-password reload -- "$server.service" >/dev/null 2>&1 || aw_fail reload_failed "the certificate is new, but $server could not be reloaded"
  aw_changed "reloaded $server"
done
aw_fact serial "$after"
aw_ok "the certificate was renewed${servers:+ and read by$servers}"
