/** The engine of runs over the embedded database and a cloud in memory: what it does in each state, and that whatever dies or fails, nothing is sent twice and no run is lost. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ExecutorError } from '../../remediator/executors/port.ts'
import { workRun } from '../../remediator/runs/worker.ts'
import { quickDatabase } from '../harness/quick-database.ts'
import { ADMIN, RunWorld, type WorldOptions } from '../harness/run-engine-world.ts'
import { runbook, step, target } from '../harness/runs-world.ts'
import type { Course } from '../harness/scripted-executor.ts'

const database = quickDatabase()

const fresh = (options: WorldOptions = {}): Promise<RunWorld> => RunWorld.fresh(database, options)
/** What scripts do, by the word they echo. */
const courses = (by: Readonly<Record<string, Course | ((nth: number) => Course)>>): WorldOptions => ({
  course: (command, nth) => {
    const word = /echo (\w+)/.exec(command.script ?? '')?.[1] ?? ''
    const course = by[word] ?? (word === 'measure' ? { facts: { usedPercent: 71 } } : {})
    return typeof course === 'function' ? course(nth) : course
  },
})
/** The machine is repaired, so the monitoring tool says so. */
const heals = (world: RunWorld, word = 'clean'): void => {
  world.cloud.ran = (command) => (command.script?.includes(`echo ${word}`) === true ? world.tellProblem('resolved') : undefined)
}
const twoSteps = runbook({ steps: [step('look', { changes: false }), step('clean', { onFailure: 'rollback' })], rollback: [step('restore')] })

