import type { SourceGuide } from '../source.ts'

/** How Aria Operations is pointed at us. */
export const guide: SourceGuide = {
  name: 'VMware Aria Operations (vRealize Operations)',
  family: 'metrics',
  setup: [
    'Open Configure, Alerts, Outbound Settings (older versions: Administration, Management, Outbound Settings) and click Add.',
    'Plug-In Type: Rest Notification Plugin. Instance Name: Alert Whisperer. URL: {url}. User Name: any; Password: {key}. Content type: application/json.',
    'Click Test, accept the certificate, and Save.',
    'Open Alerts, Notifications (Configure, Notifications), click Create, choose the criteria, and under Outbound Method this instance.',
    'Under Define Criteria let Notify On include New, Updated and Canceled; without Canceled a problem never ends by itself.',
    'Since version 8.4 the plug-in Webhook Notification works as well, with a payload template of alertId, alertName, status, criticality, resourceName and startTime.',
  ],
  authentication: 'The REST plug-in sends HTTP Basic authentication; user name and password must not be empty. It appends nothing to the address and signs nothing. The Webhook plug-in can send a bearer token or client certificate instead.',
  proof: 'none',
  template: null,
  references: [
    'https://docs.vmware.com/en/vRealize-Operations-Manager/8.1/com.vmware.vcom.core.doc/GUID-2A26A734-CD91-43E0-BF42-B079D5B0F5D4.html',
    'https://developer.vmware.com/apis/vrealize-operations/vrealize-operations-cloud-api/latest/data-structures/alert/',
  ],
}
