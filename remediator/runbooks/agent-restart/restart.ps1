# Restarts a monitoring agent from a closed list; the one that carries this command is not on it. One that was switched off is left so.
$names = @{ datadog = @('datadogagent'); zabbix = @('Zabbix Agent'); zabbix2 = @('Zabbix Agent 2'); telegraf = @('telegraf'); 'node-exporter' = @('windows_exporter'); checkmk = @('CheckMkService', 'cmk-agent-ctl-daemon'); ninjaone = @('NinjaRMMAgent'); 'datto-rmm' = @('CagService'); atera = @('AteraAgent') }[(Get-AwInput -Name 'AW_INPUT_AGENT')]
if ($null -eq $names) { Deny-AwRun -Code 'agent_unknown' -Message 'there is no such agent' }
$services = @($names | ForEach-Object { Get-CimInstance -ClassName Win32_Service -Filter ("Name='{0}'" -f $_) } | Where-Object { $null -ne $_ })
if ($services.Count -eq 0) { Deny-AwRun -Code 'agent_missing' -Message 'the agent is not installed as a service here' }
# What runs this script, up to the first process: a service among them would end it half-way, with the agent stopped.
$carriers = @()
$next = [long]$PID
for ($i = 0; $i -lt 30 -and $next -gt 0; $i++) {
    $process = Get-CimInstance -ClassName Win32_Process -Filter ('ProcessId={0}' -f $next)
    if ($null -eq $process) { break }
    $carriers += $next
    $next = [long]$process.ParentProcessId
}
foreach ($service in $services) {
    if ($carriers -contains [long]$service.ProcessId) { Deny-AwRun -Code 'carries_command' -Message ('{0} carries this command; restart it by another way' -f $service.Name) }
    if ($service.StartMode -ne 'Auto') { Deny-AwRun -Code 'unit_not_enabled' -Message ('{0} is not set to start by itself ({1})' -f $service.Name, $service.StartMode) }
    if ($service.State -notin 'Running', 'Stopped') { Deny-AwRun -Code 'unit_busy' -Message ('{0} is {1}' -f $service.Name, $service.State) }
    if ($service.State -eq 'Stopped' -and $service.ExitCode -eq 0 -and (Get-AwInput -Name 'AW_INPUT_STOPPED_TOO') -ne 'true') { Deny-AwRun -Code 'stopped_on_purpose' -Message ('{0} was told to stop; a person has to say that it should run' -f $service.Name) }
}
try {
    foreach ($service in $services) {
        if ($service.State -eq 'Running') { Restart-Service -Name $service.Name -Force -ErrorAction Stop } else { Start-Service -Name $service.Name -ErrorAction Stop }
        Add-AwChange ('restart {0} (was {1})' -f $service.Name, $service.State)
    }
} catch {
    Stop-AwRun -Code 'restart_failed' -Message $_.Exception.Message
}
Start-Sleep -Seconds 10
$running = @($services | Where-Object { [string](Get-Service -Name $_.Name).Status -eq 'Running' }).Count
Set-AwFact -Name 'isRunning' -Value ($running -eq $services.Count)
if ($running -lt $services.Count) { Stop-AwRun -Code 'unit_not_steady' -Message 'the agent did not stay up' }
Complete-AwRun -Message 'the agent runs'