describe('a run', () => {
  it('cleans, verifies, sees the problem clear, and closes an incident that nobody has touched', async () => {
    const world = await fresh()
    heals(world)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', outcome: 'self_healed', code: null, commands: [{ stepId: 'clean', outcome: 'ok', exitCode: 0 }, { stepId: 'verify', result: { facts: { usedPercent: 71 } } }] })
    expect(await world.events('r1')).toEqual(['planned:planned', 'approved:queued', 'step_started clean', 'step_ended clean', 'step_started verify', 'step_ended verify', 'verified:succeeded'])
    const words = await world.words()
    expect(words.map(({ action }) => action)).toEqual(['note', 'close'])
    expect(words[0]!.text).toContain('disk-clean v3')
    expect(words[0]!.text).toContain('r1')
    expect(words[1]!.text).toMatch(/Repaired by runbook disk-clean v3 on web-r1[^]*Step clean[^]*usedPercent 71/)
    expect(words[1]!.judgedVersion).toBeGreaterThan(100)
    expect(world.cloud.twice).toEqual([])
    expect([...world.cloud.cleaned]).toEqual(['r1-0', 'r1-1'])
    expect(await database.query('select 1 from run_locks')).toEqual([])
    expect(world.news).toContain('succeeded')
  })

  it('leaves an incident that a person has touched to them, and does not call it self-healed', async () => {
    const world = await fresh()
    world.cloud.ran = () => world.tellProblem('resolved', { assignee: 'tom', status: 'resolved' })
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', outcome: 'verified' })
    expect((await world.words()).map(({ action }) => action)).toEqual(['note', 'note'])
  })

  it('tells anew where the incident moved on while it was being closed, and ends with a note where it keeps moving', async () => {
    const world = await fresh()
    heals(world)
    await world.plan('r1')
    let refused = 0
    await world.work({ ...world.worker('w1'), store: { ...world.store, told: async () => (refused++ < 99 ? { status: 'refused', code: 'version_stale' } : { status: 'done', code: null }) } })
    expect((await world.words()).map(({ action }) => action)).toEqual(['note', 'close', 'close', 'close', 'close', 'close', 'note'])
    expect(await world.show('r1')).toMatchObject({ outcome: 'self_healed' })
  })

  it('probes until it holds, each time by a token of its own, and fails when its time is over', async () => {
    const world = await fresh(courses({ measure: (nth) => ({ facts: { usedPercent: nth < 3 ? 95 : 80 } }) }))
    heals(world)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect((await world.show('r1')).commands.map(({ phase, attempt }) => [phase, attempt])).toEqual([['step', 1], ['verify', 1], ['verify', 2], ['verify', 3]])
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded' })
    expect(world.cloud.taken.map(({ token }) => token)).toEqual(['r1-0', 'r1-1', 'r1-1-p2', 'r1-1-p3'])
    expect(world.cloud.taken.at(-1)!.script).toBe(`TOKEN='r1-1-p3'\necho measure\n`)

    const never = await fresh(courses({ measure: { facts: { usedPercent: 95 } } }))
    await never.plan('r1')
    await never.work(never.worker('w1'))
    const run = await never.show('r1')
    expect(run).toMatchObject({ status: 'failed', outcome: 'escalated', code: 'not_verified' })
    expect(run.message).toContain('usedPercent < 90, but it is 95')
    expect(Date.parse(run.commands.at(-1)!.sentAt!) - Date.parse(run.commands[0]!.endedAt!)).toBeGreaterThanOrEqual(300_000)
    expect(run.commands.length).toBeLessThan(20)
  })

  it('fails without rolling back where the probe holds and the problem does not clear, but waits while the projection is behind', async () => {
    const world = await fresh()
    await world.plan('r1', { runbook: { ...twoSteps } })
    let asked = 0
    const startMs = world.clock.now()
    await world.work(world.worker('w1', { isCaughtUp: async () => ++asked > 5 }))
    expect(await world.show('r1')).toMatchObject({ status: 'failed', outcome: 'escalated', code: 'problem_not_cleared' })
    expect(asked).toBe(6)
    expect(world.clock.now() - startMs).toBeGreaterThan(300_000)
    expect(world.cloud.taken.some(({ script }) => script.includes('echo restore'))).toBe(false)

    const late = await fresh()
    await late.plan('r1')
    await late.work(late.worker('w1', { isCaughtUp: async () => {
      await late.tellProblem('resolved')
      return true
    } }))
    expect(await late.show('r1')).toMatchObject({ status: 'succeeded', outcome: 'self_healed' })
  })

  it('needs only the probe where the problem may clear, and reports where there is nothing to verify', async () => {
    const world = await fresh()
    await world.plan('r1', { runbook: runbook({ verify: { ...runbook().verify!, problem: 'may_clear' } }) })
    await world.plan('r2', { runbook: runbook({ verify: null }), incidentId: null, problemKey: null })
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', outcome: 'verified' })
    expect(await world.show('r2')).toMatchObject({ status: 'succeeded', outcome: 'reported' })
  })

  it('does a step on every machine before the next, and stops at the first that fails', async () => {
    const world = await fresh()
    heals(world)
    await world.plan('r1', { runbook: twoSteps, targets: [target('web-1'), target('web-2')] })
    await world.work(world.worker('w1'))
    expect(world.cloud.taken.map(({ instanceId, script }) => `${instanceId} ${/echo (\w+)/.exec(script)![1]!}`)).toEqual(['i-web-1 look', 'i-web-2 look', 'i-web-1 clean', 'i-web-2 clean', 'i-web-1 measure', 'i-web-2 measure'])

    const failing = await fresh(courses({ clean: { outcome: 'failed', code: 'no_room' } }))
    await failing.plan('r1', { targets: [target('web-1'), target('web-2')] })
    await failing.work(failing.worker('w1'))
    expect(failing.cloud.taken.map(({ instanceId }) => instanceId)).toEqual(['i-web-1'])
    expect(await failing.show('r1')).toMatchObject({ status: 'failed', outcome: 'escalated', code: 'no_room', commands: [{ outcome: 'failed' }, { status: 'skipped' }, { status: 'skipped' }, { status: 'skipped' }] })
    expect((await failing.words()).at(-1)).toMatchObject({ action: 'note', text: expect.stringContaining('needs a person') })
  })

  it.each([
    ['failed', 'rolled_back', 'script_failed', ['look', 'clean', 'restore']],
    ['no_result', 'rolled_back', 'step_no_result', ['look', 'clean', 'restore']],
    ['refused', 'failed', 'script_refused', ['look', 'clean']],
    ['undelivered', 'failed', 'step_undelivered', ['look', 'clean']],
  ] as const)('rolls back what may have been changed, and only that: a step that is %s', async (outcome, status, code, done) => {
    const world = await fresh(courses({ clean: { outcome } }))
    await world.plan('r1', { runbook: twoSteps })
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status, code })
    expect(world.cloud.taken.map(({ script }) => /echo (\w+)/.exec(script)![1])).toEqual(done)
  })

  it('rolls back where the probe never holds, and says so where even that fails', async () => {
    const world = await fresh(courses({ measure: { facts: {} } }))
    await world.plan('r1', { runbook: twoSteps })
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'rolled_back', outcome: 'escalated', code: 'not_verified' })

    const worse = await fresh(courses({ clean: { outcome: 'failed' }, restore: { outcome: 'failed' } }))
    await worse.plan('r1', { runbook: twoSteps })
    await worse.work(worse.worker('w1'))
    const run = await worse.show('r1')
    expect(run).toMatchObject({ status: 'failed', outcome: 'escalated', code: 'rollback_failed' })
    expect(run.message).toMatch(/Step clean[^]*Rolling back failed: Step restore/)
  })

  it('goes on after a failed step that says so, and judges by the probe', async () => {
    const world = await fresh(courses({ first: { outcome: 'failed' } }))
    heals(world)
    await world.plan('r1', { runbook: runbook({ steps: [step('first', { onFailure: 'continue' }), step('clean')] }) })
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', outcome: 'self_healed' })
  })

  it('takes a step that was started before for neither done nor failed: it looks at the machine', async () => {
    const world = await fresh()
    await world.plan('r1', { runbook: twoSteps })
    // Somebody has handed the token to the machine behind our back.
    world.cloud.executed.push('r1-1')
    world.cloud.ran = (command) => (command.script?.includes('measure') === true ? world.tellProblem('resolved') : undefined)
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', commands: [{ outcome: 'ok' }, { outcome: 'repeated' }, { phase: 'verify', outcome: 'ok' }, { status: 'skipped' }] })

    const blind = await fresh()
    await blind.plan('r1', { runbook: runbook({ verify: null }) })
    blind.cloud.executed.push('r1-0')
    await blind.work(blind.worker('w1'))
    expect(await blind.show('r1')).toMatchObject({ status: 'failed', outcome: 'escalated', code: 'repeated' })
  })

  it.each([['gcp', 58], ['azure', 5]] as const)('gives a machine that takes its time to begin, and to tell of its end (%s), the time for that before it counts the time limit', async (cloud, minutes) => {
    const world = await fresh(courses({ clean: { runsMs: minutes * 60_000 } }))
    await world.plan('r1', { targets: [target('web-1', { cloud, group: 'europe-west3-a' })] })
    await world.work(world.worker('w1'), { until: async () => (await world.show('r1')).commands[0]?.status === 'ended' })
    expect(await world.show('r1')).toMatchObject({ commands: [{ outcome: 'ok' }, {}] })
    expect(world.cloud.calls.filter(({ operation }) => operation === 'cancel')).toEqual([])
  })

  it('asks for the end of a command that is past its time limit, and gives it up when even that is not heard', async () => {
    const world = await fresh(courses({ clean: { runsMs: 'never', output: 'so far\n' } }))
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'failed', code: 'step_cancelled', commands: [{ outcome: 'cancelled', stdout: 'so far\n' }, {}] })
    const deaf = await fresh(courses({ clean: { runsMs: 'deaf' } }))
    await deaf.plan('r1')
    await deaf.work(deaf.worker('w1'))
    expect(await deaf.show('r1')).toMatchObject({ status: 'failed', code: 'step_timed_out' })
    expect(deaf.cloud.calls.filter(({ operation }) => operation === 'cancel')).toHaveLength(1)
  })

  it('asks once more after a command whose end it asked for, however long the cloud wanted rest', async () => {
    const world = await fresh(courses({ clean: { runsMs: 30 * 60_000 } }))
    world.cloud.cancel = () => Promise.reject(new ExecutorError('throttled', 'too many', { retryAfterMs: 3_600_000 }))
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ commands: [{ outcome: 'ok' }, {}] })
  })

  it('keeps what a command has printed where its end tells none of it', async () => {
    const world = await fresh(courses({ clean: { runsMs: 30_000, output: 'removing /tmp/a\n', outcome: 'cancelled' } }))
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'failed', code: 'step_cancelled', commands: [{ outcome: 'cancelled', stdout: 'removing /tmp/a\n' }, {}] })
    const [audited] = await database.query<{ after: { stdoutSha256: string } }>(`select after from audit_log where action = 'run.command_ended' order by id desc limit 1`)
    expect(audited?.after.stdoutSha256).toBe(createHash('sha256').update('removing /tmp/a\n').digest('hex'))
  })

  it('shows output while a command is at work', async () => {
    const world = await fresh(courses({ clean: { runsMs: 30_000, output: 'removing /tmp/a\n' } }))
    heals(world)
    await world.plan('r1')
    let seen = false
    await world.work(world.worker('w1'), { each: async () => {
      const { items, status } = await world.store.output(ADMIN.scope, 'r1', null)
      seen ||= status === 'running' && items.some(({ text }) => text === 'removing /tmp/a\n')
    } })
    expect(seen).toBe(true)
  })

  it('runs nothing else than the text of its plan', async () => {
    const world = await fresh()
    const { plan } = await world.plan('r1')
    heals(world)
    await world.work(world.worker('w1'))
    for (const one of world.cloud.taken) expect(plan.commands.map(({ script }) => script)).toContain(one.script)

    const changed = await fresh()
    await changed.plan('r1')
    const { judge } = await import('../../remediator/guard/judge.ts')
    await changed.work(changed.worker('w1', { judgeOf: async () => (facts) => judge({ ...facts, currentDigest: 'another', maintenance: [] }) }))
    expect(await changed.show('r1')).toMatchObject({ status: 'refused', code: 'runbook_changed' })
    expect(changed.cloud.taken).toEqual([])
  })

  it('is judged once more right before its first command', async () => {
    const world = await fresh()
    await world.plan('r1')
    let judged = 0
    const worker = world.worker('w1')
    await world.work({ ...worker, judgeOf: async (run) => {
      const decide = await worker.judgeOf(run)
      return (facts) => (++judged === 1 ? decide(facts) : { kind: 'refuse', code: 'freeze', why: 'a freeze has begun', untilMs: null })
    } })
    expect(judged).toBe(2)
    expect(world.cloud.calls).toEqual([])
    expect(await world.show('r1')).toMatchObject({ status: 'refused', code: 'freeze', startedAt: null })
    expect(await database.query('select 1 from run_locks')).toEqual([])
  })
})

