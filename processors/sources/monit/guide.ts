import type { SourceGuide } from '../source.ts'

/** How to point Monit at us. */
export const guide: SourceGuide = {
  name: 'Monit',
  family: 'metrics',
  setup: [
    'Open the control file on the host, usually /etc/monit/monitrc or /etc/monitrc.',
    'Add the line below; {url} without its https:// stands behind the @.',
    'Add: set eventqueue basedir /var/lib/monit/events slots 100, so that Monit keeps events while we cannot be reached.',
    'Reload: monit reload.',
  ],
  authentication: 'Monit sends the user and password of the address as basic authentication: any user, and {key} as the password. It cannot sign; switch the signature off for this integration.',
  proof: 'none',
  template: 'set mmonit https://monit:{key}@{url} and register without credentials',
  references: ['https://mmonit.com/monit/documentation/monit.html', 'https://mmonit.com/documentation/http-api/'],
}
