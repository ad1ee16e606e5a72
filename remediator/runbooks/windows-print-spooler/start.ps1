# Roll-back: makes sure that the spooler runs.
$service = Get-Service -Name 'Spooler' -ErrorAction SilentlyContinue
if ($null -eq $service) { Deny-AwRun -Code 'service_unknown' -Message 'this machine has no print spooler' }
if ($service.Status -eq 'Running') { Complete-AwRun -Message 'the spooler runs; nothing was changed' }
try { Start-Service -Name 'Spooler' -ErrorAction Stop } catch { Stop-AwRun -Code 'start_failed' -Message $_.Exception.Message }
Add-AwChange 'started Spooler'
Complete-AwRun -Message 'the spooler runs'
