/** How findings and root causes, kept as the log tells them, are shown: times in ISO 8601. */
import type { Finding, RootCause } from '../../schemas/records.ts'
import type { FindingView, RootCauseView } from '../../schemas/views.ts'

/** What a row of an incident holds of them. */
export interface StoredInsight {
  readonly findings: readonly Finding[]
  readonly rootCause: RootCause | null
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** The findings, the strongest of them, and the root cause as they are shown. */
export function shownInsight({ findings, rootCause }: StoredInsight): { readonly findings: readonly FindingView[]; readonly pattern: FindingView | null; readonly rootCause: RootCauseView | null } {
  const shown = findings.map(({ sinceMs, ...finding }) => ({ ...finding, since: iso(sinceMs) }))
  return {
    findings: shown,
    pattern: shown[0] ?? null,
    rootCause: rootCause === null ? null : { ...rootCause, chain: rootCause.chain.map(({ atMs, ...link }) => ({ ...link, at: iso(atMs) })) },
  }
}
