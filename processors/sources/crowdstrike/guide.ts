import type { SourceGuide } from '../source.ts'

/** How Falcon is pointed at us. */
export const guide: SourceGuide = {
  name: 'CrowdStrike Falcon',
  family: 'security',
  setup: [
    'In the Falcon console open CrowdStrike Store, Webhook, and click Configure, Add configuration. Name: Alert Whisperer; Webhook URL: {url}?api_key={key}; HMAC Secret Key: the HMAC secret of this integration. Leave Signature Header Name at X-CS-Primary-Signature and click Save configuration.',
    'Open Fusion SOAR, Workflows, Create workflow, and start from the trigger Detection (EPP; identity and next-gen SIEM detections are kinds of their own, so make a workflow for each).',
    'Add the action Call webhook with that configuration. As data to include choose at least detection id, name, severity, status, host name, tactic and technique; names and order do not matter.',
    'Make the same workflow for the trigger that tells a change of the status, so that closing a detection ends the problem.',
    'Save, switch the workflow on, and try it with a test detection.',
    'Where a SIEM connector already follows the event stream, let it post each event to {url} with the header Authorization: Bearer {key}.',
  ],
  authentication: 'The key stands in the address. The Webhook app signs its requests with the HMAC secret of its configuration (header X-CS-Primary-Signature). The event stream itself is pulled; whoever forwards it sends our API key as a bearer token and signs nothing: leave the signature requirement off for it.',
  proof: 'optional',
  template: null,
  references: [
    'https://falcon.crowdstrike.com/support/documentation/62/streaming-api-event-dictionary',
    'https://docs.axonius.com/docs/crowdstrike-alert',
    'https://www.falconpy.io/Service-Collections/Alerts.html',
  ],
}
