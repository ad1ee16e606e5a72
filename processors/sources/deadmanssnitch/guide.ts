import type { SourceGuide } from '../source.ts'

/** How to point Dead Man's Snitch at us. */
export const guide: SourceGuide = {
  name: "Dead Man's Snitch",
  family: 'uptime',
  setup: [
    'Open the case, then Integrations, and press Add beside Webhook.',
    'Paste {url}, with the key as its password, into URL: https://aw:{key}@<the rest of the address>.',
    'Select the alert types to send (missing, errored, reporting) and save.',
  ],
  authentication: 'Basic authentication from the credentials of the URL: any user name, the key as the password. No signature: leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://deadmanssnitch.com/docs/integrations/webhooks'],
}
