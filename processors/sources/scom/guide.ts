import type { SourceGuide } from '../source.ts'

/** How System Center Operations Manager is pointed at us. */
export const guide: SourceGuide = {
  name: 'Microsoft System Center Operations Manager',
  family: 'metrics',
  setup: [
    'Save a PowerShell script on every management server that posts its named parameters as JSON; the last lines of the body below are all it needs.',
    'In the Operations console open Administration > Notifications > Channels, choose New channel > Command.',
    'Set Full path of the command file to C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe, Startup folder to the script\'s folder, and paste the first line of the body below into Command line parameters.',
    'Under Subscribers add a subscriber that uses the channel; under Subscriptions add a subscription for the alerts you want, with the resolution states New and Closed (and Acknowledged) among its conditions, so that the end arrives.',
    'SCOM 2025 and newer can call a webhook through the same subscription: choose the channel type Webhook where it is offered, with URL {url} and the header X-API-Key.',
  ],
  authentication: 'The script sends the key in X-API-Key, and may sign with X-Timestamp and X-Signature; without signing switch the HMAC off for this integration.',
  proof: 'optional',
  template: `-File C:\\scripts\\alert-whisperer.ps1 -alertId "$Data[Default='np']/Context/DataItem/AlertId$" -alertName "$Data[Default='np']/Context/DataItem/AlertName$" -severity "$Data[Default='np']/Context/DataItem/Severity$" -priority "$Data[Default='np']/Context/DataItem/Priority$" -resolutionState "$Data[Default='np']/Context/DataItem/ResolutionStateName$" -timeRaised "$Data[Default='np']/Context/DataItem/TimeRaised$" -category "$Data[Default='np']/Context/DataItem/Category$" -managedEntityPath "$Data[Default='np']/Context/DataItem/ManagedEntityPath$" -managedEntityDisplayName "$Data[Default='np']/Context/DataItem/ManagedEntityDisplayName$" -repeatCount "$Data[Default='np']/Context/DataItem/RepeatCount$" -alertDescription "$Data[Default='np']/Context/DataItem/AlertDescription$"

param($alertId, $alertName, $severity, $priority, $resolutionState, $timeRaised, $category, $managedEntityPath, $managedEntityDisplayName, $repeatCount, $alertDescription)
Invoke-RestMethod -Uri '{url}' -Method Post -Headers @{ 'X-API-Key' = '{key}' } -ContentType 'application/json; charset=utf-8' -Body ([Text.Encoding]::UTF8.GetBytes(($PSBoundParameters | ConvertTo-Json)))`,
  references: ['https://learn.microsoft.com/en-us/system-center/scom/manage-notifications-enable-command-channel', 'https://learn.microsoft.com/en-us/system-center/scom/manage-notifications-create-channels', 'https://learn.microsoft.com/en-us/system-center/scom/manage-alert-set-resolution-state'],
}
