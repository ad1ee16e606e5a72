/** The runbook dhcp-lease-renew, run for real over real interfaces; the DHCP client stands in. The danger is to lose the address the command came by. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, RUNNING, withStandIns, type Unit } from './stand-ins.ts'

const NETWORKCTL = `#!/bin/sh
case "$*" in
  'list --no-legend --no-pager -- eth0') echo '  2 eth0 ether routable configured' ;;
  'list --no-legend --no-pager -- '*) echo '  3 other ether routable unmanaged' ;;
  'renew eth0') echo "networkctl $*" >>/srv/calls; [ ! -e /srv/refuses ] || exit 1
    ip -4 addr flush dev eth0; if [ ! -e /srv/no-answer ]; then ip addr add "$(cat /srv/offer)" dev eth0 valid_lft 3600 preferred_lft 3600; fi ;;
  *) echo "unexpected: networkctl $*" >>/srv/calls; exit 64 ;;
esac
`
const machine = (setup: string, units: Readonly<Record<string, Unit>> = { 'systemd-networkd.service': RUNNING }) => withStandIns({
  programs: ['systemctl', 'sleep'],
  units,
  hidden: ['networkctl', 'nmcli', 'dhclient'],
  files: { '/opt/stand-ins/networkctl': { text: NETWORKCTL, mode: 0o755 }, '/srv/offer': '192.0.2.9/24\n' },
  setup: `for place in /usr/bin /usr/sbin; do if [ -e $place/networkctl ]; then mount --bind /opt/stand-ins/networkctl $place/networkctl; fi; done
ip link add eth0 type veth peer name far0; ip link set far0 up; ip link set eth0 up; ip link add eth1 type veth peer name far1\n${setup}`,
})
const LEASED = 'ip addr add 192.0.2.9/24 dev eth0 valid_lft 600 preferred_lft 600'

describe('dhcp-lease-renew', () => {
  test('renews a lease and keeps the address', async (context) => {
    const root = await throwawayRoot(context, machine(LEASED))
    const runbook = await runbookIn(root, 'dhcp-lease-renew', { interface: 'eth0' })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { hasLease: true, address: '192.0.2.9/24' }, changedCount: 0 } })
    expect(await runbook.step('renew')).toMatchObject({ outcome: 'ok', result: { changed: ['asked networkd to renew the lease of eth0'], facts: { address: '192.0.2.9/24' } } })
    const verified = await runbook.verify()
    expect(verified).toMatchObject({ holds: true })
    expect(verified.result?.facts['leaseSeconds']).toBeGreaterThan(3_000)
    expect(await runbook.step('renew')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  })

  test('says when the address is another one', async (context) => {
    const root = await throwawayRoot(context, machine(`${LEASED}\necho 192.0.2.77/24 >/srv/offer`))
    expect(await (await runbookIn(root, 'dhcp-lease-renew', { interface: 'eth0' })).step('renew')).toMatchObject({ outcome: 'ok', result: { changed: [expect.any(String), 'the address of eth0 is 192.0.2.77/24 (was 192.0.2.9/24)'] } })
  })

  test('gets an address where there was none', async (context) => {
    const root = await throwawayRoot(context, machine(''))
    const runbook = await runbookIn(root, 'dhcp-lease-renew', { interface: 'eth0' })
    expect(await runbook.verify()).toMatchObject({ holds: false, result: { facts: { hasLease: false } } })
    expect(await runbook.step('renew')).toMatchObject({ outcome: 'ok' })
    expect(await runbook.verify()).toMatchObject({ holds: true })
  })

  test.for<readonly [string, string, string, Readonly<Record<string, Unit>>, string]>([
    ['a fixed address', 'eth0', 'ip addr add 192.0.2.5/24 dev eth0', { 'systemd-networkd.service': RUNNING }, 'address_fixed'],
    ['an interface there is not', 'eth7', LEASED, { 'systemd-networkd.service': RUNNING }, 'interface_unknown'],
    ['the loopback', 'lo', LEASED, { 'systemd-networkd.service': RUNNING }, 'interface_unknown'],
    ['an interface nobody looks after', 'eth1', LEASED, { 'systemd-networkd.service': RUNNING }, 'client_unknown'],
    ['a machine whose client is not known', 'eth0', LEASED, {}, 'client_unknown'],
  ])('refuses %s, and changes nothing', async ([, name, setup, units, code], context) => {
    const root = await throwawayRoot(context, machine(setup, units))
    const before = await root.sh('ip -4 -o addr show | sed "s/valid_lft.*//"')
    expect(await (await runbookIn(root, 'dhcp-lease-renew', { interface: name })).step('renew')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
    expect(await root.sh('ip -4 -o addr show | sed "s/valid_lft.*//"')).toBe(before)
  })

  test('starts no second dhclient beside the one that looks after an interface', async (context) => {
    const root = await throwawayRoot(context, machine(`${LEASED}\ncp /usr/bin/tail /opt/dhclient; : >/opt/eth0; printf '#!/bin/sh\\necho "dhclient $*" >>/srv/calls\\n' >/opt/stand-ins/dhclient; chmod 755 /opt/stand-ins/dhclient`, {}))
    await root.start('cd /opt; exec /opt/dhclient -f eth0')
    await root.sh('for n in $(seq 600); do if pgrep -x dhclient >/dev/null; then break; fi; perl -e "select undef,undef,undef,0.1"; done; pgrep -x dhclient')
    expect(await (await runbookIn(root, 'dhcp-lease-renew', { interface: 'eth0' })).step('renew')).toMatchObject({ outcome: 'refused', result: { code: 'renewal_unsafe', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('fails where the server refuses, and where no address comes', async (context) => {
    const root = await throwawayRoot(context, machine(`${LEASED}\n: >/srv/refuses`))
    const runbook = await runbookIn(root, 'dhcp-lease-renew', { interface: 'eth0' })
    expect(await runbook.step('renew')).toMatchObject({ outcome: 'failed', result: { code: 'renew_failed' } })
    await root.sh('rm /srv/refuses; : >/srv/no-answer')
    expect(await runbook.step('renew')).toMatchObject({ outcome: 'failed', result: { code: 'no_address' } })
  })
})
