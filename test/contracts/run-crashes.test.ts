/** The engine of runs where processes die, lose their lease, stand side by side, are cancelled or stopped: no command twice, no run lost. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { approvalStore } from '../../storage/remediation/approval-store.ts'
import { LEASE_MS } from '../../storage/remediation/run-save.ts'
import { quickDatabase } from '../harness/quick-database.ts'
import { ADMIN, RunWorld, type WorldOptions } from '../harness/run-engine-world.ts'
import { runbook, step, target } from '../harness/runs-world.ts'
import type { Mishap, Operation } from '../harness/scripted-executor.ts'

const quick = quickDatabase()
const fresh = (options: WorldOptions = {}): Promise<RunWorld> => RunWorld.fresh(quick, options)
const BOOK = runbook({ steps: [step('look', { changes: false }), step('clean', { onFailure: 'rollback' })], rollback: [step('restore')] })
const word = (script: string | null): string => /echo (\w+)/.exec(script ?? '')?.[1] ?? ''
/** Every script runs for a while; the second one repairs the machine, or fails. */
const story = (fails: boolean): WorldOptions => ({
  course: ({ script }) => ({ runsMs: 3_000, ...(word(script) === 'measure' ? { facts: { usedPercent: 71 } } : {}), ...(fails && word(script) === 'clean' ? { outcome: 'failed' as const } : {}) }),
})
const heal = (world: RunWorld): void => {
  world.cloud.ran = ({ script }) => (word(script) === 'clean' ? world.tellProblem('resolved') : undefined)
}
/** Whatever happened, this holds at the end. */
async function expectSound(world: RunWorld, ids: readonly string[]): Promise<void> {
  expect(world.cloud.twice, 'no token was sent twice').toEqual([])
  expect(new Set(world.cloud.executed).size, 'no machine ran a token twice').toBe(world.cloud.executed.length)
  expect(await quick.query('select run_id from run_locks'), 'no machine stays locked').toEqual([])
  for (const id of ids) {
    const events = await world.events(id)
    const run = await world.show(id)
    expect(['succeeded', 'failed', 'rolled_back', 'refused', 'expired', 'cancelled', 'shown'], `${id} has ended`).toContain(run.status)
    expect(events.filter((event) => /:(succeeded|failed|rolled_back|refused|expired|cancelled)$/.test(event)).length, `${id} ended once: ${events.join(', ')}`).toBe(1)
    const started = events.filter((event) => event.startsWith('step_started')).length
    expect(events.filter((event) => event.startsWith('step_ended')).length, events.join(', ')).toBeLessThanOrEqual(started)
  }
  const untold = await quick.query('select id from runs where told_at is null')
  expect(untold, 'every outcome was told').toEqual([])
}

describe.each([['that repairs', false, 'succeeded'], ['that is rolled back', true, 'rolled_back']] as const)('a run %s', (_, fails, status) => {
  it('ends the same and sends nothing twice wherever between two writes or calls its process is killed', async () => {
    const plain = await fresh(story(fails))
    if (!fails) heal(plain)
    await plain.plan('r1', { runbook: BOOK })
    const counted = plain.mortal('counting', Number.POSITIVE_INFINITY)
    await plain.work(counted.worker)
    const boundaries = counted.boundaries()
    expect(boundaries).toBeGreaterThan(40)
    const expected = { executed: plain.cloud.executed, words: (await plain.words()).map(({ action }) => action) }

    for (let at = 1; at <= boundaries; at += 1) {
      const world = await fresh(story(fails))
      if (!fails) heal(world)
      await world.plan('r1', { runbook: BOOK })
      const mortal = world.mortal('dies', at)
      await world.work(mortal.worker, { until: async () => mortal.isDead() })
      expect(mortal.isDead(), `boundary ${at}`).toBe(true)
      world.outliveLease()
      await world.work(world.worker('lives'))
      const run = await world.show('r1')
      expect([run.status, world.cloud.executed], `killed at boundary ${at}: ${run.message ?? ''}`).toEqual([status, expected.executed])
      expect((await world.words()).map(({ action }) => action), `killed at boundary ${at}`).toEqual(expected.words)
      await expectSound(world, ['r1'])
    }
  }, 900_000)
})

