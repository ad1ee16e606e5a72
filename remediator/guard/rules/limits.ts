import { refuse, touched, assetKey, type Rule } from '../case.ts'
import type { PastRun } from '../port.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** When to look again at what other runs hold; their end is not known. */
const LOOK_AGAIN_MS = 30_000

/** Runs admitted within the last `spanMs`, oldest first. */
function within(past: readonly PastRun[], spanMs: number, nowMs: number): PastRun[] {
  return past.filter(({ startedAtMs }) => startedAtMs > nowMs - spanMs).sort((a, b) => a.startedAtMs - b.startedAtMs)
}

/** When so many of these runs are older than the span that another fits. */
function freeAtMs(runs: readonly PastRun[], most: number, spanMs: number): number | null {
  const run = runs[runs.length - most]
  return run === undefined ? null : run.startedAtMs + spanMs
}

/** Never two runs on one asset. */
export const assetBusy: Rule = ({ facts, assets, active }) => {
  for (const asset of assets) {
    const busy = active.find((run) => touched(run, asset))
    if (busy !== undefined) return refuse('asset_busy', `Run ${busy.runId} is at work on ${asset.shown}; wait for its end or cancel it.`, facts.nowMs + LOOK_AGAIN_MS)
  }
  return null
}

/** Runs on one asset in a day. */
export const assetLimit: Rule = ({ facts: { past, nowMs }, limits: { maxRunsPerAssetPerDay: most }, assets }) => {
  for (const asset of assets) {
    const runs = within(past, DAY_MS, nowMs).filter((run) => touched(run, asset))
    if (runs.length >= most) return refuse('asset_limit', `${asset.shown} had ${runs.length} runs within a day and ${most} are allowed; look at the machine, or raise maxRunsPerAssetPerDay.`, freeAtMs(runs, most, DAY_MS))
  }
  return null
}

/** Runs of one runbook in a company in an hour. */
export const runbookLimit: Rule = ({ facts: { past, nowMs, runbook } }) => {
  const most = runbook.limits.maxRunsPerHour
  const runs = within(past, HOUR_MS, nowMs).filter(({ runbookId }) => runbookId === runbook.id)
  return runs.length < most ? null : refuse('runbook_limit', `The runbook ${runbook.id} ran ${runs.length} times within an hour and ${most} are allowed; look for the common cause.`, freeAtMs(runs, most, HOUR_MS))
}

/** Runs of a company in an hour, and at the same time. */
export const companyLimit: Rule = ({ facts: { past, nowMs }, limits: { maxRunsPerHour: most, maxConcurrent }, active }) => {
  if (active.length >= maxConcurrent) return refuse('company_limit', `${active.length} runs of the company are at work and ${maxConcurrent} are allowed at the same time; wait for one to end, or raise maxConcurrent.`, nowMs + LOOK_AGAIN_MS)
  const runs = within(past, HOUR_MS, nowMs)
  return runs.length < most ? null : refuse('company_limit', `The company had ${runs.length} runs within an hour and ${most} are allowed; look for the common cause, or raise maxRunsPerHour.`, freeAtMs(runs, most, HOUR_MS))
}

/** How much of a company may be in runs at the same time. One asset is always allowed, else a company of four could never be helped. */
export const blastRadius: Rule = ({ facts: { knownAssets, nowMs }, limits: { maxBlastShare }, assets, active }) => {
  const held = new Set(active.flatMap((run) => run.assets.map(assetKey)))
  const names = assets.map(({ name }) => name)
  const all = new Set([...held, ...names]).size
  const most = Math.max(1, Math.floor(maxBlastShare * knownAssets))
  if (all <= most) return null
  return refuse('blast_radius', `${all} assets would be in runs at the same time and ${most} of ${knownAssets} are allowed; name fewer machines, wait, or raise maxBlastShare.`, new Set(names).size <= most ? nowMs + LOOK_AGAIN_MS : null)
}
