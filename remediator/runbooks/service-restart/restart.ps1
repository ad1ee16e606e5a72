# Starts a service that is set to automatic and is stopped. A running one is left alone, a disabled or manual one refused.
$name = $env:AW_INPUT_UNIT
$service = Get-CimInstance -ClassName Win32_Service -Filter ("Name='{0}'" -f $name.Replace("'", "''")) -ErrorAction Stop
if ($null -eq $service) { Deny-AwRun -Code 'service_unknown' -Message 'this machine has no service of that name' }
if ($service.State -eq 'Running') { Set-AwFact -Name 'isRunning' -Value $true; Complete-AwRun -Message ('{0} runs already; nothing was changed' -f $service.Name) }
$protected = @('AmazonSSMAgent', 'WindowsAzureGuestAgent', 'RdAgent', 'GCEAgent', 'google_osconfig_agent', 'RpcSs', 'DcomLaunch', 'LSM', 'Dhcp', 'Dnscache', 'mpssvc', 'BFE', 'Winmgmt', 'EventLog', 'Netlogon', 'NTDS', 'ClusSvc')
if ($protected -contains $service.Name) { Deny-AwRun -Code 'unit_protected' -Message ('{0} carries the machine, its network or its cluster; a person starts it' -f $service.Name) }
if ($service.Name -match '^(MSSQL|SQLAgent|MySQL|MariaDB|postgresql|Redis|MongoDB|OracleService|MSExchangeIS)') { Deny-AwRun -Code 'holds_data' -Message ('{0} keeps data; a person starts it' -f $service.Name) }
if ($service.State -ne 'Stopped') { Deny-AwRun -Code 'unit_busy' -Message ('{0} is {1}' -f $service.Name, $service.State) }
if ($service.StartMode -ne 'Auto') { Deny-AwRun -Code 'unit_not_enabled' -Message ('{0} is not set to start by itself ({1})' -f $service.Name, $service.StartMode) }
# A trigger starts it when there is need; that it is stopped is no fault.
if (Test-Path -LiteralPath ('HKLM:\SYSTEM\CurrentControlSet\Services\{0}\TriggerInfo' -f $service.Name)) { Deny-AwRun -Code 'unit_triggered' -Message ('{0} is started by a trigger when there is need' -f $service.Name) }
# 0: it ended when it was told to; 1077: it was not started since the machine was.
if ($service.ExitCode -eq 0 -and $env:AW_INPUT_STOPPED_TOO -ne 'true') { Deny-AwRun -Code 'stopped_on_purpose' -Message ('{0} was told to stop; a person has to say that it should run' -f $service.Name) }
try {
    Start-Service -Name $service.Name -ErrorAction Stop
    Add-AwChange ('start {0} (was {1})' -f $service.Name, $service.State)
    $steady = 0
    $processId = 0
    for ($i = 0; $i -lt 20 -and $steady -lt 5; $i++) {
        Start-Sleep -Seconds 2
        $now = Get-CimInstance -ClassName Win32_Service -Filter ("Name='{0}'" -f $name.Replace("'", "''")) -ErrorAction Stop
        if ($now.State -eq 'Running' -and ($processId -eq 0 -or $processId -eq $now.ProcessId)) { $steady++ } else { $steady = 0 }
        $processId = $now.ProcessId
    }
} catch {
    Stop-AwRun -Code 'start_failed' -Message ('{0} did not start: {1}' -f $service.Name, $_.Exception.Message)
}
Set-AwFact -Name 'isRunning' -Value ($steady -ge 5)
if ($steady -lt 5) { Stop-AwRun -Code 'unit_not_steady' -Message ('{0} did not stay up' -f $service.Name) }
Complete-AwRun -Message ('{0} runs' -f $service.Name)
