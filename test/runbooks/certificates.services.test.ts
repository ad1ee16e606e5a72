/** The runbooks certificate-expiry-check and certificate-renew, run for real with real certificates, a real TLS server and a real nginx; certbot stands in. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot, type RootOptions } from '../harness/throwaway-root.ts'
import { callsIn, RUNNING, withStandIns, type Unit } from './stand-ins.ts'

/** What openssl reads before it makes a request; the machine's own is not in the root. */
const OPENSSL = { '/etc/ssl/openssl.cnf': '[req]\ndistinguished_name = name\n[name]\n' }

const make = (file: string, days: number, name = 'www.example.test') =>
  `openssl req -x509 -newkey rsa:2048 -nodes -days ${days} -subj '/CN=${name}' -keyout ${file}.key -out ${file} 2>/dev/null`

describe('certificate-expiry-check', () => {
  test('reads a file', async (context) => {
    const root = await throwawayRoot(context, { files: OPENSSL, setup: `mkdir -p /etc/ssl/private\n${make('/etc/ssl/private/www.pem', 41)}` })
    const run = await (await runbookIn(root, 'certificate-expiry-check', { file: '/etc/ssl/private/www.pem' })).step('check')
    expect(run).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { subject: 'CN=www.example.test', issuer: 'CN=www.example.test' }, changedCount: 0 } })
    expect([40, 41]).toContain(run.result?.facts['daysLeft'])
  })

  test.for([
    ['2026-03-01T00:00:00Z', '20260302000000Z', 1],
    ['2026-03-01T00:00:01Z', '20260302000000Z', 0],
    ['2026-03-01T00:00:00Z', '20260301000000Z', 0],
    ['2026-03-01T00:00:01Z', '20260301000000Z', -1],
    ['2027-12-31T12:00:00Z', '20280301120000Z', 61],
    ['2026-02-28T23:59:59Z', '20300101000000Z', 1402],
    ['2026-03-01T00:00:00Z', '20200201000000Z', -2220],
  ] as const)('counts the days from %s to %s', async ([now, end, days], context) => {
    // The clock of the machine stands in, and an authority says the end, so a day can be missed by a second.
    const root = await throwawayRoot(context, { files: OPENSSL, setup: `
openssl req -new -newkey rsa:2048 -nodes -subj /CN=old -keyout /srv/k -out /srv/r 2>/dev/null
printf '[ca]\\ndefault_ca=c\\n[c]\\ndatabase=/srv/db\\nserial=/srv/serial\\nnew_certs_dir=/srv\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' >/srv/ca.cnf
: >/srv/db; echo 01 >/srv/serial
openssl ca -batch -selfsign -config /srv/ca.cnf -keyfile /srv/k -in /srv/r -out /srv/a.pem -startdate 20190101000000Z -enddate ${end} 2>/dev/null
printf '#!/bin/sh\\necho ${Date.parse(now) / 1000}\\n' >/srv/date; chmod +x /srv/date; mount --bind /srv/date /usr/bin/date` })
    expect((await (await runbookIn(root, 'certificate-expiry-check', { file: '/srv/a.pem' })).step('check')).result?.facts['daysLeft']).toBe(days)
  })

  test('asks a server that answers TLS', async (context) => {
    const root = await throwawayRoot(context, { files: OPENSSL, setup: make('/srv/a.pem', 20) })
    await root.start('exec openssl s_server -accept 127.0.0.1:8443 -cert /srv/a.pem -key /srv/a.pem.key -quiet')
    await root.sh('for n in $(seq 600); do if ss -Hltn | grep -q :8443; then break; fi; perl -e "select undef,undef,undef,0.1"; done')
    const run = await (await runbookIn(root, 'certificate-expiry-check', { host: 'localhost', port: 8443 })).step('check')
    expect(run).toMatchObject({ outcome: 'ok', result: { facts: { where: 'localhost:8443', subject: 'CN=www.example.test' } } })
    expect([19, 20]).toContain(run.result?.facts['daysLeft'])
  })

  test.for<readonly [string, Readonly<Record<string, string | number>>, string, string, string]>([
    ['refuses a file there is not', { file: '/srv/none.pem' }, '', 'refused', 'file_missing'],
    ['refuses a file that holds no certificate', { file: '/etc/passwd' }, '', 'refused', 'no_certificate'],
    ['refuses a file of the kernel behind a link, which reading may change', { file: '/srv/link.pem' }, 'ln -s /proc/self/status /srv/link.pem', 'refused', 'file_missing'],
    ['refuses a file that is far too large', { file: '/srv/large' }, 'head -c 2000000 /dev/zero >/srv/large', 'refused', 'file_too_large'],
    ['refuses to guess what is meant', {}, '', 'refused', 'nothing_named'],
    ['fails where nobody answers', { host: '127.0.0.1', port: 9 }, '', 'failed', 'no_tls_answer'],
  ])('%s', async ([, inputs, setup, outcome, code], context) => {
    const root = await throwawayRoot(context, { files: OPENSSL, setup })
    expect(await (await runbookIn(root, 'certificate-expiry-check', inputs)).step('check')).toMatchObject({ outcome, result: { code, changedCount: 0 } })
  })
})

