import { expect, test } from 'vitest'
import { sendersOf } from '../../cli/senders.ts'
import { NO_AUTHENTICATION } from '../../schemas/authentication.ts'
import type { IntegrationView } from '../../schemas/views.ts'

const DAY_MS = 86_400_000
const nowMs = Date.UTC(2026, 5, 1)
const ago = (days: number): string => new Date(nowMs - days * DAY_MS).toISOString()
const key = (change: Partial<IntegrationView['keys'][number]> = {}): IntegrationView['keys'][number] => ({ id: 'key-1', createdAt: ago(10), expiresAt: null, lastUsedAt: ago(0), ...change })
const integration = (change: Partial<IntegrationView> = {}): IntegrationView => ({
  id: 'int-1', companyId: 'com-1', source: 'zabbix', name: 'main', requireHmac: true, disabled: false, authentication: NO_AUTHENTICATION, hasVendorSecret: false, vendorSecretSince: null,
  previousVendorSecretExpiresAt: null, mapping: null, heartbeatSeconds: null, heartbeatGraceSeconds: 0, createdAt: ago(10), keys: [key()], ...change,
})
const said = (change: Partial<IntegrationView>): string[] => sendersOf('Acme', [integration(change)], nowMs).map(({ what, state, detail }) => `${state} ${what} ${detail}`)

test.each<[string, Partial<IntegrationView>]>([
  ['signed and in use', {}], ['unsigned by us but proven by its vendor', { requireHmac: false, hasVendorSecret: true, vendorSecretSince: ago(1) }],
  ['unsigned by us but proven by its settings', { requireHmac: false, authentication: { ...NO_AUTHENTICATION, staticHeader: 'x-token' } }],
  ['signed by SNS for topics that are named', { source: 'aws-cloudwatch', authentication: { ...NO_AUTHENTICATION, snsTopics: ['123456789012'] } }],
  ['made today', { keys: [key({ createdAt: ago(0.5), lastUsedAt: null })] }], ['rotated with weeks to go', { keys: [key({ expiresAt: ago(-20) })] }],
  ['disabled', { disabled: true, requireHmac: false, keys: [] }],
])('says nothing of an integration that is %s', (_what, change) => {
  expect(said(change)).toEqual([])
})

test.each<[Partial<IntegrationView>, string[]]>([
  [{ requireHmac: false }, ['notice unsigned: Acme main (zabbix) may send without a signature']],
  [{ requireHmac: false, authentication: { ...NO_AUTHENTICATION, allowedNetworks: ['10.0.0.0/8'] } }, ['notice unsigned: Acme main (zabbix) may send without a signature, from 1 networks alone']],
  [{ requireHmac: false, keys: [key({ createdAt: ago(0), lastUsedAt: null })] }, ['notice unsigned: Acme main (zabbix) may send without a signature, never used']],
  [{ source: 'aws-cloudwatch' }, [expect.stringContaining('authentication.snsTopics') as string]],
  [{ keys: [] }, [expect.stringContaining('has no live key') as string]],
  [{ keys: [key({ lastUsedAt: null })] }, [expect.stringContaining('key-1 was never used in 10 days') as string]],
  [{ keys: [key({ createdAt: ago(100), lastUsedAt: ago(90) })] }, [expect.stringContaining('not used for 90 days') as string]],
  [{ keys: [key({ createdAt: ago(365) })] }, [expect.stringContaining('365 days old') as string]],
  [{ keys: [key({ expiresAt: ago(-2) })] }, [expect.stringContaining('still used: give the tool the new one') as string]],
  [{ keys: [key({ expiresAt: ago(-2), lastUsedAt: ago(30) })] }, [expect.stringMatching(/ends at [\dTZ:.-]+$/) as string]],
  [{ hasVendorSecret: true, vendorSecretSince: ago(0), previousVendorSecretExpiresAt: ago(-1) }, [expect.stringContaining('before the present one until') as string]],
  [{ hasVendorSecret: true, vendorSecretSince: ago(400) }, [expect.stringContaining('a vendor secret of 400 days') as string]],
])('of %j it says %j', (change, sentences) => {
  expect(said(change)).toEqual(sentences)
})
