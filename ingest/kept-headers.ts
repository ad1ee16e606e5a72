import type { IncomingHttpHeaders } from 'node:http'

/** Headers an adapter may need. Never one that carries a credential, a signature or an address of a person. */
const KEPT = new Set([
  'user-agent', 'x-event-key', 'x-github-event', 'x-gitlab-event', 'x-pagerduty-event', 'x-zabbix-event', 'x-grafana-event',
  'sentry-hook-resource', 'sentry-hook-timestamp', 'x-datadog-event', 'x-newrelic-event', 'x-opsgenie-event', 'x-tool', 'date',
])
/** More than any tool sends; a value beyond is cut. */
const HEADERS_MAX = 32
const VALUE_MAX_CHARS = 1_024

/** The headers of a delivery that go into its raw record: lower-case names, at most 32, values of at most 1,024 characters; never the one that an integration has named for its secret. */
export function keptHeaders(headers: IncomingHttpHeaders, secretHeader: string | null = null): Record<string, string> {
  const kept: Record<string, string> = {}
  let count = 0
  for (const name in headers) {
    // Two whole families: SNS, and CloudEvents.
    if (name === secretHeader || (!KEPT.has(name) && !name.startsWith('x-amz-sns-') && !name.startsWith('ce-'))) continue
    const value = headers[name]
    if (value === undefined) continue
    if (++count > HEADERS_MAX) break
    const text = typeof value === 'string' ? value : value.join(', ')
    kept[name] = text.length > VALUE_MAX_CHARS ? text.slice(0, VALUE_MAX_CHARS) : text
  }
  return kept
}
