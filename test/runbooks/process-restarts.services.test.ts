/** The runbooks process-memory-over, zombie-processes and zombie-owner-restart, run on real processes; systemd is a stand-in, and a process's service is written over its cgroup file. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn } from '../harness/stand-ins.ts'
import { throwawayRoot, type ThrowawayRoot } from '../harness/throwaway-root.ts'

/** Keeps the state of services as files, and ends a service's process (/opt/state/<unit>.pid) when it is restarted. */
const SYSTEMD = standIn('systemctl', `
unit=$(printf '%s' "$*" | awk '{ print $NF }')
case $* in
  "show --property=LoadState --property=ActiveState --property=RefuseManualStart --property=RefuseManualStop -- $unit")
    printf 'LoadState=%s\\nActiveState=%s\\nRefuseManualStart=%s\\nRefuseManualStop=no\\n' loaded "$(cat /opt/state/active 2>/dev/null || echo active)" "$(cat /opt/state/refuses 2>/dev/null || echo no)" ;;
  "restart -- $unit")
    if [ -e /opt/state/restart-fails ]; then echo failed >/opt/state/active; exit 1; fi
    if [ -e "/opt/state/$unit.pid" ]; then kill -9 "$(cat "/opt/state/$unit.pid")"; fi ;;
  "is-active -- $unit") cat /opt/state/active 2>/dev/null || echo active ;;
  *) exit 64 ;;
esac`)

/** Starts a program called \`name\` that holds some megabytes of memory, as a process of \`unit\`. */
const hungry = (name: string, cgroup: string, unit: string) => `
cat >/opt/hungry.awk <<'END'
BEGIN { s = sprintf("%1048576s", ""); for (i = 0; i < 60; i++) a[i] = s i; print "full" >"/opt/state/full"; close("/opt/state/full"); getline line <"/opt/state/hold" }
END
mkdir -p /opt/state; mkfifo /opt/state/hold; cp "$(readlink -f "$(command -v awk)")" /opt/${name}
/opt/${name} -f /opt/hungry.awk </dev/null >/dev/null 2>&1 &
pid=$!
echo $pid >/opt/state/${unit}.pid
while [ ! -s /opt/state/full ]; do :; done
echo '0::${cgroup}' >/opt/state/cgroup; mount --bind /opt/state/cgroup /proc/$pid/cgroup
`
const restarts = async (root: ThrowawayRoot): Promise<string> => root.sh('grep "^restart" /opt/state/systemctl.calls || true')

describe('process-memory-over', () => {
  test('restarts the service of the process that is over, and nothing once it is gone', async (context) => {
    const root = await throwawayRoot(context, { setup: `${SYSTEMD}${hungry('php-fpm8.2', '/system.slice/php8.2-fpm.service', 'php8.2-fpm.service')}` })
    const runbook = await runbookIn(root, 'process-memory-over', { process: 'php-fpm8.2', limitMb: 50 })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { processes: 1, isOver: true }, changedCount: 0 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['restarted php8.2-fpm.service'], facts: { unit: 'php8.2-fpm.service', restarted: true } } })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { restarted: false } } })
    expect(await restarts(root)).toBe('restart -- php8.2-fpm.service\n')
  })

  test('leaves a process alone that is below its limit', async (context) => {
    const root = await throwawayRoot(context, { setup: `${SYSTEMD}${hungry('nginx', '/system.slice/nginx.service', 'nginx.service')}` })
    const runbook = await runbookIn(root, 'process-memory-over', { process: 'nginx', limitMb: 5000 })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await restarts(root)).toBe('')
  })

  test('does not restart a web server whose configuration does not load', async (context) => {
    const root = await throwawayRoot(context, { setup: `${SYSTEMD}${standIn('apache2ctl', 'exit 1')}${hungry('apache2', '/system.slice/apache2.service', 'apache2.service')}` })
    expect(await (await runbookIn(root, 'process-memory-over', { process: 'apache2', limitMb: 50 })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'configuration_invalid', changedCount: 0 } })
    expect(await restarts(root)).toBe('')
  })

  test('restarts a service it does not know only when a person names it', async (context) => {
    const root = await throwawayRoot(context, { setup: `${SYSTEMD}${hungry('billing', '/system.slice/billing.service', 'billing.service')}` })
    const unnamed = await runbookIn(root, 'process-memory-over', { process: 'billing', limitMb: 50 })
    expect(await unnamed.step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'service_unknown', changedCount: 0 } })
    const other = await runbookIn(root, 'process-memory-over', { process: 'billing', limitMb: 50, unit: 'shop.service' })
    expect(await other.step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'service_unknown' } })
    const named = await runbookIn(root, 'process-memory-over', { process: 'billing', limitMb: 50, unit: 'billing.service' })
    expect(await named.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['restarted billing.service'] } })
  })

  test('tells when a service does not come back', async (context) => {
    const root = await throwawayRoot(context, { setup: `${SYSTEMD}${hungry('nginx', '/system.slice/nginx.service', 'nginx.service')}${standIn('nginx', '')}touch /opt/state/restart-fails` })
    const runbook = await runbookIn(root, 'process-memory-over', { process: 'nginx', limitMb: 50 })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'restart_failed' } })
  })

  test.for([
    ['the agent that runs this very command', '/system.slice/amazon-ssm-agent.service', '', 'service_protected'],
    ['what log-ins come through', '/system.slice/ssh.service', '', 'service_protected'],
    ['a template of the system', '/system.slice/system-getty.slice/getty@tty1.service', '', 'service_protected'],
    ['a database', '/system.slice/postgresql@15-main.service', '', 'service_keeps_data'],
    ["somebody's session", '/user.slice/user-1000.slice/session-3.scope', '', 'no_service'],
    ['a service of a user', '/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service', '', 'no_service'],
    ['a container', '/system.slice/docker-0123456789abcdef.scope', '', 'no_service'],
    ['a name made to look like another', '/system.slice/evil;reboot.service', '', 'no_service'],
    ['a service that is being stopped', '/system.slice/nginx.service', 'echo deactivating >/opt/state/active', 'service_state'],
    ['a service that nobody may start by hand', '/system.slice/nginx.service', 'echo yes >/opt/state/refuses', 'service_state'],
  ] as const)('refuses %s, and restarts nothing', async ([, cgroup, setup, code], context) => {
    const root = await throwawayRoot(context, { setup: `${SYSTEMD}${hungry('eater', cgroup, 'none')}${setup}` })
    // Naming it does not help.
    const runbook = await runbookIn(root, 'process-memory-over', { process: 'eater', limitMb: 50, unit: (/[^/]*$/.exec(cgroup)?.[0] ?? '').replace(/[^A-Za-z0-9@_.:-]/g, '') })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await restarts(root)).toBe('')
  })
})

