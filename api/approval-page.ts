/** The page behind the one-time link of a request: what is asked, and two buttons. */
import type { PlannedCommand, ApprovalView, RunView } from '../schemas/runs.ts'
import { escaped, pageOf } from './page.ts'

/** The page that asks. */
export function askingPage({ approval, run, name }: { readonly approval: ApprovalView; readonly run: RunView; readonly name: string }): string {
  const { plan } = run
  const machines = plan.targets.map(({ asset, cloud, region, instanceId }) => `${asset} (${cloud} ${region} ${instanceId})`)
  const facts: [string, string][] = [
    ['Runbook', `${run.summary} (${run.runbookId}, version ${run.runbookVersion})`], ['Machines', machines.length === 0 ? 'one of those below' : machines.join(', ')], ['Mode', run.mode],
    ['Inputs', Object.entries(plan.inputs).map(([input, value]) => `${input} = ${String(value)}`).join(', ') || 'none'], ['Asked by', run.requestedBy.name], ['Why a person is asked', approval.reason], ['Void after', approval.expiresAt], ['You are', name],
  ]
  const choices = approval.question !== 'target' ? '' : `<p><label>Which machine is meant? <select name="instanceId" required>${plan.candidates.map(({ asset, instanceId, cloud, region }) => `<option value="${escaped(instanceId)}">${escaped(`${asset} (${cloud} ${region} ${instanceId})`)}</option>`).join('')}</select></label></p>`
  return pageOf('Approve a run?', `<h1>May this run?</h1><p class="${run.risk === 'high' ? 'high' : ''}">Risk: ${escaped(run.risk)}</p>
<dl>${facts.map(([term, text]) => `<dt>${escaped(term)}</dt><dd>${escaped(text)}</dd>`).join('')}</dl>
${plan.remarks.map((remark) => `<p>${escaped(remark)}</p>`).join('')}
<h2>Exactly what is sent</h2>${plan.commands.map(commandOf).join('') || '<p>It is planned once the machine is chosen.</p>'}
<form method="post">${choices}<p><label>Comment <textarea name="comment" maxlength="1000" rows="2"></textarea></label></p>
<button class="yes" name="decision" value="approve">Approve</button><button name="decision" value="refuse" formnovalidate>Refuse</button></form>`)
}

function commandOf({ stepId, phase, asset, system, script, automation, digest }: PlannedCommand): string {
  // Whole, however long: nobody says yes to what they were not shown.
  const text = script ?? JSON.stringify(automation, null, 2)
  return `<details><summary>${escaped(`${phase} ${stepId} on ${asset} (${system})`)}</summary><p>SHA-256 ${escaped(digest)}</p><pre>${escaped(text)}</pre></details>`
}
