# Reads the service; changes nothing.
$service = Get-CimInstance -ClassName Win32_Service -Filter ("Name='{0}'" -f $env:AW_INPUT_UNIT.Replace("'", "''")) -ErrorAction Stop
if ($null -eq $service) { Deny-AwRun -Code 'service_unknown' -Message 'this machine has no service of that name' }
Set-AwFact -Name 'unit' -Value $service.Name
Set-AwFact -Name 'activeState' -Value $service.State.ToLowerInvariant()
Set-AwFact -Name 'isRunning' -Value ($service.State -eq 'Running')
Set-AwFact -Name 'exitStatus' -Value ([long]$service.ExitCode)
Complete-AwRun -Message ('{0} is {1}' -f $service.Name, $service.State)