/** A parent with three zombies. `heeds`: it looks after its children when it is told that one has ended. */
const parent = (heeds: boolean) => `
cat >/opt/parent.pl <<'END'
use POSIX ":sys_wait_h";
my @pids;
for (1 .. 3) { my $pid = fork(); exit 0 if $pid == 0; push @pids, $pid; }
for my $pid (@pids) { my $state = ""; until ($state =~ /^State:\\s+Z/m) { open(my $f, "<", "/proc/$pid/status"); local $/; $state = <$f>; } }
if (${heeds ? 1 : 0}) { $SIG{CHLD} = sub { 1 while waitpid(-1, WNOHANG) > 0; }; }
open(my $ready, ">", "/opt/state/ready"); close($ready);
sleep 1 while 1;
END
mkdir -p /opt/state; setsid perl /opt/parent.pl </dev/null >/dev/null 2>&1 &
echo $! >/opt/state/parent
until [ -e /opt/state/ready ]; do :; done
`

describe('zombie-processes', () => {
  test('reminds a parent, which takes its children away, and has nothing to do the second time', async (context) => {
    const root = await throwawayRoot(context, { setup: parent(true) })
    const runbook = await runbookIn(root, 'zombie-processes')
    const reminded = await runbook.step('remind')
    expect(reminded).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['3 zombie processes were taken away by their parents'], facts: { zombiesBefore: 3, zombies: 0 } } })
    expect(reminded.result?.facts['parent1']).toMatch(/^3 of perl \(\d+\) no service$/)
    expect(await root.sh('kill -0 "$(cat /opt/state/parent)" && echo alive')).toBe('alive\n')
    expect(await runbook.step('remind')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0, message: 'There are no zombie processes that a program has to look after.' } })
  })

  test('tells of a parent that does not heed it, and kills nobody', async (context) => {
    const root = await throwawayRoot(context, { setup: parent(false) })
    const runbook = await runbookIn(root, 'zombie-processes')
    expect(await runbook.step('remind')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { zombiesBefore: 3, zombies: 3 } } })
    expect(await root.sh('kill -0 "$(cat /opt/state/parent)" && echo alive')).toBe('alive\n')
  })
})

describe('zombie-owner-restart', () => {
  const owned = (unit: string) => `${SYSTEMD}${parent(false)}
echo '0::/system.slice/${unit}' >/opt/state/cgroup; mount --bind /opt/state/cgroup /proc/$(cat /opt/state/parent)/cgroup
cp /opt/state/parent /opt/state/${unit}.pid`

  test('restarts the service a person named when its zombies are there, and not again', async (context) => {
    const root = await throwawayRoot(context, { setup: owned('worker.service') })
    const runbook = await runbookIn(root, 'zombie-owner-restart', { unit: 'worker.service' })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['restarted worker.service'], facts: { zombiesOfUnit: 3 } } })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { zombiesOfUnit: 0 } } })
    expect(await restarts(root)).toBe('restart -- worker.service\n')
  })

  test('leaves a service alone whose zombies they are not, and refuses those that carry the system', async (context) => {
    const root = await throwawayRoot(context, { setup: owned('worker.service') })
    expect(await (await runbookIn(root, 'zombie-owner-restart', { unit: 'shop.service' })).step('restart')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    expect(await (await runbookIn(root, 'zombie-owner-restart', { unit: 'docker.service' })).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'service_protected' } })
    expect(await restarts(root)).toBe('')
  })
})