/** Takes only the arguments the runbook should use; makes a new certificate, or does not. */
const CERTBOT = `#!/bin/sh
echo "certbot $*" >>/srv/calls
[ "$*" = 'renew --non-interactive --no-random-sleep-on-renew --cert-name www.example.test' ] || exit 64
if [ -e /srv/authority-refuses ]; then exit 1; fi
if [ -e /srv/certbot-lies ]; then exit 0; fi
${make('/etc/letsencrypt/live/www.example.test/cert.pem', 90)}
if [ -e /srv/breaks-nginx ]; then echo 'oops' >>/etc/nginx/nginx.conf; fi
`
const NGINX = 'events {}\nhttp { server { listen 127.0.0.1:8088; } }\n'
const machine = (days: number, units: Readonly<Record<string, Unit>> = { 'nginx.service': RUNNING }, setup = ''): RootOptions => withStandIns({
  programs: ['systemctl', 'sleep'],
  units,
  hidden: ['certbot'],
  files: { ...OPENSSL, '/snap/bin/certbot': { text: CERTBOT, mode: 0o755 }, '/etc/letsencrypt/renewal/www.example.test.conf': 'version = 2.1.0\n', '/etc/nginx/nginx.conf': NGINX },
  setup: `mkdir -p /etc/letsencrypt/live/www.example.test /var/log/nginx /var/lib/nginx\n${make('/etc/letsencrypt/live/www.example.test/cert.pem', days)}\n${setup}`,
})
const renewal = (root: Parameters<typeof runbookIn>[0], inputs: Readonly<Record<string, string | number>> = {}) => runbookIn(root, 'certificate-renew', { name: 'www.example.test', ...inputs })

describe('certificate-renew', () => {
  test('renews a certificate that ends soon, and has the web server read it, once', async (context) => {
    const root = await throwawayRoot(context, machine(10))
    const runbook = await renewal(root)
    expect(await runbook.verify()).toMatchObject({ holds: false, result: { facts: { daysLeftAtLeast: 7, isGoodForLong: false } } })
    const run = await runbook.step('renew')
    expect(run).toMatchObject({ outcome: 'ok', result: { changedCount: 2 } })
    expect(run.result?.changed[1]).toBe('reloaded nginx')
    expect(await runbook.verify()).toMatchObject({ holds: true, result: { facts: { daysLeftAtLeast: 85 } } })
    expect(await runbook.step('renew')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual(['certbot renew --non-interactive --no-random-sleep-on-renew --cert-name www.example.test', 'reload nginx.service'])
  })

  test('does not ask the authority while the certificate is good for long', async (context) => {
    const root = await throwawayRoot(context, machine(60))
    expect(await (await renewal(root)).step('renew')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('starts the renewal of step, where that keeps the certificate', async (context) => {
    const root = await throwawayRoot(context, machine(10, { 'cert-renewer@db.example.test.service': { Type: 'oneshot', ActiveState: 'inactive' } }, `
mkdir -p /etc/step/certs
${make('/etc/step/certs/db.example.test.crt', 1)}
cat >/srv/units/cert-renewer@db.example.test.service.run <<'RUN'
${make('/etc/step/certs/db.example.test.crt', 40)}
RUN`))
    expect(await (await renewal(root, { name: 'db.example.test' })).step('renew')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
    expect(await callsIn(root)).toEqual(['start cert-renewer@db.example.test.service'])
  })

  test('starts acme.sh for exactly the certificate it keeps', async (context) => {
    const root = await throwawayRoot(context, machine(10, {}, `
mkdir -p /root/.acme.sh/shop.example.test_ecc
${make('/root/.acme.sh/shop.example.test_ecc/shop.example.test.cer', 1)}
cat >/root/.acme.sh/acme.sh <<'RUN'
#!/bin/sh
echo "acme.sh $*" >>/srv/calls
[ "$*" = '--renew --ecc --home /root/.acme.sh -d shop.example.test' ] || exit 64
${make('/root/.acme.sh/shop.example.test_ecc/shop.example.test.cer', 90)}
RUN
chmod +x /root/.acme.sh/acme.sh`))
    expect(await (await renewal(root, { name: 'shop.example.test' })).step('renew')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  })

  test.for<readonly [string, string, Readonly<Record<string, string>>, string]>([
    ['a certificate nobody keeps here', '', { name: 'other.example.test' }, 'certificate_unknown'],
    ['a web server whose configuration does not load', 'echo oops >>/etc/nginx/nginx.conf', {}, 'configuration_invalid'],
    ['a file that is no certificate', 'echo x >/etc/letsencrypt/live/www.example.test/cert.pem', {}, 'no_certificate'],
    ['a certificate without its tool', 'rm /snap/bin/certbot', {}, 'certificate_unknown'],
  ])('refuses %s, and asks no authority', async ([, setup, inputs, code], context) => {
    const root = await throwawayRoot(context, machine(10, { 'nginx.service': RUNNING }, setup))
    expect(await (await renewal(root, inputs)).step('renew')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test.for([
    ['the authority refuses', ': >/srv/authority-refuses', 'renewal_failed', 0],
    ['the tool says well and the certificate is the same', ': >/srv/certbot-lies', 'not_renewed', 0],
    ['the configuration does not load with the new one, which is not reloaded then', ': >/srv/breaks-nginx', 'configuration_invalid', 1],
  ] as const)('fails where %s', async ([, setup, code, changedCount], context) => {
    const root = await throwawayRoot(context, machine(10, { 'nginx.service': RUNNING }, setup))
    expect(await (await renewal(root)).step('renew')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code, changedCount } })
    expect(await callsIn(root)).not.toContain('reload nginx.service')
  })
})
