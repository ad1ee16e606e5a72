/** Tells a cascade: trouble that went from the cause along the dependency graph to others, in order of time. */
import type { Finding } from '../../schemas/records.ts'
import { LATENESS_MS } from '../score.ts'
import { cut } from '../text.ts'
import type { Verdict } from './root-cause.ts'
import { beganMs } from './suspects.ts'

/** Below this a chain is too thin, or too much out of order, to be called a cascade. */
const CONFIDENCE_MIN = 0.3
const KEYS_MAX = 20
const NAMES_TOLD = 4

/**
 * A cascade, where at least one other asset depends on the cause. Its confidence is the share of alerting assets that the chain explains, times how well
 * time agrees, times 1 - 1 / 2^links, because one pair is soon a coincidence. A link agrees with time when the dependant did not begin
 * before what it depends on; half when it began less than the lateness bound before, for tools look at different moments.
 */
export function cascadeOf({ path, suspects, assets }: Verdict): Finding | null {
  const links = path.slice(1)
  const [cause] = path
  if (cause === undefined || links.length === 0) return null
  let agree = 0
  for (const { suspect, from } of links) {
    const laterMs = beganMs(suspect.first) - beganMs((from ?? suspect).first)
    agree += laterMs >= 0 ? 1 : laterMs >= -LATENESS_MS ? 0.5 : 0
  }
  const explained = path.length / suspects
  const ordered = agree / links.length
  const confidence = Math.round(100 * explained * ordered * (1 - 0.5 ** links.length)) / 100
  if (confidence < CONFIDENCE_MIN) return null
  const lastMs = Math.max(...path.map(({ suspect }) => beganMs(suspect.first)))
  const names = path.slice(0, NAMES_TOLD).map(({ suspect }) => cut(suspect.name, 120))
  const spreadSeconds = Math.max(0, Math.round((lastMs - beganMs(cause.suspect.first)) / 1_000))
  return {
    kind: 'cascade', confidence,
    reason: `trouble on ${names[0] ?? ''} reached ${names.slice(1).join(', ')}${path.length > NAMES_TOLD ? ` and ${path.length - NAMES_TOLD} more` : ''} along the dependency graph within ${spreadSeconds} s; ${path.length} of ${suspects} ${assets > suspects ? `weighed assets, of ${assets} that alert,` : 'alerting assets'} lie on the chain and ${Math.round(100 * ordered)}% of its links agree with the order of time`,
    sinceMs: beganMs(cause.suspect.first),
    problemKeys: path.slice(0, KEYS_MAX).map(({ suspect }) => cut(suspect.first.state.problem.problemKey, 300)),
    figures: { assets, assetsWeighed: suspects, assetsOnChain: path.length, orderedShare: Math.round(100 * ordered) / 100, spreadSeconds },
  }
}
