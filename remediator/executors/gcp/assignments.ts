/**
 * One command as an OS policy assignment for one machine: Google has no call that runs a script. The assignment's id follows from the token, so a look-up is one GET; its description
 * holds what a look-up has to know again.
 */
import { createHash } from 'node:crypto'
import { ExecutorError, STARTS_WITHIN_MS, TOLD_WITHIN_MS, type Progress, type RemoteCommand, type SentRef } from '../port.ts'
import { isRunning, readInstance } from './machines.ts'
import { execScripts, readOutput } from './scripts.ts'
import { clean, type GcpSession } from './session.ts'

/** Label that makes an assignment hit one machine only; its value is the instance's number. */
export const LABEL = 'alert-whisperer-instance'

interface Assignment { readonly description?: string; readonly rolloutState?: string }
interface Operation { readonly name?: string; readonly error?: { readonly message?: string } }
interface Report {
  readonly osPolicyCompliances?: readonly {
    readonly complianceState?: string; readonly complianceStateReason?: string
    readonly osPolicyResourceCompliances?: readonly { readonly complianceState?: string; readonly configSteps?: readonly { readonly type?: string; readonly errorMessage?: string }[]; readonly execResourceOutput?: { readonly enforcementOutput?: string } }[]
  }[]
}

/** Makes the assignment; the command is taken once this returns. */
export async function assign(session: GcpSession, command: RemoteCommand & { readonly script: string }, zone: string, nowMs: number): Promise<SentRef> {
  const { settings } = session
  const instance = await readInstance(session, zone, command.target.instanceId)
  if (!isRunning(instance)) throw new ExecutorError('offline', `${command.target.instanceId} does not run (${instance.status ?? 'no status'})`)
  const number = instance.id ?? ''
  if (instance.labels?.[LABEL] !== number) throw new ExecutorError('invalid', `${command.target.instanceId} lacks its label; run: gcloud compute instances add-labels ${command.target.instanceId} --project ${settings.projectId} --zone ${zone} --labels=${LABEL}=${number}`)
  const id = assignmentId(command.token)
  const beginsBeforeMs = nowMs + STARTS_WITHIN_MS.gcp
  const { interpreter, validate, enforce, outputFilePath } = execScripts(command, { id, instanceNumber: number, beginsBefore: Math.floor(beginsBeforeMs / 1_000) })
  await session.call<Operation>('making an OS policy assignment', 'POST', `${assignments(session, zone)}?osPolicyAssignmentId=${id}`, {
    changes: true,
    body: {
      description: describe(command.token, beginsBeforeMs), instanceFilter: { inclusionLabels: [{ labels: { [LABEL]: number } }] }, rollout: { disruptionBudget: { fixed: 1 }, minWaitDuration: '0s' },
      osPolicies: [{ id: 'command', mode: 'ENFORCEMENT', allowNoResourceGroupMatch: false, resourceGroups: [{ resources: [{ id: 'script', exec: { validate: { interpreter, script: validate }, enforce: { interpreter, script: enforce, outputFilePath } } }] }] }],
    },
  })
  return { name: id, beginsBeforeMs: String(beginsBeforeMs) }
}

/** The command as it stands in the cloud; null where there is no assignment of it. */
export async function findAssignment(session: GcpSession, command: RemoteCommand, zone: string): Promise<SentRef | null> {
  const id = assignmentId(command.token)
  const found = await orNull(session.call<Assignment>('looking an OS policy assignment up', 'GET', `${assignments(session, zone)}/${id}`))
  if (found === null) return null
  const beginsBeforeMs = /^alert-whisperer [A-Za-z0-9-]{1,64} until (\d{13})$/.exec(found.description ?? '')?.[1]
  if (beginsBeforeMs === undefined) throw new ExecutorError('invalid', `the OS policy assignment ${id} is none of ours`)
  return { name: id, beginsBeforeMs }
}

