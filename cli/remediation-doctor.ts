/** What `aw doctor` says of remediation: stop switches, clouds that were never checked or fail, runs that hang, requests that wait. */
import type { RemediationSettingsView } from '../schemas/remediation-views.ts'
import { ACTIVE_STATUSES, type ApprovalView, type CloudAccountView, type RunView } from '../schemas/runs.ts'
import type { Finding } from './finding.ts'

/** A run that nobody has touched for so long hangs: the remediator looks at each far more often. */
const STUCK_MS = 15 * 60_000
const DAY_MS = 86_400_000
/** A check older than this says little. */
const CHECK_DAYS = 90

/** What is known of a company. */
export interface CompanyRemediation {
  readonly name: string
  readonly settings: RemediationSettingsView
  readonly clouds: readonly CloudAccountView[]
}

/** The stop switch that holds for all; nothing where it is off. */
export function stopOfAll({ settings }: Pick<RemediationSettingsView, 'settings'>): Finding[] {
  return settings.stopped === true ? [{ what: 'stop switch', state: 'notice', detail: `on for all companies: ${settings.stoppedReason ?? 'no reason given'}; \`aw remediation resume\` takes it back` }] : []
}

/** Everything worth saying of one company. */
export function companyFindings({ name, settings, clouds }: CompanyRemediation, nowMs: number): Finding[] {
  const say = (what: string, state: Finding['state'], detail: string): Finding => ({ what: `${what}: ${name}`, state, detail })
  const stop = settings.settings.stopped === true ? [say('stop switch', 'notice', `on: ${settings.settings.stoppedReason ?? 'no reason given'}; \`aw remediation resume --company\` takes it back`)] : []
  return [...stop, ...clouds.flatMap((account) => cloudFinding(account, nowMs, say))]
}

function cloudFinding({ name, cloud, enabled, check, checkedAt }: CloudAccountView, nowMs: number, say: (what: string, state: Finding['state'], detail: string) => Finding): Finding[] {
  const again = `\`aw cloud check ${JSON.stringify(name)} --company <name>\``
  if (check !== null && !check.ok) {
    const failing = check.findings.filter(({ ok }) => !ok).map((finding) => `${finding.name}: ${finding.message}`).join('; ')
    return [say('cloud', enabled ? 'failed' : 'notice', `${name} (${cloud}) does not work: ${failing}; mend it, then ${again}`)]
  }
  if (!enabled) return [say('cloud', 'notice', `${name} (${cloud}) is not in use; ${again.slice(0, -1)} --use\` puts it into use where it works`)]
  if (check === null || checkedAt === null) return [say('cloud', 'notice', `${name} (${cloud}) was never checked: ${again}`)]
  const days = Math.floor((nowMs - Date.parse(checkedAt)) / DAY_MS)
  return days >= CHECK_DAYS ? [say('cloud', 'notice', `${name} (${cloud}) was checked ${days} days ago: ${again}`)] : [say('cloud', 'ok', `${name} (${cloud}) works`)]
}

/** Runs that hang, and how many are under way. */
export function runFindings(open: readonly RunView[], nowMs: number): Finding[] {
  const active = open.filter(({ status }) => ACTIVE_STATUSES.includes(status) || status === 'planned')
  const stuck = active.filter(({ updatedAt }) => nowMs - Date.parse(updatedAt) >= STUCK_MS)
  if (stuck.length === 0) return [{ what: 'runs', state: 'ok', detail: active.length === 0 ? 'none under way' : `${active.length} under way` }]
  return stuck.map(({ id, runbookId, status, updatedAt }) => ({ what: 'runs', state: 'failed', detail: `${id} (${runbookId}) is ${status.replaceAll('_', ' ')} and was not touched since ${updatedAt}: is a process with the role remediate running? \`aw run show ${id}\` tells more, \`aw run cancel ${id}\` ends it` }))
}

/** Requests that wait. */
export function approvalFindings(pending: readonly ApprovalView[]): Finding[] {
  if (pending.length === 0) return [{ what: 'approvals', state: 'ok', detail: 'none waits' }]
  const first = pending.reduce((least, one) => (one.expiresAt < least.expiresAt ? one : least))
  return [{ what: 'approvals', state: 'notice', detail: `${pending.length} wait for a yes, the first until ${first.expiresAt}: \`aw approvals\` lists them` }]
}
