import { isRunbookEnabled } from '../../../schemas/remediation-settings.ts'
import { refuse, type Rule } from '../case.ts'

/** A draft is somebody's one-off script: it is never chosen by rules or by the analyst. */
export const draftOnlyByPerson: Rule = ({ facts, isByPerson }) =>
  facts.runbook.origin === 'draft' && !isByPerson ? refuse('draft_only_by_person', 'A draft runs only when a person asks for it; make it a runbook to have it matched.') : null

/** The MSP or the company switched the runbook off. */
export const runbookDisabled: Rule = ({ facts: { runbook, msp, company } }) =>
  isRunbookEnabled(runbook.id, msp, company) ? null : refuse('runbook_disabled', `The runbook ${runbook.id} is switched off in the remediation settings; switch it on there first.`)

/** What was planned and perhaps approved is not what the library has now. */
export const runbookChanged: Rule = ({ facts: { runbook, currentDigest } }) => {
  if (currentDigest === runbook.digest) return null
  return refuse('runbook_changed', `The runbook ${runbook.id} was ${currentDigest === null ? 'removed' : 'changed'} since this run was planned; ask for it anew to get a plan of what it is now.`)
}
