/**
 * The story of remediation.test.ts with a machine that is real: a volume of its own that is really full, and the scripts of the library really run on it, once each, in
 * a throw-away root behind the fake of Systems Manager. What the program says of the machine is held against the machine itself.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startAwsFake, type AwsFake } from '../fakes/aws-ssm.ts'
import { AWS_ENV, awsCompany, onlyRun } from '../harness/aws-company.ts'
import { admin } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

let program: Program
let fake: AwsFake

beforeAll(async () => {
  fake = await startAwsFake()
  program = await Program.up(AWS_ENV)
  await program.start()
})
afterAll(async () => {
  await program.remove()
  await fake.close()
})

it('frees a volume that is really full, measures it anew, and closes the incident', { timeout: 300_000 }, async (test) => {
  // Nineteen of twenty megabytes are a month old; what is young has to stay.
  const root = await throwawayRoot(test, { laterDays: 40, setup: [
    'mount -t tmpfs -o size=20m tmpfs /var/tmp', 'head -c 19000000 /dev/zero > /var/tmp/old.dump', 'touch -d "30 days ago" /var/tmp/old.dump', 'touch -a -d "30 days ago" /var/tmp/old.dump', 'echo young > /var/tmp/young.txt', 'touch -d "+39 days" /var/tmp/young.txt',
  ].join('\n') })
  const usedPercent = async (): Promise<number> => Number((await root.sh('df -P /var/tmp')).trim().split('\n').at(-1)!.split(/\s+/)[4]!.replace('%', ''))
  expect(await usedPercent()).toBeGreaterThan(90)
  const acme = await awsCompany(program, fake, 'Acme', { asset: 'web-1', instanceId: 'i-0123456789abcdef0', accountId: '111111111111', volume: '/var/tmp' })
  let scripts = 0
  fake.usual = { execute: async (script) => {
    const ran = await root.run(script)
    scripts += 1
    // The monitor looks at the machine as we do.
    if (scripts === 2 && (await usedPercent()) < 90) await acme.datadog('Recovered')
    return ran
  } }
  await acme.datadog('Triggered')
  const run = await onlyRun(program, acme.company, 'the run is over', ({ endedAt }) => endedAt !== null, 200_000)
  expect(run).toMatchObject({ runbookId: 'disk-clean-temp', status: 'succeeded', outcome: 'self_healed', plan: { inputs: { volume: '/var/tmp' } } })
  const [measured, cleaned, verified] = run.commands.map(({ result }) => result)
  expect(Number(measured!.facts['usedPercent'])).toBeGreaterThan(90)
  expect(cleaned!.changed).toEqual(['removed /var/tmp/old.dump'])
  expect(verified!.facts['usedPercent']).toBe(await usedPercent())
  expect(scripts).toBe(3)
  expect((await root.sh('ls /var/tmp')).trim()).toBe('young.txt')
  const api = admin(program)
  const incident = await until('the incident is closed', async () => {
    const [first] = await api.incidents(`&company=${acme.company.id}`)
    return first?.status === 'closed' ? api.incident(first.id) : null
  })
  expect(incident.resolution).toContain('removed /var/tmp/old.dump')
  expect(fake.faults).toEqual([])
})