describe('when a call goes wrong', () => {
  it.each(['throttled', 'busy', 'unavailable'] as const)('waits as the cloud asks when it is %s, and sends once', async (mishap) => {
    const world = await fresh()
    heals(world)
    world.cloud.mishap = (operation, _command, nth) => (operation === 'send' && nth <= 3 ? mishap : null)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded' })
    expect(world.cloud.twice).toEqual([])
    const sends = world.cloud.calls.filter(({ operation }) => operation === 'send').map(({ atMs }) => atMs)
    if (mishap === 'throttled') expect(sends[1]! - sends[0]!).toBeGreaterThanOrEqual(7_000)
  })

  it('lets all accounts rest that are one at the cloud, when it throttles one of them, and no other', async () => {
    const world = await fresh()
    world.cloud.countedBy = ({ companyId }) => `key of ${companyId}`
    world.cloud.mishap = (operation, _command, nth) => (operation === 'send' && nth === 1 ? 'throttled' : null)
    await world.plan('r1')
    const worker = world.worker('w1')
    for (let look = 0; look < 9 && world.cloud.calls.length === 0; look++) for (const held of await world.store.claim('w1', 1)) await workRun(worker, held, new AbortController().signal)
    expect(world.cloud.calls).toHaveLength(1)
    const isResting = (account: string): Promise<boolean> => world.gate.isResting('aws', account, world.clock.now())
    expect([await isResting('key of c1'), await isResting('key of c2'), await isResting('acct-1')]).toEqual([true, false, false])
  })

  it('gives up a machine that takes nothing for ten minutes, and one that says no at once', async () => {
    const world = await fresh()
    world.cloud.mishap = (operation) => (operation === 'send' ? 'unavailable' : null)
    await world.plan('r1')
    const startMs = world.clock.now()
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'failed', code: 'step_undelivered' })
    expect(world.clock.now() - startMs).toBeGreaterThan(590_000)
    for (const mishap of ['forbidden', 'offline', 'invalid'] as const) {
      const at = await fresh()
      at.cloud.mishap = () => mishap
      await at.plan('r1')
      await at.work(at.worker('w1'))
      expect(await at.show('r1')).toMatchObject({ status: 'failed', code: 'step_undelivered', message: expect.stringContaining(`the cloud says ${mishap}`) })
      expect(at.cloud.calls).toHaveLength(1)
    }
  })

  it.each(['lost', 'timeout', 'bug'] as const)('looks up a command whose answer did not come (%s), and sends it again only when the cloud is sure', async (mishap) => {
    const world = await fresh()
    heals(world)
    world.cloud.mishap = (operation, _command, nth) => (operation === 'send' && nth === 1 ? mishap : null)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', outcome: 'self_healed' })
    expect(world.cloud.twice).toEqual([])
    expect(world.cloud.executed).toEqual(['r1-0', 'r1-1'])
    const [first, second] = world.cloud.calls.filter(({ operation, token }) => operation === 'send' && token === 'r1-0')
    if (mishap === 'lost') expect(second).toBeUndefined()
    // Nothing that was on its way can still arrive.
    else expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(50_000)
  })

  it('asks again where nobody can tell, and in the end leaves it to a person without sending', async () => {
    const world = await fresh()
    heals(world)
    world.cloud.blindFinds = 5
    world.cloud.mishap = (operation, _command, nth) => (operation === 'send' && nth === 1 ? 'lost' : null)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded' })

    for (const cannotTell of [true, false]) {
      const blind = await fresh()
      if (cannotTell) blind.cloud.blindFinds = 10_000
      else blind.cloud.capabilities = { ...blind.cloud.capabilities, findsSent: false }
      blind.cloud.mishap = (operation, _command, nth) => (operation === 'send' && nth === 1 ? 'broken' : null)
      await blind.plan('r1', { runbook: twoSteps })
      await blind.work(blind.worker('w1'))
      const run = await blind.show('r1')
      expect(run).toMatchObject({ status: 'failed', outcome: 'escalated', code: 'send_unknown', commands: [{ status: 'unknown' }, { status: 'skipped' }, {}, {}] })
      expect(blind.cloud.taken).toEqual([])
      expect((await blind.words()).at(-1)!.text).toContain('nobody can tell whether it was taken')
    }
  })

  it('asks the cloud what became of a command even where nobody worked for hours', async () => {
    for (const [mishap, expected] of [['lost', { status: 'succeeded' }], ['broken', { status: 'failed', code: 'step_undelivered' }]] as const) {
      const world = await fresh()
      heals(world)
      world.cloud.mishap = (operation, _command, nth) => (operation === 'send' && nth === 1 ? mishap : null)
      await world.plan('r1')
      await world.work(world.worker('w1'), { until: async () => (await world.show('r1')).commands[0]?.status === 'unknown' })
      world.clock.tick(5 * 3_600_000)
      await world.work(world.worker('w2'))
      expect(await world.show('r1')).toMatchObject(expected)
      // What is that old is not sent anew.
      expect(world.cloud.calls.filter(({ operation, token }) => operation === 'send' && token === 'r1-0')).toHaveLength(1)
    }
  })

  it('waits no longer than an hour for a cloud that asks for days', async () => {
    const world = await fresh()
    heals(world)
    await world.plan('r1')
    const { poll } = world.cloud
    let asked = 0
    world.cloud.poll = (...call) => (asked++ === 0 ? Promise.reject(new ExecutorError('throttled', 'too many', { retryAfterMs: 900_000_000 })) : poll.apply(world.cloud, call))
    const startMs = world.clock.now()
    await world.work(world.worker('w1'))
    expect(world.clock.now() - startMs).toBeLessThan(2 * 3_600_000)
    expect(await world.show('r1')).toMatchObject({ commands: [{ outcome: 'ok' }, {}] })
  })

  it('sends anew only so often where the cloud keeps saying that it has not taken it', async () => {
    const world = await fresh()
    world.cloud.mishap = (operation) => (operation === 'send' ? 'broken' : null)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'failed', code: 'step_undelivered' })
    expect(world.cloud.calls.filter(({ operation }) => operation === 'send')).toHaveLength(4)
  })

  it('goes on asking how a command goes whatever asking says, until its time is over', async () => {
    const world = await fresh()
    heals(world)
    world.cloud.mishap = (operation, _command, nth) => (operation === 'poll' && nth % 3 !== 0 ? (['throttled', 'forbidden', 'bug', 'timeout'] as const)[nth % 4]! : null)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded' })

    const lost = await fresh()
    lost.cloud.mishap = (operation) => (operation === 'poll' ? 'forbidden' : null)
    await lost.plan('r1')
    await lost.work(lost.worker('w1'))
    expect(await lost.show('r1')).toMatchObject({ status: 'failed', code: 'step_timed_out' })
  })

  it('tries again to remove what the cloud keeps, without holding up the run, and stops trying', async () => {
    const world = await fresh()
    heals(world)
    world.cloud.mishap = (operation, _command, nth) => (operation === 'clean' && nth <= 3 ? 'unavailable' : null)
    await world.plan('r1')
    await world.work(world.worker('w1'))
    expect([...world.cloud.cleaned].sort()).toEqual(['r1-0', 'r1-1'])
    const stubborn = await fresh()
    heals(stubborn)
    stubborn.cloud.mishap = (operation) => (operation === 'clean' ? 'forbidden' : null)
    await stubborn.plan('r1')
    await stubborn.work(stubborn.worker('w1'))
    expect(await stubborn.show('r1')).toMatchObject({ status: 'succeeded' })
    expect(stubborn.cloud.calls.filter(({ operation }) => operation === 'clean')).toHaveLength(10)
  })

  it('sends nothing where there is no way to the machine', async () => {
    const world = await fresh()
    await world.plan('r1')
    await world.work(world.worker('w1', { reach: async () => ({ code: 'cloud_account_off', message: 'The account is switched off.' }) }))
    expect(await world.show('r1')).toMatchObject({ status: 'failed', code: 'cloud_account_off' })
    expect(world.cloud.calls).toEqual([])
  })
})

