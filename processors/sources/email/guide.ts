import type { SourceGuide } from '../source.ts'

/** How to let a mail gateway hand mails to us. */
export const guide: SourceGuide = {
  name: 'E-mail (parsed by a mail gateway)',
  family: 'format',
  setup: [
    'For tools that can only send mail: let a gateway receive it and post it to {url}?api_key={key}. Give each tool an address of its own, and each address an integration.',
    'SendGrid: Settings > Inbound Parse > Add Host & URL; Destination URL {url}?api_key={key}; leave both check boxes off (raw mails are read as well).',
    'Mailgun: Receiving > Create route; Match recipient, Forward {url}?api_key={key}.',
    'Postmark: Servers > your inbound stream > Settings > Webhook: {url}?api_key={key}.',
    'CloudMailin: Target URL {url}?api_key={key}, POST format Multipart (Normalized) or JSON (Normalized).',
    'Keep graphs and other attachments out of the mails: they are skipped, and a body above the limit of 1 MiB is refused.',
    'In the tool choose a subject that is the same for the problem and its end but for the words of state, as in [PROBLEM] disk full on web-1 and [RESOLVED] disk full on web-1.',
  ],
  authentication: 'Gateways let one set nothing but the address, so the key stands in its query: ?api_key={key}, or as basic-auth password in the address. Switch the signature off for this integration. The sender of a mail proves nothing by it: keep the addresses secret.',
  proof: 'none',
  template: null,
  references: [
    'https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook', 'https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/',
    'https://postmarkapp.com/developer/webhooks/inbound-webhook', 'https://docs.cloudmailin.com/http_post_formats/',
  ],
}
