# Reads the services of the agent; changes nothing.
$names = @{ datadog = @('datadogagent'); zabbix = @('Zabbix Agent'); zabbix2 = @('Zabbix Agent 2'); telegraf = @('telegraf'); 'node-exporter' = @('windows_exporter'); checkmk = @('CheckMkService', 'cmk-agent-ctl-daemon'); ninjaone = @('NinjaRMMAgent'); 'datto-rmm' = @('CagService'); atera = @('AteraAgent') }[(Get-AwInput -Name 'AW_INPUT_AGENT')]
if ($null -eq $names) { Deny-AwRun -Code 'agent_unknown' -Message 'there is no such agent' }
$services = @($names | ForEach-Object { Get-Service -Name $_ -ErrorAction SilentlyContinue })
if ($services.Count -eq 0) { Deny-AwRun -Code 'agent_missing' -Message 'the agent is not installed as a service here' }
$running = @($services | Where-Object { [string]$_.Status -eq 'Running' }).Count
Set-AwFact -Name 'isRunning' -Value ($running -eq $services.Count)
Complete-AwRun -Message ('{0} of {1} services of the agent run' -f $running, $services.Count)