it('lets a worker that slept past its lease write nothing and send nothing, while another goes on', async () => {
  const world = await fresh(story(false))
  heal(world)
  await world.plan('r1', { runbook: BOOK })
  const plain = world.worker('sleeper')
  let slept = 0
  const sleeper = world.worker('sleeper', {
    store: {
      ...world.store,
      // It writes the intent, and then the machine sleeps for longer than the lease; another worker takes the run, and only then it wakes.
      admit: async (held, decide, intent) => {
        const judged = await world.store.admit(held, decide, intent)
        if (intent !== null && slept++ === 0) {
          world.clock.tick(LEASE_MS + 1)
          await world.look(world.worker('second'))
        }
        return judged
      },
    },
  })
  await world.look(sleeper)
  expect(slept).toBe(1)
  await world.work([plain, world.worker('second')])
  expect(await world.show('r1')).toMatchObject({ status: 'succeeded' })
  expect(world.cloud.executed).toEqual(['r1-0', 'r1-1', 'r1-2'])
  await expectSound(world, ['r1'])
})

it('adopts what a worker sent whose write came too late', async () => {
  const world = await fresh(story(false))
  heal(world)
  await world.plan('r1', { runbook: BOOK })
  const { cloud } = world
  const send = cloud.send.bind(cloud)
  let isFirst = true
  cloud.send = async (command, context) => {
    const ref = await send(command, context)
    if (isFirst) {
      isFirst = false
      world.clock.tick(LEASE_MS + 1)
      await world.look(world.worker('second'))
    }
    return ref
  }
  await world.look(world.worker('slow'))
  await world.work([world.worker('slow'), world.worker('second')])
  expect(cloud.executed).toEqual(['r1-0', 'r1-1', 'r1-2'])
  await expectSound(world, ['r1'])
})

describe('the end of a run that is asked for', () => {
  /** A moment of a run, and how it ends when somebody asks for its end then. */
  const moments: readonly (readonly [string, (world: RunWorld) => Promise<boolean>, string, readonly string[]])[] = [
    ['planned', async () => true, 'cancelled', []],
    ['queued', async (world) => (await world.show('r1')).status === 'queued', 'cancelled', []],
    ['running a command', async (world) => (await world.show('r1')).commands[0]?.status === 'sent', 'cancelled', ['look']],
    ['running its second step', async (world) => (await world.show('r1')).commands[1]?.status === 'sent', 'cancelled', ['look', 'clean']],
    ['verifying', async (world) => (await world.show('r1')).commands[2]?.status === 'sent', 'cancelled', ['look', 'clean', 'measure']],
  ]
  it.each(moments)('while %s: after the present command', async (moment, isThen, status, done) => {
    const world = await fresh(story(false))
    await world.plan('r1', { runbook: BOOK })
    const worker = world.worker('w1')
    // Stops short of starting, so that there is a moment in which it is queued.
    const waits = { ...worker, store: { ...worker.store, admit: async (...asked: Parameters<typeof worker.store.admit>) => (asked[2] === null ? worker.store.admit(...asked) : { verdict: { kind: 'run' as const, why: '' }, run: null }) } }
    if (moment === 'queued') await world.look(waits)
    else if (moment !== 'planned') await world.work(worker, { until: () => isThen(world) })
    expect(await isThen(world)).toBe(true)
    await world.store.cancel(ADMIN, 'r1')
    world.outliveLease()
    await world.work(worker)
    expect(await world.show('r1')).toMatchObject({ status, code: 'cancelled' })
    expect(world.cloud.taken.map(({ script }) => word(script))).toEqual(done)
    expect((await world.show('r1')).commands.slice(0, done.length).every(({ outcome }) => outcome === 'ok')).toBe(true)
    await expectSound(world, ['r1'])
  })

  it('while it waits for a yes: at once, and the question is void', async () => {
    const world = await fresh()
    await world.plan('r1', { runbook: { ...BOOK, risk: 'medium' }, risk: 'medium' })
    await world.look(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'awaiting_approval' })
    await world.store.cancel(ADMIN, 'r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'cancelled', approvals: [{ status: 'void' }] })
    await expectSound(world, ['r1'])
  })

  it('while it is rolled back: the roll-back is finished', async () => {
    const world = await fresh(story(true))
    await world.plan('r1', { runbook: BOOK })
    await world.work(world.worker('w1'), { until: async () => (await world.show('r1')).status === 'rolling_back' })
    await world.store.cancel(ADMIN, 'r1')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'rolled_back' })
    await expectSound(world, ['r1'])
  })
})

