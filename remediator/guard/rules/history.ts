import { RUN_STATUSES, type RunStatus } from '../../../schemas/runs.ts'
import { refuse, touched, type Case, type Rule } from '../case.ts'

const FAILURES: readonly RunStatus[] = ['failed', 'rolled_back']
/** What neither succeeded nor failed says nothing about the runbook. */
const SILENT: readonly RunStatus[] = RUN_STATUSES.filter((status) => status !== 'succeeded' && !FAILURES.includes(status))

/** How often the runbook failed on the asset since it last succeeded there. */
function failuresInARow({ facts }: Case, asset: Case['assets'][number]): number {
  const ended = facts.past.filter((run) => run.runbookId === facts.runbook.id && touched(run, asset) && !SILENT.includes(run.status))
    .sort((a, b) => (b.endedAtMs ?? b.startedAtMs) - (a.endedAtMs ?? a.startedAtMs))
  const success = ended.findIndex(({ status }) => status === 'succeeded')
  return success === -1 ? ended.length : success
}

/** What failed so often in a row is not tried again until a person ran it with success. */
export const repeatedFailures: Rule = (judged) => {
  const { facts: { runbook }, assets, isByPerson } = judged
  if (isByPerson) return null
  const failing = assets.find((asset) => failuresInARow(judged, asset) >= runbook.limits.maxFailures)
  return failing === undefined ? null : refuse('repeated_failures', `The runbook ${runbook.id} failed ${runbook.limits.maxFailures} times in a row on ${failing.shown}; it is not tried there again until a person has run it with success.`)
}

/** Between two runs of one runbook on one asset there is a pause. */
export const cooldown: Rule = ({ facts: { runbook, past, nowMs }, assets }) => {
  for (const asset of assets) {
    const ends = past.filter((run) => run.runbookId === runbook.id && touched(run, asset)).map((run) => (run.endedAtMs ?? run.startedAtMs) + runbook.limits.cooldownMs)
    const untilMs = Math.max(...ends, 0)
    if (untilMs > nowMs) return refuse('cooldown', `The runbook ${runbook.id} ran on ${asset.shown} a short time ago; it may run there again at ${new Date(untilMs).toISOString()}.`, untilMs)
  }
  return null
}