it('simulates in mode demo: nothing is called, the run is marked, and no incident is closed', async () => {
  const { simulatedExecutor } = await import('../../remediator/executors/simulated.ts')
  const world = await fresh()
  await world.plan('r1', { mode: 'demo' })
  const simulated = simulatedExecutor('aws', world.clock)
  await world.work(world.worker('w1', {
    reach: async (run) => ({ executor: simulated, account: { id: 'demo', companyId: run.companyId, cloud: 'aws', environment: 'sandbox', fields: {}, secret: async () => null } }),
    judgeOf: async () => () => ({ kind: 'run', why: 'Mode demo: it is simulated, and nothing is sent.' }),
  }))
  const run = await world.show('r1')
  expect(run).toMatchObject({ status: 'succeeded', outcome: 'verified', isSimulated: true })
  expect(run.commands[0]!.stdout).toContain('[simulated]')
  expect(world.cloud.calls).toEqual([])
  expect((await world.words()).map(({ action, text }) => [action, text.startsWith('[simulated]')])).toEqual([['note', true], ['note', true]])
  const told = await database.query<{ simulated: boolean }>(`select (record ->> 'simulated')::boolean as simulated from outbox where topic = 'runs.v1'`)
  expect(told.every(({ simulated: isMarked }) => isMarked)).toBe(true)
})
