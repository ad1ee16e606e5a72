/** The monitor that stopped talking, told as an alert of its own. */
import type { NormalisedAlert } from '../schemas/alert.ts'
import type { DeliveryRhythm, Heartbeat, IntegrationSettings } from '../schemas/records.ts'
import { usualGapMs } from './silence.ts'

/** Source of the problem a silent integration is. */
export const HEARTBEAT_SOURCE = 'heartbeat'

/** Ticks come every five seconds from each ingest process; a longer gap means that nobody could be heard. */
export const TICKS_MISSING_MS = 30_000

/** Problems of silent integrations told on one tick at most; the rest follows on the next. */
export const HEARTBEATS_PER_TICK = 250

/** What is observed of an integration that is silent for too long. */
export function missingAlert(settings: IntegrationSettings, heartbeat: Heartbeat): NormalisedAlert {
  const often = `every ${duration(settings.heartbeatSeconds ?? 0)}`
  const since = heartbeat.heardAtMs === null
    ? `Nothing has come from it since it was set up to be heard ${often}, at ${instant(heartbeat.sinceMs)}.`
    : `Nothing has come from it since ${instant(heartbeat.heardAtMs)}; it should be heard ${often}.`
  return {
    ...alert(settings), status: 'firing',
    message: `${since} Either the tool has died, or it does not reach us: see that it runs, that its webhook still has our address and key, and that nothing between blocks it.`,
  }
}

/** What is observed of an integration that has talked like a clock and is silent now. */
export function silentAlert(settings: IntegrationSettings, { heardAtMs, gapsMs, steadySinceMs }: DeliveryRhythm): NormalisedAlert {
  const usualGapSeconds = Math.round(usualGapMs(gapsMs) / 1_000)
  const said = alert(settings)
  return {
    ...said, status: 'firing', labels: { ...said.labels, usual_gap_seconds: String(usualGapSeconds) },
    message: `Nothing has come from it since ${instant(heardAtMs)}; since ${instant(steadySinceMs)} something came about every ${duration(Math.max(60, Math.round(usualGapSeconds / 60) * 60))}, and never less often than three times that. See that the tool runs and reaches us; if it need not be heard, set the switch \`missing\` of the rule book to false.`,
  }
}

/** What is observed when it is heard again, or need not be any more. */
export function presentAlert(settings: IntegrationSettings): NormalisedAlert {
  return { ...alert(settings), status: 'resolved', message: '' }
}

function alert(settings: IntegrationSettings): Omit<NormalisedAlert, 'status' | 'message'> {
  const { name, source } = settings
  return {
    source: HEARTBEAT_SOURCE, externalId: null, asset: name, signature: 'Monitor is missing', severity: 'high', title: `Monitor is missing: ${name}`, startsAtMs: null,
    // The integration stands in the problem itself; as a label it would only set one silent tool apart from another.
    labels: source === null ? {} : { monitored_source: source },
  }
}

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const

/** Whole units, the largest that divides: 5400 is `90 minutes`. */
function duration(seconds: number): string {
  const [name, size] = UNITS.find(([, unit]) => seconds >= unit && seconds % unit === 0) ?? UNITS[3]
  const count = seconds / size
  return count === 1 ? name : `${count} ${name}s`
}

const instant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
