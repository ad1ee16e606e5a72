/** `aw run`, `aw approve` and `aw refuse`: runs, their output as it comes, and a person's yes or no. */
import type { OutputPage, OutputPiece, RunDetail } from '../schemas/remediation-views.ts'
import type { ApprovalView, RunView } from '../schemas/runs.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { cell, table } from './output.ts'
import { printable } from './runbook.ts'
import { companyNamed } from './send.ts'

/** Seconds the API may keep a call for output waiting. */
const WAIT_SECONDS = 20

/** The newest runs. */
export async function listRuns(api: ApiClient, { company, incident, status, limit = 50 }: { readonly company?: string; readonly incident?: string; readonly status?: string; readonly limit?: number }): Promise<readonly RunView[]> {
  const query = new URLSearchParams({ limit: String(limit), ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }), ...(incident === undefined ? {} : { incident }), ...(status === undefined ? {} : { status }) })
  return (await api.call<Page<RunView>>('GET', `/api/runs?${query.toString()}`)).items
}

/** A table of runs. */
export function runsText(runs: readonly RunView[]): string {
  if (runs.length === 0) return 'there are no runs'
  return table(['id', 'asked', 'runbook', 'machines', 'mode', 'status', 'outcome'], runs.map(({ id, createdAt, runbookId, plan, mode, isSimulated, status, outcome, code }) => [
    id, createdAt, cell(runbookId, 40), cell(plan.targets.map(({ asset }) => asset).join(', '), 40), `${mode}${isSimulated ? ', simulated' : ''}`, status, `${outcome ?? '-'}${code === null ? '' : ` (${code})`}`,
  ]))
}

/** One run in full. */
export function showRun(api: ApiClient, id: string): Promise<RunDetail> {
  return api.call<RunDetail>('GET', `/api/runs/${encodeURIComponent(id)}`)
}

/** One run as a person reads it. */
export function runText(run: RunDetail): string {
  const { id, runbookId, runbookVersion, summary, status, outcome, code, message, risk, mode, isSimulated, trigger, requestedBy, createdAt, startedAt, endedAt, plan, commands, approvals } = run
  const head = [
    `${id}: ${runbookId} version ${runbookVersion}, ${cell(summary, 160)}`, `status    ${status}${outcome === null ? '' : `, ${outcome}`}${code === null ? '' : ` (${code})`}${message === null ? '' : `: ${cell(message, 300)}`}`,
    `risk      ${risk}, mode ${mode}${isSimulated ? ', simulated' : ''}, ${trigger} by ${cell(requestedBy.name, 60)}`, `times     asked ${createdAt}${startedAt === null ? '' : `, begun ${startedAt}`}${endedAt === null ? '' : `, ended ${endedAt}`}`,
    `machines  ${plan.targets.map(({ asset, cloud, region, instanceId }) => `${cell(asset, 60)} (${cloud} ${region} ${instanceId})`).join(', ') || '-'}`,
  ]
  const asked = approvals.map((one) => `approval  ${one.id}: ${one.status}${one.status === 'pending' ? `, ${one.role.replaceAll('_', ' ')} is asked${one.fourEyes ? ', four eyes' : ''}, until ${one.expiresAt}` : ''}${one.decidedBy === null ? '' : ` by ${cell(one.decidedBy.name, 60)}`}${one.comment === null ? '' : `: ${cell(one.comment, 200)}`}`)
  const sent = commands.length === 0 ? [] : ['', table(['', 'step', 'machine', 'status', 'outcome', 'exit', 'told'], commands.map((one) => [one.seq, `${one.phase} ${one.stepId}`, cell(one.asset, 40), one.status, one.outcome ?? '-', one.exitCode === null ? '-' : String(one.exitCode), cell(one.result?.message ?? '', 80)]))]
  return [...head, ...asked, ...sent].join('\n')
}

/** Asks for the end of a run. */
export function cancelRun(api: ApiClient, id: string): Promise<RunDetail> {
  return api.call<RunDetail>('POST', `/api/runs/${encodeURIComponent(id)}/cancel`, {})
}

/** Hands on what the run writes, piece by piece, until it has ended or the signal aborts; answers the run as it is then. */
export async function followRun(api: ApiClient, id: string, take: (piece: OutputPiece) => void, signal: AbortSignal): Promise<RunDetail> {
  for (let cursor: string | null = ''; cursor !== null && !signal.aborted;) {
    const page: OutputPage = await api.call<OutputPage>('GET', `/api/runs/${encodeURIComponent(id)}/output?wait=${WAIT_SECONDS}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    for (const piece of page.items) take(piece)
    cursor = page.next
  }
  return showRun(api, id)
}

/** Pieces of output with a head wherever another command or stream begins to speak. */
export function pieceWriter(write: (text: string) => void): (piece: OutputPiece) => void {
  let speaking = ''
  return ({ seq, phase, stepId, asset, stream, text }) => {
    const speaker = `${seq} ${stream}`
    if (speaker !== speaking) write(`\n--- ${phase} ${stepId} on ${cell(asset, 80)}${stream === 'stderr' ? ', errors' : ''}\n`)
    speaking = speaker
    write(`${printable(text)}\n`)
  }
}

/** Whether a run that has ended did what it should. */
export function hasFailed({ status }: Pick<RunView, 'status'>): boolean {
  return ['failed', 'rolled_back', 'refused', 'expired', 'cancelled'].includes(status)
}

/** Requests that wait. */
export async function listApprovals(api: ApiClient, { company, all }: { readonly company?: string; readonly all?: boolean }): Promise<readonly ApprovalView[]> {
  const query = new URLSearchParams({ limit: '200', ...(all === true ? {} : { status: 'pending' }), ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }) })
  return (await api.call<Page<ApprovalView>>('GET', `/api/approvals?${query.toString()}`)).items
}

/** A table of requests. */
export function approvalsText(items: readonly ApprovalView[]): string {
  if (items.length === 0) return 'nothing waits for approval'
  return table(['id', 'run', 'asked of', 'status', 'until', 'why'], items.map(({ id, runId, role, fourEyes, status, expiresAt, reason, question }) => [id, runId, `${role}${fourEyes ? ', four eyes' : ''}`, status, expiresAt, `${question === 'target' ? 'which machine? ' : ''}${cell(reason, 80)}`]))
}

/** Says yes or no. */
export function decide(api: ApiClient, id: string, word: 'approve' | 'refuse', { comment, machine }: { readonly comment?: string; readonly machine?: string }): Promise<ApprovalView> {
  return api.call<ApprovalView>('POST', `/api/approvals/${encodeURIComponent(id)}/${word}`, { ...(comment === undefined ? {} : { comment }), ...(machine === undefined ? {} : { instanceId: machine }) })
}

/** What was decided. */
export function decidedText({ id, runId, status }: ApprovalView): string {
  return `${id} is ${status}; \`aw run follow ${runId}\` shows what becomes of the run`
}
