import type { SourceGuide } from '../source.ts'

/** How LogicMonitor is pointed at us. */
export const guide: SourceGuide = {
  name: 'LogicMonitor',
  family: 'metrics',
  setup: [
    'Open Settings > Integrations > Add Integration and choose Custom HTTP Delivery; give it a name.',
    'Choose Use the same URL and data to notify on various alert activity, and tick new alerts, acknowledged, cleared and escalated/de-escalated.',
    'Set HTTP Method to HTTP Post, the URL to {url}, and add the custom header X-API-Key with the value {key}.',
    'Under Alert Data choose Raw with format JSON, paste the body below, and leave Include an ID provided in HTTP response off.',
    'Choose Test Alert Delivery (it makes no alert), then save.',
    'Add the integration as a recipient of an escalation chain (Settings > Alert Settings > Escalation Chains) and name the chain in an alert rule with Send notification when alerts clear.',
  ],
  authentication: 'Custom HTTP delivery sends custom headers (X-API-Key) or a user and password for Basic (give the key as the password). It does not sign deliveries: LMv1 is for calls into LogicMonitor. Switch the HMAC off for this integration.',
  proof: 'none',
  template: '{"alertid":"##ALERTID##","internalid":"##INTERNALID##","alertstatus":"##ALERTSTATUS##","alerttype":"##ALERTTYPE##","level":"##LEVEL##","host":"##HOST##","hostips":"##HOSTIPS##","group":"##GROUP##","datasource":"##DATASOURCE##","datapoint":"##DATAPOINT##","instance":"##INSTANCE##","eventsource":"##EVENTSOURCE##","website":"##WEBSITE##","checkpoint":"##CHECKPOINT##","value":"##VALUE##","threshold":"##THRESHOLD##","startepoch":"##STARTEPOCH##","duration":"##DURATION##","alertdetailurl":"##ALERTDETAILURL##","message":"##LIMITEDMESSAGE##"}',
  references: ['https://www.logicmonitor.com/support/custom-http-delivery', 'https://www.logicmonitor.com/support/logicmodules/about-logicmodules/tokens-available-in-logicmodule-alert-messages'],
}
