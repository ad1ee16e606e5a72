import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RunbookInput } from '../../schemas/runbooks.ts'
import { someRunbook, someTarget } from '../guard/test-facts.ts'
import { makePlan, type PlanQuestion } from './plan.ts'
import { someExecutor, someProblem } from './test-plans.ts'

const RUN = '00000000-0000-4000-8000-000000000001'
const input = (name: string, change: Partial<RunbookInput> = {}): RunbookInput => ({ name, type: 'string', description: 'x', from: [], default: null, isRequired: true, pattern: '[^\\x00]*', min: null, max: null, values: [], maxLength: 500, ...change })
const found = (asset = 'web-01', change: Parameters<typeof someTarget>[1] = {}, tags: Record<string, string> = {}) => ({ target: someTarget(asset, change), tags, remarks: [] })
const script = (file: string) => ({ file, text: `aw_ok "${file}"` })
const question = (change: Partial<PlanQuestion> = {}): PlanQuestion => ({ runId: RUN, runbook: someRunbook(), risk: 'medium', targets: [found()], problem: someProblem(), given: {}, executors: { aws: someExecutor() }, remarks: ['why'], ...change })
const planned = (change: Partial<PlanQuestion> = {}) => {
  const answer = makePlan(question(change))
  if (answer.kind !== 'planned') throw new Error(`${answer.code}: ${answer.why}`)
  return answer.plan
}
const full = someRunbook({
  steps: [
    { id: 'look', summary: 'Look.', shell: { linux: script('look.sh'), windows: script('look.ps1') }, automation: null, timeoutMs: 1_000, changes: false, onFailure: 'stop' },
    { id: 'restart', summary: 'Restart.', shell: null, automation: { document: 'AWS-RestartEC2Instance', parameters: { InstanceId: '${target.instanceId}', Note: '${inputs.note}', Mode: 'x ${inputs.note}', Where: '${target.region}', Who: '${target.asset}' } }, timeoutMs: 2_000, changes: true, onFailure: 'rollback' },
  ],
  inputs: [input('note')],
  rollback: [{ id: 'undo', summary: 'Undo.', shell: { linux: script('undo.sh'), windows: script('undo.ps1') }, automation: null, timeoutMs: 1_000, changes: true, onFailure: 'stop' }],
  verify: { shell: { linux: script('look.sh'), windows: script('look.ps1') }, expect: 'ok == 1', withinMs: 60_000, timeoutMs: 3_000, problem: 'must_clear' },
})

