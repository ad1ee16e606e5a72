/** The runbook dns-flush, run for real; the resolvers stand in, names are looked up for real. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, RUNNING, withStandIns, type Unit } from './stand-ins.ts'

const machine = (units: Readonly<Record<string, Unit>>, setup = '') =>
  withStandIns({ programs: ['systemctl', 'resolvectl', 'nscd', 'unbound-control', 'sleep'], units, files: { '/etc/hosts': '127.0.0.1 localhost\n192.0.2.7 db.example.test\n' }, setup })

describe('dns-flush', () => {
  test('empties the caches of all resolvers that run, and no others', async (context) => {
    const root = await throwawayRoot(context, machine({ 'systemd-resolved.service': RUNNING, 'nscd.service': RUNNING, 'dnsmasq.service': RUNNING, 'unbound.service': { ActiveState: 'inactive' } }))
    const runbook = await runbookIn(root, 'dns-flush', { name: 'db.example.test' })
    expect(await runbook.step('flush')).toMatchObject({ outcome: 'ok', result: { changed: ['emptied the cache of systemd-resolved', 'emptied the cache of nscd', 'emptied the cache of dnsmasq'], facts: { flushed: 3 } } })
    expect(await callsIn(root)).toEqual(['resolvectl flush-caches', 'nscd -i hosts', 'kill dnsmasq.service'])
    expect(await runbook.verify()).toMatchObject({ holds: true, result: { facts: { address: '192.0.2.7' } } })
    expect(await runbook.step('flush')).toMatchObject({ outcome: 'ok', result: { facts: { flushed: 3 } } })
  })

  test('empties unbound', async (context) => {
    const root = await throwawayRoot(context, machine({ 'unbound.service': RUNNING }))
    expect(await (await runbookIn(root, 'dns-flush')).step('flush')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
    expect(await callsIn(root)).toEqual(['unbound-control flush_zone .'])
  })

  test('says that a name has no address', async (context) => {
    const root = await throwawayRoot(context, machine({ 'nscd.service': RUNNING }))
    expect(await (await runbookIn(root, 'dns-flush', { name: 'gone.example.test' })).verify()).toMatchObject({ outcome: 'ok', holds: false, result: { facts: { isResolving: false } } })
  })

  test('refuses a machine without a cache it knows', async (context) => {
    const root = await throwawayRoot(context, machine({ 'named.service': RUNNING }))
    expect(await (await runbookIn(root, 'dns-flush')).step('flush')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'no_cache', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('fails where a resolver does not take it, and says which', async (context) => {
    const root = await throwawayRoot(context, machine({ 'nscd.service': RUNNING, 'unbound.service': RUNNING }, ': >/srv/nscd.fails'))
    expect(await (await runbookIn(root, 'dns-flush')).step('flush')).toMatchObject({ outcome: 'failed', result: { code: 'flush_failed', message: 'these could not be emptied: nscd', changed: ['emptied the cache of unbound'] } })
  })
})
