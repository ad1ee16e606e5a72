/** The small page behind a link in a mail or chat: what is asked, and two buttons. It holds no script; everything that came from outside is escaped. */
import type { PlannedCommand, ApprovalView, RunView } from '../schemas/runs.ts'

/** Nothing is loaded and nothing runs; the form may only come back to where the page is from. */
export const PAGE_POLICY = "default-src 'none'; style-src 'sha256-STYLE'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Characters of one script on the page; the console shows all. */
const SCRIPT_CHARS = 20_000

/** The styles of the page, whose hash stands in its policy. */
export const PAGE_STYLE = `:root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow: auto; max-height: 24rem; padding: .8rem; border: 1px solid #8886; border-radius: 6px; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
button { font: inherit; padding: .6rem 1.4rem; margin: 0 .6rem .6rem 0; border-radius: 6px; border: 1px solid #8886; cursor: pointer; } .yes { background: #0f766e; color: #fff; } .high { color: #c81e3a; font-weight: 600; }
textarea, select { font: inherit; width: 100%; box-sizing: border-box; } dt { color: #777; } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }`

/** Text as HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.codePointAt(0) ?? 0};`)
}

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

/** The page after a decision, or where there is none to make. */
export function toldPage(title: string, text: string): string {
  return pageOf(title, `<h1>${escaped(title)}</h1><p>${escaped(text)}</p><p><a href="/">To the console</a></p>`)
}

/** The page before somebody leaves for an address outside. */
export function leavingPage(title: string, text: string, url: string): string {
  return pageOf(title, `<h1>${escaped(title)}</h1><p>${escaped(text)}</p><p><a href="${escaped(url)}" rel="noreferrer">Go on to ${escaped(new URL(url).host)}</a></p>`)
}

function commandOf({ stepId, phase, asset, system, script, automation, digest }: PlannedCommand): string {
  const text = script ?? JSON.stringify(automation, null, 2)
  const cut = text.length > SCRIPT_CHARS ? `${text.slice(0, SCRIPT_CHARS)}\n… ${text.length - SCRIPT_CHARS} more characters; the console shows all` : text
  return `<details><summary>${escaped(`${phase} ${stepId} on ${asset} (${system})`)}</summary><p>SHA-256 ${escaped(digest)}</p><pre>${escaped(cut)}</pre></details>`
}

function pageOf(title: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${PAGE_STYLE}</style></head><body>${main}</body></html>`
}
