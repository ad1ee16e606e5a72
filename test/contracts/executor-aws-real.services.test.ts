/** A script of the library from its composition through Amazon's library and the service's fake into a machine of its own, and its result all the way back. */
import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { awsExecutor } from '../../remediator/executors/aws/index.ts'
import { scriptFault } from '../../remediator/executors/aws/scripts.ts'
import type { CallContext, Executor, Progress, RemoteCommand, SentRef } from '../../remediator/executors/port.ts'
import { composeScript } from '../../remediator/library/envelope.ts'
import { readResult } from '../../remediator/library/result.ts'
import { systemClock } from '../../schemas/clock.ts'
import { startAwsFake, type AwsFake } from '../fakes/aws-ssm.ts'
import { BASE } from '../fakes/aws-sts.ts'
import { throwawayRoot, type ThrowawayRoot } from '../harness/throwaway-root.ts'

const ROLE = 'arn:aws:iam::123456789012:role/AlertWhisperer'
const TARGET = { asset: 'web1', cloud: 'aws', cloudAccountId: 'a1', system: 'linux', region: 'eu-central-1', instanceId: 'i-0123456789abcdef0', group: null, foundBy: 'asset_list', isCritical: false } as const
const RUNBOOKS = join(import.meta.dirname, '../../remediator/runbooks')

let fake: AwsFake
let executor: Executor
let context: CallContext
beforeEach(async () => {
  fake = await startAwsFake()
  fake.addRole({ arn: ROLE, externalId: 'external-id' })
  fake.machines.push({ instanceId: TARGET.instanceId, region: TARGET.region })
  fake.buckets.set('acme-outputs', new Map())
  executor = awsExecutor({ clock: systemClock, credentials: BASE })
  context = { account: { id: 'a1', companyId: 'c1', cloud: 'aws', environment: 'sandbox', secret: async () => null, fields: { roleArn: ROLE, externalId: 'external-id', regions: TARGET.region, endpoint: fake.url, outputBucket: 'acme-outputs' } }, signal: new AbortController().signal }
})
afterEach(async () => {
  await fake.close()
  expect(fake.faults).toEqual([])
})

const on = (root: ThrowawayRoot): void => void (fake.usual = { execute: (script) => root.run(script) })
const command = (script: string, token: string = randomUUID()): RemoteCommand => ({ token, runId: 'run-1', runbookId: 'disk-clean-temp', system: 'linux', script, automation: null, timeoutMs: 60_000, target: TARGET })
const ended = async (ref: SentRef, one: RemoteCommand): Promise<Extract<Progress, { kind: 'ended' }>> => {
  const seen: Progress[] = []
  await expect.poll(async () => seen[seen.push(await executor.poll(ref, one, context)) - 1]?.kind).toBe('ended')
  const last = seen.at(-1)
  if (last?.kind !== 'ended') throw new Error('it has not ended')
  return last
}
const clean = readFileSync(join(RUNBOOKS, 'disk-clean-temp/clean.sh'), 'utf8')

it('cleans a machine for real, and does nothing when the same command is sent a second time', async (test) => {
  const root = await throwawayRoot(test, { laterDays: 40, files: { '/tmp/old': { text: 'old', ageDays: 30 }, '/tmp/young': 'young' }, setup: 'touch -d "+39 days" /tmp/young' })
  on(root)
  const one = command('', randomUUID())
  const composed = { ...one, script: composeScript('linux', clean, { volume: '/', minAgeDays: 7, maxFiles: 100 }, one.token) }
  const first = await ended(await executor.send(composed, context), composed)
  expect(readResult(first.stdout, first.exitCode)).toMatchObject({ outcome: 'ok', result: { changed: ['removed /tmp/old'] } })
  expect((await root.sh('ls /tmp')).trim()).toBe('young')
  await root.sh('touch -d "30 days ago" /tmp/older')
  const second = await ended(await executor.send(composed, context), composed)
  expect(readResult(second.stdout, second.exitCode).outcome).toBe('repeated')
  expect((await root.sh('ls /tmp')).trim().split('\n')).toEqual(['older', 'young'])
})

it('is found after a lost answer, and what the script did is told once', async (test) => {
  const root = await throwawayRoot(test, { laterDays: 40, files: { '/tmp/old': { text: 'old', ageDays: 30 } } })
  on(root)
  const one = command('', randomUUID())
  const composed = { ...one, script: composeScript('linux', clean, { volume: '/', minAgeDays: 7, maxFiles: 100 }, one.token) }
  const sinceMs = Date.now()
  fake.mishap('SendCommand', 'lost')
  await expect(executor.send(composed, context)).rejects.toMatchObject({ sent: 'unknown' })
  const found = await executor.find(composed, sinceMs, context)
  if (typeof found === 'string') throw new Error(`it was ${found}`)
  const progress = await ended(found, composed)
  expect(readResult(progress.stdout, progress.exitCode)).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  expect(fake.commands).toHaveLength(1)
})

it('brings back what a script prints beyond 24,000 bytes, and with it the result in the last line', async (test) => {
  const root = await throwawayRoot(test)
  on(root)
  const one = command('', randomUUID())
  const composed = { ...one, script: composeScript('linux', 'n=0\nwhile [ "$n" -lt 1500 ]; do echo "line $n žluťoučký"; n=$((n + 1)); done\naw_fact lineCount 1500\naw_ok "printed"\n', {}, one.token) }
  const progress = await ended(await executor.send(composed, context), composed)
  expect(progress.stdout.length).toBeGreaterThan(24_000)
  expect(progress.isTruncated).toBe(false)
  expect(readResult(progress.stdout, progress.exitCode)).toMatchObject({ outcome: 'ok', result: { facts: { lineCount: 1500 } } })
})

it('hands inputs over as what they are, never as text that runs', async (test) => {
  const root = await throwawayRoot(test)
  on(root)
  const one = command('', randomUUID())
  const value = `'; touch /tmp/hacked; echo "$(touch /tmp/hacked)" \`touch /tmp/hacked\`\r\nžluťoučký 🦊 {{ x }}`
  const composed = { ...one, script: composeScript('linux', 'printf %s "$AW_INPUT_TEXT" > /tmp/text\naw_ok "kept"\n', { text: value }, one.token) }
  const progress = await ended(await executor.send(composed, context), composed)
  expect(readResult(progress.stdout, progress.exitCode).outcome).toBe('ok')
  expect(await root.sh('cat /tmp/text; ls /tmp')).toBe(`${value}text\n`)
})

it('sends every script of the library: none is too long for the service, and none holds what the service would replace', () => {
  const faults = readdirSync(RUNBOOKS).filter((id) => existsSync(join(RUNBOOKS, id, 'runbook.yaml'))).flatMap((id) => readdirSync(join(RUNBOOKS, id)).filter((file) => /\.(sh|ps1)$/.test(file)).map((file) => {
    const fault = scriptFault(composeScript(file.endsWith('.sh') ? 'linux' : 'windows', readFileSync(join(RUNBOOKS, id, file), 'utf8'), { text: 'x'.repeat(1_000) }, randomUUID()))
    return fault === null ? null : `${id}/${file}: ${fault}`
  })).filter((fault) => fault !== null)
  expect(faults).toEqual([])
})
