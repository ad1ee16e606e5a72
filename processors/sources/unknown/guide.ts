import type { SourceGuide } from '../source.ts'

/** How to point a tool at us that we have no adapter for. */
export const guide: SourceGuide = {
  name: 'Any other tool',
  family: 'format',
  setup: [
    'Choose a source id of your own for the tool: lower-case letters, digits and hyphens, such as my-tool. The address is then {url}.',
    'Have the tool send its webhook there, by POST, with {key} in the header X-API-Key or as {url}?api_key={key}, as JSON, form, XML or plain text. Where it lets you write the body, send host, check, severity, state (firing or resolved), an id that is the same in both, and a message.',
    'Send one alert of each kind and look at the incident: the label recognised_confidence says how much was understood. What was read wrongly is put right by a mapping (docs/mapping.md).',
  ],
  authentication: 'The key goes into X-API-Key, into Authorization as a bearer token, into the basic-auth password, or into ?api_key= where nothing else can be set. Static headers, tokens in the body and HMAC can be set up for the integration (docs/authentication.md); a tool that can do none of it needs the signature requirement off.',
  proof: 'optional',
  template: null,
  references: ['https://www.standardwebhooks.com/'],
}
