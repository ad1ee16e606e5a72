import type { SourceGuide } from '../source.ts'

/** How SentinelOne is pointed at us. */
export const guide: SourceGuide = {
  name: 'SentinelOne',
  family: 'security',
  setup: [
    'With Hyperautomation: make a workflow with the trigger Singularity Response, for threats or alerts, and the conditions you want.',
    'Add the action HTTP Request: method POST, URL {url}, header Authorization with the value Bearer {key}, and as body the whole trigger object as JSON. Activate the workflow.',
    'Make the same workflow for updates, so that a threat whose incident status becomes Resolved ends the problem.',
    'Without Hyperautomation: in Settings, Users, Service Users, make a service user with the role Viewer and let a script read /web/api/v2.1/threats?updatedAt__gt=... every minute and post the answer to {url} with that header.',
  ],
  authentication: 'SentinelOne signs nothing. The workflow action or the script sends our API key in the header Authorization.',
  proof: 'none',
  template: null,
  references: [
    'https://www.sentinelone.com/platform/singularity-hyperautomation/',
    'https://www.elastic.co/docs/reference/integrations/sentinel_one',
    'https://xsoar.pan.dev/docs/reference/integrations/sentinel-one-v2',
  ],
}
