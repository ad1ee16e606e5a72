/** The deduplication of the running program over the alerts of a file, so that a backtest tells problems apart as production would. */
import type { BacktestAlert, Deduplicate } from '../correlator/backtest-problems.ts'
import { PastAlerts } from '../processors/past-alerts.ts'
import { problemKeyOf } from '../processors/problem-key.ts'
import type { NormalisedAlert } from '../schemas/alert.ts'
import type { AlertStatus, Severity } from '../schemas/records.ts'

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info']
const STATUSES: readonly AlertStatus[] = ['firing', 'resolved', 'acknowledged', 'no_data']

/** One of it for one backtest. A file has no ids of vendors: asset and signature name a problem, and the source stands for the integration. */
export function liveDeduplication(): Deduplicate {
  const companies = new Map<string, PastAlerts>()
  return (alert, atMs, position) => {
    const past = companies.get(alert.company) ?? new PastAlerts()
    companies.set(alert.company, past)
    const normalised = normalisedOf(alert)
    const problemKey = problemKeyOf(alert.source, normalised, false)
    const events = past.take({ alertId: alert.id, companyId: alert.company, integrationId: alert.source, problemKey, atMs, alert: normalised }, position)
    return { companyId: alert.company, problemKey: past.knows(problemKey) ? problemKey : null, events }
  }
}

function normalisedOf({ source, asset, signature, severity, status, message, labels }: BacktestAlert): NormalisedAlert {
  return {
    source, externalId: null, asset, signature, severity: SEVERITIES.find((one) => one === severity.toLowerCase()) ?? 'unknown', status: STATUSES.find((one) => one === status) ?? 'unknown',
    title: signature ?? message, message, startsAtMs: null, labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])),
  }
}
