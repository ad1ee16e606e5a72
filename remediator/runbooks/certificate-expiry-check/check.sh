# Tells how many days a certificate is good for, from a file or from a server that answers TLS. Changes nothing.
aw_need openssl awk timeout date
if [ -n "${AW_INPUT_FILE-}" ]; then
  [ -f "$AW_INPUT_FILE" ] || aw_refuse file_missing 'there is no such file'
  # Reading some files of the kernel takes away what they tell, or never ends.
  case $(readlink -f -- "$AW_INPUT_FILE") in '' | /proc/* | /sys/* | /dev/*) aw_refuse file_missing 'there is no such file' ;; esac
  [ "$(timeout 10 head -c 1048577 <"$AW_INPUT_FILE" | wc -c)" -le 1048576 ] || aw_refuse file_too_large 'the file is larger than a certificate can be'
  certificate=$(timeout 10 openssl x509 -in "$AW_INPUT_FILE" 2>/dev/null) || aw_refuse no_certificate 'the file holds no certificate that can be read'
  where=$AW_INPUT_FILE
elif [ -n "${AW_INPUT_HOST-}" ]; then
  # shellcheck disable=SC2153 # an input
  where=$AW_INPUT_HOST:$AW_INPUT_PORT
  answer=$(timeout 15 openssl s_client -connect "$where" -servername "$AW_INPUT_HOST" </dev/null 2>/dev/null | head -c 1048576)
  certificate=$(printf '%s\n' "$answer" | timeout 10 openssl x509 2>/dev/null) || aw_fail no_tls_answer "$where does not answer with a certificate"
else
  aw_refuse nothing_named 'name a file, or a host and its port'
fi

# "Mar  4 10:00:00 2027 GMT" as days from now, counted by hand because not every date reads that.
ends=$(printf '%s\n' "$certificate" | openssl x509 -noout -enddate | sed 's/^notAfter=//')
days=$(printf '%s\n' "$ends" | awk -v now="$(date -u +%s)" '{
  month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3
  split($3, t, ":"); y = $4; m = month
  if (m <= 2) { y--; m += 12 }
  day = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + $2 - 719469
  left = (day * 86400 + t[1] * 3600 + t[2] * 60 + t[3] - now) / 86400
  if (left < 0) left -= 0.999999
  printf "%d", left
}')
case $days in '' | *[!0-9-]*) aw_fail date_unreadable "the end of the certificate cannot be read: $ends" ;; esac
aw_fact where "$where"
aw_fact daysLeft "$days"
aw_fact notAfter "$ends"
aw_fact subject "$(printf '%s\n' "$certificate" | openssl x509 -noout -subject -nameopt RFC2253 | sed 's/^subject=//' | head -c 200)"
aw_fact issuer "$(printf '%s\n' "$certificate" | openssl x509 -noout -issuer -nameopt RFC2253 | sed 's/^issuer=//' | head -c 200)"
if [ "$days" -lt 0 ]; then aw_ok "the certificate of $where is over since $((0 - days)) days"; fi
aw_ok "the certificate of $where is good for $days days"
