/**
 * Whose yes a run needs, and whether it is there. Low risk: nobody's when the rules ask, where the switch allows it, and a technician's else. Medium: a
 * company admin's. High: an MSP Admin's. A runbook may ask for more, never for less. Who asks says yes as far as their role goes, unless four eyes are
 * wanted: then it is somebody else who has to.
 */
import { ADMIN_TOKEN_ID, couldBeOne } from '../../../schemas/hands.ts'
import type { Risk } from '../../../schemas/runbooks.ts'
import { ROLES, type Role } from '../../../schemas/settings.ts'
import { refuse, type Case } from '../case.ts'
import type { Verdict } from '../port.ts'

type Approver = 'technician' | 'company_admin' | 'msp_admin'

const MINUTE_MS = 60_000
const BY_RISK: Readonly<Record<Risk, Approver>> = { low: 'technician', medium: 'company_admin', high: 'msp_admin' }

/** Whether a role is at least another one. */
function reaches(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) <= ROLES.indexOf(needed)
}

/** The last question: run it, or ask whom. */
export function consent(judged: Case): Verdict {
  const { facts, risk, isByPerson } = judged
  const own = facts.runbook.approval
  const role = own !== null && reaches(own.role, BY_RISK[risk]) ? own.role : BY_RISK[risk]
  const fourEyes = facts.runbook.origin === 'draft' || own?.fourEyes === true || (risk === 'high' && judged.limits.fourEyes)
  const timeoutMs = Math.min(judged.limits.approvalMinutes * MINUTE_MS, own?.timeoutMs ?? Infinity)

  if (isByPerson && (facts.requester.role === null || !reaches(facts.requester.role, 'technician'))) {
    return refuse('role_insufficient', 'Whoever asks must at least be a technician of the company; ask somebody who is.')
  }
  if (fourEyes && facts.requester.id === ADMIN_TOKEN_ID && facts.requester.hands.includes(ADMIN_TOKEN_ID)) {
    return refuse('same_hands', 'It needs two people, and the admin token, which asked for it, is neither of them here (AW_TOKEN_FOUR_EYES); ask with an account of your own.')
  }
  const isUnanswered = facts.question?.status === 'expired' || (facts.question?.status === 'pending' && facts.nowMs >= facts.question.expiresAtMs)
  const ask = (code: Extract<Verdict, { kind: 'ask' }>['code'], why: string): Verdict => ({ kind: 'ask', code, why, role, fourEyes, timeoutMs })
  if (judged.assets.length === 0) {
    // Whoever chooses says nothing yet of the plan that is made of it: that one is judged anew.
    return isUnanswered ? refuse('approval_expired', 'Nobody said in time which machine is meant; ask for the run anew and name it.') : ask('target_ambiguous', `${facts.candidates} machines fit: ${words(role)} has to say which is meant.`)
  }
  // A yes grows old as a question does. Whose it was is asked after that, so that stricter settings never make of a refusal a question.
  const fresh = facts.approvals.filter(({ atMs }) => facts.nowMs < atMs + timeoutMs)
  if (isUnanswered || (facts.approvals.length > 0 && fresh.length === 0)) return refuse('approval_expired', `Nobody said yes in time, or the yes is older than ${timeoutMs / MINUTE_MS} minutes; ask for the run anew.`)
  const isStale = fresh.length === 0 && facts.nowMs >= facts.requestedAtMs + timeoutMs
  if (isStale && facts.question === null) return refuse('approval_expired', `The run was asked for more than ${timeoutMs / MINUTE_MS} minutes ago and did not begin; ask for it anew.`)

  // Of four eyes two are the requester's, so their own yes is none, nor that of an account they may have been behind.
  const others = fourEyes ? fresh.filter(({ id }) => id !== facts.requester.id) : fresh
  const able = others.filter((approval) => reaches(approval.role, role))
  const yes = able.find((approval) => !fourEyes || !couldBeOne(approval, facts.requester))
  if (yes !== undefined) return { kind: 'run', why: `Risk ${risk}: approved by ${yes.id}${fourEyes ? ', who did not ask for it' : ''}.` }
  if (able.length > 0) return ask('same_hands', `The yes so far does not count: one person could have asked and said yes, since one of the two accounts was set by the other or both by a third. ${words(role)} whose account is their own has to give it.`)
  if (fresh.length > 0) return ask(others.length === 0 ? 'four_eyes' : 'role_insufficient', `The yes so far does not count: ${words(role)}${fourEyes ? ', other than who asked,' : ''} has to give it.`)

  if (isByPerson && facts.requester.role !== null && reaches(facts.requester.role, role)) {
    if (fourEyes) return ask('four_eyes', `Risk ${risk} needs the yes of somebody other than who asked: ${words(role)}.`)
    if (!isStale) return { kind: 'run', why: `Risk ${risk}: asked for by somebody who may.` }
  }
  if (isByPerson || risk !== 'low' || own !== null) return ask('risk_needs_approval', `Risk ${risk}: ${words(role)} has to say yes.`)
  if (facts.trigger === 'analyst') return ask('risk_needs_approval', 'The analyst named the runbook; what it says never runs by itself, so a technician has to say yes.')
  if (!judged.limits.automaticLowRisk) return ask('automatic_off', 'Risk low does not run by itself here (automaticLowRisk is off): a technician has to say yes.')
  if (facts.incident?.status === 'in_progress') return ask('person_at_work', 'Somebody works on the incident: they have to say yes.')
  return facts.question === null ? { kind: 'run', why: 'Risk low runs by itself.' } : ask('risk_needs_approval', 'It was asked of people and nobody has answered yet.')
}

function words(role: Approver): string {
  return { technician: 'a technician', company_admin: 'a Company Admin or an MSP Admin', msp_admin: 'an MSP Admin' }[role]
}
