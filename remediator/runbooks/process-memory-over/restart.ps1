# Restarts the Windows service that a process over its limit belongs to, when it is the only service of that process and may be restarted.
$Name = (Get-AwInput 'AW_INPUT_PROCESS') -replace '\.exe$', ''
$LimitMb = [long](Get-AwInput 'AW_INPUT_LIMIT_MB')
$Wanted = [string]$env:AW_INPUT_UNIT
$Over = @(Get-Process -Name $Name -ErrorAction SilentlyContinue | Where-Object { $_.WorkingSet64 -gt ($LimitMb * 1MB) })
if ($Over.Count -eq 0) {
    Set-AwFact -Name 'restarted' -Value $false
    Complete-AwRun -Message "No process $Name has more than $LimitMb MB; nothing to do."
}
if ($Over.Count -gt 1) { Deny-AwRun -Code 'several_processes' -Message "$($Over.Count) processes $Name are over the limit." }
$Services = @(Get-CimInstance -ClassName Win32_Service -Filter "ProcessId=$($Over[0].Id)")
if ($Services.Count -eq 0) { Deny-AwRun -Code 'no_service' -Message "The process $Name belongs to no service." }
if ($Services.Count -gt 1) { Deny-AwRun -Code 'several_services' -Message "The process $Name carries $($Services.Count) services." }
$Service = Get-Service -Name $Services[0].Name
$Protected = @('AmazonSSMAgent', 'WindowsAzureGuestAgent', 'RdAgent', 'GCEAgent', 'EventLog', 'RpcSs', 'DcomLaunch', 'LSM', 'SamSs', 'Netlogon', 'NTDS', 'DNS', 'DHCPServer', 'Dhcp', 'Dnscache', 'LanmanServer', 'LanmanWorkstation', 'TermService', 'Winmgmt', 'WinRM', 'PlugPlay', 'Power', 'ProfSvc', 'Schedule', 'gpsvc', 'CryptSvc', 'mpssvc', 'BFE', 'WinDefend', 'Sense', 'ClusSvc', 'vmms', 'vmcompute', 'HvHost', 'TrustedInstaller', 'wuauserv')
if ($Protected -contains $Service.Name) { Deny-AwRun -Code 'service_protected' -Message "$($Service.Name) carries the system, its network or this very command." }
if ($Service.Name -match '^(MSSQL|SQLAgent|MySQL|MariaDB|postgresql|Oracle|MongoDB|Redis|MSExchange|elasticsearch|RabbitMQ)') { Deny-AwRun -Code 'service_keeps_data' -Message "$($Service.Name) keeps data; a person has to decide how it is restarted." }
$Known = @('Spooler', 'W3SVC', 'WAS', 'WSearch', 'Themes', 'Audiosrv', 'datadogagent', 'telegraf', 'windows_exporter', 'filebeat', 'metricbeat', 'winlogbeat', 'CagService', 'NinjaRMMAgent', 'AteraAgent')
if (($Known -notcontains $Service.Name) -and ($Service.Name -notmatch '^(Tomcat|Zabbix Agent)') -and ($Service.Name -ne $Wanted)) { Deny-AwRun -Code 'service_unknown' -Message "$($Service.Name) is not among the services known to restart well; a person may name it as unit." }
if (($Wanted -ne '') -and ($Service.Name -ne $Wanted)) { Deny-AwRun -Code 'other_service' -Message "The process belongs to $($Service.Name), not to $Wanted." }
if (($Service.Status -ne 'Running') -or -not $Service.CanStop) { Deny-AwRun -Code 'service_state' -Message "$($Service.Name) is $($Service.Status) or cannot be stopped." }
$Dependent = @($Service.DependentServices | Where-Object { $_.Status -ne 'Stopped' })
if ($Dependent.Count -gt 0) { Deny-AwRun -Code 'has_dependents' -Message "$($Dependent.Count) running services depend on $($Service.Name)." }

Set-AwFact -Name 'unit' -Value $Service.Name
Add-AwChange -Text "restarted $($Service.Name)"
Stop-Service -Name $Service.Name -NoWait
try { $Service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(60)) } catch [System.ServiceProcess.TimeoutException] { Stop-AwRun -Code 'stop_failed' -Message "$($Service.Name) does not stop." }
Start-Service -Name $Service.Name
try { $Service.WaitForStatus('Running', [TimeSpan]::FromSeconds(60)) } catch [System.ServiceProcess.TimeoutException] { Stop-AwRun -Code 'start_failed' -Message "$($Service.Name) was stopped and does not start." }
Set-AwFact -Name 'restarted' -Value $true
Complete-AwRun -Message "Restarted $($Service.Name), whose process $Name was over $LimitMb MB."