describe('the stop switch', () => {
  it.each([
    ['before it is judged', async () => true, 'refused', []],
    ['while it runs', async (world: RunWorld) => (await world.show('r1')).commands[0]?.status === 'sent', 'failed', ['look']],
    ['while it verifies', async (world: RunWorld) => (await world.show('r1')).commands[2]?.status === 'sent', 'failed', ['look', 'clean', 'measure']],
  ] as const)('%s: nothing starts after the present command', async (_, isThen, status, done) => {
    const world = await fresh(story(false))
    await world.plan('r1', { runbook: BOOK })
    if (status !== 'refused') await world.work(world.worker('w1'), { until: () => isThen(world) })
    await world.stop('an audit')
    await world.work(world.worker('w1'))
    const run = await world.show('r1')
    expect(run).toMatchObject({ status, code: 'stopped_company' })
    expect(run.message).toContain('an audit')
    expect(world.cloud.taken.map(({ script }) => word(script))).toEqual(done)
    await expectSound(world, ['r1'])
  })

  it('ends even a roll-back, and what was admitted but not begun', async () => {
    const world = await fresh(story(true))
    await world.plan('r1', { runbook: BOOK })
    await world.work(world.worker('w1'), { until: async () => (await world.show('r1')).status === 'rolling_back' })
    await world.stop('an audit')
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'failed', code: 'stopped_company' })
    expect(world.cloud.taken.filter(({ script }) => word(script) === 'restore').length).toBeLessThanOrEqual(1)
    await expectSound(world, ['r1'])

    const queued = await fresh()
    await queued.plan('r1')
    const worker = queued.worker('w1')
    await queued.look({ ...worker, store: { ...worker.store, admit: async (held, decide, intent) => (intent === null ? worker.store.admit(held, decide, intent) : { verdict: { kind: 'run', why: '' }, run: null }) } })
    await queued.stop('an audit')
    queued.outliveLease()
    await queued.work(worker)
    expect(await queued.show('r1')).toMatchObject({ status: 'cancelled', code: 'stopped_company', startedAt: null })
    expect(queued.cloud.calls).toEqual([])
  })
})

describe('a question', () => {
  const medium = { runbook: { ...BOOK, risk: 'medium' as const }, risk: 'medium' as const }

  it('that nobody answers expires with its run, and the incident is told', async () => {
    const world = await fresh()
    await world.plan('r1', medium)
    await world.work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'expired', code: 'approval_expired', approvals: [{ status: 'expired' }] })
    expect((await world.words()).map(({ action, text }) => [action, text.includes('not run')])).toEqual([['note', true]])
    expect(world.cloud.calls).toEqual([])
    await expectSound(world, ['r1'])
  })

  it('that is answered lets the run go on, or ends it', async () => {
    for (const yes of [true, false]) {
      const world = await fresh()
      heal(world)
      await world.plan('r1', medium)
      await world.look(world.worker('w1'))
      const approvals = approvalStore(quick, { clock: world.clock, decided: () => undefined })
      const [question] = (await world.show('r1')).approvals
      await approvals.decide(ADMIN, question!.id, { yes, comment: 'as you like', instanceId: null }, 'api')
      await world.work(world.worker('w1'))
      expect(await world.show('r1')).toMatchObject(yes ? { status: 'succeeded' } : { status: 'refused', code: 'approval_refused', message: expect.stringContaining('as you like') })
      expect(world.cloud.taken).toHaveLength(yes ? 3 : 0)
      await expectSound(world, ['r1'])
    }
  })

  it.each([[3, 'succeeded'], [10_000, 'refused']] as const)('which machine is meant is not lost where the cloud does not answer %i times about it: %s', async (failures, status) => {
    const world = await fresh()
    heal(world)
    const { newRun, planOf } = await import('../harness/runs-world.ts')
    const run = newRun('r1', { incidentId: 'x', problemKey: 'k1', runbook: BOOK })
    await world.store.create(null, { ...run, plan: { ...run.plan, targets: [], commands: [], candidates: [target('web-1'), target('web-1', { instanceId: 'i-2' })] } }, null)
    let asked = 0
    const worker = world.worker('w1', { replan: async (held, chosen) => (++asked <= failures ? { code: 'target_unknown', message: 'throttled', isPassing: true } : { plan: planOf(held.runbook, held.id, [chosen]) }) })
    await world.look(worker)
    const decidedMs = world.clock.now()
    await approvalStore(quick, { clock: world.clock, decided: () => undefined }).decide(ADMIN, (await world.show('r1')).approvals[0]!.id, { yes: true, comment: null, instanceId: 'i-2' }, 'api')
    await world.work(worker)
    expect(await world.show('r1')).toMatchObject({ status })
    expect(asked).toBeLessThan(100)
    if (status === 'refused') expect(world.clock.now() - decidedMs).toBeGreaterThanOrEqual(900_000)
  })

  it('which machine is meant is answered with a plan for that machine, which is judged anew', async () => {
    const world = await fresh()
    heal(world)
    const { newRun, planOf } = await import('../harness/runs-world.ts')
    const run = newRun('r1', { incidentId: 'x', problemKey: 'k1', runbook: BOOK })
    await world.store.create(null, { ...run, plan: { ...run.plan, targets: [], commands: [], candidates: [target('web-1'), target('web-1', { instanceId: 'i-2' })] } }, null)
    const worker = world.worker('w1', { replan: async (held, chosen) => ({ plan: planOf(held.runbook, held.id, [chosen]) }) })
    await world.look(worker)
    const [question] = (await world.show('r1')).approvals
    expect(question).toMatchObject({ question: 'target' })
    const approvals = approvalStore(quick, { clock: world.clock, decided: () => undefined })
    await approvals.decide(ADMIN, question!.id, { yes: true, comment: null, instanceId: 'i-2' }, 'api')
    await world.work(worker)
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', plan: { targets: [{ instanceId: 'i-2' }] } })
    expect(new Set(world.cloud.taken.map(({ instanceId }) => instanceId))).toEqual(new Set(['i-2']))
    await expectSound(world, ['r1'])
  })
})

