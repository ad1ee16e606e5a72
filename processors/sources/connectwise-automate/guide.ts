import type { SourceGuide } from '../source.ts'

/** How ConnectWise Automate is pointed at us. */
export const guide: SourceGuide = {
  name: 'ConnectWise Automate (LabTech)',
  family: 'rmm',
  setup: [
    'Automate has no webhook: an alert template runs a script, and the script posts.',
    'In Automation > Scripts > View scripts make a new script Alert Whisperer with one function, LabTech Server > Shell (or Execute Script, type PowerShell), that runs the line of the body below. Name the script\'s parameters as they stand there.',
    'In Automation > Templates > Alert Templates open the templates your monitors use (or make one, a copy of Default - Create LT Ticket with this in place of the ticket) and add an alert action with Run Script > Alert Whisperer, on all days and hours, for failure and for success.',
    'In Automation > Monitors set Alert Template of each internal and remote monitor to that template; leave the default messages of the tab Alerting as they are, for they are read.',
    'Reload the system cache (Help > Server Status > Reload Cache) and try it with Build and View or Test on a monitor.',
  ],
  authentication: 'The script sends the key in X-API-Key and can sign with X-Timestamp and X-Signature; with the plain line below switch the HMAC off for this integration.',
  proof: 'optional',
  template: `powershell.exe -NoProfile -Command "$b = @{ monitor='%NAME%'; status='%STATUS%'; computer_name='%computername%'; computer_id='%computerid%'; client_name='%clientname%'; location_name='%locationname%'; field_name='%FIELDNAME%'; result='%RESULT%'; message='@AlertMessage@' } | ConvertTo-Json; Invoke-RestMethod -Uri '{url}' -Method Post -Headers @{'X-API-Key'='{key}'} -ContentType 'application/json' -Body ([Text.Encoding]::UTF8.GetBytes($b))"`,
  references: ['https://docs.connectwise.com/ConnectWise_Automate_Documentation/070/040/010', 'https://docs.connectwise.com/ConnectWise_Automate_Documentation/070/060', 'https://docs.connectwise.com/ConnectWise_Automate_Documentation/070/250'],
}
