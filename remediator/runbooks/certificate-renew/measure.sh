# Tells how many days the certificate that is on disk is good for; changes nothing.
aw_need openssl
file=''
for candidate in "/etc/letsencrypt/live/$AW_INPUT_NAME/cert.pem" "/root/.acme.sh/${AW_INPUT_NAME}_ecc/$AW_INPUT_NAME.cer" "/root/.acme.sh/$AW_INPUT_NAME/$AW_INPUT_NAME.cer" "/etc/step/certs/$AW_INPUT_NAME.crt"; do
  if [ -f "$candidate" ]; then file=$candidate; break; fi
done
[ -n "$file" ] || aw_refuse certificate_unknown 'neither certbot, acme.sh nor step keeps a certificate of that name here'
timeout 10 openssl x509 -in "$file" -noout 2>/dev/null || aw_refuse no_certificate "$file holds no certificate that can be read"
# The longest of these it is good for; a figure that needs no reading of dates.
days=0
for step in 1 3 7 14 20 25 29 45 60 85; do
  if timeout 10 openssl x509 -in "$file" -noout -checkend $((step * 86400)) >/dev/null 2>&1; then days=$step; else break; fi
done
aw_fact file "$file"
aw_fact daysLeftAtLeast "$days"
if timeout 10 openssl x509 -in "$file" -noout -checkend $((AW_INPUT_WITHIN_DAYS * 86400)) >/dev/null 2>&1; then aw_fact isGoodForLong true; else aw_fact isGoodForLong false; fi
aw_fact serial "$(timeout 10 openssl x509 -in "$file" -noout -serial | sed 's/^serial=//')"
aw_ok "the certificate is good for $days days or more"