it('works a hundred and twenty runs at once with two workers, loses none, sends each command once, and stays under the cloud’s rate', async () => {
  const world = await fresh({ course: ({ script }) => ({ runsMs: 4_000, ...(word(script) === 'measure' ? { facts: { usedPercent: 71 } } : {}) }), ratePerSecond: 60 })
  const book = runbook({ limits: { ...runbook().limits, maxRunsPerHour: 1_000 }, verify: { ...runbook().verify!, problem: 'may_clear' } })
  const ids = Array.from({ length: 120 }, (_, n) => `r${n}`)
  for (const id of ids) await world.plan(id, { runbook: book })
  let most = 0
  await world.work([world.worker('w1'), world.worker('w2')], { looks: 5_000, each: async () => {
    const { byStatus } = await world.store.counts()
    most = Math.max(most, (byStatus['running'] ?? 0) + (byStatus['verifying'] ?? 0) + (byStatus['queued'] ?? 0))
  } })
  for (const id of ids) expect(await world.show(id)).toMatchObject({ status: 'succeeded' })
  expect(world.cloud.taken).toHaveLength(240)
  expect(world.cloud.throttles).toBe(0)
  expect(most).toBeGreaterThanOrEqual(100)
  await expectSound(world, ids)
}, 900_000)

it('keeps all of this over any schedule of kills, faults, lost answers and lost leases', async () => {
  const mishaps: readonly (Mishap | null)[] = [null, null, null, null, 'lost', 'broken', 'bug', 'throttled', 'busy', 'timeout', 'unavailable']
  await fc.assert(fc.asyncProperty(
    fc.array(fc.constantFrom(...mishaps), { minLength: 1, maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 6 }), fc.boolean(), fc.integer({ min: 1, max: 3 }), fc.integer(),
    async (schedule, kills, fails, machines, seed) => {
      const world = await fresh({ ...story(fails), seed })
      if (!fails) heal(world)
      let call = 0
      world.cloud.mishap = (operation: Operation): Mishap | null => {
        const mishap = schedule[call++] ?? null
        // Only a sending can be lost.
        return mishap === 'lost' && operation !== 'send' ? 'unavailable' : mishap
      }
      await world.plan('r1', { runbook: BOOK, targets: Array.from({ length: machines }, (_, n) => target(`web-${n}`)) })
      await world.plan('r2', { runbook: BOOK, targets: [target('web-0'), target('db-1')] })
      for (const at of kills) {
        const mortal = world.mortal('dies', at)
        await world.work([mortal.worker, world.worker('beside')], { looks: 12, until: async () => mortal.isDead() }).catch((thrown: unknown) => {
          if (!(thrown instanceof Error && thrown.message.startsWith('runs did not end'))) throw thrown
        })
        world.outliveLease()
      }
      await world.work([world.worker('w1'), world.worker('w2')], { looks: 3_000 })
      await expectSound(world, ['r1', 'r2'])
    }), { numRuns: 25 })
}, 900_000)
