import { acronis } from './acronis/index.ts'
import { alertmanager } from './alertmanager/index.ts'
import { apexping } from './apexping/index.ts'
import { appdynamics } from './appdynamics/index.ts'
import { atera } from './atera/index.ts'
import { auvik } from './auvik/index.ts'
import { awsCloudwatch } from './aws-cloudwatch/index.ts'
import { awsEventbridge } from './aws-eventbridge/index.ts'
import { awsGuardduty } from './aws-guardduty/index.ts'
import { awsSecurityhub } from './aws-securityhub/index.ts'
import { axiom } from './axiom/index.ts'
import { azureMonitor } from './azure-monitor/index.ts'
import { betterStack } from './better-stack/index.ts'
import { checkly } from './checkly/index.ts'
import { checkmk } from './checkmk/index.ts'
import { cloudevents } from './cloudevents/index.ts'
import { cloudflare } from './cloudflare/index.ts'
import { connectwiseAutomate } from './connectwise-automate/index.ts'
import { conviva } from './conviva/index.ts'
import { cronitor } from './cronitor/index.ts'
import { crowdstrike } from './crowdstrike/index.ts'
import { dash0 } from './dash0/index.ts'
import { datadog } from './datadog/index.ts'
import { dattoRmm } from './datto-rmm/index.ts'
import { deadmanssnitch } from './deadmanssnitch/index.ts'
import { dynatrace } from './dynatrace/index.ts'
import { elastalert } from './elastalert/index.ts'
import { elasticKibana } from './elastic-kibana/index.ts'
import { email } from './email/index.ts'
import { fail2ban } from './fail2ban/index.ts'
import { fastly } from './fastly/index.ts'
import { gcpMonitoring } from './gcp-monitoring/index.ts'
import { generic } from './generic/index.ts'
import { grafana } from './grafana/index.ts'
import { graylog } from './graylog/index.ts'
import { healthchecks } from './healthchecks/index.ts'
import { honeycomb } from './honeycomb/index.ts'
import { hydrozen } from './hydrozen/index.ts'
import { hyperping } from './hyperping/index.ts'
import { icinga } from './icinga/index.ts'
import { kapacitor } from './kapacitor/index.ts'
import { librato } from './librato/index.ts'
import { librenms } from './librenms/index.ts'
import { logicmonitor } from './logicmonitor/index.ts'
import { meraki } from './meraki/index.ts'
import { monit } from './monit/index.ts'
import { nAbleNcentral } from './n-able-ncentral/index.ts'
import { nagios } from './nagios/index.ts'
import { netbox } from './netbox/index.ts'
import { netdata } from './netdata/index.ts'
import { newrelic } from './newrelic/index.ts'
import { ninjaone } from './ninjaone/index.ts'
import { opentelemetry } from './opentelemetry/index.ts'
import { opsgenieApi } from './opsgenie-api/index.ts'
import { opsgenie } from './opsgenie/index.ts'
import { pagerdutyEvents } from './pagerduty-events/index.ts'
import { pagerduty } from './pagerduty/index.ts'
import { pingdom } from './pingdom/index.ts'
import { prtg } from './prtg/index.ts'
import { pulsetic } from './pulsetic/index.ts'
import { riemann } from './riemann/index.ts'
import { scom } from './scom/index.ts'
import { sentinelone } from './sentinelone/index.ts'
import { sentry } from './sentry/index.ts'
import { serverguard24 } from './serverguard24/index.ts'
import { signalfx } from './signalfx/index.ts'
import { site24x7 } from './site24x7/index.ts'
import { sophosCentral } from './sophos-central/index.ts'
import { bounded } from './delivery-bound.ts'
import type { SourceAdapter } from './source.ts'
import { splunk } from './splunk/index.ts'
import { statuscake } from './statuscake/index.ts'
import { statuspage } from './statuspage/index.ts'
import { syslog } from './syslog/index.ts'
import { thousandeyes } from './thousandeyes/index.ts'
import { unifiProtect } from './unifi-protect/index.ts'
import { unknownAdapter } from './unknown/index.ts'
import { updown } from './updown/index.ts'
import { uptimeCom } from './uptime-com/index.ts'
import { uptimeKuma } from './uptime-kuma/index.ts'
import { uptimerobot } from './uptimerobot/index.ts'
import { veeam } from './veeam/index.ts'
import { victorops } from './victorops/index.ts'
import { vmwareVrops } from './vmware-vrops/index.ts'
import { wazuh } from './wazuh/index.ts'
import { zabbix } from './zabbix/index.ts'

/** Every tool we have an adapter for, one line each. */
export const ADAPTERS: readonly SourceAdapter[] = [
  acronis,
  alertmanager,
  apexping,
  appdynamics,
  atera,
  auvik,
  awsCloudwatch,
  awsEventbridge,
  awsGuardduty,
  awsSecurityhub,
  axiom,
  azureMonitor,
  betterStack,
  checkly,
  checkmk,
  cloudevents,
  cloudflare,
  connectwiseAutomate,
  conviva,
  cronitor,
  crowdstrike,
  dash0,
  datadog,
  dattoRmm,
  deadmanssnitch,
  dynatrace,
  elastalert,
  elasticKibana,
  email,
  fail2ban,
  fastly,
  gcpMonitoring,
  generic,
  grafana,
  graylog,
  healthchecks,
  honeycomb,
  hydrozen,
  hyperping,
  icinga,
  kapacitor,
  librato,
  librenms,
  logicmonitor,
  meraki,
  monit,
  nAbleNcentral,
  nagios,
  netbox,
  netdata,
  newrelic,
  ninjaone,
  opentelemetry,
  opsgenie,
  opsgenieApi,
  pagerduty,
  pagerdutyEvents,
  pingdom,
  prtg,
  pulsetic,
  riemann,
  scom,
  sentinelone,
  sentry,
  serverguard24,
  signalfx,
  site24x7,
  sophosCentral,
  splunk,
  statuscake,
  statuspage,
  syslog,
  thousandeyes,
  unifiProtect,
  updown,
  uptimeCom,
  uptimeKuma,
  uptimerobot,
  veeam,
  victorops,
  vmwareVrops,
  wazuh,
  zabbix,
]

const BY_ID = new Map(ADAPTERS.map((adapter) => [adapter.id, bounded(adapter)]))

/** The adapter of a source id; for every other id the recogniser of unknown tools, which answers under that id. */
export function adapterFor(source: string): SourceAdapter {
  return BY_ID.get(source) ?? bounded(unknownAdapter(source))
}

/** Whether a source has an adapter of its own. */
export function hasAdapter(source: string): boolean {
  return BY_ID.has(source)
}
