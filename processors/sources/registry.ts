import { alertmanager } from './alertmanager/index.ts'
import { awsCloudwatch } from './aws-cloudwatch/index.ts'
import { awsEventbridge } from './aws-eventbridge/index.ts'
import { awsGuardduty } from './aws-guardduty/index.ts'
import { awsSecurityhub } from './aws-securityhub/index.ts'
import { azureMonitor } from './azure-monitor/index.ts'
import { checkmk } from './checkmk/index.ts'
import { datadog } from './datadog/index.ts'
import { dattoRmm } from './datto-rmm/index.ts'
import { dynatrace } from './dynatrace/index.ts'
import { elasticKibana } from './elastic-kibana/index.ts'
import { gcpMonitoring } from './gcp-monitoring/index.ts'
import { generic } from './generic/index.ts'
import { grafana } from './grafana/index.ts'
import { icinga } from './icinga/index.ts'
import { monit } from './monit/index.ts'
import { nagios } from './nagios/index.ts'
import { newrelic } from './newrelic/index.ts'
import { ninjaone } from './ninjaone/index.ts'
import { opsgenie } from './opsgenie/index.ts'
import { pagerduty } from './pagerduty/index.ts'
import { prtg } from './prtg/index.ts'
import { sentry } from './sentry/index.ts'
import type { SourceAdapter } from './source.ts'
import { unknownAdapter } from './unknown/index.ts'
import { zabbix } from './zabbix/index.ts'

/** Every tool we have an adapter for, one line each. */
export const ADAPTERS: readonly SourceAdapter[] = [
  alertmanager,
  awsCloudwatch,
  awsEventbridge,
  awsGuardduty,
  awsSecurityhub,
  azureMonitor,
  checkmk,
  datadog,
  dattoRmm,
  dynatrace,
  elasticKibana,
  gcpMonitoring,
  generic,
  grafana,
  icinga,
  monit,
  nagios,
  newrelic,
  ninjaone,
  opsgenie,
  pagerduty,
  prtg,
  sentry,
  zabbix,
]

const BY_ID = new Map(ADAPTERS.map((adapter) => [adapter.id, adapter]))

/** The adapter of a source id; for every other id the recogniser of unknown tools, which answers under that id. */
export function adapterFor(source: string): SourceAdapter {
  return BY_ID.get(source) ?? unknownAdapter(source)
}
