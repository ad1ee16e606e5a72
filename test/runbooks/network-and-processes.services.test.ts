/** The runbooks that only report, run for real: network-diagnosis, cpu-runaway-report and file-handles-report. Each must see what is there, and change nothing. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** A network of two ends: eth0 here, and a far end with a gateway in a namespace of its own. */
const NETWORK = `
ip link add eth0 type veth peer name far
unshare --net sh -c 'echo $$ >/run/far.pid; exec tail -f /dev/null' >/dev/null 2>&1 &
for n in $(seq 600); do if [ -s /run/far.pid ]; then break; fi; perl -e 'select undef,undef,undef,0.05'; done
pid=$(cat /run/far.pid)
ip link set far netns "$pid"
ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up
nsenter --target "$pid" --net sh -c 'ip addr add 192.0.2.1/24 dev far; ip link set far up; ip link set lo up'
ip route add default via 192.0.2.1
`
const FILES = { '/etc/hosts': '127.0.0.1 localhost\n192.0.2.1 gateway.example.test\n192.0.2.99 gone.example.test\n', '/etc/resolv.conf': 'nameserver 192.0.2.53\nnameserver 192.0.2.54\n' }

describe('network-diagnosis', () => {
  test('tells addresses, gateway, resolvers and a host that answers', async (context) => {
    const root = await throwawayRoot(context, { files: FILES, setup: NETWORK })
    const run = await (await runbookIn(root, 'network-diagnosis', { host: 'gateway.example.test' })).step('report')
    expect(run).toMatchObject({ outcome: 'ok', exitCode: 0, result: { message: 'the network looks well from here', changedCount: 0, facts: { addresses: 'eth0 192.0.2.2/24', interfacesDown: 0, gateway: '192.0.2.1', gatewayLossPercent: 0, resolvers: '192.0.2.53 192.0.2.54', isResolving: true, address: '192.0.2.1', lossPercent: 0, via: 'eth0' } } })
    expect(run.result?.facts['gatewayMs']).toBeGreaterThanOrEqual(0)
  })

  test('tells an open port from one where nobody listens', async (context) => {
    const root = await throwawayRoot(context, { files: FILES, setup: NETWORK })
    await root.start('exec redis-server --port 6390 --bind 127.0.0.1 --dir /tmp --save ""')
    await root.sh('for n in $(seq 600); do if ss -Hltn | grep -q :6390; then break; fi; perl -e "select undef,undef,undef,0.05"; done')
    expect(await (await runbookIn(root, 'network-diagnosis', { host: 'localhost', port: 6390 })).step('report')).toMatchObject({ outcome: 'ok', result: { facts: { isPortOpen: true } } })
    expect(await (await runbookIn(root, 'network-diagnosis', { host: '127.0.0.1', port: 6391 })).step('report')).toMatchObject({ outcome: 'ok', result: { message: '127.0.0.1 does not take connections at port 6391', facts: { isPortOpen: false } } })
  })

  test.for<readonly [string, Readonly<Record<string, string>>, string, string, Readonly<Record<string, unknown>>]>([
    ['a host that does not answer', { host: 'gone.example.test' }, NETWORK, '100% of the packets to gone.example.test are lost', { lossPercent: 100, meanMs: -1 }],
    ['a name without an address', { host: 'nobody.example.test' }, NETWORK, 'nobody.example.test has no address', { isResolving: false }],
    ['a gateway that does not answer', {}, `${NETWORK}\nnsenter --target "$(cat /run/far.pid)" --net ip link set far down`, 'the gateway 192.0.2.1 does not answer', { gatewayLossPercent: 100 }],
    ['a machine without a default route', {}, 'true', 'there is no default route', { gateway: 'none' }],
    ['a cable that is out', {}, `${NETWORK}\nip link add eth1 type veth peer name eth2; ip link set eth2 up; ip link set eth1 up; ip link set eth2 down`, 'the network looks well from here', { interfacesDown: 1 }],
  ])('tells %s', async ([, inputs, setup, message, facts], context) => {
    const root = await throwawayRoot(context, { files: FILES, setup })
    expect(await (await runbookIn(root, 'network-diagnosis', inputs)).step('report')).toMatchObject({ outcome: 'ok', result: { message, facts, changedCount: 0 } })
  })
})

describe('cpu-runaway-report', () => {
  test('names the process that runs away, by its name and not by its arguments', async (context) => {
    const root = await throwawayRoot(context, { setup: 'cp /usr/bin/perl "/opt/run (away)"' })
    await root.start('exec "/opt/run (away)" -e "while (1) {}" password=secret')
    await root.sh('for n in $(seq 600); do if grep -sqxF "run (away)" /proc/[0-9]*/comm; then exit 0; fi; perl -e "select undef,undef,undef,0.05"; done; exit 1')
    const run = await (await runbookIn(root, 'cpu-runaway-report', { seconds: 2 })).step('report')
    expect(run).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 0 } })
    expect(run.result?.facts['top1']).toMatch(/^\d+% run__away_ \(pid \d+/)
    expect(run.stdout).not.toContain('secret')
  })

  test('says that no process stands out on a quiet machine', async (context) => {
    const root = await throwawayRoot(context)
    expect(await (await runbookIn(root, 'cpu-runaway-report', { seconds: 1 })).step('report')).toMatchObject({ outcome: 'ok', result: { message: expect.stringMatching(/^no process stands out; load /) as string } })
  })
})

describe('file-handles-report', () => {
  test('names the process nearest to its limit', async (context) => {
    const root = await throwawayRoot(context, { setup: 'cp /usr/bin/perl /opt/leaker' })
    await root.start('ulimit -n 100; exec /opt/leaker -e "my @open; while (open(my \\$f, q(<), q(/dev/null))) { push @open, \\$f } sub wait_on { select undef, undef, undef, 1 } wait_on() while 1"')
    await root.sh('for n in $(seq 600); do pid=$(pgrep -x leaker || true); if [ -n "$pid" ] && [ "$(ls /proc/$pid/fd | wc -l)" -ge 100 ]; then break; fi; perl -e "select undef,undef,undef,0.05"; done')
    const run = await (await runbookIn(root, 'file-handles-report')).step('report')
    expect(run).toMatchObject({ outcome: 'ok', result: { changedCount: 0, facts: { topPercent: expect.any(Number) as number } } })
    // What it was handed before its limit was set counts too, so it may be one or two more.
    expect(run.result?.facts['top1']).toMatch(/^10\d% leaker \(pid \d+.*\): 10\d of 100$/)
    expect(run.result?.message).toMatch(/^leaker.* holds 10\d of 100 files$/)
  })

  test('says that nobody is near a limit', async (context) => {
    const root = await throwawayRoot(context)
    expect(await (await runbookIn(root, 'file-handles-report')).step('report')).toMatchObject({ outcome: 'ok', result: { message: 'no process is near its limit' } })
  })
})
