/** The runbook m365-service-health, run for real: a metadata service at its address, and Microsoft Graph over real TLS under its own name. The danger is to show the token. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot, type ThrowawayRoot } from '../harness/throwaway-root.ts'
import { listening, startMetadata, withMetadata } from './metadata.ts'

const TOKEN = 'eyJ0eXAiOiJKV1QifQ.c2VjcmV0.c2lnbmF0dXJl-_'
const IDENTITY = { identity: JSON.stringify({ access_token: TOKEN, client_id: 'c', expires_in: '86400', resource: 'https://graph.microsoft.com/', token_type: 'Bearer' }) }
const overview = (service: string, status: string) => ({ service, status, id: service.replaceAll(' ', '') })
const WELL = { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#admin/serviceAnnouncement/healthOverviews', value: [overview('Exchange Online', 'serviceOperational'), overview('Microsoft Teams', 'serviceRestored'), overview('SharePoint Online', 'falsePositive')] }
const ILL = { value: [overview('Exchange Online', 'serviceDegradation'), overview('Microsoft Teams', 'serviceOperational'), overview('Microsoft Intune', 'investigating')] }

/** One answer for one request, which is kept in /srv/request. */
const GRAPH = `#!/bin/sh
rm -f /srv/pipe; mkfifo /srv/pipe
openssl s_server -quiet -accept 127.0.0.1:443 -naccept 1 -cert /srv/graph.pem -key /srv/graph.key </srv/pipe 2>/dev/null | perl -e '
  $| = 1; open(my $request, ">", "/srv/request"); while (my $line = <STDIN>) { print $request $line; last if $line =~ /^\\r?\\n$/ } close $request;
  open(my $answer, "<", "/srv/answer"); local $/; print <$answer>; select undef, undef, undef, 30' >/srv/pipe
`
const CONFIG = '[req]\ndistinguished_name = name\n[name]\n'

async function machine(context: Parameters<typeof throwawayRoot>[0], answers: Readonly<Record<string, string>>, status: number, body: unknown, names = 'DNS:graph.microsoft.com'): Promise<ThrowawayRoot> {
  const text = JSON.stringify(body)
  const root = await throwawayRoot(context, withMetadata(answers, {
    files: { '/srv/graph.sh': GRAPH, '/srv/answer': `HTTP/1.1 ${status} Told\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`, '/etc/ssl/openssl.cnf': CONFIG, '/etc/hosts': '127.0.0.1 localhost graph.microsoft.com\n' },
    setup: `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=graph -addext 'subjectAltName=${names}' -keyout /srv/graph.key -out /srv/graph.pem 2>/dev/null
mkdir -p /etc/ssl/certs; cp /srv/graph.pem /etc/ssl/certs/ca-certificates.crt`,
  }))
  await startMetadata(root)
  await root.start('exec sh /srv/graph.sh')
  await listening(root, '127.0.0.1:443')
  return root
}

describe('m365-service-health', () => {
  test('tells the services that are not as they should be, and never the token', async (context) => {
    const root = await machine(context, IDENTITY, 200, ILL)
    const run = await (await runbookIn(root, 'm365-service-health')).step('check')
    expect(run).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 0, facts: { services: 3, degradedServices: 2, degradedNames: 'Exchange Online (serviceDegradation), Microsoft Intune (investigating)' } } })
    expect(await root.sh('cat /srv/request')).toMatch(new RegExp(`^GET /v1\\.0/admin/serviceAnnouncement/healthOverviews HTTP/1\\.1\\r\\n(?:.*\\r\\n)*Authorization: Bearer ${TOKEN}\\r\\n`))
    expect(run.stdout + run.stderr).not.toContain('eyJ0')
    expect(await root.sh('grep -rlF eyJ0 /run /tmp /var /root 2>/dev/null || true')).toBe('')
  })

  test('tells that all is well', async (context) => {
    const root = await machine(context, IDENTITY, 200, WELL)
    expect(await (await runbookIn(root, 'm365-service-health')).step('check')).toMatchObject({ outcome: 'ok', result: { facts: { services: 3, degradedServices: 0, degradedNames: '' } } })
  })

  test.for<readonly [string, Readonly<Record<string, string>>, number, unknown, string, string, string]>([
    ['refuses an identity without permission', IDENTITY, 403, { error: { code: 'UnknownError' } }, 'DNS:graph.microsoft.com', 'refused', 'no_permission'],
    ['refuses a machine without an identity', {}, 200, ILL, 'DNS:graph.microsoft.com', 'refused', 'no_identity'],
    ['fails where Graph is unwell itself', IDENTITY, 503, { error: {} }, 'DNS:graph.microsoft.com', 'failed', 'graph_refused'],
    ['fails where the answer names no service', IDENTITY, 200, { value: [] }, 'DNS:graph.microsoft.com', 'failed', 'answer_unreadable'],
    ['tells the token to nobody who is not Graph', IDENTITY, 200, ILL, 'DNS:elsewhere.example.test', 'failed', 'graph_silent'],
  ])('%s', async ([, answers, status, body, names, outcome, code], context) => {
    const root = await machine(context, answers, status, body, names)
    const run = await (await runbookIn(root, 'm365-service-health')).step('check')
    expect(run).toMatchObject({ outcome, result: { code, changedCount: 0 } })
    expect(run.stdout + run.stderr).not.toContain('eyJ0')
  })

  test('refuses a machine that is not one of Azure', async (context) => {
    const root = await throwawayRoot(context)
    expect(await (await runbookIn(root, 'm365-service-health')).step('check')).toMatchObject({ outcome: 'refused', result: { code: 'no_metadata_service' } })
  })
})
