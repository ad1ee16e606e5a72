/** The runbook redis-memory, run against a real Redis in a throw-away root. */
import { describe, expect, test } from 'vitest'
import { find } from '../services/packages.ts'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** With \`debug set-active-expire 0\` keys stay until somebody looks at them, as they do on a server that has no time. */
const redis = (options = '', cli = 'redis-cli') => `
mkdir -p /var/lib/redis
setsid redis-server --bind 127.0.0.1 --port 6379 --dir /var/lib/redis --save '' --appendonly no --enable-debug-command yes ${options} </dev/null >/var/log/redis.log 2>&1 &
tries=0
until [ "$(${cli} ping 2>/dev/null)" = PONG ]; do tries=$((tries + 1)); [ $tries -lt 600 ] || { cat /var/log/redis.log >&2; exit 1; }; sleep 0.05; done
`
const KEYS = (cli = 'redis-cli') => `
${cli} debug set-active-expire 0 >/dev/null
for n in 0 3; do
  awk 'BEGIN { for (i = 0; i < 3000; i++) print "set dying" i " x px 1"; for (i = 0; i < 500; i++) print "set living" i " x ex 100000"; for (i = 0; i < 500; i++) print "set lasting" i " x" }' | ${cli} -n $n >/dev/null
done
${cli} config set maxmemory 50mb >/dev/null; ${cli} config set maxmemory-policy allkeys-lru >/dev/null
`

describe('redis-memory', () => {
  test('removes keys whose time is over and no other, in every database, and nothing the second time', async (context) => {
    expect(find('redis-server'), 'Debian package redis-server is missing: bash .ci/run packages').toBeDefined()
    const root = await throwawayRoot(context, { setup: `${redis()}${KEYS()}` })
    const runbook = await runbookIn(root, 'redis-memory')
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { changedCount: 0, facts: { role: 'master', policy: 'allkeys-lru', evictedKeys: 0 } } })
    expect(await root.sh('redis-cli dbsize; redis-cli -n 3 dbsize')).toBe('4000\n4000\n')
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['6000 keys whose time was over were removed'], facts: { expiredKeys: 6000 } } })
    expect(await root.sh('redis-cli dbsize; redis-cli -n 3 dbsize; redis-cli config get maxmemory-policy | tail -n 1; redis-cli config get maxmemory | tail -n 1')).toBe('1000\n1000\nallkeys-lru\n52428800\n')
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0, facts: { expiredKeys: 0 } } })
    expect(await root.sh('redis-cli info commandstats | grep -c -i -e flush -e "config.set:calls=[3-9]" || true')).toBe('0\n')
  })

  test('gives memory back that is held in reserve, and not what keys use', async (context) => {
    // Every second of many small values goes: what they used is free inside of the pages that the others hold.
    const root = await throwawayRoot(context, { setup: `${redis()}
redis-cli eval "for i = 1, 400000 do redis.call('set', 'k' .. i, string.rep('x', 200)) end" 0 >/dev/null
redis-cli eval "for i = 1, 400000 do if i % 10 ~= 0 then redis.call('del', 'k' .. i) end end" 0 >/dev/null` })
    const runbook = await runbookIn(root, 'redis-memory')
    const relieved = await runbook.step('relieve')
    expect(relieved).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { expiredKeys: 0 } } })
    expect(await root.sh('redis-cli dbsize; redis-cli info commandstats | grep -c "cmdstat_memory|purge"')).toBe('40000\n1\n')
  })

  test('finds the password in the file of the server, and tells it nowhere', async (context) => {
    const cli = 'REDISCLI_AUTH=geheim redis-cli'
    const root = await throwawayRoot(context, { files: { 'etc/redis/redis.conf': 'bind 127.0.0.1\nrequirepass "geheim"\n' }, setup: `${redis('--requirepass geheim', cli)}${KEYS(cli)}` })
    const runbook = await runbookIn(root, 'redis-memory')
    const relieved = await runbook.step('relieve')
    expect(relieved).toMatchObject({ outcome: 'ok', result: { facts: { expiredKeys: 6000 } } })
    expect(relieved.stdout + relieved.stderr).not.toContain('geheim')
  })

  test('tells its password to nobody who listens in place of the server', async (context) => {
    const root = await throwawayRoot(context, { files: { 'etc/redis/redis.conf': 'requirepass "geheim"\n' }, setup: ': >/srv/heard; chmod 666 /srv/heard' })
    await root.start(`exec setpriv --reuid=65534 --regid=65534 --clear-groups perl -MIO::Socket::INET -e '
my $at = IO::Socket::INET->new(LocalAddr => "127.0.0.1:6379", Listen => 9, ReuseAddr => 1) or die;
while (my $one = $at->accept) { while (sysread($one, my $text, 4096)) { open(my $out, ">>", "/srv/heard"); print $out $text; close $out; syswrite($one, "-NOAUTH Authentication required.\\r\\n") } }'`)
    await root.sh('for n in $(seq 600); do if ss -Hltn | grep -qF "127.0.0.1:6379 "; then exit 0; fi; perl -e "select undef,undef,undef,0.05"; done; exit 1')
    const runbook = await runbookIn(root, 'redis-memory')
    for (const step of ['measure', 'relieve']) expect(await runbook.step(step)).toMatchObject({ outcome: 'refused', result: { code: 'not_redis', changedCount: 0 } })
    expect(await root.sh('cat /srv/heard')).toBe('')
  })

  test('does not reckon with what a server says is a number and is none', async (context) => {
    const root = await throwawayRoot(context, { setup: standIn('redis-cli', 'case $* in *ping) echo PONG ;; *"info all") printf "role:master\\r\\nexpired_keys:a[\\$(touch /srv/ran)]\\r\\nused_memory:1\\r\\n" ;; *) exit 64 ;; esac') })
    expect(await (await runbookIn(root, 'redis-memory')).step('relieve')).toMatchObject({ outcome: 'ok', result: { facts: { expiredKeys: 0 } } })
    expect(await root.sh('ls /srv')).not.toContain('ran')
  })

  test.for([
    ['a server that does not answer', '', 'not_reachable'],
    ['a server whose password is not known', redis('--requirepass geheim', 'REDISCLI_AUTH=geheim redis-cli'), 'not_reachable'],
    ['a replica', `${redis()}redis-cli replicaof 127.0.0.1 6999 >/dev/null`, 'is_replica'],
    ['a machine without redis-cli', without('redis-cli'), 'missing_command'],
    ['a server that loads its data', standIn('redis-cli', 'case $* in *ping) echo PONG ;; *"info all") printf "role:master\\r\\nloading:1\\r\\nused_memory:1\\r\\n" ;; *) exit 64 ;; esac'), 'is_loading'],
  ] as const)('refuses %s', async ([, setup, code], context) => {
    const root = await throwawayRoot(context, { setup })
    expect(await (await runbookIn(root, 'redis-memory')).step('relieve')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
  })
})
