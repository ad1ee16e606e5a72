/** The runbook time-synchronise. No test may set the machine's clock, so chronyc, systemctl and timedatectl are stand-ins with an offset of their own, which refuse what they do not know. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** Services that run or are enabled are files; a restart makes timedatectl say yes. */
const systemd = (...active: readonly string[]) => `${standIn('systemctl', `
unit=$(printf '%s' "$*" | awk '{ print $NF }')
case $* in
  "is-active -- $unit") if [ -e "/opt/state/active-$unit" ]; then echo active; else echo inactive; exit 3; fi ;;
  "is-enabled -- $unit") if [ -e "/opt/state/enabled-$unit" ]; then echo enabled; else echo disabled; exit 1; fi ;;
  "restart -- $unit" | "start -- $unit") touch "/opt/state/active-$unit"; echo yes >/opt/state/ntp ;;
  *) exit 64 ;;
esac`)}${active.map((unit) => `touch /opt/state/active-${unit}\n`).join('')}`
const timedatectl = `${standIn('timedatectl', `
case $* in
  'show --property=NTPSynchronized --property=NTP') echo NTP=yes; echo "NTPSynchronized=$(cat /opt/state/ntp)" ;;
  'show --property=NTPSynchronized --value') cat /opt/state/ntp ;;
  *) exit 64 ;;
esac`)}echo no >/opt/state/ntp\n`
const chrony = (offset: string) => `${standIn('chronyc', `
case $* in
  '-n tracking') printf 'Reference ID    : C0A80001\\nSystem time     : %s seconds fast of NTP time\\nLeap status     : %s\\n' "$(cat /opt/state/offset)" "$(cat /opt/state/leap)" ;;
  '-n online' | '-n burst 4/4') ;;
  '-n waitsync 5 0 0 10') if [ -e /opt/state/silent ]; then exit 1; fi; echo Normal >/opt/state/leap ;;
  '-n makestep') echo 0.000012 >/opt/state/offset ;;
  *) exit 64 ;;
esac`)}echo ${offset} >/opt/state/offset; echo 'Not synchronised' >/opt/state/leap\n`
const BARE = without('chronyc', 'ntpq', 'sntp', 'timedatectl')

describe('time-synchronise', () => {
  test('has chrony set a clock that is off, and leaves one that is right', async (context) => {
    const root = await throwawayRoot(context, { setup: `${without('ntpq', 'sntp')}${systemd('chrony.service', 'chronyd.service')}${chrony('42.5')}` })
    const runbook = await runbookIn(root, 'time-synchronise')
    expect(await runbook.verify()).toMatchObject({ holds: false, result: { facts: { service: 'chrony', offsetMilliseconds: 42500, synchronised: false } } })
    expect(await runbook.step('synchronise')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['set the clock by 42500 ms'], facts: { service: 'chrony.service' } } })
    expect(await runbook.verify()).toMatchObject({ holds: true, result: { facts: { offsetMilliseconds: 0 } } })
    expect(await runbook.step('synchronise')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0 } })
    expect(await root.sh('grep -c makestep /opt/state/chronyc.calls')).toBe('1\n')
  })

  test('restarts systemd-timesyncd when it has lost its servers, and not when it has not', async (context) => {
    const root = await throwawayRoot(context, { setup: `${without('chronyc', 'ntpq', 'sntp')}${systemd('systemd-timesyncd.service')}${timedatectl}` })
    const runbook = await runbookIn(root, 'time-synchronise')
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('synchronise')).toMatchObject({ outcome: 'ok', result: { changed: ['restarted systemd-timesyncd.service'] } })
    expect(await runbook.verify()).toMatchObject({ holds: true, result: { facts: { service: 'timesyncd' } } })
    expect(await runbook.step('synchronise')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
  })

  test('restarts ntpd, unless the clock would jump too far', async (context) => {
    const sntp = (offset: string) => `${without('chronyc', 'ntpq')}${systemd('ntp.service')}${timedatectl}${standIn('sntp', `[ "$*" = time.example.com ] || exit 64\necho "2024-01-01 00:00:00.0 (+0000) ${offset} +/- 0.05 time.example.com s1"`)}echo 'server time.example.com iburst' >/etc/ntp.conf`
    const near = await throwawayRoot(context, { setup: sntp('-12.25') })
    expect(await (await runbookIn(near, 'time-synchronise')).step('synchronise')).toMatchObject({ outcome: 'ok', result: { changed: ['restarted ntp.service'] } })
    const far = await throwawayRoot(context, { setup: sntp('-7200.25') })
    expect(await (await runbookIn(far, 'time-synchronise')).step('synchronise')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'step_too_large', changedCount: 0 } })
    expect(await far.sh('grep -c restart /opt/state/systemctl.calls || true')).toBe('0\n')
  })

  test('starts a service that is set up and stands', async (context) => {
    const root = await throwawayRoot(context, { setup: `${without('chronyc', 'ntpq', 'sntp')}${systemd()}touch /opt/state/enabled-systemd-timesyncd.service\n${timedatectl}` })
    const runbook = await runbookIn(root, 'time-synchronise')
    expect(await runbook.step('synchronise')).toMatchObject({ outcome: 'ok', result: { changed: ['started systemd-timesyncd.service'] } })
  })

  test('tells that no server answers', async (context) => {
    const root = await throwawayRoot(context, { setup: `${without('ntpq', 'sntp')}${systemd('chrony.service')}${chrony('42.5')}touch /opt/state/silent` })
    expect(await (await runbookIn(root, 'time-synchronise')).step('synchronise')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'not_synchronised' } })
    expect(await root.sh('grep -c makestep /opt/state/chronyc.calls || true')).toBe('0\n')
  })

  test.for([
    ['a clock that is hours off', `${without('ntpq', 'sntp')}${systemd('chrony.service')}${chrony('7200.1')}`, 'step_too_large'],
    ['ntpd where nobody tells how far off the clock is', `${without('chronyc', 'ntpq', 'sntp')}${systemd('ntp.service')}${timedatectl}`, 'offset_unknown'],
    ['two time services at once', `${BARE}${systemd('chrony.service', 'ntp.service')}`, 'several_services'],
    ['a machine without a time service', `${BARE}${systemd()}`, 'no_time_service'],
    ['a machine without systemd', `${BARE}${without('systemctl')}`, 'missing_command'],
  ] as const)('refuses %s, and sets nothing', async ([, setup, code], context) => {
    const root = await throwawayRoot(context, { setup })
    expect(await (await runbookIn(root, 'time-synchronise')).step('synchronise')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh('cat /opt/state/chronyc.calls /opt/state/systemctl.calls 2>/dev/null | grep -c -e makestep -e start || true')).toBe('0\n')
  })
})
