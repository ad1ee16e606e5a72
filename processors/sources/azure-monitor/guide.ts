import type { SourceGuide } from '../source.ts'

/** How Azure Monitor is pointed at us. */
export const guide: SourceGuide = {
  name: 'Azure Monitor',
  family: 'cloud',
  setup: [
    'In the Azure portal open Monitor, Alerts, Action groups, and click Create.',
    'On the tab Actions choose the action type Webhook, name it Alert Whisperer, and click the pencil.',
    'URI: {url}?api_key={key}. Set Enable the common alert schema to Yes, then OK.',
    'For a proof of identity choose Secure Webhook instead, with the Microsoft Entra application that stands for us as Object ID, and the same URI.',
    'Click Test action group, choose a sample type, and look for the alert here.',
    'Add the action group to each alert rule (Alert rules, Edit, Actions), or to all of a subscription with an alert processing rule of the type Apply action group.',
    'In each rule keep Automatically resolve alerts on (under Details, Advanced options); without it a problem never ends by itself.',
  ],
  authentication: 'A webhook action sends nothing but the address, so the key stands there. A secure webhook sends a token of Microsoft Entra ID as a bearer token, which we verify. Azure signs no bodies.',
  proof: 'none',
  template: null,
  references: [
    'https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/action-groups',
    'https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/alerts-common-schema',
    'https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/alerts-non-common-schema-definitions',
  ],
}
