# Reads the configuration of IIS, then starts its web service; one that runs is restarted only when a person said so.
$service = Get-CimInstance -ClassName Win32_Service -Filter "Name='W3SVC'" -ErrorAction Stop
if ($null -eq $service) { Deny-AwRun -Code 'service_unknown' -Message 'IIS is not installed on this machine' }
$isRunning = $service.State -eq 'Running'
if ($isRunning -and $env:AW_INPUT_RUNNING_TOO -ne 'true') { Set-AwFact -Name 'isRunning' -Value $true; Complete-AwRun -Message 'W3SVC runs already; nothing was changed' }
if (-not $isRunning) {
    if ($service.State -ne 'Stopped') { Deny-AwRun -Code 'unit_busy' -Message ('W3SVC is {0}' -f $service.State) }
    if ($service.StartMode -ne 'Auto') { Deny-AwRun -Code 'unit_not_enabled' -Message ('W3SVC is not set to start by itself ({0})' -f $service.StartMode) }
    if ($service.ExitCode -eq 0 -and $env:AW_INPUT_STOPPED_TOO -ne 'true') { Deny-AwRun -Code 'stopped_on_purpose' -Message 'W3SVC was told to stop; a person has to say that it should run' }
}
$appcmd = Join-Path -Path $env:SystemRoot -ChildPath 'System32\inetsrv\appcmd.exe'
if (-not (Test-Path -LiteralPath $appcmd -PathType Leaf)) { Deny-AwRun -Code 'configuration_untested' -Message 'appcmd.exe is not there, so the configuration cannot be tested' }
# Read to its end, because a pipe that is left early tells no exit code.
$said = @(& $appcmd list site)
if ($LASTEXITCODE -ne 0) { Deny-AwRun -Code 'configuration_invalid' -Message ('the configuration of IIS does not load: {0}' -f (($said | Select-Object -First 5) -join ' ')) }
try {
    if ($isRunning) { Restart-Service -Name 'W3SVC' -ErrorAction Stop } else { Start-Service -Name 'W3SVC' -ErrorAction Stop }
    Add-AwChange ('started W3SVC (was {0})' -f $service.State)
    Start-Sleep -Seconds 10
    $now = Get-CimInstance -ClassName Win32_Service -Filter "Name='W3SVC'" -ErrorAction Stop
} catch {
    Stop-AwRun -Code 'start_failed' -Message ('W3SVC did not start: {0}' -f $_.Exception.Message)
}
Set-AwFact -Name 'isRunning' -Value ($now.State -eq 'Running')
if ($now.State -ne 'Running') { Stop-AwRun -Code 'unit_not_steady' -Message ('W3SVC is {0} after its start' -f $now.State) }
Complete-AwRun -Message 'W3SVC runs'
