import type { SourceGuide } from '../source.ts'

/** How Auvik is pointed at us. */
export const guide: SourceGuide = {
  name: 'Auvik',
  family: 'network',
  setup: [
    'In Auvik, at the level of the MSP or of one site, open Manage, Alerts, Notification Channels, and click Add Notification Channel.',
    'Type: Webhook. Name: Alert Whisperer. URL: {url}. Save.',
    'Open Manage, Alerts, select the alerts, and choose Actions, Set notification channels, Alert Whisperer.',
    'In each alert leave the notification of cleared alerts on, so that problems end.',
    'Auvik sends no key of ours, so use the address with the token in it: {url} holds the secret.',
  ],
  authentication: 'Auvik sends neither header nor signature with its webhooks: the address is the secret. Allow Auvik\'s addresses only where your firewall can.',
  template: null,
  references: [
    'https://support.auvik.com/hc/en-us/articles/360048647112-How-do-I-interpret-webhook-notifications',
  ],
}
