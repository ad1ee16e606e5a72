/** Automation documents: started once under a token of their own, followed, found again by the name of the session that started them, stopped. */
import { createHash } from 'node:crypto'
import { DescribeAutomationExecutionsCommand, GetAutomationExecutionCommand, StartAutomationExecutionCommand, StopAutomationExecutionCommand, type AutomationExecution } from '@aws-sdk/client-ssm'
import type { ScriptResult } from '../../../schemas/runs.ts'
import { ExecutorError, type Progress, type RemoteCommand, type SentRef } from '../port.ts'
import type { Called } from './clients.ts'
import { nameOf } from './faults.ts'
import { CLOCKS_APART_MS, second, SENT_WITHIN_MS, SETTLED_MS } from './scripts.ts'

const LIST_PAGES_MAX = 40
const FACTS_MAX = 50

/** The token as a UUID, the only form the service takes; it starts nothing twice under one. */
export function clientToken(token: string): string {
  const hex = createHash('sha256').update(token).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** Name of the session that starts a document; the service tells it with the execution, so that it can be found. */
export const automationSession = (token: string): string => `auto-${createHash('sha256').update(token).digest('hex').slice(0, 40)}`

type Automation = NonNullable<RemoteCommand['automation']>

/** Starts the document. */
export async function startAutomation(command: RemoteCommand, { document, parameters }: Automation, { ssm, abortSignal }: Called, nowMs: number): Promise<SentRef> {
  const { AutomationExecutionId: id } = await ssm.send(new StartAutomationExecutionCommand({
    DocumentName: document, ClientToken: clientToken(command.token), Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
  }), { abortSignal })
  if (id === undefined) throw new ExecutorError('unavailable', 'starting the document: the answer names no execution; it is looked up before anything else is done', { sent: 'unknown' })
  return { automationId: id, sentAtMs: String(nowMs) }
}

/** Asks the lists for an execution that our session started. */
export async function findAutomation({ document }: Automation, sinceMs: number, session: string, { ssm, abortSignal }: Called, nowMs: number): Promise<SentRef | 'absent' | 'unknown'> {
  let nextToken: string | undefined
  for (let page = 0; page < LIST_PAGES_MAX; page++) {
    const { AutomationExecutionMetadataList: executions = [], NextToken } = await ssm.send(new DescribeAutomationExecutionsCommand({
      MaxResults: 50, ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      Filters: [{ Key: 'DocumentNamePrefix', Values: [document] }, { Key: 'StartTimeAfter', Values: [second(sinceMs - CLOCKS_APART_MS)] }, { Key: 'StartTimeBefore', Values: [second(sinceMs + SENT_WITHIN_MS)] }],
    }), { abortSignal })
    const found = executions.find(({ ExecutedBy }) => ExecutedBy?.endsWith(`/${session}`) === true)
    if (found?.AutomationExecutionId !== undefined) return { automationId: found.AutomationExecutionId, sentAtMs: String(found.ExecutionStartTime?.getTime() ?? sinceMs) }
    if (NextToken === undefined || NextToken === '') return nowMs - sinceMs >= SETTLED_MS ? 'absent' : 'unknown'
    nextToken = NextToken
  }
  return 'unknown'
}

/** How the document goes. What it says at its end is put in the form of a script's result. */
export async function pollAutomation(ref: SentRef, { ssm, abortSignal }: Called, nowMs: number): Promise<Progress> {
  let execution: AutomationExecution
  try {
    execution = (await ssm.send(new GetAutomationExecutionCommand({ AutomationExecutionId: ref['automationId'] ?? '' }), { abortSignal })).AutomationExecution ?? {}
  } catch (thrown) {
    if (nameOf(thrown) === 'AutomationExecutionNotFoundException' && nowMs - Number(ref['sentAtMs']) < SETTLED_MS) return { kind: 'going', stdout: '', stderr: '' }
    throw thrown
  }
  const stdout = (execution.StepExecutions ?? []).map(({ StepName = '', StepStatus = 'Pending' }) => `${StepName}: ${StepStatus}\n`).join('')
  const stderr = execution.FailureMessage ?? ''
  const outcome = outcomeOf(execution.AutomationExecutionStatus ?? 'Pending')
  if (outcome === null) return { kind: 'going', stdout, stderr }
  const told = outcome === 'ok' || outcome === 'failed' ? `${JSON.stringify({ aw: 1, ...resultOf(outcome, execution) })}\n` : ''
  return { kind: 'ended', outcome, exitCode: outcome === 'ok' ? 0 : outcome === 'failed' ? 1 : null, stdout: stdout + told, stderr, isTruncated: execution.StepExecutionsTruncated === true, message: stderr === '' ? null : stderr.slice(0, 300) }
}

/** Stops the document's steps; one that has ended already is left as it is. */
export async function stopAutomation(ref: SentRef, { ssm, abortSignal }: Called): Promise<void> {
  try {
    await ssm.send(new StopAutomationExecutionCommand({ AutomationExecutionId: ref['automationId'] ?? '', Type: 'Cancel' }), { abortSignal })
  } catch (thrown) {
    if (nameOf(thrown) !== 'InvalidAutomationStatusUpdateException') throw thrown
  }
}

function outcomeOf(status: string): Extract<Progress, { kind: 'ended' }>['outcome'] | null {
  switch (status) {
    case 'Success':
    case 'CompletedWithSuccess':
      return 'ok'
    case 'Failed':
    case 'CompletedWithFailure':
    case 'Rejected':
    case 'ChangeCalendarOverrideRejected':
    case 'Exited':
      return 'failed'
    case 'TimedOut':
      return 'timed_out'
    case 'Cancelled':
      return 'cancelled'
    default:
      return null
  }
}

/** `restart.State` as a script would name it: `restartState`. */
function factName(name: string): string {
  return name.replace(/[^A-Za-z0-9]+(.)?/g, (_all, letter: string | undefined) => letter?.toUpperCase() ?? '').replace(/^[^A-Za-z]+/, '').slice(0, 40) || 'output'
}

function resultOf(outcome: 'ok' | 'failed', { DocumentName = 'the document', Outputs = {}, FailureMessage, StepExecutions = [] }: AutomationExecution): ScriptResult {
  const changed = StepExecutions.filter(({ StepStatus }) => StepStatus === 'Success').map(({ StepName = '', Action = '' }) => `${StepName} (${Action})`)
  return {
    outcome, code: outcome === 'ok' ? null : 'automation_failed', message: outcome === 'ok' ? `${DocumentName} ended well.` : FailureMessage ?? `${DocumentName} failed.`,
    changed: changed.slice(0, FACTS_MAX), changedCount: changed.length, facts: Object.fromEntries(Object.entries(Outputs).slice(0, FACTS_MAX).map(([name, values]) => [factName(name), values.join(',')])),
  }
}