describe('a plan', () => {
  it('has every step on every machine, then the probe, then what would roll it back, each with a token of its own and the digest of what is sent', () => {
    const { commands, targets, risk } = planned({ runbook: full, targets: [found('a'), found('b', { system: 'windows' })], given: { note: 'n' } })
    expect(commands.map(({ phase, stepId, asset }) => `${phase} ${stepId} ${asset}`)).toEqual(['step look a', 'step look b', 'step restart a', 'step restart b', 'verify verify a', 'verify verify b', 'rollback undo a', 'rollback undo b'])
    expect(commands.map(({ token }) => token)).toEqual(commands.map((_, seq) => `${RUN}-${seq}`))
    for (const { script: sent, digest, token } of commands) if (sent !== null) {
      expect(digest).toBe(createHash('sha256').update(sent).digest('hex'))
      expect(sent).toContain(token)
    }
    expect(commands[1]?.script).toContain('look.ps1')
    expect([targets.length, risk]).toEqual([2, 'medium'])
  })

  it('fills whole parameters of a document, and never parts of text', () => {
    expect(planned({ runbook: full, given: { note: '${target.instanceId}' } }).commands[1]?.automation?.parameters).toEqual({ InstanceId: 'i-web-01', Note: '${target.instanceId}', Mode: 'x ${inputs.note}', Where: 'eu-west-1', Who: 'web-01' })
  })

  it('costs what the cloud asks for its steps and its probe', () => {
    expect(planned({ runbook: full, given: { note: 'n' }, targets: [found('a'), found('b')] }).costMicroUsd).toBe(4_000)
    expect(planned().costMicroUsd).toBe(0)
  })

  it('binds inputs for each machine, and says where they differ', () => {
    const runbook = someRunbook({ inputs: [input('service', { from: ['target.tags.service'] })] })
    const { inputs, remarks, commands } = planned({ runbook, targets: [found('a', {}, { service: 'nginx' }), found('b', {}, { service: 'httpd' })] })
    expect(inputs).toEqual({ service: 'nginx' })
    expect(remarks).toEqual(['why', 'On b the input service is "httpd".'])
    expect(commands[1]?.script).toContain(Buffer.from('httpd').toString('base64'))
  })

  it.each<[string, Partial<PlanQuestion>, string]>([
    ['without a machine', { targets: [] }, 'target_unknown'],
    ['where an input is missing', { runbook: someRunbook({ inputs: [input('note')] }) }, 'input_missing'],
    ['where an input does not fit', { runbook: someRunbook({ inputs: [input('note', { pattern: '[a-z]+' })] }), given: { note: 'A' } }, 'input_invalid'],
    ['where a label does not fit', { runbook: someRunbook({ inputs: [input('note', { pattern: '[a-z]+', from: ['problem.labels.note'], default: 'a' })] }), problem: someProblem({ labels: { note: '$(reboot)' } }) }, 'input_invalid'],
    ['where an input is none of the runbook', { given: { extra: 1 } }, 'input_invalid'],
    ['where an input cannot be handed to a script', { runbook: someRunbook({ inputs: [input('note', { pattern: null })] }), given: { note: 'a\0b' } }, 'input_invalid'],
    ['where a step has no script for the system', { runbook: { ...full, steps: [{ ...full.steps[0]!, shell: { windows: script('look.ps1') } }] }, given: { note: 'n' } }, 'system_unsupported'],
    ['where nothing runs commands in the cloud', { executors: {} }, 'executor_unsupported'],
    ['where the cloud has no documents', { runbook: full, given: { note: 'n' }, executors: { aws: someExecutor('aws', { automation: false }) } }, 'executor_unsupported'],
    ['where the step may take longer than the cloud allows', { executors: { aws: someExecutor('aws', { timeoutMaxMs: 59_999 }) } }, 'executor_unsupported'],
    ['where the script is longer than the cloud takes', { executors: { aws: someExecutor('aws', { scriptMaxBytes: 100 }) } }, 'executor_unsupported'],
    ['where the cloud has no such system', { executors: { aws: someExecutor('aws', { systems: ['windows'] }) } }, 'executor_unsupported'],
  ])('is none %s', (_, change, code) => {
    expect(makePlan(question(change))).toMatchObject({ kind: 'refused', code })
  })

  it('is the same for the same question, and another for another run', () => {
    expect(planned({ runbook: full, given: { note: 'n' } })).toEqual(planned({ runbook: full, given: { note: 'n' } }))
    expect(planned({ runId: RUN.replace('1', '2') }).commands[0]?.digest).not.toBe(planned().commands[0]?.digest)
  })
})

it('never has a value as text of a script, whatever the value', () => {
  const hostile = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('\'; reboot; \'', '$(reboot)', '`reboot`', '"; Stop-Computer; "', '{{ssm:secret}}', '\u2018; reboot', '\n}\nreboot\n', '${IFS}', '%0areboot', '\u202ereboot'))
  fc.assert(fc.property(hostile, fc.constantFrom('linux' as const, 'windows' as const), (value, system) => {
    const runbook = someRunbook({ inputs: [input('note', { pattern: null })] })
    const answer = makePlan(question({ runbook, targets: [found('a', { system })], given: { note: value } }))
    if (answer.kind === 'refused') return expect(answer.code).toBe('input_invalid')
    const sent = answer.plan.commands[0]?.script ?? ''
    // Taken out, the two scripts differ in nothing: the value stands there as base64 alone.
    const plain = planned({ runbook, targets: [found('a', { system })], given: { note: 'x' } }).commands[0]?.script ?? ''
    const without = (text: string, one: string): string => text.replace(new RegExp(`(AW_INPUT_NOTE'? )'${Buffer.from(one).toString('base64').replace(/[+]/g, '\\$&')}'`), '$1@')
    expect(without(sent, value)).toBe(without(plain, 'x'))
  }), { numRuns: 300 })
})
