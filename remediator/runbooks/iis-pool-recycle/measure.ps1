# Reads the application pool; changes nothing.
if (-not (Get-Module -ListAvailable -Name WebAdministration)) { Deny-AwRun -Code 'iis_missing' -Message 'IIS and its PowerShell module are not on this machine' }
Import-Module -Name WebAdministration -ErrorAction Stop
$pool = @(Get-ChildItem -Path 'IIS:\AppPools' -ErrorAction Stop | Where-Object { $_.Name -eq $env:AW_INPUT_POOL })
if ($pool.Count -ne 1) { Deny-AwRun -Code 'pool_unknown' -Message 'IIS has no application pool of that name' }
Set-AwFact -Name 'pool' -Value $pool[0].Name
Set-AwFact -Name 'state' -Value ([string]$pool[0].State)
Set-AwFact -Name 'isRunning' -Value ($pool[0].State -eq 'Started')
Complete-AwRun -Message ('the pool is {0}' -f $pool[0].State)