/** How it goes, by the machine's report. */
export async function pollAssignment(session: GcpSession, command: RemoteCommand, zone: string, ref: SentRef, nowMs: number): Promise<Progress> {
  const { osConfig, projectId } = session.settings
  const path = `${osConfig}/v1/projects/${projectId}/locations/${zone}/instances/${encodeURIComponent(command.target.instanceId)}/osPolicyAssignments/${ref.name ?? ''}/report`
  const report = await orNull(session.call<Report>('reading the report of a machine', 'GET', path))
  const beginsBeforeMs = Number(ref.beginsBeforeMs)
  const isOverdue = nowMs > beginsBeforeMs + command.timeoutMs + TOLD_WITHIN_MS.gcp
  const ended = report === null ? null : endOf(report)
  if (ended !== null) return ended
  // The scripts themselves refuse to begin any more, so what is not reported by now has not run, or has lost its report: that is not known.
  if (isOverdue) return over('failed', 'no report came in time; whether the script ran is not known')
  return { kind: 'going', stdout: '', stderr: '', retryAfterMs: 10_000 }
}

/** Removes it from the cloud, and from the machine with its next look. */
export async function unassign(session: GcpSession, command: RemoteCommand, zone: string): Promise<void> {
  await orNull(session.call('deleting an OS policy assignment', 'DELETE', `${assignments(session, zone)}/${assignmentId(command.token)}`, { changes: true }))
}

/** Reasons of a report by which nothing was brought to the machine. */
const UNDELIVERED: Readonly<Record<string, string>> = { 'vm-not-running': 'the machine does not run', 'no-agent-detected': 'the machine has no OS Config agent', 'os-policies-not-supported-by-agent': 'the OS Config agent of the machine is too old' }
/** Reasons by which the script may have begun. */
const BROKEN: Readonly<Record<string, string>> = { 'task-timeout': 'the task of the agent ran out of time', 'unexpected-agent-state': 'the agent or the machine started anew in between', 'resource-execution-errors': 'the agent could not run the script to its end' }

/** The end a report tells; null while it tells none. */
export function endOf({ osPolicyCompliances }: Report): Progress | null {
  const policy = osPolicyCompliances?.[0]
  const resource = policy?.osPolicyResourceCompliances?.[0]
  const encoded = resource?.execResourceOutput?.enforcementOutput
  if (encoded !== undefined && encoded !== '') {
    const output = readOutput(Buffer.from(encoded, 'base64'))
    if (output === null) return over('failed', 'the output of the script cannot be read')
    const { exitCode, hasTimedOut, ...streams } = output
    return { kind: 'ended', outcome: hasTimedOut ? 'timed_out' : exitCode === 0 ? 'ok' : 'failed', exitCode: hasTimedOut ? null : exitCode, ...streams, message: null }
  }
  const reason = policy?.complianceStateReason ?? ''
  const undelivered = UNDELIVERED[reason]
  if (undelivered !== undefined) return over('undelivered', undelivered)
  const told = resource?.configSteps?.find(({ errorMessage }) => errorMessage !== undefined && errorMessage !== '')
  const words = told?.errorMessage === undefined ? '' : `: ${clean(told.errorMessage)}`
  const broken = BROKEN[reason]
  if (broken !== undefined) return over('failed', `${broken}${words}`)
  // Without output: the script did not begin because it was not its machine or too late, or a second look has taken the place of the first in the report.
  if (resource?.complianceState === 'COMPLIANT') return over('failed', 'the report has no output; whether the script ran is not known')
  if (resource?.complianceState === 'NON_COMPLIANT') return over('failed', `the agent could not enforce the policy${words}`)
  return null
}

/** Id of the assignment of a command; letters in either case would be one to Google. */
export function assignmentId(token: string): string {
  return `aw-${createHash('sha256').update(token).digest('hex').slice(0, 40)}`
}

const describe = (token: string, beginsBeforeMs: number): string => `alert-whisperer ${token} until ${beginsBeforeMs}`
const over = (outcome: 'failed' | 'undelivered', message: string): Progress => ({ kind: 'ended', outcome, exitCode: null, stdout: '', stderr: '', isTruncated: false, message })
const assignments = ({ settings }: GcpSession, zone: string): string => `${settings.osConfig}/v1/projects/${settings.projectId}/locations/${zone}/osPolicyAssignments`

async function orNull<T>(called: Promise<T>): Promise<T | null> {
  try {
    return await called
  } catch (thrown) {
    if (thrown instanceof ExecutorError && thrown.fault === 'not_found') return null
    throw thrown
  }
}
