import type { SourceGuide } from '../source.ts'

/** How Auvik is pointed at us. */
export const guide: SourceGuide = {
  name: 'Auvik',
  family: 'network',
  setup: [
    'In Auvik, at the level of the MSP or of one site, open Manage, Alerts, Notification Channels, and click Add Notification Channel.',
    'Type: Webhook. Name: Alert Whisperer. URL: {url}?api_key={key}. Save.',
    'Open Manage, Alerts, select the alerts, and choose Actions, Set notification channels, Alert Whisperer.',
    'In each alert leave the notification of cleared alerts on, so that problems end.',
  ],
  authentication: 'Auvik sends neither header nor signature with its webhooks: the key stands in the address, so keep that secret and leave the signature requirement off. Allow Auvik\'s addresses only where your firewall can.',
  proof: 'none',
  template: null,
  references: [
    'https://support.auvik.com/hc/en-us/articles/360048647112-How-do-I-interpret-webhook-notifications',
  ],
}
