import type { SourceGuide } from '../source.ts'

/** How NinjaOne is pointed at us. */
export const guide: SourceGuide = {
  name: 'NinjaOne',
  family: 'rmm',
  setup: [
    'Open Administration > Apps > Notification channels and choose Add > Webhook.',
    'Set the URL to {url}, the method to POST, and add the header X-API-Key with the value {key}. Choose Test, then save and enable the channel.',
    'In each policy open a condition (Policies > the policy > Conditions) and set Severity and Priority: NinjaOne sends what stands there.',
    'In the same condition choose the webhook under Channel(s), and set Notify on reset (Send notification when the condition resets), so that the end arrives too.',
    'Through the API instead: PUT /v2/webhook with {"url":"{url}","activities":{"CONDITION":["TRIGGERED","RESET"]},"expand":["device","organization"],"headers":[{"name":"X-API-Key","value":"{key}"}]}; expand brings the device\'s name.',
  ],
  authentication: 'Headers of the webhook configuration carry the key (X-API-Key). NinjaOne does not sign its webhooks, so switch the HMAC off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://app.ninjarmm.com/apidocs/', 'https://www.ninjaone.com/docs/integrations/webhooks/', 'https://www.ninjaone.com/docs/endpoint-management/policies/condition-configuration/'],
}
