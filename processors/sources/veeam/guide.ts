import type { SourceGuide } from '../source.ts'

/** How Veeam is pointed at us. */
export const guide: SourceGuide = {
  name: 'Veeam (ONE, Backup & Replication, Service Provider Console)',
  family: 'backup',
  setup: [
    'Veeam ONE: open Alarm Management, choose the alarms, Edit > Actions > Add, action Run script, condition Any state (so that Resolved is told), and the command powershell.exe -File C:\\scripts\\alert-whisperer.ps1 %1 %2 %3 %4 %5 %6 %7. The script is the body below.',
    'Backup & Replication: open the job > Storage > Advanced > Scripts, switch on Run the following script after the job, and let the script post jobName, jobId, result (Success, Warning or Failed), backupServer and message as JSON. One script serves all jobs.',
    'Service Provider Console: let a scheduled task call GET /api/v3/alarms/active with a token of a read-only user, and post the answer as it is to {url}; its field data is read, and repeats are counted, not doubled.',
    'Mail instead: General Options > Email Settings; leave the subject [%JobResult%] %JobName% (%ObjectCount% machines) %Issues% as it is and send it to a mail gateway that posts here.',
  ],
  authentication: 'The scripts send the key in X-API-Key and can sign with X-Timestamp and X-Signature; with the plain script below switch the HMAC off for this integration.',
  proof: 'optional',
  template: `param($alarmName, $nodeName, $summary, $time, $status, $oldStatus, $alarmId)
$body = @{ alarmName = $alarmName; nodeName = $nodeName; summary = $summary; status = $status; oldStatus = $oldStatus; alarmId = $alarmId } | ConvertTo-Json
Invoke-RestMethod -Uri '{url}' -Method Post -Headers @{ 'X-API-Key' = '{key}' } -ContentType 'application/json; charset=utf-8' -Body ([Text.Encoding]::UTF8.GetBytes($body))`,
  references: ['https://helpcenter.veeam.com/docs/one/alarms/alarm_actions.html', 'https://helpcenter.veeam.com/docs/one/alarms/severity.html', 'https://helpcenter.veeam.com/docs/backup/vsphere/pre_post_scripts.html', 'https://helpcenter.veeam.com/docs/vac/rest/reference/vspc-rest.html'],
}
