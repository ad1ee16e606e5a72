import type { SourceGuide } from '../source.ts'

/** How to point Healthchecks (healthchecks.io or self-hosted) at us. */
export const guide: SourceGuide = {
  name: 'Healthchecks.io',
  family: 'uptime',
  setup: [
    'Open Integrations of the project and press Add Integration beside Webhook.',
    'Under "Execute when a check goes down" select POST, paste {url} into URL and the body below into Request Body.',
    'Put these lines into Request Headers: Content-Type: application/json and X-API-Key: {key}.',
    'Do the same under "Execute when a check goes up", then Save Integration.',
    'Switch the integration on for the checks that should use it (it is on for new ones).',
  ],
  authentication: 'The request header X-API-Key carries the key. Healthchecks does not sign: leave the signature requirement off.',
  proof: 'none',
  template: `{
  "code": "$CODE",
  "name": $NAME_JSON,
  "status": "$STATUS",
  "now": "$NOW",
  "tags": "$TAGS",
  "exit_status": "$EXITSTATUS"
}`,
  references: ['https://healthchecks.io/docs/configuring_notifications/', 'https://healthchecks.io/docs/api/'],
}
