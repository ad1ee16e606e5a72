# Tells whether the web service of IIS runs; changes nothing.
$service = Get-CimInstance -ClassName Win32_Service -Filter "Name='W3SVC'" -ErrorAction Stop
if ($null -eq $service) { Deny-AwRun -Code 'service_unknown' -Message 'IIS is not installed on this machine' }
Set-AwFact -Name 'unit' -Value $service.Name
Set-AwFact -Name 'activeState' -Value $service.State.ToLowerInvariant()
Set-AwFact -Name 'isRunning' -Value ($service.State -eq 'Running')
Complete-AwRun -Message ('W3SVC is {0}' -f $service.State)
